"""``check`` raises for its own misuse alone; whatever the functions do becomes a result with its reason."""

from itertools import count

import numpy as np
import pytest

import dualgrad as dg
from verify import Verdict, assert_gradient, check

x = np.array([0.7, -1.3, 2.1])


def square(x):
    return np.sum(x**2)


def twice(x):
    return 2 * x


# ---------------------------------------------------------------------------- misuse raises


@pytest.mark.parametrize(
    "call, error, words",
    [
        (lambda: check(3, x), TypeError, ["verify.check", "f", "int", "pass a function"]),
        (lambda: check(square), TypeError, ["verify.check", "arguments", "check(f, x, grad=g)"]),
        (lambda: check(square, x, grad=4), TypeError, ["verify.check", "grad=", "int", "pass a function"]),
        (lambda: check(square, x, grad=twice, hess=4), TypeError, ["verify.check", "hess=", "int", "hess(*args)"]),
        (lambda: check(square, x, grad=twice, wrt="y"), ValueError, ["verify.check", "wrt", "'y'", "x"]),
        (lambda: check(square, x, grad=twice, wrt=3), ValueError, ["verify.check", "wrt", "3", "name"]),
        (lambda: check(square, x, grad=twice, wrt=(0, 0)), ValueError, ["verify.check", "twice"]),
        (lambda: check(square, x, grad=twice, wrt=()), ValueError, ["verify.check", "wrt is empty"]),
        (lambda: check(square, x, grad=twice, wrt=1.5), TypeError, ["verify.check", "wrt", "1.5"]),
        (lambda: check(square, x, grad=twice, domain="positive"), TypeError, ["verify.check", "domain", "mapping"]),
        (lambda: check(square, x, grad=twice, domain={"x": "big"}), ValueError, ["verify.check", "'big'", "positive"]),
        (lambda: check(square, x, grad=twice, domain={"z": "real"}), ValueError, ["verify.check", "domain", "'z'"]),
        (lambda: check(square, x, twice), TypeError, ["verify.check", "twice", "grad=twice"]),
        (lambda: check(np.sin, 0.5, np.cos), TypeError, ["verify.check", "cos", "grad=cos"]),
        (lambda: check(square, x, gradient=twice), TypeError, ["verify.check", "gradient", "grad="]),
        (lambda: check(square, "text", grad=twice), TypeError, ["verify.check", "x", "float"]),
    ],
    ids=map(str, count()),
)
def test_misuse_says_what_was_got_and_what_to_do(call, error, words):
    with pytest.raises(error) as caught:
        call()
    for word in words:
        assert word in str(caught.value)


# ---------------------------------------------------------------------------- functions that misbehave


def raises(x):
    raise RuntimeError("boom")


@pytest.mark.parametrize(
    "f, g, words",
    [
        (raises, twice, "boom"),
        (square, raises, "boom"),
        (lambda x: "a string", twice, "a string"),
        (square, lambda x: "a string", "a string"),
        (lambda x: None, twice, "None"),
        (square, lambda x: None, "None"),
        (lambda x: np.sum(np.log(x)), lambda x: 1 / x, "not finite"),
        (square, lambda x: {"x": x}, "returned"),
        (lambda x: np.array([object()]), twice, "dtype"),
        (lambda x: np.sum(x * 1j), twice, "complex"),
    ],
    ids=map(str, count()),
)
def test_what_functions_do_becomes_undecided_with_the_reason(f, g, words):
    result = check(f, x, grad=g)
    assert result.verdict is Verdict.UNDECIDED
    assert words in result.reason
    assert not result.ok
    assert words in str(result)


def test_inputs_that_are_not_finite_are_undecided():
    result = check(square, np.array([1.0, np.nan]), grad=twice)
    assert result.verdict is Verdict.UNDECIDED and "NaN" in result.reason


@pytest.mark.parametrize(
    "wrong",
    [lambda x: np.sum(2 * x), lambda x: 2 * x[None], lambda x: 2 * x[:-1], lambda x: np.float64(2.0)],
    ids=map(str, count()),
)
def test_a_gradient_of_another_shape_is_refuted(wrong):
    result = check(square, x, grad=wrong)
    assert result.verdict is Verdict.REFUTED
    assert "shape" in result.reason


def test_a_function_that_never_ends_is_undecided():
    def forever(x):
        while True:
            x = x + 1

    result = check(forever, x, grad=twice, budget=0.5)
    assert result.verdict is Verdict.UNDECIDED and "time budget" in result.reason
    assert result.seconds < 5


# ---------------------------------------------------------------------------- what is with respect to what


def product(x, y):
    return np.sum(x * y)


