"""Arrays that carry their tangent along: forward mode as it runs.

The rules of reverse mode, run on them, give the derivative of a gradient along a direction: forward over reverse. A
tangent is an array like the value, or a Stack of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dualgrad.array import ArrayMethods
from dualgrad.engine.forward import like, push
from dualgrad.engine.operands import differentiable
from dualgrad.op import Op, bind


class Dual(ArrayMethods):
    """A value and its tangent. What has none is no Dual, but the array itself."""

    __slots__ = ("tangent", "value")
    __bind_rank__ = 1.2  # before what its value may be

    def __init__(self, value: Any, tangent: Any) -> None:
        self.value = value
        self.tangent = tangent

    @property
    def extents(self) -> tuple[Any, ...]:
        """The shape."""
        shape: tuple[int, ...] = self.value.shape
        return shape

    shape = extents

    @property
    def dtype(self) -> Any:
        """The dtype."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        ndim: int = self.value.ndim
        return ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        size: int = self.value.size
        return size

    @staticmethod
    def __bind__(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        values = [x.value if type(x) is Dual else x for x in inputs]
        value = bind(op, values, params)
        tangent: Any = None
        for slot, x in enumerate(inputs):
            if type(x) is Dual and differentiable(op, slot):
                part = push(op, slot, x.tangent, value, values, params)
                if part is not None:
                    tangent = part if tangent is None else tangent + part
        return value if tangent is None else Dual(value, like(tangent, value))
