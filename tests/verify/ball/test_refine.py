"""Doubling the precision."""

import numpy as np
from flint import arb

from verify.ball.read import gradient
from verify.ball.refine import HOPELESS, LIMIT, refine


def refined(case, bits=80):
    used = []

    def compute(precision):
        used.append(precision)
        return gradient(case.program, case.wrt, case.inputs, case.sizes, precision)

    return refine(compute, bits).arrays, used


def test_an_easy_point_needs_one_reading(recorded):
    (found,), used = refined(recorded(lambda x: np.sum(np.exp(x)), np.array([1.5])))
    assert used == [128]
    assert found[0].rel_accuracy_bits() > 80


def test_cancellation_needs_more_bits_and_gets_them(recorded):
    x = np.array([100.0])
    (found,), used = refined(recorded(lambda x: np.sum(np.log(np.exp(x) + 1) - x), x))
    assert used[-1] > 128
    assert found[0].overlaps(-1 / (1 + arb(100).exp()))
    assert found[0].rel_accuracy_bits() > 80


def test_a_hidden_zero_is_enclosed_next_to_nothing(recorded):
    x = np.array([0.3, 1.7])
    (found,), used = refined(recorded(lambda x: np.sum(np.exp(x) / np.sum(np.exp(x))), x))
    assert all(ball.contains(0) and abs(ball) < 1e-300 for ball in found)
    assert used[-1] <= LIMIT


def test_what_more_bits_cannot_improve_is_given_up(recorded):
    (found,), used = refined(recorded(lambda x: np.sum(np.sqrt(x)), np.array([0.0, 1.0])))
    assert used[-1] == HOPELESS
    assert not found[0].is_finite()
    assert found[1] == 0.5
