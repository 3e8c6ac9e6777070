"""The algebra of forms: sums, products, powers and functions of them, each in its one canonical form.

Part of what the checker rests on; the standard library alone. What is evident of sizes and positions is decided here
too: sums over an index that a relation fixes, or keeps within a window, lose that index or that relation.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

from verify.trusted import terms
from verify.trusted.cells import Cells
from verify.trusted.decompositions import PARTS, same_value, signed
from verify.trusted.folds import Folds
from verify.trusted.relations import Relations
from verify.trusted.scalar import Hints
from verify.trusted.special import LAWS_OF_SEVERAL, Several
from verify.trusted.terms import UNITY, ZERO, Atom, Factors, Form, Number, Poly, Term, lifted, names_of, need, poly
from verify.trusted.turns import Turns

MAX_STEPS, MAX_SECONDS = 200_000, 8.0
HELD = {"max", "prod", "inv", "det", *PARTS, *terms.WHOLE}  # functions of all entries over some indices


class Algebra(Several, Relations, Turns, Folds, Cells, ABC):
    """The rules: what is known of sizes and inputs, and the budget."""

    def __init__(self, least: Mapping[str, int], facts: Sequence[Poly], positive: set[str], generic: set[str]) -> None:
        self.shift = {name: poly(name) + low for name, low in least.items()}
        self.facts, self.positive_inputs, self.generic = facts, positive, generic
        self.near: dict[str, list[Poly]] = {}
        for fact in facts:
            for name in {n for names, _ in fact for n in names}:
                self.near.setdefault(name, []).append(fact)
        self.known: dict[Poly, bool] = {}
        self.always = cache(self.always)  # type: ignore[method-assign]  # ranges and facts stay as they are
        self.ranges: dict[str, Poly] = {}
        self.axes: dict[tuple[int, Poly], Poly] = {}
        self.tie: Number | None = None
        self.steps, self.deadline, self.hints = 0, time.thread_time() + MAX_SECONDS, Hints([])

    def nonnegative(self, p: Poly) -> bool:
        """Whether p >= 0 is evident for all sizes claimed: no negative coefficient from the least sizes on."""
        if p not in self.known:
            near = {fact: None for names, _ in p for name in names for fact in self.near.get(name, ())}
            self.known[p] = any(all(f > 0 for _, f in q.at(self.shift)) for q in (p, *(p - fact for fact in near)))
        return self.known[p]

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

    def places(self, shape: Sequence[Poly]) -> list[Poly]:
        """An index for each axis, the same ones for every array of a shape: what is made elementwise needs no other."""
        for place in enumerate(shape):
            if place not in self.axes:
                self.axes[place] = self.index(place[1])
        return [self.axes[place] for place in enumerate(shape)]

    def opened(self, term: Term) -> tuple[list[str], Factors]:
        """The bound indices of a stored term under fresh names, and its factors."""
        by = {name: self.index(extent) for name, extent in zip(terms.bound(term), term[0], strict=True)}
        return [index.name for index in by.values()], {terms.moved(atom, by): power for atom, power in term[1]}

    def merged(self, factors: Factors, more: Mapping[Atom, Number]) -> Factors:
        """The product: powers add, guards are idempotent."""
        out = dict(factors)
        for atom, power in more.items():
            total: Number = 1 if atom.kind in terms.BOOLEAN else terms.whole(out.pop(atom, 0) + power)
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
        by = {name: p for name, p in by.items() if p.name != name}
        if not by:
            return Form(form)
        out = Form()
        for term, c in form.items():
            if all(names_of(atom).isdisjoint(by) for atom, _ in term[1]):
                out.gather(term, c)
                continue
            binders, factors = self.opened(term)
            self.emit(out, c, binders, *self.replaced(factors, by))
        return out

    def replaced(self, factors: Factors, by: Mapping[str, Poly]) -> tuple[Factors, list[Form]]:
        """The factors with indices replaced; those that have to be computed anew come as forms."""
        kept, values = Factors(), []
        for atom, power in factors.items():
            images = {by.get(name, poly(name)).name for name in names_of(atom) if atom.body} - {""}
            if not atom.body or len(images) == len(names_of(atom)):
                kept = self.merged(kept, {terms.moved(atom, by): power})
            else:
                args = tuple(arg.at(by) for arg in atom.args)
                values.append(self.power(self.rebuilt(atom, lambda form: self.at(form, by), args), power))
        return kept, values

    def rebuilt(self, atom: Atom, change: Callable[[Form], Form], args: tuple[Poly, ...]) -> Form:
        """A function of a form, or of the entries of one, with that form changed."""
        if atom.kind in LAWS_OF_SEVERAL:
            return self.several(atom.kind, *map(change, self.slots(atom)))
        if atom.kind not in HELD:
            return self.function(atom.kind, change(Form(dict(atom.body))))
        entry, indices = self.held(atom)
        return self.over(atom.kind, change(entry), indices, args)

    def emit(self, out: Form, c: Number, binders: Sequence[str], factors: Factors, values: Sequence[Form] = ()) -> Form:
        """Add c · Σ_binders Π factors · Π values to ``out``. The one place where terms are made, in canonical form."""
        self.steps += 1
        need(self.steps <= MAX_STEPS and (self.steps % 16 or time.thread_time() < self.deadline), "out of budget")
        if values:
            for term, k in values[0].items():
                more, extra = self.opened(term)
                self.emit(out, c * k, [*binders, *more], self.merged(factors, extra), values[1:])
            return out
        for atom, power in factors.items():
            written = self.written_out(atom, power)
            if written is not None:
                return self.emit(out, c, binders, terms.less(factors, atom), written)
            if atom.kind == "upper" and (ways := signed(self, factors)) != factors:
                return self.emit(out, c, binders, ways)
            if atom.kind == "positive" and atom._replace(kind="zero") in factors:
                return out  # [u > 0][u == 0] = 0
        if any(self.simplified(out, c, binders, factors, atom) for atom in factors if atom.kind in ("==", ">=")):
            return out
        if (there := self.inside(factors)) is not None:
            return self.emit(out, c, binders, *there)
        turns = any(atom.kind in terms.PERIODS for atom in factors)
        if turns and (step := self.turned(factors, binders)) is not None:
            return self.emit(out, c, *step)
        for name in binders:
            plain = [a for a in factors if a.kind not in terms.PERIODS]
            signs = {(a.kind in terms.BOOLEAN, f) for a in plain for p in a.args for names, f in p if name in names}
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
        for term, sign in self.oriented(factors, {name: self.ranges[name] for name in binders}):
            out.gather(term, c * sign)
        return out

    def written_out(self, atom: Atom, power: Number) -> list[Form] | None:
        """A factor that is not canonical, as a product of forms; None for one that is."""
        whole, body = math.floor(power), Form(dict(atom.body))
        if atom.kind == "prime" and whole:  # p^(k + r) = p^k · p^r
            left = Form({((), ((atom, power - whole),)): 1}) if power - whole else UNITY
            return [UNITY * Fraction(int(atom.name)) ** terms.bounded(whole), left]
        if atom.kind == "base" and whole >= 1:
            return [body] * terms.bounded(whole) + [self.power(body, power - whole)]
        if atom.kind in ("sin", "sinh") and whole >= 2:  # sin² = 1 − cos², sinh² = cosh² − 1
            square = self.function("cos" if atom.kind == "sin" else "cosh", body, 2)
            rest = self.function(atom.kind, body, power - 2)
            return [rest, (UNITY - square) * (1 if atom.kind == "sin" else -1)]
        return None

    # ------------------------------------------------------------------------ powers and functions

    def function(self, kind: str, u: Form, power: Number = 1) -> Form:
        """kind(u)^power"""
        build = {"exp": self.exp, "log": self.log, "positive": self.positive, "zero": self.zero}.get(kind)
        if kind == "arctan" and u == UNITY:
            return self.power(self.atom("pi") * Fraction(1, 4), power)
        if kind in ("erf", "erfinv") and u:
            return self.power(self.odd(kind, u), power)
        value = u if kind == "base" else build(u) if build else self.atom(*lifted(kind, u)[0])
        return self.power(value, power)

    def odd(self, kind: str, u: Form) -> Form:
        """erf and its inverse, which are odd: erf(erfinv(v)) is v."""
        atom, sign = lifted(kind, u, flip=True)
        (((extents, inner), c), *more) = atom.body
        single = (len(more), extents, c, len(inner)) == (0, (), 1, 1) and inner[0][1] == 1
        if kind == "erf" and single and inner[0][0].kind == "erfinv":
            return Form(dict(inner[0][0].body)) * sign
        return self.atom(*atom) * sign

    @abstractmethod
    def of_matrix(self, kind: str, u: Form, indices: Sequence[Poly], args: tuple[Poly, ...]) -> Form:
        """The inverse at a place, or the determinant, of the matrix u over a row and a column."""

    @abstractmethod
    def reduced(self, form: Form) -> Form:
        """The form, with sums cancelled against their reciprocals."""

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
            return self.mul(*[form] * terms.bounded(q))
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
        if (same := same_value(self, form)) is not None:
            return same
        single = len(form) == 1 and not any(term[0] for term in form)  # S^-k or a root of S: S != 0 on the domain
        nonzero = all(self.positive_factor(f) or f[0].kind == "base" for term in form for f in term[1])
        if (single and nonzero) or self.certainly_positive(form) or self.certainly_positive(form * -1):
            return Form()
        if self.mul(form, form) == form:
            return UNITY - form
        if single and len(parts := [atom for atom, p in min(form)[1] if p > 0]) > 1:  # a product: one factor is 0
            return UNITY - self.mul(*(UNITY - self.zero(self.atom(*atom)) for atom in parts))
        return self.atom(*lifted("zero", self.split(form, True)[1], flip=True)[0])

    def relu(self, form: Form) -> Form:
        """max(form, 0) = u·[u > 0] = u - relu(-u), whichever is stored.

        u·[u == 0] = 0 may be added, any times: what it adds to the derivative is 0 wherever u is 0 all around. It is
        added so that the derivative is ``tie`` there.
        """
        stored = not form or lifted("positive", self.split(form, True)[1], flip=True)[1] > 0
        value = self.mul(form, self.positive(form)) if stored else form - self.mul(form, self.positive(form * -1))
        missing = 0 if self.tie is None else self.tie - (not stored)
        return value + self.mul(form, self.zero(form)) * missing if missing else value
