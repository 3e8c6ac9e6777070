"""Sizes to try: assignments of the free dimensions that keep every size condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

from dualgrad.program.record import Literal, Program
from dualgrad.program.size import Extent, dimension, dimensions, evaluate
from verify.question.claim import free_dimensions
from verify.question.recording import Recording

SMALL = ((2, 3, 4, 5, 6, 7), (4, 2, 3, 6, 5, 8), (3, 5, 2, 4, 7, 6))
ELEMENTS = 4096  # no argument or derivative is made larger than this to get above a literal


def assignments(recording: Recording) -> Iterator[dict[str, int]]:
    """Three small assignments, pairwise distinct, and one above every integer literal where that is affordable."""
    free = free_dimensions(recording)
    largest = 0
    for pattern in SMALL:
        small = _settled(recording, {name: pattern[place % len(pattern)] for place, name in enumerate(free)})
        largest = max(largest, *small.values(), 0)
        yield small
    above = largest_literal(recording) + 1
    if free and above > largest:
        large = _settled(recording, {name: above + place for place, name in enumerate(free)})
        if all(count <= ELEMENTS for count in _elements(recording, large)):
            yield large


def shapes(recording: Recording, sizes: Mapping[str, int]) -> dict[int, tuple[int, ...]]:
    """The shape of every traced argument at these sizes."""
    extents = recording.trace.extents
    return {
        position: tuple(
            evaluate(extents.resolve(dimension(label)), sizes) if isinstance(label, str) else label for label in axes
        )
        for position, axes in recording.labels.items()
    }


def largest_literal(recording: Recording) -> int:
    """The largest integer written in the recorded programs: a size that was baked in would be one of these."""
    found = [1]
    for program in (recording.forward, recording.gradient):
        found += [] if program is None else _integers(program)
    return max(found)


def _integers(program: Program) -> Iterator[int]:
    for equation in program.equations:
        for operand in equation.inputs:
            if isinstance(operand, Literal) and float(operand.value).is_integer():
                yield abs(int(operand.value))


def _settled(recording: Recording, sizes: dict[str, int]) -> dict[str, int]:
    """The assignment, raised until every size condition and every axis is at least as long as it must be."""
    extents = recording.trace.extents
    asked = [(extents.resolve(extent), least) for extent, least in extents.conditions]
    asked += [(extents.resolve(dimension(label)), 1) for axes in recording.labels.values() for label in axes
              if isinstance(label, str)]  # fmt: skip
    # Where n >= m is asked, n = m is a size at which an op may have gone the other way: the sizes should be inside.
    inside = [(extent, least + (not isinstance(extent, int) and len(extent.terms) > 1)) for extent, least in asked]
    for conditions in (inside, asked):
        found = sizes
        for _ in range(32):
            failed = [(extent, least) for extent, least in conditions if evaluate(extent, found) < least]
            if not failed:
                return found
            found = {name: size + max(_missing(*one, name, found) for one in failed) for name, size in found.items()}
    return found


def _missing(extent: Extent, least: int, name: str, sizes: Mapping[str, int]) -> int:
    """By how much to raise a dimension for an extent that is too small: one step where others can be raised too."""
    gain = evaluate(extent, {**sizes, name: sizes[name] + 1}) - evaluate(extent, sizes)
    alone = dimensions(extent) == {name}
    return 0 if gain <= 0 else -((evaluate(extent, sizes) - least) // gain) if alone else 1


def _elements(recording: Recording, sizes: Mapping[str, int]) -> Iterator[int]:
    """How many elements the arguments have at these sizes, and the derivatives: a Jacobian has many more."""
    resolve = recording.trace.extents.resolve
    yield from map(prod, shapes(recording, sizes).values())
    for operand in recording.gradient.outputs if recording.gradient is not None else ():
        yield prod(evaluate(resolve(extent), sizes) for extent in operand.shape)
