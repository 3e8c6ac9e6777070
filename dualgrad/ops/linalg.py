"""Linear algebra: solutions, determinants and decompositions of stacks of real matrices.

Inverses and determinants are in the language of meanings; decompositions are defined by an equation and have no
meaning yet. Functions of symmetric matrices read the lower triangle, as NumPy does; their gradient lies in that
triangle, and is what moving those entries does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dualgrad import matrix_meanings as means
from dualgrad.meanings import Unread
from dualgrad.op import Call, Kind, Kink, Op, composed, dtype_of, structural
from dualgrad.samples import Draw, Sample, call, drawn
from dualgrad.shapes import extents, rank

_IMPLICIT = Unread("a matrix defined by an equation is not in the language of meanings")
_FLOATING = dtype_of(lambda a, *rest, **_: np.sqrt(a))
_FULL_RANK = "square matrices of full rank"


def _t(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


def _matrix_call(a: Any) -> Call:
    if rank(a) < 2:
        raise ValueError(f"linalg: got an array with {rank(a)} axes, expected a matrix or a stack of them")
    return Call((a,), {})


def _square(draw: Draw, *shape: int) -> Any:
    """Matrices far from singular ones."""
    return draw(*shape) * 0.3 + np.diag(np.arange(1.0, shape[-1] + 1))


def _squares(draw: Draw) -> list[Sample]:
    return [call(_square(draw, *shape)) for shape in ((3, 3), (2, 2, 2), (1, 1))]


def _symmetric(draw: Draw, *shape: int) -> Any:
    a = _square(draw, *shape)
    return 0.5 * (a + _t(a))


# ---------------------------------------------------------------------------- inv, solve

inv: Op = structural(
    "inv",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=np.linalg.inv,
    dtype=_FLOATING,
    meaning=means.inverses,
    vjp=[lambda g, y, a: -_t(y) @ g @ _t(y)],
    jvp=[lambda t, y, a: -y @ t @ y],
    numpy=[np.linalg.inv],
    domain=_FULL_RANK,
    samples=drawn(_squares),
)

_solve: Op = structural(
    "solve_matrix",
    Kind.COMPOSITE,
    call=lambda a, b, /: Call((a, b), {}),
    forward=np.linalg.solve,
    dtype=_FLOATING,
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
    samples=drawn(
        lambda draw: [
            call(_square(draw, 3, 3), draw(3, 2)),
            call(_square(draw, 2, 2, 2), draw(2, 1)),
            call(_square(draw, 2, 2), draw(3, 2, 1)),
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
    return sign[..., None, None] * ((u * others[..., None, :]) @ vh)


def _cofactor_pull(g: Any, y: Any, a: Any) -> Any:
    inverse = _t(inv(a))
    return inverse * np.sum(g * y, axis=(-2, -1), keepdims=True) - inverse @ _t(g) @ y


def _cofactor_push(t: Any, y: Any, a: Any) -> Any:
    inverse = inv(a)
    return y * np.sum(_t(inverse) * t, axis=(-2, -1), keepdims=True) - y @ _t(t) @ _t(inverse)


cofactor = structural(
    "cofactor",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=_cofactor,
    dtype=_FLOATING,
    meaning=means.cofactors,
    vjp=[_cofactor_pull],
    jvp=[_cofactor_push],
    samples=drawn(_squares),
    doc="The derivative of det: the matrix of cofactors. Its own is known for matrices of full rank only.",
)

det = structural(
    "det",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=np.linalg.det,
    dtype=_FLOATING,
    meaning=means.of_determinants(lambda d: d),
    vjp=[lambda g, y, a: g[..., None, None] * cofactor(a)],
    jvp=[lambda t, y, a: np.sum(t * cofactor(a), axis=(-2, -1))],
    numpy=[np.linalg.det],
    samples=drawn(_squares),
)

logabsdet = structural(
    "logabsdet",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=lambda a: np.linalg.slogdet(a)[1],
    dtype=_FLOATING,
    meaning=means.of_determinants(means.log_of_size),
    vjp=[lambda g, y, a: g[..., None, None] * _t(inv(a))],
    jvp=[lambda t, y, a: np.sum(t * _t(inv(a)), axis=(-2, -1))],
    domain=_FULL_RANK,
    samples=drawn(_squares),
)

_sign_of_det = structural(
    "signdet",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=lambda a: np.linalg.slogdet(a)[0],
    dtype=_FLOATING,
    meaning=means.of_determinants(means.sign),
    vjp=[None],
    samples=drawn(_squares),
)


class SlogdetResult(NamedTuple):
    """A determinant: its sign and the logarithm of its size."""

    sign: Any
    logabsdet: Any


@composed(np.linalg.slogdet)
def slogdet(a: Any) -> SlogdetResult:
    """The sign of the determinant, and the logarithm of its absolute value."""
    return SlogdetResult(_sign_of_det(a), logabsdet(a))


# ---------------------------------------------------------------------------- symmetric matrices


def _lower(g: Any) -> Any:
    """The gradient in the lower triangle, which stands for both."""
    return np.tril(g) + np.tril(_t(g), -1)


def _read(t: Any) -> Any:
    """The symmetric matrix whose lower triangle is this one's."""
    return np.tril(t) + _t(np.tril(t, -1))


