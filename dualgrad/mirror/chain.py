"""The chain rule as it is written by hand: the slope of each line, and their product along one path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dualgrad.mirror.algebra import ONE, product_of, renamed, split
from dualgrad.mirror.latex import Latex
from dualgrad.mirror.naming import Context
from dualgrad.mirror.printing import Level
from dualgrad.mirror.reading import Reading, at, meaning_of
from dualgrad.mirror.recall import recallable, recalled
from dualgrad.mirror.slopes import derivative, reads
from dualgrad.program.entry import Entry, Holds, Index, affine
from dualgrad.program.record import Variable


@dataclass(frozen=True)
class Slope:
    """∂user/∂variable. Where it is elementwise both have the same indices."""

    user: Variable
    variable: Variable
    rows: tuple[Index, ...]
    columns: tuple[Index, ...]
    body: Entry


def path_to(reading: Reading, wrt: Variable) -> list[Slope]:
    """The slopes of every line in every line that leads to the variable, the output's first."""
    leading, slopes = {wrt}, []
    for user in reading.lines:
        body = meaning_of(reading, user, reading.lines).body
        for variable in [v for v in (wrt, *reading.lines) if v in leading and v is not user]:
            if reads(body, reading.book.number[variable]):
                slopes.append(_slope(reading, user, variable))
                leading.add(user)
    needed = set(reading.outputs)
    kept = []
    for slope in reversed(slopes):
        if slope.user in needed:
            needed.add(slope.variable)
            kept.append(slope)
    return kept


def _slope(reading: Reading, user: Variable, variable: Variable) -> Slope:
    meaning = meaning_of(reading, user, reading.lines)
    columns = tuple(Index("j", index.extent) for index in reading.book.indices(variable))
    body = derivative(meaning.body, reading.book.number[variable], [at(index) for index in columns], ONE)
    number = reading.book.number[user]
    body = recalled(body, recallable([(number, meaning)]))
    return _aligned(Slope(user, variable, meaning.indices, columns, body))


def _aligned(slope: Slope) -> Slope:
    """The slope along its diagonal, as far as a delta says that it is zero elsewhere."""
    coefficient, factors = split(slope.body)
    columns = list(slope.columns)
    kept = []
    for factor in factors:
        pair = _pair(factor, slope.rows, columns)
        if pair is None:
            kept.append(factor)
        else:
            columns[pair[1]] = pair[0]
    same = {old: affine(new) for old, new in zip(slope.columns, columns, strict=True) if old is not new}
    body = renamed(product_of(coefficient, kept), same)
    return Slope(slope.user, slope.variable, slope.rows, tuple(columns), body)


def _pair(factor: Entry, rows: Sequence[Index], columns: Sequence[Index]) -> tuple[Index, int] | None:
    if not (isinstance(factor, Holds) and factor.relation == "=="):
        return None
    for row in rows:
        for place, column in enumerate(columns):
            if row.extent == column.extent and column not in rows and not (factor.form - row + column).terms:
                return row, place
            if row.extent == column.extent and column not in rows and not (factor.form + row - column).terms:
                return row, place
    return None


def product_along(reading: Reading, path: Sequence[Slope], whole: str) -> str:
    """∂o/∂x = Σ ∂o/∂z · ∂z/∂y · ∂y/∂x, in symbols and then with the slopes put in, for a single path."""
    linked = list(_linked(path))
    columns = linked[-1].columns
    inner = (*linked[0].rows, *(index for slope in linked for index in slope.columns))
    bound = list(dict.fromkeys(index for index in inner if index not in columns and index.extent != 1))
    context = Context(reading.names, reading.book.shapes, {}).with_indices([*linked[0].rows, *columns, *bound])
    printer = Latex()
    sign = printer.big("sum", [(context.letters[index], "", "") for index in bound]) + " " if bound else ""
    heads = [_partial(reading, slope.user, slope.rows, slope.variable, slope.columns, context) for slope in linked]
    slopes = [printer.show(slope.body, context, Level.PRODUCT) for slope in linked]
    product = r" \cdot ".join(slopes)
    return f"{whole} = {sign}{' '.join(heads)} = {sign}{product}"


def _linked(path: Sequence[Slope]) -> Iterator[Slope]:
    """The slopes of a path with each one's columns as the next one's rows."""
    columns: tuple[Index, ...] = path[0].rows
    for slope in path:
        same = {old: affine(new) for old, new in zip(slope.rows, columns, strict=True)}
        moved = dict(zip(slope.rows, columns, strict=True))
        columns = tuple(moved.get(index, index) for index in slope.columns)
        yield Slope(slope.user, slope.variable, tuple(moved.values()), columns, renamed(slope.body, same))


def _partial(
    reading: Reading,
    of: Variable,
    rows: Sequence[Index],
    wrt: Variable,
    columns: Sequence[Index],
    context: Context,
) -> str:
    printer, names, number = Latex(), reading.names, reading.book.number

    def named(variable: Variable, indices: Sequence[Index]) -> str:
        places = ["0" if index.extent == 1 else context.letters[index] for index in indices]
        return printer.subscripted(names[number[variable]], places)

    return rf"\frac{{\partial {named(of, rows)}}}{{\partial {named(wrt, columns)}}}"
