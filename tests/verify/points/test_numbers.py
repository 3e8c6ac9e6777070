"""The rule for numbers: what is ok, lost and wrong."""

import numpy as np
import pytest
from flint import arb

from verify.points.numbers import OK, Question, judge, wrong_beyond

RNG = np.random.default_rng(7)
X = RNG.normal(size=(3, 4))


@pytest.fixture
def judged(recorded):
    """``judged(f, g, *arrays)``: the numbers of g, which returns one array for the first argument or a tuple."""

    def run(f, g, *arrays, truth=None):
        case = recorded(f, *arrays)
        with np.errstate(all="ignore"):
            got = g(*arrays)
        got = tuple(map(np.asarray, got if isinstance(got, tuple) else (got,)))
        wrt = case.wrt[: len(got)]
        return judge(Question(case.program, wrt, case.inputs, case.sizes, got, tuple("xyzw"[: len(got)])), truth)

    return run


def square(x):
    return np.sum(x * x)


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_a_rounded_right_gradient_is_ok_in_every_dtype(judged, dtype):
    x = RNG.uniform(0.5, 2, size=5).astype(dtype)
    found = judged(lambda x: np.sum(np.exp(x)), np.exp, x)
    assert found.status == "ok"
    assert found.ulps <= 4
    assert found.elements == 5


@pytest.mark.parametrize(
    ("error", "status"), [(1e-15, "ok"), (1e-9, "lost"), (1e-7, "wrong"), (1.0, "wrong"), (-1.0, "wrong")]
)
def test_the_three_answers_by_relative_error(judged, error, status):
    assert judged(square, lambda x: 2 * x * (1 + error), X).status == status


@pytest.mark.parametrize(("dtype", "error"), [(np.float32, 2e-3), (np.float16, 0.1)])
def test_half_of_the_digits_of_the_dtype_count(judged, dtype, error):
    x = RNG.uniform(0.5, 2, size=5).astype(dtype)
    assert judged(square, lambda x: 2 * x * dtype(1 + error), x).status == "wrong"


def test_a_single_wrong_element_is_named(judged):
    def one_off(x):
        gradient = 2 * x
        gradient[1, 2] *= 1 + 1e-6
        return gradient

    found = judged(square, one_off, X)
    assert (found.status, found.index) == ("wrong", "x[1, 2]")
    assert found.expected.startswith(repr(float(2 * X[1, 2]))[:12])


def test_a_small_gradient_that_is_wrong_by_100_percent_is_wrong(judged):
    x = np.array([20.0, 1.0])
    assert judged(lambda x: np.sum(np.tanh(x)), lambda x: 1 - np.tanh(x) ** 2, x).status == "wrong"
    assert judged(lambda x: np.sum(np.tanh(x)), lambda x: 1 / np.cosh(x) ** 2, x).status == "ok"


def test_an_ill_conditioned_point_accuses_nobody(judged):
    x = np.array([1e22])
    found = judged(lambda x: np.sum(np.sin(x)), lambda x: -np.cos(x), x)
    assert found.status == "ok"
    assert found.condition > 1e12
    x = np.array([1.1])
    found = judged(lambda x: np.sum(np.sin(1e4 * x)), lambda x: 1e4 * np.cos(1e4 * x), x)
    assert found.status == "ok"
    assert 1e3 < found.condition < 1e6


def test_cancellation_in_the_problem_is_not_blamed_on_the_gradient(judged):
    x = np.array([1 + 2.0**-40, 1.5])
    f, g = (lambda x: np.sum((x * x - 1) ** 2)), (lambda x: 4 * x * (x * x - 1))
    found = judged(f, g, x)
    assert found.status == "ok"
    assert judged(f, lambda x: g(x) * (1 + 1e-2), x).status == "wrong"


def test_cancellation_made_by_the_algorithm_is(judged):
    found = judged(lambda x: np.sum((x + 1e10 - 1e10) ** 2), lambda x: 2 * (x + 1e10 - 1e10), np.array([0.1]))
    assert found.status == "wrong"
    assert found.condition < 4


def test_where_the_truth_is_zero_the_terms_that_cancel_are_the_scale(judged):
    f = lambda x: np.sum(softmax(x))  # noqa: E731
    assert judged(f, lambda x: softmax(x) * 1e-16, X).status == "ok"
    found = judged(f, lambda x: softmax(x) * 1e-3, X)
    assert (found.status, found.expected, found.condition) == ("wrong", "0", None)
    assert judged(lambda x: np.sum(x * 0), lambda x: x * 0, X).status == "ok"
    assert judged(lambda x: np.sum(x * 0), lambda x: x * 1e-300, X).status == "wrong"


