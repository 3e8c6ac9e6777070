"""Tracers: arrays that record what is done to them, and the cells in which in-place writes reach every view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dualgrad.array import ArrayMethods
from dualgrad.frontends.dims import Dim, user_line
from dualgrad.op import REGISTRY, Op
from dualgrad.program.record import Condition, Operand, Shape, Variable
from dualgrad.program.size import Size, dimensions, product

if TYPE_CHECKING:
    from dualgrad.frontends.trace import Trace


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
                self.parent._trace.refuse(
                    "an array was written to while a reshaped view of it was in use; copy it first"
                )
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


LOOSE_VIEWS = frozenset(
    {"reshape", "ravel", "diagonal", "broadcast_to", "squeeze", "expand_dims", "transpose", "swapaxes", "moveaxis"}
)


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
        return operand.dtype if isinstance(operand, Variable) else np.dtype(np.int64)

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
        return self._trace.refuse(
            "an array was asked for its values by code that cannot be recorded (np.asarray, C code, …)"
        )

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
            self._trace.refuse(
                "an equality test between values holds on a set of measure zero; it cannot be proved over"
            )
        return REGISTRY[name](self, other)

    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        if hasattr(np.ndarray, name):
            self._trace.refuse(f"the attribute .{name} of an array cannot be recorded")
        raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")

    def __repr__(self) -> str:
        return f"Tracer({self._cell._operand!r}: {self.dtype}[{', '.join(map(str, self.extents))}])"


def _kind(key: Any) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return ", ".join(type(part).__name__ for part in parts)
