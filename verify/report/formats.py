"""A run written in any of the formats that people and machines read."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verify.report.trends import Past
    from verify.runs.suite import Run

FORMATS = {
    "full": "text: a paragraph for every case that is not ok, a line for the others",
    "concise": "text: one line for every case that is not ok, then the counts",
    "html": "a self-contained page, to be opened in a browser",
    "markdown": "a page of Markdown",
    "summary": "Markdown for the summary of a GitHub job, cut to its limit",
    "github": "annotations of GitHub Actions, the worst first, within its limits",
    "gitlab": "a code quality report of GitLab",
    "junit": "JUnit XML",
    "sarif": "SARIF 2.1.0",
    "json": "one JSON document with everything",
    "jsonl": "JSON Lines: the head of the run, then one line a case; this is what is merged and read back",
}
_MODULES = {"full": "plain", "concise": "plain", "summary": "markdown", "json": "lines", "jsonl": "lines"}
_SUFFIXES = {
    ".html": "html",
    ".md": "markdown",
    ".json": "json",
    ".jsonl": "jsonl",
    ".sarif": "sarif",
    ".xml": "junit",
    ".txt": "full",
}


def write(run: Run, format: str, *, against: Run | None = None, past: Sequence[Past] = ()) -> str:
    """Return the run in a format, one of :data:`FORMATS`, as the whole text of a file.

    ``against`` is the run that this one is compared with, and ``past`` holds earlier ones, the oldest first.

    >>> from verify.runs.suite import Run
    >>> print(write(Run(()), "concise"), end="")
    0 gradients: none.
    """
    if format not in FORMATS:
        raise ValueError(_unknown(format))
    module = import_module(f"verify.report.{_MODULES.get(format, format)}")
    text: str = getattr(module, format)(run, against, past)
    return text


def of_path(path: str) -> str:
    """Return the format that a file's name suggests.

    >>> of_path("reports/index.html"), of_path("build/run.sarif.json")
    ('html', 'sarif')
    """
    suffixes = PurePath(path).suffixes
    for suffix in suffixes[-2:]:
        if suffix in _SUFFIXES:
            return _SUFFIXES[suffix]
    known = ", ".join(_SUFFIXES)
    raise ValueError(f"{path}: no format ends in {''.join(suffixes[-1:]) or 'this'}; expected one of {known}")


def _unknown(format: str) -> str:
    near = difflib.get_close_matches(format, FORMATS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"there is no format {format!r}.{hint} Formats: {', '.join(FORMATS)}."
