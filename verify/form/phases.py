"""Angles of cosines: quadratic forms of indices, in steps of a quarter of a turn over a size.

A phase over a size is the angle π phase / (2 size), so that 4 size steps are a whole turn. Indices and dimensions
are integers: a coefficient counts up to whole turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent, Size, dimension, terms
from verify.form.linear import Linear, linear, times

Phase = dict[tuple[Index, ...], Extent]  # by at most two indices, in order of their serial numbers
Linears = tuple[Linear, ...]  # what an atom keeps: pairs to be multiplied, a shift, and the size


def phase_of(linears: Linears) -> Phase:
    """The phase that pairs of affine forms and a shift make, without whole turns."""
    *pairs, shift, (size, _) = linears
    total: Phase = {}
    for left, right in zip(pairs[::2], pairs[1::2], strict=True):
        for i, a in ((None, left[0]), *left[1]):
            for j, b in ((None, right[0]), *right[1]):
                key = tuple(sorted((k for k in (i, j) if k is not None), key=lambda k: k.serial))
                total[key] = total.get(key, 0) + a * b
    total[()] = total.get((), 0) + shift[0]
    return reduced(total, size)


def linears_of(phase: Phase, size: Extent) -> Linears:
    """Pairs, a shift and a size that make this phase."""
    pairs: list[Linear] = []
    for indices, factor in phase.items():
        if indices:
            first, *rest = indices
            pairs += [linear(0, {first: 1}), linear(0, {rest[0]: factor}) if rest else (factor, ())]
    return (*pairs, (phase.get((), 0), ()), (size, ()))


def reduced(phase: Phase, size: Extent) -> Phase:
    """The phase without whole turns."""
    found = {indices: within(factor, size) for indices, factor in phase.items()}
    return {indices: factor for indices, factor in found.items() if factor != 0}


def plus(a: Phase, b: Phase, size: Extent, sign: int = 1) -> Phase:
    """The sum, or the difference."""
    total = dict(a)
    for indices, factor in b.items():
        total[indices] = total.get(indices, 0) + factor * sign
    return reduced(total, size)


@lru_cache(maxsize=4096)
def within(factor: Extent, size: Extent, times: int = 4) -> Extent:
    """A coefficient up to multiples of ``times`` the size, as far as these are told by its leading product."""
    if isinstance(factor, int) and isinstance(size, int):
        return factor % (times * size)
    if isinstance(size, int):
        return factor
    if len(size.terms) > 1:
        return _without(factor, size, times)
    ((own, number),) = terms(size)
    total: Extent = 0
    for monomial, count in terms(factor):
        powers = dict(monomial)
        inside = count % number == 0 and all(powers.get(name, 0) >= power for name, power in own)
        part: Extent = count % (times * number) if inside else count
        for name, power in monomial:
            for _ in range(power):
                part = part * dimension(name)
        total = total + part
    return total


def _without(factor: Extent, size: Size, times: int) -> Extent:
    lead, number = max(size.terms, key=lambda term: (sum(power for _, power in term[0]), term[0]))
    count = dict(terms(factor)).get(lead, 0)
    return factor if number < 0 else factor - size * (count // (times * number) * times)


def over(factor: Extent, divisor: int) -> Extent | None:
    """A coefficient over an integer that divides it; None where it does not."""
    if isinstance(factor, int):
        return factor // divisor if factor % divisor == 0 else None
    if any(count % divisor for _, count in terms(factor)):
        return None
    return Size(tuple((monomial, count // divisor) for monomial, count in factor.terms))


def turn_text(linears: Linears, names: Mapping[Index, str]) -> str:
    """The canonical text of a cosine, which is that of the opposite phase too."""
    size = linears[-1][0]
    phase = phase_of(linears)
    opposite = reduced({indices: factor * -1 for indices, factor in phase.items()}, size)
    return f"turn<{size}>({min(_text(phase, names), _text(opposite, names))})"


def multiple_text(linears: Linears, names: Mapping[Index, str]) -> str:
    """The canonical text of whether a form is a multiple of a size, which its opposite then is too."""
    form, (size, _) = linears
    both = (residue(times(form, way), size) for way in (1, -1))
    texts = (_text({(index,): factor for index, factor in parts} | {(): constant}, names) for constant, parts in both)
    return f"multiple<{size}>({min(texts)})"


def residue(form: Linear, size: Extent) -> Linear:
    """The form up to multiples of a size."""
    return linear(within(form[0], size, 1), {index: within(factor, size, 1) for index, factor in form[1]})


def _text(phase: Phase, names: Mapping[Index, str]) -> str:
    parts = (
        f"{'*'.join(sorted(names.get(index) or f'%{index.serial}' for index in indices))}*({factor})"
        for indices, factor in phase.items()
    )
    return ";".join(sorted(parts))
