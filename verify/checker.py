"""Check a certificate with nothing but the standard library: ``python checker.py FILE``.

A certificate holds two recorded programs and says: on the domain D, for these sizes, G is the derivative of
(the sum of) F. This file shares no code with what wrote it. Read top to bottom: integer polynomials (sizes and
index positions); sums of products over indices, their one canonical form and the rules that rewrite them; the
derivative; what each op means, from NumPy's documentation; the certificate itself. It searches for nothing
beyond a canonical naming of bound indices. Whatever it does not understand is rejected.

Facts used: real arithmetic; the guard [u > 0] is constant off the boundary of {u > 0}, which is a null set for
the piecewise analytic u that these ops make; on {x = y} two such functions have equal gradients almost everywhere.
"""

from __future__ import annotations

import json
import math
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import permutations, product
from typing import Any, NamedTuple

FORMAT = "dualgrad-certificate/1"
MAX_BYTES, MAX_EQUATIONS, MAX_STEPS, MAX_SECONDS = 4_000_000, 2_000, 400_000, 30.0


class Report(NamedTuple):
    """What a check found. ``trusted`` counts the meanings of ops relied upon, and the recording itself."""

    accepted: bool
    reason: str
    trusted: int = 0
    steps: int = 0


class Refused(Exception):
    """The certificate is wrong, or says something that this checker does not understand."""


def need(condition: object, reason: str) -> None:
    if not condition:
        raise Refused(reason)


# ---------------------------------------------------------------------------- integer polynomials
# A polynomial is a sorted tuple of (names, coefficient). Names of dimensions are identifiers; names of indices
# start with "#" (an index with a range), "@" (bound in a stored term) or "$" (a parameter of a stored body).

Poly = tuple[tuple[tuple[str, ...], int], ...]
ONE: Poly = (((), 1),)


def collect(pairs: Iterable[tuple[tuple[str, ...], int]]) -> Poly:
    total: dict[tuple[str, ...], int] = {}
    for names, factor in pairs:
        total[names] = total.get(names, 0) + factor
    return tuple(sorted((names, factor) for names, factor in total.items() if factor))


def const(number: int) -> Poly:
    return (((), number),) if number else ()


def var(name: str) -> Poly:
    return (((name,), 1),)


def plus(*polys: Poly) -> Poly:
    return collect(pair for poly in polys for pair in poly)


def times(p: Poly, q: Poly) -> Poly:
    return collect((tuple(sorted(a + b)), c * d) for a, c in p for b, d in q)


def minus(p: Poly, q: Poly) -> Poly:
    return plus(p, tuple((names, -factor) for names, factor in q))


def put(p: Poly, by: Mapping[str, Poly]) -> Poly:
    """p with names replaced, all at once."""
    if not any(name in by for names, _ in p for name in names):
        return p
    total: list[tuple[tuple[str, ...], int]] = []
    for names, factor in p:
        term = const(factor)
        for name in names:
            term = times(term, by.get(name) or (() if name in by else var(name)))
        total.extend(term)
    return collect(total)


def names_in(args: Iterable[Poly]) -> set[str]:
    return {name for arg in args for names, _ in arg for name in names}


def plain(p: Poly) -> bool:
    """Whether p is one index and nothing else."""
    return len(p) == 1 and p[0][1] == 1 and len(p[0][0]) == 1 and p[0][0][0][0] in "#@$"


# ---------------------------------------------------------------------------- sums of products
# A form is {term: coefficient}; a term is (extents of its bound indices "@0", "@1", …, sorted factors); a factor is
# (head, arguments, power). Heads are numbered: an input, a dimension, a prime, or a function of a stored body.

Number = int | Fraction
Key = tuple[int, tuple[Poly, ...]]
Term = tuple[tuple[Poly, ...], tuple[tuple[int, tuple[Poly, ...], Number], ...]]
Form = dict[Term, Number]
Factors = dict[Key, Number]
UNIT: Term = ((), ())
EQ, GE = 0, 1  # the heads of [p == 0] and [p >= 0], for p a polynomial in indices and dimensions


class Head(NamedTuple):
    """What a factor is. The body is over "$0", "$1", … (the arguments) and, for max and prod, over "$r"."""

    kind: str
    name: str = ""
    extents: tuple[Poly, ...] = ()
    body: tuple[tuple[Term, Number], ...] = ()
    symmetries: tuple[tuple[int, ...], ...] = ()  # argument orders that give the same value


BOOLEAN = {"==", ">=", "positive", "zero"}
ODD, EVEN = {"sin", "sinh", "erf", "arctan", "arcsin", "arctanh", "arcsinh"}, {"cos", "cosh"}
KERNELS = {*ODD, *EVEN, "arccos", "arccosh", "gammaln", "digamma", "floor"}


