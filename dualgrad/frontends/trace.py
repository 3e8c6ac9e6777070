"""Tracers: arrays that record what is done to them.

A proof tracer holds no values, and its shape is made of dimension objects: what was recorded holds for
every value and every size at which the recording is the user's function. A concrete tracer carries the
value at one point and follows branches, recording their conditions. Whatever cannot be recorded faithfully
*poisons* the recording, even when the user's code catches the exception.

How code is kept from doing something else than it does natively: it runs as a copy (rewire), sees tracers as the
arrays they stand for (looks, python), and is refused where it catches an exception, runs a function that was not
copied (watch), or changes what outlives the call (state). What this does not catch, and nobody writes by accident:
code that asks NumPy's functions themselves what they are (``type(np.zeros)``), compares the ``__class__`` of a plain
number by identity, imports dualgrad to look for it, or keeps state in a file or in another library. Other threads are
not watched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from dualgrad.frontends.captures import rearranged
from dualgrad.frontends.dims import Dim, Extents, user_line
from dualgrad.frontends.tracer import Cell, Tracer
from dualgrad.op import REGISTRY, Op
from dualgrad.program.record import Condition, Equation, Literal, Operand, Program, Shape, SizeOf, Variable
from dualgrad.program.size import Extent, Size, dimension


class Untraceable(TypeError):
    """A user's function did something that a recording cannot show faithfully."""


@dataclass(frozen=True)
class Poison:
    """Why a recording cannot be trusted, and where."""

    reason: str
    line: str


