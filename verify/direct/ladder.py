"""Where a function cannot be recorded: numbers with slopes first, then differences with an error of their own.

CERTIFIED   at every tested point each element is within rounding of an enclosure of the derivative
AGREES      only differences could be had, and they agree within their error
REFUTED     an element is far from its enclosure, or from differences that are sharp and the same on both sides
UNDECIDED   otherwise: the error of the differences covers the gap, or the numbers lose digits
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from math import log10
from typing import Any

import numpy as np
from flint import arb

from verify.ball.compare import accurate, decimal, spacing, ulps, upper_float
from verify.ball.precision import working_precision
from verify.clock import now
from verify.direct.differences import Line, Slope, common_lines, generic_line, lines, one_sided, slope, within
from verify.direct.series import Unread
from verify.direct.slopes import derivative
from verify.direct.triangles import is_a_convention
from verify.points.look import GIVEN, Point, finite_value, shaped
from verify.points.numbers import BITS, OK, wrong_beyond
from verify.points.sampling import random_points, strayed
from verify.points.triangle import REASON
from verify.points.witness import counterexample
from verify.question.problem import Array, Problem, Undecidable
from verify.verdict import Counterexample, Formula, Kink, Numbers, Verdict

PRECISION = 640
MOVE = 4.0  # eps, the size of the changes that measure the conditioning
AGREED = 1e-9  # of the largest slope; differences that are less sure than this do not agree
SHARP = 1e-4  # relative; the largest error of differences that say anything
FAR = 1e-3  # relative; the smallest gap to differences that refutes
NOTHING = arb((1, -150))  # a ball around 0 that is no wider is 0
MORE = range(2003, 2011)  # seeds of points that are looked at along one line each
KEYS = 4  # lines along which differences are held against numbers with slopes
BEYOND = 1e4  # and the smallest multiple of their error


@dataclass(frozen=True)
class Direct:
    """What was found without a recording: about the formula, and the numbers at the given arguments."""

    formula: Formula
    numbers: Numbers
    counterexample: Counterexample | None = None
    kinks: tuple[Kink, ...] = ()  # at the given arguments


def answer(problem: Problem, got: list[Array], why: str, deadline: float) -> Direct:
    """Decide as much as can be decided by running f, where it could not be recorded because of ``why``."""
    spots = list(_points(problem))
    try:
        with working_precision(PRECISION):
            return _by_series(problem, spots, got, why, deadline)
    except Unread as error:
        return _by_differences(problem, spots, got, f"{why}; on numbers with slopes: {error}", deadline)


def _points(problem: Problem) -> Iterator[Point]:
    yield Point(GIVEN, problem.arrays)
    yield from _usual(problem, range(2000, 2003))


def _usual(problem: Problem, seeds: range) -> Iterator[Point]:
    """Random points at which f has a value and the arguments are what they are said to be."""
    for point in random_points(problem, seeds):
        if finite_value(problem, point.arrays) and not strayed(problem, point.arrays):
            yield point


def _candidate(problem: Problem, point: Point, got: list[Array]) -> list[Array] | None:
    if point.label == GIVEN:
        return got
    try:
        return problem.gradient(point.arrays)
    except Undecidable:
        return None


# ---------------------------------------------------------------------------- numbers with slopes


def _by_series(problem: Problem, spots: Sequence[Point], got: list[Array], why: str, deadline: float) -> Direct:
    first = Numbers("unknown")
    seen, digits = 0, 16.0
    for point in spots:
        claimed = _candidate(problem, point, got)
        if claimed is None or (seen and now() > deadline):
            continue
        try:
            found = _judged(problem, point.arrays, claimed)
        except Unread:
            if not seen:
                raise
            continue
        first = first if seen else found.numbers
        seen += 1
        if found.numbers.status == "wrong":
            reason = f"the enclosure of the derivative is far from it at {point.label}"
            example = counterexample(
                problem, point.arrays, found.place, found.index, found.numbers.expected, found.numbers.got
            )
            formula = Formula(Verdict.REFUTED, method="Taylor series of balls", reason=reason)
            return Direct(formula, first, example)
        if found.numbers.status != "ok":
            reason = f"{found.numbers.status} digits at {point.label}; {why}"
            return Direct(Formula(Verdict.UNDECIDED, reason=reason), first)
        digits = min(digits, found.digits)
    formula = Formula(
        Verdict.CERTIFIED,
        method=f"Taylor series of balls at {seen} points, to {int(digits)} digits",
        sizes="the sizes run",
        reason=f"not proved: {why}",
    )
    return Direct(formula, first)


@dataclass(frozen=True)
class _Judged:
    numbers: Numbers
    place: int
    index: tuple[int, ...]
    digits: float


def _second_key(problem: Problem, arrays: Mapping[int, Array], truth: Sequence[Array]) -> None:
    """Unread where differences of f, run natively, contradict what was found on numbers with slopes."""
    if problem.asked == "value" or not all(ball.is_finite() for part in truth for ball in part.flat):
        return
    middle = [np.array([float(ball.mid()) for ball in part.flat]).reshape(part.shape) for part in truth]
    for line in islice(lines(problem, arrays, middle), KEYS):
        found = slope(line)
        scale = max(abs(found.value), abs(line.claimed))
        sharp = found.smooth and found.error <= SHARP * scale
        if sharp and abs(found.value - line.claimed) > max(FAR * scale, BEYOND * found.error):
            raise Unread("the slopes there are not those of the function")


def _judged(problem: Problem, arrays: Mapping[int, Array], got: Sequence[Array]) -> _Judged:
    truth = derivative(problem, arrays)
    _second_key(problem, arrays, truth)
    got = [shaped(part, true.shape) for part, true in zip(got, truth, strict=True)]
    noise = _noise(problem, arrays, (upper_float(abs(ball)) for part in truth for ball in part.flat))
    worst = max(_elements(got, truth, None, noise), key=lambda entry: entry[0])
    if worst[0][0] > 1:
        worst = max(_elements(got, truth, _movements(problem, arrays, truth), noise), key=lambda entry: entry[0])
    (order, distance), place, index, count = worst
    true, value = truth[place][index], got[place][index]
    name = problem.arguments[problem.wrt[place]].name
    numbers = Numbers(
        ("ok", "unknown", "lost", "wrong")[order],
        ulps=ulps(float(value), true, _floating(got[place]).dtype) if order != 1 else None,
        index=f"{name}[{', '.join(map(str, index))}]" if index else name,
        got=repr(float(value)),
        expected=decimal(true),
        elements=count,
        points=1,
    )
    digits = -log10(max(distance, 1.0) * float(np.finfo(_floating(got[place]).dtype).eps))
    return _Judged(numbers, place, index, digits)


def _elements(
    got: Sequence[Array], truth: Sequence[Array], scales: Sequence[Array] | None, noise: float
) -> list[tuple[tuple[int, float], int, tuple[int, ...], int]]:
    """How bad each element is, as verify.points.numbers has it: status, distance in ulps of its scale, place."""
    count = sum(part.size for part in got)
    found = []
    for place, part in enumerate(map(_floating, got)):
        for index, value in np.ndenumerate(part):
            true = truth[place][index]
            scale = abs(true) if scales is None else scales[place][index]
            found.append((_rank(float(value), true, scale, part.dtype, noise), place, index, count))
    return found


def _noise(problem: Problem, arrays: Mapping[int, Array], slopes: Iterator[float]) -> float:
    """What the rounding of numbers as large as f and its largest slope leaves of a sum that cancels, about."""
    outputs = [float(np.max(np.abs(output), initial=0.0)) for output in problem.value(arrays)]
    if not any(outputs):  # where all cancels, only the arguments tell how large that was
        outputs = [float(np.max(np.abs(array), initial=0.0)) for array in arrays.values() if array.dtype.kind == "f"]
    finite = [size for size in (*slopes, *outputs) if np.isfinite(size)]
    return OK * float(np.finfo(float).eps) * max(finite, default=0.0)


def _rank(value: float, true: Any, scale: Any, dtype: np.dtype[Any], noise: float) -> tuple[int, float]:
    if not accurate(true, BITS // 2) and not (true.contains(0) and true.rad() < NOTHING):
        return 1, 0.0
    if not np.isfinite(value):
        near = ulps(value, true, dtype)
        return (0 if near <= OK else 3), near
    distance = upper_float(abs(arb(value) - true) / spacing(scale, dtype))
    wrong = distance > wrong_beyond(dtype) and upper_float(abs(arb(value) - true)) > noise
    return (0 if distance <= OK else 3 if wrong else 2), distance


def _floating(array: Array) -> Array:
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _movements(problem: Problem, arrays: Mapping[int, Array], truth: Sequence[Array]) -> list[Array]:
    """How much each element moves where the floating arguments move by a few eps, over these: its conditioning."""
    rng = np.random.default_rng(5)
    scales = [np.array([abs(ball) for ball in part.flat], dtype=object).reshape(part.shape) for part in truth]
    for _ in range(2):
        moved = {
            p: array * (1 + rng.choice([-1.0, 1.0], array.shape) * MOVE * np.finfo(array.dtype).eps)
            if array.dtype.kind == "f"
            else array
            for p, array in arrays.items()
        }
        eps = max(float(np.finfo(a.dtype).eps) for a in arrays.values() if a.dtype.kind == "f")
        there = derivative(problem, {p: np.asarray(a, arrays[p].dtype) for p, a in moved.items()})
        for place, part in enumerate(there):
            for index in np.ndindex(part.shape):
                ball: Any = part[index]
                change = abs(ball - truth[place][index]) / (MOVE * eps)
                before: Any = scales[place][index]
                scales[place][index] = arb(max(upper_float(before), upper_float(change)))
    return scales


# ---------------------------------------------------------------------------- differences


def together(problem: Problem, values: list[Array], got: list[Array]) -> Direct | None:
    """A refutation along lines on which all elements of an argument move together; None where there is none.

    ``values`` are those of f where the gradient is ``got``.
    """
    here = float(sum(value.sum() for value in values))
    for part, line in zip(map(_floating, got), common_lines(problem, problem.arrays, values, got), strict=False):
        size = max(abs(line.claimed), float(np.sum(np.abs(part), dtype=float)))  # they may cancel
        if within(line, here, FAR * size / 4):  # two calls of f instead of forty
            continue
        found = slope(line)
        scale = max(abs(found.value), size)
        sharp = found.smooth and found.error <= SHARP * (scale if np.isfinite(scale) else abs(found.value))
        far = not abs(found.value - line.claimed) <= max(FAR * scale, BEYOND * found.error)
        if sharp and far and not abs(found.value - line.claimed) <= line.jumps(found.value):
            reason = f"where all elements move together f changes by {found.value:.9g}, their sum is {line.claimed:.9g}"
            example = counterexample(problem, problem.arrays, 0, (), f"{found.value:.9g}", f"{line.claimed:.9g}")
            return Direct(Formula(Verdict.REFUTED, reason=reason), Numbers("wrong", points=1, reason=reason), example)
    return None


def _by_differences(problem: Problem, spots: Sequence[Point], got: list[Array], why: str, deadline: float) -> Direct:
    count, methods, unsure = 0, set[str](), ""
    if problem.asked == "value":
        return _by_value(problem, got, why)
    for point in chain(spots, _contradicting(problem, got, deadline)):
        claimed = _candidate(problem, point, got)
        if claimed is None or (count and now() > deadline):
            continue
        top = max((float(np.max(np.abs(part), initial=0.0)) for part in claimed), default=0.0)
        noise = _noise(problem, point.arrays, iter((top,)))
        asked = list(lines(problem, point.arrays, claimed))
        for line in asked:
            count += 1
            found = slope(line)
            methods.add(found.method)
            scale = max(abs(found.value), abs(line.claimed))
            gap = abs(found.value - line.claimed)
            said = (
                f"differences give {found.value:.9g} ± {found.error:.1g} along a line, the candidate {line.claimed:.9g}"
            )
            sharp = found.error <= SHARP * max(scale if np.isfinite(scale) else abs(found.value), 1e-12)
            far = found.smooth and not gap <= max(FAR * scale, BEYOND * found.error, noise)
            if sharp and far and not gap <= _restless(line, found, asked):
                if is_a_convention(problem, point.arrays, claimed):
                    return Direct(Formula(Verdict.UNDECIDED, reason=REASON), Numbers("unknown", reason=REASON))
                place, index, size = (entry.place, entry.index, entry.size) if (entry := line.entry) else (0, (), 1.0)
                true, value = f"{found.value / size:.9g}", f"{line.claimed / size:.9g}"
                example = counterexample(problem, point.arrays, place, index, true, value)
                reason = f"{said}, at {point.label}"
                return Direct(
                    Formula(Verdict.REFUTED, method=found.method, reason=reason),
                    Numbers("wrong", index=example.index, got=value, expected=true, points=1, reason=reason),
                    example,
                )
            sides = None if found.smooth or point.label != GIVEN else one_sided(line)
            if sides is not None:
                return _bent(sides)
            if not gap + found.error <= AGREED * max(scale, top):
                unsure = unsure or (f"{said}; {why}" if sharp else f"differences are too noisy ({said}); {why}")
    if unsure or not count:
        return Direct(Formula(Verdict.UNDECIDED, reason=unsure or why), Numbers("unknown", reason=unsure or why))
    formula = Formula(
        Verdict.AGREES, method=f"{' and '.join(sorted(methods))} along {count} lines", sizes="the sizes run", reason=why
    )
    return Direct(formula, Numbers("unknown", points=count, reason="only differences could be had"))


def _contradicting(problem: Problem, got: list[Array], deadline: float) -> Iterator[Point]:
    """More points, where one line through each says otherwise: what a mask or a branch hid at those before."""
    for seed in MORE:
        for point in _usual(problem, range(seed, seed + 1)):
            claimed = _candidate(problem, point, got)
            if claimed is None or now() > deadline:
                continue
            line = generic_line(problem, point.arrays, claimed, seed)
            if line is None:
                return
            found = slope(line)
            scale = max(abs(found.value), *(float(np.max(np.abs(part), initial=0.0)) for part in claimed))
            if found.smooth and abs(found.value - line.claimed) > max(10 * found.error, AGREED * scale):
                yield point


def _restless(line: Line, found: Slope, others: Sequence[Line]) -> float:
    """How far off a slope may be that looks sharp: f jumps beside the point, or is noisy along another line."""
    return max(line.jumps(found.value), BEYOND * max(other.restless() for other in others))


def _bent(sides: tuple[float, float]) -> Direct:
    """A kink at the given arguments, seen along a line."""
    left, right = (f"{side:.9g}" for side in sides)
    reason = f"the slopes along a line are {left} on one side and {right} on the other"
    kink = Kink("a line through the given arguments", True, left, right)
    return Direct(Formula(Verdict.UNDECIDED, reason=reason), Numbers("unknown", points=1, reason=reason), kinks=(kink,))


def _by_value(problem: Problem, got: Sequence[Array], why: str) -> Direct:
    """The value that is returned beside a gradient: that of f, run natively."""
    native = problem.value(problem.arrays)
    gaps = [np.max(np.abs(a - b) / (np.abs(b) + 1e-300), initial=0.0) for a, b in zip(got, native, strict=True)]
    worst = float(max(gaps))
    if worst <= OK * float(np.finfo(float).eps):
        formula = Formula(Verdict.AGREES, method="f, run beside it", sizes="the sizes run", reason=why)
        return Direct(formula, Numbers("unknown", points=1, reason="f was run in floating point only"))
    reason = f"the value differs from that of {problem.name} by a relative {worst:.1g}"
    if not worst <= FAR:
        example = counterexample(problem, problem.arrays, 0, (), f"{native[0]!r}", f"{got[0]!r}")
        return Direct(Formula(Verdict.REFUTED, reason=reason), Numbers("wrong", points=1, reason=reason), example)
    return Direct(Formula(Verdict.UNDECIDED, reason=f"{reason}; {why}"), Numbers("unknown", reason=reason))
