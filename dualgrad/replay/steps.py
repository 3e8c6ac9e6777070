"""What a recording is made of: values of known shape, dtype and layout, and steps in the order in which they ran."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dualgrad.op import Kind, Op

LARGE = 1 << 18  # bytes from which on an array is worth cutting, and digits the last of which may change


@dataclass(frozen=True, slots=True)
class Inner:
    """A step that no user writes: what passes put in the place of declared ops.

    ``writes``: the forward takes memory for its result as its last argument.
    """

    name: str
    forward: Callable[..., Any]
    kind: Kind = Kind.POINTWISE
    writes: bool = False


Applied = Op | Inner


@dataclass(frozen=True, eq=False, slots=True)
class Value:
    """An argument, a captured array, or the result of a step.

    ``order`` lists the axes from the slowest to the fastest; a ``number`` has no axes and is no ndarray.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: tuple[int, ...] = ()
    number: bool = False

    @property
    def nbytes(self) -> int:
        """The memory of all entries."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def rows(self) -> bool:
        """Whether the first axis is the slowest: a part of it lies in one piece."""
        return self.order[:1] == (0,)

    def __repr__(self) -> str:
        return f"{self.name}: {self.dtype}{list(self.shape)}"


@dataclass(frozen=True, eq=False, slots=True)
class Number:
    """A number known when the recording was made: equal to another of the same type and the same bits."""

    value: Any

    @property
    def shape(self) -> tuple[()]:
        """Numbers have no axes."""
        return ()

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The dtype of a NumPy number; a Python number takes that of what it meets."""
        return self.value.dtype if isinstance(self.value, np.generic) else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Number) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[type, str]:
        return type(self.value), repr(self.value)

    def __repr__(self) -> str:
        return repr(self.value)


Operand = Value | Number


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """``output = op(*inputs, **params)``. ``shows``: the operands whose memory the output may share."""

    op: Applied
    inputs: tuple[Operand, ...]
    params: Mapping[str, Any]
    output: Value
    shows: tuple[int, ...] = ()
    line: str = ""

    def __repr__(self) -> str:
        given = ", ".join(part.name if isinstance(part, Value) else repr(part) for part in self.inputs)
        static = "".join(f", {key}={value!r}" for key, value in self.params.items())
        return f"{self.output!r} = {self.op.name}({given}{static})"


@dataclass(frozen=True, slots=True)
class Recording:
    """Steps with their inputs and outputs; ``captured`` are arrays that the function reached by itself."""

    inputs: tuple[Value, ...]
    steps: tuple[Step, ...]
    outputs: tuple[Operand, ...]
    captured: Mapping[Value, np.ndarray[Any, Any]] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"({', '.join(map(repr, self.inputs))})", *map(repr, self.steps)]
        return "\n  ".join(lines) + f"\n  return {', '.join(map(repr, self.outputs))}"


def pointwise(op: Applied) -> bool:
    """Whether every entry of the output is the same function of the entries that broadcasting puts there."""
    if op.kind is Kind.POINTWISE:
        return True
    return (isinstance(op.forward, np.ufunc) and op.forward.signature is None) or op.name in ("where", "relu")


def values(operands: Iterable[Operand]) -> list[Value]:
    """The operands that are not known numbers."""
    return [operand for operand in operands if isinstance(operand, Value)]


def alive(recording: Recording) -> tuple[Step, ...]:
    """The steps that the outputs need."""
    needed = set(values(recording.outputs))
    kept: list[Step] = []
    for step in reversed(recording.steps):
        if step.output in needed:
            kept.append(step)
            needed.update(values(step.inputs))
    return tuple(reversed(kept))
