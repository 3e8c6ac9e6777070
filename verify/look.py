"""Looking at one point in balls: the true derivative, what the candidate's program says, what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from dualgrad.program.record import Program, Variable
from verify.ball.compare import disjoint
from verify.ball.precision import working_precision
from verify.ball.read import BallArray, Differential, Event, evaluate, gradient, jacobian
from verify.problem import Array, Problem, Undecidable
from verify.recording import Recording, record, with_inputs

FIRST_BITS = 128
LAST_BITS = 2048
AGREED_BITS = 80  # a difference is enclosed to this many bits of its terms before it counts as zero
ROUNDED_READING = "numbers rounded to doubles"
READINGS = ("exact", "decimal", "named")
ROUNDED_BITS = 50
ROUNDED = 2.0**-ROUNDED_BITS  # constants folded by Python before they are seen (d * d) carry a few ulps of their own


@dataclass(frozen=True)
class Point:
    """Inputs to look at, and why."""

    label: str
    arrays: Mapping[int, Array]


@dataclass(frozen=True)
class Difference:
    """An element where two enclosures are disjoint."""

    place: int
    index: tuple[int, ...]
    expected: str
    got: str


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


def look(problem: Problem, point: Point, recording: Recording | None) -> Look:
    """Compare at one point. ``recording`` is a proof trace that holds there, or None to record at the point itself."""
    if recording is None:
        recording = record(problem, point.arrays, None)
    if recording.forward is None:
        return Look(point, "unknown", recording, reason=recording.refused)
    bits = FIRST_BITS
    while True:
        seen = _look(problem, point, recording, bits)
        if seen.status != "undecided" or bits >= LAST_BITS:
            return replace(seen, status="unknown") if seen.status == "undecided" else seen
        bits *= 2


def _look(problem: Problem, point: Point, recording: Recording, bits: int) -> Look:
    truth = true_derivative(problem, point, recording, bits)
    seen = Look(point, "undecided", recording, truth.arrays, truth.reading.events)
    if any(event.kind == "undecided" for event in seen.events):
        return replace(seen, reason="a guard could not be decided in balls")
    if any(event.kind == "path" for event in seen.events):
        return replace(seen, status="unknown", reason="the recorded path is not the one taken at this point")
    if any(event.kind == "boundary" for event in seen.events):
        return replace(seen, status="kink")
    if not all(_finite(array) for array in truth.reading.outputs):
        return replace(
            seen, status="outside" if bits >= 4 * FIRST_BITS else "undecided", reason="f is not finite there"
        )
    if not all(_finite(array) for array in truth.arrays):
        return replace(
            seen, status="kink" if bits >= 4 * FIRST_BITS else "undecided", reason="the derivative is not finite there"
        )
    if recording.gradient is None:
        return replace(seen, status="numbers only", reason=recording.gradient_refused)
    return _compare(problem, point, recording, bits, seen)


def true_derivative(
    problem: Problem, point: Point, recording: Recording, bits: int, literals: str = "exact"
) -> Differential:
    """The derivative of f at the point in balls: the gradient of the sum, or the Jacobian."""
    assert recording.forward is not None
    wrt = [recording.inputs[position] for position in problem.wrt]
    inputs = with_inputs(recording, point.arrays)
    sizes = sizes_at(recording, point)
    read = gradient if problem.kind == "grad" else jacobian
    return read(recording.forward, wrt, inputs, sizes, bits, literals)


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


def _compare(problem: Problem, point: Point, recording: Recording, bits: int, seen: Look) -> Look:
    assert recording.gradient is not None
    for reading in READINGS:
        truth = seen.truth if reading == "exact" else true_derivative(problem, point, recording, bits, reading).arrays
        claim = evaluate(
            recording.gradient, with_inputs(recording, point.arrays), sizes_at(recording, point), bits, reading
        )
        if not claim.decided or not all(map(_finite, claim.outputs)):
            status = "numbers only" if bits >= 4 * FIRST_BITS else "undecided"
            return replace(
                seen, status=status, reason="the gradient's program is not finite there, or a guard of it is undecided"
            )
        seen = replace(seen, equalities=_equalities(recording.gradient, claim.values))
        claimed = tuple(shaped(got, expected.shape) for got, expected in zip(claim.outputs, truth, strict=True))
        with working_precision(bits):
            status, difference = _status(truth, claimed, bits)
        if status != "different":
            return replace(
                seen, status=status, reading=reading, reason="the enclosures are wide" if status == "undecided" else ""
            )
        if reading == "exact":
            first = replace(seen, status="different", difference=difference)
            if _within_rounding(problem, seen, claimed, bits):
                first = replace(seen, status="equal", reading=ROUNDED_READING)
    return first


def _status(truth: tuple[BallArray, ...], claim: tuple[BallArray, ...], bits: int) -> tuple[str, Difference | None]:
    wide = False
    for place, (expected, got) in enumerate(zip(truth, claim, strict=True)):
        if expected.shape != got.shape:
            return "different", Difference(place, (), f"shape {expected.shape}", f"shape {got.shape}")
        for index in np.ndindex(expected.shape):
            true, claimed = expected.item(index), got.item(index)
            if disjoint(true, claimed):
                return "different", Difference(place, index, digits(true), digits(claimed))
            radius, scale = (true - claimed).rad(), abs(true).upper() + abs(claimed).upper()
            wide = wide or not (radius <= scale * 2.0**-AGREED_BITS or radius <= 2.0 ** (-bits / 2))
    return ("undecided" if wide else "equal"), None


def _within_rounding(problem: Problem, seen: Look, claim: tuple[BallArray, ...], bits: int) -> bool:
    """Whether the enclosures differ by no more than roundings of constants can make of the terms that are added."""
    inputs, sizes = with_inputs(seen.recording, seen.point.arrays), sizes_at(seen.recording, seen.point)
    assert seen.recording.forward is not None
    if problem.kind != "grad" or any(t.shape != c.shape for t, c in zip(seen.truth, claim, strict=True)):
        return False
    wrt = [seen.recording.inputs[position] for position in problem.wrt]
    terms = gradient(seen.recording.forward, wrt, inputs, sizes, bits, absolute=True).arrays
    with working_precision(bits):
        return all(
            bool(abs(expected - got).upper() <= scale.upper() * ROUNDED)
            for true, claimed, scales in zip(seen.truth, claim, terms, strict=True)
            for expected, got, scale in zip(true.flat, claimed.flat, scales.flat, strict=True)
        )


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


def digits(ball: object, count: int = 17) -> str:
    """The decimal digits a ball is sure of, at most ``count``."""
    return str(ball.str(count, radius=False))  # type: ignore[attr-defined]


def _finite(array: BallArray) -> bool:
    return all(ball.is_finite() for ball in array.ravel().tolist())


def finite_value(problem: Problem, arrays: Mapping[int, Array]) -> bool:
    """Whether f, run natively, is finite at these inputs."""
    try:
        return all(bool(np.isfinite(output).all()) for output in problem.value(arrays))
    except Undecidable:
        return False
