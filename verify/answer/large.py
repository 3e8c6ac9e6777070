"""Numbers of arguments too large for balls: every element in floats beside the engine's gradient, the worst in balls.

The engine's gradient is run twice, the second time with every number moved by a few eps up or down, and again while an
element is too far. How far an element moves says what rounding explains there: its size, its conditioning, and what the
program itself rounds. One that is further from the engine's than that is read in balls, where only what it is computed
from is read, and judged like any other. No direction is drawn and no element is left out: nothing rests on luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf, isfinite, log10
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from verify.answer.findings import worst_element
from verify.answer.reference import BITS, EXCERPT, Reference, nudged, reference
from verify.ball.compare import accurate, decimal, spacing, upper_float
from verify.ball.excerpt import elements
from verify.points.agreement import digits
from verify.points.look import ROUNDED_BITS, sizes_at
from verify.points.numbers import MORE, OK, STEP, wrong_beyond
from verify.points.witness import counterexample
from verify.proof.attempt import Attempt
from verify.question.problem import Array, Problem
from verify.question.recording import record, with_inputs
from verify.verdict import Counterexample, Numbers

SMALL = 2.0**-26  # of the largest element; below that an element's own size is no scale for its rounding
LOOKED_AT = 3  # elements of each argument that are read in balls
MOVE = STEP * 2.0**-52  # relative; by that much the data is moved, up to MORE times while an element is too far
LIKELY = 0.999  # of the elements, for the power that is stated


def compare(
    problem: Problem, got: Sequence[Array], tried: Attempt, deadline: float
) -> tuple[Numbers, Counterexample | None]:
    """The gradient under test beside the engine's, as :class:`Numbers` with what was done as their reason.

    Where an element loses digits because the candidate's program says something else there, that is a counterexample.
    """
    found = reference(problem, tried, deadline)
    if found is None:
        why = "the arguments are too large for balls, and f could not be recorded"
        return Numbers("unknown", points=0, reason=why), None
    numbers = _compared(problem, found, got)
    return numbers, _meant(found, numbers) if numbers.status == "lost" else None


def _meant(found: Reference, numbers: Numbers) -> Counterexample | None:
    """Whether the candidate's program, without any rounding, is as far off in an element as its numbers are."""
    problem, arrays = found.problem, found.point.arrays
    place, index = worst_element(problem, numbers)
    recording = record(problem, arrays, {position: array.shape for position, array in arrays.items()})
    flat = [int(np.ravel_multi_index(index, arrays[problem.wrt[place]].shape))]
    truth = found.balls({place: flat})
    if recording.gradient is None or truth is None:
        return None
    inputs, sizes = with_inputs(recording, arrays), sizes_at(recording, found.point)
    said = elements(recording.gradient, inputs, sizes, {place: flat}, BITS, EXCERPT)
    if said is None:
        return None
    (true,), (claimed,) = truth[place], said[place]
    off = abs(claimed - true)
    if not (off > abs(arb(float(numbers.got)) - true) / 2 and off > abs(true) * 2.0**-ROUNDED_BITS):
        return None
    return counterexample(problem, arrays, place, index, digits(true), digits(claimed))


def _compared(problem: Problem, found: Reference, got: Sequence[Array]) -> Numbers:
    sides = _sides(found, got)
    worst = [side for side in sides if side.distance.size]
    if not worst:
        return Numbers("unknown", points=1, reason="there is no element to compare")
    looked = _looked_at(found, worst)
    numbers = max(looked, key=lambda entry: (_ORDER.index(entry.status), entry.ulps or 0.0))
    count = sum(side.distance.size for side in sides)
    said = f"all {count} elements were compared in floats with the engine's gradient, {found.grounds or 'unproved'}"
    power = _power(sides, got)
    if power is not None:
        said += f", and the furthest in balls; an error of {power} in one of them is seen with p > {LIKELY}"
    reason = f"{numbers.reason}; {said}" if numbers.reason else said
    return Numbers(**{**_fields(numbers), "elements": count, "points": 1, "reason": reason})


_ORDER = ("ok", "unknown", "lost", "wrong")


@dataclass(frozen=True)
class _Side:
    """An argument's gradient beside the reference: ``scale`` in units of the gradient, ``distance`` in eps of it."""

    place: int
    got: Array
    expected: Array
    scale: NDArray[Any]
    distance: NDArray[Any]


def _sides(found: Reference, got: Sequence[Array]) -> list[_Side]:
    expected = found.floats()
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        scales = [_least_scale(array) for array in expected]
        for _ in range(MORE):
            scales = list(map(_widened, scales, expected, _moved(found, rng)))
            sides = [_side(*four) for four in zip(range(len(got)), got, expected, scales, strict=True)]
            if all(not (side.distance > OK).any() for side in sides):
                break
    return sides


