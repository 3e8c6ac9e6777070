"""Sums over an index: contracting deltas, pulling constants out, and merging what can be merged.

``reduced`` changes a sum only where a delta or a range decides it, so that a function reads as it was
written; ``simplified`` is for derivatives, which nobody wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import reduce
from math import gcd, lcm

from dualgrad.mirror.algebra import ONE, ZERO, addends, count, holds, plus, power, product_of, renamed, split, times
from dualgrad.mirror.equality import Key, free, key, size_of
from dualgrad.program.entry import Affine, Entry, Holds, Index, Number, Plus, Power, Reduce, Times, affine

LARGEST_CONTENT = 10**6  # numbers beyond this come from float literals, and no common factor of theirs says anything


def reduced(kind: str, index: Index, body: Entry) -> Entry:
    """The reduction of a body over one index."""
    if index.extent == 1:
        return renamed(body, {index: affine(0)})
    if kind == "sum":
        return _summed(index, body)
    if kind in ("max", "min") and index not in free(body):
        return body
    return Reduce(kind, index, body)


def _summed(index: Index, body: Entry) -> Entry:
    if body == ZERO or index.extent == 0:
        return ZERO
    if index not in free(body):
        return times(count(index.extent), body)
    contracted = _contracted(index, body)
    if contracted is not None:
        return contracted
    opened = _opened(index, body)
    if opened is not None:
        return plus(*(_summed(index, term) for term in opened))
    return Reduce("sum", index, body)


def _contracted(index: Index, body: Entry) -> Entry | None:
    """Σ_j δ(j, f) E(j) = E(f) [f in range], by the delta that leaves the fewest range guards."""
    coefficient, factors = split(body)
    found: list[tuple[int, int, Affine, list[Entry]]] = []
    for place, factor in enumerate(factors):
        solution = _solution(index, factor)
        if solution is not None:
            ranges = [holds(">=", solution), holds(">=", affine(index.extent) - 1 - solution)]
            found.append((sum(g != ONE for g in ranges), place, solution, ranges))
    if not found:
        return None
    _, place, solution, ranges = min(found, key=lambda candidate: candidate[:2])
    rest = product_of(coefficient, factors[:place] + factors[place + 1 :])
    return times(renamed(rest, {index: solution}), *ranges)


def _solution(index: Index, factor: Entry) -> Affine | None:
    if not (isinstance(factor, Holds) and factor.relation == "=="):
        return None
    slope = dict(factor.form.terms).get(index, 0)
    if slope not in (1, -1):
        return None
    return (factor.form - affine(index) * slope) * (slope * -1)


def _opened(index: Index, body: Entry) -> list[Entry] | None:
    """The terms of a body when its one sum holds a delta on the index; None when nothing would contract."""
    coefficient, factors = split(body)
    for place, factor in enumerate(factors):
        terms = addends(factor)
        if len(terms) > 1 and any(_solution(index, part) for term in terms for part in split(term)[1]):
            rest = product_of(coefficient, factors[:place] + factors[place + 1 :])
            return [times(rest, term) for term in terms]
    return None


# ---------------------------------------------------------------------------- making it short


def simplified(node: Entry) -> Entry:
    """The same value, shorter: constants pulled out of sums, sums merged, common factors in front."""
    match node:
        case Plus(args):
            return _combined([simplified(arg) for arg in args])
        case Times(args):
            return times(*(simplified(arg) for arg in args))
        case Reduce("sum", index, body):
            return _pulled(index, simplified(body))
        case _:
            return node


def _pulled(index: Index, body: Entry) -> Entry:
    coefficient, factors = split(body)
    inside = [factor for factor in factors if index in free(factor)]
    outside = [factor for factor in factors if index not in free(factor)]
    kept = product_of(Fraction(1), inside)
    total = reduced("sum", index, kept)
    if isinstance(kept, Plus):
        apart = _combined([_pulled(index, term) for term in kept.args])
        total = apart if size_of(apart) < size_of(total) else total
    return times(Number(coefficient), *outside, total)


def _combined(terms: Iterable[Entry]) -> Entry:
    total = plus(*terms)
    if not isinstance(total, Plus):
        return total
    merged: list[Entry] = []
    for term in total.args:
        for place, other in enumerate(merged):
            joint = _merged(other, term)
            if joint is not None:
                merged[place] = joint
                break
        else:
            merged.append(term)
    return factored(plus(*merged))


def _merged(first: Entry, second: Entry) -> Entry | None:
    """Two sums over equal ranges as one, where their bodies share a factor that depends on the index."""
    one, other = _single_sum(first), _single_sum(second)
    if one is None or other is None or one[0] != other[0]:
        return None
    _, rest, scale, index, body = one
    _, _, other_scale, other_index, other_body = other
    bodies = [times(scale, body), times(other_scale, renamed(other_body, {other_index: affine(index)}))]
    if not any(index in free(base) for base, _ in _common(bodies)):
        return None
    number, factors = split(factored(plus(*bodies)))
    return times(Number(number), *rest, Reduce("sum", index, product_of(Fraction(1), factors)))


def _single_sum(term: Entry) -> tuple[Key, list[Entry], Number, Index, Entry] | None:
    coefficient, factors = split(term)
    sums = [factor for factor in factors if isinstance(factor, Reduce) and factor.kind == "sum"]
    if len(sums) != 1:
        return None
    rest = [factor for factor in factors if factor is not sums[0]]
    signature = (key(product_of(Fraction(1), rest)), sums[0].index.extent)
    return signature, rest, Number(coefficient), sums[0].index, sums[0].body


def factored(node: Entry) -> Entry:
    """A sum with its common factors in front: 6 x + 12 is 6 (x + 2)."""
    if not isinstance(node, Plus):
        return node
    common = [Number(_content(node.args))]
    shared = [power(base, exponent) for base, exponent in _common(node.args)]
    inverse = [power(factor, Fraction(-1)) for factor in (*common, *shared)]
    return times(*common, *shared, plus(*(times(*inverse, term) for term in node.args)))


def _common(terms: Sequence[Entry]) -> list[tuple[Entry, Fraction]]:
    tables = [_table(term) for term in terms]
    found = []
    for name, (base, exponent) in tables[0].items():
        exponents = [table[name][1] for table in tables if name in table]
        if len(exponents) == len(tables) and len({e > 0 for e in exponents}) == 1:
            found.append((base, min(exponents) if exponent > 0 else max(exponents)))
    return found


def _table(term: Entry) -> dict[Key, tuple[Entry, Fraction]]:
    pairs = [(f.base, f.exponent) if isinstance(f, Power) else (f, Fraction(1)) for f in split(term)[1]]
    return {key(base): (base, exponent) for base, exponent in pairs}


def _content(terms: Sequence[Entry]) -> Fraction:
    """The number to put in front: 3/2 of 3/2 x + 3, but nothing of x − 1/3 Σ x, where the 1/3 belongs to the sum."""
    coefficients = [split(term)[0] for term in terms]
    scale = Fraction(1) if all(map(_is_small, coefficients)) else abs(coefficients[0])
    ratios = [coefficient / scale for coefficient in coefficients]
    if not all(map(_is_small, ratios)):
        return Fraction(1)
    has_sum = any(isinstance(factor, Reduce) for term in terms for factor in split(term)[1])
    top = reduce(gcd, (abs(ratio.numerator) for ratio in ratios))
    bottom = reduce(gcd if has_sum else lcm, (ratio.denominator for ratio in ratios))
    return scale * Fraction(top if any(ratio > 0 for ratio in ratios) else -top, bottom)


def _is_small(value: Fraction) -> bool:
    return max(abs(value.numerator), value.denominator) <= LARGEST_CONTENT
