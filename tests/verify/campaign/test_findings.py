"""Every false verdict that a campaign found, in the smallest form that shows it."""

from __future__ import annotations

import gc
import sys
import time
import warnings

import numpy as np
import pytest

import verify
from verify.fault import Fault
from verify.points.look import Point, look
from verify.points.rounding import ties
from verify.question.ask import pose
from verify.verdict import Verdict


def test_a_guard_on_its_boundary_everywhere_does_not_certify_what_was_compared_in_floats_only():
    """``x < x`` is on its boundary at every point: the programs are not compared there, only numbers are."""

    def f(x):
        return np.tanh(np.where(x < x, x, x))

    def slightly_off(x):
        return (1 - np.tanh(x) ** 2) * 1.000000000001

    result = verify.check(f, np.array([[0.3, -1.2], [1.1, 0.7]]), grad=slightly_off)
    assert not result.ok
    assert result.formula.verdict is not Verdict.CERTIFIED


def test_a_small_derivative_beside_a_large_one_is_not_taken_for_zero_at_a_kink():
    """3 x² is 3e-18 at 1e-9, beside 27 at 3: where other entries lie on a guard it was said to be 0."""

    def f(x):
        return np.abs(np.maximum(x**3, 0))

    def right(x):
        return np.where(x > 0, 3 * x**2, 0.0)

    result = verify.check(f, np.array([[0.3, -1.2], [1.1, 0.7]]), grad=right)
    assert result.ok, result.reason


def test_a_gradient_of_single_precision_arguments_in_a_double_array_is_judged_in_single_precision():
    """An array made by np.zeros holds doubles; what is written into it was computed with floats."""

    def f(x, y):
        return np.sum(x) * y[1]

    def right(x, y):
        last = np.zeros(y.shape)
        last[1] = np.sum(x)
        return np.broadcast_to(y[1], x.shape), last

    x, y = (np.array(values, dtype=np.float32) for values in ([0.1, 1.7, -2.3, 0.9], [1.3, -0.4, 0.2]))
    result = verify.check(f, x, y, grad=right)
    assert result.ok, result.reason


def test_a_gradient_that_rounds_to_single_precision_on_the_way_is_not_certified_in_balls():
    """The cast was read as no change at all, and 24 digits were certified of what has seven."""

    def f(x):
        return np.arctan(x**2 - 2.25).sum()

    def rounded(x):
        return (2 * x / (1 + (x**2 - 2.25) ** 2)).astype(np.float32).astype(np.float64)

    result = verify.check(f, np.array([0.56079318, -0.14547929, 0.72200243]), grad=rounded)
    assert not result.ok


def test_differences_do_not_agree_to_an_error_that_they_cannot_see():
    """Nothing but differences can be had here, and they were said to agree with an error of 1e-8."""

    def f(x):
        value = float(repr(float(x)))
        return np.sinh(value)

    def slightly_off(x):
        return np.cosh(float(repr(float(x)))) * 1.00000001

    assert not verify.check(f, -1.2239666739898358, grad=slightly_off).ok


def test_an_alarm_that_rings_in_a_callback_of_the_garbage_collector_is_repeated(monkeypatch):
    """What is raised there is printed and forgotten; the budget was then no bound at all."""
    rung = []

    def once(phase, info):
        if not rung:
            rung.append(phase)
            while True:
                pass

    def f(x):
        gc.callbacks.append(once)
        try:
            gc.collect()
            while True:
                pass
        finally:
            gc.callbacks.remove(once)

    monkeypatch.setattr(sys, "unraisablehook", lambda *_: None)
    started = time.monotonic()
    result = verify.check(f, 1.0, grad=lambda x: x, budget=0.5)
    assert result.verdict is Verdict.UNDECIDED
    assert "budget" in result.reason
    assert time.monotonic() - started < 30


def test_a_tie_that_rounding_makes_beside_a_boundary_is_a_kink_and_no_wrong_number():
    """Beside the tie 0.1 - x is one number for several x: the weights of the minimum are split, as by every program."""

    def f(x):
        v = 0.1 - x
        return np.sum(v + np.min(v, axis=1, keepdims=True))

    def right(x):
        v = 0.1 - x
        least = v == np.min(v, axis=1, keepdims=True)
        return -(1 + x.shape[1] * least / np.sum(least, axis=1, keepdims=True))

    given = np.random.default_rng(3).uniform(-1, 1, (4, 2))
    result = verify.check(f, given, grad=right, budget=30)
    assert result.verdict is not Verdict.REFUTED, result.reason


def test_ties_in_floats_are_seen_and_nothing_else():
    def f(x):
        return np.sum(np.max(0.1 - x, axis=0)) + np.sum(np.abs(x))

    def tied_at(values):
        return ties(look(problem, Point("here", {0: np.array(values)}), None))

    problem = pose(f, (np.ones((2, 2)),), "grad", None, 0, None)
    assert tied_at([[1e-19, 2.0], [2e-19, 3.0]])
    assert not tied_at([[0.1, 2.0], [0.2, 3.0]])
    assert tied_at([[0.0, 1.0], [2.0, 3.0]])


def test_rounding_that_is_left_of_terms_that_cancel_is_no_wrong_number_where_f_is_only_run():
    """The entries of a softmax sum to 1: the slope is 0, and 1e-17 is returned for it."""

    def f(x):
        e = np.exp(np.array([float(repr(v)) for v in x.tolist()]))
        return np.sum(e / np.sum(e))

    def right(x):
        e = np.exp(np.array([float(repr(v)) for v in x.tolist()]))
        p = e / np.sum(e)
        return p - p * np.sum(p) + 1e-17

    result = verify.check(f, np.array([0.74, -0.27, -0.44, -0.24]), grad=right)
    assert result.verdict is not Verdict.REFUTED, result.reason


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros((2, 0)), np.ones(3)])
def test_a_function_that_returns_nothing_has_nothing_to_compare(x):
    """Whatever its arguments hold: other arguments were drawn again and again, until Python stopped it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Fault)
        result = verify.check(lambda x: np.zeros(0), x, grad=np.zeros_like)
    assert result.verdict.name == "UNDECIDED"
    assert "nothing to compare" in result.reason


def test_what_is_smaller_than_a_step_beside_a_guard_is_not_taken_for_nothing():
    """On a guard that is on its boundary everywhere, 1e-68 was 0: the right gradient REFUTED, and 0 CERTIFIED."""

    def tiny(x):
        v = 1e-68 * x
        return np.sum(np.maximum(v, v))

    def decaying(x):
        return np.sum(np.exp(-x) * np.maximum(x, x))

    at = np.array([0.5, 1.5, -2.0])
    assert verify.check(tiny, at, grad=lambda x: np.full_like(x, 1e-68)).ok
    for wrong in (np.zeros_like, lambda x: np.full_like(x, 1.1e-68)):
        assert verify.check(tiny, at, grad=wrong).verdict is verify.Verdict.REFUTED
    far = np.array([0.5, 200.0, 300.0])
    assert verify.check(decaying, far, grad=lambda x: np.exp(-x) * (1 - x)).ok
    wrong_sign = lambda x: np.exp(-x) * (1 - x) * np.array([1, 1, -1])  # noqa: E731
    assert verify.check(decaying, far, grad=wrong_sign).verdict is verify.Verdict.REFUTED
