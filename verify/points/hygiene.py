"""What a gradient must not depend on: memory layout, repetition, and the caller's arrays.

Beside that, what it should not do: write into what it is given, return arrays that share memory, compute in less
precision than its arguments have, or ignore the direction or the cotangent that it is asked about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from verify.question.change import State, state_of, still_changing
from verify.question.problem import Array, OutOfMemory, Problem, Undecidable, run

COPIES = 16  # of the arguments, at addresses of their own, for a candidate that looks at those
MANY = 3  # elements that have to show it before a narrower dtype is suspected


@dataclass(frozen=True)
class Hygiene:
    """Findings in words; ``refuting`` ones change the returned value, one that is ``unsettled`` might do so later."""

    findings: tuple[str, ...]
    refuting: tuple[str, ...]
    unsettled: str = ""


def _never(_: Sequence[Array]) -> bool:
    return False


def examine(
    problem: Problem,
    reference: Sequence[Array],
    identity: bool = False,
    right: Callable[[Sequence[Array]], bool] = _never,
) -> Hygiene:
    """Run the candidate again, also on other layouts and on read-only arrays, and compare what it returns.

    With ``identity`` also on many copies that are alive together, so that each has an identity of its own. Where
    almost everything cancels, another order of summation changes every digit: numbers that are ``right`` may differ.
    """
    findings, refuting = list(_of_the_function(problem)), []
    args = problem.call(problem.arrays)
    result = _attempt(problem, args)
    if result is None:
        return Hygiene((), ("a repeated call raised",))
    findings += _modified(problem, args)
    findings += _aliases(problem, args)
    findings += _coarse(problem, reference)
    if not _same(reference, result):
        refuting.append("a repeated call with equal arguments returned another value")
    elif not _same(reference, _after_another(problem) or reference):
        refuting.append("a call with other arguments changes what the next one returns")
    settled = state_of(problem.f, problem.candidate)
    problem.value(problem.arrays)
    copies = [problem.call(problem.arrays) for _ in range(COPIES if identity else 0)]
    if not all(_same(reference, _attempt(problem, copy) or reference) for copy in copies):
        refuting.append("a copy of the arguments at another address returned another value")
    for layout, change in _layouts():
        changed = [
            change(arg) if isinstance(arg, np.ndarray) and arg.ndim else arg for arg in problem.call(problem.arrays)
        ]
        again = _attempt(problem, changed)
        if again is None:
            findings.append(f"raises on {layout} arguments")
        elif not _close(reference, again) and not right(again):
            refuting.append(f"returned another value for {layout} arguments")
    unsettled = _unsettled(settled, problem)
    return Hygiene((*findings, *_ignored(problem, reference)), tuple(refuting), unsettled)


def _unsettled(settled: State, problem: Problem) -> str:
    place = still_changing(settled, state_of(problem.f, problem.candidate))
    return place and f"{place} changes at every call, also with equal arguments, and is read: a later call may differ"


def _of_the_function(problem: Problem) -> Iterator[str]:
    """What f does with its arguments, and whether it returns the same when it is called again."""
    if problem.own or problem.tensors:
        return
    args = problem.call(problem.arrays)
    try:
        values = problem.outputs(run(problem.name, problem.f, problem.taken(args), problem.patience))
    except Undecidable:
        return
    for finding in _modified(problem, args):
        yield f"{problem.name} {finding}"
    if not _same(problem.value(problem.arrays), problem.chosen(values)):
        raise Undecidable(f"{problem.name} returns another value when it is called again, so it has no derivative")


def _after_another(problem: Problem) -> list[Array] | None:
    """What the candidate returns after it was called with other numbers, as one that keeps a cache would."""
    other = {
        place: np.asarray(array * 1.0625, dtype=array.dtype) if array.dtype.kind == "f" else array
        for place, array in problem.arrays.items()
    }
    _attempt(problem, problem.call(other))
    return _attempt(problem, problem.call(problem.arrays))


def _ignored(problem: Problem, reference: Sequence[Array]) -> Iterator[str]:
    """The direction or the cotangent, where the result stays as it is when that is doubled."""
    passed = () if problem.derived is None or problem.asked not in ("vjp", "jvp", "hvp") else problem.drawn
    if problem.asked == "jvp" and problem.derived is not None:
        passed = problem.derived.tangents
    if not passed or not any(part.any() for part in reference):
        return
    doubled = {place: array * 2 if place in passed else array for place, array in problem.arrays.items()}
    found = _attempt(problem, problem.call(doubled))
    if found is not None and _same(reference, found):
        yield f"ignores its argument {', '.join(problem.arguments[place].name for place in passed)}"


def _coarse(problem: Problem, result: Sequence[Array]) -> Iterator[str]:
    """Results in less precision than the arguments have, also where their dtype hides it."""
    given = [problem.arrays[p].dtype for p in problem.moving if problem.arrays[p].dtype.kind == "f"]
    width = max((dtype.itemsize for dtype in given), default=8)
    for part in result:
        if part.dtype.kind in "iu":
            yield f"returns integers ({part.dtype})"
        elif part.dtype.itemsize < width:
            yield f"returns {part.dtype} for arguments of float{8 * width}"
        else:
            for dtype in (np.float16, np.float32):
                if np.dtype(dtype).itemsize < part.dtype.itemsize and _fits(part, dtype):
                    yield f"computes in {np.dtype(dtype)}: every element of its {part.dtype} result is one"
                    break


def _fits(part: Array, dtype: Any) -> bool:
    """Whether all elements are numbers of a narrower dtype, and need most of its digits."""
    with np.errstate(all="ignore"):
        narrow = part.astype(dtype)
        coarser = part.astype(np.float16) if dtype is np.float32 else np.round(part * 64) / 64
    fine = np.isfinite(part)
    needing = int(np.sum((coarser.astype(part.dtype) != part) & fine))
    return needing >= MANY and bool((narrow.astype(part.dtype)[fine] == part[fine]).all())


def glance(problem: Problem, reference: Sequence[Array]) -> Hygiene:
    """The same with one more call: on read-only arrays of another layout."""
    args = [_read_only(np.array(a, order="F")) if isinstance(a, np.ndarray) and a.ndim else a
            for a in problem.call(problem.arrays)]  # fmt: skip
    settled = state_of(problem.f, problem.candidate)
    result = _attempt(problem, args)
    if result is None:
        return Hygiene(("raises on read-only or Fortran-ordered arguments",), ())
    if not _close(reference, result):
        return Hygiene((), ("a repeated call, with arguments of another memory layout, returned another value",))
    return Hygiene((), (), _unsettled(settled, problem))


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
    yield "reversed", lambda array: np.array(array[::-1])[::-1]
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


def _aliases(problem: Problem, args: Sequence[Any]) -> list[str]:
    parts = [part for part in problem.parts(problem.answer(args)) or [] if isinstance(part, np.ndarray)]
    found = [
        f"returns an array that shares memory with its argument {argument.name}"
        for argument, arg in zip(problem.arguments, args, strict=True)
        if isinstance(arg, np.ndarray) and any(np.shares_memory(part, arg) for part in parts)
    ]
    if any(np.shares_memory(a, b) for a, b in combinations(parts, 2)):
        found.append("returns arrays that share memory with one another")
    return found


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
