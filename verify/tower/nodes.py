"""Scalar expressions as flat lists of nodes, equal ones shared: what the tower decides and a certificate spells.

    ("var", k)  ("num", q)  ("add", i, j, …)  ("mul", i, j, …)  ("pow", i, q)
    ("exp", i)  ("log", i)  ("sin", i)  ("cos", i)
    ("positive", i)  ("zero", i)        1 where node i is > 0, is 0, else 0
    ("fun:erf", i, …)                   any other function, of which nothing is known but its name

Arguments are positions of earlier nodes. Every function is read as a total one: log u is log |u|, u^(p/q) is
|u|^(p/q) for an even q, and where either has no value nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from dualgrad.program import entry as e

Node = tuple[str | int | Fraction, ...]

# What is known of a variable. A truth is 0 or 1.
SIGNS = {
    "real": frozenset({-1, 0, 1}),
    "nonzero": frozenset({-1, 1}),
    "nonnegative": frozenset({0, 1}),
    "truth": frozenset({0, 1}),
    "positive": frozenset({1}),
}
RELATIONS = {"> 0": frozenset({1}), ">= 0": frozenset({0, 1}), "!= 0": frozenset({-1, 1})}
_WITHIN = {"arcsin": ">= 0", "arccos": ">= 0", "arctanh": "> 0", "erfinv": "> 0"}  # of 1 - u²
KNOWN = frozenset({"exp", "log", "sin", "cos"})

Fact = tuple[int, str]  # a node and its relation to 0, which holds on the domain of the claim


@dataclass
class Nodes:
    """A list of nodes under construction, with the signs of its variables by number."""

    nodes: list[Node] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    _known: dict[Node, int] = field(default_factory=dict)

    def put(self, kind: str, *args: int | Fraction) -> int:
        """The position of a node, which is made where there is none like it."""
        node: Node = (kind, *args)
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def ending_in(self, at: int) -> list[Node]:
        """All nodes, this one the last: it may have been made before those that facts are about."""
        return [*self.nodes, self.nodes[at]]

    def variable(self, sign: str = "real") -> int:
        """A new variable, by the position of its node."""
        self.signs.append(sign)
        return self.put("var", len(self.signs) - 1)

    def number(self, value: Fraction | int) -> int:
        """A rational number."""
        return self.put("num", Fraction(value))

    def add(self, *args: int) -> int:
        """A sum."""
        return args[0] if len(args) == 1 else self.put("add", *args) if args else self.number(0)

    def mul(self, *args: int) -> int:
        """A product."""
        return args[0] if len(args) == 1 else self.put("mul", *args) if args else self.number(1)

    def subtract(self, a: int, b: int) -> int:
        """A difference."""
        return self.add(a, self.mul(self.number(-1), b))

    def power(self, base: int, exponent: Fraction | int) -> int:
        """A rational power."""
        return base if exponent == 1 else self.put("pow", base, Fraction(exponent))

    def function(self, name: str, *args: int) -> int:
        """A named function; hyperbolic ones by exp, tan by sin and cos."""
        match name:
            case "tan":
                return self.mul(self.put("sin", *args), self.power(self.put("cos", *args), -1))
            case "tanh":
                square = self.put("exp", self.mul(self.number(2), *args))
                return self.mul(self._less_one(square), self.power(self.add(square, self.number(1)), -1))
            case "sinh" | "cosh":
                up, down = self.put("exp", *args), self.put("exp", self.mul(self.number(-1), *args))
                both = self.add(up, down) if name == "cosh" else self.subtract(up, down)
                return self.mul(self.number(Fraction(1, 2)), both)
        return self.put(name if name in KNOWN else f"fun:{name}", *args)

    def _less_one(self, at: int) -> int:
        return self.subtract(at, self.number(1))

    def entry(self, node: e.Entry, slots: Sequence[int]) -> int:
        """A scalar entry whose elements are the nodes of ``slots``; ValueError for one that is not scalar."""
        return _Reader(self, slots, lambda at, relation: None).read(node)

    def conditions(self, node: e.Entry, slots: Sequence[int]) -> list[Fact]:
        """What must hold for a scalar entry to have a value, wherever no branch is left out."""
        found: dict[Fact, None] = {}
        _Reader(self, slots, lambda at, relation: found.update({(at, relation): None})).read(node)
        return list(found)


class _Reader:
    def __init__(self, nodes: Nodes, slots: Sequence[int], require: Callable[[int, str], None]) -> None:
        self.nodes = nodes
        self.slots = slots
        self.require = require

    def read(self, node: e.Entry) -> int:
        """The position of the entry's node."""
        nodes = self.nodes
        match node:
            case e.Number(value):
                return nodes.number(value)
            case e.Element(slot, ()):
                return self.slots[slot]
            case e.Plus(args):
                return nodes.add(*map(self.read, args))
            case e.Times(args):
                return nodes.mul(*map(self.read, args))
            case e.Power(base, exponent):
                return self._power(self.read(base), exponent)
            case e.Kernel("power", (base, exponent)):
                return nodes.function("exp", nodes.mul(self.read(exponent), self._log(self.read(base))))
            case e.Kernel("log", (arg,)):
                return self._log(self.read(arg))
            case e.Kernel(name, args):
                return self._kernel(name, [self.read(arg) for arg in args])
            case e.Guard(relation, value):
                return nodes.put("positive" if relation == ">" else "zero", self.read(value))
            case e.Select(condition, yes, no):
                return self._select(self.read(condition), yes, no)
        raise ValueError(f"tower: {type(node).__name__} is not scalar")

    def _power(self, base: int, exponent: Fraction) -> int:
        if exponent.denominator != 1:
            self.require(base, "> 0" if exponent < 0 else ">= 0")
        elif exponent < 0:
            self.require(base, "!= 0")
        return self.nodes.power(base, exponent)

    def _kernel(self, name: str, args: list[int]) -> int:
        nodes = self.nodes
        if name == "tan":
            self.require(nodes.function("cos", args[0]), "!= 0")
        if name in _WITHIN:
            self.require(nodes.subtract(nodes.number(1), nodes.power(args[0], 2)), _WITHIN[name])
        if name in ("gammaln", "digamma", "trigamma"):
            self.require(args[0], "> 0")
        if name == "arccosh":
            self.require(nodes.subtract(args[0], nodes.number(1)), ">= 0")
        return nodes.function(name, *args)

    def _log(self, arg: int) -> int:
        self.require(arg, "> 0")
        return self.nodes.function("log", arg)

    def _select(self, condition: int, yes: e.Entry, no: e.Entry) -> int:
        """c · yes + (1 - c) · no; what a branch requires is not required of the whole."""
        branches = _Reader(self.nodes, self.slots, lambda at, relation: None)
        nodes = self.nodes
        other = nodes.subtract(nodes.number(1), condition)
        return nodes.add(nodes.mul(condition, branches.read(yes)), nodes.mul(other, branches.read(no)))
