"""Special functions. SciPy is imported when one is first run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.op import Op, pointwise
from dualgrad.program.entry import kernel
from dualgrad.samples import over


def _scipy(name: str) -> Callable[..., Any]:
    def forward(*args: Any) -> Any:
        from scipy import special

        return getattr(special, name)(*args)

    return forward


_TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)

erf = pointwise(
    "erf",
    _scipy("erf"),
    partials=[lambda y, x: _TWO_OVER_ROOT_PI * np.exp(-x * x)],
    meaning=lambda x: kernel("erf", x),
    ulps=200,  # the rounding error of x * x counts x * x times
    samples=over((-3.0, 3.0)),
)

erfc = pointwise(
    "erfc",
    _scipy("erfc"),
    partials=[lambda y, x: -_TWO_OVER_ROOT_PI * np.exp(-x * x)],
    meaning=lambda x: kernel("erfc", x),
    ulps=200,
    samples=over((-3.0, 3.0)),
)

gammaln = pointwise(
    "gammaln",
    _scipy("gammaln"),
    partials=[lambda y, x: digamma(x)],
    meaning=lambda x: kernel("gammaln", x),
    domain="x > 0",
    samples=over((0.2, 5.0)),
)


def _no_trigamma(y: Any, x: Any) -> Any:
    raise NotImplementedError("digamma: its derivative, trigamma, is not an op yet; differentiate gammaln only once")


digamma: Op = pointwise(
    "digamma",
    _scipy("digamma"),
    partials=[_no_trigamma],
    aliases=("psi",),
    meaning=lambda x: kernel("digamma", x),
    domain="x > 0",
    samples=over((0.2, 5.0)),
)
