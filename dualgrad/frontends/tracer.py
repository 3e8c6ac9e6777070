"""Tracers: arrays that record what is done to them, and the cells in which in-place writes reach every view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dualgrad.array import ArrayMethods
from dualgrad.frontends import advanced, choosing, complexes
from dualgrad.frontends.arrays import stacked
from dualgrad.frontends.dims import Dim, Extents, user_line
from dualgrad.frontends.escapes import Escapes
from dualgrad.frontends.looks import agreed, printed_only, seen_by_traced_code
from dualgrad.frontends.watch import unwatched
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

    @property
    def root(self) -> Cell:
        """The cell of the array whose memory this one shows."""
        return self if self.parent is None else self.parent._cell.root

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


# Ops whose result may share memory with their operand, in a way that the cell does not follow.
LOOSE_VIEWS = frozenset({"reshape", "diagonal", "broadcast_to", "transpose", "getitem", "einsum"})


class Tracer(Escapes, ArrayMethods):
    """An array that records. Made by :meth:`Trace.input` and by ops on tracers."""

    __bind_rank__ = 1
    __slots__ = ("__weakref__", "_cell", "_trace", "_value")

    def __init__(self, trace: Trace, cell: Cell, value: np.ndarray[Any, Any] | None) -> None:
        self._trace = trace
        self._cell = cell
        self._value = value

    @staticmethod
    def __bind__(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        if complexes.is_for_pairs(op, inputs, params):
            return complexes.apply(op, inputs, params)
        first = next(value for value in inputs if isinstance(value, Tracer))
        result = unwatched(first._trace.record, op, inputs, params)
        if op.name in LOOSE_VIEWS and len(inputs) == 1 and isinstance(inputs[0], Tracer) and result.ndim:
            result._cell = Cell(result._cell.read(), parent=inputs[0], loose=True)
        return result

    def __refuse__(self, message: str) -> Any:
        return self._trace.refuse(message)

    def __lift__(self, value: Any) -> Any:
        """A captured array of floats as a tracer of this recording; anything else as it is."""
        if not isinstance(value, np.ndarray) or not value.ndim or value.dtype.kind != "f":
            return value
        return Tracer(self._trace, Cell(self._trace.operand(value)), value if self._trace.concrete else None)

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
    def sizes(self) -> Extents:
        """What rules ask about extents, which the claim then carries."""
        return self._trace.extents

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
        if advanced.is_advanced(key):
            return advanced.take(self, key)
        try:
            result = self._take(key)
        except (TypeError, IndexError, NotImplementedError) as error:
            if self._trace.poison or isinstance(error, IndexError):
                raise
            return self._trace.refuse(f"indexing with {_kind(key)} cannot be recorded: {error}")
        if result.ndim or _has_ellipsis(key):  # with one, a single element is a view, too
            result._cell = Cell(result._cell.read(), parent=self, key=key)
        return result

    def __setitem__(self, key: Any, value: Any) -> None:
        self._put(key, value)

    def _put(self, key: Any, value: Any) -> None:
        """``self[key] = value``: the last write wins, and every view sees it."""
        value = stacked(value)
        self._must_hold(value, "assigned to")
        if advanced.is_advanced(key):
            advanced.put(self, key, value)
            return
        try:
            result: Tracer = REGISTRY["setitem"](self, value, key)
        except (TypeError, IndexError, NotImplementedError) as error:
            if self._trace.poison or isinstance(error, IndexError):
                raise
            self._trace.refuse(f"assigning with {_kind(key)} cannot be recorded: {error}")
        self.become(result)

    def become(self, result: Tracer) -> None:
        """In-place: this array now holds what ``result`` holds."""
        if not np.can_cast(result.dtype, self.dtype, "same_kind"):
            self._must_hold(result, "written in place to")
        if result.ndim != self.ndim:
            self._trace.refuse(f"an in-place operation changed the shape from {self.extents} to {result.extents}")
        for mine, other in zip(self.extents, result.extents, strict=True):
            self._trace.extents.same(mine, other, "an in-place operation")
        self._cell.write(result.operand, self)
        self._value = result._value

    def _must_hold(self, value: Any, what: str) -> None:
        dtype = getattr(value, "dtype", np.dtype(type(value)) if isinstance(value, (int, float)) else None)
        if self.dtype.kind != "f" and dtype is not None and not np.can_cast(dtype, self.dtype, "same_kind"):
            self._trace.refuse(
                f"{dtype} values were {what} an array of {self.dtype}, which rounds: make it a float array"
            )

    def _in_place(self, result: Tracer) -> Tracer:
        if self.ndim == 0 and self._cell.parent is None:  # a NumPy scalar is immutable: the name is rebound
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

    def __imod__(self, other: Any) -> Tracer:
        return self._in_place(self % other)

    def __iand__(self, other: Any) -> Tracer:
        return self._in_place(self & other)

    def __ior__(self, other: Any) -> Tracer:
        return self._in_place(self | other)

    def __imatmul__(self, other: Any) -> Tracer:
        return self._in_place(self @ other)

    def rebound(self, operand: Operand) -> Tracer:
        """A fresh handle on an operand of this trace, with this array's value."""
        return Tracer(self._trace, Cell(operand), self._value)

    def fill(self, value: Any) -> None:
        """Assign one number to every element."""
        self._put(Ellipsis, value)

    def astype(
        self, dtype: Any, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """The array in another dtype."""
        if self.dtype.kind == "f" and np.dtype(dtype).kind in "iu":
            return choosing.whole(self).astype(dtype)[()]
        return self if not copy and np.dtype(dtype) == self.dtype else REGISTRY["astype"](self, dtype)

    def flatten(self, order: str = "C") -> Any:
        """All elements in one axis, copied."""
        return self.__copy__() if self.ndim == 1 else self.reshape(-1, order=order).__copy__()

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """The same entries in another shape, in the order of C or of Fortran."""
        if order != "F" or self.ndim == 0:
            try:
                return super().reshape(*shape, order="C" if self.ndim < 2 and order == "F" else order)
            except ValueError as error:
                if "is not determined by" not in str(error):
                    raise
                return self._trace.refuse(str(error))
        wanted = shape[0] if len(shape) == 1 else shape
        turned = tuple(reversed(wanted)) if isinstance(wanted, (tuple, list)) else wanted
        found = self.transpose().reshape(turned)
        return found.transpose() if found.ndim > 1 else found

    @property
    def flat(self) -> Any:
        """All elements in one axis."""
        return self.reshape(-1)

    any, all = advanced.any_of, advanced.all_of

    def __copy__(self) -> Tracer:
        return self.rebound(self.operand)

    def __deepcopy__(self, _: Any) -> Tracer:
        return self.rebound(self.operand)

    def copy(self, order: str = "C") -> Any:
        """The same entries in an array of their own."""
        return REGISTRY["copy"](self)

    def conj(self) -> Any:
        """The array itself: arrays here are real."""
        return REGISTRY["positive"](self)

    conjugate = conj

    # ------------------------------------------------------------------------ NumPy's protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        target = out[0] if isinstance(out, tuple) and len(out) == 1 else out
        if isinstance(target, Tracer) and target.ndim and method == "__call__":
            target.become(super().__array_ufunc__(ufunc, method, *inputs, **kwargs))
            return target
        if method == "at" and isinstance(inputs[0], Tracer):
            return advanced.at(ufunc, *inputs)
        if method == "reduceat" and ufunc is np.add:
            return advanced.sums_between(*inputs)
        if method == "reduce" and ufunc is np.logaddexp:
            return advanced.logsumexp(*inputs, **{"axis": 0, **kwargs})
        if method == "reduce" and ufunc not in (np.add, np.multiply) and kwargs.get("initial") is None:
            kwargs.pop("initial", None)
        return super().__array_ufunc__(ufunc, method, *inputs, out=target, **kwargs)

    def __apply__(self, function: Callable[..., Any], name: str, args: Any, kwargs: Any) -> Any:
        result = super().__apply__(function, name, args, kwargs)
        if isinstance(result, Tracer) and any(result is arg for arg in args):  # np.roll(x, 0) is a copy, squeeze is not
            return Tracer(self._trace, Cell(result.operand, parent=result, loose=True), result._value)
        return advanced.owned(result, args) if isinstance(result, Tracer) else result

    # ------------------------------------------------------------------------ escapes

    def __bool__(self) -> bool:
        if self._value is None:
            self._trace.refuse(
                "a branch was taken on a value; a proof covers every value: use np.where, or check at one point"
            )
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
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[position] for position in range(len(self)))

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self._trace.refuse(
            "an array was asked for its values by code that cannot be recorded (np.asarray in a library, C code, "
            "assignment into an array made outside); make the array in the function, use NumPy functions"
        )

    def __eq__(self, other: object) -> Any:
        return REGISTRY["equal"](self, other)

    def __ne__(self, other: object) -> Any:
        return REGISTRY["not_equal"](self, other)

    def __hash__(self) -> int:
        if self.ndim:
            raise TypeError("unhashable type: 'numpy.ndarray'")
        return int(self._trace.refuse("hash() reads a value; a recording covers every value: do not use it as a key"))

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return self.looks_like("__class__", lambda kind: kind) if seen_by_traced_code() else Tracer

    def looks_like(self, asked: str, question: Callable[[type], Any]) -> Any:
        """What the array that this stands for would answer, by its class."""
        return agreed(self._trace.classes(self), question, self._trace.refuse, asked)

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return self.dtype.itemsize

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__array_"):
            self.__array__()
        if hasattr(np.ndarray, name):
            self._trace.refuse(f"the attribute .{name} of an array cannot be recorded; write it with NumPy functions")
        raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")

    def __format__(self, _: str) -> str:
        if seen_by_traced_code() and not printed_only():
            self._trace.refuse("an array was turned into text, which shows its values; print it on a line of its own")
        return repr(self)

    def __repr__(self) -> str:
        if seen_by_traced_code() and not printed_only():
            self._trace.refuse("an array was turned into text, which shows its values; print it on a line of its own")
        return f"Tracer({self._cell._operand!r}: {self.dtype}[{', '.join(map(str, self.extents))}])"


def _has_ellipsis(key: Any) -> bool:
    return any(part is Ellipsis for part in (key if isinstance(key, tuple) else (key,)))


def _kind(key: Any) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return ", ".join(type(part).__name__ for part in parts)
