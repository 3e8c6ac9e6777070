"""The graph that running leaves behind: one node an operation, one leaf a tensor that gathers a gradient.

A node keeps the arrays its op was given and gave, never the tensors: what a tensor is rebound to later does not
reach it. Edges lead from a node to the nodes and leaves its operands came from; None where no gradient flows.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from dualgrad.engine.hooks import RemovableHandle, Watch
from dualgrad.engine.modes import is_anomaly_enabled, user_line
from dualgrad.engine.overwritten import Marks, anything_is_out, changed
from dualgrad.engine.shells import SMALL, shell
from dualgrad.op import Kind, Op
from dualgrad.shapes import extents

if TYPE_CHECKING:
    from dualgrad.engine.tensor import Tensor

# A moment: nodes and leaves made later have a greater serial.
now = count().__next__
_ndarray = np.ndarray  # looked up quickly
_NONE: Mapping[str, Any] = {}


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
    "arcsin": "Asin",
    "arccos": "Acos",
    "arctan": "Atan",
    "copy": "Clone",
    "astype": "ToCopy",
}

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already "
    "been freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). "
    "Specify retain_graph=True if you need to backward through the graph a second time or if you need to access "
    "saved values after calling backward."
)


class Leaf:
    """Where the gradient of a tensor made by the user gathers. PyTorch calls it AccumulateGrad."""

    __slots__ = ("__weakref__", "_variable", "after", "grad", "serial", "watch")

    def __init__(self, variable: Tensor) -> None:
        self._variable = weakref.ref(variable)
        self.grad: Tensor | None = None
        self.watch: Watch | None = None
        self.after: dict[object, Any] = {}  # hooks that run when a gradient has been added
        self.serial = now()

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


class Extra:
    """What few nodes have: hooks, arrays that the user has too, the line that ran them, an end to their use."""

    __slots__ = ("after", "freed", "marks", "watch", "where")

    def __init__(self, marks: Marks = (), where: str = "") -> None:
        self.marks = marks
        self.where = where
        self.watch: Watch | None = None
        self.freed = False
        self.after: dict[object, Any] = {}  # hooks on what leaves the node, going back


_PLAIN = Extra()
_FREED = Extra()
_FREED.freed = True


class Node:
    """One operation that ran: its op, the arrays given and the array it gave, and where the operands came from.

    What no rule reads of a large array is its shape: a :func:`shell` stands for it. ``plain`` says that nothing is to
    be done but to multiply by the partials: all is float64, no broadcasting is to be undone, nothing is large, and
    there is nothing extra.
    """

    __slots__ = ("__weakref__", "extra", "op", "plain", "serial", "value")

    op: Op
    value: Any
    serial: int
    plain: bool
    extra: Extra | None

    @property
    def saved(self) -> tuple[Any, ...]:
        """The operands."""
        raise NotImplementedError

    @property
    def edges(self) -> tuple[Edge | None, ...]:
        """Where they came from."""
        raise NotImplementedError

    @property
    def params(self) -> Mapping[str, Any]:
        """The static arguments."""
        return _NONE

    def keep(self, saved: tuple[Any, ...]) -> None:
        """Have these in place of the operands."""
        raise NotImplementedError

    def watched(self) -> Watch:
        """Where the hooks on the gradient of its result are."""
        extra = self._own_extra()
        if extra.watch is None:
            extra.watch = Watch()
        return extra.watch

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` each time that a gradient has gone through.

        These are tuples, of the gradients of its operands and of that of its result; a tuple that it returns takes the
        place of the former.
        """
        return RemovableHandle(self._own_extra().after, hook)

    def _own_extra(self) -> Extra:
        if self.extra is None or self.extra is _FREED:
            self.plain = False
            self.extra, before = Extra(), self.extra
            self.extra.freed = before is _FREED
        return self.extra

    @property
    def watch(self) -> Watch | None:
        """Its hooks, where it has any."""
        return None if self.extra is None else self.extra.watch

    @property
    def where(self) -> str:
        """The line that ran it, within ``detect_anomaly``."""
        return "" if self.extra is None else self.extra.where

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
        if self.op.name == "setitem":
            return "CopySlices"
        plain = "".join(part.capitalize() for part in self.op.name.split("_"))
        return f"{_NAMES.get(self.op.name, plain)}Backward0"

    def free(self) -> None:
        """Let go of the arrays that a gradient flows through; shapes, dtypes and constants stay."""
        if not reads_shapes_only(self.op):
            self.plain = False
            if self.extra is None:
                self.extra = _FREED
            else:
                self.extra.freed, self.extra.marks = True, ()
        self.keep(tuple([v if edge is None else shell(v) for v, edge in zip(self.saved, self.edges, strict=True)]))
        self.value = shell(self.value)

    def require_usable(self) -> None:
        """Raise where it was freed, or where the user has overwritten an array that the rule may read."""
        extra = self.extra or _PLAIN
        if extra.freed:
            raise RuntimeError(FREED)
        if (extra.marks or anything_is_out()) and not reads_shapes_only(self.op):
            for array in changed(extra.marks, (*self.saved, self.value)):
                raise RuntimeError(
                    f"one of the variables needed for gradient computation has been modified by an inplace "
                    f"operation: an array of dtype {array.dtype} and shape {array.shape}, saved by {self.name()}, does "
                    f"not hold what it held when the operation ran. Write to a copy of it, or run backward before"
                )

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


