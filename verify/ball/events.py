"""Which guards were met on their boundary, or could not be decided, at a run."""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb

from dualgrad.program.record import Equation
from verify.ball.branches import Decision, Extreme
from verify.ball.layout import Layout
from verify.ball.run import Mark, Run


@dataclass(frozen=True, slots=True)
class Event:
    """A guard that a differential may not pass: on its boundary, undecided at this precision, or off the path.

    ``element`` is the multi-index of the equation's entry (with bound indices) at which it was met.
    """

    kind: str  # "boundary", "undecided" or "path"
    relation: str  # ">", "==", "max", "min", "floor"
    equation: Equation | None
    element: tuple[int, ...]
    value: arb
    flat: bool = False  # a direction was given and does not leave this boundary


def events(layout: Layout, run: Run) -> tuple[Event, ...]:
    """The events that what the program returns depends on; those in branches not taken are left out."""
    return (*_guards(layout, run), *_path(layout, run))


def _guards(layout: Layout, run: Run) -> list[Event]:
    if not run.marks:
        return []
    needed = _needed(layout, run)
    return [_event(layout, mark) for mark in run.marks if needed[mark.node][mark.element]]


def _event(layout: Layout, mark: Mark) -> Event:
    step = layout.steps[mark.node]
    assert isinstance(step, (Decision, Extreme))
    where = step.grid.coordinates()
    element = tuple(int(where[index][mark.element]) for index in step.grid.indices)
    equation = layout.program.equations[step.equation]
    return Event(mark.kind, step.relation, equation, element, mark.value, mark.flat)


def _needed(layout: Layout, run: Run) -> list[bytearray]:
    """Which elements of every step the outputs were computed from; a branch not taken is not among them."""
    needed = [bytearray(step.size) for step in layout.steps]
    for node in (*layout.outputs, *layout.conditions):
        needed[node] = bytearray(b"\1" * len(needed[node]))
    for step in reversed(layout.steps):
        here = needed[step.node]
        if any(here):
            for node, origin, target, _ in step.reads(run):
                targets = range(step.size) if target is None else target
                for place, read in zip(targets, range(len(targets)) if origin is None else origin, strict=True):
                    needed[node][read] |= here[place]
    return needed


def _path(layout: Layout, run: Run) -> list[Event]:
    left: list[Event] = []
    for condition, node in zip(layout.program.conditions, layout.conditions, strict=True):
        for element, ball in enumerate(run.values[node]):
            if not (ball - int(condition.outcome)).is_zero():
                left.append(Event("path", "==", None, (element,), ball))
    return left