def _moved(found: Reference, rng: np.random.Generator) -> list[Array]:
    """The engine's gradient at data that is a few eps away."""
    wrt = found.problem.wrt
    return found.floats(
        captured={variable: nudged(a, MOVE, rng, keep_whole=True) for variable, a in found.forward.captured.items()},
        arrays={place: nudged(a, MOVE, rng, keep_whole=place not in wrt) for place, a in found.point.arrays.items()},
    )


def _least_scale(expected: Array) -> NDArray[Any]:
    size = np.abs(expected)
    largest = float(size.max(initial=0.0))
    if not isfinite(largest):
        largest = float(size[np.isfinite(size)].max(initial=0.0))
    scale: NDArray[Any] = np.asarray(size, dtype=float)
    np.maximum(scale, max(largest * SMALL, float(np.finfo(np.float64).tiny)), out=scale)
    return scale


def _widened(scale: NDArray[Any], expected: Array, moved: Array) -> NDArray[Any]:
    change: NDArray[Any] = np.asarray(moved - expected)
    np.divide(np.abs(change, out=change), MOVE, out=change)
    np.fmax(scale, change, out=change)
    return change


def _side(place: int, got: Array, expected: Array, scale: NDArray[Any]) -> _Side:
    distance = np.asarray(got - expected, dtype=float)
    np.divide(np.abs(distance, out=distance), scale, out=distance)
    distance /= _eps(got)
    finite = np.isfinite(expected)
    if not finite.all():
        distance[~finite] = 0.0
    distance[np.isnan(distance)] = inf
    return _Side(place, got, expected, scale, distance)


def _eps(got: Array) -> float:
    return float(np.finfo(got.dtype if got.dtype.kind == "f" else np.float64).eps)


def _power(sides: Sequence[_Side], got: Sequence[Array]) -> str | None:
    """The relative error, rounded up, that is beyond rounding in all but one in a thousand elements."""
    shares = []
    for side in sides:
        share = np.abs(side.expected).ravel()
        there = share > 0
        with np.errstate(all="ignore"):
            np.divide(side.scale.ravel(), share, out=share)
            share *= _eps(got[side.place])
        shares.append(share if there.all() else share[there])
    flat = np.concatenate(shares)
    if not flat.size:
        return None
    place = min(int(np.ceil(LIKELY * flat.size)), flat.size - 1)
    flat.partition(place)
    found = 2 * OK * float(flat[place])
    if not isfinite(found):
        return None
    digit = 10.0 ** floor(log10(found))
    return f"{np.ceil(found / digit) * digit:.0e}"


def _looked_at(found: Reference, sides: Sequence[_Side]) -> list[Numbers]:
    """The furthest elements of every argument, judged in balls where they can be read, else by the floats."""
    wanted = {side.place: _furthest(side) for side in sides}
    balls = found.balls(wanted)
    if balls is None:  # all at once are too many, perhaps
        balls = {}
        for place, flats in wanted.items():
            balls |= found.balls({place: flats}) or {}
    return [
        _judged(found, side, flat, balls[side.place][number] if side.place in balls else None)
        for side in sides
        for number, flat in enumerate(wanted[side.place])
    ]


def _furthest(side: _Side) -> list[int]:
    flat = side.distance.ravel()
    count = min(LOOKED_AT, flat.size)
    furthest = np.argpartition(flat, flat.size - count)[flat.size - count :]
    return [int(place) for place in furthest[np.argsort(-flat[furthest], kind="stable")]]


def _judged(found: Reference, side: _Side, place: int, truth: arb | None) -> Numbers:
    got = side.got if side.got.dtype.kind == "f" else side.got.astype(np.float64)
    value, scale = float(got.flat[place]), arb(float(side.scale.flat[place]))
    index = np.unravel_index(place, side.got.shape)
    name = found.problem.arguments[found.problem.wrt[side.place]].name
    label = f"{name}[{', '.join(str(int(i)) for i in index)}]" if index else name
    enclosed = truth is not None and accurate(truth, 60)
    known = truth if truth is not None and enclosed else arb(float(side.expected.flat[place]))
    distance = upper_float(abs(arb(value) - known) / spacing(scale, got.dtype)) if isfinite(value) else inf
    status = "ok" if distance <= OK else "wrong" if distance > wrong_beyond(got.dtype) else "lost"
    if status == "wrong" and not enclosed:
        status, why = "unknown", f"{label} is far from the engine's gradient, but its true value could not be enclosed"
    else:
        why = f"{label} is off by more than rounding explains" if status == "lost" else ""
    kappa = upper_float(scale / abs(known)) if not known.contains(0) else None
    own = upper_float(abs(arb(value) - known) / spacing(known, got.dtype)) if isfinite(value) else inf
    return Numbers(
        status,
        ulps=own if not known.contains(0) else distance,
        condition=kappa,
        index=label,
        got=repr(value),
        expected=decimal(known),
        reason=why,
    )


def _fields(numbers: Numbers) -> dict[str, Any]:
    return {name: getattr(numbers, name) for name in ("status", "ulps", "condition", "index", "got", "expected")}
