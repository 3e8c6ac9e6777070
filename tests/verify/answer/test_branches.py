"""Python's branches: the paths not taken are looked for, checked, and listed where they were not reached."""

import numpy as np
import pytest

from verify import Verdict, check

x = np.array([0.3, -0.2, 0.5])


def huber(x):
    total = 0.0
    for value in x:
        if abs(value) <= 40.0:
            total += 0.5 * value * value
        else:
            total += 40.0 * abs(value) - 800.0
    return total


def far(x):
    if x[0] * x[1] > 7.0 + x[2] ** 2:
        return np.sum(x**3)
    return np.sum(x**2)


def deep(x):
    if np.sum(np.exp(x)) > 300.0:
        if x[0] > x[1] + 3.0:
            return np.sum(x**3)
        return np.sum(x)
    return np.sum(x**2)


def either(x):
    if x[0] > 9.0 and x[1] < -11.0:
        return np.sum(x**3)
    return np.sum(x**2)


def shallow(x):
    return np.ones_like(x) if np.sum(np.exp(x)) > 300.0 else 2 * x


@pytest.mark.parametrize(
    "f, wrong",
    [(huber, lambda x: x), (far, lambda x: 2 * x), (deep, shallow), (either, lambda x: 2 * x)],
    ids=["huber", "far", "deep", "either"],
)
def test_a_gradient_that_is_wrong_in_another_branch_is_refuted_there(f, wrong):
    result = check(f, x, grad=wrong)
    assert result.verdict is Verdict.REFUTED, str(result)


def test_a_gradient_that_is_right_in_all_branches_is_certified():
    def gradient(x):
        if np.sum(np.exp(x)) > 300.0:
            return 3 * x**2 if x[0] > x[1] + 3.0 else np.ones_like(x)
        return 2 * x

    result = check(deep, x, grad=gradient)
    assert result.verdict is Verdict.CERTIFIED, str(result)
    assert any("met both ways" in note for note in result.notes), result.notes


def test_a_branch_that_was_not_reached_is_listed_with_its_line():
    def f(x):
        if np.sum(x**2) < -1.0:
            return 0.0
        return np.sum(x**2)

    result = check(f, x, grad=lambda x: 2 * x)
    assert result.verdict is Verdict.CERTIFIED, str(result)
    line = f.__code__.co_firstlineno + 1
    assert any(f"test_branches.py:{line} was false" in note and "not reached" in note for note in result.notes)


def test_an_iteration_ends_elsewhere_at_other_inputs_and_may_not_end_at_all():
    def root(a):
        y = a
        while abs(y * y - a) > 1e-13:  # never true again where a < 0
            y = 0.5 * (y + a / y)
        return y

    right = check(root, 3.0, grad=lambda a: 0.5 / np.sqrt(a))  # the loop's own derivative is off by 1e-13
    assert right.verdict in (Verdict.CERTIFIED, Verdict.UNDECIDED), str(right)
    assert right.numbers.status == "ok"
    assert check(root, 3.0, grad=lambda a: 0.5001 / np.sqrt(a)).verdict is Verdict.REFUTED


def test_a_branch_only_in_the_gradient_counts_too():
    def gradient(x):
        if x[0] - x[1] > 60.0:
            return 2.5 * x
        return 2 * x

    result = check(lambda x: np.sum(x**2), x, grad=gradient)
    assert result.verdict is Verdict.REFUTED, str(result)


MATRIX = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])
PSEUDOINVERSE = np.linalg.pinv(MATRIX)


def test_numbers_computed_once_and_rounded_are_no_counterexample():
    def fitted(b):
        return np.linalg.lstsq(MATRIX, b, rcond=None)[0].sum()

    b = np.array([3.0, 1.0, 2.0])
    right = check(fitted, b, grad=lambda b: PSEUDOINVERSE.sum(axis=0))
    assert right.verdict in (Verdict.CERTIFIED, Verdict.AGREES), str(right)
    assert check(fitted, b, grad=lambda b: (1 + 1e-9) * PSEUDOINVERSE.sum(axis=0)).verdict is Verdict.REFUTED
