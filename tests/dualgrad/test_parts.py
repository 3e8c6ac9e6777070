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


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((1, 1000, 20), (5, 1, 20)),
        ((5, 1000, 20), (5, 1, 20)),
        ((20,), (1000, 20)),
        ((1000, 20), (1000, 1)),
        ((997, 20), (20,)),
        ((4000, 3), (3,)),
        ((4000, 3), (1, 3)),
        ((2, 4000, 3), (4000, 3)),
        ((3, 2), (2,)),
    ],
)
def test_rows_taken_together_give_what_they_give_apart(first, second):
    x1, x2 = (np.random.default_rng(len(shape)).standard_normal(shape) for shape in (first, second))
    expected = x1 - x2
    for y1, y2 in ((x1, x2), (np.asfortranarray(x1), x2), (x1, np.asfortranarray(x2))):
        found = parts.by_rows(np.subtract, y1, y2)
        assert np.array_equal(found, expected)
        assert found.shape == expected.shape
        assert found.base is None
    if x1.shape == expected.shape:
        assert parts.by_rows(np.subtract, x1, x2, x1) is x1
        assert np.array_equal(x1, expected)
    assert np.array_equal(parts.by_rows(np.add, x2, 1.0), x2 + 1)
    assert parts.by_rows(np.add, x2, x2.astype(np.float32)).dtype == np.float64
