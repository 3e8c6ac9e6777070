"""Rules of forms, one by one: what is rewritten keeps its value, and what only resembles it is left alone."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import canonical, clear, contract, reflection
from verify.form import linear as lin
from verify.form.algebra import add, multiply, scale, size_form, substitute, subtract, sum_over
from verify.form.canonical import MOST_LEAVES
from verify.form.cases import apart, by_cases, reduce_ties
from verify.form.clear import reduce_inside
from verify.form.construct import extreme, kernel, over_new_index, positive, vanishes
from verify.form.definite import is_positive_with
from verify.form.differentiate import Derivative, NoDerivative
from verify.form.digits import blocks
from verify.form.gaps import with_turned_gaps
from verify.form.inputs import under_domains
from verify.form.limits import at_zero
from verify.form.matrices import Matrix, decomposition, determinant, inverse
from verify.form.matrix_steps import with_symmetric_matrices, without_inverses
from verify.form.meeting import meeting_guards
from verify.form.null import null
from verify.form.power import MOST_EXPONENT, exponential, logarithm, power, rational_power
from verify.form.relations import relation
from verify.form.setting import Budget, TooLarge, Undefined, within
from verify.form.settle import truth
from verify.form.steps import FARTHEST, aligned, by_angles, by_quotients, products_written_out
from verify.form.term import ONE, ZERO, Atom, Source, Term, atoms, form_of, number, power_of
from verify.form.ties import with_convention
from verify.form.triangles import with_triangles

N, M = dimension("n"), dimension("m")
X, Y, A, B = Source("x", (N,)), Source("y", (N,)), Source("A", (N, N)), Source("B", (N, N))
I_, J, K, L = (Index(name, N) for name in "ijkl")
_rng = np.random.default_rng(3)
_A = _rng.normal(size=(3, 3))
ARRAYS = {"x": [0.5, -1.25, 2.0], "y": [-0.75, 1.5, 0.25], "A": _A @ _A.T + np.eye(3), "B": _rng.normal(size=(3, 3))}


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget(seconds=20.0)):
        yield


@pytest.fixture
def same(values):
    """``same(a, b)``: two forms have the same value wherever their indices are, for n = 3."""
    seen = values(ARRAYS, n=3, m=2)

    def holds(a, b):
        free = sorted(a.free | b.free, key=lambda index: index.serial)
        for at in product(range(3), repeat=len(free)):
            here = dict(zip(free, at, strict=True))
            assert seen.form(a, here) == pytest.approx(seen.form(b, here), rel=1e-9, abs=1e-9), here
        return True

    return holds


def cell(source, *places):
    places = tuple(lin.of_index(place) if isinstance(place, Index) else place for place in places)
    return power_of(Atom("cell", "", places, (), source))


def kinds(form):
    return {atom.kind for atom in atoms(form)}


x, y = cell(X, I_), cell(Y, I_)

# ---------------------------------------------------------------------------- numbers and powers


def test_powers_at_their_ends():
    assert power(x, 0).key == ONE.key
    assert rational_power(Fraction(3, 2), Fraction(2)).key == number(Fraction(9, 4)).key
    assert power(number(-2), 3).key == number(-8).key
    assert power(number(-2), -3).key == number(Fraction(-1, 8)).key
    with pytest.raises(Undefined, match="is not real"):
        power(number(-2), Fraction(1, 2))
    with pytest.raises(TooLarge, match="to the power"):
        power(add(x, y), MOST_EXPONENT + 1)
    assert power(multiply(x, y), MOST_EXPONENT + 1).terms


def test_functions_of_guards_are_functions_on_either_side(same):
    guard = positive(x)
    for made, plain in (
        (exponential(multiply(guard, y)), lambda: add(multiply(guard, exponential(y)), subtract(ONE, guard))),
        (logarithm(add(multiply(guard, number(2)), ONE)), lambda: multiply(guard, kernel("log", number(3)))),
    ):
        assert same(made, plain())
        assert "positive" not in {atom.kind for a in atoms(made) for form in a.forms for atom in atoms(form)}


def test_a_logarithm_that_has_no_value():
    with pytest.raises(Undefined, match="the logarithm of -1 is not real"):
        logarithm(number(-2))
    with pytest.raises(Undefined, match="no value on either side"):
        by_cases(multiply(positive(x), ONE), lambda form: logarithm(number(-1)))


def test_the_logarithm_of_a_root_or_an_odd_power(same):
    squares = add(power(x, 2), ONE)
    assert same(logarithm(power(squares, Fraction(-3, 2))), scale(logarithm(squares), Fraction(-3, 2)))
    cubes = logarithm(power(exponential(x), 3))
    assert same(cubes, scale(x, 3))


def test_an_extreme_over_one_place_or_of_what_does_not_move(same):
    one = Index("o", 1)
    body = cell(A, I_, (0, ()))
    assert extreme("max", one, body).key == body.key
    assert extreme("max", J, x).key == extreme("min", J, x).key == x.key
    assert same(extreme("prod", J, x), power(x, 3))
    assert extreme("prod", J, x).key != x.key
    with pytest.raises(Undefined, match="binds no index"):
        over_new_index(Atom("extreme", "max", (), (x,)))


def test_forms_print_as_their_text():
    assert repr(ZERO) == "0"
    assert repr(x) == x.key
    ((term, _),) = x.terms.values()
    assert repr(term) == term.key
    assert [repr(atom) for atom, _ in term.factors.values()] == list(term.factors)


# ---------------------------------------------------------------------------- relations between functions


def test_relations_between_functions_of_one_argument(same):
    sin, cos, cosh, tanh = (kernel(name, x) for name in ("sin", "cos", "cosh", "tanh"))
    assert multiply(power(sin, 2), sin).key == multiply(sin, subtract(ONE, power(cos, 2))).key
    assert same(multiply(power(sin, 2), sin), power(sin, 3))
    assert multiply(power(cosh, -1), power(cosh, -1)).key == subtract(ONE, power(tanh, 2)).key
    for made in (
        multiply(power(cosh, -3), x),
        multiply(power(cosh, -4), x),
        multiply(power(tanh, 2), cosh),
        multiply(power(tanh, 3), cosh),
    ):
        for term, _ in made.terms.values():
            powers = {atom.name: p for atom, p in term.factors.values()}
            assert powers.get("cosh", 0) > -2, made
            assert powers.get("tanh", 0) < 2 or powers.get("cosh", 0) < 1, made
    assert multiply(power(cosh, -4), x).key == multiply(power(cosh, -1), power(cosh, -2), power(cosh, -1), x).key
    assert multiply(power(sin, 5), x).key == multiply(sin, sin, sin, sin, sin, x).key
    assert same(multiply(power(cosh, -3), power(cosh, 3)), ONE)
    assert same(multiply(power(tanh, 2), cosh), subtract(cosh, power(cosh, -1)))
    plain = {sin.key: (Atom("kernel", "sin", (), (x,)), Fraction(5, 2))}
    assert relation(plain) is None
    assert relation({tanh.key: (Atom("kernel", "tanh", (), (x,)), 2)}) is None


def test_angles_of_sums_at_any_depth(same):
    inner = kernel("sin", add(x, y))
    form = kernel("cos", add(scale(inner, 2), x))
    made = by_angles(form)
    assert same(made, form)
    assert not any(len(atom.forms[0].terms) > 1 for atom in atoms(made) if atom.kind == "kernel" and atom.name == "sin"
                   if "kernel" not in kinds(atom.forms[0]))  # fmt: skip
    other = kernel("tanh", kernel("sin", add(x, y)))
    assert same(by_angles(other), other)
    assert by_angles(other).key != other.key


# ---------------------------------------------------------------------------- guards


def test_a_guard_of_a_product_is_taken_apart_only_where_it_is_one(same):
    whole = vanishes(multiply(x, cell(Y, J)))
    assert same(apart(whole), whole)
    assert len(apart(whole).terms) == 3
    for form in (vanishes(add(x, cell(Y, J))), vanishes(x)):
        assert apart(form).key == form.key
    inside = kernel("tanh", add(multiply(whole, truth("delta", lin.minus(lin.of_index(I_), lin.of_index(J)))), y))
    assert same(apart(inside), inside)


def test_guards_of_numbers_have_a_value_and_far_ones_stay():
    i = lin.of_index(I_)
    assert aligned((3, ())).key == ONE.key
    assert aligned((-3, ())).key == ZERO.key
    far = lin.plus(i, (-FARTHEST - 1, ()))
    assert aligned(far).key == truth("atleast", far).key
    near = lin.plus(i, (-2, ()))
    assert "δ" in aligned(near).key


def test_a_convention_is_taken_at_the_guards_that_have_one(same):
    """Also inside of other functions, beside guards that have none, and where an index has a position."""
    one, other = positive(x), positive(y)
    weights = {key: Fraction(1, 4) for key in [_pattern(one)]}
    entry = cell(A, I_, (1, ()))
    form = add(multiply(one, other, entry), kernel("tanh", multiply(entry, add(x, one, other))))
    made = with_convention(add(multiply(one, other, entry), one), weights)
    expected = add(one, scale(vanishes(x), Fraction(1, 4)))
    assert made.key == add(multiply(expected, other, entry), expected).key
    assert with_convention(vanishes(x), weights).key == ZERO.key
    assert with_convention(other, weights).key == other.key
    assert same(with_convention(form, weights), form)


def _pattern(form):
    from verify.form.term import pattern

    ((term, _),) = form.terms.values()
    ((atom, _),) = term.factors.values()
    return pattern(atom.forms[0])


def test_sides_that_meet_at_a_guard_under_a_sum_are_not_said_to():
    relu = multiply(x, positive(x))
    (own,) = meeting_guards([relu])
    assert own == _pattern(positive(x))
    assert meeting_guards([sum_over(relu, I_)]) == frozenset()
    assert meeting_guards([positive(x)]) == frozenset()
    assert meeting_guards([relu, positive(x)]) == frozenset()


def test_what_a_tie_says_is_used_beside_it(same):
    form = multiply(vanishes(subtract(x, y)), x, y)
    assert same(reduce_ties(form), form)


# ---------------------------------------------------------------------------- where a form is 0 on a null set


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (add(x, kernel("tanh", cell(X, lin.plus(lin.of_index(I_), (1, ()))))), False),
        (add(x, multiply(y, cell(X, lin.plus(lin.of_index(I_), (1, ()))))), True),
        (add(x, multiply(y, cell(X, lin.of_index(J)))), True),
        (subtract(exponential(kernel("sin", x)), number(2)), True),
        (subtract(exponential(kernel("floor", x)), number(2)), False),
        (subtract(exponential(multiply(x, exponential(x))), number(2)), True),
        (subtract(exponential(power(x, -1)), number(2)), False),
    ],
    ids=str,
)
def test_where_a_form_is_0(form, shown):
    assert null(form, frozenset({X, Y})).shown is shown


def test_a_size_that_is_no_dimension_says_nothing_of_a_monomial():
    wide = Index("w", N * M)
    source = Source("z", (N * M,))
    for index, entry, shown in ((Index("w", N), X, True), (wide, source, False)):
        total = sum_over(cell(entry, index), index)
        form = subtract(multiply(total, total), cell(entry, index))
        assert null(form, frozenset({entry})).shown is shown or not shown


# ---------------------------------------------------------------------------- bounds


def test_a_term_that_is_too_symmetric_to_name(monkeypatch):
    monkeypatch.setattr(canonical, "MOST_LEAVES", 3)
    indices = [Index("v", N) for _ in range(5)]
    ring = [cell(A, a, b) for a, b in zip(indices, [*indices[1:], indices[0]], strict=True)]
    with pytest.raises(TooLarge, match="too symmetric to name"):
        _ = sum_over(multiply(*ring), *indices).key
    assert MOST_LEAVES > 3


def test_a_reduction_that_takes_too_long(monkeypatch):
    base = power(add(cell(X, J), cell(Y, J)), -1)
    form = sum_over(multiply(cell(Y, J), base, cell(X, J)), J)
    assert reduce_inside(form).key
    monkeypatch.setattr(clear, "MOST_STEPS", 0)
    with pytest.raises(TooLarge, match="does not end"):
        reduce_inside(form)


def test_a_search_for_what_meets_an_inverse_ends(monkeypatch):
    r, c, a, b = Index("r", N), Index("c", N), Index("a", N), Index("b", N)
    products = sum_over(multiply(cell(A, r, a), cell(B, a, b), cell(A, b, c)), a, b)
    inv = power_of(Atom("inv", "", (lin.of_index(J), lin.of_index(K)), (add(products, cell(A, r, c)),), None, (r, c)))
    whole = lambda: sum_over(multiply(cell(A, I_, L), cell(B, L, a), cell(A, a, J), inv), L, a, J)  # noqa: E731
    long = whole()
    monkeypatch.setattr(contract, "MOST_CANDIDATES", 0)
    short = whole()
    assert "inv" in kinds(short)
    assert len(long.terms) > len(short.terms)


def test_a_shift_by_many_steps_stays(monkeypatch, same):
    v = cell(X, (0, ()))
    short = reflection._shifted("digamma", v, 2)
    assert same(short, kernel("digamma", add(v, number(2))))
    monkeypatch.setattr(reflection, "MOST_STEPS", 1)
    assert reflection._shifted("digamma", v, 2).key == kernel("digamma", add(v, number(2))).key


# ---------------------------------------------------------------------------- what is left out of a sum


def test_a_leading_term_to_a_higher_power_is_taken_once(same):
    """L^2 P(S)^-1 has one L taken out where L is outside the sum, and none where it holds an index of L's own."""
    inner = sum_over(multiply(cell(A, J, K), cell(X, K)), K)
    base = power(add(inner, ONE), -1)
    twice = sum_over(multiply(base, power(multiply(cell(A, J, L), cell(X, L)), 2)), J, L)
    assert same(reduce_inside(twice), twice)
    once = sum_over(multiply(base, cell(A, J, L), cell(X, L), cell(Y, J)), J, L)
    assert same(reduce_inside(once), once)
    assert reduce_inside(once).key != once.key


