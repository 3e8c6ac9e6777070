"""Matrices against their inverses, inside a product: Σ_j M(i, j) inv(M)[j, k] = δ(i - k), from either side.

Of a matrix of several terms one is taken, L: Σ_j L(i, j) inv(M)[j, k] = δ(i - k) - Σ_j (M - L)(i, j) inv(M)[j, k].
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations

from dualgrad.program.entry import Index
from verify.form import linear as lin
from verify.form.algebra import multiply, renamed, scale, substitute, subtract, sum_over
from verify.form.linear import Linear
from verify.form.term import Atom, Factors, Form, Rational, Term, form_of, power_of, tidy

MOST_CANDIDATES = 4000


def contracted(bound: frozenset[Index], factors: Factors) -> Form | None:
    """Σ over ``bound`` of the product with one inverse contracted; None where there is none to contract."""
    for key, (atom, p) in sorted(factors.items()):
        if atom.kind == "inv" and p.denominator == 1 and p >= 1:
            others = {k: known for k, known in factors.items() if k != key}
            if p > 1:
                others[key] = (atom, tidy(p - 1))
            for side in (0, 1):
                index = lin.single(atom.linears[side])
                whole = index is not None and index in bound and index.extent == atom.binders[0].extent
                if index is not None and whole and not _is_free(index, atom, 1 - side):
                    made = _against(bound, others, atom, side, index)
                    if made is not None:
                        return made
    return None


def _is_free(index: Index, atom: Atom, other: int) -> bool:
    """Whether the index occurs in an inverse elsewhere than at the side asked."""
    return index in atom.forms[0].free.difference(atom.binders) or any(i is index for i, _ in atom.linears[other][1])


def _against(bound: frozenset[Index], factors: Factors, atom: Atom, side: int, index: Index) -> Form | None:
    """The product with inv(M)[j, k] or inv(M)[k, j] taken against the leading term of M; ``factors`` are the others."""
    from verify.form.clear import leading_term

    (row, column), form = atom.binders, atom.forms[0]
    along, across = (column, row) if side == 0 else (row, column)  # Σ_j M(i, j) inv[j, k], or Σ_j inv[k, j] M(j, i)
    lead, factor = leading_term(form)
    for place, chosen in _places(bound - (atom.free - {index}), factors, lead, along, across, index):
        rest = _divided(factors, lead, {along: lin.of_index(index), across: place, **chosen})
        if rest is None:
            continue
        taken = frozenset(i for form in chosen.values() for i, _ in form[1]) | {index}
        if any(not held.free.isdisjoint(taken) for held, _ in rest.values()):
            continue
        unit = delta(place, atom.linears[1 - side])
        others = form_of(pair for pair in form.terms.values() if pair[0] is not lead)
        if others.terms:
            moved = substitute(others, {along: lin.of_index(index), across: place})
            unit = subtract(unit, sum_over(multiply(moved, power_of(atom)), index))
        opened = Term(frozenset(), rest)
        made = multiply(Form({opened.key: (opened, 1)}), unit)
        return scale(sum_over(made, *(bound - taken)), 1 / Fraction(factor))
    return None


def delta(i: Linear, j: Linear) -> Form:
    """1 where two positions are equal, else 0."""
    from verify.form.settle import truth

    return truth("delta", lin.minus(i, j))


def _places(
    bound: frozenset[Index], factors: Factors, lead: Term, along: Index, across: Index, index: Index
) -> Iterator[tuple[Linear, dict[Index, Linear]]]:
    """Where the lead may be met: the position across, and the indices of the product for its bound indices."""
    sources = frozenset().union(*(atom.sources for atom, _ in factors.values()))
    if not lead.sources <= sources or across not in lead.free or along not in lead.free:
        return
    own = sorted(lead.bound, key=lambda one: one.serial)
    near = {i for atom, _ in factors.values() if not atom.free.isdisjoint({index}) for i in atom.free}
    seen = {i for atom, _ in factors.values() for i in atom.free} if own else near
    starts = dict.fromkeys(
        form
        for atom, _ in factors.values()
        for form in atom.linears
        if atom.kind in ("cell", "inv") and index not in {i for i, _ in form[1]}
    )
    starts |= dict.fromkeys(lin.of_index(i) for i in sorted(seen, key=lambda i: i.serial) if i.extent == index.extent)
    tried = 0
    for place in starts:
        if any(i is index for i, _ in place[1]):
            continue
        apart = {index, *(i for i, _ in place[1])}
        for chosen in permutations(sorted(bound - apart, key=lambda i: i.serial), len(own)):
            tried += 1
            if tried > MOST_CANDIDATES:
                return
            if all(mine.extent == other.extent for mine, other in zip(own, chosen, strict=True)):
                yield place, {mine: lin.of_index(other) for mine, other in zip(own, chosen, strict=True)}


def _divided(factors: Factors, lead: Term, moves: dict[Index, Linear]) -> Factors | None:
    """The factors without those of the lead at these indices; None where they do not hold them."""
    rest = dict(factors)
    for atom, p in lead.factors.values():
        if not atom.free.isdisjoint(moves):
            if atom.forms and any(lin.single(moves[i]) is None for i in atom.free & moves.keys()):
                return None
            atom = renamed(atom, moves)
        known = rest.pop(atom.key, None)
        if known is None or not _divides(p, known[1]):
            return None
        if known[1] != p:
            rest[atom.key] = (atom, tidy(known[1] - p))
    return rest


def _divides(p: Rational, q: Rational) -> bool:
    return p <= q if p > 0 else p >= q
