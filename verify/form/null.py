"""Where an expression is zero on a set of measure zero only, for every size: sufficient conditions.

u = c x + r, x an entry of a continuous input that r does not hold
u = a product of such entries and positive factors
u analytic on all of space and not 0 at one point: all continuous inputs 0, or all 1
u a polynomial with a monomial that no other term gives, from a size on
"""

from __future__ import annotations

from dataclasses import dataclass

from dualgrad.program.size import Size, dimension
from verify.form import linear as lin
from verify.form.algebra import Fill, rewrite
from verify.form.power import single_factor
from verify.form.signs import is_positive, sign
from verify.form.term import Atom, Form, Source, Term, constant_value, number, power_of

_ENTIRE = frozenset({"sin", "cos", "tanh", "cosh", "arctan", "arcsinh", "erf"})
_NUMBERS = frozenset({"dim", "root", "constant"})


@dataclass(frozen=True, slots=True)
class Null:
    """Whether the zero set is shown to be of measure zero, and from which sizes on (dimension, least value)."""

    shown: bool
    sizes: tuple[tuple[str, int], ...] = ()


NOT_SHOWN = Null(False)
SHOWN = Null(True)


def null(form: Form, continuous: frozenset[Source]) -> Null:
    """What is known of the zero set of a form in the space of the continuous inputs."""
    if not form.terms:
        return NOT_SHOWN
    if _affine_in_one(form, continuous) or _product(form, continuous):
        return SHOWN
    if _entire(form) and any(_nonzero_at(form, continuous, value) for value in (0, 1)):
        return SHOWN
    return _polynomial(form, continuous)


def _affine_in_one(form: Form, continuous: frozenset[Source]) -> bool:
    for term, _ in form.terms.values():
        if term.bound or len(term.factors) != 1:
            continue
        ((atom, p),) = term.factors.values()
        if atom.kind != "cell" or p != 1 or atom.source not in continuous:
            continue
        if all(_avoids(other, atom) for other, _ in form.terms.values() if other is not term):
            return True
    return False


def _avoids(term: Term, entry: Atom) -> bool:
    """Whether a term does not hold an entry: not its array, or it at places that always differ."""
    if entry.source not in term.sources:
        return True
    for atom, _ in term.factors.values():
        if entry.source not in atom.sources:
            continue
        if atom.kind != "cell":
            return False
        gaps = (lin.minus(mine, other) for mine, other in zip(atom.linears, entry.linears, strict=True))
        if not any(lin.always_negative(gap) or lin.always_negative(lin.times(gap, -1)) for gap in gaps):
            return False
    return True


def _product(form: Form, continuous: frozenset[Source]) -> bool:
    if len(form.terms) != 1:
        return False
    ((term, _),) = form.terms.values()
    return not term.bound and all(
        is_positive(power_of(atom)) or (atom.kind == "cell" and atom.source in continuous)
        for atom, _ in term.factors.values()
    )


def _entire(form: Form) -> bool:
    """Whether the form is analytic in its cells everywhere."""
    return all(_entire_power(atom, p > 0 and p.denominator == 1) for term, _ in form.terms.values()
               for atom, p in term.factors.values())  # fmt: skip


def _entire_power(atom: Atom, whole: bool) -> bool:
    if atom.kind in _NUMBERS:
        return True
    if atom.kind == "exp":
        return _entire(atom.forms[0])
    if atom.kind == "kernel":
        return whole and atom.name in _ENTIRE and all(map(_entire, atom.forms))
    return whole and atom.kind == "cell"


def _nonzero_at(form: Form, continuous: frozenset[Source], value: int) -> bool:
    """Whether the form is not 0 where every continuous entry has this value."""
    change = Fill(lambda source, _: number(value) if source in continuous else None)
    at = rewrite(form, lambda atom: not atom.sources.isdisjoint(continuous), change)
    return bool(constant_value(at)) or (constant_value(at) is None and (sign(at)[1] or _at_a_fraction(at)))


def _at_a_fraction(form: Form) -> bool:
    """Whether a form is a function of a fraction, not 0, that is 0 at no such fraction: π is none."""
    single = single_factor(form)
    return single is not None and single[0].name in _ENTIRE and bool(constant_value(single[0].forms[0]))


def _polynomial(form: Form, continuous: frozenset[Source]) -> Null:
    """A term of most indices: at sizes that let them differ, its monomial comes from no other term."""
    if not all(_is_monomial(term, continuous) for term, _ in form.terms.values()):
        return NOT_SHOWN
    free = [str(index.extent) for index in form.free]
    if len(set(free)) < len(free):
        return NOT_SHOWN
    most = max(len(term.bound) for term, _ in form.terms.values())
    widest = [term for term, _ in form.terms.values() if len(term.bound) == most]
    shapes = {_without_sizes(term) for term in widest}
    if len(shapes) < len(widest):
        return NOT_SHOWN
    return _from_sizes(widest[0], form)


def _is_monomial(term: Term, continuous: frozenset[Source]) -> bool:
    return all(
        atom.kind in _NUMBERS
        or (atom.kind == "cell" and atom.source in continuous and p > 0 and p.denominator == 1 and _plain(atom))
        for atom, p in term.factors.values()
    )


def _plain(atom: Atom) -> bool:
    return all(form == (0, ()) or lin.single(form) is not None for form in atom.linears)


def _without_sizes(term: Term) -> str:
    return Term(term.bound, {k: known for k, known in term.factors.items() if known[0].kind not in _NUMBERS}).key


def _from_sizes(term: Term, form: Form) -> Null:
    needed: dict[str, int] = {}
    for index in [*term.bound, *form.free]:
        extent = index.extent
        if not isinstance(extent, Size) or len(extent.terms) != 1 or extent != dimension(extent.terms[0][0][0][0]):
            return NOT_SHOWN
        name = extent.terms[0][0][0][0]
        needed[name] = needed.get(name, 0) + 1
    return Null(True, tuple(sorted((name, least) for name, least in needed.items() if least > 1)))
