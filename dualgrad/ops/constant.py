"""Arrays of one value in the shape of another array."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.op import Call, pointwise
from dualgrad.program.entry import Entry, Number
from dualgrad.samples import call, drawn, over


def _filled(x: Entry, fill_value: Any) -> Entry:
    return Number(Fraction(np.asarray(fill_value).item()))


zeros_like = pointwise(
    "zeros_like",
    np.zeros_like,
    [None],
    lambda x: Number(Fraction(0)),
    numpy=(np.zeros_like, np.empty_like),
    samples=over((-2.0, 2.0)),
)

ones_like = pointwise(
    "ones_like",
    np.ones_like,
    [None],
    lambda x: Number(Fraction(1)),
    numpy=(np.ones_like,),
    samples=over((-2.0, 2.0)),
)

full_like = pointwise(
    "full_like",
    np.full_like,
    [None],
    _filled,
    call=lambda a, fill_value, /: Call((a,), {"fill_value": fill_value}),
    numpy=(np.full_like,),
    samples=drawn(lambda draw: [call(draw(2, 3), 0.5), call(draw(), 2.0)]),
)
