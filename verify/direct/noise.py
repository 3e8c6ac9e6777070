"""The noise of a function in floating point: what a value is off by, from neighbouring values, and where it jumps.

What rounding leaves of a value cannot be read off one value: an inverse of a badly conditioned matrix, a sum that
cancels, a solver that stops early, a number written with six digits lose more than an ulp. Values at equal steps of a
smooth function have differences of high order that vanish, and those of noise do not (R. W. Hamming; J. J. Moré and
S. M. Wild, "Estimating computational noise", SIAM Journal on Scientific Computing 33, 2011).
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb, inf, isfinite

import numpy as np

AROUND = ((1e-3, 1.2e-4), (-1e-3, 1.9e-4), (-7e-4, 1e-7))  # beside the point, where a kink may be: where, how wide
PLACES = 7
ORDERS = (5, 6)  # of differences in which nothing is left of a smooth function
REACH, CELLS = 0.25, 24  # how far along a line, and between how many places, a jump is looked for
HALVINGS = 34
STEP = 2.0**-23  # of a slope that knows nothing of jumps
FAR = [2.0**k for k in range(-1, 11)]  # where a function that does not change within reach may change after all

Along = Callable[[complex], complex]


def scatter(along: Along) -> float:
    """How far values are off that of a smooth function, about; inf where there are none.

    >>> scatter(lambda t: 3 + t**3) < 1e-15 < 1e-8 < scatter(lambda t: round(t + t**2, 6)) < 1e-5
    True
    """
    return max(_scattered(along, place, width) for place, width in AROUND)


@np.errstate(all="ignore")
def _scattered(along: Along, place: float, width: float) -> float:
    half = PLACES // 2
    values = np.array([along(place + k * width / half).real for k in range(-half, half + 1)])
    size = float(np.max(np.abs(values)))
    if not isfinite(size) or not size:
        return inf if size else 0.0
    spread = [np.mean(np.diff(values / size, order) ** 2) / comb(2 * order, order) for order in ORDERS]
    return size * float(np.sqrt(max(spread)))


@np.errstate(all="ignore")
def jump(along: Along) -> tuple[float, float]:
    """The height of a jump within reach, about, and where; 0 where none is seen. What is constant is followed farther.

    >>> [round(jump(f)[0], 9) for f in (abs, lambda t: round(8 * t.real) / 8, lambda t: 7.0)]
    [0.0, 0.125, 0.0]
    """
    places = [REACH * k / (CELLS // 2) for k in range(-(CELLS // 2), CELLS // 2 + 1)]
    values = [along(place).real for place in places]
    if all(value == values[0] for value in values):
        return _far(along, values[0])
    slope = (along(STEP).real - along(-STEP).real) / (2 * STEP)
    width = REACH / (CELLS // 2)
    changes = {k: values[k + 1] - values[k] for k in range(CELLS) if isfinite(values[k + 1] - values[k])}
    if not changes or not isfinite(slope):
        return inf, 0.0
    worst = max(changes, key=lambda k: abs(changes[k] - slope * width))
    found, place = _height(along, places[worst], places[worst + 1], slope)
    steepest = max(map(abs, changes.values())) / width
    return max(found - 4 * steepest * width * 2.0**-HALVINGS, 0.0), place


def _far(along: Along, here: float) -> tuple[float, float]:
    """A jump beyond the reach of a function that is constant within it; a bend, as that of max(x, 0), is none."""
    for side in (1, -1):
        for place in FAR:
            there = along(side * place).real
            if isfinite(there) and there != here:
                found, at = _height(along, 0.0, side * place, 0.0)
                return (found, at) if found > abs(there - here) * 2.0 ** (20 - HALVINGS) else (0.0, at)
    return 0.0, 0.0


def _height(along: Along, left: float, right: float, slope: float) -> tuple[float, float]:
    """What a function changes by within a tiny interval, the one of an interval where it is least as with a slope."""
    low, high = along(left).real, along(right).real
    for _ in range(HALVINGS):
        middle = (left + right) / 2
        value, due = along(middle).real, slope * (right - left) / 2
        if not isfinite(value):
            return inf, middle
        if abs(value - low - due) >= abs(high - value - due):
            right, high = middle, value
        else:
            left, low = middle, value
    return abs(high - low), left
