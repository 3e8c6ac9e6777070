"""Kernels in balls, held against mpmath, against themselves at another precision, and against identities."""

from fractions import Fraction

import mpmath
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from dualgrad.program.entry import KERNELS
from verify.ball import kernels
from verify.ball.precision import working_precision

REFERENCE = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "tanh": mpmath.tanh,
    "arcsin": mpmath.asin,
    "arccos": mpmath.acos,
    "arctan": mpmath.atan,
    "arcsinh": mpmath.asinh,
    "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh,
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "gammaln": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "digamma": mpmath.digamma,
    "erfinv": mpmath.erfinv,
    "trigamma": lambda x: mpmath.polygamma(1, x),
    "airy_ai": mpmath.airyai,
    "airy_ai_slope": lambda x: mpmath.airyai(x, derivative=1),
    "airy_bi": mpmath.airybi,
    "airy_bi_slope": lambda x: mpmath.airybi(x, derivative=1),
    "exponential_integral": mpmath.ei,
    "erfi": mpmath.erfi,
    "sine_integral": mpmath.si,
    "cosine_integral": mpmath.ci,
    "hyperbolic_sine_integral": mpmath.shi,
    "hyperbolic_cosine_integral": mpmath.chi,
    "fresnel_sine": mpmath.fresnels,
    "fresnel_cosine": mpmath.fresnelc,
    "reciprocal_gamma": mpmath.rgamma,
    "dilogarithm": lambda x: mpmath.polylog(2, x),
}
OF_ORDER = {
    "bessel_j": mpmath.besselj,
    "bessel_y": mpmath.bessely,
    "bessel_i": mpmath.besseli,
    "bessel_k": mpmath.besselk,
    "hurwitz_zeta": mpmath.zeta,
}
OF_SEVERAL = {
    "hypergeometric_0f1": (mpmath.hyp0f1, [(1.5, -2.0), (2.0, 0.75), (2.5, 0.0)]),
    "hypergeometric_1f1": (mpmath.hyp1f1, [(1.5, 2.0, -2.0), (0.5, 1.0, 0.75), (0.5, 1.25, 0.0)]),
    "hypergeometric_2f1": (mpmath.hyp2f1, [(0.5, 1.5, 2.0, -2.0), (1.0, 2.0, 3.5, 0.75), (0.5, 1.5, 2.0, 0.0)]),
    "gamma_distribution": (lambda a, x: mpmath.gammainc(a, 0, x, regularized=True), [(2.5, 0.75), (0.5, 9.0)]),
    "beta_distribution": (
        lambda a, b, x: mpmath.betainc(a, b, 0, x, regularized=True), [(2.5, 1.5, 0.75), (0.5, 9.0, 0.125)]),
    "owens_t": (
        lambda h, a: mpmath.quad(lambda t: mpmath.exp(-h * h * (1 + t * t) / 2) / (1 + t * t), [0, a]) / mpmath.pi / 2,
        [(0.75, -1.25), (-2.0, 0.5), (0.0, 3.0)]),
}  # fmt: skip
QUANTILES = {
    "gamma_quantile": ("gamma_distribution", [(2.5, 0.75), (0.5, 0.0078125), (30.0, 0.5)]),
    "beta_quantile": ("beta_distribution", [(2.5, 1.5, 0.75), (0.5, 9.0, 0.125), (1.0, 1.0, 0.25)]),
}
POINTS = {
    "log": [0.3, 7.5],
    "arcsin": [-0.9, 0.25],
    "arccos": [-0.9, 0.25],
    "arccosh": [1.25, 40.0],
    "arctanh": [-0.75, 0.5],
    "gammaln": [0.3, 9.5, -1.7],
    "erf": [-2.5, 0.7, 4.0],
    "erfc": [-2.5, 0.7, 4.0],
    "digamma": [0.3, 9.5, -1.7],
    "erfinv": [-0.9375, 0.25, 0.0078125],
    "trigamma": [0.3, 9.5, -1.7],
    **dict.fromkeys(("erfi", "airy_ai", "airy_ai_slope", "airy_bi", "airy_bi_slope"), (-2.5, 0.7, 3.0)),
    **dict.fromkeys(("sine_integral", "hyperbolic_sine_integral", "exponential_integral"), (-2.5, 0.7, 9.0)),
    **dict.fromkeys(("cosine_integral", "hyperbolic_cosine_integral"), (0.3, 9.0)),
    **dict.fromkeys(("fresnel_sine", "fresnel_cosine"), (-2.5, 0.7)),
    "reciprocal_gamma": [0.3, 9.5, -1.75, -2.0, 0.0],
    "dilogarithm": [-2.5, 0.7, -0.015625],
}
ANYWHERE = [-20.5, -1.25, -1e-3, 0.7, 33.0]
CASES = [(name, x) for name in REFERENCE for x in POINTS.get(name, ANYWHERE)]


