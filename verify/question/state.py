"""Functions that keep what they computed last: they are recorded where they have to compute it again."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from verify.question.problem import Array, Problem, Undecidable

ASIDE = 2.0**-10  # relative, and absolute; how far from a point a function is called to make it forget that one
_STATELESS = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type, np.ufunc, np.ndarray)


def call_elsewhere(problem: Problem, arrays: Mapping[int, Array]) -> None:
    """Call the functions beside a point, where they may remember what they found at it.

    What is remembered for these very numbers is a constant to a recording, and its derivative would be 0.
    """
    moved = {place: _aside(array) if place in problem.moving else array for place, array in arrays.items()}
    for function, call in ((problem.f, problem.result), (problem.candidate, problem.gradient)):
        if remembers(function):
            with suppress(Undecidable):
                call(moved)


def remembers(function: Callable[..., Any]) -> bool:
    """Whether a function belongs to an object, is one, or holds one that it could change.

    >>> remembers(np.sin), remembers([].append)
    (False, True)
    """
    if isinstance(function, functools.partial):
        return remembers(function.func)
    owner = getattr(function, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        return True
    if not isinstance(function, _STATELESS):
        return True
    return any(map(_may_change, _held(function)))


def _held(function: Callable[..., Any]) -> list[Any]:
    found = []
    for cell in getattr(function, "__closure__", None) or ():
        with suppress(ValueError):  # not filled yet
            found.append(cell.cell_contents)
    return found


def _may_change(value: Any) -> bool:
    return isinstance(value, (dict, list)) or (hasattr(value, "__dict__") and not isinstance(value, _STATELESS))


def _aside(array: Array) -> Array:
    return np.asarray(array * (1 + ASIDE) + ASIDE, dtype=array.dtype) if array.dtype.kind == "f" else array
