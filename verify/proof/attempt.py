"""The proof attempt: record symbolically, normalise, certify, check the certificate, turn the second key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from dualgrad.program.size import dimension, dimensions
from verify.clock import Slow, at_most, longer, now
from verify.fault import told
from verify.form.facts import Facts
from verify.form.rank import extents_for_rank
from verify.points.assign import assignments, shapes
from verify.points.effort import is_large, readable
from verify.points.look import GIVEN, Look, Point, look
from verify.points.sampling import sample
from verify.proof.certificate import unspeakable
from verify.proof.key import OTHER_READING, second_key
from verify.proof.prove import ONLY_THE_GRADIENT, Attempted, certified, prove, readings, ways
from verify.question.claim import assumption_text, domain_text, free_dimensions, leak_text, sizes_text
from verify.question.problem import Problem, Undecidable
from verify.question.recording import Labels, Recording, fingerprint, record, record_symbolic
from verify.verdict import Formula, Verdict

BASE_FIRST = "the engine's gradient, which it is about, proved with a certificate of its own; "
RESTS_ON = "it is not proved that the engine's gradient, which this is about, is that"
NOT_ACCEPTED = "the certificate was not accepted"
SHORTEST = 0.05  # seconds that a proof is given at least


@dataclass(frozen=True)
class Attempt:
    """What the proof attempt gave: a PROVED formula or None, the recording that holds at other points, and why not.

    ``here`` is what was seen at the given arguments, where that was looked at: what is wrong there is not tried.
    """

    formula: Formula | None
    recording: Recording
    reason: str
    here: Look | None = None


def attempt(problem: Problem, deadline: float, looking: bool = True) -> Attempt:
    """Try to prove the candidate for every size, and where that fails for the sizes run.

    What is seen to be wrong at the given arguments is not tried, but where nobody is ``looking``: campaigns that attack
    the proof itself are not.
    """
    recording = record_symbolic(problem, problem.arrays)
    if recording.gradient is not None and recording.tape is not None:
        longer(problem.longer * len(recording.gradient.equations))
    here = None
    if recording.gradient is None:
        formula, reason = None, recording.refused or recording.gradient_refused
    else:
        _require_rank(recording)
        seen = looking and not is_large(problem, recording)
        here = look(problem, Point(GIVEN, problem.arrays), recording) if seen else None
        if here is not None and here.status == "different":
            return Attempt(None, recording, "", here)
        formula, reason = _in_time(problem, recording, deadline)
    fixable = bool(free_dimensions(recording)) and not is_large(problem, recording)
    if formula is None and fixable and now() < deadline:
        fixed = replace(record(problem, problem.arrays, fixed_labels(problem)), looked_at=recording.looked_at)
        if recording.forward is None:  # what reads a number may read any size
            fixed = replace(fixed, looked_at=_all_axes(problem))
        formula, _ = _in_time(problem, fixed, deadline)
        if formula is not None:
            said = _beyond(problem, recording) if recording.gradient is not None else ""
            every = f"not for every size: {reason}"
            return Attempt(replace(formula, reason=said or every), fixed, every)
    return Attempt(formula, recording, reason, here)


def where_it_has_values(problem: Problem, tried: Attempt, deadline: float) -> Formula | None:
    """The claim for a candidate that lacks values on a null set where f has a derivative: no pass, and its domain says
    so."""
    if tried.formula is not None or not tried.reason.startswith(ONLY_THE_GRADIENT):
        return None
    return _in_time(replace(problem, lacking=True), tried.recording, deadline)[0]


def _require_rank(recording: Recording) -> None:
    """Claim no sizes at which what is inverted is singular everywhere."""
    extents = recording.trace.extents
    programs = [program for program in (recording.forward, recording.gradient) if program is not None]
    known = tuple(extent - least for extent, least in extents.conditions)
    for extent in extents_for_rank(programs, Facts(resolve=extents.resolve, sizes=known)):
        with suppress(ValueError):  # not even at the sizes run
            extents.at_least(extent, 0, "an inverse")


def _beyond(problem: Problem, recording: Recording) -> str:
    """Whether the candidate is wrong at other sizes, where f and it run there: the claim for these sizes stands."""
    for sizes in assignments(recording):
        arrays = sample(problem, shapes(recording, sizes), seed=1)
        if arrays is not None and look(problem, Point("another size", arrays), recording).status == "different":
            return f"at other sizes it is wrong: at {', '.join(f'{name} = {size}' for name, size in sizes.items())}"
    return ""


def _all_axes(problem: Problem) -> frozenset[tuple[int, int]]:
    return frozenset((place, axis) for place, array in problem.arrays.items() for axis in range(array.ndim))


def fixed_labels(problem: Problem) -> Labels:
    """Every axis at the size it has."""
    return {position: array.shape for position, array in problem.arrays.items()}


def _in_time(problem: Problem, recording: Recording, deadline: float) -> tuple[Formula | None, str]:
    """The proof, or that it took longer than its share, or failed: what is left is for looking at points."""
    try:
        with at_most(max(deadline - now(), SHORTEST)):
            return _proved(problem, recording, deadline)
    except Slow:
        return None, "the proof takes more than its share of the time; raise it with budget="
    except (Undecidable, MemoryError, SystemError):
        raise
    except Exception as error:
        return None, told("the attempt to prove", error)


def _proved(problem: Problem, recording: Recording, deadline: float) -> tuple[Formula | None, str]:
    if recording.forward is None or recording.gradient is None:
        return None, recording.refused or recording.gradient_refused
    if not any(readable(recording, shapes(recording, sizes)) for sizes in assignments(recording)):
        return None, "it is too large for a second key in balls at any size that it accepts"
    proved, reason = _all_proved(problem, recording, deadline)
    if not proved:
        return None, reason
    certificate, *others = [found.certificate for found in proved]
    if others:
        certificate = {**certificate, "hints": {"rests_on": others[0]}}
    reading = proved[0].attempted.reading
    key = second_key(problem, recording, reading)
    if not key.agrees:
        return None, key.reason
    if reading != "exact" and not _reads_alike(problem, recording, reading):
        return None, OTHER_READING
    ones = _holds_at_one(problem, recording, deadline)
    return (
        Formula(
            verdict=Verdict.PROVED,
            method=_method(proved, key.sizes),
            sizes=sizes_text(problem, recording, ones),
            domain=(*domain_text(problem), *_each(found.attempted.side_conditions for found in proved)),
            assumptions=(
                *assumption_text(recording, recording.gradient),
                *_each(found.attempted.assumptions for found in proved),
            ),
            certificate=certificate,
            reason="; ".join(leak_text(recording)),
        ),
        "",
    )


@dataclass(frozen=True)
class _Proved:
    attempted: Attempted
    certificate: Mapping[str, Any]
    trusted: int


def _all_proved(problem: Problem, recording: Recording, deadline: float) -> tuple[list[_Proved], str]:
    """The proof with its certificate, and that of the gradient which the question is about; else none, and why.

    Both under one reading of the literals: what is proved under two does not add up.
    """
    questions = [(problem, recording)]
    if problem.base is not None and recording.base is not None:
        questions.append((problem.base, recording.base))
    first = ""
    for reading in readings(recording):
        found = []
        for each in questions:
            proved = _certified(*each, deadline, reading)
            if isinstance(proved, str):
                said = proved if each is questions[0] else f"{RESTS_ON} of {problem.name}: {proved}"
                further = NOT_ACCEPTED in said and NOT_ACCEPTED not in first
                first = said if not first or further else first
                break
            found.append(proved)
        else:
            return found, ""
    return [], first


def _certified(problem: Problem, recording: Recording, deadline: float, reading: str) -> _Proved | str:
    """The first way to a proof whose certificate is accepted, or why the last one is none."""
    reason = unspeakable(program for program in (recording.forward, recording.gradient) if program is not None)
    for way in () if reason else ways(problem, recording):
        found = prove(problem, recording, deadline, (reading,), way)
        if found.proof is None:
            reason = found.reason
            continue
        certificate, accepted = certified(problem, recording, found)
        if accepted.accepted:
            return _Proved(found, certificate, accepted.trusted)
        reason = f"{NOT_ACCEPTED}: {accepted.reason}"
    return reason


def _each(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Every line once."""
    return tuple(dict.fromkeys(line for group in groups for line in group))


