"""Programs with gradients that are right for every size, and with plausible mistakes; and ways to a false proof."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from verify.form.facts import Facts
from verify.form.proof import Failure, Proof
from verify.form.prove import prove_gradient
from verify.form.setting import Budget
from verify.question.problem import Argument, Problem
from verify.question.recording import record_symbolic

SIZES = {"n": 3, "m": 5, "k": 2, "h": 4}


def decide(f, g, shapes, wrt=0, kind="grad", domains=None, literals="exact"):
    """The form's answer for f and g (None: the engine's own), recorded with symbolic sizes."""
    arguments = []
    for name, shape in shapes.items():
        array = np.ones([SIZES.get(axis) or int(axis) for axis in shape.split()])
        arguments.append(Argument(name, array, array))
    problem = Problem(f, g, kind, tuple(arguments), (wrt,), {}, "f", own=g is None)
    recording = record_symbolic(problem, problem.arrays)
    assert recording.forward is not None, recording.refused
    assert recording.gradient is not None, recording.gradient_refused
    extents = recording.trace.extents
    names = {variable.name: variable for variable in recording.inputs.values()}
    facts = Facts(
        {names[name]: word for name, word in (domains or {}).items()},
        extents.resolve,
        tuple(extent - least for extent, least in extents.conditions),
    )
    return prove_gradient(
        recording.forward, [recording.inputs[wrt]], recording.gradient,
        facts=facts, literals=literals, kind=kind, budget=Budget(seconds=10),
        engine=(recording.gradient,) if g is None else (),
    )  # fmt: skip


def softmax(z):
    return np.exp(z) / np.sum(np.exp(z))


def logsumexp(x):
    return np.log(np.sum(np.exp(x)))


def cross_entropy(z, y):
    return -np.sum(y * np.log(softmax(z)))


def network(W, U, x):
    return np.sum(np.tanh(U @ np.tanh(W @ x)))


def network_slope(W, U, x):
    a = np.tanh(W @ x)
    c = np.tanh(U @ a)
    return np.outer((U.T @ (1 - c * c)) * (1 - a * a), x)


def normalised(x):
    centred = x - x.mean()
    return centred / np.sqrt((centred**2).mean() + 1e-5)


def layer_norm(x, w):
    return np.sum(w * normalised(x))


def layer_norm_slope(x, w):
    h = normalised(x)
    return (w - w.mean() - h * (w * h).mean()) / np.sqrt(((x - x.mean()) ** 2).mean() + 1e-5)


# name: (f, right gradient, wrong gradients, shapes, argument)
CASES = {
    "the notebook": (
        lambda x: (3 * (x + 2) ** 2).mean(),
        lambda x: 6 / x.size * (x + 2),
        [
            lambda x: 3 / 2 * (x + 2),
            lambda x: 6 / x.size * x,
            lambda x: 6 / (x.size + 1) * (x + 2),
            lambda x: -6 / x.size * (x + 2),
        ],
        {"x": "n m"},
        0,
    ),
    "quadratic form": (
        lambda x, A: x @ A @ x,
        lambda x, A: (A + A.T) @ x,
        [lambda x, A: 2 * A @ x, lambda x, A: A @ x, lambda x, A: (A - A.T) @ x],
        {"x": "n", "A": "n n"},
        0,
    ),
    "least squares": (
        lambda x, A, b: np.sum((A @ x - b) ** 2),
        lambda x, A, b: 2 * A.T @ (A @ x - b),
        [lambda x, A, b: A.T @ (A @ x - b), lambda x, A, b: 2 * A.T @ (A @ x + b), lambda x, A, b: 2 * A.T @ (A @ x)],
        {"x": "n", "A": "m n", "b": "m"},
        0,
    ),
    "logsumexp": (
        logsumexp,
        softmax,
        [lambda x: np.exp(x), lambda x: softmax(x) / x.size, lambda x: 2 * softmax(x)],
        {"x": "n"},
        0,
    ),
    "logsumexp, shifted": (
        lambda x: np.log(np.sum(np.exp(x - np.max(x)))) + np.max(x),
        softmax,
        [lambda x: np.exp(x - np.max(x)), lambda x: np.exp(x), lambda x: softmax(2 * x)],
        {"x": "n"},
        0,
    ),
    "softmax cross-entropy": (
        cross_entropy,
        lambda z, y: softmax(z) * np.sum(y) - y,
        [
            lambda z, y: softmax(z) - y,
            lambda z, y: y - softmax(z) * np.sum(y),
            lambda z, y: softmax(z) * np.mean(y) - y,
        ],
        {"z": "n", "y": "n"},
        0,
    ),
    "two-layer network": (
        network,
        network_slope,
        [
            lambda W, U, x: network_slope(W, U, x) * 2,
            lambda W, U, x: np.outer((U.T @ (1 - np.tanh(U @ np.tanh(W @ x)))) * (1 - np.tanh(W @ x) ** 2), x),
            lambda W, U, x: np.outer((U.T @ (1 - np.tanh(U @ np.tanh(W @ x)) ** 2)) * (1 - np.tanh(W @ x)), x),
        ],
        {"W": "h n", "U": "k h", "x": "n"},
        0,
    ),
    "mean": (
        np.mean,
        lambda x: np.ones_like(x) / x.size,
        [lambda x: np.ones_like(x), lambda x: x / x.size, lambda x: 0 * x],
        {"x": "n"},
        0,
    ),
    "variance": (
        lambda x: np.mean((x - np.mean(x)) ** 2),
        lambda x: 2 * (x - np.mean(x)) / x.size,
        [lambda x: 2 * (x - np.mean(x)) / (x.size - 1), lambda x: 2 * x / x.size, lambda x: (x - np.mean(x)) / x.size],
        {"x": "n"},
        0,
    ),
    "layer norm": (
        layer_norm,
        layer_norm_slope,
        [
            lambda x, w: layer_norm_slope(x, w) * x.size,
            lambda x, w: (
                (w - normalised(x) * (w * normalised(x)).mean()) / np.sqrt(((x - x.mean()) ** 2).mean() + 1e-5)
            ),
            lambda x, w: (
                (w - w.mean() - normalised(x) * (w * normalised(x)).mean()) / np.sqrt(((x - x.mean()) ** 2).mean())
            ),
        ],
        {"x": "n", "w": "n"},
        0,
    ),
    "trace": (
        lambda A, X: np.trace(A @ X),
        lambda A, X: A.T,
        [lambda A, X: A.T * 2, lambda A, X: A.T + X, lambda A, X: 0 * X],
        {"A": "n m", "X": "m n"},
        1,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_right_gradient_is_proved_for_every_size(name):
    f, right, _, shapes, wrt = CASES[name]
    proof = decide(f, right, shapes, wrt)
    assert isinstance(proof, Proof), proof
    assert not proof.equality_tests


@pytest.mark.parametrize("name", CASES)
def test_the_engine_is_proved(name):
    f, _, _, shapes, wrt = CASES[name]
    assert isinstance(decide(f, None, shapes, wrt), Proof)


@pytest.mark.parametrize(("name", "which"), [(name, k) for name, case in CASES.items() for k in range(len(case[2]))])
def test_a_wrong_gradient_is_not_proved(name, which):
    f, _, wrong, shapes, wrt = CASES[name]
    assert isinstance(decide(f, wrong[which], shapes, wrt), Failure)


def test_a_deep_network_costs_its_length():
    def deep(W, x):
        for _ in range(12):
            x = np.tanh(W @ x)
        return np.sum(x)

    proof = decide(deep, None, {"W": "n n", "x": "n"})
    assert isinstance(proof, Proof)
    assert proof.statistics["seconds"] < 5


# ---------------------------------------------------------------------------- ways to a false proof

VECTOR = {"x": "n"}
PAIR = {"a": "n", "b": "n"}


def test_log_of_a_square_is_not_twice_the_log():
    def f(x):
        return np.sum(x * np.log(x**2))

    def g(x):
        return 2 * np.log(x) + 2

    assert decide(f, g, VECTOR).only_gradient == ("x[i] > 0",)  # equal where both have values: a caller refuses that
    proof = decide(f, g, VECTOR, domains={"x": "positive"})
    assert isinstance(proof, Proof)
    assert not proof.only_gradient
    right = decide(f, lambda x: np.log(x**2) + 2, VECTOR)
    assert isinstance(right, Proof)
    assert right.forward == ("x[i]^2 > 0",)


def test_domains_of_both_sides_are_reported():
    proof = decide(lambda x: np.sum(x**2), lambda x: 2 * x**2 / x, VECTOR)
    assert isinstance(proof, Proof)
    assert (proof.forward, proof.gradient) == ((), ("x[i] != 0",))


def test_symmetry_is_used_after_differentiation_only():
    shapes = {"W": "n n", "a": "n", "b": "n"}

    def f(W, a, b):
        return a @ W @ b + b @ W.T @ a * 0 + b @ W @ a

    assert isinstance(decide(f, lambda W, a, b: 2 * np.outer(a, b), shapes, domains={"W": "symmetric"}), Failure)
    right = decide(f, lambda W, a, b: np.outer(a, b) + np.outer(b, a), shapes, domains={"W": "symmetric"})
    assert isinstance(right, Proof)
    form = decide(lambda x, A: x @ A @ x, lambda x, A: 2 * A @ x, {"x": "n", "A": "n n"}, domains={"A": "symmetric"})
    assert isinstance(form, Proof)
    assert form.domains == ("A: symmetric",)


def test_a_root_of_a_product_splits_for_known_signs_only():
    def f(a, b):
        return np.sum(np.sqrt(a * b))

    def g(a, b):
        return np.sqrt(b) / np.sqrt(a) / 2

    assert {"a[i] >= 0", "b[i] >= 0"} <= {*decide(f, g, PAIR).only_gradient}
    assert not decide(f, g, PAIR, domains={"a": "positive", "b": "nonnegative"}).only_gradient
    assert isinstance(decide(f, lambda a, b: b / (2 * np.sqrt(a * b)), PAIR), Proof)


def test_labels_of_nested_sums_are_not_captured():
    def f(x, A):
        return np.sum(x) * np.sum(A @ x) + np.exp(np.sum(x * np.sum(x)))

    def g(x, A):
        s = np.sum(x)
        return np.sum(A @ x) + s * np.sum(A, axis=0) + np.exp(s * s) * 2 * s

    shapes = {"x": "n", "A": "n n"}
    assert isinstance(decide(f, g, shapes), Proof)
    assert isinstance(
        decide(f, lambda x, A: np.sum(A @ x) + s_times(x, A) + np.exp(np.sum(x * x)) * 2 * np.sum(x), shapes), Failure
    )


def s_times(x, A):
    return np.sum(x) * np.sum(A, axis=0)


def test_constants_are_read_as_they_are():
    def f(x):
        return np.sum(np.pi * x**2) / 2

    for literals in ("exact", "decimal", "named"):
        assert isinstance(decide(f, lambda x: np.pi * x, VECTOR, literals=literals), Proof)
        assert isinstance(decide(f, lambda x: 3.14159 * x, VECTOR, literals=literals), Failure)
        assert isinstance(decide(f, lambda x: 3.1415926535897 * x, VECTOR, literals=literals), Failure)
        assert isinstance(decide(lambda x: np.sum(x**2.0004), lambda x: 2.0004 * x, VECTOR, literals=literals), Failure)
    assert isinstance(decide(lambda x: np.sum(0.1 * x**3), lambda x: 0.3 * x**2, VECTOR), Failure)
    assert isinstance(decide(lambda x: np.sum(0.1 * x**3), lambda x: 0.3 * x**2, VECTOR, literals="decimal"), Proof)
    assert isinstance(
        decide(lambda x: np.sum(x * np.sqrt(2.0)) ** 2, lambda x: 4 * np.sum(x) + 0 * x, VECTOR, literals="named"),
        Proof,
    )


def test_a_hidden_zero_is_not_divided_by():
    def g(x):
        c = (x + 1) ** 2 - x**2 - 2 * x - 1
        return 2 * x * (c / c)

    failure = decide(lambda x: np.sum(x**2), g, VECTOR)
    assert isinstance(failure, Failure)
    assert "no value" in failure.reason


def test_a_guard_that_vanishes_on_an_open_set_keeps_its_side():
    def f(x):
        return np.sum(np.maximum(np.maximum(x, 0), 0))

    assert isinstance(decide(f, lambda x: (np.maximum(x, 0) >= 0) * 1.0, VECTOR), Failure)
    assert isinstance(decide(f, lambda x: (np.maximum(x, 0) > 0) * 1.0, VECTOR), Proof)
    ties = decide(lambda x: np.sum(np.maximum(x, np.abs(x))), None, VECTOR)
    assert isinstance(ties, Proof)


def test_an_equality_test_is_not_dropped():
    assert isinstance(decide(lambda x: np.sum(x**2), spike, VECTOR), Failure)
    smooth = decide(
        lambda x: np.sum(np.maximum(x, 0) - np.maximum(-x, 0)), lambda x: (x > 0) * 1.0 + (x < 0) * 1.0, VECTOR
    )
    assert isinstance(smooth, Failure)
    softplus = decide(
        lambda x: np.sum(np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)),
        lambda x: np.where(np.equal(x, 0), 0.0, 1 / (1 + np.exp(-x))),
        VECTOR,
    )
    assert isinstance(softplus, Failure)


def spike(x):
    return np.where(np.equal(x, 0), 5.0, 2 * x)


def test_equality_tests_of_the_forward_are_named():
    proof = decide(
        lambda x: np.sum(np.where(np.equal(x, 2), 7.0, x**2)), lambda x: np.where(np.equal(x, 2), 0.0, 2 * x), VECTOR
    )
    assert isinstance(proof, Failure) or proof.equality_tests


def test_conventions_at_kinks():
    for g in (np.sign, lambda x: np.where(x > 0, 1.0, -1.0), lambda x: np.where(x >= 0, 1.0, -1.0)):
        proof = decide(lambda x: np.sum(np.abs(x)), g, VECTOR)
        assert isinstance(proof, Proof)
        assert proof.kinks == ("[x[i] > 0]",)
    assert isinstance(decide(lambda x: np.sum(np.abs(x)), lambda x: np.sign(x) + 3 * np.equal(x, 0), VECTOR), Failure)


def test_a_kink_at_which_two_entries_meet_needs_two_entries():
    proof = decide(
        lambda x: np.sum(np.abs(x - np.mean(x))),
        lambda x: np.sign(x - np.mean(x)) - np.mean(np.sign(x - np.mean(x))),
        VECTOR,
    )
    assert isinstance(proof, Proof)
    assert proof.sizes == (("n", 2),)


def test_another_shape_is_no_gradient():
    failure = decide(lambda x: np.sum(x), lambda x: np.ones_like(np.sum(x)), VECTOR)
    assert isinstance(failure, Failure)
    assert "shape" in failure.reason


def test_a_jacobian():
    shapes = {"A": "m n", "x": "n"}
    assert isinstance(
        decide(lambda A, x: np.tanh(A @ x), lambda A, x: (1 - np.tanh(A @ x) ** 2)[:, None] * A, shapes, 1, "jac"),
        Proof,
    )
    assert isinstance(decide(lambda A, x: A @ x, lambda A, x: A.T, {"A": "n n", "x": "n"}, 1, "jac"), Failure)


def test_relations_of_inputs():
    def f(w, p):
        return np.sum((w * p) ** 2)

    assert isinstance(decide(f, lambda w, p: 2 * w * p, {"w": "n", "p": "n"}, domains={"p": "binary"}), Proof)
    assert isinstance(decide(f, lambda w, p: 2 * w, {"w": "n", "p": "n"}, domains={"p": "sign"}), Proof)
    assert isinstance(decide(f, lambda w, p: 2 * w, {"w": "n", "p": "n"}, domains={"p": "binary"}), Failure)
    entropy = decide(cross_entropy, lambda z, y: softmax(z) - y, {"z": "n", "y": "n"}, domains={"y": "simplex"})
    assert isinstance(entropy, Proof)
    assert isinstance(decide(f, lambda w, p: 2 * w**2 * p, {"w": "n", "p": "n"}, 1, domains={"p": "binary"}), Proof)
    assert isinstance(decide(f, lambda w, p: w**2 + 0 * p, {"w": "n", "p": "n"}, 1, domains={"p": "binary"}), Failure)


def test_a_polynomial_difference_refutes():
    failure = decide(lambda x, A: x @ A @ x, lambda x, A: 2 * A @ x, {"x": "n", "A": "n n"})
    assert isinstance(failure, Failure)
    assert failure.polynomial
    assert failure.refuting == {"n": 2}


def test_a_guard_on_a_sum_is_reduced_by_what_it_says():
    def f(x):
        s = np.sum(x)
        return np.where(s > 0, s, np.where(s < 0, s, 0.0))

    assert isinstance(decide(f, lambda x: np.ones_like(x), VECTOR), Proof)
    assert isinstance(
        decide(f, lambda x: ((np.sum(x) > 0) * 1.0 + (np.sum(x) < 0) * 1.0) * np.ones_like(x), VECTOR), Failure
    )


def test_casts_that_round_are_refused():
    assert isinstance(
        decide(lambda x: np.sum(np.log(x)), lambda x: (1 / x).astype(np.float32).astype(float), VECTOR), Failure
    )


def test_what_only_the_gradient_requires_is_told():
    def f(x):
        return np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0))

    proof = decide(f, lambda x: (x > 0) * 0.5 / np.sqrt(x), VECTOR)
    assert not isinstance(proof, Proof) or proof.only_gradient
    proof = decide(lambda x: np.sum(np.sqrt(x)), lambda x: 0.5 / np.sqrt(x), VECTOR)
    assert isinstance(proof, Proof)
    assert proof.only_gradient == ()
    proof = decide(lambda x: np.sum(x**3), lambda x: 3 * x**3 / x, VECTOR)
    assert isinstance(proof, Proof)
    assert proof.only_gradient == ("x[i] != 0",)


def test_a_requirement_is_not_dropped_for_what_follows_from_it():
    proof = decide(lambda x: np.sum(np.exp(np.log(x))), lambda x: np.ones_like(x), VECTOR)
    assert isinstance(proof, Proof)
    assert proof.forward == ("x[i] > 0",)
    spread = decide(lambda x: np.log(np.mean((x - np.mean(x)) ** 2) + 1), None, VECTOR)
    assert isinstance(spread, Proof)
    assert (spread.forward, spread.gradient, spread.derivative) == ((), (), ())


def test_a_product_is_differentiated_without_dividing():
    proof = decide(np.prod, None, VECTOR)
    assert isinstance(proof, Proof)
    assert (proof.derivative, proof.gradient) == ((), ())
    quotient = decide(np.prod, lambda x: np.prod(x) / x, VECTOR)
    assert isinstance(quotient, Proof)
    assert quotient.only_gradient == ("x[i] != 0",)
    assert isinstance(decide(np.prod, lambda x: np.prod(x) * np.ones_like(x), VECTOR), Failure)


def test_further_identities():
    assert isinstance(
        decide(lambda x: np.sum(np.cos(3 * x)), lambda x: 3 * np.sin(x) - 12 * np.sin(x) * np.cos(x) ** 2, VECTOR),
        Proof,
    )
    assert isinstance(decide(lambda x: np.sum(np.tanh(x)), lambda x: 4 / (np.exp(x) + np.exp(-x)) ** 2, VECTOR), Proof)
    assert isinstance(
        decide(
            lambda x: np.sum(np.arcsinh(x)), lambda x: (1 + x / np.sqrt(1 + x * x)) / (x + np.sqrt(1 + x * x)), VECTOR
        ),
        Proof,
    )
    assert isinstance(
        decide(
            lambda x: np.sum(np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)), lambda x: 1 / (1 + np.exp(-x)), VECTOR
        ),
        Proof,
    )


def test_a_deep_network_with_kinks():
    def deep(W, x):
        for _ in range(7):
            x = np.maximum(W @ x, 0)
        return np.sum(x)

    proof = decide(deep, None, {"W": "n n", "x": "n"})
    assert isinstance(proof, Proof)
    assert proof.composed


def test_kinks_that_cancel_are_seen():
    def identity(x):
        return np.sum(np.where(x > 0, x, 0) - np.where(-x > 0, -x, 0))

    assert isinstance(decide(identity, None, VECTOR), Failure)
    assert isinstance(decide(identity, lambda x: np.ones_like(x), VECTOR), Proof)


def test_one_variable_computed_in_two_ways_is_refused():
    array = np.ones(3)
    problem = Problem(np.sum, lambda x: np.exp(x) * 0 + 1, "grad", (Argument("x", array, array),), (0,), {}, "f")
    recording = record_symbolic(problem, problem.arrays)
    first, *others = recording.gradient.equations
    changed = replace(recording.gradient, equations=(replace(first, line="elsewhere"), *others))
    both = replace(recording.forward, equations=(*recording.forward.equations, first))
    failure = prove_gradient(both, recording.wrt, changed)
    assert isinstance(failure, Failure)
    assert "two ways" in failure.reason


def pairs(X):
    apart = X[:, None, :] - X[None, :, :]
    square = np.sum(apart * apart, -1) + np.eye(X.shape[0])
    return apart, square, 1 / square**3


def lennard_jones(X):
    _, _, sixth = pairs(X)
    return 2 * np.sum((sixth * sixth - sixth) * (1 - np.eye(X.shape[0])))


def test_a_quotient_off_the_diagonal_divides_by_nothing_on_it():
    def slope(X, factor=6):
        apart, square, sixth = pairs(X)
        weights = (-12 * sixth * sixth + factor * sixth) / square * (1 - np.eye(X.shape[0]))
        return 4 * np.sum(weights[:, :, None] * apart, 1)

    proof = decide(lennard_jones, slope, {"X": "n m"})
    assert isinstance(proof, Proof)
    assert not proof.only_gradient  # 1 / square³ has a value where 1 / square has
    assert isinstance(decide(lennard_jones, lambda X: slope(X, 7), {"X": "n m"}), Failure)
