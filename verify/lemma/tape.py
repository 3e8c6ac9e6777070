"""The engine's tape as it was recorded: which operation got its operands from which.

It says how the backward pass may be taken apart. Nothing is believed because the tape says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dualgrad.engine.graph import Node, reachable
from dualgrad.frontends.tracer import Tracer
from dualgrad.program.record import Variable


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation: the variable that is its result, and for each operand the operation or input it came from."""

    result: Variable
    sources: tuple[int | Variable | None, ...]


Tape = tuple[Entry, ...]  # in the order in which they ran


def tape_of(total: Any, inputs: Sequence[Any]) -> Tape | None:
    """The tape that leads to a tensor from tensors on tracers; None where it holds anything else."""
    if getattr(total, "_edge", None) is None:
        return ()
    nodes = reachable([total._edge])[::-1]
    place: dict[Any, int | Variable | None] = {node: number for number, node in enumerate(nodes)}
    for tensor in inputs:
        edge = getattr(tensor, "_edge", None)
        if edge is not None and not isinstance(edge, Node):
            place[edge] = _variable(tensor._data)
    entries = []
    for node in nodes:
        result = _variable(node.value)
        if result is None or node.watch is not None or any(edge not in place for edge in node.edges if edge):
            return None
        entries.append(Entry(result, tuple(None if edge is None else place[edge] for edge in node.edges)))
    return tuple(entries)


def _variable(value: Any) -> Variable | None:
    operand = value.operand if isinstance(value, Tracer) else None
    return operand if isinstance(operand, Variable) else None
