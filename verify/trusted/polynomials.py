"""Polynomials over the rationals in numbered generators, for the replay of proofs of scalar identities."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from verify.trusted.terms import need

Monomial = tuple[tuple[int, int], ...]  # (generator, power), the newest generator first: tuples compare as lex order
Poly = dict[Monomial, Fraction]
Key = tuple[tuple[Monomial, Fraction], ...]
Factored = tuple[Fraction, list[tuple[Poly, int]]]
MAX_TERMS, MAX_POWER, MAX_BITS = 20_000, 64, 2**15
ONE: Poly = {(): Fraction(1)}


def plus(p: Poly, q: Poly, factor: Fraction | int = 1) -> Poly:
    """p + factor · q"""
    out = dict(p)
    for m, c in q.items():
        total = out.pop(m, Fraction(0)) + c * factor
        if total:
            out[m] = total
    return out


def monomial(a: Monomial, b: Monomial) -> Monomial:
    """The product."""
    powers = dict(a)
    for g, k in b:
        powers[g] = powers.get(g, 0) + k
    return tuple(sorted(((g, k) for g, k in powers.items() if k), reverse=True))


def times(p: Poly, q: Poly) -> Poly:
    """The product."""
    need(len(p) * len(q) <= MAX_TERMS, "out of budget: polynomials that are too long")
    out: Poly = {}
    for a, c in p.items():
        for b, d in q.items():
            m = monomial(a, b)
            total = out.pop(m, Fraction(0)) + c * d
            bits = total.numerator.bit_length() + total.denominator.bit_length()
            need(bits <= MAX_BITS, "out of budget: long numbers")
            if total:
                out[m] = total
    return out


def product(polys: Iterable[Poly]) -> Poly:
    """The product of some."""
    out = ONE
    for p in polys:
        out = times(out, p)
    return out


def divided(p: Poly, f: Poly) -> tuple[Poly, Poly]:
    """p = quotient · f + rest, no term of the rest divisible by the lead of f."""
    lead = max(f)
    quotient, rest = Poly(), Poly()
    p = dict(p)
    while p:
        m = max(p)
        c, powers = p[m], dict(m)
        left = {g: powers.pop(g, 0) - k for g, k in lead} | powers
        if min(left.values(), default=0) < 0:
            rest[m] = p.pop(m)
            continue
        step = {tuple(sorted(((g, k) for g, k in left.items() if k), reverse=True)): c / f[lead]}
        quotient, p = plus(quotient, step), plus(p, times(step, f), -1)
    return quotient, rest


def monic(p: Poly) -> tuple[Fraction, Poly]:
    """The leading coefficient, and the polynomial over it."""
    lead = p[max(p)]
    return lead, {m: c / lead for m, c in p.items()}


def key(p: Poly) -> Key:
    """A polynomial as a value that can be looked up."""
    return tuple(sorted(p.items()))


def read(value: Any, before: int) -> Poly:
    """A polynomial as a proof spells it, in generators before a number: [[coefficient, [[generator, power], …]], …]."""
    out: Poly = {}
    for c, powers in value:
        need(all(type(g) is type(k) is int and 0 <= g < before and 0 < k <= MAX_POWER for g, k in powers), "a monomial")
        need(len(dict(map(tuple, powers))) == len(powers) and type(c) is str and len(c) < 400, "a monomial")
        out = plus(out, {tuple(sorted(map(tuple, powers), reverse=True)): Fraction(c)})
    return out


def plain(p: Poly) -> tuple[Fraction, list[tuple[Poly, int]]]:
    """A polynomial as a number times itself, or times the generators of its one monomial."""
    if not p:
        return Fraction(0), []
    lead, q = monic(p)
    if len(q) == 1:
        return lead, [({((g, 1),): Fraction(1)}, k) for g, k in max(q)]
    return lead, [(q, 1)]


def primes(value: Fraction) -> list[tuple[int, int]]:
    """A positive rational as primes to powers; beyond a bound, Refused."""
    found: dict[int, int] = {}
    for whole, way in ((value.numerator, 1), (value.denominator, -1)):
        divisor = 2
        while divisor * divisor <= whole:
            need(divisor < 100_000, "out of budget: a number with large factors")
            while whole % divisor == 0:
                whole, found[divisor] = whole // divisor, found.get(divisor, 0) + way
            divisor += 1 if divisor == 2 else 2
        if whole > 1:
            found[whole] = found.get(whole, 0) + way
    return sorted((p, k) for p, k in found.items() if k)


def generator(g: int) -> Poly:
    """The polynomial that is one generator."""
    return {((g, 1),): Fraction(1)}