def near(ball, reference):
    """Whether a narrow ball holds a number of 60 digits, up to the error of the latter."""
    assert ball.is_finite()
    assert ball.rel_accuracy_bits() > 60
    assert abs(mpmath.mpf(ball.str(50, radius=False)) - reference) <= abs(reference) * mpmath.mpf(10) ** -28


def test_every_kernel_has_a_value_and_a_slope():
    assert set(kernels.VALUES) == KERNELS
    known = {*REFERENCE, *OF_ORDER, *OF_SEVERAL, *QUANTILES}
    assert known | {"power", "arctan2", "floor"} == KERNELS


@pytest.mark.parametrize("name", OF_ORDER)
@pytest.mark.parametrize(("order", "x"), [(2.0, 0.7), (3.5, 1.25), (5.0, 9.0)])
def test_functions_of_an_order_agree_with_mpmath(name, order, x):
    with working_precision(192), mpmath.workdps(70):
        near(kernels.VALUES[name](arb(order), arb(x)), OF_ORDER[name](mpmath.mpf(order), mpmath.mpf(x)))
        expected = mpmath.diff(lambda u: OF_ORDER[name](mpmath.mpf(order), u), mpmath.mpf(x))
        near(kernels.slopes(name, 1, (arb(order), arb(x))), expected)
        with pytest.raises(kernels.NoSlope, match=name):
            kernels.slopes(name, 0, (arb(order), arb(x)))


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_functions_of_several_arguments_agree_with_mpmath(name):
    function, points = OF_SEVERAL[name]
    with working_precision(192), mpmath.workdps(60):
        for point in points:
            given, known = [arb(x) for x in point], [mpmath.mpf(x) for x in point]
            near(kernels.VALUES[name](*given), function(*known))
            for slot in range(len(point)):
                if name == "owens_t" or slot == len(point) - 1:
                    expected = mpmath.diff(lambda u, at=slot: function(*known[:at], u, *known[at + 1 :]), known[slot])  # noqa: B023
                    near(kernels.slopes(name, slot, tuple(given)), expected)
                else:
                    with pytest.raises(kernels.NoSlope, match=name):
                        kernels.slopes(name, slot, tuple(given))


@pytest.mark.parametrize("name", QUANTILES)
def test_a_quantile_is_where_the_distribution_has_its_level(name):
    distribution, points = QUANTILES[name]
    with working_precision(192):
        for *parameters, level in points:
            given = [*map(arb, parameters)]
            found = kernels.VALUES[name](*given, arb(level))
            assert found.rel_accuracy_bits() > 120
            assert kernels.VALUES[distribution](*given, found).contains(arb(level))
            slope = kernels.slopes(name, len(given), (*given, arb(level)))
            assert (slope * kernels.slopes(distribution, len(given), (*given, found))).contains(1)
            wide = kernels.VALUES[name](*given, arb(level, 2**-30))
            assert wide.contains(found)
            assert kernels.VALUES[distribution](*given, wide).contains(arb(level, 2**-31))


@pytest.mark.parametrize("level", [0, 1, -0.5, 1.5])
def test_there_is_no_quantile_of_what_is_no_level(level):
    assert kernels.VALUES["gamma_quantile"](arb(2), arb(level)).is_nan()
    assert kernels.VALUES["beta_quantile"](arb(2), arb(3), arb(level)).is_nan()


@pytest.mark.parametrize(("name", "x"), CASES)
def test_values_and_slopes_agree_with_mpmath(name, x):
    with working_precision(192), mpmath.workdps(70):
        near(kernels.VALUES[name](arb(x)), REFERENCE[name](mpmath.mpf(x)))
        near(kernels.slope(name, arb(x)), mpmath.diff(REFERENCE[name], mpmath.mpf(x)))


@given(st.sampled_from(sorted(REFERENCE)), st.floats(-50, 50))
def test_two_precisions_overlap(name, x):
    found = []
    for bits in (64, 300):
        with working_precision(bits):
            found.append((kernels.VALUES[name](arb(x)), kernels.slope(name, arb(x))))
    for low, high in zip(*found, strict=True):
        assert not (low.is_finite() and high.is_finite()) or low.overlaps(high)


