"""Sample calls of ops: what the tests of every op run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Draw = Callable[..., Any]  # draw(2, 3) is an array of shape (2, 3); draw(3, low=0.1, high=2) has a range
Samples = Callable[[np.random.Generator], "Iterator[Sample]"]


@dataclass(frozen=True)
class Sample:
    """One call: positional and keyword arguments."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)


def call(*args: Any, **kwargs: Any) -> Sample:
    """A sample call with these arguments."""
    return Sample(args, kwargs)


def drawn(make: Callable[[Draw], list[Sample]]) -> Samples:
    """Samples built with a function ``draw(*shape, low=-2, high=2)`` for arrays of distinct random numbers."""

    def samples(rng: np.random.Generator) -> Iterator[Sample]:
        yield from make(lambda *shape, low=-2.0, high=2.0: rng.uniform(low, high, shape))

    return samples


def over(*ranges: tuple[float, float]) -> Samples:
    """Broadcasting calls of a pointwise op, one range of values an operand, size 1 and empty shapes among them."""
    shapes = _UNARY if len(ranges) == 1 else _BINARY if len(ranges) == 2 else _TERNARY

    def samples(rng: np.random.Generator) -> Iterator[Sample]:
        for choice in shapes:
            pairs = zip(ranges, choice, strict=True)
            yield Sample(tuple(rng.uniform(low, high, shape) for (low, high), shape in pairs))

    return samples


_Shapes = tuple[tuple[tuple[int, ...], ...], ...]
_UNARY: _Shapes = (((),), ((3,),), ((2, 3),), ((1, 1),), ((0,),))
_BINARY: _Shapes = (((), ()), ((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,)), ((0,), (1,)))
_TERNARY: _Shapes = (((3,), (3,), (3,)), ((2, 1), (3,), ()), ((1,), (2, 3), (2, 1)))
