"""Every formula the mirror prints is evaluated, and compared with the engine and with finite differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.mirror import Formula, Mirror, gradient, point
from dualgrad.mirror.gradient import Adjoints

Case = tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]


def softmax(x: Any) -> Any:
    return np.exp(x) / np.exp(x).sum()


def layer_norm(x: Any) -> Any:
    centred = x - x.mean()
    return centred / np.sqrt((centred**2).mean() + 1e-5)


def rosenbrock(x: Any) -> Any:
    return (100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def attention(q: Any, k: Any, v: Any) -> Any:
    weights = np.exp(q @ k.T / np.sqrt(3.0))
    return (weights / weights.sum(axis=1, keepdims=True)) @ v


def deep(x: Any, w: Any) -> Any:
    for _ in range(4):
        x = x + np.tanh(w @ x)
    return x.sum()


PROGRAMS: dict[str, Case] = {
    "notebook": (lambda x: (3 * (x + 2) ** 2).mean(), ((2, 2),)),
    "quadratic form": (lambda x, a: x @ a @ x, ((3,), (3, 3))),
    "least squares": (lambda x, a, b: ((a @ x - b) ** 2).sum(), ((2,), (3, 2), (3,))),
    "logsumexp": (lambda x: np.log(np.exp(x).sum()), ((4,),)),
    "softmax": (softmax, ((3,),)),
    "cross entropy": (lambda x, y: -(y * np.log(softmax(x))).sum(), ((3,), (3,))),
    "network": (lambda w, x, v: v @ np.tanh(w @ x), ((3, 2), (2,), (3,))),
    "batched network": (lambda w, x, b: np.maximum(x @ w + b, 0).mean(), ((2, 3), (4, 2), (3,))),
    "variance": (lambda x: np.var(x), ((4,),)),
    "standard deviation by column": (lambda x: np.std(x, axis=0), ((3, 2),)),
    "layer norm": (lambda x, w: (w * layer_norm(x)).sum(), ((3,), (3,))),
    "trace": (lambda a, x: np.trace(a @ x), ((2, 3), (3, 2))),
    "trace of a power": (lambda x: np.trace(x @ x @ x), ((3, 3),)),
    "rosenbrock": (rosenbrock, ((5,),)),
    "attention": (attention, ((2, 3), (4, 3), (4, 2))),
    "residual network": (deep, ((2,), (2, 2))),
    "norm": (lambda x: np.sqrt(x @ x), ((3,),)),
    "product": (lambda x: x.prod(), ((4,),)),
    "product by row": (lambda x: x.prod(axis=1), ((2, 3),)),
    "largest": (lambda x: x.max() - x.min(), ((4,),)),
    "absolute": (lambda x: np.abs(x).sum(), ((3,),)),
    "clipped": (lambda x: np.clip(x, -0.5, 0.5) * x, ((5,),)),
    "chosen": (lambda x, y: np.where(x > y, x * y, x / y), ((4,), (4,))),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), ((3,),)),
    "outer": (lambda x, y: np.outer(x, y), ((2,), (3,))),
    "einsum": (lambda a, b: np.einsum("ij,kj->ik", a, b), ((2, 3), (2, 3))),
    "broadcast": (lambda x, y: x / y, ((2, 1), (1, 3))),
    "reshaped": (lambda x, y: x.reshape(2, 3) * y, ((6,), (2, 3))),
    "raveled": (lambda x, y: x.ravel() * y, ((2, 3), (6,))),
    "transposed": (lambda x, y: (x.T @ y).sum(axis=0), ((2, 3), (2, 2))),
    "reversed": (lambda x: x[::-1] * x, ((4,),)),
    "strided": (lambda x: x[::2] ** 3, ((5,),)),
    "indexed": (lambda x: x[1] * x[-1], ((4,),)),
    "concatenated": (lambda x, y: np.concatenate([x, y]) ** 2, ((2,), (3,))),
    "stacked": (lambda x, y: np.stack([x, y], axis=1) * 3.0, ((3,), (3,))),
    "cumulative": (lambda x: np.cumsum(x) ** 2, ((4,),)),
    "differences": (lambda x: ((x[1:] - x[:-1]) ** 2).sum(), ((4,),)),
    "elementary": (lambda x: np.sin(x) * np.cosh(x) + np.arctan(x) * 0.1, ((3,),)),
    "powers": (lambda x, y: np.exp(x) ** y, ((3,), (3,))),
    "number": (lambda x: x * x / (1 + x), ((),)),
    "shared": (lambda x: (x + np.tanh(x)) * np.tanh(x).sum(), ((3,),)),
}


def arguments(name: str, seed: int = 7) -> list[Any]:
    """Random tensors of the shapes of a program; multiples of 1/8, so that what is rational stays exact."""
    rng = np.random.default_rng(seed)
    shapes = PROGRAMS[name][1]
    return [dg.tensor(np.round(rng.uniform(-12, 12, shape)) / 8 + 1 / 64, requires_grad=True) for shape in shapes]


def numbers(formula: Formula, mirror: Mirror) -> np.ndarray[Any, Any]:
    where = point(mirror.reading, mirror.graph.values)
    return formula.at(where.arrays, where.sizes).astype(float)


def computed(name: str) -> tuple[list[Any], Any]:
    args = arguments(name)
    return args, PROGRAMS[name][0](*args)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("sizes", ["given", "any"])
def test_the_formula_has_the_value_of_the_tensor(name: str, sizes: str) -> None:
    _, out = computed(name)
    mirror = out.mirror if sizes == "given" else out.mirror.general
    np.testing.assert_allclose(numbers(mirror.formula, mirror).reshape(out.shape), out.data, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("sizes", ["given", "any"])
def test_the_gradient_formula_has_the_value_of_the_engine(name: str, sizes: str) -> None:
    args, out = computed(name)
    mirror = out.mirror if sizes == "given" else out.mirror.general
    shown = [gradient(mirror.reading, mirror.graph.variables[x._edge]) for x in args]
    total = out.sum() if out.ndim else out
    total.backward()
    for x, formula in zip(args, shown, strict=True):
        values = numbers(formula, mirror).reshape(x.shape)
        np.testing.assert_allclose(values, x.grad.data, rtol=1e-11, atol=1e-13, err_msg=str(formula))


@pytest.mark.parametrize("name", PROGRAMS)
def test_naming_the_intermediates_does_not_change_the_gradient(name: str) -> None:
    args, out = computed(name)
    mirror = out.mirror.general
    for x in args:
        variable = mirror.graph.variables[x._edge]
        folded = Adjoints(mirror.reading, mirror.reading.lines).formula(variable)
        whole = Adjoints(mirror.reading, ()).formula(variable)
        np.testing.assert_allclose(numbers(folded, mirror), numbers(whole, mirror), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_jacobian_formula_agrees_with_central_differences(name: str) -> None:
    args, out = computed(name)
    function = PROGRAMS[name][0]
    mirror = out.mirror
    for place, x in enumerate(args):
        values = numbers(mirror.derivative(x), mirror).reshape(out.shape + x.shape)
        for position in np.ndindex(x.shape):
            step = np.zeros(x.shape)
            step[position] = 1e-6
            ends = []
            for sign in (1, -1):
                moved = [dg.tensor(a.data + (sign * step if k == place else 0)) for k, a in enumerate(args)]
                ends.append(np.asarray(function(*moved).data))
            slope = (ends[0] - ends[1]) / 2e-6
            np.testing.assert_allclose(values[(..., *position)], slope, rtol=1e-5, atol=1e-5)
