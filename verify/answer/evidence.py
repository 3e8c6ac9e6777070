"""What a report shows of a wrong gradient: its elements beside the true ones, and how its error moves.

Nothing is decided by it. It is made when a result is explained, and costs a check nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from verify.answer.findings import worst_element
from verify.answer.localise import first_wrong
from verify.answer.show import line_of, with_derivation
from verify.ball.compare import ulps
from verify.ball.read import BallArray
from verify.points.agreement import FIRST_BITS
from verify.points.look import Point, finite_value, fits, shaped, true_derivative
from verify.question.generic import admits
from verify.question.problem import Array, Problem, Undecidable
from verify.question.recording import Recording
from verify.verdict import Comparison, Curve, Element, Extent, Numbers, Result, Series, Verdict

LARGEST = 4096  # elements of all arguments and results; larger ones are not read again for a picture
APART = 1e-9  # relative
SHOWN = 64  # elements, as far as they are recorded one by one
SLOWEST = 0.05  # seconds of one call, beyond which no curve is drawn
STEPS = tuple(10.0 ** (-half / 2) for half in range(2, 27))
SCALES = tuple(10.0 ** (half / 2) for half in range(-16, 17))


def explained(
    problem: Problem, recording: Recording, got: list[Array], elsewhere: Mapping[int, Array], result: Result
) -> Result:
    """The result with its derivation and, where it is wrong, with elements and curves.

    ``elsewhere`` is the point of the counterexample, for a gradient that is right at the given arguments.
    """
    result = with_derivation(problem, recording, got, result)
    if result.verdict is not Verdict.REFUTED or result.counterexample is None or recording.forward is None:
        return result
    try:
        points = (("the given arguments", problem.arrays), ("the counterexample", elsewhere))
        compared = [_compared(problem, recording, where, arrays) for where, arrays in points if arrays]
        wrong = next((each for each in compared if each is not None), None)
        curves = tuple(chain(_steps(problem, result), _scales(problem, recording, got, result)))
        step = next((found for _, at in points if at and (found := first_wrong(problem, recording, at))), None)
    except Undecidable:
        return result
    example = result.counterexample
    if step is not None:
        shown = line_of(problem, recording, step[0])
        example = replace(example, first_wrong=f"{shown}: {step[1]}" if shown else step[1])
    return replace(result, comparison=wrong, curves=curves, counterexample=example)


# ---------------------------------------------------------------------------- element by element


def _compared(problem: Problem, recording: Recording, where: str, arrays: Mapping[int, Array]) -> Comparison | None:
    """The first argument's derivative that is wrong at these inputs."""
    truth = _truth(problem, recording, arrays)
    if truth is None:
        return None
    for place, (true, got) in enumerate(zip(truth, problem.gradient(arrays), strict=True)):
        expected, returned = true.astype(float), shaped(got, true.shape)
        if returned.shape == expected.shape and _differ(returned, expected):
            return _listed(problem, arrays, place, where, expected, returned)
    return None


def _differ(got: Array, expected: Array) -> bool:
    """Whether an element is off by more than rounding would be, or is not finite."""
    return not bool((np.abs(got - expected) <= APART * np.abs(expected)).all())


def _truth(problem: Problem, recording: Recording, arrays: Mapping[int, Array]) -> tuple[BallArray, ...] | None:
    """The derivative in balls, where it is cheap and nothing is in the way."""
    point = Point("", arrays)
    if sum(array.size for array in arrays.values()) > LARGEST or not fits(recording, point):
        return None
    found = true_derivative(problem, point, recording, FIRST_BITS)
    whole = all(ball.is_finite() for array in found.arrays for ball in array.flat)
    small = sum(array.size for array in found.arrays) <= LARGEST
    return found.arrays if whole and small and not found.reading.events else None


