"""Triangular factors in products: the guards between indices that their zeros imply.

L[i, k] is 0 unless i >= k, for a Cholesky factor L and its inverse; r[k, j] is 0 unless j >= k, as is its inverse.
Next to them a guard that follows is dropped, one that cannot hold makes 0, and one that leaves equality only is that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dualgrad.program.entry import Index
from verify.form import linear as lin
from verify.form.algebra import add, multiply, rewrite, scale, subtract, sum_over
from verify.form.construct import construct
from verify.form.linear import Linear
from verify.form.settle import settled, truth
from verify.form.steps import Step, aligned
from verify.form.term import ONE, PARTS, ZERO, Atom, Form, Rational, Term, atoms, inside

_LOWER = {"cholesky": True, "r": False}
MOST_TOGETHER = 3


def with_triangles(form: Form) -> Form:
    """The form with guards next to triangles, and between its free indices, in their simplest shape."""
    if not any(atom.kind in PARTS and atom.kind != "inv" for atom in atoms(form)):
        return form
    made = rewrite(form, _holds_triangle_inside, _Inside())
    return add(*(scale(_simplified(term, made.free), factor) for term, factor in made.terms.values()))


class _Inside(Step):
    def atom(self, atom: Atom, p: Rational) -> Form | None:
        """The forms that an atom holds, too."""
        return construct(atom, atom.linears, tuple(map(with_triangles, atom.forms)), p)


def _holds_triangle_inside(atom: Atom) -> bool:
    return any(inner.kind in _LOWER for inner in inside(atom) if inner is not atom)


def _simplified(term: Term, free: frozenset[Index]) -> Form:
    known = [gap for atom, _ in term.factors.values() for gap in _implied(atom)]
    guards = {key: atom.linears[0] for key, (atom, _) in term.factors.items() if atom.kind == "atleast"}
    if known or len(guards) > 1:
        for key, guard in guards.items():
            others = [*known, *(other for k, other in guards.items() if k != key)]
            if _follows(lin.plus(lin.times(guard, -1), (-1, ())), others):
                return ZERO
            kept = {k: pair for k, pair in term.factors.items() if k != key}
            if _follows(guard, others):
                return _again(term.bound, kept, None, free)
            if _follows(lin.times(guard, -1), others):
                return _again(term.bound, kept, truth("delta", guard), free)
        for k, gap in enumerate(known):
            back = lin.times(gap, -1)
            if gap[1] and _follows(back, [*known[:k], *known[k + 1 :], *guards.values()]):
                return _again(term.bound, term.factors, truth("delta", gap), free)
    for key, guard in guards.items():
        parts = aligned(guard) if all(index in free for index, _ in guard[1]) else _turned(term, guard)
        if parts is not None and not (len(parts.terms) == 1 and key in next(iter(parts.terms.values()))[0].factors):
            kept = {k: pair for k, pair in term.factors.items() if k != key}
            return _again(term.bound, kept, parts, free)
    return Form({term.key: (term, 1)})


def _turned(term: Term, guard: Linear) -> Form | None:
    """A guard between two positions of one array as one that says that the first is not less; None for any other."""
    constant, parts = guard
    if len(parts) != 2 or {factor for _, factor in parts} != {1, -1} or constant not in (0, -1):
        return None
    greater, less = (next(index for index, factor in parts if factor == way) for way in (1, -1))
    for atom, _ in term.factors.values():
        if atom.kind == "cell":
            places = {lin.single(place): axis for axis, place in enumerate(atom.linears)}
            if greater in places and less in places:
                if places[greater] < places[less]:
                    return None if constant == 0 else subtract(_at_least(greater, less), _same(greater, less))
                other = subtract(ONE, _at_least(less, greater))
                return other if constant else add(other, _same(less, greater))
    return None


def _at_least(a: Index, b: Index) -> Form:
    return truth("atleast", lin.minus(lin.of_index(a), lin.of_index(b)))


def _same(a: Index, b: Index) -> Form:
    return truth("delta", lin.minus(lin.of_index(a), lin.of_index(b)))


def _again(
    bound: frozenset[Index], factors: dict[str, tuple[Atom, Rational]], more: Form | None, free: frozenset[Index]
) -> Form:
    if more is None:
        made = settled(bound, dict(factors))
    else:
        made = sum_over(multiply(settled(frozenset(), dict(factors)), more), *bound)
    return add(*(scale(_simplified(term, free), factor) for term, factor in made.terms.values()))


def _implied(atom: Atom) -> Iterator[Linear]:
    """What is >= 0 wherever a factor is not 0."""
    lower = _lower(atom)
    if lower is not None:
        i, j = atom.linears
        yield lin.minus(i, j) if lower else lin.minus(j, i)


def _lower(atom: Atom) -> bool | None:
    """Whether an atom is an entry of a lower triangle (True), an upper one (False), or neither (None)."""
    if atom.kind in _LOWER:
        return _LOWER[atom.kind]
    if atom.kind != "inv" or len(atom.forms[0].terms) != 1:
        return None
    ((term, _),) = atom.forms[0].terms.values()
    if term.bound or len(term.factors) != 1:
        return None
    ((inner, p),) = term.factors.values()
    if p != 1 or inner.kind not in _LOWER or not inner.forms[0].free.isdisjoint(atom.binders):
        return None
    places = tuple(map(lin.single, inner.linears))
    if places == atom.binders:
        return _LOWER[inner.kind]
    return not _LOWER[inner.kind] if places == atom.binders[::-1] else None


def _follows(asked: Linear, known: Sequence[Linear], most: int = MOST_TOGETHER) -> bool:
    """Whether a form is >= 0: by the ranges of its indices, or less some that are >= 0 and fall with it."""
    if lin.never_negative(asked):
        return True
    falling = {index for index, factor in asked[1] if not lin.nonnegative(factor)}
    near = [f for f in known if any(i in falling and not lin.nonnegative(c) for i, c in f[1])] if most else []
    return any(_follows(lin.minus(asked, form), known, most - 1) for form in near)
