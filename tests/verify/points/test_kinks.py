"""Around a point on a guard: kinks that cancel, kinks that do not, and the Clarke set."""

import numpy as np
import pytest

from verify import Verdict, check
from verify.points.kinks import look_around
from verify.points.numbers import Question, judge


@pytest.fixture
def around(recorded):
    """``around(f, g, x)``: what is found around x, and the question asked there."""

    def run(f, g, x):
        case = recorded(f, x)
        with np.errstate(all="ignore"):
            got = (np.asarray(g(x), dtype=float),)
        question = Question(case.program, case.wrt, case.inputs, case.sizes, got, ("x",))
        return look_around(question), question

    return run


def softplus(x):
    return np.sum(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def shifted_logsumexp(x):
    return np.log(np.sum(np.exp(x - np.max(x)))) + np.max(x)


def sinc(x):
    safe = np.where(np.equal(x, 0), 1.0, x)
    return np.sum(np.where(np.equal(x, 0), 1.0, np.sin(safe) / safe))


@pytest.mark.parametrize(
    ("f", "g", "x"),
    [
        (softplus, lambda x: 1 / (1 + np.exp(-x)), [0.0, 1.0]),
        (shifted_logsumexp, lambda x: np.exp(x) / np.exp(x).sum(), [1.0, 1.0, 0.5]),
        (lambda x: np.sum(x * np.abs(x)), lambda x: 2 * np.abs(x), [0.0, -1.0]),
        (lambda x: np.sum(np.maximum(x, 0) - np.maximum(-x, 0)), lambda x: 1 + 0 * x, [0.0, 1.0]),
        (lambda x: np.sum(np.maximum(x, np.abs(x))), lambda x: 1 + 0 * x, [0.75]),
        (lambda x: np.sum(np.where(np.equal(x, 0), 0.0, x * x)), lambda x: 2 * x, [0.0, 1.0]),
        (lambda x: np.sum(np.sqrt(x**4)), lambda x: 2 * x, [0.0, 1.0]),
        (lambda x: np.sum(np.maximum(x, 0) ** 2), lambda x: 2 * np.maximum(x, 0), [0.0, 1.0]),
    ],
    ids=["softplus", "logsumexp", "x|x|", "relu", "open tie", "filled hole", "sqrt", "smooth relu"],
)
def test_kinks_that_cancel_are_none(around, f, g, x):
    found, question = around(f, g, np.array(x))
    assert found.differentiable is True
    assert not found.kinks
    assert judge(question, found.derivative).status == "ok"


def test_at_a_kink_that_cancels_a_wrong_value_is_wrong(around):
    found, question = around(softplus, lambda x: 0 * x, np.array([0.0, 1.0]))
    assert found.differentiable
    assert judge(question, found.derivative).status == "wrong"


@pytest.mark.parametrize(
    ("f", "x", "g", "inside"),
    [
        (lambda x: np.sum(np.maximum(x, 0)), [0.0, 1.0], [0.0, 1.0], True),
        (lambda x: np.sum(np.maximum(x, 0)), [0.0, 1.0], [0.5, 1.0], True),
        (lambda x: np.sum(np.maximum(x, 0)), [0.0, 1.0], [1.5, 1.0], False),
        (lambda x: np.sum(np.abs(x)), [0.0, 0.0], [1.0, -0.25], True),
        (lambda x: np.sum(np.abs(x)), [0.0, 0.0], [np.nan, 0.0], False),
        (lambda x: np.max(x), [2.0, 2.0, 1.0], [1.0, 0.0, 0.0], True),
        (lambda x: np.max(x), [2.0, 2.0, 1.0], [0.5, 0.5, 0.0], True),
        (lambda x: np.max(x), [2.0, 2.0, 1.0], [1.0, 1.0, 0.0], False),
        (lambda x: np.min(x), [2.0, 2.0, 2.0], [0.25, 0.25, 0.5], True),
        (lambda x: np.sqrt(np.sum(x * x)), [0.0, 0.0], [0.0, 0.0], True),
        (lambda x: np.sqrt(np.sum(x * x)), [0.0, 0.0], [0.9, 0.9], False),
        (lambda x: np.sum(np.maximum(x, np.abs(x))), [0.0], [0.5], True),
    ],
)
def test_kinks_and_whether_the_value_lies_in_the_clarke_set(around, f, x, g, inside):
    found, _ = around(f, lambda x: g, np.array(x))
    assert found.differentiable is False
    assert found.kinks
    assert all(kink.at_input and kink.inside is inside for kink in found.kinks)


def test_many_kinks_at_once(around):
    """Pieces of 12 independent kinks are too many to list; the hull is searched towards the value."""
    mixed = lambda x: np.sum(np.abs(x) - 0.5 * np.maximum(x, 0))  # noqa: E731
    assert around(mixed, lambda x: 0 * x, np.zeros(12))[0].kinks[0].inside is True
    assert around(mixed, lambda x: 0 * x + 0.7, np.zeros(12))[0].kinks[0].inside is False


def test_a_value_wrong_beside_the_kink_is_not_inside(around):
    found, _ = around(lambda x: np.sum(np.maximum(x, 0)), lambda x: [0.0, 2.0], np.array([0.0, 1.0]))
    assert [kink.inside for kink in found.kinks] == [False]


def test_of_a_tie_too_long_to_explore_only_what_was_found_is_said(around):
    x = np.ones(1200)
    for g, inside in ((x / 2, None), (np.arange(1200) == 7, True)):
        found, _ = around(np.max, lambda x, g=g: g, x)
        assert found.differentiable is False
        assert found.derivative is None
        assert found.kinks[0].inside is inside


def test_a_kink_tells_both_sides_and_the_convention(around):
    found, _ = around(lambda x: np.sum(np.maximum(x, 0)), lambda x: [0.0, 1.0], np.array([0.0, 1.0]))
    (kink,) = found.kinks
    assert (kink.where, kink.left, kink.right, kink.got) == ("x[0] = 0 (maximum)", "0", "1", "0.0")
    assert kink.convention


def test_elements_without_a_kink_keep_their_derivative(around):
    found, question = around(lambda x: np.sum(np.maximum(x, 0)), lambda x: [0.0, 2.0], np.array([0.0, 1.0]))
    assert not found.derivative[0][0].is_finite()
    assert found.derivative[0][1] == 1
    judged = judge(question, found.derivative)
    assert (judged.status, judged.index) == ("wrong", "x[1]")


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.sum(np.where(x > 0, 1.0, 0.0)), [0.0, 1.0]),
        (lambda x: np.sum(np.where(np.equal(x, 0), 5.0, x * x)), [0.0, 1.0]),
        (lambda x: np.sum(np.floor(x)), [1.0, 0.5]),
    ],
    ids=["step", "point", "floor"],
)
def test_a_jump_is_no_derivative_even_where_the_slopes_agree(around, f, x):
    found, _ = around(f, lambda x: 0 * x, np.array(x))
    assert found.differentiable is False
    assert found.kinks[0].left == "the function jumps"
    assert found.kinks[0].inside is None


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.sum(np.sqrt(x)), [0.0, 1.0]),
        (lambda x: np.sum(np.arccos(x)), [1.0, 0.3]),
        (lambda x: np.sum(x**0.1), [0.0, 1.0]),
    ],
)
def test_where_a_function_ends_with_infinite_slope_it_has_no_derivative(around, f, x):
    found, _ = around(f, lambda x: 0 * x, np.array(x))
    assert found.differentiable is False and not found.jumps
    assert (found.kinks[0].left, found.kinks[0].right) == ("not defined", "infinite")


