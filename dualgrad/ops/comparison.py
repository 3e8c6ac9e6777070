"""Comparisons and other steps: their derivative is zero off the boundary, and no gradient flows through them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.op import Call, pointwise
from dualgrad.program.entry import Entry, kernel, positive, select, zero
from dualgrad.samples import Draw, Sample, call, drawn, over

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


def _of_booleans(*operands: Any) -> Call:
    """``&``, ``|`` and ``~`` are ops on truth values only; on integers they work on bits."""
    for x in operands:
        if np.dtype(getattr(x, "dtype", type(x))) != np.bool_:
            raise TypeError(
                f"a bitwise operation on {getattr(x, 'dtype', type(x).__name__)} is not an op; compare first"
            )
    return Call(operands, {})


def _truths(draw: Draw) -> list[Sample]:
    return [call(draw(2, 3) > 0, draw(3) > 0), call(draw() > 0, draw(2) > 0)]


bitwise_and = pointwise(
    "bitwise_and",
    np.bitwise_and,
    [None, None],
    lambda x1, x2: x1 * x2,
    call=lambda x1, x2, /: _of_booleans(x1, x2),
    samples=drawn(_truths),
)
bitwise_or = pointwise(
    "bitwise_or",
    np.bitwise_or,
    [None, None],
    lambda x1, x2: x1 + x2 - x1 * x2,
    call=lambda x1, x2, /: _of_booleans(x1, x2),
    samples=drawn(_truths),
)
invert = pointwise(
    "invert",
    np.invert,
    [None],
    lambda x: 1 - x,
    call=lambda x, /: _of_booleans(x),
    samples=drawn(lambda draw: [call(draw(2, 3) > 0)]),
)
remainder = pointwise(
    "remainder",
    np.remainder,
    [lambda y, x1, x2: np.ones_like(y), lambda y, x1, x2: -np.floor(x1 / x2)],
    lambda x1, x2: x1 - x2 * kernel("floor", x1 / x2),
    aliases=("mod",),
    samples=over(_ANY, (0.5, 2.0)),
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
