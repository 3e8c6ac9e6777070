"""What models are made of: activations, normalisation, convolution, pooling, losses. PyTorch's layouts and defaults."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.op import REGISTRY, Op, composed, pointwise
from dualgrad.positions import numbered, sizes, values
from dualgrad.program.entry import Entry, Power, entry, kernel
from dualgrad.samples import over
from dualgrad.shapes import extents, one_axis, rank

_ANY = (-3.0, 3.0)

# ---------------------------------------------------------------------------- activations


def _gelu_meaning(x: Entry) -> Entry:
    return x * kernel("erfc", -x * Power(entry(2), Fraction(-1, 2))) * Fraction(1, 2)


gelu = pointwise(
    "gelu",
    lambda x: x * special("ndtr")(x),
    partials=[lambda y, x: special("ndtr")(x) + x * REGISTRY["normal_density"](x)],
    meaning=_gelu_meaning,
    samples=over(_ANY),
    ulps=16,
    doc="x times the normal distribution of x.",
)


def _sigmoid(x: Any) -> Any:
    return REGISTRY["sigmoid"](x)


silu: Op = pointwise(
    "silu",
    lambda x: x * _sigmoid(x),
    partials=[lambda y, x: _sigmoid(x) * (1 + x * _sigmoid(-x))],
    meaning=lambda x: x / (1 + kernel("exp", -x)),
    samples=over(_ANY),
    ulps=16,
    aliases=("swish",),
    doc="x times the sigmoid of x.",
)


@composed()
def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x where it is positive, and a part of it elsewhere.

    >>> leaky_relu(np.array([2.0, -1.0]))
    array([ 2.  , -0.01])
    """
    return np.where(np.greater(x, 0), x, negative_slope * x)


@composed()
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where it is positive, and alpha (exp(x) - 1) elsewhere."""
    above = np.greater(x, 0)
    return np.where(above, x, alpha * np.expm1(np.where(above, 0, x)))


@composed()
def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return x / (1 + np.abs(x))


# ---------------------------------------------------------------------------- normalisation


def _normalised(x: Any, axes: tuple[int, ...], eps: float) -> Any:
    mean = np.mean(x, axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(np.var(x, axis=axes, keepdims=True) + eps)


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


@composed()
def layer_norm(x: Any, normalized_shape: Any = None, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """The entries over the last axes, shifted and scaled to mean 0 and variance 1, times weight, plus bias."""
    depth = len(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else 1
    return _affine(_normalised(x, tuple(range(rank(x) - depth, rank(x))), eps), weight, bias)


@composed()
def batch_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    eps: float = 1e-5,
) -> Any:
    """Every channel (axis 1) shifted and scaled by its mean and variance: the batch's, or the running ones.

    The running ones are not changed.
    """

    def channels(a: Any) -> Any:
        return None if a is None else np.reshape(a, (-1, *(1,) * (rank(x) - 2)))

    if training or running_mean is None:
        normal = _normalised(x, (0, *range(2, rank(x))), eps)
    else:
        normal = (x - channels(running_mean)) / np.sqrt(channels(running_var) + eps)
    return _affine(normal, channels(weight), channels(bias))


# ---------------------------------------------------------------------------- windows


def _each(value: Any, depth: int) -> tuple[int, ...]:
    return (value,) * depth if isinstance(value, int) else tuple(value)


def _padded(x: Any, padding: tuple[int, ...], fill: float) -> Any:
    if not any(padding):
        return x
    return np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)), constant_values=fill)


def _windows(
    x: Any, lengths: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """Every offset in a window, and the key of the entries that lie there in each window."""
    spans = [(n - 1) * d + 1 for n, d in zip(lengths, dilation, strict=True)]
    counts = [(size - span) // s + 1 for size, span, s in zip(extents(x)[2:], spans, stride, strict=True)]
    if min(counts) < 1:
        raise ValueError(f"a window of {spans} does not fit into an array of {extents(x)[2:]}; pad it")
    for offset in itertools.product(*map(range, lengths)):
        along = zip(offset, dilation, stride, counts, strict=True)
        yield offset, tuple(slice(k * d, k * d + (count - 1) * s + 1, s) for k, d, s, count in along)


def _linear(x: Any, w: Any, groups: int) -> Any:
    """Channels combined: x[n, c, …] and w[o, c] to [n, o, …], in groups of channels."""
    if groups == 1:
        return np.moveaxis(np.tensordot(w, x, ((1,), (1,))), 0, 1)
    xs, ws = np.split(x, groups, axis=1), np.split(w, groups, axis=0)
    return np.concatenate([_linear(a, b, 1) for a, b in zip(xs, ws, strict=True)], axis=1)


def _conv(x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int, depth: int) -> Any:
    if rank(x) != depth + 2 or rank(weight) != depth + 2:
        raise ValueError(f"conv{depth}d: got {rank(x)} and {rank(weight)} axes, expected {depth + 2} of each")
    channels, wanted = extents(x)[1], extents(weight)[1]
    if channels != wanted * groups:
        raise ValueError(f"conv{depth}d: got {channels} channels, expected {wanted} in each of {groups} groups")
    padded, lengths = _padded(x, _each(padding, depth), 0.0), sizes(weight)[2:]
    total = None
    for offset, key in _windows(padded, lengths, _each(stride, depth), _each(dilation, depth)):
        part = _linear(padded[(slice(None), slice(None), *key)], weight[(slice(None), slice(None), *offset)], groups)
        total = part if total is None else total + part
    return total if bias is None else total + np.reshape(bias, (-1, *(1,) * depth))


@composed()
def conv1d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Sums of products of weight[o, c, k] with the windows of x[n, c, i].

    >>> conv1d(np.arange(4.0).reshape(1, 1, 4), np.ones((1, 1, 2)))
    array([[[1., 3., 5.]]])
    """
    return _conv(x, weight, bias, stride, padding, dilation, groups, 1)


