"""Arguments that become 0 at a hard point: what is never 0 may be divided by, and is asked about, not accused."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from verify.points.look import Look, sizes_at
from verify.question.problem import Array, Problem, Undecidable
from verify.question.recording import float_steps, float_values, with_inputs


def zeroed(problem: Problem, seen: Look) -> tuple[str, ...]:
    """The arguments differentiated by that are 0 at a point and were not, where the candidate has no value for it.

    A single number may be a parameter that is never 0, and positive ones may be radii or rates by which the candidate
    divides: a user's gradient that does is not accused.
    """
    arrays = seen.point.arrays
    names = tuple(
        problem.arguments[position].name
        for position in problem.wrt
        if position not in problem.domain and _became_zero(problem.arrays[position], arrays[position], seen)
    )
    return () if problem.own or not names or finite_at(problem, arrays) else names


def finite_at(problem: Problem, arrays: Mapping[int, Array]) -> bool:
    """Whether the candidate returns finite numbers at a point."""
    try:
        return all(np.isfinite(part).all() for part in problem.gradient(arrays))
    except Undecidable:
        return False


def _became_zero(given: Array, array: Array, seen: Look) -> bool:
    if given.ndim == 0:
        return bool(given != 0) and not bool(array)
    return bool((given > 0).all() and (array == 0).any()) and _divides_by_zero(seen)


def _divides_by_zero(seen: Look) -> bool:
    """Whether the candidate's program, run in floats at a point, divides by 0: a power of 0 is another thing."""
    program, sizes = seen.recording.gradient, sizes_at(seen.recording, seen.point)
    if program is None:
        return False
    values: dict[Any, Any] = {**with_inputs(seen.recording, seen.point.arrays), **program.captured}
    try:
        return any(
            equation.op.name == "divide" and bool((np.asarray(operands[1]) == 0).any())
            for equation, operands, _ in float_steps(program, values, sizes)
        )
    except np.linalg.LinAlgError:  # of a singular matrix: a division by its determinant
        return True


def at_a_complex_zero(problem: Problem, seen: Look) -> bool:
    """Whether the candidate has no value because it divides by a complex number that is 0 there: x / |z|² or x / |z|.

    That is one point of a plane, where a number that is 0 separates two sides: it accuses nobody.
    """
    program, lengths = seen.recording.gradient, seen.recording.trace.lengths
    if program is None or not lengths or finite_at(problem, seen.point.arrays):
        return False
    divisors = {equation.inputs[1] for equation in program.equations if equation.op.name == "divide"} & lengths
    inputs, sizes = with_inputs(seen.recording, seen.point.arrays), sizes_at(seen.recording, seen.point)
    with suppress(np.linalg.LinAlgError):
        values = float_values(program, inputs, sizes)
        return any(bool((np.asarray(values[divisor]) == 0).any()) for divisor in divisors)
    return False
