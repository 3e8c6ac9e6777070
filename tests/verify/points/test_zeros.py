"""Divisions by what is 0 at a hard point: by a complex number nobody is accused, and is told; by a real one, yes."""

import numpy as np
import pytest

from verify import Verdict, check
from verify.answer.search import NOT_AT_ZEROS

Z = np.array([[1.0, 2.0], [0.5, -1.0]])


def product(Z):
    return np.abs(np.prod(Z[0] + 1j * Z[1])) ** 2


def by_division(Z, conjugated=True):
    z = Z[0] + 1j * Z[1]
    p = np.prod(z)
    slope = 2 * p * np.conj(p / z) if conjugated else 2 * p * p / z
    return np.array([slope.real, slope.imag])


def test_a_division_by_a_complex_number_accuses_nobody_and_is_told():
    result = check(product, Z, grad=by_division)
    assert result.ok and NOT_AT_ZEROS in result.notes
    assert result.notes.count(NOT_AT_ZEROS) == 1


def test_a_wrong_gradient_beside_it_is_refuted():
    assert check(product, Z, grad=lambda Z: by_division(Z, conjugated=False)).verdict is Verdict.REFUTED


REAL = {
    "the sum of two squares": lambda X: 2 * X * (X[0] ** 2 + X[1] ** 2) / (X[0] ** 2 + X[1] ** 2),
    "its root": lambda X: 2 * X * np.hypot(X[0], X[1]) / np.hypot(X[0], X[1]),
}


@pytest.mark.parametrize("gradient", REAL.values(), ids=REAL)
def test_a_division_by_a_real_length_that_is_0_is_wrong_where_there_is_a_derivative(gradient):
    X = np.array([[1.0, -2.0], [0.5, 1.0]])
    assert check(lambda X: np.sum(X**2), X, grad=gradient).verdict is Verdict.REFUTED


def test_a_determinant_s_gradient_by_its_inverse_is_tried_at_a_matrix_of_rank_one():
    A = np.array([[2.0, 0.5], [-0.3, 1.0]])

    def adjugate_by_division(A):
        det = A[0, 0] * A[1, 1] - A[0, 1] * A[1, 0]
        adjugate = np.array([[A[1, 1], -A[1, 0]], [-A[0, 1], A[0, 0]]])
        return adjugate * det / det

    assert check(lambda A: np.linalg.det(A), A, grad=adjugate_by_division).verdict is Verdict.REFUTED