def test_blocks_that_do_not_fill_a_range_say_nothing():
    """Two rows of blocks from 0, of which one ends within the other: no order of them is a tiling."""
    i, row = Index("i", N * M), Index("b", N)
    flat = lin.linear(0, {i: 1, row: M * -1})
    inside = multiply(truth("atleast", flat), truth("atleast", lin.plus(lin.times(flat, -1), (M - 1, ()))))
    whole = sum_over(multiply(inside, cell(X, row)), row)
    assert len(blocks(whole)) == 1
    shifted = Index("i", N * M + 1)
    assert blocks(substitute(whole, {i: lin.plus(lin.of_index(shifted), (0, ()))})) == []


# ---------------------------------------------------------------------------- derivatives that are not known


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        (kernel("voigt", x), "no derivative is known of voigt"),
        (kernel("bessel_j", x, number(2)), "no derivative is known of bessel j in its order"),
        (power_of(Atom("schur", "", (), (cell(A, J, K),), None, (J, K))), "no derivative is known of the schur"),
    ],
)
def test_what_has_no_derivative_is_said(form, reason):
    source = A if "schur" in reason else X
    places = (lin.of_index(Index("p", N)),) * len(source.shape)
    with pytest.raises(NoDerivative, match=reason):
        Derivative(source, places).of(form)


