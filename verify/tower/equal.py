"""Are two scalar expressions the same function: with the same values, and values at the same points?

log(x²) and 2 log x agree wherever both have a value, and are not the same: the side conditions of one do not
follow from those of the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad.program.entry import Entry
from verify.tower.decide import Decision, decide
from verify.tower.nodes import Fact, Nodes


def equal(a: Entry, b: Entry, signs: Sequence[str]) -> Decision:
    """Whether two entries over scalar elements are equal, and have values at the same points.

    >>> from dualgrad.program.entry import Element, kernel
    >>> x = Element(0, ())
    >>> equal(kernel("log", x**2), 2 * kernel("log", x), ["positive"]).proved
    True
    >>> equal(kernel("log", x**2), 2 * kernel("log", x), ["real"]).reason
    'their domains differ'
    """
    nodes = Nodes()
    slots = [nodes.variable(sign) for sign in signs]
    ours, theirs = nodes.conditions(a, slots), nodes.conditions(b, slots)
    difference = nodes.subtract(nodes.entry(a, slots), nodes.entry(b, slots))
    decision = decide(nodes.ending_in(difference), nodes.signs, [*ours, *theirs])
    if decision.proved and not (_follow(nodes, ours, theirs) and _follow(nodes, theirs, ours)):
        return Decision(False, "their domains differ")
    return decision


def _follow(nodes: Nodes, known: Sequence[Fact], asked: Sequence[Fact]) -> bool:
    """Whether conditions follow from known ones."""
    return all(one in known or follows(nodes, known, one) for one in asked)


def follows(nodes: Nodes, known: Sequence[Fact], asked: Fact, seconds: float = 1.0) -> bool:
    """Whether a condition follows from known ones; False where that is not shown, or the known ones exclude all."""
    at, relation = asked
    if relation == "!= 0":
        claim = nodes.put("zero", at)
    elif relation == "> 0":
        claim = nodes.subtract(nodes.number(1), nodes.put("positive", at))
    else:
        claim = nodes.put("positive", nodes.mul(nodes.number(-1), at))
    return decide(nodes.ending_in(claim), nodes.signs, known, seconds).proved
