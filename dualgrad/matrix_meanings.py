"""What functions of matrices mean: inverses, solutions, determinants of stacks of square matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from dualgrad.meanings import free
from dualgrad.op import Sizes, pointwise_meaning, position
from dualgrad.program.entry import (
    Affine,
    Element,
    Entry,
    Index,
    Meaning,
    affine,
    determinant,
    entry,
    inverse,
    kernel,
    positive,
    total,
)
from dualgrad.program.size import Extent
from dualgrad.shapes import Shape

Matrix = Callable[[Index, Index], Entry]


def inverses(sizes: Sizes, shape: Shape) -> Meaning:
    """Of square matrices."""
    size, stack = _squares(sizes, shape, "inv")
    i, j = Index("i", size), Index("j", size)
    return Meaning((*stack, i, j), inverse(_matrix(stack), size, i, j))


def solutions(sizes: Sizes, shape: Shape, right: Shape) -> Meaning:
    """x = inv(a) b, for matrices b; the stacks broadcast."""
    size = sizes.same(sizes.same(shape[-2], shape[-1], "solve"), right[-2], "solve")
    stack = pointwise_meaning(sizes, [shape[:-2], right[:-2]], lambda a, b: entry(0)).indices
    i, j, k = Index("i", size), Index("j", size), Index("k", right[-1])
    inverted = inverse(_matrix(position(shape[:-2], stack)), size, i, j)
    given = Element(1, (*position(right[:-2], stack), affine(j), affine(k)))
    return Meaning((*stack, i, k), total(j, inverted * given))


def cofactors(sizes: Sizes, shape: Shape) -> Meaning:
    """det(a) inv(a)ᵀ: of invertible matrices only."""
    size, stack = _squares(sizes, shape, "cofactor")
    i, j = Index("i", size), Index("j", size)
    return Meaning((*stack, i, j), determinant(_matrix(stack), size) * inverse(_matrix(stack), size, j, i))


def pseudo_inverses(sizes: Sizes, shape: Shape) -> Meaning:
    """inv(aᵀa) aᵀ, or aᵀ inv(aaᵀ) where there are more columns than rows: of matrices of full rank only."""
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