def _listed(
    problem: Problem, arrays: Mapping[int, Array], place: int, where: str, true: Array, got: Array
) -> Comparison:
    given = arrays[problem.wrt[place]]
    inputs = given if given.shape == true.shape else None
    spread = {round(number) for number in np.linspace(0, true.size - 1, SHOWN)} if true.size > SHOWN else None
    worst = int(np.argmax(np.nan_to_num(np.abs(got - true), nan=math.inf)))
    elements = tuple(
        Element(
            tuple(map(int, index)),
            float(true[index]),
            float(got[index]),
            float(inputs[index]) if inputs is not None else None,
        )
        for number, index in enumerate(np.ndindex(true.shape))
        if spread is None or number in spread or number == worst
    )
    extents = tuple(
        Extent(f"{problem.arguments[position].name}.shape[{axis}]", size)
        for position, array in arrays.items()
        for axis, size in enumerate(array.shape)
    )
    return Comparison(problem.arguments[problem.wrt[place]].name, where, true.shape, elements, extents)


# ---------------------------------------------------------------------------- curves


def _steps(problem: Problem, result: Result) -> list[Curve]:
    """The error of central differences over their step, beside that of what was returned."""
    numbers = result.numbers
    if problem.kind != "grad" or problem.derived is not None or not (numbers.got and numbers.expected):
        return []
    true, got = float(numbers.expected), float(numbers.got)
    if not (true and math.isfinite(true)) or _is_slow(problem):
        return []
    place, index = worst_element(problem, numbers)
    found = [(step, _difference(problem, problem.wrt[place], index, step)) for step in STEPS]
    errors = [(step, abs(value - true) / abs(true)) for step, value in found if math.isfinite(value)]
    if len(errors) < 3:
        return []
    steps, heights = zip(*errors, strict=True)
    mine = abs(got - true) / abs(true)
    return [
        Curve(
            f"Relative error at {numbers.index}, of differences and of what was returned",
            "step of the difference",
            "relative error",
            (
                Series("central differences", steps, heights),
                Series("returned", (min(steps), max(steps)), (mine, mine)),
            ),
        )
    ]


def _difference(problem: Problem, position: int, index: tuple[int, ...], step: float) -> float:
    sums = []
    for sign in (1.0, -1.0):
        moved = problem.arrays[position].astype(float)
        moved[index] += sign * step
        outputs = problem.value({**problem.arrays, position: moved.astype(problem.arrays[position].dtype)})
        sums.append(float(sum(np.sum(output) for output in outputs)))
    return (sums[0] - sums[1]) / (2 * step)


def _scales(problem: Problem, recording: Recording, got: Sequence[Array], result: Result) -> list[Curve]:
    """The error in ulps over multiples of the argument, where the formula is right and its numbers are not."""
    if result.formula.verdict not in (Verdict.PROVED, Verdict.CERTIFIED) or _is_slow(problem):
        return []
    numbers = result.numbers if result.numbers.status == "wrong" else _counted(result)
    place, index = worst_element(problem, numbers)
    found = [(scale, _distance(problem, recording, place, index, scale)) for scale in SCALES]
    known = [(scale, distance) for scale, distance in found if distance is not None]
    if len(known) < 3:
        return []
    name = problem.arguments[problem.wrt[place]].name
    scales, distances = zip(*known, strict=True)
    return [
        Curve(
            f"Distance from the true gradient at {numbers.index}, with {name} times a factor",
            f"factor of {name}",
            "ulps",
            (Series("returned", scales, distances),),
            (Series("the given arguments", (1.0,), ()),),
        )
    ]


def _counted(result: Result) -> Numbers:
    point = result.counterexample
    return replace(result.numbers, index=point.index) if point is not None else result.numbers


def _distance(problem: Problem, recording: Recording, place: int, index: tuple[int, ...], scale: float) -> float | None:
    position = problem.wrt[place]
    given = problem.arrays[position]
    arrays = {**problem.arrays, position: (given * scale).astype(given.dtype)}
    if not admits(problem.domain.get(position, "real"), arrays[position]) or not finite_value(problem, arrays):
        return None
    truth = _truth(problem, recording, arrays)
    if truth is None:
        return None
    value = shaped(problem.gradient(arrays)[place], truth[place].shape)
    return ulps(float(value[index]), truth[place].item(index), value.dtype)


def _is_slow(problem: Problem) -> bool:
    if sum(array.size for array in problem.arrays.values()) > LARGEST:
        return True
    times = []
    for _ in range(2):
        started = time.perf_counter()
        problem.value(problem.arrays)
        times.append(time.perf_counter() - started)
    return min(times) > SLOWEST
