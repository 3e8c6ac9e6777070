"""The incomplete gamma and beta functions, their inverses, and the densities that are their derivatives.

A density is computed by the deviance from its mode, not by a logarithm that grows with the parameters, so that it
keeps its digits: Loader, "Fast and accurate computation of binomial probabilities".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.meanings import Unread
from dualgrad.op import REGISTRY, Op, pointwise
from dualgrad.program.entry import Entry, kernel
from dualgrad.samples import over

_POSITIVE = (0.2, 5.0)
_UNIT = (0.1, 0.9)
_LARGE = 10.0  # from here on Stirling's series
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400)


def _in_double(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Run a function in double precision, without warnings, and give what it gives in the operands' precision."""

    def run(*operands: Any) -> Any:
        arrays = [np.asarray(x) for x in operands]
        kind = np.result_type(np.float16, *operands)
        with np.errstate(all="ignore"):
            return np.asarray(forward(*(x.astype(np.float64) for x in arrays))).astype(kind)[()]

    return run


# ---------------------------------------------------------------------------- deviances


def _stirling_error(a: Any) -> Any:
    """log gamma(a + 1) less Stirling's formula, for large a."""
    inverse, total = 1 / (a * a), np.zeros_like(a)
    for coefficient in reversed(_STIRLING):
        total = total * inverse + coefficient
    return total / a


def _excess(u: Any) -> Any:
    """u - log1p(u), by the series of the inverse hyperbolic tangent where the two cancel."""
    v = u / (2 + u)
    near = np.abs(v) < 0.3
    inside = np.where(near, v, 0)
    square, series = inside * inside, np.zeros_like(u)
    for k in range(39, 1, -2):
        series = series * square + 1 / k
    return np.where(near, inside * (u - 2 * square * series), u - np.log1p(u))


def _deviance(x: Any, difference: Any) -> Any:
    """x log(x / m) + m - x, for ``difference`` = m - x."""
    return x * _excess(difference / x)


def _gamma_density(a: Any, x: Any) -> Any:
    large = np.maximum(a, _LARGE)
    by_deviance = np.sqrt(large / (2 * np.pi)) / x * np.exp(-_stirling_error(large) - _deviance(large, x - large))
    small, near = np.minimum(a, _LARGE), np.minimum(x, 1e4)  # beyond, the exponential is 0
    direct = np.power(near, small - 1) * np.exp(-near) / special("gamma")(small)
    return np.where(a > _LARGE, by_deviance, direct)


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    p, q, rest = np.maximum(a, _LARGE), np.maximum(b, _LARGE), 1 - x
    n, away = p + q, q * x - p * rest
    error = _stirling_error(n) - _stirling_error(p) - _stirling_error(q)
    deviance = _deviance(p, away) + _deviance(q, -away)
    by_deviance = np.sqrt(p / n * q / (2 * np.pi)) / (x * rest) * np.exp(error - deviance)
    direct = np.power(x, a - 1) * np.power(rest, b - 1) / special("beta")(a, b)
    return np.where((a > _LARGE) & (b > _LARGE), by_deviance, direct)


def _gamma_density_meaning(a: Entry, x: Entry) -> Entry:
    return kernel("exp", (a - 1) * kernel("log", x) - x - kernel("gammaln", a))


gamma_density: Op = pointwise(
    "gamma_density",
    _in_double(_gamma_density),
    partials=[
        lambda y, a, x: y * (np.log(x) - REGISTRY["digamma"](a)),
        lambda y, a, x: y * ((a - 1 - x) / x),
    ],
    meaning=_gamma_density_meaning,
    domain="a > 0, x > 0",
    samples=over(_POSITIVE, _POSITIVE),
    ulps=16,
    doc="The density of the gamma distribution of shape a.",
)

beta_density: Op = pointwise(
    "beta_density",
    _in_double(_beta_density),
    partials=[
        lambda y, a, b, x: y * (np.log(x) + REGISTRY["digamma_increment"](a, b)),
        lambda y, a, b, x: y * (np.log1p(-x) + REGISTRY["digamma_increment"](b, a)),
        lambda y, a, b, x: y * ((a - 1) / x - (b - 1) / (1 - x)),
    ],
    meaning=lambda a, b, x: kernel(
        "exp",
        (a - 1) * kernel("log", x)
        + (b - 1) * kernel("log", 1 - x)
        + kernel("gammaln", a + b)
        - kernel("gammaln", a)
        - kernel("gammaln", b),
    ),
    domain="a > 0, b > 0, 0 < x < 1",
    samples=over(_POSITIVE, _POSITIVE, _UNIT),
    ulps=16,
    doc="The density of the beta distribution.",
)

# ---------------------------------------------------------------------------- the distributions


def _no_rule(name: str) -> Unread:
    return Unread(f"{name}: the derivative in its parameters has no closed form; differentiate it in x only")


def _distribution(
    name: str, slope: Callable[..., Any], meaning: Callable[..., Entry], *parameters: tuple[float, float], **rest: Any
) -> Op:
    """A function whose last operand has a derivative, and whose parameters have none in closed form."""
    return pointwise(
        name,
        special(name),
        partials=[*(_no_rule(name) for _ in parameters), slope],
        meaning=meaning,
        samples=over(*parameters, rest.pop("values")),
        ulps=16,
        **rest,
    )


def _gamma(a: Entry, x: Entry) -> Entry:
    return kernel("gamma_distribution", a, x)


def _beta(a: Entry, b: Entry, x: Entry) -> Entry:
    return kernel("beta_distribution", a, b, x)


_SHAPES = ((1.0, 5.0), (1.0, 5.0))
_GAMMA = {"values": _POSITIVE, "domain": "a > 0, x > 0"}
_BETA = {"values": _UNIT, "domain": "a > 0, b > 0, 0 < x < 1"}
_LEVEL = {"values": _UNIT, "domain": "0 < y < 1"}

gammainc = _distribution("gammainc", lambda y, a, x: gamma_density(a, x), _gamma, _POSITIVE, **_GAMMA)
gammaincc = _distribution(
    "gammaincc", lambda y, a, x: -gamma_density(a, x), lambda a, x: 1 - _gamma(a, x), _POSITIVE, **_GAMMA
)
betainc = _distribution("betainc", lambda y, a, b, x: beta_density(a, b, x), _beta, _POSITIVE, _POSITIVE, **_BETA)
betaincc = _distribution(
    "betaincc",
    lambda y, a, b, x: -beta_density(a, b, x),
    lambda a, b, x: 1 - _beta(a, b, x),
    _POSITIVE,
    _POSITIVE,
    **_BETA,
)

gammaincinv = _distribution(
    "gammaincinv",
    lambda x, a, y: 1 / gamma_density(a, x),
    lambda a, y: kernel("gamma_quantile", a, y),
    _POSITIVE,
    **_LEVEL,
)
gammainccinv = _distribution(
    "gammainccinv",
    lambda x, a, y: -1 / gamma_density(a, x),
    lambda a, y: kernel("gamma_quantile", a, 1 - y),
    _POSITIVE,
    **_LEVEL,
)
betaincinv = _distribution(
    "betaincinv",
    lambda x, a, b, y: 1 / beta_density(a, b, x),
    lambda a, b, y: kernel("beta_quantile", a, b, y),
    *_SHAPES,
    **_LEVEL,
)
