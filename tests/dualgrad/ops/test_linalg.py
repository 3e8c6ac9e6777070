"""Decompositions: what their parts make together, and gradients where some derivatives do not exist."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg

RNG = np.random.default_rng(8)
TALL, WIDE, STACK = RNG.standard_normal((4, 2)), RNG.standard_normal((2, 4)), RNG.standard_normal((2, 3, 3))


def leaf(a):
    return dg.tensor(a, requires_grad=True)


def transposed(a):
    return np.swapaxes(a, -1, -2)


def remade_from_svd(x):
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return (u * s[..., None, :]) @ vh


def remade_from_qr(x):
    q, r = np.linalg.qr(x)
    return q @ r


def remade_from_eigh(x):
    w, v = np.linalg.eigh(x + transposed(x))
    return 0.5 * (v * w[..., None, :]) @ transposed(v)


def remade_from_cholesky(x):
    l = np.linalg.cholesky(x @ transposed(x))  # noqa: E741
    return l @ transposed(l)


@pytest.mark.parametrize(
    ("remade", "plain", "a"),
    [
        *((remade_from_svd, lambda x: x, a) for a in (TALL, WIDE, STACK)),
        *((remade_from_qr, lambda x: x, a) for a in (TALL, STACK)),
        (remade_from_eigh, lambda x: 0.5 * (x + transposed(x)), STACK),
        (remade_from_cholesky, lambda x: x @ transposed(x), STACK),
    ],
    ids=range(7),
)
def test_a_matrix_put_together_again_has_the_gradient_of_the_matrix(remade, plain, a):
    g = RNG.standard_normal(plain(a).shape)
    for f in (remade, plain):
        np.testing.assert_allclose(f(a), plain(a), atol=1e-12)
    _, pull = dg.vjp(remade, a)
    _, expected = dg.vjp(plain, a)
    np.testing.assert_allclose(pull(g)[0], expected(g)[0], atol=1e-11)


def test_values_are_numpys():
    x = leaf(STACK)
    for found, expected in (
        (np.linalg.slogdet(x), np.linalg.slogdet(STACK)),
        (np.linalg.eigh(x), np.linalg.eigh(STACK)),
        (np.linalg.svd(x), np.linalg.svd(STACK)),
        (np.linalg.qr(x), np.linalg.qr(STACK)),
        (np.linalg.lstsq(leaf(TALL), np.ones(4)), np.linalg.lstsq(TALL, np.ones(4))),
    ):
        for mine, numpys in zip(found, expected, strict=True):
            np.testing.assert_allclose(dg.tensor(mine).detach(), numpys, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(np.linalg.qr(x, mode="r").detach(), np.linalg.qr(STACK)[1])


def test_the_sign_of_a_determinant_lets_no_gradient_through():
    x = leaf(STACK)
    sign, logabsdet = np.linalg.slogdet(x)
    assert not sign.requires_grad
    logabsdet.sum().backward()
    np.testing.assert_allclose(x.grad.data, transposed(np.linalg.inv(STACK)), rtol=1e-10)


@pytest.mark.parametrize(
    ("a", "expected"),
    [
        (np.diag([2.0, 3.0, 0.0]), np.diag([0.0, 0.0, 6.0])),
        (np.ones((2, 2)), np.array([[1.0, -1.0], [-1.0, 1.0]])),
        (np.zeros((1, 1)), np.ones((1, 1))),
        (np.zeros((2, 2)), np.zeros((2, 2))),
    ],
    ids=range(4),
)
def test_singular_matrices_have_the_gradient_of_their_determinant(a, expected):
    np.testing.assert_allclose(dg.grad(dg.det)(a), expected, atol=1e-14)


def test_equal_eigenvalues_and_singular_values_give_no_nan():
    a = np.diag([2.0, 2.0, 1.0])
    np.testing.assert_allclose(dg.grad(lambda x: np.linalg.eigvalsh(x).sum())(a), np.eye(3), atol=1e-14)
    np.testing.assert_allclose(dg.grad(lambda x: (np.linalg.eigvalsh(x) ** 2).sum())(a), 2 * a, atol=1e-14)
    np.testing.assert_allclose(dg.grad(lambda x: dg.svdvals(x).sum())(a), np.eye(3), atol=1e-14)
    assert np.isfinite(dg.grad(lambda x: dg.norm(x, "nuc"))(np.zeros((2, 3)))).all()


def test_the_power_0_is_the_identity():
    np.testing.assert_array_equal(dg.matrix_power(STACK, 0), np.linalg.matrix_power(STACK, 0))


def test_least_squares():
    b = RNG.standard_normal(4)

    def rest(a, b):
        return np.linalg.lstsq(a, b)[1].sum()

    found, plain = dg.grad(rest, 1)(TALL, b), 2 * (b - TALL @ np.linalg.lstsq(TALL, b)[0])
    np.testing.assert_allclose(found, plain, atol=1e-12)


@pytest.mark.parametrize("ord", [1.5, 3, 10])
def test_a_norm_neither_overflows_nor_is_nan_at_zero(ord):
    big = np.array([3e200, -4e200])
    slope = dg.grad(lambda x: dg.norm(x, ord))(big)
    np.testing.assert_allclose(slope, dg.grad(lambda x: dg.norm(x, ord))(big / 1e200), rtol=1e-14)
    assert dg.grad(lambda x: dg.norm(x, ord))(np.zeros(3)).tolist() == [0, 0, 0]


@pytest.mark.parametrize("size", [64, 65, 150])
def test_cholesky_of_large_matrices_is_pulled_back_as_that_of_small_ones(size):
    rng = np.random.default_rng(size)
    a, g = rng.standard_normal((2, size, size))
    s = a @ a.T / size + np.eye(size)
    (found,) = dg.vjp(np.linalg.cholesky, s)[1](np.tril(g))
    y = np.linalg.cholesky(s)
    inverse = np.linalg.inv(y)
    halved = np.tril(y.T @ np.tril(g)) * (1 - np.eye(size) / 2)
    middle = inverse.T @ halved @ inverse
    expected = np.tril(middle + middle.T) * (1 - np.eye(size) / 2)
    assert np.abs(found - expected).max() <= 1e-13 * np.abs(expected).max()
