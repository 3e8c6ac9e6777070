"""Holding a replayed result against the eager one."""

from __future__ import annotations

import numpy as np

ULPS = 256  # of the largest entry: how far a result may be off


def difference(got: object, expected: object) -> str:
    """How a result differs from the eager one by more than rounding may do; empty where it does not.

    >>> difference(np.array([1.0, 2.0]), np.array([1.0, np.nextafter(2.0, 3.0)]))
    ''
    >>> difference(np.array([1.0, 2.5]), np.array([1.0, 2.0]))
    '2.5 instead of 2.0 at (1,)'
    """
    a, b = np.asarray(got), np.asarray(expected)
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        return f"{a.dtype}{list(a.shape)} instead of {b.dtype}{list(b.shape)}"
    with np.errstate(all="ignore"):
        wrong = ~((a == b) | ((a != a) & (b != b)))
        if wrong.any() and a.dtype.kind in "fc":
            finite = np.isfinite(b)
            scale = np.max(np.abs(b), where=finite, initial=0)
            wrong &= ~(finite & (np.abs(a - b) <= ULPS * np.finfo(b.dtype).eps * scale))
    if not wrong.any():
        return ""
    place = tuple(int(k) for k in np.argwhere(wrong)[0]) if a.ndim else ()
    return f"{a[place]} instead of {b[place]} at {place}" if place else f"{a} instead of {b}"
