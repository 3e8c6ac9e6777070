"""Backpropagation by hand through layers with guards: proved layer by layer, with means only where sides meet."""

import numpy as np
import pytest

from tests.verify.proof.test_likely import by_hand, layers
from verify import Verdict, check

rng = np.random.default_rng(5)
DEPTH = 4

RIGHT = {
    "where": (lambda z: np.where(z > 0, z, 0.0), lambda z, h: (z > 0).astype(float)),
    "at least": (lambda z: np.where(z > 0, z, 0.0), lambda z, h: (z >= 0) * 1.0),
    "leaky": (lambda z: np.where(z > 0, z, 0.125 * z), lambda z, h: np.where(z > 0, 1, 0.125)),
    "below": (lambda z: np.where(z < 0, 0.01 * z, z), lambda z, h: np.where(z < 0, 0.01, 1)),
    "elu": (lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
            lambda z, h: np.where(z > 0, 1, np.exp(np.minimum(z, 0)))),
    "two": (lambda z: np.where(z > 1, 1.0, np.where(z < -1, -1.0, z)),
            lambda z, h: np.where((z > 1) | (z < -1), 0.0, 1.0)),
    "absolute": (np.abs, lambda z, h: np.sign(z)),
}  # fmt: skip
WRONG = {
    "where": lambda z, h: (z > 0.5).astype(float),
    "at least": lambda z, h: (z >= 0) * (1.0 + 1e-9),
    "leaky": lambda z, h: np.where(z > 0, 1, 0.125 + 1e-7),
    "below": lambda z, h: np.where(z < 0, 0.01, 1 + 1e-9 * z),
    "elu": lambda z, h: np.where(z > 0, 1, np.exp(np.minimum(z, 0)) + 1e-9),
    "two": lambda z, h: np.where((z > 1) | (z < -1.5), 0.0, 1.0),
    "absolute": lambda z, h: np.where(z > 0.5, 1.1, np.sign(z)),
}


def asked(activation, slope):
    """At arguments at which some guard of every layer is open: what is dead shows nothing."""
    args = (rng.normal(size=4), *(0.25 + rng.normal(size=(4, 4)) / 2 for _ in range(DEPTH)))
    return check(layers(activation), *args, grad=by_hand(activation, slope), wrt=tuple(range(1, DEPTH + 1)))


@pytest.mark.parametrize("name", RIGHT)
def test_guards_are_proved_layer_by_layer(name):
    result = asked(*RIGHT[name])
    assert result.formula.verdict is Verdict.PROVED, result.formula.reason


@pytest.mark.parametrize("name", WRONG)
def test_a_guard_elsewhere_or_another_slope_passes_nowhere(name):
    assert not asked(RIGHT[name][0], WRONG[name]).ok


def test_where_all_is_0_pairs_are_looked_for_at_another_point():
    activation, slope = RIGHT["where"]
    args = (-np.ones(4), *(np.eye(4) for _ in range(DEPTH)))
    result = check(layers(activation), *args, grad=by_hand(activation, slope), wrt=tuple(range(1, DEPTH + 1)))
    assert result.formula.verdict is Verdict.PROVED, result.formula.reason
