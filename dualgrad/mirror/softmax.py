"""Softmax by its name: exp(uᵢ)/Σⱼ exp(uⱼ) is softmax(u)ᵢ, and (Σⱼ aⱼ exp(uⱼ))/Σⱼ exp(uⱼ) is Σⱼ aⱼ softmax(u)ⱼ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dualgrad.mirror.algebra import renamed
from dualgrad.mirror.equality import free, key
from dualgrad.program.entry import Element, Entry, Index, Kernel, Power, Reduce, Times, affine


@dataclass(frozen=True, slots=True)
class Softmax(Entry):
    """exp(body) over its sum over the index; made where a formula is printed, and nowhere else."""

    index: Index
    body: Entry

    def vector(self) -> int | None:
        """The number of the vector that this is the softmax of, where it is one of a vector."""
        whole = isinstance(self.body, Element) and self.body.position == (affine(self.index),)
        return self.body.slot if isinstance(self.body, Element) and whole else None


def as_softmax(node: Entry) -> Softmax | None:
    """The softmax that an entry is, where it is one and nothing else."""
    if isinstance(node, Times) and len(node.args) == 2:
        for factor, other in (node.args, node.args[::-1]):
            if isinstance(other, Power) and other.exponent == -1 and isinstance(other.base, Reduce):
                divisor = other.base
                if _is_exp(factor) and divisor.kind == "sum" and _is_exp(divisor.body):
                    return _share(factor, divisor)
    return None


def with_softmax(top: Sequence[Entry], bottom: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The factors above and below a bar, with each softmax among them under its name."""
    above, below = list(top), []
    for divisor in bottom:
        found = _shared(above, divisor)
        if found is None:
            below.append(divisor)
        else:
            above = found
    return above, below


def _shared(top: Sequence[Entry], divisor: Entry) -> list[Entry] | None:
    if not (isinstance(divisor, Reduce) and divisor.kind == "sum" and _is_exp(divisor.body)):
        return None
    for place, factor in enumerate(top):
        share = _share(factor, divisor) if _is_exp(factor) else _inside(factor, divisor)
        if share is not None:
            return [*top[:place], share, *top[place + 1 :]]
    return None


def _share(factor: Entry, divisor: Reduce) -> Softmax | None:
    assert isinstance(factor, Kernel)
    for index in sorted(free(factor), key=lambda index: index.serial):
        if index.extent != divisor.index.extent or index in free(divisor):
            continue
        if key(renamed(divisor.body, {divisor.index: affine(index)})) == key(factor):
            return Softmax(index, factor.args[0])
    return None


def _inside(factor: Entry, divisor: Reduce) -> Entry | None:
    """A sum of which every term has a share: Σⱼ aⱼ exp(uⱼ) over Σⱼ exp(uⱼ)."""
    if not (isinstance(factor, Reduce) and factor.kind == "sum"):
        return None
    parts = factor.body.args if isinstance(factor.body, Times) else (factor.body,)
    for place, part in enumerate(parts):
        share = _share(part, divisor) if _is_exp(part) else _inside(part, divisor)
        if share is not None:
            return Reduce("sum", factor.index, Times((*parts[:place], share, *parts[place + 1 :])))
    return None


def _is_exp(node: Entry) -> bool:
    return isinstance(node, Kernel) and node.name == "exp"
