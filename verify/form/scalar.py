"""A difference as scalar expressions for the kernel tower: entries, sums and relations between indices are variables.

The identity is asked for at every value of the free indices; where all terms are sums over the same indices, also at
every value of those. Facts are what the domain requires everywhere, at the indices of the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice, product

from dualgrad.program.entry import Index
from verify.clock import now
from verify.form import linear as lin
from verify.form.algebra import renamed, substitute
from verify.form.interpret import Requirement
from verify.form.setting import TooLarge, Undefined, current
from verify.form.signs import sign
from verify.form.term import ONE, Atom, Factors, Form, Rational, Term, form_of, power_of
from verify.tower.decide import decide
from verify.tower.equal import follows as implied
from verify.tower.nodes import RELATIONS, Fact, Nodes

WORDS = {(True, True): "positive", (True, False): "nonnegative", (False, True): "nonzero", (False, False): "real"}
MOST_NODES = 600
MOST_PLACES = 16
SECONDS = 1.0
SECONDS_FOR_DOMAINS = 0.3


def zero_by_tower(difference: Form, required: Sequence[Requirement]) -> bool:
    """Whether the tower shows that a difference is 0 wherever it has a value and the requirements hold."""
    return any(_shown(list(parts), required) for parts in (_whole(difference), _pointwise(difference)))


def _shown(parts: list[Form], required: Sequence[Requirement]) -> bool:
    return all(_zero(part, required) for part in parts)


def _whole(form: Form) -> Iterator[Form]:
    yield form


def _pointwise(form: Form) -> Iterator[Form]:
    """The terms by the extents of their bound indices, under common names and without their sums."""
    groups: dict[tuple[str, ...], tuple[list[Index], list[tuple[Term, Rational]]]] = {}
    for term, factor in form.terms.values():
        own = sorted(term.bound, key=lambda index: (str(index.extent), places(term, index)))
        names = tuple(str(index.extent) for index in own)
        shared, members = groups.setdefault(names, ([Index(i.name, i.extent) for i in own], []))
        by = {old: lin.of_index(new) for old, new in zip(own, shared, strict=True)}
        factors: Factors = {}
        for atom, power in term.factors.values():
            moved = renamed(atom, by) if not atom.free.isdisjoint(by) else atom
            factors[moved.key] = (moved, power)
        members.append((Term(frozenset(), factors), factor))
    for _, members in groups.values():
        yield form_of(members)


def places(term: Term, index: Index) -> list[str]:
    """Where an index occurs in a term: arrays and axes, to give the indices of all terms one order."""
    return sorted(
        f"{atom.source!r}.{axis}"
        for atom, _ in term.factors.values()
        for axis, form in enumerate(atom.linears)
        if any(i is index for i, _ in form[1])
    )


def _zero(form: Form, required: Sequence[Requirement]) -> bool:
    writer = _Writer()
    last = writer.form(form)
    facts = list(writer.facts(form, required))
    nodes = writer.nodes
    if len(nodes.nodes) > MOST_NODES:
        return False
    left = min(SECONDS, current().deadline - now())
    return left > 0 and decide(nodes.ending_in(last), nodes.signs, facts, left).proved


def follows(asked: Requirement, known: Sequence[Requirement]) -> bool:
    """Whether a requirement is shown to follow, at every index, from known ones that hold everywhere."""
    if asked.relation not in RELATIONS:
        return False
    writer = _Writer()
    facts = list(writer.facts(asked.form, known))
    left = min(SECONDS_FOR_DOMAINS, current().deadline - now())
    return left > 0 and implied(writer.nodes, facts, (writer.form(asked.form), asked.relation), left)


class _Writer:
    def __init__(self) -> None:
        self.nodes = Nodes()
        self.variables: dict[str, int] = {}

    def facts(self, form: Form, required: Iterable[Requirement]) -> Iterator[Fact]:
        """What holds at the indices of a form."""
        found: dict[Fact, None] = {}
        for one in required:
            if one.relation in RELATIONS and one.path.key == ONE.key:
                for placed in islice(_placed(one.form, form.free), MOST_PLACES):
                    if placed.sources & form.sources:
                        found[self.form(placed), one.relation] = None
        yield from found

    def form(self, form: Form) -> int:
        """A sum of terms."""
        ordered = sorted(form.terms.items())
        return self.nodes.add(*(self.term(term, factor) for _, (term, factor) in ordered))

    def term(self, term: Term, factor: Rational) -> int:
        """A product; what is under its sum is one variable."""
        parts = [] if factor == 1 else [self.nodes.number(factor)]
        held: Factors = {}
        for key in sorted(term.factors):
            atom, power = term.factors[key]
            if atom.free.isdisjoint(term.bound):
                parts.append(self.nodes.power(self.atom(atom), power))
            else:
                held[key] = (atom, power)
        if term.bound:
            total = Term(term.bound, held)
            parts.append(self.variable(total.key, WORDS[sign(Form({total.key: (total, 1)}))]))
        return self.nodes.mul(*parts)

    def variable(self, key: str, word: str) -> int:
        """The variable of what has this text."""
        if key not in self.variables:
            self.variables[key] = self.nodes.variable(word)
        return self.variables[key]

    def atom(self, atom: Atom) -> int:
        """One factor, without its power."""
        match atom.kind:
            case "root":
                return self.nodes.number(Fraction(atom.name))
            case "base":
                return self.form(atom.forms[0])
            case "exp":
                return self.nodes.function("exp", self.form(atom.forms[0]))
            case "kernel":
                return self.nodes.function(atom.name, *map(self.form, atom.forms))
            case "positive":
                return self.nodes.put("positive", self.form(atom.forms[0]))
            case "vanishes":
                return self.nodes.put("zero", self.form(atom.forms[0]))
            case "delta" | "atleast":
                return self.variable(atom.key, "truth")
        return self.variable(atom.key, WORDS[sign(power_of(atom))])


def _placed(form: Form, free: frozenset[Index]) -> Iterator[Form]:
    """The form with its free indices at those of another, wherever their ranges are the same."""
    own = sorted(form.free, key=lambda index: index.serial)
    choices = [[other for other in sorted(free, key=lambda i: i.serial) if other.extent == mine.extent] for mine in own]
    for chosen in product(*choices):
        try:
            yield substitute(form, {mine: lin.of_index(other) for mine, other in zip(own, chosen, strict=True)})
        except (TooLarge, Undefined):
            continue
