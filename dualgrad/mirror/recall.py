"""Putting names back: exp(uᵢ) is yᵢ where a line says y = exp(u), and so for a softmax."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from dualgrad.mirror.algebra import power, renamed, split, tidy, times
from dualgrad.mirror.equality import key
from dualgrad.mirror.softmax import Softmax, as_softmax, with_softmax
from dualgrad.program.entry import Affine, Element, Entry, Index, Kernel, Meaning, Number, Power, affine, rebuild, walk


@dataclass(frozen=True)
class Lines:
    """The lines that are one kernel, by its name and the arrays it is applied to, and those that are a softmax."""

    kernels: dict[tuple[str, tuple[int, ...]], int]
    softmaxes: tuple[tuple[int, tuple[Index, ...], Softmax], ...]


def recallable(meanings: Iterable[tuple[int, Meaning]]) -> Lines:
    """The lines that are recognised where they come up again."""
    found: dict[tuple[str, tuple[int, ...]], int] = {}
    shares = []
    for number, meaning in meanings:
        if isinstance(meaning.body, Kernel):
            slots = _slots(meaning.body, [affine(index) for index in meaning.indices])
            if slots:
                found[meaning.body.name, slots] = number
        share = as_softmax(meaning.body)
        if share is not None:
            shares.append((number, meaning.indices, share))
    return Lines(found, tuple(shares))


def recalled(node: Entry, lines: Lines) -> Entry:
    """The entry with everything that a line computes replaced by that line."""
    if isinstance(node, Kernel) and node.args and isinstance(node.args[0], Element):
        position = node.args[0].position
        number = lines.kernels.get((node.name, _slots(node, position)))
        if number is not None:
            return Element(number, position)
    node = tidy(rebuild(node, lambda child: recalled(child, lines)))
    return _shared(node, lines) if lines.softmaxes else node


def _slots(node: Kernel, position: Iterable[object]) -> tuple[int, ...]:
    """The arrays a kernel is applied to, where all are read at this position; else none."""
    place = tuple(position)
    slots = tuple(arg.slot for arg in node.args if isinstance(arg, Element) and arg.position == place)
    return slots if len(slots) == len(node.args) else ()


# ---------------------------------------------------------------------------- softmax


def _shared(node: Entry, lines: Lines) -> Entry:
    """The product with each softmax that a line computes replaced; as it was where one is left."""
    coefficient, factors = split(node)
    below = [factor.base for factor in factors if isinstance(factor, Power) and factor.exponent == -1]
    above = [factor for factor in factors if not isinstance(factor, Power) or factor.exponent != -1]
    top, bottom = with_softmax(above, below)
    if len(bottom) == len(below):
        return node
    found = [_named(factor, lines) for factor in top]
    if any(isinstance(part, Softmax) for factor in found for part in walk(factor)):
        return node
    return times(Number(coefficient), *found, *(power(base, Fraction(-1)) for base in bottom))


def _named(node: Entry, lines: Lines) -> Entry:
    if not isinstance(node, Softmax):
        return rebuild(node, lambda child: _named(child, lines))
    for number, indices, share in lines.softmaxes:
        place = _place(node, share)
        if place is not None:
            return Element(number, tuple(place.get(index, affine(0)) for index in indices))
    return node


def _place(node: Softmax, line: Softmax) -> dict[Index, Affine] | None:
    """What the indices of a line stand for, where it is this softmax."""
    read = next((part for part in walk(node.body) if isinstance(part, Element)), None)
    own = next((part for part in walk(line.body) if isinstance(part, Element)), None)
    if read is None or own is None or read.slot != own.slot:
        return None
    place = {
        form.terms[0][0]: at
        for form, at in zip(own.position, read.position, strict=True)
        if len(form.terms) == 1 and form == affine(form.terms[0][0])
    }
    same = place.get(line.index) == affine(node.index) and key(renamed(line.body, place)) == key(node.body)
    return place if same else None
