"""How the float literals of a program are read: exactly, as decimals, or as the named constants they round."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from verify.form.algebra import scale
from verify.form.construct import kernel
from verify.form.power import power
from verify.form.setting import Undefined
from verify.form.term import Atom, Form, number, power_of

READINGS = ("exact", "decimal", "named")
_PI = power_of(Atom("constant", "π"))
_HALF = Fraction(1, 2)


def _log(value: int) -> Form:
    return kernel("log", number(value))


# Digits enough to round to the nearest double; a test compares each with its formula in ball arithmetic.
_NAMED: dict[str, Callable[[], Form]] = {
    "3.14159265358979323846264338328": lambda: _PI,
    "6.28318530717958647692528676656": lambda: scale(_PI, 2),
    "1.57079632679489661923132169164": lambda: scale(_PI, _HALF),
    "0.318309886183790671537767526745": lambda: power(_PI, -1),
    "1.77245385090551602729816748334": lambda: power(_PI, _HALF),
    "2.50662827463100050241576528481": lambda: power(scale(_PI, 2), _HALF),
    "0.398942280401432677939946059934": lambda: power(scale(_PI, 2), -_HALF),
    "0.797884560802865355879892119869": lambda: power(scale(_PI, _HALF), -_HALF),
    "1.12837916709551257389615890312": lambda: scale(power(_PI, -_HALF), 2),
    "0.564189583547756286948079451561": lambda: power(_PI, -_HALF),
    "1.83787706640934548356065947281": lambda: kernel("log", scale(_PI, 2)),
    "0.918938533204672741780329736406": lambda: scale(kernel("log", scale(_PI, 2)), _HALF),
    "1.41421356237309504880168872421": lambda: power(number(2), _HALF),
    "0.707106781186547524400844362105": lambda: power(number(2), -_HALF),
    "1.73205080756887729352744634151": lambda: power(number(3), _HALF),
    "0.693147180559945309417232121458": lambda: _log(2),
    "1.44269504088896340735992468100": lambda: power(_log(2), -1),
    "2.30258509299404568401799145468": lambda: _log(10),
    "0.434294481903251827651128918917": lambda: power(_log(10), -1),
    "2.71828182845904523536028747135": lambda: kernel("exp", number(1)),
    "9.86960440108935861883449099988": lambda: power(_PI, 2),
    "3.28986813369645287294483033329": lambda: scale(power(_PI, 2), Fraction(1, 3)),
}
MOST_DENOMINATOR = 64
MOST_TWOS = 4
# What floats make of some of these is the double beside: np.sqrt(2 * np.pi) is written as often as the constant.
_COMPUTED = {
    math.sqrt(2 * math.pi): "2.50662827463100050241576528481",
    math.sqrt(math.pi): "1.77245385090551602729816748334",
    math.log(2 * math.pi): "1.83787706640934548356065947281",
    0.5 * math.log(2 * math.pi): "0.918938533204672741780329736406",
    1 / math.sqrt(2): "0.707106781186547524400844362105",
    1 / math.log(10): "0.434294481903251827651128918917",
}
_BY_VALUE = {float(digits): form for digits, form in _NAMED.items()}
_BY_VALUE |= {double: _NAMED[digits] for double, digits in _COMPUTED.items()}


def read(value: int | float | bool | Fraction, reading: str) -> Form:
    """A number of a program under a reading.

    "exact"    the double that a float is
    "decimal"  its shortest decimal
    "named"    the constant, up to small powers of 2, or the small fraction that it is the nearest double of, else its
               shortest decimal
    """
    if not math.isfinite(value):
        raise Undefined(f"{value} is not a real number")
    if isinstance(value, Fraction):
        if value.denominator == 1 or reading == "exact" or Fraction(float(value)) != value:
            return number(value)
        value = float(value)
    if not isinstance(value, float) or reading == "exact":
        return number(Fraction(value))
    return number(Fraction(repr(value))) if reading == "decimal" else _named(value)


def _named(value: float) -> Form:
    near = Fraction(value).limit_denominator(MOST_DENOMINATOR)
    if float(near) == value:
        return number(near)
    for k in sorted(range(-MOST_TWOS, MOST_TWOS + 1), key=abs):  # 2^k times the nearest double is the nearest to that
        if (known := math.ldexp(abs(value), k)) in _BY_VALUE:
            return scale(_BY_VALUE[known](), Fraction(1 if value > 0 else -1) / Fraction(2) ** k)
    return number(Fraction(repr(value)))


def named_digits() -> dict[str, Form]:
    """The digits of the named constants with their forms."""
    return {digits: form() for digits, form in _NAMED.items()}
