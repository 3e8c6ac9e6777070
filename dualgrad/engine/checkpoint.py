"""``checkpoint``: what a function computes on the way is not kept, backward runs it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dualgrad.engine.arguments import described
from dualgrad.engine.backward import pull_back
from dualgrad.engine.function import declared, once
from dualgrad.engine.graph import Edge, General, Node, now
from dualgrad.engine.modes import enable_grad, is_grad_enabled
from dualgrad.engine.tensor import Tensor, handle
from dualgrad.op import REGISTRY


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
    return once(ctx, g, lambda: _replay(ctx, g, y))[slot]


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


_CHECKPOINT = declared("checkpoint", _replayed)
