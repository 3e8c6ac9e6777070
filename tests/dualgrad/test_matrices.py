"""Inverses of triangles by halves."""

from __future__ import annotations

import numpy as np
import pytest

from dualgrad.matrices import inverse_of_matrix


@pytest.mark.parametrize("size", [1, 63, 64, 65, 95, 97, 200])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
def test_they_are_as_accurate_as_numpys(size, dtype):
    rng = np.random.default_rng(size)
    a = (np.tril(rng.standard_normal((size, size))) / np.sqrt(size) + 2 * np.eye(size)).astype(dtype)
    for matrix in (a, a.T, np.asfortranarray(a), a[None]):
        left, numpys = (
            np.max(np.abs(x @ matrix - np.eye(size))) for x in (inverse_of_matrix(matrix), np.linalg.inv(matrix))
        )
        assert left <= 4 * numpys + 1e-300
    assert not inverse_of_matrix(a)[np.triu_indices(size, 1)].any()


def test_what_has_an_entry_above_is_no_triangle():
    a = np.eye(80)
    a[3, 7] = 0.5
    assert np.array_equal(inverse_of_matrix(a), np.linalg.inv(a))


def test_a_zero_on_the_diagonal_is_refused():
    a = np.eye(80)
    a[70, 70] = 0
    with pytest.raises(np.linalg.LinAlgError):
        inverse_of_matrix(a)
