"""Hypergeometric functions with static parameters, and the complete elliptic integrals, which are such."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.op import Call, Op, pointwise
from dualgrad.program.entry import Entry, kernel
from dualgrad.samples import call, drawn, over

_HALF = Fraction(1, 2)
_QUARTER_TURN = 2 * kernel("arctan", 1)


def _like(found: Any, x: Any) -> Any:
    return np.asarray(found).astype(np.asarray(x).dtype)[()]


hyp0f1: Op = pointwise(
    "hyp0f1",
    lambda z, v: _like(special("hyp0f1")(v, z), z),
    [lambda y, z, v: hyp0f1(v + 1, z) / v],
    lambda z, v: kernel("hypergeometric_0f1", Fraction(v), z),
    call=lambda v, z, /: Call((z,), {"v": float(v)}),
    samples=drawn(lambda draw: [call(1.5, draw(3, low=-3, high=3)), call(2.0, draw())]),
    numpy=(),
    ulps=16,
)

hyp2f1: Op = pointwise(
    "hyp2f1",
    lambda z, a, b, c: _like(special("hyp2f1")(a, b, c, z), z),
    [lambda y, z, a, b, c: a * b / c * hyp2f1(a + 1, b + 1, c + 1, z)],
    lambda z, a, b, c: kernel("hypergeometric_2f1", Fraction(a), Fraction(b), Fraction(c), z),
    call=lambda a, b, c, z, /: Call((z,), {"a": float(a), "b": float(b), "c": float(c)}),
    samples=drawn(
        lambda draw: [call(0.5, 1.5, 2.0, draw(3, low=-2, high=0.8)), call(1, 2, 3.5, draw(low=0, high=0.5))]
    ),
    numpy=(),
    domain="z < 1",
    ulps=16,
)

# ---------------------------------------------------------------------------- complete elliptic integrals


def _near(m: Any) -> tuple[Any, Any, Any]:
    """Where the formulas cancel, and m here and there, replaced elsewhere."""
    near = np.less(np.abs(m), 0.5)
    return near, np.where(near, m, 0), np.where(near, -1, m)


def _ellipk_slope(y: Any, m: Any) -> Any:
    near, small, far = _near(m)
    beyond = (ellipe(far) / (1 - far) - ellipk(far)) / (2 * far)
    return np.where(near, math.pi / 8 * hyp2f1(1.5, 1.5, 2.0, small), beyond)


def _ellipe_slope(y: Any, m: Any) -> Any:
    near, small, far = _near(m)
    return np.where(near, -math.pi / 8 * hyp2f1(0.5, 1.5, 2.0, small), (ellipe(far) - ellipk(far)) / (2 * far))


def _elliptic(m: Entry, a: Fraction) -> Entry:
    return _QUARTER_TURN * kernel("hypergeometric_2f1", a, _HALF, 1, m)


ellipk: Op = pointwise(
    "ellipk",
    special("ellipk"),
    [_ellipk_slope],
    lambda m: _elliptic(m, _HALF),
    samples=over((-2.0, 0.9)),
    domain="m < 1",
    ulps=16,
)
ellipe: Op = pointwise(
    "ellipe",
    special("ellipe"),
    [_ellipe_slope],
    lambda m: _elliptic(m, -_HALF),
    samples=over((-2.0, 0.9)),
    domain="m < 1",
    ulps=16,
)
