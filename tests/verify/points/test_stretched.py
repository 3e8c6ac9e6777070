"""Axes of size 1 that are stretched are part of how a function is called; others are sizes like any."""

import numpy as np
import pytest

from verify import Verdict, check
from verify.points.stretched import stretched
from verify.question.ask import pose
from verify.question.recording import record_symbolic

X = np.arange(1.0, 13.0).reshape(3, 4) / 8


def shifted(x, b):
    return ((x * b) ** 2).sum() + (b * b).sum()


def by_the_row(x, b):
    """Right for one row b, which x has several of; for as many rows in b as in x it would be another function."""
    return (2 * x * x * b).sum(0, keepdims=True) + 2 * b


def axes(f, *args):
    recording = record_symbolic(problem := pose(f, args, "grad", f, None, None), problem.arrays)
    return {(variable.name, axis) for variable, axis in stretched(recording.forward)}


def test_a_gradient_for_a_stretched_row_is_proved_for_rows():
    result = check(shifted, X, np.ones((1, 4)), grad=by_the_row, wrt="b")
    assert result.verdict is Verdict.PROVED, str(result)
    assert "b: 1×" in result.formula.sizes


def test_one_that_forgets_to_add_up_is_refuted():
    result = check(shifted, X, np.ones((1, 4)), grad=lambda x, b: (2 * x * x * b)[:1] + 2 * b, wrt="b")
    assert result.verdict is Verdict.REFUTED, str(result)


def test_an_axis_of_size_1_that_meets_no_longer_one_is_tried_longer():
    result = check(lambda x: x.mean(0).sum(), np.ones((1, 4)), grad=lambda x: np.ones_like(x))
    assert result.verdict is Verdict.REFUTED, str(result)


@pytest.mark.parametrize(
    ("f", "found"),
    [
        (lambda x, b: x * b, {("b", 0)}),
        (lambda x, b: x * np.exp(2 * b), {("b", 0)}),
        (lambda x, b: x + np.broadcast_to(b, x.shape), {("b", 0)}),
        (lambda x, b: x * np.flip(b, 1), {("b", 0)}),
        (lambda x, b: x[:, 1:] * b.T[1:].T, {("b", 0)}),
        (lambda x, b: x.T * b[::-1].T[::-1], {("b", 0)}),
        (lambda x, b: x * np.concatenate([b, b[:, :0]], 1), set()),
        (lambda x, b: x.sum() * b, set()),
        (lambda x, b: x @ b.T, set()),
    ],
)
def test_axes_are_followed_through_pointwise_ops(f, found):
    assert axes(f, X, np.ones((1, 4))) == found


def test_a_reversed_row_is_a_row():
    """A verdict that flipped: proved for x * b, and refuted for the same b reversed twice."""

    def twice(x, b):
        return shifted(x, b[::-1][::-1])

    result = check(twice, X, np.ones((1, 4)), grad=by_the_row, wrt="b")
    assert result.verdict is Verdict.PROVED, str(result)
