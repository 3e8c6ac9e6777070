"""Numbers as a person writes them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

_RATIO = 10**6  # denominators beyond this come from float literals
_ALMOST = Fraction(1, 2**50)


def is_ratio(value: Fraction) -> bool:
    """Whether a number reads best as a whole number or a fraction: 1/4, but 0.1.

    >>> is_ratio(Fraction(0.25)), is_ratio(Fraction(0.1))
    (True, False)
    """
    return value.denominator <= _RATIO and abs(value.numerator) < 10**15


def decimal(value: Fraction) -> str:
    """The shortest decimal that is the value to double precision.

    >>> decimal(Fraction(0.1)), decimal(Fraction(0.1) * 3), decimal(Fraction(1e-9))
    ('0.1', '0.3', '1e-9')
    """
    for digits in range(1, 18):
        shown = _scientific(value, digits)
        if abs(Fraction(shown) - value) <= _ALMOST * abs(value):
            break
    mantissa, _, exponent = shown.partition("e")
    if -4 <= int(exponent) < 16:
        return format(Decimal(shown), f".{max(0, digits - 1 - int(exponent))}f")
    return f"{mantissa}e{int(exponent)}"


def _scientific(value: Fraction, digits: int) -> str:
    """Rounded to so many significant digits, without passing through a float, which may overflow."""
    return format(Decimal(value.numerator) / Decimal(value.denominator), f".{digits - 1}e")
