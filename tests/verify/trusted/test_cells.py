"""A guard beside a function that holds it: what is the same where the guard holds, and where it does not."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg
from verify.campaign.subjects import certificate_of
from verify.checker import Judge, check
from verify.trusted.cells import guards, total
from verify.trusted.terms import UNITY, poly

x = np.array([-1.5, -0.2, -2.9])


@pytest.fixture
def w():
    return Judge({"n": 1}, [], set(), {"x"})


def entry(w):
    return w.atom("input", "x", (w.index(poly("n")),))


def test_in_the_cell_of_a_guard_a_function_has_the_argument_that_it_has_there(w):
    u = entry(w)
    guard = w.positive(u)
    where = w.mul(guard, u) + (UNITY - guard) * 3  # u where u > 0, else 3
    for kind in ("exp", "sin", "erf"):
        assert w.mul(guard, w.function(kind, where)) == w.mul(guard, w.function(kind, u))
        assert w.mul(guard, w.function(kind, where)) != w.mul(guard, w.function(kind, UNITY * 3))
        assert w.function(kind, where) != w.function(kind, u)


def test_nothing_is_said_of_a_function_that_has_no_value_beside_the_cell(w):
    """[u > 0] / u is no product of [u > 0] and 1/u where u is 0, and clearing denominators would forget that."""
    u = entry(w)
    guard = w.positive(u)
    where = w.mul(guard, u) + (UNITY - guard) * 3
    for singular in (w.power(where, -1), w.log(where), w.exp(w.power(where, -1))):
        (atom,) = {atom for term in singular for atom, _ in term[1]}
        assert guards(atom) and not total(atom)
        assert w.mul(guard, singular) != w.mul(guard, w.rebuilt(atom, lambda form: u, atom.args))


def test_another_guard_says_nothing(w):
    u, v = entry(w), w.atom("input", "x", ())
    where = w.mul(w.positive(u), u) + (UNITY - w.positive(u)) * 3
    assert w.mul(w.positive(v), w.exp(where)) != w.mul(w.positive(v), w.exp(u))


def test_an_odd_function_and_its_inverse(w):
    u = entry(w)
    for v in (u, UNITY - w.exp(u) * 2):
        assert w.function("erfinv", v * -1) == w.function("erfinv", v) * -1
        assert w.function("erf", w.function("erfinv", v)) == v
        assert w.function("erf", w.function("erfinv", v) * -1) == v * -1
        assert w.function("erf", w.function("erfinv", v) * 2) != v * 2


def by_cases(x):
    return np.where(x > -1, np.exp(np.sin(np.where(x > -1, x, 5.0))), np.exp(np.sin(x))) * np.cos(x)


WRONG = {
    "one case": lambda x: np.exp(np.sin(np.where(x > -1, x, 5.0))) * np.cos(x),
    "exchanged": lambda x: np.where(x > -1, np.exp(np.sin(np.where(x > -1, 5.0, x))), np.exp(np.sin(x))) * np.cos(x),
    "another guard": lambda x: np.where(x > -1, np.exp(np.sin(np.where(x > 0, x, 5.0))), np.exp(np.sin(x))) * np.cos(x),
}


def test_a_slope_that_is_taken_by_cases():
    f = lambda x: np.sum(np.exp(np.sin(x)))  # noqa: E731
    assert check(certificate_of(f, (x,), by_cases)).accepted
    for wrong in WRONG.values():
        assert not check(certificate_of(f, (x,), wrong)).accepted
    assert check(certificate_of(dg.special.ndtri_exp, (x,), chain=True)).accepted
