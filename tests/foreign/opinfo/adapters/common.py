"""What the adapters share: PyTorch's manners in arguments."""

from __future__ import annotations


class Lacking(Exception):
    """dualgrad has the op, but not what these arguments ask of it."""


def lacking(unless, why):
    if not unless:
        raise Lacking(why)


def rank(x):
    return len(x.shape)


def axes(dim, x):
    """PyTorch's dim as an axis of NumPy; an empty one stands for all, and a number has one axis to name."""
    if dim is None or not rank(x) or (isinstance(dim, (tuple, list)) and not dim):
        return None
    return tuple(dim) if isinstance(dim, (tuple, list)) else dim


def sizes(given):
    """Sizes given one by one, or in one sequence."""
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], (tuple, list)) else tuple(given)


def reduced(loss, reduction):
    return {"mean": lambda: loss.mean(), "sum": lambda: loss.sum(), "none": lambda: loss}[reduction]()
