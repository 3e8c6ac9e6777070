"""Polynomials over the rationals in variables and kernels, and fractions of them modulo relations.

A generator is a variable or a function of polynomials: a real number at every point. Relations are polynomials
that are 0 in the case at hand. A fraction that is reduced to 0 is 0 wherever its denominator is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import fmpq_mpoly_ctx

Poly = Any  # flint.fmpq_mpoly has no stubs
MOST_ROUNDS = 50
MOST_TERMS = 5_000  # of a fraction: beyond, one division takes seconds, which no clock interrupts
MOST_DEGREE = 512  # t^4096 - 1 takes two minutes to factor, and t^(2^50) + 1 for ever


class TooMuch(Exception):
    """The expression is too large for the tower."""


class NoValue(Exception):
    """A division by zero in the case at hand."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """A fraction in lowest terms; the denominator's leading coefficient is 1."""

    num: Poly
    den: Poly

    @property
    def key(self) -> str:
        """A text that equal fractions share."""
        return f"{self.num}/{self.den}"


@dataclass(frozen=True, slots=True)
class Generator:
    """What a generator means: ``kind`` of fractions at a ``scale`` k.

    "var" the variable number k     "exp" exp(k u)     "cos", "sin" of k u     "root" |u|^k
    "log" log |u|     "fun:…" of the arguments
    """

    kind: str
    args: tuple[Quotient, ...]
    scale: Fraction = Fraction(1)

    @property
    def key(self) -> str:
        """A text that says which one it is."""
        return f"{self.kind}({';'.join(arg.key for arg in self.args)}){self.scale}"


@dataclass
class Ring:
    """Polynomials in generators; the later a generator, the larger in the lexicographic order."""

    room: int
    generators: list[Generator] = field(default_factory=list)
    _known: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.context = fmpq_mpoly_ctx.get([f"t{k}" for k in range(self.room)], "lex")
        self._gens: Sequence[Poly] = self.context.gens()
        self.one: Poly = self.context.constant(1)

    def constant(self, value: Any) -> Poly:
        """A number."""
        return self.context.constant(value)

    def generator(self, made: Generator) -> Poly:
        """The polynomial that is one generator, new or known."""
        number = self._known.get(made.key)
        if number is None:
            if len(self.generators) == self.room:
                raise TooMuch("more generators than there is room for")
            number = self._known[made.key] = len(self.generators)
            self.generators.append(made)
        return self._gens[self.room - 1 - number]

    def factors(self, exponents: Sequence[int]) -> list[tuple[int, int]]:
        """The generators of a monomial, by number, with their powers."""
        return [(self.room - 1 - place, int(power)) for place, power in enumerate(exponents) if power]

    def gen(self, number: int) -> Poly:
        """A known generator as a polynomial."""
        return self._gens[self.room - 1 - number]


def _must_be_of_low_degree(*polynomials: Poly) -> None:
    if any(p.total_degree() > MOST_DEGREE for p in polynomials):
        raise TooMuch("polynomials of too high a degree")


class Field:
    """Fractions modulo the relations of one case, newest first."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self.relations: list[Poly] = []
        self.zero = Quotient(ring.constant(0), ring.one)
        self.one = Quotient(ring.one, ring.one)

    def relate(self, relation: Poly) -> None:
        """Add a polynomial that is 0 here."""
        _must_be_of_low_degree(relation)
        if all(relation != known for known in self.relations):
            self.relations.append(relation)

    def reduce(self, p: Poly) -> Poly:
        """A polynomial modulo the relations."""
        for _ in range(MOST_ROUNDS):
            before = p
            for relation in reversed(self.relations):
                p = divmod(p, relation)[1]
            if p == before:
                return p
        raise TooMuch("a reduction that does not end")

    def quotient(self, num: Poly, den: Poly) -> Quotient:
        """num / den, reduced."""
        if len(num) + len(den) > MOST_TERMS:
            raise TooMuch("polynomials of too many terms")
        _must_be_of_low_degree(num, den)
        if self.relations:
            num, den = self.reduce(num), self.reduce(den)
        if den.is_zero():
            raise NoValue
        if num.is_zero():
            return self.zero
        if not den.is_constant():
            common = num.gcd(den)
            if not common.is_one():
                num, den = divmod(num, common)[0], divmod(den, common)[0]
        lead = den.leading_coefficient()
        return Quotient(num / lead, den / lead)

    def poly(self, p: Poly) -> Quotient:
        """A polynomial as a fraction."""
        return Quotient(self.reduce(p) if self.relations else p, self.ring.one)

    def number(self, value: Any) -> Quotient:
        """A number as a fraction."""
        return Quotient(self.ring.constant(value), self.ring.one)

    def add(self, a: Quotient, b: Quotient) -> Quotient:
        """The sum."""
        if a.den == b.den:
            return self.quotient(a.num + b.num, a.den)
        return self.quotient(a.num * b.den + b.num * a.den, a.den * b.den)

    def mul(self, a: Quotient, b: Quotient) -> Quotient:
        """The product."""
        return self.quotient(a.num * b.num, a.den * b.den)

    def power(self, a: Quotient, exponent: int) -> Quotient:
        """A whole power."""
        if exponent < 0:
            a, exponent = self.quotient(a.den, a.num), -exponent
        total = self.one
        for bit in f"{exponent:b}":
            total = self.mul(total, total)
            if bit == "1":
                total = self.mul(total, a)
        return total
