"""Kernels, guards and extrema of forms: each built in its simplest shape.

tan u = sin u / cos u     sinh u = tanh u cosh u     erfc u = 1 - erf u     f(-u) = ∓ f(u) for odd and even f
J_-n = (-1)^n J_n, Y_-n = (-1)^n Y_n, I_-n = I_n, K_-v = K_v; J_n(-z) = (-1)^n J_n(z), I_n(-z) = (-1)^n I_n(z)
I(c u > 0) = I(u > 0) for c > 0     I(-u > 0) = 1 - I(u > 0) - I(u = 0)     I(b = 0) = 1 - b for b that is 0 or 1
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial

from dualgrad.program.entry import Index
from verify.form.algebra import add, fresh, multiply, scale, substitute, subtract
from verify.form.cases import by_cases
from verify.form.functions import function
from verify.form.linear import Linear, minus, of_index
from verify.form.matrices import decomposition, determinant, inverse, with_form
from verify.form.power import content, expand, exponential, leading_sign, logarithm, power
from verify.form.setting import Undefined
from verify.form.signs import is_positive, sign
from verify.form.term import ONE, TURNED, ZERO, Atom, Form, Rational, constant_value, number, power_of

ODD = frozenset(
    "sin tan sinh tanh arcsin arctan arcsinh arctanh erf erfinv erfi sine_integral hyperbolic_sine_integral "
    "fresnel_sine fresnel_cosine".split()
)
EVEN = frozenset({"cos", "cosh"})
_REFLECTED = frozenset({"bessel_j", "bessel_y", "bessel_i", "bessel_k"})  # their orders, whole ones or all
_AT_ZERO = {**dict.fromkeys(ODD, 0), **dict.fromkeys(EVEN, 1)}
_INVERSE = {"tanh": "arctanh", "sin": "arcsin", "cos": "arccos", "cosh": "arccosh", "erf": "erfinv", "tan": "arctan"}
_TRUTHS = frozenset({"delta", "atleast", "multiple", "positive", "vanishes"})
MOST_FACTORIAL = 20


def construct(atom: Atom, linears: tuple[Linear, ...], forms: tuple[Form, ...], exponent: Rational = 1) -> Form:
    """The atom of the same kind over new positions and forms, to a power."""
    match atom.kind:
        case "exp":
            return exponential(scale(forms[0], exponent))
        case "base":
            return power(forms[0], exponent)
        case "kernel":
            return power(kernel(atom.name, *forms), exponent)
        case "positive":
            return positive(forms[0])
        case "vanishes":
            return vanishes(forms[0])
        case "extreme" if atom.index is not None:
            return power(extreme(atom.name, atom.index, forms[0]), exponent)
        case "inv":
            return power(inverse(with_form(atom, forms[0]), *linears), exponent)
        case "det":
            return power(determinant(with_form(atom, forms[0])), exponent)
        case _ if atom.kind in TURNED:
            return power(function(atom.kind, with_form(atom, forms[0]), *linears), exponent)
        case _ if len(atom.binders) == 2:
            return power(decomposition(atom.kind, with_form(atom, forms[0]), *linears), exponent)
    return power_of(Atom(atom.kind, atom.name, linears, forms, atom.source), exponent)


def kernel(name: str, *args: Form) -> Form:
    """A named function of forms."""
    forms = tuple(expand(arg) for arg in args)
    for slot, form in enumerate(forms):
        split = by_cases(form, _in_slot(name, forms, slot))
        if split is not None:
            return split
    inner = _undone(name, forms[0])
    if inner is not None:
        return inner
    match name:
        case "exp":
            return exponential(forms[0])
        case "log":
            return logarithm(forms[0])
        case "power":
            return _power(*forms)
        case "erfc":
            return subtract(ONE, kernel("erf", *forms))
        case "tan":
            return multiply(kernel("sin", *forms), power(kernel("cos", *forms), -1))
        case "sinh":
            return multiply(kernel("tanh", *forms), kernel("cosh", *forms))
    return _plain(name, forms)


def _in_slot(name: str, forms: tuple[Form, ...], slot: int) -> Callable[[Form], Form]:
    return lambda side: kernel(name, *forms[:slot], side, *forms[slot + 1 :])


def _power(base: Form, exponent: Form) -> Form:
    value = constant_value(exponent)
    return power(base, value) if value is not None else exponential(multiply(exponent, logarithm(base)))


def _plain(name: str, forms: tuple[Form, ...]) -> Form:
    form = forms[0]
    value = constant_value(form)
    if value == 0 and name in _AT_ZERO:
        return number(_AT_ZERO[name])
    if value is not None and name == "floor":
        return number(value.numerator // value.denominator)
    if name == "reciprocal_gamma" and value is not None and value.denominator == 1 and value <= MOST_FACTORIAL:
        return number(Fraction(1, factorial(int(value) - 1))) if value > 0 else ZERO
    if name == "arctan" and value in (1, -1):
        return scale(power_of(Atom("constant", "π")), Fraction(int(value), 4))
    if name in _REFLECTED and value is not None and value < 0 and (value.denominator == 1 or name == "bessel_k"):
        sign = -1 if name in ("bessel_j", "bessel_y") and value % 2 else 1
        return scale(_plain(name, (number(-value), *forms[1:])), sign)
    if name in ("bessel_j", "bessel_i") and value is not None and value.denominator == 1:
        argument = forms[1]
        if not argument.terms:
            return number(0 if value else 1)
        if leading_sign(argument) < 0:
            return scale(_plain(name, (form, scale(argument, -1))), -1 if value % 2 else 1)
    flip = -1 if (name in ODD or name in EVEN) and form.terms and leading_sign(form) < 0 else 1
    forms = (scale(form, flip), *forms[1:])
    return scale(power_of(Atom("kernel", name, (), forms)), flip if name in ODD else 1)


def _undone(name: str, form: Form) -> Form | None:
    """u for a function of its own inverse at u."""
    if name in _INVERSE and len(form.terms) == 1:
        ((term, factor),) = form.terms.values()
        odd = name in ODD and _INVERSE[name] in ODD
        if (factor == 1 or (factor == -1 and odd)) and not term.bound and len(term.factors) == 1:
            ((atom, p),) = term.factors.values()
            if p == 1 and atom.kind == "kernel" and atom.name == _INVERSE[name]:
                return scale(atom.forms[0], factor)
    return None


# ---------------------------------------------------------------------------- guards


def positive(form: Form) -> Form:
    """1 where the form is > 0, else 0."""
    form = expand(form)
    if not form.terms:
        return ZERO
    if is_truth(form):
        return form
    split = by_cases(form, positive)
    if split is not None:
        return split
    if sign(form) == (True, True):
        return ONE
    if sign(scale(form, -1))[0]:
        return ZERO
    body = _direction_of(form)
    if leading_sign(body) > 0:
        return power_of(Atom("positive", "", (), (body,)))
    opposite = scale(body, -1)
    return subtract(ONE, add(power_of(Atom("positive", "", (), (opposite,))), vanishes(opposite)))


def _direction_of(form: Form) -> Form:
    """A form with the same sign everywhere, without positive factors."""
    _, factors, rest = content(form)
    kept = []
    for atom, p in factors:
        if is_positive(power_of(atom)) or (p < 0 and (p.denominator != 1 or p % 2 == 0)):
            continue
        if p.denominator == 1:
            p = 1 if p % 2 else 2
        kept.append(power_of(atom, p))
    return expand(multiply(*kept, rest))


def vanishes(form: Form) -> Form:
    """1 where the form is 0, else 0."""
    form = expand(form)
    if not form.terms:
        return ONE
    if is_truth(form):
        return subtract(ONE, form)
    split = by_cases(form, vanishes)
    if split is not None:
        return split
    if sign(form)[1]:
        return ZERO
    same = _same_value(form)
    if same is not None:
        return same
    _, factors, rest = content(form)
    kept = [power_of(atom) for atom, p in factors if p > 0 and not sign(power_of(atom))[1]]
    body = expand(multiply(*kept, rest))
    return power_of(Atom("vanishes", "", (), (scale(body, leading_sign(body)),)))


def _same_value(form: Form) -> Form | None:
    """Whether two eigenvalues, or two singular values, of one matrix are equal, or one of these is 0.

    On the domain they are told apart, and singular values are not 0.
    """
    alone = [pair for term, _ in form.terms.values() for pair in term.factors.values()] if len(form.terms) == 1 else []
    if len(alone) == 1 and alone[0][0].kind == "singular_value":
        return ZERO
    pairs = [([*term.factors.values()], c) for term, c in form.terms.values() if not term.bound]
    if len(pairs) != 2 or len(form.terms) != 2 or pairs[0][1] != -pairs[1][1] or any(len(f) != 1 for f, _ in pairs):
        return None
    (a, p), (b, q) = (factors[0] for factors, _ in pairs)
    single = p == q and (p in (1, -1) if a.kind == "eigenvalue" else a.kind == "singular_value")
    if not single or Atom(a.kind, "", b.linears, a.forms, None, a.binders).key != b.key:
        return None
    return power_of(Atom("delta", "", (minus(a.linears[0], b.linears[0]),)))


def is_truth(form: Form) -> bool:
    """Whether a form takes no other values than 0 and 1, as a polynomial in guards; False where not shown."""
    for term, _ in form.terms.values():
        if term.bound or any(atom.kind not in _TRUTHS for atom, _ in term.factors.values()):
            return False
    return multiply(form, form).key == form.key


# ---------------------------------------------------------------------------- over an index


def extreme(kind: str, index: Index, body: Form) -> Form:
    """The "max", "min" or "prod" of the body over all values of the index."""
    body = expand(body)
    if index.extent == 1:
        return substitute(body, {index: (0, ())})
    if index not in body.free and kind != "prod":
        return body
    return power_of(Atom("extreme", kind, (), (body,), None, (index,)))


def over_new_index(atom: Atom) -> tuple[Index, Form]:
    """The body of an extreme at a new index."""
    if atom.index is None:
        raise Undefined(f"{atom.key} binds no index")
    new = fresh(atom.index)
    return new, substitute(atom.forms[0], {atom.index: of_index(new)})
