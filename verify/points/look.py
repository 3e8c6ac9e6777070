"""Looking at one point in balls: the true derivative, what the candidate's program says, what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from flint import arb

from dualgrad.program.record import Program, Variable
from verify.ball.compare import disjoint
from verify.ball.grid import TooLarge
from verify.ball.kernels import NoSlope
from verify.ball.precision import working_precision
from verify.ball.read import BallArray, Differential, Event, Reading, evaluate, gradient, jacobian
from verify.points.agreement import (
    FIRST_BITS,
    HALF,
    LAST_BITS,
    ULP,
    Claim,
    Difference,
    Sides,
    all_finite,
    elements,
    left_over,
    less_than_an_ulp,
    less_than_an_ulp_of_terms,
    narrow,
    off_by_a_share,
    off_by_an_ulp,
    status_of,
)
from verify.points.candidate import branches_of_its_own, captures_of_its_own, iterates, rounding
from verify.points.constants import as_written, is_odd, written
from verify.points.declared_meanings import misdeclared
from verify.points.faithful import DIFFERS, candidate_differs, differs
from verify.points.kinks import look_around
from verify.points.numbers import Question
from verify.question.problem import Array, Problem, Undecidable
from verify.question.recording import Recording, record, with_inputs

ROUNDED_READING = "constants that may be rounded"
CUT_READING = "exact, and the gradient as right where it is off by less than an ulp"
ROUNDED_BITS = 36  # of agreement, where the constants' own roundings are allowed for
OTHER_PATH = "the recorded path is not the one taken at this point"
COMPUTED = 256 * ULP  # relative; what rounding may leave in numbers that were computed elsewhere
ITERATED = 2.0**-26  # relative; what an iteration that ended by a test may be off by
GIVEN = "the given arguments"
PLAIN = (GIVEN, "a point near", "a random")  # how the label of a point begins that is not a hard one
AROUND = 2.0**-60  # relative; how near to the derivatives around it one at a tie has to be


@dataclass(frozen=True)
class Point:
    """Inputs to look at, and why."""

    label: str
    arrays: Mapping[int, Array]


@dataclass(frozen=True)
class Look:
    """What was seen at a point.

    ``status``: "equal" and "different" compare the candidate's program with the truth in balls; "numbers only"
    has no such program; "kink" is a point on a guard of f; "outside" one where f is not defined.
    """

    point: Point
    status: str
    recording: Recording
    truth: tuple[BallArray, ...] = ()
    events: tuple[Event, ...] = ()
    difference: Difference | None = None
    reading: str = "exact"
    reason: str = ""
    equalities: Mapping[str, bool] = field(default_factory=dict)  # tests == of the candidate: whether one held here
    around: bool = False  # the truth was found around the point, where only a recorded gradient has a guard
    base: Look | None = None  # at the gradient of f that the question is about, where it is about one
    read: Differential | None = None  # the derivative of f as it was read in FIRST_BITS, where that was enough


def look(problem: Problem, point: Point, recording: Recording | None) -> Look:
    """Compare at one point. ``recording`` is a proof trace that holds there, or None to record at the point itself."""
    if recording is None:
        recording = record(problem, point.arrays, None)
    if recording.forward is None:
        return Look(point, "unknown", recording, reason=recording.refused)
    try:
        other = misdeclared(recording.forward, with_inputs(recording, point.arrays), sizes_at(recording, point))
        if other:
            return Look(point, "unknown", recording, reason=other)
        return _as_it_runs(problem, _look_at(problem, point, recording))
    except (TooLarge, NoSlope) as error:
        return Look(point, "unknown", recording, reason=str(error))


def _as_it_runs(problem: Problem, seen: Look) -> Look:
    """What was seen, where the recording is the user's function and the candidate at the point."""
    if seen.status not in ("equal", "different", "numbers only"):
        return seen
    at = problem, seen.recording, seen.point.arrays, sizes_at(seen.recording, seen.point)
    if differs(*at):
        return Look(seen.point, "unknown", seen.recording, reason=DIFFERS)
    if seen.status == "different" and candidate_differs(*at):
        return replace(seen, status="numbers only", reason=DIFFERS, difference=None)
    return seen


