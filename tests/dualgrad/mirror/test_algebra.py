"""Tidying and shortening change what is written, never what it is worth: exact rational arithmetic says so."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualgrad.mirror.algebra import ONE, ZERO, choice, count, guard, holds, plus, power, renamed, times
from dualgrad.mirror.book import composed
from dualgrad.mirror.constants import Unreadable
from dualgrad.mirror.equality import free, key, size_of
from dualgrad.mirror.evaluate import Evaluation
from dualgrad.mirror.sums import reduced, simplified
from dualgrad.program.entry import (
    Affine,
    Count,
    Element,
    Entry,
    Guard,
    Holds,
    Index,
    Number,
    Plus,
    Power,
    Reduce,
    Select,
    Times,
    affine,
    kernel,
)
from dualgrad.program.size import dimension

n = dimension("n")
ROW, COLUMN = Index("i", n), Index("j", n)
X, A = 0, 1
ARRAYS = {X: [Fraction(2), Fraction(-1, 3), Fraction(0)], A: [[1, 2, -3], [0, 5, 1], [7, -2, 4]]}


def x(*at: object) -> Entry:
    return Element(X, tuple(affine(each) for each in at))


def a(*at: object) -> Entry:
    return Element(A, tuple(affine(each) for each in at))


def worth(node: Entry) -> Fraction:
    return Evaluation(ARRAYS, {"n": 3}).value(node, {ROW: 1, COLUMN: 2})


@st.composite
def entries(draw: st.DrawFn, depth: int = 4, scope: tuple[Index, ...] = (ROW, COLUMN)) -> Entry:
    """Random entries of x[n] and A[n, n], with sums, products, deltas, guards and selections."""
    index = st.sampled_from(scope)
    leaves = ["number", "count", "x", "a", "delta", "order"]
    nodes = ["plus", "times", "power", "sum", "guard", "select"]
    kind = draw(st.sampled_from([*leaves, *nodes, *nodes] if depth else leaves))
    inner = entries(depth - 1, scope) if depth else st.nothing()
    match kind:
        case "number":
            return Number(draw(st.fractions(-3, 3, max_denominator=4)))
        case "count":
            return Count(draw(st.sampled_from([n, n * n, n - 1, 2 * n + 1])))
        case "x":
            return x(draw(index))
        case "a":
            return a(draw(index), draw(index))
        case "delta":
            return Holds("==", affine(draw(index)) - draw(index) + draw(st.integers(-1, 1)))
        case "order":
            return Holds(">=", affine(draw(index)) - draw(st.one_of(index, st.integers(0, 2))))
        case "plus":
            return Plus(tuple(draw(st.lists(inner, min_size=1, max_size=3))))
        case "times":
            return Times(tuple(draw(st.lists(inner, min_size=1, max_size=3))))
        case "power":
            return Power(draw(inner), Fraction(draw(st.integers(0, 3))))
        case "guard":
            return Guard(draw(st.sampled_from([">", "=="])), draw(inner))
        case "select":
            return Select(Guard(">", draw(inner)), draw(inner), draw(inner))
    bound = Index("k", n)
    kind = draw(st.sampled_from(["sum", "sum", "sum", "prod", "max", "min"]))
    return Reduce(kind, bound, draw(entries(depth - 1, (*scope, bound))))


@given(entries())
def test_tidying_keeps_the_value(node: Entry) -> None:
    assert worth(composed(node, Element, {})) == worth(node)


@given(entries())
def test_shortening_keeps_the_value(node: Entry) -> None:
    tidy = composed(node, Element, {})
    assert worth(simplified(tidy)) == worth(node)


@given(entries())
def test_renaming_moves_what_is_free_and_nothing_else(node: Entry) -> None:
    moved = renamed(composed(node, Element, {}), {ROW: affine(COLUMN)})
    assert worth(moved) == Evaluation(ARRAYS, {"n": 3}).value(node, {ROW: 2, COLUMN: 2})
    assert ROW not in free(moved)


@given(entries(), entries())
def test_equal_keys_mean_equal_values(one: Entry, other: Entry) -> None:
    if key(one) == key(other):
        assert worth(one) == worth(other)
    assert key(one) == key(renamed(one, {})) or worth(one) == worth(renamed(one, {}))


def test_bound_names_do_not_matter() -> None:
    k, m = Index("k", n), Index("m", n)
    assert key(Reduce("sum", k, a(k, ROW) * x(k))) == key(Reduce("sum", m, x(m) * a(m, ROW)))
    assert key(Reduce("sum", k, a(k, ROW))) != key(Reduce("sum", m, a(ROW, m)))


def test_deltas_are_contracted() -> None:
    k = Index("k", n)
    assert reduced("sum", k, times(Holds("==", affine(k) - ROW), x(k))) == x(ROW)
    shifted = reduced("sum", k, times(Holds("==", affine(k) - ROW + 1), x(k)))
    assert shifted == times(x(affine(ROW) - 1), Holds(">=", affine(ROW) - 1))


def test_an_index_that_is_not_used_is_counted() -> None:
    assert reduced("sum", Index("k", n), x(ROW)) == times(Count(n), x(ROW))
    assert reduced("sum", Index("k", 1), a(ROW, Index("l", n))) != ZERO


def test_relations_are_decided_by_the_ranges_of_indices() -> None:
    assert holds(">=", affine(ROW)) == ONE
    assert holds(">=", affine(n) - 1 - ROW) == ONE
    assert holds(">=", affine(ROW) * -1 - 1) == ZERO
    assert holds("==", affine(ROW) - n) == ZERO
    assert holds(">=", affine(ROW) - 1) == Holds(">=", Affine(((ROW, 1),), -1))


def test_the_square_root_of_a_square_stays() -> None:
    assert power(power(x(ROW), Fraction(2)), Fraction(1, 2)) == Power(Power(x(ROW), Fraction(2)), Fraction(1, 2))
    assert power(power(x(ROW), Fraction(3)), Fraction(1, 3)) == x(ROW)
    assert power(Number(Fraction(9, 4)), Fraction(-1, 2)) == Number(Fraction(2, 3))


def test_like_terms_and_factors_are_collected() -> None:
    assert plus(x(ROW), x(ROW) * 2, Number(Fraction(1))) == Plus((Times((Number(Fraction(3)), x(ROW))), ONE))
    assert times(x(ROW), x(COLUMN), x(ROW)) == Times((Power(x(ROW), Fraction(2)), x(COLUMN)))
    assert plus(x(ROW), -x(ROW)) == ZERO
    assert count(2 * n) == Times((Number(Fraction(2)), Count(n)))


def test_guards_lose_a_positive_factor_only() -> None:
    assert guard(">", x(ROW) * 3) == Guard(">", x(ROW))
    assert guard(">", -x(ROW)) == Guard(">", Times((Number(Fraction(-1)), x(ROW))))
    assert choice(plus(ONE, -guard(">", x(ROW))), x(COLUMN), ZERO) == choice(guard(">", x(ROW)), ZERO, x(COLUMN))


def test_sums_that_share_a_factor_are_merged() -> None:
    k, m = Index("k", n), Index("m", n)
    merged = simplified(plus(Reduce("sum", k, a(ROW, k) * x(k)), Reduce("sum", m, a(m, ROW) * x(m))))
    assert isinstance(merged, Reduce)
    assert size_of(merged) == 6


def test_deviations_from_the_mean_add_up_to_nothing() -> None:
    k, m = Index("k", n), Index("m", n)
    mean = times(power(Count(n), Fraction(-1)), Reduce("sum", m, x(m)))
    assert simplified(reduced("sum", k, plus(x(k), -mean))) == ZERO


def test_numbers_of_thousands_of_digits_are_refused() -> None:
    number = Number(Fraction(3))
    with pytest.raises(Unreadable, match="thousands of digits"):
        for _ in range(20):
            number = times(number, number)


def test_kernels_are_compared_by_their_arguments() -> None:
    assert plus(kernel("exp", x(ROW)), -kernel("exp", x(ROW))) == ZERO
    assert plus(kernel("exp", x(ROW)), -kernel("exp", x(COLUMN))) != ZERO
