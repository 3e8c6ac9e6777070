"""The derivatives of parts of a decomposition, and what sums over them are, held against numbers."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import linear as lin
from verify.form.algebra import multiply, substitute, sum_over
from verify.form.decompose import required, slope_of
from verify.form.matrices import Matrix, decomposition, shorter
from verify.form.power import power
from verify.form.setting import Budget, NoForm, within
from verify.form.term import Atom, Form, Source, power_of

N, M = dimension("n"), dimension("m")
SYMMETRIC = {"cholesky", "eigenvalue", "eigenvector", "upper_eigenvector"}
SHAPES = [
    *((kind, (3, 3)) for kind in sorted(SYMMETRIC)),
    *(
        (kind, shape)
        for kind in ("singular_value", "left_vector", "right_vector")
        for shape in ((4, 3), (3, 4), (3, 3))
    ),
    *((kind, shape) for kind in ("q", "r") for shape in ((4, 3), (3, 3))),
]
STEP = 1e-6


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget(seconds=20.0)):
        yield


def matrix(rows, columns, name="a"):
    r, c = Index("r", rows), Index("c", columns)
    cell = Atom("cell", "", (lin.of_index(r), lin.of_index(c)), (), Source(name, (rows, columns)))
    return Matrix(r, c, power_of(cell))


def numbers(kind, shape):
    a = np.random.default_rng(7).normal(size=shape)
    return a @ a.T + np.diag([1.0, 2.0, 4.0]) if kind in SYMMETRIC else a


def places_of(kind, of):
    """The positions of an entry of a part: indices of its own."""
    k = shorter(of)
    extents = {"eigenvalue": (k,), "singular_value": (k,), "left_vector": (of.row.extent, k), "q": (of.row.extent, k),
               "right_vector": (k, of.column.extent), "r": (k, of.column.extent)}  # fmt: skip
    return [Index("p", extent) for extent in extents.get(kind, (of.row.extent, of.column.extent))]


@pytest.mark.parametrize(("kind", "shape"), SHAPES, ids=str)
def test_the_law_of_a_part_is_its_derivative(kind, shape, values, part_of):
    of, a = matrix(*shape), numbers(kind, shape)
    own = places_of(kind, of)
    (atom,) = (atom for term, _ in decomposition(kind, of, *map(lin.of_index, own)).terms.values()
               for atom, _ in term.factors.values())  # fmt: skip
    slope = slope_of(atom, of)
    assert slope is not None
    seen = values({"a": a})
    change = np.random.default_rng(8).normal(size=shape)
    change = change + change.T if kind in SYMMETRIC else change
    ahead, behind = part_of(kind, a + STEP * change), part_of(kind, a - STEP * change)
    for at in product(*(range(index.extent) for index in own)):
        here = dict(zip(own, at, strict=True))
        slopes = [
            [seen.form(slope, {**here, of.row: r, of.column: c}) for c in range(shape[1])] for r in range(shape[0])
        ]
        assert np.sum(np.array(slopes) * change) == pytest.approx((ahead - behind)[at] / (2 * STEP), abs=1e-6)


def test_what_is_no_part_has_no_law():
    of = matrix(3, 3)
    assert slope_of(Atom("schur", "", (), (of.form,), None, of.binders), of) is None
    assert required("schur", of) == []


# ---------------------------------------------------------------------------- sums


def sums():
    """Sums over k of parts of one matrix, and whether they are put together."""
    i, j, k = (Index(name, 3) for name in "ijk")
    general, square = matrix(3, 3), matrix(3, 3, "s")

    def of(kind, *places, power_=1, which=general):
        return power(decomposition(kind, which, *map(lin.of_index, places)), power_)

    symmetric = {"which": square}
    return i, j, k, {
        "U S V": ([of("left_vector", i, k), of("singular_value", k), of("right_vector", k, j)], True),
        "V Λ Vᵀ": ([of("eigenvector", i, k, **symmetric), of("eigenvalue", k, **symmetric),
                    of("eigenvector", j, k, **symmetric)], True),
        "Vᵀ Λ V": ([of("eigenvector", k, i, **symmetric), of("eigenvalue", k, **symmetric),
                    of("eigenvector", k, j, **symmetric)], False),
        "U S U": ([of("left_vector", i, k), of("singular_value", k), of("left_vector", j, k)], False),
        "U S² V": ([of("left_vector", i, k), of("singular_value", k, power_=2), of("right_vector", k, j)], False),
        "U S⁻¹ V": ([of("left_vector", i, k), of("singular_value", k, power_=-1), of("right_vector", k, j)], False),
        "U S³ V": ([of("left_vector", i, k), of("singular_value", k, power_=3), of("right_vector", k, j)], False),
        "V V": ([of("eigenvector", i, k, **symmetric), of("eigenvector", k, j, **symmetric)], False),
        "Q Q": ([of("q", i, k), of("q", k, j)], False),
        "squares of V": ([of("eigenvector", k, i, power_=2, **symmetric)], True),
        "cubes of V": ([of("eigenvector", k, i, power_=3, **symmetric)], False),
        "U S of another V": ([of("left_vector", i, k), of("singular_value", k, which=square), of("right_vector", k, j)],
                             False),
        "U Uᵀ of a square one": ([of("left_vector", i, k), of("left_vector", j, k)], True),
        "Q R": ([of("q", i, k), of("r", k, j)], True),
        "Rᵀ R": ([of("r", k, i), of("r", k, j)], False),
        "L Lᵀ": ([of("cholesky", i, k, **symmetric), of("cholesky", j, k, **symmetric)], True),
        "Lᵀ L": ([of("cholesky", k, i, **symmetric), of("cholesky", k, j, **symmetric)], False),
    }  # fmt: skip


@pytest.mark.parametrize("name", sums()[-1])
def test_sums_over_parts_keep_their_values(name, values):
    i, j, k, known = sums()
    factors, together = known[name]
    made = sum_over(multiply(*factors), k)
    kinds = {atom.kind for term, _ in made.terms.values() for atom, _ in term.factors.values()}
    assert (kinds <= {"cell", "delta"}) is together
    seen = values({"a": numbers("q", (3, 3)), "s": numbers("cholesky", (3, 3))})
    for at in product(range(3), repeat=2):
        here = dict(zip((i, j), at, strict=True))
        each = [np.prod([seen.form(factor, {**here, k: place}) for factor in factors]) for place in range(3)]
        assert seen.form(made, here) == pytest.approx(sum(each), abs=1e-9)


def test_vectors_of_a_matrix_that_may_be_longer_either_way_are_not_known_to_be_a_basis():
    """Rows of U are orthonormal where U is square, columns always."""
    of, (i, j) = matrix(N, M), (Index("i", N), Index("j", N))
    with pytest.raises(NoForm, match="longer either way"):
        shorter(of)
    k = Index("k", M)
    atom = lambda *at: Atom("left_vector", "", tuple(map(lin.of_index, at)), (of.form,), None, of.binders)  # noqa: E731
    rows = sum_over(multiply(power_of(atom(i, k)), power_of(atom(j, k))), k)
    assert {held.kind for term, _ in rows.terms.values() for held, _ in term.factors.values()} == {"left_vector"}


def test_a_sum_of_two_matrices_is_no_factor_that_is_inverted():
    """Σ_k L⁻¹[k, i] L⁻¹[k, j] is put together where L is a Cholesky factor, not where it is a sum."""
    of, (i, j, k) = matrix(3, 3, "s"), (Index(name, 3) for name in "ijk")
    r, c = Index("r", 3), Index("c", 3)
    lower = decomposition("cholesky", of, lin.of_index(r), lin.of_index(c))
    other = substitute(matrix(3, 3, "b").form, {})
    for body, kept in ((lower, False), (multiply(lower, lower), True), (Form({**lower.terms, **other.terms}), True)):
        inv = lambda *at, body=body: power_of(Atom("inv", "", tuple(map(lin.of_index, at)), (body,), None, (r, c)))  # noqa: E731
        made = sum_over(multiply(inv(k, i), inv(k, j)), k)
        assert any(term.bound for term, _ in made.terms.values()) is kept
