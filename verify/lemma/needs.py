"""Whether what a rule requires follows from what its op requires: by cases of guards, and factor by factor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verify.form import scalar
from verify.form.algebra import multiply, scale
from verify.form.cases import restricted
from verify.form.clear import without_ties
from verify.form.interpret import Requirement
from verify.form.power import content, expand, power
from verify.form.setting import TooLarge, Undefined
from verify.form.signs import is_positive, sign
from verify.form.term import ONE, Atom, Form, constant_value, pattern, power_of

GUARDS = frozenset({"positive", "vanishes"})
MOST_CASES, MOST_FACTORS = 4, 3


def follows(asked: Requirement, known: Sequence[Requirement], depth: int = MOST_CASES) -> bool:
    """Whether ``asked`` holds wherever all that is known holds. Both are in terms of the op's own operands."""
    if not asked.path.terms or constant_value(asked.path) == 0:
        return True
    guard = next(_guards(asked, known), None)
    if guard is not None:
        if not depth:
            return False
        return all(
            follows(_where(asked, guard, value), [*_said(guard, value), *(_where(one, guard, value) for one in known)],
                    depth - 1)
            for value in (1, 0) if not _excluded(guard, value, known)
        )  # fmt: skip
    plain = [one for one in known if one.path.key == ONE.key and one.relation in ("> 0", "!= 0")]
    if any(not one.form.terms for one in plain):
        return True  # what the op requires never holds there: this cell is outside of its domain
    try:
        if asked.relation == "!= 0":
            more = [*plain, *(part for one in plain for part in _factors(one))]
            found = _nonzero(asked.form, more, MOST_FACTORS)
        else:
            found = asked.relation != "< 0" and _positive(asked.form, [one for one in plain if one.relation == "> 0"])
    except (TooLarge, Undefined):
        return False
    return found or any(scalar.follows(one, known) for one in _ways(asked))


def _ways(asked: Requirement) -> Iterator[Requirement]:
    """What is asked, without its path; that 1 / Γ(u) is not 0 also by u > 0."""
    yield Requirement(asked.form, asked.relation, ONE)
    factors = [factor for term, _ in asked.form.terms.values() for factor in term.factors.values()]
    if asked.relation == "!= 0" and len(asked.form.terms) == len(factors) == 1:
        atom, _ = factors[0]
        if atom.kind == "kernel" and atom.name == "reciprocal_gamma":
            yield Requirement(atom.forms[0], "> 0", ONE)


def _guards(asked: Requirement, known: Sequence[Requirement]) -> Iterator[Atom]:
    """The guards that decide between cases, those of what is asked first."""
    forms = [asked.form, asked.path, *(form for one in known for form in (one.path, one.form))]
    for form in forms:
        for term, _ in form.terms.values():
            for atom, _ in term.factors.values():
                if atom.kind in GUARDS and atom.free.isdisjoint(term.bound):
                    yield atom


def _excluded(guard: Atom, value: int, known: Sequence[Requirement]) -> bool:
    """Whether it is known that a guard has the other value: that u > 0 has that, or u >= 0 and u != 0 have."""
    asked = pattern(guard.forms[0])
    said = {one.relation for one in known if one.path.key == ONE.key and pattern(one.form) == asked}
    return guard.kind == "positive" and not value and ("> 0" in said or said >= {">= 0", "!= 0"})


def _said(guard: Atom, value: int) -> list[Requirement]:
    """What a guard's value says of the sign of its form."""
    if guard.kind == "vanishes":
        return [] if value else [Requirement(guard.forms[0], "!= 0", ONE)]
    return [Requirement(guard.forms[0], "> 0", ONE) if value else Requirement(scale(guard.forms[0], -1), ">= 0", ONE)]


def _where(one: Requirement, guard: Atom, value: int) -> Requirement:
    """What a requirement says where a guard is 1, or 0."""
    form, path = (_at(form, guard, value) for form in (one.form, one.path))
    return Requirement(form, one.relation, path, one.line)


def _at(form: Form, guard: Atom, value: int) -> Form:
    form = restricted(form, guard, value)
    if value and guard.kind == "vanishes":  # x is what it has to be, where u(x) = 0 can be solved for it
        form = restricted(without_ties(multiply(power_of(guard), form)), guard, 1)
    return form


def _factors(one: Requirement) -> Iterator[Requirement]:
    """The factors of what is not 0, which are not 0 either."""
    for atom, p in content(expand(one.form))[1]:
        if p.denominator == 1:
            yield Requirement(atom.forms[0] if atom.kind == "base" else power_of(atom), "!= 0", ONE, one.line)


def _nonzero(form: Form, known: Sequence[Requirement], depth: int) -> bool:
    """Whether a form is not 0: a product of what is known not to be."""
    if not form.terms:
        return False
    if sign(form)[1]:
        return True
    if any(pattern(form) in (pattern(one.form), pattern(power(one.form, 2))) for one in known):
        return True
    _, shared, rest = content(expand(form))
    parts = [atom.forms[0] if atom.kind == "base" else power_of(atom) for atom, p in shared if p > 0]
    if rest.key != ONE.key:
        parts.append(rest)
    if all(part.key != form.key for part in parts):
        return all(_nonzero(part, known, depth) for part in parts)
    if not depth:
        return False
    ratios = (multiply(form, power(one.form, -1)) for one in known if one.form.terms)
    return any(not ratio.sources and sign(ratio)[1] for ratio in ratios)


def _positive(form: Form, known: Sequence[Requirement]) -> bool:
    """Whether a form is > 0: known to be, or a positive number of times that."""
    if is_positive(form) or any(pattern(one.form) == pattern(form) for one in known):
        return True
    ratios = (multiply(form, power(one.form, -1)) for one in known if one.form.terms)
    return any(not ratio.sources and is_positive(ratio) for ratio in ratios)