def _half(m: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    return np.tril(m) - 0.5 * np.tril(np.triu(m))


def _cholesky_pull(g: Any, y: Any, a: Any) -> Any:
    inverse = inv(y)
    middle = _t(inverse) @ _half(_t(y) @ np.tril(g)) @ inverse
    return _lower(0.5 * (middle + _t(middle)))


def _cholesky_push(t: Any, y: Any, a: Any) -> Any:
    inverse = inv(y)
    return y @ _half(inverse @ _read(t) @ _t(inverse))


cholesky = structural(
    "cholesky",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=np.linalg.cholesky,
    dtype=_FLOATING,
    meaning=_IMPLICIT,
    vjp=[_cholesky_pull],
    jvp=[_cholesky_push],
    numpy=[np.linalg.cholesky],
    domain="positive definite matrices; the lower triangle is read",
    samples=drawn(
        lambda draw: [call(_symmetric(draw, 3, 3)), call(_symmetric(draw, 2, 2, 2)), call(_square(draw, 1, 1))]
    ),
)


def _eigh_forward(a: Any) -> Any:
    w, v = np.linalg.eigh(a)
    return np.concatenate([w[..., None], v], axis=-1)


def _unpacked(y: Any) -> tuple[Any, Any]:
    return y[..., 0], y[..., 1:]


def _gaps(w: Any) -> Any:
    """1 / (w[j] - w[i]), and 0 for equal ones: what does not depend on the choice of their vectors is right."""
    gap = w[..., None, :] - w[..., :, None]
    same = np.equal(gap, 0)
    return np.where(same, 0, 1 / np.where(same, 1, gap))


def _on_diagonal(w: Any, m: Any) -> Any:
    """A matrix with these values on the diagonal, in the shape of m."""
    return np.tril(np.triu(np.broadcast_to(w[..., None, :], extents(m))))


def _eigh_pull(g: Any, y: Any, a: Any) -> Any:
    (w, v), (gw, gv) = _unpacked(y), _unpacked(g)
    inner = _gaps(w) * (_t(v) @ gv)
    return _lower(v @ (_on_diagonal(gw, v) + inner) @ _t(v))


def _eigh_push(t: Any, y: Any, a: Any) -> Any:
    w, v = _unpacked(y)
    turned = _t(v) @ _read(t) @ v
    tw = np.diagonal(turned, axis1=-2, axis2=-1)
    return np.concatenate([tw[..., None], v @ (_gaps(w) * turned)], axis=-1)


_EQUAL = Kink("equal eigenvalues", "0 between them", "right for what does not depend on the choice of their vectors")

_eigh = structural(
    "eigh_packed",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=_eigh_forward,
    dtype=_FLOATING,
    meaning=_IMPLICIT,
    vjp=[_eigh_pull],
    jvp=[_eigh_push],
    kinks=(_EQUAL,),
    samples=drawn(
        lambda draw: [call(_symmetric(draw, 3, 3)), call(_symmetric(draw, 2, 2, 2)), call(_square(draw, 1, 1))]
    ),
    doc="Eigenvalues, as the first column, and eigenvectors of symmetric matrices.",
)


class EighResult(NamedTuple):
    """Eigenvalues in ascending order, and the eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


@composed(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """The eigenvalues and eigenvectors of symmetric matrices, of which one triangle is read."""
    if UPLO not in ("L", "U"):
        raise ValueError(f"eigh: got UPLO={UPLO!r}, expected 'L' or 'U'")
    return EighResult(*_unpacked(_eigh(a if UPLO == "L" else _t(a))))


@composed(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of symmetric matrices, in ascending order."""
    return eigh(a, UPLO).eigenvalues
