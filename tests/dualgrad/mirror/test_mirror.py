"""The mirror of a tensor, as the notebook shows it."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy

import dualgrad as dg
from dualgrad.mirror import Unreadable, value_text


def notebook() -> tuple[dg.Tensor, dg.Tensor, dg.Tensor]:
    x = dg.Variable(dg.ones(2, 2), requires_grad=True)
    y = x + 2
    z = y * y * 3
    return x, y, z.mean()


def test_the_notebook() -> None:
    x = dg.Variable(dg.ones(2, 2), requires_grad=True)
    y = x + 2
    z = y * y * 3
    out = z.mean()
    assert repr(out.mirror) == "1/4 Σᵢ 3 (xᵢ + 2)²"
    assert repr(out.mirror.derivative(x)) == "∂o/∂xᵢ = 3/2 (xᵢ + 2)"
    assert repr(out.mirror.general) == "1/n Σᵢ 3 (xᵢ + 2)²"
    assert repr(out.mirror.general.derivative(x)) == "∂o/∂xᵢ = 6/n (xᵢ + 2)"
    assert repr(z.mirror) == "3 (xᵢ + 2)²"
    assert repr(out.mirror.derivative(y)) == "∂o/∂yᵢ = 3/2 yᵢ\n  with yᵢ = xᵢ + 2"


def test_the_derivation_of_the_notebook() -> None:
    x = dg.Variable(dg.ones(2, 2), requires_grad=True)
    y = x + 2
    z = y * y * 3
    out = z.mean()
    partial = r"\frac{\partial %s}{\partial %s} = %s"
    chain = (
        r"\frac{\partial o}{\partial z_{i}} \frac{\partial z_{i}}{\partial y_{i}} \frac{\partial y_{i}}{\partial x_{i}}"
    )
    assert [step.latex for step in out.mirror.derivation(x)] == [
        "y_{i} = x_{i} + 2",
        "z_{i} = 3 y_{i}^{2}",
        r"o = \frac{1}{4} \sum_{i} z_{i}",
        partial % ("o", "z_{i}", r"\frac{1}{4}"),
        partial % ("z_{i}", "y_{i}", "6 y_{i}"),
        partial % ("y_{i}", "x_{i}", "1"),
        partial % ("o", "x_{i}", chain + r" = \frac{1}{4} \cdot 6 y_{i} \cdot 1"),
        partial % ("o", "x_{i}", r"\frac{3}{2} \left(x_{i} + 2\right)"),
        partial % ("o", "x_{i}", r"\frac{9}{2}"),
    ]
    assert [(row.name, row.operation, row.shape, row.value) for row in out.mirror.rows] == [
        ("x", "input", "2×2", "1"),
        ("y", "xᵢ + 2", "2×2", "3"),
        ("z", "3 yᵢ²", "2×2", "27"),
        ("o", "1/4 Σᵢ zᵢ", "", "27"),
    ]


def test_the_formula_survives_a_backward_pass() -> None:
    x, _, out = notebook()
    before = repr(out.mirror.derivative(x))
    out.backward()
    assert repr(out.mirror.derivative(x)) == before


def test_expressions_are_sympys_over_real_symbols() -> None:
    x, _, out = notebook()
    i = sympy.Symbol("i", integer=True)
    base = sympy.IndexedBase(sympy.Symbol("x", real=True))
    assert out.mirror.expression == sympy.Sum(3 * (base[i] + 2) ** 2, (i, 0, 3)) / 4
    assert sympy.expand(out.mirror.derivative(x).expression - (3 * base[i] / 2 + 3)) == 0


@pytest.mark.parametrize(
    ("constant", "shown"),
    [(0.25, "1/4 x"), (0.1, "0.1 x"), (1e-9, "1e-9 x"), (2.0, "2 x"), (-3, "−3 x"), (1 / 3, "0.3333333333333333 x")],
)
def test_numbers_are_shown_as_a_person_writes_them(constant: float, shown: str) -> None:
    x = dg.tensor(1.0, requires_grad=True)
    assert repr((x * constant).mirror) == shown


def test_inputs_without_a_name_get_letters() -> None:
    tensors = [dg.tensor(float(k), requires_grad=True) for k in range(3)]
    assert repr((tensors[0] * tensors[1] + tensors[2]).mirror) == "x y + a"


def test_numbers_stay_exact() -> None:
    x = dg.tensor(1.0, requires_grad=True)
    assert (x * 0.1).mirror.expression.coeff(sympy.Symbol("x", real=True)) == sympy.Rational(*(0.1).as_integer_ratio())


def test_plain_tensors_have_a_mirror_too() -> None:
    x = dg.tensor([1.0, 2.0], requires_grad=True)
    assert repr(x.mirror) == "xᵢ"
    assert repr(x.mirror.derivative(x)) == "∂xᵢ/∂xⱼ = δᵢⱼ"
    assert repr(dg.tensor(3.5).mirror) == "7/2"


def test_arrays_of_the_user_are_named_by_letters() -> None:
    x = dg.tensor([1.0, 2.0], requires_grad=True)
    weights = np.array([3.0, 4.0])
    assert repr((x * weights).sum().mirror.derivative(x)) == "∂o/∂xᵢ = aᵢ"


def test_a_tensor_of_another_computation_is_refused() -> None:
    x, _, out = notebook()
    stranger = dg.tensor(1.0, requires_grad=True)
    with pytest.raises(Unreadable, match=r"Tensor is not part of this computation; pass a tensor that .* or a name: x"):
        out.mirror.derivative(stranger)
    with pytest.raises(Unreadable, match="no variable is called 'w'; the inputs are x"):
        out.mirror.derivative("w")
    assert repr(out.mirror.derivative("x")) == repr(out.mirror.derivative(x))


def test_a_product_at_zero_keeps_the_other_factors() -> None:
    x = dg.tensor([0.0, 2.0, 5.0], requires_grad=True)
    out = x.prod()
    assert out.mirror.derivation(x)[-1].latex.endswith(r"= \left(10, 0, 0\right)")


def test_values_are_exact_where_they_can_be() -> None:
    assert value_text(np.array([Fraction(9, 2)] * 3, dtype=object)) == "9/2"
    assert value_text(np.array([Fraction(1, 2), 0.1234567891, Fraction(-3)], dtype=object)) == "(1/2, 0.1234568, −3)"
    assert value_text(np.arange(9.0)) == "(0, 1, 2, 3, 4, 5, …)"


def test_a_long_program_is_read_line_by_line() -> None:
    w = dg.tensor(np.full((3, 3), 0.1), requires_grad=True)
    y = dg.tensor(np.ones(3), requires_grad=True)
    for _ in range(100):
        y = y + np.tanh(w @ y)
    shown = repr(y.sum().mirror)
    assert len(shown) < 2000
    assert "more" in shown


def test_nobody_reads_ten_thousand_equations() -> None:
    x = dg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(1001):
        y = y * x
    with pytest.raises(Unreadable, match="nobody reads more than 1000"):
        repr(y.mirror)


def test_names_that_are_no_words_are_replaced() -> None:
    from dualgrad.mirror import opened

    x = dg.tensor([1.0], requires_grad=True)
    graph = (x * 2).mirror.graph
    reading = opened(graph.program, names={graph.program.inputs[0]: "__import__('os').getpid()"})
    assert reading.names[0] == "x0"


def test_sympy_is_imported_when_a_mirror_is_asked_for() -> None:
    before, after = ("assert 'sympy' not in sys.modules", "assert 'sympy' in sys.modules")
    code = f"import sys, dualgrad; {before}; dualgrad.ones(2).mirror; {after}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_notebook_shows_a_derivation_as_formulas():
    x = dg.ones(2, 2, requires_grad=True)
    steps = (3 * (x + 2) ** 2).mean().mirror.derivation(x)
    shown = steps._repr_latex_()
    assert shown.startswith(r"$$\begin{aligned} \text{line 1 of the program} \quad & y_{i} = x_{i} + 2 \\ ")
    assert shown.count(r" \\ ") == len(steps) - 1
