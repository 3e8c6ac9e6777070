"""What a function holds constant is told, and refutes nothing."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg
import verify

X = np.array([0.3, 1.2, -0.7])


def detached(x):
    return (x * dg.exp(x).detach()).sum()


def unrecorded(x):
    with dg.no_grad():
        factor = dg.exp(x)
    return (factor * x).sum()


@dg.no_grad
def _factor(x):
    return dg.exp(x)


def decorated(x):
    return (_factor(x) * x).sum()


def switched(x):
    with dg.set_grad_enabled(False):
        factor = dg.exp(x)
    return (factor * x).sum()


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (detached, "detaches at test_constant.py:15"),
        *((f, "computes without recording") for f in (unrecorded, decorated, switched)),
    ],
)
def test_what_is_held_constant_is_not_refuted(f, what):
    result = verify.check(f, X)
    assert result.verdict.name == "UNDECIDED"
    assert not result.ok
    assert f"{f.__name__} holds constant what it {what}" in result.reason
    assert result.counterexample is None


def test_with_what_is_constant_as_an_argument_it_is_proved():
    result = verify.check(lambda x, factor: (x * factor).sum(), X, np.exp(X), wrt=0)
    assert result.verdict.name == "PROVED"


def test_what_makes_no_difference_is_no_matter():
    def shifted(x):
        top = dg.max(x).detach()
        with dg.no_grad():
            dg.exp(x)
        return dg.log(dg.sum(dg.exp(x - top))) + top

    assert verify.check(shifted, X).verdict.name == "PROVED"


def test_a_gradient_that_is_given_is_that_of_the_function():
    def f(x):
        return np.sum(x * np.exp(x))

    def held(x):
        t = dg.tensor(x, requires_grad=True)
        detached(t).backward()
        return t.grad.numpy()

    assert verify.check(f, X, grad=held).verdict.name == "REFUTED"


def test_nothing_stays_watched():
    before = dg.Tensor.detach, dg.no_grad.__enter__
    verify.check(detached, X)
    assert (dg.Tensor.detach, dg.no_grad.__enter__) == before


def test_a_wrong_rule_is_refuted_as_before():
    wrong = dg.op.pointwise("held_square", lambda x: x * x, [lambda y, x: 3 * x], lambda x: x * x)
    try:
        assert verify.check(lambda x: dg.sum(wrong(x)), X).verdict.name == "REFUTED"
    finally:
        dg.op.REGISTRY.pop("held_square", None)
