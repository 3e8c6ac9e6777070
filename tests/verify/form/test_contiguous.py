"""Hypergeometric functions by two of their class: Gauss's and Legendre's identities, held against numbers."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest

from verify.form.algebra import add, multiply, scale, subtract
from verify.form.construct import kernel
from verify.form.contiguous import NAME, by_contiguity
from verify.form.ladder import settled
from verify.form.power import power
from verify.form.setting import Budget, within
from verify.form.term import ONE, Atom, Source, number, power_of

X = power_of(Atom("cell", "", (), (), Source("x", ())))
HALF = Fraction(1, 2)


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget(seconds=20.0)):
        yield


def f(a, b, c):
    return kernel(NAME, number(a), number(b), number(c), X)


def k():
    return f(HALF, HALF, 1)


def e():
    return f(-HALF, HALF, 1)


REST = power(subtract(ONE, X), -1)
IDENTITIES = {
    "K'": subtract(scale(f(1 + HALF, 1 + HALF, 2), HALF), multiply(subtract(multiply(e(), REST), k()), power(X, -1))),
    "E'": add(scale(f(HALF, 1 + HALF, 2), HALF), multiply(subtract(e(), k()), power(X, -1))),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_derivatives_of_elliptic_integrals_in_both_ways(name):
    difference = IDENTITIES[name]
    assert settled(by_contiguity(difference)) is not None
    assert settled(difference) is None
    assert settled(by_contiguity(add(difference, scale(k(), Fraction(1, 1000))))) is None
    assert settled(by_contiguity(subtract(difference, multiply(e(), X)))) is None


def value(form, x):
    """A form in one entry, as a ball."""
    total = flint.arb(0)
    for term, factor in form.terms.values():
        product = flint.arb(factor.numerator) / flint.arb(factor.denominator)
        for atom, p in term.factors.values():
            inner = x
            if atom.kind == "base":
                inner = value(atom.forms[0], x)
            elif atom.kind == "kernel":
                a, b, c, z = (value(part, x) for part in atom.forms)
                inner = z.hypgeom_2f1(a, b, c)
            product *= inner ** int(p)
        total += product
    return total


@pytest.mark.parametrize("point", ["0.3", "-1.7"])
@pytest.mark.parametrize(
    "more", [(0, 1, 0), (2, 0, 0), (1, 1, 0), (0, 0, -1), (1, 0, -1), (2, 1, -1)], ids=lambda more: str(more)
)
def test_every_step_keeps_the_value(more, point):
    a, b, c = Fraction(1, 3) + more[0], Fraction(-3, 4) + more[1], Fraction(17, 5) + more[2]
    known = f(Fraction(1, 3), Fraction(-3, 4), Fraction(17, 5))
    beside = f(Fraction(4, 3), Fraction(-3, 4), Fraction(17, 5)), f(Fraction(1, 3), Fraction(1, 4), Fraction(12, 5))
    whole = add(f(a, b, c), multiply(X, known), *beside)
    lowered = by_contiguity(whole)
    assert lowered.key != whole.key
    x = flint.arb(point)
    assert abs(value(whole, x) - value(lowered, x)) < 1e-10


def test_what_differs_by_no_integer_stays():
    form = add(f(HALF, 1, 2), f(Fraction(1, 3), 1, 2), f(HALF, 2, Fraction(5, 2)))
    assert by_contiguity(form).key == form.key
