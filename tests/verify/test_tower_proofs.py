"""Gradients that need the kernel tower, in the proof or in its certificate: PROVED, and wrong ones not."""

import json

import numpy as np
import pytest

from verify import Verdict, check, checker
from verify.proof.certificate import dumps

x = np.array([0.7, -1.3, 2.1, 0.4])
y = np.array([0.3, 0.6, 0.8, 0.1])
z = np.array([1.3, 0.9, 2.5, 0.4])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.sum(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def by_cases(x):
    e = np.exp(-np.abs(x))
    return np.where(x > 0, 1 / (1 + e), e / (1 + e))


def cross_entropy(x, y):
    return np.sum(np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x))))


def huber(x):
    return np.sum(np.where(np.abs(x) < 1, 0.5 * x * x, np.abs(x) - 0.5))


def ratio(x, y):
    return np.sum(np.log(x**2 * y / (x + y)))


# name: f, the right gradient, a wrong one, arguments
CASES = {
    "softplus": (softplus, sigmoid, lambda x: sigmoid(-x), (x,)),
    "softplus by cases": (lambda x: np.sum(np.log(1 + np.exp(x))), by_cases, lambda x: by_cases(2 * x), (x,)),
    "cross entropy": (cross_entropy, lambda x, y: sigmoid(x) - y, lambda x, y: sigmoid(x) - 2 * y, (x, y)),
    "huber": (huber, lambda x: np.clip(x, -1, 1), lambda x: np.clip(x, -1, 1.001), (x,)),
    "root of a square": (lambda x: np.sum(np.sqrt(x * x)), np.sign, lambda x: np.ones_like(x), (x,)),
    "log of a ratio": (ratio, lambda x, y: 2 / x - 1 / (x + y), lambda x, y: 2 / x + 1 / (x + y), (z, y)),
    "double angle": (lambda x: np.sum(np.sin(x) ** 2), lambda x: np.sin(2 * x), lambda x: np.sin(x), (x,)),
    "logaddexp and tanh": (
        lambda x: np.sum(np.logaddexp(0, x)),
        lambda x: 0.5 * (1 + np.tanh(x / 2)),
        lambda x: 0.5 * (1 + np.tanh(x)),
        (x,),
    ),
    "log cosh": (lambda x: np.sum(x + np.log1p(np.exp(-2 * x))), np.tanh, lambda x: np.tanh(x) ** 2, (x,)),
}


@pytest.mark.parametrize("name", CASES)
def test_proved_for_every_size(name):
    f, g, _, args = CASES[name]
    result = check(f, *args, grad=g, wrt=0)
    assert result.formula.verdict is Verdict.PROVED, str(result)
    assert result.formula.sizes.startswith("every n >= 1"), result.formula.sizes


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_one_is_refuted(name):
    f, _, g, args = CASES[name]
    assert check(f, *args, grad=g, wrt=0).verdict is Verdict.REFUTED


def test_hessian_of_a_norm():
    def hess(x):
        r = np.sqrt(x @ x)
        return np.eye(len(x)) / r - np.outer(x, x) / r**3

    result = check(lambda x: np.sqrt(np.sum(x * x)), x, hess=hess)
    assert result.formula.verdict is Verdict.PROVED, str(result)


def test_hints_are_needed_and_belong_to_their_claim():
    certificate = json.loads(dumps(check(softplus, x, grad=sigmoid).formula.certificate))
    assert checker.check(certificate).accepted
    assert not checker.check({**certificate, "hints": {}}).accepted
    other = json.loads(dumps(check(huber, x, grad=CASES["huber"][1]).formula.certificate))
    assert not checker.check({**certificate, "hints": other["hints"]}).accepted


def test_what_has_no_recording_for_every_size_is_proved_for_those_run():
    def even(x):
        g = np.zeros_like(x)
        g[::2] = 2 * x[::2]
        return g

    formula = check(lambda x: np.sum(x[::2] ** 2), x, grad=even).formula
    assert formula.verdict is Verdict.PROVED
    assert formula.sizes.startswith("the sizes run")
