"""Reading and writing at positions that are known when an op is applied."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dualgrad.meanings import free
from dualgrad.op import Call, Kind, Op, Sizes, bind, composed, structural
from dualgrad.positions import Positions, numbered, sizes, values
from dualgrad.program.entry import Element, Entry, Index, Meaning, affine, entry, equal, total
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, extents, one_axis, rank

_MOST = 256  # positions that a meaning spells out one by one
_LONG = 32  # entries of a slice that is worth adding on its own


def _spelled(positions: Positions) -> Iterator[tuple[tuple[int, ...], int]]:
    """Every place in the array of positions, and the position there."""
    if positions.array.size > _MOST:
        raise NotImplementedError(
            f"{positions.array.size} positions are too many to spell out in the language of meanings; "
            f"at most {_MOST} are, or a progression"
        )
    for place in itertools.product(*map(range, positions.array.shape)):
        yield place, int(positions.array[place])


def _is_at(indices: Sequence[Index], place: Sequence[int]) -> Entry:
    result = entry(1)
    for index, k in zip(indices, place, strict=True):
        result = equal(index, k) * result
    return result


# ---------------------------------------------------------------------------- take, and its transpose


def _take_call(a: Any, indices: Any, axis: Any = None, *, mode: str = "raise") -> Call:
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    axis = one_axis(axis, rank(a))
    length = extents(a)[axis]
    if not isinstance(length, int):
        raise TypeError(f"take: positions along an axis of symbolic size {length} are not known; use slices")
    indices = values(indices)
    if mode == "clip":
        indices = np.clip(indices, 0, length - 1)
    if mode == "wrap":
        indices = indices % max(length, 1)
    return Call((a,), {"positions": Positions(indices, length), "axis": axis})


def _take_meaning(given: Sizes, shape: Shape, positions: Positions, axis: int) -> Meaning:
    depth = positions.array.ndim
    indices = free((*shape[:axis], *positions.array.shape, *shape[axis + 1 :]))
    before, inside, after = indices[:axis], indices[axis : axis + depth], indices[axis + depth :]
    row = positions.progression()
    if row is not None:
        along = affine(inside[0]) * row[1] + row[0]
        return Meaning(indices, Element(0, (*map(affine, before), along, *map(affine, after))))
    body = entry(0)
    for place, k in _spelled(positions):
        body = body + _is_at(inside, place) * Element(0, (*map(affine, before), affine(k), *map(affine, after)))
    return Meaning(indices, body)


take: Op = structural(
    "take",
    Kind.MULTILINEAR,
    call=_take_call,
    forward=lambda a, positions, axis: np.take(a, positions.array, axis),
    stacked=lambda which, a, positions, axis: np.take(a, positions.array, axis + 1),
    adds=lambda into, g, fresh, positions, axis: _add_taken(into, g, positions, axis),
    meaning=_take_meaning,
    vjp=[lambda g, y, a, positions, axis: _added(g, positions, axis, extents(a)[axis])],
    numpy=[np.take],
    method="take",
    samples=drawn(
        lambda draw: [
            call(draw(4), [0, 2, 1]),
            call(draw(3, 2), [[0, 2], [2, -1]], axis=0),
            call(draw(2, 3), 1, axis=1),
            call(draw(2, 3), [5, 0, 5]),
            call(draw(2, 4), [1, 3], axis=-1),
            call(draw(2, 1), [0, 0], axis=1),
            call(draw(3), []),
        ]
    ),
)


def _added(g: Any, positions: Positions, axis: int, length: int) -> Any:
    return bind(put_at, (g,), {"positions": positions, "axis": axis, "length": length})


def _put_at_call(a: Any, indices: Any, length: int, axis: int = 0) -> Call:
    return Call((a,), {"positions": Positions(values(indices), length), "axis": axis, "length": length})


def _put_at_forward(a: Any, positions: Positions, axis: int, length: int) -> Any:
    a, depth = np.asarray(a), positions.array.ndim
    result = np.zeros((length, *a.shape[:axis], *a.shape[axis + depth :]), a.dtype)
    _add_at(result, np.moveaxis(a, range(axis, axis + depth), range(depth)), positions)
    return np.moveaxis(result, 0, axis)


def _add_at(into: Any, a: Any, positions: Positions) -> None:
    """``np.add.at(into, positions, a)``, in its order, and whole slices at once where they are long."""
    places = positions.array
    if into[:1].size < _LONG or not places.size:
        np.add.at(into, places, a)
        return
    slices = a.reshape(-1, *into.shape[1:])
    for chosen in positions.rounds():  # in each, no position occurs twice
        into[places.reshape(-1)[chosen]] += slices[chosen]


def _add_taken(into: Any, g: Any, positions: Positions, axis: int) -> None:
    if not axis:
        _add_at(into, g, positions)
        return
    depth = positions.array.ndim
    first = np.moveaxis(into, axis, 0)
    _add_at(first, np.moveaxis(g, range(axis, axis + depth), range(depth)), positions)


def _put_at_meaning(given: Sizes, shape: Shape, positions: Positions, axis: int, length: int) -> Meaning:
    indices = free((*shape[:axis], length, *shape[axis + positions.array.ndim :]))
    before, after = tuple(map(affine, indices[:axis])), tuple(map(affine, indices[axis + 1 :]))
    row = positions.progression()
    if row is not None:
        along = Index("r", positions.array.size)
        landing = equal(indices[axis], affine(along) * row[1] + row[0])
        return Meaning(indices, total(along, landing * Element(0, (*before, affine(along), *after))))
    body = entry(0)
    for place, k in _spelled(positions):
        body = body + equal(indices[axis], k) * Element(0, (*before, *map(affine, place), *after))
    return Meaning(indices, body)


put_at: Op = structural(
    "put_at",
    Kind.MULTILINEAR,
    call=_put_at_call,
    forward=_put_at_forward,
    stacked=lambda which, a, positions, axis, length: _added(a, positions, axis + 1, length),
    meaning=_put_at_meaning,
    vjp=[lambda g, y, a, positions, axis, length: bind(take, (g,), {"positions": positions, "axis": axis})],
    samples=drawn(
        lambda draw: [
            call(draw(3), [0, 2, 0], 4),
            call(draw(2, 2, 3), [[0, 2], [2, 1]], 3),
            call(draw(2, 2), [2, 0], 3, axis=1),
        ]
    ),
    doc="Zeros along an axis of this length, with the entries of an array added at positions.",
)

# ---------------------------------------------------------------------------- replacing


def _set_at_call(a: Any, value: Any, indices: Any) -> Call:
    return Call((a, value), {"positions": Positions(indices, extents(a)[0])})


def _set_at_forward(a: Any, value: Any, positions: Positions) -> Any:
    result = np.array(a)
    result[positions.array] = value
    return result


def _set_at_meaning(given: Sizes, shape: Shape, values: Shape, positions: Positions) -> Meaning:
    (index,) = indices = free(shape)
    kept, new = entry(1), entry(0)
    for (place,), k in _spelled(positions):
        kept = kept - equal(index, k)
        new = new + equal(index, k) * Element(1, (affine(place),))
    return Meaning(indices, kept * Element(0, (affine(index),)) + new)


def _without(g: Any, value: Any, positions: Positions) -> Any:
    return bind(set_at, (g, np.zeros_like(value)), {"positions": positions})


set_at: Op = structural(
    "set_at",
    Kind.MULTILINEAR,
    call=_set_at_call,
    forward=_set_at_forward,
    dtype=lambda a, value, **_: np.result_type(a),
    meaning=_set_at_meaning,
    vjp=[
        lambda g, y, a, value, positions: _without(g, value, positions),
        lambda g, y, a, value, positions: bind(take, (g,), {"positions": positions, "axis": 0}),
    ],
    jvp=[
        lambda t, y, a, value, positions: _without(t, value, positions),
        lambda t, y, a, value, positions: bind(set_at, (np.zeros_like(a), t), {"positions": positions}),
    ],
    samples=drawn(lambda draw: [call(draw(4), draw(2), [3, 1]), call(draw(1), draw(1), [0])]),
    doc="A vector with the entries at distinct positions replaced.",
)

# ---------------------------------------------------------------------------- made of these


@composed()
def gather(a: Any, positions: Any) -> Any:
    """The entries at these row-major positions.

    >>> gather(np.array([[1.0, 2.0], [3.0, 4.0]]), [3, 0])
    array([4., 1.])
    """
    return take(np.reshape(a, -1), positions, 0)


@composed()
def index(a: Any, key: Any) -> Any:
    """``a[key]`` for any key that NumPy takes, with integer arrays, lists and masks among its parts.

    >>> index(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    array([1., 3.])
    """
    if isinstance(key, list) or (hasattr(key, "dtype") and key.dtype.kind in "iu"):
        found = values(key)
        if found.dtype.kind in "iu":
            return take(a, found, 0)
    return gather(a, numbered(a)[_plain(key)])


def _plain(key: Any) -> Any:
    return tuple(map(_plain_part, key if isinstance(key, tuple) else (key,)))


def _plain_part(part: Any) -> Any:
    if not isinstance(part, list) and not hasattr(part, "dtype"):
        return part
    found = values(part)
    return found if found.size or found.dtype.kind != "f" else found.astype(int)  # an empty list holds no floats


@composed()
def index_put(a: Any, key: Any, value: Any) -> Any:
    """A copy of the array after ``a[key] = value``, for any key that NumPy takes. The last write to a place counts.

    >>> index_put(np.zeros(3), [0, 2], np.array([1.0, 2.0]))
    array([1., 0., 2.])
    """
    places = numbered(a)[_plain(key)]
    flat = np.reshape(np.broadcast_to(value, places.shape), -1)
    places, last = np.unique(places.reshape(-1)[::-1], return_index=True)
    chosen = take(flat, sizes(flat)[0] - 1 - last, 0)
    return np.reshape(set_at(np.reshape(a, -1), chosen, places), sizes(a))


@composed(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """The entries at positions of their own in every row along an axis."""
    return gather(arr, np.take_along_axis(numbered(arr), values(indices), axis))


@composed()
def scatter_add(a: Any, axis: int, index: Any, src: Any) -> Any:
    """``a`` with the entries of ``src`` added at positions along an axis, as PyTorch has it.

    >>> scatter_add(np.zeros(3), 0, np.array([2, 2, 0]), np.array([1.0, 2.0, 4.0]))
    array([4., 0., 3.])
    """
    index = values(index)
    places = _along(a, index, axis)
    part = np.reshape(src[tuple(slice(length) for length in index.shape)], -1)
    added = put_at(part, places.reshape(-1), int(np.prod(sizes(a))))
    return a + np.reshape(added, sizes(a))


def _along(a: Any, index: Any, axis: int) -> Any:
    grid = list(np.indices(index.shape))
    grid[one_axis(axis, rank(a))] = index
    return np.ravel_multi_index(tuple(grid), sizes(a), mode="wrap")


@composed()
def index_add(a: Any, axis: int, index: Any, source: Any) -> Any:
    """``a`` with the slices of ``source`` added at positions along an axis, as PyTorch has it."""
    axis = one_axis(axis, rank(a))
    return a + put_at(source, values(index), sizes(a)[axis], axis)


@composed(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    """The slices along an axis where a condition holds; of all elements without one."""
    return take(a, np.flatnonzero(values(condition)), axis)


@composed(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """The elements where a condition holds."""
    return gather(arr, np.flatnonzero(values(condition)))


@composed(np.choose)
def choose(a: Any, choices: Sequence[Any]) -> Any:
    """For every entry, the one of these arrays that an integer says."""
    chosen = values(a)
    result = np.where(chosen == 0, choices[0], 0.0)
    for k, choice in enumerate(choices[1:], 1):
        result = np.where(chosen == k, choice, result)
    return result


@composed(np.select)
def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """For every entry, the choice of the first condition that holds."""
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = np.where(condition, choice, result)
    return result
