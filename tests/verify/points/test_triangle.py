"""A gradient that is spread over both triangles of a symmetric matrix is not accused; a wrong one is."""

import numpy as np
import pytest

from verify import Verdict, check
from verify.points.triangle import REASON


def largest(x):
    return np.linalg.eigvalsh(x)[-1]


def spread(x):
    vectors = np.linalg.eigh(x)[1]
    return np.outer(vectors[:, -1], vectors[:, -1])


def lower(x):
    full = spread(x)
    return np.tril(full) + np.tril(full.T, -1)


X = np.array([[2.0, 1.0], [1.0, 3.0]])


def test_a_convention_is_told_and_refutes_nothing():
    result = check(largest, X, grad=spread)
    assert result.verdict is Verdict.UNDECIDED
    assert result.reason == REASON


def test_the_derivative_entry_by_entry_passes():
    assert check(largest, X, grad=lower).ok


@pytest.mark.parametrize("wrong", [lambda x: 2 * spread(x), lambda x: spread(x) + np.eye(2)], ids=["twice", "plus"])
def test_what_is_wrong_along_symmetric_changes_is_refuted(wrong):
    assert check(largest, X, grad=wrong).verdict is Verdict.REFUTED


def test_what_is_neither_symmetric_nor_of_one_triangle_is_no_convention():
    """It moves f as the derivative does along symmetric changes, but nobody means it so."""
    result = check(largest, X, grad=lambda x: spread(x) + np.array([[0.0, 0.1], [-0.1, 0.0]]))
    assert result.verdict is Verdict.REFUTED, str(result)
