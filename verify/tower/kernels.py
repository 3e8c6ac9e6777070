"""Powers, logarithms, exponentials and angles of fractions, in one case of signs.

    exp(Σ c m) = Π exp(k m)^(c/k)           exp(c log |p|) = |p|^c
    log |c Π p^e| = log |c| + Σ e log |p|   |c Π p^e|^q = Π (|p|^k)^(e q/k)
    cos(Σ c m), sin(Σ c m) by the addition theorem from cos(k m), sin(k m), with sin² = 1 - cos²

Where a sign decides and is not known, :class:`Split` asks for cases; where a generator needs another scale k,
:class:`Rescale` asks to begin again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import gcd
from typing import Any

from flint import fmpq

from verify.tower.ring import Field, Generator, NoValue, Poly, Quotient, TooMuch
from verify.tower.signs import Factored, Signs

MOST_TURNS = 12
MOST_POWER = 64
ODD = frozenset({"arcsin", "arctan", "arcsinh", "arctanh", "erf", "erfinv"})


class Split(Exception):
    """The sign of a polynomial has to be known."""

    def __init__(self, poly: Poly) -> None:
        self.poly = poly


class Rescale(Exception):
    """A generator with a larger scale is needed."""

    def __init__(self, key: str, scale: Fraction) -> None:
        self.key = key
        self.scale = scale


class Kernels:
    """Functions of fractions. ``scales`` are those of generators, by their keys."""

    def __init__(self, field: Field, signs: Signs, scales: Mapping[str, Fraction]) -> None:
        self.field = field
        self.signs = signs
        self.scales = scales

    def factor(self, value: Quotient) -> Factored:
        """A fraction as a number times powers of irreducible polynomials with leading coefficient 1."""
        content: Any = fmpq(1)
        found: list[tuple[Poly, int]] = []
        for p, way in ((value.num, 1), (value.den, -1)):
            if p.is_constant():
                content = content * (p.leading_coefficient() if not p.is_zero() else 0) ** way
                continue
            number, factors = p.factor()
            content = content * number**way
            for q, power in factors:
                lead = q.leading_coefficient()
                content = content * lead ** (int(power) * way)
                found.append((q / lead, int(power) * way))
        return self._with_sines(content, found)

    def _with_sines(self, content: Any, factors: list[tuple[Poly, int]]) -> Factored:
        """(cos u - 1)^e (cos u + 1)^e as (-1)^e (sin u)^2e: a square, whose root has a value."""
        for p, e in factors:
            made = self._single(p + 1)
            if made is None or made.kind != "cos" or (p + 2, e) not in factors:
                continue
            sine = self.field.ring.generator(Generator("sin", made.args, made.scale))
            others = [(q, k) for q, k in factors if q not in (p, p + 2, sine)]
            mine = 2 * e + sum(k for q, k in factors if q == sine)
            return self._with_sines(content * (-1) ** e, [*others, (sine, mine)] if mine else others)
        return content, factors

    def _signed(self, p: Poly) -> Poly:
        """|p|, where the sign of p is known."""
        sign = self.signs.of(p)
        if -1 not in sign:
            return p
        if 1 not in sign:
            return -p
        raise Split(p)

    # ------------------------------------------------------------------------ powers

    def root(self, factored: Factored, q: Fraction) -> Quotient:
        """|c Π p^e|^q"""
        content, factors = factored
        total = self._number_root(abs(content), q)
        together = self.field.ring.one  # factors whose signs are only known as that of their product
        for p, e in factors:
            whole = e * q
            if not {-1, 1} <= self.signs.of(p) or (whole.denominator == 1 and whole % 2 == 0):
                total = self.field.mul(total, self._positive_power(self._maybe_signed(p, whole), whole))
            elif e % 2:
                together = together * p
                total = self.field.mul(total, self._even_power(p, (e - 1) * q))
            else:
                total = self.field.mul(total, self._positive_power(self._signed(p), whole))
        if together.is_one():
            return total
        return self.field.mul(total, self._positive_power(self._absolute(together, factors), q))

    def _maybe_signed(self, p: Poly, whole: Fraction) -> Poly:
        return p if whole.denominator == 1 and whole % 2 == 0 else self._signed(p)

    def _even_power(self, p: Poly, q: Fraction) -> Quotient:
        """|p|^q"""
        return self._positive_power(self._maybe_signed(p, q), q)

    def _absolute(self, together: Poly, factors: Sequence[tuple[Poly, int]]) -> Poly:
        sign = self.signs.of(together)
        if -1 not in sign:
            return together
        if 1 not in sign:
            return -together
        raise Split(next(p for p, e in factors if e % 2 and len(self.signs.of(p)) > 1))

    def _positive_power(self, p: Poly, q: Fraction) -> Quotient:
        """p^q for a p that is never negative, or an even q."""
        if q.denominator == 1:
            return self.field.power(self.field.poly(p), int(q))
        made = self._single(p)
        if made is not None and made.kind == "exp":
            return self.exp(self.field.mul(self._exponent(made), self.field.number(rational(q))))
        if made is not None and made.kind == "root":
            return self._positive_power(self._bare(made), q * made.scale)
        unit = Fraction(1, q.denominator)
        generator, times = self._scaled("root", self.field.poly(p), unit)
        self.field.relate(generator ** (times * q.denominator) - p)
        return self.field.power(self.field.poly(generator), times * q.numerator)

    def _number_root(self, value: Any, q: Fraction) -> Quotient:
        total = self.field.one
        for prime, power in _primes(value):
            constant = self.field.ring.constant(prime)
            total = self.field.mul(total, self._positive_power(constant, power * q))
        return total

    def _single(self, p: Poly) -> Generator | None:
        """The generator that a polynomial is, if it is one."""
        if p.is_constant():
            return None
        terms = list(p.terms())
        if len(terms) == 1 and terms[0][1] == 1:
            factors = self.field.ring.factors(terms[0][0])
            if len(factors) == 1 and factors[0][1] == 1:
                return self.field.ring.generators[factors[0][0]]
        return None

    def _exponent(self, made: Generator) -> Quotient:
        """k u for the generator exp(k u)."""
        return self.field.mul(made.args[0], self.field.number(rational(made.scale)))

    def _bare(self, made: Generator) -> Poly:
        """|p| for the generator |p|^k."""
        return self._signed(made.args[0].num)

    def _scaled(self, kind: str, arg: Quotient, q: Fraction) -> tuple[Poly, int]:
        """The generator of a kind at its scale, and q over that scale: a whole number, or the scale has to change."""
        key = f"{kind}:{arg.key}"
        scale = self.scales.get(key)
        if scale is None or (q / scale).denominator != 1:
            raise Rescale(key, abs(q) if scale is None else _common(scale, abs(q)))
        return self.field.ring.generator(Generator(kind, (arg,), scale)), int(q / scale)

    # ------------------------------------------------------------------------ exp and log

    def exp(self, u: Quotient) -> Quotient:
        """exp of a fraction."""
        total = self.field.one
        for exponents, c in u.num.terms():
            coefficient = Fraction(int(c.p), int(c.q))
            held = self.field.ring.factors(exponents)
            made = self.field.ring.generators[held[0][0]] if len(held) == 1 and held[0][1] == 1 else None
            if made is not None and made.kind == "log" and u.den.is_one():
                part = self._power_of_log(made, coefficient)
            else:
                monomial = self.field.ring.context.from_dict({exponents: 1})
                part = self._exp_of(Quotient(monomial, u.den), coefficient)
            total = self.field.mul(total, part)
        return total

    def _power_of_log(self, made: Generator, q: Fraction) -> Quotient:
        """exp(q log |p|) = |p|^q"""
        p = made.args[0].num
        if p.is_constant():
            return self._number_root(p.leading_coefficient(), q)
        return self._positive_power(self._maybe_signed(p, q), q)

    def _exp_of(self, unit: Quotient, q: Fraction) -> Quotient:
        generator, power = self._scaled("exp", unit, q)
        if abs(power) > MOST_POWER:
            raise TooMuch("a power of an exponential that is too high")
        return self.field.power(self.field.poly(generator), power)

    def log(self, factored: Factored) -> Quotient:
        """log |c Π p^e|"""
        content, factors = factored
        if not content:
            raise NoValue
        total = self.field.zero
        for prime, power in _primes(abs(content)):
            one = self.field.ring.generator(Generator("log", (self.field.poly(self.field.ring.constant(prime)),)))
            total = self.field.add(total, self.field.poly(one * power))
        for p, e in factors:
            total = self.field.add(total, self.field.mul(self.field.number(e), self._log_of(p)))
        return total

    def _log_of(self, p: Poly) -> Quotient:
        """log |p|"""
        made = self._single(p)
        if made is not None and made.kind == "exp":
            return self._exponent(made)
        if made is not None and made.kind == "root":
            inner = self.log(self.factor(self.field.poly(made.args[0].num)))
            return self.field.mul(inner, self.field.number(rational(made.scale)))
        return self.field.poly(self.field.ring.generator(Generator("log", (self.field.poly(p),))))

    # ------------------------------------------------------------------------ the other functions

    def turned(self, u: Quotient) -> tuple[Quotient, Quotient]:
        """cos and sin of a fraction."""
        field = self.field
        cosine, sine = field.one, field.zero
        for exponents, c in u.num.terms():
            q = Fraction(int(c.p), int(c.q))
            unit = Quotient(field.ring.context.from_dict({exponents: 1}), u.den)
            cos_unit, turns = self._scaled("cos", unit, q)
            sin_unit = field.ring.generator(Generator("sin", (unit,), self.scales[f"cos:{unit.key}"]))
            field.relate(sin_unit * sin_unit + cos_unit * cos_unit - 1)
            if abs(turns) > MOST_TURNS:
                raise TooMuch("an angle that is too large a multiple")
            step = (field.poly(cos_unit), field.poly(sin_unit if turns > 0 else -sin_unit))
            for _ in range(abs(turns)):
                cosine, sine = self._plus((cosine, sine), step)
        return cosine, sine

    def _plus(self, a: tuple[Quotient, Quotient], b: tuple[Quotient, Quotient]) -> tuple[Quotient, Quotient]:
        field = self.field
        minus = field.mul(field.mul(a[1], b[1]), field.number(-1))
        return field.add(field.mul(a[0], b[0]), minus), field.add(field.mul(a[1], b[0]), field.mul(a[0], b[1]))

    def opaque(self, kind: str, args: list[Quotient]) -> Quotient:
        """A function of which nothing is known but whether it is odd."""
        sign = 1
        if kind.removeprefix("fun:") in ODD:
            if args[0].num.is_zero():
                return self.field.zero
            sign = 1 if args[0].num.leading_coefficient() > 0 else -1
            args = [self.field.mul(args[0], self.field.number(sign))]
        return self.field.poly(self.field.ring.generator(Generator(kind, tuple(args))) * sign)


def rational(value: Fraction) -> Any:
    """A rational for the ring."""
    return fmpq(value.numerator, value.denominator)


def _common(a: Fraction, b: Fraction) -> Fraction:
    """The largest number of which both are whole multiples."""
    return Fraction(gcd(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator)


def _primes(value: Any) -> list[tuple[int, int]]:
    """A positive rational as primes to powers."""
    above = [(int(p), int(k)) for p, k in value.p.factor()]
    return above + [(int(p), -int(k)) for p, k in value.q.factor()]
