"""A program as definitions over one numbering of its variables, and the unfolding of one into the next.

Every entry of the mirror reads variables by their number in the book, so entries of different equations can
be put into each other. Elementwise programs on arrays of one shape are read with one index for all elements.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import isfinite

from dualgrad.mirror.algebra import count, holds, move, rebound, tidy
from dualgrad.mirror.constants import Constant
from dualgrad.mirror.flatten import NotFlat, Row, common_row, flat_meaning, squeezed
from dualgrad.mirror.naming import DIMENSIONS
from dualgrad.mirror.sums import reduced
from dualgrad.program.entry import (
    Affine,
    Count,
    Element,
    Entry,
    Holds,
    Index,
    MatrixEntry,
    Meaning,
    Number,
    Reduce,
    Turn,
    affine,
    children,
    rebuild,
)
from dualgrad.program.record import Equation, Literal, Operand, Program, SizeOf, Variable
from dualgrad.program.size import Extent, dimension, dimensions, substitute

Read = Callable[[int, tuple[Affine, ...]], Entry]
Resolve = Callable[[Extent], Extent]
DEEPEST = 25  # levels of an entry that is still unfolded into the next


@dataclass(frozen=True)
class Definition:
    """One equation, tidied: its meaning over the numbers of its book."""

    variable: Variable
    meaning: Meaning
    equation: Equation


class Book:
    """A program's variables, numbered, and their definitions in the order in which they ran."""

    def __init__(self, program: Program, sizes: Mapping[str, Extent] | None = None) -> None:
        self.program = program
        leaves = [*program.inputs, *program.captured]
        self.variables = list(dict.fromkeys([*leaves, *(e.output for e in program.equations), *_others(program)]))
        self.number = {variable: place for place, variable in enumerate(self.variables)}
        self._sizes = dict(sizes or {})
        self.letters: dict[str, Extent] = self._lettered(DIMENSIONS)
        self.shapes = [tuple(map(self.resolve, variable.shape)) for variable in self.variables]
        self.definitions = {e.output: self._defined(e) for e in dict.fromkeys(program.equations)}
        self.row: Row | None = None  # where arrays are read with one index for all elements
        with suppress(NotFlat):
            self._flatten()

    def resolve(self, extent: Extent) -> Extent:
        """The extent with known and merged dimensions replaced, and the others called n, m, …"""
        for _ in range(len(self._sizes) + 1):
            extent = substitute(extent, self._sizes)
        return substitute(extent, self.letters)

    def _lettered(self, letters: str) -> dict[str, Extent]:
        self.letters = {}
        shapes = [map(self.resolve, variable.shape) for variable in self.variables]
        labels = dict.fromkeys(name for shape in shapes for extent in shape for name in sorted(dimensions(extent)))
        taken = {label for label in labels if len(label) == 1}
        fresh = (letter for letter in letters if letter not in taken)
        return {label: dimension(next(fresh, label)) for label in labels if len(label) > 1}

    def _chosen(self) -> set[str]:
        return {name for extent in self.letters.values() for name in dimensions(extent)}

    @property
    def notes(self) -> tuple[str, ...]:
        """What the letters of dimensions stand for, as ``n = x.size`` or ``n = x.shape[0]``."""
        found: dict[str, str] = {}
        for variable in self.program.inputs:
            shape = self.shapes[self.number[variable]]
            flat = len(shape) == 1 != len(variable.shape)
            for axis, extent in enumerate(shape):
                for name in dimensions(extent):
                    if extent == dimension(name):
                        found.setdefault(name, f"{variable.name}.size" if flat else f"{variable.name}.shape[{axis}]")
        return tuple(f"{name} = {source}" for name, source in sorted(found.items()))

    def _flatten(self) -> None:
        given = {name for shape in self.shapes for extent in shape for name in dimensions(extent)}
        row = common_row(self.shapes, "n" if given <= self._chosen() else "")
        flat = {v: Definition(v, flat_meaning(d.meaning, row), d.equation) for v, d in self.definitions.items()}
        self.shapes = [(row.extent,) if squeezed(shape) else () for shape in self.shapes]
        self.definitions, self.row = flat, row
        self.letters = self._lettered(DIMENSIONS.replace("n", ""))  # of the axes, now that n may count all elements

    def _defined(self, equation: Equation) -> Definition:
        meaning = equation.meaning
        indices = tuple(Index(index.name, self.resolve(index.extent)) for index in meaning.indices)
        mapping = {old: _plain(affine(new)) for old, new in zip(meaning.indices, indices, strict=True)}
        body = composed(meaning.body, lambda slot, at: self.read(equation.inputs[slot], at), mapping, self.resolve)
        return Definition(equation.output, Meaning(indices, body), equation)

    def read(self, operand: Operand, position: tuple[Affine, ...]) -> Entry:
        """An operand at a position."""
        match operand:
            case Literal(value):
                return literal(value)
            case SizeOf(extent):
                return count(self.resolve(extent))
        shape = self.shapes[self.number[operand]]
        at = (affine(0) if extent == 1 else _plain(form) for form, extent in zip(position, shape, strict=True))
        return Element(self.number[operand], tuple(at))

    def indices(self, variable: Variable) -> tuple[Index, ...]:
        """The free indices of a variable: those of its definition, or new ones."""
        if variable in self.definitions:
            return self.definitions[variable].meaning.indices
        return tuple(Index("i", extent) for extent in self.shapes[self.number[variable]])

    def unfolded(
        self, variable: Variable, kept: Collection[Variable], done: dict[Variable, Meaning] | None = None
    ) -> Meaning:
        """What a variable means in terms of inputs and the variables kept; it is unfolded itself in any case.

        ``done`` gathers what was unfolded; give it again while more variables are kept, but none of those in it.
        """
        done = {} if done is None else done
        for each in self._folded_in(variable, kept, done):
            meaning = self.definitions[each].meaning
            done[each] = Meaning(meaning.indices, composed(meaning.body, partial(self._put, kept, done), {}))
        return done[variable]

    def _put(
        self, kept: Collection[Variable], done: Mapping[Variable, Meaning], slot: int, position: tuple[Affine, ...]
    ) -> Entry:
        variable = self.variables[slot]
        if variable in kept or variable not in self.definitions:
            return Element(slot, position)
        meaning = done[variable]
        return composed(meaning.body, Element, dict(zip(meaning.indices, position, strict=True)))

    def _folded_in(
        self, variable: Variable, kept: Collection[Variable], done: Mapping[Variable, Meaning]
    ) -> list[Variable]:
        """The variables to unfold for this one, itself last; a loop, for programs may be deep."""
        found, stack = {variable}, [variable]
        while stack:
            for operand in self.definitions[stack.pop()].equation.inputs:
                known = operand in found or operand in kept or operand in done
                if isinstance(operand, Variable) and operand in self.definitions and not known:
                    found.add(operand)
                    stack.append(operand)
        return sorted(found, key=lambda each: self.number[each])

    def needed(self, outputs: Collection[Variable]) -> set[Variable]:
        """The variables that the outputs depend on, themselves included."""
        needed = set(outputs)
        for variable, definition in reversed(self.definitions.items()):
            if variable in needed:
                needed.update(o for o in definition.equation.inputs if isinstance(o, Variable))
        return needed

    def is_short(self, outputs: Collection[Variable], nodes: int) -> bool:
        """Whether the outputs, unfolded down to the inputs, have no more nodes than this."""
        sizes: dict[Variable, tuple[int, int]] = {}
        for variable in self.definitions:
            sizes[variable] = self._size(variable, sizes)
        return all(
            sizes.get(output, (1, 1))[0] <= nodes and sizes.get(output, (1, 1))[1] <= DEEPEST for output in outputs
        )

    def _size(self, variable: Variable, sizes: Mapping[Variable, tuple[int, int]]) -> tuple[int, int]:
        return _grown(self.definitions[variable].meaning.body, lambda slot: sizes.get(self.variables[slot], (1, 1)))


