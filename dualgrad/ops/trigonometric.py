"""Circular functions and their inverses."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.op import Complex, composed, pointwise
from dualgrad.program.entry import kernel
from dualgrad.samples import over

_ANY = (-3.0, 3.0)
_UNIT = (-0.9, 0.9)
_HALF = Fraction(1, 2)

sin = pointwise(
    "sin",
    np.sin,
    partials=[lambda y, x: np.cos(x)],
    meaning=lambda x: kernel("sin", x),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

cos = pointwise(
    "cos",
    np.cos,
    partials=[lambda y, x: -np.sin(x)],
    meaning=lambda x: kernel("cos", x),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

tan = pointwise(
    "tan",
    np.tan,
    partials=[lambda y, x: 1 / np.cos(x) ** 2],
    meaning=lambda x: kernel("tan", x),
    domain="cos(x) != 0",
    complex=Complex.ANALYTIC,
    samples=over((-1.2, 1.2)),
)

arcsin = pointwise(
    "arcsin",
    np.arcsin,
    partials=[lambda y, x: 1 / np.sqrt((1 - x) * (1 + x))],  # not 1 - x * x: that cancels near 1
    meaning=lambda x: kernel("arcsin", x),
    aliases=("asin",),
    domain="-1 <= x <= 1",
    complex=Complex.ANALYTIC,
    samples=over(_UNIT),
)

arccos = pointwise(
    "arccos",
    np.arccos,
    partials=[lambda y, x: -1 / np.sqrt((1 - x) * (1 + x))],
    meaning=lambda x: kernel("arccos", x),
    aliases=("acos",),
    domain="-1 <= x <= 1",
    complex=Complex.ANALYTIC,
    samples=over(_UNIT),
)

arctan = pointwise(
    "arctan",
    np.arctan,
    partials=[lambda y, x: 1 / (1 + x * x)],
    meaning=lambda x: kernel("arctan", x),
    aliases=("atan",),
    complex=Complex.ANALYTIC,
    samples=over(_ANY),
)

arctan2 = pointwise(
    "arctan2",
    np.arctan2,
    partials=[lambda y, x1, x2: x2 / (x1 * x1 + x2 * x2), lambda y, x1, x2: -x1 / (x1 * x1 + x2 * x2)],
    meaning=lambda x1, x2: kernel("arctan2", x1, x2),
    aliases=("atan2",),
    domain="(x1, x2) != (0, 0)",
    samples=over(_ANY, _ANY),
)

hypot = pointwise(
    "hypot",
    np.hypot,
    partials=[lambda y, x1, x2: x1 / y, lambda y, x1, x2: x2 / y],
    meaning=lambda x1, x2: (x1**2 + x2**2) ** _HALF,
    domain="(x1, x2) != (0, 0)",
    samples=over(_ANY, (0.1, 3.0)),
)


@composed(np.deg2rad, np.radians)
def deg2rad(x: Any, /) -> Any:
    """Degrees to radians."""
    return x * (math.pi / 180)


@composed(np.rad2deg, np.degrees)
def rad2deg(x: Any, /) -> Any:
    """Radians to degrees."""
    return x * (180 / math.pi)
