"""The formula that a person reads: written as one would, and proved as it stands."""

import numpy as np
import pytest

import verify

VECTOR, MATRIX = np.array([0.5, -1.5]), np.array([[0.5, -1.5], [0.25, 2.0]])

FORMULAS = [
    (lambda z: np.sum(np.logaddexp(0, z)), VECTOR, "∂o/∂zᵢ = sigmoid(zᵢ)"),
    (lambda z: np.sum(z * z), MATRIX, "∂o/∂zᵢ = 2 zᵢ"),
    (lambda z: np.mean(z * z), MATRIX, "∂o/∂zᵢ = 2/n zᵢ\n  with n = z.size"),
    (
        lambda r: np.sum(np.where(np.abs(r) <= 1, 0.5 * r**2, np.abs(r) - 0.5)),
        VECTOR,
        "∂o/∂rᵢ = sign(rᵢ) [yᵢ > 1] + rᵢ [yᵢ ≤ 1]\n  with yᵢ = |rᵢ|",
    ),
]


@pytest.mark.parametrize(("f", "at", "expected"), FORMULAS, ids=range(len(FORMULAS)))
def test_the_formula_as_one_would_write_it(f, at, expected):
    formula = verify.check(f, at).formula
    assert formula.expression == expected
    assert formula.expression_is_proved
