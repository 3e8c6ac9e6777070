"""What a node has to keep: the arrays that a rule reads, and of the others the shape.

Which arguments a rule reads is seen in its code: one that is never named there cannot be read.
"""

from __future__ import annotations

import dis
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np

from dualgrad.engine.graph import Binary, Node, Unary, reads_shapes_only
from dualgrad.engine.shells import blank
from dualgrad.op import Kind, Op

_ndarray = np.ndarray  # looked up quickly
NOTABLE = 1 << 14  # bytes; it takes longer to see whether a smaller array is needed than to make it


def slim(node: Node) -> None:
    """Let go of the large arrays that no rule of the node's op will read. Those of leaves stay: the user has them."""
    if type(node) is Binary:
        result, (first, second) = kept(node.op, (node.edge1 is not None, node.edge2 is not None))
        if not first and isinstance(node.edge1, Node):
            node.x1 = _shell(node.x1)
        if not second and isinstance(node.edge2, Node):
            node.x2 = _shell(node.x2)
    elif type(node) is Unary:
        result, (first,) = kept(node.op, (True,))
        if not first and isinstance(node.edge1, Node):
            node.x1 = _shell(node.x1)
    else:
        edges, saved = node.edges, node.saved
        result, operands = kept(node.op, (True,) if len(edges) == 1 else tuple([edge is not None for edge in edges]))
        if False in operands:
            node.keep(
                tuple(
                    [
                        _shell(value) if not read and isinstance(edge, Node) else value
                        for value, edge, read in zip(saved, edges, operands, strict=True)
                    ]
                )
            )
    if not result:
        node.value = _shell(node.value)


def _shell(value: Any) -> Any:
    return blank(value) if type(value) is _ndarray and value.nbytes >= NOTABLE else value


@cache
def kept(op: Op, active: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
    """Whether the result, and each of the operands, is read by a rule of the slots that a gradient flows to."""
    if reads_shapes_only(op):
        return False, (False,) * len(active)
    read = [False] * (1 + len(active))
    for slot in (slot for slot, flows in enumerate(active) if flows):
        for rule, first in _rules(op, slot):
            for place in range(len(read)) if callable(rule) else ():
                read[place] |= _may_read(rule, place + first)
        if op.kind is Kind.MULTILINEAR and not op.jvp:  # the tangent is the op itself on the other operands
            for place in range(len(active)):
                read[1 + place] |= place != slot
    return read[0], tuple(read[1:])


@cache
def unread(op: Op, slots: tuple[int, ...]) -> tuple[int, ...]:
    """Which of the result (0) and the operands of a pointwise op no partial derivative in these slots reads."""
    partials = [op.partials[slot] for slot in slots]
    places = range(1 + len(op.partials))
    return tuple([place for place in places if not any(callable(p) and _may_read(p, place) for p in partials)])


def _rules(op: Op, slot: int) -> tuple[tuple[Any, int], ...]:
    """The rules of a slot, each with the place of the result among its arguments."""
    if op.partials:
        return ((op.partials[slot], 0),)
    place = 0 if op.variadic else slot
    return ((op.vjp[place], 1), *(((op.jvp[place], 1),) if op.jvp else ()))


@cache
def _may_read(rule: Callable[..., Any], place: int) -> bool:
    """Whether the code of a rule names its argument at this place."""
    if not isinstance(rule, FunctionType):
        return True
    code = rule.__code__
    if place >= code.co_argcount:
        return True
    name = code.co_varnames[place]
    mentioned = (instruction.argval for instruction in dis.get_instructions(code))
    return name in code.co_cellvars or any(found == name or _among(name, found) for found in mentioned)


def _among(name: str, found: Any) -> bool:
    return isinstance(found, tuple) and name in found
