"""Rounding, whose derivative is zero between steps, and signs taken from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.op import Op, composed, pointwise
from dualgrad.program.entry import Entry, kernel, positive, select, zero
from dualgrad.samples import over

_ANY = (-2.0, 2.0)


def _step(name: str, forward: np.ufunc, meaning: Callable[..., Entry], *numpy: Any) -> Op:
    return pointwise(
        name, forward, [lambda y, x: np.zeros_like(x)], meaning, samples=over(_ANY), numpy=(forward, *numpy)
    )


def _towards_zero(x: Entry) -> Entry:
    return select(positive(x), kernel("floor", x), -kernel("floor", -x))


trunc = _step("trunc", np.trunc, _towards_zero, np.fix)


def _half_to_even(x: Entry) -> Entry:
    """floor(x + 1/2), less 1 where x is half way and that is odd."""
    above = kernel("floor", x + Fraction(1, 2))
    odd = above - 2 * kernel("floor", above * Fraction(1, 2))
    return above - zero(x + Fraction(1, 2) - above) * odd


rint = _step("rint", np.rint, _half_to_even)

copysign = pointwise(
    "copysign",
    np.copysign,
    [lambda y, x1, x2: np.copysign(np.ones_like(y), x2) * np.sign(x1), lambda y, x1, x2: np.zeros_like(x2)],
    # x2 / x2: a zero has a sign in floats and none here, so that a result of it has no meaning.
    lambda x1, x2: select(positive(x1), x1, -x1) * (2 * positive(x2) - 1) * (x2 / x2),
    domain="x2 != 0",
    samples=over(_ANY, _ANY),
)

floor_divide = pointwise(
    "floor_divide",
    np.floor_divide,
    [lambda y, x1, x2: np.zeros_like(y), lambda y, x1, x2: np.zeros_like(y)],
    lambda x1, x2: kernel("floor", x1 / x2),
    domain="x2 != 0",
    samples=over(_ANY, (0.5, 2.0)),
)

fmod = pointwise(
    "fmod",
    np.fmod,
    [1, lambda y, x1, x2: -np.trunc(x1 / x2)],
    lambda x1, x2: x1 - x2 * _towards_zero(x1 / x2),
    domain="x2 != 0",
    samples=over(_ANY, (0.5, 2.0)),
)


@composed(np.modf)
def modf(x: Any, /) -> tuple[Any, Any]:
    """The fractional part, which moves with x, and the whole part, which does not; both have the sign of x.

    >>> modf(np.array([1.25, -0.5]))
    (array([ 0.25, -0.5 ]), array([ 1., -0.]))
    """
    whole = trunc(x)
    return fmod(x, np.ones_like(x)), whole


@composed(np.divmod)
def divmod(x1: Any, x2: Any, /) -> tuple[Any, Any]:
    """The quotient rounded down, and the remainder.

    >>> divmod(np.array([7.5]), 2.0)
    (array([3.]), array([1.5]))
    """
    return floor_divide(x1, x2), np.remainder(x1, x2)


@composed(np.round, np.around)
def round(a: Any, decimals: int = 0) -> Any:
    """The nearest numbers with so many decimals; the derivative is zero.

    >>> round(np.array([1.25, 2.71]), 1)
    array([1.2, 2.7])
    """
    scale = 10.0**decimals
    return rint(a) if decimals == 0 else rint(a * scale) / scale
