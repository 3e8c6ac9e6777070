"""Sorting, and what follows from an order: which entry goes where is read off the values, and the entries move."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dualgrad.op import composed
from dualgrad.positions import numbered, values
from dualgrad.shapes import all_axes, extents, one_axis, rank


def _moved(a: Any, order: Any, axis: int) -> Any:
    return np.take_along_axis(a, order, axis)


@composed(np.sort)
def sort(a: Any, axis: int | None = -1, *, kind: str | None = None, stable: bool | None = None) -> Any:
    """The entries in ascending order along an axis, equal ones in the order they came.

    >>> sort(np.array([3.0, 1.0, 2.0]))
    array([1., 2., 3.])
    """
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    return _moved(a, np.argsort(values(a), axis, kind="stable"), axis)


@composed(np.partition)
def partition(a: Any, kth: Any, axis: int | None = -1) -> Any:
    """The entries with the kth in its sorted place, smaller ones before it and larger ones behind."""
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    return _moved(a, np.argpartition(values(a), kth, axis), axis)


class TopK(NamedTuple):
    """The largest entries and where they were."""

    values: Any
    indices: Any


@composed()
def topk(a: Any, k: int, axis: int = -1, largest: bool = True) -> TopK:
    """The k largest entries along an axis, in descending order, and their positions; the smallest, ascending.

    >>> topk(np.array([3.0, 1.0, 2.0]), 2).values
    array([3., 2.])
    """
    axis, given = one_axis(axis, rank(a)), values(a)
    if not 0 <= k <= given.shape[axis]:
        raise ValueError(f"topk: got k={k} for an axis of size {given.shape[axis]}, expected at most that many")
    order = np.argsort(-given if largest else given, axis, kind="stable")
    order = np.take(order, range(k), axis)
    return TopK(_moved(a, order, axis), order)


# ---------------------------------------------------------------------------- quantiles


def _rows(a: Any, axis: Any) -> tuple[Any, tuple[int, ...]]:
    """The array with the axes to reduce as one, last; and which they were."""
    axes, ndim = all_axes(axis, rank(a)), rank(a)
    kept = [k for k in range(ndim) if k not in axes]
    moved = np.transpose(a, (*kept, *axes))
    return np.reshape(moved, (*extents(moved)[: len(kept)], -1)), axes


def _shaped(result: Any, a: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if not keepdims:
        return result
    return np.reshape(result, tuple(1 if k in axes else extent for k, extent in enumerate(extents(a))))


_BETWEEN = {  # where a place between two neighbours is, as a share of the way from the lower one
    "linear": lambda place: place - np.floor(place),
    "lower": lambda place: 0.0 * place,
    "higher": lambda place: np.ceil(place) - np.floor(place),
    "midpoint": lambda place: 0.5 * (np.ceil(place) - np.floor(place)),
    "nearest": lambda place: np.rint(place) - np.floor(place),
}


def _share(q: Any, method: str) -> Any:
    shares = values(q)
    if method not in _BETWEEN:
        raise ValueError(f"quantile: got method={method!r}, expected one of {', '.join(_BETWEEN)}")
    if shares.ndim == 0 and not 0 <= shares <= 1:
        raise ValueError(f"quantile: got the share {shares}, expected one from 0 to 1")
    return shares


@composed(np.quantile)
def quantile(a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False) -> Any:
    """The value below which a share q of the entries lies, linear between two of them.

    >>> quantile(np.array([1.0, 2.0, 4.0]), 0.75)
    np.float64(3.0)
    """
    shares = _share(q, method)
    if shares.ndim:
        return np.stack([quantile(a, share, axis, method=method, keepdims=keepdims) for share in shares])
    rows, axes = _rows(a, axis)
    place = float(shares) * (extents(rows)[-1] - 1)
    low, part = int(place), float(_BETWEEN[method](place))
    ordered = sort(rows)
    below = ordered[..., low]
    result = below if part == 0 else below + part * (ordered[..., low + 1] - below)
    return _shaped(result, a, axes, keepdims)


@composed(np.nanquantile)
def nanquantile(a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False) -> Any:
    """The value below which a share q of the entries lies that are numbers.

    >>> nanquantile(np.array([1.0, np.nan, 3.0]), 0.5)
    np.float64(2.0)
    """
    shares = _share(q, method)
    if shares.ndim:
        return np.stack([nanquantile(a, share, axis, method=method, keepdims=keepdims) for share in shares])
    rows, axes = _rows(a, axis)
    known = np.sum(~np.isnan(values(rows)), axis=-1, keepdims=True)
    place = float(shares) * np.maximum(known - 1, 0)
    low, part = np.floor(place).astype(int), _BETWEEN[method](place).astype(rows.dtype)
    ordered = sort(rows)  # what is no number comes last
    below, above = _moved(ordered, low, -1)[..., 0], _moved(ordered, low + (part > 0), -1)[..., 0]
    return _shaped(below + part[..., 0] * (above - below), a, axes, keepdims)


@composed(np.nanmedian)
def nanmedian(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The median of the entries that are numbers."""
    return nanquantile(a, 0.5, axis, keepdims=keepdims)


