"""No false CERTIFIED: wrong gradients read in balls at one point after another, each held against 60 digits there."""

from __future__ import annotations

from typing import Any

import numpy as np
from mpmath import mp, mpf

from verify.campaign.case import Subject, told, tried
from verify.campaign.exact import DIGITS, Outside, exactly, partial, values
from verify.campaign.figures import Outcome
from verify.campaign.mutate import Mutant
from verify.points.agreement import AGREED_BITS
from verify.points.look import ROUNDED_BITS, ROUNDED_READING, Point, look
from verify.question.ask import pose
from verify.question.problem import Undecidable
from verify.question.recording import record_symbolic
from verify.strategies.draw import arguments

MUTANTS = 4
POINTS = 8
READ = 4e-16  # relative; what a reading of literals may change, by its own words


def trial(seed: int, index: int) -> Outcome:
    """One program with changed gradients at several points each; a unit is a point at which one really is wrong."""
    return tried(seed, index, _examined)


def _examined(given: Subject, outcome: Outcome) -> None:
    drawn = [list(given.args), *(arguments(given.program, 104_729 * given.seed + k) for k in range(POINTS - 1))]
    slopes = [_slopes(given, args) for args in drawn]
    for mutant in given.mutants(MUTANTS):
        _looked(given, mutant, drawn, slopes, outcome)


Slopes = list[tuple[int, tuple[int, ...], Any]]


def _slopes(given: Subject, args: list[Any]) -> Slopes | None:
    """The slope by a few entries of every argument: all of small ones."""
    at, found = exactly(args), Slopes()
    rng = np.random.default_rng(given.seed)
    for position, array in enumerate(at):
        places = list(np.ndindex(array.shape))
        for place in [places[k] for k in rng.permutation(len(places))[:4]]:
            try:
                found.append((position, place, partial(given.program, at, position, place)))
            except Outside:
                return None
    return found


def _looked(
    given: Subject, mutant: Mutant, drawn: list[list[Any]], slopes: list[Slopes | None], outcome: Outcome
) -> None:
    try:
        problem = pose(given.program.function("f"), given.args, "grad", mutant.program.function("g"), None, None)
        recording = record_symbolic(problem, problem.arrays)
    except Undecidable:
        return
    for args, known in zip(drawn, slopes, strict=True):
        if known is None:
            continue
        arrays = {position: np.asarray(args[position], dtype=float) for position in problem.arrays}
        seen = look(problem, Point("a point", arrays), recording if recording.gradient is not None else None)
        off = _furthest(mutant, args, known)
        outcome.counts[f"{'wrong' if off > 0 else 'right'}: {seen.status}"] += 1
        outcome.units += off > 0
        allowed = READ if seen.reading != "exact" else 2.0**-AGREED_BITS
        allowed = 2.0**-ROUNDED_BITS if seen.reading == ROUNDED_READING else allowed
        if seen.status == "equal" and off > allowed:
            more = {"change": mutant.what, "off": off, "reading": seen.reading, "at": [repr(a) for a in args]}
            outcome.failures.append(told(given, mutant.program, kind=mutant.kind, **more))


def _furthest(mutant: Mutant, args: list[Any], known: Slopes) -> float:
    """How far the gradient's exact values are from the slopes at a point, relative, where it is most; 0 for noise."""
    try:
        made = values(mutant.program, exactly(args))
    except Outside:
        return 0.0
    worst = 0.0
    with mp.workdps(DIGITS):
        for position, place, true in known:
            if made[position].shape != np.shape(args[position]):
                return float("inf")
            got = made[position][place]
            gap = abs(got - true)
            if gap > mpf("1e-50") + mpf("1e-45") * (abs(got) + abs(true)):
                worst = max(worst, float(gap / (abs(got) + abs(true))))
    return worst