class Forms:
    """The algebra of one check: what is known of sizes, the heads met so far, and the budget."""

    def __init__(self, least: Mapping[str, int], facts: Sequence[Poly], positive: set[str], generic: set[str]) -> None:
        self.shift = {name: plus(var(name), const(low)) for name, low in least.items()}
        self.facts = facts  # polynomials that the size conditions say are >= 0
        self.positive_inputs = positive
        self.generic = generic  # inputs that range over an open set of reals
        self.heads: list[Head] = [Head("=="), Head(">=")]
        self.known: dict[Any, int] = {}
        self.ranges: dict[str, Poly] = {}
        self.slopes: dict[tuple[int, str], tuple[list[Poly], Form]] = {}
        self.leads: dict[int, Any] = {}
        self.steps = 0
        self.deadline = time.monotonic() + MAX_SECONDS

    def spend(self) -> None:
        self.steps += 1
        need(self.steps <= MAX_STEPS, "out of budget: too many terms")
        need(self.steps % 256 or time.monotonic() < self.deadline, "out of budget: too slow")

    # ------------------------------------------------------------------------ sizes and ranges

    def nonnegative(self, p: Poly) -> bool:
        """Whether p >= 0 is evident for all sizes claimed: no negative coefficient from the least sizes on."""
        candidates = [p, *(minus(p, fact) for fact in self.facts)]
        return any(all(factor > 0 for _, factor in put(q, self.shift)) for q in candidates)

    def least(self, p: Poly) -> Poly | None:
        """A lower bound of p over the ranges of its indices, in dimensions alone; None where none is evident."""
        for name in sorted(n for n in names_in([p]) if n[0] == "#"):
            if name not in names_in([p]):
                continue
            slope = collect((tuple(n for n in names if n != name), f) for names, f in p if name in names)
            if self.nonnegative(slope):
                end: Poly = ()
            elif self.nonnegative(minus((), slope)):
                end = minus(self.ranges[name], ONE)
            else:
                return None
            p = put(p, {name: end})
        return p

    def always(self, p: Poly) -> bool:
        """Whether p >= 0 for all values of its indices."""
        low = self.least(p)
        return low is not None and self.nonnegative(low)

    def index(self, extent: Poly) -> Poly:
        """A new index with this range; 0 for an axis of size 1."""
        if extent == ONE:
            return ()
        name = f"#{len(self.ranges):05d}"
        self.ranges[name] = extent
        return var(name)

    # ------------------------------------------------------------------------ building forms

    def head(self, kind: str, name: str = "") -> int:
        return self.entered(Head(kind, name))

    def entered(self, head: Head) -> int:
        if head not in self.known:
            self.known[head] = len(self.heads)
            self.heads.append(head)
        return self.known[head]

    def atom(self, hid: int, args: Sequence[Poly] = (), power: Number = 1) -> Form:
        out: Form = {}
        self.emit(out, 1, (), merged(self, {}, [((hid, tuple(args)), power)]))
        return out

    def number(self, p: Poly) -> Form:
        """The value of a polynomial in dimensions and indices."""
        out: Form = {}
        for names, factor in p:
            keys = [((self.head("index"), (var(n),)) if n[0] in "#@$" else (self.head("dim", n), ()), 1) for n in names]
            self.emit(out, factor, (), merged(self, {}, keys))
        return out

    def add(self, *forms: Form) -> Form:
        out: Form = {}
        for form in forms:
            for term, c in form.items():
                accumulate(out, term, c)
        return out

    def scale(self, form: Form, by: Number) -> Form:
        return {term: c * by for term, c in form.items()} if by else {}

    def sub(self, a: Form, b: Form) -> Form:
        return self.add(a, self.scale(b, -1))

    def mul(self, *forms: Form) -> Form:
        out: Form = {}
        self.emit(out, 1, (), {}, forms)
        return out

    def total(self, form: Form, indices: Iterable[Poly]) -> Form:
        """Σ over the indices; a constant 0 stands for an axis of size 1."""
        bound = tuple(index[0][0][0] for index in indices if index)
        out: Form = {}
        self.emit(out, 1, bound, {}, [form])
        return out

    def at(self, form: Form, by: Mapping[str, Poly]) -> Form:
        """The form with indices replaced."""
        out: Form = {}
        for term, c in form.items():
            binders, factors = self.opened(term)
            kept, values = self.replaced(factors, by)
            self.emit(out, c, binders, kept, values)
        return out

    def opened(self, term: Term) -> tuple[tuple[str, ...], Factors]:
        """The bound indices of a term under fresh names, and its factors."""
        extents, factors = term
        if not extents:
            return (), {(hid, args): power for hid, args, power in factors}
        fresh = [self.index(extent) for extent in extents]
        by = {f"@{k}": index for k, index in enumerate(fresh)}
        pairs = (((hid, tuple(put(arg, by) for arg in args)), power) for hid, args, power in factors)
        return tuple(index[0][0][0] for index in fresh), merged(self, {}, pairs)

    def replaced(self, factors: Factors, by: Mapping[str, Poly]) -> tuple[Factors, list[Form]]:
        """The factors with indices replaced; those that have to be computed anew come as forms."""
        kept: Factors = {}
        values = []
        for (hid, args), power in factors.items():
            new = tuple(put(arg, by) for arg in args)
            if new == args or not self.heads[hid].body or (all(map(plain, new)) and len(set(new)) == len(new)):
                merged(self, kept, [((hid, new), power)])
            else:
                values.append(self.rebuilt(hid, new, power))
        return kept, values

    def instance(self, hid: int, args: Sequence[Poly], reduced: Poly = ()) -> Form:
        """The body of a head at these arguments."""
        by = {f"${k}": arg for k, arg in enumerate(args)}
        return self.at(dict(self.heads[hid].body), {**by, "$r": reduced})

    def rebuilt(self, hid: int, args: Sequence[Poly], power: Number) -> Form:
        head = self.heads[hid]
        if head.kind in ("max", "prod"):
            index = self.index(head.extents[-1])
            return self.power(self.reduction(head.kind, self.instance(hid, args, index), index), power)
        body = self.instance(hid, args)
        if head.kind == "base":
            return self.power(body, power)
        build = {"exp": self.exp, "log": self.log, "positive": self.positive, "zero": self.zero}.get(head.kind)
        return self.power(build(body) if build else self.kernel(head.kind, body), power)

    # ------------------------------------------------------------------------ the one place where terms are made

    def emit(self, out: Form, c: Number, binders: Sequence[str], factors: Factors, values: Sequence[Form] = ()) -> None:
        """Add c · Σ_binders Π factors · Π values to ``out``, in canonical form."""
        self.spend()
        if values:
            for term, k in values[0].items():
                more, extra = self.opened(term)
                self.emit(out, c * k, (*binders, *more), merged(self, dict(factors), extra.items()), values[1:])
            return
        for (hid, args), power in factors.items():  # what is not canonical is written out
            written = self.written_out(hid, args, power)
            if written is not None:
                rest = {key: p for key, p in factors.items() if key != (hid, args)}
                return self.emit(out, c, binders, rest, written)
            head = self.heads[hid]
            if head.kind == "positive" and (self.known.get(head._replace(kind="zero")), args) in factors:
                return None  # [u > 0][u == 0] = 0
        for key in [key for key in factors if key[0] in (EQ, GE)]:
            if self.relation(out, c, binders, factors, key):
                return None
        used = names_in(arg for key in factors for arg in key[1])
        for name in binders:
            if name not in used:  # Σ_j 1 = the range of j
                rest_of = tuple(n for n in binders if n != name)
                return self.emit(out, c, rest_of, factors, [self.number(self.ranges[name])])
            steps = {(h in (EQ, GE), f) for h, args in factors for p in args for names, f in p if name in names}
            slopes = {f for inside, f in steps if not inside} or {f for _, f in steps}
            if slopes and max(slopes) < 0:  # counted from the other end
                kept, values = self.replaced(factors, {name: minus(minus(self.ranges[name], ONE), var(name))})
                return self.emit(out, c, binders, kept, values)
        accumulate(out, self.canonical(binders, factors), c)
        return None

    def written_out(self, hid: int, args: tuple[Poly, ...], power: Number) -> list[Form] | None:
        head = self.heads[hid]
        whole = math.floor(power)
        if head.kind == "prime" and whole:  # p^(k + r) = p^k · p^r
            rest = [self.atom(hid, (), power - whole)] if power != whole else []
            return [{UNIT: Fraction(int(head.name)) ** whole}, *rest]
        if head.kind == "base" and whole >= 1:
            body = self.instance(hid, args)
            return [body] * whole + ([self.atom(hid, args, power - whole)] if power != whole else [])
        if head.kind in ("sin", "sinh") and whole >= 2:  # sin² = 1 − cos², sinh² = cosh² − 1
            other, sign = ("cos", 1) if head.kind == "sin" else ("cosh", -1)
            square = self.power(self.kernel(other, self.instance(hid, args)), 2)
            return [self.atom(hid, args, power - 2), self.scale(self.sub(ONE_FORM, square), sign)]
        if head.kind == "index" and not plain(args[0]):
            return [self.power(self.number(args[0]), power)]
        return None

    def relation(self, out: Form, c: Number, binders: Sequence[str], factors: Factors, key: Key) -> bool:
        """Simplify by one index relation; True when the term was dealt with here."""
        p = key[1][0]
        rest = {k: power for k, power in factors.items() if k != key}
        below, above = self.always(minus((), plus(p, ONE))), self.always(p)  # p < 0, p >= 0
        if below or (key[0] == EQ and self.always(minus(p, ONE))):
            return True  # never holds: the term is 0
        if p == () or (key[0] == GE and above):
            self.emit(out, c, binders, rest)
            return True
        if key[0] == GE and self.always(plus(p, ONE)):  # [p >= 0] = 1 - [p == -1] where p >= -1
            self.emit(out, c, binders, rest, [self.sub(ONE_FORM, self.atom(EQ, (plus(p, ONE),)))])
            return True
        if key[0] == GE:
            return self.inequality(out, c, binders, rest, p)
        split = self.radix(p)
        if split:
            self.emit(out, c, binders, merged(self, rest, [((EQ, (q,)), 1) for q in split]))
            return True
        units = [(names[0], f) for names, f in p if len(names) == 1 and names[0][0] == "#" and abs(f) == 1]
        solved = [(n, put(p, {n: ()}), f) for n, f in units if n not in names_in([put(p, {n: ()})])]
        inside = []
        for name, other, sign in solved:
            value = minus((), other) if sign == 1 else other
            ends = [value, minus(minus(self.ranges[name], ONE), value)]
            inside.append((name not in binders, sum(not self.always(end) for end in ends), name, value, ends))
        for free, _, name, value, ends in sorted(inside, key=lambda s: (s[0], s[1], s[2])):
            if free and name not in names_in(arg for k in rest for arg in k[1]):
                continue
            if free and name != max(n for n in names_in([p]) if n[0] == "#"):
                continue
            bounds = [((GE, (end,)), 1) for end in ends if not free and not self.always(end)]
            kept, values = self.replaced(rest, {name: value})
            keep = [(key, 1)] if free else []
            left = [n for n in binders if n != name]
            self.emit(out, c, binders if free else left, merged(self, kept, [*bounds, *keep]), values)
            return True
        return False

    def inequality(self, out: Form, c: Number, binders: Sequence[str], rest: Factors, p: Poly) -> bool:
        for hid, args in rest:
            if hid != GE:
                continue
            if self.always(minus((), plus(p, args[0], ONE))):
                return True  # both cannot hold
            if self.always(minus(p, args[0])):  # the other implies this one
                self.emit(out, c, binders, rest)
                return True
            if plus(p, args[0]) == ():
                equal = {key: power for key, power in rest.items() if key != (hid, args)}
                self.emit(out, c, binders, merged(self, equal, [((EQ, (p,)), 1)]))
                return True
        elsewhere = names_in(arg for key in rest for arg in key[1])
        for name in binders:  # an index that occurs here alone is counted
            slope = [f for names, f in p if names == (name,)]
            if name not in elsewhere and slope in ([1], [-1]):
                size = self.ranges[name]
                other = put(p, {name: ()})
                count = plus(other, size) if slope == [1] else plus(other, ONE)
                if name not in names_in([other]) and self.always(count) and self.always(minus(size, count)):
                    self.emit(out, c, [n for n in binders if n != name], rest, [self.number(count)])
                    return True
        return False

    def radix(self, p: Poly) -> list[Poly] | None:
        """n·a + b == 0 with |b| < n means a == 0 and b == 0."""
        for n in sorted({tuple(x for x in names if x[0] != "#") for names, _ in p} - {()}, key=lambda n: (-len(n), n)):
            high = collect(
                (tuple(x for x in names if x[0] == "#"), f) for names, f in p if without(names, n) is not None
            )
            low = tuple((names, f) for names, f in p if without(names, n) is None)
            size: Poly = ((n, 1),)
            if low and all(self.always(minus(minus(size, ONE), q)) for q in (low, minus((), low))):
                return [high, low]
        return None

    # ------------------------------------------------------------------------ canonical names

    def canonical(self, binders: Sequence[str], factors: Factors) -> Term:
        """The term with its bound indices named by colour refinement; ties are broken by trying each."""
        if not binders:
            return (), tuple(sorted((hid, args, power) for (hid, args), power in factors.items()))
        if len(binders) == 1:
            return self.labelled(factors, {binders[0]: 0})
        return min(
            self.labelled(factors, names) for names in self.namings(factors, {b: self.ranges[b] for b in binders})
        )

    def labelled(self, factors: Factors, names: Mapping[str, int]) -> Term:
        by = {name: var(f"@{k}") for name, k in names.items()}
        order = sorted(names, key=lambda name: names[name])
        return tuple(self.ranges[name] for name in order), tuple(sorted(self.renamed(factors, by)))

    def renamed(self, factors: Factors, by: Mapping[str, Poly]) -> list[tuple[int, tuple[Poly, ...], Number]]:
        return [(*arranged(self, hid, tuple(put(arg, by) for arg in args)), p) for (hid, args), p in factors.items()]

    def namings(self, factors: Factors, colours: Mapping[str, Any]) -> Iterator[dict[str, int]]:
        touching = {b: {k: p for k, p in factors.items() if b in names_in(k[1])} for b in colours}
        while True:
            order = sorted(set(colours.values()))
            ranks = {b: order.index(colour) for b, colour in colours.items()}
            if len(order) == len(colours):
                yield ranks
                return
            by = {b: var(f"@{rank}") for b, rank in ranks.items()}
            colours = {
                b: (rank, tuple(sorted(self.renamed(touching[b], {**by, b: var("@")})))) for b, rank in ranks.items()
            }
            if len(set(colours.values())) == len(order):
                break
        tied = min(rank for rank in ranks.values() if list(ranks.values()).count(rank) > 1)
        tried: list[str] = []
        for b in sorted(name for name, rank in ranks.items() if rank == tied):
            self.spend()
            if not any(self.twins(factors, b, other) for other in tried):
                tried.append(b)
                yield from self.namings(factors, {**{n: 2 * r for n, r in ranks.items()}, b: 2 * tied - 1})

    def twins(self, factors: Factors, a: str, b: str) -> bool:
        swapped = self.renamed(factors, {a: var(b), b: var(a)})
        return sorted(swapped) == sorted((hid, args, p) for (hid, args), p in factors.items())

    def lifted(self, kind: str, body: Form, reduced: Poly = (), flip: bool = False) -> tuple[Key, int]:
        """The head that is ``kind`` of this body, with its arguments; with ``flip`` up to the sign returned."""
        bound = names_in([reduced])
        free = sorted({n for term in body for _, args, _ in term[1] for n in names_in(args) if n[0] == "#"} - bound)
        need(len(free) <= 4, "a function of more than four free indices")
        found = []
        related = any(hid == EQ for term in body for hid, _, _ in term[1])
        for order in permutations(free):
            by = {name: var(f"${k}") for k, name in enumerate(order)} | {name: var("$r") for name in bound}
            form = body
            if related:  # [i == j] chooses the earlier name: name them in this order first
                anew = {name: self.index(self.ranges[name]) for name in (*order, *bound)}
                form, by = self.at(body, anew), {anew[name][0][0][0]: new for name, new in by.items()}
            items = sorted(((self.stored(term, by)), c) for term, c in form.items())
            sign = -1 if flip and items[0][1] < 0 else 1
            extents = tuple(self.ranges[name] for name in (*order, *sorted(bound)))
            found.append((extents, tuple((term, c * sign) for term, c in items), sign, order))
        extents, items_, sign, order = min(found)
        alike = [other[3] for other in found if other[:3] == (extents, items_, sign)]
        symmetries = tuple(sorted(tuple(order.index(name) for name in other) for other in alike))
        hid = self.entered(Head(kind, "", extents, items_, symmetries if len(alike) > 1 else ()))
        return (hid, tuple(var(name) for name in order)), sign

    def stored(self, term: Term, by: Mapping[str, Poly]) -> Term:
        binders, factors = self.opened(term)
        pairs = [((hid, args), p) for hid, args, p in self.renamed(factors, by)]
        return self.canonical(binders, merged(self, {}, pairs))

    # ------------------------------------------------------------------------ powers and functions

    def always_positive(self, hid: int, power: Number = 1) -> bool:
        """On the domain, which has S > 0 for every S^q with q fractional."""
        head = self.heads[hid]
        known = head.kind == "input" and head.name in self.positive_inputs
        return (
            known or head.kind in ("dim", "prime", "exp", "cosh", "pi") or (head.kind == "base" and power != int(power))
        )

    def certainly_positive(self, form: Form) -> bool:
        """Every term is evidently >= 0, and one is evidently > 0."""
        if not all(c > 0 and all(self.at_least_zero(f) for f in term[1]) for term, c in form.items()):
            return False
        return any(
            all(self.always_positive(hid, p) for hid, _, p in term[1])
            and all(self.nonnegative(minus(extent, ONE)) for extent in term[0])
            for term in form
        )

    def at_least_zero(self, factor: tuple[int, tuple[Poly, ...], Number]) -> bool:
        hid, _, power = factor
        return (
            self.always_positive(hid, power)
            or self.heads[hid].kind in BOOLEAN
            or (power == int(power) and power % 2 == 0)
        )

    def split(self, form: Form, positive: bool) -> tuple[Number, Factors, Form]:
        """form = content · common factors · rest, with content > 0; factors of unknown sign stay where ``positive``."""
        content = Fraction(
            math.gcd(*(Fraction(c).numerator for c in form.values())),
            math.lcm(*(Fraction(c).denominator for c in form.values())),
        )
        terms = [{(hid, args): p for hid, args, p in term[1]} for term in form]
        common: Factors = {}
        for key in terms[0]:
            kind = self.heads[key[0]].kind
            bound = any(name[0] == "@" for name in names_in(key[1]))
            free = self.always_positive(key[0], terms[0][key]) or (not positive and kind not in BOOLEAN)
            if not bound and free and all(key in term for term in terms):
                common[key] = min((term[key] for term in terms), key=lambda p: Fraction(p))
        inverse = {key: -p for key, p in common.items()}
        out: Form = {}
        for term, c in form.items():
            binders, factors = self.opened(term)
            self.emit(out, c / content, binders, merged(self, factors, inverse.items()))
        return content, common, out

    def power(self, form: Form, q: Number) -> Form:
        """form ** q for a rational q; the caller's domain has form > 0 for a fractional q, form != 0 for q < 0."""
        if q == 0:
            return ONE_FORM
        if q == int(q) and q > 0:
            return self.mul(*[form] * int(q))
        need(form, "a power of zero")
        content, common, rest = self.split(form, q != int(q))
        outer = merged(self, {}, [(key, p * q) for key, p in common.items()])
        for prime, k in factorised(content).items():
            merged(self, outer, [((self.head("prime", str(prime)), ()), k * q)])
        sign = 1
        if rest != ONE_FORM:
            key, sign = self.lifted("base", self.reduced(rest), flip=q == int(q))
            merged(self, outer, [(key, q)])
        out: Form = {}
        self.emit(out, sign if q % 2 else 1, (), outer)
        return out

    def exp(self, form: Form) -> Form:
        """exp(Σ c·t) = Π exp(t)^c, and exp(c·log u) = u^c."""
        values, factors = [], Factors()
        for term, c in form.items():
            extents, inner = term
            if not extents and len(inner) == 1 and inner[0][2] == 1 and self.heads[inner[0][0]].kind == "log":
                values.append(self.power(self.instance(inner[0][0], inner[0][1]), c))
            else:
                merged(self, factors, [(self.lifted("exp", {term: 1})[0], c)])
        out: Form = {}
        self.emit(out, 1, (), factors, values)
        return out

    def log(self, form: Form) -> Form:
        """log of a product, where the signs of the factors taken out are known."""
        need(form, "a logarithm of zero")
        content, common, rest = self.split(form, True)
        parts = [self.scale(self.atom(*self.lifted("log", {UNIT: p})[0]), k) for p, k in factorised(content).items()]
        for (hid, args), p in common.items():
            inner = self.instance(hid, args) if self.heads[hid].kind == "exp" else None
            parts.append(self.scale(inner or self.atom(*self.lifted("log", self.atom(hid, args))[0]), p))
        if rest != ONE_FORM:
            parts.append(self.atom(*self.lifted("log", self.reduced(rest))[0]))
        return self.add(*parts)

    def kernel(self, kind: str, form: Form) -> Form:
        need(kind in KERNELS, f"no function named {kind!r}")
        if not form and kind in ODD:
            return {}
        (hid, args), sign = self.lifted(kind, form, flip=kind in ODD | EVEN)
        return self.scale(self.atom(hid, args), sign if kind in ODD else 1)

    def positive(self, form: Form) -> Form:
        """[form > 0], by [-u > 0] = 1 - [u > 0] - [u == 0]."""
        if not form or self.certainly_positive(self.scale(form, -1)):
            return {}
        if self.certainly_positive(form):
            return ONE_FORM
        (hid, args), sign = self.lifted("positive", self.split(form, True)[2], flip=True)
        guard = self.atom(hid, args)
        return guard if sign > 0 else self.sub(self.sub(ONE_FORM, guard), self.zero(form))

    def zero(self, form: Form) -> Form:
        """[form == 0]"""
        if not form:
            return ONE_FORM
        if self.certainly_positive(form) or self.certainly_positive(self.scale(form, -1)):
            return {}
        if self.mul(form, form) == form:
            return self.sub(ONE_FORM, form)
        only = next(iter(form))
        if (
            len(form) == 1
            and not only[0]
            and all(self.always_positive(h) or self.heads[h].kind == "base" for h, _, _ in only[1])
        ):
            return {}  # the domain has S != 0 for every S^-k
        return self.atom(*self.lifted("zero", self.split(form, True)[2], flip=True)[0])

    def relu(self, form: Form) -> Form:
        """max(form, 0) = u·[u > 0], or u - relu(-u) where -u is the one that is stored."""
        if not form or self.lifted("positive", self.split(form, True)[2], flip=True)[1] > 0:
            return self.mul(form, self.positive(form))
        return self.add(form, self.mul(self.scale(form, -1), self.positive(self.scale(form, -1))))

    def reduction(self, kind: str, form: Form, index: Poly) -> Form:
        """max or prod over the index."""
        return self.atom(*self.lifted(kind, form, index)[0]) if index else form

    # ------------------------------------------------------------------------ the derivative

    def derivative(self, form: Form, tensor: str, place: Sequence[Poly]) -> Form:
        """∂ form / ∂ tensor[place], by the product rule."""
        out: Form = {}
        for term, c in form.items():
            binders, factors = self.opened(term)
            for key, power in factors.items():
                rest = merged(self, {k: p for k, p in factors.items() if k != key}, [(key, power - 1)])
                for slope in self.slope(key, tensor, place):
                    self.emit(out, c * power, binders, rest, slope)
        return out

    def slope(self, key: Key, tensor: str, place: Sequence[Poly]) -> list[list[Form]]:
        """The derivative of one factor, as a sum of products of forms."""
        hid, args = key
        head = self.heads[hid]
        if head.kind == "input" and head.name == tensor:
            return [[self.atom(EQ, (minus(a, k),)) for a, k in zip(args, place, strict=True)]]
        if head.kind in BOOLEAN or head.kind in ("input", "index", "dim", "prime", "pi", "floor"):
            return []
        if head.kind in ("max", "prod"):
            return [[self.selected(head, hid, args, tensor, place)]]
        inner = self.inner(hid, args, tensor, place)
        return [[self.law(head.kind, hid, args), inner]] if inner else []

    def inner(self, hid: int, args: Sequence[Poly], tensor: str, place: Sequence[Poly]) -> Form:
        """The derivative of a head's body, computed once a head."""
        if (hid, tensor) not in self.slopes:
            fresh = [self.index(extent) for extent in self.heads[hid].extents]
            self.slopes[hid, tensor] = fresh, self.derivative(self.instance(hid, fresh), tensor, place)
        fresh, form = self.slopes[hid, tensor]
        return self.at(form, {index[0][0][0]: arg for index, arg in zip(fresh, args, strict=True)})

    def law(self, kind: str, hid: int, args: Sequence[Poly]) -> Form:
        """φ'(u) for the factor φ(u)."""
        if kind == "base":
            return ONE_FORM
        if kind == "exp":
            return self.atom(hid, args)
        u = self.instance(hid, args)
        square = self.mul(u, u)
        match kind:
            case "log":
                return self.power(u, -1)
            case "sin":
                return self.kernel("cos", u)
            case "cos":
                return self.scale(self.kernel("sin", u), -1)
            case "sinh" | "cosh":
                return self.kernel({"sinh": "cosh", "cosh": "sinh"}[kind], u)
            case "arctan":
                return self.power(self.add(ONE_FORM, square), -1)
            case "arctanh":
                return self.power(self.sub(ONE_FORM, square), -1)
            case "arcsin":
                return self.power(self.sub(ONE_FORM, square), Fraction(-1, 2))
            case "arccos":
                return self.scale(self.power(self.sub(ONE_FORM, square), Fraction(-1, 2)), -1)
            case "arcsinh":
                return self.power(self.add(ONE_FORM, square), Fraction(-1, 2))
            case "arccosh":
                roots = [self.power(self.add(u, {UNIT: k}), Fraction(-1, 2)) for k in (1, -1)]
                return self.mul(*roots)
            case "erf":
                root = self.power(self.atom(self.head("pi")), Fraction(-1, 2))
                return self.scale(self.mul(root, self.exp(self.scale(square, -1))), 2)
            case "gammaln":
                return self.kernel("digamma", u)
        raise Refused(f"no derivative of {kind}")

    def selected(self, head: Head, hid: int, args: Sequence[Poly], tensor: str, place: Sequence[Poly]) -> Form:
        """max: the mean of the slopes of the entries that attain it; prod: each slope times the other entries."""
        j, other = self.index(head.extents[-1]), self.index(head.extents[-1])
        one = self.instance(hid, args, j)
        slope = self.derivative(one, tensor, place)
        if head.kind == "max":
            wins = self.zero(self.sub(one, self.atom(hid, args)))
            weight = self.mul(wins, self.power(self.total(wins, [j]), -1))
        else:
            same = self.atom(EQ, (minus(j, other),))
            rest = self.mul(self.sub(ONE_FORM, same), self.instance(hid, args, other))
            weight = self.reduction("prod", self.add(same, rest), other)
        return self.total(self.mul(weight, slope), [j])

    # ------------------------------------------------------------------------ is it zero?

    def vanishes(self, form: Form) -> bool:
        """Whether the form is 0, almost everywhere: cancel denominators, drop null guards, clear what is left."""
        form = self.reduced(self.almost(form))
        for _ in range(8):
            if not form:
                return True
            bases = {
                (hid, args): p
                for term in form
                for hid, args, p in term[1]
                if self.heads[hid].kind == "base" and p < 0 and not any(n[0] == "@" for n in names_in(args))
            }
            if not bases:
                return False
            key = min(bases)
            lowest = min(p for term in form for hid, args, p in term[1] if (hid, args) == key)
            out: Form = {}
            for term, c in form.items():
                binders, factors = self.opened(term)
                self.emit(out, c, binders, merged(self, factors, [(key, -lowest)]))
            form = self.reduced(out)
        return False

    def almost(self, form: Form) -> Form:
        """The form without the guards [u == 0] that hold on a null set only."""
        null = {hid for term in form for hid, _, _ in term[1] if self.heads[hid].kind == "zero" and self.null(hid)}
        return {term: c for term, c in form.items() if not any(hid in null for hid, _, _ in term[1])}

    def null(self, hid: int) -> bool:
        """Whether {u == 0} is a null set: u = c·x[…] + (no x) for a generic input x, or a polynomial, not 0 somewhere."""
        body = dict(self.heads[hid].body)
        for term in body:
            inputs = [(h, args, p) for h, args, p in term[1] if self.heads[h].kind == "input"]
            alone = len(inputs) == 1 and inputs[0][2] == 1 and not term[0]
            name = self.heads[inputs[0][0]].name if inputs else ""
            if alone and name in self.generic and self.occurrences(body, name) == 1:
                if all(self.always_positive(h) for h, _, _ in term[1] if self.heads[h].kind != "input"):
                    return True
        tensors = sorted({self.heads[h].name for term in body for h, _, _ in term[1] if self.heads[h].kind == "input"})
        if not set(tensors) <= self.generic or len(tensors) > 4:
            return False
        return any(
            self.nonzero_at(body, dict(zip(tensors, at, strict=True)))
            for at in product((1, -1, 3), repeat=len(tensors))
        )

    def occurrences(self, form: Form, name: str) -> int:
        return sum(
            (self.heads[h].kind == "input" and self.heads[h].name == name)
            + self.occurrences(dict(self.heads[h].body), name)
            for term in form
            for h, _, _ in term[1]
        )

    def nonzero_at(self, form: Form, at: Mapping[str, int]) -> bool:
        """Whether the polynomial is not 0, for every size, where each input is filled with one number."""
        scale = math.lcm(*(Fraction(c).denominator for c in form.values()))
        total: Poly = ()
        for (extents, factors), c in form.items():
            value = const(int(c * scale))
            for extent in extents:
                value = times(value, extent)
            for hid, _, power in factors:
                head = self.heads[hid]
                if head.kind not in ("input", "dim") or power < 0 or power != int(power):
                    return False
                for _ in range(int(power)):
                    value = times(value, const(at[head.name]) if head.kind == "input" else var(head.name))
            total = plus(total, value)
        return self.nonnegative(minus(total, ONE)) or self.nonnegative(minus((), plus(total, ONE)))

    def reduced(self, form: Form) -> Form:
        """The form with the lead of S cancelled against S^-k, wherever it occurs: lead·S^-k = S^(1-k) - rest·S^-k."""
        out: Form = {}
        todo = list(form.items())
        while todo:
            term, c = todo.pop()
            hit = self.cancelled(term)
            if hit is None:
                accumulate(out, term, c)
            else:
                todo.extend((other, c * k) for other, k in hit.items())
        return out

    def cancelled(self, term: Term) -> Form | None:
        denominators = [f for f in term[1] if self.heads[f[0]].kind == "base" and f[2] < 0]
        if not denominators:
            return None
        binders, factors = self.opened(term)
        for (hid, args), power in factors.items():
            if self.heads[hid].kind != "base" or power > 0:
                continue
            (extents, lead), c = self.lead(hid)
            by = {f"${k}": arg for k, arg in enumerate(args)}
            pattern = [(h, tuple(put(a, by) for a in args_), p) for h, args_, p in lead]
            rest = {key: p for key, p in factors.items() if key != (hid, args)}
            left = self.matched(pattern, rest, {}, extents, set(binders))
            if left is None:
                continue
            others = {t: -k for t, k in self.heads[hid].body if t != (extents, lead)}
            form = self.add(self.atom(hid, args, power + 1), self.mul(self.atom(hid, args, power), self.at(others, by)))
            out: Form = {}
            keep = names_in(a for key in left for a in key[1]) | names_in(args)
            gone = names_in(a for key in rest for a in key[1]) - keep
            self.emit(out, Fraction(1) / c, [b for b in binders if b not in gone], left, [form])
            return out
        return None

    def lead(self, hid: int) -> tuple[Term, Number]:
        """The term of a denominator that is eliminated: the one with most bound indices, then the highest degree."""
        if hid not in self.leads:
            rank = lambda item: (len(item[0][0]), sum(map(abs, (p for _, _, p in item[0][1]))), item[0])  # noqa: E731
            self.leads[hid] = max(self.heads[hid].body, key=rank)
        found: tuple[Term, Number] = self.leads[hid]
        return found

    def matched(
        self, pattern: list[Any], factors: Factors, by: dict[str, Poly], extents: Sequence[Poly], binders: set[str]
    ) -> Factors | None:
        """The factors without those of the pattern, whose bound indices must occur nowhere else; None if not there."""
        if not pattern:
            taken = names_in(by.values())
            outside = names_in(arg for key in factors for arg in key[1])
            return factors if len(taken) == len(by) and not taken & outside else None
        hid, args, power = pattern[0]
        for key, have in factors.items():
            if key[0] != hid or have * power <= 0 or abs(have) < abs(power):
                continue
            for order in self.heads[hid].symmetries or (tuple(range(len(args))),):
                bound = self.unified([args[k] for k in order], key[1], by, extents, binders)
                if bound is not None:
                    rest = merged(self, {k: p for k, p in factors.items() if k != key}, [(key, have - power)])
                    left = self.matched(pattern[1:], rest, bound, extents, binders)
                    if left is not None:
                        return left
        return None

    def unified(
        self,
        wanted: Sequence[Poly],
        have: Sequence[Poly],
        by: dict[str, Poly],
        extents: Sequence[Poly],
        binders: set[str],
    ) -> dict[str, Poly] | None:
        by = dict(by)
        for want, arg in zip(wanted, have, strict=True):
            want = put(want, by)
            if plain(want) and want[0][0][0][0] == "@":
                name = want[0][0][0]
                if not plain(arg) or arg[0][0][0] not in binders or self.ranges[arg[0][0][0]] != extents[int(name[1:])]:
                    return None
                by[name] = arg
            elif want != arg:
                return None
        return by


