"""Parts of decompositions in the normal form: when they are equal, what their zeros imply, and what they require."""

from __future__ import annotations

import pytest

from dualgrad.op import REGISTRY
from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import construct, decompose, triangles
from verify.form import linear as lin
from verify.form.algebra import multiply, subtract, sum_over
from verify.form.matrices import Matrix, decomposition, inverse
from verify.form.power import power
from verify.form.setting import Budget, within
from verify.form.settle import truth
from verify.form.term import Atom, Source, power_of
from verify.lemma.book import forget, lemma_of
from verify.lemma.survey import recorded_samples, survey

N = dimension("n")


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget(seconds=20.0)):
        yield


def matrix(name="a"):
    r, c = Index("r", N), Index("c", N)
    cell = Atom("cell", "", (lin.of_index(r), lin.of_index(c)), (), Source(name, (N, N)))
    return Matrix(r, c, power_of(cell))


def at(*names):
    return [Index(name, N) for name in names]


def test_values_of_one_matrix_are_equal_at_one_place_only():
    a, (i, j) = matrix(), map(lin.of_index, at("i", "j"))
    first, second = (decomposition("eigenvalue", a, k) for k in (i, j))
    assert construct.vanishes(subtract(first, second)).key == truth("delta", lin.minus(i, j)).key
    other = decomposition("eigenvalue", matrix("b"), j)
    for left, right in ((first, other), (power(first, 2), power(second, 2)), (multiply(first, other), second)):
        assert "vanishes" in construct.vanishes(subtract(left, right)).key


def test_squares_of_singular_values_are_told_apart_and_none_is_zero():
    a, (i, j) = matrix(), map(lin.of_index, at("i", "j"))
    first, second = (decomposition("singular_value", a, k) for k in (i, j))
    assert construct.vanishes(subtract(power(first, 2), power(second, 2))).key == truth("delta", lin.minus(i, j)).key
    assert not construct.vanishes(first).terms
    assert "vanishes" in construct.vanishes(subtract(first, power(second, 2))).key


def test_a_guard_next_to_a_triangle_is_read_with_it():
    a, (x, y) = matrix(), at("i", "j")
    i, j = lin.of_index(x), lin.of_index(y)
    lower = decomposition("cholesky", a, i, j)
    same = triangles.with_triangles(multiply(truth("atleast", lin.minus(j, i)), lower))
    assert same.key == multiply(truth("delta", lin.minus(i, j)), lower).key
    dropped = triangles.with_triangles(multiply(truth("atleast", lin.minus(i, j)), lower))
    assert dropped.key == lower.key
    full = decomposition("eigenvector", a, i, j)  # which is no triangle
    kept = multiply(truth("atleast", lin.minus(i, j)), full)
    assert triangles.with_triangles(kept).key == kept.key


def test_parts_together_are_what_their_equations_say():
    a, (x, y, z) = matrix(), at("i", "j", "k")
    i, j, k = map(lin.of_index, (x, y, z))
    factor = Matrix(*at("r", "c"), None)  # type: ignore[arg-type]
    factor = Matrix(factor.row, factor.column, decomposition("cholesky", a, *map(lin.of_index, factor.binders)))
    columns = sum_over(multiply(decomposition("cholesky", a, i, k), decomposition("cholesky", a, j, k)), z)
    assert columns.key == a.at(i, j).key
    inverses = sum_over(multiply(inverse(factor, k, i), inverse(factor, k, j)), z)
    assert inverses.key == inverse(a, i, j).key
    rows = sum_over(multiply(decomposition("cholesky", a, k, i), decomposition("cholesky", a, k, j)), z)
    assert "cholesky" in rows.key  # Lᵀ L is another matrix
    two = sum_over(multiply(decomposition("eigenvector", a, k, i), decomposition("eigenvector", matrix("b"), k, j)), z)
    assert "eigenvector" in two.key


@pytest.mark.parametrize("name", ["cholesky", "eigh_packed"])
def test_the_rules_are_lemmas_for_every_size(name):
    assert {(status.blocked, status.sizes) for status in survey(REGISTRY[name])} == {("", "every size")}


def _doubled(form):
    return multiply(power_of(Atom("dim", "n")), form)


@pytest.mark.parametrize(("name", "part"), [("cholesky", "cholesky"), ("eigh_packed", "eigenvector")])
def test_a_rule_is_held_against_the_law(name, part, monkeypatch):
    """With another law, the engine's rule is not proved: the lemma depends on it."""
    law = decompose._SLOPES[part]
    monkeypatch.setitem(decompose._SLOPES, part, lambda *args: _doubled(law(*args)))
    forget()
    equation, trace = next(recorded_samples(REGISTRY[name]))
    found, _ = lemma_of(equation, trace.extents.resolve, trace.extents.values, "exact")
    forget()
    assert not isinstance(found, str) and found.blocked.startswith("a difference is left")


def test_what_is_required_is_said():
    """A decomposition is of matrices that have it: positive definite, of values that are told apart, of full rank."""
    a = matrix()
    relations = {kind: [relation for _, relation in decompose.required(kind, a)] for kind in ("cholesky", "q", "r")}
    assert relations == {"cholesky": ["> 0"], "q": ["> 0"], "r": ["> 0"]}
    assert len(decompose.required("eigenvalue", a)) == 1
    assert len(decompose.required("singular_value", a)) == 2
