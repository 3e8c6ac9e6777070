"""Adding at positions that are known: without NumPy's ``add.at``, which goes through them one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from dualgrad.op import REGISTRY, Kind
from dualgrad.positions import Positions
from dualgrad.replay.steps import Inner, Recording, Step

Rounds = tuple[tuple[Any, Any], ...]
DEEP = 16  # how often a position may come up


def placed(recording: Recording) -> Recording:
    """The recording with sums at positions as steps of their own; the bits stay."""
    return replace(recording, steps=tuple(map(_placed, recording.steps)))


def _placed(step: Step) -> Step:
    if step.op is not REGISTRY["put_at"] or step.params["axis"] or step.output.dtype != np.float64:
        return step
    positions: Positions = step.params["positions"]
    if step.inputs[0].dtype != np.float64 or not positions.array.size:
        return step
    if len(step.output.shape) == 1:
        forward: Callable[..., Any] | None = _counted(positions, step.params["length"])
    else:
        forward = _in_rounds(positions, step.output.shape)
    return step if forward is None else replace(step, op=Inner("added_at", forward, Kind.MULTILINEAR), params={})


def _counted(positions: Positions, length: int) -> Callable[..., Any]:
    places = positions.array.reshape(-1)

    def added_at(a: Any) -> Any:
        return np.bincount(places, np.reshape(a, -1), length)

    return added_at


@lru_cache(maxsize=64)
def rounds(positions: Positions) -> Rounds:
    """The positions in rounds in which none comes up twice, as pairs of where from and where to.

    >>> [(source.tolist(), target.tolist()) for source, target in rounds(Positions([2, 0, 2], 3))]
    [([1, 0], [0, 2]), ([2], [2])]
    """
    places = positions.array.reshape(-1)
    order = np.argsort(places, kind="stable")
    ordered = places[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    depth = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    return tuple((order[depth == k], ordered[depth == k]) for k in range(int(depth.max()) + 1))


def _in_rounds(positions: Positions, shape: tuple[int, ...]) -> Callable[..., Any] | None:
    found = rounds(positions)
    if len(found) > DEEP:
        return None
    depth = positions.array.ndim

    def added_at(a: Any) -> Any:
        rows = a.reshape(-1, *a.shape[depth:])
        result = np.zeros(shape)
        for source, target in found:
            result[target] += rows[source]
        return result

    return added_at
