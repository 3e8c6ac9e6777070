"""Singular values, QR, pseudo-inverses, and the norms and powers of matrices that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from dualgrad import matrix_meanings as means
from dualgrad.meanings import Unread, kept, over
from dualgrad.op import REGISTRY, Call, Kind, Kink, Op, Sizes, composed, dtype_of, structural
from dualgrad.positions import values
from dualgrad.program.entry import Entry, Meaning, Power, positive
from dualgrad.program.entry import select as choose
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, all_axes, extents, rank, spread

_IMPLICIT = Unread("a matrix defined by an equation is not in the language of meanings")
_FLOATING = dtype_of(lambda a, *rest, **_: np.sqrt(a))


def _t(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


def _matrix_call(a: Any) -> Call:
    if rank(a) < 2:
        raise ValueError(f"linalg: got an array with {rank(a)} axes, expected a matrix or a stack of them")
    return Call((a,), {})


def _inverted(x: Any) -> Any:
    vanishes = np.equal(x, 0)
    return np.where(vanishes, 0, 1 / np.where(vanishes, 1, x))


def _packed(*parts: Any) -> Any:
    """Matrices of a stack as one row each."""
    return np.concatenate([np.reshape(part, (*extents(part)[:-2], -1)) for part in parts], axis=-1)


def _split(y: Any, *shapes: tuple[int, int]) -> list[Any]:
    parts, start = [], 0
    for rows, columns in shapes:
        stop = start + rows * columns
        parts.append(np.reshape(y[..., start:stop], (*extents(y)[:-1], rows, columns)))
        start = stop
    return parts


# ---------------------------------------------------------------------------- svd


def _svd_parts(y: Any, a: Any) -> list[Any]:
    """u, s as a row, and vh."""
    m, n = extents(a)[-2:]
    k = min(m, n)
    return _split(y, (m, k), (1, k), (k, n))


def _svd_forward(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return _packed(u, s[..., None, :], vh)


def _gaps(s: Any) -> Any:
    """1 / (s[j]² - s[i]²), and 0 for equal ones, by factors so that small gaps keep their digits."""
    return _inverted((s - _t(s)) * (s + _t(s)))


def _svd_pull(g: Any, y: Any, a: Any) -> Any:
    (u, s, vh), (gu, gs, gvh) = _svd_parts(y, a), _svd_parts(g, a)
    gaps, inverse = _gaps(s), _inverted(s)
    left, right = _t(u) @ gu, vh @ _t(gvh)
    inner = (gaps * (left - _t(left))) * s + _t(s) * (gaps * (right - _t(right)))
    inner = inner + np.tril(np.triu(np.broadcast_to(gs, extents(inner))))
    outer_left = ((gu - u @ left) * inverse) @ vh
    outer_right = (u * inverse) @ (gvh - _t(right) @ vh)
    return u @ inner @ vh + outer_left + outer_right


def _svd_push(t: Any, y: Any, a: Any) -> Any:
    u, s, vh = _svd_parts(y, a)
    gaps, inverse, v = _gaps(s), _inverted(s), _t(vh)
    turned = _t(u) @ t @ v
    ts = np.diagonal(turned, axis1=-2, axis2=-1)[..., None, :]
    tu = u @ (gaps * (turned * s + _t(s) * _t(turned))) + (t @ v - u @ turned) * inverse
    tv = v @ (gaps * (_t(s) * turned + _t(turned) * s)) + (_t(t) @ u - v @ _t(turned)) * inverse
    return _packed(tu, ts, _t(tv))


_svd: Op = structural(
    "svd_packed",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=_svd_forward,
    dtype=_FLOATING,
    meaning=_IMPLICIT,
    vjp=[_svd_pull],
    jvp=[_svd_push],
    kinks=(Kink("equal or zero singular values", "0 between them", "right for what does not depend on their vectors"),),
    samples=drawn(lambda draw: [call(draw(3, 2)), call(draw(2, 3)), call(draw(2, 2, 2))]),
    doc="The reduced singular value decomposition, its three parts in one row for each matrix.",
)


class SVDResult(NamedTuple):
    """Left vectors as columns, singular values in descending order, right vectors as rows."""

    U: Any
    S: Any
    Vh: Any


@composed(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """The singular value decomposition; of matrices that are not square, the reduced one only."""
    m, n = extents(a)[-2:]
    u, s, vh = _svd_parts(_svd(a), a)
    if not compute_uv:
        return s[..., 0, :]
    if full_matrices and m != n:
        raise TypeError("svd: the vectors beyond the singular values are not determined; use full_matrices=False")
    return SVDResult(u, s[..., 0, :], vh)


@composed(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """The singular values, in descending order."""
    return svd(x, compute_uv=False)


# ---------------------------------------------------------------------------- qr


def _qr_parts(y: Any, a: Any) -> list[Any]:
    m, n = extents(a)[-2:]
    return _split(y, (m, n), (n, n))


def _qr_pull(g: Any, y: Any, a: Any) -> Any:
    (q, r), (gq, gr) = _qr_parts(y, a), _qr_parts(g, a)
    inner = np.tril(r @ _t(np.triu(gr)) - _t(gq) @ q)
    return _t(np.linalg.solve(r, _t(gq + q @ (inner + _t(np.tril(inner, -1))))))


def _qr_push(t: Any, y: Any, a: Any) -> Any:
    q, r = _qr_parts(y, a)
    moved = _t(np.linalg.solve(_t(r), _t(t)))
    inner = _t(q) @ moved
    turn = np.tril(inner, -1) - _t(np.tril(inner, -1))
    return _packed(q @ turn + moved - q @ inner, np.triu((inner - turn) @ r))


def _qr_call(a: Any) -> Call:
    m, n = extents(a)[-2:]
    if m < n:
        raise TypeError(f"qr: of matrices with fewer rows ({m}) than columns ({n}) it is not an op")
    return _matrix_call(a)


_qr = structural(
    "qr_packed",
    Kind.COMPOSITE,
    call=_qr_call,
    forward=lambda a: _packed(*np.linalg.qr(a)),
    dtype=_FLOATING,
    meaning=_IMPLICIT,
    vjp=[_qr_pull],
    jvp=[_qr_push],
    domain="matrices of full column rank",
    samples=drawn(lambda draw: [call(draw(3, 2)), call(draw(2, 2, 2)), call(draw(1, 1))]),
    doc="The reduced QR decomposition, its two parts in one row for each matrix.",
)


class QRResult(NamedTuple):
    """Orthonormal columns, and the upper triangle that combines them."""

    Q: Any
    R: Any


@composed(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """The QR decomposition of matrices with at least as many rows as columns; mode "r" gives R alone."""
    if mode not in ("reduced", "r"):
        raise TypeError(f"qr: mode={mode!r} is not an op; use 'reduced' or 'r'")
    q, r = _qr_parts(_qr(a), a)
    return QRResult(q, r) if mode == "reduced" else r


# ---------------------------------------------------------------------------- pinv, lstsq


def _pinv_pull(g: Any, y: Any, a: Any) -> Any:
    left = _t(g) @ y @ _t(y)
    right = _t(y) @ y @ _t(g)
    return -_t(y) @ g @ _t(y) + left - a @ (y @ left) + right - (right @ y) @ a


def _pinv_push(t: Any, y: Any, a: Any) -> Any:
    left, right = y @ _t(y) @ _t(t), _t(t) @ _t(y) @ y
    return -y @ t @ y + left - left @ a @ y + right - y @ a @ right


pinv = structural(
    "pinv",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=np.linalg.pinv,
    dtype=_FLOATING,
    meaning=means.pseudo_inverses,
    vjp=[_pinv_pull],
    jvp=[_pinv_push],
    numpy=[np.linalg.pinv],
    domain="matrices near which the rank does not change",
    samples=drawn(lambda draw: [call(draw(3, 2)), call(draw(2, 3)), call(draw(2, 2, 1))]),
)


@composed(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any, Any]:
    """The x of least length that makes ``a @ x - b`` least, that least square, the rank and the singular values."""
    found = np.matmul(pinv(a), b)
    m, n = extents(a)
    rows = np.linalg.matrix_rank(values(a))
    left = np.sum((np.matmul(a, found) - b) ** 2, axis=0, keepdims=rank(b) == 1)
    return found, left if m > n == rows else left[:0], rows, svdvals(a)


# ---------------------------------------------------------------------------- norms


def _absolute(x: Entry) -> Entry:
    return choose(positive(x), x, -x)


def _norm_meaning(sizes: Sizes, shape: Shape, ord: Any, axis: Sequence[int], keepdims: bool) -> Meaning:
    indices, at = kept(shape, axis, keepdims)
    exponent = Fraction(ord)
    inner = over("sum", shape, axis, at, lambda x: Power(_absolute(x), exponent))
    return Meaning(indices, Power(inner, 1 / exponent))


def _norm_forward(x: Any, ord: Any, axis: Sequence[int], keepdims: bool) -> Any:
    """Relative to the largest entry, whose powers would overflow."""
    x, axes = np.abs(np.asarray(x)), tuple(axis)
    top = np.max(x, axis=axes, keepdims=True, initial=0)
    inner = np.sum((x / np.where(top == 0, 1, top)) ** ord, axis=axes, keepdims=True) ** (1 / ord)
    result = (top * inner).astype(x.dtype)
    return result if keepdims else np.squeeze(result, axes)[()]


def _direction(y: Any, x: Any, ord: Any, axis: Sequence[int], keepdims: bool) -> Any:
    whole = spread(y, x, axis, keepdims)
    return np.sign(x) * (np.abs(x) * _inverted(whole)) ** (ord - 1)


_p_norm = structural(
    "p_norm",
    Kind.COMPOSITE,
    call=lambda x, ord, axis=None, keepdims=False: Call(
        (x,), {"ord": ord, "axis": all_axes(axis, rank(x)), "keepdims": bool(keepdims)}
    ),
    forward=_norm_forward,
    dtype=_FLOATING,
    meaning=_norm_meaning,
    vjp=[lambda g, y, x, ord, axis, keepdims: spread(g, x, axis, keepdims) * _direction(y, x, ord, axis, keepdims)],
    jvp=[
        lambda t, y, x, ord, axis, keepdims: np.sum(
            t * _direction(y, x, ord, axis, keepdims), axis=axis, keepdims=keepdims
        )
    ],
    kinks=(Kink("x = 0", "0", "the centre of the unit ball of subgradients"),),
    domain="ord > 1",
    samples=drawn(lambda draw: [call(draw(3), 3), call(draw(2, 3), 2.5, 1), call(draw(2, 3), 4, 0, True)]),
)


def _vector_norm(x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    size = np.abs(x)
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(size, axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    if ord is None or ord == 2:
        return REGISTRY["norm"](x, None, axis, keepdims)
    if ord < 1:
        return np.sum(size**ord, axis=axis, keepdims=keepdims) ** (1 / ord)
    return _p_norm(x, ord, axis, keepdims)


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    moved = np.moveaxis(x, axes, (-2, -1))
    extreme = np.min if ord in (-1, -2, -np.inf) else np.max
    if ord in (2, -2, "nuc"):
        s = svdvals(moved)
        found = np.sum(s, axis=-1) if ord == "nuc" else extreme(s, axis=-1)
    elif ord in (1, -1, np.inf, -np.inf):
        found = extreme(np.sum(np.abs(moved), axis=-2 if ord in (1, -1) else -1), axis=-1)
    else:
        raise ValueError(f"norm: ord={ord!r} is no norm of matrices; use 'fro', 'nuc', 1, -1, 2, -2, inf or -inf")
    if not keepdims:
        return found
    return np.reshape(found, tuple(1 if k in axes else extent for k, extent in enumerate(extents(x))))


@composed(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The norm of vectors (any ord) or matrices ('fro', 'nuc', ±1, ±2, ±inf), as NumPy has them.

    >>> float(norm(np.array([3.0, 4.0])))
    5.0
    """
    axes = all_axes(axis, rank(x))
    if ord is None or (ord == "fro" and len(axes) == 2):
        return REGISTRY["norm"](x, None, axes, keepdims)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        first, second = axes if axis is None or axis[0] % rank(x) == axes[0] else axes[::-1]
        return _matrix_norm(x, ord, (first, second), keepdims)
    raise ValueError(f"norm: ord={ord!r} over {len(axes)} axes is no norm; name one axis or two")


@composed(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """The n-fold matrix product of square matrices with themselves; of the inverse for n < 0.

    >>> matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 3)
    array([[1., 3.],
           [0., 1.]])
    """
    if n == 0:
        return np.zeros_like(a) + np.eye(extents(a)[-1], dtype=a.dtype)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    result = None
    while n:
        if n % 2:
            result = a if result is None else np.matmul(result, a)
        n //= 2
        a = np.matmul(a, a) if n else a
    return result


@composed(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any]) -> Any:
    """The matrix product of several arrays, from the left."""
    result = arrays[0]
    for array in arrays[1:]:
        result = np.dot(result, array)
    return result


@composed(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The condition number: the norm of a matrix times that of its inverse."""
    if p is None or p == 2:
        s = svdvals(x)
        return s[..., 0] / s[..., -1]
    return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))
