"""Kernels: SymPy's derivatives against central differences, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from dualgrad.mirror.algebra import ZERO
from dualgrad.mirror.evaluate import Evaluation
from dualgrad.mirror.kernels import FLAT, Unreadable, partial
from dualgrad.program.entry import KERNELS, Element, Number, kernel

OF_ORDER = ("bessel_j", "bessel_y", "bessel_i", "bessel_k", "hurwitz_zeta")  # no derivative in the order
POINTS = {
    "arccosh": [(1.5,), (3.0,)],
    "arcsin": [(-0.4,), (0.3,)],
    "arccos": [(-0.4,), (0.3,)],
    "arctanh": [(-0.4,), (0.3,)],
    "erfinv": [(-0.4,), (0.3,)],
    "power": [(0.7, 1.3), (2.5, -0.5)],
    **{name: [(2.0, 0.7), (3.5, 1.3)] for name in OF_ORDER},
    "arctan2": [(0.7, 1.3), (0.7, -1.3), (-2.0, -0.5)],
}
ELSEWHERE = [(0.4,), (1.7,)]


def value(node: object, point: tuple[float, ...]) -> float:
    return float(Evaluation(dict(enumerate(point)), {}).value(node, {}))


@pytest.mark.parametrize("name", sorted(KERNELS - FLAT - {"trigamma"}))
def test_the_derivative_of_a_kernel_is_its_slope(name: str) -> None:
    for point in POINTS.get(name, ELSEWHERE):
        args = tuple(Element(slot, ()) for slot in range(len(point)))
        for slot in range(name in OF_ORDER, len(point)):
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