@composed(np.percentile)
def percentile(a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False) -> Any:
    """The value below which q percent of the entries lie, linear between two of them."""
    return quantile(a, values(q) / 100, axis, method=method, keepdims=keepdims)


@composed(np.nanpercentile)
def nanpercentile(a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False) -> Any:
    """The value below which q percent of the entries lie that are numbers."""
    return nanquantile(a, values(q) / 100, axis, method=method, keepdims=keepdims)


@composed(np.median)
def median(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The entry in the middle of the order, or the mean of the two there.

    >>> median(np.array([3.0, 1.0, 2.0, 5.0]))
    np.float64(2.5)
    """
    rows, axes = _rows(a, axis)
    length, ordered = extents(rows)[-1], sort(rows)
    low, high = ordered[..., (length - 1) // 2], ordered[..., length // 2]
    return _shaped(high if length % 2 else 0.5 * (low + high), a, axes, keepdims)


@composed(np.ptp)
def ptp(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The largest entry minus the smallest."""
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


# ---------------------------------------------------------------------------- running extremes


def _running(ufunc: np.ufunc, a: Any, axis: Any) -> Any:
    """Where ties are, the entry that came last, as PyTorch has it."""
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    given = values(a)
    reached = ufunc.accumulate(given, axis=axis)
    places = np.moveaxis(np.broadcast_to(np.arange(given.shape[axis]), np.moveaxis(given, axis, -1).shape), -1, axis)
    return _moved(a, np.maximum.accumulate(np.where(given == reached, places, 0), axis=axis), axis)


@composed()
def cummax(a: Any, axis: int | None = None) -> Any:
    """The largest entry so far, along an axis.

    >>> cummax(np.array([1.0, 3.0, 2.0]))
    array([1., 3., 3.])
    """
    return _running(np.maximum, a, axis)


@composed()
def cummin(a: Any, axis: int | None = None) -> Any:
    """The smallest entry so far, along an axis."""
    return _running(np.minimum, a, axis)


# ---------------------------------------------------------------------------- between given points


@composed(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """The piecewise linear function through the points (xp, fp), constant beyond the first and the last.

    >>> interp(1.5, np.array([1.0, 2.0]), np.array([0.0, 10.0]))
    np.float64(5.0)
    """
    knots, at = values(xp), values(x)
    upper = np.clip(np.searchsorted(knots, at, side="right"), 1, len(knots) - 1)
    start, value = np.take(xp, upper - 1), np.take(fp, upper - 1)
    inside = value + (x - start) * ((np.take(fp, upper) - value) / (np.take(xp, upper) - start))
    first, last = fp[0] if left is None else left, fp[-1] if right is None else right
    return np.where(at < knots[0], first, np.where(at > knots[-1], last, inside))[()]


# ---------------------------------------------------------------------------- padding


@composed(np.pad)
def pad(array: Any, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0) -> Any:
    """The array with entries added at both ends of its axes: a constant, or copies as NumPy's modes have them.

    >>> pad(np.array([1.0, 2.0]), 1)
    array([0., 1., 2., 0.])
    """
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise TypeError(f"pad: mode={mode!r} is not an op; use 'constant', 'edge', 'reflect', 'symmetric' or 'wrap'")
    places = numbered(array)
    if mode != "constant":
        return np.take(array, np.pad(places, pad_width, mode))  # type: ignore[call-overload]
    spread = np.pad(places, pad_width, constant_values=-1)
    around = np.pad(np.zeros(places.shape, array.dtype), pad_width, constant_values=constant_values)
    if not places.size:
        return around
    return np.where(spread < 0, around, np.take(array, np.maximum(spread, 0)))