def test_what_does_not_move_asks_for_no_derivative():
    place = (lin.of_index(Index("p", N)),)
    moved = Derivative(X, place).of(kernel("bessel_j", y, x))
    assert moved.terms
    assert not Derivative(X, place).of(multiply(truth("delta", lin.minus(lin.of_index(I_), lin.of_index(J))), y)).terms


# ---------------------------------------------------------------------------- declared inputs


def test_relations_of_declared_inputs():
    onehot, sign, binary, simplex = (Source(name, shape) for name, shape in
                                     (("h", (M, N)), ("s", (N,)), ("b", (N,)), ("w", (N,))))  # fmt: skip
    domains = {onehot: "onehot", sign: "sign", binary: "binary", simplex: "simplex"}
    of = lambda form: under_domains(form, domains)  # noqa: E731
    a = Index("a", M)
    h = lambda at: cell(onehot, a, at)  # noqa: E731
    delta = truth("delta", lin.minus(lin.of_index(J), lin.of_index(K)))
    assert of(multiply(h(J), h(K))).key == multiply(h(J), delta).key
    assert of(power(h(J), 3)).key == h(J).key
    assert of(power(cell(binary, J), 4)).key == cell(binary, J).key
    assert of(power(cell(sign, J), 3)).key == cell(sign, J).key
    assert of(power(cell(sign, J), 2)).key == ONE.key
    assert of(power(cell(sign, J), -1)).key == cell(sign, J).key
    assert of(sum_over(h(J), J)).key == ONE.key
    assert of(sum_over(cell(simplex, J), J)).key == ONE.key
    for kept in (
        sum_over(multiply(h(J), cell(X, J)), J),  # not alone along the axis
        sum_over(h(J), a),  # over another axis
        multiply(cell(onehot, a, (0, ())), x),  # over none
        sum_over(cell(Source("h", (M, N + 1)), a, J), J),  # another array
        sum_over(cell(onehot, a, lin.linear(0, {J: 2})), J),
        h(J), power(h(J), -1), cell(simplex, J), power(cell(simplex, J), 2), power(cell(binary, J), -1),
        multiply(power(h(J), -1), h(K)),
    ):  # fmt: skip
        assert of(kept).key == kept.key
    square = Source("q", (N, N))
    diagonal = sum_over(cell(square, J, J), J)
    assert under_domains(diagonal, {square: "onehot"}).key == diagonal.key
    short = sum_over(cell(onehot, a, Index("t", N - 1)), next(iter(cell(onehot, a, Index("t", N - 1)).free)))
    assert of(short).key == short.key