ONE_FORM: Form = {UNIT: 1}


def merged(w: Forms, factors: Factors, more: Iterable[tuple[Key, Number]]) -> Factors:
    """Multiply factors in place: powers add, guards are idempotent."""
    for (hid, args), power in more:
        key = arranged(w, hid, args)
        total = factors.get(key, 0) + power
        if w.heads[hid].kind in BOOLEAN:
            total = 1
        if total:
            factors[key] = total
        else:
            factors.pop(key, None)
    return factors


def arranged(w: Forms, hid: int, args: tuple[Poly, ...]) -> Key:
    if hid in (EQ, GE):
        size = math.gcd(*(f for _, f in args[0])) or 1
        p = tuple((names, f // size) for names, f in args[0])
        return hid, (p if hid == GE else min(p, minus((), p)),)
    symmetries = w.heads[hid].symmetries
    return hid, min(tuple(args[k] for k in order) for order in symmetries) if symmetries else args


def accumulate(out: Form, term: Term, c: Number) -> None:
    total = out.get(term, 0) + c
    assert not isinstance(total, float)
    if total:
        out[term] = total
    else:
        out.pop(term, None)


def without(names: tuple[str, ...], part: tuple[str, ...]) -> tuple[str, ...] | None:
    left = list(names)
    for name in part:
        if name not in left:
            return None
        left.remove(name)
    return tuple(left)


def factorised(number: Number) -> dict[int, int]:
    """A positive rational as prime powers; what is left beyond small primes counts as one."""
    found: dict[int, int] = {}
    for whole, sign in ((Fraction(number).numerator, 1), (Fraction(number).denominator, -1)):
        for p in (2, 3, 5, 7, *range(11, 1000, 2)):
            while whole % p == 0:
                found[p] = found.get(p, 0) + sign
                whole //= p
        if whole > 1:
            found[whole] = found.get(whole, 0) + sign
    return found


# ---------------------------------------------------------------------------- what the ops mean
# An array is its shape, its kind ("b", "i" or "f") and the form of one entry. Everything here is from NumPy's
# documentation; a canonical static argument is spelled as certificate.py writes it.


class Array(NamedTuple):
    shape: tuple[Poly, ...]
    entry: Callable[[Sequence[Poly]], Form]
    kind: str = "f"


def pointwise(w: Forms, function: Callable[..., Form], arrays: Sequence[Array], kind: str) -> Array:
    rank = max(len(a.shape) for a in arrays)
    shape = [ONE] * rank
    for a in arrays:
        for axis, extent in enumerate(a.shape, rank - len(a.shape)):
            if extent != ONE:
                need(shape[axis] in (ONE, extent), "operands of different shapes")
                shape[axis] = extent
    return Array(tuple(shape), lambda at: function(w, *(spread(a, at) for a in arrays)), kind)


def spread(a: Array, at: Sequence[Poly]) -> Form:
    """The entry of a broadcast array."""
    at = at[len(at) - len(a.shape) :]
    return a.entry([() if extent == ONE else i for extent, i in zip(a.shape, at, strict=True)])


def nonzero(w: Forms, a: Form) -> Form:
    return w.sub(ONE_FORM, w.zero(a))


def choose(w: Forms, c: Form, a: Form, b: Form) -> Form:
    return w.add(b, w.mul(c, w.sub(a, b)))


def maximum(w: Forms, a: Form, b: Form) -> Form:
    return w.add(b, w.relu(w.sub(a, b)))


def hyperbolic(w: Forms, a: Form, odd: int, even: int) -> Form:
    up, down = w.exp(a), w.exp(w.scale(a, -1))
    return w.scale(w.add(w.scale(up, odd), w.scale(down, even)), Fraction(1, 2))


def softplus(w: Forms, a: Form) -> Form:
    return w.log(w.add(ONE_FORM, w.exp(a)))


def sigmoid(w: Forms, a: Form) -> Form:
    return w.power(w.add(ONE_FORM, w.exp(w.scale(a, -1))), -1)


def logarithm(base: int) -> Callable[..., Form]:
    return lambda w, a: w.mul(w.log(a), w.power(w.log({UNIT: base}), -1))


def either(w: Forms, a: Form, b: Form) -> Form:
    return w.sub(w.add(a, b), w.mul(a, b))


HALF = Fraction(1, 2)
COMPARISONS: dict[str, Callable[..., Form]] = {
    "greater": lambda w, a, b: w.positive(w.sub(a, b)),
    "less": lambda w, a, b: w.positive(w.sub(b, a)),
    "greater_equal": lambda w, a, b: w.sub(ONE_FORM, w.positive(w.sub(b, a))),
    "less_equal": lambda w, a, b: w.sub(ONE_FORM, w.positive(w.sub(a, b))),
    "equal": lambda w, a, b: w.zero(w.sub(a, b)),
    "not_equal": lambda w, a, b: nonzero(w, w.sub(a, b)),
    "logical_not": lambda w, a: w.zero(a),
    "logical_and": lambda w, a, b: w.mul(nonzero(w, a), nonzero(w, b)),
    "logical_or": lambda w, a, b: either(w, nonzero(w, a), nonzero(w, b)),
}
FUNCTIONS: dict[str, Callable[..., Form]] = {
    "divide": lambda w, a, b: w.mul(a, w.power(b, -1)),
    "reciprocal": lambda w, a: w.power(a, -1),
    "sqrt": lambda w, a: w.power(a, HALF),
    "power": lambda w, a, b: w.exp(w.mul(b, w.log(a))),
    "exp": lambda w, a: w.exp(a),
    "expm1": lambda w, a: w.sub(w.exp(a), ONE_FORM),
    "exp2": lambda w, a: w.exp(w.mul(a, w.log({UNIT: 2}))),
    "log": lambda w, a: w.log(a),
    "log1p": lambda w, a: w.log(w.add(ONE_FORM, a)),
    "log2": logarithm(2),
    "log10": logarithm(10),
    "logaddexp": lambda w, a, b: w.log(w.add(w.exp(a), w.exp(b))),
    "sigmoid": sigmoid,
    "softplus": softplus,
    "log_sigmoid": lambda w, a: w.scale(softplus(w, w.scale(a, -1)), -1),
    "tanh": lambda w, a: w.mul(w.kernel("sinh", a), w.power(w.kernel("cosh", a), -1)),
    "tan": lambda w, a: w.mul(w.kernel("sin", a), w.power(w.kernel("cos", a), -1)),
    "hypot": lambda w, a, b: w.power(w.add(w.mul(a, a), w.mul(b, b)), HALF),
    "erfc": lambda w, a: w.sub(ONE_FORM, w.kernel("erf", a)),
    "ceil": lambda w, a: w.scale(w.kernel("floor", w.scale(a, -1)), -1),
}
ARITHMETIC: dict[str, Callable[..., Form]] = {  # results are of the operands' kind
    "add": lambda w, a, b: w.add(a, b),
    "subtract": lambda w, a, b: w.sub(a, b),
    "multiply": lambda w, a, b: w.mul(a, b),
    "negative": lambda w, a: w.scale(a, -1),
    "positive": lambda w, a: a,
    "square": lambda w, a: w.mul(a, a),
    "absolute": lambda w, a: w.sub(w.scale(w.relu(a), 2), a),
    "sign": lambda w, a: w.sub(w.positive(a), w.positive(w.scale(a, -1))),
    "relu": lambda w, a: w.relu(a),
    "maximum": maximum,
    "minimum": lambda w, a, b: w.sub(a, w.relu(w.sub(a, b))),
    "heaviside": lambda w, a, b: w.add(w.positive(a), w.mul(w.zero(a), b)),
    "zeros_like": lambda w, a: {},
    "ones_like": lambda w, a: ONE_FORM,
    "copy": lambda w, a: a,
}


def joined(arrays: Sequence[Array]) -> str:
    return max((a.kind for a in arrays), key="bif".index)


def where(w: Forms, c: Array, a: Array, b: Array) -> Array:
    truth = (lambda w, c: c) if c.kind == "b" else nonzero
    return pointwise(w, lambda w, c, a, b: choose(w, truth(w, c), a, b), (c, a, b), joined((a, b)))


def power_constant(w: Forms, a: Array, exponent: Number) -> Array:
    need(a.kind == "f" or (a.kind == "i" and exponent == int(exponent) and exponent >= 0), "a power of integers")
    return pointwise(w, lambda w, a: w.power(a, exponent), (a,), a.kind)


def full_like(w: Forms, a: Array, fill_value: Number) -> Array:
    need(a.kind == "f" or fill_value == int(fill_value), "a fill value that is rounded")
    return Array(a.shape, lambda at: constant(fill_value), a.kind)


def constant(value: Number) -> Form:
    return {UNIT: value} if value else {}


def astype(w: Forms, a: Array, dtype: str) -> Array:
    kind = KINDS[dtype]
    need("bif".index(kind) >= "bif".index(a.kind), "a cast that rounds")
    return a._replace(kind=kind)


def reducer(
    w: Forms, a: Array, axis: Sequence[int], keepdims: bool, entry: Callable[[Sequence[Poly]], Form], kind: str
) -> Array:
    """The array of ``entry(places)``, where ``places`` are those of ``a`` with 0 for the reduced axes."""
    need(list(axis) == sorted(set(axis)) and all(0 <= k < len(a.shape) for k in axis), "axes")
    shape = tuple(ONE if k in axis else e for k, e in enumerate(a.shape) if keepdims or k not in axis)

    def at(places: Sequence[Poly]) -> Form:
        left = iter([p for k, p in enumerate(places) if not keepdims or k not in axis])
        return entry([() if k in axis else next(left) for k in range(len(a.shape))])

    return Array(shape, at, kind)


def fresh(w: Forms, a: Array, places: Sequence[Poly], axis: Sequence[int]) -> tuple[list[Poly], list[Poly]]:
    new = {k: w.index(a.shape[k]) for k in axis}
    return [new.get(k, p) for k, p in enumerate(places)], list(new.values())


def summed(
    w: Forms, a: Array, axis: Sequence[int], function: Callable[[Form], Form] = lambda x: x
) -> Callable[..., Form]:
    def entry(places: Sequence[Poly]) -> Form:
        at, new = fresh(w, a, places, axis)
        return w.total(function(a.entry(at)), new)

    return entry


def count(w: Forms, a: Array, axis: Sequence[int]) -> Poly:
    size = ONE
    for k in axis:
        size = times(size, a.shape[k])
    return size


def averaged(w: Forms, entry: Callable[..., Form], size: Poly) -> Callable[..., Form]:
    need(w.nonnegative(minus(size, ONE)), f"a mean over {size} elements")
    return lambda places: w.mul(entry(places), w.power(w.number(size), -1))


def sum_(w: Forms, a: Array, *, axis: Sequence[int], keepdims: bool) -> Array:
    return reducer(w, a, axis, keepdims, summed(w, a, axis), "i" if a.kind == "b" else a.kind)


def mean(w: Forms, a: Array, *, axis: Sequence[int], keepdims: bool) -> Array:
    return reducer(w, a, axis, keepdims, averaged(w, summed(w, a, axis), count(w, a, axis)), "f")


def var_(w: Forms, a: Array, *, axis: Sequence[int], keepdims: bool, ddof: int, root: Number = 1) -> Array:
    centre = averaged(w, summed(w, a, axis), count(w, a, axis))
    size = minus(count(w, a, axis), const(ddof))

    def entry(places: Sequence[Poly]) -> Form:
        middle = centre(places)
        squares = summed(w, a, axis, lambda x: w.power(w.sub(x, middle), 2))
        return w.power(averaged(w, squares, size)(places), root)

    return reducer(w, a, axis, keepdims, entry, "f")


def norm(w: Forms, a: Array, *, axis: Sequence[int], keepdims: bool) -> Array:
    squares = summed(w, a, axis, lambda x: w.mul(x, x))
    return reducer(w, a, axis, keepdims, lambda at: w.power(squares(at), HALF), "f")


def logsumexp(w: Forms, a: Array, *, axis: Sequence[int], keepdims: bool) -> Array:
    powers = summed(w, a, axis, w.exp)
    return reducer(w, a, axis, keepdims, lambda at: w.log(powers(at)), "f")


def softmax(w: Forms, a: Array, *, axis: Sequence[int]) -> Array:
    powers = summed(w, a, axis, w.exp)
    return Array(a.shape, lambda at: w.mul(w.exp(a.entry(at)), w.power(powers(at), -1)))


def log_softmax(w: Forms, a: Array, *, axis: Sequence[int]) -> Array:
    powers = summed(w, a, axis, w.exp)
    return Array(a.shape, lambda at: w.sub(a.entry(at), w.log(powers(at))))


def extreme(kind: str, sign: int) -> Callable[..., Array]:
    def op(w: Forms, a: Array, *, axis: Sequence[int], keepdims: bool) -> Array:
        need(len(axis) == 1 or kind == "prod" or True, "")

        def entry(places: Sequence[Poly]) -> Form:
            at, new = fresh(w, a, places, axis)
            form = w.scale(a.entry(at), sign)
            for index in new:
                form = w.reduction(kind, form, index)
            return w.scale(form, sign)

        need(kind == "prod" or w.nonnegative(minus(count(w, a, axis), ONE)), f"{kind} over no elements")
        return reducer(w, a, axis, keepdims, entry, "i" if kind == "prod" and a.kind == "b" else a.kind)

    return op


def cumsum(w: Forms, a: Array, *, axis: int) -> Array:
    def entry(at: Sequence[Poly]) -> Form:
        places, new = fresh(w, a, at, [axis])
        before = w.atom(GE, (minus(at[axis], places[axis]),))
        return w.total(w.mul(before, a.entry(places)), new)

    return Array(a.shape, entry, "i" if a.kind == "b" else a.kind)


def flat(at: Sequence[Poly], shape: Sequence[Poly]) -> Poly:
    place: Poly = ()
    for index, extent in zip(at, shape, strict=True):
        place = plus(times(place, extent), index)
    return place


def reshape(w: Forms, a: Array, *, shape: Sequence[Any]) -> Array:
    new = tuple(map(polynomial, shape))
    b = a._replace(shape=new)
    need(count(w, a, range(len(a.shape))) == count(w, b, range(len(new))), "reshape to another number of elements")
    old_axes = [k for k, extent in enumerate(a.shape) if extent != ONE]
    new_axes = [k for k, extent in enumerate(new) if extent != ONE]

    def entry(at: Sequence[Poly]) -> Form:
        if [a.shape[k] for k in old_axes] == [new[k] for k in new_axes]:  # only axes of size 1 come or go
            places: list[Poly] = [()] * len(a.shape)
            for k, j in zip(old_axes, new_axes, strict=True):
                places[k] = at[j]
            return a.entry(places)
        if len(old_axes) == 1:
            return a.entry([flat(at, new) if k in old_axes else () for k in range(len(a.shape))])
        places, bound = fresh(w, a, at_zero(a), range(len(a.shape)))
        same = w.atom(EQ, (minus(flat(at, new), flat(places, a.shape)),))
        return w.total(w.mul(same, a.entry(places)), bound)

    return Array(new, entry, a.kind)


def at_zero(a: Array) -> list[Poly]:
    return [()] * len(a.shape)


def transpose(w: Forms, a: Array, *, axes: Sequence[int]) -> Array:
    need(sorted(axes) == list(range(len(a.shape))), "a permutation of the axes")
    return Array(
        tuple(a.shape[k] for k in axes), lambda at: a.entry([at[axes.index(k)] for k in range(len(axes))]), a.kind
    )


def broadcast_to(w: Forms, a: Array, *, shape: Sequence[Any]) -> Array:
    new = tuple(map(polynomial, shape))
    fits = len(a.shape) <= len(new) and all(
        e in (ONE, f) for e, f in zip(a.shape, new[len(new) - len(a.shape) :], strict=True)
    )
    need(fits, "broadcast_to another shape")
    return Array(new, lambda at: spread(a, at), a.kind)


def diagonal(w: Forms, a: Array, *, offset: int, axis1: int, axis2: int) -> Array:
    rows, columns = a.shape[axis1], a.shape[axis2]
    lengths = [minus(rows, const(max(-offset, 0))), minus(columns, const(max(offset, 0)))]
    length = next((p for p in lengths if all(w.nonnegative(minus(q, p)) for q in lengths)), None)
    need(axis1 != axis2 and length is not None and w.nonnegative(length), "a diagonal of this length")
    kept = [k for k in range(len(a.shape)) if k not in (axis1, axis2)]

    def entry(at: Sequence[Poly]) -> Form:
        places = dict(zip(kept, at, strict=False))
        places |= {axis1: plus(at[-1], const(max(-offset, 0))), axis2: plus(at[-1], const(max(offset, 0)))}
        return a.entry([places[k] for k in range(len(a.shape))])

    assert length is not None
    return Array((*(a.shape[k] for k in kept), length), entry, a.kind)


def diag(w: Forms, a: Array, *, k: int, shape: Sequence[Any], axis1: int, axis2: int) -> Array:
    new = tuple(map(polynomial, shape))
    rest = tuple(e for axis, e in enumerate(new) if axis not in (axis1, axis2))
    row, column = const(max(-k, 0)), const(max(k, 0))
    room = [minus(new[axis], plus(a.shape[-1], shift)) for axis, shift in ((axis1, row), (axis2, column))]
    need(axis1 != axis2 and rest == a.shape[:-1] and all(map(w.nonnegative, room)), "diag into another shape")

    def entry(at: Sequence[Poly]) -> Form:
        along = w.index(a.shape[-1])
        places = [p for axis, p in enumerate(at) if axis not in (axis1, axis2)]
        here = [w.atom(EQ, (minus(at[axis], plus(along, s)),)) for axis, s in ((axis1, row), (axis2, column))]
        return w.total(w.mul(*here, a.entry([*places, along])), [along])

    return Array(new, entry, a.kind)


def triangle(sign: int) -> Callable[..., Array]:
    def op(w: Forms, a: Array, *, k: int) -> Array:
        def entry(at: Sequence[Poly]) -> Form:
            above = minus(minus(at[-1], at[-2]), const(k))  # column - row - k
            return w.mul(w.atom(GE, (above if sign > 0 else minus((), above),)), a.entry(at))

        return Array(a.shape, entry, a.kind)

    return op


def walk(
    w: Forms, shape: Sequence[Poly], key: Sequence[Any]
) -> tuple[list[Poly], Callable[[Sequence[Poly]], list[Poly]]]:
    """The shape of a block, and where its entry lies in the whole; every place is shown to be within the axis."""
    steps = [[polynomial(part) for part in step] for step in key if step is not None]
    need([len(s) for s in steps].count(1) + [len(s) for s in steps].count(3) == len(shape) == len(steps), "a key")
    for step, extent in zip(steps, shape, strict=True):
        first, last = step[0], plus(step[0], times(minus(step[1], ONE), step[2])) if len(step) == 3 else step[0]
        low, high = (last, first) if len(step) == 3 and w.nonnegative(minus((), step[2])) else (first, last)
        inside = w.nonnegative(low) and w.nonnegative(minus(minus(extent, ONE), high))
        need(inside or (len(step) == 3 and step[1] == ()), "an index that may be out of range")
    block = [ONE if step is None else polynomial(step[1]) for step in key if step is None or len(step) == 3]

    def places(at: Sequence[Poly]) -> list[Poly]:
        along = iter(at)
        found = []
        for step in key:
            index = next(along) if step is None or len(step) == 3 else ()
            if step is not None:
                parts = [polynomial(part) for part in step]
                found.append(plus(parts[0], times(index, parts[2])) if len(parts) == 3 else parts[0])
        return found

    return block, places


def getitem(w: Forms, a: Array, *, key: Sequence[Any]) -> Array:
    block, places = walk(w, a.shape, key)
    return Array(tuple(block), lambda at: a.entry(places(at)), a.kind)


def landing(w: Forms, shape: Sequence[Poly], key: Sequence[Any], at: Sequence[Poly], value: Array) -> Form:
    """Σ over the block of [it lands at ``at``] · value."""
    block, places = walk(w, shape, key)
    new = [w.index(extent) for extent in block]
    here = [w.atom(EQ, (minus(i, p),)) for i, p in zip(at, places(new), strict=True)]
    need(len(value.shape) <= len(block), "an assignment of more axes")
    need(
        all(e in (ONE, b) for e, b in zip(value.shape[::-1], block[::-1], strict=False)),
        "an assignment of another shape",
    )
    return w.total(w.mul(*here, spread(value, new)), new)


def put_(w: Forms, a: Array, *, key: Sequence[Any], shape: Sequence[Any]) -> Array:
    new = tuple(map(polynomial, shape))
    return Array(new, lambda at: landing(w, new, key, at, a), a.kind)


def setitem(w: Forms, a: Array, value: Array, *, key: Sequence[Any]) -> Array:
    need("bif".index(value.kind) <= "bif".index(a.kind), "an assignment that rounds")
    one = Array((), lambda at: ONE_FORM)

    def entry(at: Sequence[Poly]) -> Form:
        kept = w.sub(ONE_FORM, landing(w, a.shape, key, at, one))
        return w.add(w.mul(kept, a.entry(at)), landing(w, a.shape, key, at, value))

    return Array(a.shape, entry, a.kind)


def concatenate(w: Forms, *arrays: Array, axis: int) -> Array:
    rest = {tuple(e for k, e in enumerate(a.shape) if k != axis) for a in arrays}
    need(len(rest) == 1 and all(axis < len(a.shape) for a in arrays), "concatenate of different shapes")
    total: Poly = ()
    offsets = []
    for a in arrays:
        offsets.append(total)
        total = plus(total, a.shape[axis])

    def entry(at: Sequence[Poly]) -> Form:
        parts = []
        for a, offset in zip(arrays, offsets, strict=True):
            places, new = fresh(w, a, at, [axis])
            here = w.atom(EQ, (minus(at[axis], plus(places[axis], offset)),))
            parts.append(w.total(w.mul(here, a.entry(places)), new))
        return w.add(*parts)

    shape = tuple(total if k == axis else e for k, e in enumerate(arrays[0].shape))
    return Array(shape, entry, joined(arrays))


def einsum(w: Forms, *arrays: Array, subscripts: str) -> Array:
    need(re.fullmatch(r"[A-Za-z,]*->[A-Za-z]*", subscripts), "these subscripts")
    given, result = subscripts.split("->")
    terms = given.split(",")
    extents: dict[str, Poly] = {}
    for term, a in zip(terms, arrays, strict=True):
        for label, extent in zip(term, a.shape, strict=True):
            known = extents.get(label, ONE)
            need(ONE in (known, extent) or known == extent, "einsum of different sizes")
            extents[label] = extent if known == ONE else known
    need(len(set(result)) == len(result), "these subscripts")

    def entry(at: Sequence[Poly]) -> Form:
        place = dict(zip(result, at, strict=True)) | {l: w.index(extents[l]) for l in extents if l not in result}
        parts = [spread(a, [place[label] for label in term]) for term, a in zip(terms, arrays, strict=True)]
        return w.total(w.mul(*parts), [place[label] for label in extents if label not in result])

    return Array(tuple(extents[label] for label in result), entry, joined(arrays))


def matmul(w: Forms, a: Array, b: Array) -> Array:
    need(a.shape and b.shape, "matmul of numbers")
    left, right = "ABCDEFGH"[: max(len(a.shape) - 2, 0)], "ABCDEFGH"[: max(len(b.shape) - 2, 0)]
    batch = "ABCDEFGH"[: max(len(left), len(right))]
    row, column = "i" * (len(a.shape) > 1), "k" * (len(b.shape) > 1)
    left, right = (batch[len(batch) - len(x) :] for x in (left, right))
    need(a.shape[-1] == b.shape[-2 if column else 0], "matmul of different sizes")
    return einsum(w, a, b, subscripts=f"{left}{row}j,{right}j{column}->{batch}{row}{column}")


STRUCTURAL: dict[str, Callable[..., Array]] = {
    "where": where, "power_constant": power_constant, "full_like": full_like, "astype": astype, "sum": sum_,
    "mean": mean, "var": var_, "norm": norm, "logsumexp": logsumexp, "softmax": softmax, "log_softmax": log_softmax,
    "std": lambda w, a, **params: var_(w, a, root=HALF, **params), "max": extreme("max", 1), "min": extreme("max", -1),
    "prod": extreme("prod", 1), "cumsum": cumsum, "reshape": reshape, "transpose": transpose, "put": put_,
    "broadcast_to": broadcast_to, "diagonal": diagonal, "diag": diag, "triu": triangle(1), "tril": triangle(-1),
    "getitem": getitem, "setitem": setitem, "concatenate": concatenate, "einsum": einsum, "matmul": matmul,
}  # fmt: skip
STEPS = {*COMPARISONS, "absolute", "sign", "relu", "maximum", "minimum", "heaviside", "floor", "ceil", "max", "min"}
KINDS = {"float64": "f", "float32": "f", "int64": "i", "int32": "i", "bool": "b"}


def applied(w: Forms, name: str, arrays: Sequence[Array], params: Mapping[str, Any]) -> Array:
    """The op applied, by the tables above."""
    if name in STRUCTURAL:
        return STRUCTURAL[name](w, *arrays, **params)
    need(not params, f"arguments of {name}")
    kind = joined(arrays)
    if name in COMPARISONS:
        return pointwise(w, COMPARISONS[name], arrays, "b")
    if name in ARITHMETIC:
        if kind == "b" and name == "add":
            return pointwise(w, either, arrays, "b")
        need(
            kind != "b" or name in ("multiply", "maximum", "minimum", "copy", "zeros_like", "ones_like"),
            f"{name} of bools",
        )
        return pointwise(w, ARITHMETIC[name], arrays, kind)
    need(kind == "f" or name not in ("reciprocal", "power"), f"{name} of integers")
    if name in KERNELS:
        return pointwise(w, lambda w, a: w.kernel(name, a), arrays, "f")
    need(name in FUNCTIONS, f"no meaning is known for {name}")
    return pointwise(w, FUNCTIONS[name], arrays, "f")


# ---------------------------------------------------------------------------- where the ops are defined and smooth
# (operand, condition); operand -1 is the result.

CONDITIONS = {
    "divide": [(1, "!= 0")], "reciprocal": [(0, "!= 0")], "sqrt": [(0, "> 0")], "power": [(0, "> 0")],
    "log": [(0, "> 0")], "log2": [(0, "> 0")], "log10": [(0, "> 0")], "log1p": [(0, "> -1")], "gammaln": [(0, "> 0")],
    "digamma": [(0, "> 0")], "tan": [(0, "cos != 0")], "arcsin": [(0, "in (-1, 1)")], "arccos": [(0, "in (-1, 1)")],
    "arctanh": [(0, "in (-1, 1)")], "arccosh": [(0, "> 1")], "hypot": [(-1, "> 0")], "std": [(-1, "> 0")], "norm": [(-1, "> 0")],
}  # fmt: skip


def conditions_of(name: str, params: Mapping[str, Any]) -> list[tuple[int, str]]:
    if name == "power_constant":
        q = params["exponent"]
        return [(0, "> 0")] if q != int(q) else [(0, "!= 0")] if q < 0 else []
    return CONDITIONS.get(name, [])


# ---------------------------------------------------------------------------- the certificate

POINTS = {"real", "positive", "nonnegative", "nonzero", "unit"}  # facts that leave an open set
THIN = {"binary", "sign", "simplex", "onehot", "symmetric", "spd"}  # facts that hold on a null set
KEYS = {
    "certificate": "format claim dimensions merges size_conditions leaks inputs captured F G reading assumptions "
    "conditions kinks witnesses versions hints trusted".split(),
    "claim": ["wrt", "kind", "text"],
    "input": ["name", "shape", "dtype", "facts"],
    "array": ["name", "shape", "dtype", "sha256"],
    "program": ["name", "equations", "outputs"],
    "equation": ["name", "op", "operands", "params", "shape", "line"],
    "condition": ["at", "operand", "is"],
    "dimension": ["name", "least"],
    "size condition": ["size", "least", "why"],
    "hints": [],
}


def record(value: Any, what: str) -> dict[str, Any]:
    need(
        isinstance(value, dict) and set(value) == set(KEYS[what]), f"{what}: expected the keys {', '.join(KEYS[what])}"
    )
    return dict(value)


def polynomial(value: Any) -> Poly:
    """A size: an integer, or [[coefficient, [names]], …]."""
    if isinstance(value, int) and not isinstance(value, bool):
        return const(value)
    need(isinstance(value, list) and len(value) <= 64, "a size is an integer or a list of terms")
    for pair in value:
        need(isinstance(pair, list) and len(pair) == 2 and type(pair[0]) is int and isinstance(pair[1], list), "a size")
        need(len(pair[1]) <= 8 and all(isinstance(n, str) and n.isidentifier() for n in pair[1]), "a size")
    return collect((tuple(sorted(names)), factor) for factor, names in value)


def literal(value: Any) -> tuple[Number, str]:
    """A number as it was written, exactly, and its kind."""
    need(isinstance(value, dict) and len(value) == 1, "a literal")
    ((kind, text),) = value.items()
    if kind == "bool":
        need(isinstance(text, bool), "a literal")
        return int(text), "b"
    need(isinstance(text, str) and len(text) <= 400, "a literal")
    if kind == "int":
        need(re.fullmatch(r"-?\d+", text), "an integer literal")
        return int(text), "i"
    need(kind == "float" and re.fullmatch(r"-?0x[01]\.[0-9a-f]+p[+-]\d+", text), "a float literal in hexadecimal")
    return Fraction(float.fromhex(text)), "f"


class Reader:
    """The certificate as arrays of forms."""

    def __init__(self, data: Any) -> None:
        self.data = record(data, "certificate")
        need(self.data["format"] == FORMAT, "another format")
        self.claim = record(self.data["claim"], "claim")
        self.merges = {name: polynomial(size) for name, size in self.data["merges"].items()}
        least = {d["name"]: d["least"] for d in (record(d, "dimension") for d in self.data["dimensions"])}
        need(all(n.isidentifier() and type(k) is int and k >= 1 for n, k in least.items()), "dimensions are >= 1")
        need(not set(least) & set(self.merges), "a merged dimension is not one of the claim's")
        self.least = least
        facts = [record(c, "size condition") for c in self.data["size_conditions"]]
        sizes = [minus(self.size(c["size"]), const(c["least"])) for c in facts]
        inputs = [record(i, "input") for i in self.data["inputs"]]
        arrays = [record(a, "array") for a in self.data["captured"]]
        self.facts = {i["name"]: set(i["facts"]) for i in inputs}
        need(
            all(known <= POINTS | THIN | {"invertible", "predicate"} for known in self.facts.values()),
            "a fact not known here",
        )
        floats = {i["name"] for i in inputs if KINDS[i["dtype"]] == "f"}
        generic = {n for n in floats if self.facts[n] <= POINTS}
        positive = {n for n, known in self.facts.items() if known & {"positive"}}
        self.w = Forms(least, sizes, positive, generic)
        self.values: dict[str, Array] = {}
        self.named: dict[str, dict[str, Any]] = {}
        for i in inputs + arrays:
            self.define(i["name"], self.input(i))
        need(set(self.claim["wrt"]) <= floats and self.claim["wrt"], "wrt names inputs of floats")

    def size(self, value: Any) -> Poly:
        p = polynomial(value)
        for _ in range(len(self.merges) + 1):
            p = put(p, self.merges)
        need(names_in([p]) <= set(self.least), f"a dimension that the claim does not name: {names_in([p])}")
        return p

    def input(self, item: Mapping[str, Any]) -> Array:
        shape = tuple(map(self.size, item["shape"]))
        need(all(map(self.w.nonnegative, shape)), "a negative size")
        hid = self.w.head("input", item["name"])
        return Array(shape, lambda at: self.w.atom(hid, at), KINDS[item["dtype"]])

    def define(self, name: str, array: Array) -> None:
        need(isinstance(name, str) and name not in self.values, f"{name} is defined twice")
        self.values[name] = array

    def operand(self, value: Any) -> Array:
        if isinstance(value, str):
            need(value in self.values, f"{value} is used before it is defined")
            return self.values[value]
        if isinstance(value, dict) and set(value) == {"size"}:
            form = self.w.number(self.size(value["size"]))
            return Array((), lambda at: form, "i")
        number, kind = literal(value)
        return Array((), lambda at: constant(number), kind)

    def params(self, value: Any) -> Any:
        """Static arguments: numbers read, sizes with merged dimensions replaced."""
        if isinstance(value, dict) and set(value) <= {"int", "float", "bool"}:
            return literal(value)[0]
        if isinstance(value, dict):
            need(set(value) == {"size"}, "a static argument")
            return [[factor, list(names)] for names, factor in self.size(value["size"])]
        return [self.params(part) for part in value] if isinstance(value, list) else value

    def run(self, program: Any) -> list[Array]:
        """The outputs of a program."""
        program = record(program, "program")
        need(len(program["equations"]) <= MAX_EQUATIONS, "too many equations")
        for item in program["equations"]:
            item = record(item, "equation")
            params = {key: self.params(value) for key, value in item["params"].items()}
            array = applied(self.w, item["op"], [self.operand(o) for o in item["operands"]], params)
            need(array.shape == tuple(map(self.size, item["shape"])), f"{item['name']} has another shape")
            need(all(map(self.w.nonnegative, array.shape)), "a negative size")
            self.named[item["name"]] = {**item, "params": params}
            self.define(item["name"], self.settled(array))
        return [self.operand(output) for output in program["outputs"]]

    def settled(self, array: Array) -> Array:
        """The array with its entry computed once."""
        indices = [self.w.index(extent) for extent in array.shape]
        form = array.entry(indices)
        names = [index[0][0][0] if index else "" for index in indices]
        return array._replace(entry=lambda at: self.w.at(form, {n: p for n, p in zip(names, at, strict=True) if n}))

    def domain(self) -> None:
        """The domain and the kinks, recomputed: the certificate must list every one."""
        listed = {(c["at"], c["operand"], c["is"]) for c in (record(c, "condition") for c in self.data["conditions"])}
        steps = False
        for name, item in self.named.items():
            for operand, condition in conditions_of(item["op"], item["params"]):
                if not self.evident(item["operands"], operand, condition):
                    need(
                        (name, operand, condition) in listed,
                        f"the condition {condition} on operand {operand} of {name} is not listed",
                    )
            steps = steps or item["op"] in STEPS
            need(item["op"] not in STEPS or name in self.data["kinks"], f"the kinks of {name} are not listed")
        need({name for name, _, _ in listed} | set(self.data["kinks"]) <= set(self.named), "a condition on nothing")
        thin = any(self.facts[name] & THIN for name in self.claim["wrt"])
        need(not (steps and thin), "kinks on a domain that is a null set")

    def evident(self, operands: Sequence[Any], operand: int, condition: str) -> bool:
        """Whether the operand is a number or size for which the condition holds."""
        if operand < 0 or isinstance(operands[operand], str):
            return False
        form = self.operand(operands[operand]).entry([])
        return self.w.certainly_positive(form) and condition in ("> 0", "!= 0", "> -1")

    def check(self) -> Report:
        outputs, gradients = self.run(self.data["F"]), self.run(self.data["G"])
        self.domain()
        need(self.claim["kind"] in ("grad", "jac"), "a claim of another kind")
        need(len(gradients) == len(self.claim["wrt"]), "one gradient for each input in wrt")
        need(all(o.kind == "f" for o in outputs), "outputs that are not floats")
        for name, gradient in zip(self.claim["wrt"], gradients, strict=True):
            self.compare(outputs, name, gradient)
        trusted = len({item["op"] for item in self.named.values()}) + 1
        need(
            self.data["trusted"] == trusted,
            f"the certificate counts {self.data['trusted']} trusted steps, there are {trusted}",
        )
        return Report(True, "accepted", trusted, self.w.steps)

    def compare(self, outputs: Sequence[Array], name: str, gradient: Array) -> None:
        w, x = self.w, self.values[name]
        total: Form = {}
        lead: list[Poly] = []
        if self.claim["kind"] == "jac":
            need(len(outputs) == 1, "the Jacobian of one output")
            lead = [w.index(extent) for extent in outputs[0].shape]
            total = outputs[0].entry(lead)
        else:
            for output in outputs:
                at = [w.index(extent) for extent in output.shape]
                total = w.add(total, w.total(output.entry(at), at))
        place = [w.index(extent) for extent in x.shape]
        shape = (*(outputs[0].shape if lead else ()), *x.shape)
        need(gradient.shape == shape, f"the gradient in {name} has another shape")
        difference = w.sub(w.derivative(total, name, place), gradient.entry([*lead, *place]))
        need(w.vanishes(difference), f"the derivative in {name} is not shown to equal the gradient")


def check(certificate: Any) -> Report:
    """Whether the certificate shows its claim. Never raises: what is not understood is rejected with the reason."""
    try:
        return Reader(certificate).check()
    except Refused as refusal:
        return Report(False, str(refusal))
    except RecursionError:
        return Report(False, "nested too deeply")
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError, AssertionError) as error:
        return Report(False, f"malformed: {type(error).__name__}: {error}")


def parse(text: str) -> Any:
    """Strict JSON: no NaN, no repeated keys, no oversize."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len({key for key, _ in pairs}) == len(pairs), "a key is repeated")
        return dict(pairs)

    def refuse(name: str) -> Any:
        raise Refused(f"{name} is not a number")

    need(len(text) <= MAX_BYTES, "too large")
    return json.loads(text, object_pairs_hook=unique, parse_constant=refuse, parse_float=refuse)


def main(paths: Sequence[str]) -> int:
    worst = 0
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                report = check(parse(file.read(MAX_BYTES + 1)))
        except (OSError, ValueError, RecursionError, Refused) as error:
            report = Report(False, f"not readable: {error}")
        verdict = "accepted" if report.accepted else f"rejected: {report.reason}"
        print(f"{path}: {verdict} ({report.trusted} trusted steps, {report.steps} checked)")
        worst = max(worst, 0 if report.accepted else 1)
    return worst if paths else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
