"""Recorded programs, as a person reads them: sizes symbolic or given, lines, names, derivations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dualgrad.frontends.trace import Trace
from dualgrad.mirror import (
    Reading,
    derivation,
    gradient,
    opened,
    point,
    read,
    read_gradient,
    rows,
    value_at,
    value_text,
)

Shape = tuple[str | int, ...]


def recorded(function: Callable[..., Any], **shapes: Shape) -> tuple[Any, Trace]:
    trace = Trace()
    tracers = [
        trace.input(name, np.ones([3 if isinstance(size, str) else size for size in shape]), shape)
        for name, shape in shapes.items()
    ]
    variables = [tracer.operand for tracer in tracers]
    out = function(*tracers)
    outputs = [each.operand for each in (out if isinstance(out, tuple) else (out,))]
    return trace.program("f", variables, outputs), trace


def softmax(x: Any) -> Any:
    return np.exp(x) / np.exp(x).sum()


def reading_of(function: Callable[..., Any], **shapes: Shape) -> Reading:
    program, trace = recorded(function, **shapes)
    return opened(program, sizes=trace.extents.merged)


READ: dict[str, tuple[Callable[..., Any], dict[str, Shape], str, list[str]]] = {
    "the notebook for every size": (
        lambda x: (3 * (x + 2) ** 2).mean(),
        {"x": ("x0", "x1")},
        "o = 1/n Σᵢ 3 (xᵢ + 2)²",
        ["∂o/∂xᵢ = 6/n (xᵢ + 2)"],
    ),
    "the notebook with sizes the user named": (
        lambda x: (3 * (x + 2) ** 2).mean(),
        {"x": ("n", "m")},
        "o = 1/(n m) Σᵢ 3 (xᵢ + 2)²",
        ["∂o/∂xᵢ = 6/(n m) (xᵢ + 2)"],
    ),
    "the notebook for four elements": (
        lambda x: (3 * (x + 2) ** 2).mean(),
        {"x": (2, 2)},
        "o = 1/4 Σᵢ 3 (xᵢ + 2)²",
        ["∂o/∂xᵢ = 3/2 (xᵢ + 2)"],
    ),
    "quadratic form": (
        lambda x, A: x @ A @ x,
        {"x": ("n",), "A": ("m", "d")},
        "o = Σᵢ xᵢ Σⱼ xⱼ Aⱼᵢ",
        ["∂o/∂xᵢ = Σⱼ xⱼ (Aᵢⱼ + Aⱼᵢ)", "∂o/∂Aᵢⱼ = xᵢ xⱼ"],
    ),
    "least squares": (
        lambda x, A, b: ((A @ x - b) ** 2).sum(),
        {"x": ("n",), "A": ("m", "d"), "b": ("h",)},
        "o = Σᵢ (Σⱼ Aᵢⱼ xⱼ − bᵢ)²",
        ["∂o/∂xᵢ = 2 Σⱼ Aⱼᵢ (Σₖ Aⱼₖ xₖ − bⱼ)", "∂o/∂Aᵢⱼ = 2 xⱼ (Σₖ Aᵢₖ xₖ − bᵢ)", "∂o/∂bᵢ = −2 (Σⱼ Aᵢⱼ xⱼ − bᵢ)"],
    ),
    "logsumexp": (
        lambda x: np.log(np.exp(x).sum()),
        {"x": ("n",)},
        "o = log(Σᵢ exp(xᵢ))",
        ["∂o/∂xᵢ = softmax(x)ᵢ"],
    ),
    "cross entropy": (
        lambda x, y: -(y * np.log(softmax(x))).sum(),
        {"x": ("n",), "y": ("m",)},
        "o = −Σᵢ yᵢ log(softmax(x)ᵢ)",
        ["∂o/∂xᵢ = softmax(x)ᵢ Σⱼ yⱼ − yᵢ", "∂o/∂yᵢ = −log(softmax(x)ᵢ)"],
    ),
    "variance": (
        lambda x: ((x - x.mean()) ** 2).mean(),
        {"x": ("n",)},
        "o = 1/n Σᵢ (xᵢ − 1/n Σⱼ xⱼ)²",
        ["∂o/∂xᵢ = 2/n (xᵢ − 1/n Σⱼ xⱼ)"],
    ),
    "network": (
        lambda w, x, v: v @ np.tanh(w @ x),
        {"w": ("n", "m"), "x": ("d",), "v": ("h",)},
        "o = Σᵢ vᵢ tanh(Σⱼ wᵢⱼ xⱼ)",
        ["∂o/∂wᵢⱼ = vᵢ xⱼ (1 − tanh(Σₖ wᵢₖ xₖ)²)"],
    ),
    "trace": (
        lambda A, X: np.trace(A @ X),
        {"A": ("n", "m"), "X": ("d", "h")},
        "o = Σᵢⱼ Aᵢⱼ Xⱼᵢ",
        ["∂o/∂Aᵢⱼ = Xⱼᵢ", "∂o/∂Xᵢⱼ = Aⱼᵢ"],
    ),
    "rosenbrock": (
        lambda x: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(),
        {"x": ("n",)},
        "o = Σ[i < n − 1] (100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²)",
        ["∂o/∂xᵢ = 2 (100 (xᵢ − xᵢ₋₁²) [i ≥ 1] − 200 xᵢ (xᵢ₊₁ − xᵢ²) [i ≤ n−2] − (1 − xᵢ) [i ≤ n−2])"],
    ),
    "relu": (
        lambda x: np.maximum(x, 0).sum(),
        {"x": ("n",)},
        "o = Σᵢ max(xᵢ, 0)",
        ["∂o/∂xᵢ = [xᵢ > 0]"],
    ),
    "a vector": (
        lambda x: np.tanh(x) * x,
        {"x": ("n",)},
        "oᵢ = xᵢ tanh(xᵢ)",
        ["∂Σo/∂xᵢ = xᵢ (1 − tanh(xᵢ)²) + tanh(xᵢ)"],
    ),
    "sizes as numbers": (
        lambda x: x.sum() / x.shape[0],
        {"x": ("n",)},
        "o = 1/n Σᵢ xᵢ",
        ["∂o/∂xᵢ = 1/n"],
    ),
}


@pytest.mark.parametrize("name", READ)
def test_programs_are_read_as_a_person_writes_them(name: str) -> None:
    function, shapes, formula, gradients = READ[name]
    program, trace = recorded(function, **shapes)
    assert str(read(program, sizes=trace.extents.merged)) == formula
    found = [str(read_gradient(program, place, sizes=trace.extents.merged)) for place in range(len(gradients))]
    assert found == gradients


def test_sizes_may_be_given_later() -> None:
    program, _ = recorded(READ["the notebook for every size"][0], x=("x0", "x1"))
    assert str(read_gradient(program, "x", sizes={"x0": 2, "x1": 2})) == "∂o/∂xᵢ = 3/2 (xᵢ + 2)"


def test_letters_of_sizes_are_explained() -> None:
    assert gradient(reading_of(lambda x: x.mean(), x=("x0", "x1")), 0).notes == ("n = x.size",)
    reading = reading_of(lambda x, w: (w @ x).mean(), x=("x0",), w=("w0", "w1"))
    assert gradient(reading, 0).notes == ("m = w.shape[0]", "n = x.shape[0]")


def test_captured_arrays_and_given_names() -> None:
    weights = np.array([1.0, 2.0, 3.0])
    program, trace = recorded(lambda x: (x * weights).sum(), x=(3,))
    assert str(read_gradient(program)) == "∂o/∂xᵢ = aᵢ"
    names = {next(iter(program.captured)): "weights"}
    assert str(read_gradient(program, names=names, sizes=trace.extents.merged)) == "∂o/∂xᵢ = weightsᵢ"


def test_several_outputs_are_added_up() -> None:
    assert str(gradient(reading_of(lambda x: (x * x, x.sum()), x=("n",)), 0)) == "∂Σo/∂xᵢ = 2 xᵢ + 1"
    assert str(gradient(reading_of(lambda x: (x, x), x=("n",)), 0)) == "∂Σx/∂xᵢ = 2"


def test_lines_are_those_a_person_writes() -> None:
    reading = reading_of(lambda x, A, b: ((A @ x - b) ** 2).sum(), x=("n",), A=("m", "d"), b=("h",))
    shown = [(row.name, row.operation, row.shape) for row in rows(reading)[3:]]
    assert shown == [("y", "Σⱼ Aᵢⱼ xⱼ − bᵢ", "m"), ("z", "yᵢ²", "m"), ("o", "Σᵢ zᵢ", "")]


def test_a_derivation_sums_over_what_it_passes_through() -> None:
    reading = reading_of(lambda x, A: ((A @ x) ** 2).sum(), x=("n",), A=("m", "d"))
    step = next(step for step in derivation(reading, "x") if step.title == "the chain rule")
    assert step.latex.endswith(r"= \sum_{j} 1 \cdot 2 y_{j} \cdot A_{j i}")


def test_a_derivation_with_two_paths_goes_back_variable_by_variable() -> None:
    reading = reading_of(lambda x: (x * np.exp(x).sum()).sum(), x=("n",))
    titles = [step.title for step in derivation(reading, 0)]
    assert "the chain rule" not in titles
    assert [title for title in titles if title.startswith("the chain rule, back to")]
    assert titles[-1] == "the result"


def test_values_at_a_point() -> None:
    reading = reading_of(lambda x, A: (A @ x).sum() / 3, x=("n",), A=("m", "d"))
    x, A = reading.book.program.inputs
    where = point(reading, {x: np.array([1.0, 0.5]), A: np.array([[1.0, 2.0], [0.25, 4.0], [0.0, 0.0]])})
    assert value_text(value_at(gradient(reading, "x"), where)) == "(5/12, 2)"
    assert [row.value for row in rows(reading, where)] == [
        "(1, 1/2)",
        "(1, 2, 1/4, 4, 0, 0)",
        "(2, 9/4, 0)",
        "17/12",
    ]
    assert derivation(reading, "x", where)[-1].title == "at the given point"


def test_large_arrays_are_not_evaluated() -> None:
    reading = reading_of(lambda x: (x * x).sum(), x=("n",))
    (x,) = reading.book.program.inputs
    assert value_at(gradient(reading, "x"), point(reading, {x: np.ones(10**6)})) is None
