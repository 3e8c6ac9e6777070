"""``verify report``: a run that is on record told again, in any format, without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from verify.command.options import settings_of
from verify.command.outputs import TERMINAL, format_of, require_writable
from verify.command.refer import run_of
from verify.command.say import pour, say
from verify.report.formats import write
from verify.report.trends import Past
from verify.runs import history
from verify.runs.gate import PASSED

_TREND = 50


def report(
    run: str = "last",
    /,
    *,
    output: Annotated[str, Parameter(name=["-o", "--output"])] = TERMINAL,
    format: str | None = None,
    compare: str | None = None,
) -> int:
    """Tell a run that is on record again, in any format. Nothing is run.

    Parameters
    ----------
    run
        A number of "verify history list", last (the default), green, or a file of JSON Lines.
    output
        The file to write; the terminal where none is named.
    format
        html, markdown, json, jsonl, junit, sarif, github, gitlab, summary, concise or full; or as the file is named.
    compare
        Another run, named in the same ways: what changed since is told first. green: the last green one before it.
    """
    name = format_of(output, format)
    if output != TERMINAL:
        require_writable(Path(output))
    root = settings_of().root
    found = run_of(run, root)
    against = None if compare is None else run_of(compare, root, earlier_than=run)
    text = write(found, name, against=against, past=_past(root))
    if output == TERMINAL:
        pour(text)
    else:
        Path(output).write_text(text, encoding="utf-8")
        say(f"{name}: {output}")
    return PASSED


def _past(root: Path) -> tuple[Past, ...]:
    place = root / history.PLACE
    if not place.is_file():
        return ()
    with history.opened(place) as connection:
        found = history.summaries(connection, _TREND)
    return tuple(Past(each.commit, each.started, each.counts, each.seconds) for each in found)
