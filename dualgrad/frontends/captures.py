"""Captured arrays that are one array read in another order: ``B`` in a function and ``B.T`` in its gradient."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np

from dualgrad.program.record import Variable

_MOST_AXES = 4  # of length other than 1; 24 orders to compare


def rearranged(
    array: np.ndarray[Any, Any], captured: Mapping[Variable, np.ndarray[Any, Any]]
) -> tuple[Variable, tuple[int, ...]] | None:
    """A captured array and an order of its axes that, up to axes of length 1, makes it this array; else None.

    The two agree element by element, so either may stand for the other in this recording.

    >>> rearranged(np.array([[1, 4], [2, 5], [3, 6]]), {"B": np.array([[1, 2, 3], [4, 5, 6]])})
    ('B', (1, 0))
    """
    wanted = array.squeeze()
    for variable, other in captured.items():
        if other.dtype == array.dtype and other.size == array.size:
            thin = [axis for axis, length in enumerate(other.shape) if length == 1]
            order = _order(other.squeeze(), wanted)
            if order is not None:
                long = [axis for axis in range(other.ndim) if axis not in thin]
                return variable, (*thin, *(long[axis] for axis in order))
    return None


def _order(array: np.ndarray[Any, Any], wanted: np.ndarray[Any, Any]) -> tuple[int, ...] | None:
    if array.ndim != wanted.ndim or array.ndim > _MOST_AXES:
        return None
    bits = wanted.tobytes()
    for order in permutations(range(array.ndim)):
        turned = array.transpose(order)
        if turned.shape == wanted.shape and turned.tobytes() == bits:  # bits, as 0.0 == -0.0
            return order
    return None
