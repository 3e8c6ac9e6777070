"""Basic indexing: reading a block, putting a block into zeros, and replacing a block.

A key is canonical: one step an axis of the operand, in order, and ``None`` for a new axis. A step is
``(position,)`` for an integer, or ``(start, length, stride)`` for a slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from dualgrad.meanings import free, letters
from dualgrad.op import Call, Kind, Op, Sizes, bind, composed, structural
from dualgrad.op import position as broadcast_position
from dualgrad.program.entry import Affine, Element, Entry, Index, Meaning, affine, entry, equal, total
from dualgrad.program.size import Extent, Size
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, all_axes, extents, plain_extent, plain_extents, rank

Step = tuple[Extent, ...] | None
Key = tuple[Step, ...]

# ---------------------------------------------------------------------------- keys

_KNOWN = frozenset({int, type(None)})


def canonical(key: Any, shape: Shape) -> Key:
    """A basic index as one step an axis; TypeError for advanced ones, IndexError out of range.

    >>> canonical((0, slice(None, None, -1)), (2, 3))
    ((0,), (2, 3, -1))
    """
    quick = plain_steps(key, shape)
    if quick is not None:
        return quick
    parts = list(key) if isinstance(key, tuple) else [key]
    named = sum(part is not None and part is not Ellipsis for part in parts)
    if named > len(shape):
        raise IndexError(f"too many indices: the array has {len(shape)} axes, but {named} were indexed")
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    at = next(place for place, part in enumerate(parts) if part is Ellipsis)
    parts[at : at + 1] = [slice(None)] * (len(shape) - named)
    lengths = iter(shape)
    return tuple(None if part is None else _step(part, next(lengths)) for part in parts)


def plain_steps(key: Any, shape: Shape) -> Key | None:
    """The same of slices, and of integers from the front, of axes of known lengths; None of anything else.

    >>> plain_steps((0, slice(None, None, -1)), (2, 3)), plain_steps(-1, (2, 3))
    (((0,), (2, 3, -1)), None)
    """
    given = key if type(key) is tuple else (key,)
    if len(given) > len(shape):
        return None
    steps: list[Step] = []
    for part, length in zip(given, shape, strict=False):
        if type(length) is not int:
            return None
        if type(part) is slice:
            if type(part.start) not in _KNOWN or type(part.stop) not in _KNOWN or type(part.step) not in _KNOWN:
                return None
            start, stop, stride = part.indices(length)
            if stride == 1:
                steps.append((start, stop - start if stop > start else 0, 1))
            else:
                steps.append((start, len(range(start, stop, stride)), stride))
        elif type(part) is int and 0 <= part < length:
            steps.append((part,))
        else:
            return None
    for length in shape[len(given) :]:
        steps.append((0, length, 1))
    return tuple(steps)


def _step(part: Any, length: Extent) -> Step:
    if isinstance(part, slice):
        return _range(part, length)
    if isinstance(part, (bool, np.bool_)) or not _is_integer(part):
        raise TypeError(
            f"an index of type {type(part).__name__} is not an op; use integers, slices, arrays, None or Ellipsis"
        )
    return (_from_front(plain_extent(part), length, "index"),)


def _is_integer(part: Any) -> bool:
    return isinstance(part, Size) or (hasattr(part, "__index__") and not getattr(part, "ndim", 0))


def _from_front(place: Extent, length: Extent, what: str) -> Extent:
    if isinstance(place, int) and place < 0:
        place = length + place
    if isinstance(place, int) and isinstance(length, int) and not 0 <= place < length:
        raise IndexError(f"{what} {place} is out of bounds for an axis of size {length}")
    return place


def _range(part: slice, length: Extent) -> Step:
    start, stop, stride = (None if p is None else plain_extent(p) for p in (part.start, part.stop, part.step))
    stride = 1 if stride is None else stride
    if not isinstance(stride, int):
        raise TypeError("a slice with a symbolic step is not an op; give the step as an integer")
    if isinstance(length, int) and not isinstance(start, Size) and not isinstance(stop, Size):
        places = range(*slice(start, stop, stride).indices(length))
        return places.start, len(places), stride
    if stride not in (1, -1):
        raise TypeError(f"a slice with step {stride} of an axis of symbolic size is not an op; only 1 and -1 are")
    return _symbolic_range(start, stop, stride, length)


def _symbolic_range(start: Extent | None, stop: Extent | None, stride: int, length: Extent) -> Step:
    """A slice where not every bound is known. It presumes that the bounds lie within the axis, in order."""
    first = (0 if stride > 0 else length - 1) if start is None else _bound(start, length)
    last = (length if stride > 0 else -1) if stop is None else _bound(stop, length)
    return first, (last - first) * stride, stride


def _bound(place: Extent, length: Extent) -> Extent:
    return length + place if isinstance(place, int) and place < 0 else place


@lru_cache(4096)
def native(key: Key) -> tuple[Any, ...]:
    """The key as NumPy takes it."""
    return tuple(None if step is None else step[0] if len(step) == 1 else _slice(*step) for step in key)  # type: ignore[arg-type]


def _slice(start: int, length: int, stride: int) -> slice:
    stop = start + length * stride
    return slice(start, stop if stop >= 0 else None, stride)


# ---------------------------------------------------------------------------- meanings


def _result(key: Key) -> tuple[Index, ...]:
    """The free indices of a block."""
    lengths = [1 if step is None else step[1] for step in key if step is None or len(step) == 3]
    return free(tuple(lengths))


def _places(key: Key, indices: Sequence[Index]) -> tuple[Affine, ...]:
    """Where each axis of the operand is read for the block's entry at these indices."""
    along = iter(indices)
    places = []
    for step in key:
        index = next(along) if step is None or len(step) == 3 else None
        if step is not None:
            places.append(affine(step[0]) if index is None else affine(index) * step[2] + step[0])
    return tuple(places)


