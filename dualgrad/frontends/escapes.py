"""What would take values out of a recording: refused, with what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dualgrad.frontends import choosing
from dualgrad.op import REGISTRY

_READS = "__float__ __complex__ tobytes __contains__ __round__ __trunc__ __floor__ __ceil__"
_UNKNOWN = "__xor__ __rxor__ __lshift__ __rshift__"


def _refusing(message: str) -> Callable[..., Any]:
    def refused(self: Any, *_: Any, **__: Any) -> Any:
        return self.__refuse__(message)

    refused.__doc__ = "Refused: " + message
    return refused


def _unknown(name: str) -> Callable[..., Any]:
    def refused(self: Any, *_: Any) -> Any:
        what = "an array of symbolic size" if choosing.is_made_of_sizes(self) else "an array"
        return self.__refuse__(f"the operator {name} of {what} is not an op of dualgrad; write it with ops that are")

    refused.__doc__ = "Refused: not an op."
    return refused


class Escapes:
    """The methods of arrays that read values."""

    __slots__ = ()

    def item(self: Any, *place: Any) -> Any:
        """The only element, or that at a place; it stays traced."""
        return self.flat[place[0] if len(place) == 1 else place] if place else self.reshape(())

    def tolist(self: Any) -> Any:
        """Nested lists of the elements, which stay traced."""
        return [part.tolist() for part in self] if self.ndim else self

    def nonzero(self: Any) -> Any:
        """``np.nonzero``."""
        return choosing.nonzero(self)

    def sort(self: Any, axis: int = -1, **_: Any) -> None:
        """Sort in place."""
        self[...] = choosing.sort(self, axis)

    def partition(self: Any, kth: int, axis: int = -1, **_: Any) -> None:
        """Partition in place."""
        self[...] = choosing.partition(self, kth, axis)

    def __floordiv__(self: Any, other: Any) -> Any:
        return REGISTRY["floor_divide"](self, other)

    def __rfloordiv__(self: Any, other: Any) -> Any:
        return REGISTRY["floor_divide"](other, self)

    def __divmod__(self: Any, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self: Any, other: Any) -> tuple[Any, Any]:
        return other // self, other % self


for _name in _READS.split():
    _said = f"{_name.strip('_')}() reads a value; a recording covers every value: use NumPy functions instead"
    setattr(Escapes, _name, _refusing(_said))
for _name in _UNKNOWN.split():
    setattr(Escapes, _name, _unknown(_name))
for _function in (choosing.argsort, choosing.argpartition, choosing.argmax, choosing.argmin, choosing.searchsorted):
    setattr(Escapes, _function.__name__, _function)
for _name in ("__int__", "__index__"):
    setattr(Escapes, _name, choosing.number)