@dataclass
class Trace:
    """One recording session. Several functions may be recorded on the same inputs, sharing equations.

    ``concrete`` traces carry values and follow branches; proof traces do neither.
    """

    concrete: bool = False
    extents: Extents = field(default_factory=Extents)
    equations: list[Equation] = field(default_factory=list)
    captured: dict[Variable, np.ndarray[Any, Any]] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    poison: list[Poison] = field(default_factory=list)
    zeros: set[Operand] = field(default_factory=set)  # what is 0 everywhere, as parts of complex arrays often are
    lengths: set[Operand] = field(default_factory=set)  # |z| and |z|² of complex numbers
    _captures: dict[tuple[Any, ...], Variable] = field(default_factory=dict)
    _known: dict[tuple[Any, ...], tuple[Variable, Any]] = field(default_factory=dict)
    _inputs: set[Variable] = field(default_factory=set)
    _serial: int = 0
    _merged: int = 0  # how many dimensions were merged when _known was made

    def input(self, name: str, array: np.ndarray[Any, Any], shape: Sequence[str | int] | None = None) -> Tracer:
        """An input of this dtype. ``shape`` names the dimension of each axis, or fixes it; None fixes them all."""
        extents: list[Extent] = []
        for label, size in zip(array.shape if shape is None else shape, array.shape, strict=True):
            if isinstance(label, str):
                self.extents.values[label] = size
                extents.append(dimension(label))
            else:
                extents.append(label)
        if array.dtype.kind == "c":
            self.refuse(f"the input {name} has dtype {array.dtype}; {_NO_COMPLEX}")
        variable = Variable(name, tuple(extents), array.dtype)
        self._inputs.add(variable)
        return Tracer(self, Cell(variable), np.array(array) if self.concrete else None)

    def record(self, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Tracer:
        """Apply an op to operands of this trace and append the equation."""
        inputs = [
            np.asarray(value) if type(value) is not Tracer and isinstance(value, (list, tuple)) else value
            for value in inputs
        ]
        operands = tuple(self.operand(value) for value in inputs)
        params = {name: _plain(value) for name, value in params.items()}
        key = self._key(op, operands, params)
        known = self._recorded().get(key)
        if known is not None:
            return Tracer(self, Cell(known[0]), known[1])
        try:
            meaning = op.meaning(self.extents, *(self.shape(operand) for operand in operands), **params)
        except (ValueError, NotImplementedError, TypeError) as error:
            return self.refuse(f"dualgrad.{op.name}: {error}")
        line = user_line()
        value = self._run(op, inputs, params)
        given = list(map(_dtype_of, inputs))
        dtype = value.dtype if value is not None else np.dtype(op.dtype(*given, **params))
        rounds = inexact(op.name, [np.dtype(type(d)) if not isinstance(d, np.dtype) else d for d in given], dtype)
        if rounds or dtype.kind == "c":
            self.refuse(f"dualgrad.{op.name}: {rounds or f'the result has dtype {dtype}; {_NO_COMPLEX}'}")
        output = Variable(self._name("v"), meaning.shape, dtype)
        self.equations.append(Equation(op, operands, params, output, meaning, line))
        if self._merged != len(self.extents.merged):  # by the meaning
            key = self._key(op, operands, params)
        self._known[key] = (output, value)
        return Tracer(self, Cell(output), value)

    def _key(self, op: Op, operands: Sequence[Operand], params: Mapping[str, Any]) -> tuple[Any, ...]:
        """What two applications have in common that give the same, in terms of the dimensions that are left."""
        given = tuple(map(self._identity, operands))
        return (op, given, tuple(sorted((name, repr(self._resolved(value))) for name, value in params.items())))

    def _identity(self, operand: Operand) -> Any:
        match operand:
            case Literal(value):
                return (type(value), repr(value))
            case SizeOf(extent):
                return SizeOf(self.extents.resolve(extent))
        return operand

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, Size):
            return self.extents.resolve(value)
        return tuple(map(self._resolved, value)) if self.extents.merged and isinstance(value, tuple) else value

    def _recorded(self) -> dict[tuple[Any, ...], tuple[Variable, Any]]:
        """What was recorded by its key: made anew where dimensions were merged since."""
        if self._merged != len(self.extents.merged):
            self._merged = len(self.extents.merged)
            values = dict(self._known.values())
            self._known = {}
            for equation in self.equations:
                key = self._key(equation.op, equation.inputs, equation.params)
                self._known.setdefault(key, (equation.output, values.get(equation.output)))
        return self._known

    def _run(self, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        if not self.concrete:
            return None
        with np.errstate(all="ignore"):
            return np.asarray(op.forward(*(_value_of(value) for value in inputs), **params))

    def operand(self, value: Any) -> Operand:
        """A tracer, number, dimension or captured array as an operand."""
        match value:
            case Tracer():
                if value._trace is not self:
                    self.refuse("an array of another recording was used; return it instead of storing it")
                return value.operand
            case Dim():
                return SizeOf(self.extents.resolve(value.extent))
            case bool() | np.bool_():
                return Literal(bool(value))
            case int() | np.integer():
                return Literal(int(value))
            case float() | np.floating():
                if not self.concrete and not np.isfinite(value):
                    self.refuse(f"the number {value} was used; a proof is about real numbers")
                return Literal(float(value))
            case np.ndarray() if value.dtype.kind in "fiub":
                return self._capture(value)
        raise self.refuse(f"an operand of type {type(value).__name__} cannot be recorded; pass numbers or real arrays")

    def _capture(self, array: np.ndarray[Any, Any]) -> Operand:
        if array.dtype.kind not in "fiub":
            self.refuse(f"an array of dtype {array.dtype} cannot be recorded; pass real arrays")
        if array.ndim == 0:
            return self.operand(array[()])
        if array.size and (array == array.flat[0]).all():
            return self._uniform(array)
        digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
        key = (array.shape, array.dtype.str, digest)
        if key in self._captures:
            return self._captures[key]
        known = rearranged(array, self.captured)
        if known is not None:
            turned = Tracer(self, Cell(known.variable), self.captured[known.variable])
            turned = REGISTRY["transpose"](REGISTRY["negative"](turned) if known.negated else turned, known.axes)
            operand: Operand = REGISTRY["reshape"](turned, array.shape).operand
            return operand
        variable = Variable(self._name("c"), array.shape, array.dtype)
        self._captures[key] = variable
        self.captured[variable] = np.array(array)
        return variable

    def _uniform(self, array: np.ndarray[Any, Any]) -> Operand:
        """An array of one number, as that number broadcast: zeros and ones in an expression are no symbols."""
        call = REGISTRY["broadcast_to"].call(array.flat[0], array.shape)
        return self.record(REGISTRY["broadcast_to"], call.inputs, call.params).operand

    def shape(self, operand: Operand) -> Shape:
        """The extents of an operand, merged dimensions replaced."""
        return tuple(self.extents.resolve(extent) for extent in operand.shape)

    def dim(self, extent: Extent) -> int | Dim:
        """An extent as a user's function sees it."""
        extent = self.extents.resolve(extent)
        return Dim(extent, self) if isinstance(extent, Size) else extent

    def size_number(self, extent: Extent) -> Any:
        """A dimension as a traced number."""
        extent = self.extents.resolve(extent)
        return Tracer(self, Cell(SizeOf(extent)), None) if isinstance(extent, Size) else extent

    def value(self, array: Any) -> np.ndarray[Any, Any]:
        """What an array of a concrete trace is at the point of that trace."""
        return np.array(_value_of(array))

    def classes(self, tracer: Tracer) -> tuple[type, ...]:
        """The classes that an array may have natively: one without axes may be a NumPy or a Python number."""
        if tracer.ndim:
            return (np.ndarray,)
        python = {"f": float, "i": int, "b": bool}.get(tracer.dtype.kind, float)
        kinds = (tracer.dtype.type, python)
        array = tracer._cell._operand in self._inputs or tracer._cell.parent is not None
        return (np.ndarray, *kinds) if array else kinds

    def refuse(self, reason: str) -> NoReturn:
        """Poison the recording and raise :class:`Untraceable`.

        What cannot be done at symbolic sizes leaks them all: it is recorded again at the sizes run.
        """
        if any(words in reason for words in _SIZES_NEEDED):
            self.extents.leak(frozenset(self.extents.values), reason)
        self.poison.append(Poison(reason, user_line()))
        raise Untraceable(f"{reason} (at {user_line() or 'an unknown line'})")

    def program(self, name: str, inputs: Sequence[Variable], outputs: Sequence[Operand]) -> Program:
        """What the outputs need of what was recorded, as a program."""
        needed = {operand for operand in outputs if isinstance(operand, Variable)}
        needed |= {c.operand for c in self.conditions if isinstance(c.operand, Variable)}
        kept: list[Equation] = []
        for equation in reversed(self.equations):
            if equation.output in needed:
                kept.append(equation)
                needed.update(operand for operand in equation.inputs if isinstance(operand, Variable))
        captured = {variable: array for variable, array in self.captured.items() if variable in needed}
        return Program(name, tuple(inputs), tuple(reversed(kept)), tuple(outputs), captured, tuple(self.conditions))

    def _name(self, prefix: str) -> str:
        self._serial += 1
        return f"{prefix}{self._serial}"


_SIZES_NEEDED = ("'Size'", "of symbolic size", "of symbolic shape", "is not determined by")
_NO_COMPLEX = "complex numbers are not in the language of meanings; compute with real and imaginary parts"

# Ops that only move entries: what integers they get, they give.
_MOVING = frozenset(
    "astype copy positive where getitem setitem put reshape transpose broadcast_to concatenate diagonal maximum "
    "minimum max min zeros_like ones_like tril triu".split()
)


def inexact(name: str, given: Sequence[np.dtype[Any]], result: np.dtype[Any]) -> str:
    """Why an op does not compute on these dtypes what it means on real numbers; empty where it does."""
    if name == "astype" and result.kind in "iub" and any(d.kind == "f" or result.kind == "b" != d.kind for d in given):
        return f"{given[0]} values are rounded to {result}; keep them floating"
    if result.kind == "b" and name in ("add", "matmul", "einsum") and all(d.kind == "b" for d in given):
        return "on booleans it means 'or'; use logical_or, or convert one with .astype(float)"
    if name == "full_like" and result.kind != "f":
        return f"the number is rounded to {result}; use np.full with a dtype"
    if name not in _MOVING and (result.kind == "u" or (result.kind == "i" and result.itemsize < 8)):
        return f"{result} wraps around; convert to float first"
    return ""


def _plain(value: Any) -> Any:
    """A static argument without NumPy's numbers in it, which other libraries take for no numbers."""
    if isinstance(value, np.generic):
        return value.item()
    return tuple(map(_plain, value)) if type(value) is tuple else value


def _value_of(value: Any) -> Any:
    return value._value if isinstance(value, Tracer) else value


def _dtype_of(value: Any) -> Any:
    if isinstance(value, Tracer):
        operand = value._cell._operand
        return operand.dtype if isinstance(operand, Variable) else 1
    if isinstance(value, Dim):
        return 1
    return value.dtype if isinstance(value, (np.ndarray, np.generic)) else value