class Unary(Node):
    """A node of a pointwise op with one operand and no static arguments."""

    __slots__ = ("edge1", "x1")

    x1: Any
    edge1: Edge

    @property
    def saved(self) -> tuple[Any, ...]:
        return (self.x1,)

    @property
    def edges(self) -> tuple[Edge | None, ...]:
        return (self.edge1,)

    def keep(self, saved: tuple[Any, ...]) -> None:
        (self.x1,) = saved


class Binary(Node):
    """A node of a pointwise op with two operands and no static arguments."""

    __slots__ = ("edge1", "edge2", "x1", "x2")

    x1: Any
    x2: Any
    edge1: Edge | None
    edge2: Edge | None

    @property
    def saved(self) -> tuple[Any, ...]:
        return self.x1, self.x2

    @property
    def edges(self) -> tuple[Edge | None, ...]:
        return self.edge1, self.edge2

    def keep(self, saved: tuple[Any, ...]) -> None:
        self.x1, self.x2 = saved


class General(Node):
    """A node of any op."""

    __slots__ = ("edges", "params", "saved")

    saved: tuple[Any, ...]
    edges: tuple[Edge | None, ...]
    params: Mapping[str, Any]

    def __init__(
        self, op: Op, saved: tuple[Any, ...], params: Mapping[str, Any], value: Any, edges: tuple[Edge | None, ...]
    ) -> None:
        self.op = op
        self.saved = saved
        self.params = params
        self.value = value
        self.edges = edges
        self.plain = False
        self.extra = Extra(where=user_line()) if is_anomaly_enabled() else None
        self.serial = now()

    def keep(self, saved: tuple[Any, ...]) -> None:
        self.saved = saved


Edge = Node | Leaf


@cache
def reads_shapes_only(op: Op) -> bool:
    """True where the VJP uses no value, so that it can run again after the graph was freed, as in PyTorch."""
    if op.kind is Kind.POINTWISE:
        return all(partial is None or not callable(partial) for partial in op.partials)
    return op.kind is Kind.MULTILINEAR and (
        op.name in ("concatenate", "setitem") or (len(op.vjp) == 1 and not op.variadic)
    )


def free(nodes: Iterable[Node]) -> None:
    """Free each of them."""
    again: dict[Op, bool] = {}
    for node in nodes:
        op = node.op
        if not node.plain:
            usable = again.get(op)
            if usable is None:
                usable = again[op] = reads_shapes_only(op)
            if usable and type(node) is General and len(node.saved) == 1:
                node.saved, node.value = (shell(node.saved[0]),), shell(node.value)
            else:
                node.free()
            continue
        value = node.value
        if type(value) is _ndarray and (value.nbytes > SMALL or not op.partials):
            node.value = same = shell(value)
            alike = op.partials  # then what stands for the result stands for the operands: they have its shape
            if type(node) is Unary:
                node.x1 = same if alike else shell(node.x1)
            elif type(node) is Binary:
                if node.edge1 is not None:
                    node.x1 = same if alike else shell(node.x1)
                if node.edge2 is not None:
                    node.x2 = same if alike else shell(node.x2)
        usable = again.get(op)
        if usable is None:
            usable = again[op] = reads_shapes_only(op)
        if not usable:
            node.plain, node.extra = False, _FREED


def reachable(roots: Iterable[Edge]) -> list[Node]:
    """Every node that the roots depend on, the latest first; no recursion, so chains may be of any length."""
    return walk(roots)[0]


def walk(roots: Iterable[Edge]) -> tuple[list[Node], set[Leaf]]:
    """Every node that the roots depend on, the latest first, and every leaf."""
    found: dict[int, Node] = {}
    last, in_order = float("inf"), True
    leaves: set[Leaf] = set()
    stack: list[Edge | None] = list(roots)
    pop, push = stack.pop, stack.append
    while stack:
        edge: Any = pop()
        while edge is not None:
            if type(edge) is Leaf:
                leaves.add(edge)
                break
            serial = edge.serial
            if serial in found:
                break
            found[serial] = edge
            if serial > last:
                in_order = False
            last = serial
            if type(edge) is Unary:
                edge = edge.edge1
            elif type(edge) is Binary:
                if edge.edge1 is None:
                    edge = edge.edge2
                else:
                    other = edge.edge2
                    if type(other) is Leaf:
                        leaves.add(other)
                    elif other is not None:
                        push(other)
                    edge = edge.edge1
            else:
                stack.extend(edge.edges)
                break
    if in_order:  # as in a chain
        return list(found.values()), leaves
    return [found[serial] for serial in sorted(found, reverse=True)], leaves


def leading_to(nodes: Sequence[Node], targets: Iterable[Edge]) -> set[Edge]:
    """The edges on some path to a target. ``nodes`` come latest first."""
    found: set[Edge] = set(targets)
    for node in reversed(nodes):
        if any(edge in found for edge in node.edges):
            found.add(node)
    return found
