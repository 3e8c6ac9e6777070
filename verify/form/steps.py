"""Further steps for a difference that is left: each an identity, tried in order, each on what the last one gave."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from fractions import Fraction
from itertools import product

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent, terms
from verify.form import linear as lin
from verify.form.algebra import Fill, add, multiply, rewrite, scale, substitute, subtract
from verify.form.cases import restricted
from verify.form.construct import extreme, kernel, over_new_index, vanishes
from verify.form.linear import Linear
from verify.form.power import exponential, power
from verify.form.setting import spend
from verify.form.settle import truth
from verify.form.term import ONE, ZERO, Atom, Form, Rational, Term, atoms, inside, pattern

FARTHEST = 8  # the most deltas that a guard is shifted by
MOST_PLACES = 256
MOST_TURNS = 8
MOST_FACTORS = 8
_HALF = Fraction(1, 2)


class Step:
    """A change of atoms of one kind."""

    def enter(self, term: Term) -> Term:
        """Every term as it is: products rename apart."""
        return term

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        """What an atom's power becomes; None to look inside."""
        raise NotImplementedError

    def linear(self, form: Linear) -> Linear:
        """Positions stay."""
        return form


# ---------------------------------------------------------------------------- guards between indices


class _Aligned(Step):
    def atom(self, atom: Atom, power: Rational) -> Form | None:
        """[l + c >= 0] with a fixed direction of l and c = 0, and deltas for the difference."""
        return None if atom.forms or atom.kind != "atleast" else aligned(atom.linears[0])


def with_aligned_guards(form: Form) -> Form:
    """The form with guards that differ by a shift or by direction expressed in one of them."""
    return rewrite(form, lambda atom: _holds(atom, "atleast"), _Aligned())


def _holds(atom: Atom, kind: str) -> bool:
    return any(inner.kind == kind for inner in inside(atom))


def aligned(form: Linear) -> Form:
    """[form >= 0] by a relation of a fixed direction and without a shift, and deltas."""
    first = form[1][0][1] if form[1] else 1
    if isinstance(first, int) and first < 0:
        return subtract(ONE, aligned(lin.plus(lin.times(form, -1), (-1, ()))))
    shift = next((factor for monomial, factor in terms(form[0]) if monomial == ()), 0)
    if not form[1] or abs(shift) > FARTHEST:
        return truth("atleast", form)
    start = lin.plus(form, (-shift, ()))
    between = range(1, shift + 1) if shift > 0 else range(shift + 1, 1)
    deltas = add(*(truth("delta", lin.plus(start, (step, ()))) for step in between))
    return add(truth("atleast", start), scale(deltas, 1 if shift > 0 else -1))


# ---------------------------------------------------------------------------- the domain


class _OnDomain(Step):
    def __init__(self, nonzero: Container[str]) -> None:
        self.nonzero = nonzero

    def atom(self, atom: Atom, power: Rational) -> Form | None:
        """I(u = 0) = 0 where u is not zero on the domain."""
        return ZERO if atom.kind == "vanishes" and pattern(atom.forms[0]) in self.nonzero else None


def on_domain(form: Form, nonzero: Container[str]) -> Form:
    """The form on a domain where expressions of these patterns are not zero."""
    return rewrite(form, lambda atom: _holds(atom, "vanishes"), _OnDomain(nonzero))


class _ByQuotients(Step):
    def __init__(self, nonzero: Container[str]) -> None:
        self.nonzero = nonzero

    def atom(self, atom: Atom, p: Rational) -> Form | None:
        """A product of all but one as the whole product over that one, where it is not zero on the domain."""
        left_out = _left_out(atom)
        if left_out is None:
            return None
        index, body, one = left_out
        if on_domain(vanishes(one), self.nonzero).terms:
            return None
        return power(multiply(extreme("prod", index, body), power(one, -1)), p)


def by_quotients(form: Form, nonzero: Container[str]) -> Form:
    """The form with products of all but one written as quotients."""
    return rewrite(form, lambda atom: _holds(atom, "extreme"), _ByQuotients(nonzero))


def _left_out(atom: Atom) -> tuple[Index, Form, Form] | None:
    """For prod_j (1 where j = e, else b(j)): the index, b(j) and b(e)."""
    if atom.kind != "extreme" or atom.name != "prod":
        return None
    index, body = over_new_index(atom)
    deltas = {held.key: held for term, _ in body.terms.values() for held, _ in term.factors.values()
              if held.kind == "delta" and index in held.free}  # fmt: skip
    if len(deltas) != 1:
        return None
    (delta,) = deltas.values()
    factor = dict(delta.linears[0][1])[index]
    if factor not in (1, -1):
        return None
    place = lin.minus(lin.of_index(index), lin.times(delta.linears[0], factor))
    rest = restricted(body, delta, 0)
    if substitute(restricted(body, delta, 1), {index: place}).key != ONE.key:
        return None
    return index, rest, substitute(rest, {index: place})


# ---------------------------------------------------------------------------- hyperbolic functions


