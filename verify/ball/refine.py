"""Doubling the precision until an enclosure says enough, or it is clear that it never will."""

from __future__ import annotations

from collections.abc import Callable

from verify.ball.compare import accurate
from verify.ball.read import Differential

START = 128
LIMIT = 4096
HOPELESS = 1024  # at these bits, what is not finite or not decided stays so


def refine(
    compute: Callable[[int], Differential], bits: int = 80, start: int = START, limit: int = LIMIT
) -> Differential:
    """``compute(precision)`` at doubled precisions, until every element has ``bits`` relative bits.

    The last one is returned where that does not happen: an element that is not ``accurate`` then is unknown,
    or the derivative does not exist there.
    """
    precision = start
    while True:
        found = compute(precision)
        if precision >= limit or _enough(found, bits) or (precision >= HOPELESS and _hopeless(found, bits)):
            return found
        precision *= 2


def _enough(found: Differential, bits: int) -> bool:
    return found.reading.decided and all(accurate(ball, bits) for array in found.arrays for ball in array.flat)


def _hopeless(found: Differential, bits: int) -> bool:
    """Whether nothing is left that more bits could improve."""
    return not any(ball.is_finite() and not accurate(ball, bits) for array in found.arrays for ball in array.flat)
