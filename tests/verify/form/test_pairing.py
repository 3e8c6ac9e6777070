"""Adjoints that both programs have: their cost is linear in the length, whatever each calls the slopes of its steps."""

from functools import partial

import numpy as np
import pytest

from tests.verify.form.test_prove import decide
from verify.form.proof import Failure, Proof


def forward(x, depth):
    """The values of a deep chain, each of which is met again in its slope."""
    values = [x]
    for _ in range(depth):
        square = 1 + values[-1] ** 2
        root = np.sqrt(square)
        values += [square, root, np.exp(-root)]
    return values


def chain(x, depth):
    return np.sum(forward(x, depth)[-1])


def backward(x, depth, last=1.0):
    values = forward(x, depth)
    bar = np.ones_like(x)
    for k in range(3 * depth, 0, -3):
        before, _, root, value = values[k - 3 : k + 1]
        bar = -(bar * value)  # exp in terms of its result
        bar = bar / (2 * root)  # and the root, too
        bar = bar * (2 * before if k > 3 else 2 * last * before)
    return bar


@pytest.mark.parametrize("depth", [1, 4, 9, 14])
def test_slopes_in_terms_of_results_are_those_in_terms_of_operands(depth):
    assert isinstance(decide(partial(chain, depth=depth), partial(backward, depth=depth), {"x": "n"}), Proof)


@pytest.mark.parametrize("depth", [1, 3])
def test_a_wrong_step_is_not_proved(depth):
    wrong = partial(backward, depth=depth, last=1.5)
    assert isinstance(decide(partial(chain, depth=depth), wrong, {"x": "n"}), Failure)