def _others(program: Program) -> Iterator[Variable]:
    for operand in (*program.outputs, *(o for e in program.equations for o in e.inputs)):
        if isinstance(operand, Variable):
            yield operand


def _grown(body: Entry, size: Callable[[int], tuple[int, int]]) -> tuple[int, int]:
    """How many nodes and levels a body has once its elements are unfolded."""
    if isinstance(body, Element):
        return size(body.slot)
    parts = [_grown(child, size) for child in children(body)]
    return 1 + sum(nodes for nodes, _ in parts), 1 + max((levels for _, levels in parts), default=0)


def literal(value: float) -> Entry:
    """A number of the source, exactly. What is not finite has a name and no value."""
    if not isfinite(value):
        return Constant("nan" if value != value else "inf" if value > 0 else "-inf")
    return Number(Fraction(value))


def _plain(form: Affine) -> Affine:
    return Affine(tuple((index, f) for index, f in form.terms if index.extent != 1), form.constant)


def composed(
    node: Entry, read: Read, mapping: Mapping[Index, Affine], resolve: Resolve = lambda extent: extent
) -> Entry:
    """The entry built again: elements read by ``read``, indices replaced, bound ones fresh, extents resolved."""

    def at(form: Affine) -> Affine:
        form = Affine(tuple((i, resolve(f)) for i, f in form.terms), resolve(form.constant))
        return move(form, mapping)

    match node:
        case Element(slot, position):
            return read(slot, tuple(map(at, position)))
        case Count(extent):
            return count(resolve(extent))
        case Holds(relation, form):
            return holds(relation, at(form))
        case Turn(name, left, right, size):
            return Turn(name, at(left), at(right), resolve(size))
        case Reduce(kind, index, body):
            fresh = Index(index.name, resolve(index.extent))
            return reduced(kind, fresh, composed(body, read, {**mapping, index: affine(fresh)}, resolve))
        case MatrixEntry():
            return rebound(node, at, lambda own: composed(node.body, read, {**mapping, **own}, resolve), resolve)
    return tidy(rebuild(node, lambda child: composed(child, read, mapping, resolve)))
