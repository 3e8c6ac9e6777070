"""Functions with values of their own at points: proved there, too, where these are what the function tends to."""

from __future__ import annotations

import numpy as np
import pytest

from verify.form.proof import Failure, Proof

VECTOR = {"x": "n"}
PAIR = {"x": "n", "y": "n"}


def safe(x, at=0):
    return np.where(x == at, 1.0, x - at)


def quotient(x):
    return np.sum(np.where(x == 0, 1.0, np.sin(x) / safe(x)))


def of_quotient(at_zero):
    return lambda x: np.where(x == 0, at_zero, np.cos(x) / safe(x) - np.sin(x) / safe(x) ** 2)


def wiggle(x):
    return np.sum(np.where(x == 0, 0.0, x**2 * np.sin(1 / safe(x))))


def of_wiggle(at_zero):
    return lambda x: np.where(x == 0, at_zero, 2 * x * np.sin(1 / safe(x)) - np.cos(1 / safe(x)))


def divided(x, y):
    return np.sum(np.where(x == y, np.exp(x), (np.exp(x) - np.exp(y)) / np.where(x == y, 1.0, x - y)))


def of_divided(half):
    def g(x, y):
        d = np.where(x == y, 1.0, x - y)
        return np.where(x == y, half * np.exp(x), np.exp(x) / d - (np.exp(x) - np.exp(y)) / d**2)

    return g


RIGHT = {
    "a branch that changes nothing": (lambda x: np.sum(np.where(x == 2, 4.0, x**2)), lambda x: 2 * x, VECTOR),
    "sin(x) / x": (quotient, of_quotient(0.0), VECTOR),
    "a function of it": (
        lambda x: np.where(x == 0, 1.0, np.sin(x) / safe(x)) ** 2,
        lambda x: 2 * np.where(x == 0, 1.0, np.sin(x) / safe(x)) * of_quotient(0.0)(x),
        VECTOR,
    ),
    "two points": (
        lambda x: np.sum(np.where(x == 3, 9.0, x**2) + np.where(x == 1, 1.0, x)),
        lambda x: 2 * x + 1,
        VECTOR,
    ),
    "log(1 + x) / x": (
        lambda x: np.where(x == 0, 1.0, np.log1p(x) / safe(x)),
        lambda x: np.where(x == 0, -0.5, 1 / (safe(x) * (1 + x)) - np.log1p(x) / safe(x) ** 2),
        VECTOR,
    ),
    "(x² - 1) / (x - 1)": (
        lambda x: np.where(x != 1, (x**2 - 1) / safe(x, 1), 2.0),
        lambda x: np.ones_like(x),
        VECTOR,
    ),
    "the same in the gradient": (
        lambda x: x + x**2 / 2,
        lambda x: np.where(x != 1, (x**2 - 1) / safe(x, 1), 2.0),
        VECTOR,
    ),
    "a derivative that is not continuous": (wiggle, of_wiggle(0.0), VECTOR),
    "a difference quotient": (divided, of_divided(0.5), PAIR),
    "beside a kink": (
        lambda x: np.sum(np.where(x == 2, 4.0, x**2) + np.abs(x)),
        lambda x: 2 * x + np.sign(x),
        VECTOR,
    ),
    "a kink there": (lambda x: np.sum(np.where(x == 0, 0.0, x * np.abs(x))), lambda x: 2 * np.abs(x), VECTOR),
}


@pytest.mark.parametrize(("f", "g", "shapes"), RIGHT.values(), ids=RIGHT)
def test_what_is_smooth_across_a_test_for_equality_is_proved(f, g, shapes, decide):
    proof = decide(f, g, shapes)
    assert isinstance(proof, Proof), proof
    assert not proof.equality_tests and not proof.only_gradient


WRONG = {
    "off in one point": (quotient, of_quotient(1e-9), VECTOR),
    "the slope of the branch": (
        lambda x: np.sum(np.where(x == 2, 4.0, x**2)),
        lambda x: np.where(x == 2, 0.0, 2 * x),
        VECTOR,
    ),
    "off in one point of a smooth function": (
        lambda x: x + x**2 / 2,
        lambda x: np.where(x != 1, (x**2 - 1) / safe(x, 1), 0.0),
        VECTOR,
    ),
    "a jump": (lambda x: np.sum(np.where(x == 2, 5.0, x**2)), lambda x: 2 * x, VECTOR),
    "a jump of a quotient": (
        lambda x: np.where(x != 1, (x**2 - 1) / safe(x, 1), 0.0),
        lambda x: np.ones_like(x),
        VECTOR,
    ),
    "a jump of 0 to x / sin(x)": (
        lambda x: np.where(x == 0, 0.0, x / np.sin(safe(x))),
        lambda x: np.where(x == 0, 0.0, 1 / np.sin(safe(x)) - x * np.cos(x) / np.sin(safe(x)) ** 2),
        VECTOR,
    ),
    "no derivative": (
        lambda x: np.sum(np.where(x == 0, 0.0, x * np.sin(1 / safe(x)))),
        lambda x: np.where(x == 0, 0.0, np.sin(1 / safe(x)) - np.cos(1 / safe(x)) / safe(x)),
        VECTOR,
    ),
    "no limit of the derivative": (wiggle, of_wiggle(1.0), VECTOR),
    "the formula where there is no limit": (wiggle, lambda x: of_wiggle(0.0)(safe(x)), VECTOR),
    "another difference quotient": (divided, of_divided(1.0), PAIR),
    "a corner of several entries": (
        lambda x, y: np.where(
            (x == 0) & (y == 0), 0.0, x * (x**2 + y**2) / np.where((x == 0) & (y == 0), 1.0, x**2 + y**2)
        ),
        lambda x, y: np.where((x == 0) & (y == 0), 0.0, 1.0),
        PAIR,
    ),
    "a test of what is not differentiated by": (
        lambda x, y: np.where(y == 0, 0.0, x * np.sin(2 * y) / (2 * np.sin(np.where(y == 0, 1.0, y)))),
        lambda x, y: np.cos(y),
        PAIR,
    ),
}


@pytest.mark.parametrize(("f", "g", "shapes"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_where_a_test_for_equality_holds_is_not_proved(f, g, shapes, decide):
    proof = decide(f, g, shapes)
    assert isinstance(proof, Failure) or proof.equality_tests or proof.only_gradient
