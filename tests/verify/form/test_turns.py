"""Cosines of parts of a turn in forms: products, sums over periods and multiples, held against numbers."""

import math
import random
from fractions import Fraction
from itertools import product

import pytest

from dualgrad.program.entry import Index
from dualgrad.program.size import dimension, evaluate
from verify.form import linear as lin
from verify.form import setting
from verify.form.algebra import multiply, scale, subtract, sum_over
from verify.form.phases import turn_text, within
from verify.form.power import power
from verify.form.setting import Budget
from verify.form.term import Atom, Source, number, power_of
from verify.form.turns import cyclotomic, in_basis, multiple, near, turn

N = dimension("n")
X = Source("x", (64,))


@pytest.fixture(autouse=True)
def budget():
    with setting.within(Budget(seconds=20.0)):
        yield


def cell(index):
    return power_of(Atom("cell", "", (lin.of_index(index),), (), X))


def at(form, here):
    return form[0] + sum(factor * here[index] for index, factor in form[1])


def held(form, direct, free, values, sizes=(1, 2, 3, 4, 5, 6)):
    """The form is what it was made to be, at every place of its free indices and at some sizes."""
    for n in sizes:
        seen = values({"x": [0.5 + k * k for k in range(64)]}, n=n)
        for place in product(*(range(evaluate(index.extent, {"n": n})) for index in free)):
            here = dict(zip(free, place, strict=True))
            assert seen.form(form, here) == pytest.approx(direct(n, here), abs=1e-9), (n, place)


@pytest.mark.parametrize("seed", range(40))
def test_random_products_and_sums(seed, values):
    rng = random.Random(seed)
    size = rng.choice([N, N, N * 2, N + 1, 4, 6])
    extent = rng.choice([size, size, N, size - 1 if size != N + 1 else N])
    if isinstance(size, int) and not isinstance(extent, int):
        extent = size
    i, k = Index("i", N), Index("k", extent)
    others = [k] if rng.random() < 0.5 else [k, Index("j", N)]
    factors = []
    for _ in range(rng.randint(1, 3)):
        left, right = (
            lin.linear(
                rng.choice([0, 0, 1]), {index: rng.choice([0, 1, 2, 4]) for index in rng.sample([i, *others], 1)}
            )
            for _ in range(2)
        )
        factors.append((rng.choice(["cos", "sin"]), lin.times(left, rng.choice([1, 2, 4])), right))
    read = rng.choice([None, others[-1]])
    inside = [turn(name, left, right, size) for name, left, right in factors] + ([cell(read)] if read else [])

    def direct(n, here):
        total = 0.0
        for place in product(*(range(evaluate(index.extent, {"n": n})) for index in others)):
            now = {**here, **dict(zip(others, place, strict=True))}
            whole = evaluate(size, {"n": n})
            parts = [getattr(math, f)(math.pi * at(a, now) * at(b, now) / (2 * whole)) for f, a, b in factors]
            total += math.prod(parts) * (0.5 + now[read] ** 2 if read else 1.0)
        return total

    sizes = (2, 3, 4, 5) if size != N and extent != N else (1, 2, 3, 4, 5)
    held(sum_over(multiply(*inside), *others), direct, [i], values, sizes)


@pytest.mark.parametrize("outer,inner,size,count", [
    ((4, 0), (1, 0), N, N), ((1, 0), (2, 1), N, N), ((2, 1), (1, 0), N, N), ((2, 1), (2, 1), N * 2, N),
    ((2, 0), (1, 0), N, N + 1), ((2, 2), (1, 1), N + 1, N), ((1, 1), (2, 1), N, N), ((2, 1), (1, 1), N, N),
    ((4, 0), (1, 0), 6, 6), ((1, 0), (2, 1), 5, 5), ((4, 0), (1, 0), N * 2, N * 2),
])  # fmt: skip
@pytest.mark.parametrize("names", [("cos", "cos"), ("sin", "sin"), ("cos", "sin")])
def test_inner_products_of_the_rows_of_transforms(outer, inner, size, count, names, values):
    """Σ_k of two rows, at two free places: what Parseval's identity rests on."""
    i, j, k = Index("i", count), Index("j", count), Index("k", count)
    rows = [
        turn(name, lin.linear(outer[1], {k: outer[0]}), lin.linear(inner[1], {index: inner[0]}), size)
        for name, index in zip(names, (i, j), strict=True)
    ]

    def direct(n, here):
        whole, total = evaluate(size, {"n": n}), 0.0
        for place in range(evaluate(count, {"n": n})):
            row = outer[0] * place + outer[1]
            angles = [math.pi * row * (inner[0] * here[index] + inner[1]) / (2 * whole) for index in (i, j)]
            total += math.prod(getattr(math, name)(angle) for name, angle in zip(names, angles, strict=True))
        return total

    made = sum_over(multiply(*rows), k)
    held(made, direct, [i, j], values)
    if names[0] == names[1] or outer[0] == 4:  # over half a circle, those of a sine and a cosine are cotangents
        assert not any(term.bound for term, _ in made.terms.values()), "the sum is closed"


