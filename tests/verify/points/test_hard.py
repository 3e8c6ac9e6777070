"""Hard points are found where nothing but the program says that they are hard."""

import numpy as np
import pytest

from verify import Verdict, check
from verify.points.hard import hard_points
from verify.points.look import Point, look
from verify.question.ask import pose
from verify.question.recording import record_symbolic

X = np.array([0.5, 1.5, -2.0])


def points_of(f, g, x, domain=None):
    problem = pose(f, (x,), "grad", g, None, domain)
    seen = look(problem, Point("here", problem.arrays), record_symbolic(problem, problem.arrays))
    return [(point.label, point.arrays[0]) for point in hard_points(problem, seen)]


def square(x):
    return np.sum(x**2)


def hidden(condition):
    """A right gradient but where the condition holds."""
    return lambda x: 2 * x * np.where(condition(x), 0.5, 1)


@pytest.mark.parametrize(
    "condition",
    [
        lambda x: x < -30,
        lambda x: x > 50,
        lambda x: (x > 0) & (x < 1e-3),
        lambda x: np.exp(x) > 1e6,
        lambda x: np.sum(x) > 77.3,
        lambda x: np.abs(x) < 1e-6,
        lambda x: x * x > 1e4,
        lambda x: np.max(x) < 0,
        lambda x: np.abs(np.sqrt(np.sum(x**2)) - 7) < 1e-3,
    ],
    ids=[
        "x < -30",
        "x > 50",
        "0 < x < 1e-3",
        "exp(x) > 1e6",
        "sum(x) > 77.3",
        "|x| < 1e-6",
        "x² > 1e4",
        "max < 0",
        "|x| = 7",
    ],
)
@pytest.mark.parametrize("x", [X, 0.75], ids=["array", "number"])
def test_hidden_regions_are_entered(condition, x):
    x = np.asarray(x)
    assert not np.any(condition(x))
    found = points_of(square, hidden(condition), x if x.ndim else float(x))
    with np.errstate(over="ignore"):
        assert any(np.any(condition(point) & (point != 0) & (np.abs(point) < 1e4)) for _, point in found)


def test_both_sides_of_a_boundary_are_reached_to_the_last_float():
    f = lambda x: np.sum(np.where(np.exp(x) > 5, x**2, x))  # noqa: E731
    found = points_of(f, lambda x: np.where(np.exp(x) > 5, 2 * x, 1), np.array([0.5]))
    edge = [float(point[0]) for label, point in found if "float" in label]
    assert any(abs(x - np.log(5)) < 1e-15 and np.exp(x) <= 5 for x in edge)
    assert any(abs(x - np.log(5)) < 1e-15 and np.exp(np.nextafter(x, 9)) > 5 for x in edge)


def test_the_numbers_of_a_program_and_their_neighbours_are_tried():
    found = points_of(square, hidden(lambda x: x > 3), np.array([0.5]))
    values = {float(point[0]) for _, point in found}
    assert {3.0, np.nextafter(3.0, 4), np.nextafter(3.0, 2), 0.0, -3.0} <= values


def test_ties_are_made():
    tied = [point for _, point in points_of(np.max, lambda x: np.eye(3)[np.argmax(x)], X)]
    assert any(np.sum(point == point.max()) == 2 for point in tied)


def test_without_guards_only_zeros_are_tried():
    labels = [label for label, _ in points_of(square, lambda x: 2 * x, X)]
    assert set(labels) == {"one element is 0", "all elements are 0", "two elements tie"}


def test_the_domain_is_kept():
    found = points_of(square, hidden(lambda x: x < 1e-3), X + 3, {"x": "positive"})
    assert len(found) > 4
    assert all((point > 0).all() for _, point in found)
    assert any((point < 1e-3).any() for _, point in found)


def test_no_point_comes_twice_and_none_is_where_we_are():
    found = points_of(square, hidden(lambda x: x > 3), X)
    assert len({point.tobytes() for _, point in found} | {X.tobytes()}) == len(found) + 1


def test_a_test_for_equality_that_almost_nothing_meets_is_met():
    def gradient(x):
        return np.cos(x) + np.where(np.floor(x * 1e6) % 1000003 == 12345, 1.0, 0.0)

    found = check(np.sin, np.array([0.2, 0.5, 1.1]), grad=gradient)
    assert found.verdict is Verdict.REFUTED and "equality" in found.reason