def _require(sizes: Sizes, extent: Extent, least: int) -> None:
    if isinstance(extent, Size):
        sizes.at_least(extent, least, "an index")


def _within(sizes: Sizes, key: Key, shape: Shape) -> None:
    """Ask for what a symbolic key presumes: that it lies within the axes, so that nothing is clipped."""
    for step, length in zip((step for step in key if step is not None), shape, strict=True):
        if len(step) == 1:
            _require(sizes, step[0], 0)
            _require(sizes, length - step[0], 1)
        else:
            start, count, stride = step
            low, high = (start, start + count) if stride == 1 else (start - count + 1, start + 1)
            for extent in (low, length - high, count):
                _require(sizes, extent, 0)


def _getitem_meaning(sizes: Sizes, shape: Shape, key: Key) -> Meaning:
    _within(sizes, key, shape)
    indices = _result(key)
    return Meaning(indices, Element(0, _places(key, indices)))


def _landing(key: Key, indices: Sequence[Index], body: Any) -> Entry:
    """Σ over the block of [this block entry lands at ``indices``] · body(block indices)."""
    block = tuple(Index(letters(k) + "ʹ", index.extent) for k, index in enumerate(_result(key)))
    result: Entry = body(block)
    for place, index in zip(_places(key, block), indices, strict=True):
        result = equal(index, place) * result
    for index in reversed(block):
        result = total(index, result)
    return result


def _put_meaning(sizes: Sizes, given: Shape, key: Key, shape: Shape) -> Meaning:
    _within(sizes, key, shape)
    indices = free(shape)
    return Meaning(indices, _landing(key, indices, lambda block: Element(0, tuple(map(affine, block)))))


def _setitem_meaning(sizes: Sizes, shape: Shape, given: Shape, key: Key) -> Meaning:
    _within(sizes, key, shape)
    indices = free(shape)
    kept = 1 - _landing(key, indices, lambda block: entry(1))
    new = _landing(key, indices, lambda block: _broadcast(sizes, given, block))
    return Meaning(indices, kept * Element(0, tuple(map(affine, indices))) + new)


def _broadcast(sizes: Sizes, given: Shape, block: Sequence[Index]) -> Entry:
    if len(given) > len(block):
        raise ValueError(f"setitem: a value of shape {given} has more axes than the {len(block)} it is assigned to")
    for extent, index in zip(reversed(given), reversed(block), strict=False):
        if extent != 1:
            sizes.same(extent, index.extent, "assignment")
    return Element(1, broadcast_position(given, block))


