"""Random programs, one step after another, from nothing but a choice of whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from verify.strategies.builder import Builder
from verify.strategies.moves import FAMILIES, MOVES
from verify.strategies.program import Input, Program

T = TypeVar("T")
DEEPEST = 50
_SHAPES: dict[str, tuple[tuple[tuple[str | int, ...], ...], ...]] = {
    "elementwise": ((("n",),), (("n",), ("n",)), (("n", "m"),), ((),), ((), ())),
    "reductions": ((("n",),), (("n", "m"),), (("n", "m"), ("m",)), (("n", "m", "k"),)),
    "broadcasting": (
        (("n",), ("m",)), (("n", "m"), ("m",)), (("n", 1), ("n", "m")), (("n", "m"), ()), (("n",), (1,), ()),
        (("n", "m", "k"), ("m", 1)),
    ),
    "indexing": ((("n",),), (("n", "m"),), (("n",), ("n",)), (("n", "m"), ("m",))),
    "contractions": (
        (("n", "m"), ("m",)), (("n", "m"), ("m", "k")), (("n",), ("n",)), (("n", "m"), ("n", "m")),
        (("n", "n"), ("n",)),
    ),
    "linear algebra": ((("n", "n"),), (("n", "n"), ("n",)), (("n", "n"), ("n", "m"))),
    "branches": ((("n",),), (("n",), ("n",)), (("n", "m"),), ((), ())),
    "mixed": ((("n",),), (("n", "m"),), (("n", "m"), ("m",)), (("n", "n"), ("n",)), (("n",), ("n",), ())),
}  # fmt: skip
_NAMES = "xyzw"


def generate(choose: Callable[[int], int], families: Sequence[str] = FAMILIES, deepest: int = 8) -> Program:
    """A program of one of these families with at most so many steps of its own kind.

    ``choose(k)`` gives a number from 0 to k - 1. A program is finite and smooth enough to be differentiated wherever
    its arguments lie in their ranges, but for the kinks that it has.

    >>> print(generate(lambda k: 0, ["elementwise"], deepest=2).source())
    def f(x):
        v1 = x * 2
        return v1
    """
    family = _pick(choose, list(families))
    inputs = tuple(
        _input(choose, name, shape, family) for name, shape in zip(_NAMES, _pick(choose, _SHAPES[family]), strict=False)
    )
    builder = Builder(choose, inputs)
    weights = MOVES[family]
    bag = [move for move, weight in weights for _ in range(weight)]
    for _ in range(1 + choose(deepest)):
        move = _pick(choose, bag)
        move(builder)
    builder.finish()
    return Program(inputs, tuple(builder.steps), (builder.last.name,)).trimmed()


def _input(choose: Callable[[int], int], name: str, shape: tuple[Any, ...], family: str) -> Input:
    if len(shape) == 2 and shape[0] == shape[1]:
        return Input(name, shape, -0.4, 0.4, square=True)
    low, high = _pick(choose, ((-2.0, 2.0), (0.3, 2.5), (-0.8, 0.8)))
    return Input(name, shape, low, high)


def _pick(choose: Callable[[int], int], options: Sequence[T]) -> T:
    return options[choose(len(options))]
