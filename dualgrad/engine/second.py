"""Forward over reverse: the derivative of a gradient along a direction, or along a stack of them.

Tangents flow forward over what was recorded; then each cotangent flows back together with its own derivative. Nothing
is recorded a second time: where a rule reads values, it runs on duals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dualgrad.engine.dual import Dual
from dualgrad.engine.forward import push_on
from dualgrad.engine.graph import Edge, Node, reads_shapes_only
from dualgrad.engine.pulling import pull, scaled_by
from dualgrad.engine.spaces import full, summed
from dualgrad.engine.through import Adjoints


def derivative_of_gradient(nodes: Sequence[Node], out: Edge, seed: Any, at: Edge, tangent: Any) -> Any:
    """The derivative, along a tangent of ``at``, of the cotangent there; None where it is zero throughout.

    ``nodes`` are all between the two, the latest first, on plain arrays of real numbers.
    """
    tangents: Adjoints = {at: tangent}
    push_on(reversed(nodes), tangents)
    adjoints: Adjoints = {out: seed}
    moving: Adjoints = {}
    with np.errstate(all="ignore"):
        for node in nodes:
            if node in adjoints:
                way = _plainly if node.plain and node.op.partials else _through
                way(node, adjoints.pop(node), moving.pop(node, None), tangents, adjoints, moving)
    return moving.get(at)


def _plainly(node: Node, g: Any, dg: Any, tangents: Adjoints, adjoints: Adjoints, moving: Adjoints) -> None:
    """The same for a plain node of a pointwise op, where nothing is to be broadcast or cast."""
    edges, inputs = node.edges, None
    for partial, edge in zip(node.op.partials, edges, strict=True):
        if edge is None:
            continue
        moved: Any = dg
        if type(partial) is int and partial == 1:
            pulled = g
        elif callable(partial):
            if inputs is None:
                inputs = [
                    x if (t := tangents.get(at)) is None else Dual(x, t)  # type: ignore[arg-type]
                    for x, at in zip((node.value, *node.saved), (node, *edges), strict=True)
                ]
            pulled, moved = _scaled(g, dg, partial(*inputs))
        else:
            pulled, moved = _scaled(g, dg, partial)
        held = adjoints.get(edge)
        adjoints[edge] = pulled if held is None else held + pulled
        if moved is not None:
            held = moving.get(edge)
            moving[edge] = moved if held is None else held + moved


def _through(node: Node, g: Any, dg: Any, tangents: Adjoints, adjoints: Adjoints, moving: Adjoints) -> None:
    """A cotangent and its derivative, from the result of a node to its operands."""
    op, params = node.op, node.params
    value, operands = node.value, node.saved
    constant = reads_shapes_only(op)
    if not op.partials and g.shape != value.shape:
        g = full(g, value)
    if not op.partials and dg is not None and dg.shape != value.shape:
        dg = full(dg, value)
    y: Any = value
    inputs: Sequence[Any] = operands
    if not constant:
        y = Dual(value, tangents[node]) if node in tangents else value
        inputs = [
            Dual(x, tangents[edge]) if edge is not None and edge in tangents else x
            for x, edge in zip(operands, node.edges, strict=True)
        ]
    for slot, edge in enumerate(node.edges):
        if edge is None:
            continue
        moved: Any = None
        if op.partials:
            partial = op.partials[slot]
            factor: Any = partial(y, *inputs, **params) if callable(partial) else partial
            if factor is None:
                continue
            pulled, moved = _scaled(g, dg, factor)
        elif constant:
            pulled = pull(op, slot, g, value, operands, params)
            moved = None if dg is None else pull(op, slot, dg, value, operands, params)
        else:
            found = pull(op, slot, g if dg is None else Dual(g, dg), y, inputs, params)
            pulled, moved = (found.value, found.tangent) if type(found) is Dual else (found, None)
        if pulled is None:
            continue
        x = operands[slot]
        _add(adjoints, edge, pulled, x, value, bool(op.partials))
        if moved is not None:
            _add(moving, edge, moved, x, value, bool(op.partials))


def _scaled(g: Any, dg: Any, factor: Any) -> tuple[Any, Any]:
    """A cotangent times a partial derivative, and the derivative of that; None where it does not move."""
    if type(factor) is not Dual:
        return scaled_by(g, factor), None if dg is None else scaled_by(dg, factor)
    moved = factor.tangent * g
    return g * factor.value, moved if dg is None else moved + dg * factor.value


def _add(found: Adjoints, edge: Edge, new: Any, like: Any, value: Any, pointwise: bool) -> None:
    """Add what is new at a place, in the space of the operand there; what is constant along an axis may be smaller."""
    if pointwise:
        if like.shape != value.shape:
            new = summed(full(new, value), like.shape)
    elif new.shape != like.shape:
        new = summed(new, like.shape)
    if new.dtype is not like.dtype and new.dtype != like.dtype:
        new = new.astype(like.dtype)
    held = found.get(edge)
    found[edge] = new if held is None else held + new
