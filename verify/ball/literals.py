"""How a number written in a source is read: as the double it is, as its shortest decimal, or as a named constant."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import inf, nextafter

from flint import arb

from verify.ball.kernels import rational
from verify.ball.precision import working_precision

READINGS = ("exact", "decimal", "named", "rounded")
MOST_DENOMINATOR = 64  # of the fractions that a float may be named after
SHORT_BITS = 24  # floats of no more significant bits were written as they are; longer ones may be rounded results

_NAMED: tuple[Callable[[], arb], ...] = (
    arb.pi,
    lambda: 2 * arb.pi(),
    lambda: arb.pi() / 2,
    lambda: arb.pi() / 4,
    lambda: 1 / arb.pi(),
    lambda: 2 / arb.pi(),
    lambda: arb.pi().sqrt(),
    lambda: (2 * arb.pi()).sqrt(),
    lambda: 1 / arb.pi().sqrt(),
    lambda: 2 / arb.pi().sqrt(),
    lambda: 1 / (2 * arb.pi()).sqrt(),
    lambda: (2 / arb.pi()).sqrt(),
    lambda: (arb.pi() / 2).sqrt(),
    lambda: arb.pi().log(),
    lambda: (2 * arb.pi()).log(),
    lambda: (2 * arb.pi()).log() / 2,
    lambda: arb(2).sqrt(),
    lambda: 1 / arb(2).sqrt(),
    lambda: arb(3).sqrt(),
    lambda: arb(2).log(),
    lambda: 1 / arb(2).log(),
    lambda: arb(10).log(),
    lambda: 1 / arb(10).log(),
    arb.const_e,
    arb.const_euler,
)


def _by_double() -> dict[float, Callable[[], arb]]:
    """Each constant by its double, and by the two beside it: np.sqrt(2 * np.pi) is not the one nearest to √(2π)."""
    with working_precision(256):
        exact = {float(constant()): constant for constant in _NAMED}
    beside = {nextafter(double, to): constant for double, constant in exact.items() for to in (-inf, inf)}
    return beside | exact


_BY_DOUBLE = _by_double()


class Written(float):
    """A float of which it is known how far it is at most from what was written."""

    def __new__(cls, value: float, off: float) -> Written:
        made = super().__new__(cls, value)
        made.off = off
        return made

    off: float


def exponent(value: Fraction, reading: str = "exact") -> Fraction | arb:
    """A constant exponent under a reading: those that are doubles of many digits are literals like any other.

    >>> exponent(Fraction(0.1), "decimal"), exponent(Fraction(1, 2), "rounded")
    (Fraction(1, 10), Fraction(1, 2))
    """
    if reading == "exact" or _short(value) or Fraction(float(value)) != value:
        return value
    return Fraction(repr(float(value))) if reading == "decimal" else literal(float(value), reading)


def _short(value: Fraction) -> bool:
    """Whether a number has few significant bits, or is whole."""
    return value.denominator == 1 or abs(value.numerator).bit_length() <= SHORT_BITS


def literal(value: int | float | bool, reading: str = "exact") -> arb:
    """The number a literal stands for. ``"named"`` falls back to a small fraction, and that to the shortest decimal.

    ``"rounded"`` is a ball of an ulp around a float that may itself be the rounded result of arithmetic.

    >>> literal(0.5, "decimal"), literal(0.1, "decimal") * 10 == 1
    (0.500000000000000, False)
    """
    if reading not in READINGS:
        raise ValueError(f"literal: got reading={reading!r}, expected one of {', '.join(READINGS)}")
    if reading == "exact" or not isinstance(value, float) or value != value or value in (float("inf"), -float("inf")):
        return arb(int(value)) if isinstance(value, (bool, int)) else arb(value)
    if reading == "rounded" and isinstance(value, Written):
        return arb(float(value), value.off)
    if reading == "rounded":
        return arb(value) if _short(Fraction(value)) else arb(value, abs(value) * 2.0**-52)
    if reading == "named" and abs(value) in _BY_DOUBLE:
        constant = _BY_DOUBLE[abs(value)]()
        return constant if value > 0 else -constant
    if reading == "named":
        near = Fraction(value).limit_denominator(MOST_DENOMINATOR)
        if float(near) == value:
            return rational(near)
    return rational(Fraction(repr(value)))
