"""Complex arrays of a recording: two real arrays, the real and the imaginary parts.

A recording is in real numbers. What is done to a complex array is recorded as what it does to its parts
(:mod:`dualgrad.frontends.complexes`); views, and writes into them, are those of the parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from dualgrad.array import ArrayMethods
from dualgrad.frontends.looks import agreed, seen_by_traced_code
from dualgrad.op import REGISTRY, Op
from dualgrad.program.size import product

Apply = Callable[[Op, Sequence[Any], Mapping[str, Any]], Any]


class Pair(ArrayMethods):
    """A complex array that records. ``re`` and ``im`` are tracers of one shape."""

    __bind_rank__ = 1.2  # before what is real, after tensors
    __slots__ = ("__weakref__", "im", "re")

    apply: ClassVar[list[Apply]] = []  # how ops are applied to pairs: entered by complexes, which makes pairs

    def __init__(self, re: Any, im: Any) -> None:
        self.re = re
        self.im = im

    @staticmethod
    def __bind__(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        return Pair.apply[0](op, inputs, params)

    def __refuse__(self, message: str) -> Any:
        return self.re.__refuse__(message)

    # ------------------------------------------------------------------------ what it is

    @property
    def extents(self) -> Any:
        """The shape as structural extents."""
        return self.re.extents

    @property
    def sizes(self) -> Any:
        """What rules ask about extents."""
        return self.re.sizes

    @property
    def shape(self) -> Any:
        """The shape as a user's function sees it."""
        return self.re.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.extents)

    @property
    def size(self) -> Any:
        """The number of elements."""
        return self.re._trace.dim(product(self.extents))

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype."""
        return np.dtype(np.result_type(self.re.dtype, self.im.dtype, np.complex64))

    @property
    def real(self) -> Any:
        """The real parts: a view."""
        return self.re

    @real.setter
    def real(self, value: Any) -> None:
        self.re[...] = value

    @property
    def imag(self) -> Any:
        """The imaginary parts: a view."""
        return self.im

    @imag.setter
    def imag(self, value: Any) -> None:
        self.im[...] = value

    @property
    def flat(self) -> Any:
        """All elements in one axis."""
        return self.reshape(-1)

    def __len__(self) -> int:
        return len(self.re)

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(len(self)))

    def __bool__(self) -> bool:
        return bool(np.logical_or(np.not_equal(self.re, 0), np.not_equal(self.im, 0)))

    # ------------------------------------------------------------------------ views and writes

    def __getitem__(self, key: Any) -> Any:
        found = Pair(self.re[key], self.im[key])
        for part, whole in ((found.re, self.re), (found.im, self.im)):
            if whole.operand in whole._trace.zeros:
                part._trace.zeros.add(part.operand)
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        self.re[key], self.im[key] = np.real(value), np.imag(value)

    def become(self, result: Any) -> Pair:
        """In-place: this array now holds what ``result`` holds; of no axes, the name is rebound."""
        if not self.ndim:
            found: Pair = result
            return found
        self.re.become(result.re), self.im.become(result.im)
        return self

    def __iadd__(self, other: Any) -> Any:
        return self.become(self + other)

    def __isub__(self, other: Any) -> Any:
        return self.become(self - other)

    def __imul__(self, other: Any) -> Any:
        return self.become(self * other)

    def __itruediv__(self, other: Any) -> Any:
        return self.become(self / other)

    def __ipow__(self, other: Any) -> Any:
        return self.become(self**other)

    def __copy__(self) -> Pair:
        return Pair(self.re.__copy__(), self.im.__copy__())

    def __deepcopy__(self, _: Any) -> Pair:
        return self.__copy__()

    def copy(self, order: str = "C") -> Any:
        """The same entries in an array of their own."""
        return self.__copy__()

    def fill(self, value: Any) -> None:
        """Assign one number to every element."""
        self[...] = value

    def item(self, *place: Any) -> Any:
        """The only element, or that at a place; it stays traced."""
        return self.flat[place[0] if len(place) == 1 else place] if place else self.reshape(())

    def tolist(self) -> Any:
        """Nested lists of the elements, which stay traced."""
        return [part.tolist() for part in self] if self.ndim else self

    def conj(self) -> Any:
        """The conjugate."""
        return REGISTRY["complex_conjugate"](self)

    conjugate = conj

    # ------------------------------------------------------------------------ NumPy's protocols, and escapes

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        target = out[0] if isinstance(out, tuple) and len(out) == 1 else out
        if isinstance(target, Pair) and target.ndim and method == "__call__":
            return target.become(super().__array_ufunc__(ufunc, method, *inputs, **kwargs))
        if method == "at" and ufunc in (np.add, np.subtract) and isinstance(inputs[0], Pair):
            array, key, value = inputs
            ufunc.at(array.re, key, np.real(value))
            ufunc.at(array.im, key, np.imag(value))
            return None
        if method == "reduce" and kwargs.get("initial") is None:
            kwargs.pop("initial", None)
        return super().__array_ufunc__(ufunc, method, *inputs, out=target, **kwargs)

    def __array__(self, *_: Any, **__: Any) -> Any:
        return self.re.__array__()

    def __eq__(self, other: object) -> Any:
        return np.logical_and(self.re == np.real(other), self.im == np.imag(other))  # type: ignore[call-overload]

    def __ne__(self, other: object) -> Any:
        return np.logical_not(self == other)

    def __hash__(self) -> int:
        return hash(self.re)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__array_") or hasattr(np.ndarray, name):
            self.__refuse__(f"the attribute .{name} of a complex array cannot be recorded; write it with its parts")
        raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return self.looks_like("__class__", lambda kind: kind) if seen_by_traced_code() else Pair

    def looks_like(self, asked: str, question: Callable[[type], Any]) -> Any:
        """What the array that this stands for would answer, by its class."""
        kinds = (np.ndarray,) if self.ndim else (np.complex128, complex)
        return agreed(kinds, question, self.__refuse__, asked)

    def __format__(self, spec: str) -> str:
        return format(self.re, spec)

    def __repr__(self) -> str:
        return f"{self.re!r} + 1j*{self.im!r}"
