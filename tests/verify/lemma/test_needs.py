"""What a rule requires follows from what its op requires, by cases and by factors; and what resembles it does not."""

from __future__ import annotations

import pytest

from verify.form.algebra import multiply, subtract
from verify.form.construct import kernel, positive, vanishes
from verify.form.interpret import Requirement
from verify.form.power import power
from verify.form.setting import Budget, within
from verify.form.term import ONE, ZERO, Atom, Source, power_of
from verify.lemma import needs


def entry(name):
    return power_of(Atom("cell", "", (), (), Source(name, ())))


X, Y = entry("x"), entry("y")
REST = subtract(ONE, X)
PRODUCT = multiply(X, REST)
BELOW = subtract(ONE, positive(X))


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget()):
        yield


def need(form, relation="!= 0", path=ONE):
    return Requirement(form, relation, path)


@pytest.mark.parametrize(
    ("asked", "known", "follows"),
    [
        (need(PRODUCT), [need(X, "> 0"), need(REST, "> 0")], True),
        (need(PRODUCT), [need(X, "> 0")], False),
        (need(PRODUCT), [need(multiply(X, power(REST, -1)), "> 0")], True),
        (need(X), [need(multiply(X, Y))], True),
        (need(multiply(X, Y)), [need(X)], False),
        (need(subtract(X, Y)), [need(X), need(Y)], False),
        (need(X, "> 0"), [need(X)], False),
        (need(Y), [need(Y, "> 0", subtract(ONE, vanishes(X)))], False),
        (need(Y, "!= 0", subtract(ONE, vanishes(X))), [need(Y, "> 0", subtract(ONE, vanishes(X)))], True),
        (need(Y, "!= 0", vanishes(X)), [need(Y, "> 0", subtract(ONE, vanishes(X)))], False),
        (need(Y), [need(ZERO)], True),
        (need(multiply(REST, REST)), [need(REST, "> 0")], True),
        (need(Y, path=BELOW), [need(X, ">= 0"), need(X)], True),
        (need(Y, path=BELOW), [need(X, ">= 0")], False),
        (need(Y, path=positive(X)), [need(X, ">= 0"), need(X)], False),
        (need(kernel("reciprocal_gamma", REST), path=BELOW), [], True),
        (need(kernel("reciprocal_gamma", REST), path=positive(X)), [], False),
        (need(kernel("reciprocal_gamma", X), path=BELOW), [], False),
    ],
)
def test_what_follows(asked, known, follows):
    assert needs.follows(asked, known) is follows


def test_conditions_of_one_cell_are_not_used_in_the_other(monkeypatch):
    """Without the look at the path, a condition of one cell would be one of all."""
    asked, known = need(Y), [need(Y, "> 0", subtract(ONE, vanishes(X)))]
    assert not needs.follows(asked, known)
    monkeypatch.setattr(needs, "_where", lambda one, guard, value: need(one.form, one.relation))
    assert needs.follows(asked, known)
