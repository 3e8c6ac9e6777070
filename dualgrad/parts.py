"""Arithmetic on large arrays in parts that suit the machine; what is computed is the same, entry by entry.

Of many steps some entries at a time: what the steps hand on is still in the cache. Of short rows several at a time:
NumPy starts an inner loop for every row, and of a row of 20 that is most of the time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

_SHORT = 64  # entries of a row
_TOGETHER = 512  # entries of the rows that are taken together
_MANY = 1 << 13  # entries in all
_ENTRIES = 1 << 14  # of a part: three arrays of these fit into the cache that a core has to itself


def is_plain(x: Any) -> bool:
    """Whether it is an array of floats with axes: what :func:`in_parts` takes."""
    return type(x) is np.ndarray and x.dtype.kind == "f" and x.ndim > 0


def in_parts(steps: Callable[[Any, Any], Any], x: Any) -> Any:
    """``steps(x, None)``, which gives an array of x's shape and dtype, entry by entry: of a large one in parts.

    A part of the result is asked for as ``steps(part, into)``, which writes it into an array.

    >>> in_parts(np.negative, np.array([1.0, -2.0]))
    array([-1.,  2.])
    """
    if x.size <= 2 * _ENTRIES or not x.flags.c_contiguous:
        return steps(x, None)
    found = np.empty_like(x)
    given, into = x.reshape(-1), found.reshape(-1)
    for start in range(0, x.size, _ENTRIES):
        stop = start + _ENTRIES
        steps(given[start:stop], into[start:stop])
    return found


def by_rows(compute: Callable[..., Any], x1: Any, x2: Any, into: Any = None) -> Any:
    """``compute(x1, x2, into)``; where one of two arrays repeats its short rows, on some rows at a time.

    >>> by_rows(np.add, np.zeros((2, 3)), np.arange(3.0))
    array([[0., 1., 2.],
           [0., 1., 2.]])
    """
    if not (type(x1) is type(x2) is np.ndarray and x1.shape != x2.shape and x1.dtype == x2.dtype and is_plain(x1)):
        return compute(x1, x2, into)
    shape = np.broadcast_shapes(x1.shape, x2.shape)
    together = _rows_together(shape)
    if together == 1 or not (into is None or into.flags.c_contiguous):
        return compute(x1, x2, into)
    long1, long2 = _in_long_rows(x1, shape, together), _in_long_rows(x2, shape, together)
    if long1 is None or long2 is None:
        return compute(x1, x2, into)
    found = np.empty(shape, x1.dtype) if into is None else into
    compute(long1, long2, found.reshape(*shape[:-2], shape[-2] // together, -1))
    return found


def _rows_together(shape: tuple[int, ...]) -> int:
    """How many rows make a long one; 1 where they are long, or few."""
    if len(shape) < 2 or not 1 < shape[-1] < _SHORT or math.prod(shape) < _MANY:
        return 1
    most = min(_TOGETHER // shape[-1], shape[-2])
    return next((rows for rows in range(most, 1, -1) if not shape[-2] % rows), 1)


def _in_long_rows(x: Any, shape: tuple[int, ...], together: int) -> Any:
    """An operand with as many rows taken together; None where that takes a copy of it all."""
    if x.ndim == 0 or x.shape[-1] != shape[-1]:
        return None
    if x.ndim == 1 or x.shape[-2] == 1:
        return np.tile(x, together)
    if not x.flags.c_contiguous:
        return None
    return x.reshape(*x.shape[:-2], x.shape[-2] // together, -1)
