"""Sums, products and substitution of forms.

A product is settled as soon as it is made: deltas are contracted, guards are merged, unused indices are
counted. Bound indices are renamed apart where two terms share them, so nothing is captured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Protocol

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent, terms
from verify.form import linear as lin
from verify.form.linear import Linear
from verify.form.setting import spend
from verify.form.term import ONE, ZERO, Atom, Factors, Form, Rational, Source, Term, form_of, number, power_of, tidy

Replacement = Mapping[Index, Linear]


def add(*forms: Form) -> Form:
    """The sum."""
    kept = [form for form in forms if form.terms]
    if len(kept) == 1:
        return kept[0]
    total = form_of(chain.from_iterable(form.terms.values() for form in kept))
    spend(len(total.terms))
    return total


def scale(form: Form, factor: Rational) -> Form:
    """A rational multiple."""
    if factor == 1:
        return form
    if not factor:
        return ZERO
    return Form({key: (term, tidy(known * factor)) for key, (term, known) in form.terms.items()})


def subtract(a: Form, b: Form) -> Form:
    """The difference."""
    return add(a, scale(b, -1))


def multiply(*forms: Form) -> Form:
    """The product, distributed."""
    total = ONE
    for form in forms:
        total = _product(total, form)
    return total


def _product(a: Form, b: Form) -> Form:
    if not a.terms or not b.terms:
        return ZERO
    if a is ONE:
        return b
    if b is ONE:
        return a
    spend(len(a.terms) * len(b.terms) // 8)
    parts: list[tuple[Term, Rational]] = []
    for s, p in a.terms.values():
        for t, q in b.terms.values():
            parts.extend(_times(s, t, p * q))
    total = form_of(parts)
    spend(len(total.terms))
    return total


def _times(s: Term, t: Term, factor: Rational) -> Iterable[tuple[Term, Rational]]:
    if not s.factors and not s.bound:
        return [(t, tidy(factor))]
    if not t.factors and not t.bound:
        return [(s, tidy(factor))]
    if t.bound and not t.bound.isdisjoint(s.bound | s.free):
        t = _apart(t, t.bound & (s.bound | s.free))
    if s.bound and not s.bound.isdisjoint(t.free):
        s = _apart(s, s.bound & t.free)
    factors = dict(s.factors)
    for key, (atom, power) in t.factors.items():
        join(factors, key, atom, power)
    return scaled_terms(settle(s.bound | t.bound, factors), factor)


def join(factors: Factors, key: str, atom: Atom, power: Rational) -> None:
    """Multiply a product by an atom to a power."""
    known = factors.get(key)
    if known is None:
        factors[key] = (atom, power)
        return
    power = tidy(known[1] + power)
    if power:
        factors[key] = (atom, power)
    else:
        del factors[key]


def scaled_terms(form: Form, factor: Rational) -> list[tuple[Term, Rational]]:
    """The terms of a multiple of a form."""
    return [(term, tidy(known * factor)) for term, known in form.terms.values()]


def fresh(index: Index) -> Index:
    """A new index with the same range."""
    return Index(index.name, index.extent)


def _apart(term: Term, shared: Iterable[Index]) -> Term:
    """The term with these bound indices renamed to new ones."""
    by = {index: fresh(index) for index in shared}
    moves = {index: lin.of_index(new) for index, new in by.items()}
    factors: Factors = {}
    for atom, power in term.factors.values():
        moved = atom if atom.free.isdisjoint(moves) else renamed(atom, moves)
        factors[moved.key] = (moved, power)
    return Term(frozenset(by.get(index, index) for index in term.bound), factors)


def renamed(atom: Atom, by: Replacement) -> Atom:
    """An atom with indices replaced by other indices one to one: nothing is simplified."""
    linears = tuple(lin.replace(form, by) for form in atom.linears)
    if not atom.forms:
        return Atom(atom.kind, atom.name, linears, (), atom.source)
    by = {old: new for old, new in by.items() if old not in atom.binders}
    forms = tuple(renamed_form(form, by) for form in atom.forms)
    return Atom(atom.kind, atom.name, linears, forms, atom.source, atom.binders)


def renamed_form(form: Form, by: Replacement) -> Form:
    """A form with free indices replaced by other indices one to one."""
    if form.free.isdisjoint(by):
        return form
    return form_of((_renamed_term(term, by), factor) for term, factor in form.terms.values())


def _renamed_term(term: Term, by: Replacement) -> Term:
    inner = {old: new for old, new in by.items() if old in term.free}
    if not inner:
        return term
    term = _clear_of(term, inner)
    factors: Factors = {}
    for atom, power in term.factors.values():
        moved = atom if atom.free.isdisjoint(inner) else renamed(atom, inner)
        factors[moved.key] = (moved, power)
    return Term(term.bound, factors)


def _clear_of(term: Term, by: Replacement) -> Term:
    """The term with its bound indices renamed where a replacement would be captured, or meant an outer index."""
    if not term.bound:
        return term
    shared = term.bound & {index for new in by.values() for index, _ in new[1]}.union(by)
    return _apart(term, shared) if shared else term


# ---------------------------------------------------------------------------- sums and substitution


def sum_over(form: Form, *indices: Index) -> Form:
    """Σ over all values of the indices, which must be new: free nowhere else."""
    own = frozenset(index for index in indices if index.extent != 1)
    if not own:
        return form
    parts: list[tuple[Term, Rational]] = []
    for term, factor in form.terms.values():
        if not term.bound.isdisjoint(own):
            term = _apart(term, term.bound & own)
        parts.extend(scaled_terms(settle(term.bound | own, dict(term.factors)), factor))
    return form_of(parts)


def substitute(form: Form, by: Replacement) -> Form:
    """The form with free indices replaced by affine forms, all at once."""
    by = {old: new for old, new in by.items() if old in form.free and lin.single(new) is not old}
    if not by:
        return form
    return rewrite(form, lambda atom: not atom.free.isdisjoint(by), Move(by))


class Move:
    """A substitution of indices, as a change of atoms."""

    def __init__(self, by: Replacement) -> None:
        self.by = by

    def enter(self, term: Term) -> Term:
        """The term with its bound indices out of the way."""
        return _clear_of(term, self.by)

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        """The moved atom to this power, None where it holds forms."""
        if atom.forms:
            return None
        linears = tuple(lin.replace(form, self.by) for form in atom.linears)
        return power_of(Atom(atom.kind, atom.name, linears, (), atom.source), power)

    def linear(self, form: Linear) -> Linear:
        """The moved position."""
        return lin.replace(form, self.by)


class Fill:
    """A replacement of the cells of some arrays by forms, as a change of atoms."""

    def __init__(self, cell: Callable[[Source, tuple[Linear, ...]], Form | None]) -> None:
        self.cell = cell

    def enter(self, term: Term) -> Term:
        """Every term as it is: products rename apart."""
        return term

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        """The filled cell to this power, None where nothing is replaced."""
        if atom.kind != "cell" or atom.source is None:
            return None
        value = self.cell(atom.source, atom.linears)
        if value is None:
            return None
        from verify.form.power import power as raised

        return raised(value, power)

    def linear(self, form: Linear) -> Linear:
        """Positions stay."""
        return form


class Change(Protocol):
    """What :func:`rewrite` does to a form."""

    def enter(self, term: Term) -> Term:
        """The term as it is to be rewritten."""

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        """What an atom's power becomes; None to rewrite the forms inside."""

    def linear(self, form: Linear) -> Linear:
        """What a position of an atom with forms inside becomes."""


