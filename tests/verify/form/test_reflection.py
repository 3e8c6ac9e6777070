"""The gamma function and its derivative on either side of 0: what follows from recurrences and reflection, what not."""

from __future__ import annotations

import pytest

from verify.form.algebra import add, multiply, scale, subtract
from verify.form.construct import kernel, positive
from verify.form.power import power
from verify.form.reflection import zero_on_either_side
from verify.form.setting import Budget, within
from verify.form.term import ONE, Atom, Source, number, pattern, power_of

X = power_of(Atom("cell", "", (), (), Source("x", ())))
PI = power_of(Atom("constant", "π"))
ABOVE = positive(X)
BELOW = subtract(ONE, ABOVE)
KNOWN = frozenset({pattern(kernel("reciprocal_gamma", X)), pattern(X)})


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget()):
        yield


def gamma(form):
    return kernel("reciprocal_gamma", form)


def psi(form):
    return kernel("digamma", form)


def less(form):
    return subtract(form, X)


SINE, COSINE = kernel("sin", multiply(PI, X)), kernel("cos", multiply(PI, X))
TURNED = subtract(multiply(PI, X), scale(multiply(PI, kernel("floor", add(X, ONE))), 2))
IDENTITIES = {
    "a step above 0": multiply(ABOVE, subtract(gamma(add(X, ONE)), multiply(gamma(X), power(X, -1)))),
    "two steps of the logarithmic derivative": multiply(
        ABOVE, subtract(psi(add(X, number(2))), add(psi(X), power(X, -1), power(add(X, ONE), -1)))
    ),
    "the reflection below": multiply(BELOW, subtract(multiply(gamma(X), gamma(less(ONE)), PI), SINE)),
    "that of the logarithmic derivative": multiply(
        BELOW, subtract(subtract(psi(less(ONE)), psi(X)), multiply(PI, COSINE, power(SINE, -1)))
    ),
    "reflected and shifted": multiply(
        BELOW, subtract(multiply(gamma(less(number(2))), less(ONE), gamma(X), PI), SINE)
    ),
    "whole turns": multiply(BELOW, gamma(X), subtract(kernel("sin", TURNED), SINE)),
}  # fmt: skip


@pytest.mark.parametrize("name", IDENTITIES)
def test_what_holds_is_shown_and_what_is_near_it_is_not(name):
    difference = IDENTITIES[name]
    assert zero_on_either_side(difference, KNOWN)
    for side in (BELOW, ABOVE):
        assert not zero_on_either_side(add(difference, multiply(side, gamma(X))), KNOWN)


def test_a_reflection_is_not_used_above_0():
    """There sin(πx) may be 0."""
    difference = multiply(ABOVE, subtract(subtract(psi(less(ONE)), psi(X)), multiply(PI, COSINE, power(SINE, -1))))
    assert not zero_on_either_side(difference, KNOWN)


def test_nothing_is_used_where_poles_are_not_excluded():
    assert not zero_on_either_side(IDENTITIES["a step above 0"], frozenset())


def test_nothing_is_said_of_another_entry():
    """Of which it is not known that it is not 0."""
    other = power_of(Atom("cell", "", (), (), Source("y", ())))
    step = subtract(gamma(add(other, ONE)), multiply(gamma(other), power(other, -1)))
    assert not zero_on_either_side(multiply(ABOVE, gamma(X), step), KNOWN)


def test_half_a_turn_stays():
    half = subtract(multiply(PI, X), multiply(PI, kernel("floor", add(X, ONE))))
    assert not zero_on_either_side(multiply(BELOW, gamma(X), subtract(kernel("sin", half), SINE)), KNOWN)
