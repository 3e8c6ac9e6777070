"""A free index that counts the entries of matrices put one after the other, as a row and a column of each.

Where a term says c b + s <= i < c (b + 1) + s of a free index i and a bound index b, i lies in the block that begins at
s, of rows of c entries, and b is its row. If the blocks fill the range of i, a form is 0 where it is on every block.
"""

from __future__ import annotations

from collections.abc import Iterator

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent
from verify.form import linear as lin
from verify.form.algebra import add, scale, substitute, sum_over
from verify.form.linear import Linear
from verify.form.term import Form, Term, form_of

Block = tuple[Extent, Extent, Extent]  # where it begins, how long a row is, how many rows there are


def blocks(form: Form) -> list[Form]:
    """The form on each block that its free index is in; none where no index is one of such blocks."""
    for index in sorted(form.free, key=lambda index: index.serial):
        found = _tiling(form, index)
        if found:
            return [_on(form, index, block) for block in found]
    return []


def _tiling(form: Form, index: Index) -> list[Block]:
    """The blocks that fill the range of an index, in order; none where they do not."""
    known = {block for term, _ in form.terms.values() for _, _, block in _rows(term, index)}
    ordered: list[Block] = []
    start: Extent = 0
    while start != index.extent:
        here = [block for block in known if block[0] == start]
        if len(here) != 1:
            return []
        ordered += here
        start = start + here[0][1] * here[0][2]
        if len(ordered) > len(known):
            return []
    return ordered if len(ordered) == len(known) else []


def _rows(term: Term, index: Index) -> Iterator[tuple[Index, tuple[str, str], Block]]:
    """The bound indices that are rows of a block that the index is in, with the two guards that say so."""
    guards = {key: atom.linears[0] for key, (atom, _) in term.factors.items() if atom.kind == "atleast"}
    for key, (constant, parts) in guards.items():
        known = dict(parts)
        rows = [row for row in known if row in term.bound]
        if known.get(index) != 1 or len(known) != 2 or len(rows) != 1:
            continue
        row, width = rows[0], known[rows[0]] * -1
        upper = lin.plus(lin.times((constant, parts), -1), (width - 1, ()))
        for other, guard in guards.items():
            if guard == upper and lin.positive(width):
                yield row, (key, other), (constant * -1, width, row.extent)


def _on(form: Form, index: Index, block: Block) -> Form:
    """The form where the index is in a block, at a new row and a new column of it."""
    start, width, count = block
    row, column = Index("r", count), Index("k", width)
    place: Linear = lin.plus((start, ()), lin.plus(lin.times(lin.of_index(row), width), lin.of_index(column)))
    parts = []
    for term, factor in form.terms.values():
        found = next(iter(_rows(term, index)), None)
        if found is None:
            parts.append(scale(substitute(form_of([(term, 1)]), {index: place}), factor))
            continue
        own, guards, where = found
        if where == block:
            rest = Term(frozenset(), {key: pair for key, pair in term.factors.items() if key not in guards})
            opened = substitute(form_of([(rest, 1)]), {own: lin.of_index(row), index: place})
            parts.append(scale(sum_over(opened, *(term.bound - {own})), factor))
    return add(*parts)