def test_a_part_of_an_axis_does_not_sum_to_1():
    onehot, few = Source("h", (M, N)), Index("t", N - 1)
    part = sum_over(cell(onehot, Index("a", M), few), few)
    assert under_domains(part, {onehot: "onehot"}).key == part.key


def test_many_relations_are_used_as_far_as_they_go(values):
    """A sum of more terms than steps are taken keeps its value, with some of its terms as they were."""
    binary = Source("b", (N,))
    form = add(*(scale(power(cell(binary, (k, ())), 2 + k % 3), k + 1) for k in range(60)))
    made = under_domains(form, {binary: "binary"})
    numbers = np.arange(60) % 2
    assert values({"b": numbers}).form(made) == values({"b": numbers}).form(form)
    assert 0 < sum("^" in key for key in made.terms) <= 10


# ---------------------------------------------------------------------------- matrices


def test_only_a_sum_with_a_definite_matrix_is_positive():
    r, c = Index("r", N), Index("c", N)

    def quadratic(matrix, left, right):
        return add(ONE, sum_over(multiply(matrix(J, K), left, right), J, K))

    def inv_of(body):
        return lambda i, k: power_of(Atom("inv", "", (lin.of_index(i), lin.of_index(k)), (body,), None, (r, c)))

    a = lambda i, k: cell(A, i, k)  # noqa: E731
    xj, xk, yk = cell(X, J), cell(X, K), cell(Y, K)
    for matrix in (a, inv_of(cell(A, r, c)), inv_of(cell(A, c, r))):
        assert is_positive_with(quadratic(matrix, xj, xk), {A})
    for matrix, left, right in (
        (a, xj, yk), (a, cell(B, J, K), ONE), (a, multiply(xj, cell(B, J, K)), xk),
        (inv_of(power(cell(A, r, c), -1)), xj, xk), (inv_of(power(cell(A, r, c), 2)), xj, xk),
        (inv_of(scale(cell(A, r, c), -1)), xj, xk), (inv_of(add(cell(A, r, c), cell(B, r, c))), xj, xk),
        (inv_of(multiply(cell(A, r, c), cell(X, r), cell(X, c))), xj, xk), (lambda i, k: cell(B, i, k), xj, xk),
    ):  # fmt: skip
        assert not is_positive_with(quadratic(matrix, left, right), {A})
    assert not is_positive_with(sum_over(multiply(a(J, K), xj, xk), J, K), {A})
    assert not is_positive_with(subtract(ONE, sum_over(multiply(a(J, K), xj, xk), J, K)), {A})
    short = Index("s", M)
    assert not is_positive_with(add(ONE, sum_over(multiply(cell(A, J, short), xj, cell(X, short)), J, short)), {A})


