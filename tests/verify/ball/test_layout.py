"""Unrolling meanings: index relations, reductions, positions off an array."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from dualgrad.program.entry import (
    Element,
    Index,
    Kernel,
    Meaning,
    Number,
    Power,
    Reduce,
    affine,
    at_least,
    equal,
    positive,
    select,
    total,
    zero,
)
from dualgrad.program.record import Equation, Program, Variable
from dualgrad.program.size import dimension
from verify.ball.branches import Choose
from verify.ball.layout import lay_out
from verify.ball.read import evaluate, gradient
from verify.ball.sides import sides
from verify.ball.steps import Sum

N = dimension("n")
X = Variable("x", (N,), np.dtype(float))
POINT = np.array([3.0, -1.5, 0.5, 2.0])


def program(meaning):
    out = Variable("y", meaning.shape, np.dtype(float))
    op = SimpleNamespace(name="made by hand", kinks=())
    return Program("f", (X,), (Equation(op, (X,), {}, out, meaning),), (out,))


def values(meaning, point=POINT):
    found = evaluate(program(meaning), {X: point}, {"n": len(point)})
    return found.outputs[0].astype(float)


def slopes(meaning, point=POINT):
    return gradient(program(meaning), [X], {X: point}, {"n": len(point)}).arrays[0].astype(float)


@pytest.fixture
def i():
    return Index("i", N)


@pytest.fixture
def j():
    return Index("j", N)


def at(*position):
    return Element(0, tuple(map(affine, position)))


def test_a_delta_selects(i, j):
    meaning = Meaning((i,), total(j, equal(i, j) * at(j) * at(j)))
    np.testing.assert_array_equal(values(meaning), POINT**2)
    np.testing.assert_array_equal(slopes(meaning), 2 * POINT)


def test_only_the_pairs_that_a_relation_leaves_are_computed(i, j):
    layout = lay_out(program(Meaning((i,), total(j, at_least(i, j) * at(j)))), {"n": 4})
    (fold,) = [step for step in layout.steps if isinstance(step, Sum)]
    assert fold.bounds == [(0, 1), (1, 3), (3, 6), (6, 10)]


def test_a_running_sum(i, j):
    meaning = Meaning((i,), total(j, at_least(i, j) * at(j)))
    np.testing.assert_array_equal(values(meaning), np.cumsum(POINT))
    np.testing.assert_array_equal(slopes(meaning), [4.0, 3.0, 2.0, 1.0])


def test_where_a_relation_fails_nothing_is_looked_at(i):
    shifted = at_least(i, 1) * Power(at(affine(i) - 1), Fraction(-1))
    np.testing.assert_array_equal(values(Meaning((i,), shifted)), [0, *1 / POINT[:-1]])
    np.testing.assert_array_equal(slopes(Meaning((i,), shifted)), [*-1 / POINT[:-1] ** 2, 0])


def test_off_the_array_there_is_no_number(i):
    assert np.isnan(values(Meaning((i,), at(affine(i) - 1)))[0])


def test_a_selection_by_indices_is_decided_at_once(i):
    meaning = Meaning((i,), select(at_least(i, 2), at(affine(i) - 2), 7))
    layout = lay_out(program(meaning), {"n": 4})
    assert not any(isinstance(step, Choose) for step in layout.steps)
    np.testing.assert_array_equal(values(meaning), [7, 7, 3.0, -1.5])
    np.testing.assert_array_equal(slopes(meaning), [1, 1, 0, 0])


def test_a_selection_by_values(i):
    meaning = Meaning((i,), select(positive(at(i)), at(i) ** 2, -at(i)))
    np.testing.assert_array_equal(values(meaning), [9.0, 1.5, 0.25, 4.0])
    np.testing.assert_array_equal(slopes(meaning), [6.0, -1.0, 1.0, 4.0])


def test_a_body_without_the_index_is_counted(i, j):
    meaning = Meaning((i,), total(j, at(i)))
    np.testing.assert_array_equal(values(meaning), 4 * POINT)
    np.testing.assert_array_equal(slopes(meaning), [4.0] * 4)


def test_products_with_zeros(j):
    meaning = Meaning((), Reduce("prod", j, at(j)))
    np.testing.assert_array_equal(slopes(meaning, np.array([2.0, 0.0, 3.0])), [0.0, 6.0, 0.0])
    np.testing.assert_array_equal(slopes(meaning, np.array([0.0, 0.0, 3.0])), [0.0, 0.0, 0.0])


@pytest.mark.parametrize(("kind", "value", "place"), [("max", 3.0, 0), ("min", -1.5, 1)])
def test_extremes(j, kind, value, place):
    meaning = Meaning((), Reduce(kind, j, at(j)))
    assert values(meaning) == value
    np.testing.assert_array_equal(slopes(meaning), np.eye(4)[place])


def test_reductions_inside_kernels_inside_reductions(i, j):
    softmax = Kernel("exp", (at(i),)) * Power(total(j, Kernel("exp", (at(j),))), Fraction(-1))
    np.testing.assert_allclose(
        values(Meaning((), total(i, softmax * at(i)))), (np.exp(POINT) / np.exp(POINT).sum()) @ POINT
    )


def test_sums_over_nothing(i, j):
    assert values(Meaning((), total(j, at(j))), np.ones(0)) == 0
    assert values(Meaning((), Reduce("prod", j, at(j))), np.ones(0)) == 1
    assert values(Meaning((i,), Number(Fraction(1, 4)) - at(i)), np.ones(0)).shape == (0,)


def test_sides_tell_regions_apart(i, j):
    guarded = program(Meaning((i,), positive(at(i)) * at(i) + zero(at(i))))
    seen = {tuple(sides(guarded, {X: np.array([x])}, {"n": 1})) for x in (-2.0, -1.0, 0.0, 3.0)}
    assert seen == {(-1, -1), (0, 0), (1, 1)}
    greatest = program(Meaning((), Reduce("max", j, at(j))))
    assert list(sides(greatest, {X: POINT}, {"n": 4})) == [0]
