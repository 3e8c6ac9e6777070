"""Derivatives of special functions against mpmath, where the declaration has no meaning to take the truth from."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

import dualgrad as dg
from dualgrad.op import REGISTRY

SMALL = [1e-8, 1e-3, 0.1, 0.3, 0.7, 1.0, 1.5, 2.0, 2.5, 3.7, 5.0, 7.0, 9.0, 12.0, 19.5, 30.0, 50.0]
WIDE = [*SMALL, 100.0, 300.0, 1e3]
UNIT = [1e-8, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999, 1 - 1e-9]


def both(points):
    return [*points, *(-x for x in points)]


def bessel(name, order):
    return lambda x: getattr(mpmath, f"bessel{name}")(order, x)


def scaled(order):
    return lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(order, x)


# (op, its static arguments, the slot differentiated, the other operands before it, the points, the function)
CASES = [
    ("j0", {}, (), both(SMALL), bessel("j", 0)),
    ("j1", {}, (), both(SMALL), bessel("j", 1)),
    ("y0", {}, (), SMALL, bessel("y", 0)),
    ("y1", {}, (), SMALL, bessel("y", 1)),
    ("i0", {}, (), both(WIDE[:-1]), bessel("i", 0)),
    ("i1", {}, (), both(WIDE[:-1]), bessel("i", 1)),
    ("k0", {}, (), WIDE, bessel("k", 0)),
    ("k1", {}, (), WIDE, bessel("k", 1)),
    ("jv", {"v": 2}, (), SMALL, bessel("j", 2)),
    ("yv", {"v": 2.5}, (), SMALL, bessel("y", 2.5)),
    ("iv", {"v": 0.5}, (), SMALL, bessel("i", 0.5)),
    ("kv", {"v": 3}, (), WIDE, bessel("k", 3)),
    ("i0e", {}, (), both(WIDE), scaled(0)),
    ("i1e", {}, (), both(WIDE), scaled(1)),
    ("hyp1f1", {"a": 0.5, "b": 1.0}, (), both(SMALL), lambda x: mpmath.hyp1f1(0.5, 1, x)),
    ("polygamma", {"n": 1}, (), [*WIDE, -0.3, -2.5, -7.7], lambda x: mpmath.polygamma(1, x)),
    ("gammainc", {}, (0.5,), SMALL, lambda x: mpmath.gammainc(0.5, 0, x, regularized=True)),
    ("gammainc", {}, (3.0,), SMALL, lambda x: mpmath.gammainc(3, 0, x, regularized=True)),
    ("gammaincc", {}, (3.0,), SMALL, lambda x: -mpmath.gammainc(3, 0, x, regularized=True)),
    ("betainc", {}, (0.5, 3.0), UNIT, lambda x: mpmath.betainc(0.5, 3, 0, x, regularized=True)),
    ("beta", {}, (40.0,), [1e-3, 0.1, 1.0, 2.5], lambda x: mpmath.beta(40, x)),
    ("betaln", {}, (1e-6,), SMALL, lambda x: mpmath.log(mpmath.beta(mpmath.mpf(1e-6), x))),
    ("beta", {}, (2.5,), SMALL, lambda x: mpmath.beta(2.5, x)),
    ("betaln", {}, (0.5,), SMALL, lambda x: mpmath.log(mpmath.beta(0.5, x))),
    ("xlogy", {}, (2.0,), WIDE, lambda x: 2 * mpmath.log(x)),
    ("xlog1py", {}, (2.0,), WIDE, lambda x: 2 * mpmath.log(1 + x)),
    ("rel_entr", {}, (2.0,), WIDE, lambda x: 2 * mpmath.log(2 / x)),
    ("kl_div", {}, (2.0,), WIDE, lambda x: 2 * mpmath.log(2 / x) - 2 + x),
    ("huber", {}, (2.0,), both(WIDE), lambda x: x * x / 2 if abs(x) < 2 else 2 * (abs(x) - 1)),
    ("pseudo_huber", {}, (2.0,), both(WIDE), lambda x: 4 * (mpmath.sqrt(1 + x * x / 4) - 1)),
]


def slope(function, x):
    h = mpmath.mpf(10) ** -60 * max(1, abs(x))
    return (function(x + h) - function(x - h)) / (2 * h)


def condition(function, x, expected):
    return float(abs((slope(function, x * (1 + mpmath.mpf(10) ** -20)) - expected) / expected)) * 1e20


@pytest.mark.parametrize(("name", "params", "before", "points", "function"), CASES, ids=range(len(CASES)))
def test_partials_keep_their_bound(name, params, before, points, function):
    op, worst = REGISTRY[name], (0.0, None)
    with mpmath.workdps(150), np.errstate(all="ignore"):
        for x in points:
            operands = [*map(np.float64, before), np.float64(x)]
            found = op.partials[len(before)](op.forward(*operands, **params), *operands, **params)
            expected = slope(function, mpmath.mpf(x))
            error = abs(mpmath.mpf(float(found)) - expected) / math.ulp(float(expected))
            worst = max(worst, (float(error) / max(1, condition(function, mpmath.mpf(x), expected)), x))
    assert worst[0] <= op.ulps, f"{worst[0]} ulps at {worst[1]}"


@pytest.mark.parametrize(
    ("name", "points", "function"),
    [
        ("erfcx_slope", [*both(SMALL[:10]), 30.0, 1e4], lambda x: mpmath.exp(x * x) * mpmath.erfc(x)),
        ("sinc_slope", both([1e-9, 1e-4, 0.2, 0.49, 0.51, 0.9, 1.0, 2.75, 1e4 + 0.25]), lambda x: mpmath.sincpi(x)),
    ],
)
def test_slopes_that_would_cancel_keep_their_digits(name, points, function):
    op = REGISTRY[name]
    with mpmath.workdps(150):
        for x in points:
            expected = slope(function, mpmath.mpf(x))
            error = abs(mpmath.mpf(float(op.forward(np.float64(x)))) - expected) / math.ulp(float(expected))
            assert error <= 16, (x, float(error))


@pytest.mark.parametrize("call", [lambda x: dg.gammainc(x, 1.0), lambda x: dg.betainc(1.0, x, 0.5)], ids=range(2))
def test_derivatives_without_a_closed_form_are_refused(call):
    with pytest.raises(NotImplementedError, match="differentiate it in x only"):
        call(dg.tensor(2.0, requires_grad=True)).backward()


def test_derivatives_at_edges_are_the_limits():
    assert dg.grad(dg.xlogy)(0.0, 2.0) == math.log(2)
    assert dg.grad(dg.xlogy, 1)(0.0, 0.0) == 0
    assert dg.grad(dg.rgamma)(-3.0) == -6
    assert dg.grad(dg.erfinv)(1.0) == math.inf
    assert dg.grad(dg.erfcinv)(0.0) == -math.inf
    assert dg.grad(dg.sinc)(0.0) == 0
    assert dg.grad(dg.i1e)(0.0) == 0.5


def test_an_order_is_static():
    with pytest.raises(TypeError, match="the order is static"):
        dg.jv(dg.tensor(1.0, requires_grad=True), 2.0)
