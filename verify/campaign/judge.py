"""Whether a gradient really is wrong, by the 60-digit evaluation alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpmath import mp, mpf

from verify.campaign.exact import DIGITS, Outside, exactly, slope, values
from verify.strategies.draw import arguments
from verify.strategies.program import Program

NOISE = "1e-50"  # absolute: what a slope by differences is off by, where the truth is zero
EXACT = 1e-25  # relative: a gradient that is further from the slope than this is wrong


@dataclass(frozen=True)
class Distance:
    """How far a gradient is from the slope at one point, relative to the terms that it is the sum of."""

    relative: float
    why: str = ""


def distance(f: Program, g: Program, args: Sequence[Any], seed: int = 0) -> Distance | None:
    """The distance at these arguments along a random direction; None where f or g is not defined there.

    g may return the gradient in the first arguments alone, and the direction is in these.
    """
    rng = np.random.default_rng(seed)
    at = exactly(args)
    count = len(g.outputs)
    signs = [rng.choice([-1.0, 1.0], a.shape) * (k < count) for k, a in enumerate(at)]
    along = exactly([rng.uniform(0.5, 1.5, a.shape) * sign for a, sign in zip(at, signs, strict=True)])
    try:
        true = slope(f, at, along)
    except Outside:
        return None
    except (ValueError, IndexError) as error:
        return Distance(float("inf"), f"f does not run: {error}")
    try:
        given = values(g, at)
    except Outside:
        return None
    except (ValueError, IndexError) as error:
        return Distance(float("inf"), f"it does not run: {error}")
    for got, arg in zip(given, at, strict=False):
        if got.shape != arg.shape:
            return Distance(float("inf"), f"its shape is {got.shape}, not {arg.shape}")
    with mp.workdps(DIGITS):
        terms = [entry for got, d in zip(given, along, strict=False) for entry in np.asarray(got * d).flat]
        scale = abs(true) + sum((abs(term) for term in terms), mpf(0))
        off = abs(sum(terms, mpf(0)) - true)
        return Distance(float(off / scale) if off > mpf(NOISE) else 0.0)


def points(program: Program, seed: int) -> list[list[Any]]:
    """Random points within the ranges of the arguments."""
    return [arguments(program, 7919 * seed + k) for k in range(2)]


def wrong(f: Program, g: Program, args: Sequence[Any], seed: int = 0, tolerance: float = EXACT) -> Distance | None:
    """Where a gradient is wrong: at these arguments, or at random points of such shapes; None where it is not."""
    for k, point in enumerate([list(args), *points(f, seed)]):
        found = distance(f, g, point, k)
        if found is not None and found.relative > tolerance:
            return found
    return None
