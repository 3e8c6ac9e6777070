"""Derivatives across points at which a function has a value of its own, where that is what it tends to.

Where F tests an entry x for equality, F is a value w where x = x₀ and a form elsewhere. The derivative with guards
constant says nothing about x₀. If the form is A + B, where A tends to w and B, as x² sin(1/x), is O(|x - x₀|^p) with
p > 1, then for fixed other entries the derivative at x₀ is the limit of that of A, if there is one: the mean value
theorem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from verify.form.algebra import Fill, add, multiply, plain_factors, rewrite, scale, substitute, subtract
from verify.form.cases import solved
from verify.form.clear import without_ties
from verify.form.equalities import Tests, is_zero
from verify.form.limits import at_zero, is_smooth, limit, unsummed
from verify.form.linear import Linear, single
from verify.form.power import expand
from verify.form.setting import Undefined
from verify.form.signs import sign
from verify.form.steps import Step
from verify.form.term import (
    ONE,
    ZERO,
    Atom,
    Form,
    Rational,
    Source,
    Term,
    atoms,
    constant_value,
    form_of,
    inside,
    pattern,
    power_of,
)
from verify.form.ties import on_side

Pair = tuple[Term, Rational]
BETWEEN = frozenset({"sin", "cos", "tanh", "arctan", "erf"})  # bounded, whatever they are of
GUARDS = frozenset({"positive", "vanishes"})


def across(
    values: Iterable[Form], derivative: Form, derive: Callable[[Form], Form], source: Source, tests: Tests
) -> Form | None:
    """The derivative of a sum of forms by an entry of an array, also where a test of the array holds; None where not
    shown.

    ``values`` are the forms over free indices, with tests apart. ``derivative`` is theirs with guards constant, as
    ``derive`` makes it of one of them.
    """
    flat, seen = ZERO, dict[str, Atom]()
    for value in values:
        for part in _by_indices(value):
            guards = tests.guards(part)
            for guard in guards:
                if source not in guard.sources:
                    continue
                found = _at_test(part, guard, source, tests)
                others = [tests.where(part, held) for held in tests.together(guards, guard)]
                if found is None or any(_at_test(one, guard, source, tests) is None for one in others):
                    return None
                flat = add(flat, derive(found)) if found.terms else flat
                seen[pattern(guard.forms[0])] = guard
    for guard in _placed_in(derivative, source, seen.values()):
        there = _derivative_there(derivative, flat, guard, source)
        if there is None:
            return None
        holds = power_of(guard)
        derivative = without_ties(add(multiply(holds, there), multiply(subtract(ONE, holds), derivative)))
    return derivative


def _placed_in(form: Form, source: Source, guards: Iterable[Atom]) -> list[Atom]:
    """The tests for equality that a form makes, and these ones at the places of all entries of the array in it."""
    found = {atom.key: atom for atom in atoms(form) if atom.kind == "vanishes" and source in atom.sources}
    for guard in list(guards):
        for cell in [atom for atom in atoms(form) if atom.kind == "cell" and atom.source is source]:
            placed = _placed(guard, cell, source)
            found.update({placed.key: placed} if placed is not None else {})
    return [found[key] for key in sorted(found)]


def _placed(guard: Atom, cell: Atom, source: Source) -> Atom | None:
    """A test of an entry, at the place of another entry of the array."""
    there = solved(guard.forms[0], source)
    if there is None or any(single(place) is None for place in there[0].linears if place != (0, ())):
        return None
    pairs = zip(there[0].linears, cell.linears, strict=True)
    by = {index: place for mine, place in pairs if (index := single(mine)) is not None}
    moved = plain_factors(substitute(power_of(guard), by)) or {}
    return next((atom for atom, _ in moved.values() if len(moved) == 1 and atom.kind == "vanishes"), None)


def _by_indices(form: Form) -> Iterator[Form]:
    """What a form is a sum of sums of, terms over the same indices together."""
    groups: dict[tuple[str, ...], list[tuple[Term, Rational]]] = {}
    for term, factor in form.terms.values():
        groups.setdefault(tuple(sorted(str(index.extent) for index in term.bound)), []).append((term, factor))
    for group in groups.values():
        yield from unsummed(form_of(group))


# ---------------------------------------------------------------------------- at one test


def _at_test(form: Form, guard: Atom, source: Source, tests: Tests) -> Form | None:
    """What is flat of a form off a test, B, where the rest tends to its value; None where that is not shown."""
    there = solved(guard.forms[0], source)
    if there is None or not guard.free <= form.free:
        return None
    cell, value = there
    on, off = (
        _shifted(_near(tests.told(form, [guard], side), guard, cell, value), cell, value) for side in (ONE, ZERO)
    )
    smooth, rough = _parts(off, cell)
    flat, rest = _split(rough, lambda pair: _is_flat(pair[0], cell))
    smooth_on, rest_on = _parts(on, cell)
    if rest.key != rest_on.key:
        return None
    at_zero(rest, cell)  # which the test does not touch, has a value there
    found = limit(smooth, cell)
    if found is None or not _everywhere(found) or not is_zero(subtract(at_zero(smooth_on, cell), found)):
        return None
    return _shifted(flat, cell, scale(value, -1))


def _derivative_there(derivative: Form, flat: Form, guard: Atom, source: Source) -> Form | None:
    """What the derivative, but that of flat parts, tends to where a test holds; what the test does not touch stays."""
    there = solved(guard.forms[0], source)
    if there is None or not guard.free <= derivative.free:
        return None
    cell, value = there
    near = _near(derivative, guard, cell, value)
    off, on = (_shifted(on_side(near, guard, side), cell, value) for side in (ZERO, ONE))
    flat = _shifted(on_side(_near(flat, guard, cell, value), guard, ZERO), cell, value)
    smooth, rest = _parts(subtract(off, flat), cell)
    if rest.key not in (_parts(part, cell)[1].key for part in (on, subtract(on, flat))):
        return None
    at_zero(rest, cell)
    found = limit(smooth, cell)
    if found is None or not _everywhere(found):
        return None
    return add(found, _shifted(rest, cell, scale(value, -1)))


def _shifted(form: Form, cell: Atom, value: Form) -> Form:
    """The form with x + x₀ for an entry x."""
    if not value.terms:
        return form
    put = _Put(cell, add(power_of(cell), value))
    return expand(rewrite(form, lambda atom: cell.source in atom.sources, Fill(put)))


class _Put:
    def __init__(self, cell: Atom, value: Form) -> None:
        self.cell, self.value = cell, value

    def __call__(self, source: Source, position: tuple[Linear, ...]) -> Form | None:
        return self.value if source is self.cell.source and position == self.cell.linears else None


def _parts(form: Form, cell: Atom) -> tuple[Form, Form]:
    """The terms in which everything that holds an entry is smooth in it but its powers, and the others."""

    def is_smooth_part(pair: Pair) -> bool:
        factors = pair[0].factors.values()
        return all(atom.key == cell.key or _is_smooth_factor(atom, p, cell) for atom, p in factors)

    smooth, rough = _split(form, is_smooth_part)
    return smooth, rough


def _is_smooth_factor(atom: Atom, p: Rational, cell: Atom) -> bool:
    if not all(is_smooth(inner, cell) for inner in inside(atom) if cell.source in inner.sources):
        return False
    try:
        at_zero(power_of(atom, p), cell)
    except Undefined:
        return False
    return True


def _split(form: Form, chosen: Callable[[Pair], bool]) -> tuple[Form, Form]:
    pairs = [(pair, chosen(pair)) for pair in form.terms.values()]
    return form_of(pair for pair, yes in pairs if yes), form_of(pair for pair, yes in pairs if not yes)


def _everywhere(form: Form) -> bool:
    """Whether a limit divides by nothing that may be 0, and takes no root: it is one for all values of the others."""
    return all(
        (p > 0 and p.denominator == 1) or (sign(power_of(atom))[1] and sign(power_of(atom))[0])
        for term, _ in form.terms.values()
        for atom, p in term.factors.values()
    )


# ---------------------------------------------------------------------------- near it


def _near(form: Form, guard: Atom, cell: Atom, value: Form) -> Form:
    """The form near x = x₀: other guards that are on one side there, and near there, are constant."""

    def side(atom: Atom) -> Form | None:
        if atom.kind not in GUARDS or atom.key == guard.key or cell.source not in atom.sources:
            return None
        body = _shifted(atom.forms[0], cell, value)
        if not all(is_smooth(inner, cell) for inner in atoms(body) if cell.source in inner.sources):
            return None
        try:
            there = constant_value(at_zero(body, cell))
        except Undefined:
            return None
        if not there:
            return None
        return ONE if atom.kind == "positive" and there > 0 else ZERO

    known = {atom.key: found for atom in atoms(form) if (found := side(atom)) is not None}
    if not known:
        return form
    return rewrite(form, lambda atom: any(inner.key in known for inner in inside(atom)), _Known(known))


class _Known(Step):
    """Guards that are constant."""

    def __init__(self, values: dict[str, Form]) -> None:
        self.values = values

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        """What a guard is near a point."""
        return self.values.get(atom.key)


def _is_flat(term: Term, cell: Atom) -> bool:
    """Whether a term is x^p, p > 1, times what is bounded near x = 0."""
    order: Rational = 0
    for atom, p in term.factors.values():
        if atom.key == cell.key:
            order = p
        elif cell.source in atom.sources and not _is_bounded(atom, p, cell):
            return False
    return order > 1 and not term.bound


def _is_bounded(atom: Atom, p: Rational, cell: Atom) -> bool:
    if atom.kind in GUARDS:
        return p > 0
    if atom.kind == "kernel" and atom.name in BETWEEN and p > 0 and p.denominator == 1:
        return True
    return _is_smooth_factor(atom, p, cell)
