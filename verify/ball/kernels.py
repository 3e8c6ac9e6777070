"""The scalar kernels in balls: their values, and their Taylor expansions.

No derivative is written here. An expansion composes power series arithmetic with the few series Arb brings;
where Arb has no series for a kernel, its definition through others is used.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import arb, arb_series, fmpq

from verify.ball import special

NAN = arb("nan")


def rational(value: Fraction) -> arb:
    """A rational number as a ball."""
    return arb(fmpq(value.numerator, value.denominator))


def power(base: arb, exponent: Fraction | arb) -> arb:
    """base ** exponent for a constant exponent; NaN off the domain."""
    if isinstance(exponent, arb):
        return general_power(base, exponent)
    if exponent.denominator == 1:
        return base ** int(exponent) if base.is_finite() else NAN
    if base.is_zero():
        return arb(0) if exponent > 0 else NAN
    return base.sqrt() if exponent == Fraction(1, 2) else base ** rational(exponent)


def general_power(base: arb, exponent: arb) -> arb:
    """base ** exponent. A base below 0 needs an exponent that is exactly an integer; the base 0, or a positive one."""
    whole = _whole(exponent)
    if whole is not None:
        return base**whole if base.is_finite() else NAN
    if base.is_zero():
        return arb(0) if exponent > 0 else NAN
    return base**exponent


def _whole(x: arb) -> int | None:
    """The integer that a ball is exactly; None for any other, and for one beyond all sense."""
    if not (x.is_integer() and abs(x) < 2**62):
        return None
    found = x.unique_fmpz()
    return None if found is None else int(found)


def log_gamma(x: arb) -> arb:
    """log |Γ(x)|."""
    return x.lgamma() if x > 0 else -abs(x.rgamma()).log()


def _angle(y: arb, x: arb) -> arb:
    """arctan2(y, x); NaN on the cut, where floats go by the sign of a zero, which has none here."""
    return arb.atan2(y, x) if x > 0 or y > 0 or y < 0 else NAN


VALUES: dict[str, Callable[..., arb]] = {
    "exp": arb.exp,
    "log": arb.log,
    "sin": arb.sin,
    "cos": arb.cos,
    "tan": arb.tan,
    "sinh": arb.sinh,
    "cosh": arb.cosh,
    "tanh": arb.tanh,
    "arcsin": arb.asin,
    "arccos": arb.acos,
    "arctan": arb.atan,
    "arcsinh": arb.asinh,
    "arccosh": arb.acosh,
    "arctanh": arb.atanh,
    "erf": arb.erf,
    "erfc": arb.erfc,
    "erfinv": arb.erfinv,
    "gammaln": log_gamma,
    "digamma": arb.digamma,
    "trigamma": lambda x: slope("digamma", x),
    "power": general_power,
    "arctan2": _angle,
    "floor": arb.floor,
    **special.VALUES,
    **special.OF_ORDER,
}

# ---------------------------------------------------------------------------- expansions

Series = arb_series
_ORDER = 2


def _odd(positive: Callable[[Series], Series]) -> Callable[[Series], Series]:
    """An odd function by its formula for arguments >= 0, where that formula does not cancel."""
    return lambda u: -positive(-u) if u[0] < 0 else positive(u)


def _tanh(u: Series) -> Series:
    small = (-2 * u).exp()
    return (1 - small) / (1 + small)


def _log_gamma(u: Series) -> Series:
    if u[0] > 0:
        return u.lgamma()
    inverse = u.rgamma()
    return -(inverse if inverse[0] > 0 else -inverse).log()


def _digamma(u: Series, order: int = _ORDER) -> Series:
    inverse = arb_series([u[0], u[1]], order + 1).rgamma()
    return -inverse.derivative() / inverse


def _erfinv(u: Series) -> Series:
    """The inverse of a function has the inverse slope: that of erf, where erf gives u."""
    y = u[0].erfinv()
    return arb_series([y, u[1] / Series.erf(arb_series([y, 1], _ORDER))[1]], _ORDER)


_EXPANSIONS: dict[str, Callable[[Series], Series]] = {
    "exp": Series.exp,
    "log": Series.log,
    "sin": Series.sin,
    "cos": Series.cos,
    "tan": Series.tan,
    "sinh": lambda u: (u.exp() - (-u).exp()) / 2,
    "cosh": lambda u: (u.exp() + (-u).exp()) / 2,
    "tanh": _odd(_tanh),
    "arcsin": Series.asin,
    "arccos": Series.acos,
    "arctan": Series.atan,
    "arcsinh": _odd(lambda u: (u + (u * u + 1).sqrt()).log()),
    "arccosh": lambda u: (u + (u * u - 1).sqrt()).log(),
    "arctanh": lambda u: ((1 + u) / (1 - u)).log() / 2,
    "erf": Series.erf,
    "erfc": lambda u: -Series.erf(u),  # erfc = 1 - erf; the constant is of no interest here
    "erfinv": _erfinv,
    "gammaln": _log_gamma,
    "digamma": _digamma,
    "trigamma": lambda u: _digamma(u, _ORDER + 1).derivative(),
    "floor": lambda u: arb_series([0], _ORDER),
    **special.EXPANSIONS,
}


def slope(name: str, x: arb) -> arb:
    """The first Taylor coefficient of a kernel of one argument; NaN where there is none.

    >>> slope("log", arb(4))
    0.250000000000000
    """
    return _first(lambda: _EXPANSIONS[name](_moving(x)))


def power_slope(base: arb, exponent: Fraction | arb) -> arb:
    """The first Taylor coefficient of base ** exponent in the base."""
    if isinstance(exponent, arb):
        return slopes("power", 0, (base, exponent))
    if exponent.denominator == 1 and exponent >= 0:
        return _first(lambda: _moving(base) ** int(exponent))
    if exponent == -1:
        return _first(lambda: 1 / _moving(base))
    if exponent == Fraction(1, 2):
        return _first(lambda: _moving(base).sqrt())
    return _first(lambda: _moving(base) ** rational(exponent))


class NoSlope(Exception):
    """A function is differentiated in an argument in which its slope cannot be enclosed."""


def slopes(name: str, slot: int, args: tuple[arb, ...]) -> arb:
    """The first Taylor coefficient of a kernel of several arguments, in one of them."""
    if name == "owens_t":
        return special.owens_t_slope(slot, *args)
    if name in special.OF_ORDER:
        if slot < len(args) - 1:
            raise NoSlope(f"the slope of {name} in a parameter has no enclosure")
        return special.slope_of_order(name, *args)
    first, second = (_moving(arg) if slot == here else arb_series([arg], _ORDER) for here, arg in enumerate(args))
    return _first(lambda: _power(first, second) if name == "power" else _arctan2(first, second))


def _power(base: Series, exponent: Series) -> Series:
    whole = _whole(exponent[0]) if exponent.length() <= 1 else None
    if whole is not None:
        return base**whole
    if base.length() == 0 and exponent[0] > 0:  # 0 to any positive power, also to one that moves
        return arb_series([0, 0], _ORDER)
    return (exponent * base.log()).exp()


def _arctan2(y: Series, x: Series) -> Series:
    if x[0] > 0:
        return (y / x).atan()
    if y[0] > 0 or y[0] < 0:
        return -(x / y).atan()  # up to ±π/2, of no interest here
    return arb_series([NAN, NAN], _ORDER)


def _moving(x: arb) -> Series:
    return arb_series([x, 1], _ORDER)


def _first(expand: Callable[[], Series]) -> arb:
    try:
        return expand()[1]
    except (ValueError, ZeroDivisionError):
        return NAN
