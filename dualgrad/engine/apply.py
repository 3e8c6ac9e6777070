"""Pointwise operations on tensors, written out for one and for two operands: what costs most in small programs.

An applier does for its op what ``Tensor.__bind__`` does for every op, and hands over to it whatever is not float64
arrays, tensors of these and numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualgrad.engine import overwritten
from dualgrad.engine.graph import Binary, Extra, Unary, now
from dualgrad.engine.keeping import LARGE, slim
from dualgrad.engine.modes import ANOMALY, RECORDING, mode, user_line
from dualgrad.op import Op, run

# On numbers NumPy's operators cost a tenth of its functions, and they are the same functions.
_OPERATORS: dict[Any, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.negative: operator.neg,
}
_FLOAT64 = np.dtype(np.float64)
_NUMBERS = frozenset({float, int, np.float64})
_new = object.__new__
_handed_out = overwritten.handed_out


def quick(op: Op) -> bool:
    """Whether there are appliers for an op: it is pointwise, and a gradient flows to each of its operands."""
    return bool(op.partials) and op.direct and len(op.partials) <= 2 and None not in op.partials


def applier(op: Op, kind: type, slow: Callable[..., Any]) -> Callable[..., Any]:
    """The applier of an op to tensors of this class; ``slow`` does what it leaves."""
    return _unary(op, kind, slow) if len(op.partials) == 1 else _binary(op, kind, slow)


def noted(given: Sequence[Any], saved: Sequence[Any], value: Any) -> Extra | None:
    """What is to be noted on a node: the arrays that the user has, and the line that ran it where that is asked for."""
    found = overwritten.marks(given, saved, value)
    where = user_line() if mode() & ANOMALY else ""
    return Extra(found, where) if found or where else None


def _unary(op: Op, kind: Any, slow: Callable[..., Any]) -> Callable[..., Any]:
    compute = _computed(op)

    def apply(x: Any) -> Any:
        if type(x) is not kind:
            return slow(x)
        data, edge = x._data, x._edge
        number = type(data) is np.float64
        if not number and type(data) is not np.ndarray:
            return slow(x)
        value = compute(data)
        tensor = _new(kind)
        tensor._data = value
        tensor._grad = tensor._family = None
        tensor._version = 0
        if edge is None or not (state := mode()) & RECORDING:
            tensor._edge = None
            return tensor
        tensor._edge = node = Unary()
        node.op = op
        node.x1 = data
        node.value = value
        node.edge1 = edge
        node.serial = now()
        if number:
            node.plain = type(value) is np.float64
        else:
            node.plain = data.dtype is _FLOAT64 is value.dtype and value.nbytes < LARGE
            if not node.plain:
                slim(node)
        node.extra = None if state == RECORDING and not _handed_out else noted((x,), (data,), value)
        return tensor

    return apply


def _binary(op: Op, kind: Any, slow: Callable[..., Any]) -> Callable[..., Any]:
    compute = _computed(op)

    def apply(x1: Any, x2: Any) -> Any:
        edge1 = edge2 = None
        if type(x1) is kind:
            data1, edge1 = x1._data, x1._edge
        elif type(x1) in _NUMBERS:
            data1 = x1
        else:
            return slow(x1, x2)
        if type(x2) is kind:
            data2, edge2 = x2._data, x2._edge
        elif type(x2) in _NUMBERS:
            data2 = x2
        else:
            return slow(x1, x2)
        if type(data1) is np.ndarray:
            if type(data2) is np.ndarray:
                plain = data1.dtype is _FLOAT64 is data2.dtype and data1.shape == data2.shape
            elif type(data2) in _NUMBERS:
                plain = data1.dtype is _FLOAT64 and edge2 is None
            else:
                return slow(x1, x2)
        elif type(data1) in _NUMBERS:
            if type(data2) is np.ndarray:
                plain = data2.dtype is _FLOAT64 and edge1 is None
            elif type(data2) in _NUMBERS:
                plain = True
            else:
                return slow(x1, x2)
        else:
            return slow(x1, x2)
        value = compute(data1, data2)
        tensor = _new(kind)
        tensor._data = value
        tensor._grad = tensor._family = None
        tensor._version = 0
        if (edge1 is None and edge2 is None) or not (state := mode()) & RECORDING:
            tensor._edge = None
            return tensor
        tensor._edge = node = Binary()
        node.op = op
        node.x1 = data1
        node.x2 = data2
        node.value = value
        node.edge1 = edge1
        node.edge2 = edge2
        node.serial = now()
        if type(value) is np.float64:
            node.plain = plain
        else:
            node.plain = plain and value.dtype is _FLOAT64 and value.nbytes < LARGE
            if not node.plain:
                slim(node)
        node.extra = None if state == RECORDING and not _handed_out else noted((x1, x2), (data1, data2), value)
        return tensor

    return apply


def _computed(op: Op) -> Callable[..., Any]:
    if isinstance(op.forward, np.ufunc):
        return _OPERATORS.get(op.forward, op.forward)
    return lambda *inputs: run(op, inputs, {})
