"""Functions that cannot be recorded: run on numbers with slopes, and where that fails, by differences."""

import math

import numpy as np
import pytest
import scipy.special as sc
from flint import acb

from verify import Verdict, check
from verify.ball.precision import working_precision
from verify.direct.differences import ridders
from verify.direct.kernels import KERNELS, TUPLES
from verify.direct.series import Series, Unread

x = np.array([0.7, 1.4, 2.3])


# ---------------------------------------------------------------------------- numbers with slopes

PLACES = {"jn": (2, 0.7), "yn": (2, 0.7), "kn": (2, 0.7), "expn": (2, 0.7), "polygamma": (1, 0.7), "zeta": (2.2, 1.0)}
COUNTS = {"polygamma": 2, "sinc": 1}


@pytest.mark.parametrize("name", [name for name in KERNELS if name != "sinc"])
def test_a_special_function_has_scipys_values_and_slopes(name):
    function = getattr(sc, name)
    count = COUNTS.get(name) or getattr(function, "nin", None) or (4 if name == "hyp2f1" else 1)
    place = list(PLACES.get(name, (0.31, 0.73, 1.4, 0.42)[:count]))
    if name == "betainc":
        place = [0.31, 0.73, 0.4]
    if name == "zeta":
        place = [2.2, 1.0]
    with working_precision(640):
        found = KERNELS[name](*place[:-1], Series.of(place[-1], 1))
    step = 1e-6
    slope = (function(*place[:-1], place[-1] + step) - function(*place[:-1], place[-1] - step)) / (2 * step)
    value, first, _ = found.terms
    assert float(value.real) == pytest.approx(np.real(function(*place)), rel=1e-9)
    assert float(first.real) == pytest.approx(np.real(slope), rel=1e-4, abs=1e-6)
    assert float(first.real.rad()) < 1e-40


def test_airy_functions_come_four_at_once():
    with working_precision(640):
        found = [kernel(Series.of(0.5, 1)) for kernel in TUPLES["airy"]]
    values = sc.airy(0.5)
    assert [float(part.terms[0].real) for part in found] == pytest.approx(list(values))
    assert float(found[0].terms[1].real) == pytest.approx(values[1])


def test_what_is_not_decided_or_would_lose_the_slope_is_refused():
    number = Series.of(0, 1)
    for reads in (float, bool, abs, math.floor, lambda s: s > 0, lambda s: s.sqrt(), lambda s: 1 / s, lambda s: s**0.5):
        with pytest.raises(Unread):
            reads(number)
    assert (number > -1, number == 2, number == number) == (True, False, True)
    with pytest.raises(Unread):  # beside a cut
        KERNELS["gammaln"](Series.of(-0.5, 1))


def test_complex_numbers_have_slopes_too():
    z = Series.of(acb(3, 4), acb(1, 0))
    assert float(abs(z).terms[1].real) == pytest.approx(0.6)
    assert float((z * z.conjugate()).real.terms[1].real) == pytest.approx(6.0)


# ---------------------------------------------------------------------------- whole functions


def incomplete(a, z):
    return np.sum(sc.gammainc(a, z))


def by_series(a, z):
    found = []
    for p, q in zip(a, z, strict=True):
        total, term = 0.0, 1.0
        for k in range(80):
            total += term / (p + k) ** 2
            term *= -q / (k + 1)
        found.append((np.log(q) - sc.psi(p)) * sc.gammainc(p, q) - q**p * total / sc.gamma(p))
    return np.array(found)


def complex_product(z):
    product = np.prod(z[0] + 1j * z[1])
    return abs(product) ** 2


def complex_gradient(z):
    numbers = z[0] + 1j * z[1]
    product = np.prod(numbers)
    slope = 2 * product * np.conj([np.prod(np.delete(numbers, k)) for k in range(len(numbers))])
    return np.array([slope.real, slope.imag])


