"""Special functions in balls: Bessel and Airy functions, integrals of elementary functions, Hurwitz's zeta function,
hypergeometric functions, the distributions of gamma and beta, and their quantiles.

A slope is a coefficient of Arb's power series. Of the functions of an order Arb has none; there it is written by one
neighbour, not by two as in the normal form's table, and held against differences by a test.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import acb, acb_series, arb, arb_series, ctx

Series = arb_series

VALUES: dict[str, Callable[..., arb]] = {
    "airy_ai": arb.airy_ai,
    "airy_ai_slope": lambda x: x.airy_ai(derivative=1),
    "airy_bi": arb.airy_bi,
    "airy_bi_slope": lambda x: x.airy_bi(derivative=1),
    "exponential_integral": arb.ei,
    "erfi": arb.erfi,
    "sine_integral": arb.si,
    "cosine_integral": arb.ci,
    "hyperbolic_sine_integral": arb.shi,
    "hyperbolic_cosine_integral": arb.chi,
    "fresnel_sine": arb.fresnel_s,
    "fresnel_cosine": arb.fresnel_c,
    "reciprocal_gamma": arb.rgamma,
    "dilogarithm": lambda x: x.polylog(2),
}
EXPANSIONS: dict[str, Callable[[Series], Series]] = {
    "airy_ai": Series.airy_ai,
    "airy_ai_slope": lambda u: arb_series([u[0], u[1]], 3).airy_ai().derivative() * arb_series([1, 0], 2),
    "airy_bi": Series.airy_bi,
    "airy_bi_slope": lambda u: arb_series([u[0], u[1]], 3).airy_bi().derivative() * arb_series([1, 0], 2),
    "exponential_integral": Series.ei,
    "erfi": Series.erfi,
    "sine_integral": Series.si,
    "cosine_integral": Series.ci,
    "hyperbolic_sine_integral": Series.shi,
    "hyperbolic_cosine_integral": Series.chi,
    "fresnel_sine": Series.fresnel_s,
    "fresnel_cosine": Series.fresnel_c,
    "reciprocal_gamma": Series.rgamma,
    "dilogarithm": lambda u: arb_series([0, _dilogarithm_slope(u[0]) * u[1]], 2),
}
NAN = arb("nan")


def _dilogarithm_slope(x: arb) -> arb:
    """The logarithm of order 1, over x; near 0 the mean of 1 / (1 - t) for t from 0 to x."""
    if not x < 1:
        return NAN
    return acb.integral(lambda t, _: 1 / (1 - t * x), 0, 1).real if x.contains(arb(0)) else x.polylog(1) / x


# ---------------------------------------------------------------------------- quantiles


def _quantile(distribution: Callable[[arb], arb], slope: Callable[[arb], arb], low: arb, high: arb, level: arb) -> arb:
    """The x in (low, high) at which a growing function is ``level``: enclosed because it is below on one side of the
    ball, and above on the other. NaN where that is not shown."""
    middle = (low + high) / 2
    for _ in range(60):
        middle = ((low + high) / 2).mid()
        low, high = (middle, high) if distribution(middle) < level.mid() else (low, middle)
    for _ in range(2 + ctx.prec.bit_length() // 2):
        step = (distribution(middle) - level.mid()) / slope(middle)
        if not step.is_finite():
            return NAN
        middle = (middle - step).mid()
    width = abs(middle) * arb(2) ** (4 - ctx.prec) + abs(level.rad() / slope(middle))
    for _ in range(40):
        ends = (middle - width).mid(), (middle + width).mid()
        if distribution(ends[0]) < level and distribution(ends[1]) > level:
            return ends[0].union(ends[1])
        width *= 2
    return NAN


def _gamma_distribution(a: arb, x: arb) -> arb:
    return x.gamma_lower(a, 1) if a > 0 and x > 0 else NAN


def _gamma_density(a: arb, x: arb) -> arb:
    return Series.gamma_lower(a, Series([x, 1], 2), 1)[1] if a > 0 and x > 0 else NAN


def _beta_distribution(a: arb, b: arb, x: arb) -> arb:
    return x.beta_lower(a, b, 1) if a > 0 and b > 0 and 0 < x < 1 else NAN


def _beta_density(a: arb, b: arb, x: arb) -> arb:
    return Series.beta_lower(a, b, Series([x, 1], 2), 1)[1] if a > 0 and b > 0 and 0 < x < 1 else NAN


def _gamma_quantile(a: arb, level: arb) -> arb:
    if not (a > 0 and 0 < level < 1):
        return NAN
    high = arb(1)
    while not _gamma_distribution(a, high) > level:
        high *= 2
        if high > 2**60:
            return NAN
    return _quantile(lambda x: _gamma_distribution(a, x), lambda x: _gamma_density(a, x), arb(0), high, level)


def _beta_quantile(a: arb, b: arb, level: arb) -> arb:
    if not (a > 0 and b > 0 and 0 < level < 1):
        return NAN
    return _quantile(lambda x: _beta_distribution(a, b, x), lambda x: _beta_density(a, b, x), arb(0), arb(1), level)


# ---------------------------------------------------------------------------- Owen's function


def _integrand(h: acb_series, a: acb) -> acb_series:
    """exp(-h² (1 + a²) / 2) / (2 π (1 + a²)), of which T(h, ·) is the integral from 0."""
    wide = 1 + a * a
    return (h * h * (-wide / 2)).exp() * (1 / (wide * 2 * arb.pi()))


def _owens_t(h: arb, a: arb) -> arb:
    """T(h, a) = a times the mean of the integrand from 0 to a."""
    found = acb.integral(lambda t, _: _integrand(acb_series([h], 1), a * t)[0], 0, 1)
    return (found * a).real


def owens_t_slope(slot: int, h: arb, a: arb) -> arb:
    """The slope of Owen's function: under the integral, or the integrand."""
    if slot:
        return _integrand(acb_series([h], 1), acb(a))[0].real
    found = acb.integral(lambda t, _: _integrand(acb_series([h, 1], 2), a * t)[1], 0, 1)
    return (found * a).real


