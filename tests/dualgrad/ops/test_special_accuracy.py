"""Derivatives of special functions against mpmath, where the declaration has no meaning to take the truth from."""

from __future__ import annotations

import math

import flint
import mpmath
import numpy as np
import pytest
import scipy.special

import dualgrad as dg
from dualgrad.op import REGISTRY

SMALL = [1e-8, 1e-3, 0.1, 0.3, 0.7, 1.0, 1.5, 2.0, 2.5, 3.7, 5.0, 7.0, 9.0, 12.0, 19.5, 30.0, 50.0]
ROUND = [1e-8, 1e-3, 0.1, 0.3, 0.7, 1.1, 2.3, 5.2]  # where no derivative is 0
WIDE = [*SMALL, 100.0, 300.0, 1e3]
UNIT = [1e-8, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999, 1 - 1e-9]


def both(points):
    return [*points, *(-x for x in points)]


def in_balls(function):
    """A function of balls as one of mpmath's numbers: Arb is the quicker one where series are long."""

    def run(x):
        with flint.ctx.workprec(mpmath.mp.prec + 60):
            mantissa, exponent = function(flint.arb(mpmath.mpf(x))).mid().man_exp()
            return mpmath.mpf((int(mantissa), int(exponent)))

    return run


def bessel(name, order):
    return in_balls(lambda x: getattr(x, f"bessel_{name}")(order))


def scaled(order):
    return in_balls(lambda x: (-abs(x)).exp() * x.bessel_i(order))


def scaled_k(order):
    return in_balls(lambda x: x.exp() * x.bessel_k(order))


def at(a):
    """Points around the mode of a gamma distribution of shape a."""
    return [a * (1 + k / math.sqrt(a)) for k in (-2.5, -1, -0.3, 0, 0.2, 1, 3)]


def regularized_gamma(a, x):
    """As the series whose terms are all positive, which is quick in many digits."""
    term = total = mpmath.mpf(1) / a
    k = 0
    while term > total * mpmath.mpf(10) ** -mpmath.mp.dps:
        k += 1
        term = term * x / (a + k)
        total += term
    return total * mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a))


def regularized_beta(a, b, x):
    return mpmath.betainc(a, b, 0, x, regularized=True)


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
    *(("ive", {"v": v}, (), both(WIDE), scaled(v)) for v in (0, 1, 2, 5)),
    *(("ive", {"v": v}, (), WIDE, scaled(v)) for v in (0.5, 2.5)),
    *(("kve", {"v": v}, (), WIDE, scaled_k(v)) for v in (0, 1, 2.5, 7)),
    ("airy_ai", {}, (), [-7.3, -1.0, -0.2, 0.1, 1.0, 4.0], mpmath.airyai),
    ("airy_bi", {}, (), [-7.3, -1.0, -0.2, 0.1, 1.0, 4.0], mpmath.airybi),
    ("hyp1f1", {"a": 0.5, "b": 1.0}, (), both(SMALL), lambda x: mpmath.hyp1f1(0.5, 1, x)),
    ("polygamma", {"n": 1}, (), [*WIDE, -0.3, -2.5, -7.7], lambda x: mpmath.polygamma(1, x)),
    ("gammainc", {}, (0.5,), SMALL, lambda x: mpmath.gammainc(0.5, 0, x, regularized=True)),
    ("gammainc", {}, (3.0,), SMALL, lambda x: mpmath.gammainc(3, 0, x, regularized=True)),
    ("gammaincc", {}, (3.0,), SMALL, lambda x: -mpmath.gammainc(3, 0, x, regularized=True)),
    ("betainc", {}, (0.5, 3.0), UNIT, lambda x: mpmath.betainc(0.5, 3, 0, x, regularized=True)),
    *(("gammainc", {}, (a,), at(a), lambda x, a=a: regularized_gamma(a, x)) for a in (9.5, 50.0, 300.0, 1e5)),
    *(
        ("betainc", {}, (a, b), UNIT[2:5], lambda x, a=a, b=b: regularized_beta(a, b, x))
        for a, b in ((20.0, 30.0), (300.0, 400.0), (5.0, 60.0))
    ),
    ("gamma_density", {}, (200.0,), at(200.0), lambda x: mpmath.diff(lambda t: regularized_gamma(200, t), x)),
    ("zeta", {}, (2.5,), SMALL[2:], lambda q: mpmath.zeta(2.5, q)),
    ("poch", {}, (2.5,), SMALL, lambda m: mpmath.rf(2.5, m)),
    ("binom", {}, (20.5,), SMALL[:9], lambda k: mpmath.binomial(20.5, k)),
    ("exp1", {}, (), SMALL, mpmath.e1),
    ("expi", {}, (), both(SMALL), mpmath.ei),
    ("expn", {"n": 0}, (), SMALL, lambda x: mpmath.expint(0, x)),
    ("expn", {"n": 3}, (), SMALL, lambda x: mpmath.expint(3, x)),
    ("erfi", {}, (), both(SMALL[:10]), mpmath.erfi),
    ("dawsn", {}, (), both(WIDE), lambda x: mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(-x * x) * mpmath.erfi(x)),
    ("sine_integral", {}, (), both(SMALL), mpmath.si),
    ("cosine_integral", {}, (), SMALL, mpmath.ci),
    ("hyperbolic_sine_integral", {}, (), both(SMALL), mpmath.shi),
    ("hyperbolic_cosine_integral", {}, (), SMALL, mpmath.chi),
    ("fresnel_sine", {}, (), both(ROUND), mpmath.fresnels),
    ("fresnel_cosine", {}, (), both(ROUND), mpmath.fresnelc),
    ("spence", {}, (), [*SMALL, 0.9999999, 1.0000001], lambda x: mpmath.polylog(2, 1 - x)),
    ("hyp0f1", {"v": 1.5}, (), both(SMALL[:11]), lambda x: mpmath.hyp0f1(1.5, x)),
    (
        "hyp2f1",
        {"a": 0.5, "b": 1.5, "c": 2.0},
        (),
        [-3.0, -0.5, -1e-8, *UNIT[:7]],
        lambda x: mpmath.hyp2f1(0.5, 1.5, 2, x),
    ),
    ("ellipk", {}, (), [-30.0, -3.0, -0.51, -0.4, -1e-8, *UNIT], mpmath.ellipk),
    ("ellipe", {}, (), [-30.0, -3.0, -0.51, -0.4, -1e-8, *UNIT], mpmath.ellipe),
    ("boxcox", {}, (2.5,), both(SMALL[:10]), lambda p: (mpmath.mpf(2.5) ** p - 1) / p),
    ("inv_boxcox", {}, (0.3,), both(SMALL[:8]), lambda p: (1 + p * mpmath.mpf(0.3)) ** (1 / p)),
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