Z = np.array([[1.0, 2.0], [0.5, -1.0]])
RIGHT = {
    "a parameter of an incomplete gamma function": (incomplete, (x, x[::-1].copy()), {"grad": by_series, "wrt": 0}),
    "complex numbers inside": (complex_product, (Z,), {"grad": complex_gradient}),
    "a Fourier transform": (
        lambda x: np.sum(np.abs(np.fft.fft(x)) ** 2), (x,), {"grad": lambda x: 2 * x.size * x},
    ),
    "a hypergeometric function": (lambda x: np.sum(sc.hyp1f1(1.5, 2.5, x)), (x,), {
        "grad": lambda x: 0.6 * sc.hyp1f1(2.5, 3.5, x)}),
    "its Jacobian": (lambda x: sc.hyp1f1(1.5, 2.5, x), (x,), {"jac": lambda x: np.diag(0.6 * sc.hyp1f1(2.5, 3.5, x))}),
    "its Hessian": (lambda x: np.sum(sc.hyp1f1(1.5, 2.5, x)), (x,), {
        "hess": lambda x: np.diag(0.6 * 2.5 / 3.5 * sc.hyp1f1(3.5, 4.5, x))}),
    "a product with it": (lambda x: np.sum(sc.hyp1f1(1.5, 2.5, x)), (x,), {
        "hvp": lambda x, v: 0.6 * 2.5 / 3.5 * sc.hyp1f1(3.5, 4.5, x) * v}),
    "along a tangent": (lambda x: sc.hyp1f1(1.5, 2.5, x), (x,), {"jvp": lambda x, t: 0.6 * sc.hyp1f1(2.5, 3.5, x) * t}),
    "against a cotangent": (lambda x: sc.hyp1f1(1.5, 2.5, x), (x,), {
        "vjp": lambda x, c: 0.6 * sc.hyp1f1(2.5, 3.5, x) * c}),
    "sorted, by Python": (lambda x: sum(k * t for k, t in enumerate(sorted(x))), (x,), {
        "grad": lambda x: np.argsort(np.argsort(x)).astype(float)}),
    "an index that is a value": (lambda x: x[np.argmax(x)] ** 2, (x,), {
        "grad": lambda x: 2 * x * (np.arange(x.size) == np.argmax(x))}),
    "a mask of values": (lambda x: np.sum(x[x > 1] ** 2), (x,), {"grad": lambda x: np.where(x > 1, 2 * x, 0.0)}),
    "item and float": (lambda x: float(x[0].item()) * x[1], (x,), {"grad": lambda x: np.array([x[1], x[0], 0.0])}),
    "numbers in a dict": (lambda x: sum({i: t**2 for i, t in enumerate(x.tolist())}.values()), (x,), {
        "grad": lambda x: 2 * x}),
    "a determinant that is zero": (lambda a: np.linalg.det(np.array(a.tolist())), (np.array([[1.0, 2.0], [2.0, 4.0]]),),
        {"grad": lambda a: np.array([[a[1, 1], -a[1, 0]], [-a[0, 1], a[0, 0]]])}),
}  # fmt: skip


@pytest.mark.parametrize("f, args, asked", RIGHT.values(), ids=RIGHT)
def test_right_is_certified_and_wrong_is_refuted(f, args, asked):
    right = check(f, *args, **asked)
    assert right.verdict in (Verdict.CERTIFIED, Verdict.PROVED), str(right)
    kind = next(key for key in asked if key != "wrt")
    wrong = check(f, *args, **{**asked, kind: lambda *given: 1.01 * asked[kind](*given)})
    assert wrong.verdict is Verdict.REFUTED, str(wrong)
    assert wrong.counterexample is not None


class Cached:
    """Keeps what it computed, as layers do."""

    def __init__(self):
        self.weight = np.array([[0.5, -1.0, 2.0], [1.5, 0.3, -0.4]])

    def forward(self, x):
        self.hidden = np.maximum(self.weight @ x, 0)
        return self.hidden.sum()

    def backward(self, x):
        self.forward(x)
        return self.weight.T @ (self.hidden > 0)


