"""Looking for what is wrong with a gradient: a proof, the given arguments, generic and hard points, other sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

import numpy as np

from verify.answer.branches import other_branches
from verify.answer.findings import Findings, absorb, compared_in_numbers, example_of
from verify.answer.large import compare
from verify.answer.spectra import not_finite_at_equal_values
from verify.clock import now
from verify.direct.ladder import answer, together
from verify.points import hygiene
from verify.points.assign import assignments, shapes
from verify.points.effort import is_large
from verify.points.extremes import EXTREME, engine_gradient_at, loses_digits, negligible
from verify.points.hard import OTHERS_ZERO, hard_points
from verify.points.kinks import Local, look_around
from verify.points.look import GIVEN, OTHER_PATH, Look, Point, equalities, finite_value, fits, look, sizes_at
from verify.points.numbers import Question, judge
from verify.points.rounding import ties
from verify.points.sampling import judged, longer_by_one, other_sizes, question, random_points, sample, shrunk, strayed
from verify.points.whole import other_whole_numbers
from verify.points.zeros import at_a_complex_zero, finite_at, zeroed
from verify.proof.attempt import Attempt, attempt, where_it_has_values
from verify.question.problem import Array, Problem, Undecidable
from verify.question.recording import Recording, record_symbolic, run_floats, with_inputs
from verify.verdict import Kink, Numbers, Verdict

GENERIC_POINTS = 4
PROOF_SHARE = 0.6  # of the time is for the proof, at most; the rest is for looking at points
GROWTH = 8.0  # how much longer the next size may take than the longest before
GENERIC = "a random"  # how the label of a point begins that has nothing special
NOT_AT_ZEROS = "nothing is asked of the gradient where a complex number that it divides by is 0"
HARD_SECONDS = 1.5  # of the processor, spent on hard points, at most


def search(problem: Problem, values: list[Array], got: list[Array], deadline: float) -> Findings:
    """What can be found about a problem before the deadline: by a proof, by looking at points, at full size.

    ``values`` and ``got`` are what f and the candidate return at the given arguments.
    """
    began = now()
    tried = attempt(problem, began + PROOF_SHARE * (deadline - began))
    if is_large(problem, tried.recording):
        return _search_large(problem, values, got, tried, deadline)
    return _look_at(problem, got, tried, deadline)


def _look_at(problem: Problem, got: list[Array], tried: Attempt, deadline: float) -> Findings:
    """Everything that can be looked at in balls; what the domain has to say is asked where nothing else is found."""
    findings = _looked_at(problem, got, tried, deadline)
    if findings.asks and not findings.settled:
        findings.defined = where_it_has_values(problem, tried, deadline)
        findings.unsure = findings.unsure or findings.asks
    return findings


def _looked_at(problem: Problem, got: list[Array], tried: Attempt, deadline: float) -> Findings:
    """The given arguments, generic and hard points, other sizes."""
    usable = tried.recording if tried.recording.gradient is not None else None
    here = tried.here or look(problem, Point(GIVEN, problem.arrays), usable)
    findings = Findings(problem, got, here, judged(problem, here, got), tried)
    if here.status == "kink":
        findings.numbers = _at_kink(findings, here, got)
    if here.status in ("unknown", "outside") and not (here.base is not None and here.base.status == "different"):
        return _directly(findings, deadline)
    absorb(findings, here)
    findings.branches.take(here)
    _as_recorded(findings)
    _on_integers(findings)
    seeds = range(1000, 1001 if tried.formula is not None else 1000 + GENERIC_POINTS)
    for point in random_points(problem, seeds):
        if now() > deadline:
            findings.unsure = findings.unsure or "the time budget ran out before every point was looked at"
        if findings.settled or findings.unsure:
            return findings
        _visit(findings, point, usable)
    for point in other_branches(problem, findings.branches, deadline):
        if findings.settled or findings.unsure:
            return findings
        _visit(findings, point, None)
    longest, began = 0.0, now()
    for point in chain(_every_size(problem), other_sizes(problem, tried.recording, deadline)):
        if findings.settled or findings.unsure:
            return findings
        if now() + GROWTH * longest > deadline:
            findings.notes += ("not every size was tried: time ran out",)
            return findings
        _visit(findings, point, usable)
        longest, began = max(longest, now() - began), now()  # the time to find the next point counts
    _hard(findings, usable, deadline)
    _whole_numbers(findings)
    _equal_values(findings, deadline)
    return findings


def _directly(findings: Findings, deadline: float) -> Findings:
    """Where a recording says nothing at the given arguments: what running f says."""
    tried = findings.attempt.reason if findings.attempt is not None else ""
    found = answer(findings.problem, findings.got, findings.here.reason or tried, deadline)
    findings.direct, findings.numbers, findings.kinks = found, found.numbers, found.kinks
    if found.counterexample is not None:
        findings.refutation, findings.reason = found.counterexample, found.formula.reason
    elif found.formula.verdict in (Verdict.CERTIFIED, Verdict.AGREES):
        _directly_elsewhere(findings, deadline)
    return findings


def _directly_elsewhere(findings: Findings, deadline: float) -> None:
    """The same for other whole numbers and lengths, since nothing says what f and the candidate look at."""
    problem = findings.problem
    for label, other in chain(other_whole_numbers(problem), longer_by_one(problem)):
        if now() > deadline or not finite_value(other, other.arrays):
            continue
        try:
            found = answer(other, other.gradient(other.arrays), "", deadline)
        except Undecidable:
            continue
        if found.counterexample is not None:
            findings.refutation, findings.reason = found.counterexample, f"{found.formula.reason}, with {label}"
            return


def _whole_numbers(findings: Findings) -> None:
    """The same question for other indices or exponents: what is wrong for those is refuted, with them."""
    for label, other in other_whole_numbers(findings.problem):
        if findings.settled or findings.unsure or not finite_value(other, other.arrays):
            return
        seen = look(other, Point(label, other.arrays), None)
        there = Findings(other, findings.got, seen, Numbers("unknown"))
        absorb(there, seen)
        if there.refutation is None and seen.status in ("equal", "numbers only"):
            _numbers_there(there, seen)
        if there.settled:
            findings.refutation, findings.wrong_numbers = there.refutation, there.wrong_numbers
            findings.reason = there.reason


def _equal_values(findings: Findings, deadline: float) -> None:
    """Matrices of which the decompositions that f or the candidate uses are not unique."""
    found = None if findings.settled or findings.unsure else not_finite_at_equal_values(findings.problem, deadline)
    if found is not None:
        label, findings.wrong_numbers = found
        findings.reason = f"the numbers are wrong at {label}"


def _every_size(problem: Problem) -> Iterator[Point]:
    """Points at the sizes of a second key, where the claim is for every size."""
    if problem.every_size:
        recording = record_symbolic(problem, problem.arrays)
        for seed, sizes in enumerate(assignments(recording)):
            arrays = sample(problem, shapes(recording, sizes), seed)
            if arrays is not None:
                yield Point(f"a random point, {', '.join(f'{name} = {size}' for name, size in sizes.items())}", arrays)


def trust_the_gradient(problem: Problem) -> None:
    """Before a counterexample counts, the engine's gradient that it rests on is compared at points of its own."""
    for point in random_points(problem, range(3000, 3002)) if problem.base is not None else ():
        seen = look(problem, point, None)
        if seen.base is not None and seen.base.status == "different":
            raise Undecidable(seen.reason)


