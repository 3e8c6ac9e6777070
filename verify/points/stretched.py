"""Axes of size 1 that a function stretches over longer ones: that they are 1 is how it is called, and not a size."""

from __future__ import annotations

from collections.abc import Mapping

from dualgrad.op import Kind
from dualgrad.program.record import Program, Variable

Axis = tuple[Variable, int]
_Traced = Mapping[Variable, tuple[frozenset[Axis], ...]]


def stretched(program: Program) -> frozenset[Axis]:
    """The axes of inputs that pointwise ops repeat along longer axes of other operands."""
    found: frozenset[Axis] = frozenset()
    traced = {each: tuple(frozenset({(each, axis)}) for axis in range(len(each.shape))) for each in program.inputs}
    for equation in program.equations:
        if equation.op.kind is not Kind.POINTWISE and equation.op.name != "broadcast_to":
            continue
        out = equation.output
        reaching = [frozenset[Axis]()] * len(out.shape)
        for operand in equation.inputs:
            for back, axes in enumerate(reversed(_axes(operand, traced)), 1):
                if isinstance(operand, Variable) and operand.shape[-back] == 1 != out.shape[-back]:
                    found |= axes
                else:
                    reaching[-back] |= axes
        traced[out] = tuple(reaching)
    return found


def _axes(operand: object, traced: _Traced) -> tuple[frozenset[Axis], ...]:
    return traced.get(operand, ()) if isinstance(operand, Variable) else ()
