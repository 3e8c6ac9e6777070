"""What two enclosures say of a gradient: equal, different, or nothing as long as one element is wide."""

import numpy as np
import pytest
from flint import arb

from verify.points.agreement import LAST_BITS, ULP, Claim, Sides, off_by_a_share, status_of

WIDE = (arb(1, 0.5), arb(1.25, 0.5))
BELOW_AN_ULP = (arb(1), arb((2**60 + 1, -60)))


def sides(*pairs):
    truth, claimed = (np.array(each, dtype=object) for each in zip(*pairs, strict=True))
    return Sides((truth,), Claim((claimed,), True, {}))


@pytest.mark.parametrize("bits", [128, LAST_BITS])
def test_an_element_that_is_wide_is_undecided_beside_one_that_is_off_by_little(bits):
    assert off_by_a_share(sides(BELOW_AN_ULP), bits, ULP) == "equal"
    assert off_by_a_share(sides(BELOW_AN_ULP, WIDE), bits, ULP) == "undecided"
    assert off_by_a_share(sides(BELOW_AN_ULP, WIDE, (arb(1), arb(2))), bits, ULP) == "different"


def test_a_share_that_cannot_be_told_is_none():
    nearly = (arb(1, 2.0**-54), arb((2**52 + 1, -52)))
    assert off_by_a_share(sides(nearly), LAST_BITS, ULP) == "undecided"


def test_the_element_that_is_furthest_off_is_named():
    status, difference = status_of(sides((arb(1), arb(1)), (arb(2), arb(2.5)), (arb(3), arb(9))), 128)
    assert (status, difference.index, difference.got) == ("different", (2,), "9.0000000000000000")
