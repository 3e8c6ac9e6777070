"""Who owns which memory, and for how long.

A value's *roots* are the values whose memory it may show: itself, or what it is a view of. A buffer of the workspace
is given to a root, and is free again after the last item that looks at it through any view.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dualgrad.replay.schedule import Item, Loop
from dualgrad.replay.steps import Operand, Step, Value, values

Roots = Mapping[Value, tuple[Value, ...]]


def roots_of(steps: Iterable[Step], given: Iterable[Value]) -> Roots:
    """The roots of every value."""
    found: dict[Value, tuple[Value, ...]] = {value: (value,) for value in given}
    for step in steps:
        shown = [operand for slot in step.shows for operand in values(step.inputs[slot : slot + 1])]
        found[step.output] = tuple(dict.fromkeys(root for value in shown for root in found[value])) or (step.output,)
    return found


def last_uses(items: Sequence[Item], roots: Roots, kept: Iterable[Operand]) -> Mapping[Value, int]:
    """The last item that looks at the memory of a root; past the end for what is kept."""
    found: dict[Value, int] = {}
    for place, item in enumerate(items):
        for step in item.steps if isinstance(item, Loop) else (item,):
            for value in (*values(step.inputs), step.output):
                found.update(dict.fromkeys(roots[value], place))
    for value in values(kept):
        found.update(dict.fromkeys(roots[value], len(items)))
    return found


@dataclass
class Pool:
    """Buffers by what they are: those that nobody looks at any more are given out again."""

    prefix: str
    made: dict[str, Hashable] = field(default_factory=dict)
    free: dict[Hashable, list[str]] = field(default_factory=dict)

    def take(self, kind: Hashable) -> str:
        """A buffer of this kind."""
        free = self.free.get(kind)
        if free:
            return free.pop()
        name = f"{self.prefix}{len(self.made)}"
        self.made[name] = kind
        return name

    def give(self, name: str) -> None:
        """Nobody looks at this buffer any more."""
        self.free.setdefault(self.made[name], []).append(name)