def _look_at(problem: Problem, point: Point, recording: Recording) -> Look:
    base = None
    if problem.base is not None and recording.base is not None:
        base = look(problem.base, point, recording.base)
        if base.status not in ("equal", "kink"):
            status = "outside" if base.status == "outside" else "unknown"
            return Look(point, status, recording, reason=_not_the_gradient(base), base=base)
    bits = FIRST_BITS
    while True:
        seen = replace(_look(problem, point, recording, bits), base=base)
        if seen.status != "undecided" or bits >= LAST_BITS:
            break
        bits *= 2
    if seen.status == "undecided":
        return replace(seen, status="unknown")
    if base is None or seen.status in ("outside", "unknown"):
        return seen
    if base.status == "kink":
        return replace(seen, status="kink")
    return off_ties(problem, seen) if seen.status == "kink" else seen


def off_ties(problem: Problem, seen: Look) -> Look:
    """A point on a guard where the function is smooth all the same: the larger of x and x, a gradient's test for ties.

    What is read at the point itself is then the derivative, where that is what is found around it: the maximum is
    one of the entries all around, and a tie that the engine treats apart is not.
    """
    point, recording, bits = seen.point, seen.recording, FIRST_BITS
    inputs, sizes = with_inputs(recording, point.arrays), sizes_at(recording, point)
    assert recording.forward is not None
    local = look_around(
        Question(
            recording.forward,
            tuple(recording.inputs[position] for position in problem.wrt),
            inputs,
            sizes,
            tuple(np.zeros(array.shape) for array in seen.truth),
            tuple(problem.arguments[position].name for position in problem.wrt),
            problem.kind,
            tuple(recording.inputs[position] for position in problem.moving),
        )
    )
    if local.differentiable is not True or local.derivative is None or recording.gradient is None:
        return seen
    if not all(map(_near, seen.truth, local.derivative)):
        return seen
    while True:
        found = _compare(problem, point, recording, bits, replace(seen, around=True))
        if found.status != "undecided" or bits >= LAST_BITS:
            return seen if found.status == "undecided" else found
        bits *= 2
        seen = replace(seen, truth=true_derivative(problem, point, recording, bits).arrays)


def _near(array: BallArray, other: BallArray) -> bool:
    top = max((abs(ball) for ball in other.flat), key=float, default=arb(0)) + 1
    return all(bool(abs(a - b) <= AROUND * top) for a, b in zip(array.flat, other.flat, strict=True))


def _not_the_gradient(base: Look) -> str:
    if base.status == "different":
        return "the engine's gradient of f is wrong: an internal error, please report it"
    return f"the gradient of f: {base.reason}"


def _look(problem: Problem, point: Point, recording: Recording, bits: int) -> Look:
    truth = true_derivative(problem, point, recording, bits)
    read = truth if bits == FIRST_BITS else None
    seen = Look(point, "undecided", recording, truth.arrays, truth.reading.events, read=read)
    if any(event.kind == "undecided" for event in seen.events):
        return replace(seen, reason="a guard could not be decided in balls")
    if any(event.kind == "path" for event in seen.events):
        return replace(seen, status="unknown", reason=OTHER_PATH)
    if any(event.kind == "boundary" for event in seen.events):
        return replace(seen, status="kink")
    if not all(all_finite(array) for array in truth.reading.outputs):
        return replace(
            seen, status="outside" if bits >= 4 * FIRST_BITS else "undecided", reason="f is not finite there"
        )
    if not all(all_finite(array) for array in truth.arrays):
        return replace(
            seen, status="kink" if bits >= 4 * FIRST_BITS else "undecided", reason="the derivative is not finite there"
        )
    if recording.gradient is None:
        return replace(seen, status="numbers only", reason=recording.gradient_refused)
    return _compare(problem, point, recording, bits, seen, truth.reading)


