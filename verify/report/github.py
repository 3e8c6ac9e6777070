"""A run as annotations of GitHub Actions, which are lines of the log of a step."""

from __future__ import annotations

from collections.abc import Sequence

from verify.report.codes import CODES, code
from verify.report.overview import message, not_ok, place, reproduce, sentence
from verify.report.text import line
from verify.report.trends import Past
from verify.runs.suite import Entry, Run

MOST = 9  # and one that says how many more: a step shows ten of a kind


def github(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return at most nine annotations, the worst first, a line for the others, and the sentence on the run."""
    found = not_ok(run, against)
    rows = [_annotation(entry) for entry in found[:MOST]]
    if len(found) > MOST:
        rows.append(f"::notice title=verify::and {len(found) - MOST:,} more, see the summary of the job")
    return "\n".join([*rows, sentence(run, against)]) + "\n"


def _annotation(entry: Entry) -> str:
    rule = CODES[code(entry)]
    file, number = place(entry)
    title = f"{rule.code} {line(entry.result.name)}"
    said = f"{message(entry)}\n{rule.title}\nreproduce: {reproduce(entry)}"
    return f"::{rule.level} file={_value(file)},line={number},title={_value(title)}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
