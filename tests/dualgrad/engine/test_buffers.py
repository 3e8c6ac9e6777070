"""Writing into cotangents that nobody else holds: what is found is, bit for bit, what the recorded pass finds.

Whether anybody holds one is read off reference counts, and those that the interpreter keeps for itself are others in
code that has run often. So this looks at processes that have just started, too.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.engine import apply, backward, buffers, keeping, reuse

UNARY = [np.sin, np.negative, lambda x: x * x, lambda x: 1 - x, lambda x: x - x * x, lambda x: x + x, lambda x: -x * x]
BINARY = [
    lambda x, y: x + y,
    lambda x, y: x - y,
    lambda x, y: y - x,
    lambda x, y: x * y,
    lambda x, y: (x - y) * y,
    lambda x, y: x - y.sum(axis=0),
    lambda x, y: y[0] - x,
    lambda x, y: x - y.sum(),
    lambda x, y: x * y.mean(axis=1, keepdims=True),
    lambda x, y: np.concatenate([x[:1] - y[:1], y[1:]]),
]


def program(rng):
    """A function of two matrices, from these steps."""
    steps = []
    for made in range(2, 12):
        if rng.random() < 0.4:
            steps.append((UNARY[rng.integers(len(UNARY))], [int(rng.integers(made))]))
        else:
            steps.append((BINARY[rng.integers(len(BINARY))], [int(k) for k in rng.integers(made, size=2)]))

    def f(*inputs):
        values = list(inputs)
        for function, operands in steps:
            values.append(function(*(values[k] for k in operands)))
        return sum(value.sum() for value in values[-3:])

    return f


def differences(seed, programs):
    """Where the gradient of the fast pass is not that of the recorded one."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(programs):
        f, arrays = program(rng), [rng.standard_normal((4, 5)) for _ in range(2)]
        inputs = [dg.tensor(array, requires_grad=True) for array in arrays]
        fast = dg.autograd.grad(f(*inputs), inputs, materialize_grads=True)
        recorded = dg.autograd.grad(f(*inputs), inputs, create_graph=True, materialize_grads=True)
        pairs = zip(fast, recorded, strict=True)
        if not all(np.array_equal(a.numpy(), b.detach().numpy(), equal_nan=True) for a, b in pairs):
            found.append(number)
    return found


def have_everything_large(change):
    for module in (apply, backward, buffers, reuse):
        change(module, "LARGE", 1)
    for module in (apply, keeping):
        change(module, "NOTABLE", 1)
    change(buffers, "_BLOCK", 16)


def test_the_values_are_those_of_the_recorded_pass(monkeypatch):
    have_everything_large(monkeypatch.setattr)
    assert differences(0, 150) == []


@pytest.mark.parametrize("seed", range(1, 6))
def test_also_in_code_that_never_ran_before(seed):
    source = f"""
import runpy
here = runpy.run_path({__file__!r})
here["have_everything_large"](setattr)
print(here["differences"]({seed}, 3))
"""
    said = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout == "[]\n"


def test_twice_a_product_in_blocks():
    g, x = np.random.default_rng(0).standard_normal((2, buffers._BLOCK // 8 + 3))
    assert np.array_equal(buffers.doubled(g, x, False), g * x + g * x)
    assert np.array_equal(buffers.doubled(np.float64(0.3), x, False), 0.3 * x + 0.3 * x)
    assert np.array_equal(buffers.doubled(g[:1], x, False), g[0] * x + g[0] * x)


def test_products_are_added_in_blocks():
    g, x, start = np.random.default_rng(1).standard_normal((3, buffers._BLOCK // 8 + 3))
    for factor in (g, np.float64(0.3), g[:1]):
        once, twice = start.copy(), start.copy()
        assert buffers.add_product(once, factor, x)
        assert buffers.add_product(twice, factor, x, twice=True)
        assert np.array_equal(once, start + factor * x)
        assert np.array_equal(twice, start + factor * x + factor * x)
    rest = start.reshape(1, -1).copy()
    assert not buffers.add_product(rest, g, x)
    assert not buffers.add_product(start, g.astype(np.float32), x)
    assert not buffers.add_product(start[:100].copy(), g[:100], x[:100])
    assert np.array_equal(rest[0], start)


def test_what_a_variable_holds_too_is_not_written_to():
    held = np.ones(buffers.LARGE)
    also = held
    assert not buffers.sole(held, 1)
    assert np.shares_memory(also, held)
