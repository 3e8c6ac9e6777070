"""Rules that make a recorded program simpler, one at a time and together."""

import numpy as np

import dualgrad as dg


def test_the_negative_of_something_spread_out_ends():
    """Signs went out of a broadcast and back in, for ever."""

    def f(x, y):
        return (-np.broadcast_to(np.exp(-x), y.shape) * np.ones_like(y)).sum() + (-np.broadcast_to(-x, y.shape)).sum()

    x, y = np.array([0.5, 1.5]), np.ones((3, 2))
    step = dg.compile(dg.value_and_grad(f, (0, 1)))
    value, gradients = step(x, y)
    assert np.allclose(value, f(x, y))
    assert np.allclose(gradients[0], 3 * np.exp(-x) + 3)
