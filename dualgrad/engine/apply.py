"""Pointwise operations on tensors, written out for one and for two operands: what costs most in small programs.

An applier does for its op what ``Tensor.__bind__`` does for every op, and hands over to it whatever is not float64
arrays, tensors of these and numbers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dualgrad.engine import overwritten
from dualgrad.engine.buffers import LARGE
from dualgrad.engine.graph import Binary, Extra, General, Leaf, Node, Unary, now
from dualgrad.engine.keeping import NOTABLE, kept, slim, unread
from dualgrad.engine.modes import ANOMALY, RECORDING, mode, user_line
from dualgrad.engine.reuse import gone, taken
from dualgrad.engine.shells import blank, shell
from dualgrad.op import Op, run
from dualgrad.ops.index import canonical, native, plain_steps
from dualgrad.parts import by_rows
from dualgrad.positions import is_advanced

# On numbers NumPy's operators cost a tenth of its functions, and they are the same functions.
_OPERATORS: dict[Any, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.negative: operator.neg,
    np.matmul: operator.matmul,
}
_INTO = frozenset({np.add, np.subtract, np.multiply, np.divide})  # whose results may take the place of an operand
VIEWS = frozenset({"getitem", "reshape", "transpose", "diagonal", "broadcast_to"})  # may share their operand's memory
_FLOAT64 = np.dtype(np.float64)
_NUMBERS = frozenset({float, int, np.float64})
_new = object.__new__
_float64, _ndarray = np.float64, np.ndarray  # names that are looked up quickly
_handed_out = overwritten.handed_out


def quick(op: Op) -> bool:
    """Whether there is an applier for an op: it has one or two operands, and a gradient flows to each of them."""
    rules = (*op.partials, *op.vjp)
    return not op.variadic and None not in rules and (len(rules) == 1 or (op.direct and len(rules) == 2))


def applier(op: Op, kind: type, slow: Callable[..., Any]) -> Callable[..., Any]:
    """The applier of an op to tensors of this class; ``slow`` does what it leaves."""
    if not op.direct:
        return _general(op, kind, slow)
    if op.partials:
        return _unary(op, kind, slow) if _arity(op) == 1 else _binary(op, kind, slow)
    return _product(op, kind, slow)


def _arity(op: Op) -> int:
    return len(op.partials) + len(op.vjp)


def note(node: Node, given: Sequence[Any], saved: Sequence[Any]) -> None:
    """Put on a node the arrays that the user has too, and the line that ran it where that is asked for."""
    found = overwritten.marks(given, saved, node.value)
    where = user_line() if mode() & ANOMALY else ""
    if found or where:
        node.plain, node.extra = False, Extra(found, where)


def _unary(op: Op, kind: Any, slow: Callable[..., Any]) -> Callable[..., Any]:
    compute = _computed(op)

    def apply(x: Any) -> Any:
        if type(x) is not kind:
            return slow(x)
        data, edge = x._data, x._edge
        held = type(data)
        if held is not _float64 and held is not _ndarray:
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
        if held is _float64:
            node.plain = type(value) is _float64
        elif (size := value.nbytes) < NOTABLE:
            node.plain = data.dtype is _FLOAT64 is value.dtype
        else:
            node.plain = size < LARGE and data.dtype is _FLOAT64 is value.dtype
            slim(node)
        node.extra = None
        if state != RECORDING or _handed_out:
            note(node, (x,), (data,))
        return tensor

    return apply


def _binary(op: Op, kind: Any, slow: Callable[..., Any]) -> Callable[..., Any]:
    compute = _computed(op)
    may_take = op.forward in _INTO

    def apply(x1: Any, x2: Any) -> Any:
        if type(x1) is kind is type(x2):
            data1, data2, edge1, edge2 = x1._data, x2._data, x1._edge, x2._edge
            if type(data1) is _float64 is type(data2):  # what else would be asked of arrays takes longer than the op
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
                node.plain = type(value) is _float64
                node.extra = None
                if state != RECORDING or _handed_out:
                    note(node, (x1, x2), (data1, data2))
                return tensor
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
        held1, held2 = type(data1), type(data2)
        if held1 is _float64:
            if held2 is _float64:
                plain = True
            elif held2 is _ndarray:
                plain = edge1 is None and data2.dtype is _FLOAT64
            elif held2 in _NUMBERS:
                plain = True
            else:
                return slow(x1, x2)
        elif held1 is _ndarray:
            if held2 is _ndarray:
                plain = data1.dtype is _FLOAT64 is data2.dtype and data1.shape == data2.shape
            elif held2 in _NUMBERS:
                plain = data1.dtype is _FLOAT64 and edge2 is None
            else:
                return slow(x1, x2)
        elif held1 in _NUMBERS and (held2 is _float64 or held2 is _ndarray):
            plain = held2 is _float64 or data2.dtype is _FLOAT64
        else:
            return slow(x1, x2)
        if may_take and (
            (held1 is _ndarray and data1.nbytes >= LARGE) or (held2 is _ndarray and data2.nbytes >= LARGE)
        ):
            place = taken(x1, x2, data1, data2, unread(op, _flows(edge1, edge2)))
            if place == 1:
                x1._data = gone()
                value = by_rows(op.forward, data1, data2, data1)
                data1 = shell(value)
            elif place == 2:
                x2._data = gone()
                value = by_rows(op.forward, data1, data2, data2)
                data2 = shell(value)
            else:
                value = by_rows(op.forward, data1, data2)
        else:
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
        if type(value) is _float64:
            node.plain = plain
        elif (size := value.nbytes) < NOTABLE:
            node.plain = plain and value.dtype is _FLOAT64
        else:
            node.plain = plain and size < LARGE and value.dtype is _FLOAT64
            slim(node)
        node.extra = None
        if state != RECORDING or _handed_out:
            note(node, (x1, x2), (data1, data2))
        return tensor

    return apply


def _flows(edge1: Any, edge2: Any) -> tuple[int, ...]:
    """The slots that a gradient will flow to."""
    if not mode() & RECORDING:
        return ()
    return (
        (0, 1) if edge1 is not None and edge2 is not None else (0,) if edge1 is not None else (1,) * (edge2 is not None)
    )


def _product(op: Op, kind: Any, slow: Callable[..., Any]) -> Callable[..., Any]:
    """For what is not pointwise: a product of two arrays, on matrices without broadcasting."""
    compute = _computed(op)

    def apply(x1: Any, x2: Any) -> Any:
        if type(x1) is not kind or type(x2) is not kind:
            return slow(x1, x2)
        data1, data2, edge1, edge2 = x1._data, x2._data, x1._edge, x2._edge
        if type(data1) is not np.ndarray or type(data2) is not np.ndarray:
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
        node.plain = data1.dtype is _FLOAT64 is data2.dtype and data1.ndim == data2.ndim == 2
        if (size := value.nbytes) >= NOTABLE or edge1 is None or edge2 is None:  # else its rules read both
            node.plain = node.plain and size < LARGE
            slim(node)
        node.extra = None
        if state != RECORDING or _handed_out:
            note(node, (x1, x2), (data1, data2))
        return tensor

    return apply


def _general(op: Op, kind: Any, slow: Callable[..., Any]) -> Callable[..., Any]:
    """For one operand and static arguments."""
    result = _of_one(op, kind)

    def apply(x: Any, *args: Any, **kwargs: Any) -> Any:
        if type(x) is not kind:
            return slow(x, *args, **kwargs)
        data = x._data
        if type(data) is not _ndarray:
            return slow(x, *args, **kwargs)
        inputs, params = op.call(data, *args, **kwargs)
        if len(inputs) != 1 or inputs[0] is not data:
            return slow(x, *args, **kwargs)
        return result(x, inputs, params, run(op, inputs, params))

    return apply


def _of_one(op: Op, kind: Any) -> Callable[..., Any]:
    """The tensor that an op of one operand and static arguments gives."""
    shares = op.name in VIEWS
    reads: Any = None  # whether rules read the result, and the operand; known when the first is recorded

    def result(x: Any, inputs: tuple[Any], params: Mapping[str, Any], value: Any) -> Any:
        edge = x._edge
        tensor = _new(kind)
        tensor._data = value
        tensor._grad = tensor._family = None
        tensor._version = 0
        if shares and type(value) is _ndarray:
            related(tensor, x)
        if edge is None or not (state := mode()) & RECORDING:
            tensor._edge = None
            return tensor
        nonlocal reads
        if reads is None:
            result_is_read, (operand_is_read,) = kept(op, (True,))
            reads = result_is_read, operand_is_read
        (data,) = inputs
        tensor._edge = node = _new(General)
        node.op = op
        node.saved = inputs if reads[1] or data.nbytes < NOTABLE or type(edge) is Leaf else (blank(data),)
        node.params = params
        node.value = value if reads[0] or value.nbytes < NOTABLE or type(value) is not _ndarray else blank(value)
        node.edges = (edge,)
        node.serial = now()
        node.plain = False
        node.extra = None
        if state != RECORDING or _handed_out:
            note(node, (x,), inputs)
        return tensor

    return result


def reader(op: Op, kind: Any, slow: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """``x[key]`` of a tensor, for keys without arrays."""
    result = _of_one(op, kind)

    def read(x: Any, key: Any) -> Any:
        data = x._data
        if type(data) is not _ndarray:
            return slow(x, key)
        quick = plain_steps(key, data.shape)
        if quick is not None:
            return result(x, (data,), {"key": quick}, data[key])
        if is_advanced(key):
            return slow(x, key)
        steps = canonical(key, data.shape)
        return result(x, (data,), {"key": steps}, data[native(steps)])

    return read


def related(view: Any, base: Any) -> Any:
    """Mark two tensors as sharing memory: every handle on that memory holds the same token."""
    if base._family is None:
        base._family = object()
    view._family = base._family
    return view


def _computed(op: Op) -> Callable[..., Any]:
    if isinstance(op.forward, np.ufunc):
        return _OPERATORS.get(op.forward, op.forward)
    return lambda *inputs: run(op, inputs, {})
