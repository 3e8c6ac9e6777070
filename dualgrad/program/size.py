"""Extents of axes: integers, or integer polynomials in named dimensions.

An extent is an ``int`` where it is known and a :class:`Size` where it is not. Sizes are plain values:
they compare and hash by structure, and nothing is logged when they are looked at. What a user's function
sees is a ``Dim`` (dualgrad.frontends), which logs every escape.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

Monomial = tuple[tuple[str, int], ...]  # ((dimension, power), ...), sorted


@dataclass(frozen=True, slots=True)
class Size:
    """An integer polynomial in named dimensions that is not a constant.

    >>> n = dimension("n")
    >>> print(n * 2 - 1, (n - 1) + 1 == n)
    2*n - 1 True
    """

    terms: tuple[tuple[Monomial, int], ...]  # sorted, no zero coefficient

    def __add__(self, other: Extent) -> Extent:
        if not isinstance(other, (int, Size)):
            return NotImplemented
        return _sum(self, other)

    __radd__ = __add__

    def __mul__(self, other: Extent) -> Extent:
        if not isinstance(other, (int, Size)):
            return NotImplemented
        return _product(self, other)

    __rmul__ = __mul__

    def __neg__(self) -> Extent:
        return self * -1

    def __sub__(self, other: Extent) -> Extent:
        return self + other * -1

    def __rsub__(self, other: Extent) -> Extent:
        return self * -1 + other

    def __str__(self) -> str:
        if len(self.terms) == 1:
            return _term_text(*self.terms[0])
        ordered = sorted(self.terms, key=lambda term: (-sum(power for _, power in term[0]), term[0]))
        text = " + ".join(_term_text(monomial, factor) for monomial, factor in ordered)
        return text.replace("+ -", "- ")

    __repr__ = __str__


Extent = int | Size


def dimension(name: str) -> Size:
    """The extent that is the named dimension itself."""
    return Size(((((name, 1),), 1),))


def terms(extent: Extent) -> tuple[tuple[Monomial, int], ...]:
    """The terms of an extent, constants as the empty monomial; empty for 0."""
    return tuple(_terms(extent))


def dimensions(extent: Extent) -> frozenset[str]:
    """The names of the dimensions that occur in an extent."""
    return frozenset(name for monomial, _ in _terms(extent) for name, _ in monomial)


def evaluate(extent: Extent, at: Mapping[str, int]) -> int:
    """The number an extent is when its dimensions have the values ``at``; KeyError if one is missing."""
    if not isinstance(extent, Size):
        return int(extent)
    total = 0
    for monomial, factor in extent.terms:
        for name, power in monomial:
            factor *= at[name] ** power
        total += factor
    return total


def substitute(extent: Extent, by: Mapping[str, Extent]) -> Extent:
    """The extent with dimensions replaced, all at once."""
    if isinstance(extent, int) or not any(name in by for monomial, _ in extent.terms for name, _ in monomial):
        return extent
    total: Extent = 0
    for monomial, factor in extent.terms:
        term: Extent = factor
        for name, power in monomial:
            for _ in range(power):
                term = term * by.get(name, dimension(name))
        total = total + term
    return total


def product(extents: Iterable[Extent]) -> Extent:
    """The product of extents: the number of elements of a shape."""
    total: Extent = 1
    for extent in extents:
        total = total * extent
    return total


def solve(difference: Extent, name: str) -> Extent | None:
    """What the named dimension must be for ``difference`` to vanish; None unless it occurs once, with factor ±1."""
    for monomial, factor in _terms(difference):
        if monomial == ((name, 1),) and abs(factor) == 1:
            rest = difference - dimension(name) * factor
            return None if name in dimensions(rest) else rest * -factor
    return None


def _terms(extent: Extent) -> Iterable[tuple[Monomial, int]]:
    if isinstance(extent, Size):
        return extent.terms
    return [((), int(extent))] if extent else []


@lru_cache(maxsize=1 << 12)
def _sum(a: Size, b: Extent) -> Extent:
    return _collect([*a.terms, *_terms(b)])


@lru_cache(maxsize=1 << 12)
def _product(a: Size, b: Extent) -> Extent:
    return _collect([(_times(m, n), p * q) for m, p in a.terms for n, q in _terms(b)])


def _times(a: Monomial, b: Monomial) -> Monomial:
    powers = dict(a)
    for name, power in b:
        powers[name] = powers.get(name, 0) + power
    return tuple(sorted(powers.items()))


def _collect(all_terms: Iterable[tuple[Monomial, int]]) -> Extent:
    total: dict[Monomial, int] = {}
    for monomial, factor in all_terms:
        total[monomial] = total.get(monomial, 0) + factor
    kept = tuple(sorted((monomial, factor) for monomial, factor in total.items() if factor))
    if not kept:
        return 0
    if len(kept) == 1 and kept[0][0] == ():
        return kept[0][1]
    return Size(kept)


def _term_text(monomial: Monomial, factor: int) -> str:
    names = "*".join(name if power == 1 else f"{name}**{power}" for name, power in monomial)
    if not names:
        return str(factor)
    return names if factor == 1 else f"-{names}" if factor == -1 else f"{factor}*{names}"