def test_wrt_by_position_by_name_and_several():
    y = x + 1
    assert check(product, x, y, grad=lambda x, y: y).verdict is Verdict.PROVED
    assert check(product, x, y, grad=lambda x, y: x, wrt=1).verdict is Verdict.PROVED
    assert check(product, x, y, grad=lambda x, y: x, wrt="y").verdict is Verdict.PROVED
    assert check(product, x, y, grad=lambda x, y: (y, x)).verdict is Verdict.PROVED
    assert check(product, x, y, grad=lambda x, y: (x, y), wrt=("y", "x")).verdict is Verdict.PROVED
    assert check(product, x, y, grad=lambda x, y: (x,), wrt="y").verdict is Verdict.PROVED
    assert check(product, x, y, grad=lambda x, y: (x, y)).verdict is Verdict.REFUTED


def test_outputs_that_are_arrays_and_tuples_are_summed():
    assert check(lambda x: (x**2, {"a": [3 * x]}), x, grad=lambda x: 2 * x + 3).verdict is Verdict.PROVED


def test_jacobians():
    assert check(lambda x: x**2, x, jac=lambda x: np.diag(2 * x)).verdict is Verdict.PROVED
    assert check(lambda x: x**2, x, jac=lambda x: np.diag(x)).verdict is Verdict.REFUTED


def test_numbers_as_arguments():
    assert check(lambda t: t**3, 0.5, grad=lambda t: 3 * t**2).verdict is Verdict.PROVED
    assert check(lambda t: t**3, 0.5, grad=lambda t: 3 * t).verdict is Verdict.REFUTED


def test_tensors_as_arguments():
    result = check(lambda x: (3 * (x + 2) ** 2).mean(), dg.ones(2, 2), grad=lambda x: 6 / x.size * (x + 2))
    assert result.verdict is Verdict.PROVED


def test_integers_are_promoted_and_run_as_they_are():
    result = check(lambda x: np.sum(x * x), np.array([250, 3, 100], dtype=np.uint8), grad=lambda x: 2 * x)
    assert any("integers" in note for note in result.notes)
    assert result.verdict is Verdict.REFUTED, "2 * 250 wraps in uint8"
    result = check(lambda x: np.sum(x * x), np.array([3, 4]), grad=lambda x: 2 * x)
    assert result.verdict is Verdict.PROVED


# ---------------------------------------------------------------------------- one element, one part in 10^9


def test_a_factor_of_one_part_in_a_billion_in_one_element_is_refuted():
    def wrong(x):
        g = 2 * x
        g[1] *= 1 + 1e-9
        return g

    result = check(square, x, grad=wrong)
    assert result.verdict is Verdict.REFUTED
    assert result.counterexample.index == "x[1]"


def test_assert_gradient_raises_with_the_paragraph():
    with pytest.raises(AssertionError, match="REFUTED"):
        assert_gradient(square, x, grad=lambda x: x)
    assert assert_gradient(square, x, grad=twice).ok


def test_scipys_rosenbrock_as_it_stands():
    from scipy.optimize import rosen, rosen_der

    result = check(rosen, np.linspace(-1.2, 1.3, 6), grad=rosen_der)
    assert result.ok
    assert result.verdict in (Verdict.PROVED, Verdict.CERTIFIED)


# ---------------------------------------------------------------------------- hygiene


def sorts_its_input(x):
    x.sort()
    return 2 * x


def counts_calls():
    calls = []

    def g(x):
        calls.append(1)
        return 2 * x * (1 + 1e-3 * (len(calls) > 1))

    return g


def reads_the_layout(x):
    return 2 * x if x.flags["C_CONTIGUOUS"] else 3 * x


def test_a_gradient_that_modifies_its_input_is_told():
    def g(x):
        out = 2 * x
        x[0] = 0.0
        return out

    result = check(square, x, grad=g)
    assert any("modifies" in finding for finding in result.hygiene)


@pytest.mark.parametrize("g", [sorts_its_input, counts_calls(), reads_the_layout], ids=["sorts", "counts", "layout"])
def test_what_changes_the_value_is_refuted(g):
    assert check(square, x, grad=g).verdict is Verdict.REFUTED
    assert not np.array_equal(x, np.sort(x)), "the caller's array is never written to"


# ---------------------------------------------------------------------------- kinks


def test_the_input_on_a_kink_is_nondifferentiable_whatever_is_returned():
    on = np.array([0.0, 1.0])
    inside = check(lambda x: np.sum(np.abs(x)), on, grad=np.sign)
    assert inside.verdict is Verdict.NONDIFFERENTIABLE and inside.ok
    outside = check(lambda x: np.sum(np.abs(x)), on, grad=lambda x: np.where(x == 0, 2.0, np.sign(x)))
    assert outside.verdict is Verdict.NONDIFFERENTIABLE and not outside.ok


