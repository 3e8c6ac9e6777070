"""The form reading's answer for a recording, and the certificate of it that the checker has to accept."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from dualgrad.positions import Positions
from dualgrad.program.entry import Number, Power, walk
from dualgrad.program.record import Equation, Literal, Program, Variable
from verify import checker
from verify.clock import now
from verify.form.facts import Facts
from verify.form.proof import Failure, Proof
from verify.form.prove import prove_gradient
from verify.form.setting import Budget
from verify.lemma.answer import prove_tape
from verify.points.assign import assignments, shapes
from verify.points.sampling import sample, shrunk
from verify.points.witness import full_source
from verify.proof.certificate import certify
from verify.proof.likely import LARGEST, likely
from verify.question.problem import Array, Problem
from verify.question.recording import Recording, with_inputs
from verify.tower.hints import completed

LARGEST_WITNESS = 4096  # entries of the arguments together
LARGEST_EXPONENT = 1000  # a power of a sum is expanded
SECONDS = 3.0  # for one reading of the literals
SECONDS_BEFORE_LEMMAS = 1.0  # the same, where lemmas may do
SMALL, LARGE = 12, 80  # equations: up to here the whole form is tried before lemmas, and from here on not at all
ONLY_THE_GRADIENT = "only the gradient needs"
READING_WORDS = {
    "exact": "",
    "decimal": "float literals are read as their shortest decimals",
    "named": "float literals are read as the named constants and small fractions that they are the doubles of, "
    "else as their shortest decimals",
}


@dataclass(frozen=True)
class Attempted:
    """A proof with the reading of literals it needs, or the reason why there is none."""

    proof: Proof | None
    reading: str = "exact"
    reason: str = ""
    way: str = "whole"

    @property
    def side_conditions(self) -> tuple[str, ...]:
        """Where the statement holds, and the kinks it leaves out."""
        if self.proof is None:
            return ()
        held = dict.fromkeys((*self.proof.forward, *self.proof.derivative, *self.proof.gradient))
        kinks = [f"off the kink {kink}" for kink in self.proof.kinks]
        return (*held, *kinks, *(f"{name} >= {least}" for name, least in self.proof.sizes))

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The reading of literals, where it is not the exact one."""
        words = READING_WORDS[self.reading]
        return (words,) if words else ()

    @property
    def statistics(self) -> str:
        """How large the proof is, in words."""
        if self.proof is None:
            return ""
        if self.way == "lemmas":
            count = int(self.proof.statistics["lemmas"])
            return f" of single steps, composed: {count} lemma{'s' if count > 1 else ''}"
        return f" with {len(self.proof.opaque)} intermediates opaque" if self.proof.opaque else ""


def ways(problem: Problem, recording: Recording) -> tuple[str, ...]:
    """How to go about a proof, the most promising first: the "whole" program in one form, or by "lemmas"."""
    if recording.tape is None or problem.derived is not None or recording.forward is None:
        return ("whole",)
    length = len(recording.forward.equations)
    return ("whole", "lemmas") if length <= SMALL else ("lemmas", "whole") if length < LARGE else ("lemmas",)


def prove(
    problem: Problem,
    recording: Recording,
    deadline: float,
    readings: Iterable[str] = tuple(READING_WORDS),
    way: str = "whole",
) -> Attempted:
    """Decide by normal forms, under the first reading of literals that works; see :func:`ways`."""
    assert recording.forward is not None and recording.gradient is not None
    reason = ""
    for reading in readings:
        found = _prove(problem, recording, reading, deadline, way)
        if isinstance(found, Proof):
            # A recorded gradient tests for ties, by the engine's conventions; that f does not is asked of the base.
            if found.equality_tests and problem.base is None:
                return Attempted(None, reason="f tests computed values for equality")
            if found.only_gradient and not (problem.lacking and found.rarely):
                return Attempted(None, reason=f"{ONLY_THE_GRADIENT} {', '.join(found.only_gradient)}")
            return Attempted(found, reading, way=way)
        reason = reason or found.reason
    return Attempted(None, reason=reason)


def _prove(problem: Problem, recording: Recording, reading: str, deadline: float, way: str) -> Proof | Failure:
    assert recording.forward is not None and recording.gradient is not None
    seconds = min(SECONDS if recording.tape is None else SECONDS_BEFORE_LEMMAS, deadline - now())
    if seconds <= 0:
        return Failure("the time budget ran out")
    if any(abs(equation.params.get("exponent", 0)) > LARGEST_EXPONENT for equation in _equations(recording)):
        return Failure(f"an exponent above {LARGEST_EXPONENT} is too large to expand")
    try:
        if way == "lemmas":
            return _composed(problem, recording, reading)
        return _decided(problem, recording, reading, seconds)
    except (RecursionError, MemoryError) as error:
        return Failure(f"the normal form is too large: {type(error).__name__}")


def readings(recording: Recording) -> tuple[str, ...]:
    """The readings of float literals that can differ for what was recorded."""
    programs = [program for program in (recording.forward, recording.gradient) if program is not None]
    if any(array.dtype.kind == "f" for program in programs for array in program.captured.values()):
        return tuple(READING_WORDS)
    if recording.base is not None and len(readings(recording.base)) > 1:
        return tuple(READING_WORDS)
    numbers = {value for equation in _equations(recording) for value in _numbers(equation)}
    differing = any(Fraction(repr(value)) != Fraction(value) for value in numbers if math.isfinite(value))
    return tuple(READING_WORDS) if differing else ("exact",)


