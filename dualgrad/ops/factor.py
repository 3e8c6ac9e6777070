"""Singular values, QR, pseudo-inverses and least squares, with PyTorch's conventions."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

import dualgrad.matrix_meanings as means
from dualgrad.conjugate import adjoint, is_complex, real, squared
from dualgrad.matrices import FLOATING, imaginary_diagonal, inverted, on_diagonal, packed, skew, split
from dualgrad.matrices import matrix_call as _matrix_call
from dualgrad.meanings import Unread
from dualgrad.op import Call, Complex, Kind, Kink, Op, composed, structural
from dualgrad.positions import values
from dualgrad.samples import Draw, Sample, call, drawn
from dualgrad.shapes import extents, no_shorter, rank


class _Undetermined(Unread):
    """No gradient, where none is asked for: the cotangent is 0."""

    def __call__(self, g: Any, y: Any, a: Any) -> Any:
        held = getattr(g, "_data", g)
        if hasattr(held, "__refuse__"):
            held.__refuse__(f"{self.why}: whether a cotangent is 0 is not in the language of meanings")
        if np.any(values(g)):
            raise TypeError(self.why)
        return np.zeros_like(a)


_NO_GRADIENT = _Undetermined(
    "linalg: the columns beyond the rank are any that complete a basis, so they have no derivative; use "
    "full_matrices=False for svd, or mode='reduced' for qr"
)


def _completion(name: str, side: str, forward: Any, *shape: int) -> Op:
    """The columns that complete a basis: values, and a derivative that is refused where it is used."""
    return structural(
        name,
        Kind.COMPOSITE,
        call=_matrix_call,
        forward=forward,
        dtype=FLOATING,
        meaning=partial(means.completions, side=side),
        vjp=[_NO_GRADIENT],
        jvp=[lambda t, y, a: np.full_like(y, np.nan)],
        complex=Complex.ADJOINT,
        samples=drawn(lambda draw: [call(draw(*shape))]),
        doc="The columns that complete an orthonormal basis. Any do, so they have no derivative.",
    )


# ---------------------------------------------------------------------------- svd


def _svd_parts(y: Any, a: Any) -> list[Any]:
    """u, s as a row, and vh."""
    m, n = extents(a)[-2:]
    k = m if extents(y)[-1] == m * (m + 1 + n) else n
    u, s, vh = split(y, (m, k), (1, k), (k, n))
    return [u, real(s), vh]


def _svd_forward(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return packed(u, s[..., None, :], vh)


def _gaps(s: Any) -> Any:
    """1 / (s[j]² - s[i]²), and 0 for equal ones, by factors so that small gaps keep their digits."""
    return inverted((s - np.swapaxes(s, -1, -2)) * (s + np.swapaxes(s, -1, -2)))


def _require_no_phase(turns: Any) -> None:
    """Raise where the cotangents depend on the factor of length 1 that a pair of singular vectors shares."""
    turns = values(turns)
    sizes = np.abs(np.imag(np.diagonal(turns, axis1=-2, axis2=-1)))
    if np.any(sizes > np.sqrt(np.finfo(turns.dtype).eps) * (1 + np.abs(turns).max(initial=0))):
        raise RuntimeError(
            "svd: The singular vectors in the complex case are specified up to multiplication by e^{i phi}. The "
            "specified loss function depends on this quantity, so it is ill-defined; use what does not depend on it"
        )


def _svd_pull(g: Any, y: Any, a: Any) -> Any:
    (u, s, vh), (gu, gs, gvh) = _svd_parts(y, a), _svd_parts(g, a)
    column = np.swapaxes(s, -1, -2)
    gaps, inverse = _gaps(s), inverted(s)
    left, right = adjoint(u) @ gu, vh @ adjoint(gvh)
    inner = (gaps * skew(left)) * s + column * (gaps * skew(right))
    inner = inner + on_diagonal(gs[..., 0, :], inner)
    if is_complex(left):
        _require_no_phase(left + right)
        inner = inner + 0.5 * imaginary_diagonal(left - right) * inverse
    outer_left = ((gu - u @ left) * inverse) @ vh
    outer_right = (u * inverse) @ (gvh - adjoint(right) @ vh)
    return u @ inner @ vh + outer_left + outer_right


def _svd_push(t: Any, y: Any, a: Any) -> Any:
    u, s, vh = _svd_parts(y, a)
    gaps, inverse, v = _gaps(s), inverted(s), adjoint(vh)
    column = np.swapaxes(s, -1, -2)
    turned = adjoint(u) @ t @ v
    ts = real(np.diagonal(turned, axis1=-2, axis2=-1))[..., None, :]
    around_u = gaps * (turned * s + column * adjoint(turned))
    around_v = gaps * (column * turned + adjoint(turned) * s)
    if is_complex(turned):
        phase = 0.5 * imaginary_diagonal(turned) * inverse
        around_u, around_v = around_u + phase, around_v - phase
    tu = u @ around_u + (t @ v - u @ turned) * inverse
    tv = v @ around_v + (adjoint(t) @ u - v @ adjoint(turned)) * inverse
    return packed(tu, ts, adjoint(tv))


_svd: Op = structural(
    "svd_packed",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=_svd_forward,
    dtype=FLOATING,
    meaning=means.singular_triples,
    vjp=[_svd_pull],
    jvp=[_svd_push],
    complex=Complex.ADJOINT,
    kinks=(Kink("equal or zero singular values", "0 between them", "right for what does not depend on their vectors"),),
    samples=drawn(lambda draw: [call(draw(3, 2)), call(draw(2, 3)), call(draw(2, 2, 2))]),
    ulps=16,  # of the largest entry, as the vectors themselves
    doc="The reduced singular value decomposition, its three parts in one row for each matrix.",
)
_more_left = _completion("svd_left_rest", "columns", lambda a: np.linalg.svd(a)[0][..., :, np.shape(a)[-1] :], 3, 2)
_more_right = _completion("svd_right_rest", "rows", lambda a: np.linalg.svd(a)[2][..., np.shape(a)[-2] :, :], 2, 3)


class SVDResult(NamedTuple):
    """Left vectors as columns, singular values in descending order, right vectors as rows."""

    U: Any
    S: Any
    Vh: Any


@composed(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """The singular value decomposition. Vectors beyond the singular values have no derivative."""
    if hermitian:
        return _svd_by_eigh(a, compute_uv)
    m, n = extents(a)[-2:]
    u, s, vh = _svd_parts(_svd(a), a)
    if not compute_uv:
        return s[..., 0, :]
    if full_matrices and m != n:
        if no_shorter(a, -2, -1):
            u = np.concatenate([u, _more_left(a)], axis=-1)
        else:
            vh = np.concatenate([vh, _more_right(a)], axis=-2)
    return SVDResult(u, s[..., 0, :], vh)


def _svd_by_eigh(a: Any, compute_uv: bool) -> Any:
    """Of Hermitian matrices, from their eigenvectors."""
    w, v = np.linalg.eigh(a)
    order = np.argsort(-np.abs(values(w)), axis=-1)
    s = np.take_along_axis(np.abs(w), order, -1)
    if not compute_uv:
        return s
    u = np.take_along_axis(v, np.broadcast_to(order[..., None, :], extents(v)), -1)
    sign = np.take_along_axis(np.where(values(w) < 0, -1.0, 1.0), order, -1)
    return SVDResult(u, s, adjoint(u * sign[..., None, :].astype(real(values(v)).dtype)))


@composed(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """The singular values, in descending order."""
    return svd(x, compute_uv=False)


# ---------------------------------------------------------------------------- qr


def _qr_parts(y: Any, a: Any) -> list[Any]:
    m, n = extents(a)[-2:]
    return split(y, (m, n), (n, n))


def _qr_pull(g: Any, y: Any, a: Any) -> Any:
    """What reaches R and what turns Q apart, so that nothing is left of a gradient of Q where its columns are fixed."""
    (q, r), (gq, gr) = _qr_parts(y, a), _qr_parts(g, a)
    own, straight = adjoint(q) @ gq, np.tril(r @ adjoint(np.triu(gr)))
    if is_complex(straight):  # the diagonal of r is real
        straight = straight - imaginary_diagonal(straight - own)
    inner = straight + adjoint(np.tril(straight, -1)) + np.tril(skew(own), -1)
    outside = 0 if no_shorter(a, -1, -2) else gq - q @ own
    return adjoint(np.linalg.solve(r, adjoint(outside + q @ inner)))


def _qr_push(t: Any, y: Any, a: Any) -> Any:
    q, r = _qr_parts(y, a)
    moved = adjoint(np.linalg.solve(adjoint(r), adjoint(t)))
    inner = adjoint(q) @ moved
    turn = skew(np.tril(inner, -1))
    if is_complex(inner):
        turn = turn + imaginary_diagonal(inner)
    return packed(q @ turn + moved - q @ inner, np.triu((inner - turn) @ r))


def _tall_call(a: Any) -> Call:
    m, n = extents(a)[-2:]
    if not no_shorter(a, -2, -1):
        raise TypeError(f"qr_packed: got a matrix with fewer rows ({m}) than columns ({n}); use qr")
    return _matrix_call(a)


_qr = structural(
    "qr_packed",
    Kind.COMPOSITE,
    call=_tall_call,
    forward=lambda a: packed(*np.linalg.qr(a)),
    dtype=FLOATING,
    meaning=means.orthogonal_triangles,
    vjp=[_qr_pull],
    jvp=[_qr_push],
    complex=Complex.ADJOINT,
    domain="matrices of full column rank",
    samples=drawn(lambda draw: [call(draw(3, 2)), call(draw(2, 2, 2)), call(draw(1, 1))]),
    doc="The reduced QR decomposition, its two parts in one row for each matrix.",
)
_more_columns = _completion(
    "qr_rest", "columns", lambda a: np.linalg.qr(a, "complete")[0][..., :, np.shape(a)[-1] :], 3, 2
)


class QRResult(NamedTuple):
    """Orthonormal columns, and the upper triangle that combines them."""

    Q: Any
    R: Any


@composed(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """The QR decomposition; mode "r" gives R alone, "complete" a square Q, whose last columns have no derivative."""
    if mode not in ("reduced", "r", "complete"):
        raise TypeError(f"qr: mode={mode!r} is not an op; use 'reduced', 'complete' or 'r'")
    m, n = extents(a)[-2:]
    wide = not no_shorter(a, -2, -1)
    tall = a[..., :m] if wide else a
    q, r = _qr_parts(_qr(tall), tall)
    if wide:
        r = np.concatenate([r, adjoint(q) @ a[..., m:]], axis=-1)
    if mode == "r":
        return r
    if mode == "complete" and m != n and not wide:
        q = np.concatenate([q, _more_columns(a)], axis=-1)
        r = np.concatenate([r, np.zeros_like(a[..., n:, :])], axis=-2)
    return QRResult(q, r)


# ---------------------------------------------------------------------------- pinv, lstsq


def _pinv_pull(g: Any, y: Any, a: Any, **_: Any) -> Any:
    back = adjoint(y)
    left = adjoint(g) @ y @ back
    right = back @ y @ adjoint(g)
    return -back @ g @ back + left - a @ (y @ left) + right - (right @ y) @ a


def _pinv_push(t: Any, y: Any, a: Any, **_: Any) -> Any:
    left, right = y @ adjoint(y) @ adjoint(t), adjoint(t) @ adjoint(y) @ y
    return -y @ t @ y + left - left @ a @ y + right - y @ a @ right


def _wide_and_tall(draw: Draw) -> list[Sample]:
    return [call(draw(3, 2)), call(draw(2, 3)), call(draw(2, 2, 1))]


pinv = structural(
    "pinv",
    Kind.COMPOSITE,
    call=lambda a, rcond=None, hermitian=False: Call(
        _matrix_call(a).inputs, {key: value for key, value in (("rcond", rcond), ("hermitian", hermitian)) if value}
    ),
    forward=np.linalg.pinv,
    dtype=FLOATING,
    meaning=means.pseudo_inverses,
    vjp=[_pinv_pull],
    jvp=[_pinv_push],
    numpy=[np.linalg.pinv],
    complex=Complex.ADJOINT,
    domain="matrices near which the rank does not change",
    samples=drawn(_wide_and_tall),
)


@composed(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any, Any]:
    """The x of least length that makes ``a @ x - b`` least, that least square, the rank and the singular values."""
    found = np.matmul(pinv(a), b)
    m, n = extents(a)
    rows = np.linalg.matrix_rank(values(a))
    left = np.sum(squared(np.matmul(a, found) - b), axis=0, keepdims=rank(b) == 1)
    return found, left if m > n == rows else left[:0], rows, svdvals(a)
