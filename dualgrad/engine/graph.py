"""The graph that running leaves behind: one node an operation, one leaf a tensor that gathers a gradient.

A node keeps the arrays its op was given and gave, never the tensors: what a tensor is rebound to later does not
reach it. Edges lead from a node to the nodes and leaves its operands came from; None where no gradient flows.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from dualgrad.engine.hooks import Watch
from dualgrad.engine.modes import is_anomaly_enabled, user_line
from dualgrad.engine.overwritten import Marks, anything_is_out, changed
from dualgrad.op import Kind, Op
from dualgrad.shapes import extents

if TYPE_CHECKING:
    from dualgrad.engine.tensor import Tensor

_serial = count()


def now() -> int:
    """A moment: nodes and leaves made later have a greater serial."""
    return next(_serial)


# PyTorch's names, where they differ from the op's own.
_NAMES = {
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "negative": "Neg",
    "absolute": "Abs",
    "power_constant": "Pow",
    "power": "Pow",
    "matmul": "Mm",
    "max": "Max",
    "concatenate": "Cat",
    "broadcast_to": "Expand",
    "getitem": "Slice",
    "setitem": "CopySlices",
    "arcsin": "Asin",
    "arccos": "Acos",
    "arctan": "Atan",
    "copy": "Clone",
    "astype": "ToCopy",
}

FREED = (
    "Trying to backward through the graph a second time (or directly access saved values after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
    "saved values after calling backward."
)


class Leaf:
    """Where the gradient of a tensor made by the user gathers. PyTorch calls it AccumulateGrad."""

    __slots__ = ("__weakref__", "_variable", "grad", "serial", "watch")

    def __init__(self, variable: Tensor) -> None:
        self._variable = weakref.ref(variable)
        self.grad: Tensor | None = None
        self.watch: Watch | None = None
        self.serial = next(_serial)

    def watched(self) -> Watch:
        """Where its hooks are."""
        if self.watch is None:
            self.watch = Watch()
        return self.watch

    @property
    def variable(self) -> Tensor | None:
        """The tensor, while it is alive."""
        return self._variable()

    @property
    def next_functions(self) -> tuple[()]:
        """A leaf has no operands."""
        return ()

    def name(self) -> str:
        """As PyTorch has it."""
        return "AccumulateGrad"

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self):#x}>"


class Node:
    """One operation that ran: its op, the arrays given and the array it gave, and where the operands came from."""

    __slots__ = (
        *("__weakref__", "edges", "freed", "marks", "op", "params"),
        *("saved", "serial", "value", "watch", "where"),
    )

    def __init__(
        self, op: Op, saved: tuple[Any, ...], params: Mapping[str, Any], value: Any, edges: tuple[Edge | None, ...]
    ) -> None:
        self.op = op
        self.saved = saved
        self.params = params
        self.value = value
        self.edges = edges
        self.freed = False
        self.marks: Marks = ()
        self.watch: Watch | None = None
        self.where = user_line() if is_anomaly_enabled() else ""
        self.serial = next(_serial)

    def watched(self) -> Watch:
        """Where its hooks are."""
        if self.watch is None:
            self.watch = Watch()
        return self.watch

    @property
    def shape(self) -> tuple[Any, ...]:
        """The extents of the result."""
        return extents(self.value)

    @property
    def dtype(self) -> Any:
        """The dtype of the result."""
        return self.value.dtype

    @property
    def next_functions(self) -> tuple[tuple[Edge | None, int], ...]:
        """The edges, as PyTorch shows them."""
        return tuple((edge, 0) for edge in self.edges)

    def name(self) -> str:
        """As PyTorch has it: the op's name in capitals, and Backward0."""
        plain = "".join(part.capitalize() for part in self.op.name.split("_"))
        return f"{_NAMES.get(self.op.name, plain)}Backward0"

    def free(self) -> None:
        """Let go of the arrays that a gradient flows through; shapes, dtypes and constants stay."""
        self.freed = not reads_shapes_only(self.op)
        self.saved = tuple(
            value if edge is None else shell(value) for value, edge in zip(self.saved, self.edges, strict=True)
        )
        self.value = shell(self.value)
        self.marks = ()

    def require_unchanged(self) -> None:
        """Raise where the user has overwritten an array that the rule may read."""
        if (self.marks or anything_is_out()) and not reads_shapes_only(self.op):
            for array in changed(self.marks, (*self.saved, self.value)):
                raise RuntimeError(
                    f"one of the variables needed for gradient computation has been modified by an inplace "
                    f"operation: an array of dtype {array.dtype} and shape {array.shape}, saved by {self.name()}, does "
                    f"not hold what it held when the operation ran. Write to a copy of it, or run backward before"
                )

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


Edge = Node | Leaf


@cache
def reads_shapes_only(op: Op) -> bool:
    """True where the VJP uses no value, so that it can run again after the graph was freed, as in PyTorch."""
    if op.kind is Kind.POINTWISE:
        return all(partial is None or not callable(partial) for partial in op.partials)
    return op.kind is Kind.MULTILINEAR and (
        op.name in ("concatenate", "setitem") or (len(op.vjp) == 1 and not op.variadic)
    )


def shell(value: Any) -> Any:
    """An array of the same shape and dtype that takes no memory."""
    if not isinstance(value, np.ndarray) or value.ndim == 0:
        return value
    return np.broadcast_to(np.zeros((), value.dtype), value.shape)


def reachable(roots: Iterable[Edge]) -> list[Node]:
    """Every node that the roots depend on, the latest first; no recursion, so chains may be of any length."""
    seen: set[Node] = set()
    stack = [root for root in roots if isinstance(root, Node)]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack.extend(edge for edge in node.edges if isinstance(edge, Node) and edge not in seen)
    return sorted(seen, key=lambda node: -node.serial)


def leading_to(nodes: Sequence[Node], targets: Iterable[Edge]) -> set[Edge]:
    """The edges on some path to a target. ``nodes`` come latest first."""
    found: set[Edge] = set(targets)
    for node in reversed(nodes):
        if any(edge in found for edge in node.edges):
            found.add(node)
    return found
