"""Dicts, lists and tuples of arrays as arguments and results of the transforms."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.engine.structured import is_tree

X = np.array([0.3, -0.7])


class Layer(NamedTuple):
    weight: object
    bias: object


def scalar(p):
    return (p["a"] * p["b"][1][0]).sum() * p["b"][0] * p["b"][1][1]


def nested():
    return {"a": X, "b": [1.5, (X + 1, 2.0)]}


def same(found, expected):
    assert type(found) is type(expected) or not isinstance(expected, (dict, list, tuple))
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            same(found[key], expected[key])
    elif isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other)
    else:
        assert np.shape(found) == np.shape(expected)
        assert np.allclose(found, expected, rtol=1e-14, atol=0)


EXPECTED = {"a": 3 * (X + 1), "b": [2 * (X * (X + 1)).sum(), (3 * X, 1.5 * (X * (X + 1)).sum())]}


def test_gradients_are_nested_as_the_argument_is():
    same(dg.grad(scalar)(nested()), EXPECTED)
    value, gradient = dg.value_and_grad(scalar)(nested())
    same(gradient, EXPECTED)
    assert np.isclose(value, 3 * (X * (X + 1)).sum())
    same(dg.compile(dg.grad(scalar))(nested()), EXPECTED)
    layer = dg.grad(lambda layer, x: dg.sum(layer.weight @ x + layer.bias))(Layer(np.eye(2), X), X)
    same(layer, Layer(np.tile(X, (2, 1)), np.ones(2)))


def test_other_arguments_and_argnums():
    f = lambda x, p, q: (x * p["a"] * q[0]).sum()  # noqa: E731
    args = X, {"a": X + 1}, (X + 2,)
    same(dg.grad(f, 1)(*args), {"a": X * (X + 2)})
    same(dg.grad(f, (0, 2))(*args), ((X + 1) * (X + 2), (X * (X + 1),)))
    same(dg.grad(f, -1)(*args), (X * (X + 1),))


def test_numbers_in_lists_are_an_array():
    assert dg.grad(lambda x: (x**2).sum())([1.0, 2.0]).tolist() == [2.0, 4.0]
    assert not is_tree((1.0, [2, 3.0]))
    assert not is_tree(X)
    assert is_tree([X])
    assert not is_tree(())


def test_products_with_the_jacobian():
    f = lambda p, y: [p["a"] * y, (y.sum(),)]  # noqa: E731
    value, pull = dg.vjp(f, {"a": X}, X + 2)
    same(value, [X * (X + 2), ((X + 2).sum(),)])
    same(pull([X, (1.0,)]), ({"a": X * (X + 2)}, X * X + 1))
    value, tangent = dg.jvp(f, ({"a": X}, X + 2), ({"a": X}, 2 * X))
    same(value, [X * (X + 2), ((X + 2).sum(),)])
    same(tangent, [X * (X + 2) + 2 * X * X, (2 * X.sum(),)])


def test_jacobians_and_second_derivatives():
    found = dg.jacobian(lambda p: {"o": p["a"] * 2, "s": p["a"].sum()})({"a": X})
    same(found, {"o": {"a": 2 * np.eye(2)}, "s": {"a": np.ones(2)}})
    same(dg.jacobian(lambda x: (x * 2, x.sum()))(X), (2 * np.eye(2), np.ones(2)))
    cubes = lambda p: (p["a"] ** 3).sum() + (p["a"] * p["b"]).sum()  # noqa: E731
    p, v = {"a": X, "b": X + 1}, {"a": np.ones(2), "b": X}
    rows = {"a": {"a": np.diag(6 * X), "b": np.eye(2)}, "b": {"a": np.eye(2), "b": np.zeros((2, 2))}}
    same(dg.hessian(cubes)(p), rows)
    along = {"a": 6 * X + X, "b": np.ones(2)}
    same(dg.hvp(cubes)(p, v), along)
    same(dg.vhp(cubes)(p, v), along)


def test_tensors_and_nested_transforms():
    w = dg.tensor(X, requires_grad=True)
    gradient = dg.grad(lambda q: (q["w"] ** 3).sum())({"w": w})
    gradient["w"].sum().backward()
    assert np.allclose(w.grad.numpy(), 6 * X)
    outer = dg.grad(lambda s: dg.grad(lambda p: (p["a"] ** 3).sum() * s)({"a": X})["a"].sum())
    assert np.isclose(outer(2.0).item(), 3 * (X * X).sum())


def test_what_is_not_as_it_should_be_is_named():
    with pytest.raises(TypeError, match=r"grad: .* returned a tuple of 2, expected one tensor"):
        dg.grad(lambda p: (p["a"], p["a"]))({"a": X})
    with pytest.raises(TypeError, match=r"jacobian: .* holds something else than arrays of floats"):
        dg.jacobian(lambda x: (x, "name"))(X)
    with pytest.raises(TypeError, match=r"grad: argument 0 of .* is 'text'"):
        dg.grad(lambda p: p["a"].sum())({"a": "text"})
    pull = dg.vjp(lambda x: (x, x.sum()), X)[1]
    with pytest.raises(ValueError, match="expected it nested as what"):
        pull(X)
    with pytest.raises(ValueError, match=r"of shape \(3,\), expected \(2,\)"):
        pull((np.ones(3), 1.0))
