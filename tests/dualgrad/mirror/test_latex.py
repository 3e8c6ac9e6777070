"""LaTeX that every renderer knows: what latex2mathml cannot turn into MathML is a mistake of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from latex2mathml.converter import convert

import dualgrad as dg

EXACT: dict[str, tuple[Callable[..., Any], str]] = {
    "notebook": (lambda x: (3 * (x + 2) ** 2).mean(), r"\frac{1}{3} \sum_{i} 3 \left(x_{i} + 2\right)^{2}"),
    "softmax": (lambda x: np.exp(x) / np.exp(x).sum(), r"\operatorname{softmax}\left(x\right)_{i}"),
    "root": (lambda x: np.sqrt(x * x + 1), r"\sqrt{x_{i}^{2} + 1}"),
    "absolute": (lambda x: np.abs(x - 1e-9), r"\left| x_{i} - 10^{-9} \right|"),
    "relu": (lambda x: np.maximum(x, 0) * 0.1, r"0.1 \max\left(x_{i}, 0\right)"),
    "floor": (lambda x: np.floor(x) * x.prod(), r"\left\lfloor x_{i} \right\rfloor \prod_{j} x_{j}"),
}
OTHERS: dict[str, Callable[..., Any]] = {
    "chosen": lambda x: np.where(x > 1, x * x, -x) + np.heaviside(x, 0.5),
    "functions": lambda x: np.arcsinh(x) - np.arctan2(x, 2) * np.arccosh(x + 1) ** x,
    "slices": lambda x: x[1:] * x[:-1] - np.cumsum(x)[1:],
    "extrema": lambda x: x.max() - x.min() + x.prod(),
}


@pytest.mark.parametrize("name", EXACT)
def test_formulas_in_latex(name: str) -> None:
    function, latex = EXACT[name]
    x = dg.tensor([0.5, 1.5, 2.5], requires_grad=True)
    assert function(x).mirror.latex == latex


@pytest.mark.parametrize("name", [*EXACT, *OTHERS])
def test_every_renderer_knows_the_commands(name: str) -> None:
    x = dg.tensor([0.5, 1.5, 2.5], requires_grad=True)
    mirror = (EXACT[name][0] if name in EXACT else OTHERS[name])(x).mirror
    for shown in (mirror.latex, mirror.derivative(x).latex, *(step.latex for step in mirror.derivation(x))):
        assert "\\" not in convert(shown)


def test_notebooks_get_one_line_or_several() -> None:
    x = dg.tensor(np.ones(3), requires_grad=True)
    assert (x * 2).mirror._repr_latex_() == r"$\displaystyle 2 x_{i}$"
    long = (x - x.mean()) / np.sqrt(x.var() + 1e-5)
    assert "gathered" in (long * long * np.tanh(long)).sum().mirror._repr_latex_()


def test_names_stay_names() -> None:
    some_weights = dg.tensor(np.ones(2), requires_grad=True)
    sigma = dg.tensor(2.0, requires_grad=True)
    assert (some_weights * sigma).mirror.latex == r"\mathrm{some\_weights}_{i} \sigma"
