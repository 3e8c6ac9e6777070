"""What an expression tends to where an entry becomes 0: by factors, and by Taylor's coefficients of what is left.

N / x^m with N(0) = N'(0) = … = N^(m-1)(0) = 0 tends to N^(m)(0) / m!, for an N that is smooth at 0. Factors that have
a limit are taken out: exp(u) tends to exp(lim u).
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from dualgrad.program.entry import Index
from verify.form.algebra import Fill, add, multiply, rewrite, scale, substitute, subtract
from verify.form.cases import restricted
from verify.form.clear import cleared, without_ties
from verify.form.differentiate import Derivative
from verify.form.linear import Linear, of_index
from verify.form.power import content, expand, exponential, power, single_factor
from verify.form.scalar import places
from verify.form.setting import Undefined
from verify.form.term import ONE, ZERO, Atom, Factors, Form, Rational, Source, Term, atoms, power_of

MOST_ORDER = 6
PLAIN = frozenset({"cell", "exp", "base", "dim", "root", "constant"})
SMOOTH = frozenset("log sin cos tanh cosh erf arctan arcsinh".split())  # wherever they have a value


def limit(form: Form, cell: Atom) -> Form | None:
    """What a form tends to as an entry of an array tends to 0, for all values of the others; None where not shown."""
    return _or_none(expand(form), cell)


def is_removable(step: Form) -> bool:
    """Whether wherever an entry is told apart that is 0, the step has there the value that it tends to."""
    guards = {atom.key: atom for atom in atoms(step) if atom.kind == "vanishes"}
    return all(_tends_to_its_value(step, guard) for guard in guards.values())


def _tends_to_its_value(step: Form, guard: Atom) -> bool:
    single = single_factor(guard.forms[0])
    if single is None or single[0].kind != "cell" or single[1] != 1:
        return False
    found = limit(restricted(step, guard, 0), single[0])
    left = None if found is None else multiply(power_of(guard), subtract(restricted(step, guard, 1), found))
    return left is not None and cleared(without_ties(left)).zero


def unsummed(*forms: Form) -> list[Form]:
    """What the forms are sums of, where all of their terms are sums over the same indices; else the forms themselves.

    Forms are equal where what they are sums of is equal, for all values of the indices.
    """
    found, shared = [], dict[tuple[str, ...], list[Index]]()
    for form in forms:
        parts = []
        for term, factor in form.terms.values():
            own = sorted(term.bound, key=lambda index: (str(index.extent), places(term, index)))
            names = tuple(str(index.extent) for index in own)
            common = shared.setdefault(names, [Index(index.name, index.extent) for index in own])
            by = {old: of_index(new) for old, new in zip(own, common, strict=True)}
            opened = Term(frozenset(), dict(term.factors))
            parts.append(substitute(Form({opened.key: (opened, factor)}), by))
        found.append(add(*parts))
    return found if len(shared) == 1 else list(forms)


def at_zero(form: Form, cell: Atom) -> Form:
    """The form with 0 for the entry. Undefined where it has no value there."""

    def put(source: Source, position: tuple[Linear, ...]) -> Form | None:
        return ZERO if source is cell.source and position == cell.linears else None

    return rewrite(form, lambda atom: cell.source in atom.sources, Fill(put))


def _or_none(form: Form, cell: Atom) -> Form | None:
    try:
        return _limit(form, cell)
    except Undefined:
        return None


def _limit(form: Form, cell: Atom) -> Form | None:
    if cell.source not in form.sources:
        return form
    if not all(is_smooth(atom, cell) for atom in atoms(form) if cell.source in atom.sources):
        return None
    if len(form.terms) > 1:
        each = [_or_none(Form({key: pair}), cell) for key, pair in form.terms.items()]
        if None not in each:
            return add(*(one for one in each if one is not None))
    number, factors, rest = content(form)
    made, pole = [scale(ONE, number)], 0
    for atom, p in factors:
        if atom.key == cell.key:
            if p.denominator != 1:
                return None
            pole -= int(p)
            continue
        found = _of_factor(atom, p, cell)
        if found is None:
            return None
        if found.terms:
            made.append(found)
        else:
            rest = multiply(rest, power_of(atom, p))
    left = _quotient(rest, pole, cell)
    return None if left is None else multiply(*made, left)


def is_smooth(atom: Atom, cell: Atom) -> bool:
    """Whether an atom that holds an entry is smooth in it, wherever it has a value."""
    if atom.kind == "cell":
        return atom.key == cell.key
    return atom.kind in PLAIN or (atom.kind == "kernel" and atom.name in SMOOTH)


def _of_factor(atom: Atom, p: Rational, cell: Atom) -> Form | None:
    """The limit of a factor."""
    if cell.source not in atom.sources:
        return power_of(atom, p)
    if atom.kind == "exp":
        inner = _limit(expand(scale(atom.forms[0], p)), cell)
        return None if inner is None else exponential(inner)
    return power(at_zero(power_of(atom), cell), p)


def _quotient(form: Form, order: int, cell: Atom) -> Form | None:
    """The limit of a form, smooth after what it holds of negative powers of the entry, over a power of the entry."""
    lowest = min((_power(term.factors, cell) for term, _ in form.terms.values()), default=0)
    if lowest < 0:
        form, order = expand(multiply(form, power_of(cell, -lowest))), order - lowest
    if order > MOST_ORDER or cell.source is None:
        return None
    if order < 0:
        at_zero(form, cell)
        return ZERO
    for _ in range(order):
        if not cleared(at_zero(form, cell)).zero:
            return None
        form = Derivative(cell.source, cell.linears).of(form)
    return scale(at_zero(form, cell), Fraction(1, factorial(order)))


def _power(factors: Factors, cell: Atom) -> int:
    known = factors.get(cell.key)
    return int(known[1]) if known is not None and known[1].denominator == 1 else 0