def test_kinks_elsewhere_are_listed_and_lower_nothing():
    result = check(lambda x: np.sum(np.maximum(x, 0)), x, grad=lambda x: 1.0 * (x > 0))
    assert result.verdict is Verdict.PROVED, str(result)
    assert result.kinks


def test_json_and_html_hold_everything():
    result = check(square, x, grad=twice)
    record = result.to_json()
    assert record["verdict"] == "PROVED" and record["ok"] is True and record["program"]
    assert "PROVED" in result._repr_html_()


def fills(x):
    out = np.zeros(len(x))
    for i in range(3):
        out[i] = x[i] ** 2
    return out.sum()


def stacks(x):
    y = np.array([x[0] * x[1], np.sin(x[2])])
    return (y * y).sum()


def shifts(x):
    out = np.zeros(x.shape)
    out[1:] = x[:-1]
    out[0] += x[-1] * 3
    return (out * np.ones(len(x)) * x).sum()


@pytest.mark.parametrize("f", [fills, stacks, shifts], ids=lambda f: f.__name__)
def test_the_engine_runs_code_that_fills_numpy_arrays_on_a_copy_and_says_so(f):
    result = check(f, np.array([0.3, 0.4, 1.2]))
    assert result.verdict in (Verdict.PROVED, Verdict.CERTIFIED), str(result)
    assert any("a copy" in note for note in result.notes)


def test_large_arguments_are_proved_or_refuted_at_smaller_sizes():
    large = np.linspace(-1, 1, 50_000)
    right = check(square, large, grad=twice)
    assert right.verdict is Verdict.PROVED and right.numbers.status == "ok" and right.numbers.elements == 50_000
    assert check(square, large, grad=lambda x: 2.001 * x).verdict is Verdict.REFUTED


@pytest.mark.parametrize("budget, error", [(-1, ValueError), (0, ValueError), (np.inf, ValueError), ("a", TypeError)])
def test_a_budget_is_a_number_of_seconds(budget, error):
    with pytest.raises(error, match="budget"):
        check(square, x, grad=twice, budget=budget)


def test_labels_that_are_integers_stay_integers():
    def picked(Z, labels):
        return np.sum(Z[np.arange(3), labels])

    def gradient(Z, labels):
        out = np.zeros_like(Z)
        out[np.arange(3), labels] = 1.0
        return out

    result = check(picked, np.outer(x, x), np.array([0, 2, 1]), grad=gradient, wrt="Z")
    assert result.ok, str(result)


def test_a_counterexample_elsewhere_outranks_a_kink():
    result = check(lambda x: np.sum(np.maximum(x, 0)), np.zeros(3), grad=lambda x: 7.0 * (x > 0))
    assert result.verdict is Verdict.REFUTED and not result.ok


def seed(x):
    return (3 * (x + 2) ** 2).mean()


def test_a_constant_that_is_right_for_one_size_is_refuted_where_every_size_is_claimed():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    here = check(seed, x, grad=lambda x: 1.5 * (x + 2))
    assert here.verdict is Verdict.PROVED
    assert here.formula.sizes.startswith("the sizes run")
    claimed = check(seed, x, grad=lambda x: 1.5 * (x + 2), sizes="every")
    assert claimed.verdict is Verdict.REFUTED
    assert "n = " in claimed.reason
    assert "np.array" in claimed.counterexample.script
    right = check(seed, x, grad=lambda x: 6 / x.size * (x + 2), sizes="every")
    assert right.verdict is Verdict.PROVED
    with pytest.raises(ValueError, match="every"):
        check(seed, x, sizes="all")


def test_a_proof_for_the_sizes_run_is_not_one_for_every_size():
    weights = np.array([1.0, 2.0, 4.0])
    result = check(lambda x: np.sum(x * weights), np.ones(3), grad=lambda x: weights, sizes="every")
    assert result.verdict is Verdict.UNDECIDED
    assert result.formula.verdict is Verdict.PROVED


def test_where_f_takes_other_steps_at_other_sizes_the_claim_is_for_those_given():
    x = np.array([0.3, -1.2, 2.0])
    odd = check(lambda x: np.median(x), x, grad=lambda x: (x == np.median(x)) * 1.0)
    assert odd.ok, str(odd)
    assert check(lambda x: np.median(x), x, grad=lambda x: (x == np.max(x)) * 1.0).verdict is Verdict.REFUTED
    assert (
        check(lambda x: np.median(x), x, grad=lambda x: (x == np.median(x)) * (1 + len(x) // 7)).verdict
        is Verdict.REFUTED
    )


def test_the_engines_own_gradient_is_claimed_from_size_one_on():
    assert check(seed, np.ones(3)).formula.sizes == "every n >= 1 (x: n)"
    assert check(seed, np.ones((2, 2))).formula.sizes == "every n, m >= 1 (x: n×m)"
