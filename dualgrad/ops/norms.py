"""The norms of vectors and matrices, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.conjugate import is_complex
from dualgrad.matrices import FLOATING
from dualgrad.meanings import kept, over
from dualgrad.op import REGISTRY, Call, Kind, Kink, Sizes, composed, structural
from dualgrad.positions import values
from dualgrad.program.entry import Entry, Meaning, Power, positive
from dualgrad.program.entry import select as choose
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, all_axes, extents, rank, spread


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
    vanishes = np.equal(y, 0)
    share = np.abs(x) / spread(np.where(vanishes, 1, y), x, axis, keepdims)
    return spread(np.where(vanishes, 0, np.ones_like(y)), x, axis, keepdims) * np.sign(x) * share ** (ord - 1)


_p_norm = structural(
    "p_norm",
    Kind.COMPOSITE,
    call=lambda x, ord, axis=None, keepdims=False: Call(
        (x,), {"ord": ord, "axis": all_axes(axis, rank(x)), "keepdims": bool(keepdims)}
    ),
    forward=_norm_forward,
    dtype=FLOATING,
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
    doc="(Σ |x|^p)^(1/p) over axes, for a number p.",
)


def _vector_norm(x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    size = np.abs(x)
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(size, axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    if ord is None or ord == 2:
        return REGISTRY["norm"](x, None, axis, keepdims)
    if ord == 0:
        return np.sum(np.sign(size), axis=axis, keepdims=keepdims)
    if ord < 1:
        none = np.equal(size, 0)  # of an entry that is 0 the derivative is infinite, or taken as 0
        powers = np.where(none, 0.0 if ord > 0 else np.inf, np.where(none, 1, size) ** ord)
        return np.sum(powers, axis=axis, keepdims=keepdims) ** (1 / ord)
    return _p_norm(size if is_complex(x) else x, ord, axis, keepdims)


def _matrix_norm(x: Any, ord: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    moved = np.moveaxis(x, axes, (-2, -1))
    extreme = np.min if ord in (-1, -2, -np.inf) else np.max
    if ord in (2, -2, "nuc"):
        s = np.linalg.svdvals(moved)
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


@composed(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    """The norm of the entries over all the axes named, as of one vector."""
    return _vector_norm(x, ord, all_axes(axis, rank(x)), keepdims)


@composed(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of the matrices in the last two axes."""
    return norm(x, ord, (-2, -1), keepdims)


@composed(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The condition number: the norm of a matrix times that of its inverse."""
    if p in (None, 2, -2):
        s = np.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))


@composed(np.linalg.matrix_rank)
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False) -> Any:
    """The number of singular values that are not negligible: a count, without a derivative."""
    return np.linalg.matrix_rank(values(A), tol, hermitian)
