"""Numbers in a source: what rounding Python left in them, and that no more than that is forgiven."""

from __future__ import annotations

import numpy as np
import pytest

from verify import Verdict, check
from verify.points.constants import written

x = np.array([0.5, -0.7, 1.9])


def folds(x):
    return x * (1 + 2**-52) * (0.1 + 0.2) * 1.9459101490553132 * -0.5


def test_what_is_known_of_the_numbers_in_a_source():
    known = written(folds)
    assert known[1 + 2**-52] == 0.0 and known[-0.5] == 0.0
    assert 0.0 < known[0.1 + 0.2] <= 2.0**-54
    assert 1.9459101490553132 not in known and written(np.sin) == {}


WRONG = {
    "an ulp more": (np.exp, lambda x: np.exp(x) * (1 + 2**-52)),
    "an ulp less": (np.sin, lambda x: np.cos(x) * (1 - 2.0**-52)),
    "an ulp, typed": (np.sin, lambda x: np.cos(x) * 1.0000000000000002),
    "a sum that was rounded": (lambda x: x * (0.1 + 0.2), lambda x: 0.3 * np.ones_like(x)),
    "the other way round": (lambda x: x * 0.8, lambda x: (0.7 + 0.1) * np.ones_like(x)),
}


@pytest.mark.parametrize(("f", "g"), WRONG.values(), ids=WRONG)
def test_what_is_off_by_an_ulp_as_it_is_written_is_refuted(f, g):
    assert check(f, x, grad=g).verdict is Verdict.REFUTED


def cube_by_a_variable(x):
    d = 0.1
    return 3 * d * d * d * x**2


RIGHT = {
    "a square folded": (lambda x: (0.1 * x) ** 2, lambda x: 2 * (0.1 * 0.1) * x),
    "a cube folded": (lambda x: (0.1 * x) ** 3, lambda x: 3 * (0.1 * 0.1 * 0.1) * x**2),
    "a cube computed": (lambda x: (0.1 * x) ** 3, cube_by_a_variable),
    "a quotient": (lambda x: x**3 / 7 * 0.2, lambda x: 3 * 0.2 / 7 * x**2),
    "a number typed to the last digit": (lambda x: 7.0**x, lambda x: 7.0**x * 1.9459101490553132),
    "decimals, amplified": (
        lambda x: np.exp(-((x / 0.2) ** 2) * 0.06 / 0.02) / 0.3,
        lambda x: np.exp(-75 * x**2) * -500.0 * x,
    ),
    "short decimals": (lambda x: x**2 * 0.15, lambda x: 0.3 * x),
}


@pytest.mark.parametrize(("f", "g"), RIGHT.values(), ids=RIGHT)
def test_roundings_of_constants_are_no_error(f, g):
    assert check(f, x, grad=g).verdict in (Verdict.PROVED, Verdict.CERTIFIED)
