"""The words of a claim: for which sizes, on which domain, under which assumptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dualgrad.program.record import Program, Variable
from dualgrad.program.size import Extent, dimension, dimensions, evaluate, terms
from verify.question.domain import HERMITIAN, WORDS, Domain
from verify.question.problem import Argument, Problem
from verify.question.recording import Recording
from verify.trusted.meanings import knows

SHORT = 24  # characters of a value that is written out


def free_dimensions(recording: Recording) -> tuple[str, ...]:
    """The dimensions that are still symbolic after merging, in order of appearance."""
    extents = recording.trace.extents
    found: dict[str, None] = {}
    for axes in recording.labels.values():
        for label in axes:
            if isinstance(label, str):
                found.update(dict.fromkeys(sorted(dimensions(extents.resolve(dimension(label))))))
    return tuple(found)


def sizes_text(problem: Problem, recording: Recording, ones: bool) -> str:
    """For which sizes a proof holds: "every n >= 1 (x: n)", or the sizes run."""
    free = free_dimensions(recording)
    shapes = ", ".join(
        f"{_name(problem, p)}: {_shape(recording, axes)}" for p, axes in recording.labels.items() if axes
    )
    if not free:
        return f"the sizes run ({shapes})" if shapes else "numbers"
    least = 1 if ones else 2
    most: dict[Extent, int] = {}
    for extent, bound in recording.trace.extents.conditions:
        constant = dict(terms(extent)).get((), 0)
        rest, above = extent - constant, bound - constant
        most[rest] = max(above, most.get(rest, above))
    conditions = [inequality(extent, bound) for extent, bound in most.items() if _says_more(extent, bound, least)]
    claim = f"every {', '.join(free)} >= {least}"
    return f"{claim}{' with ' + ', '.join(conditions) if conditions else ''} ({shapes})"


def inequality(extent: Extent, least: int) -> str:
    """extent >= least, with nothing subtracted on either side.

    >>> inequality(dimension("n") - dimension("m"), 1)
    'n >= m + 1'
    """
    above: Extent = 0
    below: Extent = least
    for monomial, factor in terms(extent):
        part: Extent = factor
        for name, power in monomial:
            for _ in range(power):
                part = part * dimension(name)
        above, below = (above + part, below) if factor > 0 else (above, below - part)
    return f"{above} >= {below}"


def _says_more(extent: Extent, bound: int, least: int) -> bool:
    """Whether extent >= bound does not already follow from every dimension being at least ``least``."""
    grows = all(factor > 0 for monomial, factor in terms(extent) if monomial)
    return not grows or evaluate(extent, dict.fromkeys(dimensions(extent), least)) < bound


def _shape(recording: Recording, axes: Sequence[str | int]) -> str:
    extents = recording.trace.extents
    return "×".join(str(extents.resolve(dimension(label)) if isinstance(label, str) else label) for label in axes)


def _name(problem: Problem, position: int) -> str:
    return problem.arguments[position].name


def domain_text(problem: Problem) -> tuple[str, ...]:
    """What was assumed of the arguments by the user, one line an argument, and which of them are no variables."""
    said = (f"{_name(problem, place)} {_words(domain)}" for place, domain in problem.domain.items())
    hermitian = (f"{name} {WORDS[HERMITIAN]}" for name in problem.hermitian)
    fixed = (_as_given(argument) for argument in problem.arguments if argument.array is None)
    return (*said, *hermitian, *fixed)


def _as_given(argument: Argument) -> str:
    """That an argument has the value given: a whole number, a truth value, a name, and what is no number."""
    given = argument.given
    short = isinstance(given, (bool, int, float, complex, str, type(None), np.generic)) and len(repr(given)) <= SHORT
    return f"{argument.name} = {given!r}" if short else f"{argument.name} as given"


def _words(domain: Domain) -> str:
    if isinstance(domain, str):
        return WORDS[domain]
    return f"with {getattr(domain, '__name__', 'a predicate')} true"


def assumption_text(recording: Recording, program: Program | None) -> tuple[str, ...]:
    """Hypotheses of the recording: merged dimensions, captured arrays, declarations that no test of ours holds."""
    merges = [f"sizes agree: {hypothesis}" for hypothesis in recording.trace.extents.hypotheses]
    captured: Mapping[Variable, object] = program.captured if program is not None else {}
    arrays = [f"the captured array {v.name} of shape {v.shape} has the values it was recorded with" for v in captured]
    recorded = (recording.forward, program)
    own = {equation.op.name for each in recorded if each is not None for equation in each.equations}
    declared = [f"{name} computes what it is declared to mean" for name in sorted(own) if not knows(name)]
    return (*merges, *arrays, *declared)


def leak_text(recording: Recording) -> tuple[str, ...]:
    """Why sizes are fixed: each place where a dimension became a number."""
    return tuple(f"{leak.how} at {leak.line}" for leak in recording.leaks)
