"""Choices by bits are NumPy's ``where`` to the bit; what they cannot do is left to it."""

from __future__ import annotations

import numpy as np
import pytest

from dualgrad import choosing

VALUES = [1.5, -0.0, np.inf, -np.inf, np.nan, 5e-324]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.complex128, np.int64])
def test_they_choose_as_numpy_does(dtype):
    with np.errstate(invalid="ignore"):
        x = np.array(VALUES).astype(dtype)
    positive = np.real(x) > 0
    for condition in (positive, ~positive, np.zeros(6, bool), np.ones((2, 6), bool), np.True_, 1, np.arange(6)):
        for ours, numpys in (
            (choosing.where(condition, x), np.where(condition, x, 0)),
            (choosing.elsewhere(condition, x), np.where(condition, 0, x)),
        ):
            assert ours.dtype == numpys.dtype
            assert ours.tobytes() == numpys.tobytes()


def test_broadcasting_and_other_byte_orders():
    x = np.arange(6.0).reshape(2, 3) - 2
    assert np.array_equal(choosing.where(np.array([True, False, True]), x), np.where([True, False, True], x, 0))
    assert np.array_equal(choosing.where(x > 0, np.broadcast_to(np.float64(2.0), (2, 3))), np.where(x > 0, 2.0, 0))
    assert np.array_equal(choosing.where(x > 0, x.astype(">f8")), np.where(x > 0, x, 0))
    assert np.array_equal(choosing.where(x[:, ::-1] > 0, x[:, ::-1]), np.where(x > 0, x, 0)[:, ::-1])
