"""Exponentials and logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualgrad.op import Complex, Op, pointwise
from dualgrad.parts import in_parts, is_plain
from dualgrad.program.entry import kernel
from dualgrad.samples import over

_ANY = (-3.0, 3.0)
_POSITIVE = (0.1, 5.0)
_LN2, _LN10 = math.log(2), math.log(10)

exp = pointwise(
    "exp",
    np.exp,
    partials=[lambda y, x: y],
    meaning=lambda x: kernel("exp", x),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

expm1 = pointwise(
    "expm1",
    np.expm1,
    partials=[lambda y, x: np.exp(x)],  # not y + 1: that loses every digit for x << 0
    meaning=lambda x: kernel("exp", x) - 1,
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

exp2 = pointwise(
    "exp2",
    np.exp2,
    partials=[lambda y, x: _LN2 * y],
    meaning=lambda x: kernel("exp", x * kernel("log", 2)),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

log = pointwise(
    "log",
    np.log,
    partials=[lambda y, x: 1 / x],
    meaning=lambda x: kernel("log", x),
    domain="x > 0",
    complex=Complex.ANALYTIC,
    samples=over(_POSITIVE),
)

log1p = pointwise(
    "log1p",
    np.log1p,
    partials=[lambda y, x: 1 / (1 + x)],
    meaning=lambda x: kernel("log", 1 + x),
    domain="x > -1",
    complex=Complex.ANALYTIC,
    samples=over((-0.9, 5.0)),
)

log2 = pointwise(
    "log2",
    np.log2,
    partials=[lambda y, x: 1 / (_LN2 * x)],
    meaning=lambda x: kernel("log", x) / kernel("log", 2),
    domain="x > 0",
    complex=Complex.ANALYTIC,
    samples=over(_POSITIVE),
)

log10 = pointwise(
    "log10",
    np.log10,
    partials=[lambda y, x: 1 / (_LN10 * x)],
    meaning=lambda x: kernel("log", x) / kernel("log", 10),
    domain="x > 0",
    complex=Complex.ANALYTIC,
    samples=over(_POSITIVE),
)

logaddexp = pointwise(
    "logaddexp",
    np.logaddexp,
    # exp(x1 - y) loses relative accuracy with the size of y; the sigmoid of the difference does not.
    partials=[lambda y, x1, x2: sigmoid(x1 - x2), lambda y, x1, x2: sigmoid(x2 - x1)],
    meaning=lambda x1, x2: kernel("log", kernel("exp", x1) + kernel("exp", x2)),
    samples=over(_ANY, _ANY),
)

logaddexp2 = pointwise(
    "logaddexp2",
    np.logaddexp2,
    partials=[lambda y, x1, x2: sigmoid(_LN2 * (x1 - x2)), lambda y, x1, x2: sigmoid(_LN2 * (x2 - x1))],
    meaning=lambda x1, x2: (
        kernel("log", kernel("exp", kernel("log", 2) * x1) + kernel("exp", kernel("log", 2) * x2)) / kernel("log", 2)
    ),
    samples=over(_ANY, _ANY),
)


def _sigmoid_steps(x: Any, into: Any) -> Any:
    # exp of -|x| never overflows, and both exp(x) and 1 over 1 and it keep every digit in their tail.
    decay = np.abs(x)
    np.negative(decay, decay)
    np.exp(decay, decay)
    np.add(decay, 1.0, decay)
    into = np.minimum(x, 0.0, out=into)
    np.exp(into, into)
    return np.divide(into, decay, into)


def _sigmoid(x: Any) -> Any:
    if is_plain(x):
        return in_parts(_sigmoid_steps, x)
    x = np.asarray(x)
    if x.dtype.kind == "c":
        decay = np.exp(np.where(x.real >= 0, -x, x))
        return (np.where(x.real >= 0, 1, decay) / (1 + decay))[()]
    decay = np.exp(-np.abs(x))
    return (np.maximum(decay, x >= 0) / (1 + decay))[()]


def _sigmoid_slope_steps(x: Any, into: Any) -> Any:
    # Of sigmoid(x) and sigmoid(-x) one is 1 over 1 and the decay, the other the decay over that.
    into = np.abs(x, into)
    np.negative(into, into)
    np.exp(into, into)
    below = np.add(into, 1.0)
    np.divide(into, below, into)
    np.divide(1.0, below, below)
    return np.multiply(into, below, into)


def _sigmoid_slope(y: Any, x: Any) -> Any:
    """Not y * (1 - y): that loses every digit for x >> 0. Of plain arrays the same numbers, from one exponential."""
    return in_parts(_sigmoid_slope_steps, x) if is_plain(x) else y * sigmoid(-x)


sigmoid: Op = pointwise(
    "sigmoid",
    _sigmoid,
    partials=[_sigmoid_slope],
    meaning=lambda x: 1 / (1 + kernel("exp", -x)),
    aliases=("expit",),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
    doc="The logistic function 1 / (1 + exp(-x)), as scipy.special.expit.",
)

softplus = pointwise(
    "softplus",
    lambda x: np.logaddexp(0, x),
    partials=[lambda y, x: sigmoid(x)],
    meaning=lambda x: kernel("log", 1 + kernel("exp", x)),
    samples=over(_ANY),
)

log_sigmoid = pointwise(
    "log_sigmoid",
    lambda x: -np.logaddexp(0, -np.asarray(x)),
    partials=[lambda y, x: sigmoid(-x)],
    meaning=lambda x: -kernel("log", 1 + kernel("exp", -x)),
    aliases=("log_expit",),
    samples=over(_ANY),
    doc="The logarithm of the logistic function, as scipy.special.log_expit.",
)
