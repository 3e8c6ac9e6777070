"""What was found about a problem, and how each look adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from verify.answer.branches import Branches
from verify.direct.ladder import Direct
from verify.points.agreement import AGREED_BITS
from verify.points.hygiene import Hygiene
from verify.points.look import CUT_READING, ROUNDED_BITS, ROUNDED_READING, Look
from verify.points.numbers import OK, wrong_beyond
from verify.points.triangle import REASON, is_a_convention
from verify.points.witness import counterexample
from verify.proof.attempt import Attempt
from verify.question.problem import Array, Problem
from verify.question.recording import Recording
from verify.verdict import Counterexample, Formula, Kink, Numbers

# How the recording refuses a candidate that asks who calls it, and with which array.
TELLING = ("of an array tells", "sys.modules tells", "looks at frames")


@dataclass
class Findings:
    """What was found on the way; a result is read off it at the end."""

    problem: Problem
    got: list[Array]
    here: Look
    numbers: Numbers
    attempt: Attempt | None = None
    direct: Direct | None = None  # where the recording says nothing at the given arguments
    kinks: tuple[Kink, ...] = ()
    refutation: Counterexample | None = None  # of the formula
    refuted_at: Mapping[int, Array] = field(default_factory=dict)  # the point of that
    wrong_numbers: Counterexample | None = None  # at a point where f is well conditioned
    reason: str = ""
    readings: frozenset[str] = frozenset()
    looked: int = 0
    bits: float = AGREED_BITS  # of relative agreement, at the point where it is least
    equalities: dict[str, bool] = field(default_factory=dict)
    branches: Branches = field(default_factory=Branches)
    unsure: str = ""
    defined: Formula | None = None  # the claim where the candidate has values, if the domain is asked for
    asks: str = ""  # what decides whether a point counts at which the gradient is wrong: the domain that is meant
    notes: tuple[str, ...] = ()
    clean: Hygiene | None = None  # where it was not examined at the given arguments

    @property
    def settled(self) -> bool:
        """Whether a counterexample was found, so that nothing more needs looking at."""
        return self.refutation is not None or self.wrong_numbers is not None

    def take(self, small: Findings) -> None:
        """Take what was found for the same functions at small arguments; of the numbers given it says nothing."""
        self.refutation, self.refuted_at = small.refutation, small.refuted_at
        self.wrong_numbers, self.reason = small.wrong_numbers, small.reason
        if small.numbers.status == "wrong" and not small.settled:
            self.wrong_numbers = example_of(small.problem, small.here, small.numbers)
            self.reason = f"the numbers are wrong at small arguments: {small.numbers.reason or small.numbers.index}"
        self.kinks = tuple(replace(kink, at_input=False) for kink in small.kinks)
        self.readings, self.looked, self.bits = small.readings, small.looked, small.bits
        self.equalities, self.unsure, self.notes = small.equalities, small.unsure, small.notes
        self.branches = small.branches

    @property
    def recording(self) -> Recording:
        """The recording that says what f is: the proof trace where there is one."""
        tried = self.attempt.recording if self.attempt is not None else self.here.recording
        return tried if tried.forward is not None else self.here.recording

    @property
    def looks_around(self) -> bool:
        """Whether the candidate asked which array it was given, or who calls it: what it returns may depend on that."""
        recording = self.attempt.recording if self.attempt is not None else self.here.recording
        return any(words in recording.gradient_refused for words in TELLING)

    @property
    def blind(self) -> bool:
        """Whether fewer than half of a number's digits are right here, which conditioning excuses: it shows nothing."""
        return any(map(_half_is_wrong, self.got, self.here.truth))


def absorb(findings: Findings, seen: Look) -> None:
    """Take what a look says about the formula."""
    for test, held in seen.equalities.items():
        findings.equalities[test] = findings.equalities.get(test, False) or held
    if seen.status == "different" and is_a_convention(findings.problem, seen):
        findings.unsure = findings.unsure or REASON
    elif seen.status == "different" and seen.difference is not None:
        d = seen.difference
        findings.refutation = counterexample(findings.problem, seen.point.arrays, d.place, d.index, d.expected, d.got)
        findings.refuted_at = seen.point.arrays
        findings.reason = f"the enclosures are disjoint at {seen.point.label}"
    elif seen.status == "equal":
        findings.looked += 1
        rounded = seen.reading in (ROUNDED_READING, CUT_READING)
        findings.bits = min(findings.bits, ROUNDED_BITS if rounded else AGREED_BITS)
        findings.readings |= {seen.reading}
    elif seen.status == "numbers only":
        compared_in_numbers(findings, findings.got)
    elif seen.status == "unknown":
        findings.unsure = findings.unsure or seen.reason


def compared_in_numbers(findings: Findings, got: list[Array]) -> None:
    """Count a point at which the candidate's numbers were compared, not its program: to their precision, no more."""
    findings.looked += 1
    findings.bits = min(findings.bits, *(_bits_of(part) for part in got))


def example_of(problem: Problem, seen: Look, numbers: Numbers) -> Counterexample:
    """The counterexample that wrong numbers at a point are."""
    place, index = worst_element(problem, numbers)
    return counterexample(problem, seen.point.arrays, place, index, numbers.expected, numbers.got)


def worst_element(problem: Problem, numbers: Numbers) -> tuple[int, tuple[int, ...]]:
    """The argument's place in ``wrt`` and the index that ``numbers.index`` ("x[0, 1]") names."""
    name, _, rest = numbers.index.partition("[")
    places = [problem.arguments[position].name for position in problem.wrt]
    index = tuple(int(part) for part in rest.rstrip("]").split(",") if part.strip())
    return (places.index(name) if name in places else 0), index


def _half_is_wrong(got: Array, truth: Array) -> bool:
    dtype = got.dtype if got.dtype.kind == "f" else np.dtype(float)
    share = float(np.finfo(dtype).eps) * wrong_beyond(dtype)
    pairs = zip(got.ravel().tolist(), truth.ravel().tolist(), strict=True)
    return any(not true.contains(0) and not abs(true - value) <= abs(true) * share for value, true in pairs)


def _bits_of(array: Array) -> float:
    """What the numbers of an array say where they are ok: its precision, less what is allowed for rounding."""
    return float(np.finfo(array.dtype).nmant if array.dtype.kind == "f" else np.finfo(float).nmant) - float(np.log2(OK))