def _search_large(problem: Problem, values: list[Array], got: list[Array], tried: Attempt, deadline: float) -> Findings:
    """For arguments too large for balls: the same functions at small sizes, and the numbers where they are given.

    The candidate is called once more at full size where it takes no smaller arguments, and not at all where it does.
    """
    here = Look(Point(GIVEN, problem.arrays), "large", tried.recording)
    findings = Findings(problem, got, here, Numbers("unknown"), tried)
    small = shrunk(problem, tried.recording)
    if small is None or is_large(small, tried.recording):
        findings.clean = hygiene.glance(problem, got)
    else:
        there = small.gradient(small.arrays)
        findings.clean = hygiene.examine(small, there)
        findings.take(_look_at(small, there, tried, deadline))
    if not findings.settled:
        findings.numbers, findings.refutation = compare(problem, got, tried, deadline)
        if findings.refutation is not None:
            findings.reason = f"the enclosures are disjoint at {findings.refutation.index}"
            return findings
        found = together(problem, values, got) if findings.numbers.status != "wrong" else None
        if found is not None:
            findings.numbers, findings.wrong_numbers = found.numbers, found.counterexample
            findings.reason = found.formula.reason
    return findings


def _hard(findings: Findings, usable: Recording | None, deadline: float) -> None:
    """The function's own hard points, as many as there is time for; leaving some out is said, and lowers nothing."""
    until = now() + HARD_SECONDS
    for point in hard_points(findings.problem, findings.here):
        if findings.settled or findings.unsure:
            return
        if now() > min(until, deadline):
            findings.notes += ("not every hard point was tried: time ran out",)
            return
        _visit(findings, point, usable)


