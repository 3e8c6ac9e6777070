"""One index for all elements, where a program never tells its axes apart.

A program that is elementwise on arrays of one shape and reduces them whole reads the same with its arrays
laid out in a row: Σᵢⱼ 3 (xᵢⱼ + 2)² is Σᵢ 3 (xᵢ + 2)².
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from dualgrad.mirror.algebra import count, power, product_of, split, tidy, times
from dualgrad.program.entry import (
    Affine,
    Count,
    Element,
    Entry,
    Holds,
    Index,
    MatrixEntry,
    Meaning,
    Power,
    Reduce,
    Times,
    Turn,
    affine,
    rebuild,
)
from dualgrad.program.record import Shape
from dualgrad.program.size import Extent, dimension, dimensions, product, terms

Blocks = Mapping[tuple[Index, ...], Index]


class NotFlat(Exception):
    """The program tells its axes apart."""


@dataclass(frozen=True)
class Row:
    """The common shape, without axes of size 1, and the extent of all its elements in a row."""

    shape: Shape
    extent: Extent

    def index(self) -> Index:
        """An index for all elements."""
        return Index("i", self.extent)


def common_row(shapes: Sequence[Shape], name: str) -> Row:
    """The row all these shapes are, apart from single elements; NotFlat when there is none of two axes or more.

    With a ``name`` the number of elements is called that; without one it is the product of the axes' lengths.
    """
    found = {squeezed(shape) for shape in shapes} - {()}
    if len(found) != 1 or len(next(iter(found))) < 2:
        raise NotFlat
    if any(len(shape) != len(next(iter(shapes))) for shape in shapes if squeezed(shape)):
        raise NotFlat
    shape = found.pop()
    whole = product(shape)
    monomials = terms(whole)
    renamed = name and len(monomials) == 1 and monomials[0][1] == 1 and len(monomials[0][0]) > 1
    return Row(shape, dimension(name) if renamed else whole)


def squeezed(shape: Shape) -> Shape:
    """The shape without its axes of size 1."""
    return tuple(extent for extent in shape if extent != 1)


def flat_meaning(meaning: Meaning, row: Row) -> Meaning:
    """The meaning with one index for a whole array, or with none for a single element."""
    free = tuple(index for index in meaning.indices if index.extent != 1)
    if not free:
        return Meaning((), _flat(meaning.body, row, {}))
    if squeezed(meaning.shape) != row.shape:
        raise NotFlat
    index = row.index()
    return Meaning((index,), _flat(meaning.body, row, {free: index}))


def _flat(node: Entry, row: Row, blocks: Blocks) -> Entry:
    match node:
        case Element(slot, position):
            block = _block(position)
            if not block:
                return Element(slot, ())
            if block not in blocks:
                raise NotFlat
            return Element(slot, (affine(blocks[block]),))
        case Reduce(kind, _, _):
            block, body = _nest(node, len(row.shape))
            if tuple(index.extent for index in block) != row.shape:
                raise NotFlat
            index = row.index()
            return Reduce(kind, index, _flat(body, row, {**blocks, block: index}))
        case Holds() | Turn() | MatrixEntry():
            raise NotFlat
        case Times() | Power(Count(), _) | Count():
            return _counted(node, row, blocks)
    return tidy(rebuild(node, lambda child: _flat(child, row, blocks)))


def _block(position: Sequence[Affine]) -> tuple[Index, ...]:
    block = []
    for form in position:
        if form == affine(0):
            continue
        if form.constant != 0 or len(form.terms) != 1 or form.terms[0][1] != 1:
            raise NotFlat
        block.append(form.terms[0][0])
    return tuple(block)


def _nest(node: Reduce, depth: int) -> tuple[tuple[Index, ...], Entry]:
    kind, block, body = node.kind, [node.index], node.body
    while len(block) < depth and isinstance(body, Reduce) and body.kind == kind:
        block.append(body.index)
        body = body.body
    return tuple(block), body


def _counted(node: Entry, row: Row, blocks: Blocks) -> Entry:
    """A product whose powers of dimensions are powers of the number of all elements."""
    coefficient, factors = split(node)
    found: dict[str, Fraction] = {}
    rest = []
    for factor in factors:
        counted = _dimension(factor)
        if counted is None:
            rest.append(factor if isinstance(factor, Count) else _flat(factor, row, blocks))
        else:
            found[counted[0]] = counted[1]
    return times(product_of(coefficient, rest), _as_row(found, row))


def _as_row(found: Mapping[str, Fraction], row: Row) -> Entry:
    whole = terms(product(row.shape))
    if not found or row.extent == product(row.shape):
        return times(*(power(Count(dimension(name)), exponent) for name, exponent in found.items()))
    powers = dict(whole[0][0])
    ratios = {exponent / powers.get(name, 1) for name, exponent in found.items()}
    if set(found) != set(powers) or len(ratios) != 1:
        raise NotFlat
    return power(count(row.extent), ratios.pop())


def _dimension(factor: Entry) -> tuple[str, Fraction] | None:
    base, exponent = (factor.base, factor.exponent) if isinstance(factor, Power) else (factor, Fraction(1))
    names = dimensions(base.extent) if isinstance(base, Count) else frozenset[str]()
    for name in names:
        if isinstance(base, Count) and base.extent == dimension(name):
            return name, exponent
    return None
