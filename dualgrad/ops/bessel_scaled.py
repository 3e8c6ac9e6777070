"""The modified Bessel functions, scaled by exp(-|x|) or exp(x) so that they neither overflow nor vanish.

Their recurrences cancel for large arguments: the function falls as slowly as 1 / sqrt(x), and its derivative is the
difference of almost equal ones. Each derivative is an op of its own, computed from an integral of one sign.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.op import Call, Kink, Op, composed, pointwise
from dualgrad.program.entry import Entry, kernel, positive, select
from dualgrad.samples import call, drawn

_ZERO = Kink("x = 0", "0", "the middle of [-1, 1], as for the absolute value")


def _scaled(name: str, forward: Callable[..., Any], partial: Callable[..., Any], low: float, **rest: Any) -> Op:
    """A function of a static order v and of z, in the operand's precision."""

    def run(z: Any, v: float) -> Any:
        z = np.asarray(z)
        with np.errstate(all="ignore"):
            return np.asarray(forward(float(v), z.astype(np.float64))).astype(z.dtype)[()]

    def signature(v: Any, z: Any, /) -> Call:
        if not isinstance(v, (int, float, np.number)):
            raise TypeError(f"{name}: got an order of type {type(v).__name__}, expected a number: the order is static")
        return Call((z,), {"v": v})

    rest.setdefault("ulps", 16)
    return pointwise(
        name,
        run,
        [lambda y, z, v: partial(v, y, z)],
        rest.pop("meaning"),
        call=signature,
        samples=drawn(
            lambda draw: [
                *(call(v, draw(3, low=low, high=9)) for v in (0, 1, 2)),
                *(call(2.5, draw(*shape, low=0.3, high=9)) for shape in ((), (2, 3), (0,))),
            ]
        ),
        numpy=(),
        **rest,
    )


# ---------------------------------------------------------------------------- K_v(z) exp(z)

_NODES, _FAR = 120, 30.0


def _kve_slope(v: float, z: Any) -> Any:
    """-∫ (cosh t - 1) exp(-z (cosh t - 1)) cosh(vt) dt, by the trapezoid rule, which is exact here; for small z the
    recurrence, where nothing cancels."""
    kve_of = special("kve")
    near = kve_of(v, z) - 0.5 * (kve_of(v - 1, z) + kve_of(v + 1, z))
    return np.where(z < 1, near, _kve_slope_by_integral(v, np.maximum(z, 1)))


def _kve_slope_by_integral(v: float, z: Any) -> Any:
    end = np.arccosh(1 + (46 + 12 * abs(v)) / z)
    total = np.zeros_like(z)
    for k in range(1, _NODES + 1):
        t = end * (k / _NODES)
        rise = 2 * np.sinh(0.5 * t) ** 2
        total = total + rise * np.exp(-z * rise) * np.cosh(v * t)
    return -total * end / _NODES


def _k(v: Fraction, z: Entry) -> Entry:
    return kernel("bessel_k", v, z)


kve: Op = _scaled(
    "kve",
    lambda v, z: special("kve")(v, z),
    lambda v, y, z: kve_slope(v, z),
    0.3,
    domain="z > 0",
    meaning=lambda z, v: kernel("exp", z) * _k(Fraction(v), z),
)
kve_slope: Op = _scaled(
    "kve_slope",
    _kve_slope,
    lambda v, y, z: (2 - 1 / z) * y + (v * v / (z * z) + 1 / z) * kve(v, z),
    0.3,
    domain="z > 0",
    meaning=lambda z, v: (
        kernel("exp", z) * (_k(Fraction(v), z) - (_k(Fraction(v) - 1, z) + _k(Fraction(v) + 1, z)) * Fraction(1, 2))
    ),
    ulps=math.inf,
    doc="The derivative of kve. Its own cancels for large z.",
)

# ---------------------------------------------------------------------------- I_v(z) exp(-|z|)


