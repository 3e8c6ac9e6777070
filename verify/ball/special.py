"""Special functions in balls: Bessel and Airy functions, integrals of elementary functions, Hurwitz's zeta function.

A slope is a coefficient of Arb's power series. Of the functions of an order Arb has none; there it is written by one
neighbour, not by two as in the normal form's table, and held against differences by a test.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import arb, arb_series

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
}
# Of a first argument that is a constant, and of a second one.
OF_ORDER: dict[str, Callable[[arb, arb], arb]] = {
    "bessel_j": lambda v, x: x.bessel_j(v),
    "bessel_y": lambda v, x: x.bessel_y(v),
    "bessel_i": lambda v, x: x.bessel_i(v),
    "bessel_k": lambda v, x: x.bessel_k(v),
    "hurwitz_zeta": lambda s, x: s.zeta(x),
}
NAN = arb("nan")


def slope_of_order(name: str, order: arb, x: arb) -> arb:
    """The slope of a function of a constant order; NaN where there is none."""
    if name == "hurwitz_zeta":
        return -order * (order + 1).zeta(x)
    function = OF_ORDER[name]
    if order.is_zero():  # of the order -1, which is the order 1 up to a sign
        return function(arb(1), x) * (1 if name == "bessel_i" else -1)
    if x.contains(arb(0)):
        return NAN
    last = function(order - 1, x)
    return (-last if name == "bessel_k" else last) - order / x * function(order, x)