@pytest.mark.parametrize(
    ("inverse", "function", "before"),
    [
        ("gammaincinv", "gammainc", (3.0,)),
        ("gammainccinv", "gammaincc", (30.0,)),
        ("betaincinv", "betainc", (2.0, 5.0)),
    ],
)
def test_the_derivative_of_an_inverse_is_one_over_that_of_the_function(inverse, function, before):
    for level in (1e-9, 0.1, 0.5, 0.9):
        place = getattr(dg, inverse)(*before, level)
        slopes = [
            dg.grad(lambda x, name=name: getattr(dg, name)(*before, x))(x)
            for name, x in ((inverse, level), (function, place))
        ]
        assert math.isclose(slopes[0] * slopes[1], 1, rel_tol=1e-14)


def test_functions_of_several_results():
    for name, count in (("sici", 2), ("shichi", 2), ("fresnel", 2), ("airy", 4)):
        x = dg.tensor([0.3, 1.7], requires_grad=True)
        found, expected = getattr(dg, name)(x), getattr(scipy.special, name)(x.detach().numpy())
        assert len(found) == count
        for mine, scipys in zip(found, expected, strict=True):
            np.testing.assert_array_equal(mine.detach().numpy(), scipys)


def test_scipys_functions_of_fixed_orders_are_recorded():
    x = dg.tensor([0.3, 1.7], requires_grad=True)
    for name in ("i0e", "i1e", "k0e", "k1e"):
        y = getattr(scipy.special, name)(x)
        assert y.requires_grad
        np.testing.assert_allclose(y.detach().numpy(), getattr(scipy.special, name)(x.detach().numpy()), rtol=1e-15)


def test_the_t_function_of_owen():
    for h, a in ((0.5, 0.7), (-2.0, 3.0), (0.0, -1.5)):
        slopes = dg.grad(dg.owens_t, (0, 1))(h, a)
        in_h = -math.exp(-h * h / 2) * math.erf(a * h / math.sqrt(2)) / math.sqrt(8 * math.pi)
        in_a = math.exp(-h * h * (1 + a * a) / 2) / (2 * math.pi * (1 + a * a))
        np.testing.assert_allclose(slopes, [in_h, in_a], rtol=1e-14)
