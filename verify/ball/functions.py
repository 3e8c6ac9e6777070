"""Functions of whole matrices of balls: exp, log, sqrt, sin and cos as power series, not entry by entry.

    expm, sinm, cosm    exp by FLINT, of iM for sine and cosine
    sqrtm               X with X² = M, shown to be near an approximate one by a map that contracts, and the principal
                        one by Lyapunov's theorem: P X + Xᵀ P is positive definite for a positive definite P
    logm                2ˢ log(R) for the 2ˢ-th root R, by the power series around 1

How they change follows from what they are: of exp from its Taylor series, term by term, and the squarings after it;
of a square root from X dX + dX X = dM; of a logarithm L from d exp(L) = dM. What is not certified is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from flint import acb, acb_mat, arb, arb_mat, ctx
from numpy.typing import NDArray

from verify.ball.decompose import lower_triangle, middle
from verify.ball.kernels import NAN
from verify.ball.matrix import OfMatrices
from verify.ball.precision import working_precision
from verify.ball.run import Balls, Run
from verify.ball.steps import Link

LARGEST = 2.0**20  # norm of a matrix whose exponential is differentiated
MOST_ROWS = 16  # of a matrix with a root: the linear equation in it has the square of that
COARSE = 64  # bits for what only bounds an error
ROUNDS = 40  # of an iteration that doubles its digits, or halves a logarithm
NEAR = 2.0**-30  # relative; how far an approximate root may be off


@dataclass(frozen=True, slots=True, eq=False)
class Function(OfMatrices):
    """A function of square matrices, each as a whole."""

    name: str

    def _value(self, run: Run) -> Balls:
        return [entry for _, matrix in self._matrices(run) for entry in value(self.name, self.rows, matrix)]

    def _links(self, run: Run) -> Iterator[Link]:
        factor = [slope for _, matrix in self._matrices(run) for slope in slopes(self.name, self.rows, matrix)]
        for link in self._reads(run):
            yield Link(link.node, link.origin, link.target, factor)

    def _reads(self, run: Run) -> Iterator[Link]:
        size = self.rows * self.rows
        starts = [start for start, _ in self._matrices(run)]
        pairs = [(start + x, start + y) for start in starts for y in range(size) for x in range(size)]
        yield self._link([x for x, _ in pairs], [y for _, y in pairs], None)


def value(name: str, n: int, entries: Balls) -> Balls:
    """The function's entries, row by row; NaN where they are not certified.

    >>> [round(float(entry), 6) for entry in value("expm", 2, [arb(0), arb(1), arb(0), arb(0)])]
    [1.0, 1.0, 0.0, 1.0]
    """
    found = _VALUES[name](arb_mat(n, n, entries)) if n and all(entry.is_finite() for entry in entries) else None
    return [NAN] * (n * n) if found is None else found.entries()


def slopes(name: str, n: int, entries: Balls) -> Balls:
    """The derivative of every entry by every entry of the matrix, row by row."""
    found = _SLOPES[name](arb_mat(n, n, entries)) if n and all(entry.is_finite() for entry in entries) else None
    return [NAN] * n**4 if found is None else found.entries()


# ---------------------------------------------------------------------------- exp, sin, cos


def _turning(matrix: arb_mat) -> acb_mat:
    """i times the matrix."""
    return acb_mat(matrix) * acb(0, 1)


def _parts(found: acb_mat | None, of: Callable[[acb], arb]) -> arb_mat | None:
    """The real, or the imaginary, parts."""
    return None if found is None else arb_mat(found.nrows(), found.ncols(), [of(entry) for entry in found.entries()])


def _exponential_slopes(matrix: Any, factor: Any = 1) -> Any:
    """How exp(factor · A) changes with every entry of A, a row for each entry of it; ``matrix`` is factor · A."""
    kind, n = type(matrix), matrix.nrows()
    size = _norm(matrix)
    if not size < LARGEST:
        return None
    halvings = max(0, int(np.ceil(np.log2(max(float(size), 1e-300)))) + 4)
    units = [kind(n, n, [factor if place == at else 0 for place in range(n * n)]) / 2**halvings for at in range(n * n)]
    matrix, size = matrix / 2**halvings, size / 2**halvings
    term, changes = _identity(kind, n), [kind(n, n)] * (n * n)
    total, totals, tail, k = term, list(changes), arb(1), 0
    while not tail < arb(2) ** -(ctx.prec + 8):
        k += 1
        tail = tail * size / k  # |M|ᵏ / k!, where |M| ≤ 1 / 8
        changes = [(change * matrix + term * unit) / k for change, unit in zip(changes, units, strict=True)]
        term = term * matrix / k
        total, totals = total + term, [a + b for a, b in zip(totals, changes, strict=True)]
    # The next terms are less than one tail together; their changes, each |dM| |M|ʲ / j! from j = k on, less than two.
    total, totals = _blurred(total, tail), [_blurred(part, 2 * tail) for part in totals]
    for _ in range(halvings):
        totals = [total * part + part * total for part in totals]
        total = total * total
    return kind(n * n, n * n, list(chain.from_iterable(zip(*(part.entries() for part in totals), strict=True))))


# ---------------------------------------------------------------------------- square roots


def _root(matrix: arb_mat) -> arb_mat | None:
    """The principal square root."""
    n = matrix.nrows()
    near = _near_root(middle(matrix)) if n <= MOST_ROWS else None
    if near is None:
        return None
    root, target = arb_mat(near.tolist()), matrix.mid()
    try:
        correct = _equation(root).inv().mid()
        for _ in range(ROUNDS):
            off = target - root * root
            if not _largest(off) > arb(2) ** -(ctx.prec + 8) * _largest(target):
                break
            root = (root + arb_mat(n, n, (correct * _column(off)).entries())).mid()
        with working_precision(COARSE):
            bound = _norm(_equation(root).inv())
    except ZeroDivisionError:
        return None
    # X = root + D where D = S⁻¹ (M - root² - D²), S being D ↦ root D + D root. This maps all |D| ≤ 2η into themselves.
    eta = (bound * _largest(matrix - root * root)).upper()
    if not 4 * n * bound * eta < 1:
        return None
    found = _blurred(root, 2 * eta)
    return found if _turns_right(found) else None


def _near_root(matrix: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """A square root in floats, by Denman's and Beavers' iteration."""
    root, inverse = matrix, np.eye(len(matrix))
    with np.errstate(all="ignore"):
        try:
            for _ in range(ROUNDS):
                root, inverse = (root + np.linalg.inv(inverse)) / 2, (inverse + np.linalg.inv(root)) / 2
        except np.linalg.LinAlgError:
            return None
        off = np.abs(root @ root - matrix).max(initial=0)
    return root if off <= NEAR * np.abs(matrix).max(initial=0) else None


def _equation(root: arb_mat) -> arb_mat:
    """The matrix of D ↦ root D + D root, on the entries row by row."""
    n = root.nrows()
    rows = []
    for i in range(n):
        for j in range(n):
            row = [arb(0)] * (n * n)
            for k in range(n):
                row[k * n + j] += root[i, k]
                row[i * n + k] += root[k, j]
            rows.append(row)
    return arb_mat(rows)


def _turns_right(matrix: arb_mat) -> bool:
    """Whether all eigenvalues certainly have positive real parts: P M + Mᵀ P is positive definite for a P that is."""
    n = matrix.nrows()
    a, one = middle(matrix), np.eye(n)
    try:
        found = np.linalg.solve(np.kron(a.T, one) + np.kron(one, a.T), one.ravel()).reshape(n, n)
    except np.linalg.LinAlgError:
        return False
    if not np.isfinite(found).all():
        return False
    weight = arb_mat(((found + found.T) / 2).tolist())
    turned = weight * matrix
    return all(lower_triangle(each) is not None for each in (weight, turned + turned.transpose()))


def _root_slopes(matrix: arb_mat) -> arb_mat | None:
    root = _root(matrix)
    return None if root is None else _inverse(_equation(root))


# ---------------------------------------------------------------------------- logarithms


def _logarithm(matrix: arb_mat) -> arb_mat | None:
    """The principal logarithm."""
    n, root, halvings = matrix.nrows(), matrix, 0
    one = _identity(arb_mat, n)
    while not _norm(root - one) < 0.25:
        found = _root(root) if halvings < ROUNDS else None
        if found is None:
            return None
        root, halvings = found, halvings + 1
    rest, total, power, k = root - one, arb_mat(n, n), one, 0
    size, tail = _norm(rest), arb(1)
    while not tail < arb(2) ** -(ctx.prec + 8):
        k += 1
        power, tail = power * rest, tail * size
        total = total + power * (arb((-1) ** (k + 1)) / k)
    found = _blurred(total, tail)  # Σ |Y|ʲ / j over j > k, for |Y| < 1 / 4
    return arb_mat(found * 2**halvings)


def _logarithm_slopes(matrix: arb_mat) -> arb_mat | None:
    logarithm = _logarithm(matrix)
    found: arb_mat | None = None if logarithm is None else _exponential_slopes(logarithm)
    return None if found is None else _inverse(found)


# ---------------------------------------------------------------------------- matrices


def _identity(kind: Any, n: int) -> Any:
    return kind(n, n, [int(i == j) for i in range(n) for j in range(n)])


def _column(matrix: arb_mat) -> arb_mat:
    return arb_mat(matrix.nrows() * matrix.ncols(), 1, matrix.entries())


def _norm(matrix: Any) -> arb:
    """A bound of the largest sum of absolute values in a row: no entry of a product is larger than that of norms."""
    return _most(sum(map(abs, row), arb(0)) for row in matrix.tolist())


def _largest(matrix: arb_mat) -> arb:
    return _most(map(abs, matrix.entries()))


def _most(sizes: Iterator[arb]) -> arb:
    bounds = [arb(size.upper()) for size in sizes]
    return max(bounds, default=arb(0)) if all(bound.is_finite() for bound in bounds) else NAN


def _blurred(matrix: Any, radius: arb) -> Any:
    """With every entry known up to this much."""
    entry = arb(0, radius.upper())
    blur = acb(entry, entry) if isinstance(matrix, acb_mat) else entry
    n, m = matrix.nrows(), matrix.ncols()
    return type(matrix)(n, m, [each + blur for each in matrix.entries()])


def _inverse(matrix: arb_mat) -> arb_mat | None:
    try:
        return matrix.inv()
    except ZeroDivisionError:
        return None


_REAL, _IMAGINARY = (lambda entry: entry.real), (lambda entry: entry.imag)
_VALUES: dict[str, Callable[[arb_mat], arb_mat | None]] = {
    "expm": lambda matrix: matrix.exp(),
    "cosm": lambda matrix: _parts(_turning(matrix).exp(), _REAL),
    "sinm": lambda matrix: _parts(_turning(matrix).exp(), _IMAGINARY),
    "sqrtm": _root,
    "logm": _logarithm,
}
_SLOPES: dict[str, Callable[[arb_mat], arb_mat | None]] = {
    "expm": _exponential_slopes,
    "cosm": lambda matrix: _parts(_exponential_slopes(_turning(matrix), acb(0, 1)), _REAL),
    "sinm": lambda matrix: _parts(_exponential_slopes(_turning(matrix), acb(0, 1)), _IMAGINARY),
    "sqrtm": _root_slopes,
    "logm": _logarithm_slopes,
}
