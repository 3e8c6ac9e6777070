"""Ops of one's own in a certificate: their meaning is written out in it, and no change of that goes unnoticed."""

from __future__ import annotations

import copy
from fractions import Fraction

import numpy as np
import pytest

import dualgrad as dg
import verify
from dualgrad.op import REGISTRY, pointwise
from dualgrad.program.entry import kernel, positive, select
from verify.checker import check
from verify.proof.certificate import dumps
from verify.trusted import written
from verify.trusted.schema import parse

AT = np.array([0.3, 0.75, -2.4])


@pytest.fixture
def own():
    """Declares ops that are forgotten afterwards."""
    made = []

    def declare(name, *args, **kwargs):
        made.append(name)
        return pointwise(name, *args, **kwargs)

    yield declare
    for name in made:
        REGISTRY.pop(name, None)
        vars(dg).pop(name, None)


def root(own, factor=1):
    return own(
        "own_root",
        lambda x: np.sqrt(1 + x * x) - 1,
        partials=[lambda y, x: factor * x / np.sqrt(1 + x * x)],
        meaning=lambda x: (1 + x * x) ** Fraction(1, 2) - 1,
    )


def leaky(own, slope=0.0):
    return own(
        "own_leaky",
        lambda x, a: np.where(x > 0, x, a * x),
        partials=[lambda y, x, a: np.where(x > 0, 1.0, a), lambda y, x, a: np.where(x > 0, slope, x)],
        meaning=lambda x, a: select(positive(x), x, a * x),
    )


def certificate(op, *args):
    found = verify.check(lambda *given: (op(*given) ** 2).sum(), *args)
    assert found.verdict is verify.Verdict.PROVED, found.formula.reason
    return parse(dumps(found.formula.certificate))


def test_an_op_of_ones_own_is_proved(own):
    assert check(certificate(root(own), AT)).accepted


def test_that_it_computes_what_it_means_is_said_to_be_assumed(own):
    op = root(own)
    found = verify.check(lambda x: op(x).sum(), AT)
    assert "own_root computes what it is declared to mean" in found.formula.assumptions
    assert "assuming    own_root computes" in str(found)


def test_with_kinks_too(own):
    assert check(certificate(leaky(own), AT, 2 * AT)).accepted


def test_functions_and_several_of_them(own):
    soft = own(
        "own_soft",
        lambda x: x * np.tanh(np.log1p(np.exp(x))),
        partials=[
            lambda y, x: np.tanh(np.log1p(np.exp(x))) + x * (1 - np.tanh(np.log1p(np.exp(x))) ** 2) / (1 + np.exp(-x))
        ],
        meaning=lambda x: x * kernel("tanh", kernel("log", 1 + kernel("exp", x))),
    )
    first = root(own)
    assert check(certificate(lambda x: first(soft(x)), AT)).accepted


@pytest.mark.parametrize("factor", [2, -1])
def test_a_wrong_rule_is_refuted(own, factor):
    wrong = root(own, factor)
    assert verify.check(lambda x: wrong(x).sum(), AT).verdict is verify.Verdict.REFUTED


def test_a_meaning_that_is_not_what_is_computed_is_not_proved(own):
    """The rule fits the meaning, so the certificate is accepted; the second key looks at what the op computes."""
    other = own("own_other", lambda x: x**3, partials=[lambda y, x: 2 * x], meaning=lambda x: x * x)
    assert verify.check(lambda x: other(x).sum(), AT).verdict is not verify.Verdict.PROVED


def changed(original, change):
    data = copy.deepcopy(original)
    change(data)
    return check(data)


CHANGES = {
    "another exponent": lambda data, name: data["meanings"][name][1].__setitem__(2, "1/3"),
    "another number": lambda data, name: data["meanings"][name][1][1][1].__setitem__(1, "2"),
    "another operand": lambda data, name: data["meanings"][name][1][1][2].__setitem__(1, ["slot", 1]),
    "an unknown node": lambda data, name: data["meanings"].__setitem__(name, ["because", ["slot", 0]]),
    "an unknown function": lambda data, name: data["meanings"].__setitem__(name, ["function", "abs", ["slot", 0]]),
    "no meaning": lambda data, name: data["meanings"].pop(name),
    "a meaning of nothing": lambda data, name: data["meanings"].__setitem__("nothing", ["slot", 0]),
    "a condition left out": lambda data, name: data.__setitem__("conditions", []),
    "too long": lambda data, name: data["meanings"].__setitem__(name, ["plus", *[["slot", 0]] * 200]),
    "an op that has one": lambda data, name: [
        item.__setitem__("op", "exp") for item in data["F"]["equations"] if item["name"] == name
    ],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_changed_in_it_is_rejected(own, change):
    original = certificate(root(own), AT)
    (name,) = original["meanings"]
    assert not changed(original, lambda data: change(data, name)).accepted


def test_kinks_of_a_meaning_must_be_listed(own):
    original = certificate(leaky(own), AT, 2 * AT)
    assert not changed(original, lambda data: data.__setitem__("kinks", [])).accepted


def test_the_functions_of_meanings_are_in_the_table():
    from verify.trusted.pointwise import FLOATING

    assert set(FLOATING) >= written.FUNCTIONS


def test_nor_is_it_certified_for_its_meaning(own):
    other = own("own_other", lambda x: x**3, partials=[lambda y, x: 2 * x], meaning=lambda x: x * x)
    found = verify.check(lambda x: np.sin(other(x)).sum(), AT)
    assert found.verdict is verify.Verdict.REFUTED  # by differences of what is computed


def test_rounding_is_no_other_meaning(own):
    narrow = own("own_narrow", lambda x: x * x, partials=[lambda y, x: 2 * x], meaning=lambda x: x * x)
    assert verify.check(lambda x: narrow(x).sum(), AT.astype(np.float32)).ok
    assert verify.check(lambda x: narrow(x - 1e-8).sum(), AT * 1e8).ok


def test_nor_where_it_computes_something_else_far_from_the_arguments(own):
    bent = own(
        "own_bent",
        lambda x: np.where(x > 50, x * x, x),
        partials=[lambda y, x: np.ones_like(x)],
        meaning=lambda x: 1 * x,
    )
    found = verify.check(lambda x: bent(x).sum(), AT)
    assert found.verdict is not verify.Verdict.PROVED
    assert "own_bent computes something else than it is declared to mean" in found.reason
