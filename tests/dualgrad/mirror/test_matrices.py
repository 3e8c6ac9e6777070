"""Inverses and determinants in formulas: the text, matrix notation, and the numbers."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import dualgrad as dg
from dualgrad.mirror import point

RNG = np.random.default_rng(5)
TENSORS = tuple(
    dg.tensor(value, requires_grad=True)
    for value in (RNG.standard_normal((3, 3)) + 3 * np.eye(3), RNG.standard_normal((3, 3)), RNG.standard_normal(3))
)

CASES = [
    (lambda X, W, b: np.linalg.slogdet(X)[1], "log(|det(X)|)", "(X⁻¹)ⱼᵢ", "X⁻ᵀ"),
    (lambda X, W, b: np.linalg.det(X), "det(X)", "det(X) (X⁻¹)ⱼᵢ", "det(X) X⁻ᵀ"),
    (lambda X, W, b: np.sum(W * np.linalg.inv(X)), "Σᵢⱼ Wᵢⱼ (X⁻¹)ᵢⱼ", "−Σₖ (X⁻¹)ₖᵢ Σₗ Wₖₗ (X⁻¹)ⱼₗ", "−X⁻ᵀ W X⁻ᵀ"),
    (
        lambda X, W, b: b @ np.linalg.solve(X, b),
        "Σᵢ bᵢ Σⱼ bⱼ (X⁻¹)ᵢⱼ",
        "−(Σₖ bₖ (X⁻¹)ⱼₖ) Σₖ bₖ (X⁻¹)ₖᵢ",
        "−(X⁻ᵀ b) (X⁻¹ b)ᵀ",
    ),
    (lambda X, W, b: np.linalg.slogdet(X.T @ X)[1], "log(|det(Xᵀ X)|)", "2 Σₖ Xᵢₖ ((Xᵀ X)⁻¹)ⱼₖ", "2 X (Xᵀ X)⁻ᵀ"),
]


@pytest.mark.parametrize(("program", "text", "derivative", "matrix"), CASES, ids=[case[1] for case in CASES])
def test_functions_of_matrices(program, text, derivative, matrix):
    X, W, b = TENSORS
    mirror = program(X, W, b).mirror
    formula = mirror.derivative(X)
    assert mirror.formula.text == text
    assert formula.text == derivative
    assert formula.matrix == f"∂o/∂X = {matrix}"
    where = point(mirror.reading, mirror.graph.values)
    X.grad = None
    program(X, W, b).backward()
    np.testing.assert_allclose(formula.at(where.arrays, where.sizes).astype(float), X.grad.data, rtol=1e-10)


def test_in_sympy_they_are_functions_by_name():
    X, _, _ = TENSORS
    i, j = sympy.symbols("i j", integer=True)
    base = sympy.IndexedBase(sympy.Symbol("X", real=True))
    expression = np.linalg.det(X).mirror.derivative(X).expression
    assert expression == sympy.Function("det", real=True)(base) * sympy.Function("inv", real=True)(base, j, i)


def test_in_latex():
    X, _, _ = TENSORS
    assert np.linalg.det(X).mirror.derivative(X).body_latex == r"\det\left(X\right) \left(X^{-1}\right)_{j i}"
    gram = np.linalg.det(X.T @ X).mirror.latex
    assert gram == r"\det\left(i j \mapsto \sum_{k} X_{k i} X_{k j}\right)"


def test_a_matrix_of_size_1_is_a_number():
    x = dg.tensor([[2.0]], requires_grad=True)
    assert str(np.linalg.inv(x).mirror) == "1/x₀₀"
    assert str(np.linalg.det(x).mirror) == "x₀₀"


def test_the_formula_of_a_decomposition():
    X, _, _ = TENSORS
    assert str(np.linalg.cholesky(X @ X.T).mirror) == "cholesky(X Xᵀ)ᵢⱼ"
