"""Matrix notation: the text, and that what it says has the values of the formula."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.mirror import point

rng = np.random.default_rng(11)
SHAPES = ((4,), (4,), (3,), (4, 4), (4, 4), (3, 4))
TENSORS = [dg.tensor(rng.normal(size=shape), requires_grad=True) for shape in SHAPES]


def soft(z):
    return np.exp(z) / np.exp(z).sum()


CASES = {
    "x": [
        (lambda x, y, b, A, X, B: x @ A @ x, "(A + Aᵀ) x", lambda x, y, b, A, X, B: (A + A.T) @ x),
        (lambda x, y, b, A, X, B: ((B @ x - b) ** 2).sum(), "2 Bᵀ (B x − b)",
         lambda x, y, b, A, X, B: 2 * B.T @ (B @ x - b)),
        (lambda x, y, b, A, X, B: dg.tanh(B @ x + b).sum(), "Bᵀ (1 − tanh(B x + b)²)",
         lambda x, y, b, A, X, B: B.T @ (1 - np.tanh(B @ x + b) ** 2)),
        (lambda x, y, b, A, X, B: (x * y).sum() ** 2, "2 (xᵀ y) y", lambda x, y, b, A, X, B: 2 * (x @ y) * y),
        (lambda x, y, b, A, X, B: dg.sqrt((x * x).sum()), "x/√(xᵀ x)", lambda x, y, b, A, X, B: x / np.sqrt(x @ x)),
        (lambda x, y, b, A, X, B: (dg.softmax(x) * y).sum(), "softmax(x) ⊙ (y − softmax(x)ᵀ y)",
         lambda x, y, b, A, X, B: soft(x) * (y - y @ soft(x))),
        (lambda x, y, b, A, X, B: (3 * (x + 2) ** 2).mean(), "3/2 (x + 2)", lambda x, y, b, A, X, B: 1.5 * (x + 2)),
        (lambda x, y, b, A, X, B: x * x, "2 diag(x)", lambda x, y, b, A, X, B: 2 * np.diag(x)),
        (lambda x, y, b, A, X, B: B @ x, "B", lambda x, y, b, A, X, B: B),
        (lambda x, y, b, A, X, B: (B @ (x * y)).sum(), "y ⊙ (Bᵀ 1)", lambda x, y, b, A, X, B: y * B.sum(axis=0)),
    ],
    "A": [
        (lambda x, y, b, A, X, B: x @ A @ y, "x yᵀ", lambda x, y, b, A, X, B: np.outer(x, y)),
        (lambda x, y, b, A, X, B: dg.trace(A @ X), "Xᵀ", lambda x, y, b, A, X, B: X.T),
        (lambda x, y, b, A, X, B: dg.trace(A @ A @ X), "Xᵀ Aᵀ + Aᵀ Xᵀ", lambda x, y, b, A, X, B: X.T @ A.T + A.T @ X.T),
    ],
}  # fmt: skip
EACH = [(wrt, *case) for wrt, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("wrt", "program", "text", "value"), EACH, ids=[case[2] for case in EACH])
def test_a_formula_in_matrix_notation(wrt, program, text, value):
    x, y, b, A, X, B = TENSORS
    mirror = program(x, y, b, A, X, B).mirror
    formula = mirror.derivative(wrt)
    assert formula.matrix == f"∂o/∂{wrt} = {text}"
    where = point(mirror.reading, mirror.graph.values)
    arrays = [tensor.detach().numpy() for tensor in TENSORS]
    np.testing.assert_allclose(formula.at(where.arrays, where.sizes).astype(float), value(*arrays), rtol=1e-12)


@pytest.mark.parametrize(
    "program",
    [lambda x: x[1:] @ x[:-1], lambda x: (x**3).max(), lambda x: dg.cumsum(x)],
    ids=["shift", "max", "cumsum"],
)
def test_what_is_no_chain_of_matrices_has_none(program):
    x = TENSORS[0]
    assert program(x).mirror.derivative(x).matrix == ""