def true_derivative(
    problem: Problem, point: Point, recording: Recording, bits: int, literals: str = "exact", absolute: bool = False
) -> Differential:
    """The derivative of f at the point in balls, or the magnitudes of its terms: of the sum, or the Jacobian."""
    assert recording.forward is not None
    wrt = [recording.inputs[position] for position in problem.wrt]
    inputs = with_inputs(recording, point.arrays)
    sizes = sizes_at(recording, point)
    read = gradient if problem.kind == "grad" else jacobian
    return read(recording.forward, wrt, inputs, sizes, bits, literals, absolute=absolute)


def sizes_at(recording: Recording, point: Point) -> dict[str, int]:
    """The value of every dimension at a point."""
    sizes = {}
    for position, axes in recording.labels.items():
        for label, size in zip(axes, point.arrays[position].shape, strict=True):
            if isinstance(label, str):
                sizes[label] = size
    return sizes


def fits(recording: Recording, point: Point) -> bool:
    """Whether a recording with fixed sizes is for arrays of these shapes."""
    return all(
        isinstance(label, str) or label == size
        for position, axes in recording.labels.items()
        for label, size in zip(axes, point.arrays[position].shape, strict=True)
    )


def _compare(
    problem: Problem, point: Point, recording: Recording, bits: int, seen: Look, known: Reading | None = None
) -> Look:
    """Compare the programs; only their numbers where the candidate's rounds to a coarser dtype, which is not read.

    ``known`` is how f was read there, in these bits.
    """
    found = _compared(problem, point, recording, bits, seen, known)
    rounded = rounding(recording.gradient) if found.status == "equal" and recording.gradient is not None else ""
    return replace(found, status="numbers only", reason=rounded) if rounded else found


def _compared(
    problem: Problem, point: Point, recording: Recording, bits: int, seen: Look, known: Reading | None
) -> Look:
    """Compare under the exact reading of literals, then under those that differ from it by less than an ulp."""
    exact = Sides(seen.truth, _claimed(point, recording, bits, "exact", seen.truth, known))
    if not exact.finite:
        reason = "the gradient's program is not finite there, or a guard of it is undecided"
        return replace(seen, status="numbers only" if bits >= 4 * FIRST_BITS else "undecided", reason=reason)
    seen = replace(seen, equalities=exact.claim.equalities)
    status, difference = status_of(exact, bits)
    if status != "different":
        return replace(seen, status=status, reason="the enclosures are wide" if status == "undecided" else "")
    for reading in ("decimal", "named"):
        other = _sides(problem, point, recording, bits, reading)
        if other.finite and status_of(other, bits)[0] == "equal":
            told = less_than_an_ulp(exact, other, bits)
            if not told and reading == "named":  # 2/√π is further from its double than an ulp of terms that cancel
                terms = true_derivative(problem, point, recording, bits, absolute=True).arrays
                told = less_than_an_ulp_of_terms(exact, other, terms, bits)
            if told:
                return replace(seen, status="equal", reading=reading)
    if branches_of_its_own(recording):
        status = off_by_a_share(exact, bits, ULP)
        if status == "equal":
            return replace(seen, status="equal", reading=CUT_READING)
        if status == "different" and not point.label.startswith(PLAIN):
            status = off_by_a_share(exact, bits, HALF).replace("equal", "numbers only")
        if status != "different":
            return replace(seen, status=status, reason="it is off by few digits, as a series that is cut short")
    if captures_of_its_own(recording) and left_over(exact, bits, COMPUTED):
        return replace(seen, status="numbers only", reason="it uses numbers computed elsewhere, which are rounded")
    if iterates(recording.forward) and left_over(exact, bits, ITERATED):
        return replace(seen, status="numbers only", reason="f iterates, and the difference is what that may leave")
    found = _rounded(_sides(problem, point, recording, bits, "rounded"), replace(seen, difference=difference), bits)
    if found.status == "equal" and _is_off_as_written(problem, point, recording, bits, exact):
        return replace(seen, status="different", difference=difference)
    return found


