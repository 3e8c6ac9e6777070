"""Functions with several results, functions of functions, polynomials: NumPy's values, slopes of small steps."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg

RNG = np.random.default_rng(0)
A, B, C = RNG.uniform(0.5, 2.0, (3, 4))
M = RNG.uniform(0.5, 2.0, (2, 3))

CALLS = {
    "meshgrid": lambda np: np.meshgrid(A[:3], B),
    "meshgrid, sparse": lambda np: np.meshgrid(A[:3], B, C, sparse=True, indexing="ij"),
    "modf": lambda np: np.modf(3 * A - 2),
    "divmod": lambda np: np.divmod(A * 3, B),
    "polydiv": lambda np: np.polydiv(A, B[:2]),
    "polydiv, short": lambda np: np.polydiv(A, B[:1])[:1],
    "polyfit": lambda np: [np.polyfit(A, B, 2)],
    "polyfit, weighted": lambda np: [np.polyfit(A, B, 1, w=C)],
    "roots": lambda np: [np.roots(A)],
    "apply_along_axis": lambda np: [np.apply_along_axis(lambda v: v[::-1] * v[0], 1, M)],
    "apply_along_axis, numbers": lambda np: [np.apply_along_axis(lambda v: (v * v).sum(), 0, M)],
    "apply_along_axis, matrices": lambda np: [np.apply_along_axis(np.outer, 0, M, A[:2])],
    "apply_over_axes": lambda np: [np.apply_over_axes(np.sum, M, [0, 1])],
    "piecewise": lambda np: [np.piecewise(A, [A < 1, A > 1.5], [lambda x: x * x, 2.0, np.sin])],
    "around": lambda np: [np.around(A, 1)],
}


@pytest.mark.parametrize("name", CALLS)
def test_values_are_numpys(name):
    for found, expected in zip(CALLS[name](_Ours), CALLS[name](np), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


class _Ours:
    """dualgrad under NumPy's names, as they are looked up in CALLS."""

    sin, sum, outer = dg.sin, dg.sum, dg.outer


for _name in "meshgrid modf divmod polydiv polyfit roots apply_along_axis apply_over_axes piecewise".split():
    setattr(_Ours, _name, staticmethod(getattr(dg, _name)))
_Ours.around = staticmethod(dg.round)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: sum((part * (k + 1)).sum() for k, part in enumerate(np.meshgrid(x[:2], x[2:]))), A),
        (lambda x: (np.modf(3 * x - 2)[0] ** 2).sum(), A),
        (lambda x: (np.divmod(x * 3, B)[1] ** 2).sum(), A),
        (lambda x: sum((part**2).sum() for part in np.polydiv(x, x[:2] * 2 + 1)), A),
        (lambda x: (np.polyfit(x, B, 2) ** 2).sum(), A),
        (lambda x: (np.polyfit(A, x, 1, w=C) ** 2).sum(), B),
        (lambda x: (np.roots(x) ** 2).real.sum(), A),
        (lambda x: (np.apply_along_axis(lambda v: v[::-1] * v[0], 1, x) ** 2).sum(), M),
        (lambda x: (np.apply_over_axes(np.sum, x, [0, 1]) ** 2).sum(), M),
        (lambda x: np.piecewise(x, [A < 1, A > 1.5], [lambda x: x * x, 2.0, np.sin]).sum(), A),
    ],
)
def test_gradients_are_those_of_small_steps(f, x):
    direction = np.sin(np.arange(x.size) + 1.0).reshape(x.shape)
    slope = (f(x + 1e-6 * direction) - f(x - 1e-6 * direction)) / 2e-6
    assert np.sum(dg.grad(f)(x) * direction) == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_questions_about_values_are_answered_with_values():
    x = dg.tensor([1.0, 3.0, 2.0], requires_grad=True)
    assert np.searchsorted(dg.tensor([1.0, 2.0]), 1.5) == 1
    assert np.digitize(x, [1.5, 2.5]).tolist() == [0, 2, 1]
    assert np.nonzero(x > 1.5)[0].tolist() == [1, 2]
    assert np.argpartition(x, 1)[0] == 0
    with pytest.raises(TypeError, match=r"numpy.histogram is not an op of dualgrad"):
        np.histogram(x)


def test_what_is_refused_is_told():
    with pytest.raises(ValueError, match="expected 'xy' or 'ij'"):
        dg.meshgrid(A, indexing="no")
    with pytest.raises(ValueError, match="not nested to one depth"):
        dg.block([A, [B]])
    with pytest.raises(ValueError, match="got 2 constants of integration, expected one or 3"):
        dg.polyint(A, 3, B[:2])
    with pytest.raises(ValueError, match="give at least two coefficients"):
        dg.roots(A[:1])
    with pytest.raises(ValueError, match="got 3 functions for 1 conditions"):
        dg.piecewise(A, [A > 1], [1.0, 2.0, 3.0])
