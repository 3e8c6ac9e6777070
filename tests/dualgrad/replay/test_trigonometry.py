"""Sines and cosines through the tangent, held against Arb: within the ulps stated, near zeros and far out, too."""

import flint
import numpy as np
import pytest

from dualgrad.replay.trigonometry import FAR, ULPS, cosine, sine

RNG = np.random.default_rng(0)
QUARTERS = np.arange(-40, 41) * (np.pi / 2)
POINTS = np.concatenate(
    [
        *(RNG.uniform(-high, high, 150) for high in (1e-3, 0.8, 3.2, 30.0, FAR)),
        *(QUARTERS, np.nextafter(QUARTERS, np.inf), np.nextafter(QUARTERS, -np.inf)),
    ]
)


def ulps(got, x, name):
    with flint.ctx.workprec(300):
        exact = getattr(flint.arb(float(x)), name)()
        return float(abs(flint.arb(float(got)) - exact) / flint.arb(float(np.spacing(abs(float(exact))))))


@pytest.mark.parametrize(("function", "name"), [(sine, "sin"), (cosine, "cos")])
def test_within_the_ulps_stated(function, name):
    near, far = POINTS[np.abs(POINTS) <= 3], POINTS[np.abs(POINTS) > 3]
    for points in (near, far):
        worst = max(ulps(got, x, name) for got, x in zip(function(points), points, strict=True))
        assert worst <= ULPS


@pytest.mark.parametrize(("function", "exact"), [(sine, np.sin), (cosine, np.cos)])
def test_zeros_infinities_and_what_is_very_far(function, exact):
    for points in ([0.0, -0.0], [np.inf, np.nan, 1.0], []):
        with np.errstate(all="ignore"):
            got, expected = function(np.array(points)), exact(np.array(points))
        assert np.allclose(got, expected, rtol=1e-15, atol=0, equal_nan=True)
        assert np.array_equal(np.signbit(got), np.signbit(expected)) or np.isnan(expected).any()
    assert np.allclose(cosine(np.array([1e9])), np.cos(1e9), rtol=1e-15, atol=0)
