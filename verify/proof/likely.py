"""Arrays of a gradient program that may be adjoints of the function's: by their values at a point, and to be proved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np

from dualgrad.program.record import Variable
from verify.points.extremes import engine_adjoints
from verify.points.look import Point, sizes_at
from verify.points.sampling import random_points
from verify.question.problem import Array, Problem
from verify.question.recording import Recording, float_values, with_inputs

NEAR = 2.0**-24  # of the largest element: roundings differ, and what is not an adjoint differs by more
LARGEST = 4096  # entries of the arguments together
POINTS = 4  # at most, where adjoints are 0


def likely(problem: Problem, recording: Recording) -> Mapping[Variable, tuple[Variable, ...]] | None:
    """For arrays of f those of the gradient program with the values of their adjoint, wherever that is not 0.

    That is looked at for the given arguments; where an adjoint is 0 there, as behind a guard that is closed, or has the
    values of several, at others.

    None where the programs do not run there, or say nothing of one another.
    """
    forward, gradient = recording.forward, recording.gradient
    if problem.kind != "grad" or forward is None or gradient is None:
        return None
    if sum(array.size for array in problem.arrays.values()) > LARGEST:
        return None
    own = {equation.output for equation in forward.equations}
    computed = [equation.output for equation in gradient.equations if equation.output not in own]
    found: dict[Variable, tuple[Variable, ...]] = {}
    for arrays in islice(_points(problem), POINTS):
        try:
            adjoints, values = _run(problem, recording, arrays)
        except Exception:  # whatever a program does at these numbers: pairs are then looked for among all
            continue
        for variable, adjoint in adjoints.items():
            if adjoint.any() and np.isfinite(adjoint).all():  # all that is dead has the values of what is not there
                left = found.get(variable, computed)
                found[variable] = tuple(other for other in left if _near(np.asarray(values[other]), adjoint))
        if adjoints.keys() == found.keys() and all(len(others) < 2 for others in found.values()):
            break
    return found if any(found.values()) else None


def _points(problem: Problem) -> Iterator[Mapping[int, Array]]:
    """The given arguments, and others of their shapes; of numbers that are not negative few guards are closed."""
    yield problem.arrays
    for point in random_points(problem, range(POINTS)):
        yield {p: np.abs(array) if array.dtype.kind == "f" else array for p, array in point.arrays.items()}
        yield point.arrays


def _run(
    problem: Problem, recording: Recording, arrays: Mapping[int, Array]
) -> tuple[dict[Variable, Array], dict[Variable, Array]]:
    """The adjoints of f's variables, and the values of the gradient program's, at these arguments."""
    forward, gradient = recording.forward, recording.gradient
    assert forward is not None and gradient is not None
    wide = {p: array.astype(np.float64) if array.dtype.kind == "f" else array for p, array in arrays.items()}
    inputs, sizes = with_inputs(recording, wide), sizes_at(recording, Point("", arrays))
    values = float_values(gradient, inputs, sizes)
    wrt = [recording.inputs[place] for place in problem.wrt]
    return engine_adjoints(forward, wrt, inputs, sizes), values


def _near(value: Array, adjoint: Array) -> bool:
    if value.shape != adjoint.shape or value.dtype.kind != "f":
        return False
    return bool((np.abs(value - adjoint) <= NEAR * np.max(np.abs(adjoint), initial=0.0)).all())
