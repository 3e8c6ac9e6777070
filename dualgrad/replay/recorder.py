"""Recording: the function runs once on arrays that write down what is done to them.

A recorded array carries the array that it stands for, so that shapes, dtypes, layouts and shared memory of every
result are those of a run, not deduced. Nothing may read its entries: what was recorded has to hold for all of them.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from dualgrad.array import ArrayMethods
from dualgrad.op import REGISTRY, Op
from dualgrad.replay.steps import Number, Operand, Recording, Step, Value


class Uncompilable(TypeError):
    """A function did something that cannot be replayed for other values of its arguments."""


class Session:
    """One recording in the making."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.inputs: list[Value] = []
        self.captured: dict[Value, np.ndarray[Any, Any]] = {}
        self.refused: Uncompilable | None = None
        self._known: dict[int, tuple[Any, Value]] = {}
        self._serial = 0

    def input(self, array: Any) -> Recorded:
        """An argument: an array, a NumPy number or a Python float."""
        value = self._value(array)
        self.inputs.append(value)
        return Recorded(self, value, array)

    def record(self, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Recorded:
        """Apply an op, and append the step."""
        operands = tuple(map(self.operand, inputs))
        arrays = [part._array if isinstance(part, Recorded) else part for part in inputs]
        result = op.forward(*arrays, **params)
        if not isinstance(result, (np.ndarray, np.generic)):
            result = np.asarray(result)[()]
        output = self._value(result)
        shows = () if output.number else tuple(k for k, array in enumerate(arrays) if _may_share(result, array))
        self.steps.append(Step(op, operands, params, output, shows, user_line()))
        return Recorded(self, output, result)

    def operand(self, value: Any) -> Operand:
        """What a step is given: a recorded array, a number, or an array from outside."""
        if isinstance(value, Recorded):
            if value._session is not self:
                self.refuse("an array of an earlier call was used; return it instead of storing it")
            return value._value
        if isinstance(value, (bool, int, float, complex, np.generic)):
            return Number(value)
        if not isinstance(value, np.ndarray):
            self.refuse(f"an operand of type {type(value).__name__} cannot be recorded; pass arrays or numbers")
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = (value, self._value(value))
            self.captured[known[1]] = value
        return known[1]

    def recording(self, outputs: Sequence[Operand]) -> Recording:
        """What was recorded, with these results."""
        return Recording(tuple(self.inputs), tuple(self.steps), tuple(outputs), dict(self.captured))

    def refuse(self, reason: str) -> NoReturn:
        """Stop, for good: also where the function catches the exception."""
        self.refused = Uncompilable(f"dualgrad.compile: {reason} (at {user_line() or 'an unknown line'})")
        raise self.refused

    def _value(self, array: Any) -> Value:
        self._serial += 1
        name = f"v{self._serial}"
        if isinstance(array, np.ndarray):
            order = tuple(sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis])))
            if array.flags.c_contiguous:
                order = tuple(range(array.ndim))
            return Value(name, array.shape, array.dtype, order)
        return Value(name, (), array.dtype, (), number=True)


_OURS = ("dualgrad", "numpy", "verify")
_of_user: dict[types.CodeType, bool] = {}


def user_line() -> str:
    """The innermost line outside of dualgrad and NumPy, as "file:line"."""
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        known = _of_user.get(code)
        if known is None:
            known = _of_user[code] = frame.f_globals.get("__name__", "").partition(".")[0] not in _OURS
        if known:
            return f"{code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _may_share(result: Any, array: Any) -> bool:
    return isinstance(result, np.ndarray) and isinstance(array, np.ndarray) and np.may_share_memory(result, array)


class Recorded(ArrayMethods):
    """An array that records what is done to it."""

    __bind_rank__ = 1
    __stacks__ = True  # its shape is known, and whatever is done to it is seen: all directions may be taken at once
    __slots__ = ("__weakref__", "_array", "_session", "_value")

    def __init__(self, session: Session, value: Value, array: Any) -> None:
        self._session = session
        self._value = value
        self._array = array

    @staticmethod
    def __bind__(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Recorded:
        first = next(value for value in inputs if isinstance(value, Recorded))
        return first._session.record(op, inputs, params)

    def __refuse__(self, message: str) -> NoReturn:
        self._session.refuse(message)

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self._value.shape

    extents = shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype."""
        return self._value.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._value.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self._value.shape, dtype=int))

    def copy(self, order: str = "C") -> Any:
        """The same entries in an array of their own."""
        return REGISTRY["copy"](self)

    __copy__ = copy

    def __deepcopy__(self, _: Any) -> Any:
        return self.copy()

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[position] for position in range(len(self)))

    def __repr__(self) -> str:
        return f"Recorded({self._value!r})"


_READS = (
    "__bool__ __float__ __int__ __index__ __complex__ __array__ __contains__ __round__ __trunc__ __floor__ __ceil__ "
    "item tolist tobytes"
)
_WRITES = "__setitem__ __iadd__ __isub__ __imul__ __itruediv__ __ipow__ __imod__ __iand__ __ior__ __imatmul__ fill sort"


def _refusing(message: str) -> Callable[..., Any]:
    def refused(self: Recorded, *_: Any, **__: Any) -> Any:
        if self._session.refused is not None:  # the line of the first one counts
            raise self._session.refused
        self._session.refuse(message)

    refused.__doc__ = "Refused: " + message
    return refused


for _name in _READS.split():
    _said = f"{_name.strip('_')}() reads entries, and a compiled function runs the same way for all; use np.where"
    setattr(Recorded, _name, _refusing(_said))
for _name in _WRITES.split():
    _said = f"{_name.strip('_')} writes to an array in place; write x = x + 1 instead of x += 1, np.where for x[i] = 1"
    setattr(Recorded, _name, _refusing(_said))