def test_a_nan_where_the_derivative_exists_is_wrong(judged):
    found = judged(square, lambda x: 2 * x * x / x, np.array([0.0, 1.0]))
    assert (found.status, found.index, found.got) == ("wrong", "x[0]", "nan")
    assert judged(square, lambda x: 2 * x + np.inf, X).status == "wrong"


def test_an_overflow_that_rounding_asks_for_is_ok(judged):
    found = judged(lambda x: np.sum(np.exp(x)), np.exp, np.array([800.0, 1.0]))
    assert found.status == "ok"


def test_where_the_derivative_is_not_finite_nothing_is_known(judged):
    found = judged(lambda x: np.sum(np.sqrt(x)), lambda x: 0.5 / np.sqrt(x), np.array([0.0, 1.0]))
    assert found.status == "unknown"
    assert "not finite" in found.reason


def test_where_the_conditioning_is_not_finite_only_what_is_near_is_judged(judged):
    f, truth = (lambda x: np.sqrt(np.sum(x * x)) ** 2), np.array([arb(0), arb(0)], dtype=object)
    x = np.zeros(2)
    assert judged(f, lambda x: 2 * x, x, truth=(truth,)).status == "ok"
    found = judged(f, lambda x: 2 * x + 1, x, truth=(truth,))
    assert (found.status, found.reason[:16]) == ("unknown", "the conditioning")
    assert judged(f, lambda x: 2 * x * np.inf, x, truth=(truth,)).status == "wrong"


def test_a_wrong_element_counts_more_than_an_unknown_one(judged):
    found = judged(lambda x: np.sum(np.sqrt(x)), lambda x: 1 / np.sqrt(x), np.array([0.0, 1.0]))
    assert (found.status, found.index) == ("wrong", "x[1]")


def test_a_point_on_a_guard_is_unknown_unless_the_derivative_is_given(judged):
    f, g = (lambda x: np.sum(x * np.abs(x))), (lambda x: 2 * np.abs(x))
    x = np.array([0.0, 1.5])
    found = judged(f, g, x)
    assert found.status == "unknown"
    assert "boundary of a guard" in found.reason
    truth = np.array([arb(0), arb(3)], dtype=object)
    assert judged(f, g, x, truth=(truth,)).status == "ok"
    assert judged(f, lambda x: g(x) + 1, x, truth=(truth,)).status == "wrong"


def test_right_at_a_branch_point_the_other_branch_is_not_wrong(judged):
    """Within a few ulps of x = 0.3 rounding may take either branch."""
    x = np.array([np.nextafter(0.3, 1)])
    f = lambda x: np.sum(np.where(x * 3 > 0.9, x * 2, x))  # noqa: E731
    assert judged(f, lambda x: x * 0 + 1, x).status == "ok"
    assert judged(f, lambda x: x * 0 + 1, x + 1e-9).status == "wrong"


def test_labels_stay_what_they_are(judged):
    """Moving y by a few eps would leave the branch y == 1 and hide any error behind an infinite κ."""
    x, y = np.array([1.5, -0.5]), np.array([1.0, 0.0])
    f = lambda x, y: np.sum(np.where(np.equal(y, 1), x * x, 3 * x))  # noqa: E731
    assert judged(f, lambda x, y: np.where(y == 1, 2 * x, 3), x, y).status == "ok"
    assert judged(f, lambda x, y: np.where(y == 1, 2 * x, 3.1), x, y).status == "wrong"


def test_another_shape_is_wrong_and_nothing_is_unknown(judged):
    found = judged(square, lambda x: 2 * x[0], X)
    assert (found.status, found.reason) == ("wrong", "x: got shape (4,), expected (3, 4)")
    assert judged(square, lambda x: 2 * x, np.ones((0, 2))).status == "unknown"


def test_jacobians(recorded):
    x = np.array([0.5, 1.5])
    case = recorded(lambda x: x * x[0], x)

    def status(got):
        return judge(Question(case.program, case.wrt, case.inputs, case.sizes, (got,), ("x",), "jac"))

    assert status(np.array([[1.0, 0.0], [1.5, 0.5]])).status == "ok"
    found = status(np.array([[1.0, 1e-12], [1.5, 0.5]]))
    assert (found.status, found.index) == ("wrong", "x[0, 1]")


def test_the_thresholds_leave_room_between_them():
    assert OK == 64
    assert OK < wrong_beyond(np.dtype(np.float32)) < wrong_beyond(np.dtype(np.float64))
    assert wrong_beyond(np.dtype(np.float16)) == OK
