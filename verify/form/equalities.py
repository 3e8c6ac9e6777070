"""Tests for equality in programs, and what is computed where they hold.

Read together with what they select, I(x = 0) x is 0 and (1 - I(x = 0)) x / sin(x) is x / sin(x): where x is 0, nothing
is left that says that it is 0 there. So tests are read as arrays of their own, until it is said how they turn out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from dualgrad.program.record import Equation, Program, Variable
from verify.form.algebra import Fill, multiply, rewrite, substitute
from verify.form.clear import cleared, without_ties
from verify.form.denote import Denotation
from verify.form.linear import Linear
from verify.form.setting import TooLarge
from verify.form.term import ONE, Atom, Form, Source, atoms, power_of
from verify.form.ties import on_side

EQUALITIES = frozenset({"equal", "not_equal"})
MOST_TOGETHER = 4  # guards: every combination of them is looked at


def equalities(program: Program) -> list[Equation]:
    """The equations that compare numbers which are not whole."""
    found = [one for one in program.equations if one.op.name in EQUALITIES]
    return [one for one in found if any(isinstance(x, Variable) and x.dtype.kind == "f" for x in one.inputs)]


def is_zero(form: Form) -> bool:
    """Whether a form is 0 as it is, or with its denominators cleared."""
    return cleared(without_ties(form)).zero


class Tests:
    """Programs with some tests apart: forms by ``apart``, in which tests are entries of arrays of their own."""

    def __init__(self, programs: Iterable[Program], equations: Sequence[Equation], plain: Denotation) -> None:
        self.apart = Denotation(programs, plain.facts, plain.reading, {one.output for one in equations}, like=plain)
        self.known = {
            plain.source(one.output): (plain.axes(one.output.shape), plain.form(one.output)) for one in equations
        }

    def guards(self, *forms: Form) -> list[Atom]:
        """What the tests in some forms compare with 0."""
        inner = [atom for form in forms for atom in atoms(form)]
        tests = [self._at(atom.source, atom.linears) for atom in inner if atom.source in self.known]
        inner += [atom for test in tests for atom in atoms(test)]
        found = {atom.key: atom for atom in inner if atom.kind == "vanishes" and atom.sources.isdisjoint(self.known)}
        return [found[key] for key in sorted(found)]

    def told(self, form: Form, guards: Sequence[Atom], side: Form) -> Form:
        """A form where guards are on this side, with the tests as they are there."""

        def put(source: Source, position: tuple[Linear, ...]) -> Form | None:
            return _on_sides(self._at(source, position), guards, side) if source in self.known else None

        filled = rewrite(form, lambda atom: not atom.sources.isdisjoint(self.known), Fill(put))
        return _on_sides(filled, guards, side)

    def where(self, form: Form, guards: Sequence[Atom]) -> Form:
        """A form times what is 1 where guards hold."""
        return without_ties(multiply(*map(power_of, guards), self.told(form, guards, ONE)))

    def together(self, guards: Sequence[Atom], but: Atom | None = None) -> Iterator[tuple[Atom, ...]]:
        """The combinations of guards that may hold, but for one of them. TooLarge where they are many."""
        others = [guard for guard in guards if guard is not but]
        if len(others) > MOST_TOGETHER:
            raise TooLarge("too many tests for equality")
        for count in range(1, len(others) + 1):
            yield from combinations(others, count)

    def _at(self, source: Source | None, position: tuple[Linear, ...]) -> Form:
        assert source is not None
        axes, form = self.known[source]
        return substitute(form, {i: p for i, p in zip(axes, position, strict=True) if i.extent != 1})


def _on_sides(form: Form, guards: Sequence[Atom], side: Form) -> Form:
    for guard in guards:
        form = on_side(form, guard, side)
    return form
