"""The derivative and the candidate's program, both in balls at one point: do they agree, differ, or not say?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from verify.ball.compare import NEGLIGIBLE, disjoint, spacing
from verify.ball.precision import working_precision
from verify.ball.read import BallArray

FIRST_BITS = 128
LAST_BITS = 2048
AGREED_BITS = 80  # a difference is enclosed to this many bits of its terms before it counts as zero
ULP = 2.0**-52
MARGIN = 8  # bits to spare, with which each of two enclosures is narrow enough for their difference to be
HALF = 2.0**-26  # of the digits of a double
SEEN = arb((1, -1000))  # what floats hold with all their digits


@dataclass(frozen=True)
class Difference:
    """An element where two enclosures are disjoint."""

    place: int
    index: tuple[int, ...]
    expected: str
    got: str


@dataclass(frozen=True)
class Claim:
    """What the candidate's program says, whether its guards were decided, and which of its tests for equality held."""

    outputs: tuple[BallArray, ...]
    decided: bool
    equalities: Mapping[str, bool]


@dataclass(frozen=True)
class Sides:
    """The truth and the candidate's program under one reading of the literals."""

    truth: tuple[BallArray, ...]
    claim: Claim

    @property
    def finite(self) -> bool:
        """Whether both could be enclosed at all."""
        return self.claim.decided and all(map(all_finite, (*self.truth, *self.claim.outputs)))


def status_of(sides: Sides, bits: int) -> tuple[str, Difference | None]:
    """Are they "equal", "different" with the element that is most, or "undecided", as the enclosures are wide?

    What is far below every float beside elements that are not, as exp(-1e9) behind a mask, is no difference.
    """
    wide, furthest, worst = False, arb(0), None
    with working_precision(bits):
        for place, number, true, claimed in elements(sides.truth, sides.claim.outputs):
            if true is None or claimed is None:
                shapes = (f"shape {array.shape}" for array in (sides.truth[place], sides.claim.outputs[place]))
                return "different", Difference(place, (), *shapes)
            if disjoint(true, claimed):
                apart = abs(true - claimed).upper()
                if worst is None or apart > furthest:
                    furthest, worst = apart, (place, number, true, claimed)
                continue
            wide = wide or not narrow(true, claimed, AGREED_BITS, bits)
        seen = furthest >= NEGLIGIBLE or not any(abs(ball) > SEEN for array in sides.truth for ball in array.flat)
        if worst is not None and seen:
            place, number, true, claimed = worst
            index = tuple(map(int, np.unravel_index(number, sides.truth[place].shape)))
            return "different", Difference(place, index, digits(true), digits(claimed))
    return ("undecided" if wide else "equal"), None


def narrow(a: arb, b: arb, agreed: int, bits: int) -> bool:
    """Whether two overlapping enclosures agree to some relative bits, or are both next to nothing at high precision."""
    if bits >= agreed + MARGIN <= min(a.rel_accuracy_bits(), b.rel_accuracy_bits()):
        return True
    radius, scale = (a - b).rad(), abs(a).upper() + abs(b).upper()
    return bool(radius <= scale * 2.0**-agreed or (bits >= 4 * FIRST_BITS and radius <= 2.0 ** (-bits / 2)))


def less_than_an_ulp(exact: Sides, other: Sides, bits: int) -> bool:
    """Whether another reading of the literals changes neither the truth nor the candidate by an ulp."""
    pairs = ((exact.truth, other.truth), (exact.claim.outputs, other.claim.outputs))
    with working_precision(bits):
        return all(
            a is not None and b is not None and bool(abs(a - b).upper() <= abs(a).upper() * ULP)
            for one, two in pairs
            for _, _, a, b in elements(one, two)
        )


def less_than_an_ulp_of_terms(exact: Sides, other: Sides, terms: tuple[BallArray, ...], bits: int) -> bool:
    """Whether another reading leaves the truth as it is, and moves the candidate by less than an ulp of the terms."""
    with working_precision(bits):
        same = all(_same(a, b) for _, _, a, b in elements(exact.truth, other.truth))
        moved = [
            a - b
            for _, _, a, b in elements(exact.claim.outputs, other.claim.outputs)
            if a is not None and b is not None
        ]
        scales = [scale for array in terms for scale in array.ravel().tolist()]
        return same and all(bool(abs(a).upper() <= b.lower() * ULP) for a, b in zip(moved, scales, strict=True))


def _same(a: arb | None, b: arb | None) -> bool:
    """Whether two balls are the same, not only overlap."""
    return a is not None and b is not None and bool(a.mid() == b.mid() and a.rad() == b.rad())


def left_over(sides: Sides, bits: int, share: float) -> bool:
    """Whether the derivative of what was recorded differs from the claim by no more than a share of it."""
    with working_precision(bits):
        return all(
            a is not None and b is not None and bool(abs(a - b).upper() <= abs(a).upper() * share)
            for _, _, a, b in elements(sides.truth, sides.claim.outputs)
        )


def off_by_a_share(sides: Sides, bits: int, share: float) -> str:
    """Are elements that differ off by no more than a share of themselves ("equal"), or by more ("different")?

    Or "undecided", as the enclosures are wide. A series that is cut short where the next term is below the last digit
    is no error of a gradient in floats.
    """
    wide = False
    with working_precision(bits):
        for _, _, true, claimed in elements(sides.truth, sides.claim.outputs):
            if true is None or claimed is None:
                return "different"
            apart = disjoint(true, claimed)
            if apart and abs(true - claimed) > abs(true) * share:
                return "different"
            near = abs(true - claimed) <= abs(true) * share if apart else narrow(true, claimed, AGREED_BITS, bits)
            wide = wide or not near
    return "undecided" if wide else "equal"


def off_by_an_ulp(exact: Sides, sides: Sides, dtypes: Sequence[np.dtype[Any]], bits: int) -> bool:
    """Whether an element of the claim is off by an ulp of its dtype, and disjoint from the truth in ``sides``."""
    with working_precision(bits):
        return any(
            a is not None and b is not None and disjoint(a, b) and bool(abs(true - got) >= spacing(true, dtypes[place]))
            for (place, _, true, got), (_, _, a, b) in zip(
                elements(exact.truth, exact.claim.outputs), elements(sides.truth, sides.claim.outputs), strict=True
            )
            if true is not None and got is not None and place < len(dtypes) and dtypes[place].kind == "f"
        )


def elements(
    one: tuple[BallArray, ...], two: tuple[BallArray, ...]
) -> Iterator[tuple[int, int, arb | None, arb | None]]:
    """Pairs of elements with their place and their number in it; None for both where the shapes differ."""
    for place, (a, b) in enumerate(zip(one, two, strict=True)):
        if a.shape != b.shape:
            yield place, 0, None, None
            continue
        for number, (x, y) in enumerate(zip(a.ravel().tolist(), b.ravel().tolist(), strict=True)):
            yield place, number, x, y


def digits(ball: object, count: int = 17) -> str:
    """The decimal digits a ball is sure of, at most ``count``."""
    return str(ball.str(count, radius=False))  # type: ignore[attr-defined]


def all_finite(array: BallArray) -> bool:
    """Whether every ball of an array is finite."""
    return all(ball.is_finite() for ball in array.ravel().tolist())
