"""The gate: which results of a run fail it, which are let pass and why. Pure functions over a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from verify.runs.baseline import Baseline
from verify.runs.settings import Settings
from verify.runs.suite import Entry, Run
from verify.verdict import Result, Verdict

PASSED, FAILED, USAGE, FAULT, NOTHING, INTERRUPTED = 0, 1, 2, 3, 5, 130
NOT_RUN = "not run"
_NARROWED = frozenset({"shard", "keyword"})  # of the settings of a run: it has a part of the cases on purpose


@dataclass(frozen=True)
class Finding:
    """One reason against a case: the class of the gate that it falls under, and the words for it."""

    case: str
    kind: str  # a key of settings.GATE, or NOT_RUN
    text: str
    accepted: str = ""  # why it is let pass all the same
    by_baseline: bool = False  # which is where that reason stands


@dataclass(frozen=True)
class Judgement:
    """What the gate says of a run."""

    failures: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    code: int


def judge(run: Run, settings: Settings, reasons: Mapping[str, str], baseline: Baseline | None = None) -> Judgement:
    """Hold a run against the gate. A selected case that was not run fails it, whatever is let pass otherwise.

    ``reasons`` are those that were given for the settings that let more pass, by their names.
    """
    found = [finding for entry in run.entries for finding in _against(entry, settings, reasons, baseline)]
    if baseline is not None and not _NARROWED & set(run.settings):
        there = {entry.case for entry in run.entries}
        found += [
            Finding(case, "removed", f"the baseline has it as {known}, and it is not among the cases of this run")
            for case, known in sorted(baseline.cases.items())
            if case not in there
        ]
    kept = [finding for finding in found if finding.kind == NOT_RUN or finding.kind in settings.fail_on]
    failures = tuple(finding for finding in kept if not finding.accepted)
    return Judgement(failures, tuple(each for each in kept if each.accepted), _code(run, failures, settings))


def _code(run: Run, failures: Sequence[Finding], settings: Settings) -> int:
    if run.interrupted:
        return INTERRUPTED
    if any(finding.kind == NOT_RUN for finding in failures):
        return FAILED
    return FAILED if failures and not settings.exit_zero else PASSED


def _against(
    entry: Entry, settings: Settings, reasons: Mapping[str, str], baseline: Baseline | None
) -> Iterator[Finding]:
    if entry.outcome == "not run":
        yield Finding(entry.case, NOT_RUN, entry.result.reason)
        return
    let_pass = _let_pass(entry, settings, reasons)
    for kind, text in _kinds(entry.result):
        by_record = (
            baseline.accepts(entry) if baseline is not None and kind in ("undecided", "nondifferentiable") else ""
        )
        yield Finding(entry.case, kind, text, let_pass or by_record, bool(by_record and not let_pass))
    if baseline is not None:
        compared = {"lost": baseline.lost(entry), "accuracy": baseline.less_accurate(entry)}
        yield from (Finding(entry.case, kind, text, let_pass) for kind, text in compared.items() if text)


def _kinds(result: Result) -> Iterator[tuple[str, str]]:
    if not result.ok:
        yield result.verdict.value.lower(), result.reason
        return
    if result.verdict is Verdict.AGREES:
        yield "agrees", "nothing rigorous could be had"
    if result.numbers.status == "lost":
        yield "digits", result.numbers.reason
    if result.hygiene:
        yield "hygiene", "; ".join(result.hygiene)


def _let_pass(entry: Entry, settings: Settings, reasons: Mapping[str, str]) -> str:
    """Why this entry cannot fail, whatever it holds; an empty text where it can."""
    from verify.report.codes import code

    found = code(entry)
    for override in settings.override:
        if matches(entry.case, override.match) and found and _among(found, override.ignore):
            return override.reason
    if settings.select and not _among(found, settings.select):
        return reasons["select"]
    return reasons["ignore"] if found and _among(found, settings.ignore) else ""


def matches(case: str, pattern: str) -> bool:
    """Whether an id fits a pattern with * and ?; brackets are a part of ids and stand for themselves.

    >>> matches("a.py::f[grad=g]", "a.py::f[*"), matches("b.py::f", "a.py*")
    (True, False)
    """
    return fnmatchcase(case, pattern.replace("[", "[[]"))


def _among(code: str, beginnings: Sequence[str]) -> bool:
    return any(code.startswith(beginning.upper()) for beginning in beginnings)
