"""Comparisons and other steps: their derivative is zero off the boundary, and no gradient flows through them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.op import pointwise
from dualgrad.program.entry import Entry, kernel, positive, select, zero
from dualgrad.samples import over

_ANY = (-2.0, 2.0)
_PAIRS = over(_ANY, _ANY)


def _truth(x: Entry) -> Entry:
    return 1 - zero(x)


def _flat(y: Any, x: Any) -> Any:
    return np.zeros_like(x)


greater = pointwise(
    "greater", np.greater, [None, None], lambda x1, x2: positive(x1 - x2), aliases=("gt",), samples=_PAIRS
)
greater_equal = pointwise(
    "greater_equal",
    np.greater_equal,
    [None, None],
    lambda x1, x2: 1 - positive(x2 - x1),
    aliases=("ge",),
    samples=_PAIRS,
)
less = pointwise("less", np.less, [None, None], lambda x1, x2: positive(x2 - x1), aliases=("lt",), samples=_PAIRS)
less_equal = pointwise(
    "less_equal", np.less_equal, [None, None], lambda x1, x2: 1 - positive(x1 - x2), aliases=("le",), samples=_PAIRS
)
equal = pointwise("equal", np.equal, [None, None], lambda x1, x2: zero(x1 - x2), aliases=("eq",), samples=_PAIRS)
not_equal = pointwise(
    "not_equal", np.not_equal, [None, None], lambda x1, x2: 1 - zero(x1 - x2), aliases=("ne",), samples=_PAIRS
)
logical_not = pointwise("logical_not", np.logical_not, [None], zero, samples=over(_ANY))
logical_and = pointwise(
    "logical_and",
    np.logical_and,
    [None, None],
    lambda x1, x2: _truth(x1) * _truth(x2),
    samples=_PAIRS,
)
logical_or = pointwise(
    "logical_or",
    np.logical_or,
    [None, None],
    lambda x1, x2: 1 - zero(x1) * zero(x2),
    samples=_PAIRS,
)
sign = pointwise("sign", np.sign, [_flat], lambda x: positive(x) - positive(-x), samples=over(_ANY))
heaviside = pointwise(
    "heaviside",
    np.heaviside,
    [lambda y, x1, x2: np.zeros_like(x1), lambda y, x1, x2: np.equal(x1, 0)],
    lambda x1, x2: select(zero(x1), x2, positive(x1)),
    samples=_PAIRS,
)
floor = pointwise("floor", np.floor, [_flat], lambda x: kernel("floor", x), samples=over(_ANY))
ceil = pointwise("ceil", np.ceil, [_flat], lambda x: -kernel("floor", -x), samples=over(_ANY))
