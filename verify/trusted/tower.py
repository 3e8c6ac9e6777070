"""Is a scalar expression zero wherever it has a value? A proof by cases of signs is replayed, nothing is searched for.

The expression is a list of nodes [kind, arguments], its last one equal to 0. A proof names generators, real numbers at
every point, and a tree of cases: each is a sign of a polynomial in them, and the three signs cover every point. In a
case a node is a fraction: a polynomial over a product of polynomials that are not 0 where the node has a value. The
proof says how numerators factor, which is multiplied out here. Every function is read as a total one: log u is
log |u|, and |u|^q for a fractional q; where the original has no value, nothing is claimed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from verify.trusted.polynomials import (
    MAX_POWER,
    ONE,
    Factored,
    Key,
    Poly,
    divided,
    generator,
    key,
    monic,
    plain,
    plus,
    primes,
    product,
    read,
    times,
)  # fmt: skip
from verify.trusted.signs import Empty, Meaning, Signs
from verify.trusted.terms import Refused, need

MAX_SECONDS, MAX_CASES = 4.0, 400
RELATIONS = {"> 0": frozenset({1}), ">= 0": frozenset({0, 1}), "!= 0": frozenset({-1, 1})}
WAYS = {">": 1, "<": -1, "=": 0}
ODD = {"fun:arcsin", "fun:arctan", "fun:arcsinh", "fun:arctanh", "fun:erf", "fun:erfinv"}


class Open(Exception):
    """A sign that decides is not known in this case, or there is a division by 0."""


class Value(NamedTuple):
    """A polynomial over a product of powers of polynomials with leading coefficient 1."""

    num: Poly
    den: dict[Key, int]


class Tower:
    """Generators and what is claimed of which nodes."""

    def __init__(
        self, nodes: Sequence[Any], signs: Sequence[str], facts: Sequence[Any], proof: Mapping[str, Any]
    ) -> None:
        self.nodes, self.signs, self.facts, self.proof = nodes, signs, facts, proof
        self.deadline, self.cases, self.shown = time.thread_time() + MAX_SECONDS, 0, False
        self.meaning: list[Meaning] = []
        for kind, args, scale in proof["generators"]:
            polys = tuple(key(read(arg, len(self.meaning))) for arg in args)
            need(type(kind) is str and all(polys), "a generator of nothing")
            self.meaning.append(Meaning(kind, polys, Fraction(scale)))
        self.number: dict[Any, int] = {}
        for g, (kind, polys, scale) in reversed([*enumerate(self.meaning)]):
            self.number[(kind, int(scale)) if kind == "var" else (kind, polys)] = g

    def generator(self, kind: str, *args: Any) -> tuple[int, Fraction]:
        """The number and the scale of a generator that the proof names."""
        place = (kind, args[0]) if kind == "var" else (kind, args)
        need(place in self.number, f"the proof names no such generator: {kind}")
        return self.number[place], self.meaning[self.number[place]][2]

    def walk(self, tree: Mapping[str, Any], assumed: list[tuple[Poly, int]]) -> None:
        """The last node is 0 in all cases below these assumptions; Refused where that is not shown."""
        self.cases += 1
        need(self.cases <= MAX_CASES and time.thread_time() < self.deadline, "out of budget: too many cases")
        if "split" in tree:
            p = read(tree["split"], len(self.meaning))
            need(p, "a case of the sign of 0")
            for way, sign in WAYS.items():
                self.walk(tree[way], [*assumed, (p, sign)])
            return
        try:
            case = Case(self, tree["values"], assumed)
        except Empty:
            return
        need(not case.reduced(case.value(len(self.nodes) - 1).num), "a difference is left in a case")
        self.shown = self.shown or all(sign for _, sign in assumed)


class Case(Signs):
    """What is known in one case, and the values of nodes."""

    def __init__(self, tower: Tower, hints: Mapping[str, Any], assumed: Sequence[tuple[Poly, int]]) -> None:
        super().__init__(tower.meaning, tower.signs)
        self.tower, self.hints = tower, hints
        self.values: dict[int, Value] = {}
        for p, sign in assumed:
            self.learn(p, frozenset({sign}))
            if sign == 0:
                self.relations.append(monic(p)[1])
        for at, relation in tower.facts:
            try:
                factored = self.factored(at)
            except Open:  # less is known
                continue
            self.learn_factored(factored, RELATIONS[relation])

    # ------------------------------------------------------------------------ fractions

    def fraction(self, num: Poly, den: Mapping[Key, int]) -> Value:
        """num / den without what divides both."""
        need(time.thread_time() < self.tower.deadline, "out of budget")
        need(all(k <= MAX_POWER**2 for k in den.values()), "out of budget: a power that is too high")
        num, left = self.reduced(num), dict[Key, int]()
        for f, power in den.items() if num else ():
            if not self.reduced(dict(f)):
                raise Open
            while power:
                quotient, rest = divided(num, dict(f))
                if rest:
                    left[f] = power
                    break
                num, power = quotient, power - 1
        return Value(num, left)

    def constant(self, c: Fraction | int) -> Value:
        return Value({(): Fraction(c)} if c else {}, {})

    def poly(self, g: int) -> Value:
        return self.fraction(generator(g), {})

    def add(self, a: Value, b: Value) -> Value:
        den = {f: max(a.den.get(f, 0), b.den.get(f, 0)) for f in [*a.den, *b.den]}
        over = [product(dict(f) for f, k in den.items() for _ in range(k - v.den.get(f, 0))) for v in (a, b)]
        return self.fraction(plus(times(a.num, over[0]), times(b.num, over[1])), den)

    def mul(self, a: Value, b: Value) -> Value:
        return self.fraction(times(a.num, b.num), {f: a.den.get(f, 0) + b.den.get(f, 0) for f in [*a.den, *b.den]})

    def power(self, a: Value, factors: Iterable[tuple[Poly, int]], content: Fraction, n: int) -> Value:
        """a^n, where a is the content times its factors."""
        need(abs(n) <= MAX_POWER, "out of budget: a power that is too high")
        out = self.constant(1)
        if n >= 0:
            for _ in range(n):
                out = self.mul(out, a)
            return out
        if not content:
            raise Open
        above = product(dict(f) for f, k in a.den.items() for _ in range(-n * k))
        below = {key(p): -n * k for p, k in factors if k > 0}
        return self.fraction(times(above, {(): content**n}), below)

    def raised(self, p: Poly, n: int) -> Value:
        """A whole power of a polynomial with leading coefficient ±1."""
        lead, q = monic(p)
        return self.power(self.fraction(p, {}), [(q, 1)], lead, n)

    # ------------------------------------------------------------------------ nodes

    def value(self, at: int) -> Value:
        """The value of a node."""
        if at not in self.values:
            self.values[at] = self.evaluated(at)
        return self.values[at]

    def evaluated(self, at: int) -> Value:
        kind, *args = self.tower.nodes[at]
        match kind:
            case "var":
                g = self.tower.generator("var", args[0])[0]
                if self.variables[args[0]] == "truth":
                    self.relate({((g, 2),): Fraction(1), ((g, 1),): Fraction(-1)})
                return self.poly(g)
            case "num":
                return self.constant(Fraction(args[0]))
            case "add":
                return self.total(args)
            case "mul":
                return self.multiplied(args)
            case "pow" if Fraction(args[1]).denominator == 1:
                n = int(Fraction(args[1]))
                content, factors = self.factored(args[0]) if n < 0 else (Fraction(1), [])
                return self.power(self.value(args[0]), factors, content, n)
            case "pow":
                return self.root(self.factored(args[0]), Fraction(args[1]))
            case "positive" | "zero":
                sign, wanted = self.sign_of(self.factored(args[0])), int(kind == "positive")
                if len(sign) > 1 and wanted in sign:
                    raise Open
                return self.constant(int(wanted in sign))
            case "exp":
                return self.exp(self.value(args[0]))
            case "log":
                return self.log(self.factored(args[0]))
            case "cos" | "sin":
                return self.turned(self.value(args[0]))[kind == "sin"]
        need(kind.startswith("fun:"), f"a node of a kind that is not known: {kind}")
        return self.opaque(kind, [self.value(arg) for arg in args])

    def total(self, args: Sequence[int]) -> Value:
        """A sum: like terms first, so that what a guard leaves out is not evaluated."""
        parts: dict[tuple[int, ...], Fraction] = {}
        for arg in args:
            kind, *inner = self.tower.nodes[arg]
            factor, rest = Fraction(1), []
            for part in inner if kind == "mul" else [arg]:
                if self.tower.nodes[part][0] in ("num", "positive", "zero"):
                    factor = factor * self.value(part).num.get((), Fraction(0)) if factor else factor
                else:
                    rest.append(part)
            place = tuple(sorted(rest))
            parts[place] = parts.get(place, Fraction(0)) + factor
        out = self.constant(0)
        for place, factor in parts.items():
            if factor:
                out = self.add(out, self.mul(self.constant(factor), self.multiplied(place)))
        return out

    def multiplied(self, args: Sequence[int]) -> Value:
        """A product; what comes after a factor of 0 is not evaluated."""
        out = self.constant(1)
        for arg in sorted(args, key=lambda arg: self.tower.nodes[arg][0] not in ("positive", "zero")):
            out = self.mul(out, self.value(arg)) if out.num else out
        return out

    def factored(self, at: int) -> Factored:
        """A node as a number times powers of polynomials, as the proof says: multiplied out, it is its numerator."""
        value = self.value(at)
        hint = self.hints.get(str(at))
        below = [(dict(f), -k) for f, k in value.den.items()]
        if hint is None:
            content, factors = plain(value.num)
            return content, factors + below
        content, factors = Fraction(hint[0]), []
        for p, power in hint[1]:
            lead, p = monic(read(p, len(self.meaning)))
            need(type(power) is int and 0 < power <= MAX_POWER, "the power of a factor")
            content, factors = content * lead**power, [*factors, (p, power)]
        whole = times({(): content}, product(p for p, power in factors for _ in range(power)))
        need(
            content and not self.reduced(plus(whole, value.num, -1)),
            f"node {at} is not the product that it is said to be",
        )
        return content, factors + below

    # ------------------------------------------------------------------------ functions

    def root(self, factored: Factored, q: Fraction) -> Value:
        """|c Π p^e|^q"""
        content, factors = factored
        if not content:
            if q < 0:
                raise Open
            return self.constant(0)
        out, together = self.constant(1), ONE
        for prime, k in primes(abs(content)):
            out = self.mul(out, self.root_of({(): Fraction(prime)}, q * k))
        for p, e in factors:
            if not {-1, 1} <= self.sign(p) or (e * q % 2 == 0) or e % 2 == 0:
                out = self.mul(out, self.root_of(p, e * q))
            else:
                together = times(together, p)
                out = self.mul(out, self.root_of(p, (e - 1) * q)) if e != 1 else out
        return out if together == ONE else self.mul(out, self.root_of(together, q))

    def root_of(self, p: Poly, q: Fraction) -> Value:
        """|p|^q"""
        if q % 2 == 0:
            return self.raised(p, int(q))
        sign = self.sign(p)
        if -1 in sign and 1 in sign:
            raise Open
        p = p if -1 not in sign else {m: -c for m, c in p.items()}
        if q.denominator == 1:
            return self.raised(p, int(q))
        g, scale = self.tower.generator("root", key(p))
        need(scale.numerator == 1 and scale > 0 and (q / scale).denominator == 1, "a root of another scale")
        self.relate(plus({((g, scale.denominator),): Fraction(1)}, p, -1))
        return self.raised(generator(g), int(q / scale))

    def single(self, p: Poly) -> tuple[Any, ...]:
        """The meaning of the generator that a polynomial is, if it is one."""
        if len(p) == 1 and p[max(p)] == 1 and len(max(p)) == 1 and max(p)[0][1] == 1:
            return self.meaning[max(p)[0][0]]
        return ("", (), Fraction(1))

    def over(self, args: Sequence[Key]) -> Value:
        """The fraction that a generator is a function of."""
        num, den = (dict(arg) for arg in args)
        return self.fraction(num, {key(p): k for p, k in plain(den)[1]})

    def spread(self, u: Value) -> list[tuple[Key, Key, Fraction]]:
        """A fraction as terms: (monomial, denominator, coefficient)."""
        den = key(product(dict(f) for f, k in u.den.items() for _ in range(k)))
        return [(key({m: Fraction(1)}), den, c) for m, c in u.num.items()]

    def exp(self, u: Value) -> Value:
        """exp(Σ c m) = Π exp(k m)^(c/k), and exp(c log |p|) = |p|^c."""
        out = self.constant(1)
        for m, den, c in self.spread(u):
            kind, args, _ = self.single(dict(m))
            if kind == "log" and den == key(ONE):
                p = dict(args[0])
                part = self.root(plain(p), c)
            else:
                g, scale = self.tower.generator("exp", m, den)
                need((c / scale).denominator == 1, "an exponential of another scale")
                part = self.raised(generator(g), int(c / scale))
            out = self.mul(out, part)
        return out

    def log(self, factored: Factored) -> Value:
        """log |c Π p^e| = log |c| + Σ e log |p|"""
        content, factors = factored
        if not content:
            raise Open
        out = self.constant(0)
        for prime, k in primes(abs(content)):
            out = self.add(out, self.mul(self.log_of({(): Fraction(prime)}), self.constant(k)))
        for p, e in factors:
            out = self.add(out, self.mul(self.log_of(p), self.constant(e)))
        return out

    def log_of(self, p: Poly) -> Value:
        """log |p|"""
        kind, args, scale = self.single(p)
        if kind == "exp":
            return self.mul(self.over(args), self.constant(scale))
        if kind == "root":
            return self.mul(self.log(plain(dict(args[0]))), self.constant(scale))
        return self.poly(self.tower.generator("log", key(p))[0])

    def turned(self, u: Value) -> tuple[Value, Value]:
        """cos and sin of a sum of multiples of known angles, with sin² = 1 - cos²."""
        cosine, sine = self.constant(1), self.constant(0)
        for m, den, c in self.spread(u):
            (g, scale), (h, other) = (self.tower.generator(kind, m, den) for kind in ("cos", "sin"))
            need(scale == other and (c / scale).denominator == 1 and abs(c / scale) <= MAX_POWER, "another scale")
            self.relate({((h, 2),): Fraction(1), ((g, 2),): Fraction(1), (): Fraction(-1)})
            step = self.poly(g), self.mul(self.poly(h), self.constant(1 if c / scale > 0 else -1))
            for _ in range(abs(int(c / scale))):
                minus = self.mul(self.mul(sine, step[1]), self.constant(-1))
                both = (
                    self.add(self.mul(cosine, step[0]), minus),
                    self.add(self.mul(sine, step[0]), self.mul(cosine, step[1])),
                )
                cosine, sine = both
        return cosine, sine

    def opaque(self, kind: str, args: list[Value]) -> Value:
        """Any other function: f(-u) = -f(u) for those that are odd."""
        sign = 1
        if kind in ODD:
            if not args[0].num:
                return self.constant(0)
            sign = 1 if args[0].num[max(args[0].num)] > 0 else -1
            args = [self.mul(args[0], self.constant(sign))]
        keys = [
            part
            for u in args
            for part in (key(u.num), key(product(dict(f) for f, k in u.den.items() for _ in range(k))))
        ]
        return self.mul(self.poly(self.tower.generator(kind, *keys)[0]), self.constant(sign))


def zero(nodes: Sequence[Any], signs: Sequence[str], facts: Sequence[Any], proof: Mapping[str, Any]) -> None:
    """Refused, with the reason, where the proof does not show that the last node is 0 wherever it has a value.

    ``signs`` are those of the variables, by number; ``facts`` are pairs of a node and its relation to 0, which hold
    at every point of the claim.
    """
    tower = Tower(nodes, signs, facts, proof)
    try:
        tower.walk(proof["tree"], [])
    except Open:
        raise Refused("a sign that decides is not known in a case, or there is a division by 0") from None
    need(tower.shown, "the facts exclude every point")
