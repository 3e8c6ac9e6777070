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


@composed(np.polyint)
def polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    """The m-th integral of a polynomial; ``k`` has the constants of integration, the first one first, else 0.

    >>> polyint(np.array([2.0, 2.0]))
    array([1., 2., 0.])
    """
    constants = [0.0] * m if k is None else [k] if not rank(k) else [k[j] for j in range(extents(k)[0])]
    if len(constants) == 1:
        constants = constants * m
    if len(constants) < m:
        raise ValueError(f"polyint: got {len(constants)} constants of integration, expected one or {m}")
    for constant in constants[:m]:
        raised = p / np.arange(extents(p)[0], 0, -1)
        p = np.concatenate([raised, np.reshape(constant + 0 * raised[:1], (1,))])
    return p


@composed(np.polyfit)
def polyfit(x: Any, y: Any, deg: int, *, w: Any = None) -> Any:
    """The polynomial of this degree whose values at x are nearest to y, in the sum of squares; weighted by w.

    >>> polyfit(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 5.0]), 1).round(12)
    array([2., 1.])
    """
    powers = np.vander(x, deg + 1)
    if w is not None:
        powers, y = powers * w[:, None], y * (w if rank(y) == 1 else w[:, None])
    scale = np.sqrt(np.sum(powers * powers, axis=0))  # columns of one length, so that none drowns
    found = np.matmul(np.linalg.pinv(powers / scale), y)
    return found / scale if rank(found) == 1 else found / scale[:, None]


@composed(np.roots)
def roots(p: Any) -> Any:
    """Where a polynomial vanishes, complex numbers: the eigenvalues of its companion matrix.

    Its highest coefficient is not to be 0, unlike NumPy's, which looks at the values.

    >>> np.sort(roots(np.array([1.0, -3.0, 2.0])).real).round(12)
    array([1., 2.])
    """
    count = extents(p)[0] - 1
    if count < 1:
        raise ValueError("roots: a constant has no roots to speak of; give at least two coefficients")
    below = np.eye(count - 1, count)
    return np.linalg.eigvals(np.concatenate([np.reshape(-p[1:] / p[0], (1, -1)), below + 0 * np.sum(p)]))


@composed(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The polynomial with these roots, or with the eigenvalues of a matrix, whose highest coefficient is 1.

    >>> poly(np.array([1.0, 2.0]))
    array([ 1., -3.,  2.])
    """
    zeros = np.linalg.eigvals(seq_of_zeros) if rank(seq_of_zeros) == 2 else seq_of_zeros
    found = np.ones(1)
    for k in range(extents(zeros)[0]):
        one = 0 * zeros[k : k + 1] + 1
        found = np.convolve(found, np.concatenate([one, -zeros[k : k + 1]]))
    return found


@composed(np.polydiv)
def polydiv(u: Any, v: Any) -> tuple[Any, Any]:
    """The quotient and the remainder of two polynomials; the remainder keeps its leading zeros.

    >>> polydiv(np.array([1.0, 0.0, -1.0]), np.array([1.0, 1.0]))
    (array([ 1., -1.]), array([0.]))
    """
    (m,), (n,) = extents(u), extents(v)
    if m < n:
        return 0 * u[:1], u
    quotient, rest = [], u
    for _ in range(m - n + 1):
        share = rest[:1] / v[:1]
        quotient.append(share)
        rest = np.concatenate([rest[1:n] - share * v[1:], rest[n:]])
    return np.concatenate(quotient), rest if n > 1 else 0 * u[:1]


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
