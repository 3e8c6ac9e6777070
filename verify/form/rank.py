"""Sizes at which a matrix can be invertible: Σ_l A(r, l) B(l, c) has no higher rank than l has values.

Where there are fewer, nothing is in the domain of a program that inverts it, and a claim would be empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dualgrad.program.entry import MatrixEntry, walk
from dualgrad.program.record import Program
from dualgrad.program.size import Extent
from verify.form import linear as lin
from verify.form.denote import Denotation, Lossy
from verify.form.facts import Facts
from verify.form.matrices import narrowest
from verify.form.setting import Budget, NoForm, TooLarge, Undefined, within
from verify.form.term import ONE, atoms

BUDGET = Budget(terms=256, seconds=2.0)  # what is imported on the way, the first time, counts


def extents_for_rank(programs: Sequence[Program], facts: Facts) -> tuple[Extent, ...]:
    """Extents that have to be >= 0 for what the programs invert to be of full rank; those that were found."""
    found: dict[Extent, None] = {}
    if not any(isinstance(node, MatrixEntry) for program in programs for node in _nodes(program)):
        return ()
    try:
        with within(BUDGET, facts.sizes):
            for extent in _missing(programs, Denotation(programs, facts, "exact")):
                found[extent] = None
    except (TooLarge, Undefined, NoForm, Lossy):
        pass
    return tuple(found)


def _nodes(program: Program) -> Iterator[object]:
    for equation in program.equations:
        yield from walk(equation.meaning.body)


def _missing(programs: Sequence[Program], denote: Denotation) -> Iterator[Extent]:
    """By how much each sum in a matrix that must be invertible is longer than the matrix."""
    for program in programs:
        for one in denote.required(program):
            if one.relation in ("> 0", "!= 0") and one.path.key == ONE.key:
                for atom in atoms(denote.unfold(one.form)):
                    if atom.kind == "det":
                        more = [extent - atom.binders[0].extent for extent in narrowest(atom)]
                        yield from (extent for extent in more if not lin.nonnegative(extent))
