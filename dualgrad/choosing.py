"""Choosing between entries and zero without a branch: NumPy's ``where`` guesses at each one, and is often wrong.

The bits of an entry are kept or cleared by an integer mask, so that what is chosen is chosen exactly, and infinities
and NaN that are not chosen leave no trace.
"""

from __future__ import annotations

from typing import Any

import numpy as np

BITS = {2: np.int16, 4: np.int32, 8: np.int64}


def cleared(mask: Any, x: Any, out: Any = None) -> Any:
    """The floats of x whose mask, an int8, is -1; zero where it is 0."""
    bits = BITS[x.dtype.itemsize]
    return np.bitwise_and(x.view(bits), mask, None if out is None else out.view(bits)).view(x.dtype)


def where(condition: Any, x: Any) -> Any:
    """``np.where(condition, x, 0)``, of arrays of any kind.

    >>> where(np.array([True, False]), np.array([2.0, np.nan]))
    array([2., 0.])
    """
    return cleared(np.negative(condition.view(np.int8)), x) if _plain(condition, x) else np.where(condition, x, 0)


def elsewhere(condition: Any, x: Any) -> Any:
    """``np.where(condition, 0, x)``, of arrays of any kind.

    >>> elsewhere(np.array([True, False]), np.array([np.nan, 2.0]))
    array([0., 2.])
    """
    return cleared(np.subtract(condition.view(np.int8), 1), x) if _plain(condition, x) else np.where(condition, 0, x)


def _plain(condition: Any, x: Any) -> bool:
    if not (type(condition) is type(x) is np.ndarray):
        return False
    wide = x.dtype.kind == "f" and x.dtype.itemsize in BITS and x.dtype.isnative
    return bool(wide and condition.dtype == np.bool_ and x.ndim >= condition.ndim)
