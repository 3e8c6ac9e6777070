"""The derivative of an entry: the chain rule along every path to the variable, deltas contracted at once.

Each place where the variable is read gives one contribution: the product of the local slopes on the way to
it, summed over the indices that were bound on the way, with a delta that says where it was read. Kernels are
differentiated by SymPy; sums, products and selections by the rules below. Guards count as constant: a formula
with a guard in it says nothing on the guard's boundary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dualgrad.mirror.algebra import MINUS, choice, guard, holds, negation, plus, power, renamed, times
from dualgrad.mirror.constants import Unreadable
from dualgrad.mirror.kernels import partial
from dualgrad.mirror.sums import reduced, simplified
from dualgrad.program.entry import (
    Affine,
    Element,
    Entry,
    Index,
    Kernel,
    MatrixEntry,
    Number,
    Plus,
    Power,
    Reduce,
    Select,
    Times,
    affine,
    equal,
    walk,
)


@dataclass(frozen=True)
class _Path:
    """The way from the root to a place: local slopes multiplied, and the indices summed over."""

    slope: tuple[Entry, ...] = ()
    bound: tuple[Index, ...] = ()

    def through(self, *slope: Entry) -> _Path:
        return _Path((*self.slope, *slope), self.bound)

    def under(self, index: Index) -> _Path:
        return _Path(self.slope, (*self.bound, index))


def derivative(body: Entry, slot: int, target: Sequence[Affine], seed: Entry, bound: Sequence[Index] = ()) -> Entry:
    """Σ over ``bound`` of seed · ∂body/∂(operand ``slot`` at ``target``), simplified."""
    fresh = [Index(index.name, index.extent) for index in bound]
    apart = {old: affine(new) for old, new in zip(bound, fresh, strict=True)}
    start = _Path((renamed(seed, apart),), tuple(fresh))
    paths = _reads(renamed(body, apart), slot, start)
    return simplified(plus(*(_contribution(path, place, target) for path, place in paths)))


def reads(body: Entry, slot: int) -> bool:
    """Whether an entry reads the operand at all."""
    return any(isinstance(node, Element) and node.slot == slot for node in walk(body))


def _contribution(path: _Path, place: Sequence[Affine], target: Sequence[Affine]) -> Entry:
    deltas = [holds("==", read - at) for read, at in zip(place, target, strict=True)]
    total = times(*path.slope, *deltas)
    for index in reversed(path.bound):
        total = reduced("sum", index, total)
    return total


def _reads(node: Entry, slot: int, path: _Path) -> Iterator[tuple[_Path, tuple[Affine, ...]]]:
    if not reads(node, slot):
        return
    match node:
        case Element(_, position):
            yield path, position
        case Plus(args):
            for arg in args:
                yield from _reads(arg, slot, path)
        case Times(args):
            for place, arg in enumerate(args):
                yield from _reads(arg, slot, path.through(*args[:place], *args[place + 1 :]))
        case Power(base, exponent):
            yield from _reads(base, slot, path.through(Number(exponent), power(base, exponent - 1)))
        case Kernel(name, args):
            for place, arg in enumerate(args):
                if reads(arg, slot):
                    yield from _reads(arg, slot, path.through(partial(name, place, args)))
        case Select(condition, yes, no):
            yield from _reads(yes, slot, path.through(condition))
            yield from _reads(no, slot, path.through(negation(condition)))
        case Reduce(_, index, body):
            fresh = Index(index.name, index.extent)
            inner = renamed(body, {index: affine(fresh)})
            yield from _reads(inner, slot, path.through(*_reduction_slope(node, fresh, inner)).under(fresh))
        case MatrixEntry():
            yield from _of_matrix(node, slot, path)


def _of_matrix(node: MatrixEntry, slot: int, path: _Path) -> Iterator[tuple[_Path, tuple[Affine, ...]]]:
    """d inv(M) = -inv(M) dM inv(M), d det(M) = det(M) tr(inv(M) dM): both of what is read at a row and a column."""
    row, column = (Index(index.name, index.extent) for index in (node.row, node.column))
    inner = renamed(node.body, {node.row: affine(row), node.column: affine(column)})

    def entry(i: Affine, j: Affine) -> Entry:
        return renamed(MatrixEntry("inv", node.row, node.column, node.body, (i, j)), {})

    match node.kind, node.at:
        case "inv", (i, j):
            slope: tuple[Entry, ...] = (MINUS, entry(i, affine(row)), entry(affine(column), j))
        case "det", _:
            slope = (node, entry(affine(column), affine(row)))
        case _:
            what = node.kind.replace("_", " ")
            raise Unreadable(f"mirror.derivative: a {what} of a matrix has no formula for its derivative here")
    yield from _reads(inner, slot, path.through(*slope).under(row).under(column))


def _reduction_slope(node: Reduce, at: Index, inner: Entry) -> tuple[Entry, ...]:
    if node.kind == "sum":
        return ()
    if node.kind == "prod":
        other = Index(node.index.name, node.index.extent)
        factor = renamed(node.body, {node.index: affine(other)})
        return (reduced("prod", other, choice(equal(other, at), Number(Fraction(1)), factor)),)
    return (guard("==", plus(inner, times(MINUS, node))),)
