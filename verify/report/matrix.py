"""Verdicts in a table: what was checked down the side, in which mode across the top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verify.question.kinds import WORDS
from verify.report.overview import WORST_FIRST
from verify.runs.suite import Entry, Run

MOST = 400  # rows


@dataclass(frozen=True)
class Matrix:
    """``cells`` maps a row and a column to a verdict in capitals; where there is none, nothing was checked."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], str]


def of_run(run: Run) -> Matrix | None:
    """Return functions by kind of derivative, each cell its worst verdict; None where only one kind was asked."""
    cells: dict[tuple[str, str], str] = {}
    for entry in run.entries:
        for kind, verdict in _asked(entry):
            place = (entry.case.partition("[")[0], kind)
            cells[place] = _worse(cells.get(place, verdict), verdict)
    columns = tuple(kind for kind in WORDS if any(kind == column for _, column in cells))
    rows = tuple(sorted({row for row, _ in cells}))[:MOST]
    return Matrix(rows, columns, cells) if len(columns) > 1 else None


def of_audit(document: Mapping[str, Any], numbers: Mapping[str, Mapping[str, str]] | None = None) -> Matrix:
    """Return ops by mode, as ``verify audit`` writes them, and by dtype where ``numbers`` maps an op to verdicts.

    >>> found = of_audit({"ops": {"exp": {"vjp": ["PROVED"], "jvp": ["PROVED"]}}}, {"exp": {"float32": "CERTIFIED"}})
    >>> found.columns, found.cells["exp", "float32"]
    (('VJP', 'JVP', 'float32'), 'CERTIFIED')
    """
    cells = {
        (op, column): _worst(facts[column.lower()])
        for op, facts in document["ops"].items()
        for column in ("VJP", "JVP")
        if facts[column.lower()]
    }
    measured = numbers or {}
    cells |= {(op, dtype): verdict for op, found in measured.items() for dtype, verdict in found.items()}
    dtypes = dict.fromkeys(dtype for found in measured.values() for dtype in found)
    return Matrix(tuple(sorted({op for op, _ in cells})), ("VJP", "JVP", *dtypes), cells)


def _asked(entry: Entry) -> list[tuple[str, str]]:
    return [(each.kind, each.verdict.value) for each in entry.result.parts or (entry.result,)]


_ORDER = [verdict.value for verdict in WORST_FIRST]


def _worse(one: str, other: str) -> str:
    return min(one, other, key=lambda verdict: _ORDER.index(verdict) if verdict in _ORDER else -1)


def _worst(verdicts: list[str]) -> str:
    found = verdicts[0]
    for verdict in verdicts[1:]:
        found = _worse(found, verdict)
    return found
