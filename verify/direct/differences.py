"""Slopes from values in floating point, with an estimate of their own error: Ridders' extrapolation, complex steps.

C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4 (1982).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.direct.noise import REACH, jump, scatter
from verify.question.problem import Array, Problem, Undecidable, run

RATIO = 1.6  # between steps of the extrapolation table
ROWS = 9
STEPS = (1e-2, 1.3e-3)  # first steps of two tables, which have to agree
SHORT = 1.7e-4  # first step of a third, where they do not
COORDINATES = 64  # above this many elements, random directions instead of every coordinate
COMPLEX_STEP = 1e-150
COMPLEX_ERROR = 2.0**-40  # relative; what is left of a complex step is rounding
SMOOTH = 1e-3  # relative; how near the slopes on both sides have to be, next to the point
SHARP_SIDE = 1e-6  # relative; the largest error of a slope on one side that says anything
BENT = 1e-2  # relative; how far apart the slopes on the two sides of a kink are at least
ROUNDED = 40  # how often its noise, over a step, a slope of one side may be off another
AMPLIFIED = 4.0  # the most that extrapolation makes of the noise of a difference
USUAL = 1e-3  # about the step that is extrapolated from
WIDER = 8.0  # times how far away a jump is: there are more of them in between, if it is one of many
NEARBY = 1e-5  # the step of plain differences
SMALLEST = 2e-4  # about the smallest step; a jump this near the point is a slope of its height over the step


@dataclass(frozen=True)
class Slope:
    """A slope with its error, by which method, and whether it was seen to be the same on both sides."""

    value: float
    error: float
    method: str
    smooth: bool = False


@dataclass(frozen=True)
class Entry:
    """An entry of a gradient: of which of its parts, where, and how far it moves along a line."""

    place: int
    index: tuple[int, ...]
    size: float


@dataclass(frozen=True)
class Line:
    """A line along which f is known, and what the candidate says of the slope (or the curvature) along it."""

    along: Callable[[complex], complex]
    claimed: float
    second: bool = False  # two steps: the claim is about a second derivative
    rounding: float = 0.0  # what the rounding of numbers as large as those of f leaves of a value
    entry: Entry | None = None  # the one that the claim is about, where it is about one

    def noise(self) -> float:
        """What a value along the line is off by, about."""
        return max(self.rounding, scatter(self.along))

    def restless(self) -> float:
        """The slope that noise alone may make of a difference, about."""
        return AMPLIFIED * self.noise() / (USUAL**2 if self.second else USUAL)

    def jumps(self, found: float) -> float:
        """How far off a slope that was found may be as f jumps beside the point; 0 where it does not.

        What is rounded jumps again and again, and over many jumps it follows the slope that it was rounded from.
        """
        height, place = jump(self.along)
        told = height and any(self._told(found, far) for far in (REACH, WIDER * abs(place)))
        return height / (SMALLEST**2 if self.second else SMALLEST) if told else 0.0

    def _told(self, found: float, far: float) -> bool:
        """Whether the claim tells f far away better than what was found."""
        change = self.along(far).real - (0.0 if self.second else self.along(-far).real)
        width = far**2 if self.second else 2 * far
        return not abs(change - self.claimed * width) > abs(change - found * width)


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

    values = problem.value(arrays)
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
                    along = weighted([weights], {position: direction})
                    yield Line(along, claimed, rounding=_rounding(values, [weights]))
        case "jvp":
            given = [np.asarray(rng.normal(size=part.shape)) for part in got]
            total = sum(float(np.sum(w * part)) for w, part in zip(given, got, strict=True))
            yield Line(weighted(given, tangents), total, rounding=_rounding(values, given))
        case "hess":
            for place, position in enumerate(problem.wrt):
                for direction in _directions(arrays[by[0]], rng):
                    other = np.asarray(rng.normal(size=arrays[position].shape))
                    matrix = np.reshape(got[place], (direction.size, other.size))
                    claimed = _along(matrix @ other.ravel(), direction)
                    along = mixed({by[0]: direction}, {position: other})
                    yield Line(along, claimed, second=True, rounding=_rounding(values, None))
        case _:
            for place, position in enumerate(by):
                for direction in _directions(arrays[position], rng):
                    claimed = _along(got[place], direction)
                    factors = None if kind == "hvp" else cotangents or None
                    moves = {position: direction}
                    along = mixed(moves, tangents) if kind == "hvp" else weighted(factors, moves)
                    entry = _entry(place, direction) if kind != "hvp" else None
                    yield Line(along, claimed, kind == "hvp", _rounding(values, factors), entry)


def common_lines(
    problem: Problem, arrays: Mapping[int, Array], values: list[Array], got: list[Array]
) -> Iterator[Line]:
    """For gradients: along which all elements of an argument move together, so that ties between them stay.

    ``values`` are those of f at ``arrays``.
    """

    def along(position: int) -> Callable[[complex], complex]:
        return lambda step: _sum(problem, {**arrays, position: arrays[position] + np.asarray(step)}, None)

    for place, position in enumerate(problem.wrt if problem.asked == "grad" else ()):
        claimed = float(np.sum(got[place], dtype=float))
        yield Line(along(position), claimed, rounding=_rounding(values, None))


def generic_line(problem: Problem, arrays: Mapping[int, Array], got: list[Array], seed: int) -> Line | None:
    """For gradients: a line along which every element moves by itself, so that one that is wrong shows."""
    if problem.asked != "grad":
        return None
    rng = np.random.default_rng(seed)
    sizes = {p: np.maximum(np.abs(arrays[p]), 0.1) for p in problem.wrt}
    moves = {p: np.asarray(rng.uniform(0.5, 1, size.shape) * rng.choice([-1, 1], size.shape) * size)
             for p, size in sizes.items()}  # fmt: skip
    claimed = sum(_along(np.asarray(part), moves[p]) for p, part in zip(problem.wrt, got, strict=True))
    return Line(
        lambda step: _sum(problem, {**arrays, **{p: arrays[p] + step * move for p, move in moves.items()}}, None),
        claimed,
        rounding=_rounding(problem.value(arrays), None),
    )


def within(line: Line, here: float, allowed: float) -> bool:
    """Whether plain differences to both sides of the value ``here`` are near to what is claimed: it cannot be far off.

    >>> within(Line(lambda t: 3 * t + t**2, 3.0), 0.0, 1e-3), within(Line(abs, 1.0), 0.0, 1e-3)
    (True, False)
    """
    slopes = [(line.along(step).real - here) / step for step in (NEARBY, -NEARBY)]
    return all(abs(found - line.claimed) <= allowed for found in slopes)


def slope(line: Line) -> Slope:
    """The best slope of a line that can be had."""
    noise = line.noise()
    (one, first), (two, second) = (ridders(line.along, start, line.second, noise) for start in STEPS)
    best, error = (one, first) if first <= second else (two, second)
    if line.second:
        return Slope(best, max(error, abs(one - two)), "extrapolated second differences", smooth=True)
    near = abs(one - two) <= 10 * (first + second)
    if not near:  # one of the two has been lucky, or its steps are too long
        three, third = ridders(line.along, SHORT, noise=noise)
        near = abs(three - best) <= 10 * (third + error)
    error = max(error, min(abs(one - two), 10 * error + abs(best) * 1e-9) if near else abs(one - two))
    agree = near or abs(one - two) <= 1e-4 * max(abs(best), 1e-300)
    smooth = agree and _smooth(line.along, best, noise)
    stepped = _complex_step(line.along)
    if stepped is not None and abs(stepped - best) <= min(10 * error + 1e-9 * abs(best), 1e-4 * abs(stepped)):
        return Slope(stepped, COMPLEX_ERROR * abs(stepped), "complex steps", smooth)
    return Slope(best, error, "extrapolated differences", smooth)


def one_sided(line: Line) -> tuple[float, float] | None:
    """The slopes to the left and to the right where they are sharp and plainly two; None where they are not.

    >>> one_sided(Line(lambda t: abs(t) + 2 * t, 0.0))
    (1.0, 3.0)
    """
    if line.second:
        return None
    noise = line.noise()
    (left, first), (right, second) = _outwards(line.along, -1.0, noise), _outwards(line.along, 1.0, noise)
    scale = max(abs(left), abs(right))
    sharp = np.isfinite(scale) and max(first, second) <= SHARP_SIDE * scale
    return (left, right) if sharp and scale and abs(left - right) >= BENT * scale else None


@np.errstate(all="ignore")
def _outwards(along: Callable[[complex], complex], side: float, noise: float) -> tuple[float, float]:
    """The slope on one side, extrapolated twice from steps that halve, and its error: its last change, and noise."""
    here = along(0.0).real
    steps = [side * 1e-3 * 0.5**k for k in range(7)]
    table = np.array([(along(step).real - here) / step for step in steps])
    table = 2 * table[1:] - table[:-1]
    table = (4 * table[1:] - table[:-1]) / 3
    errors = np.abs(np.diff(table)) + 2.5 * AMPLIFIED * noise / np.abs(steps[3:])
    best = int(np.argmin(errors)) if np.isfinite(errors).all() else 0
    return float(table[best + 1]), float(errors[best])


@np.errstate(all="ignore")
def ridders(
    along: Callable[[complex], complex], first: float = 1e-2, second: bool = False, noise: float = 0.0
) -> tuple[float, float]:
    """The derivative at 0 of a function (the mixed one, where ``along`` is a mixed difference), and its error."""
    table = np.zeros((ROWS, ROWS))
    best, error = float("nan"), float("inf")
    step = first
    for row in range(ROWS):
        here = along(step).real / step**2 if second else (along(step).real - along(-step).real) / (2 * step)
        table[row, 0] = here
        factor = RATIO**2
        rounded = AMPLIFIED * noise / (step**2 if second else step)
        for column in range(1, row + 1):
            table[row, column] = (table[row, column - 1] * factor - table[row - 1, column - 1]) / (factor - 1)
            factor *= RATIO**2
            guess = rounded + max(
                abs(table[row, column] - table[row, column - 1]), abs(table[row, column] - table[row - 1, column - 1])
            )
            if guess <= error:
                error, best = guess, table[row, column]
        step /= RATIO
    if best == 0.0 and table[:, 0].any():  # a step of a rounded function, and not its slope
        error = np.abs(table[:, 0]).max()
    return float(best), float(error)


def _smooth(along: Callable[[complex], complex], best: float, noise: float) -> bool:
    """Whether the slopes on the two sides are one, as far as can be seen."""
    here, last = along(0.0).real, float("inf")
    for step in (1e-4, 1e-5, 1e-6):
        right, left = (along(step).real - here) / step, (here - along(-step).real) / step
        gap, rounded = abs(right - left), ROUNDED * noise / step
        if not abs((right + left) / 2 - best) <= BENT * abs(best) + gap + rounded + 1e-200:  # a stair
            return False
        if not gap <= SMOOTH * abs(best) + rounded + 1e-200 and not gap <= last / 4:  # that of a curve shrinks
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
            outputs = problem.outputs(run(problem.name, problem.f, problem.taken(problem.call(moved))))
    except Undecidable:
        return float("nan")
    outputs = problem.chosen(outputs)
    if weights is None:
        total = sum(out.sum() for out in outputs)
    else:
        total = sum(np.sum(np.reshape(w, out.shape) * out) for w, out in zip(weights, outputs, strict=True))
    return complex(total) if stepped else float(total)


def _rounding(values: list[Array], weights: list[Array] | None) -> float:
    """What rounding leaves of a sum of numbers, in their own precision, about."""
    total = 0.0
    for value, weight in zip(values, [None] * len(values) if weights is None else weights, strict=True):
        eps = float(np.finfo(value.dtype if value.dtype.kind == "f" else float).eps)
        size = np.abs(value) if weight is None else np.abs(np.reshape(weight, value.shape) * value)
        total += 2 * eps * float(np.sum(size, dtype=float))
    return total


def _along(slopes: Array, direction: Array) -> float:
    """The slope along a direction; what is no number in an element that the direction leaves alone says nothing there.

    >>> _along(np.array([3.0, np.nan]), np.array([2.0, 0.0]))
    6.0
    """
    moved = direction.ravel() != 0
    return float(slopes.ravel()[moved] @ direction.ravel()[moved])


def _entry(place: int, direction: Array) -> Entry | None:
    """The entry that a direction moves, where it moves one."""
    moved = np.argwhere(direction)
    index = tuple(map(int, moved[0])) if len(moved) == 1 else ()
    return Entry(place, index, float(direction[index])) if len(moved) == 1 else None


def _directions(at: Array, rng: np.random.Generator) -> list[Array]:
    if at.size <= COORDINATES:
        basis = np.eye(at.size) * np.maximum(np.abs(at), 0.1).reshape(-1, 1)
        return [np.asarray(row).reshape(at.shape) for row in basis]
    return [np.asarray(rng.normal(size=at.shape)) for _ in range(8)]
