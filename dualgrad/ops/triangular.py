"""Solutions with triangular matrices and Cholesky factors, and matrices made of blocks, as scipy.linalg has them."""

from __future__ import annotations

from typing import Any

import numpy as np

import dualgrad.matrix_meanings as means
from dualgrad.conjugate import adjoint, conj
from dualgrad.matrices import FLOATING, square
from dualgrad.matrices import turned as _t
from dualgrad.op import REGISTRY, Call, Complex, Kind, Op, bind, composed, structural
from dualgrad.samples import call, drawn
from dualgrad.shapes import extents, rank


def _triangle(m: Any, lower: bool, unit_diagonal: bool) -> Any:
    """The part of a matrix that is read."""
    k = int(unit_diagonal)
    return np.tril(m, -k) if lower else np.triu(m, k)


def _forward(a: Any, b: Any, lower: bool, unit_diagonal: bool) -> Any:
    from scipy import linalg

    if not np.size(a) or not np.size(b):
        return np.matmul(a, b)  # SciPy refuses empty stacks; nothing is computed here
    return linalg.solve_triangular(a, b, lower=lower, unit_diagonal=unit_diagonal)


def _solved(a: Any, b: Any, lower: bool, unit_diagonal: bool) -> Any:
    return bind(_solve, (a, b), {"lower": lower, "unit_diagonal": unit_diagonal})


def _pull_matrix(g: Any, y: Any, a: Any, b: Any, lower: bool, unit_diagonal: bool) -> Any:
    back = _solved(_t(a), g, not lower, unit_diagonal)
    return -_triangle(back @ _t(y), lower, unit_diagonal)


_solve: Op = structural(
    "solve_triangular_matrix",
    Kind.COMPOSITE,
    call=lambda a, b, lower=False, unit_diagonal=False: Call((a, b), {"lower": lower, "unit_diagonal": unit_diagonal}),
    forward=_forward,
    dtype=FLOATING,
    meaning=means.triangular_solutions,
    vjp=[
        _pull_matrix,
        lambda g, y, a, b, lower, unit_diagonal: _solved(_t(a), g, not lower, unit_diagonal),
    ],
    jvp=[
        lambda t, y, a, b, lower, unit_diagonal: (
            -_solved(a, _triangle(t, lower, unit_diagonal) @ y, lower, unit_diagonal)
        ),
        lambda t, y, a, b, lower, unit_diagonal: _solved(a, t, lower, unit_diagonal),
    ],
    complex=Complex.ANALYTIC,
    domain="no zero on the diagonal",
    samples=drawn(
        lambda draw: [
            call(square(draw, 3, 3), draw(3, 2)),
            call(square(draw, 3, 3), draw(3, 1), lower=True),
            call(square(draw, 2, 2), draw(2, 2), unit_diagonal=True),
        ]
    ),
    doc="The x with a @ x = b, where one triangle of a is read.",
)


@composed()
def solve_triangular(a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """The x with ``a @ x = b``, of which one triangle is read; with trans 1 or "T" of a transposed, 2 or "C" adjoint.

    >>> solve_triangular(np.array([[2.0, 1.0], [9.0, 4.0]]), np.array([4.0, 4.0]))
    array([1.5, 1. ])
    """
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise ValueError(f"solve_triangular: got trans={trans!r}, expected 0, 1 or 2, or 'N', 'T' or 'C'")
    if trans not in (0, "N"):
        a, lower = _t(a) if trans in (1, "T") else adjoint(a), not lower
    if rank(b) == 1:
        return _solved(a, b[:, None], lower, unit_diagonal)[..., 0]
    return _solved(a, b, lower, unit_diagonal)


@composed()
def cho_factor(a: Any, lower: bool = False) -> tuple[Any, bool]:
    """A Cholesky factor of Hermitian matrices, upper unless ``lower``, and which it is: for ``cho_solve``."""
    return np.linalg.cholesky(a, upper=not lower), lower


@composed()
def cho_solve(c_and_lower: tuple[Any, bool], b: Any) -> Any:
    """The x with ``a @ x = b``, given what ``cho_factor`` makes of a.

    >>> cho_solve((np.array([[2.0]]), True), np.array([8.0]))
    array([2.])
    """
    c, lower = c_and_lower
    first, second = ("N", "C") if lower else ("C", "N")
    return solve_triangular(c, solve_triangular(c, b, first, lower), second, lower)


@composed()
def block_diag(*arrays: Any) -> Any:
    """Matrices one after the other along the diagonal, with zeros beside them.

    >>> block_diag(np.array([[1.0]]), np.array([[2.0, 3.0]]))
    array([[1., 0., 0.],
           [0., 2., 3.]])
    """
    blocks = [np.atleast_2d(array) for array in arrays]
    shape = tuple(sum(extents(block)[k] for block in blocks) for k in (0, 1))
    row, column, total = 0, 0, None
    for block in blocks:
        m, n = extents(block)
        placed = REGISTRY["put"](block, (slice(row, row + m), slice(column, column + n)), shape)
        total = placed if total is None else total + placed
        row, column = row + m, column + n
    return total


@composed()
def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix with constant diagonals whose first column is c and whose first row is r, or c conjugated.

    >>> toeplitz(np.array([1.0, 2.0]), np.array([7.0, 5.0]))
    array([[1., 5.],
           [2., 1.]])
    """
    r = conj(c) if r is None else r
    (m,), (n,) = extents(c), extents(r)
    line = np.concatenate([np.flip(c, 0), r[1:]])
    return np.take(line, np.arange(m)[::-1, None] + np.arange(n), axis=0)
