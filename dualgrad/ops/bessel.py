"""Bessel, Kummer and Airy functions. Orders are static: no derivative in an order has a closed form."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.op import Call, Op, composed, pointwise
from dualgrad.program.entry import KERNELS, kernel
from dualgrad.samples import call, drawn, over

_ANY = (-4.0, 4.0)
_POSITIVE = (0.3, 4.0)


def _bessel(name: str, slope: Callable[[Any, Any], Any], values: tuple[float, float], **rest: Any) -> Op:
    """A Bessel function of a fixed order, or an Airy function."""
    forward = rest.pop("forward", special(name))
    if name in KERNELS:
        return pointwise(name, forward, [slope], lambda x: kernel(name, x), samples=over(values), ulps=16, **rest)
    kind, order = f"bessel_{name[0]}", int(name[1])
    return pointwise(name, forward, [slope], lambda x: kernel(kind, order, x), samples=over(values), ulps=16, **rest)


def _number(name: str, v: Any) -> Any:
    if not isinstance(v, (int, float, np.number)):
        raise TypeError(f"{name}: got an order of type {type(v).__name__}, expected a number: the order is static")
    return v


def _of_order(name: str, slope: Callable[[float, Any, Any], Any], **rest: Any) -> Op:
    """A Bessel function of any order, which is given first."""

    def forward(z: Any, v: float) -> Any:
        return np.asarray(special(name)(v, z)).astype(np.asarray(z).dtype)[()]

    return pointwise(
        name,
        forward,
        [lambda y, z, v: slope(v, y, z)],
        lambda z, v: kernel(f"bessel_{name[0]}", Fraction(v), z),
        call=lambda v, z, /: Call((z,), {"v": _number(name, v)}),
        samples=drawn(lambda draw: [call(v, draw(3, low=0.3, high=4)) for v in (0, 1, 2, 2.5)]),
        numpy=(),
        ulps=16,
        **rest,
    )


def _jv_slope(v: float, z: Any) -> Any:
    """By the functions of order 0 and 1 where they occur: those are right for tiny arguments."""
    if v == 0:
        return -j1(z)
    return 0.5 * ((j0(z) if v == 1 else j1(z) if v == 2 else jv(v - 1, z)) - jv(v + 1, z))


jv: Op = _of_order("jv", lambda v, y, z: _jv_slope(v, z), aliases=("jn",))
yv: Op = _of_order("yv", lambda v, y, z: -yv(1, z) if v == 0 else 0.5 * (yv(v - 1, z) - yv(v + 1, z)), aliases=("yn",))
iv: Op = _of_order("iv", lambda v, y, z: iv(1, z) if v == 0 else 0.5 * (iv(v - 1, z) + iv(v + 1, z)))
kv: Op = _of_order(
    "kv", lambda v, y, z: -kv(1, z) if v == 0 else -0.5 * (kv(v - 1, z) + kv(v + 1, z)), domain="z > 0", aliases=("kn",)
)

j0: Op = _bessel("j0", lambda y, x: -j1(x), _ANY)
j1: Op = _bessel("j1", lambda y, x: 0.5 * (j0(x) - jv(2, x)), _ANY)
y0: Op = _bessel("y0", lambda y, x: -y1(x), _POSITIVE, domain="x > 0")
y1: Op = _bessel("y1", lambda y, x: 0.5 * (y0(x) - yv(2, x)), _POSITIVE, domain="x > 0")
i0: Op = _bessel("i0", lambda y, x: i1(x), _ANY, numpy=(np.i0,))
i1: Op = _bessel("i1", lambda y, x: 0.5 * (i0(x) + iv(2, x)), _ANY)
k0: Op = _bessel("k0", lambda y, x: -k1(x), _POSITIVE, domain="x > 0")
k1: Op = _bessel("k1", lambda y, x: -0.5 * (k0(x) + kv(2, x)), _POSITIVE, domain="x > 0")

# ---------------------------------------------------------------------------- Kummer's functions


_FAR = 1e8  # beyond, SciPy takes a time that grows with x, and hours in the end


def _kummer_forward(x: Any, a: float, b: float) -> Any:
    x = np.asarray(x)
    near = np.clip(x.astype(float), -_FAR, _FAR)  # which half precision does not hold
    found = np.asarray(special("hyp1f1")(a, b, near))
    with np.errstate(all="ignore"):
        beyond = found * np.power(near / x, a) * _kummer_tail(x, a, b) / _kummer_tail(near, a, b)
        return np.where(x < -_FAR, beyond, found).astype(x.dtype)[()]


def _kummer_tail(x: Any, a: float, b: float) -> Any:
    """Of M(a, b, x) as x falls, the factor of its leading power of -x."""
    return 1 - a * (a - b + 1) / x * (1 - (a + 1) * (a - b + 2) / (2 * x))


def _kummer(name: str, slope: Callable[..., Any], low: float, **rest: Any) -> Op:
    """One of fixed a and b."""
    return pointwise(
        name,
        _kummer_forward,
        [slope],
        lambda x, a, b: kernel("hypergeometric_1f1", Fraction(a), Fraction(b), x),
        call=lambda a, b, x, /: Call((x,), {"a": _number(name, a), "b": _number(name, b)}),
        samples=drawn(lambda draw: [call(1.5, 2.0, draw(3, low=low)), call(0.5, 1.0, draw(low=low))]),
        numpy=(),
        ulps=16,
        **rest,
    )


hyp1f1: Op = _kummer(
    "hyp1f1",
    lambda y, x, a, b: a / b * hyp1f1(a + 1, b + 1, x),
    -4.0,
    doc="Kummer's confluent hypergeometric function, for fixed a and b.",
)

# ---------------------------------------------------------------------------- Airy functions

airy_ai: Op = _bessel(
    "airy_ai",
    lambda y, x: airy_ai_slope(x),
    _ANY,
    forward=lambda x: special("airy")(x)[0],
    doc="The Airy function Ai, the first result of scipy.special.airy.",
)
airy_ai_slope: Op = _bessel(
    "airy_ai_slope",
    lambda y, x: x * airy_ai(x),
    _ANY,
    forward=lambda x: special("airy")(x)[1],
    doc="Ai', the second result of scipy.special.airy.",
)
airy_bi: Op = _bessel(
    "airy_bi",
    lambda y, x: airy_bi_slope(x),
    _ANY,
    forward=lambda x: special("airy")(x)[2],
    doc="The Airy function Bi, the third result of scipy.special.airy.",
)
airy_bi_slope: Op = _bessel(
    "airy_bi_slope",
    lambda y, x: x * airy_bi(x),
    _ANY,
    forward=lambda x: special("airy")(x)[3],
    doc="Bi', the fourth result of scipy.special.airy.",
)


@composed()
def airy(z: Any) -> tuple[Any, Any, Any, Any]:
    """The Airy functions Ai, Ai', Bi and Bi'."""
    return airy_ai(z), airy_ai_slope(z), airy_bi(z), airy_bi_slope(z)
