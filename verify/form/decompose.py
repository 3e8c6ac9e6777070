"""Decompositions in the normal form: functions of a matrix, with what they require and how they change.

Each change is the one solution of the differentiated equation: of L Lᵀ = M with L a lower triangle; of M V = V Λ with
Vᵀ V = 1; of U S Vᵀ = M with Uᵀ U = Vᵀ V = 1; of Q R = M with Qᵀ Q = 1 and R an upper triangle.

    dL = L (Φ ∘ (L⁻¹ dM L⁻ᵀ))                 Φ the lower triangle with half of the diagonal
    dλ = diag(Vᵀ dM V)                        dV = V (F ∘ (Vᵀ dM V))      F[k, j] = 1 / (λ[j] - λ[k]) off the diagonal
    ds = diag(Uᵀ dM V)                        dU = U (F ∘ (C S + S Cᵀ)) + (1 - U Uᵀ) dM V S⁻¹
    C = Uᵀ dM V                               dV = V (F ∘ (S C + Cᵀ S)) + (1 - V Vᵀ) dMᵀ U S⁻¹, of F by squares
    C = Qᵀ dM R⁻¹                             dQ = Q Ω + (1 - Q Qᵀ) dM R⁻¹    dR = (C - Ω) R    Ω = C↓ - C↓ᵀ

Vectors are determined up to their signs: each branch of them that is continuous changes like this.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent
from verify.form import linear as lin
from verify.form.algebra import add, multiply, scale, subtract, sum_over
from verify.form.linear import Linear
from verify.form.matrices import Matrix, decomposition, inverse, shorter
from verify.form.power import power
from verify.form.settle import truth
from verify.form.term import ONE, Atom, Form

Needed = list[tuple[Form, str]]
Slope = Callable[[Matrix, tuple[Linear, ...], Linear, Linear], Form]
EIGEN = frozenset({"eigenvalue", "eigenvector", "upper_eigenvector"})
SINGULAR = frozenset({"singular_value", "left_vector", "right_vector"})


def required(kind: str, matrix: Matrix) -> Needed:
    """What a part of a decomposition needs to be defined up to signs, and smooth."""
    if kind == "cholesky":
        return [(decomposition("eigenvalue", matrix, (0, ())), "> 0")]
    if kind in ("q", "r"):
        return [(decomposition("singular_value", matrix, (matrix.column.extent - 1, ())), "> 0")]
    if kind in EIGEN:
        return [(gap, "> 0") for gap in _gaps("eigenvalue", matrix, matrix.extent)]
    if kind in SINGULAR:
        gaps = [scale(gap, -1) for gap in _gaps("singular_value", matrix, shorter(matrix))]
        return [(form, "> 0") for form in (*gaps, decomposition("singular_value", matrix, (shorter(matrix) - 1, ())))]
    return []


def _gaps(kind: str, matrix: Matrix, extent: Extent) -> list[Form]:
    """The differences of neighbours, at a free index; none of a single value."""
    if extent == 1:
        return []
    here = lin.of_index(Index("k", extent - 1))
    return [subtract(decomposition(kind, matrix, lin.plus(here, (1, ()))), decomposition(kind, matrix, here))]


def slope_of(atom: Atom, matrix: Matrix) -> Form | None:
    """The factor of dM(r, c) in the change of an entry, at the matrix's row and column; None where there is no rule."""
    row, column = map(lin.of_index, matrix.binders)
    known = _SLOPES.get(atom.kind)
    return None if known is None else known(matrix, atom.linears, row, column)


def _index(name: str, extent: Extent) -> tuple[tuple[Index, ...], Linear]:
    index = Index(name, extent)
    return (() if extent == 1 else (index,)), lin.of_index(index)


def _over_gap(kind: str, matrix: Matrix, a: Linear, b: Linear, exponent: int) -> Form:
    """1 / (v[b]^p - v[a]^p) off the diagonal, and 0 on it."""
    same = truth("delta", lin.minus(a, b))
    gap = subtract(*(power(decomposition(kind, matrix, at), exponent) for at in (b, a)))
    return multiply(subtract(ONE, same), power(add(gap, same), -1))


def _cholesky(matrix: Matrix, at: tuple[Linear, ...], row: Linear, column: Linear) -> Form:
    i, j = at
    r, c = Index("r", matrix.extent), Index("c", matrix.extent)
    factor = Matrix(r, c, decomposition("cholesky", matrix, lin.of_index(r), lin.of_index(c)))
    over, k = _index("k", matrix.extent)
    lower = add(truth("atleast", lin.minus(k, j)), scale(truth("delta", lin.minus(k, j)), Fraction(-1, 2)))
    sides = inverse(factor, k, row), inverse(factor, j, column)
    return sum_over(multiply(decomposition("cholesky", matrix, i, k), lower, *sides), *over)


