"""Holding a replayed result against the eager one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from dualgrad.replay.schedule import Item, Loop
from dualgrad.replay.steps import Inner, Operand, Value, values

ULPS = 256  # of the largest entry: how far a result may be off where sums were taken in another order


def rounded(items: Iterable[Item], outputs: Sequence[Operand]) -> tuple[bool, ...]:
    """Which outputs depend on what may differ in the last digits: sums in another order, functions of our own."""
    touched: set[Value] = set()
    for item in items:
        for step in item.steps if isinstance(item, Loop) else (item,):
            in_blocks = isinstance(item, Loop) and step.output in item.ends and step.op.name in ("sum", "dot")
            anew = in_blocks or (isinstance(step.op, Inner) and step.op.rounds)
            if anew or any(value in touched for value in values(step.inputs)):
                touched.add(step.output)
    return tuple(output in touched for output in outputs)


def difference(got: object, expected: object, rounds: bool) -> str:
    """How a result differs from the eager one; empty where it does not.

    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 2.0]), False)
    ''
    >>> difference(np.array([1.0, 2.5]), np.array([1.0, 2.0]), True)
    '2.5 instead of 2.0 at (1,)'
    """
    a, b = np.asarray(got), np.asarray(expected)
    if (a.shape, a.dtype) != (b.shape, b.dtype):
        return f"{a.dtype}{list(a.shape)} instead of {b.dtype}{list(b.shape)}"
    with np.errstate(all="ignore"):
        wrong = ~((a == b) | ((a != a) & (b != b)))
        if rounds and wrong.any() and a.dtype.kind in "fc":
            finite = np.isfinite(b)
            scale = np.max(np.abs(b), where=finite, initial=0)
            wrong &= ~(finite & (np.abs(a - b) <= ULPS * np.finfo(b.dtype).eps * scale))
    if not wrong.any():
        return ""
    place = tuple(int(k) for k in np.argwhere(wrong)[0]) if a.ndim else ()
    return f"{a[place]} instead of {b[place]} at {place}" if place else f"{a} instead of {b}"
