"""SymPy expressions as functions of arrays: values, sizes, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

import verify
from dualgrad.frontends.sympy import as_function, is_sympy

i, j, k, n, m = sp.symbols("i j k n m")
x, y, A = sp.IndexedBase("x"), sp.IndexedBase("y"), sp.IndexedBase("A")
X, M = sp.MatrixSymbol("x", n, 1), sp.MatrixSymbol("A", n, n)
s = sp.Symbol("x")

rng = np.random.default_rng(5)
VECTOR, OTHER, SQUARE = rng.normal(size=3), rng.normal(size=3), rng.normal(size=(3, 3))

VALUES = [
    (x[i] + y[i], lambda x, y, A: x + y),
    (x[i] * y[j], lambda x, y, A: np.outer(x, y)),
    (sp.Lambda((j, i), x[i] * y[j]), lambda x, y, A: np.outer(y, x)),
    (A[j, i], lambda x, y, A: A.T),
    (sp.Sum(A[i, j] * x[j], (j, 0, n - 1)), lambda x, y, A: A @ x),
    (sp.Sum(A[i, i], (i, 0, n - 1)), lambda x, y, A: np.trace(A)),
    (sp.Sum(3, (j, 0, n - 1)) * x[j], lambda x, y, A: 9 * x),
    (sp.Product(x[j], (j, 0, n - 1)), lambda x, y, A: np.prod(x)),
    (x[0] * x[i], lambda x, y, A: x[0] * x),
    (x[i] / 3, lambda x, y, A: x / 3),
    (x[i] ** -2, lambda x, y, A: 1 / x**2),
    (sp.sqrt(x[i] ** 2), lambda x, y, A: np.abs(x)),
    (sp.KroneckerDelta(i, j) * x[i], lambda x, y, A: np.diag(x)),
    (sp.Max(x[i], y[i]), lambda x, y, A: np.maximum(x, y)),
    (sp.Piecewise((x[i], x[i] > 0), (0, True)), lambda x, y, A: np.maximum(x, 0)),
    (sp.exp(x[i]) + sp.pi, lambda x, y, A: np.exp(x) + np.pi),
    ((M + M.T) * X, lambda x, y, A: (A + A.T) @ x),
    (X * X.T, lambda x, y, A: np.outer(x, x)),
    (X.T * M * X, lambda x, y, A: x @ A @ x),
    (sp.Trace(M) * M, lambda x, y, A: np.trace(A) * A),
    (2 * sp.HadamardProduct(M, M), lambda x, y, A: 2 * A * A),
    ((X.T * X)[0, 0] * M.I, lambda x, y, A: (x @ x) * np.linalg.inv(A)),
]


@pytest.mark.parametrize(("formula", "function"), VALUES, ids=lambda part: str(part) if is_sympy(part) else "")
def test_a_formula_has_the_values_of_the_function_that_it_writes(formula, function):
    got = as_function(formula, ["x", "y", "A"])(VECTOR, OTHER, SQUARE)
    expected = function(VECTOR, OTHER, SQUARE)
    assert np.shape(got) == np.shape(expected)
    np.testing.assert_allclose(got, expected, rtol=1e-13)


REFUSED = [
    (sp.Sum(x[j], (j, 1, n)), "indices start at 0"),
    (sp.Sum(x[j], (j, 0, 1)), "whole axis"),
    (sp.Sum(x[j], (j, 0, n - 2)), "whole axis"),
    (x[i + 1], "indices are symbols or numbers"),
    (x[i, j], "has 2 indices"),
    (sp.IndexedBase("w")[i], "none of the arguments"),
    (m * x[i], "nor a size"),
    (sp.Lambda((i, j), x[i]), "its range is not known"),
    (sp.Derivative(sp.Function("g")(x[i]), x[i]), "not read"),
    (sp.Piecewise((x[i], x[i] > 0)), "for everything else"),
]


@pytest.mark.parametrize(("formula", "why"), REFUSED, ids=lambda part: str(part))
def test_what_cannot_be_read_is_refused_with_its_part(formula, why):
    with pytest.raises(ValueError, match=why):
        as_function(formula, ["x", "y", "A"])(VECTOR, OTHER, SQUARE)


def quadratic(x, A):
    return x @ A @ x


RIGHT = [
    (lambda x: (3 * (x + 2) ** 2).mean(), (VECTOR,), "x", 6 * (x[i] + 2) / n),
    (quadratic, (VECTOR, SQUARE), "x", sp.Sum((A[i, j] + A[j, i]) * x[j], (j, 0, n - 1))),
    (quadratic, (VECTOR, SQUARE), "x", (M + M.T) * X),
    (quadratic, (VECTOR, SQUARE), "A", X * X.T),
    (lambda x: np.sum(np.sin(x) ** 2), (VECTOR,), "x", 2 * sp.sin(s) * sp.cos(s)),
    (lambda A: np.trace(A @ A), (SQUARE,), "A", 2 * M.T),
]


@pytest.mark.parametrize(("f", "at", "wrt", "formula"), RIGHT, ids=lambda part: str(part) if is_sympy(part) else "")
def test_a_formula_is_proved_for_every_size(f, at, wrt, formula):
    result = verify.check(f, *at, wrt=wrt, grad=formula)
    assert result.verdict is verify.Verdict.PROVED
    assert result.formula.sizes.startswith("every n")
    assert verify.check(f, *at, wrt=wrt, grad=2 * formula).verdict is verify.Verdict.REFUTED


def test_the_formula_of_four_elements_is_not_that_of_every_size():
    result = verify.check(
        lambda x: (3 * (x + 2) ** 2).mean(), np.ones((2, 2)), grad=sp.Rational(3, 2) * (sp.Indexed("x", i, j) + 2)
    )
    assert not result.formula.sizes.startswith("every")


def test_what_the_mirror_writes_can_be_read_again():
    result = verify.check(quadratic, VECTOR, SQUARE, wrt="x")
    (formula,) = result.formula.sympy
    assert verify.check(quadratic, VECTOR, SQUARE, wrt="x", grad=formula).verdict is verify.Verdict.PROVED
