"""Dimensions as a user's function sees them: objects, not ints.

Arithmetic stays symbolic. Every escape to a plain number (conversion, comparison, iteration, hash) is a
*leak*: it is logged with its line, and the claim shrinks to the sizes run.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dualgrad.frontends.looks import seen_by_traced_code
from dualgrad.program.size import Extent, Size, dimensions, evaluate, solve, substitute

if TYPE_CHECKING:
    from dualgrad.frontends.trace import Trace


@dataclass(frozen=True, slots=True)
class Leak:
    """A dimension that was turned into a number, where, and how."""

    dimensions: frozenset[str]
    how: str
    line: str


@dataclass
class Extents:
    """The dimensions of one trace: their values at the sizes run, what was merged, and what leaked."""

    values: dict[str, int] = field(default_factory=dict)
    merged: dict[str, Extent] = field(default_factory=dict)
    hypotheses: list[str] = field(default_factory=list)
    leaks: list[Leak] = field(default_factory=list)
    conditions: list[tuple[Extent, int]] = field(default_factory=list)  # extent >= number, required by an op
    _resolved: dict[Extent, Extent] = field(default_factory=dict)

    def resolve(self, extent: Extent) -> Extent:
        """The extent with merged dimensions replaced."""
        if isinstance(extent, int) or not self.merged:
            return extent
        known = self._resolved.get(extent)
        if known is None:
            known = self._resolved[extent] = self._replaced(extent)
        return known

    def _replaced(self, extent: Extent) -> Extent:
        while isinstance(extent, Size) and any(name in self.merged for name in dimensions(extent)):
            extent = substitute(extent, self.merged)
        return extent

    def concrete(self, extent: Extent) -> int:
        """The extent at the sizes run, without logging."""
        return evaluate(extent, self.values)

    def same(self, a: Extent, b: Extent, why: str) -> Extent:
        """Merge two extents that an op requires to be equal; a printed hypothesis unless they are the same already."""
        a, b = self.resolve(a), self.resolve(b)
        if a == b:
            return a
        if self.concrete(a) != self.concrete(b):
            raise ValueError(f"{why} needs axes of one size, got {a} = {self.concrete(a)} and {b} = {self.concrete(b)}")
        for name in reversed(self.values):  # the names that came first are kept
            value = solve(a - b, name)
            if value is not None:
                self.merged[name] = value
                self._resolved.clear()
                self.hypotheses.append(f"{name} = {value}")
                return self.resolve(a)
        self.leak(dimensions(a - b), f"{why} needs {a} = {b}, which fixes the sizes")
        return a

    def at_least(self, extent: Extent, least: int, why: str) -> None:
        """Require extent >= least: checked at the sizes run, and carried by the claim."""
        extent = self.resolve(extent)
        if self.concrete(extent) < least:
            raise ValueError(f"{why} needs {extent} >= {least}, got {self.concrete(extent)}")
        if isinstance(extent, Size) and (extent, least) not in self.conditions:
            self.conditions.append((extent, least))

    def leak(self, names: frozenset[str], how: str) -> None:
        """Log that a dimension became a number."""
        self.leaks.append(Leak(names, how, user_line()))


class Dim:
    """An extent in the hands of a user's function. Not an int, so that nothing turns it into one unseen."""

    __slots__ = ("extent", "trace")
    __array_priority__ = 1000.0

    def __init__(self, extent: Extent, trace: Trace) -> None:
        self.extent = extent
        self.trace = trace

    def __index__(self) -> int:
        return self._number("converted to an integer")

    __int__ = __index__

    def __float__(self) -> float:
        return float(self._number("converted to a float"))

    def __bool__(self) -> bool:
        return self._number("tested for truth") != 0

    def __hash__(self) -> int:
        return hash(self._number("hashed"))

    def __eq__(self, other: object) -> bool:
        return self._compare(other, "==", lambda a, b: a == b)

    def __ne__(self, other: object) -> bool:
        return self._compare(other, "!=", lambda a, b: a != b)

    def __lt__(self, other: object) -> bool:
        return self._compare(other, "<", lambda a, b: a < b)

    def __le__(self, other: object) -> bool:
        return self._compare(other, "<=", lambda a, b: a <= b)

    def __gt__(self, other: object) -> bool:
        return self._compare(other, ">", lambda a, b: a > b)

    def __ge__(self, other: object) -> bool:
        return self._compare(other, ">=", lambda a, b: a >= b)

    def __add__(self, other: Any) -> Any:
        return self._polynomial(other, lambda a, b: a + b, lambda a, b: a + b)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (list, tuple, str, bytes)):
            return other * self._number("used to repeat a sequence")
        return self._polynomial(other, lambda a, b: a * b, lambda a, b: a * b)

    __rmul__ = __mul__

    def __sub__(self, other: Any) -> Any:
        return self._polynomial(other, lambda a, b: a - b, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Any:
        return self._polynomial(other, lambda a, b: b - a, lambda a, b: b - a)

    def __neg__(self) -> Any:
        return self.trace.dim(-1 * self.extent)

    def __pos__(self) -> Dim:
        return self

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, int) and 0 <= exponent <= 4:
            power: Extent = 1
            for _ in range(exponent):
                power = power * self.extent
            return self.trace.dim(power)
        return self.number() ** exponent

    def __rpow__(self, base: Any) -> Any:
        return base ** self.number()

    def __truediv__(self, other: Any) -> Any:
        return self.number() / (other.number() if isinstance(other, Dim) else other)

    def __rtruediv__(self, other: Any) -> Any:
        return other / self.number()

    def __floordiv__(self, other: Any) -> Any:
        return self._number("divided with //") // other

    def __rfloordiv__(self, other: Any) -> Any:
        return other // self._number("divided with //")

    def __mod__(self, other: Any) -> Any:
        return self._number("taken modulo") % other

    def __rmod__(self, other: Any) -> Any:
        return other % self._number("taken modulo")

    def __abs__(self) -> int:
        return abs(self._number("passed to abs"))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        lifted = [value.number() if isinstance(value, Dim) else value for value in inputs]
        return getattr(ufunc, method)(*lifted, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        lifted = [value.number() if isinstance(value, Dim) else value for value in args]
        return func(*lifted, **kwargs)

    def __format__(self, spec: str) -> str:
        return format(self._number("formatted"), spec)

    def __str__(self) -> str:
        return str(self._number("printed"))

    def __repr__(self) -> str:
        return str(self) if seen_by_traced_code() else f"Dim({self.extent})"

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        if seen_by_traced_code():
            self.trace.refuse("the class of a size was asked for, which tells that it is recorded; use isinstance")
        return Dim

    def __divmod__(self, other: Any) -> Any:
        return divmod(self._number("divided with divmod"), other)

    def __rdivmod__(self, other: Any) -> Any:
        return divmod(other, self._number("divided with divmod"))

    def __and__(self, other: Any) -> Any:
        return self._number("taken bit by bit") & other

    def __round__(self, ndigits: int | None = None) -> Any:
        return self._number("rounded")

    def number(self) -> Any:
        """The dimension as a traced number: stays symbolic in arithmetic with arrays."""
        return self.trace.size_number(self.extent)

    def _number(self, how: str) -> int:
        extents = self.trace.extents
        extent = extents.resolve(self.extent)
        extents.leak(dimensions(extent), f"{extent} was {how}")
        return extents.concrete(extent)

    def _compare(self, other: object, sign: str, test: Callable[[Any, Any], bool]) -> bool:
        right = other._number("compared") if isinstance(other, Dim) else other
        return test(self._number(f"compared with {sign}"), right)

    def _polynomial(
        self, other: Any, symbolic: Callable[[Any, Any], Extent], numeric: Callable[[Any, Any], Any]
    ) -> Any:
        if isinstance(other, Dim):
            return self.trace.dim(symbolic(self.extent, other.extent))
        if isinstance(other, (int, np.integer)) and not isinstance(other, bool):
            return self.trace.dim(symbolic(self.extent, int(other)))
        return numeric(self.number(), other)


def user_line() -> str:
    """The innermost line outside dualgrad, NumPy and verify, as "file:line", the file without its folder."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.partition(".")[0] not in ("dualgrad", "numpy", "verify"):
            return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
