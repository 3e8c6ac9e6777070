"""What the declarations of functions of matrices share: triangles, Hermitian matrices, several parts in one array."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.conjugate import adjoint, is_complex, real
from dualgrad.op import Call, dtype_of
from dualgrad.program.size import product
from dualgrad.samples import Draw, Sample, call
from dualgrad.shapes import extents, rank

FLOATING = dtype_of(lambda *given, **_: np.sqrt(sum(given)))
REAL_FLOATING = dtype_of(lambda *given, **_: np.sqrt(sum(given).real))


def turned(a: Any) -> Any:
    """Matrices transposed, not conjugated."""
    return np.swapaxes(a, -1, -2)


def matrix_call(a: Any, /) -> Call:
    """The call of a function of one matrix, or of a stack of them."""
    if rank(a) < 2:
        raise ValueError(f"linalg: got an array with {rank(a)} axes, expected a matrix or a stack of them")
    return Call((a,), {})


def inverted(x: Any) -> Any:
    """1 / x, and 0 for 0."""
    vanishes = np.equal(x, 0)
    return np.where(vanishes, 0, 1 / np.where(vanishes, 1, x))


# ---------------------------------------------------------------------------- diagonals and triangles


def diagonal_of(m: Any) -> Any:
    """A matrix with this one's diagonal, and zeros beside it."""
    return np.tril(np.triu(m))


def on_diagonal(w: Any, m: Any) -> Any:
    """A matrix with these values on the diagonal, in the shape of m."""
    return diagonal_of(np.broadcast_to(w[..., None, :], extents(m)))


def lower(m: Any) -> Any:
    """The lower triangle; its diagonal, where Hermitian matrices are real, without imaginary parts."""
    return np.tril(m, -1) + diagonal_of(real(m)) if is_complex(m) else np.tril(m)


def read(t: Any) -> Any:
    """The Hermitian matrix whose lower triangle is this one's."""
    return lower(t) + adjoint(np.tril(t, -1))


def read_back(g: Any) -> Any:
    """The adjoint of ``read``: a gradient in the lower triangle, which stands for both."""
    return lower(g) + np.tril(adjoint(g), -1)


def imaginary_diagonal(m: Any) -> Any:
    """The imaginary parts of the diagonal, on a diagonal; of complex matrices only."""
    return 1j * diagonal_of(np.imag(m))


def skew(m: Any) -> Any:
    """The matrix less its adjoint."""
    return m - adjoint(m)


# ---------------------------------------------------------------------------- inverses

_BLOCK = 16  # rows that are inverted at once
_LARGE = 64  # rows from which on work by halves is worth its while


def inverse_of_matrix(a: Any) -> Any:
    """``np.linalg.inv``; of a large lower triangle by halves, which takes a fifth of the time.

    >>> inverse_of_matrix(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    plain = type(a) is np.ndarray and a.ndim == 2 and a.shape[0] == a.shape[1] >= _LARGE and a.dtype.char in "fdFD"
    if not plain or a[0, -1] or np.triu(a, 1).any():
        return np.linalg.inv(a)
    return inverse_of_lower(a)


def is_large_matrix(a: Any) -> bool:
    """Whether it is a matrix of real numbers, and large enough for that."""
    return type(a) is np.ndarray and a.ndim == 2 and len(a) >= _LARGE and a.dtype.char in "fd"


def inverse_of_lower(a: Any) -> Any:
    """Of an array that is known to be a lower triangle."""
    size = len(a)
    found, whole = np.zeros_like(a, order="C"), size // _BLOCK
    places = [slice(k * _BLOCK, (k + 1) * _BLOCK) for k in range(whole)]
    for place, block in zip(places, np.linalg.inv(np.stack([a[p, p] for p in places])), strict=True):
        found[place, place] = block
    if size % _BLOCK:
        rest = slice(whole * _BLOCK, size)
        found[rest, rest] = np.linalg.inv(a[rest, rest])
    width = _BLOCK
    while width < size:
        for start in range(0, size - width, 2 * width):
            first, second = slice(start, start + width), slice(start + width, min(start + 2 * width, size))
            found[second, first] = -(found[second, second] @ (a[second, first] @ found[first, first]))
        width *= 2
    return found


# ---------------------------------------------------------------------------- several results in one array


def packed(*parts: Any) -> Any:
    """Matrices of a stack as one row each."""
    shapes = [extents(part) for part in parts]
    rows = [np.reshape(part, (*shape[:-2], product(shape[-2:]))) for part, shape in zip(parts, shapes, strict=True)]
    return np.concatenate(rows, axis=-1)


def split(y: Any, *shapes: tuple[int, int]) -> list[Any]:
    """The parts of such rows."""
    parts, start = [], 0
    for rows, columns in shapes:
        stop = start + rows * columns
        parts.append(np.reshape(y[..., start:stop], (*extents(y)[:-1], rows, columns)))
        start = stop
    return parts


# ---------------------------------------------------------------------------- samples


def square(draw: Draw, *shape: int) -> Any:
    """Matrices far from singular ones, with eigenvalues that are apart."""
    return draw(*shape) * 0.3 + np.diag(np.arange(1.0, shape[-1] + 1))


def squares(draw: Draw) -> list[Sample]:
    """Square matrices: one, a stack, one of a single element."""
    return [call(square(draw, *shape)) for shape in ((3, 3), (2, 2, 2), (1, 1))]


def hermitians(draw: Draw) -> list[Sample]:
    """Symmetric positive definite matrices."""
    return [call(0.5 * (a + turned(a))) for a in (square(draw, *shape) for shape in ((3, 3), (2, 2, 2), (1, 1)))]
