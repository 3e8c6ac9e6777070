"""Arguments and results that are structured: dicts, lists, tuples, several arguments, several outputs, numbers."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest

from verify import Verdict, check

x, y = np.array([0.3, -0.2, 0.5]), np.array([1.0, 2.0])
A = np.arange(6.0).reshape(3, 2) / 3
X = np.arange(6.0).reshape(3, 2) / 5
PARAMETERS = {"w": np.array([0.1, 0.2]), "b": np.float64(0.3)}


def mixed(x, y):
    return np.sum(x**3) * np.sum(y**2) + x @ A @ y


def blocks(x, y):
    across = np.outer(3 * x**2, 2 * y) + A
    return (np.diag(6 * x) * np.sum(y**2), across), (across.T, 2 * np.eye(2) * np.sum(x**3))


def two(x):
    return np.sin(x), np.sum(x**2)


def loss(p, X):
    return np.sum((X @ p["w"] + p["b"]) ** 2)


def slopes(p, X):
    residual = 2 * (X @ p["w"] + p["b"])
    return {"b": np.sum(residual), "w": X.T @ residual}


def network(layers, x):
    for weight, shift in layers:
        x = np.tanh(weight @ x + shift)
    return np.sum(x)


def backward(layers, x):
    values = [x]
    for weight, shift in layers:
        values.append(np.tanh(weight @ values[-1] + shift))
    slope, found = np.ones_like(values[-1]), []
    for (weight, _), before, after in zip(reversed(layers), reversed(values[:-1]), reversed(values[1:]), strict=True):
        inner = slope * (1 - after * after)
        found.append((np.outer(inner, before), inner))
        slope = weight.T @ inner
    return found[::-1]


rng = np.random.default_rng(0)
LAYERS = [(rng.normal(size=(2, 3)), rng.normal(size=2)), (rng.normal(size=(2, 2)), rng.normal(size=2))]


class Pair(NamedTuple):
    a: np.ndarray
    s: float


class Model:
    def __init__(self, scale):
        self.scale = scale

    def loss(self, x):
        return self.scale * np.sum(x**2)

    def slope(self, x):
        return 2 * self.scale * x

    __call__ = loss


MODEL = Model(2.5)


def scaled(x, scale):
    return scale * np.sum(x**2)


def scaled_slope(x, scale):
    return 2 * scale * x


ASKED = {
    "a Hessian by two arguments": (mixed, (x, y), {"hess": blocks, "wrt": (0, 1)}),
    "a Jacobian of two outputs": (two, (x,), {"jac": lambda x: (np.diag(np.cos(x)), 2 * x)}),
    "a Jacobian of outputs in a dict": (
        lambda x: {"a": np.sin(x), "b": x @ x}, (x,), {"jac": lambda x: {"b": 2 * x, "a": np.diag(np.cos(x))}},
    ),
    "a dict of parameters": (loss, (PARAMETERS, X), {"grad": slopes}),
    "a value beside it": (loss, (PARAMETERS, X), {"value_and_grad": lambda p, X: (loss(p, X), slopes(p, X))}),
    "the engine's own": (loss, (PARAMETERS, X), {"wrt": 0}),
    "a list of tuples": (network, (LAYERS, x), {"grad": backward}),
    "a list of tuples, in a tuple": (network, (LAYERS, x), {"grad": lambda *a: (backward(*a),), "wrt": 0}),
    "a named tuple": (
        lambda t: t.s * np.sum(t.a**2), (Pair(x, 1.5),), {"grad": lambda t: Pair(2 * t.s * t.a, np.sum(t.a**2))},
    ),
    "a product with a dict": (
        lambda p: p["a"] @ p["a"] * p["b"], ({"a": x, "b": np.float64(2.0)},),
        {"hvp": lambda p, v: {"a": 2 * p["b"] * v["a"] + 2 * p["a"] * v["b"], "b": 2 * p["a"] @ v["a"]}},
    ),
    "along a tuple": (lambda p: p[0] * p[1], ((x, x + 1),), {"jvp": lambda p, t: p[0] * t[1] + p[1] * t[0]}),
    "against an array, by a dict": (lambda p: p["a"] * 2, ({"a": x},), {"vjp": lambda p, c: {"a": 2 * c}}),
    "arguments of SciPy": (
        lambda x, a, b: a * np.sum(x**2) + b, (x,),
        {"args": (2.0, 1.0), "grad": lambda x, a, b: 2 * a * x, "hess": lambda x, a, b: 2 * a * np.eye(x.size),
         "hvp": lambda x, v, a, b: 2 * a * v},
    ),
    "a NumPy number": (
        lambda x: x**2, (np.float64(3.0),), {"grad": lambda x: 2 * x, "hess": lambda x: 2.0, "hvp": lambda x, v: 2 * v},
    ),
    "an array without axes": (lambda x: x**2, (np.array(3.0),), {"grad": lambda x: 2 * x, "jac": lambda x: 2 * x}),
    "a Jacobian by a number with a last axis": (
        lambda t: np.array([t, t * t]), (1.5,), {"jac": lambda t: np.array([[1.0], [2 * t]])},
    ),
    "methods": (MODEL.loss, (x,), {"grad": MODEL.slope}),
    "an object that can be called": (MODEL, (x,), {"grad": MODEL.slope}),
    "partials": (partial(scaled, scale=3.0), (x,), {"grad": partial(scaled_slope, scale=3.0)}),
}  # fmt: skip


@pytest.mark.parametrize("f, args, asked", ASKED.values(), ids=ASKED)
def test_the_right_derivative_is_proved(f, args, asked):
    result = check(f, *args, **asked)
    assert result.verdict is Verdict.PROVED, str(result)


def doubled(value):
    if isinstance(value, dict):
        return {key: doubled(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        parts = [*value[:-1], doubled(value[-1])]  # only the last of several
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return 2 * np.asarray(value)


def twice(function):
    return lambda *args: doubled(function(*args))


@pytest.mark.parametrize("f, args, asked", ASKED.values(), ids=ASKED)
def test_a_wrong_one_is_refuted(f, args, asked):
    options = {"wrt", "args"}
    if set(asked) <= options:
        return
    result = check(f, *args, **{key: value if key in options else twice(value) for key, value in asked.items()})
    assert result.verdict is Verdict.REFUTED, str(result)


def test_a_script_builds_the_arguments():
    result = check(loss, PARAMETERS, X, grad=lambda p, X: {**slopes(p, X), "b": 0.0})
    assert result.verdict is Verdict.REFUTED
    assert "{'w': p_w, 'b': p_b}" in result.counterexample.script


def test_a_result_of_another_structure_is_told():
    result = check(loss, PARAMETERS, X, grad=lambda p, X: slopes(p, X)["w"])
    assert result.verdict is Verdict.UNDECIDED
    assert "structured as {'w': 0, 'b': 1}" in result.reason


@dataclass(frozen=True)
class Layer:
    """A frozen dataclass: it can only be filled past its own __setattr__."""

    weight: np.ndarray
    shift: np.ndarray
    name: str = "layer"


def through(layer, X):
    return np.sum(np.tanh(X @ layer.weight + layer.shift))


def through_backward(layer, X, lost=1.0):
    inner = 1 - np.tanh(X @ layer.weight + layer.shift) ** 2
    return Layer(lost * X.T @ inner, inner.sum(axis=0))


@pytest.mark.parametrize("wrt", [0, None])
def test_a_dataclass_is_opened_and_its_gradient_is_one(wrt):
    layer = Layer(np.array([[0.3, -0.2], [0.1, 0.4]]), np.array([0.5, -0.1]))
    right = check(through, layer, X, wrt=wrt, grad=through_backward)
    assert right.verdict is Verdict.PROVED, str(right)
    wrong = check(through, layer, X, wrt=wrt, grad=partial(through_backward, lost=2.0))
    assert wrong.verdict is Verdict.REFUTED
    assert "Layer(weight=layer_weight, shift=layer_shift" in wrong.counterexample.script
    as_a_dict = check(through, layer, X, wrt=0, grad=lambda p, X: vars(through_backward(p, X)))
    assert as_a_dict.verdict is Verdict.PROVED


def test_a_dataclass_that_is_not_differentiated_by_stays_as_it_is():
    layer = Layer(np.array([[0.3, -0.2], [0.1, 0.4]]), np.array([0.5, -0.1]))
    result = check(through, layer, X, wrt=1, grad=lambda p, X: (1 - np.tanh(X @ p.weight + p.shift) ** 2) @ p.weight.T)
    assert result.verdict is Verdict.PROVED, str(result)