def test_symmetric_matrices_inside_of_others_are_mirrored(same):
    """The matrix of an inverse is written with its transpose; what only stands around one is left as it is."""
    r, c = Index("r", N), Index("c", N)
    on, off = lin.minus(lin.of_index(c), lin.of_index(r)), lin.minus(lin.of_index(r), lin.of_index(c))
    below = multiply(truth("atleast", lin.plus(off, (-1, ()))), cell(A, c, r))
    upper = add(multiply(truth("atleast", on), cell(A, r, c)), below)
    whole = inverse(Matrix(r, c, upper), lin.of_index(I_), lin.of_index(J))
    form = kernel("tanh", multiply(whole, x))
    made = with_symmetric_matrices(form)
    assert made.key != form.key
    assert same(made, form)


def test_an_inverse_that_is_read_twice_at_an_index_is_not_multiplied_away():
    r, c = Index("r", N), Index("c", N)
    inv = lambda *at: inverse(Matrix(r, c, cell(A, r, c)), *at)  # noqa: E731
    i, j = lin.of_index(I_), lin.of_index(J)
    assert "inv" not in kinds(without_inverses(inv(i, j)))
    for kept in (inv(i, i), inv((0, ()), (1, ()))):
        assert without_inverses(kept).key == kept.key


def test_a_gap_that_is_odd_is_turned_and_another_is_not(same, values):
    r, c = Index("r", N), Index("c", N)
    value = lambda at: decomposition("eigenvalue", Matrix(r, c, cell(A, r, c)), lin.of_index(at))  # noqa: E731
    equal = truth("delta", lin.minus(lin.of_index(J), lin.of_index(K)))
    gap = subtract(value(J), value(K))
    seen = values(ARRAYS, n=3, m=2)
    for inner in (
        add(gap, equal), subtract(equal, gap), subtract(gap, equal), add(gap, scale(equal, 2)), add(gap, equal, ONE),
        add(value(J), value(K), equal), add(gap, multiply(equal, x)),
        add(gap, truth("delta", lin.minus(lin.of_index(J), (1, ()))), number(10)),
    ):  # fmt: skip
        term = multiply(power(inner, -1), cell(X, J), power(cell(Y, K), 2))
        form = sum_over(term, J, K)
        made = with_turned_gaps(form)
        free = sorted(form.free, key=lambda index: index.serial)
        for at in product(range(3), repeat=len(free)):
            here = dict(zip(free, at, strict=True))
            assert seen.form(made, here) == pytest.approx(seen.form(form, here), rel=1e-9)


