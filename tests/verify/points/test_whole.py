"""Other whole numbers: indices that repeat, and labels on the other side of what f tests for."""

import numpy as np

from verify import Verdict, check


def test_repeated_neighbours_are_tried_where_the_first_and_the_last_index_are_the_same():
    def f(x, i):
        return np.sum(x[i] ** 2)

    def overwritten(x, i):
        g = np.zeros_like(x)
        g[i] = 2 * x[i]
        return g

    at = np.array([0.3, 1.0, -0.7, 0.9]), np.array([2, 1, 0])
    result = check(f, *at, grad=overwritten, wrt=0)
    assert result.verdict is Verdict.REFUTED, str(result)


def masked(sentinel):
    def f(x, t):
        return np.sum(np.where(t != sentinel, x**2, 0.0))

    def right(x, t):
        return np.where(t != sentinel, 2 * x, 0.0)

    return f, right


def test_a_label_that_f_tests_for_is_tried_though_none_was_given():
    f, right = masked(-100)
    at = np.array([0.3, 1.0, -0.7]), np.array([2, 1, 0])
    assert check(f, *at, grad=lambda x, t: 2 * x, wrt=0).verdict is Verdict.REFUTED
    assert check(f, *at, grad=right, wrt=0).ok


def test_the_other_side_of_an_inequality_is_the_next_whole_number():
    def f(x, t):
        return np.sum(np.where(t >= 0, x**3, 0.0))

    at = np.array([0.3, 1.0, -0.7]), np.array([2, 1, 0])
    result = check(f, *at, grad=lambda x, t: 3 * x**2, wrt=0)
    assert result.verdict is Verdict.REFUTED, str(result)
    assert check(f, *at, grad=lambda x, t: np.where(t >= 0, 3 * x**2, 0.0), wrt=0).ok


def test_labels_that_f_does_not_test_for_are_left_alone():
    """A negative index counts from the end, which a comparison of labels does not know."""

    def f(x, t):
        return np.sum(x[np.arange(len(t)), t])

    def right(x, t):
        return (np.arange(x.shape[1]) == t[:, None]) * 1.0

    result = check(f, np.array([[0.3, 1.0], [0.5, -0.7]]), np.array([1, 0]), grad=right, wrt=0)
    assert result.ok, str(result)
