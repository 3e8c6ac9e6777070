"""Functions that are integrals of elementary ones: the derivative of each is what it is the integral of."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.meanings import Unread
from dualgrad.op import REGISTRY, Call, Complex, Op, composed, pointwise
from dualgrad.program.entry import KERNELS, Entry, Power, kernel
from dualgrad.rounding import half_turn
from dualgrad.samples import call, drawn, over

_UNREAD = Unread("an integral that is no kernel is not in the language of meanings")
_ANY = (-3.0, 3.0)
_POSITIVE = (0.2, 5.0)
_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)


def _integral(name: str, slope: Callable[[Any, Any], Any], values: tuple[float, float], **rest: Any) -> Op:
    rest.setdefault("ulps", 16)
    forward = rest.pop("forward", special(name))
    meaning = rest.pop("meaning", (lambda x: kernel(name, x)) if name in KERNELS else _UNREAD)
    return pointwise(name, forward, [slope], meaning, samples=over(values), numpy=(), **rest)


def _exponential(x: Entry, n: int) -> Entry:
    """E_n, from E_0 = exp(-x) / x and E_1 = -Ei(-x): n E_(n+1) = exp(-x) - x E_n."""
    fall = kernel("exp", -x)
    if n == 0:
        return fall / x
    found = -kernel("exponential_integral", -x)
    for k in range(1, n):
        found = (fall - x * found) * Fraction(1, k)
    return found


def _dawson(x: Entry) -> Entry:
    return Power(4 * kernel("arctan", 1), Fraction(1, 2)) * Fraction(1, 2) * kernel("exp", -(x**2)) * kernel("erfi", x)


# ---------------------------------------------------------------------------- exponential integrals

exp1 = _integral("exp1", lambda y, x: -np.exp(-x) / x, _POSITIVE, domain="x > 0", meaning=lambda x: _exponential(x, 1))
expi = _integral(
    "expi",
    lambda y, x: np.exp(x) / x,
    _POSITIVE,
    domain="x != 0",
    meaning=lambda x: kernel("exponential_integral", x),
)

expn: Op = pointwise(
    "expn",
    lambda x, n: np.asarray(special("expn")(n, x)).astype(np.asarray(x).dtype)[()],
    [lambda y, x, n: -expn(n - 1, x) if n else -np.exp(-x) * (1 + x) / (x * x)],
    _exponential,
    call=lambda n, x, /: Call((x,), {"n": int(n)}),
    samples=drawn(lambda draw: [call(n, draw(3, low=0.3, high=4)) for n in (0, 1, 2, 5)]),
    numpy=(),
    domain="x > 0",
    ulps=16,
)

# ---------------------------------------------------------------------------- error functions

erfi = _integral("erfi", lambda y, x: _TWO_OVER_ROOT_PI * np.exp(x * x), (-2.0, 2.0), complex=Complex.ANALYTIC)
wofz = _integral(
    "wofz",
    lambda y, z: 1j * _TWO_OVER_ROOT_PI - 2 * z * y,
    _ANY,
    forward=lambda z: np.asarray(special("wofz")(z)).astype(np.result_type(np.asarray(z), np.complex64))[()],
    complex=Complex.ANALYTIC,
    ulps=math.inf,
    doc="The function of Faddeeva, exp(-z²) erfc(-iz), which is complex.",
)


def _dawsn_slope(x: Any) -> Any:
    """1 - 2 x dawsn(x): by Rybicki's sum, and the asymptotic series, where the two cancel."""
    x = np.asarray(x)
    size = np.abs(x.astype(np.float64))
    middle, far = np.clip(size, 1, 7), np.maximum(size, 7)
    start = 2 * np.round(0.5 * middle / _STEP)
    total = np.zeros_like(size)
    for k in range(-35, 36, 2):
        place = start + k
        away = middle - place * _STEP
        total = total - 2 * away * np.exp(-away * away) / place
    series, inverse = np.zeros_like(size), 0.5 / (far * far)
    for k in range(30, 0, -1):
        series = (2 * k - 1) * inverse * (1 + series)
    near = 1 - 2 * size * special("dawsn")(size)
    found = np.where(size < 1, near, np.where(size < 7, total / math.sqrt(math.pi), -series))
    return found.astype(x.dtype)[()]


_STEP = 0.2
dawsn: Op = _integral("dawsn", lambda y, x: dawsn_slope(x), _ANY, meaning=_dawson)
dawsn_slope: Op = _integral(
    "dawsn_slope",
    lambda y, x: -2 * (dawsn(x) + x * y),
    _ANY,
    forward=_dawsn_slope,
    meaning=lambda x: 1 - 2 * x * _dawson(x),
    ulps=math.inf,
    doc="The derivative of dawsn. Its own loses digits for large x.",
)

