"""Hypothesis strategies: shapes, tensors, and whole random programs with their gradients.

>>> import verify
>>> from hypothesis import given, settings
>>> @settings(max_examples=3, database=None, derandomize=True, deadline=None)
... @given(programs(["elementwise"]))
... def every_gradient_is_right(example):
...     assert verify.check(example.f, *example.args, grad=example.grad).ok
>>> every_gradient_is_right()

A program is data (:class:`Program`), from which a plain NumPy function and its text are made. Its gradient is the
engine's, recorded, and is such a program too: what fails is shown as two short texts, and smaller ones are found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st

from verify.strategies.draw import SIZES, arguments
from verify.strategies.generate import DEEPEST, generate
from verify.strategies.moves import FAMILIES
from verify.strategies.program import Input, Program, Step
from verify.strategies.recorded import Untold, gradient_of

__all__ = [
    "DEEPEST", "FAMILIES", "Example", "Input", "Program", "Step", "programs", "shapes", "tensors",
]  # fmt: skip


@dataclass(frozen=True)
class Example:
    """A program, arguments within its ranges, and the engine's gradient of the sum of what it returns."""

    program: Program
    gradient: Program
    args: tuple[Any, ...]

    @cached_property
    def f(self) -> Callable[..., Any]:
        """The program as a NumPy function; its text can be looked up as that of any function in a file."""
        return self.program.function("f")

    @cached_property
    def grad(self) -> Callable[..., Any]:
        """The gradient as a NumPy function: an array, or a tuple of them where there are several arguments."""
        return self.gradient.function("grad")

    def __repr__(self) -> str:
        args = ", ".join(map(repr, self.args))
        return f"{self.program.source('f')}\n{self.gradient.source('grad')}\narguments: {args}"


def shapes(most: int = 3, largest: int = 5, smallest: int = 1) -> st.SearchStrategy[tuple[int, ...]]:
    """Shapes of at most so many axes, of sizes within bounds; they shrink to fewer and shorter axes.

    >>> from hypothesis import find
    >>> find(shapes(most=2), lambda shape: len(shape) == 2)
    (1, 1)
    """
    return st.lists(st.integers(smallest, largest), max_size=most).map(tuple)


def tensors(
    shape: tuple[int, ...] | st.SearchStrategy[tuple[int, ...]] | None = None, low: float = -2.0, high: float = 2.0
) -> st.SearchStrategy[np.ndarray[Any, Any]]:
    """Arrays of float64 with all their digits, between two numbers; 0, whole and equal entries occur too.

    >>> from hypothesis import find
    >>> find(tensors((2, 3)), lambda array: True).shape
    (2, 3)
    """
    wanted = shapes() if shape is None else st.just(shape) if isinstance(shape, tuple) else shape
    special = [x for x in (0.0, 1.0, -1.0, 0.5) if low <= x <= high]
    entries = st.floats(low, high, allow_subnormal=False)
    entries = st.sampled_from(special) | entries if special else entries

    def filled(size: tuple[int, ...]) -> st.SearchStrategy[np.ndarray[Any, Any]]:
        count = int(np.prod(size))
        return st.lists(entries, min_size=count, max_size=count).map(lambda drawn: np.array(drawn).reshape(size))

    return wanted.flatmap(filled)


@st.composite
def programs(
    draw: st.DrawFn, families: Sequence[str] = FAMILIES, deepest: int = 8, sizes: dict[str, int] | None = None
) -> Example:
    """Random programs with their gradients.

    ``families`` are among :data:`FAMILIES`: elementwise, reductions, broadcasting, indexing, contractions, linear
    algebra, branches, mixed. ``deepest`` bounds the steps of a program's own kind, up to :data:`DEEPEST`. ``sizes``
    gives the sizes of the dimensions n, m and k, which otherwise differ.
    """
    unknown = set(families) - set(FAMILIES)
    if unknown:
        raise ValueError(f"programs: there is no family {', '.join(sorted(unknown))}; expected some of {FAMILIES}")
    if not 1 <= deepest <= DEEPEST:
        raise ValueError(f"programs: deepest is {deepest}; expected from 1 to {DEEPEST}")
    program = generate(lambda options: draw(st.integers(0, options - 1)), families, deepest)
    args = arguments(program, draw(st.integers(0, 2**16)), sizes or SIZES)
    try:
        return Example(program, gradient_of(program, args), tuple(args))
    except Untold:
        reject()
