"""Clearing denominators: a difference is zero where its product with a nonzero factor is.

Bases under negative or fractional powers whose indices are all free are multiplied out of the whole
difference. Those that hold bound indices are reduced inside their terms: S P(S)^k = P(S)^(k+1), read as a
rule for the leading term of S. What is divided by is not zero on the domain, which was collected before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import permutations
from math import floor

from dualgrad.program.entry import Index
from verify.form import linear as lin
from verify.form.algebra import add, multiply, renamed, scale, sum_over
from verify.form.cases import reduce_ties
from verify.form.power import expand
from verify.form.setting import TooLarge
from verify.form.term import ONE, Atom, Factors, Form, Rational, Term, form_of, power_of, tidy

MOST_STEPS = 300


@dataclass(frozen=True, slots=True)
class Cleared:
    """Parts that are all zero exactly if the difference is, each with what it was multiplied by."""

    parts: tuple[tuple[Form, Form], ...]  # (part, factor)

    @property
    def zero(self) -> bool:
        """Whether nothing is left."""
        return not any(part.terms for part, _ in self.parts)


def cleared(form: Form) -> Cleared:
    """The difference without the denominators that can be cleared."""
    parts = tuple(_cleared_parts(expand(form), 8))
    return Cleared(tuple((part, factor) for part, factor in parts if part.terms))


def _cleared_parts(form: Form, rounds: int) -> Iterator[tuple[Form, Form]]:
    form = reduce_inside(form)
    if not form.terms:
        return
    bases = _closed_bases(form)
    if not bases or not rounds:
        yield form, ONE
        return
    whole = {key: atom for key, atom in bases.items() if _only_whole(form, key)}
    for part, factor in _by_class(form, whole or bases):
        done = expand(multiply(part, factor))
        for inner, more in _cleared_parts(done, rounds - 1):
            yield inner, multiply(factor, more)


def _closed_bases(form: Form) -> dict[str, Atom]:
    return {
        key: atom
        for term, _ in form.terms.values()
        for key, (atom, p) in term.factors.items()
        if atom.kind == "base" and (p < 0 or p.denominator != 1) and atom.free.isdisjoint(term.bound)
    }


def _only_whole(form: Form, key: str) -> bool:
    return all(_power_in(term, key).denominator == 1 for term, _ in form.terms.values())


def _by_class(form: Form, bases: dict[str, Atom]) -> Iterator[tuple[Form, Form]]:
    """The terms by the fractional parts of the powers of the bases, with what clears each class."""
    keys = sorted(bases)
    classes: dict[tuple[Rational, ...], list[tuple[Term, Rational, tuple[Rational, ...]]]] = {}
    for term, factor in form.terms.values():
        powers = tuple(_power_in(term, key) for key in keys)
        classes.setdefault(tuple(p - floor(p) for p in powers), []).append((term, factor, powers))
    for members in classes.values():
        least = [min(0, *column) if all(p.denominator == 1 for p in column) else min(column)
                 for column in zip(*(powers for _, _, powers in members), strict=True)]  # fmt: skip
        clearing = multiply(*(power_of(bases[key], tidy(-p)) for key, p in zip(keys, least, strict=True) if p))
        yield form_of((term, known) for term, known, _ in members), clearing


def _power_in(term: Term, key: str) -> Rational:
    known = term.factors.get(key)
    return known[1] if known is not None and known[0].free.isdisjoint(term.bound) else 0


# ---------------------------------------------------------------------------- inside a sum


def reduce_inside(form: Form) -> Form:
    """The form with leading terms c L of what it divides by inside sums, and of what is zero, replaced.

    L P(S)^k = (P(S)^(k+1) - (S - c L) P(S)^k) / c        L I(u = 0) = -(u - c L) I(u = 0) / c
    """
    for _ in range(MOST_STEPS):
        for term, factor in form.terms.values():
            new = _reduced(term)
            if new is not None:
                rest = form_of(pair for pair in form.terms.values() if pair[0] is not term)
                form = add(rest, scale(new, factor))
                break
        else:
            return form
    raise TooLarge("a reduction of denominators that does not end")


def without_ties(form: Form) -> Form:
    """The form with what I(u = 0) multiplies reduced by u = 0: by an entry, or by the leading term of u."""
    if not any(atom.kind == "vanishes" for term, _ in form.terms.values() for atom, _ in term.factors.values()):
        return form
    return reduce_inside(reduce_ties(form))


def _rewrites(atom: Atom, p: Rational, term: Term) -> bool:
    """Whether an atom reduces the leading term of its form: a base over bound indices, or I(u = 0)."""
    if atom.kind == "base":
        return (p < 0 or p.denominator != 1) and not atom.free.isdisjoint(term.bound)
    return atom.kind == "vanishes"


def _reduced(term: Term) -> Form | None:
    for key, (atom, p) in sorted(term.factors.items()):
        if not _rewrites(atom, p, term):
            continue
        lead, factor = leading_term(atom.forms[0])
        rest = _without(term, key, atom, lead)
        if rest is not None:
            return _replaced(rest, atom, p, lead, factor)
    return None


def leading_term(form: Form) -> tuple[Term, Rational]:
    """The term of highest degree, then of most bound indices, then last by its text."""
    return max(form.terms.values(), key=lambda pair: (_degree(pair[0]), len(pair[0].bound), pair[0].key))


def _degree(term: Term) -> Rational:
    return sum((p for atom, p in term.factors.values() if p > 0 and atom.kind not in ("dim", "root")), Fraction(0))


def _replaced(rest: Term, atom: Atom, p: Rational, lead: Term, factor: Rational) -> Form:
    others = form_of(pair for pair in atom.forms[0].terms.values() if pair[0] is not lead)
    inner = scale(multiply(others, power_of(atom, p)), -1)
    if atom.kind == "base":
        inner = add(power_of(atom, tidy(p + 1)) if p != -1 else ONE, inner)
    opened = Term(frozenset(), rest.factors)
    made = multiply(Form({opened.key: (opened, 1)}), inner)
    return scale(expand(sum_over(made, *rest.bound)), 1 / Fraction(factor))


def _without(term: Term, base: str, atom: Atom, lead: Term) -> Term | None:
    """The term without its base and without one copy of the lead; None where it holds none."""
    own = sorted(lead.bound, key=lambda index: index.serial)
    candidates = sorted(term.bound - atom.free, key=lambda index: index.serial)
    for chosen in permutations(candidates, len(own)):
        if all(mine.extent == other.extent for mine, other in zip(own, chosen, strict=True)):
            rest = _divided(term, base, lead, dict(zip(own, chosen, strict=True)))
            if rest is not None:
                return rest
    return None


def _divided(term: Term, base: str, lead: Term, by: dict[Index, Index]) -> Term | None:
    rest: Factors = {key: known for key, known in term.factors.items() if key != base}
    moves = {old: lin.of_index(new) for old, new in by.items()}
    taken = frozenset(by.values())
    for atom, p in lead.factors.values():
        moved = renamed(atom, moves) if not atom.free.isdisjoint(moves) else atom
        known = rest.pop(moved.key, None)
        if known is None or not _divides(p, known[1]):
            return None
        if known[1] != p:
            if not moved.free.isdisjoint(taken):
                return None
            rest[moved.key] = (moved, tidy(known[1] - p))
    if any(not atom.free.isdisjoint(taken) for atom, _ in rest.values()):
        return None
    return Term(term.bound - taken, rest)


def _divides(p: Rational, q: Rational) -> bool:
    """Whether a power p is a factor of a power q."""
    return p <= q if p > 0 else p >= q
