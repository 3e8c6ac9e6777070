"""Conventions on the boundary of a guard.

Where u = 0, a gradient may return any mean of the derivatives on both sides: sign(0) = 0 for |u|, a half each
for a maximum. So a difference that is left only where u = 0 is settled by giving the forward's guard
I(u > 0) a value w in [0, 1] there, 0 and 1 being the sides. That is a convention at a kink, not a proof of
anything there, and it is only allowed where {u = 0} is shown to have measure zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from verify.form.algebra import add, rewrite, scale, subtract
from verify.form.clear import without_ties
from verify.form.construct import vanishes
from verify.form.linear import Linear
from verify.form.signs import sign
from verify.form.steps import Step
from verify.form.term import ONE, ZERO, Atom, Form, Rational, Term, atoms, inside, pattern, power_of

_GUARDS = ("positive", "vanishes")
Weights = dict[str, Fraction]  # by the guard's pattern


def kinds_of_ties(difference: Form, gradient: Form) -> list[str]:
    """The guards of the gradient, by pattern, whose boundary occurs in the difference."""
    met = {_anonymous(atom) for atom in atoms(difference) if atom.kind == "vanishes"}
    own = {_anonymous(atom) for atom in atoms(gradient) if atom.kind == "positive"}
    return sorted(met & own)


def conventions(given: Form, gradient: Form) -> Iterator[Weights]:
    """Weights to try: those that the difference asks for term by term, then all the same."""
    guards = kinds_of_ties(subtract(given, gradient), gradient)
    if guards:
        below = dict.fromkeys(guards, Fraction(0))
        start = with_convention(gradient, below)
        left = without_ties(subtract(given, start))
        above = {guard: with_convention(gradient, {**below, guard: Fraction(1)}) for guard in guards}
        yield {guard: _asked_for(left, without_ties(subtract(above[guard], start))) for guard in guards}
        yield from (dict.fromkeys(guards, weight) for weight in (Fraction(1, 2), Fraction(1), Fraction(0)))


def _asked_for(left: Form, change: Form) -> Fraction:
    """The share of a change that removes one of its terms from what is left; 0 if none in [0, 1] does."""
    for key in sorted(set(change.terms) & set(left.terms)):
        weight = Fraction(left.terms[key][1]) / Fraction(change.terms[key][1])
        if 0 <= weight <= 1:
            return weight
    return Fraction(0)


def with_convention(form: Form, weights: Weights) -> Form:
    """The form with the mean of both sides where u = 0: I(u > 0) as I(u > 0) + w I(u = 0), its own I(u = 0) as 0."""
    return rewrite(form, lambda atom: _holds_guard(atom, weights), _Weigh(weights))


def _holds_guard(atom: Atom, weights: Weights) -> bool:
    return any(inner.kind in ("positive", "vanishes") and _anonymous(inner) in weights for inner in inside(atom))


class _Weigh:
    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def enter(self, term: Term) -> Term:
        return term

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        if atom.kind not in ("positive", "vanishes"):
            return None
        weight = self.weights.get(_anonymous(atom))
        if weight is None:
            return power_of(atom)
        if atom.kind == "vanishes":
            return ZERO
        return add(power_of(atom), scale(vanishes(atom.forms[0]), weight))

    def linear(self, form: Linear) -> Linear:
        return form


def guards_of(form: Form, weights: Weights) -> list[Atom]:
    """One guard of each kind that has a weight."""
    found = {_anonymous(atom): atom for atom in atoms(form) if atom.kind in ("positive", "vanishes")}
    return [found[key] for key in sorted(found) if key in weights]


def bends(derivative: Form) -> Iterator[Form]:
    """What guards compare with 0, where the derivative is shown to be another number on either side."""
    for guard in guards_alone(derivative):
        jump = subtract(*(on_side(derivative, guard, side) for side in (ONE, ZERO)))
        if sign(jump)[1] and all(p > 0 for term, _ in jump.terms.values() for _, p in term.factors.values()):
            yield guard.forms[0]


def guards_alone(form: Form) -> list[Atom]:
    """The guards of a form that stand at one place: no index of theirs is summed over, and none is like another."""
    found = {atom.key: atom for atom in atoms(form) if atom.kind in _GUARDS}
    alike = Counter(_anonymous(atom) for atom in found.values())
    return [
        atom
        for atom in found.values()
        if atom.kind == "positive" and atom.free <= form.free and alike[_anonymous(atom)] == 1
    ]


def on_side(form: Form, guard: Atom, side: Form) -> Form:
    """The form with a guard as it is off its boundary: 1 or 0."""
    return rewrite(form, lambda atom: any(inner.key == guard.key for inner in inside(atom)), _Side(guard, side))


class _Side(Step):
    """A guard as on one of its sides, everything else as it is."""

    def __init__(self, guard: Atom, side: Form) -> None:
        self.guard, self.side = guard, side

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        """The guard's value off its boundary."""
        return self.side if atom.key == self.guard.key else None


def _anonymous(atom: Atom) -> str:
    return pattern(atom.forms[0])
