"""Inverses and determinants: gradients that are right for every size, plausible mistakes, and ways to a false proof."""

from __future__ import annotations

import numpy as np
import pytest

from verify.form.proof import Failure, Proof

inv, det, solve = np.linalg.inv, np.linalg.det, np.linalg.solve
SQUARE = {"X": "n n"}
PAIR = {"X": "n n", "W": "n n"}


def logdet(X):
    return np.linalg.slogdet(X)[1]


def gram(X):
    return np.eye(X.shape[1]) + X.T @ X


def outer_gram(X):
    return np.eye(X.shape[0]) + X @ X.T


def upper(U):
    return np.triu(U) + np.triu(U, 1).T


# name: (f, right gradients, wrong gradients, shapes, argument)
CASES = {
    "log-determinant": (
        logdet,
        [lambda X: inv(X).T, lambda X: inv(X.T), lambda X: solve(X.T, np.eye(X.shape[0]))],
        [inv, lambda X: 2 * inv(X).T, lambda X: -inv(X).T, lambda X: inv(X).T + X, lambda X: inv(X @ X).T @ X],
        SQUARE, 0,
    ),
    "determinant": (
        det,
        [lambda X: det(X) * inv(X).T, lambda X: det(X.T) * inv(X).T, lambda X: inv(X).T / det(inv(X))],
        [lambda X: det(X) * inv(X), lambda X: inv(X).T, lambda X: det(X) ** 2 * inv(X).T, lambda X: det(X) * X.T],
        SQUARE, 0,
    ),
    "an inverse": (
        lambda X, W: np.sum(W * inv(X)),
        [lambda X, W: -inv(X).T @ W @ inv(X).T, lambda X, W: -solve(X.T, W) @ inv(X.T)],
        [
            lambda X, W: -inv(X) @ W @ inv(X),
            lambda X, W: inv(X).T @ W @ inv(X).T,
            lambda X, W: -inv(X).T @ W.T @ inv(X).T,
            lambda X, W: -W @ inv(X).T @ inv(X).T,
            lambda X, W: -inv(X).T @ W,
        ],
        PAIR, 0,
    ),
    "a solution, by the matrix": (
        lambda A, b, c: c @ solve(A, b),
        [lambda A, b, c: -np.outer(solve(A.T, c), solve(A, b))],
        [
            lambda A, b, c: -np.outer(solve(A, b), solve(A.T, c)),
            lambda A, b, c: -np.outer(solve(A, c), solve(A, b)),
            lambda A, b, c: np.outer(solve(A.T, c), solve(A, b)),
        ],
        {"A": "n n", "b": "n", "c": "n"}, 0,
    ),
    "a solution, by the right side": (
        lambda A, b, c: c @ solve(A, b),
        [lambda A, b, c: solve(A.T, c), lambda A, b, c: inv(A).T @ c],
        [lambda A, b, c: solve(A, c), lambda A, b, c: A.T @ c],
        {"A": "n n", "b": "n", "c": "n"}, 1,
    ),
    "of a product": (
        lambda X, W: logdet(X @ W),
        [lambda X, W: inv(X).T, lambda X, W: inv(X @ W).T @ W.T],
        [lambda X, W: inv(W).T, lambda X, W: inv(X @ W).T, lambda X, W: inv(X @ W).T @ W],
        PAIR, 0,
    ),
    "of a multiple": (
        lambda X: det(3 * X),
        [lambda X: 3.0 ** X.shape[0] * det(X) * inv(X).T, lambda X: 3 * det(3 * X) * inv(3 * X).T],
        [lambda X: 3 * det(X) * inv(X).T, lambda X: 27 * det(X) * inv(X).T, lambda X: det(3 * X) * inv(3 * X).T],
        SQUARE, 0,
    ),
    "an inverse undone": (
        lambda X: np.sum(inv(inv(X)) ** 2),
        [lambda X: 2 * X],
        [lambda X: 2 * X.T, lambda X: X],
        SQUARE, 0,
    ),
    "a matrix against its inverse": (
        lambda X, W: np.sum(inv(X) @ X * W) + np.trace(X @ inv(X)),
        [lambda X, W: np.zeros_like(X)],
        [lambda X, W: W, lambda X, W: np.eye(X.shape[0]) + 0 * X],
        PAIR, 0,
    ),
    "of a diagonal": (
        lambda x: logdet(np.diag(x)) + np.sum(inv(np.diag(x))),
        [lambda x: 1 / x - 1 / x**2],
        [lambda x: 1 / x + 1 / x**2, lambda x: 1 / x],
        {"x": "n"}, 0,
    ),
    "of a gram matrix": (
        lambda X: logdet(X.T @ X),
        [lambda X: 2 * X @ inv(X.T @ X), lambda X: 2 * np.linalg.pinv(X).T],
        [lambda X: X @ inv(X.T @ X), lambda X: np.linalg.pinv(X.T), lambda X: 2 * X @ (X.T @ X)],
        {"X": "m k"}, 0,
    ),
    "pushed through": (
        lambda X: logdet(outer_gram(X)),
        [lambda X: 2 * inv(outer_gram(X)) @ X, lambda X: 2 * X @ inv(gram(X))],
        [lambda X: 2 * inv(outer_gram(X)).T, lambda X: X @ inv(gram(X)), lambda X: 2 * X @ gram(X)],
        {"X": "n n"}, 0,
    ),
    "a symmetric matrix of one triangle": (
        lambda U: logdet(upper(U)),
        [lambda U: np.triu(2 * inv(upper(U))) - np.diag(np.diag(inv(upper(U))))],
        [lambda U: np.triu(inv(upper(U))), lambda U: np.triu(2 * inv(upper(U))), lambda U: inv(upper(U))],
        {"U": "n n"}, 0,
    ),
    "a stack": (
        lambda X: np.sum(logdet(X)),
        [lambda X: inv(X).swapaxes(-1, -2)],
        [inv, lambda X: np.sum(inv(X).swapaxes(-1, -2), axis=0) + 0 * X],
        {"X": "m n n"}, 0,
    ),
    "a negative power": (
        lambda X: np.trace(np.linalg.matrix_power(X, -2)),
        [lambda X: -2 * np.linalg.matrix_power(inv(X), 3).T],
        [lambda X: -2 * np.linalg.matrix_power(inv(X), 3), lambda X: -2 * np.linalg.matrix_power(inv(X), 2).T],
        SQUARE, 0,
    ),
    "of size 1": (lambda X: logdet(X), [lambda X: 1 / X], [lambda X: X, lambda X: -1 / X], {"X": "1 1"}, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_right_gradients_are_proved_and_wrong_ones_are_not(name, decide):
    f, rights, wrongs, shapes, argument = CASES[name]
    for right in rights:
        found = decide(f, right, shapes, argument)
        assert isinstance(found, Proof), (found.reason, found.difference)
    for wrong in wrongs:
        assert isinstance(decide(f, wrong, shapes, argument), Failure)


@pytest.mark.parametrize("name", [name for name in CASES if name != "of size 1"])
def test_the_engines_gradient_is_proved(name, decide):
    f, _, _, shapes, argument = CASES[name]
    assert isinstance(decide(f, None, shapes, argument), Proof)


def test_a_jacobian(decide):
    found = decide(inv, lambda X: -np.einsum("ik,lj->ijkl", inv(X), inv(X)), SQUARE, kind="jac")
    assert isinstance(found, Proof)
    assert isinstance(decide(inv, lambda X: -np.einsum("ki,lj->ijkl", inv(X), inv(X)), SQUARE, kind="jac"), Failure)


# ---------------------------------------------------------------------------- the domain


def test_that_a_matrix_is_invertible_is_a_condition(decide):
    proof = decide(logdet, lambda X: inv(X).T, SQUARE)
    assert "det(X) != 0" in proof.gradient
    assert proof.forward == ("det(X)^2 > 0",)
    assert decide(det, lambda X: det(X) * inv(X).T, SQUARE).derivative == ("det(X) != 0",)


def test_what_only_the_gradient_inverts_is_told(decide):
    proof = decide(lambda X: np.sum(X**2), lambda X: 2 * X @ inv(X) @ X, SQUARE)
    assert isinstance(proof, Failure) or proof.only_gradient == ("det(X) != 0",)


def test_a_determinant_under_a_logarithm_is_positive(decide):
    proof = decide(lambda X: np.log(det(X)), lambda X: inv(X).T, SQUARE)
    assert proof.forward == ("det(X) > 0",)
    assert not proof.only_gradient


def test_the_sign_of_a_determinant_is_a_kink(decide):
    proof = decide(lambda X: np.linalg.slogdet(X)[0] * logdet(X), lambda X: np.sign(det(X)) * inv(X).T, SQUARE)
    assert isinstance(proof, Failure) or any("det(X)" in kink for kink in proof.kinks)


def test_a_singular_matrix_has_no_inverse(decide):
    failure = decide(lambda x, X: np.sum(inv(0 * X)) + np.sum(x), lambda x, X: np.ones_like(x), {"x": "n", "X": "n n"})
    assert isinstance(failure, Failure)
    assert "no value" in failure.reason


# ---------------------------------------------------------------------------- ways to a false proof


def test_a_product_is_split_only_into_square_factors(decide):
    shapes = {"X": "k n", "W": "n k"}

    def f(X, W):
        return logdet(X @ W)

    assert isinstance(decide(f, lambda X, W: (W @ inv(X @ W)).T, shapes), Proof)
    assert decide(f, lambda X, W: (inv(W @ X) @ W).T, shapes).only_gradient  # equal where both exist: nowhere
    assert isinstance(decide(lambda X, W: det(X @ W), lambda X, W: det(W @ X) * (W @ inv(X @ W)).T, shapes), Failure)


def test_a_symmetric_argument_is_general_while_it_is_differentiated(decide):
    shapes, known = {"W": "n n", "a": "n", "b": "n"}, {"W": "spd"}

    def f(W, a, b):
        return a @ inv(W) @ b + b @ inv(W) @ a

    def right(W, a, b):
        V = inv(W)
        return -V @ (np.outer(a, b) + np.outer(b, a)) @ V

    assert isinstance(decide(f, right, shapes, domains=known), Proof)
    assert isinstance(decide(f, lambda W, a, b: -2 * inv(W) @ np.outer(a, b) @ inv(W), shapes, domains=known), Failure)
    assert isinstance(decide(f, right, shapes), Failure)


def test_a_sum_over_a_part_of_the_range_is_not_contracted(decide):
    shapes = {"X": "n n"}

    def f(X):
        return np.sum(X[:, :-1] @ inv(X)[:-1, :])

    assert isinstance(decide(f, lambda X: np.zeros_like(X), shapes), Failure)
    assert isinstance(decide(f, None, shapes), Proof)


def test_a_stack_is_not_contracted_across_its_matrices(decide):
    shapes = {"X": "m n n"}

    def across(X):
        return np.einsum("aij,bjk->", X, inv(X))

    assert isinstance(decide(across, lambda X: np.zeros_like(X), shapes), Failure)
    assert isinstance(decide(lambda X: np.sum(X @ inv(X)), lambda X: np.zeros_like(X), shapes), Proof)
    assert isinstance(decide(lambda X: np.sum(inv(X) @ X.swapaxes(1, 2)), lambda X: 0 * X, shapes), Failure)


def test_inverses_do_not_commute(decide):
    shapes = {"X": "n n", "W": "n n"}
    assert isinstance(decide(lambda X, W: np.sum(inv(X @ W) @ W @ X), lambda X, W: 0 * X, shapes), Failure)
    assert isinstance(decide(lambda X, W: np.sum(X @ inv(W @ X) @ W), lambda X, W: 0 * X, shapes), Failure)

    def square(X, W):
        return np.sum(X @ inv(W @ X) @ W) + 0 * det(X)

    assert isinstance(decide(square, lambda X, W: 0 * X, shapes), Proof)
    assert isinstance(decide(lambda X, W: np.sum(inv(X + W)), lambda X, W: of_each(X, W), shapes), Failure)


def of_each(X, W):
    return -np.outer(np.sum(inv(X), axis=0), np.sum(inv(X), axis=1))


def test_labels_of_nested_matrices_do_not_collide(decide):
    shapes = {"X": "n n", "W": "n n"}

    def f(X, W):
        return np.sum(inv(X + inv(W + inv(X))))

    assert isinstance(decide(f, None, shapes), Proof)
    assert isinstance(decide(f, lambda X, W: 0 * X, shapes), Failure)
    swapped = decide(lambda X, W: np.sum(inv(X + inv(W)) - inv(W + inv(X))), lambda X, W: 0 * X, shapes)
    assert isinstance(swapped, Failure)


def test_the_determinant_of_a_sum_is_no_sum(decide):
    wrong = decide(lambda X, W: det(X + W), lambda X, W: det(X) * inv(X).T, PAIR)
    assert isinstance(wrong, Failure)
    assert isinstance(decide(lambda X: det(-X), lambda X: -det(X) * inv(X).T, SQUARE), Failure)
    assert isinstance(decide(lambda X: det(-X), lambda X: det(-X) * inv(X).T, SQUARE), Proof)


def test_a_matrix_that_is_not_square_is_refused(decide):
    with pytest.raises((AssertionError, ValueError)):
        decide(lambda X: np.sum(inv(X)), lambda X: 0 * X, {"X": "n m"})
