"""Runs that a command refers to: by number, as the last or the last green one, or as a file of JSON Lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

from verify.run import UsageError
from verify.runs.history import PLACE, load, newest, opened
from verify.runs.suite import Entry, Run, read

WORDS = 'a number of "verify history list", last, green, or a file of JSON Lines'


def run_of(reference: str, root: Path, earlier_than: str = "") -> Run:
    """Return the run that a reference names; UsageError says what there is instead.

    With the reference of another run, the last one or the last green one is looked for before that one.
    """
    if not _on_record(reference):
        return read_file(Path(reference))
    place = root / PLACE
    if not place.is_file():
        raise UsageError(f"{place}: no run is on record here yet. One is put there by: verify run TARGET")
    with opened(place) as history:
        later = _number(history, earlier_than) if _on_record(earlier_than) else None
        return _with_proofs_checked(load(history, _number(history, reference, later)))


def _on_record(reference: str) -> bool:
    return reference.isdecimal() or reference in ("last", "green")


def _number(history: Connection, reference: str, before: int | None = None) -> int:
    if reference.isdecimal():
        return int(reference)
    found = newest(history, green=reference == "green", before=before)
    if found is None:
        colour = "green " if reference == "green" else ""
        when = "" if before is None else f" before run {before}"
        raise UsageError(f"no {colour}run is on record{when}. See: verify history list")
    return found


def read_file(path: Path) -> Run:
    """Return the run that a file of JSON Lines holds; UsageError where it holds none."""
    make = "Such files are written by: verify run TARGET --output-format jsonl=FILE"
    if not path.exists():
        raise UsageError(f"{path}: there is no such run. Name {WORDS}.")
    try:
        with path.open(encoding="utf-8") as lines:
            found = read(lines)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path}: {error}. {make}.") from error
    return _with_proofs_checked(found)


def _with_proofs_checked(run: Run) -> Run:
    """A record may have been written by anybody: a proof in it counts where its certificate is accepted here."""
    return replace(run, entries=tuple(_judged(entry) for entry in run.entries))


def _judged(entry: Entry) -> Entry:
    from verify.execute.judge import judged

    return replace(entry, result=judged(entry.result.to_json())) if entry.outcome == "done" else entry
