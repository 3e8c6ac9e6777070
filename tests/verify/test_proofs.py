"""What the first version proves for every size, and the mistakes that each of these is often made with."""

import numpy as np
import pytest

from verify import Verdict, check

rng = np.random.default_rng(7)
x, y = rng.normal(size=5), rng.uniform(0.2, 2.0, 5)
A, W, B = rng.normal(size=(5, 5)), rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
b, v = rng.normal(size=4), rng.normal(size=4)
X, Y = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))


def notebook(x):
    return (3 * (x + 2) ** 2).mean()


def quadratic(x, A):
    return x @ A @ x


def least_squares(x, W, b):
    return np.sum((W @ x - b) ** 2)


def logsumexp(x):
    return np.log(np.sum(np.exp(x)))


def cross_entropy(x, y):
    return -np.sum(y * (x - np.log(np.sum(np.exp(x)))))


def network(W, x, b, v):
    return v @ np.tanh(W @ x + b)


def softmax(x):
    return np.exp(x) / np.sum(np.exp(x))


def sech2(W, x, b):
    return 1 - np.tanh(W @ x + b) ** 2


def mean(x):
    return x.mean()


def variance(x):
    return ((x - x.mean()) ** 2).mean()


def layer_norm(X, Y):
    mu = X.mean(-1, keepdims=True)
    s = np.sqrt(((X - mu) ** 2).mean(-1, keepdims=True) + 1e-3)
    return np.sum(Y * (X - mu) / s)


def normalised(X):
    mu = X.mean(-1, keepdims=True)
    s = np.sqrt(((X - mu) ** 2).mean(-1, keepdims=True) + 1e-3)
    return (X - mu) / s, s


def layer_norm_gradient(X, Y, first=1.0, second=1.0):
    h, s = normalised(X)
    return (Y - first * Y.mean(-1, keepdims=True) - second * h * (Y * h).mean(-1, keepdims=True)) / s


def trace_product(A, B):
    return np.trace(A @ B)


CASES = [
    (
        notebook,
        (x,),
        lambda x: 6 / x.size * (x + 2),
        [lambda x: 6 / x.size * (x + 1), lambda x: 3 / x.size * (x + 2), lambda x: 6 / (x.size - 1) * (x + 2)],
    ),
    (
        quadratic,
        (x, A),
        lambda x, A: (A + A.T) @ x,
        [lambda x, A: 2 * A @ x, lambda x, A: 2 * A.T @ x, lambda x, A: A @ x, lambda x, A: (A + A.T) @ x / 2],
    ),
    (
        least_squares,
        (x, W, b),
        lambda x, W, b: 2 * W.T @ (W @ x - b),
        [
            lambda x, W, b: W.T @ (W @ x - b),
            lambda x, W, b: 2 * W.T @ (W @ x),
            lambda x, W, b: 2 * W.T @ (W @ x + b),
            lambda x, W, b: 2 / b.size * W.T @ (W @ x - b),
        ],
    ),
    (
        logsumexp,
        (x,),
        softmax,
        [
            lambda x: np.exp(x),
            lambda x: softmax(x) / x.size,
            lambda x: softmax(x) - softmax(x) ** 2,
            lambda x: softmax(2 * x),
        ],
    ),
    (
        cross_entropy,
        (x, y),
        lambda x, y: np.sum(y) * softmax(x) - y,
        [
            lambda x, y: softmax(x) - y,
            lambda x, y: y - np.sum(y) * softmax(x),
            lambda x, y: np.sum(y) * softmax(x),
            lambda x, y: (np.sum(y) * softmax(x) - y) / x.size,
        ],
    ),
    (
        network,
        (W, x, b, v),
        lambda W, x, b, v: np.outer(v * sech2(W, x, b), x),
        [
            lambda W, x, b, v: np.outer(v, x),
            lambda W, x, b, v: np.outer(v * np.tanh(W @ x + b), x),
            lambda W, x, b, v: np.outer(v * (1 - np.tanh(W @ x + b)), x),
            lambda W, x, b, v: np.outer(v * sech2(W, x, 0 * b), x),
        ],
    ),
    (
        mean,
        (x,),
        lambda x: np.ones_like(x) / x.size,
        [np.ones_like, lambda x: x / x.size, lambda x: np.ones_like(x) / (x.size - 1)],
    ),
    (
        variance,
        (x,),
        lambda x: 2 * (x - x.mean()) / x.size,
        [
            lambda x: 2 * (x - x.mean()) / (x.size - 1),
            lambda x: 2 * x / x.size,
            lambda x: (x - x.mean()) / x.size,
            lambda x: 2 * (x - x.mean()) * (1 - 1 / x.size) / x.size,
        ],
    ),
    (
        layer_norm,
        (X, Y),
        layer_norm_gradient,
        [
            lambda X, Y: layer_norm_gradient(X, Y, first=0),
            lambda X, Y: layer_norm_gradient(X, Y, second=0),
            lambda X, Y: layer_norm_gradient(X, Y, second=2),
            lambda X, Y: Y / normalised(X)[1],
        ],
    ),
    (trace_product, (A, A + 1), lambda A, B: B.T, [lambda A, B: B, lambda A, B: 2 * B.T, lambda A, B: B.T + A]),
]


@pytest.mark.parametrize(
    "f, args, right", [(f, args, right) for f, args, right, _ in CASES], ids=[c[0].__name__ for c in CASES]
)
def test_the_right_gradient_is_proved_for_every_size(f, args, right):
    result = check(f, *args, grad=right)
    assert result.verdict is Verdict.PROVED, str(result)
    assert result.formula.sizes.startswith("every"), result.formula
    assert result.numbers.status == "ok"
    assert result.formula.certificate is not None


WRONG = [(f, args, wrong) for f, args, _, mistakes in CASES for wrong in mistakes]


@pytest.mark.parametrize("f, args, wrong", WRONG, ids=[f"{f.__name__}-{n}" for n, (f, _, _) in enumerate(WRONG)])
def test_a_plausible_mistake_is_refuted(f, args, wrong):
    result = check(f, *args, grad=wrong)
    assert result.verdict is Verdict.REFUTED, str(result)
    assert not result.ok
    assert result.counterexample is not None


@pytest.mark.parametrize("f, args", [(f, args) for f, args, _, _ in CASES], ids=[c[0].__name__ for c in CASES])
def test_the_engines_own_gradient_is_proved(f, args):
    result = check(f, *args)
    assert result.verdict is Verdict.PROVED, str(result)
    assert result.formula.sizes.startswith("every"), result.formula


def springs(x, a, b):
    d = np.diff(x)
    return 0.5 * a * np.sum(d**2) + 0.25 * b * np.sum(d**4)


def forces(x, a, b, first=1, last=1):
    d = np.diff(x)
    force = a * d + b * d**3
    out = 0 * x
    out[:-1] -= first * force
    out[1:] += last * force
    return out


def test_differences_of_neighbours_are_proved_for_every_size():
    """A single entry has no neighbour, and what is at the first place is then at the last."""
    result = check(springs, x, grad=forces, args=(1.5, 0.3))
    assert result.verdict is Verdict.PROVED, str(result)
    assert result.formula.sizes.startswith("every n"), result.formula
    for first, last in ((0, 1), (1, 0), (1, -1)):
        wrong = check(springs, x, grad=lambda x, a, b, k=first, m=last: forces(x, a, b, k, m), args=(1.5, 0.3))
        assert wrong.verdict is Verdict.REFUTED, str(wrong)
