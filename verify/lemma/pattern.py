"""What an equation is, up to the names of its arrays and of its dimensions.

Two equations of one pattern differ by a renaming: what is proved of one holds for the other. The meaning is part of
the pattern, so that an op whose meaning depends on sizes is never taken for one at other sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from dualgrad.program import entry as e
from dualgrad.program.entry import Affine, Entry, Index
from dualgrad.program.record import Equation, Literal, Operand, SizeOf, Variable
from dualgrad.program.size import Extent, Size, dimension, substitute

Resolve = Callable[[Extent], Extent]
_SIZE = "size"  # stands for an extent that is not a number


@dataclass(frozen=True, slots=True)
class Pattern:
    """The text of an equation with every symbolic extent left out, and these extents in order."""

    text: Hashable
    extents: tuple[Extent, ...]


@dataclass(frozen=True, slots=True)
class Canonical:
    """A pattern in dimensions of its own, d0, d1, …, and what each of them is in the equation it was taken from."""

    key: tuple[Hashable, tuple[Extent, ...]]
    names: Mapping[str, str]

    def operand(self, operand: Operand, resolve: Resolve) -> Operand:
        """An operand of the equation, in the dimensions of the pattern."""
        by: dict[str, Extent] = {theirs: dimension(mine) for mine, theirs in self.names.items()}
        match operand:
            case Variable(name, shape, dtype):
                return Variable(name, renamed(shape, resolve, by), dtype)
            case SizeOf(extent):
                return SizeOf(renamed(extent, resolve, by))
        return operand


def pattern_of(equation: Equation, resolve: Resolve) -> Pattern:
    """The pattern of an equation; merged dimensions are replaced."""
    spelling = _Spelling(resolve)
    operands = tuple(map(spelling.operand, equation.inputs))
    params = tuple((name, spelling.param(value)) for name, value in sorted(equation.params.items()))
    indices = tuple(map(spelling.index, equation.meaning.indices))
    body = spelling.entry(equation.meaning.body)
    text = (equation.op, operands, params, equation.output.dtype.str, indices, body)
    return Pattern(text, tuple(spelling.extents))


def canonical(pattern: Pattern) -> Canonical:
    """The pattern with its dimensions numbered in the order in which they occur."""
    names: dict[str, str] = {}
    for extent in pattern.extents:
        if isinstance(extent, Size):
            for monomial, _ in extent.terms:
                for name, _ in monomial:
                    names.setdefault(name, f"d{len(names)}")
    by: dict[str, Extent] = {theirs: dimension(mine) for theirs, mine in names.items()}
    extents = tuple(substitute(extent, by) for extent in pattern.extents)
    return Canonical((pattern.text, extents), {mine: theirs for theirs, mine in names.items()})


def renamed(value: Any, resolve: Resolve, by: Mapping[str, Extent]) -> Any:
    """A static argument, or a shape, with merged dimensions replaced and then renamed."""
    if isinstance(value, Size):
        return substitute(resolve(value), by)
    return type(value)(renamed(part, resolve, by) for part in value) if isinstance(value, (tuple, list)) else value


class _Spelling:
    def __init__(self, resolve: Resolve) -> None:
        self.resolve = resolve
        self.extents: list[Extent] = []
        self.indices: dict[Index, int] = {}

    def extent(self, extent: Extent) -> Hashable:
        extent = self.resolve(extent)
        if isinstance(extent, int):
            return extent
        self.extents.append(extent)
        return _SIZE

    def operand(self, operand: Operand) -> Hashable:
        match operand:
            case Variable():
                return (*map(self.extent, operand.shape), operand.dtype.str)
            case Literal(value):
                return (type(value), repr(value))
            case SizeOf(extent):
                return ("count", self.extent(extent))

    def param(self, value: Any) -> Hashable:
        if isinstance(value, Size):
            return self.extent(value)
        if isinstance(value, (tuple, list)):
            return tuple(map(self.param, value))
        return (type(value), repr(value))

    def index(self, index: Index) -> Hashable:
        known = self.indices.get(index)
        if known is None:
            known = self.indices[index] = len(self.indices)
            return (known, self.extent(index.extent))
        return known

    def affine(self, form: Affine) -> Hashable:
        terms = form.terms
        if len(terms) == 1 and terms[0][1] == 1 and form.constant == 0:
            return self.index(terms[0][0])
        return (*((self.index(i), self.extent(factor)) for i, factor in terms), self.extent(form.constant))

    def entry(self, node: Entry) -> Hashable:
        match node:
            case e.Element(slot, position):
                return ("element", slot, *map(self.affine, position))
            case e.Number(value):
                return value
            case e.Count(extent):
                return ("count", self.extent(extent))
            case e.Reduce(kind, index, body):
                return (kind, self.index(index), self.entry(body))
            case e.Holds(relation, form):
                return (relation, self.affine(form))
            case e.Turn(name, left, right, size):
                return ("turn", name, self.affine(left), self.affine(right), self.extent(size))
            case e.Guard(relation, value):
                return ("guard", relation, self.entry(value))
            case e.Power(base, exponent):
                return ("power", exponent, self.entry(base))
            case e.Kernel(name, args):
                return (name, *map(self.entry, args))
            case e.MatrixEntry(kind, row, column, body, at):
                return (kind, self.index(row), self.index(column), self.entry(body), *map(self.affine, at))
            case e.Plus() | e.Times() | e.Select():
                return (type(node), *map(self.entry, e.children(node)))
        raise TypeError(f"verify.lemma: no clause for {type(node).__name__}; the language of entries has grown")
