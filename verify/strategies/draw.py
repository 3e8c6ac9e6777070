"""Arguments for a program: within their ranges, of sizes that differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from verify.strategies.program import Input, Program

SIZES: Mapping[str, int] = {"n": 4, "m": 3, "k": 2}


def arguments(program: Program, seed: int, sizes: Mapping[str, int] = SIZES) -> list[Any]:
    """One argument for each input, with all their digits: Python numbers and float64 arrays.

    >>> from verify.strategies.program import Program, Input
    >>> [a.shape for a in arguments(Program((Input("x", ("n", 1)),), (), ("x",)), 0)]
    [(4, 1)]
    """
    shapes = [tuple(sizes[n] if isinstance(n, str) else n for n in given.shape) for given in program.inputs]
    return arguments_of(program, seed, shapes)


def arguments_of(program: Program, seed: int, shapes: Sequence[tuple[int, ...]]) -> list[Any]:
    """One argument of each of these shapes, within the range of its input."""
    rng = np.random.default_rng(seed)
    return [_argument(given, shape, rng) for given, shape in zip(program.inputs, shapes, strict=True)]


def _argument(given: Input, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    drawn = rng.uniform(given.low, given.high, shape)
    return drawn + 3 * np.eye(shape[0], shape[1]) if given.square else drawn if shape else float(drawn)
