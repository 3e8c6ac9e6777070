"""What the engine's rule for one op does, recorded on arrays of its own: the instructions that a lemma is about.

The arrays hold no values and are the op's operands, its result and a cotangent (or a tangent), all different. A rule
that reads a value cannot be recorded so; one that reads a size is recorded for that size.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualgrad.engine.forward import push
from dualgrad.engine.operands import differentiable, operand
from dualgrad.engine.pulling import pull
from dualgrad.engine.spaces import project
from dualgrad.frontends.trace import Trace
from dualgrad.frontends.tracer import Cell, Tracer
from dualgrad.meanings import Unread
from dualgrad.op import Op
from dualgrad.program.record import Equation, Literal, Operand, Program, Shape, SizeOf, Variable
from dualgrad.program.size import Extent
from verify.lemma.pattern import canonical, pattern_of


class NoRecording(Exception):
    """A rule cannot be recorded without values; the message says why."""


@dataclass(frozen=True)
class Rule:
    """One op applied to arrays of its own, and what its rule does for each operand that it has one for.

    ``inputs`` are the arrays among the operands and, last, the cotangent of the result or the tangent of the operand.
    ``slots[k]`` is the program of operand k, whose one output is the cotangent of that operand, or the tangent of the
    result; None where the op has no rule. Every instance has ``sizes`` >= 0: the op asks for it.
    """

    equation: Equation
    inputs: tuple[Variable, ...]
    direction: Variable
    slots: tuple[Program | None, ...]
    sizes: tuple[Extent, ...] = ()  # what the op and its rule ask to be >= 0


def pulling(
    op: Op, operands: Sequence[Operand], params: Mapping[str, Any], values: Mapping[str, int], key: Hashable
) -> Rule:
    """The VJP of an op; ``values`` are the sizes of the dimensions, for what an op asks of them.

    ``key`` is the pattern that the op's equation must have: that of the equation which the rule is for.
    """
    run = _Run(op, operands, params, values, key)
    cotangent = run.array("g", run.equation.output.shape, run.equation.output.dtype)

    def rule(slot: int) -> Any:
        pulled = pull(op, slot, cotangent, run.result, run.given, params)
        return None if pulled is None else project(pulled, run.given[slot])

    return run.rule(cotangent, rule)


def pushing(
    op: Op, operands: Sequence[Operand], params: Mapping[str, Any], values: Mapping[str, int], key: Hashable
) -> list[Rule | None]:
    """The JVP of an op, one rule an operand, with a tangent of that operand's shape; None for one that cannot move."""
    found: list[Rule | None] = []
    for slot, moved in enumerate(operands):
        if not isinstance(moved, Variable) or moved.dtype.kind != "f":
            found.append(None)
            continue
        run = _Run(op, operands, params, values, key)
        tangent = run.array("t", moved.shape, moved.dtype)

        def rule(place: int, run: _Run = run, tangent: Tracer = tangent, slot: int = slot) -> Any:
            return run.like_result(push(op, slot, tangent, run.result, run.given, params)) if place == slot else None

        found.append(run.rule(tangent, rule))
    return found


def refuses(op: Op, slot: int) -> bool:
    """Whether the op says that it has no derivative in an operand, and raises where it is asked for one."""
    rules = op.partials or op.vjp
    return slot < len(rules) and isinstance(rules[slot], Unread)


class _Run:
    def __init__(
        self, op: Op, operands: Sequence[Operand], params: Mapping[str, Any], values: Mapping[str, int], key: Hashable
    ) -> None:
        self.op = op
        self.trace = Trace()
        self.trace.extents.values.update(values)
        self.inputs: list[Variable] = []
        self.given = [self._given(place, known) for place, known in enumerate(operands)]
        self.result = self._guarded(lambda: self.trace.record(op, self.given, params))
        self.equation = next(eq for eq in self.trace.equations if eq.output is self.result.operand)
        if canonical(pattern_of(self.equation, self.trace.extents.resolve)).key != key:
            raise NoRecording(f"{op.name} means something else by itself")

    def _given(self, place: int, known: Operand) -> Any:
        match known:
            case Variable():
                return self.array(f"x{place}", known.shape, known.dtype)
            case Literal(value):
                return operand(self.op, value)
            case SizeOf(extent):
                return self.trace.size_number(extent)

    def array(self, name: str, shape: Shape, dtype: np.dtype[Any]) -> Tracer:
        variable = Variable(name, shape, dtype)
        self.inputs.append(variable)
        return Tracer(self.trace, Cell(variable), None)

    def like_result(self, pushed: Any) -> Any:
        """A tangent in the shape of the result, as the engine leaves it."""
        extents: tuple[Extent, ...] = pushed.extents
        shape = self.equation.output.shape
        return pushed if extents == shape else np.broadcast_to(pushed, shape)  # type: ignore[arg-type]

    def rule(self, direction: Tracer, rule: Callable[[int], Any]) -> Rule:
        slots = [self._program(slot, rule) for slot in range(len(self.given))]
        found = direction.operand
        assert isinstance(found, Variable)
        sizes = tuple(extent - least for extent, least in self.trace.extents.conditions)
        return Rule(self.equation, tuple(self.inputs), found, tuple(slots), sizes)

    def _program(self, slot: int, rule: Callable[[int], Any]) -> Program | None:
        moves = self.equation.inputs[slot]
        if not isinstance(moves, Variable) or moves.dtype.kind != "f" or not differentiable(self.op, slot):
            return None
        if refuses(self.op, slot):
            return None
        found = self._guarded(lambda: rule(slot))
        return None if found is None else self.trace.program(f"slot {slot}", self.inputs, [found.operand])

    def _guarded(self, action: Callable[[], Any]) -> Any:
        """Run the op or its rule; whatever was not recorded faithfully, or not for every size, is no lemma."""
        try:
            found = action()
        except Exception as error:
            raise NoRecording(self._poison() or f"{type(error).__name__}: {error}") from error
        extents = self.trace.extents
        if self._poison():
            raise NoRecording(self._poison())
        if extents.leaks:
            raise NoRecording(f"it reads a size: {extents.leaks[0].how}")
        if extents.hypotheses:
            raise NoRecording(f"it needs sizes to agree: {', '.join(extents.hypotheses)}")
        return found

    def _poison(self) -> str:
        return self.trace.poison[0].reason if self.trace.poison else ""
