"""The error function, the normal distribution and their inverses.

The derivative of some is an op of its own, named ``…_slope``: what it means is the textbook formula, which a proof
follows, and what it computes is another one, which does not cancel or magnify a rounding error.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.conjugate import is_complex
from dualgrad.lazy import special
from dualgrad.op import Complex, Op, pointwise
from dualgrad.program.entry import Entry, Power, entry, kernel, select, zero
from dualgrad.rounding import half_turn
from dualgrad.samples import over

_HALF = Fraction(1, 2)
_ROOT_PI = 1.772453850905516  # math.sqrt(math.pi) is the float next to it
_ROOT_HALF, _ROOT_HALF_PI = math.sqrt(0.5), math.sqrt(math.pi / 2)
_TWO_OVER_ROOT_PI = 2 / _ROOT_PI
_ROOT_TWO_OVER_PI = math.sqrt(2 / math.pi)

_PI = 4 * kernel("arctan", 1)
_ROOT_2 = Power(entry(2), _HALF)


def _floating(forward: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Run a function in double precision, without warnings, and give what it gives in the operand's precision."""

    def run(x: Any) -> Any:
        x = np.asarray(x)
        with np.errstate(all="ignore"):
            found = np.asarray(forward(x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)))
            return found.astype(x.dtype if x.dtype.kind in "fc" else np.float64)[()]

    return run


# ---------------------------------------------------------------------------- bell curves


def _exp_of_minus_square(x: Any, scale: float) -> Any:
    """exp(-scale x²), the square taken exactly: its rounding error would count x² times."""
    x = np.clip(x, -40, 40)  # beyond, the result is 0
    short = x.astype(np.float32).astype(np.float64)  # so that its square is a float
    return np.exp(-scale * short * short) * np.exp(-scale * (x - short) * (x + short))


def _gaussian(x: Any) -> Any:
    return np.exp(-x * x) if is_complex(x) else _floating(lambda x: _exp_of_minus_square(x, 1.0))(x)


gaussian = pointwise(
    "gaussian",
    _gaussian,
    partials=[lambda y, x: -2 * x * y],
    meaning=lambda x: kernel("exp", -(x**2)),
    complex=Complex.ANALYTIC,
    samples=over((-3.0, 3.0)),
    doc="exp(-x²), also where the rounding error of x² would count.",
)

_normal_density = pointwise(
    "normal_density",
    _floating(lambda x: _exp_of_minus_square(x, 0.5) / math.sqrt(2 * math.pi)),
    partials=[lambda y, x: -x * y],
    meaning=lambda x: _density(x),
    samples=over((-3.0, 3.0)),
    doc="The density of the standard normal distribution.",
)


def _density(x: Entry) -> Entry:
    return kernel("exp", -(x**2) * _HALF) * Power(2 * _PI, -_HALF)


# ---------------------------------------------------------------------------- erf, erfc, erfcx

erf = pointwise(
    "erf",
    special("erf"),
    partials=[lambda y, x: _TWO_OVER_ROOT_PI * gaussian(x)],
    meaning=lambda x: kernel("erf", x),
    complex=Complex.ANALYTIC,
    samples=over((-3.0, 3.0)),
)

erfc = pointwise(
    "erfc",
    special("erfc"),
    partials=[lambda y, x: -_TWO_OVER_ROOT_PI * gaussian(x)],
    meaning=lambda x: kernel("erfc", x),
    complex=Complex.ANALYTIC,
    samples=over((-3.0, 3.0)),
)


def _scaled_erfc(x: Entry) -> Entry:
    return kernel("exp", x**2) * kernel("erfc", x)


erfcx = pointwise(
    "erfcx",
    special("erfcx"),
    partials=[lambda y, x: erfcx_slope(x)],
    meaning=_scaled_erfc,
    samples=over((-2.0, 3.0)),
    ulps=16,
)


def _erfcx_slope(x: Any) -> Any:
    """2 x erfcx(x) - 2/√π: of almost equal numbers for x >> 0, where a continued fraction has their difference."""
    tail, inside = np.zeros_like(x), np.maximum(x, 1.5)
    for k in range(100, 0, -1):
        tail = 0.5 * k / (inside + tail)
    scaled = special("erfcx")(x)
    return np.where(x < 1.5, 2 * x * scaled - _TWO_OVER_ROOT_PI, -2 * tail * scaled)


