"""What models are made of: activations, normalisation, tables of vectors. PyTorch's layouts and defaults."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.op import REGISTRY, Op, composed, pointwise
from dualgrad.program.entry import Entry, Power, entry, kernel
from dualgrad.samples import over
from dualgrad.shapes import rank

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


# ---------------------------------------------------------------------------- tables


@composed()
def embedding(indices: Any, weight: Any) -> Any:
    """The rows of a table that these integers name.

    >>> embedding([1, 0], np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3., 4.],
           [1., 2.]])
    """
    return np.take(weight, indices, axis=0)
