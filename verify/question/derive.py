"""Recording what :mod:`verify.question.kinds` asks about: from the recorded f, by the engine's backward pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dualgrad.frontends.trace import Trace
from dualgrad.frontends.tracer import Cell, Tracer
from dualgrad.op import bind
from dualgrad.program.record import Literal, Operand, Program, SizeOf, Variable
from verify.question.kinds import ON_A_GRADIENT, Derived
from verify.question.own import engine_gradient


@dataclass(frozen=True)
class Stages:
    """What was recorded: the function of the question and, where it is made of a gradient, of what that is one."""

    forward: list[Any]
    base: list[Any]  # what is differentiated first; empty where nothing is
    gradient: list[Any]


def stages(trace: Trace, asked: Derived, function: Program, tracers: Mapping[int, Tracer]) -> Stages:
    """Record what the question is about, on the trace and the inputs of f."""
    again = replayed(trace, function)
    cotangents = [tracers[place] for place in asked.cotangents]
    for out, cotangent in zip(function.outputs, cotangents, strict=bool(cotangents)):
        _of_one_shape(trace, out, cotangent)

    def paired(*inputs: Any) -> tuple[Any, ...]:
        found = again(*inputs)
        return (_inner(found, cotangents),) if cotangents else found

    inputs = list(tracers.values())
    if asked.kind not in ON_A_GRADIENT:
        return Stages(list(paired(*inputs)), [], [])
    places = list(tracers)
    gradient = list(engine_gradient(paired, [places.index(position) for position in asked.by])(*inputs))
    tangents = [tracers[place] for place in asked.tangents]
    return Stages([_inner(gradient, tangents)] if tangents else gradient, list(paired(*inputs)), gradient)


def _inner(found: Sequence[Any], directions: Sequence[Any]) -> Any:
    """Σ ⟨direction, array⟩."""
    total: Any = 0.0
    for array, direction in zip(found, directions, strict=True):
        total = total + (array * direction).sum()
    return total


def _of_one_shape(trace: Trace, out: Operand, cotangent: Tracer) -> None:
    """A cotangent is never broadcast: its axes are those of its output."""
    for mine, other in zip(trace.shape(out), cotangent.extents, strict=True):
        trace.extents.same(mine, other, "a cotangent")


def replayed(trace: Trace, program: Program) -> Callable[..., tuple[Any, ...]]:
    """The program as a function of its inputs, on tracers or on the engine's tensors around them."""

    def run(*inputs: Any) -> tuple[Any, ...]:
        values: dict[Any, Any] = dict(zip(program.inputs, inputs, strict=True))
        for variable, array in program.captured.items():
            values[variable] = Tracer(trace, Cell(variable), array if trace.concrete else None)
        for equation in program.equations:
            operands = [_operand(trace, values, operand) for operand in equation.inputs]
            claimed = any(hasattr(type(operand), "__bind_rank__") for operand in operands)
            apply = bind if claimed else trace.record  # np.zeros(n) has no traced operand
            values[equation.output] = apply(equation.op, operands, equation.params)
        return tuple(_operand(trace, values, operand) for operand in program.outputs)

    return run


def _operand(trace: Trace, values: Mapping[Variable, Any], operand: Operand) -> Any:
    match operand:
        case Literal(value):
            return value
        case SizeOf(extent):
            return trace.size_number(extent)
    return values[operand]
