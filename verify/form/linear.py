"""Affine forms of indices, and what is known of their signs.

Every index runs over ``0 <= i < extent`` and every dimension is at least 1, so much of what guards ask is
known without search. Where it is not, the answer is no, and the guard stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import gcd

from dualgrad.program.entry import Affine, Index
from dualgrad.program.size import Extent, Size, dimension, dimensions, substitute, terms
from verify.form.setting import current

Linear = tuple[Extent, tuple[tuple[Index, Extent], ...]]  # constant, ((index, coefficient), ...) by serial


def linear(constant: Extent, coefficients: Mapping[Index, Extent]) -> Linear:
    """The form with these coefficients; an index of extent 1 is 0."""
    kept = [(i, c) for i, c in coefficients.items() if c != 0 and i.extent != 1]
    if len(kept) > 1:
        kept.sort(key=_serial)
    return constant, tuple(kept)


def _serial(item: tuple[Index, Extent]) -> int:
    return item[0].serial


def of_index(index: Index) -> Linear:
    """The index itself."""
    return (0, ()) if index.extent == 1 else (0, ((index, 1),))


def of_affine(form: Affine, at: Mapping[Index, Linear]) -> Linear:
    """An affine position with its indices replaced."""
    if form.constant == 0 and len(form.terms) == 1 and form.terms[0][1] == 1:
        return at[form.terms[0][0]]
    total: Linear = (form.constant, ())
    for index, factor in form.terms:
        total = plus(total, times(at[index], factor))
    return total


def plus(a: Linear, b: Linear) -> Linear:
    """The sum."""
    if not a[1] and a[0] == 0:
        return b
    if not b[1]:
        return (a[0] + b[0], a[1])
    total = dict(a[1])
    for index, factor in b[1]:
        total[index] = total.get(index, 0) + factor
    return linear(a[0] + b[0], total)


def times(a: Linear, factor: Extent) -> Linear:
    """The multiple by an extent."""
    if factor == 1:
        return a
    if factor == 0:
        return 0, ()
    return a[0] * factor, tuple((i, c * factor) for i, c in a[1])


def minus(a: Linear, b: Linear) -> Linear:
    """The difference."""
    return plus(a, times(b, -1))


def replace(a: Linear, by: Mapping[Index, Linear]) -> Linear:
    """The form with indices replaced, all at once."""
    for index, _ in a[1]:
        if index in by:
            break
    else:
        return a
    if a[0] == 0 and len(a[1]) == 1 and a[1][0][1] == 1:
        return by[a[1][0][0]]
    total: Linear = (a[0], ())
    for index, factor in a[1]:
        total = plus(total, times(by[index] if index in by else of_index(index), factor))
    return total


def single(a: Linear) -> Index | None:
    """The index a form is, if it is one."""
    if a[0] == 0 and len(a[1]) == 1 and a[1][0][1] == 1:
        return a[1][0][0]
    return None


def divided(a: Linear) -> tuple[Linear, int]:
    """The form over the greatest common divisor of its integer coefficients, and that divisor.

    The constant is not divided: the caller rounds it, as an inequality or an equation asks.
    """
    factors = [c for _, c in a[1]]
    if not factors or not all(isinstance(c, int) for c in factors):
        return a, 1
    divisor = gcd(*(int(c) for c in factors if isinstance(c, int)))
    if divisor == 1:
        return a, 1
    return (a[0], tuple((i, int(c) // divisor) for i, c in a[1] if isinstance(c, int))), divisor


# ---------------------------------------------------------------------------- signs


@lru_cache(maxsize=4096)
def _plainly_nonnegative(extent: Extent) -> bool:
    if isinstance(extent, int):
        return extent >= 0
    shifted = substitute(extent, {name: dimension(name) + 1 for name in dimensions(extent)})
    return all(factor >= 0 for _, factor in terms(shifted))


def nonnegative(extent: Extent) -> bool:
    """Whether an extent is >= 0 for all dimensions >= 1 at which the arrays exist; False where not shown."""
    if _plainly_nonnegative(extent):
        return True
    return not isinstance(extent, int) and any(_plainly_nonnegative(extent - size) for size in current().sizes)


def positive(extent: Extent) -> bool:
    """Whether an extent is >= 1 for all dimensions >= 1; False where not shown."""
    return nonnegative(extent - 1)


def lowest(a: Linear) -> Extent | None:
    """A lower bound over the ranges of the indices; None where a coefficient's sign is not known."""
    total = a[0]
    for index, factor in a[1]:
        if nonnegative(factor):
            continue
        if not nonnegative(factor * -1):
            return None
        total = total + factor * (index.extent - 1)
    return total


def never_negative(a: Linear) -> bool:
    """Whether the form is >= 0 wherever its indices are in range."""
    low = lowest(a)
    return low is not None and nonnegative(low)


def always_negative(a: Linear) -> bool:
    """Whether the form is < 0 wherever its indices are in range."""
    low = lowest(times(a, -1))
    return low is not None and positive(low)


# ---------------------------------------------------------------------------- digits


def digits(a: Linear) -> Iterator[tuple[Linear, Linear, Extent]]:
    """The ways to read a form as n · high + low, for n one of its coefficients, high with an index: (high, low, n)."""
    units = {c if nonnegative(c) else c * -1 for _, c in a[1]} - {1}
    for unit in sorted(units, key=lambda unit: (not isinstance(unit, int), str(unit)), reverse=True):
        if isinstance(unit, Size) and (len(unit.terms) > 1 or unit.terms[0][1] < 0):
            continue
        parts = [(index, *_over(c, unit)) for index, c in a[1]]
        constant, left = _over(a[0], unit)
        high = linear(constant, {index: quotient for index, quotient, _ in parts})
        if high[1]:
            yield high, linear(left, {index: rest for index, _, rest in parts}), unit


def _over(extent: Extent, unit: Extent) -> tuple[Extent, Extent]:
    """The terms of an extent that a unit of one term divides, over it; and the others."""
    ((own, number),) = terms(unit)
    quotient: Extent = 0
    rest: Extent = 0
    for monomial, factor in terms(extent):
        powers = dict(monomial)
        inside = all(powers.get(name, 0) >= power for name, power in own) and factor % number == 0
        part: Extent = factor // number if inside else factor
        for name, power in monomial:
            for _ in range(power - (dict(own).get(name, 0) if inside else 0)):
                part = part * dimension(name)
        quotient, rest = (quotient + part, rest) if inside else (quotient, rest + part)
    return quotient, rest
