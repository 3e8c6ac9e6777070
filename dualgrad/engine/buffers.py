"""Arithmetic on cotangents that writes into a large array's own memory where nobody else holds it.

That nobody does is read off the reference count: an array that owns its memory, and that only counted local
variables and containers hold, can be seen by no one else. The values are those of the plain operators, bit for bit.
"""

from __future__ import annotations

from sys import getrefcount
from typing import Any

import numpy as np

from dualgrad.engine.overwritten import handed_out
from dualgrad.parts import by_rows

LARGE = 1 << 16  # bytes; a smaller array is made faster than it is looked at
_BLOCK = 1 << 17  # bytes; some of these fit into the cache of a core
_OWN = 2  # the parameter of alone, and the argument of getrefcount


def alone(array: Any, holders: int) -> bool:
    """Whether it is an array that nobody but these many variables and containers of the caller's holds."""
    return bool(
        _counted
        and type(array) is np.ndarray
        and getrefcount(array) == _OWN + holders
        and array.base is None
        and id(array) not in handed_out
        and array.flags.writeable
    )


def sole(array: Any, holders: int) -> bool:
    """The same, of a large one."""
    return type(array) is np.ndarray and array.nbytes >= LARGE and alone(array, holders + 1)


def own(array: Any, like: Any, holders: int) -> Any:
    """The array where it is the caller's own, else a copy, in the shape and dtype of another."""
    if array.shape == like.shape and array.dtype == like.dtype and alone(array, holders + 1):
        return array
    copied = np.empty(like.shape, like.dtype)
    copied[...] = array
    return copied


def doubled(g: Any, factor: Any, mine: bool) -> Any:
    """``g * factor + g * factor``, of a large array some entries at a time: they are still in the cache.

    ``mine`` says that nobody will use the factor any more.
    """
    if not _in_step(g, factor):
        product = np.multiply(g, factor, out=factor) if mine and fits(g, factor) else g * factor
        return np.add(product, product, out=product) if type(product) is np.ndarray else product + product
    found = factor if mine and fits(g, factor) else np.empty(np.broadcast_shapes(g.shape, factor.shape), factor.dtype)
    step, parts = _BLOCK // factor.itemsize, (found.reshape(-1), factor.reshape(-1), g.reshape(-1))
    for start in range(0, found.size, step):
        into, right, left = (part if part.size == 1 else part[start : start + step] for part in parts)
        np.multiply(left, right, out=into)
        np.add(into, into, out=into)
    return found


def add_product(held: Any, g: Any, factor: Any, twice: bool = False) -> bool:
    """``held + g * factor``, or that two times, in place of what is held; False where the arrays are not alike."""
    if not (_in_step(g, factor) and _in_step(factor, held) and held.shape == factor.shape):
        return False
    step, parts = _BLOCK // factor.itemsize, (held.reshape(-1), factor.reshape(-1), g.reshape(-1))
    product = np.empty(min(step, held.size), held.dtype)
    for start in range(0, held.size, step):
        into, right, left = (part if part.size == 1 else part[start : start + step] for part in parts)
        part = np.multiply(left, right, out=product[: into.size])
        np.add(into, part, out=into)
        if twice:
            np.add(into, part, out=into)
    return True


def _in_step(g: Any, factor: Any) -> bool:
    """Whether g is a number, or lies in memory as a large factor does."""
    if type(factor) is not np.ndarray or g.dtype != factor.dtype or not factor.flags.c_contiguous:
        return False
    one = type(g) is not np.ndarray or g.size == 1
    return factor.nbytes >= _BLOCK and (one or bool(g.shape == factor.shape and g.flags.c_contiguous))


def times(g: Any, factor: Any, mine: bool) -> Any:
    """``g * factor``. ``mine`` says that nobody will use g any more; of factor the caller has one variable."""
    if sole(factor, 2) and fits(g, factor):
        return by_rows(np.multiply, g, factor, factor)
    if mine and fits(factor, g):
        return by_rows(np.multiply, g, factor, g)
    return by_rows(np.multiply, g, factor) if type(g) is type(factor) is np.ndarray else g * factor


def negated(g: Any, mine: bool) -> Any:
    """``-g``."""
    return np.negative(g, out=g) if mine else -g


def plus(held: Any, new: Any, mine: bool) -> Any:
    """``held + new``. ``mine`` says that nobody will use what is held any more; of new the caller has one variable."""
    if mine and fits(new, held):
        return np.add(held, new, out=held)
    if sole(new, 2) and fits(held, new):
        return np.add(held, new, out=new)
    return held + new


def minus(held: Any, new: Any, mine: bool) -> Any:
    """``held - new``, which is ``held + -new`` to the bit; see :func:`plus`."""
    if mine and fits(new, held):
        return np.subtract(held, new, out=held)
    if sole(new, 2) and fits(held, new):
        return np.subtract(held, new, out=new)
    return held - new


def fits(other: Any, array: Any) -> bool:
    """Whether arithmetic of the two gives an array like the second."""
    if type(other) is np.ndarray:
        shape: tuple[int, ...] = array.shape
        alike: bool = other.dtype == array.dtype
        return alike and (other.shape == shape or np.broadcast_shapes(other.shape, shape) == shape)
    return type(other) in (float, int) or (isinstance(other, np.generic) and bool(other.dtype == array.dtype))


def _counts_hold() -> bool:
    """Whether reference counts are what this module takes them for: those of another interpreter may not be."""

    def inner(array: Any) -> bool:
        return sole(array, 2)

    mine, shared, kept = np.empty(LARGE), np.empty(LARGE), {0: np.empty(LARGE)}
    another, held = shared, kept[0]
    right = sole(mine, 1) and inner(mine) and sole(another, 2) and sole(held, 2)
    wrong = sole(mine, 2) or sole(shared, 1) or inner(shared) or sole(held, 1) or sole(mine[:], 1)
    return right and not wrong


_counted = True
_counted = _counts_hold()
