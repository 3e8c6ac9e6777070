"""One rule of an op, applied: what a cotangent of its result is to one operand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dualgrad.op import Complex, Op


def pull(op: Op, slot: int, g: Any, y: Any, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """The cotangent of one operand, not yet un-broadcast; None where the op has no derivative in it.

    A cotangent is ∂L/∂Re y + i ∂L/∂Im y. So the rule of an analytic op, which holds for real numbers, meets it
    conjugated: here, and in no rule.
    """
    if g.dtype.kind == "c" and op.complex is not Complex.ADJOINT:
        if op.complex is Complex.REFUSED:
            raise TypeError(no_complex(op))
        pulled = _ruled(op, slot, np.conjugate(g), y, inputs, params)
        return None if pulled is None else np.conjugate(pulled)
    return _ruled(op, slot, g, y, inputs, params)


def no_complex(op: Op) -> str:
    """What is said where an op of real numbers is to be differentiated in complex ones."""
    return (
        f"dualgrad.{op.name}: its derivative is known for real operands only, and it was given complex ones; "
        f"apply it to their real and imaginary parts, or declare the op with complex=Complex.ANALYTIC where it is"
    )


def _ruled(op: Op, slot: int, g: Any, y: Any, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    if op.partials:
        return scaled(g, op.partials[slot], y, inputs, params)
    if op.variadic:
        rule = op.vjp[0]
        return None if rule is None else rule(g, y, *inputs, slot=slot, **params)
    rule = op.vjp[slot]
    return None if rule is None else rule(g, y, *inputs, **params)


def scaled(g: Any, partial: Any, y: Any, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """``g`` times a partial derivative; a constant one of 1 or -1 costs no product."""
    factor = partial(y, *inputs, **params) if callable(partial) else partial
    return None if factor is None else scaled_by(g, factor)


def scaled_by(g: Any, factor: Any) -> Any:
    """``g`` times a partial derivative that is known."""
    if type(factor) is int and (factor == 1 or factor == -1):
        return g if factor == 1 else -g
    return g * factor
