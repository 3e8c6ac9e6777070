"""The words of a claim: sizes, domain, assumptions, leaks."""

import numpy as np
import pytest

from dualgrad.program.size import dimension
from verify import Verdict, check
from verify.question.claim import inequality

n, m = dimension("n"), dimension("m")
X, A = np.array([1.0, 2.0, 0.5]), np.array([[1.0, 2.0, 0.5], [0.25, -1.0, 3.0]])


@pytest.mark.parametrize(
    ("extent", "least", "text"),
    [
        (n - m, 1, "n >= m + 1"),
        (n, 2, "n >= 2"),
        (n * m - m - m, 0, "m*n >= 2*m"),
        (n * n - 3, 1, "n**2 >= 4"),
        (n + m - 5, 0, "m + n >= 5"),
    ],
)
def test_an_inequality_has_nothing_subtracted(extent, least, text):
    assert inequality(extent, least) == text


@pytest.mark.parametrize(
    ("f", "args", "sizes"),
    [
        (lambda x: np.sum(x**2), (X,), "every n >= 1 (x: n)"),
        (lambda x: np.sum((x[1:] - x[:-1]) ** 2), (X,), "every n >= 1 (x: n)"),
        (lambda a, x: np.sum((a @ x) ** 2), (A, X), "every"),
        (lambda x: np.sum(x**2) * (2 if x.shape[0] == 3 else 1), (X,), "the sizes run (x: 3)"),
        (lambda t: t**2, (2.0,), "numbers"),
    ],
)
def test_for_which_sizes(f, args, sizes):
    assert check(f, *args).formula.sizes.startswith(sizes)


@pytest.mark.parametrize(
    ("f", "sizes"),
    [
        (lambda x, y: np.sum(x[4:] ** 2) + x[3] * y[0], "every n, m >= 2 with n >= 4 (x: n, y: m)"),
        (lambda x, y: np.sum(x[1:-2] ** 2) * y[0], "every n, m >= 1 with n >= 3 (x: n, y: m)"),
        (lambda x, y: np.sum(x[y.shape[0] :] ** 2) + x[y.shape[0]], "every n, m >= 2 with n >= m + 1 (x: n, y: m)"),
    ],
)
def test_a_condition_on_sizes_is_said_where_it_says_more(f, sizes):
    assert check(f, np.arange(1.0, 7.0), X).formula.sizes == sizes


def test_equal_sizes_are_an_assumption_and_shapes_say_which():
    formula = check(lambda x, y: np.sum(x * y), X, X + 1).formula
    assert formula.sizes == "every n >= 1 (x: n, y: n)"
    assert any("sizes agree" in line for line in formula.assumptions)


def test_captured_arrays_are_an_assumption():
    weights = np.array([1.0, -2.0, 0.5])
    formula = check(lambda x: np.sum(weights * x**2), X).formula
    assert any("captured array" in line and "values it was recorded with" in line for line in formula.assumptions)


def test_what_is_known_of_arguments_is_the_domain():
    formula = check(lambda p: np.sum(np.log(p)), X, domain={"p": "positive"}).formula
    assert formula.domain == ("p > 0",)

    def ordered(x):
        return bool(np.all(np.diff(x) > 0))

    formula = check(lambda x: np.sum(x**2), np.sort(X), domain={"x": ordered}).formula
    assert formula.domain == ("x with ordered true",)


@pytest.mark.parametrize(
    ("given", "said"),
    [(3, "k = 3"), (True, "k = True"), ("sum", "k = 'sum'"), (None, "k = None"), (np.array([1, 2, 2]), "k as given")],
)
def test_what_is_no_variable_is_in_the_domain(given, said):
    def squares(x, k):
        return np.sum(x**2)

    formula = check(squares, X, given, grad=lambda x, k: 2 * x, wrt="x").formula
    assert formula.verdict is Verdict.PROVED and formula.domain == (said,)
    assert check(squares, X, 2.0, grad=lambda x, k: 2 * x, wrt="x").formula.domain == ()
