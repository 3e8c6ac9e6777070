"""Diagonals and triangles of matrices."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from dualgrad.meanings import free
from dualgrad.op import Call, Kind, Op, Sizes, composed, structural
from dualgrad.program.entry import Element, Index, Meaning, affine, at_least, equal, total
from dualgrad.program.size import Extent
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, extents, one_axis, plain_extents, rank

# ---------------------------------------------------------------------------- diagonals


def _diagonal_call(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Call:
    ndim = rank(a)
    if ndim < 2:
        raise ValueError(f"diagonal: an array with {ndim} axes has no diagonal; it needs at least two")
    axes = (one_axis(axis1, ndim), one_axis(axis2, ndim))
    return Call((a,), {"offset": operator.index(offset), "axis1": axes[0], "axis2": axes[1]})


def _diagonal_length(sizes: Sizes, rows: Extent, columns: Extent, offset: int) -> Extent:
    if isinstance(rows, int) and isinstance(columns, int):
        return max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    return sizes.same(rows, columns, "a diagonal") - abs(offset)


def _diagonal_meaning(sizes: Sizes, shape: Shape, offset: int, axis1: int, axis2: int) -> Meaning:
    length = _diagonal_length(sizes, shape[axis1], shape[axis2], offset)
    kept = [axis for axis in range(len(shape)) if axis not in (axis1, axis2)]
    indices = free((*(shape[axis] for axis in kept), length))
    at = dict(zip(kept, map(affine, indices), strict=False))
    at[axis1] = affine(indices[-1]) + max(-offset, 0)
    at[axis2] = affine(indices[-1]) + max(offset, 0)
    return Meaning(indices, Element(0, tuple(at[axis] for axis in range(len(shape)))))


diagonal = structural(
    "diagonal",
    Kind.MULTILINEAR,
    call=_diagonal_call,
    forward=np.diagonal,
    stacked=lambda which, a, offset, axis1, axis2: np.diagonal(a, offset, axis1 + 1, axis2 + 1),
    meaning=_diagonal_meaning,
    vjp=[lambda g, y, a, offset, axis1, axis2: _put_diagonal(g, offset, extents(a), axis1, axis2)],
    numpy=[np.diagonal],
    method="diagonal",
    samples=drawn(
        lambda draw: [
            call(draw(3, 3)),
            call(draw(2, 3), 1),
            call(draw(3, 2), -1),
            call(draw(2, 3, 3), 0, 1, 2),
            call(draw(3, 2, 3), 0, 2, 0),
        ]
    ),
)


def _diag_call(v: Any, k: int = 0, *, shape: Any = None, axis1: int = 0, axis2: int = 1) -> Call:
    k = operator.index(k)
    square = (*extents(v)[:-1], *[extents(v)[-1] + abs(k)] * 2) if shape is None else plain_extents(shape)
    return Call((v,), {"k": k, "shape": square, "axis1": axis1, "axis2": axis2})


def _diag_forward(v: Any, k: int, shape: Sequence[int], axis1: int, axis2: int) -> Any:
    result = np.zeros(shape, np.asarray(v).dtype)
    view = np.moveaxis(result, (axis1, axis2), (-2, -1))
    places = np.arange(np.shape(v)[-1])
    view[..., places + max(-k, 0), places + max(k, 0)] = v
    return result


def _diag_meaning(sizes: Sizes, given: Shape, k: int, shape: Shape, axis1: int, axis2: int) -> Meaning:
    indices = free(shape)
    along = Index("r", given[-1])
    kept = [affine(index) for axis, index in enumerate(indices) if axis not in (axis1, axis2)]
    row = equal(indices[axis1], affine(along) + max(-k, 0))
    column = equal(indices[axis2], affine(along) + max(k, 0))
    return Meaning(indices, total(along, row * column * Element(0, (*kept, affine(along)))))


_diag = structural(
    "diag",
    Kind.MULTILINEAR,
    call=_diag_call,
    forward=_diag_forward,
    stacked=lambda which, v, k, shape, axis1, axis2: _put_diagonal(v, k, (len(v), *shape), axis1 + 1, axis2 + 1),
    meaning=_diag_meaning,
    vjp=[lambda g, y, v, k, shape, axis1, axis2: np.diagonal(g, k, axis1, axis2)],
    samples=drawn(lambda draw: [call(draw(3)), call(draw(2), 1), call(draw(2), -1), call(draw(1))]),
    doc="The matrix with this diagonal, or the diagonal of this matrix, as numpy.diag.",
)


def _put_diagonal(g: Any, offset: int, shape: Shape, axis1: int, axis2: int) -> Any:
    return _diag(g, offset, shape=shape, axis1=axis1, axis2=axis2)


@composed(np.diag)
def diag(v: Any, k: int = 0) -> Any:
    """A matrix with this vector on its k-th diagonal; of a matrix, its k-th diagonal.

    >>> diag(np.array([1.0, 2.0]))
    array([[1., 0.],
           [0., 2.]])
    """
    if rank(v) not in (1, 2):
        raise ValueError(f"diag: got an array with {rank(v)} axes, expected a vector or a matrix; see diagonal")
    return _diag(v, k) if rank(v) == 1 else diagonal(v, k)


@composed(np.trace, method="trace")
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum along a diagonal."""
    return np.sum(diagonal(a, offset, axis1, axis2), axis=-1)


# ---------------------------------------------------------------------------- triangles


def _triangle_call(m: Any, k: int = 0) -> Call:
    if rank(m) < 2:
        raise ValueError(f"triu, tril: an array with {rank(m)} axes has no triangle; it needs at least two")
    return Call((m,), {"k": operator.index(k)})


def _triangle(name: str, forward: Any, sign: int) -> Op:
    def meaning(sizes: Sizes, shape: Shape, k: int) -> Meaning:
        indices = free(shape)
        row, column = affine(indices[-2]) + k, affine(indices[-1])
        inside = at_least(column, row) if sign > 0 else at_least(row, column)
        return Meaning(indices, inside * Element(0, tuple(map(affine, indices))))

    return structural(
        name,
        Kind.MULTILINEAR,
        call=_triangle_call,
        forward=forward,
        stacked=lambda which, m, k: forward(m, k),
        meaning=meaning,
        vjp=[lambda g, y, m, k: forward(g, k)],
        numpy=[forward],
        samples=drawn(lambda draw: [call(draw(3, 3)), call(draw(2, 3), 1), call(draw(2, 2, 2), -1)]),
    )


triu = _triangle("triu", np.triu, 1)
tril = _triangle("tril", np.tril, -1)
