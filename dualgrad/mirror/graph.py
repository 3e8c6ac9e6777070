"""The program that the engine's graph of a tensor is: one equation a node, with the meaning of its op."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dualgrad.engine.graph import Edge, Leaf, Node, reachable
from dualgrad.frontends.dims import Extents
from dualgrad.mirror.constants import Unreadable
from dualgrad.program.record import Equation, Literal, Operand, Program, Shape, Variable
from dualgrad.program.size import Extent, dimension

_HERE = str(Path(__file__).parents[1])


@dataclass(frozen=True)
class Graph:
    """A graph as a program, and which edge is which variable. ``merged`` are dimensions found to be equal."""

    program: Program
    variables: Mapping[Edge, Variable]
    values: Mapping[Variable, Any]
    merged: Mapping[str, Extent]


def graph_of(tensor: Any, symbolic: bool = False) -> Graph:
    """The computation that made a tensor; ``symbolic`` gives every axis of its inputs a dimension of its own."""
    builder = _Builder(symbolic)
    output = builder.output(tensor)
    program = Program("this computation", tuple(builder.inputs), tuple(builder.equations), (output,), builder.captured)
    return Graph(program, builder.variables, builder.values, builder.extents.merged)


class _Builder:
    def __init__(self, symbolic: bool) -> None:
        self.symbolic = symbolic
        self.extents = Extents()
        self.inputs: list[Variable] = []
        self.equations: list[Equation] = []
        self.variables: dict[Edge, Variable] = {}
        self.values: dict[Variable, Any] = {}
        self.captured: dict[Variable, Any] = {}
        self._arrays: dict[int, Variable] = {}

    def output(self, tensor: Any) -> Operand:
        node = tensor.grad_fn
        if node is None:
            return self._leaf(tensor._edge, tensor.data) if tensor.requires_grad else self._constant(tensor.data)
        for each in reversed(reachable([node])):
            self._equation(each)
        return self.variables[node]

    def _equation(self, node: Node) -> None:
        inputs = tuple(self._operand(value, edge) for value, edge in zip(node.saved, node.edges, strict=True))
        shapes = [tuple(map(self.extents.resolve, operand.shape)) for operand in inputs]
        try:
            meaning = node.op.meaning(self.extents, *shapes, **node.params)
        except NotImplementedError as error:
            raise Unreadable(f"dualgrad.mirror: {node.op.name} has no meaning to read: {error}") from error
        output = Variable(f"v{len(self.equations)}", meaning.shape, np.dtype(node.dtype))
        self.equations.append(Equation(node.op, inputs, node.params, output, meaning))
        self.variables[node] = output

    def _operand(self, value: Any, edge: Edge | None) -> Operand:
        if isinstance(edge, Leaf):
            return self._leaf(edge, edge.variable.data if edge.variable is not None else value)
        return self.variables[edge] if edge is not None else self._constant(value)

    def _leaf(self, edge: Edge, value: Any) -> Variable:
        if edge not in self.variables:
            self.variables[edge] = self._variable(f"x{len(self.inputs)}", value)
            self.inputs.append(self.variables[edge])
            self.values[self.variables[edge]] = value
        return self.variables[edge]

    def _constant(self, value: Any) -> Operand:
        array = np.asarray(value)
        if array.dtype.kind not in "fiub":
            raise Unreadable(f"dualgrad.mirror: a constant of dtype {array.dtype} cannot be read; use real numbers")
        if array.ndim == 0:
            return Literal(array.item())
        if id(value) not in self._arrays:
            self._arrays[id(value)] = variable = self._variable(f"c{len(self._arrays)}", array)
            self.captured[variable] = array
        return self._arrays[id(value)]

    def _variable(self, name: str, value: Any) -> Variable:
        shape: Shape = tuple(value.shape)
        if not all(isinstance(length, int) for length in shape):
            raise Unreadable("dualgrad.mirror: a tensor that is being recorded has no mirror; read the program instead")
        if self.symbolic:
            shape = tuple(self._dimension(f"{name}_{axis}", length) for axis, length in enumerate(shape))
        return Variable(name, shape, np.dtype(value.dtype))

    def _dimension(self, label: str, length: Any) -> Extent:
        if length <= 1:
            return int(length)
        self.extents.values[label] = length
        return dimension(label)


# ---------------------------------------------------------------------------- names


def callers_names(edges: Sequence[Edge]) -> dict[Edge, str]:
    """What the innermost caller outside dualgrad calls these tensors."""
    wanted = set(edges)
    found: dict[Edge, str] = {}
    for name, value in _callers_locals():
        edge = getattr(value, "_edge", None)
        if isinstance(edge, Edge) and edge in wanted and name.isidentifier() and not name.startswith("_"):
            found.setdefault(edge, name)
    return found


def _callers_locals() -> Iterator[tuple[str, Any]]:
    frame = sys._getframe(1)
    while frame.f_code.co_filename.startswith(_HERE):
        if frame.f_back is None:
            return
        frame = frame.f_back
    yield from list(frame.f_locals.items())
