"""The weakest evidence: extrapolated differences with their own error estimate. They never refute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from verify.problem import Array, Problem, Undecidable

RATIO = 1.6  # between steps of the extrapolation table (Ridders 1982, Adv. Eng. Software 4)
ROWS = 9
TOLERANCE = 1e-6  # relative; differences support no stronger claim
COORDINATES = 256  # above this many elements, random directions instead of every coordinate


@dataclass(frozen=True)
class Agreement:
    """Whether differences agree with the candidate within their own error, at how many directions."""

    agrees: bool
    directions: int
    reason: str = ""


def compare(problem: Problem, arrays: Mapping[int, Array], gradient: Sequence[Array]) -> Agreement:
    """Compare the candidate's value at these inputs with Ridders' extrapolated differences."""
    rng = np.random.default_rng(2)
    count = 0
    for place, position in enumerate(problem.wrt):
        for direction in _directions(arrays[position], rng):
            count += 1
            slope, error = ridders(partial(_moved, problem, arrays, position, direction))
            got = float(np.sum(gradient[place] * direction)) if problem.kind == "grad" else float("nan")
            if not abs(slope - got) <= TOLERANCE * max(abs(slope), abs(got)) + error:
                return Agreement(
                    False,
                    count,
                    f"differences give {slope:.9g} ± {error:.1g} along a direction, the gradient {got:.9g}",
                )
            if not error <= 1e-4 * max(abs(slope), abs(got), 1e-12):
                return Agreement(False, count, f"differences are too noisy here ({slope:.6g} ± {error:.1g})")
    return Agreement(count > 0, count, "" if count else "there was nothing to compare")


def ridders(along: Callable[[float], float], first: float = 1e-2) -> tuple[float, float]:
    """The derivative at 0 of a scalar function and an estimate of its error, by Ridders' extrapolation."""
    table = np.zeros((ROWS, ROWS))
    best, error = float("nan"), float("inf")
    step = first
    for row in range(ROWS):
        table[row, 0] = (along(step) - along(-step)) / (2 * step)
        factor = RATIO**2
        for column in range(1, row + 1):
            table[row, column] = (table[row, column - 1] * factor - table[row - 1, column - 1]) / (factor - 1)
            factor *= RATIO**2
            guess = max(
                abs(table[row, column] - table[row, column - 1]), abs(table[row, column] - table[row - 1, column - 1])
            )
            if guess <= error:
                error, best = guess, table[row, column]
        step /= RATIO
    return best, error


def _moved(problem: Problem, arrays: Mapping[int, Array], position: int, direction: Array, step: float) -> float:
    moved = {**arrays, position: arrays[position] + step * direction}
    try:
        return float(sum(np.sum(output) for output in problem.value(moved)))
    except Undecidable:
        return float("nan")


def _directions(at: Array, rng: np.random.Generator) -> list[Array]:
    if at.size <= COORDINATES:
        basis = np.eye(at.size) * np.maximum(np.abs(at), 0.1).reshape(-1, 1)
        return [np.asarray(row).reshape(at.shape) for row in basis]
    return [np.asarray(rng.normal(size=at.shape)) for _ in range(8)]
