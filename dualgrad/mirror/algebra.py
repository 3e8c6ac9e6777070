"""Tidy entries: the constructors that every formula of the mirror is built with.

They merge equal factors and like terms, decide what is decided, and otherwise leave a formula as its author
wrote it. Nothing here expands a product or calls SymPy, so each is linear in what it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from math import isqrt

from dualgrad.mirror.constants import Unreadable
from dualgrad.mirror.equality import Key, key
from dualgrad.program.entry import (
    Affine,
    Count,
    Element,
    Entry,
    Guard,
    Holds,
    Index,
    Kernel,
    MatrixEntry,
    Number,
    Plus,
    Power,
    Reduce,
    Select,
    Times,
    Turn,
    affine,
    rebuild,
)
from dualgrad.program.size import Extent, dimension, dimensions, substitute, terms

ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))
MINUS = Number(Fraction(-1))
LARGEST_NUMBER = 10_000  # bits of a numerator or a denominator
LARGEST_EXPONENT = 64  # an exact power of a number beyond this stays a power


# ---------------------------------------------------------------------------- arithmetic


def count(extent: Extent) -> Entry:
    """The number an extent is: exact, a product of dimensions, or the polynomial as it stands."""
    parts = terms(extent)
    if len(parts) != 1:
        return Count(extent) if parts else ZERO
    monomial, factor = parts[0]
    return times(Number(Fraction(factor)), *(power(Count(dimension(name)), Fraction(p)) for name, p in monomial))


def times(*args: Entry) -> Entry:
    """The product, with numbers multiplied and powers of equal bases merged."""
    coefficient = Fraction(1)
    merged: dict[Key, tuple[Entry, Fraction]] = {}
    for base, exponent in _powers(args):
        if isinstance(base, Number) and exponent == 1:
            coefficient = _readable(coefficient * base.value)
            continue
        name = key(base)
        merged[name] = (base, merged[name][1] + exponent if name in merged else exponent)
    factors = []
    for base, exponent in merged.values():
        factor = power(base, exponent)
        if isinstance(factor, Number):
            coefficient = _readable(coefficient * factor.value)
        else:
            factors.append(factor)
    return product_of(coefficient, factors)


def _readable(value: Fraction) -> Fraction:
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > LARGEST_NUMBER:
        raise Unreadable("dualgrad.mirror: a number of the formula has thousands of digits; read a part of the program")
    return value


def _powers(args: Iterable[Entry]) -> Iterator[tuple[Entry, Fraction]]:
    for arg in args:
        if isinstance(arg, Times):
            yield from _powers(arg.args)
        elif isinstance(arg, Power):
            yield arg.base, arg.exponent
        else:
            yield arg, Fraction(1)


def product_of(coefficient: Fraction, factors: list[Entry]) -> Entry:
    """A number times factors that are merged already."""
    if coefficient == 0:
        return ZERO
    if not factors:
        return Number(coefficient)
    if coefficient == 1:
        return factors[0] if len(factors) == 1 else Times(tuple(factors))
    return Times((Number(coefficient), *factors))


def split(node: Entry) -> tuple[Fraction, list[Entry]]:
    """A product as its number and its other factors."""
    factors = list(node.args) if isinstance(node, Times) else [node]
    coefficient = Fraction(1)
    rest = []
    for factor in factors:
        if isinstance(factor, Number):
            coefficient *= factor.value
        else:
            rest.append(factor)
    return coefficient, rest


def addends(node: Entry) -> tuple[Entry, ...]:
    """The terms of a sum; any other entry is its own single term."""
    return node.args if isinstance(node, Plus) else (node,)


def plus(*args: Entry) -> Entry:
    """The sum, with like terms collected."""
    collected: dict[Key, tuple[Fraction, list[Entry]]] = {}
    for arg in args:
        for term in addends(arg):
            coefficient, factors = split(term)
            name = key(product_of(Fraction(1), factors))
            known = collected.get(name)
            collected[name] = (coefficient + (known[0] if known else 0), factors)
    kept = [product_of(c, factors) for c, factors in collected.values() if c]
    if not kept:
        return ZERO
    if len(kept) == 2 and ONE in kept:
        opposite = times(MINUS, kept[1 - kept.index(ONE)])
        if is_indicator(opposite):
            return negation(opposite)
    return kept[0] if len(kept) == 1 else Plus(tuple(kept))


def is_indicator(node: Entry) -> bool:
    """Whether an entry is 0 or 1 by its form."""
    if isinstance(node, Times):
        return all(map(is_indicator, node.args))
    return isinstance(node, Guard | Holds) or (isinstance(node, Select) and {node.yes, node.no} == {ZERO, ONE})


def power(base: Entry, exponent: Fraction) -> Entry:
    """base ** exponent, over the reals: (x²)^(1/2) stays, for it is |x|."""
    if exponent == 0:
        return ONE
    if exponent == 1:
        return base
    whole = exponent.denominator == 1
    match base:
        case Number(value):
            return _number_power(value, exponent)
        case Power(inner, first) if whole or first.denominator > 1 or first.numerator % 2:
            return power(inner, first * exponent)
        case Times(args) if whole:
            return times(*(power(arg, exponent) for arg in args))
        case Holds() | Guard() if exponent > 0:
            return base
        case _:
            return Power(base, exponent)


def _number_power(value: Fraction, exponent: Fraction) -> Entry:
    root = _root(value, exponent.denominator)
    if root is None or (root == 0 and exponent < 0) or abs(exponent.numerator) > LARGEST_EXPONENT:
        return Power(Number(value), exponent)
    return Number(root**exponent.numerator)


def _root(value: Fraction, degree: int) -> Fraction | None:
    if degree == 1:
        return value
    if degree != 2 or value < 0:
        return None
    top, bottom = isqrt(value.numerator), isqrt(value.denominator)
    return Fraction(top, bottom) if (top * top, bottom * bottom) == (value.numerator, value.denominator) else None


# ---------------------------------------------------------------------------- guards and choices


def holds(relation: str, form: Affine) -> Entry:
    """The index relation, decided where the ranges of the indices decide it."""
    form = Affine(tuple((i, f) for i, f in form.terms if i.extent != 1), form.constant)
    if relation == "==":
        if form.terms and _surely_nonnegative(form.terms[0][1] * -1):
            form = form * -1
        if not form.terms and isinstance(form.constant, int):
            return ONE if form.constant == 0 else ZERO
        if _positive(form) or _positive(form * -1):
            return ZERO
        return Holds("==", form)
    if nonnegative(form):
        return ONE
    return ZERO if _positive(form * -1) else Holds(relation, form)


def nonnegative(form: Affine) -> bool:
    """Whether an index form is >= 0 for all values of its indices and all dimensions >= 1; False: not known."""
    bound = form.constant
    for index, factor in form.terms:
        if _surely_nonnegative(factor):
            continue
        if not _surely_nonnegative(factor * -1):
            return False
        bound = bound + factor * (index.extent - 1)
    return _surely_nonnegative(bound)


def _positive(form: Affine) -> bool:
    return nonnegative(form + -1)


def _surely_nonnegative(extent: Extent) -> bool:
    shifted = substitute(extent, {name: dimension(name) + 1 for name in dimensions(extent)})
    return all(factor >= 0 for _, factor in terms(shifted))


def guard(relation: str, value: Entry) -> Entry:
    """1 where value > 0 (or == 0), decided for numbers, without a positive number in front."""
    if isinstance(value, Number):
        return ONE if (value.value > 0 if relation == ">" else value.value == 0) else ZERO
    if is_indicator(value):
        return value if relation == ">" else negation(value)
    coefficient, factors = split(value)
    sign = Fraction(1 if coefficient > 0 or relation == "==" else -1)
    return Guard(relation, product_of(sign, factors))


def choice(condition: Entry, yes: Entry, no: Entry) -> Entry:
    """``yes`` where the condition is 1, else ``no``."""
    if isinstance(condition, Number):
        return yes if condition.value else no
    if key(yes) == key(no):
        return yes
    if isinstance(condition, Select) and (condition.yes, condition.no) == (ZERO, ONE):
        return choice(condition.condition, no, yes)
    return condition if (yes, no) == (ONE, ZERO) else Select(condition, yes, no)


def negation(condition: Entry) -> Entry:
    """1 where the condition is 0, and 0 where it is 1."""
    return choice(condition, ZERO, ONE)


# ---------------------------------------------------------------------------- indices


def move(form: Affine, mapping: Mapping[Index, Affine]) -> Affine:
    """The form with indices replaced."""
    if not any(index in mapping for index, _ in form.terms):
        return form
    moved = Affine((), form.constant)
    for index, factor in form.terms:
        moved = moved + mapping.get(index, affine(index)) * factor
    return moved


def renamed(node: Entry, mapping: Mapping[Index, Affine]) -> Entry:
    """The entry with free indices replaced and every bound index fresh, so that nothing is captured."""
    match node:
        case Element(slot, position):
            return Element(slot, tuple(move(form, mapping) for form in position))
        case Holds(relation, form):
            return holds(relation, move(form, mapping))
        case Turn(name, left, right, size):
            return Turn(name, move(left, mapping), move(right, mapping), size)
        case Reduce(kind, index, body):
            fresh = Index(index.name, index.extent)
            return Reduce(kind, fresh, renamed(body, {**mapping, index: affine(fresh)}))
        case MatrixEntry():
            return rebound(node, lambda form: move(form, mapping), lambda own: renamed(node.body, {**mapping, **own}))
        case Number() | Count():
            return node
    return tidy(rebuild(node, lambda child: renamed(child, mapping)))


def rebound(
    node: MatrixEntry,
    at: Callable[[Affine], Affine],
    body: Callable[[Mapping[Index, Affine]], Entry],
    extent: Callable[[Extent], Extent] = lambda extent: extent,
) -> Entry:
    """The entry with another row and column, for which ``body`` builds the body; ``at`` moves its position."""
    row, column = (Index(index.name, extent(index.extent)) for index in (node.row, node.column))
    if row.extent == column.extent == 1 and node.kind in ("inv", "det"):
        single = body({node.row: affine(0), node.column: affine(0)})
        return single if node.kind == "det" else power(single, Fraction(-1))
    inner = body({node.row: affine(row), node.column: affine(column)})
    return MatrixEntry(node.kind, row, column, inner, tuple(map(at, node.at)))


def tidy(node: Entry) -> Entry:
    """The node built again by the constructor of its kind."""
    match node:
        case Plus(args):
            return plus(*args)
        case Times(args):
            return times(*args)
        case Power(base, exponent):
            return power(base, exponent)
        case Guard(relation, value):
            return guard(relation, value)
        case Select(condition, yes, no):
            return choice(condition, yes, no)
        case Kernel(name, (Number(value),)) if (name, value) in _KNOWN:
            return Number(_KNOWN[name, value])
        case _:
            return node


_ZERO, _ONE = Fraction(0), Fraction(1)
_KNOWN = {("exp", _ZERO): _ONE, ("cos", _ZERO): _ONE, ("cosh", _ZERO): _ONE, ("log", _ONE): _ZERO}