def _at_kink(findings: Findings, seen: Look, got: list[Array]) -> Numbers:
    """On a guard of f: list the kink, or judge the numbers where f is differentiable after all."""
    asked = question(findings.problem, seen, got)
    local = _around(findings.problem, seen, asked)
    here = seen is findings.here
    if local.differentiable is None:
        if here:
            findings.unsure = findings.unsure or local.reason
        return Numbers("unknown", points=1, reason=local.reason)
    if local.differentiable is False:
        known = {_sort_of(kink) for kink in findings.kinks}
        new = [replace(kink, at_input=here) for kink in local.kinks if here or _sort_of(kink) not in known]
        findings.kinks += tuple(new if here else new[:1])
        if local.kinks and all(kink.inside for kink in local.kinks):
            findings.equalities.update((test, True) for test, held in equalities(seen).items() if held)
        numbers = judge(asked, truth=local.derivative) if local.derivative is not None else None
        wrong = numbers is not None and numbers.status == "wrong"
        return numbers if wrong and numbers else Numbers("unknown", points=1, reason="the point lies on a kink")
    numbers = judge(asked, truth=local.derivative)
    compared_in_numbers(findings, got)
    if numbers.status == "ok":
        findings.equalities.update((test, True) for test, held in equalities(seen).items() if held)
    return numbers


def _around(problem: Problem, seen: Look, asked: Question) -> Local:
    """What is around a kink: where f has no gradient it has no Hessian, but products J t on each side."""
    if problem.base is None or seen.base is None or seen.base.status != "kink":
        return _no_elements(problem, look_around(asked))
    recording = seen.base.recording
    assert recording.gradient is not None
    inputs, sizes = with_inputs(recording, seen.point.arrays), sizes_at(recording, seen.point)
    first = look_around(question(problem.base, seen.base, run_floats(recording.gradient, inputs, sizes)))
    if first.differentiable is True or (problem.asked == "jvp" and first.differentiable is False and not first.jumps):
        return _no_elements(problem, look_around(asked))
    return replace(first, derivative=None, kinks=tuple(replace(kink, got="", inside=None) for kink in first.kinks))


def _no_elements(problem: Problem, local: Local) -> Local:
    """At a kink of a gradient no element of the second derivative is judged by what the pieces agree on."""
    return local if problem.base is None or local.differentiable else replace(local, derivative=None)


def _as_recorded(findings: Findings) -> None:
    """The engine's backward pass as it runs, beside the one that was recorded: they are to be the same program."""
    here, problem = findings.here, findings.problem
    if not problem.own or here.status != "equal" or findings.numbers.status != "lost":
        return
    assert here.recording.gradient is not None
    inputs, sizes = with_inputs(here.recording, here.point.arrays), sizes_at(here.recording, here.point)
    recorded = judged(problem, here, run_floats(here.recording.gradient, inputs, sizes))
    if recorded.status == "ok":
        findings.wrong_numbers = example_of(problem, here, findings.numbers)
        findings.reason = f"the backward pass that runs is not the one that was recorded: {findings.numbers.index}"


def _on_integers(findings: Findings) -> None:
    """Integer arguments were promoted; the candidate must also be right on the integers as they were given."""
    problem, here = findings.problem, findings.here
    if not any(argument.promoted for argument in problem.arguments) or findings.numbers.status == "wrong":
        return
    try:
        got = problem.split(problem.answer([np.copy(a.given)[()] for a in problem.arguments]))
    except Undecidable as error:
        findings.notes += (f"on the integers: {error}",)
        return
    numbers = judged(problem, here, got)
    if numbers.status == "wrong":
        findings.numbers = numbers
        findings.notes += ("on the integers as they were given, the returned numbers are wrong",)


def _sort_of(kink: Kink) -> tuple[str, ...]:
    """A kink without its element: away from the given arguments one of a kind is listed."""
    return kink.where.partition("(")[2], kink.left, kink.right, kink.got


