"""A decision as a certificate spells it: generators by what they mean, cases, and how numerators factor.

    {"generators": [[kind, [polynomial, …], scale], …], "tree": tree}
    tree = {"split": polynomial, ">": tree, "<": tree, "=": tree}
         | {"values": {node: [content, [[polynomial, power], …]], …}}

A polynomial is [[coefficient, [[generator, power], …]], …]; numbers are texts. ``verify/trusted/tower.py`` replays it.
"""

from __future__ import annotations

from typing import Any

from verify.tower.decide import Branch, Decision, Leaf
from verify.tower.nodes import Node
from verify.tower.ring import Generator, Poly, Ring
from verify.tower.values import Values

Json = dict[str, Any]


def spelled(decision: Decision) -> Json:
    """The proof of a decision that is proved; ValueError for another."""
    if decision.ring is None or decision.tree is None:
        raise ValueError(f"tower: {decision.reason} is not a proof")
    ring = decision.ring
    tree = _tree(decision.tree, ring)
    return {"generators": [_generator(made, ring) for made in ring.generators], "tree": tree}


def spelled_nodes(nodes: list[Node]) -> list[list[Any]]:
    """Nodes with their numbers as texts."""
    return [[kind, *(arg if isinstance(arg, int) else str(arg) for arg in args)] for kind, *args in nodes]


def _tree(tree: Branch | Leaf, ring: Ring) -> Json:
    if isinstance(tree, Leaf):
        return {"values": _factors(tree.values, ring) if tree.values is not None else {}}
    return {"split": _poly(tree.poly, ring), **{way: _tree(case, ring) for way, case in tree.cases.items()}}


def _factors(values: Values, ring: Ring) -> Json:
    """Numerators that are more than one irreducible factor, for nodes whose factors were asked for or divided by."""
    for node in values.nodes:
        if node[0] == "pow" and isinstance(node[1], int) and values.known(node[1]):
            values.factors(node[1])
    found: Json = {}
    for at in sorted(values.factored):
        content, factors = values.factored[at]
        above = [(_poly(p, ring), power) for p, power in factors if power > 0]
        if len(above) > 1 or any(power > 1 for _, power in above):
            found[str(at)] = [str(content), [list(factor) for factor in above]]
    return found


def _generator(made: Generator, ring: Ring) -> list[Any]:
    args = [part for arg in made.args for part in ([arg.num] if made.kind in ("log", "root") else [arg.num, arg.den])]
    return [made.kind, [_poly(arg, ring) for arg in args], str(made.scale)]


def _poly(p: Poly, ring: Ring) -> list[Any]:
    return [[str(c), [list(factor) for factor in ring.factors(exponents)]] for exponents, c in p.terms()]
