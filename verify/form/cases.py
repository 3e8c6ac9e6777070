"""Cells of guards: a function of an expression with guards is that function on each side of them.

f(a I + b) = I f(a + b) + (1 - I) f(b)          I(u = 0) E(x) = I(u = 0) E(x₀)  where u = c (x - x₀)
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from verify.form.algebra import Fill, add, multiply, rewrite, scale, subtract, sum_over
from verify.form.linear import Linear
from verify.form.setting import Undefined
from verify.form.term import ONE, ZERO, Atom, Form, Rational, Source, Term, form_of, inside, power_of

ALL = frozenset({"delta", "atleast", "positive", "vanishes"})
WITHOUT_DELTAS = ALL - {"delta"}


def by_cases(form: Form, build: Callable[[Form], Form], kinds: frozenset[str] = ALL) -> Form | None:
    """``build(form)`` with the first guard of the form, of some kinds, taken out; None where it has none.

    Where one side has no value, the whole has none there either, so that side is outside of the domain.
    """
    guard = _first_guard(form, kinds)
    if guard is None:
        return None
    on, off = _side(build, restricted(form, guard, 1)), _side(build, restricted(form, guard, 0))
    if on is None and off is None:
        raise Undefined("an expression has no value on either side of a guard")
    truth = power_of(guard)
    return add(multiply(truth, on or ZERO), multiply(subtract(ONE, truth), off or ZERO))


def _side(build: Callable[[Form], Form], form: Form) -> Form | None:
    try:
        return build(form)
    except Undefined:
        return None


def _first_guard(form: Form, kinds: frozenset[str]) -> Atom | None:
    found = {
        atom.key: atom
        for term, _ in form.terms.values()
        for atom, _ in term.factors.values()
        if atom.kind in kinds and atom.free.isdisjoint(term.bound)
    }
    return found[min(found)] if found else None


def restricted(form: Form, guard: Atom, value: int) -> Form:
    """The form where a guard has this value."""
    parts = []
    for term, factor in form.terms.values():
        if guard.key in term.factors and guard.free.isdisjoint(term.bound):
            if value:
                rest = {key: known for key, known in term.factors.items() if key != guard.key}
                parts.append((Term(term.bound, rest), factor))
        else:
            parts.append((term, factor))
    return form_of(parts)


# ---------------------------------------------------------------------------- where u = 0


def apart(form: Form) -> Form:
    """The form with I(u v = 0) as 1 - (1 - I(u = 0)) (1 - I(v = 0))."""
    return rewrite(form, lambda atom: any(inner.kind == "vanishes" for inner in inside(atom)), _Apart())


class _Apart:
    def enter(self, term: Term) -> Term:
        return term

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        if atom.kind != "vanishes":
            return None
        terms = list(atom.forms[0].terms.values())
        factors = list(terms[0][0].factors.values())
        if len(terms) != 1 or terms[0][0].bound or len(factors) < 2 or any(p < 0 for _, p in factors):
            return power_of(atom)
        from verify.form.construct import vanishes

        return subtract(ONE, multiply(*(subtract(ONE, vanishes(power_of(factor))) for factor, _ in factors)))

    def linear(self, form: Linear) -> Linear:
        return form


def reduce_ties(form: Form) -> Form:
    """The form with what I(u = 0) multiplies reduced by u = 0, where u can be solved for an entry."""
    if not any(_tied(term) for term, _ in form.terms.values()):
        return form
    return add(*(scale(_reduced(term), factor) for term, factor in form.terms.values()))


def _tied(term: Term) -> bool:
    return any(atom.kind == "vanishes" for atom, _ in term.factors.values())


def _reduced(term: Term) -> Form:
    for key, (guard, _) in sorted(term.factors.items()):
        if guard.kind != "vanishes":
            continue
        found = solved(guard.forms[0])
        if found is None:
            continue
        cell, value = found
        rest = Term(frozenset(), {k: known for k, known in term.factors.items() if k != key})
        if cell.source not in rest.sources:
            continue
        change = Fill(_Put(cell, value))
        try:
            moved = rewrite(_alone(rest), _holds(cell.source), change)
        except Undefined:  # what has no value there is not selected there
            continue
        if moved.key != _alone(rest).key:
            return sum_over(multiply(power_of(guard), reduce_ties(moved)), *term.bound)
    return _alone(term)


def _holds(source: Source | None) -> Callable[[Atom], bool]:
    return lambda atom: source in atom.sources


def _alone(term: Term) -> Form:
    return Form({term.key: (term, 1)})


class _Put:
    """The value of one entry; other entries of the array stay."""

    def __init__(self, cell: Atom, value: Form) -> None:
        self.cell = cell
        self.value = value

    def __call__(self, source: Source, position: tuple[Linear, ...]) -> Form | None:
        return self.value if source is self.cell.source and position == self.cell.linears else None


def solved(form: Form, source: Source | None = None) -> tuple[Atom, Form] | None:
    """An entry x, of an array where one is named, and the form x₀ for which the form is c (x - x₀) with a number c."""
    for _, (term, factor) in sorted(form.terms.items()):
        if term.bound or len(term.factors) != 1:
            continue
        ((atom, p),) = term.factors.values()
        if atom.kind != "cell" or p != 1 or (source is not None and atom.source is not source):
            continue
        rest = form_of(pair for pair in form.terms.values() if pair[0] is not term)
        if atom.source not in rest.sources:
            return atom, scale(rest, -1 / Fraction(factor))
    return None
