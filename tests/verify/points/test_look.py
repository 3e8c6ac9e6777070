"""A gradient that is a series where terms cancel: off by less than an ulp it is right, by more it is not."""

import numpy as np
import pytest

from verify import Verdict, check


def sinc(x):
    return np.sum(np.sin(x) / x)


def with_series(near, terms, factor=1.0):
    def grad(x):
        small = np.abs(x) < near
        far = np.where(small, 1.0, x)
        series = sum(c * x**k for c, k in ((-1 / 3, 1), (1 / 30, 3), (-1 / 840, 5))[:terms])
        return np.where(small, factor * series, (np.cos(far) * far - np.sin(far)) / far**2)

    return grad


@pytest.mark.parametrize("x", [[0.4, 1.0], [1e-9, 1.0]])
def test_a_series_that_ends_below_the_last_digit_is_right(x):
    result = check(sinc, np.array(x), grad=with_series(1e-3, 3))
    assert result.ok, str(result)
    assert result.verdict is not Verdict.PROVED
    assert any("ulp" in said for said in result.formula.assumptions) or "digits" in result.formula.method


@pytest.mark.parametrize(("near", "terms"), [(0.3, 1), (0.3, 2)])
def test_a_series_that_ends_too_early_is_not(near, terms):
    result = check(sinc, np.array([0.4, 1.0]), grad=with_series(near, terms))
    assert result.verdict is Verdict.REFUTED, str(result)


def test_a_wrong_series_is_refuted():
    result = check(sinc, np.array([0.4, 1.0]), grad=with_series(1e-3, 3, factor=1 + 1e-6))
    assert not result.ok, str(result)


def test_a_factor_of_a_few_ulps_does_not_pass_for_a_series():
    def grad(x):
        return np.where(x > 0, 2 * x * (1 + 1e-13), 2 * x)

    result = check(lambda x: np.sum(x**2), np.array([0.4, -1.0]), grad=grad)
    assert not result.ok, str(result)


def into_half(x):
    half = np.zeros_like(x, dtype=np.float16)
    half[...] = 2 * x
    return half


def test_what_is_written_into_a_coarser_array_has_its_digits():
    found = check(lambda x: np.sum(x**2), np.array([0.7, -1.3, 2.1]), grad=into_half)
    assert found.verdict is Verdict.CERTIFIED and "24 digits" not in found.formula.method
