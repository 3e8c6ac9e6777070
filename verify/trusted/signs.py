"""The signs of polynomials in one case of a proof: by shape, by what is known, by multiples of it, by a conjugate.

A sign is the set of those of -1, 0, 1 that are possible; every rule only takes away what cannot be.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from verify.trusted.polynomials import ONE, Factored, Key, Poly, divided, generator, plus, times
from verify.trusted.terms import Refused

Sign = frozenset[int]
ANY = frozenset({-1, 0, 1})
SIGNS = {
    "real": ANY, "nonzero": frozenset({-1, 1}), "nonnegative": frozenset({0, 1}), "truth": frozenset({0, 1}),
    "positive": frozenset({1}),
}  # fmt: skip


class Empty(Exception):
    """What is known excludes every point."""


class Meaning(NamedTuple):
    """What a generator is: a function of polynomials at a scale k.

    "var" the variable number k; "exp", "cos", "sin" of k num/den; "root" |p|^k; "log" log |p|; "fun:…" of fractions.
    """

    kind: str
    args: tuple[Key, ...]
    scale: Fraction


class Signs:
    """What is 0 and what has a known sign in one case."""

    def __init__(self, meaning: Sequence[Meaning], variables: Sequence[str]) -> None:
        self.meaning, self.variables = meaning, variables
        self.relations: list[Poly] = []
        self.known: list[tuple[Poly, Sign]] = []

    def reduced(self, p: Poly) -> Poly:
        """Modulo what is 0 in this case."""
        for _ in range(50):
            before = p
            for relation in reversed(self.relations):
                p = divided(p, relation)[1]
            if p == before:
                return p
        raise Refused("out of budget: a reduction that does not end")

    def relate(self, p: Poly) -> None:
        if p not in self.relations:
            self.relations.append(p)

    def learn(self, p: Poly, sign: Sign) -> None:
        """Take in that the sign of p is one of these."""
        before = self.sign(p)
        if not before & sign:
            raise Empty
        if before & sign != before:
            self.known.append((p, before & sign))

    def learn_factored(self, factored: Factored, sign: Sign) -> None:
        """Take in the sign of a product, as that of the product of its factors whose sign is open."""
        content, factors = factored
        if not content:
            if 0 not in sign:
                raise Empty
            return
        if not sign & self.sign_of(factored):
            raise Empty
        rest, squares = ONE, False
        known = frozenset({1 if content > 0 else -1})
        for p, power in factors:
            if 0 not in sign:
                self.learn(p, frozenset({-1, 1}))
            mine = self.sign(p)
            if power % 2 == 0:
                squares = squares or 0 in mine
            elif len(mine) == 1 and 0 not in mine:
                known = _signs(known, mine)
            else:
                rest = times(rest, p)
        if rest != ONE and not squares:
            self.learn(rest, _signs(sign, known))

    def sign_of(self, factored: Factored) -> Sign:
        """The signs that a product may have."""
        content, factors = factored
        total, rest, open_sign = frozenset({(content > 0) - (content < 0)}), ONE, frozenset({1})
        for p, power in factors:
            sign = frozenset(x ** abs(power) for x in self.sign(p))
            if len(sign) > 1 and power % 2:
                rest, open_sign = times(rest, p), _signs(open_sign, sign)
            else:
                total = _signs(total, sign)
        return total if rest == ONE else _signs(total, open_sign & self.sign(rest))

    def sign(self, p: Poly) -> Sign:
        """The signs that p may have: by shape, by what is known, by multiples of it, by a conjugate."""
        found = self.plainly(p)
        for way in (1, -1):
            if len(found) > 1:
                shown = self.by_known({m: c * way for m, c in p.items()}, 2)
                found &= frozenset(s * way for s in shown)
        return found if len(found) <= 1 else found & self.by_conjugate(p)

    def plainly(self, p: Poly) -> Sign:
        """By shape, or by what is known of a multiple of it."""
        found = self.by_shape(p)
        for q, sign in self.known:
            ratio = _ratio(p, q)
            if ratio:
                found &= frozenset(s if ratio > 0 else -s for s in sign)
        return found

    def by_shape(self, p: Poly) -> Sign:
        """A sum of terms none of which is negative, or none positive."""
        signs = []
        for m, c in p.items():
            total = frozenset({1 if c > 0 else -1})
            for g, k in m:
                total = _signs(total, frozenset(s**k for s in self.generator_sign(g)))
            signs.append(total)
        return _sum(signs)

    def generator_sign(self, g: int) -> Sign:
        kind, args, scale = self.meaning[g]
        sign = ANY
        if kind == "var":
            sign = SIGNS[self.variables[int(scale)]]
        elif kind == "exp":
            sign = frozenset({1})
        elif kind == "root":
            sign = frozenset({0, 1}) if 0 in self.plainly(dict(args[0])) else frozenset({1})
        for q, known in self.known:
            if q == generator(g):
                sign &= known
        return sign

    def by_known(self, p: Poly, depth: int) -> Sign:
        """Signs >= 0 of p = λ f + μ g + rest, with f and g known not to be negative and λ, μ > 0; else ANY."""
        sign = self.by_shape(p)
        if -1 not in sign or not depth:
            return ANY if -1 in sign else sign
        for f, known in self.known:
            for way in (1, -1):
                if -way in known:
                    continue
                for shift in sorted({p[m] / (c * way) for m, c in f.items() if m in p}):
                    if shift > 0:
                        rest = self.by_known(plus(p, f, -shift * way), depth - 1)
                        if -1 not in rest:
                            return _sum([frozenset(s * way for s in known), rest])
        return ANY

    def by_conjugate(self, p: Poly) -> Sign:
        """(a + b R)(a - b R) = a² - b² r, for the newest generator R = √r."""
        g = max((m[0][0] for m in p if m), default=-1)
        if g < 0 or self.meaning[g][0] != "root" or self.meaning[g][2] != Fraction(1, 2):
            return ANY
        root = generator(g)
        b, a = divided(p, root)
        if divided(b, root)[0]:
            return ANY
        square = times(times(b, b), times(root, root))
        norm = self.sign(self.reduced(plus(times(a, a), square, -1)))
        if len(norm) == 1 and 0 not in norm:
            return self.sign(b) if norm == {-1} else self.sign(a)
        return ANY if 0 in norm else frozenset({-1, 1})


def _signs(a: Sign, b: Sign) -> Sign:
    return frozenset(x * y for x in a for y in b)


def _sum(signs: Sequence[Sign]) -> Sign:
    if len(signs) < 2:
        return signs[0] if signs else frozenset({0})
    some = frozenset[int]().union(*signs)
    for way in (1, -1):
        if -way not in some:
            return frozenset({way}) if frozenset({way}) in signs else some
    return ANY


def _ratio(p: Poly, q: Poly) -> Fraction | None:
    """c where p = c q."""
    if not p or p.keys() != q.keys():
        return None
    ratio = p[max(p)] / q[max(p)]
    return ratio if all(p[m] == ratio * q[m] for m in p) else None
