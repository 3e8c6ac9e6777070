"""Lists and arrays as indices and values: positions are read one by one, and masks of values choose them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from dualgrad.frontends.arrays import is_traced, stacked
from dualgrad.frontends.choosing import is_made_of_sizes, truth
from dualgrad.op import REGISTRY
from dualgrad.shapes import plain_extents

if TYPE_CHECKING:
    from dualgrad.frontends.tracer import Tracer

LIMIT = 256  # elements; each becomes an equation


def owned(result: Tracer, given: Any) -> Tracer:
    """A result that shows the memory of an array that only the function that made it has seen, as its own array."""
    cell = result._cell
    if cell.parent is None or any(cell.root is other for other in _roots(given)):
        return result
    return result.rebound(result.operand)


def _roots(given: Any) -> Iterator[Any]:
    for value in given:
        if isinstance(value, (list, tuple)):
            yield from _roots(value)
        elif hasattr(value, "_cell"):
            yield value._cell.root


def is_advanced(key: Any) -> bool:
    """Whether a key holds arrays or lists: more than integers, slices, None and the ellipsis."""
    parts = key if isinstance(key, tuple) else (key,)
    return any(isinstance(part, (list, np.ndarray)) or getattr(part, "ndim", 0) for part in parts)


def take(array: Tracer, key: Any) -> Any:
    """``array[key]``: a copy, as NumPy makes one."""
    key = _without_masks(array, key)
    turned = _in_front(array, key)
    if turned is not None:
        axis, first, count = turned
        moved: Any = np.moveaxis
        return moved(take(moved(array, axis, 0), first), tuple(range(count)), tuple(range(axis, axis + count)))
    shape, places = _places(array, key)
    if not places:
        return _nothing(array, shape, array[_first(key)].shape)
    parts = [array[place] for place in places]
    whole: Any = np.reshape(np.stack(parts), (*shape, *parts[0].shape))
    return owned(whole, ())


def _in_front(array: Tracer, key: Any) -> tuple[int, tuple[Any, ...], int] | None:
    """For ``array[:, positions, …]``: the axis of the positions, the key with them in front, and their number of axes.

    Only where one array of positions follows slices of whole axes, so that nothing else moves.
    """
    parts = key if isinstance(key, tuple) else (key,)
    arrays = [place for place, part in enumerate(parts) if isinstance(part, (list, np.ndarray))]
    if len(arrays) != 1 or not arrays[0] or any(part != slice(None) for part in parts[: arrays[0]]):
        return None
    axis = arrays[0]
    positions = _positions(array, axis, parts[axis])
    rest = parts[axis + 1 :]
    if not all(isinstance(part, slice) for part in rest):
        return None
    return axis, (positions, *parts[:axis], *rest), positions.ndim


def truths(array: Any) -> Any:
    """1 where an element is true, else 0."""
    array = stacked(array)
    return np.where(array if array.dtype == bool else np.not_equal(array, 0.0), 1.0, 0.0)


def any_of(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """Whether any element is true."""
    return np.max(truths(a), axis=axis, keepdims=keepdims) > 0.5


def all_of(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    """Whether every element is true."""
    return np.min(truths(a), axis=axis, keepdims=keepdims) > 0.5


def logsumexp(a: Any, axis: Any = 0, keepdims: bool = False) -> Any:
    """``np.logaddexp.reduce(a)``."""
    return REGISTRY["logsumexp"](a, axis=axis, keepdims=keepdims)


def put(array: Tracer, key: Any, value: Any) -> None:
    """``array[key] = value``: where a position is repeated, the last write wins."""
    if _is_mask(key) and key.ndim == array.ndim and not getattr(value, "ndim", 0):
        chosen: Any = np.where(key, value, array)
        array.become(chosen)
        return
    key = _without_masks(array, key)
    shape, places = _places(array, key)
    if not places:
        return
    spread = _spread(value, shape, places[0], array)
    for number, place in zip(np.ndindex(*shape), places, strict=True):
        array[place] = spread[number] if getattr(spread, "ndim", 0) else spread


def at(ufunc: np.ufunc, array: Tracer, key: Any, value: Any = None) -> None:
    """``ufunc.at(array, key, value)``: one position after the other, repeated ones too."""
    key = _without_masks(array, key) if is_advanced(key) else key
    if value is None or not is_advanced(key):
        array[key] = ufunc(array[key]) if value is None else ufunc(array[key], value)
        return
    shape, places = _places(array, key)
    if not places:
        return
    spread = _spread(value, shape, places[0], array)
    for number, place in zip(np.ndindex(*shape), places, strict=True):
        array[place] = ufunc(array[place], spread[number] if getattr(spread, "ndim", 0) else spread)


def sums_between(array: Tracer, indices: Any, axis: int = 0) -> Any:
    """``np.add.reduceat(array, indices)``: sums from each index to the next, along the first axis."""
    if axis != 0 or is_traced(indices):
        return array.__refuse__("np.add.reduceat along this axis cannot be recorded; write the sums")
    starts = [int(index) for index in indices]
    ends = [*starts[1:], None]
    pairs = zip(starts, ends, strict=True)
    return np.stack([np.sum(array[a:b], axis=0) if b is None or b > a else array[a] for a, b in pairs])


def _spread(value: Any, shape: tuple[int, ...], place: tuple[Any, ...], array: Tracer) -> Any:
    """A value with the axes of the positions in front; a single number stays one."""
    value = stacked(value)
    if not getattr(value, "ndim", 0):
        return value
    rest = array[place].shape
    return np.broadcast_to(value, (*shape, *rest))


def _is_mask(key: Any) -> bool:
    return getattr(key, "ndim", 0) > 0 and not isinstance(key, np.ndarray) and key.dtype == bool


def _without_masks(array: Tracer, key: Any) -> Any:
    """A key with the places at which masks hold instead of masks of values, and of masks of several axes."""
    found: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        if not _is_mask_to_spread(part):
            found.append(part)
            continue
        start = len(found)
        for axis, size in enumerate(part.shape):
            array._trace.extents.same(array.extents[start + axis], plain_extents((size,))[0], "indexing with a mask")
        found += np.nonzero(truth(part, "x[mask]"))
    return tuple(found)


def _is_mask_to_spread(part: Any) -> bool:
    mask = bool(getattr(part, "ndim", 0)) and np.dtype(part.dtype).kind == "b"
    return mask and (part.ndim > 1 or not isinstance(part, np.ndarray))


def _nothing(array: Tracer, shape: tuple[int, ...], rest: tuple[Any, ...]) -> Any:
    """An array without elements, as a traced one: it may be written to."""
    op = REGISTRY["broadcast_to"]
    call = op.call(array.dtype.type(0), (*shape, *map(int, rest)))
    made = array._trace.record(op, call.inputs, call.params)
    return made.rebound(made.operand)


def _first(key: Any) -> tuple[Any, ...]:
    """A key with 0 for every array of positions."""
    parts = key if isinstance(key, tuple) else (key,)
    return tuple(0 if isinstance(part, (list, np.ndarray)) else part for part in parts)


def _places(array: Tracer, key: Any) -> tuple[tuple[int, ...], list[tuple[Any, ...]]]:
    """The shape of the positions, and each as a basic index. Arrays of positions must come first in the key."""
    parts = tuple(_positions(array, axis, part) for axis, part in enumerate(key if isinstance(key, tuple) else (key,)))
    count = sum(isinstance(part, np.ndarray) for part in parts)
    if not all(isinstance(part, np.ndarray) for part in parts[:count]):
        array.__refuse__("indexing with arrays after slices cannot be recorded; move that axis to the front")
    joined = np.broadcast_arrays(*parts[:count])
    if joined[0].size > LIMIT:
        array.__refuse__(f"indexing with {joined[0].size} positions cannot be recorded; at most {LIMIT} can")
    return joined[0].shape, list(_each(joined, parts[count:]))


def _each(joined: Any, rest: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for number in np.ndindex(*joined[0].shape):
        yield (*(int(part[number]) for part in joined), *rest)


def _positions(array: Tracer, axis: int, part: Any) -> Any:
    """An index as an array of integers where it is one, or as it is."""
    if isinstance(part, (slice, type(None), type(Ellipsis))):
        return part
    if hasattr(part, "extents"):
        what = "of symbolic size" if is_made_of_sizes(part) else "that is a value"
        array.__refuse__(f"an index {what} has no fixed result to record; use np.where, or sums weighted by a mask")
    positions = np.asarray(part)
    if positions.dtype == bool:
        array._trace.extents.same(array.extents[axis], len(positions), "indexing with a mask")
        return np.flatnonzero(positions)
    if positions.dtype.kind not in "iu":
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
    return positions
