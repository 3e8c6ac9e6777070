"""What rules of forms must not take for what they are for, and what they must see: tests for changes that lived."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from dualgrad.program import entry as e
from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import linear as lin
from verify.form.algebra import add, multiply, scale, subtract, sum_over
from verify.form.cases import apart, reduce_ties
from verify.form.construct import extreme, kernel, positive, vanishes
from verify.form.denote import Denotation
from verify.form.domain import known_signs
from verify.form.entry_signs import entry_sign
from verify.form.facts import Facts
from verify.form.gaps import with_turned_gaps
from verify.form.matrices import Matrix, decomposition, determinant, inverse
from verify.form.power import power, rational_power
from verify.form.scalar import zero_by_tower
from verify.form.setting import Budget, Undefined, within
from verify.form.settle import truth
from verify.form.signs import sign
from verify.form.steps import Step
from verify.form.term import ONE, ZERO, Atom, Source, atoms, number, pattern, power_of
from verify.form.ties import bends, guards_alone, with_convention
from verify.question.ask import pose
from verify.question.recording import record_symbolic

N = dimension("n")
X, Y, A = Source("x", (N,)), Source("y", (N,)), Source("A", (N, N))
I_, J, K = (Index(name, N) for name in "ijk")
_rng = np.random.default_rng(5)
_A = _rng.normal(size=(3, 3))
ARRAYS = {"x": [0.5, -1.25, 2.0], "y": [-0.75, 1.5, 0.25], "A": _A @ _A.T + np.eye(3)}
HALF = Fraction(1, 2)


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget(seconds=20.0)):
        yield


@pytest.fixture
def seen(values):
    return values(ARRAYS, n=3)


def cell(source, *places):
    places = tuple(lin.of_index(place) if isinstance(place, Index) else place for place in places)
    return power_of(Atom("cell", "", places, (), source))


def alike(seen, made, form):
    free = sorted(made.free | form.free, key=lambda index: index.serial)
    for at in product(range(3), repeat=len(free)):
        here = dict(zip(free, at, strict=True))
        assert seen.form(made, here) == pytest.approx(seen.form(form, here), rel=1e-9, abs=1e-9)


# ---------------------------------------------------------------------------- powers


@pytest.mark.parametrize(("inner", "outer"), [(2, HALF), (4, HALF), (2, 3 * HALF), (6, HALF), (6, Fraction(1, 6)),
                                              (2, -HALF), (4, Fraction(1, 4)), (3, 2)])  # fmt: skip
def test_roots_of_powers_of_what_may_be_negative(seen, inner, outer):
    """√x² is |x|, and √x⁴ is x²."""
    x = cell(X, I_)
    made = power(power(x, inner), outer)
    for k, value in enumerate(ARRAYS["x"]):
        assert seen.form(made, {I_: k}) == pytest.approx(float((value**inner) ** float(outer)))


def test_roots_of_numbers_are_taken_whole():
    x = cell(X, I_)
    for value, exponent, root in (
        (8, Fraction(1, 3), 2),
        (Fraction(49, 36), HALF, Fraction(7, 6)),
        (1009**2, HALF, 1009),
    ):
        assert multiply(rational_power(Fraction(value), exponent), x).key == scale(x, root).key
    assert multiply(rational_power(Fraction(2), Fraction(1, 3)), x).key != scale(x, 2).key


def test_a_truth_is_not_divided_by():
    x = cell(X, I_)
    for guard in (positive(x), vanishes(x), truth("delta", lin.minus(lin.of_index(I_), lin.of_index(J)))):
        for exponent in (-1, -2):
            with pytest.raises(Undefined, match="no value where the guard is off"):
                multiply(power_of(next(atoms(guard)), exponent), x)
        assert multiply(guard, guard).key == guard.key


# ---------------------------------------------------------------------------- signs


def test_the_sign_of_an_entry_is_that_of_every_factor():
    """(never negative, never zero): a product of what is not 0 may be negative."""
    known = {0: (False, True), 1: (True, False), 2: (True, True), 3: (False, False)}
    at = [e.Element(slot, ()) for slot in range(4)]
    of = lambda *args: entry_sign(e.Times(args), known.__getitem__, lambda extent: extent)  # noqa: E731
    assert of(at[0], at[2]) == (False, True)
    assert of(at[1], at[2]) == (True, False)
    assert of(at[2], at[2]) == (True, True)
    assert of(at[0], at[0]) == (True, True)
    assert of(at[3], at[3]) == (True, False)
    assert of(at[3], at[3], at[3]) == (False, False)
    assert of(at[0], at[3]) == (False, False)


def test_an_extreme_over_two_axes_is_attained():
    """Σ_jk [a_jk = max a] is at least 1; of max over rows of the least of each it is not known to be."""
    r, c = Index("r", N), Index("c", N)
    of = lambda one, other: extreme(one, r, extreme(other, c, cell(A, r, c)))  # noqa: E731
    ties = lambda form: sum_over(vanishes(subtract(form, cell(A, J, K))), J, K)  # noqa: E731
    assert sign(ties(of("max", "max"))) == sign(ties(of("min", "min"))) == (True, True)
    assert sign(ties(of("max", "min"))) == (True, False)
    assert sign(ties(add(of("max", "max"), ONE))) == (True, False)
    assert sign(ties(extreme("max", r, extreme("max", c, cell(A, c, r))))) == (True, True)
    assert sign(ties(extreme("max", r, extreme("max", c, scale(cell(A, r, c), 2))))) == (True, False)


def test_what_the_tower_is_told_of_signs():
    nonzero = cell(Source("z", (N,), "nonzero"), I_)
    assert zero_by_tower(subtract(multiply(nonzero, power(nonzero, -1)), ONE), [])
    assert not zero_by_tower(subtract(multiply(nonzero, nonzero), ONE), [])


def test_signs_of_intermediates_are_known_where_they_have_values():
    problem = pose(lambda x: (np.exp(x) * x**2 * np.log(x)).sum(), (np.ones(3),), "grad", None, None, None)
    recording = record_symbolic(problem, problem.arrays)
    denote = Denotation((recording.forward,), Facts(resolve=recording.trace.extents.resolve), "exact")
    assert {one.relation for one in known_signs(recording.forward, denote)} == {"> 0", ">= 0"}


# ---------------------------------------------------------------------------- guards


def test_only_a_guard_of_a_sign_has_two_sides():
    x, y = cell(X, I_), cell(Y, I_)
    guard, tie = positive(x), vanishes(x)
    assert [atom.key for atom in guards_alone(multiply(guard, y))] == [next(atoms(guard)).key]
    assert guards_alone(multiply(tie, y)) == []
    assert guards_alone(multiply(guard, tie, y)) == []
    assert guards_alone(sum_over(multiply(guard, y), I_)) == []
    assert list(bends(multiply(tie, number(2)))) == []
    assert [form.key for form in bends(guard)] == [x.key]


def test_what_a_tie_says_is_put_in(seen):
    x, y = cell(X, I_), cell(Y, I_)
    form = multiply(vanishes(subtract(x, y)), x, cell(X, J))
    reduced = reduce_ties(form)
    assert reduced.key != form.key
    assert reduce_ties(multiply(vanishes(x), x)).key == ZERO.key
    assert reduce_ties(multiply(x, y)).key == multiply(x, y).key


def test_a_guard_between_bound_indices_has_one_direction(seen):
    """Σ [j >= k] u = Σ (1 + δ - [k >= j]) u beside parts of matrices, whichever way it was written."""
    r, c = Index("r", N), Index("c", N)
    whole = Matrix(r, c, cell(A, r, c))
    u = multiply(decomposition("eigenvector", whole, lin.of_index(I_), lin.of_index(J)), cell(X, J), cell(Y, K))
    gap = lin.minus(lin.of_index(J), lin.of_index(K))
    one = sum_over(multiply(truth("atleast", gap), u), J, K)
    turned = add(ONE, truth("delta", gap), scale(truth("atleast", lin.times(gap, -1)), -1))
    other = sum_over(multiply(turned, u), J, K)
    strict = sum_over(multiply(truth("atleast", lin.plus(gap, (-1, ()))), u), J, K)
    assert one.key != other.key
    assert with_turned_gaps(one).key == with_turned_gaps(other).key
    for form in (one, other, strict):
        alike(seen, with_turned_gaps(form), form)
    assert with_turned_gaps(strict).key != with_turned_gaps(one).key


# ---------------------------------------------------------------------------- matrices


def test_only_a_delta_makes_a_matrix_diagonal(seen):
    """[r >= c] x_r is a triangle."""
    r, c = Index("r", N), Index("c", N)
    gap = lin.minus(lin.of_index(r), lin.of_index(c))
    i, j = lin.of_index(I_), lin.of_index(J)
    entries = cell(X, r)
    diagonal = Matrix(r, c, multiply(truth("delta", gap), entries))
    triangle = Matrix(r, c, multiply(truth("atleast", gap), entries))
    assert "inv" not in {atom.kind for atom in atoms(inverse(diagonal, i, j))}
    assert "inv" in {atom.kind for atom in atoms(inverse(triangle, i, j))}
    for matrix in (diagonal, triangle):
        numbers = seen.matrix(matrix.binders, matrix.form)
        assert seen.form(determinant(matrix)) == pytest.approx(np.linalg.det(numbers))
        for a, b in product(range(3), repeat=2):
            assert seen.form(inverse(matrix, i, j), {I_: a, J: b}) == pytest.approx(np.linalg.inv(numbers)[a, b])


def test_the_inverse_of_the_transpose_has_one_name_where_a_delta_ties_row_to_column(seen):
    i, j = lin.of_index(I_), lin.of_index(J)

    def matrix(turned, of):
        r, c = Index("r", N), Index("c", N)
        a, b = (c, r) if turned else (r, c)
        tied = multiply(truth("delta", lin.minus(lin.of_index(a), lin.of_index(b))), cell(of, a))
        return Matrix(r, c, add(tied, cell(A, a, b)))

    for of in (X, Y):
        assert inverse(matrix(False, of), i, j).key == inverse(matrix(True, of), j, i).key
        assert inverse(matrix(False, of), i, j).key != inverse(matrix(True, of), i, j).key
        assert determinant(matrix(False, of)).key == determinant(matrix(True, of)).key
        alike(seen, inverse(matrix(False, of), i, j), inverse(matrix(True, of), j, i))


@pytest.mark.parametrize("place", [(0, ()), (1, ()), "i", "last"])
def test_a_row_of_a_matrix_meets_its_inverse_at_any_place(place):
    r, c = Index("r", N), Index("c", N)
    place = lin.of_index(I_) if place == "i" else (N - 1, ()) if place == "last" else place
    body = add(cell(A, r, c), multiply(cell(X, r), cell(Y, c)))
    inv = inverse(Matrix(r, c, body), lin.of_index(J), lin.of_index(K))
    row = add(cell(A, place, J), multiply(cell(X, place), cell(Y, J)))
    made = sum_over(multiply(row, inv), J)
    assert made.key == truth("delta", lin.minus(place, lin.of_index(K))).key


def test_guards_inside_of_sums_of_functions_are_weighed_and_taken_apart(seen):
    """Also where they stand under a sum in a function, beside one that has no weight, and inside of one."""
    x, y = cell(X, J), cell(Y, J)
    inner = sum_over(multiply(positive(x), y, cell(A, J, (1, ()))), J)
    weights = {guard_pattern(positive(x)): HALF}
    made = with_convention(kernel("tanh", inner), weights)
    weighed = sum_over(multiply(add(positive(x), scale(vanishes(x), HALF)), y, cell(A, J, (1, ()))), J)
    assert made.key == kernel("tanh", weighed).key
    outer = multiply(positive(inner), positive(x))
    assert (
        with_convention(outer, weights).key == multiply(positive(inner), add(positive(x), scale(vanishes(x), HALF))).key
    )
    tie = kernel("tanh", sum_over(multiply(vanishes(multiply(x, y)), y, cell(A, J, (1, ()))), J))
    assert apart(tie).key != tie.key
    alike(seen, apart(tie), tie)


def guard_pattern(form):
    return pattern(next(atoms(form)).forms[0])


def test_a_step_says_what_becomes_of_an_atom():
    with pytest.raises(NotImplementedError):
        Step().atom(next(atoms(cell(X, I_))), 1)
