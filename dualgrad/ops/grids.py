"""Arrays made of others by their places: grids, blocks, diagonals, evenly spaced numbers, functions of slices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualgrad.conjugate import conj
from dualgrad.op import BY_NUMPY, composed
from dualgrad.positions import values
from dualgrad.shapes import extents, one_axis, rank


@composed(np.meshgrid)
def meshgrid(*xi: Any, sparse: bool = False, indexing: str = "xy") -> tuple[Any, ...]:
    """Coordinates of the points of a grid, one array for each vector of coordinates along an axis.

    >>> [x.tolist() for x in meshgrid(np.array([1.0, 2.0]), np.array([3.0]))]
    [[[1.0, 2.0]], [[3.0, 3.0]]]
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: got indexing={indexing!r}, expected 'xy' or 'ij'")
    order = list(range(len(xi)))
    if indexing == "xy" and len(xi) > 1:
        order[:2] = [1, 0]
    axes = range(len(xi))
    opened = [np.reshape(x, tuple(-1 if k == place else 1 for k in axes)) for place, x in zip(order, xi, strict=True)]
    return tuple(opened) if sparse else tuple(np.broadcast_arrays(*opened))


@composed(np.block)
def block(arrays: Any) -> Any:
    """Arrays put together as they are nested in lists: the innermost along the last axis.

    >>> block([[np.ones((1, 1)), np.zeros((1, 2))], [np.full((1, 3), 2.0)]])
    array([[1., 0., 0.],
           [2., 2., 2.]])
    """
    depth = _depth(arrays)
    ndim = max(depth, *(rank(x) for x in _leaves(arrays)))
    return _joined(arrays, depth, ndim)


def _depth(arrays: Any) -> int:
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(part) for part in arrays}
    if len(depths) != 1:
        raise ValueError("block: the lists are not nested to one depth, or one of them is empty")
    return 1 + depths.pop()


def _leaves(arrays: Any) -> list[Any]:
    return [leaf for part in arrays for leaf in _leaves(part)] if isinstance(arrays, list) else [arrays]


def _joined(arrays: Any, depth: int, ndim: int) -> Any:
    if not depth:
        return np.reshape(arrays, (1,) * (ndim - rank(arrays)) + extents(arrays))
    return np.concatenate([_joined(part, depth - 1, ndim) for part in arrays], axis=-depth)


@composed(np.diagflat)
def diagflat(v: Any, k: int = 0) -> Any:
    """A matrix with all elements of v on its k-th diagonal."""
    return np.diag(np.ravel(v), k)


@composed(np.apply_along_axis)
def apply_along_axis(func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """A function of vectors, applied to every one along an axis; its results take the place of that axis.

    >>> apply_along_axis(lambda v: v[::-1] * 2, 1, np.array([[1.0, 2.0]]))
    array([[4., 2.]])
    """
    axis = one_axis(axis, rank(arr))
    rows = np.moveaxis(arr, axis, -1)
    outer = extents(rows)[:-1]
    found = [func1d(rows[place], *args, **kwargs) for place in np.ndindex(*outer)]
    stacked = np.stack([x if rank(x) or hasattr(x, "extents") else np.asarray(x) for x in found])
    inner = extents(stacked)[1:]
    spread = np.reshape(stacked, (*outer, *inner))
    back = (*range(axis), *range(len(outer), len(outer) + len(inner)), *range(axis, len(outer)))
    return np.transpose(spread, back)


@composed(np.apply_over_axes)
def apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    """A function of an array and an axis, applied over several axes one after another; all of them stay."""
    for axis in [axes] if isinstance(axes, int) else axes:
        place = one_axis(axis, rank(a))
        found = func(a, place)
        a = found if rank(found) == rank(a) else np.expand_dims(found, place)
    return a


@composed(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """The function (or number) of the last condition that holds, for every entry; an additional one for none of them.

    >>> piecewise(np.array([-1.0, 2.0]), [np.array([True, False])], [0.0, lambda x: x * 3])
    array([0., 6.])
    """
    conditions = [values(condition) for condition in (condlist if isinstance(condlist, (list, tuple)) else [condlist])]
    if len(funclist) - len(conditions) not in (0, 1):
        raise ValueError(f"piecewise: got {len(funclist)} functions for {len(conditions)} conditions; at most one more")
    otherwise = funclist[-1] if len(funclist) > len(conditions) else 0.0
    result = np.zeros_like(x) + _part(otherwise, x, args, kw)
    for condition, function in zip(conditions, funclist, strict=False):
        result = np.where(condition, _part(function, x, args, kw), result)
    return result


def _part(function: Any, x: Any, args: Any, kw: Any) -> Any:
    return function(x, *args, **kw) if callable(function) else function


@composed(np.geomspace)
def geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, *, axis: int = 0) -> Any:
    """Numbers with one quotient from each to the next.

    >>> geomspace(np.float64(1.0), np.float64(100.0), 3).round(12)
    array([  1.,  10., 100.])
    """
    share = np.reshape(np.linspace(0.0, 1.0, num, endpoint), (-1, *(1,) * max(rank(start), rank(stop))))
    return np.moveaxis(start * np.power(stop / start, share), 0, axis)


@composed(np.logspace)
def logspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, *, axis: int = 0) -> Any:
    """The base to the power of evenly spaced numbers."""
    return np.power(base, BY_NUMPY[np.linspace](start, stop, num, endpoint, axis=axis))


@composed(np.matvec)
def matvec(x1: Any, x2: Any, /) -> Any:
    """Matrices times vectors, over the last axes."""
    return np.matmul(x1, np.expand_dims(x2, -1))[..., 0]


@composed(np.vecmat)
def vecmat(x1: Any, x2: Any, /) -> Any:
    """Conjugated vectors times matrices, over the last axes."""
    return np.matmul(np.expand_dims(conj(x1), -2), x2)[..., 0, :]