class _ByExponentials(Step):
    def atom(self, atom: Atom, p: Rational) -> Form | None:
        """tanh and cosh by exp."""
        if atom.kind != "kernel" or atom.name not in ("tanh", "cosh"):
            return None
        inner = rewrite(atom.forms[0], _is_hyperbolic, self)
        square = exponential(scale(inner, 2))
        if atom.name == "tanh":
            return power(multiply(subtract(square, ONE), power(add(square, ONE), -1)), p)
        return power(scale(multiply(add(square, ONE), exponential(scale(inner, -1))), _HALF), p)


def by_exponentials(form: Form) -> Form:
    """The form with tanh and cosh written with exp."""
    return rewrite(form, _is_hyperbolic, _ByExponentials())


def _is_hyperbolic(atom: Atom) -> bool:
    return _holds_kernel(atom, lambda inner: inner.kind == "kernel" and inner.name in ("tanh", "cosh"))


def _holds_kernel(atom: Atom, asked: Callable[[Atom], bool]) -> bool:
    return any(map(asked, inside(atom)))


# ---------------------------------------------------------------------------- multiples of angles


class _ByAngles(Step):
    def atom(self, atom: Atom, p: Rational) -> Form | None:
        """sin and cos of a sum by sin and cos of its terms."""
        if not _is_turning(atom):
            return None
        cosine, sine = _turned(rewrite(atom.forms[0], lambda inner: _holds_kernel(inner, _is_turning), self))
        return power(cosine if atom.name == "cos" else sine, p)


def by_angles(form: Form) -> Form:
    """The form with sin and cos of sums and multiples expanded."""
    return rewrite(form, lambda atom: _holds_kernel(atom, _is_turning), _ByAngles())


def _is_turning(atom: Atom) -> bool:
    return atom.kind == "kernel" and atom.name in ("sin", "cos")


def _turned(form: Form) -> tuple[Form, Form]:
    """cos and sin of a form."""
    cosine, sine = ONE, ZERO
    for term, factor in form.terms.values():
        whole = min(abs(factor.numerator), MOST_TURNS) if abs(factor.numerator) <= MOST_TURNS else 1
        part = Form({term.key: (term, Fraction(factor) / whole)})
        c, s = kernel("cos", part), kernel("sin", part)
        for _ in range(whole):
            turned = subtract(multiply(cosine, c), multiply(sine, s))
            cosine, sine = turned, add(multiply(sine, c), multiply(cosine, s))
    return cosine, sine


# ---------------------------------------------------------------------------- products over known extents


class _WrittenOut(Step):
    def atom(self, atom: Atom, p: Rational) -> Form | None:
        """A product over a known extent as a product."""
        if not _is_known_product(atom):
            return None
        index, body = over_new_index(atom)
        inner = rewrite(body, lambda held: _holds_kernel(held, _is_known_product), self)
        extent = index.extent if isinstance(index.extent, int) else 0
        return power(multiply(*(substitute(inner, {index: (value, ())}) for value in range(extent))), p)


def products_written_out(form: Form) -> Form:
    """The form with products over known extents multiplied out."""
    return rewrite(form, lambda atom: _holds_kernel(atom, _is_known_product), _WrittenOut())


def _is_known_product(atom: Atom) -> bool:
    known = atom.index is not None and isinstance(atom.index.extent, int) and atom.index.extent <= MOST_FACTORS
    return atom.kind == "extreme" and atom.name == "prod" and known


# ---------------------------------------------------------------------------- fixed sizes


def at_each_place(form: Form, constants: Fill) -> Iterator[Form]:
    """The form at every value of its free indices of known extent, with sums over known extents written out.

    ``constants`` fills entries whose values are known.
    """
    free = [index for index in sorted(form.free, key=lambda index: index.serial) if isinstance(index.extent, int)]
    places = list(product(*(range(index.extent) for index in free if isinstance(index.extent, int))))
    spend(len(places) * 512 // MOST_PLACES)
    for place in places:
        at = {index: (value, ()) for index, value in zip(free, place, strict=True)}
        written = products_written_out(_written_out(substitute(form, at)))
        yield with_aligned_guards(rewrite(written, lambda atom: bool(atom.sources), constants))


def has_known_extents(form: Form) -> bool:
    """Whether an index of the form, or of a product in it, or an entry's position is known as a number."""
    bound: set[Index] = set().union(*(term.bound for term, _ in form.terms.values()))
    if any(isinstance(index.extent, int) for index in bound | form.free):
        return True
    return any(_is_known_product(atom) or any(not p[1] for p in atom.linears) for atom in atoms(form))


def _written_out(form: Form) -> Form:
    parts = []
    for term, factor in form.terms.values():
        known = [index for index in sorted(term.bound, key=lambda index: index.serial) if isinstance(index.extent, int)]
        opened = Term(term.bound - set(known), term.factors)
        whole = Form({opened.key: (opened, factor)})
        ranges: list[Extent] = [index.extent for index in known]
        for place in product(*(range(extent) for extent in ranges if isinstance(extent, int))):
            parts.append(substitute(whole, {i: (value, ()) for i, value in zip(known, place, strict=True)}))
            spend(len(parts))
    return add(*parts)