@composed()
def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Sums of products of weight[o, c, k, l] with the windows of x[n, c, i, j]."""
    return _conv(x, weight, bias, stride, padding, dilation, groups, 2)


def _conv_transpose(x: Any, weight: Any, bias: Any, stride: Any, padding: Any, depth: int) -> Any:
    """Every entry of x spreads the weights over a window: the transpose of a convolution."""
    steps, cut, lengths = _each(stride, depth), _each(padding, depth), sizes(weight)[2:]
    counts = sizes(x)[2:]
    whole = [(count - 1) * s + n for count, s, n in zip(counts, steps, lengths, strict=True)]
    total = None
    for offset in itertools.product(*map(range, lengths)):
        w = np.swapaxes(weight[(slice(None), slice(None), *offset)], 0, 1)
        key = tuple(slice(k, k + (m - 1) * s + 1, s) for k, m, s in zip(offset, counts, steps, strict=True))
        spread = _linear(x, w, 1)
        part = REGISTRY["put"](spread, (slice(None), slice(None), *key), (*extents(spread)[:2], *whole))
        total = part if total is None else total + part
    if any(cut):
        inside = tuple(slice(p, size - p) for p, size in zip(cut, whole, strict=True))
        total = total[(slice(None), slice(None), *inside)]  # type: ignore[index]
    return total if bias is None else total + np.reshape(bias, (-1, *(1,) * depth))


@composed()
def conv_transpose1d(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0) -> Any:
    """The transpose of conv1d: weight[c, o, k] spread by the entries of x[n, c, i]."""
    return _conv_transpose(x, weight, bias, stride, padding, 1)


@composed()
def conv_transpose2d(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0) -> Any:
    """The transpose of conv2d: weight[c, o, k, l] spread by the entries of x[n, c, i, j]."""
    return _conv_transpose(x, weight, bias, stride, padding, 2)


def _pooled(x: Any, kernel_size: Any, stride: Any, padding: Any, fill: float, depth: int) -> Any:
    """All windows, their entries along a new first axis."""
    lengths = _each(kernel_size, depth)
    steps = lengths if stride is None else _each(stride, depth)
    padded = _padded(x, _each(padding, depth), fill)
    keys = [key for _, key in _windows(padded, lengths, steps, (1,) * depth)]
    return np.stack([padded[(slice(None), slice(None), *key)] for key in keys])


@composed()
def max_pool1d(x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The largest entry of each window of x[n, c, i]."""
    return np.max(_pooled(x, kernel_size, stride, padding, -np.inf, 1), axis=0)