@given(st.floats(-30, 30))
def test_slopes_meet_identities_through_other_functions(x):
    with working_precision(256):
        u = arb(x)
        assert kernels.slope("tanh", u).overlaps(1 - u.tanh() ** 2)
        assert kernels.slope("arctan", u).overlaps(1 / (1 + u * u))
        assert kernels.slope("arcsinh", u).overlaps(1 / (1 + u * u).sqrt())
        assert kernels.slope("sinh", u).overlaps(u.cosh())
        assert kernels.slope("cosh", u).overlaps(u.sinh())
        assert (kernels.slope("erf", u) + kernels.slope("erfc", u)).contains(0)


@given(st.floats(0.125, 60))
def test_the_slope_of_digamma_is_a_zeta_function(x):
    with working_precision(256):
        assert kernels.slope("digamma", arb(x)).overlaps(arb(2).zeta(arb(x)))
        assert kernels.slope("gammaln", arb(x)).overlaps(arb(x).digamma())
        assert kernels.slope("trigamma", arb(x)).overlaps(-2 * arb(3).zeta(arb(x)))


@given(st.floats(-0.99, 0.99))
def test_the_slope_of_erfinv_follows_from_its_value(x):
    with working_precision(256):
        y = kernels.VALUES["erfinv"](arb(x))
        assert y.erf().overlaps(arb(x))
        assert kernels.slope("erfinv", arb(x)).overlaps(arb.pi().sqrt() / 2 * (y * y).exp())


@pytest.mark.parametrize("exponent", [Fraction(3), Fraction(-2), Fraction(1, 2), Fraction(5, 3), Fraction(0)])
def test_powers(exponent):
    with working_precision(192), mpmath.workdps(70):
        power = mpmath.mpf(exponent.numerator) / exponent.denominator
        near(kernels.power(arb(1.75), exponent), mpmath.mpf(1.75) ** power)
        assert kernels.power_slope(arb(1.75), exponent).overlaps(
            kernels.rational(exponent) * arb(1.75) ** kernels.rational(exponent - 1)
        )


def test_powers_of_negative_numbers_and_of_zero():
    assert kernels.power(arb(-2), Fraction(3)) == -8
    assert kernels.power_slope(arb(0), Fraction(2)).is_zero()
    assert kernels.power_slope(arb(0), Fraction(1)) == 1
    assert kernels.power(arb(0), Fraction(3, 2)).is_zero()
    assert kernels.general_power(arb(-2), arb(3)) == -8
    assert kernels.slopes("power", 0, (arb(-2), arb(3))) == 12


@pytest.mark.parametrize(
    ("name", "x"), [("log", -1), ("log", 0), ("arcsin", 1), ("erfinv", 1), ("arccosh", 1), ("exp", "nan")]
)
def test_where_a_kernel_has_no_slope_the_ball_is_not_finite(name, x):
    assert not kernels.slope(name, arb(x)).is_finite()


@pytest.mark.parametrize(("base", "exponent"), [(0, Fraction(1, 2)), (0, Fraction(-1)), (-1, Fraction(1, 2))])
def test_where_a_power_has_no_slope_the_ball_is_not_finite(base, exponent):
    assert not kernels.power_slope(arb(base), exponent).is_finite()


@pytest.mark.parametrize(("name", "slot", "args"), [("power", 1, (-2, 3)), ("arctan2", 0, (0, -1))])
def test_where_a_kernel_of_two_has_no_slope_the_ball_is_not_finite(name, slot, args):
    assert not kernels.slopes(name, slot, (arb(args[0]), arb(args[1]))).is_finite()


@pytest.mark.parametrize(("y", "x"), [(1.5, 2.0), (1.5, -2.0), (-1.5, -2.0), (3.0, 0.0), (-3.0, 0.0), (0.0, 2.0)])
def test_arctan2_in_every_quadrant(y, x):
    with working_precision(128):
        square = arb(x) ** 2 + arb(y) ** 2
        assert kernels.slopes("arctan2", 0, (arb(y), arb(x))).overlaps(arb(x) / square)
        assert kernels.slopes("arctan2", 1, (arb(y), arb(x))).overlaps(-arb(y) / square)


@pytest.mark.parametrize(("name", "args", "expected"), [
    ("power", (2.5, 1.5), mpmath.power), ("power", (2.5, -0.75), mpmath.power), ("power", (-2.0, 3.0), mpmath.power),
    ("arctan2", (1.5, -2.0), mpmath.atan2), ("arctan2", (-1.5, 0.25), mpmath.atan2),
    ("floor", (2.75,), mpmath.floor), ("floor", (-2.25,), mpmath.floor),
])  # fmt: skip
def test_functions_by_their_names(name, args, expected):
    with working_precision(192), mpmath.workdps(60):
        near(kernels.VALUES[name](*map(arb, args)), expected(*map(mpmath.mpf, args)))


def test_a_step_is_flat():
    assert kernels.slope("floor", arb(2.5)).is_zero()
