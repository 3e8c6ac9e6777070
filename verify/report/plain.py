"""A run as text for a terminal or a log."""

from __future__ import annotations

from collections.abc import Sequence

from verify.report.codes import CODES, code
from verify.report.overview import changed, loosened, message, not_ok, reproduce, sentence
from verify.report.paragraph import paragraph
from verify.report.terminal import told
from verify.report.text import line
from verify.report.trends import Past
from verify.runs.suite import Entry, Run


def concise(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return one line for every case that is not ok, and the sentence on the run."""
    return _text([*map(_brief, not_ok(run, against)), sentence(run, against)])


def full(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return a line for every case that is ok, a paragraph for the others, what changed, and the sentence."""
    rows = [str(told(entry.result)) for entry in run.entries if entry.result.ok]
    rows += ["", *(f"{_at_length(entry)}\n" for entry in not_ok(run, against))]
    found = changed(run, against)
    if found:
        rows += ["What changed", *(f"  {each.kind:15} {line(each.case)}  ({each.detail})" for each in found), ""]
    rows += [f"loosened: {what}; reason: {why}" for what, why in loosened(run.settings)]
    return _text([*rows, sentence(run, against)])


def _brief(entry: Entry) -> str:
    found = code(entry)
    said = f"{line(entry.result.source or entry.case)}: {found} {line(entry.result.name)}: {message(entry)}"
    return f"{said}; reproduce: {reproduce(entry)}"


def _at_length(entry: Entry) -> str:
    found = CODES[code(entry)]
    return f"{paragraph(entry.result)}\n  {found.code:<12}{found.title}\n  reproduce   {reproduce(entry)}"


def _text(rows: Sequence[str]) -> str:
    return "\n".join(rows).lstrip("\n") + "\n"
