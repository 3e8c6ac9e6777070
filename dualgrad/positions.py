"""Positions in an array, known when an op is applied: what indexing with arrays, sorting and padding come down to."""

from __future__ import annotations

import hashlib
import operator
from typing import Any

import numpy as np

from dualgrad.shapes import Shape, extents


class Positions:
    """An array of positions along an axis, as a static argument: it never changes, and is equal by its content.

    >>> Positions([2, 0], 3) == Positions([-1, 0], 3)
    True
    """

    __slots__ = ("_rounds", "array")

    def __init__(self, indices: Any, length: int) -> None:
        array = np.array(indices)
        if array.dtype.kind not in "iu" and array.size:
            raise TypeError(f"indices of dtype {array.dtype} are not positions; give integers")
        array = array.astype(np.intp, copy=False)
        if array.size:
            first, last = array.min(), array.max()
            if first < -length or last >= length:
                raise IndexError(f"an index from {first} to {last} is out of bounds for an axis of size {length}")
            if first < 0:
                array = np.where(array < 0, array + length, array)
        self.array = array
        self.array.setflags(write=False)
        self._rounds: list[Any] | None = None

    def rounds(self) -> list[Any]:
        """Where in the flat array every position stands for the first time, then for the second time, and so on.

        >>> Positions([2, 0, 2], 3).rounds()
        [array([1, 0]), array([2])]
        """
        if self._rounds is None:
            order = np.argsort(self.array, axis=None, kind="stable")
            ranked = self.array.reshape(-1)[order]
            starts = np.flatnonzero(np.diff(ranked, prepend=-1))
            lengths = np.diff(starts, append=ranked.size)
            turn = np.arange(ranked.size) - np.repeat(starts, lengths)
            by_turn = np.argsort(turn, kind="stable")
            self._rounds = np.split(order[by_turn], np.cumsum(np.bincount(turn))[:-1])
        return self._rounds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Positions) and np.array_equal(self.array, other.array)

    def __hash__(self) -> int:
        return hash((self.array.shape, self.array.tobytes()))

    def __repr__(self) -> str:
        if self.array.size <= 8:
            return f"Positions({self.array.tolist()})"
        return f"Positions({self.array.shape}, {hashlib.sha256(self.array.tobytes()).hexdigest()})"

    def progression(self) -> tuple[int, int] | None:
        """First position and step, where they are one row in equal steps."""
        if self.array.ndim != 1 or not self.array.size:
            return None
        steps = np.diff(self.array)
        step = int(steps[0]) if steps.size else 1
        return (int(self.array[0]), step) if (steps == step).all() else None


def values(x: Any) -> Any:
    """The numbers in an array or tensor, cut off from any graph; a recording refuses to give them.

    >>> values([1.0, 2.0])
    array([1., 2.])
    """
    return np.asarray(x.detach() if hasattr(x, "detach") else x)


def sizes(a: Any) -> tuple[int, ...]:
    """The shape as integers; TypeError where a size is symbolic."""
    shape: Shape = extents(a)
    if not all(isinstance(extent, int) for extent in shape):
        raise TypeError(f"positions in an array of symbolic shape {shape} are not known; use slices")
    return tuple(map(operator.index, shape))  # type: ignore[arg-type]


def numbered(a: Any) -> Any:
    """The row-major position of every entry, in the shape of the array: move these as the entries are to move."""
    shape = sizes(a)
    return np.arange(np.prod(shape, dtype=int)).reshape(shape)


_BASIC = frozenset({slice, int, type(None), type(Ellipsis)})


def is_advanced(key: Any) -> bool:
    """Whether a key holds sequences, arrays or truth values: more than integers, slices, None and the ellipsis."""
    parts = key if isinstance(key, tuple) else (key,)
    if _BASIC.issuperset(map(type, parts)):
        return False
    return any(isinstance(p, (list, tuple, bool, np.bool_)) or (hasattr(p, "dtype") and _is_array(p)) for p in parts)


def _is_array(part: Any) -> bool:
    return bool(part.ndim) or part.dtype == np.bool_
