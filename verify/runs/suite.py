"""A run of many cases: what became of each, as records that travel between processes, files and reports."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from verify.runs.wire import from_json
from verify.verdict import Result

SCHEMA = 1
OUTCOMES = ("done", "timeout", "memory", "crashed", "exited", "unreadable", "not run")
_HEAD = {"title": str, "settings": dict, "environment": dict, "commit": str, "started": str, "interrupted": bool}
INTERRUPTED = "not run: the run was interrupted"  # the reason of what an interrupt left out


@dataclass(frozen=True)
class Entry:
    """One selected case and what became of it. All but ``"done"`` carry an UNDECIDED result with the reason."""

    case: str  # its id, the same in every run: "examples/notebook.py::notebook"
    result: Result
    outcome: str = "done"  # one of OUTCOMES
    seconds: float = field(default=0.0, compare=False)
    peak: int = field(default=0, compare=False)  # bytes of memory, 0 where not measured


@dataclass(frozen=True)
class Run:
    """All cases that were selected, sorted by id, with the settings they ran under."""

    entries: tuple[Entry, ...]
    title: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)  # the resolved configuration, reasons included
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)
    commit: str = ""
    started: str = field(default="", compare=False)  # ISO 8601, UTC
    interrupted: bool = False


def run_of(results: Iterable[Result], title: str = "", environment: Mapping[str, str] | None = None) -> Run:
    """Return results of one process as a run, in their order, each under its file and name."""
    entries = tuple(
        Entry(f"{result.source.rpartition(':')[0]}::{result.name}", result, seconds=result.seconds)
        for result in results
    )
    return Run(entries, title, environment=environment or {})


def lines(run: Run) -> Iterator[str]:
    """Write a run as JSON Lines: the head first, then one line a case.

    >>> list(lines(Run((), title="nothing")))[0]
    '{"schema": 1, "title": "nothing", "settings": {}, "environment": {}, "commit": "", "started": "", \
"interrupted": false, "cases": 0}'
    """
    head = {"schema": SCHEMA, "title": run.title, "settings": dict(run.settings), "environment": dict(run.environment)}
    head |= {"commit": run.commit, "started": run.started, "interrupted": run.interrupted, "cases": len(run.entries)}
    yield _line(head)
    for entry in run.entries:
        yield _line(entry_to_json(entry))


def read(text: Iterable[str]) -> Run:
    """Read what :func:`lines` wrote; ``ValueError`` says which line is wrong, or that some are missing."""
    numbered = ((number, line) for number, line in enumerate(text, 1) if line.strip())
    parsed = [_parsed(number, line) for number, line in numbered]
    if not parsed or "schema" not in parsed[0]:
        raise ValueError("line 1: this is not a run of verify: it has no schema")
    head = parsed[0]
    if head["schema"] != SCHEMA:
        raise ValueError(f"line 1: schema {head['schema']}, expected {SCHEMA}. Write the run again with this version.")
    if _field(head, "cases", int) != len(parsed) - 1:
        raise ValueError(f"{head['cases']} cases are announced and {len(parsed) - 1} are there: the file was cut")
    entries = tuple(entry_from_json(record) for record in parsed[1:])
    kept = {name: _field(head, name, kind) for name, kind in _HEAD.items()}
    if not all(isinstance(version, str) for version in kept["environment"].values()):
        raise ValueError("environment: expected a text for every name")
    return Run(entries, **kept)


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """Return the entry as plain JSON values."""
    return {
        "case": entry.case,
        "outcome": entry.outcome,
        "seconds": entry.seconds,
        "peak": entry.peak,
        "result": writable(entry.result.to_json()),
    }


def entry_from_json(record: Mapping[str, Any]) -> Entry:
    """Return the entry that :func:`entry_to_json` wrote; ``ValueError`` names what does not fit."""
    if record.get("outcome") not in OUTCOMES:
        raise ValueError(f"{record.get('case')}: outcome {record.get('outcome')!r}, expected one of {OUTCOMES}")
    result = from_json(_field(record, "result", dict))
    seconds, peak = _field(record, "seconds", (int, float)), _field(record, "peak", int)
    if not math.isfinite(seconds):
        raise ValueError(f"seconds: {seconds}")
    return Entry(_field(record, "case", str), result, record["outcome"], float(seconds), peak)


def _field(record: Mapping[str, Any], name: str, kind: type | tuple[type, ...]) -> Any:
    if not isinstance(record.get(name), kind):
        expected = " or ".join(each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,)))
        raise ValueError(f"{name}: expected {expected}, got {record.get(name)!r:.60}")
    return record[name]


def writable(value: Any) -> Any:
    """JSON has no infinity and no NaN: they become text."""
    if type(value) in _WRITABLE:
        return value
    if isinstance(value, dict):
        return {key: writable(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [writable(entry) for entry in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


_WRITABLE = frozenset({str, int, bool, type(None)})


def _line(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def _parsed(number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"line {number}: this is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"line {number}: expected an object, got {type(found).__name__}")
    return found
