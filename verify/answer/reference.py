"""The engine's gradient of what was recorded, with which a gradient too large for balls is compared; on what grounds.

It is a program like any other. Its single elements can be read in balls at any size, and that it is the gradient is
proved once, by lemmas about single steps, for the sizes at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from flint import arb

from dualgrad.frontends.tracer import Cell, Tracer
from dualgrad.program.record import Program
from verify.ball.excerpt import elements, work
from verify.ball.read import gradient
from verify.clock import now
from verify.lemma.tape import Tape, tape_of
from verify.points.extremes import engine_floats
from verify.points.look import Point, sizes_at
from verify.points.sampling import shrunk
from verify.proof.attempt import Attempt
from verify.proof.certificate import unspeakable
from verify.proof.prove import certified, prove, ways
from verify.question.derive import replayed
from verify.question.own import engine_gradient
from verify.question.problem import Array, Problem
from verify.question.recording import Recording, record, record_symbolic, with_inputs

BITS = 128
EXCERPT = 400_000  # numbers computed for single elements, at most
WHOLE = 600_000  # and for a whole differential, which only a refutation without a proof takes
SECONDS = 1.5  # for the proof, at most
PROVED = "proved for this program by a certificate"
DERIVED = "equal to the derivative in index normal form"
ITSELF = "which needs no proof beside that of the program in question"


@dataclass(frozen=True)
class Reference:
    """A recording whose gradient is the derivative, at a point, and on what grounds: PROVED, DERIVED, ITSELF or "".

    On the last ground it is the candidate's own, else the engine's.
    """

    problem: Problem
    recording: Recording
    point: Point
    grounds: str

    @property
    def program(self) -> Program:
        """The gradient of which single elements are read in balls."""
        assert self.recording.gradient is not None
        return self.recording.gradient

    @property
    def forward(self) -> Program:
        """The function."""
        assert self.recording.forward is not None
        return self.recording.forward

    def floats(
        self, captured: Mapping[Any, Array] | None = None, arrays: Mapping[int, Array] | None = None
    ) -> list[Array]:
        """The engine's gradient, run; with other arrays in the place of those captured or given."""
        program = self.forward if captured is None else replace(self.forward, captured=captured)
        at = Point("", self.point.arrays if arrays is None else arrays)
        wrt = [self.recording.inputs[position] for position in self.problem.wrt]
        return engine_floats(program, wrt, with_inputs(self.recording, at.arrays), sizes_at(self.recording, at))

    def balls(self, wanted: Mapping[int, list[int]]) -> dict[int, list[arb]] | None:
        """Single elements, by place in ``wrt`` and flat position; None where they take too much, or are not decided."""
        inputs, sizes = with_inputs(self.recording, self.point.arrays), sizes_at(self.recording, self.point)
        if self.grounds:
            return elements(self.program, inputs, sizes, wanted, BITS, EXCERPT)
        if 3 * work(self.forward, sizes) > WHOLE:
            return None
        wrt = [self.recording.inputs[position] for position in self.problem.wrt]
        found = gradient(self.forward, wrt, inputs, sizes, BITS)
        if found.reading.events:
            return None
        return {place: [found.arrays[place].flat[flat] for flat in flats] for place, flats in wanted.items()}


def reference(problem: Problem, tried: Attempt, deadline: float) -> Reference | None:
    """The engine's gradient of f, proved where that can be done; None where f or it cannot be recorded.

    Where the candidate is proved, without assumptions, nothing else has to be.
    """
    if problem.kind == "grad" and tried.formula is not None and not tried.formula.assumptions:
        return Reference(problem, tried.recording, Point("", problem.arrays), ITSELF)
    alone = replace(problem, candidate=partial(_arguments, problem.wrt), own=False, part=None)
    recording = record_symbolic(alone, problem.arrays)
    if recording.forward is None:
        recording = record(alone, problem.arrays, {place: array.shape for place, array in problem.arrays.items()})
    if recording.forward is None or problem.kind != "grad":
        return None
    recording = _by_engine(problem, recording)
    if recording.gradient is None:
        return None
    small = shrunk(problem, recording) or problem
    return Reference(problem, recording, Point("", problem.arrays), _grounds(small, recording, deadline))


def _arguments(wrt: tuple[int, ...], *args: Any) -> Any:
    """What is recorded beside f where only f is asked for."""
    return tuple(args[position] for position in wrt)


def _by_engine(problem: Problem, recording: Recording) -> Recording:
    trace, forward = recording.trace, recording.forward
    assert forward is not None
    places = [list(recording.inputs).index(position) for position in problem.wrt]
    tapes: list[Tape | None] = []
    tracers = [Tracer(trace, Cell(variable), None) for variable in recording.inputs.values()]
    run = engine_gradient(replayed(trace, forward), places, lambda total, given: tapes.append(tape_of(total, given)))
    try:
        found = [trace.operand(part) for part in run(*tracers)]
    except Exception:
        return replace(recording, gradient=None)
    if trace.poison:
        return replace(recording, gradient=None)
    program = trace.program(f"gradient of {problem.name}", list(recording.inputs.values()), found)
    return replace(recording, gradient=program, tape=tapes[-1] if tapes else None)


def _grounds(problem: Problem, recording: Recording, deadline: float) -> str:
    until = min(deadline, now() + SECONDS)
    told = not unspeakable(program for program in (recording.forward, recording.gradient) if program is not None)
    grounds = ""
    for way in sorted(ways(problem, recording)):  # "lemmas" first: their cost does not grow with the program's terms
        if now() < until and (told or not grounds):
            found = prove(problem, recording, until, ("exact",), way)
            if told and found.proof is not None and certified(problem, recording, found)[1].accepted:
                return PROVED
            grounds = grounds or (DERIVED if found.proof is not None else "")
    return grounds


def nudged(array: Array, step: float, rng: np.random.Generator, keep_whole: bool) -> Array:
    """An array, in doubles, with every element moved by a relative ``step``; whole numbers may be labels and stay."""
    if array.dtype.kind != "f" or (keep_whole and bool((array == np.floor(array)).all())):
        return array
    factors = np.where(rng.integers(0, 2, array.shape, dtype=np.int8), 1 + step, 1 - step)
    return np.asarray(np.multiply(array, factors, out=factors))
