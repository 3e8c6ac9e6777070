"""What functions return, as numbers."""

import numpy as np

from verify import Verdict, check

x = np.array([0.7, -1.3, 2.1, 0.4])


def mean_above_zero(x):
    return np.ma.masked_array(x, x < 0).mean()


def share(x):
    above = x >= 0
    return above / above.sum()


def test_a_mean_of_no_elements_is_masked_and_no_number():
    assert check(mean_above_zero, x, grad=share).ok  # and not refuted where all are below 0
    assert check(mean_above_zero, x, grad=lambda x: np.full_like(x, 1 / 3)).verdict is Verdict.REFUTED


def test_masked_elements_are_not_what_is_under_the_mask():
    result = check(lambda x: np.sum(x**2), x, grad=lambda x: np.ma.masked_array(2 * x, x < 0))
    assert result.verdict is Verdict.UNDECIDED and "masked" in result.reason
