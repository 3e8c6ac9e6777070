"""Arithmetic of many steps on a large array, some entries at a time: what the steps hand on is still in the cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

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
