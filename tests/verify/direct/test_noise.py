"""Functions that are only run: what they lose by rounding, by stopping early, or by jumping, refutes no gradient."""

import numpy as np
import pytest
from scipy import integrate, optimize

from verify import Verdict, check
from verify.direct.differences import Line, one_sided, slope
from verify.direct.noise import jump, scatter

rng = np.random.default_rng(8)
A = rng.normal(size=(4, 4)) + 4 * np.eye(4)
HILBERT = 1 / (1 + np.add.outer(np.arange(8.0), np.arange(8.0)))
x = np.array([0.7, 1.4, 2.3])


def only_run(f):
    """The function of a copy that no recording and no number with slopes gets through."""
    return lambda x: f(np.frombuffer(x.tobytes()).reshape(x.shape).copy())


def bisected(x):
    def root(v):
        low, high = 0.0, 4.0
        while high - low > 1e-9:
            middle = (low + high) / 2
            low, high = (middle, high) if middle * middle < v else (low, middle)
        return low

    return sum(map(root, x))


def newton(x):
    y = np.ones_like(x)
    while np.abs(y * y - x).max() > 1e-7:
        y = y - (y * y - x) / (2 * y)
    return y.sum()


def root(v):
    return optimize.brentq(lambda y: y**3 + y - v, -5, 5)


def top(x):
    """The gradient of the largest eigenvalue of x + xᵀ."""
    vector = np.linalg.eigh(x + x.T)[1][:, -1]
    return 2 * np.outer(vector, vector)


CONSTANT = {
    "a solution": (lambda x: np.linalg.solve(x, x).sum(), A),
    "a pseudoinverse": (lambda x: (np.linalg.pinv(x) @ x).sum(), A),
    "an inverse near none": (lambda x: (x @ np.linalg.inv(x)).sum(), HILBERT),
    "orthonormal columns": (lambda x: (np.linalg.qr(x)[0].T @ np.linalg.qr(x)[0]).sum(), A),
    "a residual": (lambda x: np.linalg.norm(x @ np.linalg.solve(x, np.ones(4)) - 1), A),
    "a transform and back": (lambda x: np.fft.ifft(np.fft.fft(x)).imag.sum(), x),
    "over a period": (lambda x: sum(integrate.quad(np.sin, v, v + 2 * np.pi)[0] for v in x), x),
    "digits that are lost": (lambda x: (((1e13 + x) - 1e13) - x).sum(), x),
    "a small eigenvalue": (lambda x: np.linalg.eigvalsh(np.outer(x, x))[0], x),
    "differences of large numbers": (lambda x: np.sum(x[:, None] - x), 1e6 * x),
}
MOVING = {
    "eigenvalues": (lambda x: np.linalg.eigvalsh(x + x.T)[-1], top, A),
    "a sum of them": (lambda x: np.linalg.eigvals(x).sum().real, lambda x: np.eye(4), A),
    "a determinant near none": (lambda x: np.linalg.slogdet(x)[1], lambda x: np.linalg.inv(x).T, HILBERT[:5, :5]),
    "Newton's steps": (newton, lambda x: 0.5 / np.sqrt(x), x),
    "roots in brackets": (
        lambda x: sum(map(root, x)),
        lambda x: np.array([1 / (3 * root(v) ** 2 + 1) for v in x]),
        x,
    ),
    "a step of a solver": (
        lambda x: integrate.solve_ivp(lambda t, y: -y, (0, 1), x, rtol=1e-8, atol=1e-10).y[:, -1].sum(),
        lambda x: np.full_like(x, np.exp(-1)),
        x,
    ),
    "sorted": (lambda x: np.sort(x) @ np.arange(3.0), lambda x: np.argsort(np.argsort(x)).astype(float), x),
}
COARSE = {
    "bisection": (bisected, lambda x: 0.5 / np.sqrt(x), x),
    "six digits": (lambda x: sum(float(f"{np.sin(v):.6f}") for v in x), np.cos, x),
    "eight digits": (lambda x: np.round(np.sin(x), 8).sum(), np.cos, x),
    "single precision": (lambda x: float(np.sum(x.astype(np.float32) ** 2)), lambda x: 2 * x, x),
    "a large offset": (lambda x: ((1e10 + x) - 1e10).sum(), np.ones_like, x),
    "an offset that leaves two digits": (lambda x: ((1e14 + x) - 1e14).sum(), np.ones_like, x),
    "an offset that leaves none": (lambda x: ((1e16 + x) - 1e16).sum(), np.ones_like, x),
}


@pytest.mark.parametrize("f, at", CONSTANT.values(), ids=CONSTANT)
def test_a_constant_is_not_said_to_move(f, at):
    for g in (np.zeros_like, lambda x: np.full_like(x, 3e-15)):
        result = check(only_run(f), at, grad=g)
        assert result.verdict in (Verdict.UNDECIDED, Verdict.AGREES), str(result)
    wrong = check(only_run(f), at, grad=lambda x: np.ones_like(x) * np.abs(x).max())
    assert not wrong.ok
    if f is not CONSTANT["digits that are lost"][0]:
        assert wrong.verdict is Verdict.REFUTED, str(wrong)


