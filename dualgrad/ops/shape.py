"""Moving entries without changing them: reshape, transpose, broadcast, diagonals, triangles."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from dualgrad.meanings import free
from dualgrad.op import Call, Kind, Op, Sizes, composed, pointwise, position, structural
from dualgrad.program.entry import Affine, Element, Entry, Index, Meaning, affine, at_least, equal, total
from dualgrad.program.size import Extent, product
from dualgrad.samples import call, drawn, over
from dualgrad.shapes import Shape, extents, one_axis, plain_extents, rank, resolved

# ---------------------------------------------------------------------------- reshape


def _reshape_call(a: Any, /, shape: Any, order: str = "C") -> Call:
    if order not in ("C", "A"):
        raise TypeError(f"reshape: order={order!r} is not an op; transpose first, or use order='C'")
    return Call((a,), {"shape": resolved(plain_extents(shape), extents(a))})


def _groups(old: Shape, new: Shape) -> Iterator[tuple[range, range]]:
    """The smallest runs of old and new axes with equal sizes, in order; the rest as the last run."""
    i = j = 0
    while i < len(old) or j < len(new):
        ends = ((a, b) for a in range(i, len(old) + 1) for b in range(j, len(new) + 1) if (a, b) != (i, j))
        ranked = sorted(ends, key=lambda end: (sum(end), end))
        a, b = next((end for end in ranked if _same_size(old[i : end[0]], new[j : end[1]])), (len(old), len(new)))
        yield range(i, a), range(j, b)
        i, j = a, b


def _same_size(old: Shape, new: Shape) -> bool:
    return product(old) == product(new)


def _flat(indices: Sequence[Index]) -> Affine:
    """The row-major position that indices stand for."""
    result = affine(0)
    for index in indices:
        result = result * index.extent + index
    return result


def _reshape_meaning(sizes: Sizes, old: Shape, shape: Shape) -> Meaning:
    sizes.same(product(old), product(shape), "reshape")
    indices, source = free(shape), free(old)
    at: list[Affine] = [affine(0)] * len(old)
    sums: list[tuple[list[Index], Entry]] = []
    for here, there in _groups(old, shape):
        bound, target = [source[a] for a in here if old[a] != 1], _flat([indices[b] for b in there])
        if len(bound) == 1:
            at[source.index(bound[0])] = target
        elif bound:
            for index in bound:
                at[source.index(index)] = affine(index)
            sums.append((bound, equal(target, _flat(bound))))
    body: Entry = Element(0, tuple(at))
    for bound, match in sums:
        body = match * body
        for index in reversed(bound):
            body = total(index, body)
    return Meaning(indices, body)


reshape = structural(
    "reshape",
    Kind.MULTILINEAR,
    call=_reshape_call,
    forward=lambda a, shape: np.reshape(a, shape),
    meaning=_reshape_meaning,
    vjp=[lambda g, y, a, shape: np.reshape(g, extents(a))],
    numpy=[np.reshape],
    aliases=("view",),
    samples=drawn(
        lambda draw: [
            call(draw(2, 3), (3, 2)),
            call(draw(2, 3), (-1,)),
            call(draw(6), (2, 1, 3)),
            call(draw(2, 2, 3), (2, 6)),
            call(draw(1, 1), ()),
            call(draw(0, 2), (2, 0)),
        ]
    ),
)


@composed(np.ravel, method="ravel")
def ravel(a: Any, order: str = "C") -> Any:
    """All elements in one axis, in row-major order."""
    return reshape(a, (-1,), order=order)


@composed(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    """The array with new axes of size 1 at these places of the result."""
    shape, axes = list(extents(a)), axis if isinstance(axis, (tuple, list)) else (axis,)
    for k in sorted(normalize_axis_tuple(axes, len(shape) + len(axes))):
        shape.insert(k, 1)
    return reshape(a, tuple(shape))


@composed(np.squeeze, method="squeeze")
def squeeze(a: Any, axis: Any = None) -> Any:
    """The array without these axes of size 1; ValueError where one is longer."""
    shape = extents(a)
    ones = {k for k, extent in enumerate(shape) if extent == 1}
    chosen = ones if axis is None else set(normalize_axis_tuple(axis, len(shape)))
    if not chosen <= ones:
        raise ValueError(f"squeeze: axis={axis} of shape {shape} is not of size 1; choose axes of size 1")
    return reshape(a, tuple(extent for k, extent in enumerate(shape) if k not in chosen))


# ---------------------------------------------------------------------------- transpose


def _transpose_call(a: Any, axes: Any = None) -> Call:
    ndim = rank(a)
    order = tuple(reversed(range(ndim))) if axes is None else normalize_axis_tuple(axes, ndim)
    if len(order) != ndim:
        raise ValueError(f"transpose: axes={axes} do not name each of the {ndim} axes; give a permutation")
    return Call((a,), {"axes": order})


def _transpose_meaning(sizes: Sizes, shape: Shape, axes: Sequence[int]) -> Meaning:
    indices = free(tuple(shape[axis] for axis in axes))
    return Meaning(indices, Element(0, tuple(affine(indices[axes.index(axis)]) for axis in range(len(shape)))))


transpose = structural(
    "transpose",
    Kind.MULTILINEAR,
    call=_transpose_call,
    forward=np.transpose,
    meaning=_transpose_meaning,
    vjp=[lambda g, y, a, axes: np.transpose(g, np.argsort(axes))],
    numpy=[np.transpose],
    aliases=("permute",),
    samples=drawn(lambda draw: [call(draw(2, 3)), call(draw(2, 3, 4), (1, 2, 0)), call(draw(3)), call(draw(0, 2))]),
)


@composed(np.swapaxes, method="swapaxes")
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """The array with two axes exchanged."""
    order = list(range(rank(a)))
    first, second = one_axis(axis1, len(order)), one_axis(axis2, len(order))
    order[first], order[second] = order[second], order[first]
    return transpose(a, order)


@composed(np.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    """The array with its last two axes exchanged."""
    return swapaxes(x, -1, -2)


@composed(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """The array with axes moved to new places, the others kept in order."""
    ndim = rank(a)
    moved, places = normalize_axis_tuple(source, ndim), normalize_axis_tuple(destination, ndim)
    order = [axis for axis in range(ndim) if axis not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return transpose(a, order)


# ---------------------------------------------------------------------------- broadcast_to, copies


def _broadcast_meaning(sizes: Sizes, old: Shape, shape: Shape) -> Meaning:
    if len(old) > len(shape):
        raise ValueError(f"broadcast_to: an array of shape {old} has more axes than {shape}")
    joined = list(shape)
    for axis, extent in enumerate(old, len(shape) - len(old)):
        if extent != 1:
            joined[axis] = sizes.same(extent, joined[axis], "broadcast_to")
    indices = free(tuple(joined))
    return Meaning(indices, Element(0, position(old, indices)))


broadcast_to = structural(
    "broadcast_to",
    Kind.MULTILINEAR,
    call=lambda array, shape: Call((array,), {"shape": plain_extents(shape)}),
    forward=lambda array, shape: np.broadcast_to(array, shape),
    meaning=_broadcast_meaning,
    vjp=[lambda g, y, array, shape: g],
    numpy=[np.broadcast_to],
    aliases=("expand",),
    samples=drawn(lambda draw: [call(draw(3), (2, 3)), call(draw(2, 1), (2, 3)), call(draw(), (2,)), call(draw(1), 0)]),
)


def _cast(a: Any, dtype: Any) -> Any:
    return np.asarray(a).astype(dtype)[()]


astype = pointwise(
    "astype",
    _cast,
    [1],
    lambda x, dtype: x * 1,
    call=lambda a, /, dtype: Call((a,), {"dtype": np.dtype(dtype)}),
    numpy=(np.astype,),
    samples=drawn(lambda draw: [call(draw(2, 3), np.float64), call(draw(), np.float64)]),
)

copy = pointwise(
    "copy",
    lambda a: np.array(a)[()],
    [1],
    lambda x: x * 1,
    numpy=(np.copy,),
    method="copy",
    aliases=("clone",),
    samples=over((-2.0, 2.0)),
)

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
    meaning=_diag_meaning,
    vjp=[lambda g, y, v, k, shape, axis1, axis2: np.diagonal(g, k, axis1, axis2)],
    samples=drawn(lambda draw: [call(draw(3)), call(draw(2), 1), call(draw(2), -1), call(draw(1))]),
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
        meaning=meaning,
        vjp=[lambda g, y, m, k: forward(g, k)],
        numpy=[forward],
        samples=drawn(lambda draw: [call(draw(3, 3)), call(draw(2, 3), 1), call(draw(2, 2, 2), -1)]),
    )


triu = _triangle("triu", np.triu, 1)
tril = _triangle("tril", np.tril, -1)
