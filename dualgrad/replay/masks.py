"""Choosing between entries and zero by their bits: see :mod:`dualgrad.choosing`."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.choosing import BITS, cleared
from dualgrad.replay.steps import Inner, Number, Operand, Step, Value


def kept_where(condition: Any, x: Any, out: Any = None) -> Any:
    """``np.where(condition, x, 0)`` for a bool condition and real floats.

    >>> kept_where(np.array([True, False]), np.array([2.0, np.nan]))
    array([2., 0.])
    """
    return cleared(np.negative(condition.view(np.int8)), x, out)


def kept_elsewhere(condition: Any, x: Any, out: Any = None) -> Any:
    """``np.where(condition, 0, x)``.

    >>> kept_elsewhere(np.array([True, False]), np.array([np.nan, 2.0]))
    array([0., 2.])
    """
    return cleared(np.subtract(condition.view(np.int8), 1), x, out)


KEPT_WHERE = Inner("kept_where", kept_where, writes=True)
KEPT_ELSEWHERE = Inner("kept_elsewhere", kept_elsewhere, writes=True)


def chosen(step: Step) -> tuple[Inner, tuple[Operand, ...]] | None:
    """How a choice between entries and zero is made; None where it is another choice."""
    condition, x, y = step.inputs
    if not isinstance(condition, Value) or condition.dtype != np.bool_ or step.output.number:
        return None
    for op, kept, other in ((KEPT_WHERE, x, y), (KEPT_ELSEWHERE, y, x)):
        plain = isinstance(kept, Value) and kept.dtype == step.output.dtype and step.output.dtype.kind == "f"
        if plain and step.output.dtype.itemsize in BITS and _is_zero(other):
            return op, (condition, kept)
    return None


def _is_zero(operand: Operand) -> bool:
    return isinstance(operand, Number) and bool(operand.value == 0) and not np.signbit(operand.value)
