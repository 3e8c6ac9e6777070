"""Is a scalar expression zero wherever it has a value? By cases of signs, only where a sign decides.

Every case is a sign, >, < or =, of one polynomial; together they cover every point. A case that facts exclude is
empty; that all are would show nothing, so one case that leaves an open set has to hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from verify.clock import now
from verify.tower.kernels import Rescale, Split
from verify.tower.nodes import RELATIONS, Fact, Node
from verify.tower.ring import Field, NoValue, Poly, Quotient, Ring, TooMuch
from verify.tower.signs import Empty, Sign, Signs
from verify.tower.values import Values

MOST_RESTARTS = 24
MOST_SPLITS = 6
MOST_CASES = 250
ROOM = 48
WAYS = ((">", frozenset({1})), ("<", frozenset({-1})), ("=", frozenset({0})))


@dataclass(frozen=True)
class Leaf:
    """A case in which the expression is 0, or which is ``empty``: the number of the fact that excludes it."""

    values: Values | None
    empty: int | None = None


@dataclass(frozen=True)
class Branch:
    """The cases of the sign of a polynomial, by ">", "<" and "="."""

    poly: Poly
    cases: dict[str, Branch | Leaf]


@dataclass(frozen=True)
class Decision:
    """Whether the last node is shown to be zero; if so, by which cases, else why not and where."""

    proved: bool
    reason: str = ""
    where: tuple[str, ...] = ()
    ring: Ring | None = field(default=None, repr=False)
    tree: Branch | Leaf | None = field(default=None, repr=False)


class _Left(Exception):
    def __init__(self, reason: str, where: tuple[str, ...]) -> None:
        self.reason = reason
        self.where = where


def decide(nodes: Sequence[Node], signs: Sequence[str], facts: Sequence[Fact] = (), seconds: float = 1.0) -> Decision:
    """Whether the last node is 0 wherever it has a value and the facts hold; ``signs`` are those of the variables.

    >>> from verify.tower.nodes import Nodes
    >>> n = Nodes()
    >>> x = n.variable()
    >>> at = n.subtract(n.function("cosh", x), n.function("cosh", n.mul(n.number(-1), x)))
    >>> decide(n.nodes, n.signs).proved
    True
    """
    scales: dict[str, Fraction] = {}
    deadline = now() + seconds
    room = ROOM
    for _ in range(MOST_RESTARTS):
        search = _Search(nodes, list(signs), facts, scales, deadline, Ring(room))
        try:
            tree = search.cases(())
        except Rescale as wanted:
            scales[wanted.key] = wanted.scale
        except _Left as left:
            return Decision(False, left.reason, left.where)
        except TooMuch as error:
            if search.ring.generators and len(search.ring.generators) == room and room < 4 * ROOM:
                room *= 2
                continue
            return Decision(False, str(error))
        else:
            if not _has_open_leaf(tree):
                return Decision(False, "the facts exclude every point")
            return Decision(True, ring=search.ring, tree=tree)
    return Decision(False, "the scales of its kernels do not settle")


def _has_open_leaf(tree: Branch | Leaf) -> bool:
    if isinstance(tree, Leaf):
        return tree.empty is None
    return any(_has_open_leaf(tree.cases[way]) for way in (">", "<"))


class _Search:
    def __init__(
        self,
        nodes: Sequence[Node],
        signs: list[str],
        facts: Sequence[Fact],
        scales: dict[str, Fraction],
        deadline: float,
        ring: Ring,
    ) -> None:
        self.nodes = nodes
        self.signs = signs
        self.facts = facts
        self.scales = scales
        self.deadline = deadline
        self.ring = ring
        self.count = 0

    def cases(self, assumed: tuple[tuple[Poly, str, Sign], ...]) -> Branch | Leaf:
        """The cases below some assumptions; _Left where the expression is not shown to be 0."""
        self.count += 1
        if self.count > MOST_CASES or now() > self.deadline:
            raise TooMuch("too many cases")
        where = tuple(f"{self.shown(p)} {way} 0" for p, way, _ in assumed)
        try:
            return self._leaf(assumed, where)
        except Split as split:
            if len(assumed) == MOST_SPLITS:
                raise _Left("too many cases inside one another", where) from None
            below = {way: self.cases((*assumed, (split.poly, way, sign))) for way, sign in WAYS}
            return Branch(split.poly, below)

    def _leaf(self, assumed: tuple[tuple[Poly, str, Sign], ...], where: tuple[str, ...]) -> Leaf:
        here = Field(self.ring)
        known = Signs(here, self.signs)
        values = Values(self.nodes, here, known, self.scales)
        for number, (p, _, sign) in enumerate(assumed):
            try:
                known.learn(p, sign)
            except Empty:
                return Leaf(None, -1 - number)
            if sign == frozenset({0}):
                here.relate(p / p.leading_coefficient())
        for number, (at, relation) in enumerate(self.facts):
            try:
                self._learn(values, at, RELATIONS[relation])
            except Empty:
                return Leaf(values, number)
        try:
            left = values.value(len(self.nodes) - 1)
        except NoValue:
            raise _Left("a division by zero", where) from None
        if not left.num.is_zero():
            raise _Left(f"{self.shown(left.num)} is left", where)
        return Leaf(values)

    def _learn(self, values: Values, at: int, sign: Sign) -> None:
        """Take a fact in. One whose own value asks for cases is left out: less is known."""
        try:
            value: Quotient = values.value(at)
        except (Split, NoValue):
            return
        if value.num.is_zero():
            if 0 not in sign:
                raise Empty
            return
        values.signs.learn_factored(values.factors(at), sign)

    def shown(self, p: Poly) -> str:
        """A polynomial for people: generators by what they are."""
        names = {f"t{self.ring.room - 1 - k}": self._name(k) for k in range(len(self.ring.generators))}
        text = str(p)
        for short in sorted(names, key=len, reverse=True):
            text = text.replace(short, names[short])
        return text if len(text) < 200 else text[:200] + " …"

    def _name(self, number: int) -> str:
        made = self.ring.generators[number]
        return f"v{made.scale}" if made.kind == "var" else f"{made.kind.removeprefix('fun:')}#{number}"
