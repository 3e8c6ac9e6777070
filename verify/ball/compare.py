"""Comparing balls, and floats with balls. A ball that is not finite, or too wide, never agrees with anything."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf, isfinite, nextafter, ulp
from typing import Any

import numpy as np
from flint import arb, fmpz

from verify.ball.precision import working_precision

NEGLIGIBLE = arb((1, -1200))  # far below the smallest float of any dtype


def disjoint(a: arb, b: arb) -> bool:
    """Whether two enclosures, both finite, have no number in common.

    >>> disjoint(arb(1), arb(2)), disjoint(arb("nan"), arb(2))
    (True, False)
    """
    return bool(a.is_finite() and b.is_finite() and not a.overlaps(b))


def contains(ball: arb, value: float) -> bool:
    """Whether a finite enclosure contains a float.

    >>> contains(arb(1, 0.5), 1.25), contains(arb("nan"), 1.25)
    (True, False)
    """
    return bool(ball.is_finite() and isfinite(value) and ball.contains(arb(value)))


def accurate(ball: arb, bits: int) -> bool:
    """Whether an enclosure is finite and has this many relative bits, or is next to nothing."""
    if not ball.is_finite():
        return False
    return bool(ball.rel_accuracy_bits() >= bits or abs(ball) < NEGLIGIBLE)


def spacing(truth: arb, dtype: np.dtype[Any]) -> arb:
    """The distance between floats of the dtype around a number: one ulp, that of subnormals below all others.

    >>> spacing(arb(1.5), np.dtype(np.float32)) == arb((1, -23))
    True
    """
    info = np.finfo(dtype)
    mantissa, exponent = (abs(truth).mid()).man_exp()
    lowest = int(info.minexp)
    binade = lowest if mantissa == 0 else max(int(exponent) + fmpz(mantissa).bit_length() - 1, lowest)
    return arb((1, binade - int(info.nmant)))


def ulps(value: float, truth: arb, dtype: np.dtype[Any]) -> float:
    """The distance of a float from the true value in ulps of the dtype, rounded up; inf where it is not finite.

    A value that overflowed as the correctly rounded one does is at distance 0.

    >>> ulps(1.0 + 2**-52, arb(1), np.dtype(float))
    1.0
    """
    if not truth.is_finite() or value != value:
        return inf
    with working_precision(256):
        if not isfinite(value):
            top = arb(float(np.finfo(dtype).max))
            return 0.0 if (truth if value > 0 else -truth) >= top + spacing(top, dtype) / 2 else inf
        distance = abs(arb(value) - truth) / spacing(truth, dtype)
        return upper_float(distance)


def upper_float(ball: arb) -> float:
    """A float that is certainly not below any number in the ball."""
    if not ball.is_finite() or ball > _HUGE:
        return inf
    if abs(ball) < _TINY and not ball.is_zero():  # its exponent may be too large to be written out
        return ulp(0.0)
    if any(part != 0 and part < _TINY for part in (abs(ball.mid()), ball.rad())):  # and so may that of one part of it
        ball += arb(_TINY, _TINY)
    top = ball.upper()
    near = float(top)
    return near if top <= near else nextafter(near, inf)


_HUGE, _TINY = arb((1, 1100)), arb((1, -1100))


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A ball as plain integers, mid · ± rad ·, each ``(mantissa, exponent of 2)``: exact, and can be pickled."""

    mid: tuple[int, int]
    rad: tuple[int, int]

    @staticmethod
    def of(ball: arb) -> Enclosure:
        """The record of a finite ball; ValueError for one that is not."""
        if not ball.is_finite():
            raise ValueError(f"Enclosure.of: got {ball}, expected a finite ball")
        (m, e), (r, s) = ball.mid().man_exp(), ball.rad().man_exp()
        return Enclosure((int(m), int(e)), (int(r), int(s)))

    @property
    def lower(self) -> Fraction:
        """The lower end, exactly."""
        return _dyadic(self.mid) - _dyadic(self.rad)

    @property
    def upper(self) -> Fraction:
        """The upper end, exactly."""
        return _dyadic(self.mid) + _dyadic(self.rad)

    def floats(self) -> tuple[float, float]:
        """Two floats with the ball between them: both ends rounded outward."""
        return _outward(self.lower, -inf), _outward(self.upper, inf)


def decimal(ball: arb, digits: int = 17) -> str:
    """The digits of a ball that are certain, at most so many; "0" where the ball contains 0.

    >>> decimal(arb(4.5)), decimal(arb("nan"))
    ('4.5', 'nan')
    """
    if not ball.is_finite():
        return "nan"
    if ball.contains(0):
        return "0"
    text: str = ball.str(digits, radius=False)
    mantissa, mark, exponent = text.partition("e")
    return (mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa) + mark + exponent


def _dyadic(pair: tuple[int, int]) -> Fraction:
    mantissa, exponent = pair
    return Fraction(mantissa) * Fraction(2) ** exponent


def _outward(value: Fraction, towards: float) -> float:
    try:
        near = float(value)
    except OverflowError:
        near = inf if value > 0 else -inf
        return near if near == towards else nextafter(near, towards)
    if (near < value) if towards > 0 else (near > value):
        near = nextafter(near, towards)
    return near
