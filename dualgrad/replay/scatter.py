"""Sums of arrays that are zero but for some places: what indexing leaves in a backward pass.

Each part goes straight to its place in one array, instead of into zeros of its own that are then added up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dualgrad.op import REGISTRY, Kind
from dualgrad.ops.index import native
from dualgrad.replay.places import DEEP, Rounds, rounds
from dualgrad.replay.steps import LARGE, Inner, Recording, Step, Value, alive, values


@dataclass(frozen=True, slots=True)
class Part:
    """Where an operand goes, and with which sign: to a block, or in rounds to positions that may come up again.

    ``rows``: the positions count rows; else they count all entries.
    """

    key: Any
    minus: bool = False
    rounds: Rounds = ()
    rows: bool = False

    def flipped(self, minus: bool) -> Part:
        """The part of a difference."""
        return replace(self, minus=self.minus != minus)

    def add(self, total: Any, given: Any) -> None:
        """Add an operand that goes to positions."""
        into = total if self.rows else total.reshape(-1)
        parts = given.reshape(-1, *into.shape[1:])
        for source, target in self.rounds:
            if self.minus:
                into[target] -= parts[source]
            else:
                into[target] += parts[source]


def _forward(*given: Any, parts: Sequence[Part], shape: tuple[int, ...]) -> Any:
    result = np.zeros(shape, np.result_type(*given))
    for each, part in zip(given, parts, strict=True):
        if part.rounds:
            part.add(result, each)
        else:
            result[native(part.key)] += -each if part.minus else each
    return result


SCATTERED = Inner("scattered", _forward, Kind.MULTILINEAR)


def scattered(recording: Recording, rounding: bool) -> Recording:
    """The recording with sums of placed parts as one step each; with ``rounding``, those at positions, too."""
    uses = Counter(value for step in recording.steps for value in values(step.inputs))
    uses.update(values(recording.outputs))
    made: dict[Value, Step] = {}
    steps: list[Step] = []
    for step in recording.steps:
        at_places = (_at_rows(step) or _reshaped(step, made, uses)) if rounding else None
        found = _placed(step) or at_places or _joined(step, made, uses) or step
        if found.op is SCATTERED:
            made[found.output] = found
        steps.append(found)
    result = replace(recording, steps=tuple(steps))
    return replace(result, steps=alive(result))


def _placed(step: Step) -> Step | None:
    if step.op is not REGISTRY["put"] or not step.output.rows or not values(step.inputs):
        return None
    params = {"parts": (Part(step.params["key"]),), "shape": step.output.shape}
    return replace(step, op=SCATTERED, params=params)


def _at_rows(step: Step) -> Step | None:
    if step.op is not REGISTRY["put_at"] or step.params["axis"] or not step.output.nbytes >= LARGE:
        return None
    if step.inputs[0].dtype != step.output.dtype or not step.params["positions"].array.size:
        return None
    found = rounds(step.params["positions"])
    if len(found) > DEEP:
        return None
    part = Part(None, rounds=found, rows=len(step.output.shape) > 1)
    return replace(step, op=SCATTERED, params={"parts": (part,), "shape": step.output.shape})


def _reshaped(step: Step, made: dict[Value, Step], uses: Counter[Value]) -> Step | None:
    """Entries at positions among all, seen in another shape."""
    first = step.inputs[0] if step.inputs else None
    if step.op is not REGISTRY["reshape"] or not isinstance(first, Value) or uses[first] != 1:
        return None
    before = made.get(first)
    if before is None or not all(part.rounds and not part.rows for part in before.params["parts"]):
        return None
    return replace(before, output=step.output, params={**before.params, "shape": step.output.shape})


def _joined(step: Step, made: dict[Value, Step], uses: Counter[Value]) -> Step | None:
    """The sum or difference of two placed sums, where nothing else needs those."""
    if step.op not in (REGISTRY["add"], REGISTRY["subtract"]):
        return None
    first, second = step.inputs
    if not (isinstance(first, Value) and isinstance(second, Value) and first in made and second in made):
        return None
    if uses[first] != 1 or uses[second] != 1 or first.shape != second.shape:
        return None
    minus = step.op is REGISTRY["subtract"]
    before, after = made[first], made[second]
    parts = (*before.params["parts"], *(part.flipped(minus) for part in after.params["parts"]))
    params = {"parts": parts, "shape": step.output.shape}
    return replace(step, op=SCATTERED, inputs=(*before.inputs, *after.inputs), params=params)


@dataclass(frozen=True, slots=True)
class Plan:
    """How blocks are placed: ``fills`` are rows to be zeroed first, ``sets`` the parts that need no sum."""

    fills: tuple[tuple[int, int], ...]
    sets: frozenset[int]


def plan(parts: Sequence[Part], shape: tuple[int, ...], order: Sequence[int]) -> Plan:
    """Which parts come first where they go, and which rows no such part fills."""
    touched = np.zeros(shape, bool)
    covered = np.zeros(shape, bool)
    sets = set()
    for number in order:
        if parts[number].rounds:
            touched[...] = True
            continue
        key = native(parts[number].key)
        if not touched[key].any():
            sets.add(number)
            covered[key] = True
        touched[key] = True
    bare = ~covered.all(axis=tuple(range(1, len(shape))))
    edges = np.flatnonzero(np.diff(np.concatenate([[False], bare, [False]]).astype(np.int8)))
    ranges = tuple((int(a), int(b)) for a, b in edges.reshape(-1, 2))
    return Plan(ranges if len(ranges) <= 4 else ((0, shape[0]),), frozenset(sets))


def rows_placed(step: Step) -> int:
    """How many rows all operands have that are placed side by side along the first axis; 0 where they are not."""
    shape = step.params["shape"]
    if any(part.rounds for part in step.params["parts"]):
        return 0
    rows = {part.key[0][1] if part.key[0] is not None and len(part.key[0]) == 3 else 0 for part in step.params["parts"]}
    whole = all(
        len(part.key) == len(shape)
        and part.key[0] is not None
        and part.key[0][-1] == 1
        and part.key[1:] == tuple((0, length, 1) for length in shape[1:])
        for part in step.params["parts"]
    )
    fits = whole and len(rows) == 1 and all(value.shape[:1] == tuple(rows) for value in values(step.inputs))
    return rows.pop() if fits and len(values(step.inputs)) == len(step.inputs) else 0
