"""What changed between two runs: worse first. A pure function of their entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verify.runs.suite import Entry, Run
from verify.verdict import Result, Verdict

KINDS = (
    "new failure",
    "lost certainty",
    "removed",
    "accuracy lost",
    "slower",
    "fixed",
    "gained",
    "added",
)
WORSE = frozenset(KINDS[: KINDS.index("fixed")])
RANK: Mapping[Verdict, int] = {
    Verdict.PROVED: 4,
    Verdict.CERTIFIED: 3,
    Verdict.AGREES: 2,
    Verdict.NONDIFFERENTIABLE: 1,
    Verdict.UNDECIDED: 0,
    Verdict.REFUTED: -1,
}
ULPS, MORE_ULPS = 4.0, 4.0  # accuracy is lost beyond both: times as many, and that many more
TIMES, MORE_SECONDS = 2.0, 0.5  # slower: beyond both, since short times are noise


@dataclass(frozen=True)
class Change:
    """One case that another run saw otherwise; ``detail`` says from what to what."""

    case: str
    kind: str
    before: Entry | None
    after: Entry | None
    detail: str


def changes(before: Run, after: Run) -> tuple[Change, ...]:
    """Return one change for each case that differs, sorted by kind as in KINDS, then by case.

    >>> from verify.verdict import Formula, Numbers
    >>> proved = Result(Verdict.PROVED, Formula(Verdict.PROVED), Numbers("ok"))
    >>> undecided = Result(Verdict.UNDECIDED, Formula(Verdict.UNDECIDED), Numbers("unknown"))
    >>> [change] = changes(Run((Entry("f", proved),)), Run((Entry("f", undecided),)))
    >>> change.kind, change.detail
    ('lost certainty', 'PROVED -> UNDECIDED')
    """
    old = {entry.case: entry for entry in before.entries}
    new = {entry.case: entry for entry in after.entries}
    found = [_removed(entry) for case, entry in old.items() if case not in new]
    for case, entry in new.items():
        change = _changed(old[case], entry) if case in old else _added(entry)
        found += [change] if change is not None else []
    return tuple(sorted(found, key=lambda change: (KINDS.index(change.kind), change.case)))


def _removed(entry: Entry) -> Change:
    return Change(entry.case, "removed", entry, None, f"was {entry.result.verdict}")


def _added(entry: Entry) -> Change:
    kind = "new failure" if _is_failure(entry.result) else "added"
    return Change(entry.case, kind, None, entry, f"new: {entry.result.verdict}")


def _changed(old: Entry, new: Entry) -> Change | None:
    kind = _kind(old.result, new.result)
    if kind:
        return Change(new.case, kind, old, new, f"{old.result.verdict} -> {new.result.verdict}")
    was, now = old.result.numbers.ulps, new.result.numbers.ulps
    if was is not None and now is not None and now > max(ULPS * was, was + MORE_ULPS):
        return Change(new.case, "accuracy lost", old, new, f"{was:.3g} -> {now:.3g} ulps")
    if new.seconds > max(TIMES * old.seconds, old.seconds + MORE_SECONDS):
        return Change(new.case, "slower", old, new, f"{old.seconds:.2f} -> {new.seconds:.2f} s")
    return None


def _kind(old: Result, new: Result) -> str:
    if _is_failure(new) != _is_failure(old):
        return "new failure" if _is_failure(new) else "fixed"
    before, after = RANK[old.verdict], RANK[new.verdict]
    return "" if before == after else "gained" if after > before else "lost certainty"


def _is_failure(result: Result) -> bool:
    """Shown to be wrong: undecided is a loss of certainty and no failure."""
    return not result.ok and result.verdict is not Verdict.UNDECIDED
