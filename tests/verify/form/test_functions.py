"""Functions of whole matrices in the normal form: their laws as numbers, which ways are one, and what is refused."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy import linalg

from dualgrad.op import REGISTRY
from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import functions
from verify.form import linear as lin
from verify.form.algebra import add, multiply, scale, substitute, subtract, sum_over
from verify.form.differentiate import Derivative, NoDerivative
from verify.form.functions import function
from verify.form.matrices import Matrix, determinant
from verify.form.proof import Failure
from verify.form.setting import Budget, NoForm, within
from verify.form.settle import truth
from verify.form.signs import is_positive
from verify.form.term import DISTANCE, FUNCTIONS, ONE, ZERO, Atom, Source, power_of
from verify.lemma.book import forget
from verify.lemma.survey import survey

N = dimension("n")
RNG = np.random.default_rng(8)
ARRAYS = {
    "a": 0.3 * RNG.standard_normal((3, 3)) + np.diag([1.0, 2.0, 3.0]),
    "t": RNG.standard_normal((3, 3)),
    "b": 0.3 * RNG.standard_normal((3, 3)) + np.diag([1.0, 2.0, 3.0]),
}
A, T, B = (Source(name, (N, N)) for name in ("a", "t", "b"))


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget(seconds=20.0)):
        yield


def cell(source, *places):
    return power_of(Atom("cell", "", places, (), source))


def at(*names, extent=N):
    return [Index(name, extent) for name in names]


def matrix(source=A, turned=False):
    row, column = at("r", "c")
    places = tuple(map(lin.of_index, (column, row) if turned else (row, column)))
    return Matrix(row, column, cell(source, *places))


def blocks(corner=A, beside=T, below=None, other=A):
    """[[corner, beside], [below, other]], entries read in range only."""
    row, column = at("r", "c", extent=N * 2)
    parts = []
    for source, down, right in ((corner, 0, 0), (beside, 0, 1), (below, 1, 0), (other, 1, 1)):
        if source is not None:
            guards, places = [], []
            for index, second in ((row, down), (column, right)):
                place = lin.plus(lin.of_index(index), (N * -1, ()))
                in_second = truth("atleast", place)
                guards.append(in_second if second else subtract(ONE, in_second))
                places.append(place if second else lin.of_index(index))
            parts.append(multiply(*guards, cell(source, *places)))
    return Matrix(row, column, add(*parts))


def numbers(values, form, *indices):
    found = np.zeros([3] * len(indices))
    seen = values(ARRAYS, n=3)
    for place in np.ndindex(*found.shape):
        found[place] = seen.form(form, dict(zip(indices, place, strict=True)))
    return found


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_a_slope_is_read_in_four_ways_and_no_other(kind):
    names = at("i", "r", "c", "j")
    i, r, c, j = map(lin.of_index, names)
    one = function(FUNCTIONS[kind], matrix(), i, r, c, j).key
    same = {order for order in permutations((i, r, c, j)) if function(FUNCTIONS[kind], matrix(), *order).key == one}
    assert same == {(i, r, c, j), (c, j, i, r)}
    turned = {order for order in permutations((i, r, c, j))
              if function(FUNCTIONS[kind], matrix(turned=True), *order).key == one}  # fmt: skip
    assert turned == {(r, i, j, c), (j, c, r, i)}
    assert function(FUNCTIONS[kind], matrix(B), i, r, c, j).key != one


@pytest.mark.parametrize("kind", ["expm", "sqrtm", "sinm"])
def test_these_ways_are_one_as_numbers_too(kind, part_of):
    found = part_of(FUNCTIONS[kind], ARRAYS["a"])
    np.testing.assert_allclose(found, found.transpose(2, 3, 0, 1), rtol=1e-6, atol=1e-7)
    turned = part_of(FUNCTIONS[kind], ARRAYS["a"].T)
    np.testing.assert_allclose(found, turned.transpose(1, 0, 3, 2), rtol=1e-6, atol=1e-7)
    for order in ((1, 0, 3, 2), (3, 2, 1, 0), (2, 1, 0, 3)):  # which are none
        assert np.abs(found - found.transpose(order)).max() > 1e-3


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_a_transposed_matrix_has_the_transposed_function(kind, values):
    x, y = at("i", "j")
    i, j = map(lin.of_index, (x, y))
    form = function(kind, matrix(turned=True), i, j)
    assert form.key == function(kind, matrix(), j, i).key != function(kind, matrix(), i, j).key
    np.testing.assert_allclose(numbers(values, form, x, y), getattr(linalg, kind)(ARRAYS["a"].T), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_the_derivative_is_the_law(kind, values):
    x, y, u, v = at("i", "j", "u", "v")
    i, j, r, c = map(lin.of_index, (x, y, u, v))
    slope = Derivative(A, (r, c)).of(function(kind, matrix(), i, j))
    assert slope.key == function(FUNCTIONS[kind], matrix(), i, r, c, j).key
    with pytest.raises(NoDerivative, match="slope of a matrix"):
        Derivative(A, (r, c)).of(slope)


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("kind", ["expm", "sqrtm", "cosm"])
def test_a_function_of_two_equal_blocks(kind, upper, values):
    x, y = at("i", "j")
    i, j = map(lin.of_index, (x, y))
    whole = blocks() if upper else blocks(beside=None, below=T)
    given = [[ARRAYS["a"], ARRAYS["t"]], [0 * ARRAYS["t"], ARRAYS["a"]]]
    expected = getattr(linalg, kind)(np.block(given if upper else [row[::-1] for row in given[::-1]]))
    for down in (0, 1):
        for right in (0, 1):
            places = [lin.plus(place, (N * side, ())) for place, side in ((i, down), (j, right))]
            form = function(kind, whole, *places)
            assert "n*2" not in form.key and "2*n" not in form.key
            block = expected[3 * down : 3 * down + 3, 3 * right : 3 * right + 3]
            np.testing.assert_allclose(numbers(values, form, x, y), block, rtol=1e-7, atol=1e-6)


@pytest.mark.parametrize("changed", [{"other": B}, {"below": T}, {"corner": B}], ids=["other", "below", "corner"])
def test_other_blocks_stay_as_they_are(changed):
    x, y = at("i", "j")
    i, j = lin.of_index(x), lin.plus(lin.of_index(y), (N, ()))
    form = function("expm", blocks(**changed), i, j)
    assert [atom.kind for term, _ in form.terms.values() for atom, _ in term.factors.values()] == ["expm"]


def test_a_place_that_may_lie_in_either_half_stays_open():
    (x,) = at("i", extent=N * 2)
    i = lin.of_index(x)
    form = function("expm", blocks(), i, i)
    assert [atom.kind for term, _ in form.terms.values() for atom, _ in term.factors.values()] == ["expm"]
    (y,) = at("j")
    moved = substitute(form, {x: lin.of_index(y)})
    assert moved.key == function("expm", matrix(), lin.of_index(y), lin.of_index(y)).key


TRACES = {
    "expm": lambda a: linalg.expm(a).T, "logm": lambda a: np.linalg.inv(a).T, "sinm": lambda a: linalg.cosm(a).T,
    "cosm": lambda a: -linalg.sinm(a).T, "sqrtm": lambda a: np.linalg.inv(linalg.sqrtm(a)).T / 2,
}  # fmt: skip


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_a_slope_summed_over_a_diagonal_is_the_derivative(kind, values):
    x, r, c = at("i", "r", "c")
    i, j, k = map(lin.of_index, (x, r, c))
    for places in ((i, j, k, i), (k, i, i, j)):
        form = sum_over(function(FUNCTIONS[kind], matrix(), *places), x)
        assert "slope" not in form.key
        found = numbers(values, form, r, c)
        np.testing.assert_allclose(found, TRACES[kind](ARRAYS["a"]), rtol=1e-9, atol=1e-9)
    for places in ((i, i, j, k), (i, j, i, k), (i, i, i, i)):  # which are other sums
        assert "slope" in sum_over(function(FUNCTIONS[kind], matrix(), *places), x).key
    beside = multiply(function(FUNCTIONS[kind], matrix(), i, j, k, i), cell(T, i, j))
    assert "slope" in sum_over(beside, x).key


@pytest.mark.parametrize("kind", FUNCTIONS)
def test_the_gradient_of_a_trace(kind, decide):
    f = getattr(linalg, kind)
    right = decide(lambda x: np.trace(f(x)), lambda x: TRACES[kind](x), {"x": "3 3"})
    assert not isinstance(right, Failure)
    turned = decide(lambda x: np.trace(f(x)), lambda x: TRACES[kind](x).T, {"x": "3 3"})
    assert isinstance(turned, Failure)


def test_determinants_of_roots_and_exponentials_are_positive():
    (row, column), stack = at("r", "c"), Source("s", (N, N, N))
    r, c = map(lin.of_index, (row, column))
    for kind in FUNCTIONS:
        whole = determinant(Matrix(row, column, function(kind, matrix(), r, c)))
        assert is_positive(whole) is (kind in ("expm", "sqrtm"))
        inner = Matrix(*at("r", "c"), ZERO)
        rows = Matrix(inner.row, inner.column, cell(stack, r, *map(lin.of_index, inner.binders)))
        assert not is_positive(determinant(Matrix(row, column, function(kind, rows, r, c))))  # each of another matrix


def test_of_one_number_a_slope_is_a_derivative():
    row, column = at("r", "c", extent=1)
    one = Matrix(row, column, cell(A, (0, ()), (0, ())))
    zero = (0, ())
    assert function("sinm_slope", one, zero, zero, zero, zero).key == function("cosm", one, zero, zero).key


def test_what_is_required_is_that_of_the_block_and_of_the_transpose():
    (form, relation), *more = functions.required("logm", blocks())
    assert (relation, more) == ("> 0", [])
    for other in (matrix(), matrix(turned=True)):
        assert functions.required("sqrtm", other)[0][0].key == form.key == function(DISTANCE, other).key
    assert functions.required("expm", blocks()) == []
    assert function(DISTANCE, matrix(B)).key != form.key


def test_only_square_matrices_have_them():
    row, (column,) = Index("r", dimension("m")), at("c")
    with pytest.raises(NoForm, match="not square"):
        function("expm", Matrix(row, column, ZERO), (0, ()), (0, ()))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_rules_are_lemmas_for_every_size(name):
    assert {(status.blocked, status.sizes) for status in survey(REGISTRY[name])} == {("", "every size")}


def test_a_rule_is_held_against_the_law(monkeypatch):
    law = functions.slope_of
    monkeypatch.setattr(functions, "slope_of", lambda atom, of: scale(law(atom, of), 2))
    forget()
    try:
        assert all(status.blocked for status in survey(REGISTRY["cosm"]))
    finally:
        forget()


WRONG = {
    "of the matrix itself": lambda f, x, w: f(block(x, w))[:3, 3:],
    "the other corner": lambda f, x, w: f(block(x.T, w))[:3, :3],
    "twice": lambda f, x, w: 2 * f(block(x.T, w))[:3, 3:],
    "another sign": lambda f, x, w: f(block(x.T, -w))[:3, 3:],
    "transposed": lambda f, x, w: f(block(x.T, w))[:3, 3:].T,
    "of transposed weights": lambda f, x, w: f(block(x.T, w.T))[:3, 3:],
    "as if they commuted": lambda f, x, w: f(x.T) @ w,
    "as numbers": lambda f, x, w: f(x) * w,
}


def block(x, w):
    return np.concatenate([np.concatenate([x, w], 1), np.concatenate([np.zeros_like(x), x], 1)], 0)


@pytest.mark.parametrize("name", ["right", *WRONG])
def test_gradients_of_an_exponential(name, decide):
    right = lambda f, x, w: f(block(x.T, w))[:3, 3:]  # noqa: E731
    rule = WRONG.get(name, right)
    found = decide(
        lambda x, w: np.sum(linalg.expm(x) * w), lambda x, w: rule(linalg.expm, x, w), {"x": "3 3", "w": "3 3"}
    )
    assert isinstance(found, Failure) is (name != "right")
