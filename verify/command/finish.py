"""The end of a run: the gate, what is written, the history, the baseline; what it says of each, and the exit code."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from verify.command.outputs import TERMINAL, Output, outputs_of, require_folder, written
from verify.command.say import complain, counted, pour
from verify.report.overview import sentence
from verify.report.text import line, printable
from verify.report.trends import Past
from verify.run import UsageError
from verify.runs import history
from verify.runs.baseline import NAME, Baseline, improved, load, text
from verify.runs.changes import WORSE, changes
from verify.runs.gate import NOT_RUN, Finding, Judgement, judge
from verify.runs.settings import Resolved
from verify.runs.suite import Run

_LISTED = 20
_TREND = 50
_CALLED = {"html": "report"}


@dataclass(frozen=True)
class Ending:
    """What is to become of a run, apart from its settings."""

    outputs: tuple[Output, ...]
    certificates: Path | None
    keep: bool  # put it on record
    place: Path | None  # of the baseline
    baseline: Baseline | None

    @property
    def to_terminal(self) -> bool:
        """Whether a format has the standard output to itself."""
        return any(output.path == TERMINAL for output in self.outputs)


def prepared(resolved: Resolved, json_file: Path | None, certificates: Path | None, keep: bool) -> Ending:
    """Look at all that the end of a run needs before it begins; UsageError where it would fail then."""
    if certificates is not None:
        require_folder(certificates)
    place = baseline_place(resolved)
    baseline = load(place) if place is not None else None
    return Ending(outputs_of(resolved.settings, json_file), certificates, keep, place, baseline)


def finish(run: Run, resolved: Resolved, ending: Ending, out: Console) -> int:
    """Judge, keep and write a run; say all of it on ``out``, and return the exit code."""
    judgement = judge(run, resolved.settings, resolved.reasons, ending.baseline)
    run = replace(run, settings={**run.settings, "loosened": [*_loosened(run), *_by_baseline(judgement)]})
    against, past = _earlier(run, resolved, ending)
    if ending.keep:
        _keep(run, resolved, judgement)
    if not ending.to_terminal:  # it would say so twice
        _tell([sentence(run, against), *_worse(run, against)], out)
    try:
        _write(run, ending, against, past, out)
    except BrokenPipeError:  # of who reads the output
        raise
    except OSError as error:  # a disk that is full
        raise UsageError(f"{error.filename}: cannot be written: {error.strerror}. The run had ended.") from error
    if ending.baseline is not None and ending.place is not None:
        _improve(ending.baseline, run, ending.place, out)
    _tell(_told(judgement, resolved), out)
    return judgement.code


def _write(run: Run, ending: Ending, against: Run | None, past: Sequence[Past], out: Console) -> None:
    for output, content in written(run, ending.outputs, against, past):
        if output.path == TERMINAL:
            pour(content)
        else:
            out.print(printable(f"{_CALLED.get(output.format, output.format)}: {output.path}"))
    if ending.certificates is not None:
        _tell([f"certificate: {path}" for path in _certificates(run, ending.certificates)], out)


def baseline_place(resolved: Resolved) -> Path | None:
    """The file of the baseline: the one named, or the usual one where it is there."""
    if resolved.settings.baseline:
        return Path(resolved.settings.baseline)
    usual = Path(os.path.relpath(resolved.root / NAME))
    return usual if usual.is_file() else None


def _tell(rows: Sequence[str], out: Console) -> None:
    for row in rows:
        out.print(printable(row))


def _loosened(run: Run) -> list[Any]:
    return list(run.settings.get("loosened", ()))


def _by_baseline(judgement: Judgement) -> Iterator[dict[str, str]]:
    """What the baseline accepts, a row a reason."""
    by_reason: dict[str, list[str]] = {}
    for each in judgement.accepted:
        if each.by_baseline:
            by_reason.setdefault(each.accepted, []).append(each.case)
    for reason, cases in sorted(by_reason.items()):
        yield {"what": f"the baseline accepts {counted(len(cases), 'case')}", "match": _some(cases), "reason": reason}


def _some(cases: Sequence[str]) -> str:
    return ", ".join(cases[:3]) + (f" and {len(cases) - 3} more" if len(cases) > 3 else "")


def _earlier(run: Run, resolved: Resolved, ending: Ending) -> tuple[Run | None, tuple[Past, ...]]:
    """The last green run of the same targets, and the last runs in numbers; nothing where there is no history."""
    place = resolved.root / history.PLACE
    if not (ending.keep and place.is_file()) or "shard" in run.settings:
        return None, ()
    try:
        with history.opened(place) as connection:
            green = history.newest(connection, green=True, title=run.title)
            past = tuple(
                Past(each.commit, each.started, each.counts, each.seconds)
                for each in history.summaries(connection, _TREND)
                if each.title == run.title
            )
            return (None if green is None else history.load(connection, green)), past
    except UsageError as error:
        complain(str(error))
        return None, ()


def _worse(run: Run, against: Run | None) -> list[str]:
    found = [each for each in changes(against, run) if each.kind in WORSE] if against is not None else []
    rows = [f"  {each.kind:15} {line(each.case)}  ({each.detail})" for each in found[:_LISTED]]
    return [*rows, *([f"  and {len(found) - _LISTED} more"] if len(found) > _LISTED else [])]


def _certificates(run: Run, folder: Path) -> Iterator[Path]:
    from verify.report.record import write_certificates

    return write_certificates([entry.result for entry in run.entries], folder)


def _keep(run: Run, resolved: Resolved, judgement: Judgement) -> None:
    """A run that cannot be put on record is not lost for it: what was found is told all the same."""
    green = not judgement.failures and not run.interrupted and "shard" not in run.settings
    try:
        with history.opened(resolved.root / history.PLACE) as connection:
            history.add(connection, run, green)
    except UsageError as error:
        complain(f"the run is not on record: {error}")


def _improve(baseline: Baseline, run: Run, place: Path, out: Console) -> None:
    better = improved(baseline, run)
    gained = sum(known != baseline.cases.get(case) for case, known in better.cases.items())
    if not gained:
        return
    try:
        place.write_text(text(better), encoding="utf-8")
        out.print(printable(f"baseline: {counted(gained, 'case')} improved or new: {place}"))
    except OSError as error:
        complain(f"{place}: {counted(gained, 'case')} could be improved, and the file cannot be written: {error}")


def _told(judgement: Judgement, resolved: Resolved) -> list[str]:
    failures, accepted = judgement.failures, judgement.accepted
    silent = [each for each in failures if each.kind not in ("refuted", "undecided", "nondifferentiable", NOT_RUN)]
    rows = [f"  {each.kind:15} {line(each.case)}: {line(each.text)}" for each in silent[:_LISTED]]
    rows += [f"  and {len(silent) - _LISTED} more"] if len(silent) > _LISTED else []
    left = Counter(each.text for each in failures if each.kind == NOT_RUN)
    rows += [
        f"  {counted(number, 'case')} not run: {line(text.removeprefix('not run: '))}" for text, number in left.items()
    ]
    if failures:
        rows.append(f"gate: failed: {_kinds(failures)}{_all_the_same(judgement, resolved)}")
    for reason in dict.fromkeys(each.accepted for each in accepted):
        rows.append(f"let pass: {_kinds([each for each in accepted if each.accepted == reason])}; reason: {reason}")
    rows += [f"loosened: {each.what}; reason: {each.reason}" for each in resolved.loosened if each.match == "*"]
    return rows


def _all_the_same(judgement: Judgement, resolved: Resolved) -> str:
    return "; exit-zero asks for 0 all the same" if judgement.code == 0 and resolved.settings.exit_zero else ""


def _kinds(findings: Sequence[Finding]) -> str:
    counts = Counter(each.kind for each in findings)
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())
