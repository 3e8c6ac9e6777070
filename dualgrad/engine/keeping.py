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

from dualgrad.engine.graph import Node, reads_shapes_only, shell
from dualgrad.op import Kind, Op

NOTABLE = 1 << 14  # bytes; it takes longer to see whether a smaller array is needed than to make it


def slim(node: Node) -> None:
    """Let go of the large arrays that no rule of the node's op will read. Those of leaves stay: the user has them."""
    large = [type(value) is np.ndarray and value.nbytes >= NOTABLE for value in (node.value, *node.saved)]
    if True not in large:
        return
    edges = node.edges
    result, operands = kept(node.op, tuple([edge is not None for edge in edges]))
    node.keep(
        tuple(
            shell(value) if big and not read and isinstance(edge, Node) else value
            for value, edge, read, big in zip(node.saved, edges, operands, large[1:], strict=True)
        )
    )
    if large[0] and not result:
        node.value = shell(node.value)


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
