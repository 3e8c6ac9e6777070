"""Linear algebra: solutions and determinants of stacks of matrices, and Cholesky factors.

Functions of Hermitian matrices read one triangle, as NumPy does; their gradient lies in that triangle, and is
what moving those entries does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import dualgrad.matrix_meanings as means
from dualgrad.conjugate import adjoint, conj, inner, is_complex
from dualgrad.matrices import (
    FLOATING,
    REAL_FLOATING,
    hermitians,
    inverse_of_lower,
    inverse_of_matrix,
    is_large_matrix,
    lower,
    matrix_call,
    read,
    read_back,
    square,
    squares,
)
from dualgrad.matrices import turned as _t
from dualgrad.meanings import Unread
from dualgrad.op import Call, Complex, Kind, Op, composed, structural
from dualgrad.samples import call, drawn
from dualgrad.shapes import extents, rank

_FULL_RANK = "square matrices of full rank"


# ---------------------------------------------------------------------------- inv, solve

inv: Op = structural(
    "inv",
    Kind.COMPOSITE,
    call=matrix_call,
    forward=inverse_of_matrix,
    dtype=FLOATING,
    meaning=means.inverses,
    vjp=[lambda g, y, a: -_t(y) @ g @ _t(y)],
    jvp=[lambda t, y, a: -y @ t @ y],
    numpy=[np.linalg.inv],
    domain=_FULL_RANK,
    complex=Complex.ANALYTIC,
    samples=drawn(squares),
)


def _solve_each(g: Any, y: Any, inputs: Any, params: Any) -> Any:
    back = _solve(_t(inputs[0]), g)  # once for both
    return -back @ _t(y), back


_solve: Op = structural(
    "solve_matrix",
    Kind.COMPOSITE,
    call=lambda a, b, /: Call((a, b), {}),
    forward=np.linalg.solve,
    dtype=FLOATING,
    meaning=means.solutions,
    vjp=[
        lambda g, y, a, b: -_solve(_t(a), g) @ _t(y),
        lambda g, y, a, b: _solve(_t(a), g),
    ],
    jvp=[
        lambda t, y, a, b: -_solve(a, t @ y),
        lambda t, y, a, b: _solve(a, t),
    ],
    domain=_FULL_RANK,
    each=_solve_each,
    complex=Complex.ANALYTIC,
    samples=drawn(
        lambda draw: [
            call(square(draw, 3, 3), draw(3, 2)),
            call(square(draw, 2, 2, 2), draw(2, 1)),
            call(square(draw, 2, 2), draw(3, 2, 1)),
        ]
    ),
    doc="solve, of a matrix on the right side.",
)


@composed(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """The x with ``a @ x = b``, for a vector b or matrices.

    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 2.0]))
    array([1. , 0.5])
    """
    return _solve(a, b[:, None])[..., 0] if rank(b) == 1 else _solve(a, b)


# ---------------------------------------------------------------------------- determinants


def _cofactor(a: Any) -> Any:
    """By singular values, so that singular matrices have theirs."""
    u, s, vh = np.linalg.svd(a)
    size = s.shape[-1]
    others = np.prod(np.where(np.eye(size, dtype=bool), s.dtype.type(1), s[..., None, :]), axis=-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * ((conj(u) * others[..., None, :]) @ conj(vh))


def _cofactor_pull(g: Any, y: Any, a: Any) -> Any:
    if extents(a)[-1] == 1:
        return np.zeros_like(a)
    inverse = _t(inv(a))
    return inverse * np.sum(g * y, axis=(-2, -1), keepdims=True) - inverse @ _t(g) @ y


def _cofactor_push(t: Any, y: Any, a: Any) -> Any:
    if extents(a)[-1] == 1:
        return np.zeros_like(y)
    inverse = inv(a)
    return y * np.sum(_t(inverse) * t, axis=(-2, -1), keepdims=True) - y @ _t(t) @ _t(inverse)


cofactor = structural(
    "cofactor",
    Kind.COMPOSITE,
    call=matrix_call,
    forward=_cofactor,
    dtype=FLOATING,
    meaning=means.cofactors,
    vjp=[_cofactor_pull],
    jvp=[_cofactor_push],
    complex=Complex.ANALYTIC,
    samples=drawn(squares),
    doc="The derivative of det: the matrix of cofactors. Its own is known for matrices of full rank only.",
)

det = structural(
    "det",
    Kind.COMPOSITE,
    call=matrix_call,
    forward=np.linalg.det,
    dtype=FLOATING,
    meaning=means.of_determinants(lambda d: d),
    vjp=[lambda g, y, a: g[..., None, None] * cofactor(a)],
    jvp=[lambda t, y, a: np.sum(t * cofactor(a), axis=(-2, -1))],
    numpy=[np.linalg.det],
    complex=Complex.ANALYTIC,
    samples=drawn(squares),
    ulps=16,  # of the largest cofactor: each is as near as the decomposition they all come from
)

logabsdet = structural(
    "logabsdet",
    Kind.COMPOSITE,
    call=matrix_call,
    forward=lambda a: np.linalg.slogdet(a)[1],
    dtype=REAL_FLOATING,
    meaning=means.of_determinants(means.log_of_size),
    vjp=[lambda g, y, a: g[..., None, None] * adjoint(inv(a))],
    jvp=[lambda t, y, a: np.sum(inner(t, adjoint(inv(a))), axis=(-2, -1))],
    complex=Complex.ADJOINT,
    domain=_FULL_RANK,
    samples=drawn(squares),
    doc="The logarithm of the absolute value of determinants.",
)

_sign_of_det = structural(
    "signdet",
    Kind.COMPOSITE,
    call=matrix_call,
    forward=lambda a: np.linalg.slogdet(a)[0],
    dtype=FLOATING,
    meaning=means.of_determinants(means.sign),
    vjp=[None],
    samples=drawn(squares),
    doc="The sign of determinants, which has derivative zero.",
)


def _phase_pull(g: Any, y: Any, a: Any) -> Any:
    turn = np.real(conj(g) * 1j * y)
    return 1j * turn[..., None, None] * adjoint(inv(a))


_phase_of_det = structural(
    "phase_of_det",
    Kind.COMPOSITE,
    call=matrix_call,
    forward=lambda a: np.linalg.slogdet(a)[0],
    dtype=FLOATING,
    meaning=Unread("complex numbers are not in the language of meanings"),
    vjp=[_phase_pull],
    jvp=[lambda t, y, a: 1j * y * np.imag(np.sum(t * _t(inv(a)), axis=(-2, -1)))],
    complex=Complex.ADJOINT,
    domain=_FULL_RANK,
    samples=drawn(lambda draw: [call(square(draw, *shape) + 0.1j) for shape in ((3, 3), (2, 2, 2))]),
    doc="The determinant of complex matrices over its absolute value.",
)


class SlogdetResult(NamedTuple):
    """A determinant: its sign and the logarithm of its size."""

    sign: Any
    logabsdet: Any


@composed(np.linalg.slogdet)
def slogdet(a: Any) -> SlogdetResult:
    """The sign of the determinant, of length 1 where it is complex, and the logarithm of its absolute value."""
    return SlogdetResult((_phase_of_det if is_complex(a) else _sign_of_det)(a), logabsdet(a))


# ---------------------------------------------------------------------------- Cholesky factors


def _half(m: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    if type(m) is np.ndarray and m.ndim == 2:
        found = np.tril(m)
        diagonal = np.einsum("ii->i", found)
        diagonal *= 0.5
        return found
    return np.tril(m) - 0.5 * np.tril(np.triu(m))


def _cholesky_pull(g: Any, y: Any, a: Any) -> Any:
    if is_large_matrix(y) and type(g) is np.ndarray:
        return _cholesky_pull_by_halves(g, y)
    inverse = inv(y)
    middle = adjoint(inverse) @ _half(adjoint(y) @ lower(g)) @ inverse
    return read_back(0.5 * (middle + adjoint(middle)))


def _cholesky_pull_by_halves(g: Any, y: Any) -> Any:
    """The same of a large matrix, without what is zero in products of triangles, and what is not read of them."""
    one, two = slice(0, len(y) // 2), slice(len(y) // 2, len(y))
    inverse = inverse_of_lower(y)
    a, b, c = y[one, one], y[two, one], y[two, two]
    g11, g21, g22 = np.tril(g[one, one]), g[two, one], np.tril(g[two, two])
    i11, i21, i22 = inverse[one, one], inverse[two, one], inverse[two, two]
    h11, h21, h22 = _half(a.T @ g11 + b.T @ g21), c.T @ g21, _half(c.T @ g22)
    right21, right22 = h21 @ i11 + h22 @ i21, h22 @ i22
    m11, m22 = i11.T @ (h11 @ i11) + i21.T @ right21, i22.T @ right22
    found = np.zeros_like(y)
    found[one, one] = _half(m11 + m11.T)
    found[two, two] = _half(m22 + m22.T)
    found[two, one] = i22.T @ right21 + (i21.T @ right22).T
    return found


def _cholesky_push(t: Any, y: Any, a: Any) -> Any:
    inverse = inv(y)
    return y @ _half(inverse @ read(t) @ adjoint(inverse))


_cholesky = structural(
    "cholesky",
    Kind.COMPOSITE,
    call=matrix_call,
    forward=np.linalg.cholesky,
    dtype=FLOATING,
    meaning=means.cholesky_factors,
    vjp=[_cholesky_pull],
    jvp=[_cholesky_push],
    complex=Complex.ADJOINT,
    domain="positive definite matrices; the lower triangle is read",
    samples=drawn(hermitians),
    doc="The lower factor L of symmetric positive definite matrices, A = L Lᵀ, as numpy.linalg.cholesky.",
)


@composed(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """The lower triangle whose product with its adjoint is ``a``, of which the lower triangle is read; or the upper.

    >>> cholesky(np.array([[4.0, 0.0], [2.0, 2.0]]))
    array([[2., 0.],
           [1., 1.]])
    """
    return adjoint(_cholesky(adjoint(a))) if upper else _cholesky(a)
