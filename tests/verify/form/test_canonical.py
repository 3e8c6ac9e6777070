"""Terms are equal up to the names of their bound indices exactly if their texts are equal."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import linear as lin
from verify.form.algebra import multiply, sum_over
from verify.form.setting import TooLarge
from verify.form.term import Atom, Source, power_of

N = dimension("n")
A, B = Source("a", (N, N)), Source("b", (N, N))


def graph(edges, source=A):
    """Σ over all vertices of Π a[i, j] over the edges."""
    vertices = {vertex: Index("v", N) for edge in edges for vertex in edge}
    cells = [
        power_of(Atom("cell", "", (lin.of_index(vertices[i]), lin.of_index(vertices[j])), (), source)) for i, j in edges
    ]
    return sum_over(multiply(*cells), *vertices.values())


def renamed(edges, order):
    return [(order[i], order[j]) for i, j in edges]


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs_under_permutations(seed):
    rng = random.Random(seed)
    size = rng.randint(2, 5)
    edges = [(rng.randrange(size), rng.randrange(size)) for _ in range(rng.randint(2, 6))]
    other = [(rng.randrange(size), rng.randrange(size)) for _ in range(len(edges))]
    same = {tuple(sorted(renamed(edges, order))) for order in permutations(range(size))}
    order = rng.sample(range(size), size)
    assert graph(edges).key == graph(renamed(edges, order)).key
    used, others = {v for e in edges for v in e}, {v for e in other for v in e}
    if len(used) == len(others) == size:
        assert (tuple(sorted(other)) in same) == (graph(edges).key == graph(other).key)


def test_regular_graphs_that_colours_cannot_tell_apart():
    six = [(k, (k + 1) % 6) for k in range(6)]
    threes = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)]
    assert graph(six).key != graph(threes).key
    assert graph(six).key == graph(renamed(six, [3, 1, 4, 0, 5, 2])).key


def test_different_arrays_and_shapes_differ():
    assert graph([(0, 1)]).key != graph([(0, 1)], B).key
    assert graph([(0, 1), (1, 0)]).key != graph([(0, 1), (0, 1)]).key


def test_the_search_is_bounded():
    edges = [(k, (k * 3 + 1) % 8) for k in range(8)] + [(k, (k + 4) % 8) for k in range(8)]
    try:
        assert graph(edges).key == graph(renamed(edges, [7, 6, 5, 4, 3, 2, 1, 0])).key
    except TooLarge as error:
        assert "symmetric" in str(error)
