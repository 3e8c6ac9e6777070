"""The mirror of a tensor: the formula that its computation is, and the formulas of its derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dualgrad.engine.graph import Edge
from dualgrad.mirror.constants import Unreadable
from dualgrad.mirror.derivation import Derivation, derivation
from dualgrad.mirror.formula import Formula, displayed
from dualgrad.mirror.gradient import gradient
from dualgrad.mirror.graph import Graph, callers_names, graph_of
from dualgrad.mirror.point import Point, point
from dualgrad.mirror.reading import Reading, opened, value
from dualgrad.mirror.rows import Row, rows
from dualgrad.program.record import Variable

LEAVES = "xyabcdefgh"  # names of inputs that have none


@dataclass(frozen=True, eq=False, repr=False)
class Mirror:
    """The formula of a tensor, for people: ``print(out.mirror)``, ``out.mirror.derivative(x)``.

    It is read off the graph, and shows what was computed; whether a gradient is right is for ``verify`` to say.
    """

    tensor: Any
    graph: Graph
    names: Mapping[Edge, str]

    @cached_property
    def reading(self) -> Reading:
        """The program behind the tensor, ready to be read."""
        program = self.graph.program
        called = {self.graph.variables[edge]: name for edge, name in self.names.items()}
        given = {v: name for v, name in called.items() if v in program.inputs or v is not program.outputs[0]}
        letters = (letter for letter in LEAVES if letter not in given.values())
        unnamed = [variable for variable in program.inputs if variable not in given]
        return opened(program, names={**given, **dict(zip(unnamed, letters, strict=False))}, sizes=self.graph.merged)

    @cached_property
    def formula(self) -> Formula:
        """The tensor as a formula of its inputs."""
        return value(self.reading)

    @property
    def expression(self) -> Any:
        """The formula as a SymPy expression."""
        return self.formula.expression

    @property
    def latex(self) -> str:
        """The formula in LaTeX, without delimiters."""
        return self.formula.body_latex

    def derivative(self, wrt: Any) -> Formula:
        """The derivative of every element in every element of ``wrt``: a tensor of the computation, or its name."""
        return gradient(self.reading, self._variable(wrt), jacobian=True)

    def derivation(self, wrt: Any) -> Derivation:
        """The steps by hand to the gradient of the sum of the elements, with its value at the inputs."""
        return derivation(self.reading, self._variable(wrt), self._point)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The computation line by line, with values."""
        return rows(self.reading, self._point)

    @cached_property
    def general(self) -> Mirror:
        """The same operations read for arrays of any size; ValueError where they fix the sizes."""
        return Mirror(self.tensor, graph_of(self.tensor, symbolic=True), self.names)

    @cached_property
    def _point(self) -> Point:
        return point(self.reading, self.graph.values)

    def _variable(self, wrt: Any) -> Variable:
        if isinstance(wrt, str):
            return self.reading.variable(wrt)
        edge = getattr(wrt, "_edge", None)
        found = self.graph.variables.get(edge) if edge is not None else None
        if found is None:
            known = ", ".join(self.reading.names[self.reading.book.number[v]] for v in self.graph.program.inputs)
            raise Unreadable(
                f"mirror.derivative: {type(wrt).__name__} is not part of this computation; "
                f"pass a tensor that requires a gradient and was used, or a name: {known or 'there is none'}"
            )
        return found

    def __repr__(self) -> str:
        _, _, defined = str(self.formula).partition("\n")
        return self.formula.text + ("\n" + defined if defined else "")

    def _repr_latex_(self) -> str:
        return displayed([self.latex, *(definition.latex for _, definition in self.formula.where)])


def mirror_of(tensor: Any) -> Mirror:
    """The mirror of a tensor, with the names that the caller's variables have.

    >>> import dualgrad as dg
    >>> x = dg.ones(2, 2, requires_grad=True)
    >>> out = (3 * (x + 2) ** 2).mean()
    >>> mirror_of(out)
    1/4 Σᵢ 3 (xᵢ + 2)²
    >>> mirror_of(out).derivative(x)
    ∂o/∂xᵢ = 3/2 (xᵢ + 2)
    """
    graph = graph_of(tensor)
    return Mirror(tensor, graph, callers_names(list(graph.variables)))
