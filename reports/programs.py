"""Programs of some length, whose gradients are proved step by step: networks, recurrences, filters, likelihoods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import dualgrad as dg

Array = np.ndarray[Any, Any]
Made = tuple[Callable[..., Any], list[Array]]


def tanh_network(depth: int, width: int = 4) -> Made:
    """``depth`` layers tanh(W h), the sum of the last."""

    def network(x: Any, *weights: Any) -> Any:
        for weight in weights:
            x = np.tanh(weight @ x)
        return x.sum()

    rng = np.random.default_rng(0)
    return network, [rng.normal(size=width), *(rng.normal(size=(width, width)) / 2 for _ in range(depth))]


def transformer_block(tokens: int = 3, width: int = 4, hidden: int = 5) -> Made:
    """Attention and a layer of gelu units, each behind a layer norm and added to what it was given."""

    def norm(x: Any, gain: Any, shift: Any) -> Any:
        centred = x - x.mean(axis=-1, keepdims=True)
        return gain * centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) + shift

    def block(x: Any, wq: Any, wk: Any, wv: Any, wo: Any, g1: Any, b1: Any, w1: Any, w2: Any, g2: Any, b2: Any) -> Any:
        h = norm(x, g1, b1)
        scores = (h @ wq) @ (h @ wk).T / np.sqrt(wq.shape[1])
        x = x + dg.softmax(scores, axis=-1) @ (h @ wv) @ wo
        return (x + dg.gelu(norm(x, g2, b2) @ w1) @ w2).sum()

    rng = np.random.default_rng(1)
    square = [rng.normal(size=(width, width)) / 2 for _ in range(4)]
    vectors = [1 + rng.normal(size=width) / 9 for _ in range(4)]
    wide, narrow = rng.normal(size=(width, hidden)) / 2, rng.normal(size=(hidden, width)) / 2
    return block, [rng.normal(size=(tokens, width)), *square, *vectors[:2], wide, narrow, *vectors[2:]]


def lstm(steps: int, inputs: int = 2, units: int = 3) -> Made:
    """A long short-term memory over ``steps`` inputs; the sum of its last output."""

    def network(xs: Any, w: Any, u: Any, b: Any) -> Any:
        h = c = b[0] * 0
        for t in range(steps):
            z = [w[k] @ xs[t] + u[k] @ h + b[k] for k in range(4)]
            c = dg.sigmoid(z[1]) * c + dg.sigmoid(z[0]) * np.tanh(z[3])
            h = dg.sigmoid(z[2]) * np.tanh(c)
        return h.sum()

    rng = np.random.default_rng(2)
    shapes = [(steps, inputs), (4, units, inputs), (4, units, units), (4, units)]
    return network, [rng.normal(size=shape) / 2 for shape in shapes]


def convolutional_network(size: int = 8) -> Made:
    """Two convolutions with pooling and relu, and a linear layer with a cross entropy."""

    def network(images: Any, first: Any, second: Any, last: Any) -> Any:
        h = dg.relu(dg.max_pool2d(dg.conv2d(images, first), 2))
        h = dg.avg_pool2d(dg.relu(dg.conv2d(h, second)), 2)
        scores = h.reshape(h.shape[0], -1) @ last
        return -dg.log_softmax(scores, axis=-1)[:, 0].mean()

    rng = np.random.default_rng(3)
    shapes = [(2, 1, size + 2, size + 2), (2, 1, 3, 3), (3, 2, 2, 2), (3, 4)]
    return network, [rng.normal(size=shape) for shape in shapes]


def gaussian_process(points: int = 4, by_factor: bool = True) -> Made:
    """The negative logarithm of a Gaussian process's likelihood, by its kernel's Cholesky factor or determinant."""

    def loss(x: Any, y: Any, length: Any, noise: Any) -> Any:
        distance = (x[:, None] - x[None, :]) ** 2
        kernel = np.exp(-distance / (2 * length**2)) + noise**2 * np.eye(x.shape[0])
        if by_factor:
            factor = np.linalg.cholesky(kernel)
            white = dg.linalg.solve_triangular(factor, y, lower=True)
            return 0.5 * (white @ white) + np.log(np.diagonal(factor)).sum()
        return 0.5 * (y @ np.linalg.solve(kernel, y) + np.linalg.slogdet(kernel)[1])

    rng = np.random.default_rng(4)
    return loss, [rng.normal(size=points), rng.normal(size=points), np.array(1.3), np.array(0.5)]


def kalman_filter(steps: int, state: int = 2, seen: int = 2) -> Made:
    """The negative logarithm of the likelihood of ``steps`` observations of a linear system."""

    def loss(a: Any, c: Any, q: Any, r: Any, ys: Any) -> Any:
        mean, spread = a[0] * 0, q @ q.T
        total = 0.0
        for t in range(steps):
            mean, spread = a @ mean, a @ spread @ a.T + q @ q.T
            error, of_error = ys[t] - c @ mean, c @ spread @ c.T + r @ r.T
            gain = spread @ c.T @ np.linalg.inv(of_error)
            total = total + 0.5 * (error @ np.linalg.inv(of_error) @ error + np.linalg.slogdet(of_error)[1])
            mean, spread = mean + gain @ error, spread - gain @ c @ spread
        return total

    rng = np.random.default_rng(5)
    shapes = [(state, state), (seen, state), (state, state), (seen, seen)]
    return loss, [*(rng.normal(size=shape) / 2 for shape in shapes), rng.normal(size=(steps, seen))]
