"""Losses, with PyTorch's names, arguments and defaults."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dualgrad.lazy import special
from dualgrad.op import REGISTRY, composed
from dualgrad.positions import sizes, values
from dualgrad.shapes import extents, one_axis, rank


def _reduced(loss: Any, reduction: str, count: Any = None) -> Any:
    """The sum, the mean, or the mean over a number of terms that some of the losses do not count to."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"got reduction={reduction!r}, expected 'mean', 'sum' or 'none'")
    if reduction == "mean" and count is not None:
        return np.sum(loss) / count
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
def bce_with_logits(x: Any, target: Any, reduction: str = "mean", weight: Any = None, pos_weight: Any = None) -> Any:
    """The cross-entropy of truth values (or shares) and the sigmoid of x; ``pos_weight`` counts what is true more."""
    # Not softplus(x) - x * target: the two are almost equal for x >> 0 and target 1.
    softplus = REGISTRY["softplus"]
    positive = target if pos_weight is None else pos_weight * target
    loss = positive * softplus(-x) + (1 - target) * softplus(x)
    return _reduced(loss if weight is None else weight * loss, reduction)


def _counted(target: Any, weight: Any, ignored: Any) -> tuple[Any, Any]:
    """How much each target counts, and the sum of that; None twice where all count alike."""
    if weight is None and not ignored.any():
        return None, None
    if weight is None:
        return ~ignored, int(np.sum(~ignored))
    found = np.take(weight, target) * ~ignored
    return found, np.sum(found)


def _chosen(shape: tuple[int, ...], classes: Any) -> Any:
    """The row-major positions, in an array of this shape, of the entries along axis 1 that classes name."""
    count, behind = shape[1], math.prod(shape[2:])
    if classes.shape != (shape[0], *shape[2:]) or classes.dtype.kind not in "iu":
        raise ValueError(
            f"nll_loss: got classes of dtype {classes.dtype} and shape {classes.shape} for predictions of shape "
            f"{shape}, expected integers in shape {(shape[0], *shape[2:])}"
        )
    if classes.size and not (-count <= classes.min() and classes.max() < count):
        raise IndexError(f"nll_loss: a class from {classes.min()} to {classes.max()} is none of {count}")
    starts = np.arange(shape[0]).reshape(-1, 1) * (count * behind) + np.arange(behind)
    return starts.reshape(classes.shape) + classes % count * behind


@composed()
def nll_loss(
    log_probabilities: Any, target: Any, reduction: str = "mean", weight: Any = None, ignore_index: int = -100
) -> Any:
    """Minus the entry along axis 1 (its only one, for a vector) that each target class names.

    Classes count as ``weight`` has them, and the mean is over what they count; ``ignore_index`` is no class.
    """
    if rank(log_probabilities) == 1:
        log_probabilities, target = np.expand_dims(log_probabilities, 0), np.expand_dims(values(target), 0)
        reduction = "sum" if reduction == "none" else reduction
    target = values(target)
    ignored = target == ignore_index
    classes = np.where(ignored, 0, target) if ignored.any() else target
    loss = -REGISTRY["take"](np.reshape(log_probabilities, -1), _chosen(sizes(log_probabilities), classes), 0)
    counted, count = _counted(classes, weight, ignored)
    if counted is None:
        return _reduced(loss, reduction)
    return _reduced(np.where(ignored, 0, loss) * counted, reduction, count)


@composed()
def cross_entropy(
    x: Any,
    target: Any,
    reduction: str = "mean",
    weight: Any = None,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
) -> Any:
    """The cross-entropy of classes and the softmax of x along axis 1 (its only one, for a vector).

    ``target`` names a class by an integer, or holds a share of every class, in the shape of x. ``label_smoothing``
    spreads this part of it over all classes; ``weight`` and ``ignore_index`` are those of nll_loss.
    """
    if rank(x) == 1:
        x, target = np.expand_dims(x, 0), np.expand_dims(target, 0)
        reduction = "sum" if reduction == "none" else reduction
    logs = REGISTRY["log_softmax"](x, axis=one_axis(1, rank(x)))
    classes = extents(x)[1]
    shape = (1, -1, *(1,) * (rank(x) - 2))
    weighted = logs if weight is None else logs * np.reshape(weight, shape)
    if rank(target) < rank(x):
        exact = nll_loss(logs, target, reduction, weight, ignore_index)
        if not label_smoothing:
            return exact
        ignored = values(target) == ignore_index
        spread = np.where(ignored, 0, -np.sum(weighted, axis=1) / classes)
        _, count = _counted(np.where(ignored, 0, values(target)), weight, ignored)
        even = _reduced(spread, reduction, count)
        return (1 - label_smoothing) * exact + label_smoothing * even
    if label_smoothing:
        target = (1 - label_smoothing) * target + label_smoothing / classes
    return _reduced(-np.sum(weighted * target, axis=1), reduction)
