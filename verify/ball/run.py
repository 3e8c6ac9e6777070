"""One run of a program in balls: the lists computed so far, and what could not be decided or lay on a boundary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from flint import arb

from dualgrad.program.record import Literal, SizeOf, Variable
from dualgrad.program.size import evaluate
from verify.ball.literals import literal

if TYPE_CHECKING:
    from verify.ball.steps import Argument, Link, Step

Balls = list[arb]
ZERO = arb(0)  # by identity: nothing was added here, so nothing is multiplied either


class Mark(NamedTuple):
    """An element of a step where a guard is on its boundary, or cannot be decided at this precision."""

    kind: str  # "boundary" or "undecided"
    node: int
    element: int
    value: arb
    flat: bool = False  # on its boundary, and the direction does not say which side it leaves to


@dataclass(slots=True)
class Run:
    """State of one evaluation. ``tangents`` are there when sides of boundaries are chosen by a direction."""

    inputs: Mapping[Variable, Balls]
    sizes: Mapping[str, int]
    active: bytearray  # by node: whether it changes with what is differentiated
    literals: str = "exact"
    tangents: list[Balls | None] | None = None
    values: list[Balls] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    kept: dict[int, list[Link]] = field(default_factory=dict)
    winners: dict[int, list[int]] = field(default_factory=dict)

    def given(self, key: object) -> Balls:
        """The balls of an input or captured array, a literal or a size."""
        if isinstance(key, Variable):
            if key not in self.inputs:
                raise KeyError(f"verify.ball: no value is given for {key}; pass an array for every input")
            return self.inputs[key]
        if isinstance(key, Literal):
            return [literal(key.value, self.literals)]
        assert isinstance(key, SizeOf)
        return [arb(evaluate(key.extent, self.sizes))]

    def read(self, argument: Argument) -> Balls:
        """An argument's balls, one for every element that reads it."""
        balls = self.values[argument.node]
        return balls if argument.take is None else [balls[place] for place in argument.take]

    def is_active(self, node: int) -> bool:
        """Whether a step changes with what is differentiated."""
        return bool(self.active[node])

    def links(self, step: Step) -> list[Link]:
        """The links of a step, computed once."""
        if step.node not in self.kept:
            self.kept[step.node] = list(step.links(self))
        return self.kept[step.node]

    def side(self, node: int, argument: Argument, element: int, value: arb) -> int | None:
        """The sign of a guarded value, on a boundary that of its change along the direction; None if undecided."""
        if value > 0:
            return 1
        if value < 0:
            return -1
        if not value.is_zero():
            self.marks.append(Mark("undecided", node, element, value))
            return None
        if not self.is_active(argument.node):
            return 0
        change = ZERO if self.tangents is None else self.change(argument, element)
        side = 1 if change > 0 else -1 if change < 0 else 0
        self.marks.append(Mark("boundary", node, element, value, self.tangents is not None and side == 0))
        return side

    def change(self, argument: Argument, element: int) -> arb:
        """The tangent of an argument's element along the direction."""
        assert self.tangents is not None
        tangent = self.tangents[argument.node]
        return ZERO if tangent is None else tangent[element if argument.take is None else argument.take[element]]
