"""Layers and losses against their definitions written out, and gradients against small steps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import linalg, signal, special

import dualgrad as dg
from dualgrad.array import public

RNG = np.random.default_rng(5)


def draw(*shape):
    return RNG.standard_normal(shape)


def convolved(x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    """conv2d by scipy.signal, entry by entry of the channels."""
    x = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
    wide = np.zeros((*w.shape[:2], *((n - 1) * d + 1 for n, d in zip(w.shape[2:], dilation, strict=True))))
    wide[:, :, :: dilation[0], :: dilation[1]] = w
    found = [[sum(signal.correlate(a, b, "valid") for a, b in zip(s, o, strict=True)) for o in wide] for s in x]
    return np.array(found)[:, :, :: stride[0], :: stride[1]]


def transposed_convolution(x, w, stride):
    """The gradient of conv2d in its first operand, by its definition."""
    n, _, rows, columns = x.shape
    whole = np.zeros((n, w.shape[1], (rows - 1) * stride + w.shape[2], (columns - 1) * stride + w.shape[3]))
    for i in range(rows):
        for j in range(columns):
            at = (slice(None), slice(None), slice(i * stride, i * stride + w.shape[2]))
            at = (*at, slice(j * stride, j * stride + w.shape[3]))
            whole[at] += np.einsum("nc,cokl->nokl", x[:, :, i, j], w)
    return whole


X, W = draw(2, 3, 5, 6), draw(4, 3, 2, 3)
LOGITS, CLASSES = draw(4, 3), np.array([0, 2, 1, 1])
LOGS = special.log_softmax(LOGITS, 1)

CASES = [
    (dg.leaky_relu, (draw(5),), lambda x: np.where(x > 0, x, 0.01 * x)),
    (dg.elu, (draw(5), 0.5), lambda x, a: np.where(x > 0, x, a * (np.exp(x) - 1))),
    (dg.softsign, (draw(5),), lambda x: x / (1 + abs(x))),
    (dg.layer_norm, (draw(2, 5), 5, draw(5), draw(5)), None),
    (dg.layer_norm, (draw(2, 3, 4), (3, 4)), None),
    (dg.batch_norm, (draw(4, 3, 2), None, None, draw(3), draw(3), True), None),
    (dg.batch_norm, (draw(4, 3), draw(3), draw(3) ** 2), None),
    (dg.conv2d, (X, W), convolved),
    (dg.conv2d, (X, W, None, (2, 1), (1, 2)), lambda x, w, b, s, p: convolved(x, w, s, p)),
    (dg.conv2d, (X, W, None, 1, 0, 2), lambda x, w, b, s, p, d: convolved(x, w, dilation=(2, 2))),
    (dg.conv2d, (X, W, draw(4)), lambda x, w, b: convolved(x, w) + b[:, None, None]),
    (
        dg.conv2d,
        (draw(2, 4, 3, 3), draw(6, 2, 2, 2), None, 1, 0, 1, 2),
        lambda x, w, *_: np.concatenate([convolved(x[:, :2], w[:3]), convolved(x[:, 2:], w[3:])], axis=1),
    ),
    (dg.conv1d, (X[..., 0], W[..., 0]), lambda x, w: convolved(x[..., None], w[..., None])[..., 0]),
    (
        dg.conv_transpose2d,
        (draw(2, 3, 2, 3), draw(3, 4, 2, 2), None, 2),
        lambda x, w, b, s: transposed_convolution(x, w, s),
    ),
    (
        dg.conv_transpose2d,
        (draw(1, 2, 3, 3), draw(2, 2, 3, 3), draw(2), 1, 1),
        lambda x, w, b, s, p: transposed_convolution(x, w, s)[:, :, 1:-1, 1:-1] + b[:, None, None],
    ),
    (
        dg.conv_transpose1d,
        (draw(1, 2, 3), draw(2, 2, 3)),
        lambda x, w: transposed_convolution(x[..., None], w[..., None], 1)[..., 0],
    ),
    (dg.max_pool2d, (draw(1, 2, 4, 4), 2), lambda x, k: x.reshape(1, 2, 2, 2, 2, 2).max((3, 5))),
    (dg.avg_pool2d, (draw(1, 2, 4, 4), 2), lambda x, k: x.reshape(1, 2, 2, 2, 2, 2).mean((3, 5))),
    (dg.max_pool1d, (draw(1, 1, 5), 3, 2, 1), None),
    (dg.avg_pool1d, (draw(1, 1, 5), 3, 1, 1), None),
    (dg.mse_loss, (draw(3), draw(3)), lambda x, t: ((x - t) ** 2).mean()),
    (dg.l1_loss, (draw(3), draw(3), "sum"), lambda x, t, r: abs(x - t).sum()),
    (dg.huber_loss, (draw(5), draw(5), "none"), lambda x, t, r: special.huber(1.0, x - t)),
    (
        dg.bce_with_logits,
        (draw(5), np.array([0.0, 1.0, 0.3, 1.0, 0.0])),
        lambda x, t: -(t * np.log(special.expit(x)) + (1 - t) * np.log(special.expit(-x))).mean(),
    ),
    (dg.nll_loss, (LOGS, CLASSES), lambda x, t: -x[np.arange(4), t].mean()),
    (dg.cross_entropy, (LOGITS, CLASSES), lambda x, t: -LOGS[np.arange(4), t].mean()),
    (dg.cross_entropy, (LOGITS, np.eye(3)[CLASSES]), lambda x, t: -LOGS[np.arange(4), CLASSES].mean()),
    (dg.cross_entropy, (draw(2, 3, 4), np.zeros((2, 4), int)), lambda x, t: -special.log_softmax(x, 1)[:, 0].mean()),
    (dg.cross_entropy, (LOGITS[0], np.int64(2)), lambda x, t: -LOGS[0, 2]),
]
cases = pytest.mark.parametrize(("function", "args", "plain"), CASES, ids=range(len(CASES)))


DEFINED = [case for case in CASES if case[2] is not None]  # the others have tests of their own below


@pytest.mark.parametrize(("function", "args", "plain"), DEFINED, ids=range(len(DEFINED)))
def test_values_are_by_definition(function, args, plain):
    np.testing.assert_allclose(function(*args), plain(*args), rtol=1e-12, atol=1e-13)


@cases
def test_gradients_are_those_of_small_steps(function, args, plain):
    slots = [k for k, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    g = RNG.standard_normal(np.shape(function(*args)))
    for slot in slots:
        direction = RNG.standard_normal(args[slot].shape)

        def moved(x, slot=slot):
            return function(*args[:slot], x, *args[slot + 1 :])

        _, pull = dg.vjp(moved, args[slot])
        ends = (np.sum(g * moved(args[slot] + step * direction)) for step in (1e-6, -1e-6))
        slope = (next(ends) - next(ends)) / 2e-6
        np.testing.assert_allclose(np.sum(pull(g)[0] * direction), slope, rtol=1e-7, atol=1e-8)


def test_normalised_entries_have_mean_0_and_variance_1():
    for found, axes in (
        (dg.layer_norm(X, (5, 6), eps=0.0), (2, 3)),
        (dg.batch_norm(X, training=True, eps=0.0), (0, 2, 3)),
    ):
        np.testing.assert_allclose(found.mean(axes), 0, atol=1e-14)
        np.testing.assert_allclose(found.var(axes), 1, rtol=1e-13)
    mean, var = draw(3), draw(3) ** 2
    found = dg.batch_norm(LOGITS, mean, var, eps=0.0)
    np.testing.assert_allclose(found, (LOGITS - mean) / np.sqrt(var), rtol=1e-13)


def test_padding_of_pools():
    x = np.array([[[1.0, -2.0, -3.0, -1.0]]])
    assert dg.max_pool1d(-abs(x), 2, 2, 1).tolist() == [[[-1, -2, -1]]]
    assert dg.avg_pool1d(x, 2, 2, 1).tolist() == [[[0.5, -2.5, -0.5]]]


def test_rows_of_a_table():
    table = dg.tensor(draw(3, 2), requires_grad=True)
    dg.embedding(np.array([[2, 2], [0, 2]]), table).sum().backward()
    assert table.grad.tolist() == [[1, 1], [0, 0], [3, 3]]


def test_cross_entropy_of_certain_answers_keeps_its_digits():
    assert dg.bce_with_logits(np.array([40.0]), np.array([1.0])) == np.exp(-40)
    assert dg.grad(dg.bce_with_logits)(np.array([-800.0]), np.array([0.0]))[0] == 0
    assert dg.grad(dg.bce_with_logits)(np.array([40.0]), np.array([1.0]))[0] == pytest.approx(-np.exp(-40), rel=1e-15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dg.conv2d(X, W[0]), "conv2d: got 4 and 3 axes"),
        (lambda: dg.conv2d(X[:, :2], W), "got 2 channels, expected 3"),
        (lambda: dg.max_pool2d(X, 7), "does not fit"),
        (lambda: dg.mse_loss(X, X, "median"), "expected 'mean', 'sum' or 'none'"),
    ],
    ids=range(4),
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_namespaces_hold_the_same_functions():
    for home, *theirs in ((dg.linalg, np.linalg, linalg), (dg.special, special), (dg.fft, np.fft)):
        assert all(getattr(home, name) is public().get(name, getattr(home, name)) for name in home.__all__)
        assert sum(any(hasattr(other, name) for other in theirs) for name in home.__all__) >= len(home.__all__) - 2
