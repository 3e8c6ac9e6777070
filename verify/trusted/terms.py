"""Integer polynomials (sizes and positions), and sums of products over indices with their one canonical form.

The ground that the checker and its table of meanings stand on; the standard library alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import chain, groupby, islice, pairwise
from typing import Any, NamedTuple


class Refused(Exception):
    """The certificate is wrong, or says something that is not understood."""


def need(condition: object, reason: str) -> None:
    """Refuse where the condition does not hold."""
    if not condition:
        raise Refused(reason)


# ---------------------------------------------------------------------------- integer polynomials


class Poly(tuple[tuple[tuple[str, ...], int], ...]):
    """Sorted (names, coefficient) pairs. A dimension is an identifier; an index starts with "#" (free, with a range)
    or "@" (bound, in a stored term)."""

    def __new__(cls, pairs: Iterable[tuple[tuple[str, ...], int]] = ()) -> Poly:
        total: dict[tuple[str, ...], int] = {}
        for names, factor in pairs:
            total[names] = total.get(names, 0) + factor
        kept = [pair for pair in total.items() if pair[1]]
        return super().__new__(cls, sorted(kept) if len(kept) > 1 else kept)

    def __add__(self, other: Poly | int) -> Poly:  # type: ignore[override]
        return Poly((*self, *poly(other))) if other else self

    def __sub__(self, other: Poly | int) -> Poly:
        return Poly([*self, *[(names, -factor) for names, factor in poly(other)]]) if other else self

    def __mul__(self, other: Poly | int) -> Poly:  # type: ignore[override]
        return Poly((tuple(sorted(a + b)), f * g) for a, f in self for b, g in poly(other))

    def at(self, by: Mapping[str, Poly]) -> Poly:
        """With names replaced, all at once."""
        if name := self.name:
            return by.get(name, self)
        if by.keys().isdisjoint([name for names, _ in self for name in names]):
            return self
        pairs: list[tuple[tuple[str, ...], int]] = []
        for names, f in self:
            new = [by[n] for n in names if n in by]
            if len(names) == len(new) == 1:
                pairs += [(other, f * g) for other, g in new[0]]
            else:
                pairs += math.prod(new, start=Poly([(tuple(n for n in names if n not in by), f)]))
        return Poly(pairs)

    @property
    def name(self) -> str:
        """The name, where this is one name and nothing else; else ""."""
        if len(self) != 1:
            return ""
        ((names, factor),) = self
        return names[0] if factor == 1 and len(names) == 1 else ""


@lru_cache(maxsize=1 << 16)
def poly(value: Poly | int | str) -> Poly:
    """A number or a name as a polynomial."""
    return value if isinstance(value, Poly) else Poly([((value,), 1) if isinstance(value, str) else ((), value)])


ZERO, ONE = Poly(), poly(1)


def size(value: Any) -> Poly:
    """A size as a certificate spells it: an integer, or [[coefficient, [names]], …]."""
    if type(value) is int:
        return poly(value)
    need(type(value) is list and all(type(pair) is list and len(pair) == 2 for pair in value), "a size")
    for factor, names in value:
        need(type(factor) is int and type(names) is list and len(names) <= 8, "a size")
        need(all(type(name) is str and name.isidentifier() for name in names), "a size")
    return Poly((tuple(sorted(names)), factor) for factor, names in value)


# ---------------------------------------------------------------------------- terms
# A form is {term: coefficient}. A term is (extents of its bound indices, sorted factors). Its bound indices are named
# "@d.0", "@d.1", … where d is one more than in any term inside its factors, so that nothing is captured.

Number = int | Fraction
BOOLEAN = {"==", ">=", "multiple", "positive", "zero"}  # factors that are 0 or 1
PERIODS = {"turn": 4, "multiple": 1}  # factors of p and n that are the same for p plus so many n, and for -p
FUNCTIONS = {"expm", "logm", "sqrtm", "sinm", "cosm"}  # of whole matrices
SLOPES = {f"{kind} slope" for kind in FUNCTIONS}
WHOLE = FUNCTIONS | SLOPES
Term = tuple[tuple[Poly, ...], tuple[Any, ...]]  # extents of the bound indices, sorted factors
UNIT: Term = ((), ())
MOST_NAMINGS = 720
MOST_POWER, MOST_BITS = 2**12, 2**15  # of what is multiplied out, and of a coefficient


def bounded(exponent: Number) -> int:
    """A whole exponent that something is raised to by multiplication, as long as it is small enough for that."""
    need(-MOST_POWER <= exponent <= MOST_POWER, "out of budget: a power that is too high")
    return int(exponent)


def whole(number: Number) -> Number:
    """The same number, as an integer where it is one: fractions are slow to compare and to hash."""
    if isinstance(number, int):
        return number
    need(isinstance(number, Fraction), "a coefficient that is not exact")
    return number.numerator if number.denominator == 1 else number


class Form(dict[Term, Number]):
    """A sum of terms with coefficients."""

    def gather(self, term: Term, c: Number) -> None:
        """Add one term in place."""
        total = whole(self.pop(term, 0) + c)
        need(total.numerator.bit_length() + total.denominator.bit_length() <= MOST_BITS, "out of budget: long numbers")
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
        return Form({term: whole(c * number) for term, c in self.items() if number})


UNITY = Form({UNIT: 1})


class Atom(NamedTuple):
    """What a factor is: an input at positions, a dimension, a prime, [p == 0] or [p >= 0], or a function of a form."""

    kind: str
    name: str = ""
    args: tuple[Poly, ...] = ()
    body: tuple[tuple[Term, Number], ...] = ()


Factors = dict[Atom, Number]


@lru_cache(maxsize=1 << 16)
def names_of(atom: Atom) -> frozenset[str]:
    """The indices that are free in an atom."""
    own = {n for arg in atom.args for names, _ in arg for n in names if n[0] in "#@"}
    return frozenset(own.union(*(names_of(a) - set(bound(term)) for term, _ in atom.body for a, _ in term[1])))


@lru_cache(maxsize=1 << 16)
def bound(term: Term) -> tuple[str, ...]:
    """The names of a term's bound indices."""
    return tuple(f"@{depth(term[1])}.{k}" for k in range(len(term[0])))


