"""No false PROVED: wrong gradients are given to the proof, and what it proves is held against 60 digits."""

from __future__ import annotations

from verify.campaign.case import Subject, told, tried
from verify.campaign.claims import untrue
from verify.campaign.figures import Outcome
from verify.campaign.judge import wrong
from verify.campaign.mutate import Mutant
from verify.clock import now
from verify.proof.attempt import attempt
from verify.question.ask import pose
from verify.question.problem import Undecidable
from verify.verdict import Formula

MUTANTS = 12
SECONDS = 1.5  # for one proof; what is not proved by then is not proved


def trial(seed: int, index: int) -> Outcome:
    """One program with a dozen changed gradients; a unit is a pair of program and gradient that really is wrong."""
    return tried(seed, index, _examined)


def _examined(given: Subject, outcome: Outcome) -> None:
    outcome.counts["programs"] += 1
    for mutant in given.mutants(MUTANTS):
        _tried(given, mutant, outcome)


def _tried(given: Subject, mutant: Mutant, outcome: Outcome) -> None:
    off = wrong(given.program, mutant.program, given.args, given.seed)
    formula = proved(given, mutant)
    said = "proved" if formula is not None else "not proved"
    outcome.counts[f"{'wrong' if off else 'right still'}, {said}"] += 1
    if off is not None:
        outcome.units += 1
        outcome.counts[f"wrong: {mutant.kind}"] += 1
        outcome.counts[f"wrong in {given.family}"] += 1
    if formula is None:
        return
    false = untrue(formula, given.program, mutant.program, given.args, given.seed)
    if false is not None:
        outcome.units += off is None
        claim = [formula.sizes, *formula.domain, *formula.assumptions]
        failure = told(given, mutant.program, kind=mutant.kind, change=mutant.what, why=false.why, claim=claim)
        outcome.failures.append({**failure, "relative": false.relative})


def proved(given: Subject, mutant: Mutant) -> Formula | None:
    """The formula where the gradient is proved, through certificate and second key; else None."""
    f, g = given.program.function("f"), mutant.program.function("g")
    try:
        return attempt(pose(f, given.args, "grad", g, None, None), now() + SECONDS, looking=False).formula
    except Undecidable:
        return None
