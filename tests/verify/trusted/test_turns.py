"""The checker's cosines of parts of a turn, and multiples of a size, held against numbers."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import numpy as np
import pytest

from verify.checker import Judge
from verify.trusted.terms import Form, Poly, poly, unwound
from verify.trusted.turns import in_basis, near, primitive

n = poly("n")


@pytest.fixture
def w() -> Judge:
    return Judge({"n": 1}, [], set(), {"x"})


def value(p: Poly, at: dict[str, int]) -> int:
    return sum(f * math.prod(at[name] for name in names) for names, f in p)


@pytest.mark.parametrize("seed", range(60))
def test_random_products_and_sums(w: Judge, seed: int, whole: Any) -> None:
    rng = random.Random(seed)
    size = rng.choice([n, n, n * 2, n + 1, poly(4), poly(6)])
    count = rng.choice([size, size, n])
    i, k, j = w.index(n), w.index(count), w.index(n)
    turns = []
    for _ in range(rng.randint(1, 3)):
        a, b = (rng.choice([i, j, k, k]) * rng.choice([1, 1, 2, 4]) + rng.choice([0, 0, 1]) for _ in range(2))
        turns.append(a * b * rng.choice([1, 2, 4]) - size * rng.choice([0, 0, 1]))
    read = rng.choice([None, j, k])
    entry = w.atom("input", "x", (read,)) if read else w.mul()
    made = w.total(w.mul(*(w.turn(p, size) for p in turns), entry), [k, j])
    numbers = [0.5 + q * q for q in range(64)]
    for m in (1, 2, 3, 4, 5):
        seen = whole.Values({"x": np.array(numbers)}, {"n": m})
        for place in range(m):
            direct = 0.0
            for one, two in itertools.product(range(value(count, {"n": m})), range(m)):
                at = {"n": m, i.name: place, k.name: one, j.name: two}
                parts = [math.cos(math.pi * value(p, at) / (2 * value(size, at))) for p in turns]
                direct += math.prod(parts) * (numbers[at[read.name]] if read else 1.0)
            assert seen.form(made, {i.name: place}) == pytest.approx(direct, abs=1e-8)


CLOSED = [
    ((4, 0), (1, 0), n, n), ((1, 0), (2, 1), n, n), ((2, 1), (1, 0), n, n), ((2, 1), (2, 1), n * 2, n),
    ((2, 0), (1, 0), n, n + 1), ((2, 2), (1, 1), n + 1, n), ((1, 1), (2, 1), n, n), ((2, 1), (1, 1), n, n),
]  # fmt: skip


@pytest.mark.parametrize(("outer", "inner", "size", "count"), CLOSED)
@pytest.mark.parametrize("quarters", [(0, 0), (1, 1), (0, 1)])
def test_inner_products_of_the_rows_of_transforms(
    w: Judge, outer: Any, inner: Any, size: Poly, count: Poly, quarters: Any, whole: Any
) -> None:
    i, j, k = w.index(count), w.index(count), w.index(count)
    rows = [
        (k * outer[0] + outer[1]) * (at * inner[0] + inner[1]) - size * q
        for at, q in zip((i, j), quarters, strict=True)
    ]
    made = w.total(w.mul(*(w.turn(p, size) for p in rows)), [k])
    if quarters[0] == quarters[1] or outer[0] == 4:  # over half a circle, those of a sine and a cosine are cotangents
        assert not any(extents for extents, _ in made), "the sum is closed"
    for m in (1, 2, 3, 4, 5):
        seen, length = whole.Values({}, {"n": m}), value(count, {"n": m})
        for a, b in itertools.product(range(length), repeat=2):
            at = {"n": m, i.name: a, j.name: b}
            direct = math.fsum(
                math.prod(math.cos(math.pi * value(p, at | {k.name: c}) / (2 * value(size, at))) for p in rows)
                for c in range(length)
            )
            assert seen.form(made, {i.name: a, j.name: b}) == pytest.approx(direct, abs=1e-8)


def test_a_multiple_picks_a_place_only_where_all_else_has_its_period(w: Judge, whole: Any) -> None:
    i, j, k = w.index(n), w.index(n), w.index(n)
    there = w.multiple(k - i - j, n)
    closed = w.total(w.mul(there, w.turn(k * i * 4, n)), [k])
    kept = w.total(w.mul(there, w.atom("input", "x", (k,))), [k])
    half = w.total(w.mul(there, w.turn(k * i * 2, n)), [k])
    assert [any(extents for extents, _ in form) for form in (closed, kept, half)] == [False, True, True]
    for m in (1, 2, 3, 4):
        seen = whole.Values({"x": np.arange(9.0)}, {"n": m})
        for a, b in itertools.product(range(m), repeat=2):
            at, place = {i.name: a, j.name: b}, (a + b) % m
            assert seen.form(closed, at) == pytest.approx(math.cos(2 * math.pi * place * a / m))
            assert seen.form(kept, at) == pytest.approx(place)
            assert seen.form(half, at) == pytest.approx(math.cos(math.pi * place * a / m))


def test_a_sine_that_changes_sign_with_its_places_adds_to_nothing(w: Judge) -> None:
    i, j = w.index(n), w.index(n)
    x = lambda at: w.atom("input", "x", (at,))  # noqa: E731
    assert w.total(w.mul(w.turn((i - j) * 4 - n, n), x(i), x(j)), [i, j]) == Form()
    assert w.total(w.mul(w.turn((i - j) * 4, n), x(i), x(j)), [i, j]) != Form()


def test_numbers_in_a_basis() -> None:
    assert [primitive(k) for k in (1, 2, 4, 6)] == [(1, -1), (1, 1), (1, 0, 1), (1, -1, 1)]
    for divisions in (4, 8, 12, 20, 28, 36, 60):
        for steps in range(divisions):
            found = sum(float(c) * math.cos(2 * math.pi * k / divisions) for k, c in in_basis(steps, divisions))
            assert found == pytest.approx(math.cos(2 * math.pi * steps / divisions), abs=1e-9)


def test_up_to_whole_turns() -> None:
    assert unwound(n * 5 + 2, n) == n + 2
    assert unwound(n * 4 + 7, n + 1) == poly(3)
    assert unwound(poly(-1), poly(2)) == poly(7)
    assert near(poly(3), poly(4)) == poly(-1)
    assert near(n * 3 + 1, n) == poly(1)


@pytest.mark.parametrize("onward", [0, 2])
def test_a_cosine_over_its_opposite_keeps_both(w: Judge, onward: int, whole: Any) -> None:
    k, size = w.index(n), n * 8
    below = w.power(w.turn(k * 4 + 1 + size * onward, size), -1)
    made = w.total(w.mul(w.turn(k * 4 + 1, size), below, w.atom("input", "x", (k,))), [k])
    for m in (1, 2, 3):
        expected = sum(range(1, m + 1)) * (-1 if onward else 1)
        assert whole.Values({"x": np.arange(1.0, 9.0)}, {"n": m}).form(made, {}) == pytest.approx(expected)
