"""Reverse mode: cotangents flow from the outputs to the operands, one node at a time, the latest first.

The very same code runs on plain arrays (fast), on tensors (``create_graph``: higher order) and on tracers (the
backward pass as a program). Broadcasting is undone here, once, and no rule and no line of this module writes in
place: an adjoint may be shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualgrad.engine.buffers import LARGE, plus, sole
from dualgrad.engine.graph import Binary, Edge, Node, Unary, free, leading_to, walk
from dualgrad.engine.hooks import replaced
from dualgrad.engine.overwritten import nothing_changed
from dualgrad.engine.pulling import pull
from dualgrad.engine.spaces import full, project
from dualgrad.engine.tensor import Tensor, handle
from dualgrad.engine.through import Adjoints, ruled_through, scaled_simply, scaled_through
from dualgrad.op import REGISTRY

Lift = Callable[[Any, Edge], Any]
_ARRAYS = (np.ndarray, np.generic)
_OURS = frozenset(REGISTRY.values())  # before any op of the user's is declared


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
        adjoints[edge] = adjoints[edge] + seed if edge in adjoints else seed
    nodes, leaves = walk(adjoints)
    if since:
        nodes = [node for node in nodes if node.serial >= since]
    ends: set[Edge] = set() if targets is None else set(targets)
    useful: set[Edge] | None = None
    if targets is not None and (since or not leaves <= ends):
        useful = leading_to(nodes, ends)
        nodes = [node for node in nodes if any(edge in useful for edge in node.edges)]
    way = _Way(useful, lift, nothing_changed())
    with np.errstate(all="ignore"):  # infinities and underflow are values here, whatever the user has them do
        if lift is None and useful is None and ends <= leaves and way.unchanged:
            _flow_quickly(nodes, adjoints, way, not retain and all(leaf.watch is None for leaf in leaves))
        else:
            _flow(nodes, adjoints, ends, way)
        for edge in leaves & adjoints.keys():
            if edge.variable is not None:
                adjoints[edge] = full(adjoints[edge], edge.variable._data)
            _watched(adjoints, edge)
    if not retain:
        free(nodes)
    return adjoints


@dataclass(frozen=True, slots=True)
class _Way:
    """How a pass goes: to edges that are useful, recorded by ``lift``; and whether what the user has is unchanged."""

    useful: set[Edge] | None
    lift: Lift | None
    unchanged: bool


def _flow(nodes: Sequence[Node], adjoints: Adjoints, ends: set[Edge], way: _Way) -> None:
    """Through these nodes, the latest first; the adjoints of ends and of retained results stay."""
    for node in nodes:
        if node in adjoints:
            stays = node in ends or _retained(node)
            if stays or node.watch is not None:
                adjoints[node] = full(adjoints[node], node.value)
            _watched(adjoints, node)
            _through(node, adjoints[node] if stays else adjoints.pop(node), adjoints, way)


def _flow_quickly(nodes: Sequence[Node], adjoints: Adjoints, way: _Way, spend: bool) -> None:
    """The same, where nothing special is asked: :func:`_through`, written out for what needs no second look.

    ``spend`` says that nobody wants the graph again: what a node has saved of large arrays is let go as it is read,
    where no code of the user's could raise on the way.
    """
    get, pop = adjoints.get, adjoints.pop
    asked = False
    partial: Any
    partial1: Any
    partial2: Any
    rule: Any
    edge: Any
    for node in nodes:
        if not node.plain:
            if node not in adjoints:
                continue
            if node.extra is not None or not isinstance(node.value, _ARRAYS):
                stays = _retained(node)
                adjoints[node] = full(adjoints[node], node.value)
                _watched(adjoints, node)
                _through(node, adjoints[node] if stays else pop(node), adjoints, way)
            elif type(node) is Binary and node.op.partials and node.value.nbytes < LARGE:
                scaled_simply(node, pop(node), adjoints)
            else:
                g = pop(node)  # a variable, which reference counts are told from: what holds an argument varies
                through = scaled_through if node.op.partials else ruled_through
                large = spend and _is_large(node)
                if large and not asked:
                    asked, spend = True, all(map(_is_ours, nodes))
                through(node, g, adjoints, None, large and spend)
                del g
            continue
        g = pop(node, None)
        if g is None:
            continue
        if type(node) is Binary:
            if node.op.partials:
                partial1, partial2 = node.op.partials
                edge = node.edge1
                if edge is not None:
                    if type(partial1) is int:
                        pulled = g if partial1 == 1 else -g if partial1 == -1 else g * partial1
                    else:
                        pulled = g * partial1(node.value, node.x1, node.x2)
                    held = get(edge)
                    adjoints[edge] = pulled if held is None else held + pulled
                edge = node.edge2
                if edge is not None:
                    if type(partial2) is int:
                        pulled = g if partial2 == 1 else -g if partial2 == -1 else g * partial2
                    else:
                        pulled = g * partial2(node.value, node.x1, node.x2)
                    held = get(edge)
                    adjoints[edge] = pulled if held is None else held + pulled
            else:
                if g.shape != node.value.shape:
                    g = full(g, node.value)
                for rule, edge in zip(node.op.vjp, (node.edge1, node.edge2), strict=True):
                    if edge is not None:
                        pulled = rule(g, node.value, node.x1, node.x2)
                        held = get(edge)
                        if held is None:
                            adjoints[edge] = pulled
                        elif type(pulled) is not np.ndarray or pulled.nbytes < LARGE:
                            adjoints[edge] = held + pulled
                        else:
                            adjoints[edge] = plus(held, pulled, sole(held, 2))
        elif type(node) is Unary:
            (partial,) = node.op.partials
            edge = node.edge1
            if type(partial) is int:
                pulled = g if partial == 1 else -g if partial == -1 else g * partial
            else:
                pulled = g * partial(node.value, node.x1)
            held = get(edge)
            adjoints[edge] = pulled if held is None else held + pulled


def _is_large(node: Node) -> bool:
    if node.value.nbytes >= LARGE:
        return True
    first = node.saved[0]
    return type(first) is np.ndarray and first.nbytes >= LARGE


def _is_ours(node: Node) -> bool:
    """Whether nothing that the user wrote runs when a gradient flows through."""
    return node.op in _OURS and (node.extra is None or (node.extra.watch is None and not node.extra.after))


def _watched(adjoints: Adjoints, edge: Edge) -> None:
    """The cotangent, complete now, after the hooks of its place."""
    if edge.watch is not None:
        adjoints[edge] = edge.watch(adjoints[edge], wrapped)


def wrapped(cotangent: Any) -> Tensor:
    """A cotangent as a tensor."""
    return cotangent if isinstance(cotangent, Tensor) else handle(cotangent, None)


def _retained(node: Node) -> bool:
    return node.watch is not None and node.watch.retained is not None


def _through(node: Node, g: Any, adjoints: Adjoints, way: _Way) -> None:
    """From the result of a node to its operands."""
    if node.extra is not None or not way.unchanged:
        node.require_usable()
    if node.extra is not None and node.extra.after:
        _hooked(node, node.extra.after, g, adjoints, way)
    elif way.lift is not None or not isinstance(node.value, _ARRAYS) or node.where:
        _recorded(node, g, adjoints, way.useful, way.lift)
    elif node.op.partials:
        scaled_through(node, g, adjoints, way.useful)
    else:
        ruled_through(node, g, adjoints, way.useful)


def _recorded(node: Node, g: Any, adjoints: Adjoints, useful: set[Edge] | None, lift: Lift | None) -> None:
    """The plain way, each cotangent in the space of its operand: what is recorded, of this pass, is this."""
    g, value, operands = full(g, node.value), node.value, node.saved
    if lift is not None:
        value, operands = lift(value, node), lifted(node, lift)
    for slot, edge in enumerate(node.edges):
        if edge is not None and (useful is None or edge in useful):
            pulled = _pulled(node, slot, g, value, operands)
            if pulled is not None:
                pulled = project(pulled, node.saved[slot])
                adjoints[edge] = adjoints[edge] + pulled if edge in adjoints else pulled


def _hooked(node: Node, hooks: dict[object, Any], g: Any, adjoints: Adjoints, way: _Way) -> None:
    """Through a node with hooks on what leaves it."""
    g, value, operands = full(g, node.value), node.value, node.saved
    if way.lift is not None:
        value, operands = way.lift(value, node), lifted(node, way.lift)
    found = [None if e is None else _pulled(node, slot, g, value, operands) for slot, e in enumerate(node.edges)]
    found = [None if p is None else project(p, x) for p, x in zip(found, node.saved, strict=True)]
    for edge, new in zip(node.edges, replaced(hooks, found, g, wrapped), strict=True):
        if edge is not None and new is not None and (way.useful is None or edge in way.useful):
            adjoints[edge] = adjoints[edge] + new if edge in adjoints else new


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
