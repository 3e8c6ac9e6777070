"""In-place operations, and arrays that the user overwrites behind the graph's back."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import dualgrad as dg


def leaf(*values):
    return dg.tensor(list(values), requires_grad=True)


IN_PLACE = {
    "add_": (lambda y: y.add_(2.0), [3.0, 4.0]),
    "add_ alpha": (lambda y: y.add_(dg.ones(2), alpha=3), [4.0, 5.0]),
    "sub_": (lambda y: y.sub_(2.0), [-1.0, 0.0]),
    "mul_": (lambda y: y.mul_(3.0), [3.0, 6.0]),
    "div_": (lambda y: y.div_(2.0), [0.5, 1.0]),
    "zero_": (lambda y: y.zero_(), [0.0, 0.0]),
    "fill_": (lambda y: y.fill_(7.0), [7.0, 7.0]),
    "copy_": (lambda y: y.copy_(dg.tensor([5.0, 6.0])), [5.0, 6.0]),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_returns_the_tensor_itself_with_its_version_counted(name):
    write, expected = IN_PLACE[name]
    y = dg.tensor([1.0, 2.0])
    assert y._version == 0
    assert write(y) is y
    assert y.tolist() == expected
    assert y._version == 1
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        write(leaf(1.0, 2.0))


def test_in_place_operations_are_recorded():
    x = leaf(1.0, 2.0)
    y = x * 1
    y.mul_(x).add_(x, alpha=2).div_(2.0)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 3.0]


def test_filling_cuts_what_was_there_and_takes_the_gradient_of_what_fills():
    x, v = leaf(1.0, 2.0), dg.tensor(3.0, requires_grad=True)
    y = x * float("inf")
    y.fill_(v)
    (y * y).sum().backward()
    assert y.tolist() == [3.0, 3.0]
    assert x.grad is None
    assert v.grad.item() == 12.0
    with pytest.raises(
        RuntimeError, match=r"fill_ only supports a number or a 0-d tensor, but got one of shape \(2,\)"
    ):
        y.fill_(x)


def test_an_operation_keeps_the_values_it_was_given_where_pytorch_raises():
    x = leaf(2.0, 3.0)
    y = x.exp()
    z = y * y
    y.zero_()
    z.sum().backward()
    np.testing.assert_allclose(x.grad, 2 * np.exp([4.0, 6.0]))


def test_an_integer_tensor_does_not_become_real_in_place():
    counts = dg.tensor([1, 2])
    with pytest.raises(RuntimeError, match="result type float64 can't be cast to the desired output type int64"):
        counts.mul_(0.5)
    assert counts.tolist() == [1, 2]


# ---------------------------------------------------------------------------- arrays that the user overwrites

OVERWRITTEN = "has been modified by an inplace operation: an array of dtype float64 and shape .*, saved by "


def test_a_plain_operand_that_is_overwritten_is_detected():
    x, weights = leaf(1.0, 2.0), np.array([3.0, 4.0])
    y = (x * weights).sum()
    weights[0] = 100.0
    with pytest.raises(RuntimeError, match=OVERWRITTEN + "MulBackward0"):
        y.backward()
    assert x.grad is None


@pytest.mark.parametrize("size", [2, 127, 128, 5000, 100_000])
def test_any_change_is_seen_also_an_exchange_of_two_entries(size):
    weights = np.arange(1.0, size + 1)
    x = dg.ones(size, requires_grad=True)
    for i, j in [(0, size - 1), (size // 2, size // 2 - 1)]:
        y = (x * weights).sum()
        weights[[i, j]] = weights[[j, i]]
        with pytest.raises(RuntimeError, match=OVERWRITTEN):
            y.backward()


def test_the_array_of_a_leaf_that_is_overwritten_is_detected():
    given = np.array([1.0, 2.0])
    x = dg.Tensor(given, requires_grad=True)
    y = (x * x).sum()
    given[0] = 5.0
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        y.backward()


TAKEN = {"data": lambda y: y.data, "numpy": lambda y: y.detach().numpy(), "asarray": lambda y: np.asarray(y.detach())}


@pytest.mark.parametrize("taken", TAKEN.values(), ids=TAKEN)
def test_a_result_that_is_overwritten_after_it_was_handed_out_is_detected(taken):
    x = leaf(1.0, 2.0)
    y = x.exp()
    z = y.sum()
    taken(y)[0] = 5.0
    with pytest.raises(RuntimeError, match=OVERWRITTEN + "ExpBackward0"):
        z.backward()


def test_a_view_that_is_overwritten_is_detected():
    x = leaf(1.0, 2.0, 3.0)
    y = x[1:] * x[1:]
    x.data[2] = 9.0
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        y.sum().backward()


def test_overwriting_between_passes_is_the_users_right():
    w, rate = leaf(1.0, 2.0), 0.25
    for _ in range(3):
        w.grad = None
        (w.reshape(2, 1) * w.reshape(2, 1)).sum().backward()
        w.data -= rate * w.grad.data
    assert w.tolist() == [0.125, 0.25]


def test_an_operation_that_reads_no_value_does_not_mind():
    x, shift = leaf(1.0, 2.0), np.ones(2)
    y = (x + shift).sum()
    shift[:] = 0.0
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_what_vjp_was_given_and_gave_is_watched_until_it_pulls():
    x = np.array([1.0, 2.0])
    value, pull = dg.vjp(lambda x: x * x, x)
    assert pull(np.ones(2))[0].tolist() == [2.0, 4.0]
    x -= 0.5
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        pull(np.ones(2))
    value, pull = dg.vjp(np.exp, np.array([1.0, 2.0]))
    value[0] = 0.0
    with pytest.raises(RuntimeError, match=OVERWRITTEN):
        pull(np.ones(2))


def test_a_gradient_is_memory_of_its_own():
    x, y, seed = leaf(1.0, 2.0), leaf(3.0, 4.0), np.array([1.0, 1.0])
    (x + y).backward(seed)
    x.grad.data[0] = 9.0
    assert y.grad.tolist() == [1.0, 1.0]
    assert seed.tolist() == [1.0, 1.0]
    gx, gy = dg.autograd.grad((x + y).sum(), (x, y))
    gx.data[0] = 9.0
    assert gy.tolist() == [1.0, 1.0]


def test_the_end_of_the_interpreter_is_silent():
    source = "import dualgrad, numpy; x = dualgrad.Tensor(numpy.ones(3), requires_grad=True); y = x * 2; y.data"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
