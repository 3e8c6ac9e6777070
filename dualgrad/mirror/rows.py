"""The program line by line, with values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dualgrad.mirror.formula import Formula
from dualgrad.mirror.point import Point, value_at, value_text
from dualgrad.mirror.reading import Reading, formula, meaning_of
from dualgrad.program.record import Variable


@dataclass(frozen=True)
class Row:
    """One line of the program: an intermediate with its formula and its value."""

    name: str
    operation: str
    shape: str
    value: str
    latex: str = ""
    line: str = ""


def rows(reading: Reading, where: Point | None = None) -> tuple[Row, ...]:
    """The program line by line, with the values at a point."""
    known = dict(where.arrays) if where else {}
    found = [_input_row(reading, variable, known) for variable in reading.book.program.inputs]
    for variable in reading.lines:
        line = line_of(reading, variable)
        values = value_at(line, Point(known, where.sizes)) if where else None
        if values is not None:
            known[reading.book.number[variable]] = values
        found.append(_row(reading, variable, line.text, value_text(values), line))
    return tuple(found)


def _input_row(reading: Reading, variable: Variable, known: Mapping[int, Any]) -> Row:
    return _row(reading, variable, "input", value_text(known.get(reading.book.number[variable])), None)


def _row(reading: Reading, variable: Variable, operation: str, value: str, line: Formula | None) -> Row:
    equation = reading.book.definitions[variable].equation if line else None
    return Row(
        name=reading.names[reading.book.number[variable]],
        operation=operation,
        shape="×".join(map(str, map(reading.book.resolve, variable.shape))),
        value=value,
        latex=line.latex if line else "",
        line=equation.line if equation else "",
    )


def line_of(reading: Reading, variable: Variable) -> Formula:
    """The formula of one line, in terms of the lines before it."""
    meaning = meaning_of(reading, variable, reading.lines)
    return formula(reading, meaning.indices, (), meaning.body, (), of=variable)
