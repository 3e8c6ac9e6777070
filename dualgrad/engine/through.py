"""Through one node, on plain arrays: from the cotangent of its result to those of its operands.

What is found is entered among the adjoints, in the space of the operand, and added to what is there. A large array
that nobody else holds is written into.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dualgrad.engine.buffers import add_product, doubled, minus, negated, own, plus, sole, times
from dualgrad.engine.graph import Binary, Edge, Node
from dualgrad.engine.keeping import unread
from dualgrad.engine.pulling import pull, scaled_by
from dualgrad.engine.spaces import cast, full, summed

Adjoints = dict[Edge, Any]


def scaled_through(node: Node, g: Any, adjoints: Adjoints, useful: set[Edge] | None, spend: bool = False) -> None:
    """Through a pointwise op on arrays. What is constant along an axis stays of size 1 there.

    With ``spend`` the node lets go of what it saved, and a cotangent may take the place of what is not read again.
    """
    if g.dtype.kind == "c":
        ruled_through(node, g, adjoints, useful, spend)
        return
    values, params, partials = [node.value, *node.saved], node.params, node.op.partials
    if spend:
        node.free()
    edges: Sequence[Any] = node.edges
    shape, likes = node.value.shape, node.saved
    slots = [slot for slot, edge in enumerate(edges) if edge is not None and (useful is None or edge in useful)]
    if len(slots) == 2 and edges[0] is edges[1] and values[1] is values[2]:
        one, other = (p(*values, **params) if callable(p) else p for p in partials)
        if one is other is values[1] and type(one) is np.ndarray:  # a square
            held = adjoints.get(edges[0])
            if held is None:
                del values, other
                adjoints[edges[0]] = doubled(g, one, sole(one, 2))  # a variable, and the argument
                return
            if sole(held, 2) and add_product(held, g, one, twice=True):
                return
            del held
        del one, other
    if len(slots) == 2 and likes[slots[1]].shape != shape == likes[slots[0]].shape:
        slots.reverse()  # what is summed first: the other may then take the place of the cotangent
    for slot in slots:
        factor = partials[slot]
        if callable(factor):
            factor = factor(*values, **params)
        if factor is None:
            continue
        last = slot == slots[-1]
        if spend:
            for place in unread(node.op, () if last else (slots[-1],)):
                values[place] = None
        mine = last and sole(g, 2)
        like, edge = likes[slot], edges[slot]
        held = adjoints.get(edge)
        if held is not None and like.shape == shape and sole(held, 2) and add_product(held, g, factor):
            del factor, held
            continue
        turned = type(factor) is int and factor == -1  # of what is left of the cotangent, not of all of it
        pulled = g if turned or (type(factor) is int and factor == 1) else times(g, factor, mine)
        del factor
        if like.shape != shape:
            pulled = summed(full(pulled, node.value), like.shape)
        if pulled.dtype != like.dtype:
            pulled = cast(pulled, like.dtype)
        if held is None:
            adjoints[edge] = negated(pulled, sole(pulled, 1) or (mine and pulled is g)) if turned else pulled
        else:
            adjoints[edge] = (minus if turned else plus)(held, pulled, sole(held, 2))
        del pulled, held


def ruled_through(node: Node, g: Any, adjoints: Adjoints, useful: set[Edge] | None, spend: bool = False) -> None:
    """Through any other op on arrays."""
    op, params = node.op, node.params
    value, operands = node.value, node.saved
    if spend:
        node.free()
    if g.shape != value.shape:
        g = full(g, value)
    if op.adds is not None and type(g) is np.ndarray and g.dtype == operands[0].dtype:
        _added_through(node, g, adjoints, useful)
        return
    if useful is None and len(operands) == 1 and not op.variadic and op.each is None and g.dtype.kind != "c":
        _one_through(node.edges[0], op.vjp[0], (g, value, operands[0]), params, adjoints)
        return
    wanted = [edge is not None and (useful is None or edge in useful) for edge in node.edges]
    together = op.each is not None and (op.variadic or (all(wanted) and g.dtype.kind != "c"))
    parts = op.each(g, value, operands, params) if together else None  # type: ignore[misc]
    for slot, edge in enumerate(node.edges):
        if edge is not None and wanted[slot]:
            like, held = operands[slot], adjoints.get(edge)
            if parts is not None:
                pulled = parts[slot]
            elif op.variadic or g.dtype.kind == "c":
                pulled = pull(op, slot, g, value, operands, params)
            else:
                rule = op.vjp[slot]
                pulled = None if rule is None else rule(g, value, *operands, **params)
            if pulled is None:
                continue
            if pulled.shape != like.shape:
                pulled = summed(pulled, like.shape)
            if pulled.dtype is not like.dtype and pulled.dtype != like.dtype:
                pulled = cast(pulled, like.dtype)
            adjoints[edge] = pulled if held is None else plus(held, pulled, sole(held, 2))
            del pulled, held


def _one_through(edge: Any, rule: Any, given: Any, params: Mapping[str, Any], adjoints: Adjoints) -> None:
    """The same for an op of one operand."""
    pulled = None if rule is None else rule(*given, **params)
    if pulled is not None:
        like = given[2]
        if pulled.shape != like.shape:
            pulled = summed(pulled, like.shape)
        if pulled.dtype is not like.dtype and pulled.dtype != like.dtype:
            pulled = cast(pulled, like.dtype)
        held = adjoints.get(edge)
        adjoints[edge] = pulled if held is None else plus(held, pulled, sole(held, 2))


def _added_through(node: Node, g: Any, adjoints: Adjoints, useful: set[Edge] | None) -> None:
    """Through an op that selects entries of its one operand: all that use one add to the same array."""
    (like,), (edge,) = node.saved, node.edges
    if edge is None or node.op.adds is None or (useful is not None and edge not in useful):
        return
    held = adjoints.get(edge)
    into = np.zeros(like.shape, like.dtype) if held is None else own(held, like, 2)
    node.op.adds(into, g, held is None, **node.params)
    adjoints[edge] = into


def scaled_simply(node: Binary, g: Any, adjoints: Adjoints) -> None:
    """:func:`scaled_through` for two operands that are not large."""
    if g.dtype.kind == "c":
        ruled_through(node, g, adjoints, None)
        return
    y, x1, x2 = node.value, node.x1, node.x2
    partial1, partial2 = node.op.partials
    for partial, like, edge in ((partial1, x1, node.edge1), (partial2, x2, node.edge2)):
        if edge is None:
            continue
        factor: Any = partial(y, x1, x2) if callable(partial) else partial
        if factor is None:
            continue
        pulled = scaled_by(g, factor)
        if like.shape != y.shape:
            pulled = summed(full(pulled, y), like.shape)
        if pulled.dtype is not like.dtype and pulled.dtype != like.dtype:
            pulled = cast(pulled, like.dtype)
        held = adjoints.get(edge)
        adjoints[edge] = pulled if held is None else held + pulled
