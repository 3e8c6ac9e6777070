"""``verify history``: the runs that are on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

from cyclopts import App

from verify.command.options import settings_of
from verify.command.outputs import require_writable
from verify.command.refer import read_file, run_of
from verify.command.say import counted, say
from verify.report.formats import write
from verify.report.overview import sentence
from verify.report.text import line, shortened
from verify.run import UsageError
from verify.runs import history
from verify.runs.changes import WORSE, changes
from verify.runs.gate import FAILED, PASSED

app = App(name="history", help="List, show and compare the runs that are on record.", help_format="plaintext")
_TITLE = 40


@contextmanager
def _opened() -> Iterator[Connection]:
    with history.opened(settings_of().root / history.PLACE) as connection:
        yield connection


def _is_there() -> bool:
    """Whether there is a history to look at: looking makes none."""
    return (settings_of().root / history.PLACE).is_file()


@app.command(name="list")
def list_runs(*, last: int = 20) -> int:
    """List the runs on record, the newest last. A * marks those that passed the gate.

    Parameters
    ----------
    last
        How many; 0 for all. Default: 20.
    """
    found: tuple[history.Summary, ...] = ()
    if _is_there():
        with _opened() as connection:
            found = history.summaries(connection, last)
    if not found:
        say("no run is on record yet. One is put there by: verify run TARGET")
    for each in found:
        mark = "*" if each.green else "!" if each.interrupted else " "
        row = f"{each.id:>5}{mark} {each.started:25} {each.commit:13} {each.seconds:8.1f} s  {_told(each.counts)}"
        say(f"{row}  {shortened(line(each.title), _TITLE)}".rstrip())
    return PASSED


def _told(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {verdict.lower()}" for verdict, number in counts.items())


@app.command
def show(run: str = "last", /) -> int:
    """Show the cases of a run, a line for each.

    Parameters
    ----------
    run
        A number of "verify history list", last (the default), green, or a file of JSON Lines.
    """
    found = run_of(run, settings_of().root)
    say(f"{found.started} {found.commit} {found.title}".strip())
    for entry in found.entries:
        say(f"{entry.result.verdict.value:17} {entry.seconds:7.2f} s  {line(entry.case)}")
    say(sentence(found))
    return PASSED


@app.command
def diff(before: str, after: str = "last", /) -> int:
    """Say what changed between two runs, the worst first; exits with 1 when something is worse, but for its time.

    Parameters
    ----------
    before
        The earlier run: a number of "verify history list", green, or a file of JSON Lines.
    after
        The later one, named in the same ways.
    """
    root = settings_of().root
    found = changes(run_of(before, root), run_of(after, root))
    for change in found:
        say(f"{change.kind:15} {line(change.case)}  ({change.detail})")
    kinds = Counter(change.kind for change in found)
    say(", ".join(f"{number} {kind}" for kind, number in kinds.items()) or "nothing changed")
    return FAILED if any(change.kind in WORSE - {"slower"} for change in found) else PASSED


@app.command(name="import")
def import_files(*files: Path) -> int:
    """Put runs on record that were written elsewhere; one that is there already is not put there twice.

    Parameters
    ----------
    files
        Files of JSON Lines, as "verify run TARGET --output-format jsonl=FILE" writes them.
    """
    if not files:
        raise UsageError("nothing to import. Name files, as in: verify history import build/run.jsonl")
    runs = [read_file(file) for file in files]
    with _opened() as connection:
        for file, run in zip(files, runs, strict=True):
            green = not run.interrupted and all(entry.result.ok for entry in run.entries)
            say(f"{file}: run {history.add(connection, run, green)}, {counted(len(run.entries), 'case')}")
    return PASSED


@app.command
def prune(*, keep: int = 200) -> int:
    """Forget all but the newest runs and the newest green one.

    Parameters
    ----------
    keep
        How many to keep. Default: 200.
    """
    if keep < 1:
        raise UsageError(f"--keep {keep}: expected how many of the newest runs stay, at least 1.")
    gone: Sequence[int] = ()
    if _is_there():
        with _opened() as connection:
            gone = history.prune(connection, keep)
    say(f"{counted(len(gone), 'run')} forgotten")
    return PASSED


@app.command
def export(run: str, file: Path, /) -> int:
    """Write a run that is on record as JSON Lines, which other commands read.

    Parameters
    ----------
    run
        A number of "verify history list", last, or green.
    file
        The file to write.
    """
    require_writable(file)
    file.write_text(write(run_of(run, settings_of().root), "jsonl"), encoding="utf-8")
    say(f"jsonl: {file}")
    return PASSED
