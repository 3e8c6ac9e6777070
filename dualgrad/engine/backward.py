"""Reverse mode: cotangents flow from the outputs to the operands, one node at a time, the latest first.

The very same code runs on plain arrays (fast), on tensors (``create_graph``: higher order) and on tracers (the
backward pass as a program). Broadcasting is undone here, once, and no rule and no line of this module writes in
place: an adjoint may be shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dualgrad.engine.graph import FREED, Edge, Leaf, Node, leading_to, reachable
from dualgrad.engine.tensor import Tensor, handle
from dualgrad.op import Complex, Op
from dualgrad.shapes import extents

Adjoints = dict[Edge, Any]
Lift = Callable[[Any, Edge], Any]


def pull_back(
    seeds: Iterable[tuple[Edge, Any]],
    targets: Iterable[Edge] | None = None,
    lift: Lift | None = None,
    retain: bool = False,
    since: int = 0,
) -> Adjoints:
    """The cotangents at the targets, or at every leaf.

    With ``lift``, the rules run on tensors: ``lift(array, edge)`` makes one, so that what they do is recorded.
    Nothing flows through nodes from before ``since``. An exception leaves the graph as it was.
    """
    adjoints: Adjoints = {}
    for edge, seed in seeds:
        _add(adjoints, edge, seed)
    nodes, ends = (
        [node for node in reachable(adjoints) if node.serial >= since],
        None if targets is None else set(targets),
    )
    useful = None if ends is None else leading_to(nodes, ends)
    if useful is not None:
        nodes = [node for node in nodes if any(edge in useful for edge in node.edges)]
    with np.errstate(all="ignore"):  # infinities and underflow are values here, whatever the user has them do
        for node in nodes:
            if node in adjoints:
                cotangent = _watched(adjoints, node)
                if not (ends is not None and node in ends) and not _retained(node):
                    del adjoints[node]
                for edge, pulled in _through(node, cotangent, useful, lift):
                    _add(adjoints, edge, pulled)
    for edge in list(adjoints):
        if isinstance(edge, Leaf):
            _watched(adjoints, edge)
    if not retain:
        for node in nodes:
            node.free()
    return adjoints


def _watched(adjoints: Adjoints, edge: Edge) -> Any:
    """The cotangent, complete now, after the hooks of its place."""
    if edge.watch is not None:
        adjoints[edge] = edge.watch(adjoints[edge], wrapped)
    return adjoints[edge]


def wrapped(cotangent: Any) -> Tensor:
    """A cotangent as a tensor."""
    return cotangent if isinstance(cotangent, Tensor) else handle(cotangent, None)


def _retained(node: Node) -> bool:
    return node.watch is not None and node.watch.retained is not None


def _through(node: Node, cotangent: Any, useful: set[Edge] | None, lift: Lift | None) -> Iterator[tuple[Edge, Any]]:
    if node.freed:
        raise RuntimeError(FREED)
    node.require_unchanged()
    value, operands = node.value, node.saved
    if lift is not None:
        value, operands = lift(value, node), lifted(node, lift)
    for slot, edge in enumerate(node.edges):
        if edge is not None and (useful is None or edge in useful):
            pulled = _pulled(node, slot, cotangent, value, operands)
            if pulled is not None:
                yield edge, project(pulled, node.saved[slot])


def _pulled(node: Node, slot: int, cotangent: Any, value: Any, operands: Sequence[Any]) -> Any:
    if not node.where:
        return pull(node.op, slot, cotangent, value, operands, node.params)
    try:
        pulled = pull(node.op, slot, cotangent, value, operands, node.params)
    except Exception as error:
        error.add_note(f"{node.name()} was recorded by the forward call at\n{node.where}")
        raise
    if pulled is not None and np.any(np.isnan(getattr(pulled, "_data", pulled))):
        raise RuntimeError(
            f"Function {node.name()!r} returned nan values in its {slot}th output. "
            f"It was recorded by the forward call at\n{node.where}"
        )
    return pulled


def lifted(node: Node, lift: Lift) -> tuple[Any, ...]:
    """The operands of a node, with a tensor for each that a gradient flows to."""
    return tuple(
        value if edge is None else lift(value, edge) for value, edge in zip(node.saved, node.edges, strict=True)
    )


def _add(adjoints: Adjoints, edge: Edge, cotangent: Any) -> None:
    adjoints[edge] = adjoints[edge] + cotangent if edge in adjoints else cotangent


def pull(op: Op, slot: int, g: Any, y: Any, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """The cotangent of one operand, not yet un-broadcast; None where the op has no derivative in it.

    A cotangent is ∂L/∂Re y + i ∂L/∂Im y. So the rule of an analytic op, which holds for real numbers, meets it
    conjugated: here, and in no rule.
    """
    if g.dtype.kind == "c" and op.complex is not Complex.ADJOINT:
        if op.complex is Complex.REFUSED:
            raise TypeError(no_complex(op))
        pulled = _ruled(op, slot, np.conjugate(g), y, inputs, params)
        return None if pulled is None else np.conjugate(pulled)
    return _ruled(op, slot, g, y, inputs, params)


def no_complex(op: Op) -> str:
    """What is said where an op of real numbers is to be differentiated in complex ones."""
    return (
        f"dualgrad.{op.name}: its derivative is known for real operands only, and it was given complex ones; "
        f"apply it to their real and imaginary parts, or declare the op with complex=Complex.ANALYTIC where it is"
    )


def _ruled(op: Op, slot: int, g: Any, y: Any, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    if op.partials:
        return scaled(g, op.partials[slot], y, inputs, params)
    if op.variadic:
        rule = op.vjp[0]
        return None if rule is None else rule(g, y, *inputs, slot=slot, **params)
    rule = op.vjp[slot]
    return None if rule is None else rule(g, y, *inputs, **params)


def scaled(g: Any, partial: Any, y: Any, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """``g`` times a partial derivative; a constant one of 1 or -1 costs no product."""
    factor = partial(y, *inputs, **params) if callable(partial) else partial
    if factor is None:
        return None
    if type(factor) is int and factor in (1, -1):
        return g if factor == 1 else -g
    return g * factor


def project(g: Any, like: Any) -> Any:
    """A cotangent in the space of its operand: broadcasting undone, in the operand's dtype, real for a real one."""
    g = unbroadcast(g, extents(like))
    dtype = like.dtype
    return g if g.dtype == dtype else cast(g, dtype)


def cast(g: Any, dtype: Any) -> Any:
    """A cotangent or tangent in another dtype; in a real one, its real part."""
    g = np.real(g) if g.dtype.kind == "c" != dtype.kind else g
    return g if g.dtype == dtype else g.astype(dtype)


def unbroadcast(g: Any, shape: tuple[Any, ...]) -> Any:
    """The transpose of broadcasting from ``shape``: sums over the axes that were added or stretched.

    >>> unbroadcast(np.ones((4, 2, 3)), (2, 1))
    array([[12.],
           [12.]])
    """
    have = extents(g)
    if have == shape:
        return g
    added = len(have) - len(shape)
    if added < 0 or any(extent == 1 != other for extent, other in zip(have[added:], shape, strict=True)):
        return np.broadcast_to(g, shape)
    stretched = tuple(axis for axis, extent in enumerate(shape, added) if extent == 1 != have[axis])
    if stretched:
        g = np.sum(g, axis=stretched, keepdims=True)
    return np.sum(g, axis=tuple(range(added))) if added else g
