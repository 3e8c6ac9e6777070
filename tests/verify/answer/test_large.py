"""Arguments too large for balls: every element is compared, the wrong one named, the gradient called a few times."""

import numpy as np
import pytest

import dualgrad as dg
from verify import Verdict, check
from verify.answer import reference
from verify.answer.reference import Reference
from verify.ball.excerpt import elements, work
from verify.ball.read import evaluate
from verify.points.look import Point, sizes_at
from verify.question.problem import Argument, Problem
from verify.question.recording import record, with_inputs

N = 60_000
rng = np.random.default_rng(5)
x = rng.normal(size=N)


def soft(x):
    return np.sum(np.log1p(np.exp(x)) * x)


def gradient(x):
    return np.log1p(np.exp(x)) + x / (1 + np.exp(-x))


def wrong_in(place, error):
    scale = np.ones(N)
    scale[place] += error
    return lambda x: gradient(x) * scale


def test_every_element_of_a_large_gradient_is_compared_and_the_power_is_stated():
    result = check(soft, x, grad=gradient)
    assert result.verdict is Verdict.PROVED and result.numbers.status == "ok"
    assert result.numbers.elements == N and "that of the program in question" in result.numbers.reason
    assert "is seen with p > 0.999" in result.numbers.reason


@pytest.mark.parametrize("place", [0, 31_111, N - 1])
def test_one_wrong_element_of_many_is_refuted_and_named(place):
    result = check(soft, x, grad=wrong_in(place, 1e-6))
    assert result.verdict is Verdict.REFUTED
    assert result.numbers.index == f"x[{place}]" == result.counterexample.index
    assert abs(float(result.numbers.got) / float(result.numbers.expected) - 1 - 1e-6) < 1e-12


def test_a_smaller_error_is_refuted_by_what_the_program_says_of_the_element():
    result = check(soft, x, grad=wrong_in(7, 1e-9))
    assert result.verdict is Verdict.REFUTED and result.counterexample.index == "x[7]"
    assert result.numbers.status == "lost" and "proved for this program" in result.numbers.reason
    assert abs(float(result.counterexample.got) / float(result.counterexample.expected) - 1 - 1e-9) < 1e-14


def test_half_of_the_digits_lost_in_one_element_is_said_and_not_passed():
    def beyond_recording(x):
        found = gradient(x)
        if len(x) == N:
            found[7] = float(str(found[7])) * (1 + 1e-9)
        return found

    result = check(soft, x, grad=beyond_recording)
    assert not result.ok and result.verdict is Verdict.UNDECIDED and "x[7] is off" in result.reason


def test_positions_too_many_for_a_certificate_cost_no_second_attempt(monkeypatch):
    """What a checker cannot be told is not proved in other ways, nor written down."""
    tried = []
    prove = reference.prove
    monkeypatch.setattr(reference, "prove", lambda *args: tried.append(args[4]) or prove(*args))
    monkeypatch.setattr(reference, "certified", lambda *_: pytest.fail("a certificate was written"))
    labels = rng.integers(0, 300, 100)
    result = check(lambda z: dg.cross_entropy(z, labels), rng.normal(size=(100, 300)))
    assert result.ok and result.numbers.status == "ok", str(result)
    assert tried == ["lemmas"] and "equal to the derivative" in result.numbers.reason


def test_a_nan_in_one_element_is_wrong():
    def gradient_with_a_nan(x):
        return np.where(np.arange(N) == 9, np.nan, gradient(x))

    result = check(soft, x, grad=gradient_with_a_nan)
    assert result.verdict is Verdict.REFUTED and result.numbers.index == "x[9]"


def test_rounding_of_long_sums_and_single_precision_accuse_nobody():
    a, b = rng.normal(size=(150, 160)), rng.normal(size=(160, 150))
    c = rng.normal(size=(150, 150))
    slow = check(lambda a, b: np.sum((a @ b) * c), a, b, grad=lambda a, b: (np.einsum("ij,kj->ik", c, b), a.T @ c))
    assert slow.ok and slow.numbers.status == "ok", str(slow)
    single = check(soft, x.astype(np.float32), grad=gradient)
    assert single.ok and single.numbers.status == "ok", str(single)


