"""A run as a code quality report of GitLab."""

from __future__ import annotations

import json
from collections.abc import Sequence

from verify.report.codes import CODES, code
from verify.report.lines import inert
from verify.report.overview import message, not_ok, place
from verify.report.sarif import fingerprint
from verify.report.text import line
from verify.report.trends import Past
from verify.runs.suite import Entry, Run

_SEVERITY = {"error": "critical", "warning": "minor", "note": "info"}


def gitlab(run: Run, against: Run | None, past: Sequence[Past]) -> str:
    """Return a list of the cases that are not ok, the worst first."""
    found = [_issue(entry) for entry in not_ok(run, against)]
    return inert(json.dumps(found, ensure_ascii=False, indent=1)) + "\n"


def _issue(entry: Entry) -> dict[str, object]:
    file, number = place(entry)
    found = CODES[code(entry)]
    return {
        "description": f"{line(entry.result.name)}: {message(entry)}",
        "check_name": found.code,
        "fingerprint": fingerprint(entry),
        "severity": _SEVERITY[found.level],
        "location": {"path": file.removeprefix("./"), "lines": {"begin": number}},
    }
