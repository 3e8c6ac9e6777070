"""Kernels: SymPy's derivatives against central differences, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dualgrad.mirror.algebra import ZERO
from dualgrad.mirror.evaluate import Evaluation
from dualgrad.mirror.kernels import FLAT, Unreadable, partial
from dualgrad.program.entry import KERNELS, Element, Number, kernel

# No derivative in the order, or in the parameters.
OF_ORDER = {
    **{f"bessel_{name}": [(2.0, 0.7), (3.5, 1.3)] for name in "jyik"},
    "hurwitz_zeta": [(2.0, 0.7), (3.5, 1.3)],
    "hypergeometric_0f1": [(1.5, 0.7), (2.0, -1.3)],
    "hypergeometric_1f1": [(1.5, 2.0, 0.7), (0.5, 1.0, -1.3)],
    "hypergeometric_2f1": [(0.5, 1.5, 2.0, 0.4), (1.0, 2.0, 3.5, -1.3)],
    "gamma_distribution": [(1.5, 0.7), (0.5, 1.3)],
    "gamma_quantile": [(1.5, 0.7), (0.5, 0.3)],
    "beta_distribution": [(1.5, 2.0, 0.7), (0.5, 1.3, 0.3)],
    "beta_quantile": [(1.5, 2.0, 0.7), (0.5, 1.3, 0.3)],
}
POINTS = {
    "arccosh": [(1.5,), (3.0,)],
    "arcsin": [(-0.4,), (0.3,)],
    "arccos": [(-0.4,), (0.3,)],
    "arctanh": [(-0.4,), (0.3,)],
    "erfinv": [(-0.4,), (0.3,)],
    "power": [(0.7, 1.3), (2.5, -0.5)],
    **OF_ORDER,
    "dilogarithm": [(-0.4,), (0.3,)],
    "owens_t": [(0.7, 1.3), (-0.4, 0.3)],
    "arctan2": [(0.7, 1.3), (0.7, -1.3), (-2.0, -0.5)],
}
ELSEWHERE = [(0.4,), (1.7,)]


def value(node: object, point: tuple[float, ...]) -> float:
    return float(Evaluation(dict(enumerate(point)), {}).value(node, {}))


@pytest.mark.parametrize("name", sorted(KERNELS - FLAT - {"trigamma"}))
def test_the_derivative_of_a_kernel_is_its_slope(name: str) -> None:
    for point in POINTS.get(name, ELSEWHERE):
        args = tuple(Element(slot, ()) for slot in range(len(point)))
        for slot in range(len(point) - 1 if name in OF_ORDER else 0, len(point)):
            ends = [tuple(p + sign * 1e-5 * (k == slot) for k, p in enumerate(point)) for sign in (1, -1)]
            slope = (value(kernel(name, *args), ends[0]) - value(kernel(name, *args), ends[1])) / 2e-5
            assert value(partial(name, slot, args), point) == pytest.approx(slope, rel=1e-7)


def test_floor_is_flat() -> None:
    assert partial("floor", 0, (Element(0, ()),)) == ZERO


def test_an_unknown_kernel_is_refused_by_name() -> None:
    with pytest.raises(Unreadable, match="'lambertw' has no SymPy function"):
        partial("lambertw", 0, (Element(0, ()),))


def test_what_sympy_leaves_open_is_refused() -> None:
    with pytest.raises(Unreadable, match="polygamma"):
        partial("trigamma", 0, (Number(Fraction(1)),))
