"""Python's branches: which were taken at the points looked at, and inputs that take the others.

A recording at a point notes every condition that code branched on. Where a condition compares two values, their
difference is a function of the inputs, and Newton's method on it leads across, from several starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from dualgrad.program.record import Condition, Equation, Program, Variable
from verify.clock import now
from verify.points.extremes import engine_floats
from verify.points.look import Look, Point, finite_value, sizes_at
from verify.points.sampling import random_points
from verify.question.generic import admits
from verify.question.problem import Array, Problem
from verify.question.recording import Recording, record, run_floats, with_inputs

SECONDS = 1.5  # for all branches of a check
STEPS = 8  # of Newton's method from each start
STARTS = 4
BEYOND = 0.25  # relative; how far behind the boundary a step aims
COMPARED = frozenset({"less", "less_equal", "greater", "greater_equal", "equal", "not_equal"})
TURNED = frozenset({"logical_not", "logical_and", "logical_or", "any", "all", "reshape", "copy", "astype", "getitem"})

Arrays = Mapping[int, Array]
Branch = tuple[str, bool]  # the line, and the outcome of the condition there


@dataclass
class Branches:
    """The branches met so far."""

    met: dict[Branch, None] = field(default_factory=dict)

    def take(self, seen: Look) -> None:
        """Note the branches of a recording at a point."""
        self.met.update((_branch(condition), None) for condition in seen.recording.trace.conditions)

    @property
    def open(self) -> list[Branch]:
        """The other sides of the branches that were met, as far as they were not."""
        return [(line, not outcome) for line, outcome in self.met if (line, not outcome) not in self.met]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not reached, in words."""
        lines = dict.fromkeys(line for line, _ in self.met)
        if not lines:
            return ()
        left = self.open
        listed = tuple(
            f"the condition at {line} was {'true' if not outcome else 'false'} at every tested point: the other branch "
            f"was not reached"
            for line, outcome in left
        )
        both = len(lines) - len(left)
        words = f"{both} of {len(lines)} conditions in Python were met both ways" if both else ""
        return (*((words,) if words else ()), *listed)


def other_branches(problem: Problem, seen: Branches, deadline: float) -> Iterator[Point]:
    """Points that take branches which were not met, as far as they are found in time. ``seen`` may grow meanwhile."""
    until = min(deadline, now() + SECONDS)
    for branch in seen.open:
        starts = [problem.arrays, *(point.arrays for point in random_points(problem, range(4000, 4000 + STARTS - 1)))]
        for start in starts:
            if branch in seen.met or now() > until:
                break
            found = _across(problem, branch, start, until)
            if found is not None:
                yield Point(f"a point of the other branch at {branch[0]}", found)


def _branch(condition: Condition) -> Branch:
    return condition.line, condition.outcome


def _across(problem: Problem, branch: Branch, start: Arrays, until: float) -> Arrays | None:
    """Inputs that take a branch, by Newton's method on the margin of its condition."""
    arrays = dict(start)
    for _ in range(STEPS):
        if now() > until or not finite_value(problem, arrays):
            return None
        recording = record(problem, arrays, None)
        taken = [_branch(condition) for condition in recording.trace.conditions]
        if branch in taken:
            return arrays if _usable(problem, arrays) else None
        stepped = _stepped(problem, recording, branch, arrays)
        if stepped is None:
            return None
        arrays = stepped
    return None


def _usable(problem: Problem, arrays: Arrays) -> bool:
    inside = all(admits(problem.domain.get(place, "real"), array) for place, array in arrays.items())
    return inside and finite_value(problem, arrays)


def _stepped(problem: Problem, recording: Recording, branch: Branch, arrays: Arrays) -> dict[int, Array] | None:
    """One step towards the boundary and beyond, from the condition at the branch's line that is nearest to it."""
    steps = [
        step
        for condition in recording.trace.conditions
        if condition.line == branch[0]
        for pair in _compared(recording, condition)
        if (step := _newton(problem, recording, pair, arrays)) is not None
    ]
    return min(steps, key=lambda step: _length(step, arrays)) if steps else None


def _length(step: Arrays, arrays: Arrays) -> float:
    return float(sum(np.sum((step[place] - arrays[place]) ** 2) for place in arrays))


def _compared(recording: Recording, condition: Condition) -> Iterator[Equation]:
    """The comparisons that a condition is made of."""
    made = {equation.output: equation for equation in recording.trace.equations}
    waiting = [condition.operand]
    while waiting:
        operand = waiting.pop()
        equation = made.get(operand) if isinstance(operand, Variable) else None
        if equation is not None and equation.op.name in COMPARED:
            yield equation
        elif equation is not None and equation.op.name in TURNED:
            waiting.extend(equation.inputs)


def _newton(problem: Problem, recording: Recording, pair: Equation, arrays: Arrays) -> dict[int, Array] | None:
    """The inputs moved so that the two sides of a comparison change places, to first order."""
    moving = [place for place in problem.moving if place in arrays and place not in problem.drawn]
    wrt = [recording.inputs[place] for place in moving]
    inputs, sizes = with_inputs(recording, dict(arrays)), sizes_at(recording, Point("", arrays))
    everything = replace(_whole(recording), outputs=pair.inputs)
    left, right = (float(np.sum(side)) for side in run_floats(everything, inputs, sizes))
    slopes = [engine_floats(replace(everything, outputs=(side,)), wrt, inputs, sizes) for side in pair.inputs]
    margin = left - right
    slope = [a - b for a, b in zip(*slopes, strict=True)]
    square = float(sum(np.sum(part**2) for part in slope))
    if not (np.isfinite(margin) and 0 < square < np.inf):
        return None
    aim = margin + np.copysign(BEYOND * max(abs(margin), 1e-3 * max(abs(left), abs(right), 1e-3)), margin)
    if pair.op.name in ("equal", "not_equal"):
        aim = margin
    moved = dict(arrays)
    for place, part in zip(moving, slope, strict=True):
        moved[place] = np.asarray(arrays[place] - aim / square * part, dtype=arrays[place].dtype)
    return moved if all(np.isfinite(array).all() for array in moved.values()) else None


def _whole(recording: Recording) -> Program:
    """All that was recorded, of f and of the candidate."""
    trace = recording.trace
    return Program("margins", recording.wrt, tuple(trace.equations), (), dict(trace.captured))
