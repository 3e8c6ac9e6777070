"""Ways to a false proof, each met in a trial: none may be PROVED for sizes or inputs where it is wrong."""

from array import array
from contextvars import ContextVar

import numpy as np
import pytest

from verify import Verdict, check

x = np.array([0.7, -1.3, 2.1, 0.4])


def mean_square(x):
    return (x**2).mean()


def square(x):
    return np.sum(x**2)


def count_baked_in(x):
    return 0.25 * 2 * x


def count_as_a_name(n=4):
    return lambda x: 2 * x / n


def test_a_count_baked_in_is_proved_for_no_other_size():
    for g in (count_baked_in, count_as_a_name()):
        result = check(mean_square, x, grad=g)
        assert not (result.verdict is Verdict.PROVED and result.formula.sizes.startswith("every")), str(result)
        assert not check(mean_square, x[:3], grad=g).ok


def parity(x):
    return 2 * x if x.shape[0] % 2 == 0 else 3 * x


def square_only(x):
    return 2 * x if x.shape[0] == x.shape[-1] else 3 * x


def reads_a_value(x):
    return 2 * x * (1.0 if float(x[0]) < 50 else 2.0)


def branches_on_a_value(x):
    return 2 * x if x[0] < 50 else 3 * x


def catches(x):
    try:
        float(x[0])
        return 3 * x
    except TypeError:
        return 2 * x


def catches_everything(x):
    try:
        np.frombuffer(x)
        return 3 * x
    except Exception:
        return 2 * x


def wrong_in_a_sliver(x):
    return np.where((x > 0) & (x < 1e-3), 3 * x, 2 * x)


def wrong_in_a_sliver_by_product(x):
    return 2 * x * (1 + (x > 0) * (x < 1e-3))


def knows_the_type(x):
    return 2 * x if type(x) is not np.ndarray else 2 * x * (1 + 1e-3 * (x[0] > 50))


def knows_the_class(x):
    return 2 * x if not isinstance(x, np.ndarray) else 2 * x * (1 + 1e-3 * (x[0] > 50))


def random_mask(x):
    return 2 * x * (np.random.rand(*x.shape) < 2)  # noqa: NPY002


calls, counter = array("d"), ContextVar("counter", default=0)


def counts_in_an_array(x):
    calls.append(1.0)
    return 2 * x if len(calls) < 10_000 else 3 * x


def counts_in_a_context(x):
    counter.set(counter.get() + 1)
    return 2 * x if counter.get() < 10_000 else 3 * x


def global_state(x):
    global _seen
    _seen = globals().get("_seen", 0) + 1
    return 2 * x if _seen < 10_000 else 3 * x


@pytest.mark.parametrize(
    "g",
    [
        reads_a_value,
        branches_on_a_value,
        catches,
        catches_everything,
        wrong_in_a_sliver,
        wrong_in_a_sliver_by_product,
        knows_the_type,
        knows_the_class,
        random_mask,
        global_state,
        counts_in_an_array,
        counts_in_a_context,
    ],
    ids=lambda g: g.__name__,
)
def test_not_proved_where_it_is_wrong(g):
    assert check(square, x, grad=g).formula.verdict is not Verdict.PROVED


def test_a_test_of_the_size_is_proved_for_no_other_size():
    result = check(square, x, grad=parity)
    assert result.verdict is not Verdict.PROVED
    result = check(lambda X: np.sum(X**2), np.outer(x, x), grad=square_only)
    assert not (result.verdict is Verdict.PROVED and result.formula.sizes.startswith("every"))


def test_two_axes_equal_by_value_are_not_one():
    a = np.outer(x, x)
    result = check(lambda X: np.sum(X), a, grad=lambda X: np.ones((X.shape[1], X.shape[0])))
    assert not (result.verdict is Verdict.PROVED and result.formula.sizes.startswith("every")), result.formula.sizes


# ---------------------------------------------------------------------------- domains and algebra


