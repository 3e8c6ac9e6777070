"""Shapes without looking: structural extents, static shape arguments, axes.

A shape here is a tuple of extents (``int`` or ``Size``). Nothing in this module compares or converts a
user-visible ``Dim``, so nothing it does is logged as a leak.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from dualgrad.program.size import Extent, Size, product, terms

Shape = tuple[Extent, ...]


def extents(x: Any) -> tuple[Any, ...]:
    """The structural shape of an array, number, Tensor or Tracer.

    >>> extents(np.ones((2, 3))), extents(1.5)
    ((2, 3), ())
    """
    if type(x) is np.ndarray or isinstance(x, (np.ndarray, np.generic)):
        return x.shape
    found = getattr(x, "extents", None)
    if found is not None:
        return tuple(found)
    return () if hasattr(x, "extent") else np.shape(x)


def no_shorter(x: Any, first: int, second: int) -> bool:
    """Whether one axis is at least as long as another: of symbolic extents at the sizes run, and the claim says so.

    >>> no_shorter(np.ones((2, 3)), 0, 1)
    False
    """
    return at_least(x, extents(x)[first], extents(x)[second])


def at_least(x: Any, a: Extent, b: Extent) -> bool:
    """Whether an extent is at least another: of symbolic ones at the sizes run of this array, and the claim says so."""
    if isinstance(a, int) and isinstance(b, int):
        return a >= b
    while not hasattr(x, "sizes"):
        x = x.data
    try:
        x.sizes.at_least(a - b, 0, "a comparison of axes")
    except ValueError:
        x.sizes.at_least(b - a, 0, "a comparison of axes")
        return False
    return True


def rank(x: Any) -> int:
    """The number of axes."""
    return len(extents(x))


def plain_extent(length: Any) -> Extent:
    """One static length: a ``Dim`` gives the extent it stands for."""
    length = getattr(length, "extent", length)
    return length if isinstance(length, Size) else operator.index(length)


def plain_extents(shape: Any) -> Shape:
    """A shape argument (a length, or a sequence of lengths, which may be ``Dim`` objects) as a tuple of extents.

    >>> plain_extents(3), plain_extents([2, 3])
    ((3,), (2, 3))
    """
    return tuple(map(plain_extent, shape)) if isinstance(shape, Iterable) else (plain_extent(shape),)


def one_axis(axis: Any, ndim: int) -> int:
    """An axis, counted from the front; AxisError when there is no such axis."""
    return normalize_axis_index(operator.index(axis), ndim)


def all_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes named by an ``axis`` argument, sorted and counted from the front; None names all."""
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int and 0 <= axis < ndim:
        return (axis,)
    return tuple(sorted(normalize_axis_tuple(axis, ndim)))


def behind(axes: Iterable[int]) -> tuple[int, ...]:
    """The axes where another stands before all of them.

    >>> behind((0, 2))
    (1, 3)
    """
    return tuple([axis + 1 for axis in axes])


def joined(*shapes: Shape) -> tuple[Any, ...]:
    """The shape that shapes broadcast to; where two symbolic extents differ, the first is taken.

    >>> joined((2, 1), (3,))
    (2, 3)
    """
    ndim = max(map(len, shapes), default=0)
    aligned = [(1,) * (ndim - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(next((e for e in lengths if e != 1), 1) for lengths in zip(*aligned, strict=True))


def without(shape: Shape, axes: Iterable[int]) -> tuple[Any, ...]:
    """The shape without these axes."""
    dropped = set(axes)
    return tuple(extent for axis, extent in enumerate(shape) if axis not in dropped)


def with_ones(shape: Shape, axes: Iterable[int]) -> tuple[Any, ...]:
    """The shape with extent 1 at these axes."""
    kept = set(axes)
    return tuple(1 if axis in kept else extent for axis, extent in enumerate(shape))


def spread(g: Any, a: Any, axis: Iterable[int], keepdims: bool) -> Any:
    """A result of a reduction of ``a`` over these axes, with the reduced axes back as axes of size 1."""
    if keepdims:
        return g
    if type(g) is np.float64:  # over all axes
        return g.reshape((1,) * a.ndim)
    shape = with_ones(extents(a), axis)
    return g.reshape(shape) if isinstance(g, (np.ndarray, np.generic)) else np.reshape(g, shape)


def resolved(shape: Shape, size: Sequence[Extent]) -> Shape:
    """The shape with its one -1 replaced, so that it holds as many elements as an array with extents ``size``."""
    if -1 not in shape:
        return shape
    known = [extent for extent in shape if extent != -1]
    if len(known) < len(shape) - 1:
        raise ValueError(f"reshape: shape {shape} has more than one -1; give all lengths but one")
    missing = _quotient(list(size), known)
    if missing is None:
        raise ValueError(f"reshape: the length that -1 stands for in {shape} is not determined by {tuple(size)}")
    return tuple(missing if extent == -1 else extent for extent in shape)


def _quotient(whole: list[Extent], parts: list[Extent]) -> Extent | None:
    parts = list(parts)
    for extent in list(whole):
        if extent in parts:
            whole.remove(extent)
            parts.remove(extent)
    return _exactly(product(whole), product(parts))


def _exactly(whole: Extent, part: Extent) -> Extent | None:
    """whole / part for a part that is a single term; None where it does not divide."""
    divisor = terms(part)
    if len(divisor) != 1:
        return None
    (powers, factor) = divisor[0]
    quotient: Extent = 0
    for monomial, coefficient in terms(whole):
        rest = dict(monomial)
        for name, power in powers:
            rest[name] = rest.get(name, 0) - power
        if coefficient % factor or min(rest.values(), default=0) < 0:
            return None
        kept = tuple(sorted((name, power) for name, power in rest.items() if power))
        quotient = quotient + (Size(((kept, coefficient // factor),)) if kept else coefficient // factor)
    return quotient