def _numbers(equation: Equation) -> Iterator[float]:
    """The floats that an equation holds, as operands or in its meaning, where a power may be one."""
    values = [operand.value for operand in equation.inputs if isinstance(operand, Literal)]
    values += [float(node.exponent) for node in walk(equation.meaning.body) if isinstance(node, Power)]
    values += [float(node.value) for node in walk(equation.meaning.body) if isinstance(node, Number)]
    return (value for value in values if isinstance(value, float))


def _equations(recording: Recording) -> Iterator[Equation]:
    for program in (recording.forward, recording.gradient):
        yield from program.equations if program is not None else ()


def _decided(problem: Problem, recording: Recording, reading: str, seconds: float) -> Proof | Failure:
    assert recording.forward is not None and recording.gradient is not None
    return prove_gradient(
        recording.forward,
        [recording.inputs[position] for position in problem.wrt],
        recording.gradient,
        facts=Facts(
            domains=_words(problem, recording),
            resolve=recording.trace.extents.resolve,
            sizes=tuple(extent - least for extent, least in recording.trace.extents.conditions),
        ),
        literals=reading,
        budget=Budget(seconds=seconds),
        kind=problem.kind,
        engine=_of_the_engine(problem, recording),
        likely=likely(_small(problem, recording), recording) if len(recording.forward.equations) > SMALL else None,
    )


def _of_the_engine(problem: Problem, recording: Recording) -> tuple[Program, ...]:
    """Which of both programs is a backward pass of the engine's."""
    assert recording.forward is not None and recording.gradient is not None
    is_base = recording.base is None and recording.function is not None and recording.function is not recording.forward
    own = problem.own or is_base
    return (*((recording.forward,) if problem.derived is not None else ()), *((recording.gradient,) if own else ()))


def _composed(problem: Problem, recording: Recording, reading: str) -> Proof | Failure:
    assert recording.forward is not None and recording.gradient is not None and recording.tape is not None
    extents = recording.trace.extents
    return prove_tape(
        recording.forward,
        [recording.inputs[position] for position in problem.wrt],
        recording.gradient,
        recording.tape,
        recording.trace.equations,
        facts=Facts(domains=_words(problem, recording), resolve=extents.resolve),
        values=extents.values,
        literals=reading,
    )


def certified(problem: Problem, recording: Recording, found: Attempted) -> tuple[Mapping[str, Any], checker.Report]:
    """The certificate of a proof, and what the independent checker says of it."""
    assert recording.forward is not None and recording.gradient is not None
    witness = {v.name: array for v, array in with_inputs(recording, _witness(problem, recording)).items()}
    write = partial(
        certify,
        recording.forward,
        wrt=[recording.inputs[position].name for position in problem.wrt],
        kind=problem.kind,
        extents=recording.trace.extents,
        facts={variable.name: (domain,) for variable, domain in _words(problem, recording).items()},
        reading=found.reading,
        assumptions=found.assumptions,
        witnesses=[witness],
        sources={"f": full_source(problem.f), "the gradient": full_source(problem.candidate)},
    )
    captured = recording.forward.captured or recording.gradient.captured
    for way in _ways_to_tell(problem, recording, found):
        for spelled in (False, True) if captured else (False,):  # what holds for all values of an array goes without
            certificate, report = completed(write(**way, spelled=spelled))
            if report.accepted:
                return certificate, report
    return certificate, report


def _ways_to_tell(problem: Problem, recording: Recording, found: Attempted) -> list[dict[str, Any]]:
    """How a checker may follow a proof: step by step where it went by steps and is long, else the whole at once."""
    assert found.proof is not None and recording.forward is not None and recording.gradient is not None
    if found.way == "lemmas":
        told = found.proof.certificate
        return [{"gradient": told["gradient"], "hints": {"chain": told["chain"]}}]
    whole = {"gradient": recording.gradient}
    short = len(recording.forward.equations) <= SMALL and not _spells_positions(recording.forward)
    if not found.proof.pairs or problem.kind != "grad" or (short and not found.proof.composed):
        return [whole]
    wrt = [recording.inputs[position] for position in problem.wrt]
    named = {**found.proof.pairs, **dict(zip(wrt, recording.gradient.outputs, strict=True))}
    adjoints = {variable.name: [part.name] for variable, part in named.items() if isinstance(part, Variable)}
    ties = {variable.name: str(share) for variable, share in found.proof.shares.items()}
    return [{**whole, "hints": {"chain": {"adjoints": adjoints, "ties": ties}}}, whole]


def _small(problem: Problem, recording: Recording) -> Problem:
    """The problem at small sizes where it is large and has some: pairs of adjoints are there the same."""
    large = sum(array.size for array in problem.arrays.values()) > LARGEST
    return (shrunk(problem, recording) if large else None) or problem


def _spells_positions(program: Program) -> bool:
    """Whether an op names the places it takes one by one: an entry is then a sum over all of them."""
    return any(isinstance(value, Positions) for equation in program.equations for value in equation.params.values())


def _witness(problem: Problem, recording: Recording) -> Mapping[int, Array]:
    """A point of the domain: the given arguments, or where they are large one of small sizes."""
    if sum(array.size for array in problem.arrays.values()) > LARGEST_WITNESS:
        for sizes in assignments(recording):
            small = sample(problem, shapes(recording, sizes), seed=0)
            if small is not None:
                return small
    return problem.arrays


def _words(problem: Problem, recording: Recording) -> dict[Any, str]:
    """The domains as words; a predicate may hold on a null set only, so it is one that the form knows nothing of."""
    return {
        recording.inputs[p]: domain if isinstance(domain, str) else "predicate"
        for p, domain in problem.domain.items()
        if p in recording.inputs
    }
