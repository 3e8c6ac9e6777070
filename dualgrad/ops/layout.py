"""Laying out anew: turning, splitting, stacking in depth, neighbours' slopes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from dualgrad.op import BY_NUMPY, composed
from dualgrad.shapes import extents, joined, one_axis, rank


@composed(np.rot90)
def rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    """The plane of two axes turned by k quarter turns, from the first axis towards the second.

    >>> rot90(np.array([[1.0, 2.0]]))
    array([[2.],
           [1.]])
    """
    first, second = (one_axis(axis, rank(m)) for axis in axes)
    if k % 4 == 0:
        return m
    if k % 4 == 2:
        return np.flip(m, (first, second))
    turned = np.swapaxes(m, first, second)
    return np.flip(turned, first if k % 4 == 1 else second)


@composed(np.fliplr)
def fliplr(m: Any) -> Any:
    """The second axis reversed."""
    return np.flip(m, 1)


@composed(np.flipud)
def flipud(m: Any) -> Any:
    """The first axis reversed."""
    return np.flip(m, 0)


@composed(np.rollaxis)
def rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    """One axis moved to where it lies before another."""
    axis = one_axis(axis, rank(a))
    start = start + rank(a) if start < 0 else start
    return np.moveaxis(a, axis, start - (start > axis))


@composed(np.atleast_3d)
def atleast_3d(a: Any) -> Any:
    """The array with at least three axes; a vector becomes (1, n, 1), a matrix (m, n, 1)."""
    shape = extents(a)
    new = {0: (1, 1, 1), 1: (1, *shape, 1), 2: (*shape, 1)}.get(len(shape), shape)
    return a if len(shape) > 2 else np.reshape(a, new)


@composed(np.dstack)
def dstack(tup: Sequence[Any]) -> Any:
    """Arrays joined along the third axis."""
    return np.concatenate([atleast_3d(array) for array in tup], axis=2)


# ---------------------------------------------------------------------------- splitting


@composed(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """The array in parts along an axis: so many, as equal as can be, or cut at these places.

    >>> [part.tolist() for part in array_split(np.arange(3.0), 2)]
    [[0.0, 1.0], [2.0]]
    """
    axis = one_axis(axis, rank(ary))
    length = extents(ary)[axis]
    if np.ndim(indices_or_sections):
        cuts = [0, *indices_or_sections, length]
    else:
        each, more = divmod(length, indices_or_sections)
        cuts = [k * each + min(k, more) for k in range(indices_or_sections + 1)]
    whole = (slice(None),) * axis
    return [ary[(*whole, slice(start, stop))] for start, stop in pairwise(cuts)]


@composed(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """The array in equal parts along an axis, or cut at these places."""
    length = extents(ary)[one_axis(axis, rank(ary))]
    if not np.ndim(indices_or_sections) and length % indices_or_sections:
        raise ValueError(f"split: an axis of size {length} has no {indices_or_sections} equal parts; use array_split")
    return array_split(ary, indices_or_sections, axis)


@composed(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    """The array in parts along the first axis."""
    return split(ary, indices_or_sections, 0)


@composed(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    """The array in parts along the second axis, a vector along its only one."""
    return split(ary, indices_or_sections, min(rank(ary) - 1, 1))


@composed(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    """The array in parts along the third axis."""
    return split(ary, indices_or_sections, 2)


# ---------------------------------------------------------------------------- neighbours


@composed(np.ediff1d)
def ediff1d(ary: Any) -> Any:
    """The differences of neighbours among all elements."""
    return np.diff(np.reshape(ary, -1))


@composed(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """The integral of a piecewise linear function, by the trapezoid rule."""
    whole = (slice(None),) * one_axis(axis, rank(y))
    width = dx
    if x is not None:
        after = (1,) * (rank(y) - 1 - len(whole))
        width = np.diff(x, axis=axis) if rank(x) > 1 else np.reshape(np.diff(x), (-1, *after))
    middle = 0.5 * (y[(*whole, slice(1, None))] + y[(*whole, slice(None, -1))])
    return np.sum(width * middle, axis=axis)


def _linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, *, axis: int = 0) -> Any:
    share = np.reshape(np.linspace(0.0, 1.0, num, endpoint), (-1, *(1,) * max(rank(start), rank(stop))))
    return np.moveaxis(start * (1 - share) + stop * share, 0, axis)  # both ends are exact


BY_NUMPY[np.linspace] = _linspace  # without a name of its own: dualgrad.linspace is a constructor, as PyTorch's


@composed(np.gradient)
def gradient(f: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The slopes between neighbours: central inside, one-sided at the ends, of the first order there or the second.

    ``spacing`` has the distance of neighbours, or the places of all, for each axis or for all of them.

    >>> gradient(np.array([1.0, 4.0, 9.0]))
    array([3., 4., 5.])
    """
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: got edge_order={edge_order!r}, expected 1 or 2")
    axes = range(rank(f)) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    steps = spacing or (1.0,)
    steps = steps * len(axes) if len(steps) == 1 else steps
    slopes = [_slope(f, one_axis(k, rank(f)), step, edge_order) for k, step in zip(axes, steps, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slope(f: Any, axis: int, step: Any, edge_order: int) -> Any:
    def part(start: int | None, stop: int | None) -> Any:
        return f[(*(slice(None),) * axis, slice(start, stop))]

    first, last = part(1, 2) - part(0, 1), part(-1, None) - part(-2, -1)
    if not rank(step):
        if edge_order == 2:
            first, last = 0.5 * (4 * first - part(2, 3) + part(0, 1)), 0.5 * (4 * last - part(-1, None) + part(-3, -2))
        return np.concatenate([first, 0.5 * (part(2, None) - part(None, -2)), last], axis=axis) / step
    across = np.reshape(np.diff(step), (-1, *(1,) * (rank(f) - 1 - axis)))
    before, after = across[:-1], across[1:]
    first, last = first / across[:1], last / across[-1:]
    rise, fall = (part(2, None) - part(1, -1)) / after, (part(1, -1) - part(None, -2)) / before
    inside = (before * rise + after * fall) / (before + after)
    if edge_order == 2:  # the slope at an end of the parabola through three
        near, far = across[:1] / (across[:1] + across[1:2]), across[-1:] / (across[-1:] + across[-2:-1])
        first = first - near * ((part(2, 3) - part(1, 2)) / across[1:2] - first)
        last = last - far * ((part(-2, -1) - part(-3, -2)) / across[-2:-1] - last)
    return np.concatenate([first, inside, last], axis=axis)


@composed(np.nan_to_num)
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """The array with what is no finite number replaced; no gradient flows there."""
    largest = float(np.finfo(x.dtype).max)
    high, low = largest if posinf is None else posinf, -largest if neginf is None else neginf
    clean = np.where(np.isfinite(x), x, 0)
    clean = np.where(np.isnan(x), nan, clean)
    return np.where(np.equal(x, np.inf), high, np.where(np.equal(x, -np.inf), low, clean))


# ---------------------------------------------------------------------------- more ways to join and part


@composed(np.unstack)
def unstack(x: Any, /, *, axis: int = 0) -> Any:
    """The slices along an axis."""
    return tuple(np.moveaxis(x, axis, 0)[k] for k in range(extents(x)[one_axis(axis, rank(x))]))


@composed(np.insert)
def insert(arr: Any, obj: int, new: Any, axis: int | None = None) -> Any:
    """The array with entries inserted before a position along an axis; as a vector without one.

    >>> insert(np.array([1.0, 3.0]), 1, 2.0)
    array([1., 2., 3.])
    """
    if axis is None:
        arr, axis = np.reshape(arr, -1), 0
    axis = one_axis(axis, rank(arr))
    whole, shape = (slice(None),) * axis, extents(arr)
    place = obj if obj >= 0 else shape[axis] + obj
    middle = np.broadcast_to(new, (*shape[:axis], *shape[axis + 1 :]))
    ends = arr[(*whole, slice(None, place))], arr[(*whole, slice(place, None))]
    return np.concatenate([ends[0], np.expand_dims(middle, axis), ends[1]], axis=axis)


@composed(np.broadcast_arrays)
def broadcast_arrays(*args: Any) -> Any:
    """The arrays, each in the shape that they broadcast to."""
    return tuple(np.broadcast_to(array, joined(*map(extents, args))) for array in args)


@composed(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """The polynomial with these coefficients, the highest power first, at x."""
    result = np.zeros_like(x)
    for k in range(extents(p)[0]):
        result = result * x + p[k]
    return result


@composed(np.vander)
def vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of a vector's entries as rows, the highest first."""
    count = extents(x)[0] if N is None else N
    powers = [np.ones_like(x)]
    for _ in range(1, count):
        powers.append(powers[-1] * x)
    return np.stack(powers if increasing else powers[::-1], axis=-1)
