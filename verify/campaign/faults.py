"""Which mistakes are found: wrong gradients of every class given to a check, and what it says of each."""

from __future__ import annotations

import re

from verify.campaign.case import Subject, told, tried
from verify.campaign.figures import Outcome
from verify.campaign.judge import Distance, wrong
from verify.campaign.mutate import Mutant, grouped
from verify.campaign.replay import in_a_fresh_process
from verify.campaign.right import checked
from verify.strategies.program import Program
from verify.verdict import Counterexample, Result, Verdict

MUTANTS = 5
AGREED = 1e-9  # relative; what float evidence may not be off by
READ = 4e-16  # relative; what reading literals otherwise may change


def trial(seed: int, index: int) -> Outcome:
    """One program with a few changed gradients; a unit is a wrong one, checked."""
    return tried(seed, index, _examined)


def _examined(given: Subject, outcome: Outcome) -> None:
    refuted: list[tuple[Program, Program, Counterexample]] = []
    for mutant in given.mutants(MUTANTS):
        off = wrong(given.program, mutant.program, given.args, given.seed)
        if off is None:
            outcome.counts["right still"] += 1
            continue
        result = checked(given, mutant.program)
        _counted(given, mutant, off, result, outcome)
        if result.verdict is Verdict.REFUTED and result.counterexample is not None:
            refuted.append((given.program, mutant.program, result.counterexample))
    for found, same in zip(refuted, in_a_fresh_process(refuted) if refuted else (), strict=True):
        outcome.counts[f"counterexamples that {'replay' if same else 'do not replay'} in a fresh process"] += 1
        if not same:
            outcome.failures.append(told(given, found[1], why="the counterexample does not replay in a fresh process"))


def _counted(given: Subject, mutant: Mutant, off: Distance, result: Result, outcome: Outcome) -> None:
    kind = grouped(mutant.kind, mutant.what)
    said = "accepted" if result.ok else str(result.verdict)
    outcome.units += 1
    outcome.counts[f"{kind}: {said}"] += 1
    outcome.counts[f"in {given.family}: {said}"] += 1
    if not result.ok:
        return
    outcome.counts[f"accepted as {result.verdict}, numbers {result.numbers.status}"] += 1
    why = excess(result, off)
    if why:
        more = {"change": mutant.what, "relative": off.relative, "why": why, "method": result.formula.method}
        outcome.failures.append(told(given, mutant.program, kind=mutant.kind, **more))


def excess(result: Result, off: Distance) -> str:
    """Why a gradient that is so far off must not have been accepted; "" where the words of the claim allow it.

    Accepting floats that are off by roundings of the constants in it, or to the digits that are named, is allowed.
    """
    formula = result.formula
    if formula.verdict is Verdict.PROVED:
        allowed = READ if formula.assumptions else 1e-25
    elif formula.verdict is Verdict.CERTIFIED:
        digits = re.search(r"to (\d+) digits", formula.method)
        read = READ if any("read as" in line for line in formula.assumptions) else 0.0
        allowed = max(read, 10.0 ** -(int(digits[1]) - 1)) if digits else 0.0
    elif formula.verdict is Verdict.AGREES:
        allowed = AGREED
    else:
        return f"the formula is {formula.verdict}"
    return f"{formula.verdict} allows {allowed:.1g}" if off.relative > allowed else ""
