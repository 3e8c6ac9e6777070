"""Causes from real checks: the gradient is broken in one way, and that way is named with its evidence."""

import numpy as np
import pytest

import verify
from verify.report.causes import cause
from verify.report.codes import CODES, code
from verify.runs.suite import Entry
from verify.verdict import Comparison, Element, Formula, Numbers, Result, Verdict

X = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 2.5], [4.0, 0.25, -2.0]])
W = np.array([0.5, -1.5, 2.0])


def loss(w):
    return np.mean((X @ w) ** 2) + 0.1 * np.sum(w * w)


def right(w):
    return 2 * X.T @ (X @ w) / 3 + 0.2 * w


def cubes(x):
    return (x**3 * np.arange(1.0, 10.0).reshape(3, 3)).sum()


def cubes_gradient(x):
    return 3 * x**2 * np.arange(1.0, 10.0).reshape(3, 3)


def without_last_row(x):
    found = cubes_gradient(x)
    found[2] = 0
    return found


def wrong_entry(x):
    found = cubes_gradient(x)
    found[1, 2] *= 1.01
    return found


BROKEN = [
    (loss, W, lambda w: -right(w), "V102", "the sign is wrong", "3 of 3 elements of w"),
    (loss, W, lambda w: 3 * right(w), "V103", "3 times the gradient", "got / expected = 3 at 3 of 3 elements of w"),
    (loss, W, lambda w: right(w) / 7, "V103", "1/7 times the gradient", "got / expected = 1/7"),
    (loss, W, lambda w: right(w) - 0.2 * w, "V104", "a multiple of w", "expected - got = 1/5 w"),
    (loss, W, lambda w: right(w) + 0.25, "V104", "the same amount at every element", "expected - got = -1/4"),
    (cubes, X, lambda x: cubes_gradient(x).T, "V105", "the result is transposed", "got[i, j] = expected[j, i]"),
    (cubes, X, lambda x: cubes_gradient(x)[::-1], "V105", "right values in wrong places", "the 9 values returned"),
    (cubes, X, without_last_row, "V104", "zero is returned", "row 2 of x: got 0, expected"),
    (cubes, X, wrong_entry, "V101", "only some elements are wrong", "1 of 9 elements of x: x[1, 2]"),
]


@pytest.mark.parametrize(("f", "x", "broken", "rule", "text", "evidence"), BROKEN)
def test_what_was_broken_is_named_with_what_it_rests_on(f, x, broken, rule, text, evidence):
    result = verify.check(f, x, grad=broken).explained()
    found = cause(result)
    assert (found.code, code(Entry("f", result))) == (rule, rule)
    assert text in found.text
    assert evidence in found.evidence


def test_an_extent_that_the_factor_is_gets_named_wherever_it_stands():
    result = verify.check(
        lambda w, A: np.mean(A @ w), W, np.ones((5, 3)) * W, grad=lambda w, A: A.sum(axis=0), wrt=0
    ).explained()
    assert cause(result).evidence.endswith("and A.shape[0] is 5")


def test_a_right_gradient_has_no_cause_and_no_code():
    result = verify.check(loss, W, grad=right).explained()
    assert result.comparison is None
    assert cause(result) is None
    assert code(Entry("f", result)) == ""


def wrong(elements, shape=None):
    compared = Comparison("x", "the given arguments", shape or (len(elements),), tuple(elements))
    return Result(Verdict.REFUTED, Formula(Verdict.REFUTED), Numbers("wrong"), comparison=compared)


def test_one_element_alone_names_no_factor():
    assert cause(wrong([Element((0,), 1.0, 3.0)])) is None


def test_nan_is_named_before_anything_else():
    found = cause(wrong([Element((0,), 1.0, float("nan")), Element((1,), 2.0, -2.0)]))
    assert (found.code, found.evidence) == ("V302", "1 of 2 elements of x: nan")


def test_a_spread_of_elements_is_told_as_one():
    found = cause(wrong([Element((n,), 2.0 + n, 4.0 + 2 * n) for n in range(3)], (1000,)))
    assert found.evidence == "got / expected = 2 at 3 of 3 elements of x compared, of 1000 in all"


def test_noise_names_nothing():
    rng = np.random.default_rng(0)
    assert cause(wrong([Element((n,), *rng.normal(size=2)) for n in range(20)])) is None


def cube(x):
    return x**3


X3 = np.array([1.0, 2.0, 3.0])
TINY = np.array([1e-12, 2.0])


@pytest.mark.parametrize(
    ("f", "x", "candidate", "rule"),
    [
        (cube, X3, {"grad": lambda x: 3 * x[None] ** 2}, "V201"),
        (cube, X3, {"grad": lambda x: 3 * x**2 if x.flags.writeable else x}, "V202"),
        (lambda x: np.abs(x - 1.0), X3, {"grad": lambda x: np.sign(x - 1.0) + 2.0 * (x == 1.0)}, "V301"),
        (np.sqrt, X3, {"grad": lambda x: 0.5 / np.sqrt(x) * np.nan}, "V302"),
        (np.cosh, TINY, {"grad": lambda x: (np.exp(x) - np.exp(-x)) / 2}, "V401"),
        (lambda x: 1 / 0, X3, {"grad": np.cos}, "V505"),
        (lambda x: cube(x).sum(), X3, {"hess": lambda x: np.diag(3 * x)}, "V601"),
        (lambda x: cube(x).sum(), X3, {"hvp": lambda x, v: 3 * x * v}, "V602"),
        (cube, X3, {"vjp": lambda x, c: c * x**2}, "V603"),
        (cube, X3, {"jvp": lambda x, t: t * x**2}, "V604"),
    ],
)
def test_codes_of_real_checks(f, x, candidate, rule):
    result = verify.check(f, x, **candidate).explained()
    assert code(Entry("f", result)) == rule, str(result)


def test_a_gradient_that_raises_is_told_from_one_that_is_wrong():
    raised = Result(
        Verdict.REFUTED, Formula(Verdict.PROVED), Numbers("wrong"), reason="the gradient of f raised ValueError: no"
    )
    assert code(Entry("f", raised)) == "V203"


@pytest.mark.parametrize(
    ("outcome", "rule"),
    [("timeout", "V501"), ("memory", "V502"), ("crashed", "V503"), ("exited", "V503"), ("unreadable", "V503")],
)
def test_outcomes_have_codes(outcome, rule):
    undecided = Result(Verdict.UNDECIDED, Formula(Verdict.UNDECIDED), Numbers("unknown"))
    assert code(Entry("f", undecided, outcome)) == rule
    assert code(Entry("f", undecided, "not run")) == "V504"


def test_every_code_says_what_it_means_and_what_to_do():
    assert all(len(each.help) > 60 and each.title for each in CODES.values())
    assert {each.level for each in CODES.values()} <= {"error", "warning", "note"}
    assert {name[:2] for name in CODES} == {"V1", "V2", "V3", "V4", "V5", "V6", "V9"}