def _eigenvalue(matrix: Matrix, at: tuple[Linear, ...], row: Linear, column: Linear) -> Form:
    return multiply(*(decomposition("eigenvector", matrix, side, *at) for side in (row, column)))


def _eigenvector(kind: str) -> Slope:
    def slope(matrix: Matrix, at: tuple[Linear, ...], row: Linear, column: Linear) -> Form:
        i, j = at
        over, k = _index("k", matrix.extent)
        vectors = (decomposition(kind, matrix, *place) for place in ((i, k), (row, k), (column, j)))
        return sum_over(multiply(_over_gap("eigenvalue", matrix, k, j, 1), *vectors), *over)

    return slope


def _singular_value(matrix: Matrix, at: tuple[Linear, ...], row: Linear, column: Linear) -> Form:
    (k,) = at
    return multiply(decomposition("left_vector", matrix, row, k), decomposition("right_vector", matrix, k, column))


def _singular_vector(kind: str) -> Slope:
    left = kind == "left_vector"

    def u(matrix: Matrix, i: Linear, a: Linear) -> Form:
        """An entry of the vectors asked for, as columns."""
        return decomposition(kind, matrix, *((i, a) if left else (a, i)))

    def v(matrix: Matrix, a: Linear, j: Linear) -> Form:
        """An entry of the others, as rows."""
        return decomposition("right_vector", matrix, a, j) if left else decomposition("left_vector", matrix, j, a)

    def slope(matrix: Matrix, at: tuple[Linear, ...], row: Linear, column: Linear) -> Form:
        i, k = at if left else at[::-1]
        near, far = (row, column) if left else (column, row)
        over, a = _index("a", shorter(matrix))
        s, t = (decomposition("singular_value", matrix, place) for place in (k, a))
        turned = add(
            multiply(u(matrix, near, a), v(matrix, k, far), s),
            multiply(t, v(matrix, a, far), u(matrix, near, k)),
        )
        inside = multiply(_over_gap("singular_value", matrix, a, k, 2), u(matrix, i, a), turned)
        projected = sum_over(multiply(u(matrix, i, a), u(matrix, near, a)), *over)
        outside = multiply(subtract(truth("delta", lin.minus(i, near)), projected), v(matrix, k, far))
        return add(sum_over(inside, *over), multiply(outside, power(s, -1)))

    return slope


def _orthogonal(matrix: Matrix, at: tuple[Linear, ...], row: Linear, column: Linear) -> Form:
    (i, k), (over, a) = at, _index("a", matrix.column.extent)
    turned, back = _moved(matrix, a, k, row, column), _moved(matrix, k, a, row, column)
    below, above = truth("atleast", lin.plus(lin.minus(a, k), (-1, ()))), truth("atleast", lin.minus(k, a))
    above = subtract(above, truth("delta", lin.minus(k, a)))
    inside = subtract(subtract(multiply(below, turned), multiply(above, back)), turned)
    turns = sum_over(multiply(decomposition("q", matrix, i, a), inside), *over)
    return add(turns, multiply(truth("delta", lin.minus(i, row)), inverse(_triangle(matrix), column, k)))


def _upper(matrix: Matrix, at: tuple[Linear, ...], row: Linear, column: Linear) -> Form:
    (k, j), (over, b) = at, _index("b", matrix.column.extent)
    upper = truth("atleast", lin.minus(b, k))
    strict = subtract(upper, truth("delta", lin.minus(b, k)))
    turned, back = _moved(matrix, k, b, row, column), _moved(matrix, b, k, row, column)
    inside = add(multiply(upper, turned), multiply(strict, back))
    return sum_over(multiply(inside, decomposition("r", matrix, b, j)), *over)


def _moved(matrix: Matrix, a: Linear, b: Linear, row: Linear, column: Linear) -> Form:
    """The factor of dM(row, column) in (Qᵀ dM R⁻¹)[a, b]."""
    return multiply(decomposition("q", matrix, row, a), inverse(_triangle(matrix), column, b))


def _triangle(matrix: Matrix) -> Matrix:
    """R, as a matrix."""
    r, c = Index("r", matrix.column.extent), Index("c", matrix.column.extent)
    return Matrix(r, c, decomposition("r", matrix, lin.of_index(r), lin.of_index(c)))


_SLOPES: dict[str, Slope] = {
    "cholesky": _cholesky,
    "eigenvalue": _eigenvalue,
    "eigenvector": _eigenvector("eigenvector"),
    "upper_eigenvector": _eigenvector("upper_eigenvector"),
    "singular_value": _singular_value,
    "left_vector": _singular_vector("left_vector"),
    "right_vector": _singular_vector("right_vector"),
    "q": _orthogonal,
    "r": _upper,
}