def test_a_method_that_keeps_what_it_computed_is_certified():
    layer = Cached()
    right = check(layer.forward, x, grad=layer.backward)
    assert right.verdict is Verdict.CERTIFIED and "outlives the call" in right.reason, str(right)
    assert check(layer.forward, x, grad=lambda x: 1.1 * layer.backward(x)).verdict is Verdict.REFUTED


def test_dtypes_are_dtypes_on_numbers_with_slopes():
    def f(x):
        z = np.asarray(x, dtype=float) + 1j * np.zeros(x.shape, dtype=float)
        return float(np.sum(np.abs(np.cumprod(z)[-1:]) ** 2).astype(np.float64))

    result = check(f, x, grad=lambda x: 2 * np.prod(x) ** 2 / x, domain={"x": "nonzero"})
    assert result.verdict is Verdict.CERTIFIED


def test_a_function_that_returns_something_else_every_time_has_no_derivative():
    rng = np.random.default_rng(0)
    result = check(lambda x: np.sum(x * rng.normal(size=3)), x, grad=np.ones_like)
    assert result.verdict is Verdict.UNDECIDED and "called again" in result.reason


def test_by_differences_at_most_agreement():
    table = np.linspace(0, 3, 40)

    def opaque(x):  # interpolated by compiled code
        from scipy.interpolate import CubicSpline

        return float(np.sum(CubicSpline(table, np.sin(table))(np.frombuffer(x.tobytes()))))

    def slope(x):
        from scipy.interpolate import CubicSpline

        return CubicSpline(table, np.sin(table))(x, 1)

    right = check(opaque, x, grad=slope)
    assert right.verdict is Verdict.AGREES, str(right)
    assert "could not be recorded" in right.formula.reason
    assert check(opaque, x, grad=lambda x: 1.1 * slope(x)).verdict is Verdict.REFUTED
    close = check(opaque, x, grad=lambda x: (1 + 3e-6) * slope(x))  # next to what differences can see
    assert close.verdict is Verdict.UNDECIDED, str(close)


def test_differences_at_a_kink_or_in_noise_decide_nothing():
    def kinked(x):
        return float(abs(np.frombuffer(x.tobytes())[0]))

    at_zero = check(kinked, np.array([0.0]), grad=lambda x: np.array([0.4]))
    assert at_zero.verdict in (Verdict.UNDECIDED, Verdict.NONDIFFERENTIABLE), str(at_zero)

    def noisy(x):
        return float(np.sum(np.frombuffer(x.tobytes()).astype(np.float16)))

    assert check(noisy, x, grad=lambda x: 1.1 * np.ones_like(x)).verdict is Verdict.UNDECIDED


def test_ridders_knows_its_error():
    slope, error = ridders(lambda t: math.exp(1 + t))
    assert abs(slope - math.e) <= 10 * error + 1e-14
    assert error < 1e-10


def test_ties_among_many_elements_are_tested_where_they_stay():
    ones = np.ones(70_000, dtype=np.float16)

    def shares(count):
        def gradient(x):
            ties = x == x.max()
            with np.errstate(over="ignore"):
                return (ties / count(ties.sum())).astype(np.float32)

        return gradient

    right = check(np.max, ones, grad=shares(np.float64))
    assert right.verdict is not Verdict.REFUTED, str(right)
    overflowed = check(np.max, ones, grad=shares(np.float16))
    assert overflowed.verdict is Verdict.REFUTED and "move together" in overflowed.reason, str(overflowed)


def test_an_element_that_is_no_number_is_judged_along_its_own_line_only():
    """At an edge of the domain the slope is infinite: NaN there is no wrong slope along the others."""
    mean = lambda x: np.exp(np.mean(np.log(x)))  # noqa: E731
    edge = check(mean, np.array([2.0, 0.0, 3.0]), grad=lambda x: mean(x) / (x.size * x))
    assert edge.verdict is Verdict.UNDECIDED, str(edge)
    wrong = check(lambda x: sc.spence(x).sum(), np.array([2.0, 1.5]), grad=lambda x: np.array([-np.log(2.0), np.nan]))
    assert wrong.verdict is Verdict.REFUTED, str(wrong)
