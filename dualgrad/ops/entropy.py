"""Logarithms with factors, entropies, and losses of one residual."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.op import Kink, pointwise
from dualgrad.program.entry import Entry, Power, kernel, positive, select
from dualgrad.samples import over

_ANY = (-2.0, 2.0)
_POSITIVE = (0.1, 3.0)


def _log(x: Entry) -> Entry:
    return kernel("log", x)


def _ratio(x: Any, y: Any) -> Any:
    """x / y, and 0 for any y where x is 0: there the function does not depend on y."""
    vanishes = np.equal(x, 0)
    return np.where(vanishes, 0, x / np.where(vanishes, 1, y))


def _logarithm(y: Any, gone: Any) -> Any:
    return np.where(gone, 0, np.log(np.where(gone, 1, y)))


xlogy = pointwise(
    "xlogy",
    special("xlogy"),
    [lambda out, x, y: _logarithm(y, np.equal(x, 0) & np.equal(y, 0)), lambda out, x, y: _ratio(x, y)],
    lambda x, y: x * _log(y),
    domain="y > 0",
    kinks=(Kink("x = y = 0", "0", "xlogy(0, y) is 0 for every y, and PyTorch agrees"),),
    samples=over(_ANY, _POSITIVE),
)

xlog1py = pointwise(
    "xlog1py",
    special("xlog1py"),
    [lambda out, x, y: np.log1p(np.where(_both_gone(x, y), 0, y)), lambda out, x, y: _ratio(x, 1 + y)],
    lambda x, y: x * _log(1 + y),
    domain="y > -1",
    kinks=(Kink("x = 0, y = -1", "0", "xlog1py(0, y) is 0 for every y"),),
    samples=over(_ANY, (-0.9, 3.0)),
)


def _both_gone(x: Any, y: Any) -> Any:
    return np.equal(x, 0) & np.equal(y, -1)


entr = pointwise(
    "entr",
    special("entr"),
    [lambda out, x: -np.log(x) - 1],
    lambda x: -x * _log(x),
    domain="x > 0",
    kinks=(Kink("x = 0", "inf", "the one-sided derivative is unbounded"),),
    samples=over(_POSITIVE),
    ulps=16,
)

rel_entr = pointwise(
    "rel_entr",
    special("rel_entr"),
    [lambda out, x, y: np.log(x / y) + 1, lambda out, x, y: -_ratio(x, y)],
    lambda x, y: x * _log(x / y),
    domain="x > 0, y > 0",
    samples=over(_POSITIVE, _POSITIVE),
    ulps=16,
)

kl_div = pointwise(
    "kl_div",
    special("kl_div"),
    [lambda out, x, y: np.log(x / y), lambda out, x, y: (y - x) / y],
    lambda x, y: x * _log(x / y) - x + y,
    domain="x > 0, y > 0",
    samples=over(_POSITIVE, _POSITIVE),
    ulps=16,
)

logit = pointwise(
    "logit",
    special("logit"),
    [lambda y, x: 1 / (x * (1 - x))],
    lambda x: _log(x / (1 - x)),
    domain="0 < x < 1",
    samples=over((0.1, 0.9)),
)

# ---------------------------------------------------------------------------- losses


def _for_nonnegative(delta: Entry) -> Entry:
    """0, and no real number where delta < 0: there SciPy's functions are infinite."""
    return 0 * Power(delta, Fraction(1, 2))


def _huber(delta: Entry, r: Entry) -> Entry:
    size = select(positive(r), r, -r)
    return select(positive(size - delta), delta * (size - delta / 2), r**2 / 2) + _for_nonnegative(delta)


def _excess(out: Any, delta: Any, r: Any) -> Any:
    beyond = np.abs(r) - delta
    return np.where(beyond > 0, beyond, 0)


huber = pointwise(
    "huber",
    special("huber"),
    [_excess, lambda out, delta, r: np.where(np.abs(r) > delta, delta * np.sign(r), r)],
    _huber,
    domain="delta > 0",
    samples=over(_POSITIVE, _ANY),
)


def _root(delta: Any, r: Any) -> Any:
    return np.hypot(1, r / delta)


def _pseudo_huber_in_delta(out: Any, delta: Any, r: Any) -> Any:
    # 2 delta (root - 1) - r r / (delta root), as a square: the two are almost equal for r << delta.
    root = _root(delta, r)
    return delta * ((r / delta) ** 2 / (1 + root)) ** 2 / root


def _pseudo_huber(delta: Entry, r: Entry) -> Entry:
    return delta**2 * (Power(1 + (r / delta) ** 2, Fraction(1, 2)) - 1) + _for_nonnegative(delta)


pseudo_huber = pointwise(
    "pseudo_huber",
    special("pseudo_huber"),
    [_pseudo_huber_in_delta, lambda out, delta, r: r / _root(delta, r)],
    _pseudo_huber,
    domain="delta > 0",
    samples=over(_POSITIVE, _ANY),
    ulps=16,
)
