"""In which order steps run, and which of them run together, block by block of the first axis.

Entries of large arrays travel to memory and back between two steps of their own. In a loop over blocks that stay in
the cache they do not: a loop takes in every step that treats the rows of its operands one by one, forward and
backward ones alike, and sums at its end. A step that needs a whole array waits for the loop that makes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dualgrad.replay.matrices import COLUMN_SUM
from dualgrad.replay.scatter import SCATTERED, rows_placed
from dualgrad.replay.steps import LARGE, Operand, Recording, Step, Value, pointwise, values

BLOCK = 1 << 17  # bytes of a block: several of them, and what they are made of, lie in the second cache
_REDUCTIONS = frozenset({"sum", "max", "min"})


@dataclass(frozen=True, eq=False)
class Loop:
    """Steps that run together on ``block`` of ``rows`` rows at a time. ``ends`` are those that all rows go into."""

    rows: int
    block: int
    steps: tuple[Step, ...]
    ends: frozenset[Value]


Item = Step | Loop
Place = tuple[int, int]  # a level, and the rows of the loop at that level, or 0


def scheduled(recording: Recording) -> tuple[Item, ...]:
    """The steps as a sequence of single ones and loops."""
    placed = _sunk(recording, _placed(recording.steps))
    loops: dict[tuple[int, int], list[Step]] = {}
    for step in recording.steps:
        level, rows = placed[step.output]
        if rows:
            loops.setdefault((level, rows), []).append(step)
    worth = {key: steps for key, steps in loops.items() if sum(not _moves(step) for step in steps) > 1}
    order: list[tuple[tuple[int, int, int], Item]] = []
    for place, step in enumerate(recording.steps):
        level, rows = placed[step.output]
        if (level, rows) not in worth:
            order.append(((level, 1 if rows == 0 else 0, place), step))
        elif worth[level, rows][0] is step:
            order.append(((level, 0, place), _loop(rows, worth[level, rows])))
    return tuple(item for _, item in sorted(order, key=lambda entry: entry[0]))


def _placed(steps: Iterable[Step]) -> Mapping[Value, Place]:
    """The level of every step, and the rows of the loop that it may be in (0 for none)."""
    placed: dict[Value, Place] = {}
    inside: dict[Value, int] = {}  # rows, for values that are made row by row and that a loop may go on with
    for step in steps:
        rows = _rows(step, inside)
        level = -1 if not rows else 0
        for operand in values(step.inputs):
            before = placed.get(operand, (-1, 0))[0]
            goes_on = rows and inside.get(operand) == rows and cut(step, operand, rows)
            level = max(level, before if goes_on or not rows else before + 1)
        placed[step.output] = (level, rows)
        if rows and not ends(step):
            inside[step.output] = rows
    return placed


def _sunk(recording: Recording, placed: Mapping[Value, Place]) -> Mapping[Value, Place]:
    """What only later loops need is made there, where that spares a whole array and costs none."""
    users: dict[Value, list[Step]] = defaultdict(list)
    for step in recording.steps:
        for operand in dict.fromkeys(values(step.inputs)):
            users[operand].append(step)
    now = dict(placed)
    kept = set(values(recording.outputs))

    def goes_on(value: Value, user: Step, level: int, rows: int) -> bool:
        return now[user.output] == (level, rows) and cut(user, value, rows)

    def stays(value: Value, but: Step) -> bool:
        level, rows = now.get(value, (-1, 0))
        others = (user for user in users[value] if user is not but)
        return not rows or value in kept or any(not goes_on(value, user, level, rows) for user in others)

    for step in reversed(recording.steps):
        level, rows = now[step.output]
        using = users[step.output]
        if rows and using and not ends(step) and step.output not in kept:
            nearest = min(now[user.output][0] for user in using)
            later = nearest > level and all(
                goes_on(step.output, user, nearest, rows) or now[user.output][0] > nearest for user in using
            )
            if later and all(now.get(v, (-1, 0))[0] < level or stays(v, step) for v in values(step.inputs)):
                now[step.output] = (nearest, rows)
    return now


def _rows(step: Step, inside: Mapping[Value, int]) -> int:
    """How many rows a step goes through one by one; 0 where it does not."""
    output, seen = step.output, [*values(step.inputs), step.output]
    if max(value.nbytes for value in seen) < LARGE and not any(value in inside for value in seen):
        return 0
    if pointwise(step.op):
        return output.shape[0] if output.shape and output.rows and output.shape[0] > 1 else 0
    if step.op is SCATTERED:
        return rows_placed(step) if output.dtype.kind == "f" else 0
    first = step.inputs[0]
    if not isinstance(first, Value) or not first.shape or first.shape[0] < 2 or not first.rows:
        return 0
    rows = first.shape[0]
    if step.op.name in ("dot", "row_dot"):
        by_rows = step.op.name == "dot" or len(first.shape) > 1
        return rows if by_rows and all(value.rows for value in values(step.inputs)) else 0
    if step.op.name in _REDUCTIONS:
        return rows if not ends(step) or first.dtype in (np.float64, np.float32) else 0
    if step.op is COLUMN_SUM:
        return rows
    if step.op.name == "matmul" and len(output.shape) > 2 and all(cut(step, v, rows) for v in values(step.inputs)):
        return rows if output.rows else 0
    return rows if _moves(step) and inside.get(first) == rows and _keeps_rows(step) else 0


def _moves(step: Step) -> bool:
    """Whether a step only looks at the same memory in another way."""
    return step.op.name in ("reshape", "transpose", "getitem")


def _keeps_rows(step: Step) -> bool:
    """Whether a view of a block is the block of the view."""
    (first,), params = values(step.inputs), step.params
    if step.op.name == "reshape":
        return step.output.shape[:1] == first.shape[:1] and step.output.rows and bool(step.shows)
    if step.op.name == "transpose":
        return bool(params["axes"][0] == 0)
    return bool(params["key"][0] == (0, first.shape[0], 1))


def cut(step: Step, operand: Operand, rows: int) -> bool:
    """Whether a loop takes the rows of an operand one by one, rather than all of it each time."""
    if not isinstance(operand, Value) or operand.shape[:1] != (rows,):
        return False
    return len(operand.shape) == len(step.output.shape) or not pointwise(step.op)


def ends(step: Step) -> bool:
    """Whether all rows go into one result."""
    if step.op is SCATTERED or step.op.name == "dot":
        return True
    return step.op.name in _REDUCTIONS and 0 in step.params["axis"]


def _loop(rows: int, steps: list[Step]) -> Loop:
    widest = max(value.nbytes // rows for step in steps for value in _cut_values(step, rows))
    block = min(rows, max(1, BLOCK // max(widest, 1)))
    return Loop(rows, block, tuple(steps), frozenset(step.output for step in steps if ends(step)))


def _cut_values(step: Step, rows: int) -> Iterator[Value]:
    yield from (operand for operand in values(step.inputs) if cut(step, operand, rows))
    if not ends(step):
        yield step.output


def steps_of(items: Iterable[Item]) -> Iterator[Step]:
    """All steps, in the order in which they run."""
    for item in items:
        yield from item.steps if isinstance(item, Loop) else (item,)


def made_in_loops(items: Iterable[Item]) -> dict[Value, Loop]:
    """Which loop makes a value row by row."""
    found: dict[Value, Any] = {}
    for item in items:
        if isinstance(item, Loop):
            found.update((step.output, item) for step in item.steps if step.output not in item.ends)
    return found
