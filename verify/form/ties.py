"""Conventions on the boundary of a guard.

Where u = 0, a gradient may return any mean of the derivatives on both sides: sign(0) = 0 for |u|, a half each
for a maximum. So a difference that is left only where u = 0 is settled by giving the forward's guard
I(u > 0) a value w in [0, 1] there. That is a convention at a kink, not a proof of anything there, and it is
only allowed where {u = 0} is shown to have measure zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from verify.form.algebra import add, rewrite, scale, subtract
from verify.form.construct import vanishes
from verify.form.linear import Linear
from verify.form.term import Atom, Form, Rational, Term, atoms, inside, pattern, power_of

HALF = Fraction(1, 2)
Weights = dict[str, Fraction]  # by the guard's pattern


def kinds_of_ties(difference: Form, gradient: Form) -> list[str]:
    """The guards of the gradient, by pattern, whose boundary occurs in the difference."""
    met = {_anonymous(atom) for atom in atoms(difference) if atom.kind == "vanishes"}
    own = {_anonymous(atom) for atom in atoms(gradient) if atom.kind == "positive"}
    return sorted(met & own)


def conventions(difference: Form, gradient: Form) -> Iterator[Weights]:
    """Weights to try: those that the difference asks for term by term, then all the same."""
    guards = kinds_of_ties(difference, gradient)
    if guards:
        asked = {guard: _asked_for(guard, difference, gradient) for guard in guards}
        yield {guard: weight for guard, weight in asked.items() if weight}
        yield dict.fromkeys(guards, HALF)
        yield dict.fromkeys(guards, Fraction(1))


def _asked_for(guard: str, difference: Form, gradient: Form) -> Fraction:
    """The weight that removes a term of the difference that only this guard's boundary gives; 0 if there is none."""
    change = subtract(with_convention(gradient, {guard: Fraction(1)}), gradient)
    for key in sorted(set(change.terms) & set(difference.terms)):
        weight = Fraction(difference.terms[key][1]) / Fraction(change.terms[key][1])
        if 0 < weight <= 1:
            return weight
    return Fraction(0)


def with_convention(form: Form, weights: Weights) -> Form:
    """The form with each guard I(u > 0) as I(u > 0) + w I(u = 0)."""
    return rewrite(form, lambda atom: _holds_guard(atom, weights), _Weigh(weights))


def _holds_guard(atom: Atom, weights: Weights) -> bool:
    return any(inner.kind == "positive" and weights.get(_anonymous(inner)) for inner in inside(atom))


class _Weigh:
    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def enter(self, term: Term) -> Term:
        return term

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        if atom.kind != "positive":
            return None
        weight = self.weights.get(_anonymous(atom), 0)
        return add(power_of(atom), scale(vanishes(atom.forms[0]), weight)) if weight else power_of(atom)

    def linear(self, form: Linear) -> Linear:
        return form


def guards_of(form: Form, weights: Weights) -> list[Atom]:
    """One guard of each kind that has a weight."""
    found = {_anonymous(atom): atom for atom in atoms(form) if atom.kind == "positive"}
    return [found[key] for key in sorted(found) if weights.get(key)]


def _anonymous(atom: Atom) -> str:
    return pattern(atom.forms[0])
