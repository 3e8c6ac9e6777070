"""What named domains say of products of entries: used on differences, after differentiation.

binary  v² = v     sign  v² = 1     onehot  v[i] v[j] = δ(i - j) v[i]
onehot  Σ over the last axis = 1     simplex  Σ of a vector = 1     symmetric  x[i, j] = x[j, i]
"""

from __future__ import annotations

from collections.abc import Mapping

from verify.form import linear as lin
from verify.form.algebra import add, multiply, rewrite, scale, sum_over
from verify.form.linear import Linear
from verify.form.settle import truth
from verify.form.term import Atom, Factors, Form, Rational, Source, Term, power_of

Domains = Mapping[Source, str]
_SYMMETRIC = frozenset({"symmetric", "spd"})


def under_domains(form: Form, domains: Domains) -> Form:
    """The form with the relations of the inputs' domains used, everywhere in it."""
    if form.sources.isdisjoint(domains):
        return form
    symmetric = {source: _mirrored(source) for source, word in domains.items() if word in _SYMMETRIC}
    if symmetric:
        form = rewrite(form, lambda atom: not atom.sources.isdisjoint(symmetric), _Swap(symmetric))
    return _products(form, domains)


def _mirrored(source: Source) -> Source:
    return Source(source.label, source.shape, source.sign, symmetric=True)


class _Swap:
    def __init__(self, by: Mapping[Source, Source]) -> None:
        self.by = by

    def enter(self, term: Term) -> Term:
        return term

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        if atom.kind != "cell" or atom.source is None:
            return None
        return power_of(Atom("cell", "", atom.linears, (), self.by.get(atom.source, atom.source)), power)

    def linear(self, form: Linear) -> Linear:
        return form


def _products(form: Form, domains: Domains) -> Form:
    for _ in range(50):
        for term, factor in form.terms.values():
            new = _one_rule(term, domains)
            if new is not None:
                form = add(form, scale(Form({term.key: (term, 1)}), -factor), scale(new, factor))
                break
        else:
            return form
    return form


def _one_rule(term: Term, domains: Domains) -> Form | None:
    cells = [(key, atom, p) for key, (atom, p) in sorted(term.factors.items()) if atom.kind == "cell"]
    for position, (key, atom, p) in enumerate(cells):
        if atom.source is None or atom.source not in domains:
            continue
        word = domains[atom.source]
        if word in ("binary", "onehot") and p > 1 and p.denominator == 1:
            return _again(term, {**term.factors, key: (atom, 1)})
        if word == "sign" and p.denominator == 1 and p not in (0, 1):
            rest = {k: known for k, known in term.factors.items() if k != key}
            return _again(term, {**rest, key: (atom, 1)} if p % 2 else rest)
        if word == "onehot":
            for other_key, other, q in cells[position + 1 :]:
                if other.source is atom.source and other.linears[:-1] == atom.linears[:-1] and q >= 1 and p >= 1:
                    rest = {k: known for k, known in term.factors.items() if k != other_key}
                    same = truth("delta", lin.minus(atom.linears[-1], other.linears[-1]))
                    opened = Term(frozenset(), rest)
                    return sum_over(multiply(Form({opened.key: (opened, 1)}), same), *term.bound)
        if p == 1 and (word == "onehot" or (word == "simplex" and len(atom.linears) == 1)):
            summed = _whole_axis(term, key, atom)
            if summed is not None:
                return summed
    return None


def _whole_axis(term: Term, key: str, atom: Atom) -> Form | None:
    """The term without an entry that is summed over its whole last axis and multiplies nothing along it."""
    index = lin.single(atom.linears[-1]) if atom.linears else None
    if index is None or index not in term.bound or atom.source is None or index.extent != atom.source.shape[-1]:
        return None
    others: Factors = {k: known for k, known in term.factors.items() if k != key}
    if any(index in other.free for other, _ in others.values()):
        return None
    if any(index in {i for i, _ in form[1]} for form in atom.linears[:-1]):
        return None
    return _again(Term(term.bound - {index}, others), others)


def _again(term: Term, factors: Factors) -> Form:
    opened = Term(frozenset(), factors)
    return sum_over(Form({opened.key: (opened, 1)}), *term.bound)
