"""Arithmetic in parts gives, bit for bit, what it gives in one."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg
from dualgrad import parts

EDGES = [0.0, -0.0, np.inf, -np.inf, np.nan, 745.0, -745.0, 5e-324, -5e-324]


@pytest.mark.parametrize("op", [dg.sigmoid, dg.tanh_slope])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_in_parts_is_in_one(op, dtype, monkeypatch):
    with np.errstate(all="ignore"):
        x = np.concatenate([np.random.default_rng(0).normal(0, 10, 1000), EDGES]).astype(dtype)
        whole = op(x)
        apart = np.array([op(entry) for entry in x])  # numbers, which take another way
        monkeypatch.setattr(parts, "_ENTRIES", 64)
        assert np.array_equal(op(x), whole, equal_nan=True)
    assert np.array_equal(apart, whole, equal_nan=True)
    assert whole.dtype == dtype
    assert op(x[::3]).shape == x[::3].shape
    assert np.array_equal(op(x[::-1].reshape(-1, 1))[::-1, 0], whole, equal_nan=True)


def test_the_argument_is_not_written_to():
    x = np.linspace(-3, 3, 10)
    before = x.copy()
    dg.sigmoid(x)
    dg.tanh_slope(x)
    assert np.array_equal(x, before)
    assert not parts.is_plain(np.float64(1))
    assert not parts.is_plain(np.array(1.0))
    assert not parts.is_plain(np.array([1]))
