"""Comparing balls and floats: the traps of enclosures."""

from fractions import Fraction
from math import inf, nan, nextafter

import flint
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from verify.ball.compare import Enclosure, accurate, contains, decimal, disjoint, spacing, ulps, upper_float
from verify.ball.literals import literal
from verify.ball.precision import working_precision

DOUBLE, SINGLE, HALF = (np.dtype(kind) for kind in (np.float64, np.float32, np.float16))
NAN, EVERYTHING = arb("nan"), arb(0, 1e300)


def test_a_nan_ball_agrees_with_nothing_and_differs_from_nothing():
    assert NAN.contains(5)  # Arb's own answer, and why ours is asked instead
    assert NAN.overlaps(arb(5))
    assert not contains(NAN, 5.0)
    assert not disjoint(NAN, arb(5))
    assert not accurate(NAN, 1)
    assert ulps(5.0, NAN, DOUBLE) == inf


def test_a_wide_ball_is_not_accurate():
    assert contains(EVERYTHING, 5.0)
    assert not accurate(EVERYTHING, 1)
    assert accurate(arb(0), 80)
    assert accurate(arb((0, 0), (1, -2000)), 80)
    assert not accurate(arb((0, 0), (1, -100)), 80)


def test_disjoint_enclosures():
    assert disjoint(arb(1, 0.25), arb(2, 0.25))
    assert not disjoint(arb(1, 0.5), arb(2, 0.5))


@given(st.floats(-1e308, 1e308))
def test_spacing_is_that_of_numpy(x):
    assert spacing(arb(x), DOUBLE) == arb(float(np.spacing(abs(x))))


@given(st.floats(-(2.0**127), 2.0**127, width=32))
def test_spacing_in_single_precision_is_that_of_numpy(x):
    assert spacing(arb(x), SINGLE) == arb(float(np.spacing(np.abs(np.float32(x)))))


@given(st.floats(-1e300, 1e300), st.integers(0, 100))
def test_neighbours_are_ulps_away(x, steps):
    moved = x
    for _ in range(steps):
        moved = nextafter(moved, inf)
    assert ulps(moved, arb(x), DOUBLE) >= steps / 2
    assert ulps(moved, arb(x), DOUBLE) <= steps * 2
    assert ulps(x, arb(x), DOUBLE) == 0


@pytest.mark.parametrize(
    ("value", "truth", "dtype", "distance"),
    [
        (nan, arb(1), DOUBLE, inf),
        (inf, arb(1), DOUBLE, inf),
        (inf, arb((1, 2000)), DOUBLE, 0.0),
        (-inf, arb((1, 2000)), DOUBLE, inf),
        (-inf, -arb((1, 2000)), DOUBLE, 0.0),
        (inf, arb(1e39), SINGLE, 0.0),
        (inf, arb(65520), HALF, 0.0),
        (inf, arb(65519), HALF, inf),
        (0.0, arb((1, -1074)), DOUBLE, 1.0),
        (1.0, arb(1) + arb((1, -23)), SINGLE, 1.0),
        (1.0, arb(1) + arb((1, -10)), HALF, 1.0),
    ],
)
def test_distances(value, truth, dtype, distance):
    with working_precision(128):
        assert ulps(value, truth, dtype) == distance


@given(st.integers(-(2**200), 2**200), st.integers(-400, 400), st.integers(0, 2**30))
def test_an_exported_enclosure_holds_the_ball(mantissa, exponent, radius):
    with working_precision(300):
        ball = arb((mantissa, exponent), (radius, exponent))
    record = Enclosure.of(ball)
    low, high = record.floats()
    assert record.lower <= (Fraction(mantissa) - radius) * Fraction(2) ** exponent <= record.upper
    assert (low == -inf) or Fraction(low) <= record.lower
    assert (high == inf) or record.upper <= Fraction(high)


def test_only_finite_balls_are_exported():
    with pytest.raises(ValueError, match="expected a finite ball"):
        Enclosure.of(NAN)


def test_decimals():
    with working_precision(128):
        assert decimal(arb(4.5)) == "4.5"
        assert decimal(arb(1) / 3, 5) == "0.33333"
        assert decimal(arb(100)) == "100"
        assert decimal(arb(0, 1e-30)) == "0"


def test_the_precision_is_restored_and_watched():
    before = flint.ctx.prec
    with working_precision(200):
        assert flint.ctx.prec == 200
    assert flint.ctx.prec == before
    with pytest.raises(RuntimeError, match="changed from 200 to 64 bits"), working_precision(200):
        flint.ctx.prec = 64
    assert flint.ctx.prec == before
    with pytest.raises(ZeroDivisionError), working_precision(200):
        _ = 1 // 0
    assert flint.ctx.prec == before


@pytest.mark.parametrize(
    ("value", "constant"),
    [(np.pi, arb.pi), (-np.pi, lambda: -arb.pi()), (np.sqrt(2 / np.pi), lambda: (2 / arb.pi()).sqrt())],
)
def test_named_constants(value, constant):
    with working_precision(200):
        assert literal(float(value), "named").overlaps(constant())
        assert not literal(float(value)).overlaps(constant())


def test_a_number_that_is_only_near_a_constant_is_not_it():
    with working_precision(200):
        assert not literal(3.14159, "named").overlaps(arb.pi())
        assert literal(3.14159, "named").overlaps(literal(3.14159, "decimal"))
        assert literal(7, "decimal") == 7
        assert literal(True) == 1


def test_parts_of_a_ball_far_below_every_float_are_not_written_out():
    tiny = arb((1, -(10**9)))
    assert 0.5 <= upper_float(arb(0.5, tiny)) <= 0.5 + 1e-15
    assert 1.0 <= upper_float(arb(tiny, 1)) <= 1.0 + 1e-8
