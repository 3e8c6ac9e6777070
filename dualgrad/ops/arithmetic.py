"""Sums, products, quotients and powers."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.op import Call, Complex, Kink, composed, one_over, pointwise
from dualgrad.program.entry import Entry, Power, kernel, select
from dualgrad.program.entry import positive as positive_part
from dualgrad.rounding import less_one
from dualgrad.samples import call, drawn, over

_ANY = (-2.0, 2.0)
_POSITIVE = (0.1, 3.0)
_THIRD = Fraction(1, 3)

add = pointwise(
    "add",
    np.add,
    partials=[1, 1],
    meaning=lambda x1, x2: x1 + x2,
    complex=Complex.ANALYTIC,
    samples=over(_ANY, _ANY),
)

subtract = pointwise(
    "subtract",
    np.subtract,
    partials=[1, -1],
    meaning=lambda x1, x2: x1 - x2,
    aliases=("sub",),
    complex=Complex.ANALYTIC,
    samples=over(_ANY, _ANY),
)

multiply = pointwise(
    "multiply",
    np.multiply,
    partials=[lambda y, x1, x2: x2, lambda y, x1, x2: x1],
    meaning=lambda x1, x2: x1 * x2,
    aliases=("mul",),
    complex=Complex.ANALYTIC,
    samples=over(_ANY, _ANY),
)

divide = pointwise(
    "divide",
    np.divide,
    partials=[lambda y, x1, x2: one_over(x2), lambda y, x1, x2: -y / x2],
    meaning=lambda x1, x2: x1 / x2,
    aliases=("div",),
    domain="x2 != 0",
    complex=Complex.ANALYTIC,
    samples=over(_ANY, _POSITIVE),
)

negative = pointwise(
    "negative",
    np.negative,
    partials=[-1],
    meaning=lambda x: -x,
    aliases=("neg",),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

positive = pointwise(
    "positive",
    np.positive,
    partials=[1],
    meaning=lambda x: x * 1,
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

reciprocal = pointwise(
    "reciprocal",
    np.reciprocal,
    partials=[lambda y, x: -y * y],
    meaning=lambda x: 1 / x,
    domain="x != 0",
    complex=Complex.ANALYTIC,
    samples=over(_POSITIVE),
)

square = pointwise(
    "square",
    np.square,
    partials=[lambda y, x: 2 * x],
    meaning=lambda x: x**2,
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

sqrt = pointwise(
    "sqrt",
    np.sqrt,
    partials=[lambda y, x: 0.5 / y],
    meaning=lambda x: Power(x, Fraction(1, 2)),
    domain="x >= 0",
    kinks=(Kink("x = 0", "inf", "the one-sided derivative is unbounded, and PyTorch and JAX agree"),),
    complex=Complex.ANALYTIC,
    samples=over(_POSITIVE),
)

cbrt = pointwise(
    "cbrt",
    np.cbrt,
    partials=[lambda y, x: 1 / (3 * y * y)],
    meaning=lambda x: select(positive_part(x), x**_THIRD, -((-x) ** _THIRD)),
    kinks=(Kink("x = 0", "inf", "the derivative is unbounded there"),),
    samples=over((0.1, 3.0)),
)


def _exactly(exponent: Any) -> Fraction:
    return Fraction(exponent.item() if isinstance(exponent, np.generic) else exponent)


def _constant_partial(y: Any, x: Any, exponent: Any) -> Any:
    # Not exponent * x ** (exponent - 1) for 0 and 1: at x = 0 that is 0 * inf.
    if exponent == 0:
        return np.zeros_like(x)
    return 1 if exponent == 1 else exponent * power(x, exponent - 1)


power_constant = pointwise(
    "power_constant",
    lambda x, exponent: np.asarray(x) ** exponent,
    partials=[_constant_partial],
    meaning=lambda x, exponent: Power(x, _exactly(exponent)),
    call=lambda x, /, exponent: Call((x,), {"exponent": exponent}),
    domain="x >= 0 for a fractional exponent, x != 0 for a negative one",
    kinks=(Kink("x = 0, exponent < 1", "inf", "the derivative is unbounded there; exponents 0 and 1 give 0 and 1"),),
    complex=Complex.ANALYTIC,
    samples=drawn(
        lambda draw: [
            *(call(draw(2, 3), exponent=k) for k in (0, 1, 2, 3)),
            *(call(draw(3, low=0.1), exponent=p) for p in (-1, -2, 0.5, 2.5, -0.75)),
            call(draw(), exponent=2),
            call(draw(0), exponent=2),
        ]
    ),
    doc="x to the power of a number that is no operand, taken exactly.",
)


def _partial_in_base(y: Any, x1: Any, x2: Any) -> Any:
    vanishes = np.equal(x2, 0)
    less, lost = less_one(np.where(vanishes, 1, x2))
    return np.where(vanishes, 0, x2 * power(x1, less) * power(x1, lost))


def _partial_in_exponent(y: Any, x1: Any, x2: Any) -> Any:
    vanishes = np.equal(x1, 0)
    return np.where(vanishes, 0, y * np.log(np.where(vanishes, 1, x1)))


def _power_meaning(x1: Entry, x2: Entry) -> Entry:
    return kernel("power", x1, x2)


_power = pointwise(
    "power",
    np.power,
    partials=[_partial_in_base, _partial_in_exponent],
    meaning=_power_meaning,
    domain="x1 > 0",
    kinks=(Kink("x1 = 0", "0 in x2", "0 ** x2 is constant for x2 > 0"),),
    complex=Complex.ANALYTIC,
    samples=over(_POSITIVE, _ANY),
)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and math.isfinite(value)


@composed(np.power, np.float_power)
def power(x1: Any, x2: Any, /) -> Any:
    """``x1 ** x2``. A plain number as exponent is taken exactly, so that 0 and negative bases are right.

    >>> power(np.array([-2.0, 0.0]), 2)
    array([4., 0.])
    """
    return power_constant(x1, x2) if _is_number(x2) else _power(x1, x2)
