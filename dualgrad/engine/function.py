"""A user's own forward and backward, as PyTorch's ``autograd.Function``."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from dualgrad.engine.arguments import described
from dualgrad.engine.backward import wrapped
from dualgrad.engine.graph import Edge, General, Leaf, Node
from dualgrad.engine.modes import is_grad_enabled, no_grad
from dualgrad.engine.tensor import Tensor, handle, owned
from dualgrad.meanings import Unread
from dualgrad.op import Kind, Op

_UNREAD = Unread("it is a Function, of which only a forward and a backward are known")


class Context:
    """What a forward leaves for its backward. Any attribute may be set on it."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[Any, ...] = ()
        self._results: tuple[Any, ...] = ()  # what forward returned; one of them may be saved too
        self._places: list[weakref.ref[Node]] = []  # of these, where there are several
        self._constant: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._materialize = True
        self._last: tuple[Any, tuple[Any, ...]] | None = None

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep these operands or results for ``saved_tensors``."""
        self._saved = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """No gradient flows through these results; backward is given zeros for them."""
        self._constant = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Forward wrote to these operands in place, and returns them."""
        self._dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward is given zeros (else None) for a result that nothing depends on."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved."""
        return self._saved


class Function:
    """An operation with a backward of its own.

    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x * x
    >>> x = Tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    _op: ClassVar[Op]
    setup_context: ClassVar[Callable[..., None] | None] = None

    def __init_subclass__(cls) -> None:
        cls._op = declared(cls.__name__, _rule)

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        """The result, a tensor or a tuple of tensors. Runs without recording.

        With a static ``setup_context(ctx, inputs, output)`` it is given the arguments alone.
        """
        raise NotImplementedError("define forward(ctx, *args) as a staticmethod of your Function")

    @staticmethod
    def backward(ctx: Any, *g: Any) -> Any:
        """Given one gradient for each result, one for each argument of forward, None for what has none."""
        raise NotImplementedError("define backward(ctx, g) as a staticmethod of your Function to use it in a gradient")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward on the arguments and record it."""
        operands = [value if isinstance(value, Tensor) else owned(0.0) for value in args]
        saved, edges = tuple([x._data for x in operands]), tuple([x._edge for x in operands])
        ctx = Context(tuple(edge is not None for edge in edges))
        with no_grad():
            if cls.setup_context is None:
                out = cls.forward(ctx, *args)
            else:
                out = cls.forward(*args)
                cls.setup_context(ctx, args, out)
        if not any(isinstance(value, Tensor) for value in args):
            return out
        results = out if isinstance(out, tuple) else (out,)
        for result in results:
            if not isinstance(result, Tensor):
                raise TypeError(f"{cls.__name__}.forward returned {described(result)}, expected tensors")
        _require_returned(ctx, results)
        if not any(ctx.needs_input_grad) or not is_grad_enabled():
            return out
        ctx._results = results
        params = {"ctx": ctx, "function": cls}
        if isinstance(out, tuple):
            node = _FunctionNode(cls._op, saved, params, np.float64(0), edges)
            return tuple(_part(ctx, node, place, result) for place, result in enumerate(out))
        if _among(out, ctx._constant):
            return out
        return _placed(ctx, out, _FunctionNode(cls._op, saved, params, out._data, edges))


def declared(name: str, rule: Callable[..., Any]) -> Op:
    """An op of any number of operands with this rule, and no more."""
    return Op(name, Kind.COMPOSITE, _UNREAD, _UNREAD, _UNREAD, vjp=(rule,), jvp=(_UNREAD,), variadic=True)


class _FunctionNode(General):
    __slots__ = ()

    def name(self) -> str:
        return f"{self.op.name}Backward"


# ---------------------------------------------------------------------------- results


class _PartNode(General):
    """Where one of several results is; it passes for the node of the Function."""

    __slots__ = ()

    def name(self) -> str:
        (node,) = self.edges
        return node.name()  # type: ignore[union-attr]

    @property
    def next_functions(self) -> tuple[tuple[Edge | None, int], ...]:
        (node,) = self.edges
        return node.next_functions  # type: ignore[union-attr]


