"""Sines and cosines through the tangent, where NumPy has a vector instruction for that one only.

With t = tan(x/2) the sine is 2t / (1 + t²), within 3 ulps. The cosine is the sine of π/2 - |x|, a
difference that is exact where it is small; farther out it is that from the nearest zero, taken in three parts.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

ULPS = 4.0  # how far a result may be off
FAR = 1e5  # half turns are counted exactly up to here
_QUARTER = (float.fromhex("0x1.921fb54442d18p+0"), float.fromhex("0x1.1a62633145c07p-54"))
# π/2 in parts of 33 bits, so that small multiples of the first two are exact.
_PARTS = tuple(map(float.fromhex, ("0x1.921fb544p+0", "0x1.0b4611a6p-34", "0x1.3198a2e037073p-69")))


@cache
def tangent_is_fast() -> bool:
    """Whether NumPy computes tangents of float64 many at a time here, which it does with AVX-512."""
    from numpy.lib import introspect

    found = introspect.opt_func_info(func_name="^tan$").get("tan", {})
    return found.get("dd", {}).get("current") in ("AVX512_SKX", "X86_V4")  # the name changed with NumPy 2.4


def sine(x: Any, out: Any = None) -> Any:
    """The sine of float64 numbers.

    >>> bool(abs(sine(np.array([1.0]))[0] - np.sin(1.0)) < 1e-15)
    True
    """
    return _doubled(np.tan(np.multiply(x, 0.5, out), out=out), out)


def cosine(x: Any, out: Any = None) -> Any:
    """The cosine of float64 numbers.

    >>> bool(abs(cosine(np.array([1.0]))[0] - np.cos(1.0)) < 1e-15)
    True
    """
    size = np.absolute(x, out)
    farthest = size.max(initial=0)
    if not farthest <= FAR:
        return np.cos(x, out)
    if farthest > 3:
        _nearest_zero(size)
    else:
        np.subtract(_QUARTER[0], size, size)
        np.add(size, _QUARTER[1], size)
    return _doubled(np.tan(np.multiply(size, 0.5, size), size), size)


def _nearest_zero(size: Any) -> Any:
    """How far positive numbers lie below the nearest zero of the cosine, with the sign it has around that."""
    half_turns = np.floor(np.multiply(size, 1 / np.pi))
    odd = half_turns + half_turns
    np.add(odd, 1.0, odd)
    below, part = np.multiply(odd, _PARTS[0]), np.empty_like(size)
    np.subtract(below, size, below)
    for rest in _PARTS[1:]:
        np.add(below, np.multiply(odd, rest, part), below)
    np.multiply(half_turns, 0.5, half_turns)
    np.subtract(half_turns, np.floor(half_turns, part), half_turns)
    np.multiply(half_turns, -4.0, half_turns)
    np.add(half_turns, 1.0, half_turns)
    return np.multiply(below, half_turns, size)


def _doubled(t: Any, out: Any) -> Any:
    """The sine of the double angle, from its tangent."""
    under = np.multiply(t, t)
    np.add(under, 1.0, under)
    return np.divide(np.add(t, t, t), under, out)
