"""Hard points are found where nothing but the program says that they are hard."""

import numpy as np
import pytest

from verify.ask import pose
from verify.hardpoints import hard_points
from verify.look import Point, look
from verify.recording import record_symbolic

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
    ],
    ids=["x < -30", "x > 50", "0 < x < 1e-3", "exp(x) > 1e6", "sum(x) > 77.3", "|x| < 1e-6", "x² > 1e4", "max < 0"],
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
    assert labels == ["one element is 0", "all elements are 0"]


def test_the_domain_is_kept():
    found = points_of(square, hidden(lambda x: x < 1e-3), X + 3, {"x": "positive"})
    assert len(found) > 4
    assert all((point > 0).all() for _, point in found)
    assert any((point < 1e-3).any() for _, point in found)


def test_no_point_comes_twice_and_none_is_where_we_are():
    found = points_of(square, hidden(lambda x: x > 3), X)
    assert len({point.tobytes() for _, point in found} | {X.tobytes()}) == len(found) + 1
