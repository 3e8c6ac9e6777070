"""Moving entries without changing them: reshape, transpose, broadcast, copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from dualgrad.meanings import free
from dualgrad.op import Call, Complex, Kind, Sizes, composed, pointwise, position, structural
from dualgrad.program.entry import Affine, Element, Entry, Index, Meaning, affine, equal, total
from dualgrad.program.size import product
from dualgrad.samples import call, drawn, over
from dualgrad.shapes import Shape, behind, extents, one_axis, plain_extents, rank, resolved

# ---------------------------------------------------------------------------- reshape


def _reshape_call(a: Any, /, shape: Any, order: str = "C") -> Call:
    if order != "C" and order != "A":
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
    forward=lambda a, shape: a.reshape(shape) if type(a) is np.ndarray else np.reshape(a, shape),
    stacked=lambda which, a, shape: np.reshape(a, (len(a), *shape)),
    meaning=_reshape_meaning,
    vjp=[lambda g, y, a, shape: np.reshape(g, extents(a))],
    numpy=[np.reshape],
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


@composed(np.atleast_1d)
def atleast_1d(a: Any) -> Any:
    """The array, a number as a vector of one."""
    return a if rank(a) else reshape(a, (1,))


@composed(np.atleast_2d)
def atleast_2d(a: Any) -> Any:
    """The array, a number or vector as a matrix of one row."""
    return a if rank(a) > 1 else reshape(a, (1, -1))


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
    forward=lambda a, axes: a.transpose(axes) if type(a) is np.ndarray else np.transpose(a, axes),
    stacked=lambda which, a, axes: np.transpose(a, (0, *behind(axes))),
    meaning=_transpose_meaning,
    vjp=[lambda g, y, a, axes: np.transpose(g, np.argsort(axes))],
    numpy=[np.transpose],
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
    stacked=lambda which, a, shape: np.broadcast_to(
        np.reshape(a, (len(a), *(1,) * (len(shape) + 1 - a.ndim), *a.shape[1:])), (len(a), *shape)
    ),
    meaning=_broadcast_meaning,
    vjp=[lambda g, y, array, shape: g],
    numpy=[np.broadcast_to],
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
    complex=Complex.ANALYTIC,
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
    complex=Complex.ANALYTIC,
    samples=over((-2.0, 2.0)),
)


@composed(np.repeat, method="repeat")
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    """Every entry along an axis several times in a row: a number for all, or one for each.

    >>> repeat(np.array([1.0, 2.0]), 2)
    array([1., 1., 2., 2.])
    """
    if axis is None:
        a, axis = ravel(a), 0
    if np.ndim(repeats):
        return np.take(a, np.repeat(np.arange(len(repeats)), repeats), axis)
    shape, axis = extents(a), one_axis(axis, rank(a)) + 1
    wide = broadcast_to(reshape(a, (*shape[:axis], 1, *shape[axis:])), (*shape[:axis], repeats, *shape[axis:]))
    return reshape(wide, (*shape[: axis - 1], shape[axis - 1] * repeats, *shape[axis:]))


@composed(np.tile)
def tile(A: Any, reps: Any) -> Any:
    """The whole array several times in a row, along each axis.

    >>> tile(np.array([1.0, 2.0]), 2)
    array([1., 2., 1., 2.])
    """
    times = reps if isinstance(reps, (tuple, list)) else (reps,)
    ndim = max(rank(A), len(times))
    shape = (1,) * (ndim - rank(A)) + extents(A)
    times = (1,) * (ndim - len(times)) + plain_extents(times)
    opened = reshape(A, tuple(extent for length in shape for extent in (1, length)))
    spread = broadcast_to(opened, tuple(extent for pair in zip(times, shape, strict=True) for extent in pair))
    return reshape(spread, tuple(k * length for k, length in zip(times, shape, strict=True)))
