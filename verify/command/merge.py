"""``verify merge``: one run from the shards that several machines ran, judged as one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from verify.command.finish import finish, prepared
from verify.command.options import Judging, settings_of
from verify.command.refer import read_file
from verify.report.terminal import console
from verify.run import NothingCollected, UsageError
from verify.runs.merge import merged


def merge(
    *files: Path,
    json_file: Annotated[Path | None, Parameter(name="--json")] = None,
    history: bool = True,
    judging: Judging | None = None,
) -> int:
    """Put the shards of a run together, judge it as one, and exit as "verify run" would.

    Parameters
    ----------
    files
        Files of JSON Lines, as "verify run TARGET --shard I/N --output-format jsonl=FILE" writes them; all N of them.
    json_file
        Write everything that was found to this file; short for --output-format json=FILE.
    history
        Put the run on record in .verify/history.sqlite.
    """
    if not files:
        raise UsageError("nothing to merge. Name the files of all shards, as in: verify merge shard-*.jsonl")
    resolved = settings_of(judging)
    ending = prepared(resolved, json_file, None, history)
    run = merged([read_file(file) for file in files], [str(file) for file in files])
    if not run.entries:
        raise NothingCollected("these files hold no case.")
    return finish(run, resolved, ending, console(error=ending.to_terminal))
