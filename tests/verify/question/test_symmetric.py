"""Functions of one triangle, their argument declared symmetric: a textbook's gradient passes, a wrong one does not."""

import numpy as np
import pytest

import verify
from verify.verdict import PASSES, Verdict

A = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.25], [0.5, -0.25, 5.0]])
SPD = {"A": "spd"}


def logdet(A):
    return 2 * np.log(np.diag(np.linalg.cholesky(A))).sum()


def largest(A):
    return np.linalg.eigvalsh(A)[-1]


def outer(A):
    last = np.linalg.eigh(A)[1][:, -1]
    return np.outer(last, last)


@pytest.mark.parametrize(("f", "gradient"), [(logdet, np.linalg.inv), (largest, outer)])
def test_the_symmetric_gradient_passes_and_says_what_it_is_of(f, gradient):
    found = verify.check(f, A, grad=gradient, domain=SPD)
    assert found.verdict in PASSES
    assert any("(A + Aᵀ)/2" in said for said in found.formula.assumptions)


@pytest.mark.parametrize("error", [1e-9, 1e-12, -2.0])
def test_one_with_an_error_is_refuted(error):
    wrong = verify.check(logdet, A, grad=lambda A: np.linalg.inv(A) * (1 + error), domain=SPD)
    assert wrong.verdict is Verdict.REFUTED


def test_the_gradient_of_the_triangle_passes_without():
    def lower(A):
        inverse = np.linalg.inv(A)
        return 2 * np.tril(inverse) - np.diag(np.diag(inverse))

    found = verify.check(logdet, A, grad=lower, domain=SPD)
    assert found.verdict in PASSES
    assert not any("Aᵀ" in said for said in found.formula.assumptions)


def test_undeclared_it_is_undecided_and_says_what_to_declare():
    found = verify.check(logdet, A, grad=np.linalg.inv)
    assert found.verdict is Verdict.UNDECIDED
    assert "domain={'A': 'symmetric'}" in found.reason
