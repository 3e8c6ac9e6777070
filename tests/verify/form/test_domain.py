"""What only a gradient asks for, and what of that follows from where f has a value."""

import numpy as np
import pytest

from verify.form.proof import Proof

PAIR = {"x": "n", "y": "n", "A": "n n", "B": "n n"}
SQUARE = {"X": "n n"}
inv, logdet = np.linalg.inv, lambda X: np.linalg.slogdet(X)[1]


def quotient(x, y, A, B):
    return x @ y / np.sqrt((x @ A @ x) * (y @ B @ y))


def of_quotient(x, y, A, B):
    a, b = x @ A @ x, y @ B @ y
    return y / np.sqrt(a * b) - (x @ y) * (A @ x) / (a * np.sqrt(a * b))


def correlation(x, y, A, B):
    a, b = x - np.mean(x), y - np.mean(y)
    return a @ b / np.sqrt((a @ a) * (b @ b))


def of_correlation(x, y, A, B):
    a, b = x - np.mean(x), y - np.mean(y)
    s = np.sqrt((a @ a) * (b @ b))
    return b / s - a @ b / s * a / (a @ a)


@pytest.mark.parametrize(("f", "g"), [(quotient, of_quotient), (correlation, of_correlation)])
def test_the_factors_of_what_is_not_zero_are_not_zero(decide, f, g):
    proof = decide(f, g, PAIR, domains={"A": "symmetric"})
    assert isinstance(proof, Proof)
    assert not proof.only_gradient


def test_a_factor_that_f_does_not_have_is_still_asked_for(decide):
    more = lambda x, y, A, B: of_quotient(x, y, A, B) * x[0] / x[0]  # noqa: E731
    assert decide(quotient, more, PAIR, domains={"A": "symmetric"}).only_gradient == ("x[0] != 0",)


def test_a_sum_is_not_the_product_of_its_parts(decide):
    f = lambda a, b: a * b / (a + b)  # noqa: E731
    proof = decide(f, lambda a, b: b / (a + b) - a * b / (a + b) ** 2 * (a / a), {"a": "n", "b": "n"})
    assert proof.only_gradient == ("a[i] != 0",)


def test_what_has_a_cholesky_factor_is_invertible(decide):
    f = lambda X: 2 * np.sum(np.log(np.diag(np.linalg.cholesky((X + X.T) / 2))))  # noqa: E731
    proof = decide(f, lambda X: inv((X + X.T) / 2), SQUARE)
    assert isinstance(proof, Proof)
    assert not proof.only_gradient


def test_one_eigenvalue_that_is_positive_makes_no_matrix_invertible(decide):
    shapes = {"x": "n", "X": "m m"}
    f = lambda x, X: np.sum(x) + np.log(np.linalg.eigvalsh(X)[-1])  # noqa: E731
    assert not decide(f, lambda x, X: np.ones_like(x), shapes).only_gradient
    asked = decide(f, lambda x, X: np.ones_like(x) + 0 * inv(X)[0, 0], shapes)
    assert not isinstance(asked, Proof) or asked.only_gradient


@pytest.mark.parametrize(("word", "asked"), [("spd", False), ("invertible", False), ("symmetric", True)])
def test_a_matrix_is_declared_invertible(decide, word, asked):
    shapes = {"x": "n", "X": "n n"}
    proof = decide(lambda x, X: np.sum(x**2), lambda x, X: 2 * X @ inv(X) @ x, shapes, domains={"X": word})
    assert isinstance(proof, Proof)
    assert bool(proof.only_gradient) is asked


@pytest.mark.parametrize(
    ("more", "word", "asked"),
    [
        (lambda x, y, A: 1 + x @ A @ x, "spd", False),
        (lambda x, y, A: 1 + x @ inv(A) @ x, "spd", False),
        (lambda x, y, A: 2 + (y @ y) * (x @ A @ x) + y @ inv(A) @ y, "spd", False),
        (lambda x, y, A: 1 + x @ A @ y, "spd", True),
        (lambda x, y, A: 1 - x @ A @ x, "spd", True),
        (lambda x, y, A: x @ A @ x, "spd", True),
        (lambda x, y, A: 1 + x @ A @ x, "symmetric", True),
        (lambda x, y, A: 1 + x[0] * (x @ A @ x), "spd", True),
    ],
    ids=["form", "inverse", "two", "bilinear", "minus", "alone", "symmetric", "sign unknown"],
)
def test_one_and_a_quadratic_form_of_a_positive_definite_matrix_is_not_zero(decide, more, word, asked):
    shapes = {"x": "n", "y": "n", "A": "n n"}
    f = lambda x, y, A: np.sum(x * y)  # noqa: E731
    proof = decide(f, lambda x, y, A: y * more(x, y, A) / more(x, y, A), shapes, domains={"A": word})
    assert isinstance(proof, Proof)
    assert any("!= 0" in text and "det" not in text for text in proof.only_gradient) is asked, proof.only_gradient
