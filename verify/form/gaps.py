"""What reads two bound indices in one direction or in the other, in that in which the text of the term is least.

1 / (δ - g) = 2 δ - 1 / (g + δ) for reciprocals off a diagonal, where g(a, b) = -g(b, a); [a >= b] = 1 + δ - [b >= a].
"""

from __future__ import annotations

from dualgrad.program.entry import Index
from verify.form import linear as lin
from verify.form.algebra import add, multiply, renamed_form, scale, substitute, sum_over
from verify.form.settle import settled, truth
from verify.form.term import ONE, PARTS, Atom, Form, Rational, Term, atoms, form_of, power_of

Gap = tuple[str, Form, Form, Rational]


def with_forward_indices(form: Form) -> Form:
    """The form with every bound index that positions of matrices only fall with read from its other end."""
    if not any(atom.kind in PARTS for atom in atoms(form)):
        return form
    return add(*(scale(_forward(term), factor) for term, factor in form.terms.values()))


def _forward(term: Term) -> Form:
    for index in sorted(term.bound, key=lambda index: index.serial):
        places = [c for atom, _ in term.factors.values() for form in atom.linears for i, c in form[1] if i is index]
        inside = any(index in form.free for atom, _ in term.factors.values() for form in atom.forms)
        if places and not inside and not any(lin.nonnegative(c) for c in places):
            rest = settled(frozenset(), dict(term.factors))
            other = lin.minus((index.extent - 1, ()), lin.of_index(index))
            whole = sum_over(substitute(rest, {index: other}), *term.bound)
            return whole if len(whole.terms) != 1 else _forward_again(whole)
    return Form({term.key: (term, 1)})


def _forward_again(form: Form) -> Form:
    ((term, factor),) = form.terms.values()
    return scale(_forward(term), factor)


def with_turned_gaps(form: Form) -> Form:
    """The form with every such reciprocal, and every such guard, in the direction in which its term's text is least."""
    if not any(atom.kind in PARTS and atom.kind != "inv" for atom in atoms(form)):
        return form
    once = add(*(scale(_turned(term), factor) for term, factor in form.terms.values()))
    return add(*(scale(_with_turned_guards(term), factor) for term, factor in once.terms.values()))


def _with_turned_guards(term: Term, done: frozenset[frozenset[Index]] = frozenset()) -> Form:
    for key, (atom, _) in term.factors.items():
        if atom.kind != "atleast":
            continue
        (constant, parts), pair = atom.linears[0], frozenset(index for index, _ in atom.linears[0][1])
        known = pair in done or not pair <= term.bound or len(pair) != 2
        if known or {c for _, c in parts} != {1, -1} or constant not in (0, -1):
            continue
        rest = settled(frozenset(), {k: held for k, held in term.factors.items() if k != key})
        choices = []
        for way in (1, -1):
            whole = sum_over(multiply(rest, truth("atleast", lin.times((0, parts), way))), *term.bound)
            if len(whole.terms) == 1 and len(next(iter(whole.terms.values()))[0].bound) == len(term.bound):
                choices.append((next(iter(whole.terms)), way, whole))
        if len(choices) == 2:
            _, way, whole = min(choices, key=lambda choice: choice[0])
            same, all_of_it = (
                sum_over(multiply(rest, factor), *term.bound) for factor in (truth("delta", (0, parts)), ONE)
            )
            more = [
                scale(_with_turned_guards(inner, done | {pair & inner.bound, pair}), known * way)
                for inner, known in whole.terms.values()
            ]
            # [a >= b] and [a > b] as they are, or as 1 - [b > a] and 1 - [b >= a].
            diagonal = (way == -1) - (constant == -1)
            return add(*more, *([all_of_it] if way == -1 else []), scale(same, diagonal))
    return Form({term.key: (term, 1)})


def _turned(term: Term, done: frozenset[str] = frozenset()) -> Form:
    for key, gap, same, sign in _gaps(term):
        if key in done:
            continue
        rest = settled(frozenset(), {k: pair for k, pair in term.factors.items() if k != key})
        choices = []
        for way, turn in ((1, 1), (1, -1), (-1, 1), (-1, -1)):  # turn / (turn (same + way gap))
            atom = Atom("base", "", (), (scale(add(same, scale(gap, way)), turn),))
            whole = sum_over(multiply(rest, power_of(atom, -1)), *term.bound)
            if len(whole.terms) == 1:
                choices.append((next(iter(whole.terms)), atom.key, way, turn * sign, whole))
        if choices:
            _, kept, way, factor, whole = min(choices, key=lambda choice: choice[0])
            more = [scale(_turned(inner, done | {kept}), known * factor * way) for inner, known in whole.terms.values()]
            left = [] if way == 1 else [scale(sum_over(multiply(rest, same), *term.bound), 2 * sign)]
            return add(*more, *left)
    return Form({term.key: (term, 1)})


def _gaps(term: Term) -> list[Gap]:
    """The factors sign / (gap + same), gap being odd under an exchange of the indices that ``same`` compares."""
    found = []
    for key, (atom, p) in term.factors.items():
        if atom.kind != "base" or p != -1:
            continue
        (form,) = atom.forms
        deltas = [(inner, c) for inner, c in form.terms.values() if _is_delta(inner)]
        if len(deltas) != 1 or deltas[0][1] not in (1, -1):
            continue
        (delta, sign) = deltas[0]
        (pair,) = (held.linears[0] for held, _ in delta.factors.values())
        if len(pair[1]) != 2 or pair[0] != 0 or {c for _, c in pair[1]} != {1, -1}:
            continue
        gap = scale(form_of(item for item in form.terms.values() if item[0] is not delta), sign)
        (a, _), (b, _) = pair[1]
        if not add(gap, _exchanged(gap, a, b)).terms:
            found.append((key, gap, Form({delta.key: (delta, 1)}), sign))
    return found


def _is_delta(term: Term) -> bool:
    return not term.bound and [atom.kind for atom, _ in term.factors.values()] == ["delta"]


def _exchanged(form: Form, a: Index, b: Index) -> Form:
    return renamed_form(form, {a: lin.of_index(b), b: lin.of_index(a)})
