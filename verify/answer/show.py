"""What a person reads beside a verdict: the formula, the program with its values, the derivation. From the mirror."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from dualgrad.mirror import Formula as Read
from dualgrad.mirror import Reading, Unreadable, derivation, gradient, opened, point, rows, value_at, value_text
from dualgrad.program.record import Variable
from dualgrad.program.size import dimension, substitute
from verify.points.witness import spelled
from verify.proof.written import is_proved, letters
from verify.question.callers import outer_names
from verify.question.problem import Array, Problem
from verify.question.recording import Recording, with_inputs
from verify.verdict import Expression, Result, Row, Step, Verdict, Written

UNPROVED = "\n  (as read off the program; that this is its derivative was not proved)"


def written(problem: Problem, recording: Recording) -> Written:
    """The derivative as formulas; empty where the mirror cannot read it."""
    reading = _reading(problem, recording)
    if reading is None:
        return ()
    try:
        found = [gradient(reading, recording.inputs[position], problem.kind == "jac") for position in problem.wrt]
        stand_for = letters(reading, {_label(name): dimension(name) for name in recording.trace.extents.values})
        proved = is_proved(problem, recording, reading, found, stand_for)
    except (Unreadable, RecursionError):
        return ()
    return tuple(_shown(problem, each, proved) for each in found)


def _shown(problem: Problem, formula: Read, proved: bool) -> Expression:
    text = _with_count(formula) + _about(problem) + ("" if proved else UNPROVED)
    return Expression(
        text, _latex_with_count(formula), proved, None if formula.where else _sympy(formula), formula.matrix
    )


def _sympy(formula: Read) -> Any:
    try:
        return formula.expression
    except Unreadable:
        return None


def _about(problem: Problem) -> str:
    """What o is in the formula, where it is not f itself."""
    if problem.derived is None:
        return ""
    name, inputs = problem.name, spelled(problem.taken([argument.name for argument in problem.arguments]))
    tangents, cotangents = (
        ", ".join(problem.arguments[place].name for place in places)
        for places in (problem.derived.tangents, problem.derived.cotangents)
    )
    value = f"{name}({inputs})"
    paired = f"⟨{cotangents}, {value}⟩"
    names = [problem.arguments[place].name for place in problem.derived.by]
    by = names[0] if len(names) == 1 else f"({', '.join(names)})"
    words = {
        "hess": f"∂{value}/∂{by}",
        "hvp": f"⟨∂{value}/∂{by}, {tangents}⟩",
        "jvp": f"⟨∂{paired}/∂{by}, {tangents}⟩",
    }
    return f"\n  with o = {words.get(problem.derived.kind, paired)}"


def _with_count(formula: Read) -> str:
    """The formula, and what n is where it counts all elements of an array of several axes."""
    return "\n  with ".join([str(formula), *_counts(formula)])


def _counts(formula: Read) -> list[str]:
    notes = [note for note in formula.notes if note.endswith(".size")]
    return [note for note in notes if re.search(rf"\b{re.escape(note.partition(' = ')[0])}\b", str(formula))]


def with_derivation(problem: Problem, recording: Recording, got: list[Array], result: Result) -> Result:
    """The result with the program's intermediates, the derivation, and both values side by side."""
    reading = _reading(problem, recording)
    if reading is None or problem.asked != "grad":
        return result
    where = point(reading, with_inputs(recording, problem.arrays))
    wrt = recording.inputs[problem.wrt[0]]
    try:
        found = gradient(reading, wrt)
        steps = derivation(reading, wrt, where)
        lines = rows(reading, where)
    except (Unreadable, RecursionError):
        return result
    return replace(
        result,
        program=tuple(
            Row(r.name, r.operation, _shape(recording, v), r.value, r.latex, r.line)
            for r, v in zip(lines, (*reading.book.program.inputs, *reading.lines), strict=True)
        ),
        derivation=tuple(Step(step.title, step.latex) for step in steps),
        value="" if result.verdict is Verdict.NONDIFFERENTIABLE else value_text(value_at(found, where)),
        engine=_printed(got[0]),
    )


def line_of(problem: Problem, recording: Recording, variable: Variable) -> str:
    """The line of the program as it is shown in which a variable is computed, with its place; "" without one."""
    reading = _reading(problem, recording)
    if reading is None or recording.forward is None:
        return ""
    ran = [equation.output for equation in recording.forward.equations]
    after = ran.index(variable)
    for shown, row in zip(reading.lines, rows(reading, None)[len(reading.book.program.inputs) :], strict=True):
        if shown in ran and ran.index(shown) >= after:
            return f"{row.name} = {row.operation}" + (f" ({row.line})" if row.line else "")
    return ""


def _latex_with_count(formula: Read) -> str:
    counts = [note.replace(" = ", r" = \text{") + "}" for note in _counts(formula)]
    return r" \qquad ".join([formula.latex, *counts])


def _shape(recording: Recording, variable: Variable) -> str:
    """The shape at the given arguments."""
    extents = recording.trace.extents
    return "×".join(str(extents.concrete(extents.resolve(extent))) for extent in variable.shape)


@dataclass(frozen=True, eq=False)
class _Asked:
    """A problem and its recording, as the very objects that they are."""

    problem: Problem
    recording: Recording

    def __hash__(self) -> int:
        return hash((id(self.problem), id(self.recording)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self.problem is other.problem and self.recording is other.recording


def _reading(problem: Problem, recording: Recording) -> Reading | None:
    return _opened(_Asked(problem, recording))


@lru_cache(maxsize=1)  # the expression and the derivation of one result are read off the same
def _opened(asked: _Asked) -> Reading | None:
    problem, recording = asked.problem, asked.recording
    if recording.forward is None or len(recording.forward.outputs) != 1:
        return None
    extents = recording.trace.extents
    names = {name: dimension(_label(name)) for name in extents.values}
    sizes = {name: substitute(extents.resolve(dimension(name)), names) for name in extents.values}
    try:
        return opened(recording.forward, names=outer_names(problem.f, recording.forward.captured), sizes=sizes)
    except (Unreadable, RecursionError):
        return None


def _label(name: str) -> str:
    """A dimension under a name that is not printed: the mirror chooses those."""
    return f"{name}_"


def _printed(array: Array) -> str:
    flat = np.ravel(array)
    if flat.size and (flat == flat[0]).all():
        return repr(flat[0].item())
    return np.array2string(array, threshold=16, separator=", ")
