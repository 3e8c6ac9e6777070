"""What every format says of a run: one sentence, what is not ok with the worst first, how to see one again."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verify.report.causes import cause
from verify.report.text import line, shortened
from verify.report.words import claim
from verify.runs.changes import WORSE, Change, changes
from verify.runs.suite import Entry, Run
from verify.verdict import Result, Verdict

WORST_FIRST = (
    Verdict.REFUTED,
    Verdict.NONDIFFERENTIABLE,
    Verdict.UNDECIDED,
    Verdict.AGREES,
    Verdict.CERTIFIED,
    Verdict.PROVED,
)
_BRIEF = 300  # characters of a message
_EXPANDED = frozenset('"$`\\!')  # in double quotes


def summary(results: Sequence[Result]) -> str:
    """Return how many gradients were checked and what was found, worst first.

    >>> from verify.verdict import Formula, Numbers
    >>> proved = Result(Verdict.PROVED, Formula(Verdict.PROVED), Numbers("ok"))
    >>> summary([proved, proved])
    '2 gradients: 2 proved.'
    """
    found = Counter(result.verdict for result in results)
    counts = [f"{found[verdict]:,} {verdict.value.lower()}" for verdict in WORST_FIRST if verdict in found]
    return f"{len(results):,} gradient{'' if len(results) == 1 else 's'}: {', '.join(counts) or 'none'}."


def sentence(run: Run, against: Run | None = None) -> str:
    """Return the sentence that a reader should take away: what is worse than before, then all that was found."""
    said = summary([entry.result for entry in run.entries])
    if against is not None:
        kinds = Counter(change.kind for change in changes(against, run))
        worse = [f"{count:,} {_plural(kind, count)}" for kind, count in kinds.items() if kind in WORSE]
        said = f"{', '.join(worse) or 'Nothing is worse than before'}. {said}"
        said = said[0].upper() + said[1:]
    missing = sum(entry.outcome == "not run" for entry in run.entries)
    if missing:
        said += f" {missing:,} of them {'was' if missing == 1 else 'were'} not run."
    return f"{said} The run was interrupted." if run.interrupted else said


def _plural(kind: str, count: int) -> str:
    return f"{kind}s" if kind == "new failure" and count > 1 else kind


def not_ok(run: Run, against: Run | None = None) -> list[Entry]:
    """Return the entries that are not ok: what is new before what was there, worse verdicts first, then by case."""
    new = {change.case for change in changes(against, run) if change.kind in WORSE} if against is not None else set()
    found = [entry for entry in run.entries if not entry.result.ok]
    return sorted(found, key=lambda entry: (WORST_FIRST.index(entry.result.verdict), entry.case not in new, entry.case))


def changed(run: Run, against: Run | None) -> tuple[Change, ...]:
    """Return what differs from another run, where there is one to compare with."""
    return () if against is None else changes(against, run)


def reason(entry: Entry) -> str:
    """Return in one line why an entry is undecided."""
    result = entry.result
    said = line(result.reason or result.formula.reason) or "no reason was given"
    return said if entry.outcome == "done" or said.startswith(entry.outcome) else f"{entry.outcome}: {said}"


def by_reason(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Group undecided entries by their reason, the most frequent first."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(reason(entry), []).append(entry)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])))


def message(entry: Entry) -> str:
    """Return in one line what is wrong, with the cause where the numbers name one."""
    result, point = entry.result, entry.result.counterexample
    if result.verdict is Verdict.UNDECIDED:
        return shortened(reason(entry), _BRIEF)
    if result.verdict is Verdict.REFUTED and point is not None and point.index:
        said = f"{line(point.index)} = {line(point.got)}, expected {line(point.expected)}"
    else:
        said = claim(result)
    found = cause(result)
    return shortened(f"{said} ({found.text})" if found is not None else said, _BRIEF)


def place(entry: Entry) -> tuple[str, int]:
    """Return the file and the line of a case; line 1 where only the file is known.

    >>> from verify.verdict import Formula, Numbers
    >>> undecided = Result(Verdict.UNDECIDED, Formula(Verdict.UNDECIDED), Numbers("unknown"), source="a.py:12")
    >>> place(Entry("a.py::f", undecided))
    ('a.py', 12)
    """
    file, _, number = line(entry.result.source).rpartition(":")
    if file and number.isascii() and number.isdigit():
        return file, max(int(number[:9]), 1)
    return line(entry.case).split("::")[0] or "unknown", 1


def reproduce(entry: Entry) -> str:
    """Return the command that checks the case again, as a shell takes it."""
    case = line(entry.case)
    return f"verify one {case if _is_pair(case) else _quoted(case)}"


def _quoted(case: str) -> str:
    """The id as one word of a shell: in double quotes where that is easier to read, and means the same."""
    return f'"{case}"' if "'" in case and not _EXPANDED & set(case) else shlex.quote(case)


def _is_pair(case: str) -> bool:
    """Whether the id is that of a pair: words for a shell, each of them quoted."""
    try:
        words = shlex.split(case)
    except ValueError:
        return False
    return words[1:2] == ["--grad"] and shlex.join(words) == case


def loosened(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the settings of a run loosen, each with the reason that was given for it."""
    return [(_told(found), line(str(found["reason"]))) for found in _reasoned(settings)]


def _reasoned(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if "reason" in value:
            yield value
        else:
            for inner in value.values():
                yield from _reasoned(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _reasoned(inner)


def _told(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{line(str(key))} = {line(str(value))}" for key, value in found.items() if key != "reason")
