"""From findings to a result: the strongest verdict that they carry, and never more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from verify.answer.findings import Findings, example_of
from verify.points import hygiene
from verify.points.triangle import REASON
from verify.points.witness import counterexample
from verify.question.problem import Array, Problem
from verify.question.recording import Recording
from verify.verdict import PASSES, Counterexample, Formula, Result, Verdict, Written

TELLING = 2.0**26  # the condition up to which numbers alone certify anything


def conclude(findings: Findings, clean: hygiene.Hygiene) -> Result:
    """The result that the findings support."""
    problem = findings.problem
    formula = replace(_formula(findings), written=partial(_written, problem, findings.recording))
    verdict, reason, example = formula.verdict, formula.reason, findings.refutation or findings.wrong_numbers
    if findings.settled:
        verdict, reason = Verdict.REFUTED, findings.reason
        example = _smallest(findings) or example
    elif (findings.here.status == "kink" or findings.direct) and any(kink.at_input for kink in findings.kinks):
        verdict, reason = Verdict.NONDIFFERENTIABLE, "the given arguments lie on a kink"
    elif findings.numbers.status == "wrong" and findings.unsure != REASON:
        why = findings.numbers.reason or findings.numbers.index
        verdict, reason = Verdict.REFUTED, f"the numbers are wrong at the given arguments: {why}"
        example = example_of(problem, findings.here, findings.numbers)
    elif clean.refuting:
        verdict, reason = Verdict.REFUTED, clean.refuting[0]
    elif findings.defined is not None:
        verdict, reason = Verdict.UNDECIDED, findings.unsure
    elif clean.unsettled and verdict in PASSES:
        verdict, reason = Verdict.UNDECIDED, clean.unsettled
    elif _is_alone(findings) and findings.numbers.status == "unknown":
        verdict, reason = (
            Verdict.UNDECIDED,
            f"the formula holds elsewhere; at the given arguments {findings.numbers.reason}",
        )
    elif problem.every_size and formula.verdict is Verdict.PROVED and not formula.sizes.startswith("every"):
        verdict, reason = Verdict.UNDECIDED, f"it is proved for {formula.sizes}, and every size was asked for"
    return Result(
        verdict=verdict,
        formula=formula,
        numbers=findings.numbers,
        kinks=findings.kinks,
        hygiene=(*clean.findings, *clean.refuting),
        counterexample=example,
        reason=reason,
        notes=(*problem.notes, *findings.notes, *findings.branches.notes),
        explain=partial(_explained, problem, findings.recording, findings.got, findings.refuted_at),
    )


def _is_alone(findings: Findings) -> bool:
    """Whether a proof holds elsewhere, and nothing is known where the arguments are."""
    known = findings.direct is not None and findings.direct.formula.verdict in PASSES
    return findings.here.status in ("kink", "outside") and not known


def _written(problem: Problem, recording: Recording) -> Written:
    from verify.answer.show import written  # SymPy is loaded only where a formula is asked for

    return written(problem, recording)


def _explained(
    problem: Problem, recording: Recording, got: list[Array], elsewhere: Mapping[int, Array], result: Result
) -> Result:
    from verify.answer.evidence import explained

    return explained(problem, recording, got, elsewhere, result)


def _smallest(findings: Findings) -> Counterexample | None:
    """The smallest input found that refutes the formula."""
    if findings.refutation is None or not findings.refuted_at:
        return None
    from verify.answer.shrink import smallest  # Hypothesis is loaded only where there is something to shrink

    seen = smallest(findings.problem, findings.recording, findings.refuted_at)
    if seen is None or seen.difference is None:
        return None
    d = seen.difference
    return counterexample(findings.problem, seen.point.arrays, d.place, d.index, d.expected, d.got)


def _formula(findings: Findings) -> Formula:
    attempt = findings.attempt
    if attempt is not None and attempt.formula is not None:
        if findings.refutation is None or findings.here.status != "different":
            return attempt.formula
        return Formula(
            Verdict.UNDECIDED,
            reason="internal error: a proof and a counterexample contradict each other; please report it",
        )
    if findings.defined is not None:
        return findings.defined
    reason = attempt.reason if attempt is not None else ""
    if findings.direct is not None:
        return findings.direct.formula
    if findings.refutation is not None:
        return Formula(Verdict.REFUTED, method="disjoint enclosures in balls", reason=findings.reason)
    small = findings.here.status == "large"
    if small and findings.looked == 0 and not findings.unsure:
        return _beside_the_engine(findings, reason)
    if findings.unsure or findings.looked == 0 or (findings.numbers.status in ("wrong", "unknown") and not small):
        return Formula(Verdict.UNDECIDED, reason=findings.unsure or findings.numbers.reason or reason)
    condition = findings.numbers.condition
    high = condition is not None and condition > TELLING
    if findings.here.status == "numbers only" and (high or findings.blind):
        at = f"at a condition of {condition:.1g}" if high else "where f is ill-conditioned"
        reason = f"{at} its numbers tell nothing, and {findings.here.reason}"
        return Formula(Verdict.UNDECIDED, reason=reason)
    if findings.here.status in ("numbers only", "kink") and findings.numbers.status != "ok":
        why = findings.here.reason or "the given arguments lie on a guard"
        return Formula(Verdict.UNDECIDED, reason=f"digits are lost, and {why}")
    if findings.looks_around:
        return Formula(
            Verdict.UNDECIDED,
            reason=f"what it returns may depend on which array it is given, or on who calls it: {reason}",
        )
    never = [test for test, held in findings.equalities.items() if not held]
    if never:
        return Formula(
            Verdict.UNDECIDED, reason=f"the gradient tests for equality at {never[0]}, which held at no tested point"
        )
    return Formula(
        Verdict.CERTIFIED,
        method=f"balls at {findings.looked} points, to {_digits(findings)} digits",
        sizes="smaller sizes than those given" if small else "the sizes run",
        assumptions=tuple(f"literals are read as {reading}" for reading in sorted(findings.readings - {"exact"})),
        reason=f"not proved: {reason}" if reason else "",
    )


def _beside_the_engine(findings: Findings, reason: str) -> Formula:
    """Where nothing could be looked at in balls but single elements of large arguments."""
    if findings.numbers.status != "ok":
        return Formula(Verdict.UNDECIDED, reason=findings.numbers.reason or reason)
    method = f"all {findings.numbers.elements} elements beside the engine's gradient in floats, the furthest in balls"
    said = f"not proved: {reason}" if reason else ""
    return Formula(Verdict.AGREES, method=method, sizes="the sizes run", reason=said)


def _digits(findings: Findings) -> int:
    """The decimal digits to which the candidate and the truth agree wherever they were compared."""
    return int(findings.bits * 0.30103)