class _Parts:
    """The cotangents of several results, by their places, on the way to the node that they share."""

    __slots__ = ("by_place",)
    shape = extents = ()
    dtype = np.dtype(float)

    def __init__(self, by_place: dict[int, Any]) -> None:
        self.by_place = by_place

    def __add__(self, other: _Parts) -> _Parts:
        return _Parts({**self.by_place, **other.by_place})

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.zeros((), dtype)  # what is asked whether it is finite


_part_op = declared("part", lambda g, y, a, slot, place: _Parts({place: g}))


def _part(ctx: Context, node: Node, place: int, result: Tensor) -> Any:
    if _among(result, ctx._constant) or result.dtype.kind not in "fc":
        ctx._places.append(weakref.ref(node))
        return result
    own = _PartNode(_part_op, (node.value,), {"place": place}, result._data, (node,))
    ctx._places.append(weakref.ref(own))
    return _placed(ctx, result, own)


def _placed(ctx: Context, result: Tensor, node: Node) -> Tensor:
    """A tensor for the result at this node; an operand that was written to becomes it."""
    if not _among(result, ctx._dirty):
        return handle(result._data, node)
    result._edge = node
    return result


def _require_returned(ctx: Context, results: Sequence[Any]) -> None:
    for tensor in ctx._dirty:
        if isinstance(tensor._edge, Leaf) and is_grad_enabled():
            raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
        if not _among(tensor, results):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs "
                "that are modified inplace must all be outputs of the Function."
            )


def _among(tensor: Any, tensors: Sequence[Any]) -> bool:
    return any(tensor is other for other in tensors)


# ---------------------------------------------------------------------------- backward


def _rule(g: Any, y: Any, *inputs: Any, slot: int, ctx: Context, function: type[Function]) -> Any:
    return once(ctx, g, lambda: _backward(function, ctx, g, y))[slot]


def once(ctx: Any, g: Any, run: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    """The gradients of all operands, made when the first is asked for."""
    if ctx._last is None or ctx._last[0] is not g:
        ctx._last = (g, run())
    found: tuple[Any, ...] = ctx._last[1]
    return found


def _backward(cls: type[Function], ctx: Context, g: Any, y: Any) -> tuple[Any, ...]:
    several = isinstance(g, _Parts)
    known = list(g.by_place.values()) if isinstance(g, _Parts) else [g]
    plain = not any(isinstance(cotangent, Tensor) for cotangent in known)
    kept = ctx._saved
    ctx._saved = tuple(_restored(ctx, value, None if several else y, plain) for value in kept)
    try:
        found = cls.backward(ctx, *(_cotangents(ctx, g) if isinstance(g, _Parts) else [wrapped(g)]))
    finally:
        ctx._saved = kept
    gradients = found if isinstance(found, tuple) else (found,)
    expected = len(ctx.needs_input_grad)
    if len(gradients) != expected:
        raise RuntimeError(
            f"function {cls.__name__}Backward returned an incorrect number of gradients "
            f"(expected {expected}, got {len(gradients)})"
        )
    for value in gradients:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(f"{cls.__name__}.backward returned {described(value)}, expected tensors or None")
    return tuple(value._data if plain and value is not None else value for value in gradients)


def _cotangents(ctx: Context, parts: _Parts) -> list[Any]:
    """One for each result; for what nothing depends on zeros, or None where that was asked for."""
    given: list[Any] = []
    for place, result in enumerate(ctx._results):
        if place in parts.by_place:
            given.append(wrapped(parts.by_place[place]))
        else:
            given.append(handle(np.zeros_like(result._data), None) if ctx._materialize else None)
    return given


def _restored(ctx: Context, value: Any, y: Any, plain: bool) -> Any:
    """What was saved, as it is now in the graph where it is a result."""
    for place, result in enumerate(ctx._results):
        if value is result:
            if y is not None:
                return wrapped(y)
            node = ctx._places[place]()
            return handle(result._data, None if plain or not isinstance(node, _PartNode) else node)
    return value