def test_arguments_that_nearly_agree_show_differences_of_squares():
    def gradient(x, y):
        squared = np.sum(x * x) + np.sum(y * y) - 2 * np.sum(x * y)
        return (x - y) / np.sqrt(squared) if squared > 0 else np.zeros_like(x)

    x, y = np.array([0.7, -1.6, -0.8]), np.array([-1.3, 1.6, -0.6])
    found = check(lambda x, y: np.sqrt(np.sum((x - y) ** 2)), x, y, grad=gradient, wrt=0)
    assert found.verdict is Verdict.REFUTED and "nearly equal" in found.reason


def test_a_zero_in_another_argument_accuses_a_gradient_without_a_value_there():
    x, b = np.array([1.0, 0.3, 1.9]), np.array([0.4, 1.5, 2.5])
    found = check(lambda x, b: np.sum(x**b), x, b, wrt="b", grad=lambda x, b: x**b * np.log(x))
    assert found.verdict is Verdict.REFUTED and found.counterexample.got == "nan"
    kept = check(lambda x, b: np.sum(x**b), x, b, wrt="b", grad=lambda x, b: x**b * np.log(np.where(x == 0, 1, x)))
    assert kept.verdict is not Verdict.REFUTED


def test_a_number_that_may_never_be_0_accuses_nobody_there():
    def gradient(p):
        return p**3 * (1 - p) ** 2 * (3 - 5 * p) / (p * (1 - p))

    found = check(lambda p: p**3 * (1 - p) ** 2, 0.3, grad=gradient)
    assert found.verdict is not Verdict.REFUTED


def test_a_gradient_of_one_stride_is_refuted_at_another():
    def pooled(x, w, k, s):
        return float(sum(w[i] * np.max(x[i * s : i * s + k]) for i in range(len(w))))

    def gradient(x, w, k, s):
        r = np.zeros_like(x)
        for i in range(len(w)):
            r[i * s + int(np.argmax(x[i * s : i * s + k]))] = w[i]
        return r

    at = (np.array([0.3, 3.1, 0.6, 0.2, 0.8, -0.5]), np.array([-0.1, 0.5, -0.7]), 2, 2)
    found = check(pooled, *at, grad=gradient, wrt=0)
    assert found.verdict is Verdict.REFUTED and "k = 3" in found.reason


def test_what_is_wrong_far_away_by_nothing_is_not_refuted():
    stable = check(
        lambda x: np.sum(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))),
        np.array([0.5, -1.2]),
        grad=lambda x: 1 / (1 + np.exp(-x)),
    )
    assert stable.ok, str(stable)


def test_without_elements_what_is_wrong_with_some_is_refuted():
    nothing = np.zeros((0, 3))
    assert check(square, nothing, grad=lambda x: 7 * x).verdict is Verdict.REFUTED
    assert check(square, nothing, grad=lambda x: 2 * x).verdict is Verdict.UNDECIDED


def test_a_gradient_that_fails_where_there_is_a_derivative_is_wrong():
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    found = check(np.linalg.det, singular, grad=lambda a: np.linalg.det(a) * np.linalg.inv(a).T)
    assert found.verdict is Verdict.REFUTED and "there is a derivative" in found.reason


def test_nothing_is_differentiated_by_truth_values():
    found = check(lambda x: x**2 / 2, np.array([True, False]), grad=lambda x: x * 1.0)
    assert found.verdict is Verdict.UNDECIDED and "truth values" in found.reason


@pytest.mark.parametrize(
    "condition",
    [
        lambda x, y: (x > 5) & (y < -5),
        lambda x, y: (x > 0) & (y < -3) & (x * y < -50),
        lambda x, y: (x[0] < -2) & (y[1] > 4),
    ],
    ids=["one quadrant", "one of three", "two elements"],
)
def test_conditions_on_several_arguments_are_met_together(condition):
    x, y = np.array([0.5, 1.5]), np.array([0.3, 0.2])
    assert not np.any(condition(x, y))
    wrong = check(lambda x, y: x * y, x, y, grad=lambda x, y: np.where(condition(x, y), 0.0, y), wrt=0)
    assert wrong.verdict is Verdict.REFUTED, str(wrong)
    right = check(lambda x, y: x * y, x, y, grad=lambda x, y: np.where(condition(x, y), y + 0.0, y), wrt=0)
    assert right.ok, str(right)
