"""Slopes from values in floating point, with an estimate of their own error: Ridders' extrapolation, complex steps.

C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4 (1982).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.question.problem import Array, Problem, Undecidable, outputs_of, run

RATIO = 1.6  # between steps of the extrapolation table
ROWS = 9
STEPS = (1e-2, 1.3e-3)  # first steps of two tables, which have to agree
COORDINATES = 64  # above this many elements, random directions instead of every coordinate
COMPLEX_STEP = 1e-150
COMPLEX_ERROR = 2.0**-40  # relative; what is left of a complex step is rounding
SMOOTH = 1e-3  # relative; how near the slopes on both sides have to be, next to the point
SHARP_SIDE = 1e-6  # relative; the largest error of a slope on one side that says anything
BENT = 1e-2  # relative; how far apart the slopes on the two sides of a kink are at least
ROUNDING = 8 * 2.0**-52


@dataclass(frozen=True)
class Slope:
    """A slope with its error, by which method, and whether it was seen to be the same on both sides."""

    value: float
    error: float
    method: str
    smooth: bool = False


@dataclass(frozen=True)
class Line:
    """A line along which f is known, and what the candidate says of the slope (or the curvature) along it."""

    along: Callable[[complex], complex]
    claimed: float
    second: bool = False  # two steps: the claim is about a second derivative


def lines(problem: Problem, arrays: Mapping[int, Array], got: list[Array]) -> Iterator[Line]:
    """Lines through the point that test every element of a derivative, or random sums of them."""
    rng = np.random.default_rng(2)
    derived, kind = problem.derived, problem.asked
    own = [p for p in arrays if p not in problem.drawn]
    by = problem.wrt if derived is None else derived.by

    def weighted(weights: list[Array] | None, moves: Mapping[int, Array]) -> Callable[[complex], complex]:
        return lambda step: _sum(
            problem, {p: arrays[p] + step * moves[p] if p in moves else arrays[p] for p in own}, weights
        )

    def mixed(one: Mapping[int, Array], two: Mapping[int, Array]) -> Callable[[complex], complex]:
        def along(step: complex) -> complex:
            total: complex = 0.0
            for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                moved = {p: arrays[p] + step * (a * one.get(p, 0.0) + b * two.get(p, 0.0)) for p in own}
                total += a * b * _sum(problem, moved, None)
            return total / 4

        return along

    tangents = {} if derived is None else {p: arrays[t] for p, t in zip(by, derived.tangents, strict=False)}
    cotangents = [] if derived is None else [arrays[c] for c in derived.cotangents]
    match kind:
        case "value":
            return
        case "jac":
            for place, position in enumerate(by):
                size = arrays[position].size
                for direction in _directions(arrays[position], rng):
                    weights = rng.normal(size=got[place].size // max(size, 1))
                    claimed = _along(weights @ np.reshape(got[place], (-1, size)), direction)
                    yield Line(weighted([weights], {position: direction}), claimed)
        case "jvp":
            given = [np.asarray(rng.normal(size=part.shape)) for part in got]
            total = sum(float(np.sum(w * part)) for w, part in zip(given, got, strict=True))
            yield Line(weighted(given, tangents), total)
        case "hess":
            for place, position in enumerate(problem.wrt):
                for direction in _directions(arrays[by[0]], rng):
                    other = np.asarray(rng.normal(size=arrays[position].shape))
                    matrix = np.reshape(got[place], (direction.size, other.size))
                    claimed = _along(matrix @ other.ravel(), direction)
                    yield Line(mixed({by[0]: direction}, {position: other}), claimed, second=True)
        case _:
            for place, position in enumerate(by):
                for direction in _directions(arrays[position], rng):
                    claimed = _along(got[place], direction)
                    if kind == "hvp":
                        yield Line(mixed({position: direction}, tangents), claimed, second=True)
                    else:
                        yield Line(weighted(cotangents or None, {position: direction}), claimed)


def common_lines(problem: Problem, arrays: Mapping[int, Array], got: list[Array]) -> Iterator[Line]:
    """For gradients: along which all elements of an argument move together, so that ties between them stay."""

    def along(position: int) -> Callable[[complex], complex]:
        together = np.ones(arrays[position].shape)
        return lambda step: _sum(problem, {**arrays, position: arrays[position] + step * together}, None)

    for place, position in enumerate(problem.wrt if problem.asked == "grad" else ()):
        yield Line(along(position), float(np.sum(got[place], dtype=float)))


def within(line: Line, allowed: float) -> bool:
    """Whether plain central differences at two steps are both as near to what is claimed: it cannot be far off then."""
    steps = (1e-3, 1e-5)
    return all(
        abs((line.along(step).real - line.along(-step).real) / (2 * step) - line.claimed) <= allowed for step in steps
    )


def slope(line: Line) -> Slope:
    """The best slope of a line that can be had."""
    if line.second:
        (one, first), (two, second) = (ridders(line.along, start, second=True) for start in STEPS)
        best, error = (one, first) if first <= second else (two, second)
        return Slope(best, max(error, abs(one - two)), "extrapolated second differences", smooth=True)
    (one, first), (two, second) = (ridders(line.along, start) for start in STEPS)
    best, error = (one, first) if first <= second else (two, second)
    error = max(error, min(abs(one - two), 10 * error + abs(best) * 1e-9))
    smooth = _smooth(line.along, best) and abs(one - two) <= 1e-4 * max(abs(best), 1e-300) + 10 * (first + second)
    stepped = _complex_step(line.along)
    if stepped is not None and abs(stepped - best) <= 10 * error + 1e-7 * abs(best):
        return Slope(stepped, COMPLEX_ERROR * abs(stepped), "complex steps", smooth)
    return Slope(best, error, "extrapolated differences", smooth)


def one_sided(line: Line) -> tuple[float, float] | None:
    """The slopes to the left and to the right where they are sharp and plainly two; None where they are not.

    >>> one_sided(Line(lambda t: abs(t) + 2 * t, 0.0))
    (1.0, 3.0)
    """
    if line.second:
        return None
    (left, first), (right, second) = _outwards(line.along, -1.0), _outwards(line.along, 1.0)
    scale = max(abs(left), abs(right))
    sharp = np.isfinite(scale) and max(first, second) <= SHARP_SIDE * scale
    return (left, right) if sharp and abs(left - right) >= BENT * scale else None


@np.errstate(all="ignore")
def _outwards(along: Callable[[complex], complex], side: float) -> tuple[float, float]:
    """The slope on one side, extrapolated twice from steps that halve, and the last change of it."""
    here = along(0.0).real
    steps = [side * 1e-3 * 0.5**k for k in range(7)]
    table = np.array([(along(step).real - here) / step for step in steps])
    table = 2 * table[1:] - table[:-1]
    table = (4 * table[1:] - table[:-1]) / 3
    changes = np.abs(np.diff(table))
    best = int(np.argmin(changes)) if np.isfinite(changes).all() else 0
    return float(table[best + 1]), float(changes[best])


@np.errstate(all="ignore")
def ridders(along: Callable[[complex], complex], first: float = 1e-2, second: bool = False) -> tuple[float, float]:
    """The derivative at 0 of a function (the mixed one, where ``along`` is a mixed difference), and its error."""
    table = np.zeros((ROWS, ROWS))
    best, error = float("nan"), float("inf")
    step = first
    for row in range(ROWS):
        here = along(step).real / step**2 if second else (along(step).real - along(-step).real) / (2 * step)
        table[row, 0] = here
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
    if best == 0.0 and table[:, 0].any():  # a step of a rounded function, and not its slope
        error = np.abs(table[:, 0]).max()
    return float(best), float(error)


def _smooth(along: Callable[[complex], complex], best: float) -> bool:
    """Whether the slopes on the two sides are one, as far as can be seen."""
    here, last = along(0.0).real, float("inf")
    for step in (1e-4, 1e-5, 1e-6):
        right, left = (along(step).real - here) / step, (here - along(-step).real) / step
        noise = ROUNDING * abs(here) / step
        gap = abs(right - left)
        if not abs((right + left) / 2 - best) <= BENT * abs(best) + gap + 10 * noise + 1e-200:  # a stair
            return False
        if not gap <= SMOOTH * abs(best) + 10 * noise + 1e-200 and not gap <= last / 4:  # that of a curve shrinks
            return False
        last = gap
    return True


def _complex_step(along: Callable[[complex], complex]) -> float | None:
    """Im f(x + ih) / h, where f takes complex numbers: exact up to rounding, if it is analytic."""
    try:
        found: Any = along(1j * COMPLEX_STEP)
    except (TypeError, ValueError):
        return None
    usable = isinstance(found, complex) and np.isfinite(found.imag) and found.imag != 0
    return float(found.imag / COMPLEX_STEP) if usable else None


def _sum(problem: Problem, moved: Mapping[int, Array], weights: list[Array] | None) -> complex:
    """The sum of all outputs, or of their products with weights; nan where f raises."""
    stepped = any(np.iscomplexobj(array) for array in moved.values())
    values = [
        (array[()] if argument.scalar or not array.ndim else array)
        if (array := moved.get(p)) is not None
        else argument.given
        for p, argument in enumerate(problem.arguments)
    ]
    try:
        if stepped:
            result = run(problem.name, problem.f, problem.taken(values))
            outputs = [np.asarray(leaf) for leaf in (result if isinstance(result, tuple) else (result,))]
        else:
            outputs = outputs_of(problem.name, run(problem.name, problem.f, problem.taken(problem.call(moved))))
    except Undecidable:
        return float("nan")
    if weights is None:
        total = sum(out.sum() for out in outputs)
    else:
        total = sum(np.sum(np.reshape(w, out.shape) * out) for w, out in zip(weights, outputs, strict=True))
    return complex(total) if stepped else float(total)


def _along(slopes: Array, direction: Array) -> float:
    """The slope along a direction; what is no number in an element that the direction leaves alone says nothing there.

    >>> _along(np.array([3.0, np.nan]), np.array([2.0, 0.0]))
    6.0
    """
    moved = direction.ravel() != 0
    return float(slopes.ravel()[moved] @ direction.ravel()[moved])


def _directions(at: Array, rng: np.random.Generator) -> list[Array]:
    if at.size <= COORDINATES:
        basis = np.eye(at.size) * np.maximum(np.abs(at), 0.1).reshape(-1, 1)
        return [np.asarray(row).reshape(at.shape) for row in basis]
    return [np.asarray(rng.normal(size=at.shape)) for _ in range(8)]
