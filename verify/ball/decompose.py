"""Decompositions of matrices of balls, each part enclosed, with the quadratic equations that define it.

A decomposition falls into blocks y, each with as many equations F(X, y) = 0 as unknowns: a Cholesky factor; Q and R;
an eigenvalue with its vector; a singular value with its two. Where a decomposition is not certified to exist, or its
values are not told apart, it is None. Signs are those of LAPACK at the midpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from flint import acb_mat, arb, arb_mat
from numpy.typing import NDArray

from verify.ball.run import ZERO, Balls

Equations = Callable[[arb_mat, Balls], Balls]


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Blocks of unknowns, and for each kind of part where in the blocks' flat list its entries are."""

    blocks: list[Balls]
    equations: Equations


WHOLE = ("expm", "logm", "sqrtm", "sinm", "cosm")  # functions of square matrices that are no decompositions
FAMILY = {
    "r": "q", "eigenvector": "eigenvalue", "left_vector": "singular_value", "right_vector": "singular_value",
}  # fmt: skip  # a part as another one of the same decomposition


def unknowns(kind: str, m: int, n: int) -> int:
    """How many numbers the parts of a kind's family have together."""
    if kind in ("det", "undetermined"):
        return 1
    if kind in ("inv", "cholesky", *WHOLE):
        return n * n
    if kind in ("q", "r"):
        return m * n + n * n
    return n * (n + 1) if "eigen" in kind else min(m, n) * (m + 1 + n)


def part(kind: str, m: int, n: int) -> tuple[tuple[int, ...], list[int]]:
    """The shape of a function's result, or a part's, and where its entries are in the flat list of the whole."""
    k = min(m, n)
    wide = m + 1 + n  # a left vector, the singular value, the right vector
    match kind:
        case "det":
            return (), [0]
        case "undetermined":
            return (m + n, m + n), [0] * (m + n) ** 2
        case "inv" | "cholesky":
            return (n, n), list(range(n * n))
        case _ if kind in WHOLE:
            return (n, n), list(range(n * n))
        case "q":
            return (m, n), list(range(m * n))
        case "r":
            return (n, n), [m * n + place for place in range(n * n)]
        case "eigenvalue":
            return (n,), [block * (n + 1) for block in range(n)]
        case "eigenvector" | "upper_eigenvector":
            return (n, n), [column * (n + 1) + 1 + row for row in range(n) for column in range(n)]
        case "singular_value":
            return (k,), [block * wide + m for block in range(k)]
        case "left_vector":
            return (m, k), [column * wide + row for row in range(m) for column in range(k)]
        case "right_vector":
            return (k, n), [row * wide + m + 1 + column for row in range(k) for column in range(n)]
    raise KeyError(f"verify.ball: no decomposition has a part {kind!r}")


def decomposed(kind: str, m: int, n: int, entries: Balls) -> Decomposition | None:
    """The decomposition of a family; None where it is not certified."""
    if not all(entry.is_finite() for entry in entries):
        return None
    matrix = arb_mat(m, n, entries)
    match kind:
        case "undetermined":
            return None
        case "cholesky":
            lower = lower_triangle(matrix)
            return None if lower is None else Decomposition([lower.entries()], _cholesky_equations)
        case "q":
            return _qr(matrix)
        case "eigenvalue" | "upper_eigenvector":
            return _eigen(matrix, "L" if kind == "eigenvalue" else "U")
    return _svd(matrix)


# ---------------------------------------------------------------------------- Cholesky, QR


def lower_triangle(matrix: arb_mat) -> arb_mat | None:
    """L with L Lᵀ = M, of the lower triangle of M; None where M is not certainly positive definite."""
    n = matrix.nrows()
    lower = arb_mat(n, n)
    for j in range(n):
        for i in range(j, n):
            left = matrix[i, j] - sum((lower[i, k] * lower[j, k] for k in range(j)), ZERO)
            if i > j:
                lower[i, j] = left / lower[j, j]
            elif left > 0:
                lower[j, j] = left.sqrt()
            else:
                return None
    return lower


def _cholesky_equations(matrix: arb_mat, y: Balls) -> Balls:
    n = matrix.nrows()
    lower = arb_mat(n, n, y)
    product = lower * lower.transpose() - matrix
    return [product[i, j] if i >= j else lower[i, j] for i in range(n) for j in range(n)]


def _qr(matrix: arb_mat) -> Decomposition | None:
    n = matrix.ncols()
    lower = lower_triangle(matrix.transpose() * matrix)
    if lower is None:
        return None
    signs = np.sign(np.diag(np.linalg.qr(middle(matrix))[1]))
    upper = arb_mat([[lower[j, i] * int(signs[i] or 1) for j in range(n)] for i in range(n)])
    try:
        orthogonal = upper.transpose().solve(matrix.transpose()).transpose()
    except ZeroDivisionError:
        return None
    return Decomposition([orthogonal.entries() + upper.entries()], _qr_equations)


