"""Tracers: arrays that record what is done to them.

A proof tracer holds no values, and its shape is made of dimension objects: what was recorded holds for
every value and every size at which the recording is the user's function. A concrete tracer carries the
value at one point and follows branches, recording their conditions. Whatever cannot be recorded faithfully
*poisons* the recording, even when the user's code catches the exception.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dualgrad.array import ArrayMethods
from dualgrad.frontends.dims import Dim, Extents, user_line
from dualgrad.op import REGISTRY, Op
from dualgrad.program.record import Condition, Equation, Literal, Operand, Program, Shape, SizeOf, Variable
from dualgrad.program.size import Extent, Size, dimension, dimensions, product


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
    _captures: dict[tuple[Any, ...], Variable] = field(default_factory=dict)
    _known: dict[tuple[Any, ...], tuple[Variable, Any]] = field(default_factory=dict)
    _serial: int = 0

    def input(self, name: str, array: np.ndarray[Any, Any], shape: Sequence[str | int] | None = None) -> Tracer:
        """An input of this dtype. ``shape`` names the dimension of each axis, or fixes it; None fixes them all."""
        extents: list[Extent] = []
        for label, size in zip(array.shape if shape is None else shape, array.shape, strict=True):
            if isinstance(label, str):
                self.extents.values[label] = size
                extents.append(dimension(label))
            else:
                extents.append(label)
        variable = Variable(name, tuple(extents), array.dtype)
        return Tracer(self, Cell(variable), np.array(array) if self.concrete else None)

    def record(self, op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Tracer:
        """Apply an op to operands of this trace and append the equation."""
        inputs = [np.asarray(value) if isinstance(value, (list, tuple)) else value for value in inputs]
        operands = tuple(self.operand(value) for value in inputs)
        key = (op, tuple(map(_identity, operands)), tuple(sorted((name, repr(value)) for name, value in params.items())))
        known = self._known.get(key)
        if known is not None:
            return Tracer(self, Cell(known[0]), known[1])
        try:
            meaning = op.meaning(self.extents, *(self.shape(operand) for operand in operands), **params)
        except (ValueError, NotImplementedError, TypeError) as error:
            self.refuse(f"dualgrad.{op.name}: {error}")
        line = user_line()
        value = self._run(op, inputs, params)
        dtype = value.dtype if value is not None else np.dtype(op.dtype(*map(_dtype_of, inputs), **params))
        output = Variable(self._name("v"), meaning.shape, dtype)
        self.equations.append(Equation(op, operands, params, output, meaning, line))
        self._known[key] = (output, value)
        return Tracer(self, Cell(output), value)

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
        self.refuse(f"an operand of type {type(value).__name__} cannot be recorded; pass numbers or real arrays")

    def _capture(self, array: np.ndarray[Any, Any]) -> Operand:
        if array.dtype.kind not in "fiub":
            self.refuse(f"an array of dtype {array.dtype} cannot be recorded; pass real arrays")
        if array.ndim == 0:
            return self.operand(array[()])
        if array.size and (array == array.flat[0]).all():
            return self._uniform(array)
        digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
        key = (array.shape, array.dtype.str, digest)
        if key not in self._captures:
            variable = Variable(self._name("c"), array.shape, array.dtype)
            self._captures[key] = variable
            self.captured[variable] = np.array(array)
        return self._captures[key]

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

    def refuse(self, reason: str) -> Any:
        """Poison the recording and raise :class:`Untraceable`."""
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


class Cell:
    """Where a tracer's current operand is kept, so that in-place writes reach every view.

    A view knows its parent and the basic index it was taken with; reading re-reads the parent when that was
    written to, and writing writes through. ``loose`` cells (reshape, ravel: a view or a copy, as layout has it)
    refuse both.
    """

    __slots__ = ("_operand", "key", "loose", "parent", "seen", "version")

    def __init__(self, operand: Operand, parent: Tracer | None = None, key: Any = None, loose: bool = False) -> None:
        self._operand = operand
        self.parent = parent
        self.key = key
        self.loose = loose
        self.version = 0
        self.seen = parent._cell.current_version() if parent is not None else 0

    def current_version(self) -> int:
        """How often this storage was written to, through any view."""
        return self.version + (self.parent._cell.current_version() if self.parent is not None else 0)

    def read(self) -> Operand:
        """The operand now."""
        if self.parent is not None and self.parent._cell.current_version() != self.seen:
            if self.loose:
                self.parent._trace.refuse("an array was written to while a reshaped view of it was in use; copy it first")
            self._operand = self.parent._take(self.key).operand
            self.seen = self.parent._cell.current_version()
        return self._operand

    def write(self, operand: Operand, tracer: Tracer) -> None:
        """Replace the contents, through to the base."""
        if self.loose:
            tracer._trace.refuse("a reshaped view was written to; copy it first")
        if self.parent is not None:
            self.parent._put(self.key, tracer.rebound(operand))
            self.seen = self.parent._cell.current_version()
        else:
            self.version += 1
        self._operand = operand


LOOSE_VIEWS = frozenset({"reshape", "ravel", "diagonal", "broadcast_to", "squeeze", "expand_dims", "transpose", "swapaxes", "moveaxis"})


class Tracer(ArrayMethods):
    """An array that records. Made by :meth:`Trace.input` and by ops on tracers."""

    __bind_rank__ = 1
    __slots__ = ("__weakref__", "_cell", "_trace", "_value")

    def __init__(self, trace: Trace, cell: Cell, value: np.ndarray[Any, Any] | None) -> None:
        self._trace = trace
        self._cell = cell
        self._value = value

    @staticmethod
    def __bind__(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        first = next(value for value in inputs if isinstance(value, Tracer))
        result = first._trace.record(op, inputs, params)
        if op.name in LOOSE_VIEWS and isinstance(inputs[0], Tracer):
            result._cell = Cell(result._cell.read(), parent=inputs[0], loose=True)
        return result

    def __refuse__(self, message: str) -> Any:
        return self._trace.refuse(message)

    # ------------------------------------------------------------------------ what it is

    @property
    def operand(self) -> Operand:
        """The operand this array is now."""
        return self._cell.read()

    @property
    def extents(self) -> Shape:
        """The shape as structural extents, without logging."""
        return self._trace.shape(self._cell._operand)

    @property
    def shape(self) -> tuple[int | Dim, ...]:
        """The shape as a user's function sees it."""
        return tuple(self._trace.dim(extent) for extent in self.extents)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._cell._operand.shape)

    @property
    def size(self) -> int | Dim:
        """The number of elements."""
        return self._trace.dim(product(self.extents))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype."""
        operand = self._cell._operand
        return operand.dtype if isinstance(operand, Variable) else np.result_type(_dtype_of(self))

    # ------------------------------------------------------------------------ views and writes

    def _take(self, key: Any) -> Tracer:
        """``self[key]`` as a new equation."""
        result: Tracer = REGISTRY["getitem"](self, key)
        return result

    def __getitem__(self, key: Any) -> Any:
        try:
            result = self._take(key)
        except (TypeError, IndexError, NotImplementedError) as error:
            if self._trace.poison or isinstance(error, IndexError):
                raise
            return self._trace.refuse(f"indexing with {_kind(key)} cannot be recorded: {error}")
        if result.ndim:
            result._cell = Cell(result._cell.read(), parent=self, key=key)
        return result

    def __setitem__(self, key: Any, value: Any) -> None:
        self._put(key, value)

    def _put(self, key: Any, value: Any) -> None:
        """``self[key] = value``: the last write wins, and every view sees it."""
        try:
            result: Tracer = REGISTRY["setitem"](self, value, key)
        except (TypeError, IndexError, NotImplementedError) as error:
            if self._trace.poison or isinstance(error, IndexError):
                raise
            self._trace.refuse(f"assigning with {_kind(key)} cannot be recorded: {error}")
        self.become(result)

    def become(self, result: Tracer) -> None:
        """In-place: this array now holds what ``result`` holds."""
        if result.ndim != self.ndim:
            self._trace.refuse(f"an in-place operation changed the shape from {self.extents} to {result.extents}")
        for mine, other in zip(self.extents, result.extents, strict=True):
            self._trace.extents.same(mine, other, "an in-place operation")
        self._cell.write(result.operand, self)
        self._value = result._value

    def _in_place(self, result: Tracer) -> Tracer:
        if self.ndim == 0:  # a NumPy scalar is immutable: the name is rebound
            return result
        self.become(result)
        return self

    def __iadd__(self, other: Any) -> Tracer:
        return self._in_place(self + other)

    def __isub__(self, other: Any) -> Tracer:
        return self._in_place(self - other)

    def __imul__(self, other: Any) -> Tracer:
        return self._in_place(self * other)

    def __itruediv__(self, other: Any) -> Tracer:
        return self._in_place(self / other)

    def __ipow__(self, other: Any) -> Tracer:
        return self._in_place(self**other)

    def __imatmul__(self, other: Any) -> Tracer:
        return self._in_place(self @ other)

    def rebound(self, operand: Operand) -> Tracer:
        """A fresh handle on an operand of this trace, with this array's value."""
        return Tracer(self._trace, Cell(operand), self._value)

    # ------------------------------------------------------------------------ escapes

    def __bool__(self) -> bool:
        if self._value is None:
            self._trace.refuse("a branch was taken on a value; a proof covers every value")
        outcome = bool(self._value)
        self._trace.conditions.append(Condition(self.operand, outcome, user_line()))
        return outcome

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of unsized object")
        extent = self.extents[0]
        if isinstance(extent, Size):
            self._trace.extents.leak(dimensions(extent), f"len() gave the number {extent}")
        return self._trace.extents.concrete(extent)

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(len(self)))

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self._trace.refuse("an array was asked for its values by code that cannot be recorded (np.asarray, C code, …)")

    def _no_value(self, what: str) -> Any:
        return self._trace.refuse(f"{what} reads a value; a recording covers every value: use NumPy functions instead")

    def __float__(self) -> Any:
        return self._no_value("float()")

    def __int__(self) -> Any:
        return self._no_value("int()")

    def __index__(self) -> Any:
        return self._no_value("an index")

    def __complex__(self) -> Any:
        return self._no_value("complex()")

    def item(self, *_: Any) -> Any:
        """Refused: reads a value."""
        return self._no_value("item()")

    def tolist(self) -> Any:
        """Refused: reads values."""
        return self._no_value("tolist()")

    def __contains__(self, _: Any) -> Any:
        return self._no_value("the operator in")

    def __eq__(self, other: object) -> Any:
        return self._equality("equal", other)

    def __ne__(self, other: object) -> Any:
        return self._equality("not_equal", other)

    def _equality(self, name: str, other: object) -> Any:
        if self._value is None:
            self._trace.refuse("an equality test between values holds on a set of measure zero; it cannot be proved over")
        return REGISTRY[name](self, other)

    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        if hasattr(np.ndarray, name):
            self._trace.refuse(f"the attribute .{name} of an array cannot be recorded")
        raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"Tracer({self._cell._operand!r}: {self.dtype}[{', '.join(map(str, self.extents))}])"


def _identity(operand: Operand) -> Any:
    return (type(operand.value), repr(operand.value)) if isinstance(operand, Literal) else operand


def _value_of(value: Any) -> Any:
    return value._value if isinstance(value, Tracer) else value


def _dtype_of(value: Any) -> Any:
    if isinstance(value, Tracer):
        operand = value._cell._operand
        return operand.dtype if isinstance(operand, Variable) else 1
    if isinstance(value, Dim):
        return 1
    return value.dtype if isinstance(value, (np.ndarray, np.generic)) else value


def _kind(key: Any) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return ", ".join(type(part).__name__ for part in parts)