def test_guards_beside_triangles_that_exclude_each_other(same):
    """L[i, j] says i >= j: beside j > i it is 0, and beside a triangle that says j >= i it is on the diagonal."""
    r, c = Index("r", N), Index("c", N)
    row, column = Index("r", N), Index("c", N)
    whole = Matrix(row, column, cell(A, row, column))
    i, j = lin.of_index(I_), lin.of_index(J)
    lower = lambda a, b: decomposition("cholesky", whole, a, b)  # noqa: E731
    above = truth("atleast", lin.plus(lin.minus(j, i), (-1, ())))
    assert with_triangles(multiply(lower(i, j), above)).key == ZERO.key
    both = multiply(lower(i, j), lower(j, i))
    assert same(with_triangles(both), both)
    assert "δ" in with_triangles(both).key
    back = lambda body, *at: power_of(Atom("inv", "", at, (body,), None, (r, c)))  # noqa: E731
    triangle = lower(lin.of_index(r), lin.of_index(c))
    turned = lower(lin.of_index(c), lin.of_index(r))
    for body, says in ((triangle, above), (turned, truth("atleast", lin.plus(lin.minus(i, j), (-1, ()))))):
        assert with_triangles(multiply(back(body, i, j), says)).key == ZERO.key
    for body in (sum_over(multiply(cell(A, r, L), cell(B, L, c)), L), cell(A, r, c), power(triangle, 2),
                 multiply(triangle, cell(A, r, c)), add(triangle, cell(A, r, c))):  # fmt: skip
        assert with_triangles(multiply(back(body, i, j), above)).terms
    assert determinant(Matrix(r, c, triangle)).terms


