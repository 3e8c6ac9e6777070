"""What expressions tend to where an entry becomes 0; and where no limit is claimed."""

from __future__ import annotations

from fractions import Fraction

import pytest

from verify.form.algebra import add, multiply, scale, subtract, sum_over
from verify.form.construct import kernel, positive, vanishes
from verify.form.ladder import settled
from verify.form.limits import is_removable, limit, unsummed
from verify.form.power import power
from verify.form.setting import Budget, within
from verify.form.term import ONE, Atom, Source, number, power_of

CELL = Atom("cell", "", (), (), Source("x", ()))
X, Y = power_of(CELL), power_of(Atom("cell", "", (), (), Source("y", (), "positive")))
EXP, LOG = kernel("exp", X), kernel("log", add(ONE, multiply(X, Y)))


def over(form, order):
    return multiply(form, power(X, -order))


LIMITS = {
    "a value": (add(EXP, Y), add(ONE, Y)),
    "a slope": (over(subtract(EXP, ONE), 1), ONE),
    "a second slope": (over(subtract(subtract(EXP, ONE), X), 2), number(Fraction(1, 2))),
    "poles that cancel": (subtract(over(EXP, 1), over(ONE, 1)), ONE),
    "of the others": (over(LOG, 1), Y),
    "inside of an exponential": (kernel("exp", over(LOG, 1)), kernel("exp", Y)),
    "a sine": (over(kernel("sin", X), 1), ONE),
    "a zero": (multiply(X, EXP), number(0)),
    "an exponential and more": (subtract(kernel("exp", over(LOG, 1)), ONE), subtract(kernel("exp", Y), ONE)),
}
NONE = {
    "a pole": over(EXP, 1),
    "a pole of others": over(Y, 2),
    "one order too few": over(subtract(EXP, ONE), 2),
    "a logarithm": kernel("log", multiply(X, X)),
    "a root": over(power(add(multiply(X, X), Y), Fraction(1, 2)), 1),
    "a step": positive(X),
    "a floor": kernel("floor", X),
    "a function with a pole there": kernel("exponential_integral", X),
    "an essential singularity": kernel("exp", power(X, -1)),
}


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget()):
        yield


@pytest.mark.parametrize("name", LIMITS)
def test_what_an_expression_tends_to(name):
    form, expected = LIMITS[name]
    found = limit(form, CELL)
    assert found is not None
    assert settled(subtract(found, expected)) is not None
    assert settled(subtract(found, add(expected, number(Fraction(1, 97))))) is None


@pytest.mark.parametrize("form", NONE.values(), ids=NONE)
def test_where_no_limit_is_claimed(form):
    assert limit(form, CELL) is None


def told_apart(at_zero, elsewhere):
    return add(multiply(vanishes(X), at_zero), multiply(subtract(ONE, vanishes(X)), elsewhere))


@pytest.mark.parametrize(
    ("at_zero", "elsewhere", "removable"),
    [
        (ONE, over(subtract(EXP, ONE), 1), True),
        (number(2), over(subtract(EXP, ONE), 1), False),
        (number(0), over(EXP, 1), False),
        (Y, over(LOG, 1), True),
        (scale(Y, 2), over(LOG, 1), False),
    ],
)
def test_a_value_that_is_what_the_rest_tends_to_is_removable(at_zero, elsewhere, removable):
    assert is_removable(told_apart(at_zero, elsewhere)) is removable


def test_sums_over_the_same_indices_are_taken_apart():
    from dualgrad.program.entry import Index
    from verify.form.linear import of_index

    i, j = Index("i", 3), Index("j", 3)
    source = Source("z", (3,))
    first, second = (sum_over(power_of(Atom("cell", "", (of_index(k),), (), source)), k) for k in (i, j))
    a, b = unsummed(first, second)
    assert subtract(a, b).terms == {}
    assert not any(term.bound for term, _ in a.terms.values())
    assert unsummed(first, X) == [first, X]
