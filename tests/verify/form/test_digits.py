"""A free index over matrices put one after the other: blocks that fill its range are found, and values kept."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import linear as lin
from verify.form.algebra import add, multiply, subtract, sum_over
from verify.form.digits import blocks
from verify.form.setting import Budget, within
from verify.form.settle import truth
from verify.form.term import Atom, Source, power_of

M, N = dimension("m"), dimension("n")
A, B = Source("a", (M, N)), Source("b", (N, N))
SIZES = {"m": 3, "n": 2}


@pytest.fixture(autouse=True)
def _budget():
    with within(Budget()):
        yield


def entries(source, index, start, rows, width):
    """Σ_b [the index is in row b] of an array's entry at that row, and the rest of the index."""
    row = Index("b", rows)
    column = lin.minus(lin.minus(lin.of_index(index), (start, ())), lin.times(lin.of_index(row), width))
    inside = truth("atleast", column), truth("atleast", lin.minus((width - 1, ()), column))
    cell = power_of(Atom("cell", "", (lin.of_index(row), column), (), source))
    return sum_over(multiply(*inside, cell), row)


def value(form, at, arrays):
    """A form at sizes and places, as a number."""
    total = 0.0
    for term, factor in form.terms.values():
        bound = sorted(term.bound, key=lambda index: index.serial)
        for places in product(*(range(number(index.extent)) for index in bound)):
            here = at | dict(zip(bound, places, strict=True))
            total += float(factor) * np.prod([of(atom, here, arrays) ** float(p) for atom, p in term.factors.values()])
    return total


def number(extent):
    return extent if isinstance(extent, int) else int(
        sum(c * np.prod([SIZES[name] ** p for name, p in names]) for names, c in extent.terms)
    )  # fmt: skip


def of(atom, at, arrays):
    places = [number(form[0]) + sum(number(c) * at[index] for index, c in form[1]) for form in atom.linears]
    if atom.kind == "cell":
        inside = all(0 <= k < size for k, size in zip(places, arrays[atom.source.label].shape, strict=True))
        return arrays[atom.source.label][tuple(places)] if inside else 7.0
    return float(places[0] >= 0) if atom.kind == "atleast" else float(places[0] == 0)


def test_two_matrices_in_one_row():
    index = Index("i", M * N + N * N)
    form = add(entries(A, index, 0, M, N), entries(B, index, M * N, N, N))
    rng = np.random.default_rng(3)
    arrays = {"a": rng.normal(size=(3, 2)), "b": rng.normal(size=(2, 2))}
    flat = np.concatenate([arrays["a"].ravel(), arrays["b"].ravel()])
    found = blocks(form)
    assert len(found) == 2
    seen = []
    for part, rows, width in zip(found, (3, 2), (2, 2), strict=True):
        row, column = sorted(part.free, key=lambda free: free.serial)
        seen += [value(part, {row: r, column: c}, arrays) for r in range(rows) for c in range(width)]
    np.testing.assert_allclose(seen, flat)
    np.testing.assert_allclose([value(form, {index: k}, arrays) for k in range(10)], flat)
    assert not any(part.terms for part in blocks(subtract(form, form)))


def test_blocks_that_leave_a_gap_are_none():
    index = Index("i", M * N + N * N)
    assert blocks(entries(A, index, 0, M, N)) == []
    assert blocks(add(entries(A, index, 0, M, N), entries(B, index, M * N + 1, N, N))) == []


def test_blocks_that_overlap_are_none():
    index = Index("i", M * N)
    assert blocks(add(entries(A, index, 0, M, N), entries(B, index, 0, N, N))) == []


def test_an_index_of_nothing_of_the_kind():
    index = Index("i", N)
    assert blocks(power_of(Atom("cell", "", (lin.of_index(index), lin.of_index(index)), (), B))) == []