# ---------------------------------------------------------------------------- products over an index


def test_a_product_of_all_but_one_is_a_quotient_where_that_is_not_0(same):
    equal = truth("delta", lin.minus(lin.of_index(K), lin.of_index(J)))
    others = add(equal, multiply(subtract(ONE, equal), cell(X, K)))
    without = power_of(Atom("extreme", "prod", (), (others,), None, (K,)))
    nonzero = {_pattern(vanishes(x))}
    made = by_quotients(without, nonzero)
    assert made.key != without.key
    assert same(made, without)
    assert by_quotients(without, set()).key == without.key
    for body in (
        add(scale(equal, 2), multiply(subtract(ONE, equal), cell(X, K))),
        add(truth("delta", lin.linear(0, {K: 2, J: -1})), cell(X, K)),
        cell(X, K), add(multiply(equal, truth("delta", lin.minus(lin.of_index(K), lin.of_index(L)))), cell(X, K)),
    ):  # fmt: skip
        kept = power_of(Atom("extreme", "prod", (), (body,), None, (K,)))
        assert by_quotients(kept, nonzero).key == kept.key
    largest = power_of(Atom("extreme", "max", (), (others,), None, (K,)))
    assert by_quotients(largest, nonzero).key == largest.key


def test_a_product_over_a_known_extent_is_written_out(values):
    few = Index("k", 3)
    whole = power_of(Atom("extreme", "prod", (), (cell(X, few),), None, (few,)))
    form = kernel("tanh", add(power(whole, 2), ONE))
    made = products_written_out(form)
    assert "extreme" not in kinds(made)
    assert values(ARRAYS).form(made) == pytest.approx(values(ARRAYS).form(form))
    largest = kernel("tanh", add(extreme("max", few, cell(X, few)), whole))
    assert {"extreme"} <= kinds(products_written_out(largest))


def test_an_entry_put_to_0_and_sums_of_sizes():
    entry = next(iter(atoms(cell(X, (0, ())))))
    assert at_zero(add(power_of(entry), ONE), entry).key == ONE.key
    with pytest.raises(Undefined):
        at_zero(power(power_of(entry), -1), entry)
    assert size_form(N).key == power_of(Atom("dim", "n")).key
    assert form_of([(Term(frozenset(), {}), 2)]).key == number(2).key
