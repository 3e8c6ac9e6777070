"""What functions of square matrices mean: part of the checker's trusted base, written from linear algebra.

An inverse at a place and a determinant are functions of all entries of a matrix; the other ops are made of these two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from verify.trusted.arrays import Array
from verify.trusted.decompositions import shorter
from verify.trusted.terms import ONE, ZERO, Form, Poly, need


class Matrices:
    """The ops of ``meanings.Ops`` that read operands as matrices, stacked along the leading axes."""

    w: Any
    nonempty: Callable[..., Array]
    matmul: Callable[..., Array]
    sums: Callable[..., Form]

    def of_entries(self, kind: str, a: Array, stack: Sequence[Poly], *place: Poly) -> Form:
        """The inverse or another function at a place, or the determinant, of the matrix at this place of the stack."""
        need(len(a.shape) >= 2 and a.shape[-1] == a.shape[-2], "a matrix that is not square")
        self.nonempty(a, [len(a.shape) - 1])
        row, column = (self.w.index(extent) for extent in a.shape[-2:])
        return self.w.over(kind, a.entry([*stack, row, column]), [row, column], place)  # type: ignore[no-any-return]

    def inv(self, a: Array) -> Array:
        return Array(a.shape, lambda at: self.of_entries("inv", a, at[:-2], *at[-2:]))

    def _whole(self, kind: str, a: Array) -> Array:
        return Array(a.shape, lambda at: self.of_entries(kind, a, at[:-2], *at[-2:]))

    def expm(self, a: Array) -> Array:
        return self._whole("expm", a)

    def logm(self, a: Array) -> Array:
        """The principal logarithm."""
        return self._whole("logm", a)

    def sqrtm(self, a: Array) -> Array:
        """The principal square root."""
        return self._whole("sqrtm", a)

    def sinm(self, a: Array) -> Array:
        return self._whole("sinm", a)

    def cosm(self, a: Array) -> Array:
        return self._whole("cosm", a)

    def solve_matrix(self, a: Array, b: Array) -> Array:
        need(len(a.shape) >= 2 and len(b.shape) >= 2, "matrices")
        return self.matmul(self.inv(a), b)

    def solve_triangular_matrix(self, a: Array, b: Array, lower: bool, unit_diagonal: bool) -> Array:
        """The solution with one triangle of a, which has ones on its diagonal or that of a."""

        def read(at: Sequence[Poly]) -> Form:
            *_, i, j = at
            inside = self.w.relation(">=", (i - j if lower else j - i) - int(unit_diagonal))
            ones = self.w.relation("==", i - j) if unit_diagonal else Form()
            return ones + self.w.mul(inside, a.entry(at))  # type: ignore[no-any-return]

        return self.solve_matrix(Array(a.shape, read, a.kind), b)

    def solve_sylvester(self, a: Array, b: Array, q: Array) -> Array:
        """The x with a x + x b = q: of all of its entries in a row, the inverse of a ⊗ 1 + 1 ⊗ bᵀ times those of q."""
        need(len(a.shape) == len(b.shape) == len(q.shape) == 2, "matrices")
        m, n = q.shape
        need(a.shape == (m, m) and b.shape == (n, n), "matrices of other sizes")
        self.nonempty(q, [0, 1])
        r, c = self.w.index(m * n), self.w.index(m * n)

        def element(j: Sequence[Poly]) -> Form:
            first = self.w.mul(a.entry([j[0], j[2]]), self.w.relation("==", j[1] - j[3]))
            return first + self.w.mul(self.w.relation("==", j[0] - j[2]), b.entry([j[3], j[1]]))  # type: ignore[no-any-return]

        whole = self.sums([m, n, m, n], lambda j: [r - j[0] * n - j[1], c - j[2] * n - j[3]], element)

        def entry(at: Sequence[Poly]) -> Form:
            p = [self.w.index(m), self.w.index(n)]
            inverse = self.w.over("inv", whole, [r, c], (at[0] * n + at[1], p[0] * n + p[1]))
            return self.w.total(self.w.mul(inverse, q.entry(p)), p)  # type: ignore[no-any-return]

        return Array(q.shape, entry)

    def det(self, a: Array) -> Array:
        return Array(a.shape[:-2], lambda at: self.of_entries("det", a, at))

    def cofactor(self, a: Array) -> Array:
        def entry(at: Sequence[Poly]) -> Form:
            *stack, i, j = at
            return self.w.mul(self.of_entries("det", a, stack), self.of_entries("inv", a, stack, j, i))  # type: ignore[no-any-return]

        return Array(a.shape, entry)

    def logabsdet(self, a: Array) -> Array:
        def entry(at: Sequence[Poly]) -> Form:
            return self.w.log(self.w.power(self.of_entries("det", a, at), 2)) * Fraction(1, 2)  # type: ignore[no-any-return]

        return Array(a.shape[:-2], entry)

    def signdet(self, a: Array) -> Array:
        def entry(at: Sequence[Poly]) -> Form:
            value = self.of_entries("det", a, at)
            return self.w.positive(value) - self.w.positive(value * -1)  # type: ignore[no-any-return]

        return Array(a.shape[:-2], entry)

    def pinv(self, a: Array) -> Array:
        """Of matrices of full rank: inv(aᵀa) aᵀ of tall ones, aᵀ inv(aaᵀ) of wide ones."""
        *stack, rows, columns = a.shape
        t = Array((*stack, columns, rows), lambda at: a.entry([*at[:-2], at[-1], at[-2]]), a.kind)
        tall = self.w.nonnegative(rows - columns)
        need(tall or self.w.nonnegative(columns - rows), "a matrix that is tall, or wide")
        return self.matmul(self.inv(self.matmul(t, a)), t) if tall else self.matmul(t, self.inv(self.matmul(a, t)))

    def part(self, a: Array, symmetric: str) -> Callable[..., Form]:
        """Entries of parts of decompositions of a, by stack, kind and place; ``symmetric`` names the triangle read."""
        need(len(a.shape) >= 2 and (not symmetric or a.shape[-1] == a.shape[-2]), "a matrix that is not square")
        self.nonempty(a, [len(a.shape) - 2, len(a.shape) - 1])

        def of(stack: Sequence[Poly], kind: str, *place: Poly) -> Form:
            r, c = (self.w.index(extent) for extent in a.shape[-2:])
            entry: Form = a.entry([*stack, r, c])
            if symmetric:
                read = self.w.relation(">=", r - c if symmetric == "lower" else c - r)
                other = a.entry([*stack, c, r])
                entry = other + self.w.mul(read, entry - other)
            return self.w.over(kind, entry, [r, c], place)  # type: ignore[no-any-return]

        return of

    def cholesky(self, a: Array) -> Array:
        """L, of the positive definite matrix whose lower triangle is read."""
        of = self.part(a, "lower")
        return Array(a.shape, lambda at: of(at[:-2], "cholesky", *at[-2:]))

    def eigh_packed(self, a: Array, upper: bool) -> Array:
        """Eigenvalues in the first column, eigenvectors in the others, of the matrix of which one triangle is read."""
        of, size = self.part(a, "upper" if upper else "lower"), a.shape[-1]

        def entry(at: Sequence[Poly]) -> Form:
            *stack, i, p = at
            first = self.w.mul(self.w.relation("==", p), of(stack, "eigenvalue", i))
            vector = lambda j: of(stack, "upper" if upper else "eigenvector", i, j[0])  # noqa: E731
            return first + self.sums([size], lambda j: [p - j[0] - 1], vector)  # type: ignore[no-any-return]

        return Array((*a.shape[:-1], size + 1), entry)

    def packed(self, a: Array, *parts: tuple[str, tuple[Poly, ...]]) -> Array:
        """Parts of these shapes one after the other in one row."""
        of, size = self.part(a, ""), sum((math.prod(shape, start=ONE) for _, shape in parts), start=ZERO)

        def entry(at: Sequence[Poly]) -> Form:
            out, start = Form(), ZERO
            for kind, shape in parts:
                strides = [math.prod(shape[k + 1 :], start=ONE) for k in range(len(shape))]
                flat = lambda j, strides=strides, start=start: [  # noqa: E731
                    at[-1] - start - sum((i * s for i, s in zip(j, strides, strict=True)), start=ZERO)
                ]
                out = out + self.sums(shape, flat, lambda j, kind=kind: of(at[:-1], kind, *j))
                start = start + math.prod(shape, start=ONE)
            return out

        return Array((*a.shape[:-2], size), entry)

    def svd_packed(self, a: Array) -> Array:
        """Left vectors as columns, singular values, and right vectors as rows."""
        need(len(a.shape) >= 2, "a matrix")
        m, n = a.shape[-2:]
        k = shorter(self.w, m, n)
        return self.packed(a, ("left", (m, k)), ("singular", (k,)), ("right", (k, n)))

    def qr_packed(self, a: Array) -> Array:
        """Q and R of matrices with no fewer rows than columns."""
        need(len(a.shape) >= 2 and self.w.nonnegative(a.shape[-2] - a.shape[-1]), "a tall matrix")
        m, n = a.shape[-2:]
        return self.packed(a, ("q", (m, n)), ("r", (n, n)))

    def rest(self, a: Array, kind: str, shape: Sequence[Poly]) -> Array:
        """What completes an orthonormal basis: some function of the matrix."""
        of = self.part(a, "")
        need(all(self.w.nonnegative(extent) for extent in shape), "a basis that is complete")
        return Array((*a.shape[:-2], *shape), lambda at: of(at[:-2], kind, *at[-2:]))

    def svd_left_rest(self, a: Array) -> Array:
        return self.rest(a, "left rest", (a.shape[-2], a.shape[-2] - a.shape[-1]))

    def svd_right_rest(self, a: Array) -> Array:
        return self.rest(a, "right rest", (a.shape[-1] - a.shape[-2], a.shape[-1]))

    def qr_rest(self, a: Array) -> Array:
        return self.rest(a, "q rest", (a.shape[-2], a.shape[-2] - a.shape[-1]))
