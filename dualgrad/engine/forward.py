"""Forward mode: tangents flow from the operands to the results, one node at a time, the earliest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from dualgrad.engine.backward import Lift, lifted
from dualgrad.engine.graph import Node
from dualgrad.engine.pulling import no_complex, scaled, scaled_by
from dualgrad.engine.spaces import cast
from dualgrad.engine.through import Adjoints
from dualgrad.op import Complex, Op, bind
from dualgrad.shapes import extents


def push_on(nodes: Iterable[Node], tangents: Adjoints, lift: Lift | None = None) -> None:
    """Enter the tangent of each of the nodes, which come the earliest first, that depends on what has one."""
    with np.errstate(all="ignore"):
        for node in nodes:
            if node not in tangents:
                quick = node.plain and node.op.partials and lift is None
                found = _pushed_plainly(node, tangents) if quick else _pushed(node, tangents, lift)
                if found is not None:
                    tangents[node] = found


def _pushed_plainly(node: Node, tangents: Adjoints) -> Any:
    """The same for a plain node of a pointwise op, where nothing is to be broadcast or cast."""
    total: Any = None
    for partial, edge in zip(node.op.partials, node.edges, strict=True):
        tangent = None if edge is None else tangents.get(edge)
        if tangent is not None:
            part = tangent * partial(node.value, *node.saved) if callable(partial) else scaled_by(tangent, partial)
            total = part if total is None else total + part
    return total


def _pushed(node: Node, tangents: Adjoints, lift: Lift | None) -> Any:
    """The tangent of a node's result: the sum over the operands that have one."""
    inputs, value = node.saved, node.value
    total: Any = None
    for slot, edge in enumerate(node.edges):
        if edge is not None and edge in tangents:
            if lift is not None and value is node.value:
                inputs, value = lifted(node, lift), lift(value, node)
            part = push(node.op, slot, tangents[edge], value, inputs, node.params)
            if part is not None:
                total = part if total is None else total + part
    return None if total is None else like(total, node.value)


def like(tangent: Any, value: Any) -> Any:
    """A tangent in the dtype and shape of the value."""
    if tangent.dtype is not value.dtype and tangent.dtype != value.dtype:
        tangent = cast(tangent, value.dtype)
    if type(value) is np.ndarray and tangent.shape == value.shape:
        return tangent
    shape = extents(value)
    return tangent if extents(tangent) == shape else np.broadcast_to(tangent, shape)


def push(op: Op, slot: int, t: Any, y: Any, inputs: Sequence[Any], params: Any) -> Any:
    """The tangent of the result along a tangent of one operand; None where the op has no derivative in it."""
    if op.complex is Complex.REFUSED and "c" in (t.dtype.kind, y.dtype.kind):
        raise TypeError(no_complex(op))
    if op.partials:
        if t.dtype.kind == "c" != y.dtype.kind:  # the partial of a real result is a gradient: see Op.complex
            return np.real(scaled(np.conjugate(t), op.partials[slot], y, inputs, params))
        return scaled(t, op.partials[slot], y, inputs, params)
    if op.jvp and op.variadic:
        return op.jvp[0](t, y, *inputs, slot=slot, **params)  # type: ignore[misc]
    if op.jvp:
        return op.jvp[slot](t, y, *inputs, **params)  # type: ignore[misc]
    return bind(op, [*inputs[:slot], t, *inputs[slot + 1 :]], params)
