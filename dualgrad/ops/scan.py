"""Running and sliding sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.meanings import free
from dualgrad.op import Call, Kind, Sizes, composed, dtype_of, structural
from dualgrad.program.entry import Element, Index, Meaning, affine, at_least, equal, total
from dualgrad.program.size import Extent
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, extents, one_axis, rank


def _call(a: Any, axis: Any = None) -> Call:
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    return Call((a,), {"axis": one_axis(axis, rank(a))})


def _meaning(sizes: Sizes, shape: Shape, axis: int) -> Meaning:
    indices = free(shape)
    before = Index("r", shape[axis])
    position = tuple(affine(before if k == axis else index) for k, index in enumerate(indices))
    return Meaning(indices, total(before, at_least(indices[axis], before) * Element(0, position)))


def _pull(g: Any, y: Any, a: Any, axis: int) -> Any:
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


cumsum = structural(
    "cumsum",
    Kind.MULTILINEAR,
    call=_call,
    forward=np.cumsum,
    stacked=lambda which, a, axis: np.cumsum(a, axis=axis + 1),
    dtype=dtype_of(lambda a, **_: np.cumsum(a)),
    meaning=_meaning,
    vjp=[_pull],
    numpy=[np.cumsum],
    method="cumsum",
    samples=drawn(lambda draw: [call(draw(2, 3)), call(draw(2, 3), axis=0), call(draw(1, 4), axis=1), call(draw(0))]),
)


@composed(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    """The differences of neighbours along an axis, n times over.

    >>> diff(np.array([1.0, 4.0, 9.0]))
    array([3., 5.])
    """
    whole = (slice(None),) * one_axis(axis, rank(a))
    for _ in range(n):
        a = a[(*whole, slice(1, None))] - a[(*whole, slice(None, -1))]
    return a


# ---------------------------------------------------------------------------- convolution


def _convolve_meaning(sizes: Sizes, left: Shape, right: Shape) -> Meaning:
    (m,), (n,) = left, right
    for length in (m, n):
        sizes.at_least(length, 1, "convolve")
    place, i, j = Index("k", m + n - 1), Index("i", m), Index("j", n)
    terms = equal(place, affine(i) + j) * Element(0, (affine(i),)) * Element(1, (affine(j),))
    return Meaning((place,), total(i, total(j, terms)))


def _convolve_call(a: Any, v: Any) -> Call:
    if rank(a) != 1 or rank(v) != 1:
        raise ValueError(f"convolve: got arrays with {rank(a)} and {rank(v)} axes, expected two vectors")
    return Call((a, v), {})


def _slid(g: Any, kernel: Any, length: Extent) -> Any:
    """Σ_k g[k + i] kernel[k] for every i: a convolution with the kernel reversed, where it overlaps entirely."""
    start = extents(kernel)[0] - 1
    return _convolve(g, kernel[::-1])[start : start + length]


_convolve = structural(
    "convolve",
    Kind.MULTILINEAR,
    call=_convolve_call,
    forward=np.convolve,
    meaning=_convolve_meaning,
    vjp=[
        lambda g, y, a, v: _slid(g, v, extents(a)[0]),
        lambda g, y, a, v: _slid(g, a, extents(v)[0]),
    ],
    samples=drawn(lambda draw: [call(draw(4), draw(2)), call(draw(2), draw(3)), call(draw(1), draw(1))]),
    doc="The convolution of two sequences, as numpy.convolve.",
)


@composed(np.convolve)
def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """The discrete convolution of two vectors; "valid" keeps what overlaps entirely, "same" the middle.

    Of lengths that are not known, the first is presumed to be the longer one.
    """
    full, (m,), (n,) = _convolve(a, v), extents(a), extents(v)
    short, long = (m, n) if isinstance(m, int) and isinstance(n, int) and m < n else (n, m)
    if mode == "full":
        return full
    if mode == "valid":
        return full[short - 1 : long]
    if mode == "same" and isinstance(short, int):
        return full[(short - 1) // 2 : (short - 1) // 2 + long]
    raise TypeError(f"convolve: mode={mode!r} is not an op for lengths {m} and {n}; use 'full' or 'valid'")
