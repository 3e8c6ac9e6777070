"""grad, vjp, jvp, jacobian and hessian: values, nesting, what they return and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg

X = np.array([0.5, -1.0, 2.0])


def cubes(x):
    return (x**3).sum()


def test_jacobian_of_a_matrix_that_is_used_in_two_products():
    x = np.arange(9.0).reshape(3, 3) / 9
    expected = dg.jacobian(lambda x: np.einsum("ij,jk,kl->il", x, x, x))(x)
    assert np.allclose(dg.jacobian(lambda x: (x @ x) @ x)(x), expected, rtol=1e-14)


def test_arrays_in_arrays_out_tensors_in_tensors_out():
    assert isinstance(dg.grad(cubes)(X), np.ndarray)
    assert isinstance(dg.grad(cubes)(2.0), np.float64)
    found = dg.grad(cubes)(dg.tensor(X))
    assert isinstance(found, dg.Tensor)
    assert not found.requires_grad
    np.testing.assert_allclose(found, 3 * X**2)


def test_argnums():
    def f(x, y):
        return (x * y).sum()

    assert np.array_equal(dg.grad(f, argnums=1)(X, 2 * X), X)
    gx, gy = dg.grad(f, argnums=(0, 1))(X, 2 * X)
    assert np.array_equal(gx, 2 * X)
    assert np.array_equal(gy, X)


def test_integers_are_promoted():
    assert dg.grad(lambda x: x * x)(3) == 6.0


def test_a_constant_has_gradient_zero():
    assert np.array_equal(dg.grad(lambda x: 3.0)(X), np.zeros(3))
    assert dg.jvp(lambda x: 3.0, [1.0], [1.0])[1] == 0.0


def test_a_function_that_is_not_scalar_is_named():
    def doubled(x):
        return 2 * x

    with pytest.raises(ValueError, match=r"doubled returned an array of shape \(3,\), expected a scalar"):
        dg.grad(doubled)(X)


def test_perturbations_are_not_confused():
    assert dg.grad(lambda x: x * dg.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert dg.grad(lambda x: x * dg.grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert dg.grad(lambda x: dg.jvp(lambda y: x * y * y, [x], [1.0])[1])(3.0) == 12.0


def test_derivatives_of_every_order():
    f = np.tanh
    expected = [1 / np.cosh(0.5) ** 2, -2 * np.tanh(0.5) / np.cosh(0.5) ** 2]
    first = dg.grad(f)
    second = dg.grad(first)
    np.testing.assert_allclose([first(0.5), second(0.5)], expected)
    np.testing.assert_allclose(dg.grad(dg.grad(dg.grad(lambda x: x**4)))(2.0), 48.0)


def test_jacobian_and_hessian():
    matrix = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(dg.jacobian(lambda x: matrix @ x)(X), matrix)
    assert dg.jacobian(lambda x: np.outer(x, x))(X).shape == (3, 3, 3)
    np.testing.assert_allclose(dg.hessian(cubes)(X), np.diag(6 * X))
    np.testing.assert_allclose(dg.hessian(lambda x: x @ np.ones((3, 3)) @ x)(X), np.full((3, 3), 2.0))


def test_vjp_and_jvp_are_adjoint():
    def f(x, y):
        return np.outer(np.sin(x), y)

    value, pull = dg.vjp(f, X, X)
    g, tangents = np.arange(9.0).reshape(3, 3), (np.ones(3), X)
    again, pushed = dg.jvp(f, (X, X), tangents)
    assert np.array_equal(value, again)
    np.testing.assert_allclose(sum(np.sum(a * b) for a, b in zip(pull(g), tangents, strict=True)), np.sum(g * pushed))
    assert np.array_equal(pull(g)[0], pull(g)[0])


def test_a_tangent_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"got a \(co\)tangent of shape \(2,\), expected \(3,\)"):
        dg.jvp(np.sin, [X], [np.ones(2)])
    with pytest.raises(ValueError, match="got 0 tangents for 1 arguments"):
        dg.jvp(np.sin, [X], [])


def test_gradients_reach_tensors_outside():
    w = dg.tensor(X, requires_grad=True)
    penalty = dg.grad(lambda x: (w * x**2).sum())(np.ones(3))
    penalty.sum().backward()
    assert w.grad.tolist() == [2.0, 2.0, 2.0]


def test_transforms_record_even_inside_no_grad():
    with dg.no_grad():
        np.testing.assert_allclose(dg.grad(cubes)(X), 3 * X**2)


def test_value_and_grad():
    value, gradient = dg.value_and_grad(cubes)(X)
    assert value == np.sum(X**3)
    np.testing.assert_allclose(gradient, 3 * X**2)
