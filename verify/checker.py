"""Check a certificate with the standard library alone: ``python checker.py FILE``.

A certificate holds two recorded programs, F and G, and says: on the domain D, for these sizes, G is the derivative of
(the sum of) F. This file rests on verify/trusted alone (terms and their canonical form, the table of meanings, what a
certificate looks like) and shares no code with what wrote it. Nothing is searched for but the names of bound indices.

Facts used: real arithmetic; [u > 0] is constant off the boundary of {u > 0}, a null set for the piecewise analytic u
that these ops make; where two such functions are equal, so are their gradients, almost everywhere.
"""

from __future__ import annotations

import os
import sys
import types

if __name__ == "__main__":  # as a file: load neither what else the package needs nor neighbours for library modules
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]
    sys.modules["verify"] = types.ModuleType("verify")
    sys.modules["verify"].__path__ = [here]

import hashlib
import math
import re
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import permutations, product
from typing import Any, NamedTuple

from verify.trusted import terms
from verify.trusted.arrays import KINDS, Array
from verify.trusted.meanings import Ops
from verify.trusted.pointwise import FLAT, LAWS, STEPS, conditions, named
from verify.trusted.schema import MAX_BYTES, OPEN, SCHEMA, THIN, parse, shaped
from verify.trusted.terms import (
    UNITY,
    ZERO,
    Atom,
    Factors,
    Form,
    Number,
    Poly,
    Refused,
    Term,
    less,
    lifted,
    names_of,
    need,
    poly,
)

FORMAT, MAX_STEPS, MAX_SECONDS = "dualgrad-certificate/1", 200_000, 8.0


class Report(NamedTuple):
    """What a check found. ``trusted`` counts the meanings of ops relied upon, and the recording itself."""

    accepted: bool
    reason: str
    trusted: int = 0
    steps: int = 0


