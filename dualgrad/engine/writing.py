"""Writing in place, as PyTorch spells it.

A tensor that is written to takes a new array; the old one stays with the operations that were recorded on it, so
that their gradients are those of the values they were given. PyTorch can only raise there.
"""

from __future__ import annotations

import sys
from typing import Any, Self

import numpy as np

from dualgrad.array import ArrayMethods
from dualgrad.engine.graph import Edge, Leaf
from dualgrad.engine.modes import is_grad_enabled
from dualgrad.op import COMPOSED, REGISTRY
from dualgrad.positions import is_advanced
from dualgrad.shapes import extents


class Writing(ArrayMethods):
    """The methods of a tensor that write to it, and return it."""

    __slots__ = ("_data", "_edge", "_family", "_version")

    _data: Any
    _edge: Edge | None
    _family: object | None  # shared by the tensors that share memory
    _version: int  # how often it was written to

    def add_(self, other: Any, *, alpha: Any = 1) -> Self:
        """Add ``alpha * other`` in place."""
        return self._become(self + (other if alpha == 1 else other * alpha))

    def sub_(self, other: Any, *, alpha: Any = 1) -> Self:
        """Subtract ``alpha * other`` in place."""
        return self._become(self - (other if alpha == 1 else other * alpha))

    def mul_(self, other: Any) -> Self:
        """Multiply by ``other`` in place."""
        return self._become(self * other)

    def div_(self, other: Any) -> Self:
        """Divide by ``other`` in place."""
        return self._become(self / other)

    def zero_(self) -> Self:
        """Fill with zeros in place."""
        return self.fill_(0)

    def fill_(self, value: Any) -> Self:
        """Fill with a number, or with a tensor without axes, in place."""
        if extents(value):
            raise RuntimeError(f"fill_ only supports a number or a 0-d tensor, but got one of shape {extents(value)}")
        return self._become(REGISTRY["multiply"](np.ones_like(self._data), value))

    def copy_(self, source: Any) -> Self:
        """Take the values of ``source``, broadcast, in place."""
        return self._become(REGISTRY["add"](np.zeros_like(self._data), source))

    __iadd__ = add_
    __isub__ = sub_
    __imul__ = mul_
    __itruediv__ = div_

    def __setitem__(self, key: Any, value: Any) -> None:
        advanced = is_advanced(key)
        self._become(COMPOSED["index_put"](self, key, value) if advanced else REGISTRY["setitem"](self, value, key))

    def _become(self, result: Any) -> Self:
        """Take the place of ``result``. What was recorded before keeps the arrays it was given."""
        if isinstance(self._edge, Leaf) and is_grad_enabled():
            raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
        if self._family is not None and sys.getrefcount(self._family) > 2:
            raise RuntimeError("a tensor that shares memory with another was written to; write to a .copy() of it")
        if extents(result) != extents(self):
            raise RuntimeError(f"an in-place operation cannot change the shape {extents(self)} to {extents(result)}")
        if result.dtype != self._data.dtype:
            if self._data.dtype.kind != "f" and result.dtype.kind == "f":
                raise RuntimeError(
                    f"result type {result.dtype} can't be cast to the desired output type {self._data.dtype}; "
                    f"write to a .astype(float) of it"
                )
            result = REGISTRY["astype"](result, self._data.dtype)
        self._data, self._family = getattr(result, "_data", result), None
        self._version += 1
        if is_grad_enabled():  # else it stays what it was made by, as in PyTorch
            self._edge = getattr(result, "_edge", None)
        return self
