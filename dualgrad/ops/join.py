"""Joining arrays along an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dualgrad.meanings import free
from dualgrad.op import Call, Complex, Kind, Sizes, composed, structural
from dualgrad.program.entry import Element, Entry, Index, Meaning, affine, entry, equal, total
from dualgrad.program.size import Extent
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, extents, one_axis, rank


def _call(arrays: Sequence[Any], axis: int | None = 0) -> Call:
    if axis is None:
        arrays, axis = [np.ravel(array) for array in arrays], 0
    if not arrays:
        raise ValueError("concatenate: got no arrays, expected at least one")
    operands = tuple(array if hasattr(array, "extents") else np.asarray(array) for array in arrays)
    return Call(operands, {"axis": one_axis(axis, rank(operands[0]))})


def _meaning(sizes: Sizes, *shapes: Shape, axis: int) -> Meaning:
    joined = list(shapes[0])
    for shape in shapes[1:]:
        if len(shape) != len(joined):
            raise ValueError(f"concatenate: arrays with {len(joined)} and {len(shape)} axes; make them equal in number")
        for k, extent in enumerate(shape):
            joined[k] = joined[k] + extent if k == axis else sizes.same(joined[k], extent, "concatenate")
    indices = free(tuple(joined))
    return Meaning(indices, _pieces(shapes, indices, axis))


def _pieces(shapes: Sequence[Shape], indices: Sequence[Index], axis: int) -> Entry:
    body, offset = entry(0), _zero()
    for slot, shape in enumerate(shapes):
        along = Index("r", shape[axis])
        position = tuple(affine(along if k == axis else index) for k, index in enumerate(indices))
        body = body + total(along, equal(indices[axis], affine(along) + offset) * Element(slot, position))
        offset = offset + shape[axis]
    return body


def _zero() -> Extent:
    return 0


def _pull(g: Any, y: Any, *arrays: Any, slot: int, axis: int) -> Any:
    offset = _zero()
    for array in arrays[:slot]:
        offset = offset + extents(array)[axis]
    whole = (slice(None),) * axis
    return g[(*whole, slice(offset, offset + extents(arrays[slot])[axis]))]


def _each(g: Any, y: Any, arrays: Sequence[Any], params: Mapping[str, Any]) -> list[Any]:
    """The parts of a cotangent, from the first on."""
    whole, parts, start = (slice(None),) * params["axis"], [], _zero()
    for array in arrays:
        stop = start + extents(array)[params["axis"]]
        parts.append(g[(*whole, slice(start, stop))])
        start = stop
    return parts


def _push(t: Any, y: Any, *arrays: Any, slot: int, axis: int) -> Any:
    return np.concatenate([t if k == slot else np.zeros_like(a) for k, a in enumerate(arrays)], axis=axis)


def _stacked(which: Sequence[bool], *arrays: Any, axis: int) -> Any:
    length = next(len(a) for a, stacked in zip(arrays, which, strict=True) if stacked)
    whole = [a if s else np.broadcast_to(a, (length, *np.shape(a))) for a, s in zip(arrays, which, strict=True)]
    return np.concatenate(whole, axis=axis + 1)


concatenate = structural(
    "concatenate",
    Kind.MULTILINEAR,
    call=_call,
    forward=lambda *arrays, axis: np.concatenate(arrays, axis=axis),
    stacked=_stacked,
    meaning=_meaning,
    vjp=[_pull],
    jvp=[_push],
    variadic=True,
    each=_each,
    complex=Complex.ADJOINT,
    numpy=[np.concatenate],
    aliases=("cat",),
    samples=drawn(
        lambda draw: [
            call([draw(2), draw(3)]),
            call([draw(2, 3), draw(2, 1), draw(2, 2)], axis=-1),
            call([draw(2, 3)], axis=0),
            call([draw(0), draw(2)]),
        ]
    ),
)


@composed(np.stack)
def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Arrays of one shape, joined along a new axis.

    >>> stack([np.array([1.0, 2.0]), np.array([3.0, 4.0])], axis=1)
    array([[1., 3.],
           [2., 4.]])
    """
    return concatenate([np.expand_dims(array, axis) for array in arrays], axis=axis)


@composed(np.vstack)
def vstack(tup: Sequence[Any]) -> Any:
    """Arrays joined as rows."""
    return concatenate([_at_least_2d(array) for array in tup], axis=0)


@composed(np.hstack)
def hstack(tup: Sequence[Any]) -> Any:
    """Arrays joined along the second axis, vectors along their only one."""
    arrays = [array if rank(array) else np.reshape(array, 1) for array in tup]
    return concatenate(arrays, axis=0 if rank(arrays[0]) == 1 else 1)


@composed(np.column_stack)
def column_stack(tup: Sequence[Any]) -> Any:
    """Vectors joined as the columns of a matrix."""
    return concatenate([array if rank(array) > 1 else np.reshape(array, (-1, 1)) for array in tup], axis=1)


def _at_least_2d(array: Any) -> Any:
    return array if rank(array) > 1 else np.reshape(array, (1, -1))


@composed(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """Two arrays joined along an axis; as vectors without one."""
    return concatenate([arr, values], axis=axis)


@composed(np.delete)
def delete(arr: Any, obj: int, axis: int | None = None) -> Any:
    """The array without the entries at one position along an axis; as a vector without one.

    >>> delete(np.array([1.0, 2.0, 3.0]), 1)
    array([1., 3.])
    """
    if axis is None:
        arr, axis = np.ravel(arr), 0
    whole = (slice(None),) * one_axis(axis, rank(arr))
    after = slice(obj + 1, None) if obj != -1 else slice(0, 0)
    return concatenate([arr[(*whole, slice(None, obj))], arr[(*whole, after)]], axis=axis)


@composed(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """The array shifted along axes, what leaves at one end entering at the other."""
    if isinstance(axis, tuple):
        shifts = shift if isinstance(shift, tuple) else (shift,) * len(axis)
        for one, along in zip(shifts, axis, strict=True):
            a = roll(a, one, along)
        return a
    if axis is None:
        return np.reshape(roll(np.ravel(a), shift, 0), extents(a))
    length = extents(a)[one_axis(axis, rank(a))]
    if isinstance(length, int):
        shift = shift % max(length, 1)
    whole = (slice(None),) * one_axis(axis, rank(a))
    if not shift:
        return a
    return concatenate([a[(*whole, slice(-shift, None))], a[(*whole, slice(None, -shift))]], axis=axis)
