"""How far two results are apart, in roundings.

Of a function of each entry, every entry counts by itself, relative to its own size: a tail of a derivative that is
wrong by all of its digits is as far off as one near 1. Of anything else an entry is a sum, whose rounding errors are
those of its terms: they count relative to the largest entry, or to the size that the gradient has by its dimension,
the cotangent's times the output's over the input's.
"""

from __future__ import annotations

import numpy as np

EPSILON = 2.0**-52
TINY = np.finfo(float).tiny


def apart(found, expected, natural=0.0):
    """The largest distance of two arrays in roundings; infinite where shape or dtype differ, or one is not finite.

    >>> apart(np.array([1.0 + 2**-52]), np.array([1.0]))
    1.0
    """
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return np.inf
    return float(np.max(distances(found, expected, natural), initial=0.0))


def distances(found, expected, natural):
    """The distance of every entry in roundings."""
    with np.errstate(all="ignore"):
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        scale = np.maximum(np.abs(expected), TINY)
        if natural is not None:
            finite = np.abs(expected[np.isfinite(expected)])
            scale = np.maximum(scale, max(np.max(finite, initial=0.0), natural))
        ratio = np.where(same, 0.0, np.abs(found - expected) / (scale * EPSILON))
    return np.where(np.isnan(ratio), np.inf, ratio)


def natural(cotangents, outputs, leaf):
    """The size of a gradient by its dimension."""
    largest = [np.max(np.abs(a[np.isfinite(a)]), initial=0.0) for a in (*cotangents, *outputs)]
    below = np.max(np.abs(leaf), initial=0.0)
    count = len(cotangents)
    above = max((g * y for g, y in zip(largest[:count], largest[count:], strict=True)), default=0.0)
    return float(above / below) if below and np.isfinite(below) else 0.0
