"""Axes of size 1 that a function stretches over longer ones: that they are 1 is how it is called, and not a size."""

from __future__ import annotations

from collections.abc import Mapping

from dualgrad.op import Kind
from dualgrad.program.entry import Element
from dualgrad.program.record import Equation, Program, Variable

Axis = tuple[Variable, int]
_Traced = Mapping[Variable, tuple[frozenset[Axis], ...]]


def stretched(program: Program) -> frozenset[Axis]:
    """The axes of inputs that pointwise ops repeat along longer axes of other operands, moved and sliced or not."""
    found: frozenset[Axis] = frozenset()
    traced = {each: tuple(frozenset({(each, axis)}) for axis in range(len(each.shape))) for each in program.inputs}
    for equation in program.equations:
        out = equation.output
        if equation.op.kind is not Kind.POINTWISE and equation.op.name != "broadcast_to":
            traced[out] = _moved(equation, traced)
            continue
        reaching = [frozenset[Axis]()] * len(out.shape)
        for operand in equation.inputs:
            for back, axes in enumerate(reversed(_axes(operand, traced)), 1):
                if isinstance(operand, Variable) and operand.shape[-back] == 1 != out.shape[-back]:
                    found |= axes
                else:
                    reaching[-back] |= axes
        traced[out] = tuple(reaching)
    return found


def _moved(equation: Equation, traced: _Traced) -> tuple[frozenset[Axis], ...]:
    """The axes behind those of a result whose elements are elements of one operand: a transpose, a slice."""
    body, indices = equation.meaning.body, equation.meaning.indices
    if not isinstance(body, Element):
        return ()
    axes = _axes(equation.inputs[body.slot], traced)
    along = [{index for index, _ in place.terms} for place in body.position]
    return tuple(
        frozenset[Axis]().union(*(axis for axis, used in zip(axes, along, strict=False) if used == {index}))
        for index in indices
    )


def _axes(operand: object, traced: _Traced) -> tuple[frozenset[Axis], ...]:
    return traced.get(operand, ()) if isinstance(operand, Variable) else ()
