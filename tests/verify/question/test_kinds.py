"""Every kind of derivative through one call: right ones are proved for every size, plausible mistakes refuted."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der, rosen_hess, rosen_hess_prod

from verify import Verdict, check
from verify.question.structure import filled, numbered

rng = np.random.default_rng(5)
x, y = rng.normal(size=5), rng.uniform(0.5, 2.0, 5)
A = rng.normal(size=(5, 5))
X, w, counts = rng.normal(size=(6, 3)), rng.normal(size=3), rng.uniform(0.5, 3.0, 6)


def quadratic(x, A):
    return x @ A @ x


def poisson(w, X, y):
    return np.sum(np.exp(X @ w) - y * (X @ w))


def logistic(w, X, y):
    return np.sum(np.log1p(np.exp(X @ w)) - y * (X @ w))


def chance(z):
    return np.exp(z) / (1 + np.exp(z))


def logistic_hess(w, X, y):
    p = chance(X @ w)
    return (X.T * (p * (1 - p))) @ X


def logistic_hvp(w, v, X, y):
    p = chance(X @ w)
    return X.T @ (p * (1 - p) * (X @ v))


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x))


def shifted_softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def logsumexp(x):
    return np.log(np.sum(np.exp(x)))


def shifted_logsumexp(x):
    m = x.max()
    return m + np.log(np.sum(np.exp(x - m)))


def layer(x, A):
    return np.tanh(A @ x)


def slope(x, A):
    return 1 - np.tanh(A @ x) ** 2


def two(x):
    return x**2, np.sum(np.sin(x))


def softmax_hess(s):
    return lambda x: np.diag(s(x)) - np.outer(s(x), s(x))


def softmax_product(s):
    return lambda x, t: s(x) * (t - np.dot(t, s(x)))


def off_by_a_billionth(h, place):
    def wrong(*args):
        result = np.array(h(*args))
        result[place] *= 1 + 1e-9
        return result

    return wrong


CASES = [
    # function, its arguments, kind, the right one, the wrong ones
    (
        quadratic,
        (x, A),
        "hess",
        lambda x, A: A + A.T,
        [lambda x, A: 2 * A, lambda x, A: A, lambda x, A: (A + A.T) / 2, lambda x, A: 2 * A.T, lambda x, A: A - A.T],
    ),
    (
        quadratic,
        (x, A),
        "hvp",
        lambda x, v, A: A @ v + A.T @ v,
        [lambda x, v, A: 2 * A @ v, lambda x, v, A: A @ x + A.T @ x, lambda x, v, A: A @ v],
    ),
    (
        poisson,
        (w, X, counts),
        "hess",
        lambda w, X, y: (X.T * np.exp(X @ w)) @ X,
        [
            lambda w, X, y: (X.T * (np.exp(X @ w) - y)) @ X,
            lambda w, X, y: X.T @ X,
            lambda w, X, y: np.diag(np.diag((X.T * np.exp(X @ w)) @ X)),
        ],
    ),
    (
        logistic,
        (w, X, counts),
        "hess",
        logistic_hess,
        [
            lambda w, X, y: (X.T * chance(X @ w)) @ X,
            lambda w, X, y: -logistic_hess(w, X, y),
            off_by_a_billionth(logistic_hess, (1, 2)),
        ],
    ),
    (
        logistic,
        (w, X, counts),
        "hvp",
        logistic_hvp,
        [lambda w, v, X, y: X.T @ (chance(X @ w) * (X @ v)), off_by_a_billionth(logistic_hvp, 1)],
    ),
    (logsumexp, (x,), "hess", softmax_hess(softmax), [lambda x: np.diag(softmax(x))]),
    (logsumexp, (x,), "hvp", softmax_product(softmax), [lambda x, v: softmax(x) * v]),
    (shifted_logsumexp, (x,), "hess", softmax_hess(shifted_softmax), [lambda x: np.diag(shifted_softmax(x))]),
    (shifted_logsumexp, (x,), "hvp", softmax_product(shifted_softmax), [lambda x, v: shifted_softmax(x) * v]),
    (softmax, (x,), "vjp", softmax_product(softmax), [lambda x, c: softmax(x) * (c - np.sum(softmax(x)))]),
    (softmax, (x,), "jvp", softmax_product(softmax), [lambda x, t: softmax(x) * t]),
    (shifted_softmax, (x,), "jvp", softmax_product(shifted_softmax), [lambda x, t: shifted_softmax(x) * t]),
    (
        layer,
        (x, A),
        "vjp",
        lambda x, A, c: (A.T @ (c * slope(x, A)), np.outer(c * slope(x, A), x)),
        [
            lambda x, A, c: (A @ (c * slope(x, A)), np.outer(c * slope(x, A), x)),
            lambda x, A, c: (A.T @ (c * slope(x, A)), np.outer(x, c * slope(x, A))),
            lambda x, A, c: (A.T @ slope(x, A), np.outer(slope(x, A), x)),
        ],
    ),
    (
        layer,
        (x, A),
        "jvp",
        lambda x, A, t: (A @ t[0] + t[1] @ x) * slope(x, A),
        [
            lambda x, A, t: (A @ t[0]) * slope(x, A),
            lambda x, A, t: (A.T @ t[0] + t[1] @ x) * slope(x, A),
            lambda x, A, t: (A @ t[0] + t[1].T @ x) * slope(x, A),
        ],
    ),
    (
        two,
        (x,),
        "vjp",
        lambda x, c: 2 * x * c[0] + np.cos(x) * c[1],
        [lambda x, c: 2 * x * c[0], lambda x, c: 2 * x * c[0] + np.cos(x)],
    ),
    (
        two,
        (x,),
        "jvp",
        lambda x, t: (2 * x * t, np.sum(np.cos(x) * t)),
        [lambda x, t: (2 * x * t, np.sum(np.cos(x)) * np.sum(t)), lambda x, t: (x * t, np.sum(np.cos(x) * t))],
    ),
    (
        quadratic,
        (x, A),
        "value_and_grad",
        lambda x, A: (x @ A @ x, (A @ x + A.T @ x, np.outer(x, x))),
        [
            lambda x, A: (2 * x @ A @ x, (A @ x + A.T @ x, np.outer(x, x))),
            lambda x, A: (x @ A @ x, (2 * A @ x, np.outer(x, x))),
        ],
    ),
]  # fmt: skip
NAMES = [f"{f.__name__}-{kind}" for f, _, kind, _, _ in CASES]
WRONG = [(f, args, kind, wrong) for f, args, kind, _, mistakes in CASES for wrong in mistakes]


@pytest.mark.parametrize("f, args, kind, right", [case[:4] for case in CASES], ids=NAMES)
def test_the_right_one_is_proved_for_every_size(f, args, kind, right):
    result = check(f, *args, **{kind: right})
    assert result.verdict is Verdict.PROVED, str(result)
    assert result.formula.sizes.startswith("every"), str(result)
    assert result.numbers.status == "ok", str(result)


@pytest.mark.parametrize(
    "f, args, kind, wrong", WRONG, ids=[f"{f.__name__}-{kind}-{n}" for n, (f, _, kind, _) in enumerate(WRONG)]
)
def test_a_plausible_mistake_is_refuted(f, args, kind, wrong):
    result = check(f, *args, **{kind: wrong})
    assert result.verdict is Verdict.REFUTED, str(result)
    assert result.counterexample is not None


# ---------------------------------------------------------------------------- others' code, and several at once


def test_scipys_rosenbrock_with_all_its_derivatives():
    result = check(rosen, np.linspace(-1.2, 1.3, 6), grad=rosen_der, hess=rosen_hess, hvp=rosen_hess_prod, budget=30)
    assert result.verdict is Verdict.PROVED, str(result)
    assert [part.kind for part in result.parts] == ["grad", "hess", "hvp"]
    assert all(part.formula.sizes.startswith("every n >= 2") for part in result.parts)


def test_several_at_once_give_the_weakest():
    result = check(quadratic, x, A, wrt="x", grad=lambda x, A: (A + A.T) @ x, hess=lambda x, A: 2 * A)
    assert result.verdict is Verdict.REFUTED and not result.ok
    assert [part.verdict for part in result.parts] == [Verdict.PROVED, Verdict.REFUTED]
    assert result.kind == "hess" and "The Hessian of quadratic is wrong" in str(result)
    assert result.to_json()["parts"][0]["verdict"] == "PROVED"


def test_scipys_args_are_passed_on_and_not_differentiated():
    result = check(
        quadratic,
        x,
        args=(A,),
        jac=lambda x, A: (A + A.T) @ x,
        hess=lambda x, A: A + A.T,
        hvp=lambda x, p, A: (A + A.T) @ p,
    )
    assert result.verdict is Verdict.PROVED, str(result)
    assert len(result.parts) == 3


def test_the_certificate_carries_that_of_the_gradient_it_rests_on():
    from verify import checker

    certificate = check(quadratic, x, A, hess=lambda x, A: A + A.T).formula.certificate
    assert checker.check(certificate).accepted
    base = certificate["hints"]["rests_on"]
    assert checker.check(base).accepted
    assert base["claim"]["kind"] == "grad" and certificate["claim"]["kind"] == "jac"


# ---------------------------------------------------------------------------- shapes and structures


def test_numbers_and_matrices():
    assert check(lambda t: t**4, 0.7, hess=lambda t: 12 * t**2).verdict is Verdict.PROVED
    assert check(lambda t: t**4, 0.7, hvp=lambda t, v: 12 * t**2 * v).verdict is Verdict.PROVED
    assert check(lambda t: t**4, 0.7, hess=lambda t: np.array([12 * t**2])).ok, "a last axis of 1 may stay"
    assert check(lambda t: t**4, 0.7, hess=lambda t: np.array([13 * t**2])).verdict is Verdict.REFUTED

    def energy(U, B):
        return np.trace(U.T @ B @ U)

    U = rng.normal(size=(5, 3))
    block = lambda U, B: np.einsum("ik,jl->ijkl", B + B.T, np.eye(U.shape[1]))  # noqa: E731
    assert check(energy, U, A, hess=block).verdict is Verdict.PROVED
    assert check(energy, U, A, hess=lambda U, B: block(U, 2 * B - B.T)).ok is True  # the same: only B + B.T counts
    assert check(energy, U, A, hess=lambda U, B: block(U, B) / 2).verdict is Verdict.REFUTED
    assert check(energy, U, A, hvp=lambda U, V, B: (B + B.T) @ V).verdict is Verdict.PROVED


def test_a_cotangent_has_the_structure_of_the_result():
    def named(x):
        return {"squares": x**2, "rest": [np.sum(np.sin(x))]}

    right = check(named, x, vjp=lambda x, c: 2 * x * c["squares"] + np.cos(x) * c["rest"][0])
    assert right.verdict is Verdict.PROVED, str(right)
    assert numbered(named(x)) == ({"squares": 0, "rest": 1}, 2)  # a list of numbers is an array
    assert filled({"squares": 0, "rest": [1]}, "ab") == {"squares": "a", "rest": ["b"]}


@pytest.mark.parametrize(
    "kind, wrong, words",
    [
        ("hess", lambda x, A: (A + A.T) @ x, ["the Hessian of quadratic with respect to x", "(5,)", "(5, 5)"]),
        ("hvp", lambda x, v, A: A + A.T, ["the Hessian-vector product of quadratic", "(5, 5)", "expected (5,)"]),
        ("vjp", lambda x, A, c: A + A.T, ["the vector-Jacobian product of quadratic", "(5, 5)", "expected (5,)"]),
        ("jvp", lambda x, A, t: t[0], ["the Jacobian-vector product of quadratic", "(5,)", "expected ()"]),
    ],
)
def test_another_shape_is_refuted_in_words(kind, wrong, words):
    result = check(quadratic, x, A, **{kind: wrong})
    assert result.verdict is Verdict.REFUTED
    for word in words:
        assert word in result.reason


def test_what_cannot_be_asked_says_what_to_do():
    by_two = check(quadratic, x, A, hess=lambda x, A: A, wrt=(0, 1))
    assert by_two.verdict is Verdict.UNDECIDED and "2 parts are expected" in by_two.reason
    with pytest.raises(TypeError, match=r"jvp= is int, which cannot be called; .* jvp\(\*args, tangent\)"):
        check(quadratic, x, A, jvp=3)
    several = check(two, x, jac=lambda x: np.diag(2 * x))
    assert several.verdict is Verdict.UNDECIDED and "2 parts are expected" in several.reason
    single = check(quadratic, x, A, value_and_grad=lambda x, A: A @ x + A.T @ x)
    assert single.verdict is Verdict.UNDECIDED and "expected a value and a gradient" in single.reason


def test_a_counterexample_runs_with_its_direction():
    result = check(layer, x, A, jvp=lambda x, A, t: A @ t, wrt="x")
    assert result.counterexample.index == "output[0]"
    assert [argument.partition("=")[0] for argument in result.counterexample.arguments] == ["x", "A", "tangent"]
    assert "(x, A, tangent)" in result.counterexample.script


# ---------------------------------------------------------------------------- kinks, hygiene, and false proofs


def relu(x):
    return np.maximum(x, 0)


on = np.array([0.0, 1.0])


def test_second_derivatives_on_a_kink_of_the_gradient_do_not_exist():
    square = lambda x: np.sum(relu(x) ** 2)  # noqa: E731
    away = check(square, x, hess=lambda x: np.diag(2.0 * (x > 0)))
    assert away.verdict is Verdict.PROVED and away.kinks, str(away)
    for hess in (
        lambda x: np.diag(2.0 * (x > 0)),
        lambda x: np.diag(2.0 * (x >= 0)),
        lambda x: np.diag(np.where(x == 0, 7.0, 2.0 * (x > 0))),
    ):
        assert check(square, on, hess=hess).verdict is Verdict.NONDIFFERENTIABLE
    hinge = check(lambda x: np.sum(relu(x)), on, hess=lambda x: np.zeros((x.size, x.size)))
    assert hinge.verdict is Verdict.NONDIFFERENTIABLE and not hinge.ok
    steps = check(lambda x: np.sum(np.floor(x)), on, hess=lambda x: np.zeros((x.size, x.size)))
    assert steps.verdict is Verdict.NONDIFFERENTIABLE and not steps.ok


def test_a_kink_that_only_the_third_derivative_has_is_none():
    result = check(lambda x: np.sum(np.abs(x) ** 3), on, hess=lambda x: np.diag(6 * np.abs(x)))
    assert result.verdict is Verdict.PROVED, str(result)


def test_products_on_a_kink_are_judged_by_the_slopes_around_it():
    assert check(relu, on, jvp=lambda x, t: t * (x > 0)).ok
    assert not check(relu, on, jvp=lambda x, t: t * np.where(x == 0, 2, x > 0)).ok
    assert check(relu, on, vjp=lambda x, c: c * (x > 0)).ok
    assert not check(relu, on, vjp=lambda x, c: c * np.where(x == 0, 2, x > 0)).ok


def test_a_direction_that_is_ignored_or_written_to_is_told():
    ones = check(lambda x: x**2, x, vjp=lambda x, c: 2 * x)
    assert ones.verdict is Verdict.REFUTED

    def writes(x, c):
        c *= 2 * x
        return c

    result = check(lambda x: x**2, x, vjp=writes)
    assert any("modifies its argument cotangent" in finding for finding in result.hygiene), str(result)


@pytest.mark.parametrize(
    "kind, wrong",
    [
        ("hess", lambda x: np.diag(6 * x) * (5 / x.size)),
        ("hvp", lambda x, v: 6 * x * v * (5 / x.size)),
        ("hvp", lambda x, v: 6 * x * v * np.where((v > 0) & (v < 1e-3), 2, 1)),
        ("hvp", lambda x, v: 6 * x * (v if float(v[0]) < 50 else 0 * v)),
        ("jvp", lambda x, t: np.sum(3 * x**2 * np.where(np.abs(t) < 10, t, t**2))),
        ("vjp", lambda x, c: 3 * x**2 * np.sign(c) * np.abs(c) if float(c) < 50 else x),
    ],
    ids=["hess, the size", "hvp, the size", "hvp, near 0", "hvp, a branch", "jvp, far out", "vjp, a branch"],
)
def test_not_proved_for_sizes_or_directions_where_it_is_wrong(kind, wrong):
    result = check(lambda x: np.sum(x**3), x, **{kind: wrong})
    assert not (result.formula.verdict is Verdict.PROVED and result.formula.sizes.startswith("every")), str(result)


def test_a_wrong_engine_gradient_proves_and_refutes_nothing(monkeypatch):
    import verify.question.derive

    right = verify.question.derive.engine_gradient
    monkeypatch.setattr(
        verify.question.derive,
        "engine_gradient",
        lambda f, wrt: lambda *args: tuple(3 * part for part in right(f, wrt)(*args)),
    )
    for factor in (1, 3):
        result = check(quadratic, x, A, hess=lambda x, A, factor=factor: factor * (A + A.T))
        assert result.verdict is Verdict.UNDECIDED, str(result)
        assert "internal error" in result.reason