def test_elements_that_cancel_are_judged_by_what_cancels():
    shifted = np.full(N, 1e3) + rng.normal(size=N) * 1e-6

    def spread(x):
        return np.sum((x - x.mean()) ** 2)

    assert check(spread, shifted, grad=lambda x: 2 * x - 2 * x.mean()).ok


def test_the_gradient_is_called_three_times_at_full_size_at_most():
    calls = []

    def counted(x):
        calls.append(np.shape(x))
        return gradient(x)

    check(soft, x, grad=counted)
    assert 1 <= calls.count((N,)) <= 3

    def of_this_size(x):
        calls.append(np.shape(x))
        return gradient(x) * np.ones(N)

    calls.clear()
    assert check(soft, x, grad=of_this_size).verdict is Verdict.AGREES
    assert calls.count((N,)) <= 3


def test_a_large_gradient_that_depends_on_the_layout_or_changes_is_refuted():
    first = []

    def unstable(x):
        first.append(0)
        return gradient(x) * np.ones(N) * (1.0 if len(first) == 1 else 1.0 + 1e-9)

    assert check(soft, x, grad=unstable).verdict is Verdict.REFUTED


def test_single_elements_in_balls_are_those_of_the_whole():
    def f(a, b):
        return np.sum(np.cumsum(np.tanh(a @ b), axis=0) ** 2)

    def g(a, b):
        return 2 * np.cumsum(np.tanh(a @ b), axis=0)

    a, b = rng.normal(size=(4, 3)), rng.normal(size=(3, 5))
    named = tuple(Argument(name, array, array) for name, array in (("a", a), ("b", b)))
    problem = Problem(f, lambda a, b: (g(a, b), b[::-1] * 2), "grad", named, (0, 1), {}, "f")
    recording = record(problem, problem.arrays, {0: a.shape, 1: b.shape})
    point = Point("", problem.arrays)
    inputs, sizes = with_inputs(recording, problem.arrays), sizes_at(recording, point)
    whole = evaluate(recording.gradient, inputs, sizes).outputs
    parts = elements(recording.gradient, inputs, sizes, {0: [7, 2, 7], 1: [14]}, 128, 10_000)
    for place, flats in ((0, [7, 2, 7]), (1, [14])):
        for flat, ball in zip(flats, parts[place], strict=True):
            assert ball.overlaps(whole[place].flat[flat]) and ball.rel_accuracy_bits() > 90
    assert elements(recording.gradient, inputs, sizes, {0: [19]}, 128, 20) is None
    assert 60 < work(recording.gradient, sizes) < 2000


def test_what_is_far_off_and_cannot_be_enclosed_is_not_passed(monkeypatch):
    monkeypatch.setattr(Reference, "balls", lambda self, wanted: None)
    result = check(soft, x, grad=wrong_in(5, 1e-6))
    assert not result.ok and result.numbers.status == "unknown" and "x[5]" in result.numbers.reason
    assert check(soft, x, grad=lambda x: gradient(x) * np.ones(N)).ok


@pytest.mark.parametrize("together", [True, False])
def test_elements_of_all_arguments_are_read_at_once_or_else_by_argument(monkeypatch, together):
    asked, balls = [], Reference.balls

    def read(self, wanted):
        asked.append(tuple(wanted))
        return None if len(wanted) > 1 and not together else balls(self, wanted)

    monkeypatch.setattr(Reference, "balls", read)
    y, wrong = rng.normal(size=N), np.ones(N)
    wrong[7] += 1e-6
    result = check(
        lambda x, y: np.sum(np.log1p(np.exp(x)) * y),
        *(x, y),
        grad=lambda x, y: (y / (1 + np.exp(-x)), np.log1p(np.exp(x)) * wrong),
    )
    assert result.verdict is Verdict.REFUTED and result.numbers.index == "y[7]", str(result)
    assert asked[0] == (0, 1) and set(asked[1:]) <= (set() if together else {(0,), (1,)}) | {(0, 1)}
    assert together or asked[1:3] == [(0,), (1,)]
