"""Captured arrays that are one array read otherwise are one symbol."""

from __future__ import annotations

import numpy as np
import pytest

import verify
from dualgrad.frontends.captures import rearranged

A = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (A, ("A", (0, 1), False)),
        (A.T, ("A", (1, 0), False)),
        (A.T[:, None], ("A", (1, 0), False)),
        (-A, ("A", (0, 1), True)),
        (-A - 1, None),
        (A.astype(np.float32), None),
        (A[:, :2], None),
    ],
)
def test_an_array_is_recognised_up_to_the_order_of_its_axes(array, expected):
    found = rearranged(array, {"A": A})
    assert (None if found is None else tuple(found)) == expected
    assert tuple(rearranged(-(A + 1), {"A": A + 1})) == ("A", (0, 1), True)


def test_a_gradient_with_the_transpose_and_the_negative_of_what_f_closes_over_is_proved():
    b = np.array([0.5, -2.0])

    def f(x):
        return np.sum(np.exp(-(A + 1) @ x) * b)

    def g(x):
        return (A + 1).T @ (np.exp(-(A + 1) @ x) * -b)

    assert verify.check(f, np.array([0.25, -0.5, 0.125]), grad=g).verdict is verify.Verdict.PROVED
    wrong = verify.check(f, np.array([0.25, -0.5, 0.125]), grad=lambda x: A.T @ (np.exp(-(A + 1) @ x) * -b))
    assert wrong.verdict is verify.Verdict.REFUTED
