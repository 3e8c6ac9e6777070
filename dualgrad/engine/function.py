"""A user's own forward and backward, as PyTorch's ``autograd.Function``; and ``checkpoint``, which is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from dualgrad.engine.arguments import described
from dualgrad.engine.backward import pull_back, wrapped
from dualgrad.engine.graph import Edge, General, Node, now
from dualgrad.engine.modes import enable_grad, is_grad_enabled, no_grad
from dualgrad.engine.tensor import Tensor, handle, owned
from dualgrad.meanings import Unread
from dualgrad.op import REGISTRY, Kind, Op

_UNREAD = Unread("it is a Function, of which only a forward and a backward are known")


class Context:
    """What a forward leaves for its backward. Any attribute may be set on it."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[Any, ...] = ()
        self._result: Any = None
        self._last: tuple[Any, tuple[Any, ...]] | None = None

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep these operands or results for ``saved_tensors``."""
        self._saved = tensors

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

    def __init_subclass__(cls) -> None:
        cls._op = _declared(cls.__name__, _rule)

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        """The result, one tensor. Runs without recording."""
        raise NotImplementedError("define forward(ctx, *args) as a staticmethod of your Function")

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        """One gradient for each argument of forward, None for what has none."""
        raise NotImplementedError("define backward(ctx, g) as a staticmethod of your Function to use it in a gradient")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward on the arguments and record it."""
        ctx = Context(tuple(isinstance(value, Tensor) and value.requires_grad for value in args))
        with no_grad():
            out = cls.forward(ctx, *args)
        if not any(isinstance(value, Tensor) for value in args):
            return out
        if not isinstance(out, Tensor):
            raise TypeError(f"{cls.__name__}.forward returned {described(out)}, expected one tensor")
        if not any(ctx.needs_input_grad) or not is_grad_enabled():
            return out
        operands = [value if isinstance(value, Tensor) else owned(0.0) for value in args]
        saved = tuple(value._data for value in operands)
        params = {"ctx": ctx, "function": cls}
        node = _FunctionNode(cls._op, saved, params, out._data, tuple(value._edge for value in operands))
        ctx._result = out
        return handle(out._data, node)


class _FunctionNode(General):
    __slots__ = ()

    def name(self) -> str:
        return f"{self.op.name}Backward"


def _rule(g: Any, y: Any, *inputs: Any, slot: int, ctx: Context, function: type[Function]) -> Any:
    return _once(ctx, g, lambda: _backward(function, ctx, g, y))[slot]


def _declared(name: str, rule: Callable[..., Any]) -> Op:
    return Op(name, Kind.COMPOSITE, _UNREAD, _UNREAD, _UNREAD, vjp=(rule,), jvp=(_UNREAD,), variadic=True)


def _once(ctx: Context | _Replay, g: Any, run: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    """The gradients of all operands, made when the first is asked for."""
    if ctx._last is None or ctx._last[0] is not g:
        ctx._last = (g, run())
    return ctx._last[1]


def _backward(cls: type[Function], ctx: Context, g: Any, y: Any) -> tuple[Any, ...]:
    plain = not isinstance(g, Tensor)
    kept, result = ctx._saved, wrapped(y)
    ctx._saved = tuple(result if value is ctx._result else value for value in kept)
    try:
        found = cls.backward(ctx, wrapped(g))
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


# ---------------------------------------------------------------------------- checkpoint


class _Replay:
    """A function with its arguments, and the places outside of it that its result depends on."""

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], outside: Sequence[Edge]) -> None:
        self.f, self.args, self.outside = f, args, outside
        self._last: tuple[Any, tuple[Any, ...]] | None = None


def checkpoint(f: Callable[..., Any], *args: Any) -> Any:
    """``f(*args)``, without keeping what it computes on the way: backward runs f again.

    Gradients flow to the arguments and to the tensors that f uses from outside. Backward raises where the second
    run does not give what the first did.

    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint(lambda x: (x * x).sum(), x).backward()
    >>> x.grad
    tensor([2., 4.])
    """
    if not is_grad_enabled():
        return f(*args)
    inner, since = _apart(args), now()
    out = f(*inner)
    if not isinstance(out, Tensor):
        raise TypeError(f"dualgrad.checkpoint: f returned {described(out)}, expected one tensor")
    mine = {value._edge for value in inner if isinstance(value, Tensor)}
    outside = [edge for edge in _older(out._edge, since) if edge not in mine]
    operands = [value for value in args if isinstance(value, Tensor)]
    edges = (*(value._edge for value in operands), *outside)
    if not any(edges):
        return out
    saved = (*(value._data for value in operands), *(_like(edge) for edge in outside))
    return handle(out._data, General(_CHECKPOINT, saved, {"ctx": _Replay(f, args, outside)}, out._data, edges))


def _apart(args: Sequence[Any]) -> list[Any]:
    """The arguments, each tensor that requires grad on a node of its own, where the run inside ends."""
    return [
        handle(value._data, General(REGISTRY["positive"], (value._data,), {}, value._data, (value._edge,)))
        if isinstance(value, Tensor) and value._edge is not None
        else value
        for value in args
    ]


def _older(root: Edge | None, since: int) -> Iterator[Edge]:
    """The first edges below the root that were there before, each once."""
    stack, seen = [root], set[Edge | None]([None])
    while stack:
        edge = stack.pop()
        if edge is not None and edge not in seen:
            seen.add(edge)
            if edge.serial < since:
                yield edge
            elif isinstance(edge, Node):
                stack.extend(edge.edges)


def _like(edge: Edge) -> Any:
    if isinstance(edge, Node):
        return edge.value
    variable = edge.variable
    if variable is None:
        raise RuntimeError("dualgrad.checkpoint: f uses a leaf that no longer exists")
    return variable._data


def _replayed(g: Any, y: Any, *inputs: Any, slot: int, ctx: _Replay) -> Any:
    return _once(ctx, g, lambda: _replay(ctx, g, y))[slot]


def _replay(ctx: _Replay, g: Any, y: Any) -> tuple[Any, ...]:
    lifted = isinstance(g, Tensor)
    with enable_grad():
        inner, since = _apart(ctx.args), now()
        out = ctx.f(*inner)
    if not np.array_equal(out._data, getattr(y, "_data", y), equal_nan=True):
        raise RuntimeError(
            "dualgrad.checkpoint: f gave another result when it was run again for the backward pass. Give it as "
            "arguments what changes, and draw random numbers outside of it"
        )
    targets = [value._edge for value in inner if isinstance(value, Tensor)] + list(ctx.outside)
    wanted = [edge for edge in targets if edge is not None]
    found = {} if out._edge is None else pull_back([(out._edge, g)], wanted, handle if lifted else None, True, since)
    return tuple(None if edge is None else found.get(edge) for edge in targets)


_CHECKPOINT = _declared("checkpoint", _replayed)
