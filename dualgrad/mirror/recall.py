"""Putting names back: exp(uᵢ) is yᵢ where a line says y = exp(u)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dualgrad.mirror.algebra import tidy
from dualgrad.program.entry import Element, Entry, Kernel, Meaning, affine, rebuild

Lines = Mapping[tuple[str, tuple[int, ...]], int]  # a kernel and the arrays it is applied to: the line that is called


def kernel_lines(meanings: Iterable[tuple[int, Meaning]]) -> Lines:
    """The lines that are one kernel, element by element, by what they apply to what."""
    found: dict[tuple[str, tuple[int, ...]], int] = {}
    for number, meaning in meanings:
        if isinstance(meaning.body, Kernel):
            slots = _slots(meaning.body, [affine(index) for index in meaning.indices])
            if slots:
                found[meaning.body.name, slots] = number
    return found


def recalled(node: Entry, lines: Lines) -> Entry:
    """The entry with every kernel that a line computes replaced by that line."""
    if isinstance(node, Kernel) and node.args and isinstance(node.args[0], Element):
        position = node.args[0].position
        number = lines.get((node.name, _slots(node, position)))
        if number is not None:
            return Element(number, position)
    return tidy(rebuild(node, lambda child: recalled(child, lines)))


def _slots(node: Kernel, position: Iterable[object]) -> tuple[int, ...]:
    """The arrays a kernel is applied to, where all are read at this position; else none."""
    place = tuple(position)
    slots = tuple(arg.slot for arg in node.args if isinstance(arg, Element) and arg.position == place)
    return slots if len(slots) == len(node.args) else ()
