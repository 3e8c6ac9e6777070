"""A recording that is not the function that runs says nothing of it, neither for nor against a candidate."""

from __future__ import annotations

import numpy as np
import pytest

import verify.points.look
from verify import Verdict, check

x = np.array([0.7, -1.3, 2.1, 0.4])


def below_the_cut(x):
    """The square root of what is conjugate to x + 0i: where x < 0 its imaginary part is -√-x, as that is -0."""
    return np.sum(np.sqrt(np.conj(x + 0j)).imag)


def slope_below(x):
    return np.where(x < 0, 0.5 / np.sqrt(np.abs(x)), 0.0)


def slope_above(x):
    return np.where(x < 0, -0.5 / np.sqrt(np.abs(x)), 0.0)


def angle_below(x):
    return np.sum(x * np.angle(np.conj(x + 0j)))


def angles_below(x):
    return np.where(x < 0, -np.pi, 0.0)


@pytest.mark.parametrize(("f", "g"), [(below_the_cut, slope_below), (angle_below, angles_below)])
def test_what_runs_counts_and_not_what_was_recorded(f, g):
    assert check(f, x, grad=g).verdict is Verdict.AGREES


def test_the_derivative_of_what_was_recorded_is_refuted():
    assert check(below_the_cut, x, grad=slope_above).verdict is Verdict.REFUTED


def test_without_the_comparison_the_right_one_is_refuted(monkeypatch):
    monkeypatch.setattr(verify.points.look, "differs", lambda *_: False)
    assert check(below_the_cut, x, grad=slope_below).verdict is Verdict.REFUTED
    assert check(below_the_cut, x, grad=slope_above).ok


def negative_slope(x):
    """-2 x, by a square root on the branch that conj chooses, of (x conj(x)) where x < 0."""
    below = np.sqrt(np.conj(-(x**2) - 1 + 0j)).imag
    return -2 * x * below / np.sqrt(x**2 + 1)


def test_a_candidate_that_is_recorded_as_another_is_judged_as_it_runs(monkeypatch):
    assert check(lambda x: np.sum(x**2), x, grad=negative_slope).ok
    monkeypatch.setattr(verify.points.look, "candidate_differs", lambda *_: False)
    assert check(lambda x: np.sum(x**2), x, grad=negative_slope).verdict is Verdict.REFUTED


def test_rounding_is_no_other_function():
    found = check(lambda x: np.sum((x + 1e12) - 1e12) ** 2, x, grad=lambda x: 2 * np.sum(x) * np.ones_like(x))
    assert found.formula.verdict is Verdict.PROVED
