"""Pairs are looked for among arrays with an adjoint's values, and proved: values alone show nothing."""

import numpy as np
import pytest

import dualgrad as dg
from verify import Verdict, check

rng = np.random.default_rng(5)


def layers(activation):
    def network(x, *weights):
        for weight in weights:
            x = activation(weight @ x)
        return np.sum(x**2)

    return network


def by_hand(activation, slope):
    def gradient(x, *weights):
        values, inner = [x], []
        for weight in weights:
            inner.append(weight @ values[-1])
            values.append(activation(inner[-1]))
        bar, gradients = 2 * values[-1], []
        for k in range(len(weights) - 1, -1, -1):
            bar = bar * slope(inner[k], values[k + 1])
            gradients.append(np.outer(bar, values[k]))
            bar = weights[k].T @ bar
        return tuple(reversed(gradients))

    return gradient


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


SLOPES = {
    "sigmoid": (sigmoid, lambda z, h: h * (1 - h), lambda z, h: h * (1 - h) * (1 + 1e-12 * h)),
    "silu": (lambda z: z * sigmoid(z), lambda z, h: sigmoid(z) * (1 + z * (1 - sigmoid(z))),
             lambda z, h: sigmoid(z) * (1 + z * (1 - sigmoid(z) ** 2))),
    "softplus": (lambda z: np.logaddexp(0, z), lambda z, h: sigmoid(z), lambda z, h: sigmoid(h)),
    "relu": (lambda z: np.maximum(z, 0), lambda z, h: z > 0, lambda z, h: z > 0.25),
}  # fmt: skip


def asked(name, gradient, depth=5):
    activation = SLOPES[name][0]
    args = (rng.normal(size=4), *(rng.normal(size=(4, 4)) / 2 for _ in range(depth)))
    return check(layers(activation), *args, grad=by_hand(activation, gradient), wrt=tuple(range(1, depth + 1)))


@pytest.mark.parametrize("name", SLOPES)
def test_a_slope_in_terms_of_the_result_is_proved_layer_by_layer(name):
    result = asked(name, SLOPES[name][1])
    assert result.formula.verdict is Verdict.PROVED, result.formula.reason


@pytest.mark.parametrize("name", SLOPES)
def test_a_wrong_slope_passes_nowhere(name):
    assert not asked(name, SLOPES[name][2]).ok


def test_pairs_are_found_in_single_precision():
    def f(x):
        h = np.exp(np.sin(x)) * x
        for _ in range(4):
            h = np.tanh(h) * np.cos(h)
        return np.sum(h)

    x = rng.uniform(0.5, 1.5, 10)
    wide, narrow = (check(f, at, grad=dg.grad(f)) for at in (x, x.astype(np.float32)))
    assert "opaque" in wide.formula.method
    assert wide.formula.method == narrow.formula.method
