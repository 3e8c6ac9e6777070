"""Arrays of a gradient program that may be adjoints of the function's: by their values at a point, and to be proved."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dualgrad.program.record import Variable
from verify.points.extremes import engine_adjoints
from verify.points.look import Point, sizes_at
from verify.question.problem import Array, Problem
from verify.question.recording import Recording, float_values, with_inputs

NEAR = 2.0**-24  # of the largest element: roundings differ, and what is not an adjoint differs by more
LARGEST = 4096  # entries of the arguments together


def likely(problem: Problem, recording: Recording) -> Mapping[Variable, tuple[Variable, ...]] | None:
    """For arrays of f those of the gradient program with the values of their adjoint at the given arguments.

    None where the programs do not run there, or say nothing of one another.
    """
    forward, gradient = recording.forward, recording.gradient
    if problem.kind != "grad" or forward is None or gradient is None:
        return None
    if sum(array.size for array in problem.arrays.values()) > LARGEST:
        return None
    point = Point("", problem.arrays)
    wide = {p: array.astype(np.float64) if array.dtype.kind == "f" else array for p, array in problem.arrays.items()}
    inputs, sizes = with_inputs(recording, wide), sizes_at(recording, point)
    try:
        values = float_values(gradient, inputs, sizes)
        adjoints = engine_adjoints(forward, [recording.inputs[place] for place in problem.wrt], inputs, sizes)
    except Exception:  # whatever a program does at these numbers: pairs are then looked for among all
        return None
    own = {equation.output for equation in forward.equations}
    computed = [equation.output for equation in gradient.equations if equation.output not in own]
    found = {
        variable: tuple(other for other in computed if _near(np.asarray(values[other]), adjoint))
        for variable, adjoint in adjoints.items()
        if adjoint.any()  # all of what is dead has the values of what is not there
    }
    return found if any(found.values()) else None


def _near(value: Array, adjoint: Array) -> bool:
    if value.shape != adjoint.shape or value.dtype.kind != "f":
        return False
    return bool((np.abs(value - adjoint) <= NEAR * np.max(np.abs(adjoint), initial=0.0)).all())