@pytest.mark.parametrize("f, g, at", MOVING.values(), ids=MOVING)
def test_what_moves_is_told_from_what_does_not(f, g, at):
    def check_(g):
        return check(only_run(f), at, grad=g, domain={"x": "positive"} if f is newton else None)

    assert check_(g).verdict in (Verdict.UNDECIDED, Verdict.AGREES), str(check_(g))
    assert check_(lambda x: -g(x)).verdict is Verdict.REFUTED
    assert check_(lambda x: 1.01 * g(x)).verdict is Verdict.REFUTED
    assert not check_(lambda x: (1 + 1e-6) * g(x)).ok
    assert not check_(lambda x: g(x) + 4e-9 * np.abs(g(x)).max() * (np.arange(x.size) == 0).reshape(x.shape)).ok


@pytest.mark.parametrize("f, g, at", COARSE.values(), ids=COARSE)
def test_coarse_values_refute_nothing_right_and_hide_nothing_wrong(f, g, at):
    for factor, accepted in ((1.0, (Verdict.UNDECIDED, Verdict.AGREES)), (1.01, (Verdict.UNDECIDED, Verdict.REFUTED))):
        result = check(only_run(f), at, grad=lambda x, c=factor: c * g(x), domain={"x": "positive"})
        assert result.verdict in accepted, str(result)


def test_noise_is_seen_and_curves_are_none():
    for curve in (np.exp, np.cos, lambda t: 1 / (2 + t), lambda t: 5.0, lambda t: 1e200 * np.exp(t)):
        assert scatter(curve) < 4e-16 * abs(curve(0.0))
        assert jump(curve)[0] <= 1e-13 * abs(curve(0.0))
    assert scatter(lambda t: np.nan if t else 1.0) == np.inf
    for digits in range(4, 13):
        coarse = scatter(lambda t, d=digits: round(np.sin(1 + t), d))
        assert 0.02 * 10.0**-digits < coarse < 10.0**-digits


def test_jumps_are_found_where_they_are():
    assert jump(lambda t: t + 1e-3 * (t > 0.1)) == pytest.approx((1e-3, 0.1))
    assert jump(lambda t: round(t)) == pytest.approx((1, 0.5))  # constant within reach
    for bent in (abs, lambda t: max(t, 0.0), lambda t: max(t - 2.0, 0.0), lambda t: np.tanh(1e3 * (t + 3))):
        assert jump(bent)[0] < 1e-9
    assert jump(lambda t: np.nan if t else 1.0)[0] == np.inf


def test_one_jump_beside_the_point_hides_no_wrong_slope():
    jumped = only_run(lambda x: float(np.sum(np.where(x > 0.75, 5 * x + 9, x))))
    assert check(jumped, x[:1], grad=lambda x: 1.0 * np.where(x > 0.75, 5, 1)).verdict is Verdict.AGREES
    assert check(jumped, x[:1], grad=lambda x: -1.0 * np.where(x > 0.75, 5, 1)).verdict is Verdict.REFUTED


def test_two_lucky_tables_are_not_believed():
    line = Line(lambda t: 7 * np.sin(0.3 + t), 0.0, rounding=1e-15)
    assert slope(line).error < 1e-10 and abs(slope(line).value - 7 * np.cos(0.3)) <= slope(line).error
    noisy = Line(lambda t: 7 * np.sin(0.3 + t) + 1e-9 * np.sin(1e15 * t), 0.0)
    assert 1e-10 < abs(slope(noisy).value - 7 * np.cos(0.3)) <= slope(noisy).error < 1e-4


def test_a_line_that_is_flat_on_both_sides_has_no_kink():
    assert one_sided(Line(lambda t: 4.0, 0.0)) is None
    assert one_sided(Line(lambda t: 1e-12 * np.sin(1e15 * t), 0.0)) is None


def test_a_refutation_names_the_entry_and_its_slope():
    f = only_run(lambda x: np.sum(x**3))
    wrong = check(f, x, grad=lambda x: 3 * x**2 * np.array([1.0, 1.0, 2.0]))
    assert wrong.counterexample.index == "x[2]"
    assert float(wrong.counterexample.expected) == pytest.approx(3 * 2.3**2)
    assert float(wrong.counterexample.got) == pytest.approx(6 * 2.3**2)


def test_what_a_mask_hides_at_some_points_is_looked_for_at_more():
    """The first entry is off by 0.1 % where it is below -1, and so at one point of a few."""
    f = only_run(lambda x: float(np.sum(x * (x < -1))))
    right = lambda x: 1.0 * (x < -1)  # noqa: E731
    assert check(f, x, grad=right).verdict is Verdict.AGREES
    for place in range(3):
        off = 1 + 1e-3 * (np.arange(3) == place)
        assert not check(f, x, grad=lambda x, off=off: off * right(x)).ok