def test_where_a_function_ends_smoothly_its_derivative_is_that_from_inside():
    x = np.array([0.0, 1.5])
    assert check(lambda x: np.sum(x**1.5), x, grad=lambda x: 1.5 * x**0.5).verdict is Verdict.PROVED
    nan_there = check(lambda x: np.sum(x**1.5), x, grad=lambda x: 1.5 * x**1.5 / x)
    assert nan_there.verdict is Verdict.REFUTED and nan_there.numbers.expected == "0"
    assert check(lambda x: np.sum(x**1.5), x, grad=lambda x: 1.6 * x**0.5).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.sum(np.log(x)), [0.0]),
        (lambda x: np.sum(x**2 * np.sin(1 / np.where(np.equal(x, 0), 1.0, x))), [0.0, 1.0]),
        (lambda x: np.sum(np.maximum(np.exp(x), np.exp(x[::-1]))), [1.0, 1.0]),
    ],
    ids=["pole", "not C1", "undecided"],
)
def test_where_it_cannot_be_found_out_nothing_is_said(around, f, x):
    found, _ = around(f, lambda x: 0 * x, np.array(x))
    assert found.differentiable is None
    assert found.reason
    assert not found.kinks


def test_a_share_of_a_long_tie_is_inside():
    x = np.ones(60)
    even = check(np.max, x, grad=lambda x: (x == x.max()) / np.sum(x == x.max()))
    assert even.verdict is Verdict.NONDIFFERENTIABLE and even.ok
    assert not check(np.max, x, grad=lambda x: (x == x.max()) * 1.0).ok
