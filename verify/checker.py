"""Check a certificate with the standard library alone: ``python checker.py FILE``.

A certificate holds two recorded programs, F and G, and says: on the domain D, for these sizes, G is the derivative
of (the sum of) F. This file shares no code with what wrote it. In order: integer polynomials (sizes and positions);
sums of products over indices and their canonical form; powers and functions; the derivative; the test for zero; what
each op means, from NumPy's documentation; the certificate. Nothing is searched for but the names of bound indices,
within a budget. Whatever is not understood is rejected.

Facts used: real arithmetic; [u > 0] is constant off the boundary of {u > 0}, a null set for the piecewise analytic u
that these ops make; where two such functions are equal, so are their gradients, almost everywhere.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":  # the files beside this one must not shadow the standard library
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]

import json
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import groupby, permutations, product
from typing import Any, NamedTuple

FORMAT, MAX_BYTES, MAX_STEPS, MAX_SECONDS = "dualgrad-certificate/1", 4_000_000, 200_000, 20.0


class Report(NamedTuple):
    """What a check found. ``trusted`` counts the meanings of ops relied upon, and the recording itself."""

    accepted: bool
    reason: str
    trusted: int = 0
    steps: int = 0


class Refused(Exception):
    """The certificate is wrong, or says something that is not understood here."""


def need(condition: object, reason: str) -> None:
    if not condition:
        raise Refused(reason)


# ---------------------------------------------------------------------------- integer polynomials: sizes and positions


class Poly(tuple[tuple[tuple[str, ...], int], ...]):
    """Sorted (names, coefficient) pairs. A dimension is an identifier; an index starts with "#" (free, with a range)
    or "@" (bound, in a stored term)."""

    def __new__(cls, pairs: Iterable[tuple[tuple[str, ...], int]] = ()) -> Poly:
        total: dict[tuple[str, ...], int] = {}
        for names, factor in pairs:
            total[names] = total.get(names, 0) + factor
        return super().__new__(cls, sorted((names, factor) for names, factor in total.items() if factor))

    def __add__(self, other: Poly | int) -> Poly:  # type: ignore[override]
        return Poly([*self, *poly(other)])

    def __sub__(self, other: Poly | int) -> Poly:
        return Poly([*self, *((names, -factor) for names, factor in poly(other))])

    def __mul__(self, other: Poly | int) -> Poly:  # type: ignore[override]
        return Poly((tuple(sorted(a + b)), f * g) for a, f in self for b, g in poly(other))

    def at(self, by: Mapping[str, Poly]) -> Poly:
        """With names replaced, all at once."""
        if self.name or not any(name in by for names, _ in self for name in names):
            return by.get(self.name, self)
        left = [(tuple(n for n in names if n not in by), [by[n] for n in names if n in by], f) for names, f in self]
        return Poly(pair for kept, new, f in left for pair in math.prod(new, start=Poly([(kept, f)])))

    @property
    def name(self) -> str:
        """The name, where this is one index and nothing else; else ""."""
        return self[0][0][0] if len(self) == 1 and self[0][1] == 1 and len(self[0][0]) == 1 else ""


@cache
def poly(value: Poly | int | str) -> Poly:
    return value if isinstance(value, Poly) else Poly([((value,), 1) if isinstance(value, str) else ((), value)])


ZERO, ONE = Poly(), poly(1)

# ---------------------------------------------------------------------------- sums of products over indices
# A form is {term: coefficient}. A term is (extents of its bound indices, sorted factors). The bound indices of a term
# are "@d0", "@d1", … where d is one more than that of any term inside its factors, so nothing is captured.

Number = int | Fraction
BOOLEAN = {"==", ">=", "positive", "zero"}  # factors that are 0 or 1


class Atom(NamedTuple):
    """What a factor is: an input at positions, a dimension, a prime, [p == 0] or [p >= 0], or a function of a form."""

    kind: str
    name: str = ""
    args: tuple[Poly, ...] = ()
    body: tuple[tuple[Term, Number], ...] = ()


Factors = dict[Atom, Number]
Term = tuple[tuple[Poly, ...], tuple[tuple[Atom, Number], ...]]
UNIT: Term = ((), ())


class Form(dict[Term, Number]):
    """A sum of terms."""

    def gather(self, term: Term, c: Number) -> None:
        total = self.pop(term, 0) + c
        assert not isinstance(total, float)
        if total:
            self[term] = total

    def __add__(self, other: Form) -> Form:
        out = Form(self)
        for term, c in other.items():
            out.gather(term, c)
        return out

    def __sub__(self, other: Form) -> Form:
        return self + other * -1

    def __mul__(self, number: Number) -> Form:
        return Form({term: c * number for term, c in self.items() if number})


UNITY = Form({UNIT: 1})


@cache
def names_of(atom: Atom) -> frozenset[str]:
    """The indices that are free in an atom."""
    own = {n for arg in atom.args for names, _ in arg for n in names if n[0] in "#@"}
    inner = {
        n for (extents, factors), _ in atom.body for a, _ in factors for n in names_of(a) - bound_in((extents, factors))
    }
    return frozenset(own | inner - {"@r"})


def bound_in(term: Term) -> set[str]:
    return {f"@{depth(term)}.{k}" for k in range(len(term[0]))}


@cache
def depth(term: Term) -> int:
    return max((depth(inner) for atom, _ in term[1] for inner, _ in atom.body), default=0) + 1


def moved(atom: Atom, by: Mapping[str, Poly]) -> Atom:
    """The atom with indices renamed, and put in order again."""
    if names_of(atom).isdisjoint(by):
        return atom
    args = tuple(arg.at(by) for arg in atom.args)
    if atom.kind in ("==", ">="):
        size = math.gcd(*(f for _, f in args[0])) or 1
        p = Poly((names, f // size) for names, f in args[0])
        args = (min(p, ZERO - p) if atom.kind == "==" else p,)
    args = tuple(sorted(args)) if atom.kind == "symmetric" else args
    return atom._replace(args=args, body=tuple(sorted((renamed(term, by), c) for term, c in atom.body)))


def renamed(term: Term, by: Mapping[str, Poly]) -> Term:
    """A stored term with free indices renamed, and its bound ones named anew."""
    bound = [f"@{depth(term)}.{k}" for k in range(len(term[0]))]
    factors = {moved(atom, by): power for atom, power in term[1]}
    return canonical(factors, dict(zip(bound, term[0], strict=True)), depth(term))


def canonical(factors: Factors, extents: Mapping[str, Poly], level: int) -> Term:
    """The term with bound indices named by where they occur; what that leaves open is tried each way."""

    def where(b: str) -> Any:
        by = {n: poly("@0" if n == b else "@1") for n in extents}
        return extents[b], sorted((moved(atom, by), power) for atom, power in factors.items() if b in names_of(atom))

    def labelled(order: Sequence[str]) -> Term:
        by = {name: poly(f"@{level}.{k}") for k, name in enumerate(order)}
        return tuple(extents[b] for b in order), tuple(sorted((moved(atom, by), p) for atom, p in factors.items()))

    groups = (
        [list(group) for _, group in groupby(sorted(extents, key=where), key=where)]
        if len(extents) > 1
        else [[*extents]]
    )
    need(math.prod(math.factorial(len(group)) for group in groups) <= 720, "too many ways to name bound indices")
    return min(labelled(sum(order, ())) for order in product(*map(permutations, groups)))


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
        return ZERO if extent == ONE else poly(name)

    def opened(self, term: Term) -> tuple[list[str], Factors]:
        """The bound indices of a stored term under fresh names, and its factors."""
        by = {f"@{depth(term)}.{k}": self.index(extent) for k, extent in enumerate(term[0])}
        return [index.name for index in by.values()], {moved(atom, by): power for atom, power in term[1]}

    def merged(self, factors: Factors, more: Factors) -> Factors:
        """The product: powers add, guards are idempotent."""
        out = dict(factors)
        for atom, power in more.items():
            total = 1 if atom.kind in BOOLEAN else out.pop(atom, 0) + power
            if total:
                out[atom] = total
        return out

    def mul(self, *forms: Form) -> Form:
        return self.emit(Form(), 1, [], {}, forms)

    def atom(self, *parts: Any) -> Form:
        return self.emit(Form(), 1, [], {Atom(*parts): 1})

    def relation(self, kind: str, p: Poly) -> Form:
        """[p == 0] or [p >= 0]"""
        return self.emit(Form(), 1, [], {related(kind, p): 1})

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
        kept: Factors = {}
        values = []
        for atom, power in factors.items():
            images = {by.get(name, poly(name)).name for name in names_of(atom)} - {""}
            if not atom.body or len(images) == len(names_of(atom)):
                kept = self.merged(kept, {moved(atom, by): power})
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
            signs = {(a.kind in BOOLEAN, f) for a in factors for p in a.args for names, f in p if name in names}
            if not any(name in names_of(atom) for atom in factors):  # Σ_j 1 = the range of j
                return self.emit(out, c, [n for n in binders if n != name], factors, [self.number(self.ranges[name])])
            if max({f for relation, f in signs if not relation} or {f for _, f in signs} or {1}) < 0:  # count backwards
                mirrored = self.replaced(factors, {name: self.ranges[name] - 1 - poly(name)})
                return self.emit(out, c, binders, *mirrored)
        level = max((depth(term) for atom in factors for term, _ in atom.body), default=0) + 1
        out.gather(canonical(factors, {name: self.ranges[name] for name in binders}, level), c)
        return out

    def written_out(self, atom: Atom, power: Number) -> list[Form] | None:
        """A factor that is not canonical, as a product of forms; None for one that is."""
        whole, body = math.floor(power), Form(dict(atom.body))
        if atom.kind == "prime" and whole:  # p^(k + r) = p^k · p^r
            return [
                UNITY * Fraction(int(atom.name)) ** whole,
                Form({((), ((atom, power - whole),)): 1}) if power - whole else UNITY,
            ]
        if atom.kind == "base" and whole >= 1:
            return [body] * whole + [self.power(body, power - whole)]
        if atom.kind in ("sin", "sinh") and whole >= 2:  # sin² = 1 − cos², sinh² = cosh² − 1
            square = self.function("cos" if atom.kind == "sin" else "cosh", body, 2)
            return [self.function(atom.kind, body, power - 2), (UNITY - square) * (1 if atom.kind == "sin" else -1)]
        return None

    # ------------------------------------------------------------------------ relations between indices

    def simplified(self, out: Form, c: Number, binders: Sequence[str], factors: Factors, atom: Atom) -> bool:
        """Simplify by one relation; True when the term was dealt with here."""
        (p,), rest, equality = atom.args, less(factors, atom), atom.kind == "=="
        if self.always(ZERO - p - 1) or (equality and self.always(p - 1)):
            return True  # never holds: the term is 0
        if not p or (not equality and self.always(p)):
            self.emit(out, c, binders, rest)
        elif not equality and self.always(p + 1):  # [p >= 0] = 1 - [p == -1] where p >= -1
            self.emit(out, c, binders, rest, [UNITY - self.relation("==", p + 1)])
        elif not equality:
            for other in [other for other in rest if other.kind == ">="]:
                q = other.args[0]
                if self.always(ZERO - p - q - 1):
                    return True  # both cannot hold
                if not p + q or self.always(p - q):  # together they say p == 0, or the other says more
                    self.emit(
                        out,
                        c,
                        binders,
                        less(rest, other),
                        [self.relation("==", p) if not p + q else self.relation(">=", q)],
                    )
                    return True
            return False
        elif split := self.radix(p):
            self.emit(out, c, binders, rest, [self.relation("==", q) for q in split])
        else:
            return self.solved(out, c, binders, rest, atom)
        return True

    def solved(self, out: Form, c: Number, binders: Sequence[str], rest: Factors, atom: Atom) -> bool:
        """Solve p == 0 for a bound index, which disappears, or else for the last of its names, which is replaced."""
        choices = []
        for names, f in atom.args[0]:
            name, other = "".join(names[:1]), atom.args[0].at(dict.fromkeys(names, ZERO))
            if len(names) == 1 and name[0] == "#" and abs(f) == 1 and not any(name in n for n, _ in other):
                value = other * -f
                ends = [end for end in (value, self.ranges[name] - 1 - value) if not self.always(end)]
                if name in binders:
                    choices.append((len(ends), name, value, {related(">=", end): 1 for end in ends}))
                elif name == max(names_of(atom)) and any(name in names_of(a) for a in rest):
                    choices.append((9, name, value, {atom: 1}))
        for _, name, value, kept in sorted(choices, key=lambda choice: choice[:2])[:1]:
            new, values = self.replaced(rest, {name: value})
            self.emit(out, c, [n for n in binders if n != name], self.merged(new, kept), values)
        return bool(choices)

    def radix(self, p: Poly) -> list[Poly]:
        """n·a + b == 0 with |b| < n means a == 0 and b == 0, for n an integer times dimensions."""
        units = {(tuple(n for n in names if n[0] != "#"), abs(f)) for names, f in p} - {((), 1)}
        for unit, g in sorted(units, key=lambda unit: (-len(unit[0]), -unit[1], unit)):
            within = {names: not f % g and names[len(names) - len(unit) :] == unit for names, f in p}
            high = Poly((names[: len(names) - len(unit)], f // g) for names, f in p if within[names])
            low = Poly((names, f) for names, f in p if not within[names])
            if low and high and all(self.always(Poly([(unit, g)]) - 1 - q) for q in (low, ZERO - low)):
                return [high, low]
        return []

    # ------------------------------------------------------------------------ powers and functions

    def function(self, kind: str, u: Form, power: Number = 1) -> Form:
        """kind(u)^power"""
        if kind == "base":
            return self.power(u, power)
        if kind == "max":  # the body is kept as one term, Σ_j entry(u), only for its bound index j
            ((binders, factors),) = (self.opened(term) for term in u)
            ((atom, _),) = factors.items()
            return self.power(self.maximum(Form(dict(atom.body)), poly(binders[0])), power)
        build = {"exp": self.exp, "log": self.log, "positive": self.positive, "zero": self.zero}.get(kind)
        return self.power(build(u) if build else self.atom(*lifted(kind, u)[0]), power)

    def maximum(self, u: Form, index: Poly) -> Form:
        """max over the index"""
        entry = Atom("entry", "", (), tuple(sorted(u.items())))
        level = depth(((), ((entry, 1),)))
        return (
            self.atom("max", "", (), ((canonical({entry: 1}, {index.name: self.ranges[index.name]}, level), 1),))
            if index
            else u
        )

    def positive_factor(self, factor: tuple[Atom, Number]) -> bool:
        """Evidently > 0 on the domain, which has S > 0 for every S^q with q fractional."""
        atom, power = factor
        root = atom.kind == "base" and power != int(power)
        return root or atom.kind in ("dim", "prime", "exp", "cosh", "pi") or atom.name in self.positive_inputs

    def certainly_positive(self, form: Form) -> bool:
        """Whether every term is evidently > 0."""
        sums = all(self.nonnegative(extent - 1) for term in form for extent in term[0])
        return sums and bool(form) and all(c > 0 and all(map(self.positive_factor, t[1])) for t, c in form.items())

    def split(self, form: Form, positive: bool) -> tuple[Factors, Form]:
        """form = (a number > 0 · common factors) · rest; with ``positive``, only factors > 0 are taken out."""
        need(form, "a power or a logarithm of zero")
        content = Fraction(
            math.gcd(*(c.numerator for c in form.values())), math.lcm(*(c.denominator for c in form.values()))
        )
        terms, common = [dict(term[1]) for term in form], Factors()
        for atom, power in terms[0].items():
            free = self.positive_factor((atom, power)) if positive else atom.kind not in BOOLEAN
            if free and not any(n[0] == "@" for n in names_of(atom)) and all(atom in term for term in terms):
                common[atom] = min(term[atom] for term in terms)
        out = Form()
        for term, c in form.items():
            binders, factors = self.opened(term)
            self.emit(out, c / content, binders, self.merged(factors, {atom: -p for atom, p in common.items()}))
        return self.merged(common, {Atom("prime", str(p)): k for p, k in factorised(content).items()}), out

    def power(self, form: Form, q: Number) -> Form:
        """form ** q for a rational q; the domain has form > 0 where q is fractional, and form != 0 where q < 0."""
        if q == int(q) and q >= 0:
            return self.mul(*[form] * int(q))
        outer, rest = self.split(form, q != int(q))
        outer, sign = {atom: p * q for atom, p in outer.items()}, 1
        if rest != UNITY:
            atom, sign = lifted("base", self.reduced(rest), flip=q == int(q))
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
        sure = all(self.positive_factor(f) or f[0].kind == "base" for t in form for f in t[1])  # S^-k: S != 0
        if (len(form) == 1 and sure and not any(t[0] for t in form)) or any(
            map(self.certainly_positive, (form, form * -1))
        ):
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
        if not atom.body or atom.kind in ("positive", "zero", "floor"):
            return None
        if atom.kind == "max":  # the mean of the slopes of the entries that attain it
            ((binders, factors),) = (self.opened(term) for term, _ in atom.body)
            entry = Form(dict(next(iter(factors)).body))
            wins = self.zero(entry - self.atom(*atom))
            summed = self.mul(wins, self.derivative(entry, tensor, place))
            return [self.total(form, map(poly, binders)) for form in (summed,)] + [
                self.power(self.total(wins, map(poly, binders)), -1)
            ]
        inner = self.derivative(dict(atom.body), tensor, place)
        need(atom.kind in LAWS or not inner, f"no derivative of {atom.kind} is known")
        return [LAWS[atom.kind](self, Form(dict(atom.body))), inner] if inner else None

    def symmetrised(self, form: Mapping[Term, Number], tensors: set[str]) -> Form:
        """The form where these inputs are symmetric: only ever asked of what has been differentiated."""
        out = Form()
        for term, c in form.items():
            binders, factors = self.opened(term)
            kept: Factors = {}
            values = []
            for atom, power in factors.items():
                if atom.kind == "input" and atom.name in tensors:
                    atom = Atom("symmetric", atom.name, tuple(sorted(atom.args)))
                if not tensors & set(inputs(atom)):
                    kept = self.merged(kept, {atom: power})
                else:
                    need(atom.kind != "max", "a maximum of symmetric entries")
                    values.append(self.function(atom.kind, self.symmetrised(dict(atom.body), tensors), power))
            self.emit(out, c, binders, kept, values)
        return out

    # ------------------------------------------------------------------------ is it zero?

    def vanishes(self, form: Form) -> bool:
        """Whether the form is 0 almost everywhere: drop null guards, cancel denominators, clear what is left."""
        form = self.reduced(
            Form({t: c for t, c in form.items() if not any(a.kind == "zero" and self.null(a) for a, _ in t[1])})
        )
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

    def null(self, atom: Atom) -> bool:
        """Whether {u == 0} is a null set: a term of u is a product of generic inputs that occur only there, each once."""
        seen = inputs(atom)
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
        binders, factors = self.opened(term)
        for atom, power in factors.items():
            if atom.kind == "base" and power < 0:  # the lead of S has most bound indices, then the highest degree
                lead, c = max(atom.body, key=lambda item: (len(item[0][0]), sum(abs(p) for _, p in item[0][1]), item))
                inner, pattern = self.opened(lead)
                for chosen in permutations(binders, len(inner)):
                    by = {name: poly(b) for name, b in zip(inner, chosen, strict=True)}
                    wanted = {moved(a, by): p for a, p in pattern.items()}
                    left = {a: p - wanted.get(a, 0) for a, p in factors.items() if p != wanted.get(a, 0)}
                    there = all(p * factors.get(a, 0) >= p * p for a, p in wanted.items())
                    apart = not any(names_of(a) & set(chosen) for a in left)
                    if there and apart and all(self.ranges[n] == self.ranges[b.name] for n, b in by.items()):
                        rest = Form({t: -k for t, k in atom.body if t != lead})
                        lower = self.emit(Form(), 1, [], {atom: power})
                        form = self.emit(Form(), 1, [], self.merged({}, {atom: power + 1})) + self.mul(lower, rest)
                        keep = [b for b in binders if b not in chosen]
                        return self.emit(Form(), Fraction(1) / c, keep, less(left, atom), [form])
        return None


def lifted(kind: str, body: Form, flip: bool = False) -> tuple[Atom, int]:
    """The function of this body; with ``flip``, up to the sign returned."""
    blind = {name: poly("@") for name in names_of(Atom("", "", (), tuple(body.items())))}
    sign = -1 if flip and body[min(body, key=lambda term: (renamed(term, blind), term))] < 0 else 1
    return Atom(kind, "", (), tuple(sorted((body * sign).items()))), sign


def related(kind: str, p: Poly) -> Atom:
    """[p == 0] or [p >= 0], up to scale."""
    return moved(Atom(kind, "", (p,)), {n: poly(n) for names, _ in p for n in names})


def less(factors: Factors, atom: Atom) -> Factors:
    return {other: power for other, power in factors.items() if other != atom}


def inputs(atom: Atom) -> list[str]:
    """The inputs that an atom reads, as often as they occur."""
    return [atom.name] if atom.kind == "input" else [n for t, _ in atom.body for a, _ in t[1] for n in inputs(a)]


def factorised(number: Fraction) -> dict[int, int]:
    """A positive rational as powers of primes; what is left beyond small ones counts as one."""
    found: dict[int, int] = {}
    for whole, sign in ((number.numerator, 1), (number.denominator, -1)):
        for p in (2, *range(3, 1000, 2)):
            while whole % p == 0:
                found[p] = found.get(p, 0) + sign
                whole //= p
        if whole > 1:
            found[whole] = sign
    assert math.prod(Fraction(p) ** k for p, k in found.items()) == number
    return found


# ---------------------------------------------------------------------------- the table of meanings
# What each op means, from NumPy's documentation, and how each function is differentiated. This is the trusted base.


class Array(NamedTuple):
    """A shape, the form of the entry at given positions, and "b", "i" or "f" for bools, integers and floats."""

    shape: tuple[Poly, ...]
    entry: Callable[[Sequence[Poly]], Form]
    kind: str = "f"


HALF = Fraction(1, 2)
LAWS: dict[str, Callable[[Algebra, Form], Form]] = {  # φ'(u)
    "base": lambda w, u: UNITY,
    "exp": lambda w, u: w.exp(u),
    "log": lambda w, u: w.power(u, -1),
    "sin": lambda w, u: w.function("cos", u),
    "cos": lambda w, u: w.function("sin", u) * -1,
    "sinh": lambda w, u: w.function("cosh", u),
    "cosh": lambda w, u: w.function("sinh", u),
    "arctan": lambda w, u: w.power(UNITY + w.mul(u, u), -1),
    "arctanh": lambda w, u: w.power(UNITY - w.mul(u, u), -1),
    "arcsin": lambda w, u: w.power(UNITY - w.mul(u, u), -HALF),
    "arccos": lambda w, u: w.power(UNITY - w.mul(u, u), -HALF) * -1,
    "arcsinh": lambda w, u: w.power(UNITY + w.mul(u, u), -HALF),
    "arccosh": lambda w, u: w.mul(w.power(u - UNITY, -HALF), w.power(u + UNITY, -HALF)),
    "erf": lambda w, u: w.mul(w.power(w.atom("pi"), -HALF), w.exp(w.mul(u, u) * -1)) * 2,
    "gammaln": lambda w, u: w.function("digamma", u),
}
COMPARISONS: dict[str, Callable[..., Form]] = {
    "greater": lambda w, a, b: w.positive(a - b),
    "less": lambda w, a, b: w.positive(b - a),
    "greater_equal": lambda w, a, b: UNITY - w.positive(b - a),
    "less_equal": lambda w, a, b: UNITY - w.positive(a - b),
    "equal": lambda w, a, b: w.zero(a - b),
    "not_equal": lambda w, a, b: UNITY - w.zero(a - b),
    "logical_not": lambda w, a: w.zero(a),
    "logical_and": lambda w, a, b: w.mul(UNITY - w.zero(a), UNITY - w.zero(b)),
    "logical_or": lambda w, a, b: UNITY - w.mul(w.zero(a), w.zero(b)),
}
ARITHMETIC: dict[str, Callable[..., Form]] = {  # of the operands' kind
    "add": lambda w, a, b: a + b,
    "subtract": lambda w, a, b: a - b,
    "multiply": lambda w, a, b: w.mul(a, b),
    "negative": lambda w, a: a * -1,
    "positive": lambda w, a: a,
    "copy": lambda w, a: a,
    "square": lambda w, a: w.mul(a, a),
    "relu": lambda w, a: w.relu(a),
    "absolute": lambda w, a: w.relu(a) * 2 - a,
    "maximum": lambda w, a, b: b + w.relu(a - b),
    "minimum": lambda w, a, b: a - w.relu(a - b),
    "sign": lambda w, a: w.positive(a) - w.positive(a * -1),
    "heaviside": lambda w, a, b: w.positive(a) + w.mul(w.zero(a), b),
    "zeros_like": lambda w, a: Form(),
    "ones_like": lambda w, a: UNITY,
}
FLOATING: dict[str, Callable[..., Form]] = {
    "divide": lambda w, a, b: w.mul(a, w.power(b, -1)),
    "reciprocal": lambda w, a: w.power(a, -1),
    "sqrt": lambda w, a: w.power(a, HALF),
    "power": lambda w, a, b: w.exp(w.mul(b, w.log(a))),
    "exp": lambda w, a: w.exp(a),
    "exp2": lambda w, a: w.exp(w.mul(a, w.log(UNITY * 2))),
    "expm1": lambda w, a: w.exp(a) - UNITY,
    "log": lambda w, a: w.log(a),
    "log1p": lambda w, a: w.log(a + UNITY),
    "log2": lambda w, a: w.mul(w.log(a), w.power(w.log(UNITY * 2), -1)),
    "log10": lambda w, a: w.mul(w.log(a), w.power(w.log(UNITY * 10), -1)),
    "logaddexp": lambda w, a, b: w.log(w.exp(a) + w.exp(b)),
    "softplus": lambda w, a: w.log(w.exp(a) + UNITY),
    "sigmoid": lambda w, a: w.power(w.exp(a * -1) + UNITY, -1),
    "log_sigmoid": lambda w, a: w.log(w.exp(a * -1) + UNITY) * -1,
    "tan": lambda w, a: w.mul(w.function("sin", a), w.power(w.function("cos", a), -1)),
    "tanh": lambda w, a: w.mul(w.function("sinh", a), w.power(w.function("cosh", a), -1)),
    "erfc": lambda w, a: UNITY - w.function("erf", a),
    "ceil": lambda w, a: w.function("floor", a * -1) * -1,
}
KERNELS = "sin cos sinh cosh arcsin arccos arctan arcsinh arccosh arctanh erf gammaln digamma floor".split()
FLOATING |= {name: lambda w, a, name=name: w.function(name, a) for name in KERNELS}
COMPOSED: dict[str, Callable[..., Array]] = {  # f.exp(a) applies an op
    "hypot": lambda f, a, b: f.sqrt(f.add(f.square(a), f.square(b))),
    "norm": lambda f, a, **over: f.sqrt(f.sum(f.square(a), **over)),
    "std": lambda f, a, **over: f.sqrt(f.var(a, **over)),
    "logsumexp": lambda f, a, **over: f.log(f.sum(f.exp(a), **over)),
    "softmax": lambda f, a, axis: f.divide(f.exp(a), f.sum(f.exp(a), axis=axis, keepdims=True)),
    "log_softmax": lambda f, a, axis: f.subtract(a, f.log(f.sum(f.exp(a), axis=axis, keepdims=True))),
    "min": lambda f, a, **over: f.negative(f.max(f.negative(a), **over)),
    "tril": lambda f, a, k: f.triu(a, k, sign=-1),
}
STEPS = {*COMPARISONS, "absolute", "sign", "relu", "maximum", "minimum", "heaviside", "floor", "ceil", "max", "min"}
CONDITIONS: dict[str, tuple[int, str]] = {  # where an op is defined and smooth: (operand, or -1 for the result; condition)
    **dict.fromkeys(("sqrt", "power", "log", "log2", "log10", "gammaln", "digamma"), (0, "> 0")),
    **dict.fromkeys(("arcsin", "arccos", "arctanh"), (0, "in (-1, 1)")),
    **dict.fromkeys(("hypot", "std", "norm"), (-1, "> 0")),
    "divide": (1, "!= 0"), "reciprocal": (0, "!= 0"), "log1p": (0, "> -1"), "tan": (0, "cos != 0"), "arccosh": (0, "> 1"),
}  # fmt: skip
KINDS = {"float64": "f", "float32": "f", "int64": "i", "int32": "i", "bool": "b"}


def widest(*arrays: Array) -> str:
    return max((a.kind for a in arrays), key="bif".index)


def spread(a: Array, at: Sequence[Poly]) -> Form:
    """The entry of an array that is broadcast."""
    return a.entry([ZERO if e == ONE else i for e, i in zip(a.shape, at[len(at) - len(a.shape) :], strict=True)])


class Ops:
    """The ops with their static arguments as methods; ``f.exp(a)`` applies those of the tables too."""

    def __init__(self, w: Algebra) -> None:
        self.w = w

    def __getattr__(self, name: str) -> Callable[..., Array]:
        return lambda *arrays, **params: self.apply(name, arrays, params)

    def apply(self, name: str, arrays: Sequence[Array], params: Mapping[str, Any]) -> Array:
        if name in COMPOSED:
            return COMPOSED[name](self, *arrays, **params)
        if name in STRUCTURAL:
            result: Array = getattr(self, name)(*arrays, **params)
            return result
        need(not params and arrays, f"arguments of {name}")
        kind = widest(*arrays)
        if kind == "b" and name == "add":
            name = "logical_or"
        if name in COMPARISONS:
            return self.pointwise(COMPARISONS[name], arrays, "b")
        if name in ARITHMETIC:
            need(
                kind != "b" or name in ("multiply", "maximum", "minimum", "copy", "zeros_like", "ones_like"),
                f"{name} of bools",
            )
            return self.pointwise(ARITHMETIC[name], arrays, kind)
        need(
            name in FLOATING and (kind == "f" or name not in ("reciprocal", "power")), f"no meaning of {name} is known"
        )
        return self.pointwise(FLOATING[name], arrays, "f")

    def pointwise(self, function: Callable[..., Form], arrays: Sequence[Array], kind: str) -> Array:
        rank = max(len(a.shape) for a in arrays)
        shape = [ONE] * rank
        for a in arrays:
            for axis, extent in enumerate(a.shape, rank - len(a.shape)):
                need(ONE in (extent, shape[axis]) or extent == shape[axis], "operands of different shapes")
                shape[axis] = shape[axis] if extent == ONE else extent
        return Array(tuple(shape), lambda at: function(self.w, *(spread(a, at) for a in arrays)), kind)

    def summed(
        self, extents: Iterable[Poly], body: Callable[[list[Poly]], tuple[Form, Mapping[str, Sequence[Poly]]]]
    ) -> Form:
        """Σ over new indices of a form where relations hold, as {"==": …, ">=": …}."""
        new = [self.w.index(extent) for extent in extents]
        form, relations = body(new)
        holds = [self.w.relation(kind, p) for kind, polys in relations.items() for p in polys]
        return self.w.total(self.w.mul(*holds, form), new)

    def where(self, c: Array, a: Array, b: Array) -> Array:
        true = c if c.kind == "b" else self.not_equal(c, Array((), lambda at: Form()))
        return self.pointwise(lambda w, c, a, b: b + w.mul(c, a - b), (true, a, b), widest(a, b))

    def power_constant(self, a: Array, exponent: Number) -> Array:
        need(a.kind == "f" or (a.kind == "i" and exponent >= 0 and exponent == int(exponent)), "a power of integers")
        return self.pointwise(lambda w, a: w.power(a, exponent), [a], a.kind)

    def full_like(self, a: Array, fill_value: Number) -> Array:
        need(a.kind == "f" or fill_value == int(fill_value), "a fill value that is rounded")
        return a._replace(entry=lambda at: UNITY * fill_value)

    def astype(self, a: Array, dtype: str) -> Array:
        need("bif".index(KINDS[dtype]) >= "bif".index(a.kind), "a cast that rounds")
        return a._replace(kind=KINDS[dtype])

    def sum(self, a: Array, axis: Sequence[int], keepdims: bool, largest: bool = False) -> Array:
        need(list(axis) == sorted(set(axis) & set(range(len(a.shape)))), "axes in order")
        shape = tuple(ONE if k in axis else e for k, e in enumerate(a.shape) if keepdims or k not in axis)

        def entry(at: Sequence[Poly]) -> Form:
            left, new = iter(at), {k: self.w.index(a.shape[k]) for k in axis}
            kept = [next(left) if keepdims or k not in new else ZERO for k in range(len(a.shape))]
            form = a.entry([new.get(k, place) for k, place in enumerate(kept)])
            for index in new.values():
                form = self.w.maximum(form, index) if largest else self.w.total(form, [index])
            return form

        return Array(shape, entry, "i" if a.kind == "b" and not largest else a.kind)

    def max(self, a: Array, axis: Sequence[int], keepdims: bool) -> Array:
        self.count(a, axis)
        return self.sum(a, axis, keepdims, largest=True)

    def count(self, a: Array, axis: Iterable[int], less: int = 0) -> Array:
        number = math.prod((a.shape[k] for k in axis), start=ONE) - less
        need(self.w.nonnegative(number - 1), "a mean or maximum of no elements")
        return Array((), lambda at: self.w.number(number))

    def mean(self, a: Array, axis: Sequence[int], keepdims: bool) -> Array:
        return self.divide(self.sum(a, axis, keepdims), self.count(a, axis))

    def var(self, a: Array, axis: Sequence[int], keepdims: bool, ddof: int) -> Array:
        squares = self.square(self.subtract(a, self.mean(a, axis, True)))
        return self.divide(self.sum(squares, axis, keepdims), self.count(a, axis, ddof))

    def cumsum(self, a: Array, axis: int) -> Array:
        def entry(at: Sequence[Poly]) -> Form:
            return self.summed(
                a.shape[axis : axis + 1],
                lambda j: (a.entry([*at[:axis], *j, *at[axis + 1 :]]), {">=": [at[axis] - j[0]]}),
            )

        return Array(a.shape, entry, "i" if a.kind == "b" else a.kind)

    def reshape(self, a: Array, shape: Sequence[Any]) -> Array:
        new = tuple(map(size, shape))
        old, now = ([k for k, e in enumerate(s) if e != ONE] for s in (a.shape, new))
        need(math.prod(a.shape, start=ONE) == math.prod(new, start=ONE), "reshape to another number of elements")

        def flat(at: Sequence[Poly], shape: Sequence[Poly]) -> Poly:
            return sum((i * math.prod(shape[k + 1 :], start=ONE) for k, i in enumerate(at)), start=ZERO)

        def entry(at: Sequence[Poly]) -> Form:
            if [a.shape[k] for k in old] == [new[k] for k in now]:  # only axes of size 1 come or go
                return a.entry([at[now[old.index(k)]] if k in old else ZERO for k in range(len(a.shape))])
            if len(old) == 1:
                return a.entry([flat(at, new) if k in old else ZERO for k in range(len(a.shape))])
            return self.summed(a.shape, lambda j: (a.entry(j), {"==": [flat(at, new) - flat(j, a.shape)]}))

        return Array(new, entry, a.kind)

    def transpose(self, a: Array, axes: list[int]) -> Array:
        need(sorted(axes) == list(range(len(a.shape))), "a permutation of the axes")
        return Array(
            tuple(a.shape[k] for k in axes), lambda at: a.entry([at[axes.index(k)] for k in sorted(axes)]), a.kind
        )

    def broadcast_to(self, a: Array, shape: Sequence[Any]) -> Array:
        new = tuple(map(size, shape))
        fits = all(e in (ONE, f) for e, f in zip(a.shape, new[len(new) - len(a.shape) :], strict=True))
        need(fits and len(a.shape) <= len(new), "broadcast_to another shape")
        return Array(new, lambda at: spread(a, at), a.kind)

    def diagonal(self, a: Array, offset: int, axis1: int, axis2: int) -> Array:
        shift, kept = (
            {axis1: max(-offset, 0), axis2: max(offset, 0)},
            [k for k in range(len(a.shape)) if k not in (axis1, axis2)],
        )
        lengths = [a.shape[k] - s for k, s in shift.items()]
        shortest = [p for p in lengths if all(self.w.nonnegative(q - p) for q in lengths)]
        need(len(shift) == 2 and shortest, "a diagonal of this length")

        def entry(at: Sequence[Poly]) -> Form:
            return a.entry([at[-1] + shift[k] if k in shift else at[kept.index(k)] for k in range(len(a.shape))])

        return Array((*(a.shape[k] for k in kept), shortest[0]), entry, a.kind)

    def diag(self, a: Array, k: int, shape: Sequence[Any], axis1: int, axis2: int) -> Array:
        new, shift = tuple(map(size, shape)), {axis1: max(-k, 0), axis2: max(k, 0)}
        need(
            tuple(e for axis, e in enumerate(new) if axis not in shift) == a.shape[:-1] and len(shift) == 2,
            "diag of another shape",
        )
        need(all(self.w.nonnegative(new[axis] - s - a.shape[-1]) for axis, s in shift.items()), "diag of another shape")

        def entry(at: Sequence[Poly]) -> Form:
            rest = [place for axis, place in enumerate(at) if axis not in shift]
            return self.summed(
                a.shape[-1:],
                lambda j: (a.entry([*rest, *j]), {"==": [at[axis] - j[0] - s for axis, s in shift.items()]}),
            )

        return Array(new, entry, a.kind)

    def triu(self, a: Array, k: int, sign: int = 1) -> Array:
        return a._replace(entry=lambda at: self.w.mul(self.w.relation(">=", (at[-1] - at[-2] - k) * sign), a.entry(at)))

    def block(
        self, shape: Sequence[Poly], key: Sequence[Any]
    ) -> tuple[list[Poly], Callable[[Sequence[Poly]], list[Poly]]]:
        """A basic index: the shape it gives, and the places in the whole that its entries have, shown to be inside."""
        steps = [[] if step is None else [size(part) for part in step] for step in key]
        need(sum(map(bool, steps)) == len(shape) and all(len(step) in (0, 1, 3) for step in steps), "a key")
        for (first, *more), extent in zip(filter(None, steps), shape, strict=True):
            ends = [first, first + (more[0] - 1) * more[1] if more else first]
            low, high = ends[::-1] if more and self.w.nonnegative(ZERO - more[1]) else ends
            inside = self.w.nonnegative(low) and self.w.nonnegative(extent - 1 - high)
            need(inside or (more and not more[0]), "an index that may be out of range")

        def places(at: Sequence[Poly]) -> list[Poly]:
            along = iter(at)
            pairs = [(step, next(along) if len(step) != 1 else ZERO) for step in steps]
            return [step[0] + (i * step[2] if len(step) == 3 else 0) for step, i in pairs if step]

        return [step[1] if step else ONE for step in steps if len(step) != 1], places

    def getitem(self, a: Array, key: Sequence[Any]) -> Array:
        shape, places = self.block(a.shape, key)
        return Array(tuple(shape), lambda at: a.entry(places(at)), a.kind)

    def setitem(self, a: Array, value: Array, key: Sequence[Any]) -> Array:
        need("bif".index(value.kind) <= "bif".index(a.kind), "an assignment that rounds")
        shape, places = self.block(a.shape, key)
        fits = all(e in (ONE, f) for e, f in zip(value.shape[::-1], shape[::-1], strict=False))
        need(fits and len(value.shape) <= len(shape), "an assignment of another shape")

        def landing(at: Sequence[Poly], form: Callable[[list[Poly]], Form]) -> Form:
            return self.summed(shape, lambda j: (form(j), {"==": [i - p for i, p in zip(at, places(j), strict=True)]}))

        def entry(at: Sequence[Poly]) -> Form:
            kept = UNITY - landing(at, lambda j: UNITY)
            return self.w.mul(kept, a.entry(at)) + landing(at, lambda j: spread(value, j))

        return Array(a.shape, entry, a.kind)

    def put(self, a: Array, key: Sequence[Any], shape: Sequence[Any]) -> Array:
        return self.setitem(Array(tuple(map(size, shape)), lambda at: Form(), a.kind), a, key)

    def concatenate(self, *arrays: Array, axis: int) -> Array:
        need(len({(*a.shape[:axis], *a.shape[axis + 1 :]) for a in arrays}) == 1, "concatenate of different shapes")
        ends = [sum((a.shape[axis] for a in arrays[:k]), start=ZERO) for k in range(len(arrays) + 1)]

        def part(a: Array, start: Poly, at: Sequence[Poly]) -> Form:
            return self.summed(
                [a.shape[axis]],
                lambda j: (a.entry([*at[:axis], *j, *at[axis + 1 :]]), {"==": [at[axis] - j[0] - start]}),
            )

        shape = (*arrays[0].shape[:axis], ends[-1], *arrays[0].shape[axis + 1 :])
        return Array(
            shape,
            lambda at: sum((part(a, k, at) for a, k in zip(arrays, ends, strict=False)), start=Form()),
            widest(*arrays),
        )

    def einsum(self, *arrays: Array, subscripts: str) -> Array:
        given, _, result = subscripts.partition("->")
        terms, extents = given.split(","), dict[str, Poly]()
        for term, a in zip(terms, arrays, strict=True):
            for label, extent in zip(term, a.shape, strict=True):
                known = extents.get(label, ONE)
                need(ONE in (known, extent) or known == extent, "einsum of different sizes")
                extents[label] = extent if known == ONE else known
        need(len(set(result)) == len(result), "a result with a label twice")

        def entry(at: Sequence[Poly]) -> Form:
            summed = {label: self.w.index(extents[label]) for label in extents if label not in result}
            place = summed | dict(zip(result, at, strict=True))
            parts = [spread(a, [place[label] for label in term]) for term, a in zip(terms, arrays, strict=True)]
            return self.w.total(self.w.mul(*parts), summed.values())

        return Array(tuple(extents[label] for label in result), entry, widest(*arrays))

    def matmul(self, a: Array, b: Array) -> Array:
        need(a.shape and b.shape and a.shape[-1] == b.shape[max(len(b.shape) - 2, 0)], "matmul of different sizes")
        left, right = ("ABCDEFGH"[10 - len(x.shape) :] for x in (a, b))
        row, column = "i" * (len(a.shape) > 1), "k" * (len(b.shape) > 1)
        return self.einsum(a, b, subscripts=f"{left}{row}j,{right}j{column}->{max(left, right, key=len)}{row}{column}")


STRUCTURAL = {name for name in vars(Ops) if name[0] != "_"} - {"apply", "pointwise", "summed", "count", "block"}


# ---------------------------------------------------------------------------- the certificate

OPEN = {"real", "positive", "nonnegative", "nonzero", "unit", "invertible", "predicate"}  # facts that leave an open set
THIN = {"binary", "sign", "simplex", "onehot", "symmetric", "spd"}  # facts that hold on a null set
SIZE, LITERAL = object, object
PROGRAM = {
    "name": str,
    "equations": [
        {"name": str, "op": str, "operands": [object], "params": {str: object}, "shape": [SIZE], "line": str}
    ],
    "outputs": [object],
}
SCHEMA = {
    "format": str,
    "claim": {"wrt": [str], "kind": str, "text": str},
    "dimensions": [{"name": str, "least": int}],
    "merges": {str: SIZE},
    "size_conditions": [{"size": SIZE, "least": int, "why": str}],
    "leaks": [str],
    "inputs": [{"name": str, "shape": [SIZE], "dtype": str, "facts": [str]}],
    "captured": [{"name": str, "shape": [SIZE], "dtype": str, "sha256": str}],
    "F": PROGRAM,
    "G": PROGRAM,
    "reading": str,
    "assumptions": [str],
    "conditions": [{"at": str, "operand": int, "is": str}],
    "kinks": [str],
    "witnesses": [{str: {"shape": [int], "values": [str]}}],
    "versions": {str: str},
    "hints": {str: object},
    "trusted": int,
}


def shaped(value: Any, schema: Any, where: str) -> None:
    """Refuse a value that is not exactly of this shape."""
    if isinstance(schema, list):
        need(isinstance(value, list), f"{where}: expected a list")
        for item in value:
            shaped(item, schema[0], where)
    elif isinstance(schema, dict):
        open_ended = str in schema
        need(
            isinstance(value, dict) and (open_ended or set(value) == set(schema)),
            f"{where}: expected {', '.join(map(str, schema))}",
        )
        for key, item in value.items():
            shaped(item, schema[str] if open_ended else schema[key], f"{where}.{key}")
    else:
        need(schema is object or type(value) is schema, f"{where}: expected {schema.__name__}")


def size(value: Any) -> Poly:
    """A size: an integer, or [[coefficient, [names]], …]."""
    if type(value) is int:
        return poly(value)
    shaped(value, [[object]], "a size")
    for factor, names in value:
        shaped([factor, names], [object], "a size")
        need(
            type(factor) is int and len(names) <= 8 and all(type(n) is str and n.isidentifier() for n in names),
            "a size",
        )
    return Poly((tuple(sorted(names)), factor) for factor, names in value)


PI = Decimal("3.14159265358979323846264338327950288419717")


def named(w: Algebra, value: float) -> Form | None:
    """π^a 2^b, log k, 1/log k, log(2π), log(2π)/2 or e, where the float is the one nearest to it."""
    for a, b in product((Fraction(k, 2) for k in range(-2, 3)), repeat=2):
        if value == float(PI ** Decimal(float(a)) * Decimal(2) ** Decimal(float(b))) and (a or b % 1):
            return w.mul(w.power(w.atom("pi"), a), w.power(UNITY * 2, b))
    for k in (2, 10):
        for q in (1, -1):
            if value == float(Decimal(k).ln() ** q):
                return w.power(w.log(UNITY * k), q)
    return None


class Reader:
    """The certificate, read into arrays of forms and judged."""

    def __init__(self, data: Any) -> None:
        shaped(data, SCHEMA, "certificate")
        need(data["format"] == FORMAT and data["reading"] in ("exact", "decimal", "named"), "another format or reading")
        need(
            data["reading"] == "exact" or data["assumptions"], "a reading of literals that is not among the assumptions"
        )
        need(data["claim"]["kind"] in ("grad", "jac"), "a claim of another kind")
        self.data, self.merges = data, {name: size(extent) for name, extent in data["merges"].items()}
        self.least = {item["name"]: item["least"] for item in data["dimensions"]}
        need(all(name.isidentifier() and least >= 1 for name, least in self.least.items()), "dimensions are >= 1")
        facts = [self.size(item["size"]) - item["least"] for item in data["size_conditions"]]
        self.facts = {item["name"]: set(item["facts"]) for item in data["inputs"]}
        need(all(known <= OPEN | THIN for known in self.facts.values()), "a fact that is not known here")
        floats = {item["name"] for item in data["inputs"] if KINDS[item["dtype"]] == "f"}
        need(data["claim"]["wrt"] and set(data["claim"]["wrt"]) <= floats, "wrt names inputs of floats")
        positive = {name for name, known in self.facts.items() if "positive" in known}
        self.w = Algebra(self.least, facts, positive, {name for name in floats if self.facts[name] <= OPEN})
        self.ops, self.values, self.equations = Ops(self.w), dict[str, Array](), dict[str, Any]()
        for item in data["inputs"] + data["captured"]:
            self.define(item, lambda at, name=item["name"]: self.w.atom("input", name, tuple(at)), KINDS[item["dtype"]])

    def size(self, value: Any) -> Poly:
        extent = size(value)
        for _ in self.merges:
            extent = extent.at(self.merges)
        need(
            {n for names, _ in extent for n in names} <= set(self.least),
            f"a dimension that the claim does not name in {value}",
        )
        return extent

    def define(self, item: Mapping[str, Any], entry: Callable[[Sequence[Poly]], Form], kind: str) -> None:
        shape = tuple(map(self.size, item["shape"]))
        need(
            item["name"] not in self.values and all(map(self.w.nonnegative, shape)),
            f"{item['name']} is defined twice or has no size",
        )
        self.values[item["name"]] = Array(shape, entry, kind)

    def literal(self, value: Any) -> tuple[Form, str]:
        """A number as it was written, under the reading of the certificate."""
        need(isinstance(value, dict) and len(value) == 1, "a literal")
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
        form, kind = (self.w.number(self.size(value["size"])), "i") if "size" in value else self.literal(value)
        return Array((), lambda at: form, kind)

    def param(self, value: Any) -> Any:
        """A static argument: numbers read, merged dimensions replaced."""
        if isinstance(value, dict) and set(value) == {"size"}:
            return [[factor, list(names)] for names, factor in self.size(value["size"])]
        if isinstance(value, dict):
            form = self.literal(value)[0]
            need(set(form) <= {UNIT}, "a static argument")
            return form.get(UNIT, 0)
        return [self.param(part) for part in value] if isinstance(value, list) else value

    def run(self, program: Mapping[str, Any]) -> list[Array]:
        """The outputs of a program; every entry is computed once."""
        for item in program["equations"]:
            params = {key: self.param(value) for key, value in item["params"].items()}
            array = self.ops.apply(item["op"], [self.operand(operand) for operand in item["operands"]], params)
            need(array.shape == tuple(map(self.size, item["shape"])), f"{item['name']} has another shape")
            at = [self.w.index(extent) for extent in array.shape]
            form, names = array.entry(at), [index.name for index in at]
            entry = lambda at, form=form, names=names: self.w.at(form, dict(zip(names, at, strict=True)))  # noqa: E731
            self.define(item, entry, array.kind)
            self.equations[item["name"]] = item | {"params": params}
        return [self.operand(output) for output in program["outputs"]]

    def domain(self) -> None:
        """The domain and the kinks, recomputed: the certificate must list every one."""
        listed = {(item["at"], item["operand"], item["is"]) for item in self.data["conditions"]}
        for name, item in self.equations.items():
            condition = CONDITIONS.get(item["op"])
            if item["op"] == "power_constant" and (item["params"]["exponent"] < 0 or item["params"]["exponent"] % 1):
                condition = (0, "> 0" if item["params"]["exponent"] % 1 else "!= 0")
            need(condition is None or (name, *condition) in listed, f"{name}: the condition {condition} is not listed")
            need(item["op"] not in STEPS or name in self.data["kinks"], f"the kinks of {name} are not listed")
        need({name for name, _, _ in listed} | set(self.data["kinks"]) <= set(self.equations), "a condition on nothing")
        thin = any(self.facts[name] & THIN - {"symmetric", "spd"} for name in self.data["claim"]["wrt"])
        need(not (thin and self.data["kinks"]), "kinks on a domain that is a null set")

    def check(self) -> Report:
        outputs, gradients, wrt, w = (
            self.run(self.data["F"]),
            self.run(self.data["G"]),
            self.data["claim"]["wrt"],
            self.w,
        )
        self.domain()
        need(all(output.kind == "f" for output in outputs), "outputs that are not floats")
        lead: list[Poly] = []
        if self.data["claim"]["kind"] == "jac":
            need(len(outputs) == 1, "the Jacobian of one output")
            lead = [w.index(extent) for extent in outputs[0].shape]
        at = [lead or [w.index(extent) for extent in output.shape] for output in outputs]
        total = sum(
            (w.total(o.entry(i), i if not lead else []) for o, i in zip(outputs, at, strict=True)), start=Form()
        )
        for name, gradient in zip(wrt, gradients, strict=True):
            place = [w.index(extent) for extent in self.values[name].shape]
            shape = (*(outputs[0].shape if lead else ()), *self.values[name].shape)
            need(gradient.shape == shape, f"the gradient in {name} has another shape")
            difference = w.derivative(total, name, place) - gradient.entry([*lead, *place])
            symmetric = {tensor for tensor, known in self.facts.items() if known & {"symmetric", "spd"}}
            difference = w.symmetrised(difference, symmetric) if symmetric else difference
            need(w.vanishes(difference), f"the derivative in {name} is not shown to equal the gradient")
        trusted = len({item["op"] for item in self.equations.values()}) + 1
        need(self.data["trusted"] == trusted, f"there are {trusted} trusted steps, not {self.data['trusted']}")
        return Report(True, "accepted", trusted, w.steps)


def check(certificate: Any) -> Report:
    """Whether the certificate shows its claim. Never raises: what is not understood is rejected with the reason."""
    try:
        return Reader(certificate).check()
    except (Refused, RecursionError) as refusal:
        return Report(False, str(refusal))
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, AssertionError) as error:
        return Report(False, f"malformed: {type(error).__name__}: {error}")


def parse(text: str) -> Any:
    """Strict JSON: no floats, no NaN, no repeated keys, no oversize."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs), "a key is repeated")
        return dict(pairs)

    def refuse(number: str) -> Any:
        raise Refused(f"{number} is not a whole number")

    need(len(text) <= MAX_BYTES, "too large")
    return json.loads(text, object_pairs_hook=unique, parse_constant=refuse, parse_float=refuse)


def main(paths: Sequence[str]) -> int:
    """Check files; 0 when all are accepted, 1 when not, 2 when there is none."""
    failed = False
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                report = check(parse(file.read(MAX_BYTES + 1)))
        except (OSError, ValueError, RecursionError, Refused) as error:
            report = Report(False, f"not readable: {error}")
        verdict = "accepted" if report.accepted else f"rejected: {report.reason}"
        print(f"{path}: {verdict} ({report.trusted} trusted steps, {report.steps} steps checked)")
        failed = failed or not report.accepted
    return int(failed) if paths else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
