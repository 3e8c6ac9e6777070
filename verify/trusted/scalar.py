"""A form as scalar expressions for ``verify/trusted/tower.py``: what the tower knows nothing of becomes a variable.

Entries, dimensions, relations between indices, maxima, matrices and sums over indices are variables; powers, exp, log,
sin, cos and guards are what they are. A form that is claimed to be 0 almost everywhere gives one expression, or, taken
pointwise, one for each way in which its terms are summed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from verify.trusted import terms, tower
from verify.trusted.terms import Atom, Form, Number, Poly, Term, poly

FUNCTIONS = frozenset("arcsin arccos arctan arcsinh arccosh arctanh erf gammaln digamma floor".split())
POSITIVE = frozenset({"dim", "pi"})


class Claim(NamedTuple):
    """The last node is 0: nodes, the signs of their variables, and what holds where the claim is made."""

    nodes: list[list[Any]]
    signs: list[str]
    facts: list[list[Any]]


def claims(form: Form, pointwise: bool, positive: Callable[[Form], bool], null: Callable[[Atom], bool]) -> list[Claim]:
    """What has to be 0 for the form to be 0.

    ``positive`` tells forms that are > 0 wherever they have a value, ``null`` guards [u == 0] that hold almost nowhere.
    """
    if not pointwise:
        return [_Writer(positive, null).claim(form.items())]
    groups: dict[tuple[Poly, ...], list[tuple[Term, Number]]] = {}
    for (extents, factors), c in form.items():
        by = {name: poly(f"#tower{k}") for k, name in enumerate(terms.bound((extents, factors)))}
        opened = tuple((terms.moved(atom, by), power) for atom, power in factors)
        groups.setdefault(extents, []).append((((), opened), c))
    return [_Writer(positive, null).claim(group) for group in groups.values()]


class _Writer:
    def __init__(self, positive: Callable[[Form], bool], null: Callable[[Atom], bool]) -> None:
        self.positive, self.null = positive, null
        self.nodes: list[list[Any]] = []
        self.signs: list[str] = []
        self.facts: dict[tuple[int, str], None] = {}
        self.known: dict[Any, int] = {}

    def claim(self, items: Iterable[tuple[Term, Number]]) -> Claim:
        """The expression of these terms as the last node."""
        self.form(items)
        return Claim(self.nodes, self.signs, [[at, relation] for at, relation in self.facts])

    def put(self, kind: str, *args: Any) -> int:
        if (kind, *args) not in self.known:
            self.known[kind, *args] = len(self.nodes)
            self.nodes.append([kind, *args])
        return self.known[kind, *args]

    def variable(self, what: Any, sign: str) -> int:
        if ("opaque", what) not in self.known:
            self.signs.append(sign)
            self.known["opaque", what] = self.put("var", len(self.signs) - 1)
        return self.known["opaque", what]

    def number(self, value: Number) -> int:
        return self.put("num", str(Fraction(value)))

    def form(self, items: Iterable[tuple[Term, Number]]) -> int:
        """A sum of terms, in their order."""
        return self.put("add", *(self.term(term, c) for term, c in sorted(items, key=repr)))

    def term(self, term: Term, c: Number) -> int:
        """A product; the factors under its sum are one variable."""
        inner = set(terms.bound(term))
        held = {atom: power for atom, power in term[1] if terms.names_of(atom) & inner}
        parts = [self.factor(atom, power) for atom, power in term[1] if atom not in held]
        if inner:
            total = terms.canonical(held, dict(zip(terms.bound(term), term[0], strict=True)))
            parts.append(self.variable(total, "positive" if self.positive(Form({total: 1})) else "real"))
        return self.put("mul", self.number(c), *parts)

    def factor(self, atom: Atom, power: Number) -> int:
        """An atom to a power; what its power requires is a fact."""
        at = self.atom(atom)
        if power % 1 != 0:
            self.facts[at, "> 0"] = None
        elif power < 0:
            self.facts[at, "!= 0"] = None
        return at if power == 1 else self.put("pow", at, str(Fraction(power)))

    def atom(self, atom: Atom) -> int:
        kind, body = atom.kind, atom.body
        if kind == "prime":
            return self.number(int(atom.name))
        if kind == "base":
            return self.form(body)
        if kind in ("positive", "zero"):
            at = self.form(body)
            if self.null(atom._replace(kind="zero")):
                self.facts[at, "!= 0"] = None
            return self.put(kind, at)
        if kind in ("exp", "sin", "cos"):
            return self.put(kind, self.form(body))
        if kind == "log":
            at = self.form(body)
            self.facts[at, "> 0"] = None
            return self.put("log", at)
        if kind in ("sinh", "cosh"):
            return self.hyperbolic(kind, self.form(body))
        if kind in FUNCTIONS:
            return self.put(f"fun:{kind}", self.form(body))
        if kind in terms.BOOLEAN:
            return self.variable(atom, "truth")
        return self.variable(
            atom, "positive" if kind in POSITIVE or self.positive(Form({((), ((atom, 1),)): 1})) else "real"
        )

    def hyperbolic(self, kind: str, at: int) -> int:
        up, down = self.put("exp", at), self.put("exp", self.put("mul", self.number(-1), at))
        other = down if kind == "cosh" else self.put("mul", self.number(-1), down)
        return self.put("mul", self.number(Fraction(1, 2)), self.put("add", up, other))


Ask = Callable[[list[list[Claim]]], Mapping[str, Any] | None]


class Hints:
    """Proofs that forms are 0, in the order in which they are needed; null where there is none.

    ``ask``, if it is given, is asked for those that are missing: of the claims to prove, in two ways to put them.
    """

    def __init__(self, given: Sequence[Any], ask: Ask | None = None) -> None:
        self.given, self.ask, self.taken = [*given], ask, 0

    def show(self, form: Form, positive: Callable[[Form], bool], null: Callable[[Atom], bool]) -> bool:
        """Whether the next proof shows the form to be 0, almost everywhere; Refused where it does not hold."""
        if self.ask is not None and self.taken == len(self.given):
            self.given.append(self.ask([claims(form, pointwise, positive, null) for pointwise in (False, True)]))
        hint = self.given[self.taken] if self.taken < len(self.given) else None
        self.taken += 1
        if hint is None:
            return False
        found = claims(form, hint["pointwise"] is True, positive, null)
        terms.need(len(found) == len(hint["proofs"]), "a proof for each claim")
        for claim, proof in zip(found, hint["proofs"], strict=True):
            tower.zero(*claim, proof)
        return True
