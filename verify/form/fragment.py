"""The fragment where the normal form decides: polynomials in entries and dimensions, with deltas."""

from __future__ import annotations

from collections import Counter

from dualgrad.program.size import Size, dimensions
from verify.form import linear as lin
from verify.form.term import Atom, Form, Rational


def is_polynomial(form: Form) -> bool:
    """Whether a form has entries to whole powers, dimensions and deltas between indices, and nothing else."""
    return all(_admitted(atom, p) for term, _ in form.terms.values() for atom, p in term.factors.values())


def _admitted(atom: Atom, p: Rational) -> bool:
    if atom.kind == "dim":
        return True
    if atom.kind == "cell":
        plain = all(not form[1] or lin.single(form) is not None for form in atom.linears)
        return plain and p > 0 and p.denominator == 1 and not (atom.source and atom.source.sign != "real")
    if atom.kind == "delta":
        form = atom.linears[0]
        return form[0] == 0 and sorted(str(factor) for _, factor in form[1]) == ["-1", "1"]
    return False


def sizes_that_tell(form: Form) -> dict[str, int]:
    """Sizes at which the indices of a term of most indices can all differ, so that its monomial is left."""
    term, _ = max(form.terms.values(), key=lambda pair: (len(pair[0].bound), pair[0].key))
    counts: Counter[str] = Counter()
    for index in [*term.bound, *form.free]:
        if isinstance(index.extent, Size):
            counts.update(dimensions(index.extent))
    return dict(sorted(counts.items()))
