"""Ties that rounding alone makes: beside a boundary, what differs exactly may be equal in floating point."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.program.record import Equation
from verify.points.look import Look, sizes_at
from verify.question.recording import float_steps, guards, with_inputs


def ties(seen: Look) -> bool:
    """Whether a guard of f lies on its boundary at a point when f is run in floats: there it has a kink in floats.

    Every implementation of a minimum splits or picks such a tie; which element it names is a convention, as at a kink.
    """
    program, sizes = seen.recording.forward, sizes_at(seen.recording, seen.point)
    if program is None:
        return False
    values: dict[Any, Any] = {**with_inputs(seen.recording, seen.point.arrays), **program.captured}
    branching = {id(equation) for equation in guards(program)}
    return any(
        id(equation) in branching and _on_boundary(equation, operands, params)
        for equation, operands, params in float_steps(program, values, sizes)
    )


def _on_boundary(equation: Equation, operands: list[Any], params: dict[str, Any]) -> bool:
    first = np.asarray(operands[0])
    if first.dtype.kind != "f":
        return False
    if "axis" in params and len(operands) == 1:
        axis = params["axis"]
        rows = np.sort(first, axis=None if axis is None else _last(axis))
        return bool((np.diff(rows, axis=-1 if axis is None else _last(axis)) == 0).any())
    if len(operands) == 1:
        return bool((first == 0).any())
    return bool((first == np.asarray(operands[1])).any())


def _last(axis: Any) -> int:
    """One axis of those that are reduced; of several the last, along which a tie is looked for."""
    return int(axis[-1]) if isinstance(axis, tuple) else int(axis)
