"""What is known of the sign of an expression, wherever it has a value.

A sign is a pair (never negative, never zero). It follows from what is known of the inputs, from dimensions
being at least 1, and from shape: even powers, exponentials, roots. An expression that holds 1 / u has no
value where u = 0, so u is not zero there.
"""

from __future__ import annotations

from itertools import permutations

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent, dimension
from verify.form import linear as lin
from verify.form.algebra import renamed_form
from verify.form.term import Atom, Form, Rational, Term, constant_value, form_of

Sign = tuple[bool, bool]  # never negative, never zero
_OF_INPUTS: dict[str, Sign] = {
    "real": (False, False),
    "nonzero": (False, True),
    "nonnegative": (True, False),
    "positive": (True, True),
}
_POSITIVE = frozenset({"dim", "root", "constant", "exp"})
_POSITIVE_KERNELS = frozenset("cosh gamma_distribution gamma_quantile beta_distribution beta_quantile".split())
_TRUTHS = frozenset({"delta", "atleast", "multiple", "positive", "vanishes"})


def sign(form: Form) -> Sign:
    """The sign of a form."""
    if len(form.terms) == 1:
        ((term, factor),) = form.terms.values()
        nonnegative, nonzero = _term(term)
        return (nonnegative and factor > 0, nonzero)
    if not form.terms:
        return (True, False)
    signs = [(_term(term), factor) for term, factor in form.terms.values()]
    if all(known[0] and factor > 0 for known, factor in signs):
        return (True, any(known[1] for known, _ in signs))
    if all(known[0] and factor < 0 for known, factor in signs):
        return (False, any(known[1] for known, _ in signs))
    return _of_size(form)


def is_positive(form: Form) -> bool:
    """Whether the form is > 0 wherever it has a value; False where not shown."""
    return sign(form) == (True, True)


def of_factor(atom: Atom, power: Rational) -> Sign:
    """The sign of an atom to a power."""
    nonnegative, nonzero = _atom(atom)
    if power.denominator != 1 or power % 2 == 0:
        nonnegative = True
    return (nonnegative, nonzero or power < 0)


def _atom(atom: Atom) -> Sign:
    if atom.kind == "cell" and atom.source is not None:
        return _OF_INPUTS[atom.source.sign]
    if atom.kind in _POSITIVE:
        return (True, True)
    if atom.kind in _TRUTHS:
        return (True, False)
    if atom.kind == "base":
        return sign(atom.forms[0])
    if atom.kind == "kernel":
        of_number = constant_value(atom.forms[0]) if atom.name == "log" else None
        positive = atom.name in _POSITIVE_KERNELS or (of_number is not None and of_number > 1)
        positive = positive or (atom.name == "reciprocal_gamma" and is_positive(atom.forms[0]))
        return (positive, positive)
    if atom.binders and atom.kind in ("singular_value", "cholesky", "r", "det"):
        return _of_matrix(atom)
    if atom.kind == "extreme":
        return sign(atom.forms[0])
    return (False, False)


def _of_matrix(atom: Atom) -> Sign:
    """A Cholesky factor has a positive diagonal, and so a positive determinant; those of R in Q R are not 0.

    The determinant of an exponential is exp(trace); the eigenvalues of a principal root have positive real parts.
    """
    if atom.kind == "singular_value":
        return (True, False)
    if atom.kind in ("cholesky", "r"):
        diagonal = atom.linears[0] == atom.linears[1]
        return (diagonal and atom.kind == "cholesky", diagonal)
    inner = _part_of(atom)
    positive = inner in ("cholesky", "expm", "sqrtm")
    return (positive, positive or inner == "r")


def _part_of(atom: Atom) -> str:
    """The part of a decomposition that the matrix of an atom is, as it is or transposed."""
    (form,) = atom.forms
    factors = [(inner, p) for term, _ in form.terms.values() for inner, p in term.factors.values()]
    if len(form.terms) != 1 or len(factors) != 1:
        return ""
    ((inner, p),) = factors
    ((_, factor),) = form.terms.values()
    whole = p == factor == 1 and {*map(lin.single, inner.linears)} == {*atom.binders}
    one = not inner.forms or inner.forms[0].free.isdisjoint(atom.binders)  # and not rows of several matrices
    return inner.kind if whole and one else ""


def _term(term: Term) -> Sign:
    signs = [of_factor(atom, power) for atom, power in term.factors.values()]
    nonnegative = all(known[0] for known in signs)
    nonzero = all(known[1] for known in signs)
    if term.bound:
        somewhere = all(lin.positive(index.extent) for index in term.bound)
        nonzero = nonnegative and somewhere and (nonzero or _attained(term))
    return (nonnegative, nonzero)


def _attained(term: Term) -> bool:
    """Whether the term counts where an extreme is attained: Σ_i I(f(i) - max_i f(i) = 0) is at least 1."""
    if len(term.factors) != 1:
        return False
    ((atom, _),) = term.factors.values()
    if atom.kind != "vanishes":
        return False
    form = atom.forms[0]
    for part, factor in form.terms.values():
        found = [inner for inner, p in part.factors.values() if inner.kind == "extreme" and p == 1]
        if len(found) == len(part.factors) == 1 and not part.bound and factor in (1, -1):
            rest = form_of(pair for pair in form.terms.values() if pair[0] is not part)
            return any(_is_body(found[0], order, rest, -factor) for order in permutations(term.bound))
    return False


def _is_body(atom: Atom, order: tuple[Index, ...], rest: Form, factor: Rational) -> bool:
    """Whether ``rest`` is the factor times the body of a nest of extremes, with these indices in its place."""
    if atom.index is None or atom.name not in ("max", "min") or atom.index.extent != order[0].extent:
        return False
    body = renamed_form(atom.forms[0], {atom.index: lin.of_index(order[0])})
    if len(order) == 1:
        return form_of((term, known * factor) for term, known in body.terms.values()).key == rest.key
    inner = [held for term, _ in body.terms.values() for held, _ in term.factors.values()]
    alone = len(body.terms) == 1 and len(inner) == 1 and inner[0].kind == "extreme" and inner[0].name == atom.name
    return alone and _is_body(inner[0], order[1:], rest, factor)


def _of_size(form: Form) -> Sign:
    """The sign of a polynomial in dimensions."""
    size = as_size(form)
    if size is None:
        return (False, False)
    nonnegative = lin.nonnegative(size)
    return (nonnegative, lin.positive(size) or lin.positive(size * -1))


def as_size(form: Form) -> Extent | None:
    """The extent that a form is, if it is an integer polynomial in dimensions."""
    total: Extent = 0
    for term, factor in form.terms.values():
        if factor.denominator != 1 or term.bound:
            return None
        part: Extent = factor.numerator
        for atom, power in term.factors.values():
            if atom.kind != "dim" or power < 0 or power.denominator != 1:
                return None
            for _ in range(power.numerator):
                part = part * dimension(atom.name)
        total = total + part
    return total
