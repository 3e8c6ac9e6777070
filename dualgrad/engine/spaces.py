"""Cotangents in the space of what they belong to: its shape, with broadcasting undone, and its dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.shapes import extents
from dualgrad.sums import total


def project(g: Any, like: Any) -> Any:
    """A cotangent in the space of its operand: broadcasting undone, in the operand's dtype, real for a real one."""
    g = unbroadcast(g, extents(like))
    dtype = like.dtype
    return g if g.dtype == dtype else cast(g, dtype)


def cast(g: Any, dtype: Any) -> Any:
    """A cotangent or tangent in another dtype; in a real one, its real part."""
    g = np.real(g) if g.dtype.kind == "c" != dtype.kind else g
    return g if g.dtype == dtype else g.astype(dtype)


def full(g: Any, like: Any) -> Any:
    """A cotangent with all of its entries, where it was kept of size 1 along an axis on which it is constant."""
    shape = extents(like)
    return g if extents(g) == shape else np.broadcast_to(g, shape)


def unbroadcast(g: Any, shape: tuple[Any, ...]) -> Any:
    """The transpose of broadcasting from ``shape``: sums over the axes that were added or stretched.

    >>> unbroadcast(np.ones((4, 2, 3)), (2, 1))
    array([[12.],
           [12.]])
    """
    g = summed(g, shape)
    return g if extents(g) == shape else np.broadcast_to(g, shape)


def summed(g: Any, shape: tuple[Any, ...]) -> Any:
    """The same, but what broadcasts to the shape stays as it is."""
    have = extents(g)
    if have == shape:
        return g
    added = len(have) - len(shape)
    if added < 0 or any(extent == 1 != other for extent, other in zip(have[added:], shape, strict=True)):
        return g
    stretched = tuple(axis for axis, extent in enumerate(shape, added) if extent == 1 != have[axis])
    plain = type(g) is np.ndarray  # elsewhere np.sum comes to the same
    if stretched:
        g = total(g, stretched, True) if plain else np.sum(g, axis=stretched, keepdims=True)
    if not added:
        return g
    return total(g, range(added), False) if plain else np.sum(g, axis=tuple(range(added)))
