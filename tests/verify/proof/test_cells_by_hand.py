"""Gated cells and batch norm by hand: gradients that read what f computes beside its results, from a state of zeros."""

import numpy as np
import pytest

from verify import Verdict, check

rng = np.random.default_rng(3)
STEPS = 4


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def run(wz, wr, wh, xs):
    state, kept = np.zeros(3), []
    for t in range(STEPS):
        z, r = sigmoid(wz @ state + xs[t]), sigmoid(wr @ state + xs[t])
        new = np.tanh(wh @ (r * state) + xs[t])
        kept.append((state, z, r, new))
        state = (1 - z) * state + z * new
    return state, kept


def gated(wz, wr, wh, xs):
    return np.sum(run(wz, wr, wh, xs)[0] ** 2)


def through_gates(wz, wr, wh, xs, wrong=-1):
    state, kept = run(wz, wr, wh, xs)
    bar, gz, gr, gh = 2 * state, np.zeros_like(wz), np.zeros_like(wr), np.zeros_like(wh)
    for t in reversed(range(STEPS)):
        state, z, r, new = kept[t]
        dz = bar * (new - state) * z * (1 - z)
        dh = bar * z * (1 - new**2)
        inner = wh.T @ dh
        dr = inner * state * r * (1 - r if t != wrong else 1 - z)
        gz, gr, gh = gz + np.outer(dz, state), gr + np.outer(dr, state), gh + np.outer(dh, r * state)
        bar = bar * (1 - z) + inner * r + wz.T @ dz + wr.T @ dr
    return gz, gr, gh


def normed(x):
    apart = x - x.mean(axis=0)
    spread = np.sqrt((apart**2).mean(axis=0) + 1e-5)
    return apart / spread, spread


def layers(x, a, b, c):
    for weight in (a, b):
        x = np.maximum(normed(x @ weight)[0], 0)
    return np.sum((x @ c) ** 2) / 2


def through_norms(x, a, b, c, mean=1.0):
    n1, s1 = normed(x @ a)
    h1 = np.maximum(n1, 0)
    n2, s2 = normed(h1 @ b)
    h2 = np.maximum(n2, 0)
    out = h2 @ c

    def back(bar, n, s):
        return (bar - bar.mean(axis=0) - mean * n * (bar * n).mean(axis=0)) / s

    d2 = back((out @ c.T) * (n2 > 0), n2, s2)
    d1 = back((d2 @ b.T) * (n1 > 0), n1, s1)
    return x.T @ d1, h1.T @ d2, h2.T @ out


def of_gates(gradient):
    return check(gated, *(rng.normal(size=(3, 3)) / 2 for _ in range(3)), rng.normal(size=(STEPS, 3)),
                 grad=gradient, wrt=(0, 1, 2))  # fmt: skip


def of_norms(gradient):
    shapes = ((5, 3), (3, 4), (4, 4), (4, 2))
    return check(layers, *(rng.normal(size=shape) for shape in shapes), grad=gradient, wrt=(1, 2, 3))


@pytest.mark.parametrize(("asked", "gradient"), [(of_gates, through_gates), (of_norms, through_norms)])
def test_it_is_proved(asked, gradient):
    result = asked(gradient)
    assert result.formula.verdict is Verdict.PROVED, result.formula.reason


def test_a_wrong_one_passes_nowhere():
    assert not of_gates(lambda *args: through_gates(*args, wrong=2)).ok
    assert not of_norms(lambda *args: through_norms(*args, mean=1 + 1e-9)).ok
    assert not of_norms(lambda *args: through_norms(*args, mean=0)).ok
