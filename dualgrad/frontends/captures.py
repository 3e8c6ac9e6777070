"""Captured arrays that are one array read otherwise: ``B`` in a function and ``B.T`` or ``-B`` in its gradient."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from dualgrad.program.record import Variable

_MOST_AXES = 4  # of length other than 1; 24 orders to compare


class Known(NamedTuple):
    """A captured array, an order of its axes, and whether it is negated."""

    variable: Variable
    axes: tuple[int, ...]
    negated: bool


def rearranged(array: np.ndarray[Any, Any], captured: Mapping[Variable, np.ndarray[Any, Any]]) -> Known | None:
    """How a captured array makes this one, up to axes of length 1; None where none does.

    The two agree element by element, so either may stand for the other in this recording.

    >>> rearranged(np.array([[-1, -4], [-2, -5], [-3, -6]]), {"B": np.array([[1, 2, 3], [4, 5, 6]])})
    Known(variable='B', axes=(1, 0), negated=True)
    """
    wanted = array.squeeze()
    for variable, other in captured.items():
        if other.dtype != array.dtype or other.size != array.size:
            continue
        thin = [axis for axis, length in enumerate(other.shape) if length == 1]
        long = [axis for axis in range(other.ndim) if axis not in thin]
        for negated in (False, True) if array.dtype.kind in "if" else (False,):
            order = _order(-other.squeeze() if negated else other.squeeze(), wanted)
            if order is not None:
                return Known(variable, (*thin, *(long[axis] for axis in order)), negated)
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