def _reads_alike(problem: Problem, recording: Recording, reading: str) -> bool:
    """Whether the reading of literals that a proof needs is as good as the exact one at the given arguments."""
    seen = look(problem, Point(GIVEN, problem.arrays), recording)
    return seen.status == "kink" or (seen.status == "equal" and seen.reading in ("exact", reading))


def _holds_at_one(problem: Problem, recording: Recording, deadline: float) -> bool:
    """Whether the proof also goes through with each symbolic axis, and all of them, of size 1."""
    free = free_dimensions(recording)
    if not free or len(free) > 2 or now() > deadline:
        return False
    choices = [{name} for name in free] + ([set(free)] if len(free) == 2 else [])
    return all(_proved_at_one(problem, recording, ones, deadline) for ones in choices)


def _proved_at_one(problem: Problem, recording: Recording, ones: set[str], deadline: float) -> bool:
    extents = recording.trace.extents
    assert recording.forward is not None and recording.gradient is not None
    labels: Labels = {}
    arrays = {}
    at = dict.fromkeys(ones, 1)
    for position, axes in recording.labels.items():
        chosen: list[str | int] = []
        for label in axes:
            resolved = extents.resolve(dimension(label)) if isinstance(label, str) else label
            if isinstance(label, str) and dimensions(resolved) & ones:
                if resolved not in [dimension(name) for name in ones]:
                    return False
                chosen.append(1)
                at[label] = 1
            else:
                chosen.append(label)
        labels[position] = tuple(chosen)
        shape = tuple(
            size if label != 1 else 1 for label, size in zip(chosen, problem.arrays[position].shape, strict=True)
        )
        arrays[position] = problem.arrays[position][tuple(slice(0, length) for length in shape)]
    again = record(problem, arrays, labels)
    if again.forward is None or again.gradient is None or again.trace.extents.leaks:
        return False
    pairs = ((again.forward, recording.forward), (again.gradient, recording.gradient))
    if all(fingerprint(one) == fingerprint(generic, at) for one, generic in pairs):
        return True  # the same programs: the proof for every size says it already
    arguments = tuple(replace(a, array=arrays.get(p, a.array)) for p, a in enumerate(problem.arguments))
    return bool(_all_proved(replace(problem, arguments=arguments), again, deadline)[0])


def _method(proved: Sequence[_Proved], sizes: tuple[str, ...]) -> str:
    first, *others = proved
    return (
        f"index normal form{first.attempted.statistics}; certificate checked, {first.trusted} trusted steps; "
        f"{BASE_FIRST if others else ''}second key in balls at {'; '.join(sizes)}"
    )
