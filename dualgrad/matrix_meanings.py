"""What functions of matrices mean: inverses, solutions and determinants, and decompositions, of stacks of matrices.

All of real matrices. A decomposition is one function a part: the parts of one matrix share its body.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from dualgrad.meanings import free
from dualgrad.op import Sizes, pointwise_meaning, position
from dualgrad.program.entry import (
    Affine,
    Element,
    Entry,
    Index,
    MatrixEntry,
    Meaning,
    affine,
    at_least,
    determinant,
    entry,
    equal,
    inverse,
    kernel,
    positive,
    select,
    total,
)
from dualgrad.program.size import Extent, product
from dualgrad.shapes import Shape

Matrix = Callable[[Index, Index], Entry]


def inverses(sizes: Sizes, shape: Shape) -> Meaning:
    """Of square matrices."""
    size, stack = _squares(sizes, shape, "inv")
    i, j = Index("i", size), Index("j", size)
    return Meaning((*stack, i, j), inverse(_matrix(stack), size, i, j))


def functions(name: str, sizes: Sizes, shape: Shape) -> Meaning:
    """Of square matrices as a whole, by name: "expm" and the like."""
    size, stack = _squares(sizes, shape, name)
    i, j = Index("i", size), Index("j", size)
    return Meaning((*stack, i, j), _parts(_matrix(stack), size, size)(name, i, j))


def solutions(sizes: Sizes, shape: Shape, right: Shape, of: Callable[[Matrix], Matrix] = lambda a: a) -> Meaning:
    """x = inv(of(a)) b, for matrices b; the stacks broadcast."""
    size = sizes.same(sizes.same(shape[-2], shape[-1], "solve"), right[-2], "solve")
    stack = pointwise_meaning(sizes, [shape[:-2], right[:-2]], lambda a, b: entry(0)).indices
    i, j, k = Index("i", size), Index("j", size), Index("k", right[-1])
    inverted = inverse(of(_matrix(position(shape[:-2], stack))), size, i, j)
    given = Element(1, (*position(right[:-2], stack), affine(j), affine(k)))
    return Meaning((*stack, i, k), total(j, inverted * given))


def cofactors(sizes: Sizes, shape: Shape) -> Meaning:
    """det(a) inv(a)ᵀ: of invertible matrices only."""
    size, stack = _squares(sizes, shape, "cofactor")
    i, j = Index("i", size), Index("j", size)
    if size == 1:
        return Meaning((*stack, i, j), entry(1))
    return Meaning((*stack, i, j), determinant(_matrix(stack), size) * inverse(_matrix(stack), size, j, i))


def pseudo_inverses(sizes: Sizes, shape: Shape, **chosen: Any) -> Meaning:
    """inv(aᵀa) aᵀ, or aᵀ inv(aaᵀ) where there are more columns than rows: of matrices of full rank only."""
    if chosen:
        raise NotImplementedError(f"pinv: what {', '.join(chosen)}= changes is not in the language of meanings")
    stack, (m, n) = free(shape[:-2]), shape[-2:]
    a = _matrix(stack)
    i, j, k = Index("i", n), Index("j", m), Index("k", n)
    try:
        sizes.at_least(m - n, 0, "pinv")
    except ValueError:
        sizes.at_least(n - m, 0, "pinv")
        k = Index("k", m)
        return Meaning((*stack, i, j), total(k, a(k, i) * inverse(lambda r, c: _gram(n, a, r, c), m, k, j)))
    flipped: Matrix = lambda r, c: a(c, r)  # noqa: E731
    return Meaning((*stack, i, j), total(k, inverse(lambda r, c: _gram(m, flipped, r, c), n, i, k) * a(j, k)))


def of_determinants(of: Callable[[Entry], Entry]) -> Callable[..., Meaning]:
    """A function of the determinants of square matrices."""

    def meaning(sizes: Sizes, shape: Shape) -> Meaning:
        size, stack = _squares(sizes, shape, "a determinant")
        return Meaning(stack, of(determinant(_matrix(stack), size)))

    return meaning


def log_of_size(determinant: Entry) -> Entry:
    """log |d| as half of log d²."""
    return kernel("log", determinant**2) * Fraction(1, 2)


def sign(determinant: Entry) -> Entry:
    """1, -1, or 0."""
    return positive(determinant) - positive(-determinant)


def _squares(sizes: Sizes, shape: Shape, why: str) -> tuple[Extent, tuple[Index, ...]]:
    """The size of the matrices, and the free indices of their stack."""
    return sizes.same(shape[-2], shape[-1], why), free(shape[:-2])


def _matrix(stack: Sequence[Affine | Index]) -> Matrix:
    """Operand 0 as matrices, at one place of the stack."""
    return lambda r, c: Element(0, (*map(affine, stack), affine(r), affine(c)))


def _gram(extent: Extent, a: Matrix, r: Index, c: Index) -> Entry:
    """a aᵀ."""
    over = Index("l", extent)
    return total(over, a(r, over) * a(c, over))


# ---------------------------------------------------------------------------- one triangle


def _triangle(matrix: Matrix, lower: bool, strict: bool) -> Matrix:
    """One triangle, without the diagonal where it is strict."""
    shift = int(strict)
    if lower:
        return lambda r, c: at_least(r, affine(c) + shift) * matrix(r, c)
    return lambda r, c: at_least(c, affine(r) + shift) * matrix(r, c)


def triangular_solutions(sizes: Sizes, shape: Shape, right: Shape, lower: bool, unit_diagonal: bool) -> Meaning:
    """x = inv(one triangle of a) b; with a unit diagonal, the given one is not read."""
    triangle: Callable[[Matrix], Matrix] = lambda a: _triangle(a, lower, unit_diagonal)  # noqa: E731
    if unit_diagonal:
        return solutions(sizes, shape, right, lambda a: lambda r, c: equal(r, c) + triangle(a)(r, c))
    return solutions(sizes, shape, right, triangle)


def _symmetric(matrix: Matrix, upper: bool) -> Matrix:
    """The symmetric matrix of which one triangle is read."""
    read: Callable[[Index, Index], Entry] = lambda r, c: at_least(c, r) if upper else at_least(r, c)  # noqa: E731
    return lambda r, c: select(read(r, c), matrix(r, c), matrix(c, r))


def sylvester_solutions(sizes: Sizes, left: Shape, right: Shape, given: Shape) -> Meaning:
    """The x with a x + x b = q: the inverse of a ⊗ 1 + 1 ⊗ bᵀ, applied to the entries of q row by row."""
    m = sizes.same(sizes.same(left[0], left[1], "solve_sylvester"), given[0], "solve_sylvester")
    n = sizes.same(sizes.same(right[0], right[1], "solve_sylvester"), given[1], "solve_sylvester")
    i, k, p, q = Index("i", m), Index("k", n), Index("p", m), Index("q", n)
    place: Callable[[Index, Index], Affine] = lambda row, column: affine(row) * n + column  # noqa: E731

    def entry_of(r: Index, c: Index) -> Entry:
        a, b, e, f = Index("a", m), Index("b", n), Index("e", m), Index("f", n)
        inner = Element(0, (affine(a), affine(e))) * equal(b, f) + equal(a, e) * Element(1, (affine(f), affine(b)))
        body = equal(r, place(a, b)) * equal(c, place(e, f)) * inner
        return total(a, total(b, total(e, total(f, body))))

    r, c = Index("r", m * n), Index("c", m * n)
    inverted = MatrixEntry("inv", r, c, entry_of(r, c), (place(i, k), place(p, q)))
    return Meaning((i, k), total(p, total(q, inverted * Element(2, (affine(p), affine(q))))))


# ---------------------------------------------------------------------------- decompositions


def _parts(matrix: Matrix, rows: Extent, columns: Extent) -> Callable[..., Entry]:
    """Entries of functions of one matrix, by kind and position."""
    r, c = Index("r", rows), Index("c", columns)
    body = matrix(r, c)
    return lambda kind, *at: MatrixEntry(kind, r, c, body, tuple(map(affine, at)))


def cholesky_factors(sizes: Sizes, shape: Shape) -> Meaning:
    """Of positive definite matrices, of which the lower triangle is read."""
    size, stack = _squares(sizes, shape, "cholesky")
    i, j = Index("i", size), Index("j", size)
    part = _parts(_symmetric(_matrix(stack), upper=False), size, size)
    return Meaning((*stack, i, j), part("cholesky", i, j))


def eigen_pairs(sizes: Sizes, shape: Shape, upper: bool) -> Meaning:
    """Of symmetric matrices, of which one triangle is read: the eigenvalues as the first column, then the vectors."""
    size, stack = _squares(sizes, shape, "eigh")
    i, k, p = Index("i", size), Index("k", size), Index("p", size + 1)
    part = _parts(_symmetric(_matrix(stack), upper), size, size)
    vector = "upper_eigenvector" if upper else "eigenvector"
    vectors = total(k, equal(p, affine(k) + 1) * part(vector, i, k))
    return Meaning((*stack, i, p), equal(p, 0) * part("eigenvalue", i) + vectors)


def singular_triples(sizes: Sizes, shape: Shape) -> Meaning:
    """The left vectors, the singular values and the right vectors of matrices, in one row for each matrix."""
    stack, (m, n) = free(shape[:-2]), shape[-2:]
    k = m
    try:
        sizes.at_least(n - m, 0, "svd")
    except ValueError:
        sizes.at_least(m - n, 0, "svd")
        k = n
    part = _parts(_matrix(stack), m, n)
    return _in_one_row(
        stack, (part, "left_vector", (m, k)), (part, "singular_value", (k,)), (part, "right_vector", (k, n))
    )


def orthogonal_triangles(sizes: Sizes, shape: Shape) -> Meaning:
    """Orthonormal columns and an upper triangle, in one row for each matrix."""
    stack, (m, n) = free(shape[:-2]), shape[-2:]
    sizes.at_least(m - n, 0, "qr")
    part = _parts(_matrix(stack), m, n)
    return _in_one_row(stack, (part, "q", (m, n)), (part, "r", (n, n)))


def completions(sizes: Sizes, shape: Shape, side: str) -> Meaning:
    """The columns, or the rows, that complete an orthonormal basis: the matrix does not determine them."""
    stack, (m, n) = free(shape[:-2]), shape[-2:]
    longer, shorter = (m, n) if side == "columns" else (n, m)
    sizes.at_least(longer - shorter, 0, "a complete basis")
    i, j = Index("i", m if side == "columns" else n - m), Index("j", n if side == "rows" else m - n)
    return Meaning((*stack, i, j), _parts(_matrix(stack), m, n)("undetermined", i, j))


def _in_one_row(stack: tuple[Index, ...], *parts: tuple[Callable[..., Entry], str, Shape]) -> Meaning:
    p = Index("p", sum((product(shape) for _, _, shape in parts), start=_nothing()))
    body, start = entry(0), _nothing()
    for part, kind, shape in parts:
        at = free(shape)
        flat = affine(start)
        for axis, index in enumerate(at):
            flat = flat + affine(index) * product(shape[axis + 1 :])
        term = equal(p, flat) * part(kind, *at)
        for index in reversed(at):
            term = total(index, term)
        body, start = body + term, start + product(shape)
    return Meaning((*stack, p), body)


def _nothing() -> Extent:
    return 0