# ---------------------------------------------------------------------------- sines and cosines over x

_sine = _integral(
    "sine_integral",
    lambda y, x: _over_itself(np.sin, x),
    _ANY,
    forward=lambda x: special("sici")(x)[0],
    doc="∫ sin(t)/t dt from 0 to x, the first result of scipy.special.sici.",
)
_cosine = _integral(
    "cosine_integral",
    lambda y, x: np.cos(x) / x,
    _POSITIVE,
    forward=lambda x: special("sici")(x)[1],
    domain="x > 0",
    doc="γ + log x + ∫ (cos(t) - 1)/t dt from 0 to x, the second result of scipy.special.sici.",
)
_hyperbolic_sine = _integral(
    "hyperbolic_sine_integral",
    lambda y, x: _over_itself(np.sinh, x),
    _ANY,
    forward=lambda x: special("shichi")(x)[0],
    doc="∫ sinh(t)/t dt from 0 to x, the first result of scipy.special.shichi.",
)
_hyperbolic_cosine = _integral(
    "hyperbolic_cosine_integral",
    lambda y, x: np.cosh(x) / x,
    _POSITIVE,
    forward=lambda x: special("shichi")(x)[1],
    domain="x > 0",
    doc="γ + log x + ∫ (cosh(t) - 1)/t dt from 0 to x, the second result of scipy.special.shichi.",
)


def _over_itself(function: Callable[[Any], Any], x: Any) -> Any:
    """function(x) / x, which is 1 at 0."""
    vanishes = np.equal(x, 0)
    return np.where(vanishes, 1, function(x) / np.where(vanishes, 1, x))


@composed()
def sici(x: Any) -> tuple[Any, Any]:
    """The sine and the cosine integral.

    >>> [round(float(value), 3) for value in sici(1.0)]
    [0.946, 0.337]
    """
    return _sine(x), _cosine(x)


@composed()
def shichi(x: Any) -> tuple[Any, Any]:
    """The hyperbolic sine and cosine integral."""
    return _hyperbolic_sine(x), _hyperbolic_cosine(x)


_fresnel_sine = _integral(
    "fresnel_sine",
    lambda y, x: np.sin(0.5 * half_turn(x) * x * x),
    _ANY,
    forward=lambda x: special("fresnel")(x)[0],
    doc="∫ sin(π t²/2) dt from 0 to x, the first result of scipy.special.fresnel.",
)
_fresnel_cosine = _integral(
    "fresnel_cosine",
    lambda y, x: np.cos(0.5 * half_turn(x) * x * x),
    _ANY,
    forward=lambda x: special("fresnel")(x)[1],
    doc="∫ cos(π t²/2) dt from 0 to x, the second result of scipy.special.fresnel.",
)


@composed()
def fresnel(z: Any) -> tuple[Any, Any]:
    """Fresnel's sine and cosine integrals."""
    return _fresnel_sine(z), _fresnel_cosine(z)


# ---------------------------------------------------------------------------- others


def _spence_slope(y: Any, z: Any) -> Any:
    """log(z) / (1 - z), which is -1 at 1."""
    rest = z - 1
    one, small = np.equal(rest, 0), np.less(z, 0.5)
    logarithm = np.where(small, np.log(z), np.log1p(np.where(one | small, 1, rest)))  # 1 - z is exact from 0.5 on
    return np.where(one, -1, logarithm / np.where(one, -1, -rest))


spence = _integral(
    "spence",
    _spence_slope,
    _POSITIVE,
    meaning=lambda z: kernel("dilogarithm", 1 - z),
    domain="z > 0",
    doc="The dilogarithm of 1 - z.",
)


def _owens_in_h(y: Any, h: Any, a: Any) -> Any:
    return -0.5 * REGISTRY["normal_density"](h) * REGISTRY["erf"](math.sqrt(0.5) * a * h)


def _owens_in_a(y: Any, h: Any, a: Any) -> Any:
    wide = 1 + a * a
    return np.exp(-0.5 * h * h * wide) / (2 * math.pi * wide)


owens_t = pointwise(
    "owens_t",
    special("owens_t"),
    [_owens_in_h, _owens_in_a],
    lambda h, a: kernel("owens_t", h, a),
    samples=over((-2.0, 2.0), (-2.0, 2.0)),
    ulps=16,
)
