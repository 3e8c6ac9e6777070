"""Other whole numbers in the place of those that are not differentiated by: indices, exponents, labels and counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from verify.question.problem import Array, Problem, Undecidable

BEYOND = {np.greater_equal: -1, np.less: 0, np.greater: 0, np.less_equal: 1, np.equal: 0, np.not_equal: 0}
CHANGES = 3  # numbers tried for those that f compares an argument with


def other_whole_numbers(problem: Problem) -> Iterator[tuple[str, Problem]]:
    """The problem with one whole number of an array of them repeated, 0, or across what f itself compares it with.

    A count that is passed as a number, such as a stride, is tried one smaller and larger.
    """
    for position, argument in enumerate(problem.arguments):
        given = argument.given
        if argument.array is None and type(given) is int and given > 0:
            for count in (given - 1, given + 1) if given > 1 else (given + 1,):
                yield f"{argument.name} = {count}", _with(problem, position, count)
        if argument.array is not None or not isinstance(given, np.ndarray) or given.dtype.kind not in "iu":
            continue
        repeated = [("a repeated whole number", int(number)) for number in (*given.flat[-1:], *given.flat[1:2])]
        for label, number in (("a whole number is 0", 0), *repeated, *_across(problem, position)):
            if given.size > 1 and given.flat[0] != number:
                changed = given.copy()
                changed.flat[0] = number
                yield label, _with(problem, position, changed)


def _with(problem: Problem, position: int, value: Any) -> Problem:
    arguments = list(problem.arguments)
    arguments[position] = replace(arguments[position], given=value)
    return replace(problem, arguments=tuple(arguments))


def _across(problem: Problem, position: int) -> list[tuple[str, int]]:
    """Numbers on another side of what f compares the argument with, as a label that stands for none: f knows both."""
    watched = problem.arguments[position].given.view(_Watched)
    watched.seen = []
    try:
        _with(problem, position, watched).value(problem.arrays)
    except Undecidable:
        return []
    numbers = dict.fromkeys(watched.seen)
    kind = watched.dtype.kind
    return [("a whole number that f tests for", number) for number in numbers if kind == "i" or number >= 0][:CHANGES]


class _Watched(np.ndarray):
    """Whole numbers that note which numbers on another side they are compared with."""

    seen: list[int]

    def __array_finalize__(self, other: Any) -> None:
        self.seen = getattr(other, "seen", [])

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **more: Any) -> Any:
        plain = [np.asarray(operand) if isinstance(operand, _Watched) else operand for operand in inputs]
        if ufunc in BEYOND and isinstance(inputs[0], _Watched) and _is_whole_number(plain[1]):
            self.seen.append(int(plain[1]) + BEYOND[ufunc])
        return getattr(ufunc, method)(*plain, **more)


def _is_whole_number(value: Any) -> bool:
    array: Array = np.asarray(value)
    return array.ndim == 0 and array.dtype.kind in "iuf" and bool(array == np.floor(array)) and bool(abs(array) < 2**31)