def _visit(findings: Findings, point: Point, usable: Recording | None) -> None:
    problem = findings.problem
    if not finite_value(problem, point.arrays) or (point.label == OTHERS_ZERO and finite_at(problem, point.arrays)):
        return
    seen = look(problem, point, usable if usable is not None and fits(usable, point) else None)
    if at_a_complex_zero(problem, seen):
        findings.notes = (*(note for note in findings.notes if note != NOT_AT_ZEROS), NOT_AT_ZEROS)
        return
    names = strayed(problem, point.arrays, seen.recording) or zeroed(problem, seen)
    if names and _refuted_at(findings, seen):
        findings.asks = (
            f"the gradient is wrong where {', '.join(names)} is not of the kind it was given as: declare what is "
            f"known of it with domain="
        )
        return
    if seen.reason == OTHER_PATH:  # floats choose another branch than the numbers they stand for: nothing is known
        return
    absorb(findings, seen)
    findings.branches.take(seen)
    if findings.refutation is None and seen.status in ("equal", "numbers only", "kink"):
        _numbers_there(findings, seen)


def _refuted_at(findings: Findings, seen: Look) -> bool:
    """Whether the candidate is refuted at a point, which need not be one of the domain that is meant."""
    there = Findings(findings.problem, findings.got, findings.here, Numbers("unknown"))
    absorb(there, seen)
    if not there.settled and seen.status in ("equal", "numbers only", "kink"):
        _numbers_there(there, seen)
    return there.settled


def _negligible(findings: Findings, numbers: Numbers, arrays: Mapping[int, Array]) -> bool:
    """Whether numbers that are wrong far away are so by nothing that would be seen beside those here."""
    scale = max((float(np.abs(part).max(initial=0.0)) for part in findings.got), default=0.0)
    if not (numbers.got and numbers.expected):
        return False
    return negligible(numbers.got, numbers.expected, scale, vanishes=_vanishes(findings.problem, arrays))


def _vanishes(problem: Problem, arrays: Mapping[int, Array]) -> bool:
    """Whether f, run natively, is 0 altogether, as where it is below the smallest float, and several numbers led there.

    They may be parameters of different kinds, which nobody makes large together.
    """
    several = any(arrays[position].size > 1 for position in problem.wrt)
    return several and not any(bool(output.any()) for output in problem.value(arrays))


def _lost_in_f(problem: Problem, seen: Look, got: list[Array]) -> bool:
    """Whether no gradient that computes what f does, as f is written, has a digit right at an extreme input."""
    if seen.point.label != EXTREME or problem.own or problem.kind != "grad" or seen.recording.forward is None:
        return False
    if not all(np.isfinite(part).all() for part in got):
        return False
    if loses_digits(problem, seen):
        return True
    return judged(problem, seen, engine_gradient_at(problem, seen.recording, seen.point.arrays)).status == "wrong"


def _numbers_there(findings: Findings, seen: Look) -> None:
    """The candidate run natively at another point: wrong numbers there refute, a kink there is listed."""
    problem = findings.problem
    try:
        got = problem.gradient(seen.point.arrays)
    except Undecidable as error:
        findings.notes += (f"at {seen.point.label}: {error}",)
        return
    numbers = _at_kink(findings, seen, got) if seen.status == "kink" else judged(problem, seen, got, False)
    rounded = seen.status == "equal" or not seen.point.label.startswith(GENERIC)  # the formula is right, or far away
    if numbers.status == "wrong" and rounded and _negligible(findings, numbers, seen.point.arrays):
        return
    hard = not seen.point.label.startswith(GENERIC) and np.isfinite(float(numbers.got or "nan"))
    if numbers.status == "wrong" and hard and seen.status != "kink" and ties(seen):
        return  # a kink in floats, and kinks at hard points lower nothing
    if numbers.status == "wrong" and _lost_in_f(problem, seen, got):
        note = f"far from the given arguments rounding inside {problem.name} takes every digit of its derivative"
        findings.notes += (note,) if note not in findings.notes else ()
        return
    if numbers.status == "wrong":
        findings.wrong_numbers = example_of(problem, seen, numbers)
        findings.reason = f"the numbers are wrong at {seen.point.label}: {numbers.reason or numbers.index}"
        if seen.status == "numbers only" and seen.point.label.startswith(GENERIC):
            findings.refutation = findings.wrong_numbers
    elif numbers.status in {"numbers only": ("lost", "unknown"), "kink": ("lost",)}.get(seen.status, ()):
        findings.unsure = findings.unsure or f"digits are lost at {seen.point.label}"
