"""Functions in pieces: which piece applies is a guard, and within a piece the entry is copied or negated."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import dualgrad.choosing as choosing
from dualgrad.op import Call, Complex, Kind, Kink, Op, composed, dtype_of, pointwise, pointwise_meaning, structural
from dualgrad.program.entry import Entry, positive, select, zero
from dualgrad.samples import call, drawn, over

_ANY = (-2.0, 2.0)


def _piecewise(name: str, forward: Callable[..., Any], meaning: Callable[..., Entry], **fields: Any) -> Op:
    """Declare a pointwise selection: its rules choose cotangents, so that 0 * inf never arises."""
    return structural(
        name,
        Kind.SELECTION,
        forward=forward,
        dtype=dtype_of(forward),
        meaning=lambda sizes, *shapes: pointwise_meaning(sizes, shapes, meaning),
        **fields,
    )


absolute = pointwise(
    "absolute",
    np.absolute,
    partials=[lambda y, x: np.sign(x)],
    complex=Complex.ADJOINT,
    meaning=lambda x: select(positive(x), x, -x),
    aliases=("abs", "fabs"),
    numpy=(np.absolute, np.fabs),
    kinks=(Kink("x = 0", "0", "the middle of [-1, 1], and PyTorch and HIPS agree"),),
    samples=over(_ANY),
)

relu = _piecewise(
    "relu",
    lambda x: np.maximum(x, 0),
    lambda x: select(positive(x), x, 0),
    call=lambda x, /: Call((x,), {}),
    vjp=[lambda g, y, x: choosing.where(x > 0, g)],
    jvp=[lambda t, y, x: choosing.where(x > 0, t)],
    kinks=(Kink("x = 0", "0", "PyTorch and JAX agree; the gradient of a unit that is off"),),
    samples=over(_ANY),
    doc="max(x, 0), entry by entry.",
)

where = _piecewise(
    "where",
    np.where,
    lambda condition, x, y: select(1 - zero(condition), x, y),
    call=lambda condition, x, y, /: Call((condition, x, y), {}),
    vjp=[
        None,
        lambda g, out, condition, x, y: choosing.where(condition, g),
        lambda g, out, condition, x, y: choosing.elsewhere(condition, g),
    ],
    jvp=[
        None,
        lambda t, out, condition, x, y: choosing.where(condition, t),
        lambda t, out, condition, x, y: choosing.elsewhere(condition, t),
    ],
    numpy=(np.where,),
    complex=Complex.ADJOINT,
    samples=drawn(
        lambda draw: [
            call(draw(3) > 0, draw(3), draw(3)),
            call(draw(2, 1) > 0, draw(3), draw()),
            call(draw(2, 3) > 0, draw(1), draw(2, 1)),
            call(draw(0) > 0, draw(1), draw(0)),
            call(np.array([0.0, 2.0]), draw(2), draw(2)),
        ]
    ),
)


def _share(wins: Callable[[Any, Any], Any], slot: int, g: Any, y: Any, x1: Any, x2: Any) -> Any:
    mine, other = (x1, x2) if slot == 0 else (x2, x1)
    return np.where(wins(mine, other), g, np.where(np.equal(mine, other), 0.5 * g, 0))


def _beats(wins: np.ufunc) -> Callable[[Any, Any], Any]:
    """As ``wins``, and any number beats NaN."""
    return lambda mine, other: np.logical_or(wins(mine, other), np.not_equal(other, other))


def _extremum(name: str, ufunc: np.ufunc, wins: Callable[[Any, Any], Any], meaning: Callable[..., Entry]) -> Op:
    rules = [partial(_share, wins, slot) for slot in (0, 1)]
    return _piecewise(
        name,
        ufunc,
        meaning,
        call=lambda x1, x2, /: Call((x1, x2), {}),
        vjp=rules,
        jvp=rules,
        numpy=(ufunc,),
        kinks=(Kink("x1 = x2", "a half each", "the weights sum to 1, so any direction along the tie is exact"),),
        samples=over(_ANY, _ANY),
    )


maximum = _extremum("maximum", np.maximum, np.greater, lambda x1, x2: select(positive(x1 - x2), x1, x2))
minimum = _extremum("minimum", np.minimum, np.less, lambda x1, x2: select(positive(x2 - x1), x1, x2))
fmax = _extremum("fmax", np.fmax, _beats(np.greater), lambda x1, x2: select(positive(x1 - x2), x1, x2))
fmin = _extremum("fmin", np.fmin, _beats(np.less), lambda x1, x2: select(positive(x2 - x1), x1, x2))


@composed(np.clip, method="clip")
def clip(a: Any, a_min: Any = None, a_max: Any = None) -> Any:
    """``a`` limited to ``[a_min, a_max]``; None is no limit.

    >>> clip(np.array([-1.0, 0.5, 9.0]), 0, 1)
    array([0. , 0.5, 1. ])
    """
    if a_min is not None:
        a = maximum(a, a_min)
    return a if a_max is None else minimum(a, a_max)
