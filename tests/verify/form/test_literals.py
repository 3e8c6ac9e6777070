"""Float literals: exactly, as decimals, as named constants."""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import pytest

from verify.form.literals import named_digits, read
from verify.form.setting import Undefined
from verify.form.term import constant_value


def value(form):
    """A constant form in ball arithmetic."""
    total = flint.arb(0)
    for term, factor in form.terms.values():
        part = flint.arb(factor.numerator) / factor.denominator
        for atom, p in term.factors.values():
            part *= atom_value(atom) ** (flint.arb(p.numerator) / p.denominator)
        total += part
    return total


def atom_value(atom):
    match atom.kind:
        case "constant":
            return flint.arb.pi()
        case "root":
            return flint.arb(int(atom.name))
        case "base":
            return value(atom.forms[0])
        case "exp":
            return value(atom.forms[0]).exp()
    assert atom.name == "log"
    return value(atom.forms[0]).log()


@pytest.mark.parametrize("digits", named_digits())
def test_named_constants_are_what_their_digits_say(digits):
    old = flint.ctx.prec
    flint.ctx.prec = 160
    try:
        difference = value(named_digits()[digits]) - flint.arb(digits)
        assert abs(difference) < flint.arb("1e-28")
    finally:
        flint.ctx.prec = old


@pytest.mark.parametrize("number", [math.sqrt(2 * math.pi), math.sqrt(math.pi), 1 / math.sqrt(2), 1 / math.log(10)])
def test_what_floats_make_of_a_named_constant_is_that_constant(number):
    assert abs(float(value(read(number, "named"))) - number) <= math.ulp(number)
    assert constant_value(read(number, "named")) is None
    assert constant_value(read(number, "decimal")) == Fraction(repr(number))


def test_readings():
    assert constant_value(read(0.1, "exact")) == Fraction(0.1)
    assert constant_value(read(0.1, "decimal")) == Fraction(1, 10)
    assert constant_value(read(0.1, "named")) == Fraction(1, 10)
    assert constant_value(read(3.141592653589793, "named")) is None
    assert constant_value(read(3.14159, "named")) == Fraction(314159, 100000)
    assert constant_value(read(2.0004, "named")) == Fraction(20004, 10000)
    assert constant_value(read(Fraction(1, 3), "decimal")) == Fraction(1, 3)
    assert constant_value(read(True, "exact")) == 1


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_has_no_form(number):
    with pytest.raises(Undefined):
        read(number, "exact")
