"""Sums as products: NumPy's values within a few roundings, whatever the shape, and nothing else changed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dualgrad.sums import _MANY, total

SHAPES = [(25, 1000, 20), (5000, 3), (3, 5000), (2, 4, 1500), (64, 200), (_MANY, 1), (1, _MANY, 2), (4, 0, 3), (7,), ()]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.complex128])
def test_they_are_numpys(shape, dtype):
    a = (10 * np.random.default_rng(0).standard_normal(shape)).astype(dtype)[()]
    for axes in [(k,) for k in range(len(shape))] + [tuple(range(len(shape)))]:
        for keepdims in (False, True):
            found, expected = total(a, axes, keepdims), np.sum(a, axis=axes, keepdims=keepdims)
            assert found.shape == expected.shape
            assert found.dtype == expected.dtype or dtype == np.int64
            np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == np.float32 else 1e-12, atol=1e-3)


def test_they_are_as_accurate():
    a = np.random.default_rng(0).uniform(0, 1, (4, 4000, 8))
    exact = np.array([[math.fsum(a[i, :, k]) for k in range(8)] for i in range(4)])
    for found in (total(a, (1,), False), np.sum(a, axis=1)):
        assert np.max(np.abs(found / exact - 1)) < 1e-13


def test_infinities_and_nan_stay_in_their_place():
    a = np.ones((9000, 2))
    a[3, 0], a[5, 1] = np.inf, np.nan
    assert total(a, (0,), False).tolist()[0] == np.inf
    assert np.isnan(total(a, (0,), False)[1])
    assert total(a, (1,), False)[4] == 2.0
