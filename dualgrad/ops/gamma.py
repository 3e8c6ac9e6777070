"""The gamma function and its relatives."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.meanings import Unread
from dualgrad.op import Call, Op, composed, pointwise
from dualgrad.program.entry import Entry, kernel, positive, select
from dualgrad.samples import call, drawn, over

_POSITIVE = (0.2, 5.0)


def _gamma(x: Entry) -> Entry:
    return 1 / kernel("reciprocal_gamma", x)


gammaln = pointwise(
    "gammaln",
    special("gammaln"),
    partials=[lambda y, x: digamma(x)],
    meaning=lambda x: kernel("gammaln", x),
    domain="x > 0",
    samples=over(_POSITIVE),
)

gamma = pointwise(
    "gamma",
    special("gamma"),
    partials=[lambda y, x: y * digamma(x)],
    meaning=_gamma,
    domain="x is not 0, -1, -2, …",
    samples=over((-0.9, 4.0)),
    ulps=16,
)


def _reciprocal_gamma_slope(y: Any, x: Any) -> Any:
    # By reflection below 0: digamma has poles where 1 / gamma is 0. There πx is reduced to one turn exactly.
    below = x < 0
    beyond = 1 - np.where(below, x, 0)
    turn = np.pi * (x - 2 * np.floor(x / 2 + 0.5))
    slope = gamma(beyond) * (np.cos(turn) - np.sin(turn) * digamma(beyond) / np.pi)
    inside = np.where(below, 1, x)
    scale = 1 / gamma(inside + 1)  # not 1 / gamma(x) times digamma(x): at 0 they are 0 and infinite
    return np.where(below, slope, scale * (1 - inside * digamma(inside + 1)))


rgamma = pointwise(
    "rgamma",
    special("rgamma"),
    partials=[_reciprocal_gamma_slope],
    meaning=lambda x: kernel("reciprocal_gamma", x),
    samples=over((-0.9, 4.0)),
    ulps=16,
)


def _gamma_sign(x: Entry) -> Entry:
    """1 for x > 0; below, -1 where floor(x) is odd."""
    below = kernel("floor", x)
    return select(positive(x), 1, 1 - 2 * (below - 2 * kernel("floor", below * Fraction(1, 2))))


gammasgn = pointwise(
    "gammasgn",
    special("gammasgn"),
    partials=[None],
    meaning=_gamma_sign,
    samples=over((-2.0, 4.0)),
)

digamma: Op = pointwise(
    "digamma",
    special("digamma"),
    partials=[lambda y, x: polygamma(1, x)],
    aliases=("psi",),
    meaning=lambda x: kernel("digamma", x),
    domain="x > 0",
    ulps=16,
    samples=over(_POSITIVE),
)


def _polygamma_meaning(x: Entry, n: int) -> Entry:
    if n > 1:
        return kernel("hurwitz_zeta", n + 1, x) * (math.factorial(n) * (1 if n % 2 else -1))
    return kernel(("digamma", "trigamma")[n], x)


polygamma: Op = pointwise(
    "polygamma",
    lambda x, n: special("polygamma")(n, x).astype(np.asarray(x).dtype)[()],
    partials=[lambda y, x, n: polygamma(n + 1, x)],
    meaning=_polygamma_meaning,
    call=lambda n, x, /: Call((x,), {"n": operator.index(n)}),
    numpy=(),
    domain="x > 0",
    ulps=16,
    samples=drawn(
        lambda draw: [call(1, draw(2, 3, low=0.3, high=4)), call(0, draw(3, low=0.5, high=4)), call(1, draw(low=1))]
    ),
    doc="The n-th derivative of digamma.",
)


@composed()
def multigammaln(a: Any, d: int) -> Any:
    """The logarithm of the gamma function of d dimensions.

    >>> float(multigammaln(3.0, 1)) == float(gammaln(3.0))
    True
    """
    constant = d * (d - 1) / 4 * math.log(math.pi)
    total = gammaln(a)
    for k in range(1, d):
        total = total + gammaln(a - k / 2)
    return total + constant


# ---------------------------------------------------------------------------- beta

_SHIFT = 20  # from here on ψ follows its asymptotic series, with the Bernoulli numbers B₂, B₄, …
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def _increment(x: Any, d: Any) -> Any:
    """ψ(x + d) - ψ(x) for positive x and x + d: every term is a difference that is taken exactly."""
    total = sum(d / ((x + k) * (x + k + d)) for k in range(_SHIFT))
    low = x + _SHIFT
    high = low + d
    u, v = 1 / low**2, 1 / high**2
    total = total + np.log1p(d / low) + d / (2 * low * high)
    inner, power = np.ones_like(u), np.ones_like(u)  # (vᵏ - uᵏ) / (v - u), uᵏ
    series = np.zeros_like(u)
    for k, number in enumerate(_BERNOULLI, 1):
        series = series + number / (2 * k) * inner
        power = power * u
        inner = v * inner + power
    return total + d * (low + high) * u * v * series


def _digamma_increment(x: Any, d: Any) -> Any:
    x, d = np.asarray(x), np.asarray(d)
    with np.errstate(all="ignore"):
        inside = (x > 0) & (x + d > 0)
        plain = special("digamma")(x + d) - special("digamma")(x)
        near = _increment(np.where(inside, x, 1).astype(np.float64), np.where(inside, d, 0).astype(np.float64))
        return np.where(inside, near.astype(plain.dtype), plain)[()]


digamma_increment = pointwise(
    "digamma_increment",
    _digamma_increment,
    partials=[lambda y, x, d: polygamma(1, x + d) - polygamma(1, x), lambda y, x, d: polygamma(1, x + d)],
    meaning=lambda x, d: kernel("digamma", x + d) - kernel("digamma", x),
    domain="x > 0, x + d > 0",
    samples=over(_POSITIVE, _POSITIVE),
    ulps=math.inf,
    doc="digamma(x + d) - digamma(x). Its own derivative in x is a plain difference, which loses digits for d << x.",
)

beta = pointwise(
    "beta",
    special("beta"),
    partials=[
        lambda y, a, b: -y * digamma_increment(a, b),
        lambda y, a, b: -y * digamma_increment(b, a),
    ],
    meaning=lambda a, b: _gamma(a) * _gamma(b) * kernel("reciprocal_gamma", a + b),
    samples=over(_POSITIVE, _POSITIVE),
    ulps=64,  # those of SciPy's values
)

betaln = pointwise(
    "betaln",
    special("betaln"),
    partials=[
        lambda y, a, b: -digamma_increment(a, b),
        lambda y, a, b: -digamma_increment(b, a),
    ],
    meaning=lambda a, b: kernel("gammaln", a) + kernel("gammaln", b) - kernel("gammaln", a + b),
    domain="a > 0, b > 0",
    samples=over(_POSITIVE, _POSITIVE),
    ulps=16,
)

# ---------------------------------------------------------------------------- quotients of gamma functions


def _quotient(*arguments: Entry) -> Entry:
    """Γ(first) over the product of the gamma functions of the others."""
    first, *others = arguments
    found = _gamma(first)
    for other in others:
        found = found * kernel("reciprocal_gamma", other)
    return found


poch = pointwise(
    "poch",
    special("poch"),
    partials=[lambda y, z, m: y * digamma_increment(z, m), lambda y, z, m: y * digamma(z + m)],
    meaning=lambda z, m: _quotient(z + m, z),
    domain="z > 0, z + m > 0",
    samples=over(_POSITIVE, _POSITIVE),
    ulps=64,  # those of SciPy's values
    doc="The rising factorial, gamma(z + m) / gamma(z).",
)

binom = pointwise(
    "binom",
    special("binom"),
    partials=[
        lambda y, n, k: y * digamma_increment(n - k + 1, k),
        lambda y, n, k: y * digamma_increment(k + 1, n - 2 * k),
    ],
    meaning=lambda n, k: _quotient(n + 1, k + 1, n - k + 1),
    domain="n > k > -1",
    samples=over((3.0, 5.0), (0.2, 2.5)),
    ulps=64,
    doc="The binomial coefficient, also between integers.",
)

loggamma = pointwise(
    "loggamma",
    special("loggamma"),
    partials=[lambda y, x: digamma(x)],
    meaning=lambda x: kernel("gammaln", x),
    domain="x > 0",
    samples=over(_POSITIVE),
)


@composed()
def factorial(n: Any) -> Any:
    """gamma(n + 1), which is the factorial of an integer.

    >>> factorial(3.0)
    np.float64(6.0)
    """
    return gamma(n + 1)


zeta: Op = pointwise(
    "zeta",
    special("zeta"),
    partials=[
        Unread("zeta: the derivative in its exponent has no closed form; differentiate it in q only"),
        lambda y, x, q: -x * zeta(x + 1, q),
    ],
    meaning=lambda x, q: kernel("hurwitz_zeta", x, q),
    call=lambda x, q=1.0, /: Call((x, q), {}),
    domain="x > 1, q > 0",
    samples=over((2.0, 5.0), _POSITIVE),
    ulps=16,
    doc="The zeta function of Hurwitz; of Riemann for q = 1.",
)
