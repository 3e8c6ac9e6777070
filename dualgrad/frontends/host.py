"""Where the arrays that traced code makes live: on a trace, bare or under tensors; and what counts as traced."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualgrad.frontends.arrays import is_array, is_traced, stacked
from dualgrad.frontends.complex_parts import parts
from dualgrad.frontends.dims import Dim
from dualgrad.frontends.pairs import Pair
from dualgrad.frontends.trace import Trace
from dualgrad.frontends.tracer import Tracer
from dualgrad.frontends.watch import COPY_MARK, is_copy
from dualgrad.op import REGISTRY
from dualgrad.shapes import plain_extents

__all__ = ["Host", "is_array", "is_traced", "numbers", "stacked", "traced_or", "typed"]


def _itself(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Host:
    """One recording. ``wrap`` is what traced code sees of a new array: the tracer itself, or a tensor on it."""

    trace: Trace
    wrap: Callable[[Any], Any] = _itself

    @property
    def refuse(self) -> Callable[[str], Any]:
        """Poison the recording and raise."""
        return self.trace.refuse

    def filled(self, value: Any, shape: Any, dtype: Any) -> Any:
        """An array of one value. Integers of known shape are counters and positions, and stay plain."""
        kind = np.dtype(dtype)
        if kind.kind == "c":
            return self._complex(value, shape, kind)
        extents = plain_extents(shape)
        if kind.kind in "iub" and not is_traced(value) and all(isinstance(extent, int) for extent in extents):
            return np.full(extents, value, kind)
        value = typed(value, kind) if is_traced(value) else kind.type(value)
        op = REGISTRY["broadcast_to"]
        call = op.call(value, extents)
        result = self.trace.record(op, call.inputs, call.params) if not is_array(value) else op(value, extents)
        return self.own(result)

    def _complex(self, value: Any, shape: Any, kind: np.dtype[Any]) -> Any:
        """A complex array of one value."""
        bare, real = Host(self.trace), kind.type(0).real.dtype
        found = [bare.filled(part, shape, real) for part in parts(value)]
        for array, part in zip(found, parts(value), strict=True):
            if not is_array(part) and part == 0:
                self.trace.zeros.add(array.operand)
        return self.wrap(Pair(*found))

    def own(self, result: Any) -> Any:
        """An array of its own: not a view of what it was made from."""
        return self.wrap(result.rebound(result.operand)) if isinstance(result, Tracer) else result

    def may_raise(self, what: str) -> None:
        """Refuse where traced code would catch what ``what`` raises outside its domain, or when it overflows."""
        frame = sys._getframe(1)
        while frame.f_back is not None:
            frame = frame.f_back
            if is_copy(frame) and frame.f_code in frame.f_globals[COPY_MARK]:
                self.refuse(f"{what} raises for some numbers, and {frame.f_code.co_name} catches exceptions")


def typed(value: Any, dtype: Any) -> Any:
    """The array in this dtype; itself where it has it, or where none is asked for."""
    if isinstance(value, Dim):
        value = value.number()
    return value if dtype is None or np.dtype(dtype) == value.dtype else value.astype(dtype)


def traced_or(plain: Callable[..., Any], traced: Callable[..., Any]) -> Callable[..., Any]:
    """The plain function, or the traced one where an argument is traced."""

    def function(*args: Any, **kwargs: Any) -> Any:
        return (traced if is_traced((*args, *kwargs.values())) else plain)(*args, **kwargs)

    function.__name__ = getattr(plain, "__name__", "function")
    return function


def numbers(values: Iterable[Any]) -> list[Any]:
    """The values, dimensions as traced numbers."""
    return [value.number() if isinstance(value, Dim) else value for value in values]
