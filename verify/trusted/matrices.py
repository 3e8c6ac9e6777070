"""What functions of square matrices mean: part of the checker's trusted base, written from linear algebra.

An inverse at a place and a determinant are functions of all entries of a matrix; the other ops are made of these two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from verify.trusted.arrays import Array
from verify.trusted.terms import Form, Poly, need


class Matrices:
    """The ops of ``meanings.Ops`` that read operands as matrices, stacked along the leading axes."""

    w: Any
    nonempty: Callable[..., Array]
    matmul: Callable[..., Array]

    def of_entries(self, kind: str, a: Array, stack: Sequence[Poly], *place: Poly) -> Form:
        """The inverse at a place, or the determinant, of the matrix at this place of the stack."""
        need(len(a.shape) >= 2 and a.shape[-1] == a.shape[-2], "a matrix that is not square")
        self.nonempty(a, [len(a.shape) - 1])
        row, column = (self.w.index(extent) for extent in a.shape[-2:])
        return self.w.over(kind, a.entry([*stack, row, column]), [row, column], place)  # type: ignore[no-any-return]

    def inv(self, a: Array) -> Array:
        return Array(a.shape, lambda at: self.of_entries("inv", a, at[:-2], *at[-2:]))

    def solve_matrix(self, a: Array, b: Array) -> Array:
        need(len(a.shape) >= 2 and len(b.shape) >= 2, "matrices")
        return self.matmul(self.inv(a), b)

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
