"""A stack of arrays with a single entry each, the k-th at place k: what the units are, and stay through pointwise ops.

A pass for all rows of a Jacobian starts with the units. While only pointwise ops come, each row has its one entry
where it had it, so a vector holds them all; anything else is done on the stack that this stands for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dualgrad.array import ArrayMethods
from dualgrad.engine.stack import Stack
from dualgrad.op import Op, bind


class Diagonal(ArrayMethods):
    """As many vectors as they are long; ``entry[k]`` is the one entry of the k-th that is not zero."""

    __slots__ = ("_entries", "entry")
    __bind_rank__ = 1.5  # before a Stack

    def __init__(self, entry: Any) -> None:
        self.entry = entry
        self._entries: Any = None

    @property
    def entries(self) -> Any:
        """All of them, zeros too."""
        if self._entries is None:
            self._entries = np.diag(self.entry)
        return self._entries

    @property
    def extents(self) -> tuple[Any, ...]:
        """The shape of each."""
        shape: tuple[int, ...] = self.entry.shape
        return shape

    shape = extents
    ndim = 1

    @property
    def dtype(self) -> Any:
        """The dtype of all."""
        return self.entry.dtype

    @property
    def size(self) -> int:
        """How many elements each has."""
        return len(self.entry)

    def _is_along(self, other: Any) -> bool:
        """Whether all of an operand meets the entries."""
        if type(other) in _NUMBERS:
            return True
        return type(other) in (np.ndarray, type(self.entry)) and bool(other.shape == self.entry.shape)

    def __neg__(self) -> Any:
        return Diagonal(-self.entry)

    def __mul__(self, other: Any) -> Any:
        if self._is_along(other):
            return Diagonal(self.entry * other)
        return super().__mul__(other)

    def __truediv__(self, other: Any) -> Any:
        if self._is_along(other):
            return Diagonal(self.entry / other)
        return super().__truediv__(other)

    def __add__(self, other: Any) -> Any:
        return Diagonal(self.entry + other.entry) if type(other) is Diagonal else super().__add__(other)

    @staticmethod
    def __bind__(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        first, last = inputs[0], inputs[-1]
        scales = op.name == "matmul" and type(first) is Diagonal and type(last) in (np.ndarray, type(first.entry))
        if scales and last.ndim == 2:
            return Stack(first.entry[:, None] * last)
        return bind(op, [Stack(x.entries) if type(x) is Diagonal else x for x in inputs], params)


_NUMBERS = frozenset({float, int, np.float64})
