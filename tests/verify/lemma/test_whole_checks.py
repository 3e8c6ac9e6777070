"""Whole checks of programs of some length, as they are called: the engine's gradient, and ones written by hand."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import verify.proof.attempt
from verify import check
from verify.check import AN_OP

REPORTS = Path(__file__).parents[3] / "reports"


def _load(name):
    spec = importlib.util.spec_from_file_location(name, REPORTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(name, module)
    spec.loader.exec_module(module)
    return module


programs = _load("programs")
MADE = {  # with fewer steps than reports/composition.py checks
    "tanh network": lambda: programs.tanh_network(8),
    "transformer block": programs.transformer_block,
    "LSTM": lambda: programs.lstm(2),
    "convolutional network": lambda: programs.convolutional_network(6),
    "Gaussian process, by Cholesky": programs.gaussian_process,
    "Kalman filter": lambda: programs.kalman_filter(2),
}


@pytest.mark.parametrize("name", MADE)
def test_the_engines_gradient_with_respect_to_every_argument_is_proved(name):
    f, args = MADE[name]()
    result = check(f, *args, wrt=tuple(range(len(args))))
    assert result.verdict.name == "PROVED", str(result)
    assert "composed" in result.formula.method


def network(x, *weights):
    for weight in weights:
        x = np.tanh(weight @ x)
    return x.sum()


def backward(x, *weights, slope=lambda y: 1 - y**2):
    """By every argument, written by hand."""
    seen = [x]
    for weight in weights:
        seen.append(np.tanh(weight @ seen[-1]))
    g, found = np.ones_like(seen[-1]), []
    for weight, before, after in zip(reversed(weights), reversed(seen[:-1]), reversed(seen[1:]), strict=True):
        g = g * slope(after)
        found.append(np.outer(g, before))
        g = weight.T @ g
    return (g, *reversed(found))


def test_a_gradient_written_by_hand_is_proved():
    _, args = programs.tanh_network(3)
    result = check(network, *args, grad=backward, wrt=tuple(range(len(args))))
    assert result.verdict.name == "PROVED", str(result)


def test_a_gradient_written_by_hand_that_is_wrong_in_one_layer_is_refuted():
    _, args = programs.tanh_network(1)
    wrong = lambda *args: backward(args[0], 1.001 * args[1])  # noqa: E731
    result = check(network, *args, grad=wrong, wrt=tuple(range(len(args))))
    assert result.verdict.name == "REFUTED", str(result)


def test_a_gradient_written_by_hand_with_another_slope_is_refuted():
    _, args = programs.tanh_network(1)
    wrong = lambda *args: backward(*args, slope=lambda y: 1 - y)  # noqa: E731
    result = check(network, *args, grad=wrong, wrt=tuple(range(len(args))))
    assert result.verdict.name == "REFUTED", str(result)


@pytest.mark.parametrize(("budget", "more"), [({}, AN_OP), ({"budget": 10}, 0.0)])
def test_a_long_gradient_of_the_engines_is_given_more_time_unless_the_caller_says_how_much(monkeypatch, budget, more):
    given = []
    monkeypatch.setattr(verify.proof.attempt, "longer", given.append)
    f, args = programs.tanh_network(2)
    check(f, *args, **budget)
    (seconds,) = given
    assert (seconds > 0) == (more > 0) and seconds < 100 * AN_OP


def test_no_other_gradient_is_given_more_time(monkeypatch):
    monkeypatch.setattr(verify.proof.attempt, "longer", lambda seconds: pytest.fail("it was"))
    assert check(lambda x: np.sum(x**2), np.ones(2), grad=lambda x: 2 * x).verdict.name == "PROVED"
