"""Arguments that become 0 at a hard point: what is never 0 may be divided by, and is asked about, not accused."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from dualgrad.program.record import Equation, Operand
from verify.points.look import Look, sizes_at
from verify.question.problem import Array, Problem, Undecidable
from verify.question.recording import float_steps, with_inputs


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
    program = seen.recording.gradient
    if program is None or finite_at(problem, seen.point.arrays):
        return False
    made = {equation.output: equation for equation in program.equations}
    lengths = {
        equation.inputs[1]
        for equation in program.equations
        if equation.op.name == "divide" and _is_length(equation.inputs[1], made)
    }
    values: dict[Any, Any] = {**with_inputs(seen.recording, seen.point.arrays), **program.captured}
    with suppress(np.linalg.LinAlgError):
        for _ in float_steps(program, values, sizes_at(seen.recording, seen.point)):
            pass
    return any(variable in values and bool((np.asarray(values[variable]) == 0).any()) for variable in lengths)


def _is_length(operand: Operand, made: Mapping[Any, Equation]) -> bool:
    """Whether an array is the sum of the squares of two, or its root."""
    total = made.get(operand)
    if total is not None and total.op.name in ("sqrt", "hypot"):
        return total.op.name == "hypot" or _is_length(total.inputs[0], made)
    if total is None or total.op.name != "add":
        return False
    squares = [made.get(part) for part in total.inputs]
    return all(one is not None and (one.op.name == "square" or _is_power_of_2(one)) for one in squares)


def _is_power_of_2(equation: Equation) -> bool:
    if equation.op.name == "multiply":
        return equation.inputs[0] == equation.inputs[1]
    return equation.op.name == "power_constant" and equation.params["exponent"] == 2