erfcx_slope: Op = pointwise(
    "erfcx_slope",
    _floating(_erfcx_slope),
    partials=[lambda y, x: 2 * (erfcx(x) + x * y)],
    meaning=lambda x: 2 * x * _scaled_erfc(x) - 2 * Power(_PI, -_HALF),
    samples=over((-2.0, 3.0)),
    ulps=math.inf,
    doc="The derivative of erfcx. Its own, 2 erfcx(x) + 2 x erfcx'(x), loses digits for x >> 0.",
)

# ---------------------------------------------------------------------------- the inverses


def _inverse_slope(inverse: Callable[[Any], Any], distance: Callable[[Any], Any], factor: float) -> Callable[..., Any]:
    """exp(y²) for y = erfinv(x), without magnifying the error of y: what y is the inverse of is known exactly."""

    def forward(x: Any) -> Any:
        rest = distance(x)
        found = factor * special("erfcx")(np.abs(inverse(x))) / rest
        return np.where(rest == 0, math.copysign(math.inf, factor), found)

    return _floating(forward)


def _erfinv_slope_meaning(x: Entry) -> Entry:
    return Power(_PI, _HALF) * _HALF * kernel("exp", kernel("erfinv", x) ** 2)


erfinv: Op = pointwise(
    "erfinv",
    special("erfinv"),
    partials=[lambda y, x: erfinv_slope(x)],
    meaning=lambda x: kernel("erfinv", x),
    domain="-1 < x < 1",
    ulps=16,
    samples=over((-0.9, 0.9)),
)

erfinv_slope: Op = pointwise(
    "erfinv_slope",
    _inverse_slope(special("erfinv"), lambda x: 1 - np.abs(x), _ROOT_PI / 2),
    partials=[lambda y, x: 2 * erfinv(x) * y * y],
    meaning=_erfinv_slope_meaning,
    domain="-1 < x < 1",
    samples=over((-0.9, 0.9)),
    ulps=16,
    doc="The derivative of erfinv.",
)

erfcinv: Op = pointwise(
    "erfcinv",
    special("erfcinv"),
    partials=[lambda y, x: erfcinv_slope(x)],
    meaning=lambda x: kernel("erfinv", 1 - x),
    domain="0 < x < 2",
    ulps=16,
    samples=over((0.1, 1.9)),
)

erfcinv_slope: Op = pointwise(
    "erfcinv_slope",
    _inverse_slope(special("erfcinv"), lambda x: np.minimum(x, 2 - x), -_ROOT_PI / 2),
    partials=[lambda y, x: 2 * erfcinv(x) * y * y],
    meaning=lambda x: -_erfinv_slope_meaning(1 - x),
    domain="0 < x < 2",
    samples=over((0.1, 1.9)),
    ulps=16,
    doc="The derivative of erfcinv.",
)

# ---------------------------------------------------------------------------- the normal distribution


def _distribution(x: Entry) -> Entry:
    return kernel("erfc", -x / _ROOT_2) * _HALF


ndtr = pointwise(
    "ndtr",
    special("ndtr"),
    partials=[lambda y, x: _normal_density(x)],
    meaning=_distribution,
    samples=over((-3.0, 3.0)),
    doc="The standard normal distribution. SciPy's values lose three digits for x << 0; the derivative does not.",
)

log_ndtr = pointwise(
    "log_ndtr",
    special("log_ndtr"),
    partials=[lambda y, x: log_ndtr_slope(x)],
    meaning=lambda x: kernel("log", _distribution(x)),
    samples=over((-3.0, 3.0)),
    ulps=16,
)


def _log_ndtr_slope(x: Any) -> Any:
    below = _ROOT_TWO_OVER_PI / special("erfcx")(-np.minimum(x, 0) * _ROOT_HALF)
    return np.where(x > 0, _normal_density.forward(x) / special("ndtr")(x), below)


