"""Runs that a command refers to: by number, as the last or the last green one, or as a file of JSON Lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

from verify.history import PLACE, load, newest, opened
from verify.run import UsageError
from verify.suite import Entry, Run, read

WORDS = 'a number of "verify history list", last, green, or a file of JSON Lines'


def run_of(reference: str, root: Path) -> Run:
    """Return the run that a reference names; UsageError says what there is instead."""
    if not reference.isdecimal() and reference not in ("last", "green"):
        return read_file(Path(reference))
    place = root / PLACE
    if not place.is_file():
        raise UsageError(f"{place}: no run is on record here yet. One is put there by: verify run TARGET")
    with opened(place) as history:
        return load(history, int(reference) if reference.isdecimal() else _newest(history, reference))


def _newest(history: Connection, reference: str) -> int:
    found = newest(history, green=reference == "green")
    if found is None:
        raise UsageError(f"no {'green ' if reference == 'green' else ''}run is on record yet. See: verify history list")
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
    return replace(found, entries=tuple(_judged(entry) for entry in found.entries))


def _judged(entry: Entry) -> Entry:
    """A file may have been written by anybody: a proof in it counts where the checker accepts its certificate here."""
    from verify.execute.judge import judged

    return replace(entry, result=judged(entry.result.to_json())) if entry.outcome == "done" else entry
