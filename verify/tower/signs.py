"""The signs of polynomials in one case: what was assumed, what facts say, and what shape alone shows.

A sign is the set of those of -1, 0, 1 that are possible. Every rule only takes away what cannot be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

from verify.tower.nodes import SIGNS
from verify.tower.ring import Field, Poly

Sign = frozenset[int]
ANY: Sign = frozenset({-1, 0, 1})
_SHIFTS = 2  # how many known polynomials are taken from one whose sign is asked for
Factored = tuple[Any, list[tuple[Poly, int]]]


class Empty(Exception):
    """Facts and assumptions exclude each other: there is no point in this case."""


def times(a: Sign, b: Sign) -> Sign:
    """The possible signs of a product."""
    return frozenset(x * y for x, y in product(a, b))


def powered(a: Sign, power: int) -> Sign:
    """The possible signs of a power, where it has a value."""
    return frozenset(x ** abs(power) for x in a)


@dataclass
class Signs:
    """What is known of signs in one case. ``variables`` are those of the variables, by number."""

    over: Field
    variables: list[str]
    known: dict[str, tuple[Poly, Sign]] = field(default_factory=dict)

    def learn(self, p: Poly, sign: Sign) -> None:
        """Take in that a polynomial has one of these signs; Empty where it cannot."""
        p, flip = self._directed(p)
        sign = times(sign, frozenset({flip}))
        before = self.of(p)
        if not before & sign:
            raise Empty
        if before & sign != before:
            self.known[str(p)] = (p, before & sign)

    def learn_factored(self, factored: Factored, sign: Sign) -> None:
        """Take in the sign of a product: of the one factor that is open, or of the product of those that are."""
        content, factors = factored
        if not sign & self.of_factored(factored):
            raise Empty
        known: Sign = frozenset({1 if content > 0 else -1})
        whole, squares = self.over.ring.one, False
        for p, power in factors:
            if 0 not in sign:
                self.learn(p, frozenset({-1, 1}))
            of = self.of(p)
            if power % 2 == 0:
                squares |= 0 in of
            elif len(of) == 1 and 0 not in of:
                known = times(known, of)
            else:
                whole = whole * p
        if not whole.is_one() and not squares:  # x² y >= 0 says nothing of y where x = 0
            self.learn(whole, times(sign, known))

    def of(self, p: Poly) -> Sign:
        """The possible signs of a polynomial."""
        p, flip = self._directed(p)
        found = self._plain(p)
        if len(found) > 1:
            found &= self._by_known(p)
        if len(found) > 1:
            found &= self._by_conjugate(p)
        return times(found, frozenset({flip})) if found else found

    def of_factored(self, factored: Factored) -> Sign:
        """The possible signs of a product, also of what is known of the product of its open factors."""
        content, factors = factored
        total: Sign = frozenset({1 if content > 0 else -1})
        whole = self.over.ring.one
        open_sign: Sign = frozenset({1})
        for p, power in factors:
            sign = powered(self.of(p), power)
            if len(sign) > 1 and power % 2:
                whole, open_sign = whole * p, times(open_sign, sign)
            else:
                total = times(total, sign)
        if not whole.is_one():
            total = times(total, open_sign & self.of(whole))
        return total

    def generator(self, number: int) -> Sign:
        """The possible signs of a generator."""
        made = self.over.ring.generators[number]
        if made.kind == "var":
            return SIGNS[self.variables[int(made.scale)]]
        if made.kind == "exp" or (made.kind == "root" and 0 not in self._plain(self._directed(made.args[0].num)[0])):
            return frozenset({1})
        return frozenset({0, 1}) if made.kind == "root" else ANY

    # ------------------------------------------------------------------------ by shape

    def _directed(self, p: Poly) -> tuple[Poly, int]:
        """The polynomial or its negative with a leading coefficient of 1, and which of them."""
        lead = p.leading_coefficient() if not p.is_zero() else 1
        return (p / lead, 1 if lead > 0 else -1)

    def _plain(self, p: Poly) -> Sign:
        """By shape, or known as it is, for a leading coefficient of 1."""
        found = self._shown(p)
        for other, sign in list(self.known.values()):
            if other == p:
                found &= sign
        return found

    def _shown(self, p: Poly) -> Sign:
        """By shape: a sum of terms none of which is negative, or none positive."""
        signs = [self._monomial(exponents, coefficient > 0) for exponents, coefficient in p.terms()]
        return _of_sum(signs)

    def _monomial(self, exponents: Iterable[int], positive: bool) -> Sign:
        total: Sign = frozenset({1 if positive else -1})
        for number, power in self.over.ring.factors(tuple(exponents)):
            sign = self.generator(number)
            mine = self.over.ring.gen(number)
            for other, known in self.known.values():
                if other == mine:
                    sign &= known
            total = times(total, powered(sign, power))
        return total

    def _by_known(self, p: Poly) -> Sign:
        """By taking multiples of known polynomials away: p = λ f + μ g + a rest of known sign, λ, μ > 0."""
        found = ANY
        for direction in (1, -1):
            if self._combined(p * direction, _SHIFTS) == frozenset({1}):
                found &= frozenset({direction})
            elif -1 not in self._combined(p * direction, _SHIFTS):
                found &= frozenset({0, direction})
        return found

    def _by_conjugate(self, p: Poly) -> Sign:
        """By (a + b R) (a - b R) = a² - b² r, for the newest square root R = √r in it."""
        ring = self.over.ring
        number = max((k for exponents, _ in p.terms() for k, _ in ring.factors(exponents)), default=-1)
        if number < 0 or ring.generators[number].kind != "root" or ring.generators[number].scale != Fraction(1, 2):
            return ANY
        root = ring.gen(number)
        b, a = divmod(p, root)
        if divmod(b, root)[0]:
            return ANY
        norm = self.of(self.over.reduce(a * a - b * b * root * root))
        if norm == frozenset({-1}):
            return self.of(b)
        if norm == frozenset({1}):
            return self.of(a)
        return ANY if 0 in norm else frozenset({-1, 1})

    def _combined(self, p: Poly, depth: int) -> Sign:
        """ANY, or the possible signs of a p that is shown not to be negative."""
        sign = self._shown(p) if not p.is_zero() else frozenset({0})
        if -1 not in sign or not depth:
            return sign if -1 not in sign else ANY
        terms = p.to_dict()
        for f, known in list(self.known.values()):
            for way in (1, -1):
                if -way in known:
                    continue
                shifts = {terms[m] / (c * way) for m, c in f.terms() if m in terms and terms[m] / (c * way) > 0}
                for shift in shifts:
                    rest = self._combined(p - f * (shift * way), depth - 1)
                    if -1 not in rest:
                        return _of_sum([frozenset(s * way for s in known), rest])
        return ANY


def _of_sum(signs: list[Sign]) -> Sign:
    if len(signs) < 2:
        return signs[0] if signs else frozenset({0})
    some = frozenset().union(*signs)
    if {-1, 1} <= some:
        return ANY
    for direction in (1, -1):
        if frozenset({direction}) in signs:
            return frozenset({direction})
    return some
