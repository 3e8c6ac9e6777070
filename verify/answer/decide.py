"""The ladder: from a problem to a result, the strongest verdict first, never more than was shown."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from verify.answer.conclude import conclude
from verify.answer.findings import example_of
from verify.answer.search import search, trust_the_gradient
from verify.clock import now
from verify.points import hygiene
from verify.points.agreement import FIRST_BITS
from verify.points.look import GIVEN, Look, Point, look, true_derivative
from verify.points.sampling import judged, sample
from verify.points.witness import counterexample
from verify.question.problem import Array, Problem, Undecidable
from verify.question.structure import complexes_in
from verify.verdict import Formula, Numbers, Result, Verdict

PATIENCE = 0.2  # seconds that a call may take at other inputs,
SLOWER = 30.0  # beside so many times what f and the candidate took at the given ones
OVERFLOWS = "the function is not finite at the given arguments when it is run, though what it means there is"
CONJUGATE = (
    "at the given arguments its conjugate is right: by z = a + ib, df/da + i df/db is expected, as PyTorch returns it, "
    "and not df/da - i df/db, as JAX does"
)
SOME = 3  # elements along an axis that was given without any


def decide(problem: Problem, deadline: float) -> Result:
    """Answer both questions about a problem before the deadline (a value of ``clock.now``)."""
    began = now()
    values = problem.value(problem.arrays)
    overflows = not all(np.isfinite(value).all() for value in values)
    if overflows and not _is_finite_exactly(problem, values):
        raise Undecidable(f"{problem.name} is not finite at the given arguments, so it has no derivative there")
    if not any(value.size for value in values) or not all(problem.arrays[p].size for p in problem.wrt):
        return _with_elements(problem, deadline)
    _require_numbers(problem)
    try:
        got = [np.array(part) for part in problem.gradient(problem.arrays)]  # which it may write to when called again
    except Undecidable as error:
        return _raising(problem, values, error)
    problem = replace(problem, patience=PATIENCE + SLOWER * (now() - began))
    misfit = _misfit(problem, values, got)
    if misfit is not None:
        return misfit
    findings = search(problem, values, got, deadline)
    if overflows:
        findings.notes += (OVERFLOWS,)
    here = findings.here
    if findings.settled and _is_conjugate(problem, here, got):
        findings.notes += (CONJUGATE,)
    clean = findings.clean or hygiene.examine(
        problem, got, findings.looks_around, lambda again: judged(problem, here, again).status == "ok"
    )
    if findings.settled:
        trust_the_gradient(problem)
    return conclude(findings, clean)


def _is_finite_exactly(problem: Problem, values: Sequence[Array]) -> bool:
    """Whether f overflows on the way only: what it means at the given arguments, and its derivative, are floats."""
    point = Point(GIVEN, problem.arrays)
    seen = look(problem, point, None)
    if seen.status not in ("equal", "different", "numbers only"):
        return False
    found = true_derivative(problem, point, seen.recording, 2 * FIRST_BITS)
    largest = min(float(np.finfo(value.dtype).max) for value in values if value.dtype.kind == "f")
    return all(
        bool(abs(ball) <= largest)
        for array in (*found.reading.outputs, *found.arrays)
        for ball in array.ravel().tolist()
    )


def _require_numbers(problem: Problem) -> None:
    for position in problem.wrt:
        if np.asarray(problem.arguments[position].given).dtype.kind == "b":
            raise Undecidable(
                f"{problem.arguments[position].name} holds truth values: nothing is differentiated by them; pass floats"
            )


def _is_conjugate(problem: Problem, here: Look, got: Sequence[Array]) -> bool:
    """Whether the conjugate of what was returned is right at the given arguments."""
    imaginary = {part.im for part in complexes_in(problem.structure)}
    other = [-array if p in imaginary else array for p, array in zip(problem.wrt, got, strict=True)]
    moves = any(array.any() for p, array in zip(problem.wrt, got, strict=True) if p in imaginary)
    return moves and judged(problem, here, other).status == "ok"


def _raising(problem: Problem, values: Sequence[Array], error: Undecidable) -> Result:
    """A gradient that fails on numbers at which there is a derivative is as wrong as one that returns none."""
    if not isinstance(error.__cause__, (ArithmeticError, np.linalg.LinAlgError)):
        raise error
    got = [np.full(problem.shape(place, values[0]), np.nan) for place in range(len(problem.wrt))]
    seen = look(problem, Point(GIVEN, problem.arrays), None)
    numbers = judged(problem, seen, got)
    if numbers.status != "wrong":
        raise error
    reason = f"{error}, and there is a derivative"
    formula = Formula(Verdict.UNDECIDED, reason=reason)
    return Result(Verdict.REFUTED, formula, numbers, counterexample=example_of(problem, seen, numbers), reason=reason)


# ---------------------------------------------------------------------------- shapes


def _with_elements(problem: Problem, deadline: float) -> Result:
    """For arrays without elements: what is wrong where there are some is refuted, and nothing else is said."""
    shapes = {place: tuple(size or SOME for size in array.shape) for place, array in problem.arrays.items()}
    empty = any(not array.size for array in problem.arrays.values())
    arrays = sample(problem, shapes, seed=0) if empty else None  # or else it is f that returns no elements
    if arrays is not None:
        found = None
        with suppress(Undecidable):
            found = decide(problem.at(arrays), deadline)
        if found is not None and found.verdict is Verdict.REFUTED:
            return replace(found, notes=(*found.notes, "the arguments given have no elements; these have some"))
    raise Undecidable("there is nothing to compare: an array has no elements")


def _misfit(problem: Problem, values: Sequence[Array], got: Sequence[Array]) -> Result | None:
    """REFUTED where the candidate's shape is not the derivative's."""
    for place, (position, part) in enumerate(zip(problem.wrt, got, strict=True)):
        expected = problem.shape(place, values[0])
        kept = problem.kind == "jac" and problem.arrays[position].ndim == 0  # a last axis of 1, where x is a number
        if part.shape == expected or (kept and part.shape == (*expected, 1)):
            continue
        name = problem.arguments[position].name
        reason = f"{problem.what} with respect to {name} has shape {part.shape}, expected {expected}"
        example = counterexample(
            problem, problem.arrays, place, (), f"an array of shape {expected}", f"shape {part.shape}"
        )
        formula = Formula(Verdict.REFUTED, method="the shapes differ", reason=reason)
        return Result(Verdict.REFUTED, formula, Numbers("wrong", reason=reason), counterexample=example, reason=reason)
    return None