def depth(factors: Iterable[tuple[Atom, Number]]) -> int:
    """One more than in any term inside the factors."""
    return max((depth(term[1]) for atom, _ in factors for term, _ in atom.body), default=0) + 1


def moved(atom: Atom, by: Mapping[str, Poly]) -> Atom:
    """The atom with indices renamed, and put in order again."""
    if not by or names_of(atom).isdisjoint(by):
        return atom
    args = tuple(arg.at(by) for arg in atom.args)
    if atom.kind in ("==", ">="):
        scale = math.gcd(*(f for _, f in args[0])) or 1
        p = Poly((names, f // scale) for names, f in args[0])
        args = (min(p, ZERO - p) if atom.kind == "==" else p,)
    if atom.kind in PERIODS:  # of p and of its opposite
        args = (min(unwound(p, args[1], PERIODS[atom.kind]) for p in (args[0], ZERO - args[0])), args[1])
    args = tuple(sorted(args)) if "symmetric" in (atom.kind, atom.name if atom.kind == "inv" else "") else args
    args = min(ways(atom._replace(args=args))) if atom.kind in WHOLE else args
    if not atom.body:
        return Atom(atom.kind, atom.name, args)
    if names_of(Atom("", "", (), atom.body)).isdisjoint(by):
        return atom._replace(args=args)
    return atom._replace(args=args, body=tuple(sorted((renamed(term, by), c) for term, c in atom.body)))


def ways(atom: Atom) -> list[tuple[Poly, ...]]:
    """The places at which a function of a whole matrix, or its slope, is the same."""
    found = [atom.args] if atom.kind in FUNCTIONS else [atom.args, (*atom.args[2:], *atom.args[:2])]
    turned = [tuple(args[k ^ 1] for k in range(len(args))) for args in found]
    return found + (turned if atom.name == "symmetric" else [])


def unwound(p: Poly, n: Poly, times: int = 4) -> Poly:
    """p up to multiples of a few n, as whole turns are, by the leading part of n."""
    if not n:
        return p
    own, g = max(n, key=lambda part: (len(part[0]), part[0]))
    for names, f in p if g > 0 else ():
        if all(names.count(x) >= own.count(x) for x in own):
            rest = list(names)
            for x in own:
                rest.remove(x)
            p = p - n * Poly([(tuple(rest), f // (times * g) * times)])
    return p


def renamed(term: Term, by: Mapping[str, Poly]) -> Term:
    """A stored term with free indices renamed, and its bound ones named anew."""
    return canonical({moved(atom, by): power for atom, power in term[1]}, dict(zip(bound(term), term[0], strict=True)))


def canonical(factors: Factors, extents: Mapping[str, Poly]) -> Term:
    """The term with bound indices named by where they occur; what that leaves open is tried each way.

    What shares no bound index is named apart, and put in order: a product of sums has no more ways than each of them.
    """
    if not extents:
        return (), tuple(sorted(factors.items()))
    level = depth(factors.items())

    def labelled(order: Sequence[str], part: Factors) -> Term:
        by = {name: poly(f"@{level}.{k}") for k, name in enumerate(order)}
        return tuple(extents[b] for b in order), tuple(sorted((moved(atom, by), p) for atom, p in part.items()))

    def order_of(names: Sequence[str]) -> tuple[Term, list[str]]:
        part = {atom: p for atom, p in factors.items() if not names_of(atom).isdisjoint(names)}
        by_range = groupby(sorted(names, key=extents.__getitem__), key=extents.__getitem__)
        found = [*islice(orders(part, told_apart(part, [[*group] for _, group in by_range])), MOST_NAMINGS + 1)]
        need(len(found) <= MOST_NAMINGS, "too many ways to name bound indices")
        return min((labelled(order, part), order) for order in found)

    parts = [[*extents]] if len(extents) == 1 else connected(factors, extents)
    order = parts[0] if len(extents) == 1 else [*chain(*(order for _, order in sorted(map(order_of, parts))))]
    return labelled(order, factors)


def connected(factors: Factors, names: Iterable[str]) -> list[list[str]]:
    """The names in parts that no factor joins."""
    parts: list[set[str]] = [{name} for name in names]
    for atom in factors:
        own = [part for part in parts if not part.isdisjoint(names_of(atom))]
        parts = [part for part in parts if part.isdisjoint(names_of(atom))] + ([set().union(*own)] if own else [])
    return [sorted(part) for part in parts]


def orders(factors: Factors, groups: Sequence[list[str]]) -> Iterator[list[str]]:
    """Orders of names, by groups that are told apart: one name of a group after the other is made the first, and what
    is next to it is told apart by that; just one where any two of the group may change places."""
    open_ones = [k for k, group in enumerate(groups) if len(group) > 1]
    if not open_ones:
        yield [*chain(*groups)]
        return
    k = open_ones[0]
    group = groups[k]
    swaps = ({a: poly(b), b: poly(a)} for a, b in pairwise(group))
    alike = all({moved(atom, swap): p for atom, p in factors.items()} == factors for swap in swaps)
    for first in group[:1] if alike else group:
        rest = [name for name in group if name != first]
        yield from orders(factors, told_apart(factors, [*groups[:k], [first], rest, *groups[k + 1 :]]))


def told_apart(factors: Factors, groups: Sequence[list[str]]) -> list[list[str]]:
    """The groups, split by the groups that the names next to each of their names are in, until nothing more splits."""
    place = {name: poly(f"@{k:03d}") for k, group in enumerate(groups) for name in group}

    def where(name: str) -> Any:
        by = place | {name: poly("@self")}
        return sorted((moved(atom, by), p) for atom, p in factors.items() if name in names_of(atom))

    split: list[list[str]] = []
    for group in groups:
        own = {name: where(name) for name in group} if len(group) > 1 else {}
        parts = groupby(sorted(group, key=own.__getitem__), key=own.__getitem__) if own else [(None, group)]
        split += [[*part] for _, part in parts]
    return split if len(split) == len(groups) else told_apart(factors, split)


def related(kind: str, p: Poly) -> Atom:
    """[p == 0] or [p >= 0], up to scale."""
    return moved(Atom(kind, "", (p,)), {n: poly(n) for names, _ in p for n in names})


def solution(p: Poly, name: str) -> Poly | None:
    """What p == 0 says that a name is, where that is an integer for sure."""
    factors = [(names, f) for names, f in p if name in names]
    alone = len(factors) == 1 and factors[0][0] == (name,) and abs(factors[0][1]) == 1
    return p.at({name: ZERO}) * -factors[0][1] if alone else None


def resized(atom: Atom, name: str, size: Poly | None) -> Atom:
    """An input or a relation with a dimension replaced in its positions; another atom as it is."""
    if size is None or atom.kind not in ("input", "==", ">="):
        return atom
    args = tuple(arg.at({name: size}) for arg in atom.args)
    return atom._replace(args=args) if atom.kind == "input" else related(atom.kind, *args)


def less(factors: Factors, atom: Atom) -> Factors:
    """The factors without one."""
    return {other: power for other, power in factors.items() if other != atom}


def inputs(atom: Atom) -> list[str]:
    """The inputs that an atom reads, as often as they occur."""
    return [atom.name] if atom.kind == "input" else [n for t, _ in atom.body for a, _ in t[1] for n in inputs(a)]


def lifted(kind: str, body: Form, flip: bool = False) -> tuple[Atom, int]:
    """The function of this body; with ``flip``, up to the sign returned."""
    blind = {name: poly("@") for name in names_of(Atom("", "", (), tuple(body.items())))}
    sign = -1 if flip and body[min(body, key=lambda term: (renamed(term, blind), term))] < 0 else 1
    return Atom(kind, "", (), tuple(sorted((body * sign).items()))), sign


def factorised(number: Fraction) -> Factors:
    """A positive rational as powers of primes; what is left beyond small ones counts as one."""
    found: Factors = {}
    for whole, sign in ((number.numerator, 1), (number.denominator, -1)):
        for p in (2, *range(3, 1000, 2)):
            while whole % p == 0:
                whole, found[Atom("prime", str(p))] = whole // p, found.get(Atom("prime", str(p)), 0) + sign
        if whole > 1:
            found[Atom("prime", str(whole))] = sign
    need(math.prod(Fraction(atom.name) ** k for atom, k in found.items()) == number, "factors of a number")
    return found
