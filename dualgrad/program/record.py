"""Recorded programs: flat lists of equations, in the order in which they ran.

A program is data. It says which op was applied to which operands with which static arguments, what that
means entry by entry, and at which line of the user's source it happened. Readings walk the list once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dualgrad.program.entry import Meaning
from dualgrad.program.size import Extent

if TYPE_CHECKING:
    from dualgrad.op import Op

Shape = tuple[Extent, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Variable:
    """A named array of a program: an input, a captured array, or the result of an equation."""

    name: str
    shape: Shape
    dtype: np.dtype[Any]

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Literal:
    """A number written in the source, exactly: an int, a bool, or the double a float literal is."""

    value: int | float | bool

    @property
    def shape(self) -> Shape:
        """Numbers have no axes."""
        return ()


@dataclass(frozen=True, slots=True)
class SizeOf:
    """An extent used as a number, as ``n`` in ``x / n``."""

    extent: Extent

    @property
    def shape(self) -> Shape:
        """Numbers have no axes."""
        return ()


Operand = Variable | Literal | SizeOf


@dataclass(frozen=True, eq=False, slots=True)
class Equation:
    """``output = op(*inputs, **params)``, with its meaning at these shapes."""

    op: Op
    inputs: tuple[Operand, ...]
    params: Mapping[str, Any]
    output: Variable
    meaning: Meaning
    line: str = ""  # "file.py:12", where known

    def __repr__(self) -> str:
        given = ", ".join([*map(repr, self.inputs), *(f"{key}={value!r}" for key, value in self.params.items())])
        return f"{self.output.name} = {self.op.name}({given})"


@dataclass(frozen=True, slots=True)
class Condition:
    """A value the recording branched on: the 0-or-1 operand and the outcome on the path recorded."""

    operand: Operand
    outcome: bool
    line: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """Equations with their inputs and outputs. ``captured`` are arrays the function closed over, with their values.

    ``equations`` may include those of a program recorded before on the same inputs (a gradient that uses
    the forward's intermediates); an equation is read once, by identity.
    """

    name: str
    inputs: tuple[Variable, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[Operand, ...]
    captured: Mapping[Variable, np.ndarray[Any, Any]] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    def __str__(self) -> str:
        head = ", ".join(f"{v.name}: {v.dtype}[{', '.join(map(str, v.shape))}]" for v in self.inputs)
        body = "\n".join(f"  {equation!r}" for equation in self.equations)
        return f"{self.name}({head}):\n{body}\n  return {', '.join(map(repr, self.outputs))}"