# ---------------------------------------------------------------------------- the ops


def _add_block(into: Any, g: Any, fresh: bool, key: Key) -> None:
    if fresh:
        into[native(key)] = g
    else:
        into[native(key)] += g


def _put_stacked(which: Any, a: Any, key: Key, shape: Sequence[int]) -> Any:
    return bind(put, (a,), {"key": ((0, len(a), 1), *key), "shape": (len(a), *shape)})


def _put_forward(a: Any, key: Key, shape: Sequence[int]) -> Any:
    result = np.zeros(shape, np.asarray(a).dtype)
    result[native(key)] = a
    return result


def _setitem_forward(a: Any, value: Any, key: Key) -> Any:
    result = np.array(a)
    result[native(key)] = value
    return result


def _setitem_call(a: Any, value: Any, key: Any) -> Call:
    if not hasattr(value, "extents") and not np.isscalar(value) and not hasattr(value, "extent"):
        value = np.asarray(value)
    return Call((a, value), {"key": canonical(key, extents(a))})


def _block(g: Any, key: Key) -> Any:
    return bind(getitem, (g,), {"key": key})


def _placed(g: Any, key: Key, shape: Shape) -> Any:
    return bind(put, (g,), {"key": key, "shape": shape})


_KEYS: tuple[Any, ...] = (
    1,
    -1,
    (slice(None), 2),
    (slice(1, None), slice(None, None, -1)),
    (slice(None, None, 2), slice(-1, None, -2)),
    (None, Ellipsis, 0),
    (slice(0, 0),),
    (0, 1),
)

getitem = structural(
    "getitem",
    Kind.MULTILINEAR,
    call=lambda a, key: Call((a,), {"key": canonical(key, extents(a))}),
    forward=lambda a, key: (a if type(a) is np.ndarray else np.asarray(a))[native(key)],
    stacked=lambda which, a, key: a[(slice(None), *native(key))],
    adds=_add_block,
    meaning=_getitem_meaning,
    vjp=[lambda g, y, a, key: _placed(g, key, extents(a))],
    samples=drawn(lambda draw: [call(draw(2, 3), key) for key in _KEYS]),
    doc="x[index], with any index that NumPy takes.",
)

put = structural(
    "put",
    Kind.MULTILINEAR,
    call=lambda a, key, shape: Call((a,), {"key": canonical(key, plain_extents(shape)), "shape": plain_extents(shape)}),
    forward=_put_forward,
    stacked=_put_stacked,
    meaning=_put_meaning,
    vjp=[lambda g, y, a, key, shape: _block(g, key)],
    samples=drawn(lambda draw: [call(draw(2), (slice(None), 1), (2, 3)), call(draw(2, 2), (slice(0, 3, 2),), (3, 2))]),
    doc="Zeros of some shape with x added at an index: the transpose of getitem.",
)

setitem: Op = structural(
    "setitem",
    Kind.MULTILINEAR,
    call=_setitem_call,
    forward=_setitem_forward,
    dtype=lambda given, value, **_: np.result_type(given),
    meaning=_setitem_meaning,
    vjp=[
        lambda g, y, a, value, key: bind(setitem, (g, 0), {"key": key}),
        lambda g, y, a, value, key: _block(g, key),
    ],
    jvp=[
        lambda t, y, a, value, key: bind(setitem, (t, 0), {"key": key}),
        lambda t, y, a, value, key: bind(setitem, (np.zeros_like(a), t), {"key": key}),
    ],
    samples=drawn(
        lambda draw: [
            *(call(draw(2, 3), draw(), key) for key in _KEYS),
            call(draw(2, 3), draw(2), (slice(None), 1)),
            call(draw(2, 3), draw(1, 2), (slice(None), slice(0, 2))),
        ]
    ),
    doc="A copy of x with x[index] replaced by values; where an index repeats, the last one counts.",
)


@composed(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    """The array with these axes reversed; all of them by default."""
    reverse, ndim = slice(None, None, -1), rank(m)
    axes = all_axes(axis, ndim)
    return getitem(m, tuple(reverse if k in axes else slice(None) for k in range(ndim)))
