"""Functions that read one triangle and are only run: who spreads a gradient over both is not accused."""

import numpy as np
import pytest

import verify.direct.ladder
from verify import Verdict, check

HALF = np.array([[1 + 0.2j, 0.5 - 0.3j, 0.1], [0.2j, 2, 0.4 + 0.1j], [0.3, 0.7j, 1.5]])
HERMITIAN = HALF + HALF.conj().T


def largest(A):
    return np.linalg.eigvalsh(A)[-1]


def projection(A):
    vectors = np.linalg.eigh(A)[1]
    return np.outer(vectors[:, -1], vectors[:, -1].conj())


def transposed(A):
    return projection(A).T


def doubled(A):
    return 2 * projection(A)


def test_a_gradient_that_is_spread_over_both_is_not_refuted(monkeypatch):
    found = check(largest, HERMITIAN, grad=projection)
    assert found.verdict is Verdict.UNDECIDED and "one triangle" in found.reason
    monkeypatch.setattr(verify.direct.ladder, "is_a_convention", lambda *_: False)
    assert check(largest, HERMITIAN, grad=projection).verdict is Verdict.REFUTED


@pytest.mark.parametrize("gradient", [transposed, doubled])
def test_one_that_is_wrong_along_hermitian_changes_is(gradient):
    assert check(largest, HERMITIAN, grad=gradient).verdict is Verdict.REFUTED
