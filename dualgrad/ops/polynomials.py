"""Arithmetic of polynomials, given by their coefficients with the highest power first, and what comes with it."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.conjugate import conj
from dualgrad.op import composed
from dualgrad.shapes import extents, one_axis, rank


def _aligned(a1: Any, a2: Any) -> tuple[Any, Any]:
    """Both with the same number of coefficients."""
    (m,), (n,) = extents(a1), extents(a2)
    return np.pad(a1, (max(n - m, 0), 0)), np.pad(a2, (max(m - n, 0), 0))


@composed(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    """The sum of two polynomials.

    >>> polyadd(np.array([1.0, 2.0]), np.array([3.0]))
    array([1., 5.])
    """
    first, second = _aligned(a1, a2)
    return first + second


@composed(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    """The difference of two polynomials."""
    first, second = _aligned(a1, a2)
    return first - second


@composed(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    """The product of two polynomials.

    >>> polymul(np.array([1.0, 1.0]), np.array([1.0, -1.0]))
    array([ 1.,  0., -1.])
    """
    return np.convolve(a1, a2)


@composed(np.polyder)
def polyder(p: Any, m: int = 1) -> Any:
    """The m-th derivative of a polynomial.

    >>> polyder(np.array([1.0, 2.0, 3.0]))
    array([2., 2.])
    """
    for _ in range(m):
        p = p[:-1] * np.arange(extents(p)[0] - 1, 0, -1)
    return p


@composed(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """The sliding products of two vectors, the second conjugated.

    >>> correlate(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0]))
    array([2., 3.])
    """
    return np.convolve(a, conj(v)[::-1], mode)


@composed(np.cumulative_sum)
def cumulative_sum(x: Any, /, *, axis: int | None = None, include_initial: bool = False) -> Any:
    """The running sums along an axis, with a 0 before them where that is asked for."""
    return _with_initial(np.cumsum(x, axis=0 if axis is None else axis), axis, include_initial, 0)


@composed(np.cumulative_prod)
def cumulative_prod(x: Any, /, *, axis: int | None = None, include_initial: bool = False) -> Any:
    """The running products along an axis, with a 1 before them where that is asked for."""
    return _with_initial(np.cumprod(x, axis=0 if axis is None else axis), axis, include_initial, 1)


def _with_initial(found: Any, axis: int | None, include_initial: bool, first: int) -> Any:
    if axis is None and rank(found) > 1:
        raise ValueError(f"cumulative_sum, cumulative_prod: name an axis of an array with {rank(found)} of them")
    if not include_initial:
        return found
    place = one_axis(axis or 0, rank(found))
    start = np.zeros_like(found[(*(slice(None),) * place, slice(0, 1))]) + first
    return np.concatenate([start, found], axis=place)


@composed(np.unwrap)
def unwrap(p: Any, *, axis: int = -1) -> Any:
    """Angles without jumps of more than half a turn along an axis: whole turns are added.

    >>> unwrap(np.array([0.0, 3.0, 6.0 - 2 * np.pi])).round(6).tolist()
    [0.0, 3.0, 6.0]
    """
    whole = (slice(None),) * one_axis(axis, rank(p))
    turns = -np.round(np.diff(p, axis=axis) / (2 * np.pi)) * (2 * np.pi)
    later = p[(*whole, slice(1, None))] + np.cumsum(turns, axis=axis)
    return np.concatenate([p[(*whole, slice(0, 1))], later], axis=axis)