# ---------------------------------------------------------------------------- functions of several arguments

# Of constants, and last of what they are differentiated by; Owen's function by both.
OF_ORDER: dict[str, Callable[..., arb]] = {
    "bessel_j": lambda v, x: x.bessel_j(v),
    "bessel_y": lambda v, x: x.bessel_y(v),
    "bessel_i": lambda v, x: x.bessel_i(v),
    "bessel_k": lambda v, x: x.bessel_k(v),
    "hurwitz_zeta": lambda s, x: s.zeta(x),
    "hypergeometric_0f1": lambda b, x: x.hypgeom_0f1(b),
    "hypergeometric_1f1": lambda a, b, x: x.hypgeom_1f1(a, b),
    "hypergeometric_2f1": lambda a, b, c, x: x.hypgeom_2f1(a, b, c) if x < 1 else NAN,
    "gamma_distribution": _gamma_distribution,
    "gamma_quantile": _gamma_quantile,
    "beta_distribution": _beta_distribution,
    "beta_quantile": _beta_quantile,
    "owens_t": _owens_t,
}


def slope_of_order(name: str, *args: arb) -> arb:
    """The slope of a function of constants in its last argument; NaN where there is none."""
    *constants, x = args
    match name:
        case "hurwitz_zeta":
            return -constants[0] * (constants[0] + 1).zeta(x)
        case "gamma_distribution":
            return _gamma_density(*args)
        case "beta_distribution":
            return _beta_density(*args)
        case "gamma_quantile":
            return 1 / _gamma_density(constants[0], _gamma_quantile(*args))
        case "beta_quantile":
            return 1 / _beta_density(constants[0], constants[1], _beta_quantile(*args))
        case _ if name.startswith("hypergeometric"):
            return _hypergeometric_slope(name, constants, x)
    order, function = constants[0], OF_ORDER[name]
    if order.is_zero():  # of the order -1, which is the order 1 up to a sign
        return function(arb(1), x) * (1 if name == "bessel_i" else -1)
    if x.contains(arb(0)):
        return NAN
    last = function(order - 1, x)
    return (-last if name == "bessel_k" else last) - order / x * function(order, x)


def _hypergeometric_slope(name: str, constants: list[arb], x: arb) -> arb:
    """By a neighbour with one constant lowered or raised (DLMF 15.5.20, 13.3.22, 16.3.1); by the series' next at 0."""
    function = OF_ORDER[name]
    if x.contains(arb(0)):
        above, below = constants[: len(constants) - 1], constants[-1]
        factor = above[0] * above[1] if len(above) == 2 else above[0] if above else arb(1)
        return factor / below * function(*(constant + 1 for constant in constants), x)
    here = function(*constants, x)
    if len(constants) == 1:
        (b,) = constants
        return (b - 1) / x * (function(b - 1, x) - here)
    if len(constants) == 2:
        a, b = constants
        return a / x * (function(a + 1, b, x) - here)
    a, b, c = constants
    return ((c - a) * function(a - 1, b, c, x) + (a - c + b * x) * here) / (x * (1 - x)) if x < 1 else NAN
