"""Powers, exponentials and logarithms of forms.

    exp(u + v) = exp(u) exp(v)      exp(q log u) = u^q      log(e^t a^p) = t + p log a, for a > 0
    (c a^p S)^q = c^q a^(pq) S^q    for an integer q, or where c and a are never negative
    (a^2p)^(1/2) = |a|^p            log(a^2p) = p log(a²)

Every rule is an identity wherever its left side has a real value. What a program divides by or takes a root
or a logarithm of is collected before any of this runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from math import gcd, isqrt, lcm

from verify.form.algebra import add, join, multiply, scale, subtract
from verify.form.cases import ALL, WITHOUT_DELTAS, by_cases
from verify.form.setting import TooLarge, Undefined
from verify.form.signs import is_positive, of_factor
from verify.form.term import (
    ONE,
    UNIT,
    ZERO,
    Atom,
    Factors,
    Form,
    Rational,
    Term,
    constant_value,
    number,
    power_of,
    tidy,
)  # fmt: skip

MOST_EXPONENT = 64
_NO_CONTENT = frozenset({"delta", "atleast", "multiple", "positive", "vanishes"})


def power(form: Form, exponent: Rational) -> Form:
    """The form to a rational power."""
    exponent = tidy(exponent)
    if exponent == 0:
        return ONE
    if exponent == 1:
        return form
    if not form.terms:
        if exponent < 0:
            raise Undefined("division by an expression that is zero everywhere")
        return ZERO
    if exponent.denominator == 1 and exponent > 0:
        return _whole(form, int(exponent))
    form = expand(form)
    # 1 / (S + δ) stays: off the diagonal it is 1 / S, which (1 - δ) / S would divide by on the diagonal, too.
    split = by_cases(form, lambda side: power(side, exponent), WITHOUT_DELTAS if exponent < 0 else ALL)
    return _general(form, exponent) if split is None else split


def _whole(form: Form, exponent: int) -> Form:
    if len(form.terms) == 1:
        ((term, factor),) = form.terms.values()
        if not term.bound:
            factors = [power_of(atom, tidy(p * exponent)) for atom, p in term.factors.values()]
            return scale(multiply(*factors), Fraction(factor) ** exponent)
    if exponent > MOST_EXPONENT:
        raise TooLarge(f"a sum to the power {exponent}")
    total, square = ONE, form
    while exponent:
        if exponent & 1:
            total = multiply(total, square)
        exponent >>= 1
        if exponent:
            square = multiply(square, square)
    return total


def _general(form: Form, exponent: Rational) -> Form:
    factor, factors, rest = content(form)
    if exponent.denominator == 1:
        sign = leading_sign(rest)
        rest = scale(rest, sign)
        made = [number(Fraction(factor) ** int(exponent) * sign ** (int(exponent) % 2))]
        made += [power_of(atom, tidy(p * exponent)) for atom, p in factors]
        return multiply(*made, _base(rest, exponent))
    made = [rational_power(factor, exponent)]
    kept: list[Form] = []
    for atom, p in factors:
        split = _root_of_factor(atom, p, exponent)
        if split is None:
            kept.append(power_of(atom, p))
        else:
            made.append(split)
    return multiply(*made, _base(multiply(*kept, rest), exponent))


def _root_of_factor(atom: Atom, p: Rational, exponent: Rational) -> Form | None:
    """(a^p)^q where it can be split off: for a^p never negative."""
    if of_factor(atom, 1)[0] or p.denominator != 1:
        return power_of(atom, tidy(p * exponent))
    if p % 2 == 0:
        whole = tidy(p * exponent)
        if whole.denominator == 1:
            return power_of(atom, whole) if whole % 2 == 0 else multiply(power_of(atom, whole), _direction(atom))
    return None


def _direction(atom: Atom) -> Form:
    """1 where the atom is > 0, else -1."""
    from verify.form.construct import positive

    return subtract(scale(positive(power_of(atom)), 2), ONE)


def _base(form: Form, exponent: Rational) -> Form:
    """A form without content to a power, as an atom; a single atom to a power keeps its kind."""
    value = constant_value(form)
    if value is not None:
        if value > 0:
            return rational_power(value, exponent)
        if exponent.denominator == 1:
            return number(Fraction(value) ** int(exponent))
        raise Undefined(f"{value} to the power {exponent} is not real")
    single = single_factor(form)
    if single is not None:
        atom, p, factor = single
        odd = p.denominator != 1 or p % 2 == 1
        if factor == 1 and (exponent.denominator == 1 or odd):
            return power_of(atom, tidy(p * exponent))
    return power_of(Atom("base", "", (), (form,)), exponent)


def single_factor(form: Form) -> tuple[Atom, Rational, Rational] | None:
    """The atom, its power and the coefficient of a form that is one atom's power times a number."""
    if len(form.terms) != 1:
        return None
    ((term, factor),) = form.terms.values()
    if term.bound or len(term.factors) != 1:
        return None
    ((atom, p),) = term.factors.values()
    return atom, p, factor


