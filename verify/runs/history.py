"""The history of runs, in one SQLite file: verdicts, measurements, certificates. Every run can be had back whole."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from verify.run import UsageError
from verify.runs.suite import Entry, Run, entry_from_json, entry_to_json

PLACE = Path(".verify") / "history.sqlite"
VERSION = 1
_WAIT = 30.0  # seconds for another process that writes
# Each step takes the file one version further; a file is never changed in another way.
_MIGRATIONS = (
    """
    CREATE TABLE run (
        id INTEGER PRIMARY KEY, started TEXT NOT NULL, title TEXT NOT NULL, commit_hash TEXT NOT NULL,
        settings TEXT NOT NULL, interrupted INTEGER NOT NULL, green INTEGER NOT NULL, seconds REAL NOT NULL
    );
    CREATE TABLE env (
        run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, name TEXT NOT NULL, version TEXT NOT NULL,
        PRIMARY KEY (run, name)
    ) WITHOUT ROWID;
    CREATE TABLE certificate (digest TEXT PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE result (
        run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, case_id TEXT NOT NULL, verdict TEXT NOT NULL,
        ok INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, ulps REAL, seconds REAL NOT NULL,
        peak INTEGER NOT NULL, certificate TEXT REFERENCES certificate(digest), record BLOB NOT NULL,
        PRIMARY KEY (run, case_id)
    ) WITHOUT ROWID;
    CREATE INDEX result_of_case ON result (case_id, run);
    CREATE INDEX result_of_certificate ON result (certificate);
    """,
)


@dataclass(frozen=True)
class Summary:
    """One run on record."""

    id: int
    started: str
    title: str
    commit: str
    green: bool
    interrupted: bool
    seconds: float
    counts: dict[str, int]


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The history in this file, which is made where missing; UsageError where it is none, or cannot be had."""
    try:
        _make_folder(path.parent)
        connection = sqlite3.connect(path, timeout=_WAIT)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(
            f"{path}: the history cannot be opened: {error}. Name another file, or use --no-history."
        ) from error
    try:
        _prepare(connection, path)
        yield connection
    except sqlite3.Error as error:
        raise UsageError(
            f"{path}: the history cannot be used: {error}. Move the file away to begin a new one."
        ) from error
    finally:
        connection.close()


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    ignored = folder / ".gitignore"
    if folder.name == PLACE.parent.name and not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found > VERSION:
        raise UsageError(
            f"{path}: this history is of version {found}, and this dualgrad reads up to {VERSION}. Install a newer one."
        )
    if found < VERSION:
        connection.execute("PRAGMA journal_mode = WAL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            (found,) = connection.execute("PRAGMA user_version").fetchone()  # another process may have been first
            for step in _MIGRATIONS[found:]:
                for statement in step.split(";"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")


def add(connection: sqlite3.Connection, run: Run, green: bool) -> int:
    """Put a run on record, all of it or nothing, and return its number; one that is there already keeps its own."""
    known = _same(connection, run)
    if known is not None:
        return known
    seconds = sum(entry.seconds for entry in run.entries)
    settings = json.dumps(dict(run.settings), ensure_ascii=False)
    with connection:
        number = connection.execute(
            "INSERT INTO run (started, title, commit_hash, settings, interrupted, green, seconds) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (run.started, run.title, run.commit, settings, run.interrupted, green, seconds),
        ).lastrowid
        assert number is not None
        connection.executemany(
            "INSERT INTO env VALUES (?, ?, ?)", [(number, name, text) for name, text in run.environment.items()]
        )
        for entry in run.entries:
            _add_entry(connection, number, entry)
    return number


def _same(connection: sqlite3.Connection, run: Run) -> int | None:
    """The number of this very run, where it was put on record before."""
    for (number,) in connection.execute("SELECT id FROM run WHERE started = ? AND title = ?", (run.started, run.title)):
        if run.started and load(connection, number) == run:
            return int(number)
    return None


def _add_entry(connection: sqlite3.Connection, run: int, entry: Entry) -> None:
    result = entry.result.explained()
    certificate = result.formula.certificate
    digest = None
    if certificate is not None:
        body = json.dumps(certificate, sort_keys=True, ensure_ascii=False).encode()
        digest = hashlib.sha256(body).hexdigest()
        connection.execute("INSERT OR IGNORE INTO certificate VALUES (?, ?)", (digest, zlib.compress(body)))
    bare = replace(result, formula=replace(result.formula, certificate=None))
    record = json.dumps(entry_to_json(replace(entry, result=bare)), ensure_ascii=False).encode()
    values = (run, entry.case, result.verdict.value, result.ok, entry.outcome, result.reason, result.numbers.ulps)
    connection.execute(
        "INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*values, entry.seconds, entry.peak, digest, zlib.compress(record)),
    )


def load(connection: sqlite3.Connection, number: int) -> Run:
    """The run of this number, whole; UsageError where there is none."""
    head = connection.execute(
        "SELECT started, title, commit_hash, settings, interrupted FROM run WHERE id = ?", (number,)
    ).fetchone()
    if head is None:
        raise UsageError(f"there is no run {number} on record. Those there are: verify history list")
    started, title, commit, settings, interrupted = head
    rows = connection.execute(
        "SELECT record, body FROM result LEFT JOIN certificate ON certificate = digest WHERE run = ? ORDER BY case_id",
        (number,),
    )
    try:
        entries = tuple(_entry(record, body) for record, body in rows)
    except (ValueError, KeyError, TypeError, zlib.error) as error:  # ValueError: another version wrote other fields
        raise UsageError(f"run {number} cannot be read by this version of dualgrad: {error}") from error
    return Run(
        entries,
        title=title,
        settings=json.loads(settings),
        environment=dict(connection.execute("SELECT name, version FROM env WHERE run = ? ORDER BY name", (number,))),
        commit=commit,
        started=started,
        interrupted=bool(interrupted),
    )


def _entry(record: bytes, body: bytes | None) -> Entry:
    held: dict[str, Any] = json.loads(zlib.decompress(record))
    if body is not None:
        held["result"]["formula"]["certificate"] = json.loads(zlib.decompress(body))
    return entry_from_json(held)


def summaries(connection: sqlite3.Connection, last: int = 0) -> tuple[Summary, ...]:
    """The runs on record, oldest first; only the ``last`` ones where a number is given."""
    rows = connection.execute(
        "SELECT id, started, title, commit_hash, green, interrupted, seconds FROM run ORDER BY id DESC LIMIT ?",
        (last or -1,),
    ).fetchall()
    return tuple(
        Summary(number, started, title, commit, bool(green), bool(interrupted), seconds, _counts(connection, number))
        for number, started, title, commit, green, interrupted, seconds in reversed(rows)
    )


def _counts(connection: sqlite3.Connection, number: int) -> dict[str, int]:
    return dict(
        connection.execute("SELECT verdict, count(*) FROM result WHERE run = ? GROUP BY verdict ORDER BY 1", (number,))
    )


def newest(
    connection: sqlite3.Connection, green: bool = False, before: int | None = None, title: str = ""
) -> int | None:
    """The number of the newest run: a green one, one before another, or one of the same title, where asked."""
    found = connection.execute(
        "SELECT max(id) FROM run WHERE (green OR NOT ?) AND (? IS NULL OR id < ?) AND (title = ? OR ? = '')",
        (green, before, before, title, title),
    ).fetchone()
    return None if found[0] is None else int(found[0])


def prune(connection: sqlite3.Connection, keep: int) -> Sequence[int]:
    """Forget all but the newest runs and the newest green one, with the certificates that nothing else has."""
    kept = {row[0] for row in connection.execute("SELECT id FROM run ORDER BY id DESC LIMIT ?", (keep,))}
    gone = [row[0] for row in connection.execute("SELECT id FROM run ORDER BY id")]
    gone = [number for number in gone if number not in kept | {newest(connection, green=True)}]
    with connection:
        connection.executemany("DELETE FROM run WHERE id = ?", [(number,) for number in gone])
        connection.execute(
            "DELETE FROM certificate WHERE digest NOT IN (SELECT certificate FROM result WHERE certificate IS NOT NULL)"
        )
    connection.execute("VACUUM")
    return gone
