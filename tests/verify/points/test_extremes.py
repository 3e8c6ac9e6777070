"""Extreme inputs: what is only wrong far away is found, and saturation accuses nobody."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special as sc
from flint import arb

from verify import Verdict, check
from verify.points.agreement import Claim, Sides, status_of

X = np.array([0.3, -1.2])


def test_an_overflow_far_away_refutes():
    result = check(lambda x: sc.expit(x), X, grad=lambda x: np.exp(x) / (1 + np.exp(x)) ** 2)
    assert result.verdict is Verdict.REFUTED
    assert result.formula.verdict is Verdict.PROVED
    assert "extreme" in result.reason


def test_a_constant_lost_beside_a_large_number_refutes():
    def wrong(x):
        total = x + np.log(2.0)
        return 2 * np.exp(x - total)

    assert check(lambda x: x + np.log(2.0), 0.5, grad=wrong).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("f", "g"),
    [
        (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
        (np.tanh, lambda x: (1 - np.tanh(x)) * (1 + np.tanh(x))),
        (sc.expit, lambda x: sc.expit(x) * (1 - sc.expit(x))),
        (np.arctan, lambda x: 1 / (1 + x * x)),
    ],
    ids=["tanh", "tanh factored", "sigmoid", "arctan"],
)
def test_a_derivative_that_saturates_to_zero_is_not_accused(f, g):
    assert check(f, X, grad=g).verdict is Verdict.PROVED


def test_nor_is_one_that_saturates_at_a_random_point():
    rng = np.random.default_rng(0)
    A, X, W, V = (rng.normal(size=shape) for shape in ((5, 5), (5, 3), (3, 3), (3, 2)))

    def f(A, X, W, V):
        return np.sum(np.tanh(A @ np.maximum(A @ X @ W, 0) @ V) ** 2)

    def g(A, X, W, V):
        z = A @ X @ W
        h = np.maximum(z, 0)
        y = np.tanh(A @ h @ V)
        d = 2 * y * (1 - y**2)
        return (A @ X).T @ (A.T @ d @ V.T * (z > 0)), (A @ h).T @ d

    at = A, X, W / 2, V / 2
    assert check(f, *at, grad=g, wrt=(2, 3)).verdict is Verdict.PROVED
    assert check(f, *at, grad=lambda *at: (g(*at)[0], 0.999 * g(*at)[1]), wrt=(2, 3)).verdict is Verdict.REFUTED


def fill(x, v, index, w):
    out = x.copy()
    out[index] = v
    return float(np.sum(w * out))


def test_a_repeated_index_is_tried():
    x, w, index = np.arange(4.0) + 0.5, np.array([1.0, 2.0, 4.0, 8.0]), np.array([0, 2])
    wrong = check(fill, x, 0.7, index, w, wrt=1, grad=lambda x, v, index, w: np.sum(w[index]))
    assert wrong.verdict is Verdict.REFUTED
    assert "repeated" in wrong.reason
    right = check(fill, x, 0.7, index, w, wrt=1, grad=lambda x, v, index, w: np.sum(w[np.unique(index)]))
    assert right.ok


def test_an_exponent_of_zero_is_tried():
    def f(z, k, w):
        return float(np.sum(w * z ** k.astype(float)))

    at = (0.7, np.array([1, 2, 3]), np.array([0.25, 0.5, -0.75]))
    wrong = check(f, *at, wrt=0, grad=lambda z, k, w: np.sum(w * np.where(k == 0, 1, k) * z ** (k - 1.0)))
    assert wrong.verdict is Verdict.REFUTED
    assert check(f, *at, wrt=0, grad=lambda z, k, w: np.sum(w * k * z ** (k - 1.0))).ok


def pooled(x, w):
    n, m = len(x), len(w)
    return float(sum(w[i] * np.mean(x[i * n // m : -(-(i + 1) * n // m)]) for i in range(m)))


def test_two_sizes_are_tried_that_do_not_divide_each_other():
    def gradient(x, w, exact):
        n, m = len(x), len(w)
        r = np.zeros_like(x)
        for i in range(m):
            low, high = i * n // m, -(-(i + 1) * n // m)
            r[low:high] += w[i] / (high - low if exact else -(-n // m))
        return r

    at = (np.arange(6.0) + 0.5, np.array([1.0, 2.0, 4.0]))
    wrong = check(pooled, *at, wrt=0, grad=lambda x, w: gradient(x, w, False), budget=60)
    assert wrong.verdict is Verdict.REFUTED
    assert check(pooled, *at, wrt=0, grad=lambda x, w: gradient(x, w, True)).ok


def test_zero_to_a_power_that_moves_has_slope_zero():
    result = check(lambda x, b: np.sum(x**b), np.array([0.0, 2.0]), np.array([2.0, 0.5]), wrt=1,
                   grad=lambda x, b: np.where(x == 0, 0.0, x**b * np.log(np.where(x == 0, 1.0, x))))  # fmt: skip
    assert result.ok


def triplet(a, p, n):
    return np.maximum(np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + 1.0, 0.0).sum()


def test_digits_that_f_itself_loses_far_away_accuse_no_gradient_written_as_f_is():
    def gradient(a, p, n, sign=1.0):
        active = np.sum((a - p) ** 2, axis=1) - np.sum((a - n) ** 2, axis=1) + 1.0 > 0
        return sign * 2.0 * active[:, None] * (n - p)

    at = tuple(np.random.default_rng(1).normal(size=(3, 4, 2)))
    assert check(triplet, *at, wrt=0, grad=gradient).ok
    assert check(triplet, *at, wrt=0, grad=lambda a, p, n: gradient(a, p, n, -1.0)).verdict is Verdict.REFUTED


def mixture(means, x):
    return -sc.logsumexp(-0.5 * (x[:, None] - means) ** 2, axis=1).sum()


def test_data_that_no_one_has_accuses_no_likelihood():
    def gradient(means, x):
        apart = x[:, None] - means
        return -(sc.softmax(-0.5 * apart**2, axis=1) * apart).sum(axis=0)

    at = np.array([-1.0, 0.5]), np.array([0.3, 1.2, -0.7])
    assert check(mixture, *at, wrt=0, grad=gradient).verdict is Verdict.PROVED


def test_what_is_far_below_every_float_is_a_difference_only_where_everything_is():
    beside = np.array([arb(1), arb(0)], object), np.array([arb(1), arb((1, -(10**9)))], object)
    alone = np.array([arb(0)], object), np.array([arb((1, -(10**9)))], object)
    assert [status_of(Sides((a,), Claim((b,), True, {})), 128)[0] for a, b in (beside, alone)] == ["equal", "different"]


def test_a_slope_that_is_below_every_float_everywhere_is_still_missed_by_zero():
    result = check(lambda x: np.exp(-1e9 * x**2), 2.0, grad=lambda x: 0.0 * x)
    assert result.verdict is Verdict.REFUTED


def test_what_never_returns_for_large_numbers_is_not_called_with_them():
    result = check(lambda x: np.sum(sc.hyp1f1(1.5, 2.5, x)), X, grad=lambda x: 0.6 * sc.hyp1f1(2.5, 3.5, x))
    assert result.ok, str(result)