def expand(form: Form) -> Form:
    """The form with bases under powers >= 1 multiplied out."""
    if not any(_waits(atom, p) for term, _ in form.terms.values() for atom, p in term.factors.values()):
        return form
    return add(*(scale(_expanded(term), factor) for term, factor in form.terms.values()))


def _waits(atom: Atom, p: Rational) -> bool:
    return atom.kind == "base" and p >= 1


def _expanded(term: Term) -> Form:
    from verify.form.algebra import sum_over

    kept: Factors = {}
    made: list[Form] = []
    for key, (atom, p) in term.factors.items():
        if _waits(atom, p):
            whole = int(p)
            made.append(_whole(atom.forms[0], whole))
            if p != whole:
                kept[key] = (atom, p - whole)
        else:
            kept[key] = (atom, p)
    if not made:
        return Form({term.key: (term, 1)})
    rest = Term(frozenset(), kept)
    return expand(sum_over(multiply(Form({rest.key: (rest, 1)}), *made), *term.bound))


# ---------------------------------------------------------------------------- content


def content(form: Form) -> tuple[Rational, list[tuple[Atom, Rational]], Form]:
    """A positive number, atoms to powers, and the rest: their product is the form."""
    factor = _number_content(factor for _, factor in form.terms.values())
    shared = _shared_factors([term for term, _ in form.terms.values()])
    rest = scale(form, 1 / Fraction(factor))
    if shared:
        inverse = {atom.key: (atom, -p) for atom, p in shared}
        term = Term(frozenset(), inverse)
        rest = expand(multiply(rest, Form({term.key: (term, 1)})))
    return factor, shared, rest


def _number_content(factors: Iterable[Rational]) -> Rational:
    numbers = [Fraction(factor) for factor in factors]
    return tidy(Fraction(gcd(*(f.numerator for f in numbers)), lcm(*(f.denominator for f in numbers))))


def _shared_factors(terms: list[Term]) -> list[tuple[Atom, Rational]]:
    """For every atom outside of the bound indices its least power in all terms, where that is not 0."""
    found: dict[str, tuple[Atom, Rational]] = {}
    for position, term in enumerate(terms):
        outside = {
            key: (atom, p)
            for key, (atom, p) in term.factors.items()
            if atom.kind not in _NO_CONTENT and (not term.bound or atom.free.isdisjoint(term.bound))
        }
        if position == 0:
            found = outside
            continue
        for key in [*found, *outside]:
            atom = (found.get(key) or outside[key])[0]
            least = min(found[key][1] if key in found else 0, outside[key][1] if key in outside else 0)
            if least:
                found[key] = (atom, least)
            else:
                found.pop(key, None)
    return [found[key] for key in sorted(found)]


def leading_sign(form: Form) -> int:
    """1 or -1: the sign of the coefficient of the first term, in an order that does not look at index names."""
    first = min(form.terms, key=lambda key: (re.sub(r"%\d+", "%", key), key))
    return 1 if form.terms[first][1] > 0 else -1


