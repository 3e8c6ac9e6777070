"""Powers less one, over what makes them logarithms in the limit: Box and Cox's transforms and their relatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.op import Op, pointwise
from dualgrad.program.entry import Entry, kernel, select, zero
from dualgrad.rounding import less_one
from dualgrad.samples import over

_ANY = (-2.0, 2.0)
_POSITIVE = (0.2, 3.0)
_HALF = Fraction(1, 2)


def _double(forward: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """In double precision and without warnings, given in the operand's precision."""

    def run(x: Any) -> Any:
        x = np.asarray(x)
        with np.errstate(all="ignore"):
            return np.asarray(forward(x.astype(np.float64))).astype(np.result_type(x.dtype, np.float16))[()]

    return run


# ---------------------------------------------------------------------------- (exp(x) - 1) / x


def _exprel(x: Entry) -> Entry:
    return select(zero(x), 1, (kernel("exp", x) - 1) / x)


def _exprel_slope(x: Any) -> Any:
    """(exp(x) (x - 1) + 1) / x², by its series where the two cancel."""
    near = np.abs(x) < 1
    inside, away = np.where(near, x, 0), np.where(near, 1, x)
    series = np.zeros_like(x)
    for k in range(22, -1, -1):
        series = series * inside + 1 / (math.factorial(k) * (k + 2))
    return np.where(near, series, (np.exp(away) * (away - 1) + 1) / (away * away))


def _exprel_bend(y: Any, x: Any) -> Any:
    vanishes = np.equal(x, 0)
    return np.where(vanishes, 1 / 3, (np.exp(x) - 2 * y) / np.where(vanishes, 1, x))


exprel: Op = pointwise(
    "exprel",
    special("exprel"),
    partials=[lambda y, x: exprel_slope(x)],
    meaning=_exprel,
    samples=over(_ANY),
    ulps=16,
)
exprel_slope: Op = pointwise(
    "exprel_slope",
    _double(_exprel_slope),
    partials=[_exprel_bend],
    meaning=lambda x: select(zero(x), _HALF, (kernel("exp", x) * (x - 1) + 1) / x**2),
    samples=over(_ANY),
    ulps=math.inf,
    doc="The derivative of exprel. Its own loses digits near 0.",
)


# ---------------------------------------------------------------------------- log1p(x) / x


def _log_ratio_slope(x: Any) -> Any:
    """(x / (1 + x) - log1p(x)) / x², by its series where the two cancel."""
    near = np.abs(x) < 0.3
    inside, away = np.where(near, x, 0), np.where(near, 1, x)
    series = np.zeros_like(x)
    for k in range(36, -1, -1):
        series = -series * inside - (k + 1) / (k + 2)
    return np.where(near, series, (away / (1 + away) - np.log1p(away)) / (away * away))


def _log_ratio_bend(y: Any, x: Any) -> Any:
    vanishes = np.equal(x, 0)
    return np.where(vanishes, 2 / 3, -(1 / (1 + x) ** 2 + 2 * y) / np.where(vanishes, 1, x))


_log_ratio_slope_op: Op = pointwise(
    "log1p_ratio_slope",
    _double(_log_ratio_slope),
    partials=[_log_ratio_bend],
    meaning=lambda x: select(zero(x), -_HALF, (x / (1 + x) - kernel("log", 1 + x)) / x**2),
    domain="x > -1",
    samples=over((-0.7, 3.0)),
    ulps=math.inf,
    doc="The derivative of log1p(x) / x. Its own loses digits near 0.",
)

# ---------------------------------------------------------------------------- Box and Cox


def _boxcox(x: Entry, power: Entry) -> Entry:
    return select(zero(power), kernel("log", x), (kernel("power", x, power) - 1) / power)


def _in_the_power(x: Any, log: Callable[[Any], Any], edge: Any, power: Any) -> Any:
    """The slope in the power; at the edge, where the transform is -1 / power, without the logarithm."""
    logarithm = log(np.where(edge, 1, x))
    away = logarithm * logarithm * exprel_slope(power * logarithm)
    return np.where(edge, 1 / np.where(edge, power, 1) ** 2, away)


boxcox = pointwise(
    "boxcox",
    special("boxcox"),
    partials=[
        lambda y, x, power: np.power(x, power - 1),
        lambda y, x, power: _in_the_power(x, np.log, np.equal(x, 0), power),
    ],
    meaning=_boxcox,
    domain="x > 0",
    samples=over(_POSITIVE, _ANY),
    ulps=16,
)

boxcox1p = pointwise(
    "boxcox1p",
    special("boxcox1p"),
    partials=[
        lambda y, x, power: np.exp((power - 1) * np.log1p(x)),
        lambda y, x, power: _in_the_power(x, np.log1p, np.equal(x, -1), power),
    ],
    meaning=lambda x, power: _boxcox(1 + x, power),
    domain="x > -1",
    samples=over((-0.7, 3.0), _ANY),
    ulps=16,
)


def _inverse(y: Entry, power: Entry) -> Entry:
    return select(zero(power), kernel("exp", y), kernel("power", 1 + power * y, 1 / power))


def _inverse_slopes(one: int) -> list[Any]:
    return [
        lambda x, y, power: (x + one) / (1 + power * y),
        lambda x, y, power: (x + one) * y * y * _log_ratio_slope_op(power * y),
    ]


inv_boxcox = pointwise(
    "inv_boxcox",
    special("inv_boxcox"),
    partials=_inverse_slopes(0),
    meaning=_inverse,
    domain="1 + power * y > 0",
    samples=over((0.1, 0.7), (-1.0, 1.0)),
    ulps=16,
)

inv_boxcox1p = pointwise(
    "inv_boxcox1p",
    special("inv_boxcox1p"),
    partials=_inverse_slopes(1),
    meaning=lambda y, power: _inverse(y, power) - 1,
    domain="1 + power * y > 0",
    samples=over((0.1, 0.7), (-1.0, 1.0)),
    ulps=16,
)

# ---------------------------------------------------------------------------- powers and a cosine, less one

cosm1 = pointwise(
    "cosm1",
    special("cosm1"),
    partials=[lambda y, x: -np.sin(x)],
    meaning=lambda x: kernel("cos", x) - 1,
    samples=over(_ANY),
)


def _powm1_in_base(y: Any, x1: Any, x2: Any) -> Any:
    less, lost = less_one(x2)
    return x2 * np.power(x1, less) * np.power(x1, lost)


powm1 = pointwise(
    "powm1",
    special("powm1"),
    partials=[_powm1_in_base, lambda y, x1, x2: np.power(x1, x2) * np.log(x1)],
    meaning=lambda x1, x2: kernel("power", x1, x2) - 1,
    domain="x1 > 0",
    samples=over(_POSITIVE, _ANY),
)

exp10 = pointwise(
    "exp10",
    special("exp10"),
    partials=[lambda y, x: math.log(10) * y],
    meaning=lambda x: kernel("exp", x * kernel("log", 10)),
    samples=over(_ANY),
)