def _ive_slope(v: float, z: Any) -> Any:
    """Of z >= 0: the recurrence for small z, where nothing cancels, else an integral, and a series for large z."""
    ive_of = special("ive")
    near = 0.5 * (ive_of(v - 1, z) + ive_of(v + 1, z)) - ive_of(v, z)
    limit = max(2.2, 0.25 * v * v)
    inside = np.clip(z, limit, max(_FAR, limit))
    found = np.where(z > limit, _ive_slope_by_integral(v, inside), near)
    return np.where(z > max(_FAR, limit), _ive_slope_by_series(v, np.maximum(z, _FAR)), found)


def _ive_slope_by_integral(v: float, z: Any) -> Any:
    nodes, weights = np.polynomial.legendre.leggauss(2 * _NODES)
    total = np.zeros_like(z)
    for node, weight in zip(math.pi * nodes[_NODES:], weights[_NODES:], strict=True):  # the integrand is even
        fall = -2 * math.sin(0.5 * node) ** 2
        total = total + weight * fall * math.cos(v * node) * np.exp(z * fall)
    turn = math.sin(math.pi * v) if v != round(v) else 0.0
    if turn:
        for node, weight in zip(2 * (1 + nodes), 2 * weights, strict=True):
            rise = 1 + math.cosh(node)
            total = total + turn / math.pi * weight * rise * np.exp(-z * rise - v * node)
    return total


def _ive_slope_by_series(v: float, z: Any) -> Any:
    term, total = np.ones_like(z), np.zeros_like(z)
    for k in range(40):
        total = total + (k + 0.5) * term
        term = -term * (4 * v * v - (2 * k + 1) ** 2) / (8 * (k + 1) * z)
    return -total / (z * np.sqrt(2 * math.pi * z))


def _ive_bend(v: Any, y: Any, z: Any) -> Any:
    size = np.abs(z)
    vanishes = np.equal(size, 0)
    away = np.where(vanishes, 1, size)
    return np.where(vanishes, 0, -(2 + 1 / away) * y + (v * v / (away * away) - 1 / away) * ive(v, size))


def _i(v: Fraction, z: Entry) -> Entry:
    return kernel("bessel_i", v, z)


def _ive_meaning(z: Entry, v: float) -> Entry:
    return kernel("exp", -select(positive(z), z, -z)) * _i(Fraction(v), z)


def _ive_slope_meaning(z: Entry, v: float) -> Entry:
    """Of z > 0 alone, as the logarithm says."""
    middle = (_i(Fraction(v) - 1, z) + _i(Fraction(v) + 1, z)) * Fraction(1, 2)
    return kernel("exp", -z) * (middle - _i(Fraction(v), z)) + 0 * kernel("log", z)


def _odd(v: float) -> bool:
    return v == round(v) and round(v) % 2 == 1


def _ive_partial(v: float, y: Any, z: Any) -> Any:
    vanishes = np.equal(z, 0)
    slope = ive_slope(v, np.where(vanishes, 1, np.abs(z)))
    return np.where(vanishes, 0.5 if v == 1 else 0, slope if _odd(v) else np.sign(z) * slope)


ive: Op = _scaled(
    "ive",
    lambda v, z: special("ive")(v, z),
    _ive_partial,
    -9.0,
    kinks=(_ZERO,),
    meaning=_ive_meaning,
    doc="I_v(z) exp(-|z|). Of orders above 5, SciPy's values and the derivative lose two digits.",
)
ive_slope: Op = _scaled(
    "ive_slope",
    _ive_slope,
    _ive_bend,
    0.3,
    domain="z > 0",
    meaning=_ive_slope_meaning,
    ulps=math.inf,
    doc="The derivative of ive for positive z. Its own cancels for large z.",
)

# ---------------------------------------------------------------------------- fixed orders


@composed()
def i0e(x: Any, /) -> Any:
    """ive of order 0."""
    return ive(0, x)


@composed()
def i1e(x: Any, /) -> Any:
    """ive of order 1."""
    return ive(1, x)


@composed()
def k0e(x: Any, /) -> Any:
    """kve of order 0."""
    return kve(0, x)


@composed()
def k1e(x: Any, /) -> Any:
    """kve of order 1."""
    return kve(1, x)