# ---------------------------------------------------------------------------- numbers


def rational_power(value: Rational, exponent: Rational) -> Form:
    """A positive rational to a rational power, by small primes."""
    if value == 1:
        return ONE
    if exponent.denominator == 1:
        return number(Fraction(value) ** int(exponent))
    parts = [power_of(Atom("root", str(p)), tidy(k * exponent)) for p, k in prime_powers(value)]
    return multiply(*parts, ONE)


def prime_powers(value: Rational) -> list[tuple[int, int]]:
    """A positive rational as coprime integers > 1 to powers: primes where they are small, and what is left."""
    value = Fraction(value)
    above, below = _factored(value.numerator), _factored(value.denominator)
    return sorted([*above.items(), *((p, -k) for p, k in below.items())])


def _factored(value: int) -> dict[int, int]:
    found: dict[int, int] = {}
    divisor = 2
    while divisor < 1000 and divisor * divisor <= value:
        while value % divisor == 0:
            found[divisor] = found.get(divisor, 0) + 1
            value //= divisor
        divisor += 1 if divisor == 2 else 2
    if value > 1:
        root = isqrt(value)
        found[root if root * root == value else value] = 2 if root * root == value else 1
    return found


# ---------------------------------------------------------------------------- exp and log


def exponential(form: Form) -> Form:
    """exp of a form: one atom for each term, its coefficient the power."""
    split = by_cases(form, exponential)
    if split is not None:
        return split
    factors: Factors = {}
    made: list[Form] = []
    for term, factor in form.terms.values():
        single = single_factor(Form({term.key: (term, 1)}))
        if single is not None and single[0].kind == "kernel" and single[0].name == "log" and single[1] == 1:
            made.append(power(single[0].forms[0], factor))
            continue
        atom = Atom("exp", "", (), (Form({term.key: (term, 1)}),))
        join(factors, atom.key, atom, factor)
    term = Term(frozenset(), factors)
    return multiply(Form({term.key: (term, 1)}), *made)


def logarithm(form: Form) -> Form:
    """log of a form, split where the signs are known."""
    form = expand(form)
    split = by_cases(form, logarithm)
    if split is not None:
        return split
    if not form.terms:
        raise Undefined("the logarithm of an expression that is zero everywhere")
    factor, factors, rest = content(form)
    made = [scale(_log_atom(number(p)), k) for p, k in prime_powers(factor)]
    kept: list[Form] = []
    for atom, p in factors:
        if is_positive(power_of(atom)):
            made.append(scale(_log_of(atom), p))
        elif p.denominator == 1 and p % 2 == 0:
            made.append(scale(_log_atom(power_of(atom, 2)), Fraction(p, 2)))
        else:
            kept.append(power_of(atom, p))
    return add(*made, _log_rest(multiply(*kept, rest)))


def _log_of(atom: Atom) -> Form:
    """log of a positive atom."""
    if atom.kind == "exp":
        return atom.forms[0]
    return _log_atom(atom.forms[0] if atom.kind == "base" else power_of(atom))


def _log_rest(form: Form) -> Form:
    """log of a form without positive content."""
    value = constant_value(form)
    if value == 1:
        return ZERO
    if value is not None:
        raise Undefined(f"the logarithm of {value} is not real")
    single = single_factor(form)
    if single is not None:
        atom, p, factor = single
        if p.denominator != 1 or (p % 2 == 1 and p != 1):
            inner = atom.forms[0] if atom.kind == "base" else power_of(atom)
            return scale(_log_atom(scale(inner, factor)), p)
    return _log_atom(form)


def _log_atom(form: Form) -> Form:
    return power_of(Atom("kernel", "log", (), (form,)))


__all__ = [
    "UNIT", "content", "expand", "exponential", "leading_sign", "logarithm", "power", "prime_powers", "rational_power",
    "single_factor",
]  # fmt: skip
