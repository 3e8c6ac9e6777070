"""The second key to a proof: the user's own functions, traced again and run at other sizes and points.

It shares no rule with the proof: f's derivative comes from balls, the candidate is run as it is. A clash is an
internal error of ours, not a counterexample, and the verdict becomes UNDECIDED.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.ball.sides import signs_by_guard
from verify.points.assign import assignments, largest_literal, shapes
from verify.points.faithful import DIFFERS, allowed
from verify.points.look import Point, finite_value, look, off_ties, shaped, sizes_at
from verify.points.sampling import near, sample
from verify.question.problem import Array, Problem, Undecidable
from verify.question.recording import Recording, fingerprint, guards, record, run_floats, with_inputs

TRIES = 8  # draws until f is finite and off its guards
SCALES = (1.0, 1.0, 0.1, 10.0, 0.01, 100.0, 1e-4, 1e4)  # of the random points that look for the sides of guards
CLASH = "the proof and the balls contradict each other: an internal error, please report it"
OTHER_READING = "the reading of its numbers that the proof needs changes the gradient by an ulp or more"


Prints = tuple[tuple[Any, ...], tuple[Any, ...]] | None


@dataclass(frozen=True)
class Key:
    """Whether the second key agrees, at which sizes, and why not."""

    agrees: bool
    sizes: tuple[str, ...] = ()
    reason: str = ""
    clash: bool = False  # the keys contradict each other: an internal error


def second_key(problem: Problem, recording: Recording, reading: str) -> Key:
    """Turn the second key: at three or more assignments of sizes, and one above every integer literal if affordable.

    ``reading`` is how the proof read float literals: at the points it may differ from the exact one by less than an
    ulp of the gradient.
    """
    tried: list[str] = []
    largest = 0
    prints = _prints(recording)
    for number, sizes in enumerate(assignments(recording)):
        where = ", ".join(f"{name} = {size}" for name, size in sizes.items())
        fault = _turn(problem, recording, prints, shapes(recording, sizes), number, reading)
        if fault is not None:
            return Key(False, tuple(tried), f"{fault.reason}{f' at {where}' if where else ''}", fault.clash)
        tried.append(where or f"random point {number + 1}")
        largest = max(largest, *sizes.values(), 0)
    unseen = _unseen_sides(problem, recording)
    if isinstance(unseen, _Fault):
        return Key(False, tuple(tried), unseen.reason, unseen.clash)
    if unseen:
        tried.append(f"{unseen} guards seen from one side only")
    if sizes and largest_literal(recording) >= largest:
        tried.append(f"no run above the literal {largest_literal(recording)}")
    return Key(True, tuple(dict.fromkeys(tried)))


@dataclass(frozen=True)
class _Fault:
    reason: str
    clash: bool = False


def _turn(
    problem: Problem, recording: Recording, prints: Prints, at: dict[int, tuple[int, ...]], seed: int, reading: str
) -> _Fault | None:
    fault = _Fault("no point of the domain was found where f is finite and off its guards")
    again: Recording | None = None
    for attempt in _points(problem, at, seed):
        if again is None or not all(a.dtype.kind == "f" for a in attempt.arrays.values()):  # floats are not looked at
            again = record(problem, attempt.arrays, recording.labels)
        if prints is None or _prints(again) != prints:
            return _Fault("the functions do something else when traced again")
        seen = look(problem, attempt, again)
        seen = off_ties(problem, seen) if seen.status == "kink" and seen.base is None else seen
        if seen.status in ("kink", "outside"):
            continue
        if seen.status == "different":
            return _Fault(CLASH, clash=True)
        if seen.status != "equal" or not finite_value(problem, attempt.arrays):  # the user's f is defined on less
            fault = _Fault(seen.reason) if seen.status != "equal" else fault
            continue
        if any(one.reading not in ("exact", reading) for one in (seen, seen.base) if one is not None):
            return _Fault(OTHER_READING)
        return _native_fault(problem, again, attempt)
    return fault


def _unseen_sides(problem: Problem, recording: Recording) -> int | _Fault:
    """Visit both sides of every guard, where random points of some scales reach them; how many were not reached."""
    programs = [program for program in (recording.forward, recording.gradient) if program is not None]
    if not any(True for program in programs for _ in guards(program)):
        return 0
    seen: list[set[int]] = []
    for attempt, scale in enumerate(SCALES):
        point = _scaled(problem, attempt, scale)
        if point is None:
            continue
        inputs, sizes = with_inputs(recording, point.arrays), sizes_at(recording, point)
        signs = [found for program in programs for found in signs_by_guard(program, inputs, sizes)]
        seen = [old | set(new) for old, new in zip(seen or [set() for _ in signs], signs, strict=True)]
        if look(problem, point, recording).status == "different":
            return _Fault(CLASH, clash=True)
        if all({1, -1} <= found for found in seen):
            return 0
    return sum(not {1, -1} <= found for found in seen)


def _scaled(problem: Problem, attempt: int, scale: float) -> Point | None:
    arrays = sample(problem, {p: array.shape for p, array in problem.arrays.items()}, seed=500 + attempt)
    if arrays is None:
        return None
    free = [p for p in problem.wrt if p not in problem.domain]
    moved = {p: np.asarray(arrays[p] * scale, dtype=arrays[p].dtype) for p in free}
    return Point("a random point of another scale", {**arrays, **moved})


def _points(problem: Problem, at: dict[int, tuple[int, ...]], seed: int) -> Iterator[Point]:
    for attempt in range(TRIES):
        arrays = sample(problem, at, seed=97 * seed + attempt)
        if arrays is not None:
            yield Point("a random point", arrays if attempt % 2 == 0 else _positive_definite(problem, arrays))
    for attempt in range(TRIES // 2):  # f may be finite at few inputs; near the given ones it is
        arrays = near(problem, at, seed=97 * seed + attempt)
        if arrays is not None:
            yield Point("a point near the given arguments", arrays)


def _positive_definite(problem: Problem, arrays: dict[int, Array]) -> dict[int, Array]:
    """The point with square matrices in arguments without a domain made positive definite, as functions of them ask."""
    found = dict(arrays)
    for p, a in arrays.items():
        free = p not in problem.domain and a.dtype.kind == "f" and a.ndim >= 2 and a.shape[-1] == a.shape[-2]
        if free:
            product = a @ np.swapaxes(a, -1, -2) + np.eye(a.shape[-1])
            found[p] = np.asarray(product, dtype=a.dtype)
    return found


def _prints(recording: Recording) -> Prints:
    """What both programs are; None where one was not recorded."""
    if recording.forward is None or recording.gradient is None:
        return None
    return fingerprint(recording.forward), fingerprint(recording.gradient)


def _native_fault(problem: Problem, recording: Recording, point: Point) -> _Fault | None:
    """Whether f and the candidate, run as they are, return what the recordings compute."""
    assert recording.forward is not None and recording.gradient is not None
    inputs, sizes = with_inputs(recording, point.arrays), sizes_at(recording, point)
    try:
        gradient, recorded = problem.gradient(point.arrays), run_floats(recording.gradient, inputs, sizes)
        if problem.kind == "jac" and len(gradient) == len(recorded):
            gradient = [shaped(part, other.shape) for part, other in zip(gradient, recorded, strict=True)]
        pairs = (
            (problem.value(point.arrays), run_floats(recording.function or recording.forward, inputs, sizes)),
            (gradient, recorded),
        )
    except Undecidable as error:
        return _Fault(str(error))
    for native, traced in pairs:
        if not _agree(native, traced):
            return _Fault(DIFFERS)
    return None


def _agree(native: Sequence[Array], recorded: Sequence[Array]) -> bool:
    if len(native) != len(recorded):
        return False
    with np.errstate(all="ignore"):  # infinities, which agree where they are equal
        return all(
            a.shape == b.shape and bool(np.all((a == b) | (np.abs(a - b) <= allowed(a))))
            for a, b in zip(native, recorded, strict=True)
        )
