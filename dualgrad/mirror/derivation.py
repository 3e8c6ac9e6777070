"""How a gradient is derived by hand: the program in lines, the slope of each, the chain rule, the result.

What is shown is a reading for people. Nothing here says that a gradient is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from dualgrad.mirror.algebra import ONE, product_of, renamed, split
from dualgrad.mirror.formula import Formula
from dualgrad.mirror.gradient import Adjoints, gradient
from dualgrad.mirror.latex import Latex
from dualgrad.mirror.point import Point, value_at, value_latex, value_text
from dualgrad.mirror.printing import Context, Level
from dualgrad.mirror.reading import Reading, at, formula, meaning_of
from dualgrad.mirror.slopes import derivative, reads
from dualgrad.program.entry import Entry, Holds, Index, affine
from dualgrad.program.record import Variable

MOST_LINES = 12  # beyond this a derivation shows its result only


@dataclass(frozen=True)
class Step:
    """One line of a derivation: what was done, and the formula it gives."""

    title: str
    latex: str


@dataclass(frozen=True)
class Row:
    """One line of the program: an intermediate with its formula and its value."""

    name: str
    operation: str
    shape: str
    value: str
    latex: str = ""
    line: str = ""


@dataclass(frozen=True)
class Slope:
    """∂user/∂variable. Where it is elementwise both have the same indices."""

    user: Variable
    variable: Variable
    rows: tuple[Index, ...]
    columns: tuple[Index, ...]
    body: Entry


def derivation(reading: Reading, wrt: Variable | str | int, where: Point | None = None) -> tuple[Step, ...]:
    """The steps to the gradient of the sum of the output's elements, and its value at a point."""
    variable = reading.variable(wrt)
    path = _path(reading, variable)
    result = gradient(reading, variable)
    steps: list[Step] = []
    if 0 < len(reading.lines) <= MOST_LINES:
        steps.extend(_program(reading))
        steps.extend(_chain(reading, path, variable))
    steps.append(Step("the result", result.latex))
    steps.extend(Step("where", definition.latex) for _, definition in result.where)
    return (*steps, *_value(reading, result, where))


def rows(reading: Reading, where: Point | None = None) -> tuple[Row, ...]:
    """The program line by line, with the values at a point."""
    known = dict(where.arrays) if where else {}
    found = [_input_row(reading, variable, known) for variable in reading.book.program.inputs]
    for variable in reading.lines:
        line = _line(reading, variable)
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


# ---------------------------------------------------------------------------- steps


def _line(reading: Reading, variable: Variable) -> Formula:
    meaning = meaning_of(reading, variable, reading.lines)
    return formula(reading, meaning.indices, (), meaning.body, (), of=variable)


def _program(reading: Reading) -> Iterator[Step]:
    for number, variable in enumerate(reading.lines, start=1):
        yield Step(f"line {number} of the program", _line(reading, variable).latex)


def _path(reading: Reading, wrt: Variable) -> list[Slope]:
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


def _chain(reading: Reading, path: Sequence[Slope], wrt: Variable) -> Iterator[Step]:
    if not path or path[0].user not in reading.outputs:
        return
    for slope in path:
        shown = formula(reading, slope.rows, slope.columns, slope.body, (), of=slope.user, wrt=slope.variable)
        yield Step(f"the slope of {shown.of} in {shown.wrt}", shown.latex)
    links = [first.variable is second.user for first, second in pairwise(path)]
    if len(path) > 1 and all(links) and len(reading.outputs) == 1:
        yield Step("the chain rule", _product(reading, path, gradient(reading, wrt).head_latex))
    elif len(path) > 1:
        for variable in dict.fromkeys(slope.variable for slope in path if slope.variable is not wrt):
            shown = Adjoints(reading, reading.lines).formula(variable)
            yield Step(f"the chain rule, back to {shown.wrt}", shown.latex)


def _product(reading: Reading, path: Sequence[Slope], whole: str) -> str:
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


def _value(reading: Reading, result: Formula, where: Point | None) -> Iterator[Step]:
    if where is None:
        return
    values = value_at(result, where)
    if values is None or values.size == 0:
        return
    numbers = [reading.book.number[variable] for variable in reading.book.program.inputs]
    texts = {reading.names[n]: value_text(where.arrays[n]) for n in numbers if n in where.arrays}
    uniform = len(texts) == len(numbers) and all(text and "," not in text for text in texts.values())
    title = f"at {', '.join(f'{name} = {text}' for name, text in texts.items())}" if uniform else "at the given point"
    yield Step(title, f"{result.head_latex} = {value_latex(values)}")
