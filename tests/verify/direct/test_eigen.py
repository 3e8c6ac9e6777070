"""Eigenvalues and eigenvectors of matrices of numbers with slopes: what defines them, along a line."""

from __future__ import annotations

import numpy as np
import pytest
from flint import acb, arb

import verify
from verify.ball.precision import working_precision
from verify.direct.eigen import eig, eigvals
from verify.direct.series import Series, Unread
from verify.question.own import engine_gradient

RNG = np.random.default_rng(4)
REAL = 0.3 * RNG.standard_normal((3, 3)) + np.diag([1.0, 2.0, 3.0])
TURNING = np.array([[1.0, -2.0, 0.25], [2.0, 1.0, 0.5], [0.125, 0.0, 3.0]])
SLOPES = RNG.standard_normal((3, 3))


def moving(matrix):
    made = np.empty(matrix.shape, dtype=object)
    for place in np.ndindex(*matrix.shape):
        made[place] = Series.of(float(matrix[place]), float(SLOPES[place]))
    return made


def contains_zero(value):
    return all(part.contains(0) for part in value.terms)


@pytest.fixture(autouse=True)
def _precision():
    with working_precision(300):
        yield


@pytest.mark.parametrize("matrix", [REAL, TURNING], ids=["real", "complex pairs"])
def test_they_solve_their_equation_along_the_line(matrix):
    a = moving(matrix)
    values, vectors = eig(a)
    for value, vector in zip(values, vectors.T, strict=True):
        assert all(contains_zero(left) for left in a @ vector - value * vector)
        length = sum((part * part.conjugate() for part in vector), Series.of(0))
        assert contains_zero(length - 1)
        assert all(part.rad() < 1e-60 for each in vector for part in (each.terms[1].real, each.terms[2].imag))


@pytest.mark.parametrize("matrix", [REAL, TURNING], ids=["real", "complex pairs"])
def test_values_and_their_order_are_numpys(matrix):
    values, vectors = eig(moving(matrix))
    expected = np.linalg.eig(matrix)
    np.testing.assert_allclose([complex(value.terms[0].mid()) for value in values], expected.eigenvalues, rtol=1e-12)
    found = np.array([[complex(part.terms[0].mid()) for part in row] for row in vectors])
    np.testing.assert_allclose(found, expected.eigenvectors, atol=1e-12)
    assert any(value.complex for value in values) is (matrix is TURNING)
    alone = eigvals(moving(matrix))
    assert all(one.terms[1].overlaps(other.terms[1]) for one, other in zip(alone, values, strict=True))


def test_slopes_are_those_of_differences():
    values = eigvals(moving(TURNING))
    step = 1e-5
    ends = [np.linalg.eigvals(TURNING + sign * step * SLOPES) for sign in (1, -1)]
    for k, value in enumerate(values):
        assert complex(value.terms[1].mid()) == pytest.approx((ends[0][k] - ends[1][k]) / (2 * step), rel=1e-6)


@pytest.mark.parametrize(
    "matrix",
    [np.eye(2), np.array([[1.0, 1.0], [0.0, 1.0]]), np.zeros((0, 0)), np.zeros((2, 3)), np.zeros((2, 2, 2))],
    ids=["equal", "defective", "empty", "not square", "a stack"],
)
def test_what_is_not_told_apart_is_refused(matrix):
    with pytest.raises(Unread):
        eig(matrix.astype(object))


def test_a_wide_matrix_has_wide_values_or_none():
    wide = np.array([[Series.of(acb(arb(1, 1e-3))), 0], [0, Series.of(acb(arb(2, 1e-3)))]], dtype=object)
    assert [value.terms[0].contains(k) for k, value in zip((1, 2), eigvals(wide), strict=True)] == [True, True]
    with pytest.raises(Unread):
        eigvals(np.array([[Series.of(acb(arb(1, 2))), 0], [0, Series.of(acb(2))]], dtype=object))


def numbers(a):
    values, vectors = np.linalg.eig(a)
    return np.real(values), np.imag(values), np.abs(vectors)


@pytest.mark.parametrize("matrix", [REAL, TURNING], ids=["real", "complex pairs"])
def test_the_engines_gradient_is_certified_and_a_wrong_one_refuted(matrix):
    right = engine_gradient(numbers, [0])
    result = verify.check(numbers, matrix, grad=lambda a: right(a)[0])
    assert (result.verdict.name, "Taylor series of balls" in result.formula.method) == ("CERTIFIED", True)
    assert verify.check(numbers, matrix, grad=lambda a: right(a)[0] * (1 + 1e-6)).verdict.name == "REFUTED"
