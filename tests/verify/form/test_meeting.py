"""Means of both sides of a guard: where the sides meet, and with the same weight wherever the guard occurs."""

from __future__ import annotations

from fractions import Fraction

from dualgrad.program.entry import Index
from dualgrad.program.size import dimension
from verify.form import linear as lin
from verify.form.algebra import add, multiply, scale, subtract
from verify.form.construct import positive, vanishes
from verify.form.meeting import Means, meeting_guards
from verify.form.term import ONE, Atom, Source, pattern, power_of

N = dimension("n")
INDEX = Index("i", N)
A, B, G = (power_of(Atom("cell", "", (lin.of_index(INDEX),), (), Source(name, (N,)))) for name in "abg")
FIRST = positive(subtract(A, B))
TIE = vanishes(subtract(A, B))
SECOND = subtract(ONE, FIRST)
MAXIMUM = add(multiply(FIRST, A), multiply(SECOND, B))
JUMP = add(multiply(FIRST, scale(A, 3)), multiply(SECOND, B))


def test_the_sides_of_a_maximum_meet_and_those_of_a_jump_do_not():
    assert meeting_guards([MAXIMUM]) == {pattern(subtract(A, B))}
    assert meeting_guards([JUMP]) == frozenset()
    assert meeting_guards([MAXIMUM, JUMP]) == frozenset()


def share(side, weight):
    """A cotangent that goes to one side, and by a weight where both are equal."""
    return multiply(G, add(side, scale(TIE, weight)))


def test_halves_are_allowed():
    means = Means(meeting_guards([MAXIMUM]))
    assert means.allow(share(FIRST, Fraction(1, 2)), multiply(G, FIRST))
    assert means.allow(share(subtract(SECOND, TIE), Fraction(1, 2)), multiply(G, SECOND))
    assert means.ties == (pattern(subtract(A, B)),)


def test_weights_that_do_not_sum_to_one_are_refused():
    means = Means(meeting_guards([MAXIMUM]))
    assert means.allow(share(FIRST, Fraction(1, 2)), multiply(G, FIRST))
    assert not means.allow(share(subtract(SECOND, TIE), 0), multiply(G, SECOND))
    assert not means.allow(multiply(G, SECOND), multiply(G, SECOND))


def test_weights_outside_of_the_sides_are_refused():
    for weight in (Fraction(3, 2), Fraction(-1, 2)):
        assert not Means(meeting_guards([MAXIMUM])).allow(share(FIRST, weight), multiply(G, FIRST))


def test_a_jump_takes_no_mean():
    assert not Means(meeting_guards([JUMP])).allow(share(FIRST, Fraction(1, 2)), multiply(G, FIRST))
