"""Long gradients written by hand: a certificate follows the chain rule from one adjoint that G has to the next."""

import copy
from itertools import pairwise

import numpy as np
import pytest

import dualgrad as dg
from verify import Verdict, check
from verify.checker import check as accepted

rng = np.random.default_rng(3)


def network(x, *weights):
    for weight in weights:
        x = np.tanh(weight @ x)
    return np.sum(x)


def backpropagation(x, *weights, slope=lambda h: 1 - h**2):
    values = [x]
    for weight in weights:
        values.append(np.tanh(weight @ values[-1]))
    bar, gradients = np.ones_like(values[-1]), []
    for k in range(len(weights) - 1, -1, -1):
        bar = bar * slope(values[k + 1])
        gradients.append(np.outer(bar, values[k]))
        bar = weights[k].T @ bar
    return tuple(reversed(gradients))


def recurrent(W, U, x, h):
    for t in range(len(x)):
        h = np.tanh(W @ h + U @ x[t])
    return np.sum(h**2)


def through_time(W, U, x, h, transposed=lambda t, W: W.T):
    states = [h]
    for t in range(len(x)):
        states.append(np.tanh(W @ states[-1] + U @ x[t]))
    dW, bar = np.zeros_like(W), 2 * states[-1]
    for t in reversed(range(len(x))):
        inner = bar * (1 - states[t + 1] ** 2)
        dW += np.outer(inner, states[t])
        bar = transposed(t, W) @ inner
    return dW


def of_network(depth, gradient=backpropagation):
    args = (rng.normal(size=4), *(rng.normal(size=(4, 4)) for _ in range(depth)))
    return check(network, *args, grad=gradient, wrt=tuple(range(1, depth + 1)))


def of_recurrent(steps, gradient=through_time):
    args = (rng.normal(size=(3, 3)), rng.normal(size=(3, 2)), rng.normal(size=(steps, 2)), rng.normal(size=3))
    return check(recurrent, *args, grad=gradient, wrt=0)


@pytest.mark.parametrize("depth", [3, 8])
def test_backpropagation_by_hand_is_proved_for_every_size(depth):
    result = of_network(depth)
    assert result.verdict is Verdict.PROVED, result.reason
    assert result.formula.sizes.startswith("every")


@pytest.mark.parametrize("steps", [2, 6])
def test_backpropagation_through_time_is_proved(steps):
    assert of_recurrent(steps).verdict is Verdict.PROVED


def test_one_wrong_step_of_many_is_refuted():
    wrong_slope = of_network(8, lambda *args: backpropagation(*args, slope=lambda h: 1 - h**2 * (1 + 1e-9)))
    wrong_step = of_recurrent(10, lambda *args: through_time(*args, transposed=lambda t, W: W.T if t != 4 else W))
    assert wrong_slope.verdict is wrong_step.verdict is Verdict.REFUTED


@pytest.fixture(scope="module")
def certificate():
    told = of_recurrent(8).formula.certificate
    assert told["hints"]["chain"]
    return told


def test_an_adjoint_that_is_not_named_is_made_by_the_rule(certificate):
    fewer = copy.deepcopy(certificate)
    named = fewer["hints"]["chain"]["adjoints"]
    left_out = next(name for name in named if name not in fewer["claim"]["wrt"])
    del named[left_out]
    assert accepted(certificate).accepted
    assert accepted(fewer).accepted


def test_another_adjoint_than_the_one_of_a_variable_is_refused(certificate):
    names = [name for name in certificate["hints"]["chain"]["adjoints"] if name not in certificate["claim"]["wrt"]]
    for name, other in pairwise(names):
        wrong = copy.deepcopy(certificate)
        adjoints = wrong["hints"]["chain"]["adjoints"]
        adjoints[name] = adjoints[other]
        assert certificate["hints"]["chain"]["adjoints"][name] == adjoints[name] or not accepted(wrong).accepted


def test_a_change_of_either_program_is_refused(certificate):
    for program in ("F", "G"):
        for place, item in enumerate(certificate[program]["equations"]):
            if item["op"] in ("add", "multiply"):
                wrong = copy.deepcopy(certificate)
                wrong[program]["equations"][place]["op"] = {"add": "multiply", "multiply": "add"}[item["op"]]
                assert not accepted(wrong).accepted, (program, item)


def test_without_a_claimed_argument_a_chain_is_refused(certificate):
    wrong = copy.deepcopy(certificate)
    del wrong["hints"]["chain"]["adjoints"]["W"]
    assert not accepted(wrong).accepted


def test_positions_one_by_one_are_followed_by_the_chain_rule():
    """The whole at once would be a sum over all positions, each with a relation, to be multiplied out."""
    labels = rng.integers(0, 10, 32)

    def f(z):
        return dg.cross_entropy(z, labels)

    result = check(f, rng.standard_normal((32, 10)), grad=dg.grad(f))
    assert result.verdict is Verdict.PROVED, result.formula.reason
    assert accepted(result.formula.certificate).steps < 2000
