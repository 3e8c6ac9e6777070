"""Products of relations between positions, summed over indices: simplified, they keep their values at every size."""

from __future__ import annotations

import random
from itertools import product

import pytest

from dualgrad.program.entry import Index
from dualgrad.program.size import dimension, evaluate
from verify.form import linear as lin
from verify.form.algebra import multiply, scale, sum_over
from verify.form.setting import Budget, within
from verify.form.settle import truth
from verify.form.term import Atom, Source, power_of

N, M = dimension("n"), dimension("m")
X = Source("x", (64,))
SIZES = [{"n": 2, "m": 3}, {"n": 3, "m": 1}, {"n": 1, "m": 2}]


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget(seconds=20.0)):
        yield


def at(linear, sizes, here):
    return evaluate(linear[0], sizes) + sum(evaluate(factor, sizes) * here[index] for index, factor in linear[1])


def read(index):
    return power_of(Atom("cell", "", (lin.of_index(index),), (), X))


def direct(relations, entry, bound, sizes, here, numbers):
    """The sum of the product, place by place."""
    total = 0.0
    for place in product(*(range(evaluate(index.extent, sizes)) for index in bound)):
        now = {**here, **dict(zip(bound, place, strict=True))}
        if all(at(form, sizes, now) == 0 if kind == "delta" else at(form, sizes, now) >= 0 for kind, form in relations):
            total += 1.0 if entry is None else numbers[now[entry]]
    return total


def holds(relations, entry, bound, free, values):
    factors = [truth(kind, form) for kind, form in relations]
    made = sum_over(multiply(*factors, *([] if entry is None else [read(entry)])), *bound)
    numbers = [0.5 + k * k for k in range(64)]
    for sizes in SIZES:
        seen = values({"x": numbers}, **sizes)
        for place in product(*(range(evaluate(index.extent, sizes)) for index in free)):
            here = dict(zip(free, place, strict=True))
            found, expected = seen.form(made, here), direct(relations, entry, bound, sizes, here, numbers)
            assert found == pytest.approx(expected), (relations, sizes, place)
    return made


@pytest.mark.parametrize("seed", range(60))
def test_random_products(seed, values):
    rng = random.Random(seed)
    extents = [N, M, N + M, N * M, 3, 4]
    i, j, k = (Index(name, rng.choice(extents)) for name in "ijk")
    bound, free = [j, k][: rng.randint(0, 2)], [i]
    indices = [i, *bound]
    relations = []
    for _ in range(rng.randint(1, 3)):
        factors = {index: rng.choice([0, 1, 1, -1, -1, 2, -2, 3, N, M * -1]) for index in indices}
        constant = rng.choice([0, 0, 1, -1, 2, -3, N, N * -1, N - M, 1 - M])
        relations.append((rng.choice(["delta", "atleast"]), lin.linear(constant, factors)))
    holds(relations, rng.choice([None, *indices]), bound, free, values)


def test_an_equation_over_a_common_divisor(values):
    i, j = Index("i", N), Index("j", 7)
    for constant, expected in ((0, "δ"), (4, "δ"), (3, "")):
        form = lin.linear(constant, {i: 2, j: -2})
        made = holds([("delta", form)], None, [], [i, j], values)
        assert expected in made.key
        assert "*(2)" not in made.key
    assert truth("delta", lin.linear(0, {i: 2, j: -2})).key == truth("delta", lin.linear(0, {i: 1, j: -1})).key


def test_flat_positions_are_equal_where_rows_and_columns_are(values):
    """m a + b = m c + d for b, d < m says a = c and b = d."""
    a, c, b, d = Index("a", N), Index("c", N), Index("b", M), Index("d", M)
    form = lin.linear(0, {a: M, c: M * -1, b: 1, d: -1})
    made = holds([("delta", form)], None, [], [a, c, b, d], values)
    assert (
        made.key
        == multiply(truth("delta", lin.linear(0, {a: 1, c: -1})), truth("delta", lin.linear(0, {b: 1, d: -1}))).key
    )
    wide = Index("w", M + 1)
    other = lin.linear(0, {a: M, c: M * -1, wide: 1, d: -1})
    assert holds([("delta", other)], None, [], [a, c, wide, d], values).key.count("δ") == 1


def test_an_inequality_over_a_common_divisor(values):
    i = Index("i", N)
    for constant, least in ((-3, -2), (-4, -2), (-1, -1)):
        made = holds([("atleast", lin.linear(constant, {i: 2}))], None, [], [i], values)
        assert made.key == truth("atleast", lin.linear(least, {i: 1})).key


def test_guards_whose_bounds_cannot_be_compared_both_stay(values):
    i = Index("i", N + M)
    made = holds([("atleast", lin.linear(N * -1, {i: 1})), ("atleast", lin.linear(M * -1, {i: 1}))], i, [i], [], values)
    assert made.key.count("atleast") == 2


def test_an_equation_that_no_index_can_be_solved_from_stays(values):
    i, j = Index("i", N + M), Index("j", N)
    made = holds([("delta", lin.linear(0, {i: 2, j: -3}))], j, [j], [i], values)
    assert any(term.bound for term, _ in made.terms.values())
    holds([("delta", lin.linear(0, {i: 2, j: -3}))], i, [j], [i], values)


@pytest.mark.parametrize(
    ("constant", "factor", "extent"),
    [(N * -1, 1, N), (N - M, 1, N), (N * -1, 1, M), (-1, -1, N), (M - 1, -1, N)],
    ids=str,
)
def test_a_sum_over_a_part_of_a_range(constant, factor, extent, values):
    """Also where nothing is left of the range, or it is not known how much."""
    i = Index("i", extent)
    holds([("atleast", lin.linear(constant, {i: factor}))], i, [i], [], values)


def test_a_window_that_may_leave_the_range_stays(values):
    i, j = Index("i", N), Index("j", N)
    window = [("atleast", lin.linear(1, {i: 1, j: -1})), ("atleast", lin.linear(1, {i: -1, j: 1}))]
    made = holds(window, i, [i], [j], values)
    assert any(term.bound for term, _ in made.terms.values())
    inside, wide = Index("i", N + 2), Index("j", N)
    holds([("atleast", lin.linear(0, {inside: 1, wide: -1})), ("atleast", lin.linear(2, {inside: -1, wide: 1}))],
          inside, [inside], [wide], values)  # fmt: skip


def test_bound_indices_are_renamed_apart_on_either_side(values):
    """(Σ_j x_j) · x_j, however it is multiplied: the bound j is another."""
    i = Index("i", N)
    total, entry = sum_over(read(i), i), read(i)
    numbers = [float(k + 1) for k in range(64)]
    seen = values({"x": numbers}, n=3, m=1)
    for made in (multiply(total, entry), multiply(entry, total), multiply(total, total, entry)):
        sums = 2 if made.key == multiply(total, total, entry).key else 1
        assert seen.form(made, {i: 2}) == pytest.approx(6.0**sums * 3.0)
    assert seen.form(sum_over(multiply(total, entry), i)) == pytest.approx(36.0)
    assert sum_over(multiply(entry, total), i).key == multiply(total, total).key
    assert seen.form(sum_over(total, i)) == pytest.approx(18.0)


def test_a_multiple_of_0_is_0():
    i = Index("i", N)
    assert lin.times(lin.of_index(i), 0) == (0, ())
    assert scale(truth("delta", lin.times(lin.of_index(i), 0)), 3).key == scale(truth("delta", (0, ())), 3).key
