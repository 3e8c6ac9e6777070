"""Ops on complex arrays of a recording, as real ops on their parts.

Linear ops apply to both parts, products are multiplied out, and functions go by their real and imaginary parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dualgrad.conjugate import is_complex
from dualgrad.frontends.complex_functions import FUNCTIONS, multiplied
from dualgrad.frontends.complex_matrices import MATRICES, TRANSFORMS
from dualgrad.frontends.complex_parts import is_zero, like, paired, parts
from dualgrad.frontends.pairs import Pair
from dualgrad.op import Op, bind
from dualgrad.shapes import rank

# Of all array operands together; and of each by itself, with the others fixed.
_LINEAR = frozenset(
    "add subtract negative positive copy sum mean cumsum reshape transpose broadcast_to getitem setitem put take "
    "put_at set_at concatenate diagonal diag tril triu zeros_like".split()
)
_OWN = {**FUNCTIONS, **MATRICES, **TRANSFORMS}
_TO_COMPLEX = frozenset({*TRANSFORMS, "wofz"})  # of real numbers, too
_PRODUCTS = frozenset("multiply matmul einsum convolve".split())


def is_for_pairs(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> bool:
    """Whether an op on real arrays and numbers is one on complex ones: by an operand, or by what it makes."""
    if op.name in _TO_COMPLEX or any(type(value) in (complex, Pair) or is_complex(value) for value in inputs):
        return True
    if op.name == "astype":
        return bool(np.dtype(params["dtype"]).kind == "c")
    takes_numbers = op.name in ("full_like", "power_constant")
    return takes_numbers and any(isinstance(value, complex) for value in params.values())


def apply(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """The op on operands of which some are complex."""
    own = _OWN.get(op.name)
    if own is not None:
        return own(*inputs, **params)
    pairs = [parts(value) for value in inputs]
    if op.name in _LINEAR:
        return paired(*(_on_side(op, pairs, params, side) for side in (0, 1)))
    if op.name in _PRODUCTS:
        return multiplied(op, pairs, params)
    array = next(value for value in inputs if isinstance(value, Pair) or hasattr(value, "__refuse__"))
    return array.__refuse__(
        f"dualgrad.{op.name} of complex numbers cannot be recorded; write it with real and imaginary parts"
    )


Pair.apply.append(apply)


def _on_side(op: Op, pairs: Sequence[tuple[Any, Any]], params: Mapping[str, Any], side: int) -> Any:
    """A linear op on the parts of one side."""
    chosen = [pair[side] for pair in pairs]
    if all(map(is_zero, chosen)):
        return 0.0
    if op.variadic:
        chosen = [
            like(part, pair[1 - side]) if not rank(part) else part for part, pair in zip(chosen, pairs, strict=True)
        ]
    return bind(op, chosen, params)
