"""Relations between indices: what they say an index is, or keep it within.

Part of what the checker rests on; the standard library alone.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence

from verify.trusted import terms
from verify.trusted.terms import UNITY, ZERO, Atom, Factors, Form, Number, Poly, names_of


class Relations:
    """What relations say, by what is evident of sizes and ranges."""

    ranges: Mapping[str, Poly]
    nonnegative: Callable[[Poly], bool]
    always: Callable[[Poly], bool]
    relation: Callable[[str, Poly], Form]
    merged: Callable[..., Factors]
    replaced: Callable[..., tuple[Factors, list[Form]]]

    @abstractmethod
    def emit(self, out: Form, c: Number, binders: Sequence[str], factors: Factors, values: Sequence[Form] = ()) -> Form:
        """Add c · Σ_binders Π factors · Π values to ``out``."""

    def windows(self, name: str, factors: Factors) -> Iterator[tuple[set[Atom], Poly, Poly]]:
        """Two relations that keep an index within its range, and within a stretch of known length: start and length."""
        ends = [
            (atom, dict(atom.args[0]).get((name,)), terms.solution(atom.args[0], name))
            for atom in factors
            if atom.kind == ">="
        ]
        for low, _, start in [end for end in ends if end[1] == 1]:
            for high, _, last in [end for end in ends if end[1] == -1]:
                if start is not None and last is not None and self.always(start):
                    length = last - start + 1
                    fixed = all(n[0] not in "#@" for names, _ in length for n in names)
                    if fixed and self.nonnegative(length) and self.always(self.ranges[name] - 1 - last):
                        yield {low, high}, start, length

    def radix(self, p: Poly, kind: str) -> list[Atom]:
        """n·a + b == 0 with |b| < n means a == 0 and b == 0; n·a + b >= 0 with 0 <= b < n means a >= 0, and with
        -n <= b < 0 it means a >= 1: for n an integer times dimensions."""
        units = {(tuple(n for n in names if n[0] != "#"), abs(f)) for names, f in p} - {((), 1)}
        for unit, g in sorted(units, key=lambda unit: (-len(unit[0]), -unit[1], unit)):
            within = {names: not f % g and names[len(names) - len(unit) :] == unit for names, f in p}
            a = Poly((names[: len(names) - len(unit)], f // g) for names, f in p if within[names])
            b, n = Poly((names, f) for names, f in p if not within[names]), Poly([(unit, g)])
            if not any(name[0] == "#" for names, _ in a for name in names):
                continue
            if kind == "==" and b and all(self.always(n - 1 - q) for q in (b, ZERO - b)):
                return [terms.related("==", a), terms.related("==", b)]
            if kind == ">=" and self.always(b) and self.always(n - 1 - b):
                return [terms.related(">=", a)]
            if kind == ">=" and self.always(ZERO - b - 1) and self.always(n + b):
                return [terms.related(">=", a - 1)]
        return []

    def simplified(self, out: Form, c: Number, binders: Sequence[str], factors: Factors, atom: Atom) -> bool:
        """Simplify by one relation; True when the term was dealt with here."""
        (p,), rest, equality = atom.args, terms.less(factors, atom), atom.kind == "=="
        if self.always(ZERO - p - 1) or (equality and self.always(p - 1)):
            return True  # never holds: the term is 0
        if not p or (not equality and self.always(p)):
            self.emit(out, c, binders, rest)
        elif split := self.radix(p, atom.kind):
            self.emit(out, c, binders, self.merged(rest, dict.fromkeys(split, 1)))
        elif not equality and self.always(p + 1):  # [p >= 0] = 1 - [p == -1] where p >= -1
            self.emit(out, c, binders, rest, [UNITY - self.relation("==", p + 1)])
        elif not equality and ((), -1) in p and len(dict(p)) == 3 and all(n[0][0] == "#" for n in dict(p) if n):
            self.emit(out, c, binders, rest, [self.relation(">=", p + 1) - self.relation("==", p + 1)])  # i > j
        elif not equality:
            for other in [other for other in rest if other.kind == ">="]:
                q = other.args[0]
                if self.always(ZERO - p - q - 1):
                    return True  # both cannot hold
                if not p + q or self.always(p - q):  # together they say p == 0, or the other says more
                    both = terms.related("==", p) if not p + q else other
                    self.emit(out, c, binders, self.merged(terms.less(rest, other), {both: 1}))
                    return True
            return False
        else:
            return self.solved(out, c, binders, rest, atom)
        return True

    def solved(self, out: Form, c: Number, binders: Sequence[str], rest: Factors, atom: Atom) -> bool:
        """Solve p == 0 for a bound index, which disappears, or else for the last of its names, which is replaced."""
        choices = []
        for name in sorted(n for n in names_of(atom) if n[0] == "#"):
            value = terms.solution(atom.args[0], name)
            if value is not None:
                ends = [end for end in (value, self.ranges[name] - 1 - value) if not self.always(end)]
                if name in binders:
                    choices.append((len(ends), name, value, {terms.related(">=", end): 1 for end in ends}))
                elif name == max(names_of(atom)) and any(name in names_of(a) for a in rest):
                    choices.append((9, name, value, {atom: 1}))
        for _, name, value, kept in sorted(choices, key=lambda choice: choice[:2])[:1]:
            new, values = self.replaced(rest, {name: value})
            self.emit(out, c, [n for n in binders if n != name], self.merged(new, kept), values)
        return bool(choices) or self.sized(out, c, binders, rest, atom)

    def sized(self, out: Form, c: Number, binders: Sequence[str], rest: Factors, atom: Atom) -> bool:
        """[n == k] u(n) = [n == k] u(k) for a dimension n, in positions and relations."""
        p, new = atom.args[0], Factors()
        name = max((n for names, _ in p for n in names if terms.solution(p, n) is not None), default="")
        for other, power in rest.items() if name and not names_of(atom) else ():
            new = self.merged(new, {terms.resized(other, name, terms.solution(p, name)): power})
        if new and new != rest:
            self.emit(out, c, binders, self.merged(new, {atom: 1}))
        return bool(new) and new != rest