def _log_ndtr_bend(y: Any, x: Any) -> Any:
    # Not -y (x + y) for x << 0: there y is almost -x.
    below = 0.5 * (_ROOT_PI * y * y) * erfcx_slope(-_ROOT_HALF * np.where(x > -1, 0, x))
    return np.where(x > -1, -y * (x + y), below)


log_ndtr_slope: Op = pointwise(
    "log_ndtr_slope",
    _floating(_log_ndtr_slope),
    partials=[_log_ndtr_bend],
    meaning=lambda x: _density(x) / _distribution(x),
    samples=over((-3.0, 3.0)),
    ulps=16,
    doc="The derivative of log_ndtr: the density over the distribution.",
)

ndtri: Op = pointwise(
    "ndtri",
    special("ndtri"),
    partials=[lambda y, x: ndtri_slope(x)],
    meaning=lambda x: _ROOT_2 * kernel("erfinv", 2 * x - 1),
    domain="0 < x < 1",
    ulps=16,
    samples=over((0.1, 0.9)),
)

ndtri_slope: Op = pointwise(
    "ndtri_slope",
    _inverse_slope(lambda x: special("ndtri")(x) * _ROOT_HALF, lambda x: np.minimum(x, 1 - x), _ROOT_HALF_PI),
    partials=[lambda y, x: ndtri(x) * y * y],
    meaning=lambda x: _ROOT_2 * 2 * _erfinv_slope_meaning(2 * x - 1),
    domain="0 < x < 1",
    samples=over((0.1, 0.9)),
    ulps=16,
    doc="The derivative of ndtri.",
)


def _ndtri_exp_slope(y: Any, x: Any) -> Any:
    """Near 0 by how little exp(x) leaves of 1: the value's rounding is too much for the density there."""
    near = np.greater(x, -0.5)
    left = np.where(near, -np.expm1(x), 0.25)
    return np.where(near, np.exp(x) * ndtri_slope(left), 1 / log_ndtr_slope(y))


ndtri_exp = pointwise(
    "ndtri_exp",
    special("ndtri_exp"),
    partials=[_ndtri_exp_slope],
    meaning=lambda x: _ROOT_2 * kernel("erfinv", 2 * kernel("exp", x) - 1),
    domain="x < 0",
    samples=over((-3.0, -0.1)),
    ulps=32,  # those of SciPy's values
    doc="The inverse of log_ndtr.",
)

# ---------------------------------------------------------------------------- sinc


def _sinc_slope(x: Any) -> Any:
    """(cos πx - sinc x) / x, with πx reduced to one turn exactly, and by its series where the two cancel."""
    turn = np.pi * (x - 2 * np.round(np.real(x) / 2))
    away = np.where(x == 0, 1, x)
    square, term, series = turn * turn, -np.pi * turn, np.zeros_like(x)
    for k in range(1, 13):
        term = term / (2 * k * (2 * k + 1))
        series = series + 2 * k * term
        term = -term * square
    return np.where(np.abs(x) < 0.5, series, (np.cos(turn) - np.sin(turn) / (np.pi * away)) / away)


def _sinc_bend(y: Any, x: Any) -> Any:
    middle, square = np.equal(x, 0), half_turn(x) ** 2
    return np.where(middle, -square / 3, -square * np.sinc(x) - 2 * y / np.where(middle, 1, x))


def _sinc_meaning(x: Entry) -> Entry:
    return select(zero(x), 1, kernel("sin", _PI * x) / (_PI * x))


sinc: Op = pointwise(
    "sinc",
    np.sinc,
    partials=[lambda y, x: sinc_slope(x)],
    meaning=_sinc_meaning,
    numpy=(np.sinc,),
    complex=Complex.ANALYTIC,
    samples=over((-2.0, 2.0)),
    doc="sin(πx) / (πx). NumPy rounds πx, which costs its values x ulps; the derivative reduces x first.",
)

sinc_slope: Op = pointwise(
    "sinc_slope",
    _floating(_sinc_slope),
    partials=[_sinc_bend],
    meaning=lambda x: select(zero(x), 0, (kernel("cos", _PI * x) - _sinc_meaning(x)) / x),
    complex=Complex.ANALYTIC,
    samples=over((-2.0, 2.0)),
    ulps=math.inf,
    doc="The derivative of sinc. Its own loses digits near 0.",
)
