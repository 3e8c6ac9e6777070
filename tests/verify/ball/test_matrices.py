"""Functions of matrices in balls: against exact rationals, what defines them, and differences at high precision."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq, fmpq_mat

from verify.ball.precision import working_precision
from verify.ball.read import evaluate, gradient

RNG = np.random.default_rng(3)
X = np.round(RNG.standard_normal((4, 4)) * 8) / 8 + 2 * np.eye(4)
W = np.round(RNG.standard_normal((4, 4)) * 8) / 8
TALL = X[:, :3]
SPD = X @ X.T + np.eye(4)


def rational(matrix):
    rows = [[fmpq(*Fraction(float(x)).as_integer_ratio()) for x in row] for row in matrix]
    return fmpq_mat(rows)


def enclosed(balls, exact, bits=80):
    balls, exact = list(np.ravel(balls)), list(exact)
    assert len(balls) == len(exact) > 0
    for ball, number in zip(balls, exact, strict=True):
        with working_precision(400):
            assert ball.contains(arb(number))
        assert ball.rel_accuracy_bits() >= bits or (number == 0 and ball.rad() < 2.0**-bits)


def differential(case, **rest):
    return gradient(case.program, case.wrt, case.inputs, case.sizes, **rest)


# ---------------------------------------------------------------------------- inverses and determinants


def test_an_inverse_and_its_gradient(recorded):
    found = differential(recorded(lambda x, w: np.sum(w * np.linalg.inv(x)), X, W))
    inverse = rational(X).inv()
    slope = -1 * inverse.transpose() * rational(W) * inverse.transpose()
    enclosed(found.arrays[0], slope.entries())
    enclosed(found.arrays[1], inverse.entries())


def test_a_solution_and_its_gradients(recorded):
    found = differential(recorded(lambda a, b: np.linalg.solve(a, b), X, W[0]))
    inverse, ones = rational(X).inv(), fmpq_mat(4, 1, [1] * 4)
    back, solution = inverse.transpose() * ones, inverse * rational(W[:1]).transpose()
    enclosed(found.arrays[0], (-1 * back * solution.transpose()).entries())
    enclosed(found.arrays[1], back.entries())
    enclosed(found.reading.outputs[0], solution.entries())


def test_a_determinant_and_its_gradient_also_where_it_is_zero(recorded):
    for matrix in (X, np.outer(X[0], X[1]), np.vstack([X[:3], X[:1]])):
        found = differential(recorded(np.linalg.det, matrix))
        cofactors = []
        for place in range(16):
            i, j = divmod(place, 4)
            minor = rational(np.delete(np.delete(matrix, i, 0), j, 1))
            cofactors.append(minor.det() * (-1) ** (i + j))
        enclosed(found.reading.outputs[0], [rational(matrix).det()])
        enclosed(found.arrays[0], cofactors)


def test_the_logarithm_of_a_determinant(recorded):
    found = differential(recorded(lambda x: np.linalg.slogdet(x)[1], -X))
    enclosed(found.arrays[0], rational(-X).inv().transpose().entries())
    assert float(found.reading.outputs[0].item()) == pytest.approx(np.linalg.slogdet(-X)[1])


def test_stacks_of_matrices_broadcast(recorded):
    stack = np.stack([X, W])
    found = differential(recorded(lambda a, b: np.linalg.solve(a, b), stack, W[:, :2]))
    ones = fmpq_mat(4, 2, [1] * 8)
    backs = [rational(one).inv().transpose() * ones for one in stack]
    solutions = [rational(one).inv() * rational(W[:, :2]) for one in stack]
    slopes = [-1 * back * solution.transpose() for back, solution in zip(backs, solutions, strict=True)]
    enclosed(found.arrays[0], [entry for slope in slopes for entry in slope.entries()])
    enclosed(found.arrays[1], (backs[0] + backs[1]).entries())


def test_what_may_be_singular_has_no_inverse(recorded):
    case = recorded(lambda x: np.sum(np.linalg.inv(x)), np.outer(X[0], X[1]))
    found = differential(case)
    assert not found.reading.outputs[0].item().is_finite()
    assert not any(ball.is_finite() for ball in np.ravel(found.arrays[0]))


# ---------------------------------------------------------------------------- decompositions


CASES = {
    "cholesky": (lambda x, w: np.sum(np.linalg.cholesky(x) * w), SPD),
    "upper cholesky": (lambda x, w: np.sum(np.linalg.cholesky(x, upper=True) * w), SPD),
    "eigenvalues": (lambda x, w: np.sum(np.linalg.eigvalsh(x) ** 3 * w[0]), X),
    "eigenvectors": (lambda x, w: np.sum(np.linalg.eigh(x)[1] * w), X),
    "eigenvectors of the upper triangle": (lambda x, w: np.sum(np.linalg.eigh(x, "U")[1] * w), X),
    "singular values": (lambda x, w: np.sum(np.linalg.svd(x, compute_uv=False) ** 2 * w[0, :3]), TALL),
    "left vectors": (lambda x, w: np.sum(np.linalg.svd(x, full_matrices=False)[0] * w[:, :3]), TALL),
    "right vectors": (lambda x, w: np.sum(np.linalg.svd(x, full_matrices=False)[2] * w[:3, :3]), TALL),
    "right vectors of a wide matrix": (lambda x, w: np.sum(np.linalg.svd(x, full_matrices=False)[2] * w[:3]), TALL.T),
    "the full decomposition": (lambda x, w: np.sum(np.linalg.svd(x)[0][:, :2] * w[:, :2]), TALL),
    "the nuclear norm": (lambda x, w: np.linalg.norm(x, "nuc") * w[0, 0], TALL),
    "q": (lambda x, w: np.sum(np.linalg.qr(x)[0] * w[:, :3]), TALL),
    "r": (lambda x, w: np.sum(np.linalg.qr(x)[1] * w[:3, :3]), TALL),
    "pinv": (lambda x, w: np.sum(np.linalg.pinv(x) * w[:3]), TALL),
}


@pytest.mark.parametrize("name", CASES)
def test_a_decomposition_is_numpys_and_its_gradient_that_of_differences(recorded, name):
    f, matrix = CASES[name]
    case = recorded(f, matrix, W)
    found = differential(case)
    assert float(found.reading.outputs[0].item()) == pytest.approx(float(f(matrix, W)), rel=1e-12)
    assert all(ball.is_finite() and ball.rad() < 1e-20 for ball in np.ravel(found.arrays[0]))
    step, tangent = arb(2) ** -60, RNG.standard_normal(matrix.shape)
    with working_precision(400):
        moved = [arb(float(x)) for x in np.ravel(matrix)]
        ends = []
        for sign in (1, -1):
            at = np.array([x + sign * step * float(t) for x, t in zip(moved, np.ravel(tangent), strict=True)], object)
            inputs = {**case.inputs, case.wrt[0]: at.reshape(matrix.shape)}
            ends.append(evaluate(case.program, inputs, case.sizes, 400).outputs[0].item())
        difference = (ends[0] - ends[1]) / (2 * step)
        along = sum((b * float(t) for b, t in zip(np.ravel(found.arrays[0]), np.ravel(tangent), strict=True)), arb(0))
        assert abs(difference - along) < 1e-20


def test_equal_eigenvalues_are_not_told_apart(recorded):
    found = differential(recorded(lambda x: np.sum(np.linalg.eigh(x)[1]), np.eye(3)))
    assert not any(ball.is_finite() for ball in found.arrays[0][np.tril_indices(3)])


def test_a_matrix_that_is_not_positive_definite_has_no_cholesky_factor(recorded):
    found = differential(recorded(lambda x: np.sum(np.linalg.cholesky(x)), np.array([[1.0, 2.0], [2.0, 1.0]])))
    assert not found.reading.outputs[0].item().is_finite()
    assert not any(ball.is_finite() for ball in found.arrays[0][np.tril_indices(2)])


def test_vectors_that_only_complete_a_basis_have_no_value(recorded):
    found = differential(recorded(lambda x: np.sum(np.linalg.svd(x)[0]), TALL))
    assert not found.reading.outputs[0].item().is_finite()
    assert not any(ball.is_finite() for ball in np.ravel(found.arrays[0]))
