"""What a gradient must not depend on: memory layout, repetition, and the caller's arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.problem import Array, OutOfMemory, Problem


@dataclass(frozen=True)
class Hygiene:
    """Findings in words; ``refuting`` ones change the returned value."""

    findings: tuple[str, ...]
    refuting: tuple[str, ...]


def examine(problem: Problem, reference: Sequence[Array]) -> Hygiene:
    """Run the candidate again, also on other layouts and on read-only arrays, and compare what it returns."""
    findings, refuting = [], []
    args = problem.call(problem.arrays)
    result = _attempt(problem, args)
    if result is None:
        return Hygiene((), ("a repeated call raised",))
    findings += _modified(problem, args)
    findings += _aliases(problem, args, result)
    if not _same(reference, result):
        refuting.append("a repeated call with equal arguments returned another value")
    for layout, change in _layouts():
        changed = [
            change(arg) if isinstance(arg, np.ndarray) and arg.ndim else arg for arg in problem.call(problem.arrays)
        ]
        again = _attempt(problem, changed)
        if again is None:
            findings.append(f"raises on {layout} arguments")
        elif not _close(reference, again):
            refuting.append(f"returned another value for {layout} arguments")
    return Hygiene(tuple(findings), tuple(refuting))


def glance(problem: Problem, reference: Sequence[Array]) -> Hygiene:
    """The same with one more call: on read-only arrays of another layout."""
    args = [_read_only(np.array(a, order="F")) if isinstance(a, np.ndarray) and a.ndim else a
            for a in problem.call(problem.arrays)]  # fmt: skip
    result = _attempt(problem, args)
    if result is None:
        return Hygiene(("raises on read-only or Fortran-ordered arguments",), ())
    if not _close(reference, result):
        return Hygiene((), ("a repeated call, with arguments of another memory layout, returned another value",))
    return Hygiene((), ())


def _attempt(problem: Problem, args: Sequence[Any]) -> list[Array] | None:
    try:
        return [np.array(part) for part in problem.split(problem.answer(args))]
    except OutOfMemory:
        raise
    except Exception:
        return None


def _layouts() -> Iterator[tuple[str, Callable[[Array], Array]]]:
    yield "Fortran-ordered", lambda array: np.array(array, order="F")
    yield "strided", _strided
    yield "read-only", _read_only


def _strided(array: Array) -> Array:
    wide = np.repeat(array, 2, axis=-1)
    return wide[..., ::2]


def _read_only(array: Array) -> Array:
    copy = np.array(array)
    copy.flags.writeable = False
    return copy


def _modified(problem: Problem, args: Sequence[Any]) -> list[str]:
    return [
        f"modifies its argument {argument.name}"
        for argument, arg in zip(problem.arguments, args, strict=True)
        if argument.array is not None and isinstance(arg, np.ndarray) and not _same([argument.array], [arg])
    ]


def _aliases(problem: Problem, args: Sequence[Any], result: Sequence[Array]) -> list[str]:
    parts = problem.parts(problem.answer(args)) or []
    return [
        f"returns an array that shares memory with its argument {argument.name}"
        for argument, arg in zip(problem.arguments, args, strict=True)
        if isinstance(arg, np.ndarray) and any(isinstance(p, np.ndarray) and np.shares_memory(p, arg) for p in parts)
    ]


def _same(a: Sequence[Array], b: Sequence[Array]) -> bool:
    return all(x.shape == y.shape and np.array_equal(x, y, equal_nan=True) for x, y in zip(a, b, strict=True))


def _close(a: Sequence[Array], b: Sequence[Array]) -> bool:
    """Equal up to the order of summation, which a layout may change: 2^-40 of the largest element."""
    return all(x.shape == y.shape and _near(x, y) for x, y in zip(a, b, strict=True))


def _near(x: Array, y: Array) -> bool:
    if not x.size:
        return True
    finite = np.isfinite(x)
    if not np.array_equal(x[~finite], y[~finite], equal_nan=True):
        return False
    scale = np.max(np.abs(x[finite]), initial=0.0)
    tolerance = {2: 2.0**-6, 4: 2.0**-16}.get(x.dtype.itemsize, 2.0**-40)
    return bool(np.all(np.abs(x[finite] - y[finite]) <= tolerance * scale))