def rewrite(form: Form, touches: Callable[[Atom], bool], change: Change) -> Form:
    """The form with ``change`` applied to the atoms that it touches, and everything above them made anew."""
    parts: list[Form] = []
    same: list[tuple[Term, Rational]] = []
    for term, factor in form.terms.values():
        if not any(touches(atom) for atom, _ in term.factors.values()):
            same.append((term, factor))
            continue
        parts.append(scale(_rewritten(change.enter(term), touches, change), factor))
    return add(form_of(same), *parts)


def _rewritten(term: Term, touches: Callable[[Atom], bool], change: Change) -> Form:
    kept: Factors = {}
    made: list[Form] = []
    for key, (atom, power) in term.factors.items():
        if not touches(atom):
            join(kept, key, atom, power)
            continue
        new = _changed(atom, power, touches, change)
        one = plain_factors(new)
        if one is None:
            made.append(new)
            continue
        for other_key, (other, exponent) in one.items():
            join(kept, other_key, other, exponent)
    if not made:
        return settle(term.bound, kept)
    total = multiply(settle(frozenset(), kept), *made)
    return sum_over(total, *term.bound)


def plain_factors(form: Form) -> Factors | None:
    """The factors of a form that is one product with coefficient 1 and without bound indices."""
    if len(form.terms) != 1:
        return None
    ((term, factor),) = form.terms.values()
    return term.factors if factor == 1 and not term.bound else None


def _changed(atom: Atom, power: Rational, touches: Callable[[Atom], bool], change: Change) -> Form:
    new = change.atom(atom, power)
    if new is not None:
        return new
    # Construction simplifies by multiplying, and multiplying constructs: the one knot of the calculus.
    from verify.form.construct import construct

    if any(form.sources or form.free for form in atom.forms):
        atom = renamed_binders(atom)
    forms = tuple(rewrite(form, touches, change) for form in atom.forms)
    return construct(atom, tuple(change.linear(form) for form in atom.linears), forms, power)


def renamed_binders(atom: Atom) -> Atom:
    """A binding atom with new indices, so that nothing that arrives in its body is captured."""
    if not atom.binders:
        return atom
    new = tuple(map(fresh, atom.binders))
    by = dict(zip(atom.binders, map(lin.of_index, new), strict=True))
    return Atom(atom.kind, atom.name, atom.linears, tuple(renamed_form(f, by) for f in atom.forms), atom.source, new)


def size_form(extent: Extent) -> Form:
    """An extent as a polynomial in dimension atoms."""
    if isinstance(extent, int):
        return number(extent)
    parts: list[tuple[Term, Rational]] = []
    for monomial, factor in terms(extent):
        atoms = [(Atom("dim", name), exponent) for name, exponent in monomial]
        parts.append((Term(frozenset(), {atom.key: (atom, exponent) for atom, exponent in atoms}), factor))
    return form_of(parts)


def settle(bound: frozenset[Index], factors: Factors) -> Form:
    """Σ over ``bound`` of a product, simplified."""
    from verify.form.settle import settled

    return settled(bound, factors)
