"""The sign of a zero is zero here, and not in floats: where a function goes by it, nothing is claimed of it.

Found by breaking what ops mean, one by one: that of copysign at 0 was seen by no test, and was wrong there. As
copysign(x, maximum(y, 0)) is |x| in floats on all of y < 0, a gradient of the other sign was PROVED, and the right one
REFUTED.
"""

import numpy as np
import pytest

from verify import Verdict, check

X = np.array([1.0, -2.0, 0.5])
Y = np.array([1.0, -2.0, -0.5])


def signed(x, y):
    return np.sum(np.copysign(x, np.maximum(y, 0)))


def turned(x, y):
    return np.sum(x * np.arctan2(-np.maximum(y, 0), -1.0))


CASES = {
    "copysign": (signed, lambda x, y: np.sign(x), lambda x, y: np.where(y > 0, np.sign(x), -np.sign(x))),
    "arctan2": (
        turned,
        lambda x, y: np.where(y > 0, np.arctan2(-y, -1.0), -np.pi),
        lambda x, y: np.where(y > 0, np.arctan2(-y, -1.0), np.pi),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_right_gradient_at_a_zero_is_not_refuted(name):
    f, right, _ = CASES[name]
    assert check(f, X, Y, wrt=0, grad=right).verdict is not Verdict.REFUTED


@pytest.mark.parametrize("name", CASES)
def test_the_wrong_gradient_at_a_zero_is_refuted(name):
    f, _, wrong = CASES[name]
    assert check(f, X, Y, wrt=0, grad=wrong).verdict is Verdict.REFUTED


def test_a_proof_elsewhere_says_so():
    formula = check(signed, X, abs(Y), wrt=0, grad=CASES["copysign"][2]).formula
    assert formula.verdict is Verdict.PROVED
    assert any("!= 0" in line for line in formula.domain)
