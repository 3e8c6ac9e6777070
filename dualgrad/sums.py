"""Sums over one axis of large arrays: as a product with ones where NumPy would loop over short rows.

``np.add.reduce`` starts an inner loop for every row, and of a row of 20 that is most of the time. The product adds
the same numbers in an order that is as accurate. What is summed is looked at by its shape only, so that a sum comes
out the same wherever it is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

_SHORT = 64  # entries of a row
_MANY = 1 << 13  # entries in all
_added: Any = np.add.reduce


def total(a: Any, axis: Sequence[int], keepdims: bool) -> Any:
    """``np.sum`` of an array, or of a number without axes; each of the axes is counted from the front.

    >>> total(np.ones((2, 3)), (1,), True)
    array([[3.],
           [3.]])
    """
    if type(a) is not np.ndarray or a.size < _MANY or len(axis) != 1:
        return _added(a, axis=tuple(axis), keepdims=keepdims)
    (along,), shape = axis, a.shape
    length, inner = shape[along], prod(shape[along + 1 :])
    rows = length if inner == 1 else inner
    if rows > _SHORT or length < 2 or a.size == length or a.dtype.char not in "fd" or not a.flags.c_contiguous:
        return _added(a, axis=tuple(axis), keepdims=keepdims)
    if inner == 1:
        found = a.reshape(-1, length) @ np.ones(length, a.dtype)
    else:
        found = np.ones((1, length), a.dtype) @ a.reshape(-1, length, inner)
    kept = shape[:along] + (1,) * keepdims + shape[along + 1 :]
    return found.reshape(kept)