@pytest.mark.parametrize(
    "f, g, point",
    [
        (lambda x: np.sum(np.log(x**2)), lambda x: 2 / np.abs(x), np.array([0.5, 2.0])),
        (lambda x: np.sum(np.sqrt(x**2)), np.ones_like, np.array([0.5, 2.0])),
        (lambda x: np.sum(np.abs(x) * x), lambda x: 2 * x, np.array([0.5, 2.0])),
        (lambda x: np.sum(x**3), lambda x: 3 * x**2.0004, np.array([0.5, 2.0])),
        (lambda x: np.sum(np.sin(np.pi * x)), lambda x: 3.14159 * np.cos(np.pi * x), np.array([0.5, 2.0])),
        (lambda x: np.sum(np.maximum(x, np.abs(x))), lambda x: 1.0 * (x > 0), np.array([0.5, 2.0])),
        (lambda x: np.sum(x), lambda x: x / x + 0 * (x - 1) / (x - 1) * 0 + (x > 3), np.array([0.5, 2.0])),
    ],
    ids=["log-square", "root-square", "sign", "exponent", "pi", "relu-abs", "hidden-step"],
)
def test_right_at_the_given_point_and_wrong_elsewhere(f, g, point):
    result = check(f, point, grad=g)
    assert result.verdict is Verdict.REFUTED, str(result)


def test_symmetric_is_applied_after_differentiating():
    a, b = np.array([1.0, 2.0, -1.0]), np.array([0.5, -1.5, 3.0])
    W = np.outer(a, a) + np.eye(3)

    def f(W, a, b):
        return a @ W @ b + b @ W @ a

    domain = {"W": "symmetric"}
    right = check(f, W, a, b, grad=lambda W, a, b: np.outer(a, b) + np.outer(b, a), domain=domain)
    assert right.verdict is Verdict.PROVED, str(right)
    wrong = check(f, W, a, b, grad=lambda W, a, b: 2 * np.outer(a, b), domain=domain)
    assert wrong.verdict is Verdict.REFUTED, str(wrong)


def test_a_guard_that_vanishes_on_an_open_set_is_not_dropped():
    # relu(x) == 0 on half the line: the guard relu(x) > 0 may not be treated as almost everywhere decided
    result = check(
        lambda x: np.sum(x * np.where(np.maximum(x, 0) >= 0, 1.0, 0.0)),
        np.array([0.5, 2.0]),
        grad=lambda x: np.where(np.maximum(x, 0) > 0, 1.0, 0.0),
    )
    assert not result.ok, str(result)


def test_decimals_and_named_constants_are_an_assumption():
    result = check(lambda x: np.sum(0.1 * x**3), x, grad=lambda x: 0.3 * x**2)
    assert result.ok
    assert any("decimal" in assumption for assumption in result.formula.assumptions), result.formula


# ---------------------------------------------------------------------------- readings of literals


def cancels(x):
    return np.sum(x * (x * 0.1 * 1e17 - x * 1e16))


def test_a_reading_of_literals_that_changes_the_gradient_does_not_count():
    # read as decimals the terms cancel; as the doubles they are, 1.11 x is left
    assert not check(cancels, x, grad=lambda x: 0 * x).ok
    assert check(cancels, x, grad=lambda x: 2 * x * 0.5551115123125783).verdict is Verdict.PROVED


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e30, 1e60])
def test_an_exponent_that_is_rounded_accuses_nobody(scale):
    positive = {"x": "positive"}
    at = np.abs(x) * scale
    assert check(lambda x: np.sum(x**1.1), at, grad=lambda x: 1.1 * x**0.1, domain=positive).ok
    assert check(lambda x: np.sum(x ** (1 / 3)), at, grad=lambda x: x ** (-2 / 3) / 3, domain=positive).ok
    assert not check(lambda x: np.sum(x**1.1), at, grad=lambda x: 1.1 * x**0.1001, domain=positive).ok


def test_constants_that_python_folded_accuse_nobody():
    d = 0.7
    result = check(
        lambda r: np.sum(d * d * (np.sqrt(1 + (r / d) ** 2) - 1)), x, grad=lambda r: r / np.sqrt(1 + (r / d) ** 2)
    )
    assert result.verdict is Verdict.CERTIFIED, str(result)
    assert "digits" in result.formula.method


def test_an_argument_outside_its_declared_domain_is_misuse():
    for domain in ("positive", lambda x: x.min() > 0):
        with pytest.raises(ValueError, match="is not in it"):
            check(square, x, grad=lambda x: 2 * x, domain={"x": domain})
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        check(square, x, grad=lambda x: 2 * x, domain={"x": lambda x: 1 / 0})


def test_a_matrix_without_the_structure_declared_is_noted():
    result = check(np.trace, np.triu(np.ones((3, 3))), grad=lambda U: np.eye(3), domain={0: "spd"})
    assert result.ok, str(result)
    assert any("not spd" in note for note in result.notes)