@composed()
def max_pool2d(x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The largest entry of each window of x[n, c, i, j]."""
    return np.max(_pooled(x, kernel_size, stride, padding, -np.inf, 2), axis=0)


@composed()
def avg_pool1d(x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The mean of each window of x[n, c, i], padding counted."""
    return np.mean(_pooled(x, kernel_size, stride, padding, 0.0, 1), axis=0)


@composed()
def avg_pool2d(x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Any:
    """The mean of each window of x[n, c, i, j], padding counted."""
    return np.mean(_pooled(x, kernel_size, stride, padding, 0.0, 2), axis=0)


@composed()
def embedding(indices: Any, weight: Any) -> Any:
    """The rows of a table that these integers name.

    >>> embedding([1, 0], np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3., 4.],
           [1., 2.]])
    """
    return np.take(weight, indices, axis=0)


# ---------------------------------------------------------------------------- losses


def _reduced(loss: Any, reduction: str) -> Any:
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"got reduction={reduction!r}, expected 'mean', 'sum' or 'none'")
    return np.mean(loss) if reduction == "mean" else np.sum(loss) if reduction == "sum" else loss


@composed()
def mse_loss(x: Any, target: Any, reduction: str = "mean") -> Any:
    """The squares of the differences.

    >>> float(mse_loss(np.array([1.0, 3.0]), np.array([0.0, 0.0])))
    5.0
    """
    return _reduced(np.square(x - target), reduction)


@composed()
def l1_loss(x: Any, target: Any, reduction: str = "mean") -> Any:
    """The sizes of the differences."""
    return _reduced(np.abs(x - target), reduction)


@composed()
def huber_loss(x: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Any:
    """Half the squares of the differences, linear beyond delta."""
    return _reduced(special("huber")(delta, x - target), reduction)


@composed()
def bce_with_logits(x: Any, target: Any, reduction: str = "mean") -> Any:
    """The cross-entropy of truth values (or shares) and the sigmoid of x."""
    # Not softplus(x) - x * target: the two are almost equal for x >> 0 and target 1.
    softplus = REGISTRY["softplus"]
    return _reduced(target * softplus(-x) + (1 - target) * softplus(x), reduction)


@composed()
def nll_loss(log_probabilities: Any, target: Any, reduction: str = "mean") -> Any:
    """Minus the entry along axis 1 (its only one, for a vector) that each target class names."""
    if rank(log_probabilities) == 1:
        return -log_probabilities[int(values(target))]
    chosen = np.expand_dims(values(target), 1)
    flat = np.take_along_axis(numbered(log_probabilities), chosen, 1)
    return _reduced(-np.squeeze(np.take(log_probabilities, flat), 1), reduction)


@composed()
def cross_entropy(x: Any, target: Any, reduction: str = "mean") -> Any:
    """The cross-entropy of classes and the softmax of x along axis 1 (its only one, for a vector).

    ``target`` names a class by an integer, or holds a share of every class, in the shape of x.
    """
    if rank(x) == 1:
        x, target, reduction = np.expand_dims(x, 0), np.expand_dims(target, 0), "sum"
    logs = REGISTRY["log_softmax"](x, axis=one_axis(1, rank(x)))
    if rank(target) < rank(x):
        return nll_loss(logs, target, reduction)
    return _reduced(-np.sum(logs * target, axis=1), reduction)
