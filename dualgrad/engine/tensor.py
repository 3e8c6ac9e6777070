"""The tensor: an array, and an edge into the graph of the operations that made it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from dualgrad.array import ArrayMethods
from dualgrad.engine import printing
from dualgrad.engine.apply import VIEWS, applier, note, quick, related
from dualgrad.engine.graph import Edge, General, Leaf, Node
from dualgrad.engine.hooks import RemovableHandle
from dualgrad.engine.keeping import slim
from dualgrad.engine.manners import Manners
from dualgrad.engine.modes import RECORDING, is_grad_enabled, mode
from dualgrad.engine.operands import array_of, differentiable, operand
from dualgrad.engine.overwritten import anything_is_out, hand_out
from dualgrad.engine.spelling import spell
from dualgrad.engine.writing import Writing
from dualgrad.op import BY_NUMPY, Op, bind
from dualgrad.shapes import extents

# NumPy functions whose results carry no derivative: run on the values, whatever the tensor requires.
_QUERIES = frozenset(
    {np.allclose, np.array_equal, np.isclose, np.argmax, np.argmin, np.argsort, np.any, np.all, np.result_type}
    | {np.isfinite, np.isnan, np.isinf, np.isreal, np.iscomplex, np.signbit, np.count_nonzero, np.size}
    | {np.array_repr, np.array_str, np.searchsorted, np.digitize, np.nonzero, np.flatnonzero, np.argwhere, np.isin}
    | {np.argpartition, np.nanargmax, np.nanargmin, np.lexsort, np.isposinf, np.isneginf, np.array_equiv}
)


class Tensor(Writing, Manners, ArrayMethods):
    """An array that remembers how it was made.

    Operations on tensors that require a gradient are recorded as they run; ``backward`` on a result then adds
    to the ``grad`` of every leaf it depends on. Numbers are float64 unless the data say otherwise.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ("__weakref__", "_grad")
    __bind_rank__ = 2

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None) -> None:
        self._data = array_of(data, dtype)
        self._edge = None
        self._grad: Tensor | None = None
        self._family = None
        self._version = 0
        if self._data is data:
            hand_out(data)  # the user has it already
        if requires_grad is not False:
            self.requires_grad = requires_grad

    # ------------------------------------------------------------------------ what it is

    @property
    def data(self) -> Any:
        """The array itself: an ndarray, a NumPy number, or a tracer."""
        return hand_out(self._data)

    @data.setter
    def data(self, data: Any) -> None:
        self._data = array_of(data, None)

    @property
    def extents(self) -> tuple[Any, ...]:
        """The shape as structural extents."""
        return extents(self._data)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The length of each axis."""
        found: tuple[Any, ...] = self._data.shape
        return found

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's dtype."""
        found: np.dtype[Any] = self._data.dtype
        return found

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.extents)

    @property
    def size(self) -> Any:
        """The number of elements."""
        return self._data.size

    # ------------------------------------------------------------------------ its place in the graph

    @property
    def grad_fn(self) -> Node | None:
        """The operation that made it, where that was recorded."""
        return self._edge if isinstance(self._edge, Node) else None

    @property
    def is_leaf(self) -> bool:
        """True unless a recorded operation made it."""
        return not isinstance(self._edge, Node)

    @property
    def requires_grad(self) -> bool:
        """True where operations on it are recorded. May be set on leaves of a floating dtype."""
        return self._edge is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"requires_grad must be a bool, not {value!r}; write True or False")
        if not self.is_leaf:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable "
                "in a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if value and self.dtype.kind not in "fc":
            raise RuntimeError(
                f"only Tensors of floating point and complex dtype can require gradients; got dtype {self.dtype}, "
                f"convert with .astype(float)"
            )
        if value != self.requires_grad:
            self._edge = Leaf(self) if value else None

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set ``requires_grad``, and return the tensor itself."""
        self.requires_grad = requires_grad
        return self

    @property
    def grad(self) -> Tensor | None:
        """What backward passes have added up so far; None before the first, and for what is not a leaf."""
        return self._edge.grad if isinstance(self._edge, Leaf) else self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(
                f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}; "
                f"write dualgrad.tensor(...), or None to clear it"
            )
        if value is not None and (value.extents != self.extents or value.dtype != self.dtype):
            raise RuntimeError(
                f"assigned grad has dtype {value.dtype} and shape {value.extents}, expected those of the tensor: "
                f"dtype {self.dtype} and shape {self.extents}"
            )
        if isinstance(self._edge, Leaf):
            self._edge.grad = value
        else:
            self._grad = value

    def retain_grad(self) -> None:
        """Keep the gradient in ``grad``, as leaves do, though an operation made it."""
        if self._edge is None:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if isinstance(self._edge, Node):
            self._edge.watched().retained = weakref.ref(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook`` with the gradient each time it is computed; what it returns, if anything, takes its place.

        >>> x = Tensor(1.0, requires_grad=True)
        >>> removable = x.register_hook(lambda g: g * 2)
        >>> (x * 3).backward()
        >>> x.grad
        tensor(6.)
        """
        if self._edge is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return RemovableHandle(self._edge.watched().hooks, hook)

    def detach(self) -> Tensor:
        """The same array as a leaf that does not require a gradient."""
        apart: Tensor = related(handle(self._data, None), self)
        return apart

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call ``hook`` with this leaf each time that a backward pass has added to its ``grad``."""
        if not isinstance(self._edge, Leaf):
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        return RemovableHandle(self._edge.after, hook)

    @property
    def retains_grad(self) -> bool:
        """Whether ``grad`` will be kept though an operation made it."""
        return isinstance(self._edge, Node) and self._edge.watch is not None and self._edge.watch.retained is not None

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradient of this tensor, times ``gradient``, to the ``grad`` of every leaf it depends on.

        Without ``gradient`` the tensor must have one element. The graph is freed unless it is retained.
        With ``create_graph`` the gradients are themselves recorded, so that they can be differentiated again.
        """
        from dualgrad.engine.autograd import backward

        backward([self], None if gradient is None else [gradient], retain_graph, create_graph, inputs)

    def __reduce__(self) -> Any:
        """A copy is a leaf: the graph does not travel, as in PyTorch."""
        return _rebuilt, (self._data, self.requires_grad, self.grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment. If you were attempting to deepcopy a module, this may be because of a tensor that holds a "
                "graph; detach() it first"
            )
        memo[id(self)] = copied = _rebuilt(self._data.copy(), self.requires_grad, deepcopy(self.grad, memo))
        return copied

    @property
    def mirror(self) -> Any:
        """The formula of this tensor, read off its graph: see :mod:`dualgrad.mirror`."""
        from dualgrad.mirror import mirror_of

        return mirror_of(self)

    # ------------------------------------------------------------------------ applying ops

    @staticmethod
    def __bind__(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        if Tensor not in op.appliers and quick(op):
            op.appliers[Tensor] = applier(op, Tensor, lambda *args, **kwargs: bind(op, *op.call(*args, **kwargs)))
        saved = tuple([value._data if type(value) is Tensor else _operand(op, value) for value in inputs])
        value = bind(op, saved, params)
        if hasattr(type(value), "__lift__"):  # a recording: what a rule does with a captured array is to be seen too
            saved = tuple(map(value.__lift__, saved))
        result = handle(value, _recorded(op, inputs, saved, params, value) if mode() & RECORDING else None)
        shares = op.name in VIEWS and isinstance(inputs[0], Tensor) and result.ndim
        return related(result, inputs[0]) if shares else result

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        if out is None and (ufunc in _QUERIES or (ufunc not in BY_NUMPY and not _tracked(inputs))):
            return getattr(ufunc, method)(*_values(inputs), **kwargs)
        return super().__array_ufunc__(ufunc, method, *inputs, out=out, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in _QUERIES or (func not in BY_NUMPY and not _tracked((args, kwargs))):
            return func(*_values(args), **_values(kwargs))
        return super().__array_function__(func, types, args, kwargs)

    def __refuse__(self, message: str) -> Any:
        raise TypeError(message)

    # ------------------------------------------------------------------------ reading values

    def numpy(self) -> Any:
        """The array. A tensor that requires a gradient must be detached first, so that no gradient is lost unseen."""
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        return hand_out(self._data)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def item(self) -> Any:
        """The one element as a Python number."""
        return self._data.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._data.tolist()

    def __float__(self) -> float:
        return float(self._number("float"))

    def __int__(self) -> int:
        return int(self._number("int"))

    def _number(self, kind: str) -> Any:
        # NumPy asks for a float in ``array[0] = tensor`` and ``math`` does in ``math.exp(tensor)``: no gradient
        # would flow through it, unseen. PyTorch only warns.
        if self.requires_grad and is_grad_enabled():
            raise RuntimeError(
                f"{kind}() of a tensor that requires grad loses the gradient. Use tensor.item() for a plain number; "
                f"to fill an array with tensors use dualgrad.stack or assign into a dualgrad.zeros, not a NumPy array."
            )
        return self._data

    def __index__(self) -> int:
        found: int = self._data.__index__()
        return found

    def __bool__(self) -> bool:
        if isinstance(self._data, np.ndarray) and self._data.size != 1:
            count = "more than one value" if self._data.size else "no values"
            raise RuntimeError(f"Boolean value of Tensor with {count} is ambiguous")
        return bool(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return (self[position] for position in range(len(self)))

    def __repr__(self) -> str:
        return printing.text(self._data, self.requires_grad, self.grad_fn)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and not self.ndim else format(repr(self), spec)


Variable = Tensor
spell(Tensor)


def owned(data: Any, requires_grad: bool = False) -> Tensor:
    """A tensor with an array that nobody else has."""
    tensor = handle(array_of(data, None), None)
    if requires_grad is not False:
        tensor.requires_grad = requires_grad
    return tensor


def _rebuilt(data: Any, requires_grad: bool, grad: Tensor | None) -> Tensor:
    tensor = owned(data, requires_grad)
    tensor.grad = grad
    return tensor


def handle(data: Any, edge: Edge | None) -> Tensor:
    """A tensor with this array and this place in the graph; a leaf's own tensor while that holds the array."""
    if isinstance(edge, Leaf):
        variable = edge.variable
        if variable is not None and variable._data is data:
            return variable
    tensor = Tensor.__new__(Tensor)
    tensor._data, tensor._edge, tensor._grad, tensor._family, tensor._version = data, edge, None, None, 0
    return tensor


def _operand(op: Op, value: Any) -> Any:
    return value._data if isinstance(value, Tensor) else operand(op, value)


def _recorded(op: Op, inputs: Sequence[Any], saved: tuple[Any, ...], params: Mapping[str, Any], y: Any) -> Node | None:
    edges = [value._edge if isinstance(value, Tensor) else None for value in inputs]
    found = False
    for slot, edge in enumerate(edges):
        if edge is not None:
            if differentiable(op, slot):
                found = True
            else:
                edges[slot] = None
    if not found:
        return None
    node = General(op, saved, params, y, tuple(edges))
    slim(node)
    if mode() != RECORDING or anything_is_out() or any(map(_is_array, inputs)):
        note(node, inputs, saved)
    return node


def _is_array(value: Any) -> bool:
    return type(value) is np.ndarray


def _tracked(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return any(map(_tracked, value))
    if isinstance(value, dict):
        return any(map(_tracked, value.values()))
    return isinstance(value, Tensor) and value.requires_grad


def _values(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(map(_values, value))
    if isinstance(value, dict):
        return {key: _values(entry) for key, entry in value.items()}
    return value._data if isinstance(value, Tensor) else value
