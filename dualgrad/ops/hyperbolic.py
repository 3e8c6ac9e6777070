"""Hyperbolic functions and their inverses."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.conjugate import is_complex
from dualgrad.op import Complex, Op, pointwise
from dualgrad.parts import in_parts, is_plain
from dualgrad.program.entry import kernel
from dualgrad.samples import over

_ANY = (-3.0, 3.0)

sinh = pointwise(
    "sinh",
    np.sinh,
    partials=[lambda y, x: np.cosh(x)],
    meaning=lambda x: kernel("sinh", x),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

cosh = pointwise(
    "cosh",
    np.cosh,
    partials=[lambda y, x: np.sinh(x)],
    meaning=lambda x: kernel("cosh", x),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)


def _tanh_slope_steps(x: Any, into: Any) -> Any:
    into = np.abs(x, into)
    np.multiply(into, -2.0, into)
    np.exp(into, into)
    below = np.add(into, 1.0)
    np.multiply(below, below, below)
    np.divide(into, below, into)
    return np.multiply(into, 4.0, into)


def _tanh_slope(x: Any) -> Any:
    """1 / cosh(x)², which overflows on the way; not 1 - tanh(x)²: that loses every digit for |x| > 19."""
    if is_plain(x):
        return in_parts(_tanh_slope_steps, x)
    if np.iscomplexobj(x):
        return 1 / np.cosh(x) ** 2
    small = np.exp(-2 * np.abs(x))
    return 4 * small / (1 + small) ** 2


tanh_slope: Op = pointwise(
    "tanh_slope",
    _tanh_slope,
    partials=[lambda y, x: -2 * np.tanh(x) * y],
    meaning=lambda x: kernel("cosh", x) ** -2,
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
    doc="The derivative of tanh.",
)
tanh = pointwise(
    "tanh",
    np.tanh,
    partials=[lambda y, x: _tanh_slope(x) if type(x) is np.ndarray else tanh_slope(x)],  # the op, without the call
    meaning=lambda x: kernel("tanh", x),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)


def _arcsinh_slope(y: Any, x: Any) -> Any:
    # hypot, which is for real numbers: x * x would overflow
    return 1 / np.sqrt(1 + x * x) if is_complex(x) else 1 / np.hypot(x, 1)


arcsinh = pointwise(
    "arcsinh",
    np.arcsinh,
    partials=[_arcsinh_slope],
    meaning=lambda x: kernel("arcsinh", x),
    aliases=("asinh",),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

arccosh = pointwise(
    "arccosh",
    np.arccosh,
    partials=[lambda y, x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1))],
    meaning=lambda x: kernel("arccosh", x),
    aliases=("acosh",),
    domain="x >= 1",
    complex=Complex.ANALYTIC,
    samples=over((1.1, 5.0)),
)

arctanh = pointwise(
    "arctanh",
    np.arctanh,
    partials=[lambda y, x: 1 / ((1 - x) * (1 + x))],
    meaning=lambda x: kernel("arctanh", x),
    aliases=("atanh",),
    domain="-1 < x < 1",
    complex=Complex.ANALYTIC,
    samples=over((-0.9, 0.9)),
)
