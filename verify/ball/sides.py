"""On which side of its guards a program is at a point: what hard points are searched by."""

from __future__ import annotations

import numpy as np
from flint import arb
from numpy.typing import NDArray

from dualgrad.program.record import Program
from verify.ball.branches import Decision, Extreme, Floor
from verify.ball.precision import working_precision
from verify.ball.read import Inputs, Sizes, laid_out
from verify.ball.sweep import forward

PRECISION = 128
UNKNOWN = 9


def sides(program: Program, inputs: Inputs, sizes: Sizes) -> NDArray[np.int64]:
    """One number for every element of every guard: the sign of its value, or which element is the extreme."""
    layout = laid_out(program, sizes)
    with working_precision(PRECISION):
        run = forward(layout, inputs, (), "exact")
        found: list[int] = []
        for step in layout.steps:
            if isinstance(step, Floor):
                found += [int(float(ball)) if ball.is_exact() else UNKNOWN for ball in run.values[step.node]]
            elif isinstance(step, Decision):
                found += map(_sign, run.read(step.args[0]))
            elif isinstance(step, Extreme):
                found += run.winners[step.node]
    return np.array(found, dtype=np.int64)


def equality_sides(program: Program, inputs: Inputs, sizes: Sizes) -> NDArray[np.int64]:
    """For every element of every test for equality, the sign of the difference; 0 where it holds."""
    layout = laid_out(program, sizes)
    with working_precision(PRECISION):
        run = forward(layout, inputs, (), "exact")
        tests = [step for step in layout.steps if isinstance(step, Decision) and step.relation == "=="]
        return np.array([_sign(ball) for step in tests for ball in run.read(step.args[0])], dtype=np.int64)


def signs_by_guard(program: Program, inputs: Inputs, sizes: Sizes) -> list[frozenset[int]]:
    """For every guard "> 0", in the order of the program, the signs that its values have over its elements."""
    layout = laid_out(program, sizes)
    with working_precision(PRECISION):
        run = forward(layout, inputs, (), "exact")
        return [
            frozenset(map(_sign, run.read(step.args[0])))
            for step in layout.steps
            if isinstance(step, Decision) and step.relation == ">"
        ]


def _sign(value: arb) -> int:
    return 1 if value > 0 else -1 if value < 0 else 0 if value.is_zero() else UNKNOWN
