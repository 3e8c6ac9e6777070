"""Sums that are positive because a matrix or its inverse is positive definite: 1 + Σ_rc M[r, c] u[r] u[c].

What this shows is only that nothing is divided by zero that a gradient divides by; no identity is built on it.
"""

from __future__ import annotations

from collections.abc import Container

from dualgrad.program.entry import Index
from verify.form.algebra import substitute
from verify.form.linear import of_index, single
from verify.form.signs import sign
from verify.form.term import Atom, Factors, Form, Source, Term, form_of

Group = tuple[frozenset[Index], Factors]


def is_positive_with(form: Form, definite: Container[Source]) -> bool:
    """Whether a sum is > 0 where these arrays are positive definite: no term is negative, and one is not 0."""
    parts = [form_of([pair]) for pair in form.terms.values()]
    signs = [sign(part) for part in parts]
    never_negative = all(
        known[0] or (factor > 0 and _is_quadratic(term, definite))
        for known, (term, factor) in zip(signs, form.terms.values(), strict=True)
    )
    return never_negative and any(known == (True, True) for known in signs)


def _is_quadratic(term: Term, definite: Container[Source]) -> bool:
    """Whether a term is Σ_rc M[r, c] u[r] u[c] times what is not negative, with M or M⁻¹ positive definite."""
    for key, (atom, power) in term.factors.items():
        places = _places(atom, definite) if power == 1 else None
        if places is None or not {*places} <= term.bound or places[0] == places[1]:
            continue
        if places[0].extent != places[1].extent:
            continue
        rest = {other: entry for other, entry in term.factors.items() if other != key}
        groups = components(rest, term.bound)
        left, right = (next((group for group in groups if place in group[0]), None) for place in places)
        if left is None or right is None or left is right:
            continue
        one, two = (_over_the_others(group, place) for group, place in zip((left, right), places, strict=True))
        moved = substitute(one, {places[0]: of_index(places[1])})
        others = [_over_the_others(group) for group in groups if group is not left and group is not right]
        if moved.key == two.key and all(sign(other)[0] for other in others):
            return True
    return False


def _places(atom: Atom, definite: Container[Source]) -> tuple[Index, Index] | None:
    """Row and column at which an entry of a positive definite matrix is read, or of its inverse."""
    entry = atom
    if atom.kind == "inv":
        held = [pair for term, _ in atom.forms[0].terms.values() for pair in term.factors.values()]
        plain = len(held) == 1 and [c for _, c in atom.forms[0].terms.values()] == [1] and held[0][1] == 1
        if not plain or {*map(single, held[0][0].linears)} != {*atom.binders}:
            return None
        entry = held[0][0]
    if entry.kind != "cell" or entry.source not in definite or len(atom.linears) != 2:
        return None
    row, column = map(single, atom.linears)
    return (row, column) if row is not None and column is not None else None


def components(factors: Factors, bound: frozenset[Index]) -> list[Group]:
    """Factors in groups that share no bound index: their sum over all of these is the product of the groups' sums."""
    groups: list[Group] = []
    for key, (atom, power) in factors.items():
        indices, inside = atom.free & bound, {key: (atom, power)}
        for group in [group for group in groups if not indices.isdisjoint(group[0])]:
            groups.remove(group)
            indices, inside = indices | group[0], {**group[1], **inside}
        groups.append((indices, inside))
    return groups


def _over_the_others(group: Group, left_free: Index | None = None) -> Form:
    """The sum over a group's indices but one."""
    return form_of([(Term(frozenset(index for index in group[0] if index is not left_free), group[1]), 1)])
