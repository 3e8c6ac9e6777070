"""Arrays of one shape, one for each direction, that operations are applied to one by one but run on together.

Rules of reverse and of forward mode are run on them as they are: a Jacobian takes one pass for all of its rows. How
an op runs on all at once follows from its kind, or is said in its declaration (``Op.stacked``); else it is a loop.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dualgrad.array import ArrayMethods
from dualgrad.op import Kind, Op, bind
from dualgrad.shapes import extents


class Stack(ArrayMethods):
    """As many arrays as ``entries`` is long; shape and axes are those of one of them."""

    __slots__ = ("entries",)
    __bind_rank__ = 1.2  # before what its entries may be

    def __init__(self, entries: Any) -> None:
        self.entries = entries

    @property
    def extents(self) -> tuple[Any, ...]:
        """The shape of each."""
        shape: tuple[int, ...] = self.entries.shape
        return shape[1:]

    shape = extents

    @property
    def dtype(self) -> Any:
        """The dtype of all."""
        return self.entries.dtype

    @property
    def ndim(self) -> int:
        """How many axes each has."""
        ndim: int = self.entries.ndim
        return ndim - 1

    @property
    def size(self) -> int:
        """How many elements each has."""
        size: int = self.entries[0].size
        return size

    def __neg__(self) -> Any:
        return Stack(-self.entries)

    @staticmethod
    def __bind__(op: Op, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
        which = tuple([type(x) is Stack for x in inputs])
        given = [x.entries if stacked else x for x, stacked in zip(inputs, which, strict=True)]
        if op.kind is Kind.POINTWISE:
            return Stack(bind(op, _aligned(given, which), params))
        if op.stacked is not None:
            result = op.stacked(which, *given, **params)
            if result is not None:
                return Stack(result)
        length = next(len(x) for x, stacked in zip(given, which, strict=True) if stacked)
        one_by_one = ([x[k] if s else x for x, s in zip(given, which, strict=True)] for k in range(length))
        return Stack(np.stack([bind(op, operands, params) for operands in one_by_one]))


def _operator(compute: Callable[..., Any], slow: Callable[..., Any]) -> Callable[[Any, Any], Any]:
    """An operator, written out for what needs no alignment."""

    def apply(self: Stack, other: Any) -> Any:
        entries, kind = self.entries, type(other)
        if kind is Stack and other.entries.ndim == entries.ndim:
            return Stack(compute(entries, other.entries))
        if kind in _NUMBERS or (kind is np.ndarray and other.ndim < entries.ndim):
            return Stack(compute(entries, other))
        return slow(self, other)

    return apply


_NUMBERS = frozenset({float, int, np.float64})
for _name, _compute in {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
}.items():
    setattr(Stack, f"__{_name}__", _operator(_compute, getattr(ArrayMethods, f"__{_name}__")))


def _aligned(given: Sequence[Any], which: Sequence[bool]) -> Sequence[Any]:
    """The operands with axes of size 1 after the first, so that the axes of each entry are the last of all."""
    ranks = [len(extents(x)) - stacked for x, stacked in zip(given, which, strict=True)]
    most = max(ranks)
    if all(rank == most for rank, stacked in zip(ranks, which, strict=True) if stacked):
        return given
    return [
        x.reshape(len(x), *(1,) * (most - rank), *x.shape[1:]) if stacked else x
        for x, rank, stacked in zip(given, ranks, which, strict=True)
    ]