def _qr_equations(matrix: arb_mat, y: Balls) -> Balls:
    m, n = matrix.nrows(), matrix.ncols()
    q, r = arb_mat(m, n, y[: m * n]), arb_mat(n, n, y[m * n :])
    gram = q.transpose() * q
    inner = [gram[i, j] - int(i == j) if i <= j else r[i, j] for i in range(n) for j in range(n)]
    return (q * r - matrix).entries() + inner


# ---------------------------------------------------------------------------- eigenvalues, singular values


def _pairs(symmetric: arb_mat) -> list[tuple[arb, Balls]] | None:
    """The eigenvalues in ascending order with vectors of length 1; None where two may be equal."""
    try:
        values, vectors = acb_mat(symmetric).eig(right=True)
    except ValueError:
        return None
    n = symmetric.nrows()
    pairs = []
    for k, value in enumerate(values):
        column = [vectors[i, k] for i in range(n)]
        largest = max(range(n), key=lambda i: float(abs(column[i]).mid()))
        if not abs(column[largest]) > 0:
            return None
        straight = [(entry / column[largest]).real for entry in column]  # real, as the matrix is symmetric
        length = sum((entry * entry for entry in straight), ZERO).sqrt()
        pairs.append((value.real, [entry / length for entry in straight]))
    pairs.sort(key=lambda pair: float(pair[0].mid()))
    return pairs if all(a < b for (a, _), (b, _) in pairwise(pairs)) else None


def _towards(vector: Balls, model: NDArray[np.float64]) -> Balls:
    """The vector or its opposite, whichever is nearer to the model."""
    near = sum(float(entry.mid()) * float(other) for entry, other in zip(vector, model, strict=True))
    return vector if near >= 0 else [-entry for entry in vector]


def _eigen(matrix: arb_mat, read: Literal["L", "U"]) -> Decomposition | None:
    pairs = _pairs(matrix)
    if pairs is None:
        return None
    models = np.linalg.eigh(middle(matrix), read)[1]
    blocks = [[value, *_towards(vector, models[:, k])] for k, (value, vector) in enumerate(pairs)]
    return Decomposition(blocks, _eigen_equations)


def _eigen_equations(matrix: arb_mat, y: Balls) -> Balls:
    value, vector = y[0], y[1:]
    moved = _applied(matrix, vector)
    return [a - value * b for a, b in zip(moved, vector, strict=True)] + [_square(vector) - 1]


def _svd(matrix: arb_mat) -> Decomposition | None:
    tall = matrix.nrows() >= matrix.ncols()
    side = matrix if tall else matrix.transpose()
    pairs = _pairs(side.transpose() * side)
    if pairs is None or not all(square > 0 for square, _ in pairs):
        return None
    u, _, vh = np.linalg.svd(middle(matrix), full_matrices=False)
    blocks = []
    for k, (square, vector) in enumerate(pairs[::-1]):
        value = square.sqrt()
        short = _towards(vector, vh[k] if tall else u[:, k])
        long = [entry / value for entry in _applied(side, short)]
        blocks.append([*long, value, *short] if tall else [*short, value, *long])
    return Decomposition(blocks, _svd_equations)


def _svd_equations(matrix: arb_mat, y: Balls) -> Balls:
    m = matrix.nrows()
    left, value, right = y[:m], y[m], y[m + 1 :]
    rows = [a - value * b for a, b in zip(_applied(matrix, right), left, strict=True)]
    columns = [a - value * b for a, b in zip(_applied(matrix.transpose(), left), right, strict=True)]
    return [*rows, *columns, _square(left) + _square(right) - 2]


def _applied(matrix: arb_mat, vector: Sequence[arb]) -> Balls:
    moved: Balls = (matrix * arb_mat(len(vector), 1, list(vector))).entries()
    return moved


def _square(vector: Sequence[arb]) -> arb:
    return sum((entry * entry for entry in vector), ZERO)


def middle(matrix: arb_mat) -> NDArray[np.float64]:
    """The midpoints, as floats."""
    rows = [[float(matrix[i, j].mid()) for j in range(matrix.ncols())] for i in range(matrix.nrows())]
    return np.array(rows, dtype=float).reshape(matrix.nrows(), matrix.ncols())


# ---------------------------------------------------------------------------- how they change


def slopes(found: Decomposition, m: int, n: int, entries: Balls) -> list[list[Balls]] | None:
    """For every block the matrix dy / dX, a row for each unknown; None where ∂F/∂y is not certified invertible.

    The equations are quadratic, so that (F(z + e) - F(z - e)) / 2 is their derivative along e, exactly.
    """
    made = []
    for block in found.blocks:
        size = len(block)

        def along(place: int, size: int = size, block: Balls = block) -> Balls:
            above, below = [*block, *entries], [*block, *entries]
            above[place], below[place] = above[place] + 1, below[place] - 1
            pairs = zip(*(found.equations(arb_mat(m, n, z[size:]), z[:size]) for z in (above, below)), strict=True)
            return [(a - b) / 2 for a, b in pairs]

        inner = arb_mat([along(place) for place in range(size)]).transpose()
        outer = arb_mat([along(size + place) for place in range(m * n)]).transpose()
        try:
            made.append((-inner.solve(outer)).tolist())
        except ZeroDivisionError:
            return None
    return made
