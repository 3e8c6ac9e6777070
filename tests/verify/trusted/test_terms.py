"""Canonical names of bound indices: the same for every way to write a term, and for symmetric terms with many."""

import random

import pytest

from verify.trusted.terms import Atom, Refused, canonical, poly, resized, solution

N, M = poly("n"), poly("m")


def read(name, *at):
    return Atom("input", name, tuple(map(poly, at)))


def product_of(pairs):
    factors = {}
    for atom in pairs:
        factors[atom] = factors.get(atom, 0) + 1
    return factors


def cube(names):
    """(Σ_abc x[a, c] x[b, c])³"""
    return product_of(read("x", names[3 * k + side], names[3 * k + 2]) for k in range(3) for side in (0, 1))


def power(names):
    """(Σ_c x[i, c] x[j, c])⁶"""
    return product_of(read("x", end, name) for name in names for end in ("#i", "#j"))


def ring(names):
    """Σ A[a, b] A[b, c] … A[h, a]"""
    return product_of(read("A", a, b) for a, b in zip(names, [*names[1:], names[0]], strict=True))


@pytest.mark.parametrize(("made", "count"), [(cube, 9), (power, 6), (ring, 7)])
def test_a_term_has_one_name_however_it_is_written(made, count):
    names, found = [f"#{k}" for k in range(count)], set()
    for seed in range(12):
        random.Random(seed).shuffle(names)
        factors = list(made(names).items())
        random.Random(seed).shuffle(factors)
        found.add(canonical(dict(factors), dict.fromkeys(names, N)))
    assert len(found) == 1


def test_what_is_different_has_different_names():
    names = [f"#{k}" for k in range(6)]
    two_rings = ring(names[:3]) | ring(names[3:])
    assert canonical(two_rings, dict.fromkeys(names, N)) != canonical(ring(names), dict.fromkeys(names, N))
    ranges = dict.fromkeys(names, N)
    assert canonical(ring(names), ranges) != canonical(ring(names), ranges | {"#0": M})
    turned = product_of([read("x", "#0", "#1"), read("x", "#1", "#2"), read("x", "#2", "#0")])
    other = product_of([read("x", "#0", "#1"), read("x", "#1", "#2"), read("x", "#0", "#2")])
    assert canonical(turned, dict.fromkeys(names[:3], N)) != canonical(other, dict.fromkeys(names[:3], N))


@pytest.mark.parametrize("joined", [False, True])
def test_seven_rings(joined):
    """Apart, each is named alone; all next to one index, whichever is the first tells apart its own ring alone."""
    names = [f"#{k:02d}" for k in range(22)]
    rings = product_of(read("B", names[21], name) for name in names[:21]) if joined else {read("y", names[21]): 1}
    for k in range(7):
        rings |= ring(names[3 * k : 3 * k + 3])
    if joined:
        with pytest.raises(Refused, match="too many ways"):
            canonical(rings, dict.fromkeys(names, N))
    else:
        turned = {atom: rings[atom] for atom in reversed(rings)}
        assert canonical(turned, dict.fromkeys(names[::-1], N)) == canonical(rings, dict.fromkeys(names, N))


def test_a_size_is_put_in_positions_only():
    at = poly("n") - 1
    assert solution(at, "n") == poly(1)
    assert resized(Atom("input", "x", (at,)), "n", poly(1)).args == (poly(0),)
    assert resized(Atom("dim", "n", ()), "n", poly(1)) == Atom("dim", "n", ())
    assert solution(poly("n") * 2 - 1, "n") is None
    assert solution(poly("n") * poly("n") - 1, "n") is None