def test_a_multiple_picks_the_place_of_a_periodic_sum(values):
    i, j, k = (Index(name, N) for name in "ijk")
    there = multiple(lin.linear(0, {k: 1, i: -1, j: 1}), N)
    made = sum_over(multiply(there, turn("sin", lin.linear(0, {k: 4}), lin.of_index(i), N)), k)
    held(made, lambda n, at: math.sin(2 * math.pi * (at[i] - at[j]) * at[i] / n), [i, j], values)
    kept = sum_over(multiply(there, cell(k)), k)
    held(kept, lambda n, at: 0.5 + ((at[i] - at[j]) % n) ** 2, [i, j], values)
    both = sum_over(multiply(there, multiple(lin.linear(0, {k: 1, j: 1}), N)), k)
    held(both, lambda n, at: float(at[i] == 0), [i, j], values)


@pytest.mark.parametrize("ways", list(product((1, -1), repeat=3)))
def test_a_place_is_picked_whichever_way_it_is_said(ways, values):
    """Σ_k [a k + b i + c j is a multiple of n] sin(2π k i / n), at k = -(b i + c j) / a."""
    i, j, k = (Index(name, N) for name in "ijk")
    a, b, c = ways
    there = multiple(lin.linear(0, {i: b, j: c, k: a}), N)
    made = sum_over(multiply(there, turn("sin", lin.linear(0, {k: 4}), lin.of_index(i), N)), k)
    held(made, lambda n, at: -math.sin(2 * math.pi * a * (b * at[i] + c * at[j]) * at[i] / n), [i, j], values)


def test_a_coefficient_is_told_up_to_the_size_where_both_are_numbers():
    assert within(23, 5) == 3
    assert within(N * 3 + 1, 5) == N * 3 + 1


def test_a_sine_that_changes_sign_with_its_places_adds_to_nothing():
    i, j = Index("i", N), Index("j", N)
    sine = turn("sin", lin.linear(0, {i: 4, j: -4}), (1, ()), N)
    assert not sum_over(multiply(sine, cell(i), cell(j)), i, j).terms


def test_numbers_in_a_basis():
    for divisions in (4, 8, 12, 16, 20, 24, 28, 36, 60):
        half = max((len(cyclotomic(divisions)) - 1) // 2, 1)
        for steps in range(divisions):
            found = in_basis(steps, divisions)
            assert all(0 <= k < half for k, _ in found)
            value = sum(float(c) * math.cos(2 * math.pi * k / divisions) for k, c in found)
            assert value == pytest.approx(math.cos(2 * math.pi * steps / divisions), abs=1e-9)
    assert in_basis(1, 12 * 2 // 4) == ((0, Fraction(1, 2)),)


def test_exact_values_meet():
    """(2 cos 72°)² + 2 cos 72° = 1, and 4 cos² 30° = 3."""
    fifth = scale(turn("cos", (4, ()), (1, ()), 5), 2)
    assert not subtract(multiply(fifth, fifth), subtract(number(1), fifth)).terms
    assert scale(multiply(*[turn("cos", (1, ()), (1, ()), 3)] * 2), 4).key == number(3).key
    assert turn("sin", (N, ()), (1, ()), N).key == number(1).key


def test_what_is_the_same_up_to_whole_turns():
    assert within(7, 1) == 3
    assert within(N * 5 + 2, N) == N + 2
    assert within(N * 4 + 7, N + 1) == 3
    assert within(N * 4, N - 1) == 4
    assert within(N * -1, N * -1 + 1) == N * -1
    i = Index("i", N)
    pair = (lin.of_index(i), (4, ()), (0, ()), (N, ()))
    assert turn_text(pair, {}) == turn_text((lin.of_index(i), (-4, ()), (N * 8, ()), (N, ())), {})
    assert near(lin.linear(5, {Index("j", 4): 3}), 4)[0] == 1


@pytest.mark.parametrize(("onward", "sign"), [(0, 1), (16, -1)])
def test_a_cosine_over_its_opposite_keeps_both(onward, sign, values):
    k = Index("k", N)
    above, below = (turn("cos", lin.linear(shift, {k: 4}), (1, ()), N * 8) for shift in (1, N * onward + 1))
    made = sum_over(multiply(above, power(below, -1), cell(k)), k)
    held(made, lambda n, at: sign * sum(0.5 + q * q for q in range(n)), [], values, sizes=(1, 2, 3))