def _is_off_as_written(problem: Problem, point: Point, recording: Recording, bits: int, exact: Sides) -> bool:
    """Whether it is off by an ulp, and no rounding of numbers that Python folded, or that are unknown, is why."""
    known = written(problem.f, *(() if problem.own else (problem.candidate,)))
    programs = (recording.forward, recording.gradient)
    if not known or any(program is None for program in programs):
        return False
    if not any(is_odd(program) for program in programs if program is not None):
        return False
    forward, gradient = (as_written(program, known) for program in programs if program is not None)
    sides = _sides(problem, point, replace(recording, forward=forward, gradient=gradient), bits, "rounded")
    dtypes = [operand.dtype for operand in gradient.outputs if isinstance(operand, Variable)]
    return sides.finite and off_by_an_ulp(exact, sides, dtypes, bits)


def _sides(problem: Problem, point: Point, recording: Recording, bits: int, reading: str) -> Sides:
    truth = true_derivative(problem, point, recording, bits, reading)
    return Sides(truth.arrays, _claimed(point, recording, bits, reading, truth.arrays, truth.reading))


def _claimed(
    point: Point,
    recording: Recording,
    bits: int,
    reading: str,
    truth: tuple[BallArray, ...],
    known: Reading | None,
) -> Claim:
    assert recording.gradient is not None
    found = evaluate(
        recording.gradient, with_inputs(recording, point.arrays), sizes_at(recording, point), bits, reading, known
    )
    outputs = tuple(shaped(got, expected.shape) for got, expected in zip(found.outputs, truth, strict=True))
    return Claim(outputs, found.decided, _equalities(recording.gradient, found.values))


def _rounded(sides: Sides, seen: Look, bits: int) -> Look:
    """What is left when constants may carry a rounding of their own, as one folded by Python does (d * d)."""
    if not sides.finite:
        return replace(seen, status="numbers only", reason="the constants in it decide, and may be rounded")
    with working_precision(bits):
        pairs = list(elements(sides.truth, sides.claim.outputs))
        if any(a is None or b is None or disjoint(a, b) for _, _, a, b in pairs):
            return replace(seen, status="different")
        if all(narrow(a, b, ROUNDED_BITS, bits) for _, _, a, b in pairs if a is not None and b is not None):
            return replace(seen, status="equal", reading=ROUNDED_READING, difference=None)
    reason = "the difference is no more than roundings of the constants in it explain"
    return replace(seen, status="numbers only", reason=reason, difference=None)


def equalities(seen: Look) -> dict[str, bool]:
    """The candidate's tests for equality, and which of them hold at the point of a look."""
    if seen.recording.gradient is None:
        return {}
    found = evaluate(
        seen.recording.gradient,
        with_inputs(seen.recording, seen.point.arrays),
        sizes_at(seen.recording, seen.point),
        FIRST_BITS,
        "exact",
    )
    return _equalities(seen.recording.gradient, found.values)


def _equalities(program: Program, values: Mapping[Variable, BallArray]) -> dict[str, bool]:
    """The candidate's tests for equality, by place and line, and whether any of their elements held."""
    tests = [equation for equation in program.equations if equation.op.name in ("equal", "not_equal")]
    held = {"equal": 1, "not_equal": 0}
    return {
        f"{equation.line} ({place})": any(ball == held[equation.op.name] for ball in values[equation.output].flat)
        for place, equation in enumerate(tests)
    }


def shaped(part: Array, shape: tuple[int, ...]) -> Array:
    """A Jacobian with respect to a number may keep a last axis of 1."""
    return part.reshape(shape) if part.shape == (*shape, 1) else part


def finite_value(problem: Problem, arrays: Mapping[int, Array]) -> bool:
    """Whether f, run natively, is finite at these inputs."""
    try:
        return all(bool(np.isfinite(output).all()) for output in problem.value(arrays))
    except Undecidable:
        return False
