"""Cosines of rational parts of a turn, and multiples of a size: factors cos(π p / (2n)) and [p is a multiple of n].

Both are for a polynomial p in indices and sizes.

Part of what the checker rests on; the standard library alone. Facts used: cos is even, cos(a + π) = -cos a,
2 cos a cos b = cos(a - b) + cos(a + b), the sum of cosines at equal steps around the whole circle, and
Φ(ζ) = 0 for a primitive root of 1.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from verify.trusted import terms
from verify.trusted.terms import UNITY, ZERO, Atom, Factors, Form, Number, Poly, Term, poly

MOST_DIVISIONS = 512  # of the circle, whose cosines are put in terms of a basis


def cosine(p: Poly, n: Poly) -> Atom:
    """cos(π p / (2n)), as the same factor for p and -p."""
    return terms.moved(Atom("turn", "", (p, n)), {name: poly(name) for names, _ in p for name in names})


def congruent(p: Poly, n: Poly) -> Atom:
    """[p is a multiple of n], as the same factor for p and -p."""
    return terms.moved(Atom("multiple", "", (p, n)), {name: poly(name) for names, _ in p for name in names})


class Turns:
    """The rules for products and sums of such factors."""

    ranges: Mapping[str, Poly]
    always: Callable[[Poly], bool]
    relation: Callable[[str, Poly], Form]
    mul: Callable[..., Form]
    number: Callable[[Poly], Form]
    replaced: Callable[..., tuple[Factors, list[Form]]]

    @abstractmethod
    def emit(self, out: Form, c: Number, binders: Sequence[str], factors: Factors, values: Sequence[Form] = ()) -> Form:
        """Add c · Σ_binders Π factors · Π values to ``out``."""

    def turn(self, p: Poly, n: Poly) -> Form:
        """cos(π p / (2n))"""
        return self.emit(Form(), 1, [], {cosine(p, n): 1})

    def turned(self, factors: Factors, binders: Iterable[str]) -> tuple[list[str], Factors, list[Form]] | None:
        """A step: the binders and factors that stay, and forms in place of the others; None where there is none."""
        step = self.step(factors, binders)
        if step is None:
            return None
        left = {atom: power for atom, power in factors.items() if atom not in step[0]}
        return [name for name in binders if name not in step[1]], left, step[2]

    def step(self, factors: Factors, binders: Iterable[str]) -> tuple[set[Atom], set[str], list[Form]] | None:
        """The factors and the binders that go, and the forms in their place."""
        for atom in [atom for atom in factors if atom.kind == "multiple"]:
            value = self.decided(*atom.args)
            if value is not None:
                return {atom}, set(), [value]
            for name in binders:
                place = self.chosen(name, atom, factors) if name in terms.names_of(atom) else None
                if place is not None:
                    near_by = {a: k for a, k in factors.items() if a != atom and name in terms.names_of(a)}
                    kept, values = self.replaced(near_by, {name: place})
                    return {atom, *near_by}, {name}, [self.emit(Form(), 1, [], kept), *values]
        turns = [(atom, power) for atom, power in factors.items() if atom.kind == "turn" and power > 0 == power % 1]
        for k, (atom, power) in enumerate(turns):
            p, n = atom.args
            value = self.exactly(p, n)
            if value is not None:
                return {atom}, set(), [value] * int(power)
            if power > 1:
                double = (UNITY + self.turn(p + p, n)) * Fraction(1, 2)
                return {atom}, set(), [double, self.emit(Form(), 1, [], {atom: power - 2} if power > 2 else {})]
            for other, times in turns[:k]:
                if other.args[1] == n and times == 1:
                    q = other.args[0]
                    return {atom, other}, set(), [(self.turn(p - q, n) + self.turn(p + q, n)) * Fraction(1, 2)]
            for name in binders:
                if name in terms.names_of(atom) and sum(name in terms.names_of(a) for a in factors) == 1:
                    done = self.period(name, p, n)
                    if done is not None:
                        return {atom}, {name}, [done]
        return None

    def oriented(self, factors: Factors, extents: Mapping[str, Poly]) -> list[tuple[Term, int]]:
        """The term of these factors with its sign, each angle kept or put half a turn on; nothing where it is 0."""
        term, sign = terms.canonical(factors, extents), 1
        for atom, power in [*factors.items()]:
            if atom.kind == "turn" and power == 1 and terms.names_of(atom):
                p, n = atom.args
                partner = cosine(p + n * 2, n)
                if partner in factors:  # to a power below 0
                    continue
                onward = {**terms.less(factors, atom), partner: 1}
                other = terms.canonical(onward, extents)
                if other == term:
                    return []
                if other < term:
                    term, sign, factors = other, -sign, onward
        return [(term, sign)]

    def period(self, name: str, p: Poly, n: Poly) -> Form | None:
        """Σ over an index of the cosine, where the index goes once around the circle, or around half of it."""
        if any(names.count(name) > 1 for names, _ in p):
            return None
        for times in (1, 2, 4):
            if not any(f % times for _, f in (*p, *n)):
                slope = Poly((tuple(x for x in names if x != name), f // times) for names, f in p if name in names)
                rest = Poly((names, f // times) for names, f in p if name not in names)
                steps = Poly((names, f // times) for names, f in n)
                done = self.around(self.ranges[name], slope, rest, steps)
                if done is not None:
                    return done
        return None

    def around(self, count: Poly, slope: Poly, rest: Poly, n: Poly) -> Form | None:
        """Σ_k cos(π (k slope + rest) / (2n)) over ``count`` places, k from 0 on."""
        if count == n and not any(f % 4 for _, f in slope):
            hit = self.multiple(Poly((names, f // 4) for names, f in slope), n)
            return self.mul(hit, self.number(n), self.turn(rest, n))
        if any(f % 2 for _, f in slope):
            return None
        m = Poly((names, f // 2) for names, f in slope)
        even, turns = self.multiple(m, poly(2)), self.mul(self.multiple(m, n * 2), self.number(n))
        sums = {  # by where the angle starts, and over how many places
            (m, n): self.mul(self.multiple(m, n * 4), self.number(n)) * 2 - turns,
            (ZERO, n): turns + UNITY - even,
            (ZERO, n + 1): turns + even,
            (m + m, n): turns + even - UNITY,
            (m + m, n - 1): turns - even,
        }
        for (start, places), value in sums.items():
            left = terms.unwound(rest - start, n)
            if count == places and left in (ZERO, terms.unwound(n * 2, n)):
                return self.mul(value, self.turn(left, n))
        return None

    def multiple(self, p: Poly, n: Poly) -> Form:
        """[p is a multiple of n]"""
        return self.emit(Form(), 1, [], {congruent(p, n): 1})

    def decided(self, p: Poly, n: Poly) -> Form | None:
        """[p is a multiple of n] where that says that p == 0; None where it may say more."""
        p = near(p, n)
        if n == terms.ONE:
            return UNITY
        if n == poly(2) and any(not names for names, _ in p):  # odd, where the rest is even
            return UNITY - self.multiple(Poly((names, f) for names, f in p if names), n)
        return self.relation("==", p) if all(self.always(n - 1 + p * way) for way in (1, -1)) else None

    def chosen(self, name: str, atom: Atom, factors: Factors) -> Poly | None:
        """What an index is up to multiples of n, where it runs over n places and all else has this period in it."""
        p, n = atom.args
        (slope,) = [f for names, f in p if names == (name,)] or [0]
        if abs(slope) != 1 or self.ranges[name] != n or any(name in names and len(names) > 1 for names, _ in p):
            return None
        for other in factors:
            q = Poly((names, f) for names, f in other.args[0] if name in names) if other.args else ZERO
            if other == atom or name not in terms.names_of(other):
                continue
            fits = other.kind in ("turn", "multiple") and other.args[1] == n
            if not fits or any(names.count(name) > 1 for names, _ in q):
                return None
            if other.kind == "turn" and any(f % 4 for _, f in q):
                return None
        return p.at({name: ZERO}) * -slope

    def exactly(self, p: Poly, n: Poly) -> Form | None:
        """The cosine where it is a number and not a member of the basis."""
        if any(names for names, _ in n):
            values = {ZERO: 1, n: 0, n * 2: -1, n * 3: 0}
            return Form() + UNITY * values[p] if p in values else None
        if any(names for names, _ in p):
            return None
        steps, size = (poly_value(q) for q in (p, n))
        if not 0 < 4 * size <= MOST_DIVISIONS:
            return None
        basis = in_basis(steps % (4 * size), 4 * size)
        if basis == ((steps, 1),) and steps:
            return None
        out = Form()
        for k, c in basis:
            self.emit(out, c, [], {cosine(poly(k), n): 1} if k else {})
        return out


def poly_value(p: Poly) -> int:
    """The number that a polynomial without names is."""
    return p[0][1] if p else 0


def near(p: Poly, n: Poly) -> Poly:
    """p up to multiples of n: with coefficients about 0 where n is a number."""
    p = terms.unwound(p, n, 1)
    if any(names for names, _ in n):
        return p
    whole = poly_value(n)
    return Poly((names, (f + whole // 2) % whole - whole // 2) for names, f in p)


@cache
def in_basis(steps: int, divisions: int) -> tuple[tuple[int, Any], ...]:
    """cos(2π steps / divisions) as Σ c · cos(2π k / divisions) over the k below half the degree of Φ.

    The real part of ζ^(k - d) Φ(ζ) = 0 is Σ_m a_m cos(k - m) = 0: it gives each cosine from k = d/2 on by earlier ones.
    """
    phi = primitive(divisions)
    degree = len(phi) - 1
    left = {min(steps, divisions - steps): Fraction(1)}
    while left and max(left) >= max(degree // 2, 1):
        top, row = max(left), dict[int, int]()
        for m, a in enumerate(phi):
            row[abs(top - m)] = row.get(abs(top - m), 0) + a
        share = left[top] / row[top]
        left = {k: left.get(k, Fraction(0)) - share * row.get(k, 0) for k in left.keys() | row.keys()}
        left = {k: c for k, c in left.items() if c}
    return tuple((k, terms.whole(c)) for k, c in sorted(left.items()))


@cache
def primitive(n: int) -> tuple[int, ...]:
    """The polynomial of the primitive n-th roots of 1: x^n - 1 over those of the divisors of n."""
    rest = [1, *[0] * (n - 1), -1]
    for d in [d for d in range(1, n) if not n % d]:
        below, out = primitive(d), list[int]()
        while len(rest) >= len(below):
            out.append(rest[0])
            rest = [a - rest[0] * b for a, b in zip(rest, (*below, *[0] * (len(rest) - len(below))), strict=True)][1:]
        rest = out
    return tuple(rest)
