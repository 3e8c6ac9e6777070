"""Reading a program: its numbering, its lines, its names, and the formula of an output.

Small programs are read unfolded. Where that would be long, intermediates keep their names and are defined
beside the formula, so the work is linear in the program.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dualgrad.mirror.algebra import count
from dualgrad.mirror.book import Book, literal
from dualgrad.mirror.constants import Unreadable
from dualgrad.mirror.equality import size_of
from dualgrad.mirror.formula import Formula
from dualgrad.mirror.lines import lines, named
from dualgrad.program.entry import Affine, Element, Entry, Index, Meaning, affine, walk
from dualgrad.program.record import Literal, Operand, Program, SizeOf, Variable
from dualgrad.program.size import Extent

MOST_EQUATIONS = 1000
UNFOLDED = 70  # nodes of a program that may be read without names for its intermediates
SHORT = 16  # nodes of a definition that other lines were put into
READABLE = 40  # nodes of a formula that a person still reads


@dataclass(frozen=True, eq=False)
class Reading:
    """A program with the numbering, lines and names in which it is read."""

    book: Book
    results: tuple[Operand, ...]
    lines: tuple[Variable, ...]
    names: tuple[str, ...]
    gradients: dict[tuple[Variable, bool], Formula] = field(default_factory=dict)  # those that were read already

    @property
    def output(self) -> Operand:
        """The output whose formula is read: the first."""
        return self.results[0]

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The outputs that are no plain numbers."""
        return tuple(result for result in self.results if isinstance(result, Variable))

    @property
    def name(self) -> str:
        """What the output is called."""
        return self.names[self.book.number[self.output]] if isinstance(self.output, Variable) else "o"

    def variable(self, which: Variable | str | int) -> Variable:
        """A variable by itself, its name, or the position of an input."""
        if isinstance(which, Variable):
            return which
        if isinstance(which, int):
            return self.book.program.inputs[which]
        for variable, name in zip(self.book.variables, self.names, strict=True):
            if which in (name, variable.name):
                return variable
        known = ", ".join(variable.name for variable in self.book.program.inputs)
        raise Unreadable(f"dualgrad.mirror: no variable is called {which!r}; the inputs are {known}")


def opened(
    program: Program,
    output: Operand | None = None,
    names: Mapping[Variable, str] | None = None,
    sizes: Mapping[str, Extent] | None = None,
) -> Reading:
    """A program ready to be read, in one output or all; ``sizes`` gives dimensions that are known or merged."""
    if len(program.equations) > MOST_EQUATIONS:
        raise Unreadable(
            f"dualgrad.mirror: {program.name} has {len(program.equations)} equations, and nobody reads more than "
            f"{MOST_EQUATIONS}; read a part of it"
        )
    book = Book(program, sizes)
    results = program.outputs if output is None else (output,)
    outputs = [result for result in results if isinstance(result, Variable)]
    needed = book.needed(outputs)
    given = names or {}
    kept = tuple(variable for variable in lines(book, outputs, given) if variable in needed)
    return Reading(book, results, kept, named(book, given, kept, outputs))


def read(
    program: Program,
    output: Operand | None = None,
    names: Mapping[Variable, str] | None = None,
    sizes: Mapping[str, Extent] | None = None,
) -> Formula:
    """The formula of an output of a recorded program."""
    return value(opened(program, output, names, sizes))


# ---------------------------------------------------------------------------- values


def value(reading: Reading) -> Formula:
    """The formula of the output."""
    if reading.book.is_short(reading.outputs, UNFOLDED):
        full = _value_with(reading, ())
        if size_of(full.body) <= READABLE and not full.where:
            return full
    return _value_with(reading, reading.lines)


def _value_with(reading: Reading, kept: Collection[Variable]) -> Formula:
    if not isinstance(reading.output, Variable):
        body = literal(reading.output.value) if isinstance(reading.output, Literal) else _size(reading)
        return formula(reading, (), (), body, {})
    folded = frozenset(kept) - {reading.output}
    meaning = meaning_of(reading, reading.output, folded)
    return formula(reading, meaning.indices, (), meaning.body, folded)


def _size(reading: Reading) -> Entry:
    assert isinstance(reading.output, SizeOf)
    return count(reading.book.resolve(reading.output.extent))


def meaning_of(reading: Reading, variable: Variable, kept: Collection[Variable]) -> Meaning:
    """A variable over inputs and the variables kept; an input is itself."""
    book = reading.book
    if variable in book.definitions:
        return book.unfolded(variable, kept)
    indices = book.indices(variable)
    return Meaning(indices, Element(book.number[variable], tuple(map(at, indices))))


def at(index: Index) -> Affine:
    """The position an index stands for: 0 along an axis of size 1."""
    return affine(0 if index.extent == 1 else index)


# ---------------------------------------------------------------------------- formulas


def formula(
    reading: Reading,
    rows: Sequence[Index],
    columns: Sequence[Index],
    body: Entry,
    kept: Collection[Variable],
    of: Variable | None = None,
    wrt: Variable | None = None,
    where: bool = True,
) -> Formula:
    """An entry with its names, and the definitions of the intermediates that it mentions."""
    book = reading.book
    return Formula(
        of=reading.name if of is None else reading.names[book.number[of]],
        wrt="" if wrt is None else reading.names[book.number[wrt]],
        rows=tuple(rows),
        columns=tuple(columns),
        body=body,
        names=reading.names,
        shapes=tuple(book.shapes),
        where=tuple(definitions(reading, [body], kept)) if where else (),
        notes=book.notes,
    )


def definitions(reading: Reading, bodies: Sequence[Entry], kept: Collection[Variable]) -> list[tuple[int, Formula]]:
    """The definitions of the intermediates kept that these entries mention, and of those that they mention."""
    book = reading.book
    lines = frozenset(kept)
    wanted = _mentioned(bodies)
    found = []
    for variable in reversed([v for v in book.definitions if v in lines]):
        if book.number[variable] in wanted:
            meaning = _whole_line(book, variable, lines, wanted)
            wanted |= _mentioned([meaning.body])
            shown = formula(reading, meaning.indices, (), meaning.body, (), of=variable, where=False)
            found.append((book.number[variable], shown))
    return found[::-1]


def _whole_line(book: Book, variable: Variable, kept: frozenset[Variable], wanted: set[int]) -> Meaning:
    """A definition with those lines put into it that nothing else mentions, while it stays short."""
    meaning = book.unfolded(variable, kept)
    while folded := kept & {book.variables[number] for number in _mentioned([meaning.body]) - wanted}:
        kept -= folded
        longer = book.unfolded(variable, kept)
        if size_of(longer.body) > SHORT:
            break
        meaning = longer
    return meaning


def _mentioned(bodies: Sequence[Entry]) -> set[int]:
    return {node.slot for body in bodies for node in walk(body) if isinstance(node, Element)}