class Algebra:
    """The rules: what is known of sizes and inputs, and the budget."""

    def __init__(self, least: Mapping[str, int], facts: Sequence[Poly], positive: set[str], generic: set[str]) -> None:
        self.shift = {name: poly(name) + low for name, low in least.items()}
        self.facts, self.positive_inputs, self.generic = facts, positive, generic
        self.ranges: dict[str, Poly] = {}
        self.steps, self.deadline = 0, time.monotonic() + MAX_SECONDS

    def nonnegative(self, p: Poly) -> bool:
        """Whether p >= 0 is evident for all sizes claimed: no negative coefficient from the least sizes on."""
        return any(all(f > 0 for _, f in q.at(self.shift)) for q in (p, *(p - fact for fact in self.facts)))

    def always(self, p: Poly) -> bool:
        """Whether p >= 0 is evident for all values of its indices too: each is put at the end where p is least."""
        for name in sorted({n for names, _ in p for n in names if n[0] == "#"}):
            slope = Poly((tuple(n for n in names if n != name), f) for names, f in p if name in names)
            rising = self.nonnegative(slope)
            if not rising and not self.nonnegative(ZERO - slope):
                return False
            p = p.at({name: ZERO if rising else self.ranges[name] - 1})
        return self.nonnegative(p)

    def index(self, extent: Poly) -> Poly:
        """A new index with this range; 0 for an axis of size 1."""
        name = f"#{len(self.ranges):06d}"
        self.ranges[name] = extent
        return ZERO if extent == terms.ONE else poly(name)

    def opened(self, term: Term) -> tuple[list[str], Factors]:
        """The bound indices of a stored term under fresh names, and its factors."""
        by = {name: self.index(extent) for name, extent in zip(terms.bound(term), term[0], strict=True)}
        return [index.name for index in by.values()], {terms.moved(atom, by): power for atom, power in term[1]}

    def merged(self, factors: Factors, more: Mapping[Atom, Number]) -> Factors:
        """The product: powers add, guards are idempotent."""
        out = dict(factors)
        for atom, power in more.items():
            total: Number = 1 if atom.kind in terms.BOOLEAN else out.pop(atom, 0) + power
            if total:
                out[atom] = total
        return out

    def mul(self, *forms: Form) -> Form:
        return self.emit(Form(), 1, [], {}, forms)

    def atom(self, *parts: Any) -> Form:
        return self.emit(Form(), 1, [], {Atom(*parts): 1})

    def relation(self, kind: str, p: Poly) -> Form:
        return self.emit(Form(), 1, [], {terms.related(kind, p): 1})

    def number(self, p: Poly) -> Form:
        """The value of a size."""
        return sum((self.mul(*(self.atom("dim", n) for n in names)) * f for names, f in p), start=Form())

    def total(self, form: Form, indices: Iterable[Poly]) -> Form:
        """Σ over the indices; a constant 0 stands for an axis of size 1."""
        return self.emit(Form(), 1, [index.name for index in indices if index], {}, [form])

    def at(self, form: Mapping[Term, Number], by: Mapping[str, Poly]) -> Form:
        """The form with indices replaced."""
        out = Form()
        for term, c in form.items():
            binders, factors = self.opened(term)
            self.emit(out, c, binders, *self.replaced(factors, by))
        return out

    def replaced(self, factors: Factors, by: Mapping[str, Poly]) -> tuple[Factors, list[Form]]:
        """The factors with indices replaced; those that have to be computed anew come as forms."""
        kept, values = Factors(), []
        for atom, power in factors.items():
            images = {by.get(name, poly(name)).name for name in names_of(atom)} - {""}
            if not atom.body or len(images) == len(names_of(atom)):
                kept = self.merged(kept, {terms.moved(atom, by): power})
            else:
                values.append(self.function(atom.kind, self.at(dict(atom.body), by), power))
        return kept, values

    def emit(self, out: Form, c: Number, binders: Sequence[str], factors: Factors, values: Sequence[Form] = ()) -> Form:
        """Add c · Σ_binders Π factors · Π values to ``out``. The one place where terms are made, in canonical form."""
        self.steps += 1
        need(self.steps <= MAX_STEPS and time.monotonic() < self.deadline, "out of budget")
        if values:
            for term, k in values[0].items():
                more, extra = self.opened(term)
                self.emit(out, c * k, [*binders, *more], self.merged(factors, extra), values[1:])
            return out
        for atom, power in factors.items():
            written = self.written_out(atom, power)
            if written is not None:
                return self.emit(out, c, binders, less(factors, atom), written)
            if atom.kind == "positive" and atom._replace(kind="zero") in factors:
                return out  # [u > 0][u == 0] = 0
        if any(self.simplified(out, c, binders, factors, atom) for atom in factors if atom.kind in ("==", ">=")):
            return out
        for name in binders:
            signs = {(a.kind in terms.BOOLEAN, f) for a in factors for p in a.args for names, f in p if name in names}
            if not any(name in names_of(atom) for atom in factors):  # Σ_j 1 = the range of j
                return self.emit(out, c, [n for n in binders if n != name], factors, [self.number(self.ranges[name])])
            if max({f for relation, f in signs if not relation} or {f for _, f in signs} or {1}) < 0:
                backwards = self.replaced(factors, {name: self.ranges[name] - 1 - poly(name)})
                return self.emit(out, c, binders, *backwards)
            for window, start, length in self.windows(name, factors):  # Σ_j [0 <= j - start < length] u(j)
                left = {atom: power for atom, power in factors.items() if atom not in window}
                inside = self.index(length)
                others = [n for n in binders if n != name] + [inside.name] * bool(inside)
                return self.emit(out, c, others, *self.replaced(left, {name: start + inside}))
        out.gather(terms.canonical(factors, {name: self.ranges[name] for name in binders}), c)
        return out

    def written_out(self, atom: Atom, power: Number) -> list[Form] | None:
        """A factor that is not canonical, as a product of forms; None for one that is."""
        whole, body = math.floor(power), Form(dict(atom.body))
        if atom.kind == "prime" and whole:  # p^(k + r) = p^k · p^r
            left = Form({((), ((atom, power - whole),)): 1}) if power - whole else UNITY
            return [UNITY * Fraction(int(atom.name)) ** whole, left]
        if atom.kind == "base" and whole >= 1:
            return [body] * whole + [self.power(body, power - whole)]
        if atom.kind in ("sin", "sinh") and whole >= 2:  # sin² = 1 − cos², sinh² = cosh² − 1
            square = self.function("cos" if atom.kind == "sin" else "cosh", body, 2)
            rest = self.function(atom.kind, body, power - 2)
            return [rest, (UNITY - square) * (1 if atom.kind == "sin" else -1)]
        return None

    # ------------------------------------------------------------------------ relations between indices

    def simplified(self, out: Form, c: Number, binders: Sequence[str], factors: Factors, atom: Atom) -> bool:
        """Simplify by one relation; True when the term was dealt with here."""
        (p,), rest, equality = atom.args, less(factors, atom), atom.kind == "=="
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
                    self.emit(out, c, binders, self.merged(less(rest, other), {both: 1}))
                    return True
            return False
        else:
            return self.solved(out, c, binders, rest, atom)
        return True

    def solved(self, out: Form, c: Number, binders: Sequence[str], rest: Factors, atom: Atom) -> bool:
        """Solve p == 0 for a bound index, which disappears, or else for the last of its names, which is replaced."""
        choices = []
        for name in sorted(n for n in names_of(atom) if n[0] == "#"):
            value = self.solution(atom.args[0], name)
            if value is not None:
                ends = [end for end in (value, self.ranges[name] - 1 - value) if not self.always(end)]
                if name in binders:
                    choices.append((len(ends), name, value, {terms.related(">=", end): 1 for end in ends}))
                elif name == max(names_of(atom)) and any(name in names_of(a) for a in rest):
                    choices.append((9, name, value, {atom: 1}))
        for _, name, value, kept in sorted(choices, key=lambda choice: choice[:2])[:1]:
            new, values = self.replaced(rest, {name: value})
            self.emit(out, c, [n for n in binders if n != name], self.merged(new, kept), values)
        return bool(choices)

    def windows(self, name: str, factors: Factors) -> Iterator[tuple[set[Atom], Poly, Poly]]:
        """Two relations that keep an index within its range, and within a stretch of known length: start and length."""
        ends = [
            (atom, dict(atom.args[0]).get((name,)), self.solution(atom.args[0], name))
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

    def solution(self, p: Poly, name: str) -> Poly | None:
        """What p == 0 says the index is, where that is an integer for sure."""
        factors = [(names, f) for names, f in p if name in names]
        alone = len(factors) == 1 and factors[0][0] == (name,) and abs(factors[0][1]) == 1
        return p.at({name: ZERO}) * -factors[0][1] if alone else None

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

    # ------------------------------------------------------------------------ powers and functions

    def function(self, kind: str, u: Form, power: Number = 1) -> Form:
        """kind(u)^power"""
        if kind in ("max", "prod"):
            ((binders, factors),) = map(self.opened, u)
            return self.power(self.over(kind, Form(dict(next(iter(factors)).body)), poly(binders[0])), power)
        build = {"exp": self.exp, "log": self.log, "positive": self.positive, "zero": self.zero}.get(kind)
        value = u if kind == "base" else build(u) if build else self.atom(*lifted(kind, u)[0])
        return self.power(value, power)

    def over(self, kind: str, u: Form, index: Poly) -> Form:
        """max or prod of u over the index. The body is the one term Σ_j entry(u), only to hold the bound index j."""
        for atom in {a for term in u for a, _ in term[1] if a.kind == "==" and kind == "prod" and index}:
            value = self.solution(atom.args[0], index.name)
            if value is not None and self.always(value) and self.always(self.ranges[index.name] - 1 - value):
                rest = Form({term: c for term, c in u.items() if atom not in dict(term[1])})  # where j is not the value
                there = [self.at(u, {index.name: value}), self.power(self.at(rest, {index.name: value}), -1)]
                return self.mul(self.over(kind, rest, index), *there)
        held: Factors = {Atom("entry", "", (), tuple(sorted(u.items()))): 1}
        term = terms.canonical(held, {index.name: self.ranges[index.name]}) if index else terms.UNIT
        return self.atom(kind, "", (), ((term, 1),)) if index else u

    def positive_factor(self, factor: tuple[Atom, Number]) -> bool:
        """Evidently > 0 on the domain, which has S > 0 for every S^q with q fractional."""
        root = factor[0].kind == "base" and factor[1] % 1 != 0
        return root or factor[0].kind in ("dim", "prime", "exp", "cosh", "pi") or factor[0].name in self.positive_inputs

    def certainly_positive(self, form: Form) -> bool:
        """Whether every term is evidently > 0."""
        sums = all(self.nonnegative(extent - 1) for term in form for extent in term[0])
        return sums and bool(form) and all(c > 0 and all(map(self.positive_factor, t[1])) for t, c in form.items())

    def split(self, form: Form, positive: bool) -> tuple[Factors, Form]:
        """form = (a number > 0 · common factors) · rest; with ``positive``, only factors > 0 are taken out."""
        need(form, "a power or a logarithm of zero")
        above, below = [c.numerator for c in form.values()], [c.denominator for c in form.values()]
        content = Fraction(math.gcd(*above), math.lcm(*below))
        parts, common, out = [dict(term[1]) for term in form], Factors(), Form()
        for atom in dict.fromkeys(atom for part in parts for atom in part):  # exp(t) may be absent: 1 = exp(t)^0
            low, shared = min(part.get(atom, 0) for part in parts), all(atom in part for part in parts)
            free = self.positive_factor((atom, low)) if positive else atom.kind not in terms.BOOLEAN
            if free and (shared or (atom.kind == "exp" and low < 0)) and not any(n[0] == "@" for n in names_of(atom)):
                common[atom] = low
        for term, c in form.items():
            binders, factors = self.opened(term)
            self.emit(out, c / content, binders, self.merged(factors, {atom: -p for atom, p in common.items()}))
        return self.merged(common, terms.factorised(content)), out

    def power(self, form: Form, q: Number) -> Form:
        """form ** q for a rational q; the domain has form > 0 where q is fractional, and form != 0 where q < 0."""
        if q % 1 == 0 and q >= 0:
            return self.mul(*[form] * int(q))
        outer, rest = self.split(form, q % 1 != 0)
        outer, sign = {atom: p * q for atom, p in outer.items()}, 1
        if rest != UNITY:
            atom, sign = lifted("base", self.reduced(rest), flip=q % 1 == 0)
            outer = self.merged(outer, {atom: q})
        return self.emit(Form(), sign if q % 2 else 1, [], outer)

    def exp(self, form: Form) -> Form:
        """exp(Σ c·t) = Π exp(t)^c, and exp(c·log u) = u^c."""
        values, factors = [], Factors()
        for term, c in form.items():
            atom, power = term[1][0] if not term[0] and len(term[1]) == 1 else (Atom(""), 0)
            if power == 1 and atom.kind == "log":
                values.append(self.power(Form(dict(atom.body)), c))
            else:
                factors = self.merged(factors, {lifted("exp", Form({term: 1}))[0]: c})
        return self.emit(Form(), 1, [], factors, values)

    def log(self, form: Form) -> Form:
        """The logarithm of a product, where the factors taken out are > 0."""
        outer, rest = self.split(form, True)
        out = self.atom(*lifted("log", self.reduced(rest))[0]) if rest != UNITY else Form()
        for atom, p in outer.items():
            whole = UNITY * int(atom.name) if atom.kind == "prime" else self.atom(*atom)
            out += (Form(dict(atom.body)) if atom.kind == "exp" else self.atom(*lifted("log", whole)[0])) * p
        return out

    def positive(self, form: Form) -> Form:
        """[form > 0], with [-u > 0] = 1 - [u > 0] - [u == 0]."""
        if not form or self.certainly_positive(form * -1):
            return Form()
        if self.certainly_positive(form):
            return UNITY
        atom, sign = lifted("positive", self.split(form, True)[1], flip=True)
        return self.atom(*atom) if sign > 0 else UNITY - self.atom(*atom) - self.zero(form)

    def zero(self, form: Form) -> Form:
        """[form == 0]"""
        single = len(form) == 1 and not any(term[0] for term in form)  # S^-k or a root of S: S != 0 on the domain
        nonzero = all(self.positive_factor(f) or f[0].kind == "base" for term in form for f in term[1])
        if (single and nonzero) or self.certainly_positive(form) or self.certainly_positive(form * -1):
            return Form()
        if self.mul(form, form) == form:
            return UNITY - form
        return self.atom(*lifted("zero", self.split(form, True)[1], flip=True)[0])

    def relu(self, form: Form) -> Form:
        """max(form, 0) = u·[u > 0] = u - relu(-u), whichever is stored."""
        stored = not form or lifted("positive", self.split(form, True)[1], flip=True)[1] > 0
        return self.mul(form, self.positive(form)) if stored else form - self.mul(form, self.positive(form * -1))

    # ------------------------------------------------------------------------ the derivative

    def derivative(self, form: Mapping[Term, Number], tensor: str, place: Sequence[Poly]) -> Form:
        """∂ form / ∂ tensor[place], by the product rule."""
        out = Form()
        for term, c in form.items():
            binders, factors = self.opened(term)
            for atom, power in factors.items():
                slope = self.slope(atom, tensor, place)
                if slope is not None:
                    self.emit(out, c * power, binders, self.merged(factors, {atom: -1}), slope)
        return out

    def slope(self, atom: Atom, tensor: str, place: Sequence[Poly]) -> list[Form] | None:
        """The derivative of one factor, as a product of forms; None where it is 0."""
        if atom.kind == "input" and atom.name == tensor:
            return [self.relation("==", arg - k) for arg, k in zip(atom.args, place, strict=True)]
        if not atom.body or atom.kind in FLAT:
            return None
        if atom.kind in ("max", "prod"):
            ((binders, factors),) = (self.opened(term) for term, _ in atom.body)
            entry, over = Form(dict(next(iter(factors)).body)), [poly(name) for name in binders]
            slopes, value = self.derivative(entry, tensor, place), self.atom(*atom)
            if atom.kind == "prod":  # Σ_j u_j' / u_j, where no entry is 0
                return [value, self.total(self.mul(slopes, self.power(entry, -1)), over)] if slopes else None
            wins = self.zero(entry - value)  # the mean of the slopes of the entries that attain the maximum
            return [self.total(self.mul(wins, slopes), over), self.power(self.total(wins, over), -1)]
        inner = self.derivative(dict(atom.body), tensor, place)
        need(atom.kind in LAWS or not inner, f"no derivative of {atom.kind} is known")
        return [LAWS[atom.kind](self, Form(dict(atom.body))), inner] if inner else None

    # ------------------------------------------------------------------------ is it zero?

    def symmetrised(self, form: Mapping[Term, Number], tensors: set[str]) -> Form:
        """The form where these inputs are symmetric: only ever asked of what has been differentiated."""
        out = Form()
        for term, c in form.items():
            binders, factors = self.opened(term)
            kept, values = Factors(), []
            for atom, power in factors.items():
                if atom.kind == "input" and atom.name in tensors:
                    atom = Atom("symmetric", atom.name, tuple(sorted(atom.args)))
                if not tensors & set(terms.inputs(atom)):
                    kept = self.merged(kept, {atom: power})
                else:
                    need(atom.kind not in ("max", "prod"), "a maximum of symmetric entries")
                    values.append(self.function(atom.kind, self.symmetrised(dict(atom.body), tensors), power))
            self.emit(out, c, binders, kept, values)
        return out

    def vanishes(self, form: Form) -> bool:
        """Whether the form is 0 almost everywhere: drop null guards, cancel denominators, clear what is left."""
        null = {a for term in form for a, _ in term[1] if a.kind == "zero" and self.null(a)}
        form = self.reduced(Form({t: c for t, c in form.items() if not null & set(dict(t[1]))}))
        for _ in range(8):
            factors = [f for term in form for f in term[1] if f[0].kind == "base" and f[1] < 0]
            closed = [atom for atom, _ in factors if not any(n[0] == "@" for n in names_of(atom))]
            if not closed:
                break
            lowest, cleared = min(p for atom, p in factors if atom == min(closed)), Form()
            for term, c in form.items():
                binders, powers = self.opened(term)
                self.emit(cleared, c, binders, self.merged(powers, {min(closed): -lowest}))
            form = self.reduced(cleared)
        return not form

    def holds(self, form: Form, free: Iterable[Poly]) -> bool:
        """Whether the form is 0, in general or else entry by entry where an axis has few known entries."""
        if self.vanishes(form):
            return True
        few = {index.name: self.ranges[index.name][0][1] for index in free if index and self.few(index.name)}
        cases = [dict(zip(few, map(poly, at), strict=True)) for at in product(*map(range, few.values()))]
        return len(cases) <= 256 and all(self.vanishes(self.unrolled(self.at(form, case))) for case in cases)

    def unrolled(self, form: Form) -> Form:
        """The form with sums over few known entries written out."""
        out = Form()
        for term, c in form.items():
            binders, factors = self.opened(term)
            few = [name for name in binders if self.few(name)]
            for at in product(*(range(self.ranges[name][0][1]) for name in few)):
                by = dict(zip(few, map(poly, at), strict=True))
                self.emit(out, c, [name for name in binders if name not in by], *self.replaced(factors, by))
        return out

    def few(self, name: str) -> bool:
        return [names for names, _ in self.ranges[name]] == [()] and self.ranges[name][0][1] <= 16

    def null(self, atom: Atom) -> bool:
        """Whether {u == 0} is a null set: a term of u is a product of generic inputs that occur only there and once."""
        seen = terms.inputs(atom)
        for (extents, factors), _ in atom.body:
            names = [a.name for a, _ in factors if a.kind == "input"]
            once = all(name in self.generic and seen.count(name) == 1 for name in names)
            rest = all(self.positive_factor(f) for f in factors if f[0].kind != "input")
            if names and once and rest and all(self.nonnegative(extent - 1) for extent in extents):
                return True
        return False

    def reduced(self, form: Form) -> Form:
        """With the lead of S cancelled against S^-k, wherever it occurs: lead·S^-k = S^(1-k) - rest·S^-k."""
        out, todo = Form(), list(form.items())
        while todo:
            term, c = todo.pop()
            hit = self.cancelled(term) if any(a.kind == "base" and p < 0 for a, p in term[1]) else None
            if hit is None:
                out.gather(term, c)
            else:
                todo.extend((other, c * k) for other, k in hit.items())
        return out

    def cancelled(self, term: Term) -> Form | None:
        """One step of ``reduced``; None where there is none."""
        binders, factors = self.opened(term)
        for atom, power in [f for f in factors.items() if f[0].kind == "base" and f[1] < 0]:
            # The lead of S has most bound indices, then the highest degree.
            lead, c = max(atom.body, key=lambda item: (len(item[0][0]), sum(abs(p) for _, p in item[0][1]), item))
            inner, pattern = self.opened(lead)
            for chosen in permutations(binders, len(inner)):
                by = {name: poly(b) for name, b in zip(inner, chosen, strict=True)}
                wanted = {terms.moved(a, by): p for a, p in pattern.items()}
                left = {a: p - wanted.get(a, 0) for a, p in factors.items() if p != wanted.get(a, 0)}
                there = all(p * factors.get(a, 0) >= p * p for a, p in wanted.items())
                apart = not any(names_of(a) & set(chosen) for a in left)
                if there and apart and all(self.ranges[n] == self.ranges[b.name] for n, b in by.items()):
                    rest = Form({t: -k for t, k in atom.body if t != lead})
                    form = self.mul(self.emit(Form(), 1, [], {atom: power}), rest)
                    self.emit(form, 1, [], self.merged({}, {atom: power + 1}))
                    keep = [b for b in binders if b not in chosen]
                    return self.emit(Form(), Fraction(1) / c, keep, less(left, atom), [form])
        return None


# ---------------------------------------------------------------------------- the certificate


class Reader:
    """The certificate, read into arrays of forms and judged."""

    def __init__(self, data: Any) -> None:
        shaped(data, SCHEMA, "certificate")
        need(data["format"] == FORMAT and data["claim"]["kind"] in ("grad", "jac"), "another format or kind")
        read = data["reading"] == "exact" or (data["reading"] in ("decimal", "named") and data["assumptions"])
        need(read, "a reading of literals that is not among the assumptions")
        self.data, self.merges = data, {name: terms.size(extent) for name, extent in data["merges"].items()}
        self.least = {item["name"]: item["least"] for item in data["dimensions"]}
        need(all(name.isidentifier() and least >= 1 for name, least in self.least.items()), "dimensions are >= 1")
        known_sizes = [self.size(item["size"]) - item["least"] for item in data["size_conditions"]]
        self.facts = {item["name"]: set(item["facts"]) for item in data["inputs"]}
        need(all(known <= OPEN | THIN for known in self.facts.values()), "a fact that is not known here")
        floats = {item["name"] for item in data["inputs"] if KINDS[item["dtype"]] == "f"}
        need(data["claim"]["wrt"] and set(data["claim"]["wrt"]) <= floats, "wrt names inputs of floats")
        positive = {name for name, known in self.facts.items() if "positive" in known}
        lines = {item["name"]: item["operands"] for item in data["F"]["equations"] + data["G"]["equations"]}
        asked = [(c["at"], c["operand"]) for c in data["conditions"] if c["is"] in ("> 0", "in (0, 1)")]
        positive |= {lines[at][k] for at, k in asked if k >= 0 and str(lines[at][k]) in self.facts}
        self.w = Algebra(self.least, known_sizes, positive, {name for name in floats if self.facts[name] <= OPEN})
        self.ops, self.values, self.equations = Ops(self.w), dict[str, Array](), dict[str, Any]()
        for item in data["inputs"] + data["captured"]:
            entry = lambda at, name=item["name"]: self.w.atom("input", name, tuple(at))  # noqa: E731
            self.define(item, self.spelled(item) if item.get("values") else entry, KINDS[item["dtype"]])
            shape = self.values[item["name"]].shape
            square = len(shape) == 2 and shape[0] == shape[1]
            need(square or not self.facts.get(item["name"], set()) & {"symmetric", "spd"}, "symmetric, but not square")

    def size(self, value: Any) -> Poly:
        """A size with merged dimensions replaced."""
        extent = terms.size(value)
        for _ in self.merges:
            extent = extent.at(self.merges)
        need({n for names, _ in extent for n in names} <= set(self.least), f"a dimension that is not claimed: {value}")
        return extent

    def define(self, item: Mapping[str, Any], entry: Callable[[Sequence[Poly]], Form], kind: str) -> None:
        shape = tuple(map(self.size, item["shape"]))
        new = item["name"] not in self.values and all(map(self.w.nonnegative, shape))
        need(new, f"{item['name']} is defined twice, or may have a negative size")
        self.values[item["name"]] = Array(shape, entry, kind)

    def spelled(self, item: Mapping[str, Any]) -> Callable[[Sequence[Poly]], Form]:
        """The entries of an array whose values are given, with the hash that they must have."""
        places = list(product(*(range(size) for size in item["shape"])))
        code, kind = {"float64": ("d", float), "float32": ("f", float), "int64": ("q", int), "bool": ("?", bool)}[
            item["dtype"]
        ]
        numbers = [float.fromhex(text) for text in item["values"]]
        digest = hashlib.sha256(struct.pack(f"<{len(numbers)}{code}", *map(kind, numbers))).hexdigest()
        need(len(places) == len(numbers) and digest == item["sha256"], f"the values of {item['name']}")

        def entry(at: Sequence[Poly]) -> Form:
            here = ([self.w.relation("==", i - k) for i, k in zip(at, place, strict=True)] for place in places)
            return sum((self.w.mul(*h) * Fraction(x) for h, x in zip(here, numbers, strict=True)), start=Form())

        return entry

    def literal(self, value: Any) -> tuple[Form, str]:
        """A number as it was written, under the reading of the certificate."""
        ((kind, text),) = value.items()
        if kind == "bool" and type(text) is bool:
            return UNITY * int(text), "b"
        need(type(text) is str and len(text) <= 400, "a literal")
        if kind == "int" and re.fullmatch(r"-?\d+", text):
            return UNITY * int(text), "i"
        need(kind == "float" and re.fullmatch(r"-?0x[01]\.[0-9a-f]+p[+-]\d+", text), "a float literal in hexadecimal")
        number, reading = float.fromhex(text), self.data["reading"]
        constant = named(self.w, abs(number)) if reading == "named" else None
        if constant is not None:
            return constant * (1 if number > 0 else -1), "f"
        return UNITY * Fraction(number if reading == "exact" else repr(number)), "f"

    def operand(self, value: Any) -> Array:
        if isinstance(value, str):
            need(value in self.values, f"{value} is used before it is defined")
            return self.values[value]
        sized = isinstance(value, dict) and set(value) == {"size"}
        form, kind = (self.w.number(self.size(value["size"])), "i") if sized else self.literal(value)
        return Array((), lambda at: form, kind)

    def param(self, value: Any) -> Any:
        """A static argument: numbers read, merged dimensions replaced."""
        if isinstance(value, dict) and set(value) == {"size"}:
            return [[factor, list(names)] for names, factor in self.size(value["size"])]
        if isinstance(value, dict):
            form = self.literal(value)[0]
            need(set(form) <= {terms.UNIT}, "a static argument")
            return form.get(terms.UNIT, 0)
        return [self.param(part) for part in value] if isinstance(value, list) else value

    def run(self, program: Mapping[str, Any]) -> list[Array]:
        """The outputs of a program; every entry is computed once."""
        for item in program["equations"]:
            item = item | {"params": {key: self.param(value) for key, value in item["params"].items()}}
            array = self.ops.apply(item["op"], [self.operand(o) for o in item["operands"]], item["params"])
            need(array.shape == tuple(map(self.size, item["shape"])), f"{item['name']} has another shape")
            at = [self.w.index(extent) for extent in array.shape]
            form, names = array.entry(at), [index.name for index in at]
            entry = lambda at, form=form, names=names: self.w.at(form, dict(zip(names, at, strict=True)))  # noqa: E731
            self.define(item, entry, array.kind)
            self.equations[item["name"]] = item
        return [self.operand(output) for output in program["outputs"]]

    def domain(self) -> None:
        """The domain and the kinks, recomputed: the certificate must list every one."""
        kinks = self.data["kinks"]
        listed = {(item["at"], item["operand"], item["is"]) for item in self.data["conditions"]}
        for name, item in self.equations.items():
            for wanted in conditions(item["op"], item["params"]):
                need((name, *wanted) in listed, f"{name}: the condition {wanted} is not listed")
            need(item["op"] not in STEPS or name in kinks, f"the kinks of {name} are not listed")
        need({name for name, _, _ in listed} | set(kinks) <= set(self.equations), "a condition on nothing")
        thin = any(self.facts[name] & THIN for name in self.data["claim"]["wrt"])
        need(not (thin and kinks), "kinks on a domain that is a null set")

    def check(self) -> Report:
        w, wrt = self.w, self.data["claim"]["wrt"]
        outputs, gradients = self.run(self.data["F"]), self.run(self.data["G"])
        self.domain()
        need(all(output.kind == "f" for output in outputs), "outputs that are not floats")
        need(self.data["claim"]["kind"] == "grad" or len(outputs) == 1, "the Jacobian of one output")
        at = [[w.index(extent) for extent in output.shape] for output in outputs]
        lead = [] if self.data["claim"]["kind"] == "grad" else at[0]
        parts = [w.total(o.entry(i), [] if lead else i) for o, i in zip(outputs, at, strict=True)]
        symmetric = {tensor for tensor, known in self.facts.items() if known & {"symmetric", "spd"}}
        for name, gradient in zip(wrt, gradients, strict=True):
            place = [w.index(extent) for extent in self.values[name].shape]
            shape = (*(outputs[0].shape if lead else ()), *self.values[name].shape)
            need(gradient.shape == shape, f"the gradient in {name} has another shape")
            difference = w.derivative(sum(parts, start=Form()), name, place) - gradient.entry([*lead, *place])
            difference = w.symmetrised(difference, symmetric) if symmetric else difference
            need(w.holds(difference, [*lead, *place]), f"the derivative in {name} is not shown to equal the gradient")
        trusted = len({item["op"] for item in self.equations.values()}) + 1
        need(self.data["trusted"] == trusted, f"there are {trusted} trusted steps, not {self.data['trusted']}")
        return Report(True, "accepted", trusted, w.steps)


def check(certificate: Any) -> Report:
    """Whether the certificate shows its claim. Never raises: what is not understood is rejected with the reason."""
    try:
        return Reader(certificate).check()
    except (Refused, RecursionError) as refusal:
        return Report(False, str(refusal))
    except Exception as error:  # whatever went wrong, it is not a proof
        return Report(False, f"malformed: {type(error).__name__}: {error}")


def main(paths: Sequence[str]) -> int:
    """Check files; 0 when all are accepted, 1 when not, 2 when there is none."""
    failed = False
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                report = check(parse(file.read(MAX_BYTES + 1)))
        except (OSError, ValueError, RecursionError, Refused) as error:
            report = Report(False, f"not readable: {error}")
        verdict = f"{path}: {'' if report.accepted else 'rejected: '}{report.reason}"
        print(f"{verdict} ({report.trusted} trusted steps, {report.steps} steps checked)")
        failed |= not report.accepted
    return int(failed) if paths else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
