"""Random scalar expressions: whatever the tower proves equal is equal in ball arithmetic, and its proof is replayed.

``python tests/verify/tower/test_fuzz.py 4000 7`` tries more pairs, from another seed.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
from fractions import Fraction

import flint
import pytest

from dualgrad.program import entry as e
from verify.tower.decide import decide
from verify.tower.export import spelled, spelled_nodes
from verify.tower.nodes import Nodes
from verify.trusted import tower

POINTS = [Fraction(k, 7) for k in (-23, -7, -3, 0, 2, 7, 15)]
X = [e.Element(k, ()) for k in range(2)]


class Skip(Exception):
    """There is no value at this point, or it is not known which side of a guard it is on."""


def leaf(rng):
    return rng.choice([X[0], X[0], X[1], e.entry(rng.choice([1, 2, -1, Fraction(1, 2)]))])


def expression(rng, depth):
    """A random entry, of few shapes so that pairs are equal now and then."""
    if depth == 0:
        return leaf(rng)
    a, b = expression(rng, depth - 1), expression(rng, rng.randrange(depth))
    shapes = [
        lambda: a + b, lambda: a - b, lambda: a * b, lambda: a**2, lambda: e.positive(a) * b,
        lambda: e.select(e.positive(a), b, a), lambda: e.select(e.positive(a), a, -a), lambda: e.kernel("exp", a),
        lambda: e.kernel("log", a**2), lambda: e.kernel("log", a), lambda: e.Power(a**2, Fraction(1, 2)),
        lambda: e.Power(a, Fraction(1, 2)), lambda: a / (1 + b**2), lambda: a / b, lambda: e.zero(a) * b,
        lambda: e.kernel("sin", a), lambda: e.kernel("tanh", a),
    ]  # fmt: skip
    return rng.choice(shapes)()


def rewritten(rng, node):
    """An entry with the same value wherever it has one, mostly; now and then a wrong one."""
    wrong = rng.random() < 0.3
    shapes = [
        lambda u: e.select(e.positive(u), u, u), lambda u: (u + 1) * (u - 1) / (u - 1) - 1, lambda u: u * 2 - u,
        lambda u: e.kernel("log", e.kernel("exp", u)), lambda u: e.positive(u) * u - e.positive(-u) * -u,
        lambda u: e.kernel("exp", u) * e.kernel("exp", -u) * u, lambda u: u**3 / u**2,
    ]  # fmt: skip
    mistakes = [
        lambda u: e.Power(u**2, Fraction(1, 2)), lambda u: e.positive(u) * u, lambda u: -u, lambda u: u * u / 2,
        lambda u: u * (1 - e.zero(u - 2)), lambda u: u + e.zero(u),
        lambda u: e.kernel("exp", e.kernel("log", u**2) / 2),
    ]  # fmt: skip
    return rng.choice(mistakes if wrong else shapes)(node)


def value(node, at):
    """The entry's value in balls."""
    match node:
        case e.Number(q):
            return flint.arb(flint.fmpq(q.numerator, q.denominator))
        case e.Element(slot, _):
            return flint.arb(flint.fmpq(at[slot].numerator, at[slot].denominator))
        case e.Plus(args):
            return sum((value(arg, at) for arg in args), flint.arb(0))
        case e.Times(args):
            total = flint.arb(1)
            for arg in args:
                total = total * value(arg, at)
            return total
        case e.Power(base, q):
            return power(value(base, at), q)
        case e.Kernel(name, (arg,)):
            inner = value(arg, at)
            if name == "log" and not inner > 0:
                raise Skip
            return getattr(inner, name)()
        case e.Guard(relation, inner):
            return flint.arb(int(sign(value(inner, at)) == (1 if relation == ">" else 0)))
        case e.Select(condition, yes, no):
            return value(yes if value(condition, at) == 1 else no, at)
    raise Skip


def sign(ball):
    if ball > 0 or ball < 0:
        return 1 if ball > 0 else -1
    if ball == 0:
        return 0
    raise Skip


def power(base, q):
    if q.denominator == 1:
        if q < 0 and sign(base) == 0:
            raise Skip
        return base ** int(q)
    if sign(base) < 0 or (sign(base) == 0 and q < 0):
        raise Skip
    return base.sqrt() if base == 0 else base ** flint.arb(flint.fmpq(q.numerator, q.denominator))


def differ(a, b):
    """A point at which both have values, and disjoint ones; None if none of those tried is."""
    for at in itertools.product(POINTS, repeat=2):
        try:
            one, other = value(a, at), value(b, at)
        except Skip:
            continue
        if one.is_finite() and other.is_finite() and not one.overlaps(other):
            return at
    return None


def try_pair(rng):
    """1 where a pair was proved, 0 where it was not; AssertionError for a false proof or one that is not replayed."""
    a = expression(rng, rng.randrange(1, 4))
    b = rewritten(rng, a) if rng.random() < 0.7 else expression(rng, rng.randrange(1, 3))
    nodes = Nodes()
    slots = [nodes.variable("real"), nodes.variable("real")]
    facts = [*nodes.conditions(a, slots), *nodes.conditions(b, slots)]
    at = nodes.subtract(nodes.entry(a, slots), nodes.entry(b, slots))
    found = decide(nodes.nodes[: at + 1], nodes.signs, facts, 0.5)
    if not found.proved:
        return 0
    assert differ(a, b) is None, (a, b, differ(a, b))
    claim = json.loads(json.dumps([spelled_nodes(nodes.nodes[: at + 1]), nodes.signs, facts, spelled(found)]))
    tower.zero(*claim)
    return 1


@pytest.mark.parametrize("seed", range(4))
def test_what_is_proved_is_true(seed):
    rng = random.Random(seed)
    assert sum(try_pair(rng) for _ in range(60)) >= 10


if __name__ == "__main__":
    count, seed = (int(text) for text in sys.argv[1:3])
    rng = random.Random(seed)
    print(sum(try_pair(rng) for _ in range(count)), "proved of", count)
