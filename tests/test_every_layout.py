"""Every op on arrays as they may lie in memory, of few elements, and of half precision: from its declaration alone."""

from __future__ import annotations

import importlib.util
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.op import Call, Kind

_place = Path(__file__).with_name("test_every_op.py")
_every_op = importlib.util.module_from_spec(importlib.util.spec_from_file_location("every_op", _place))
_every_op.__spec__.loader.exec_module(_every_op)
differentiable, function, random_like = _every_op.differentiable, _every_op.function, _every_op.random_like
every_differentiable_op, real_calls, slots = _every_op.every_differentiable_op, _every_op.real_calls, _every_op.slots


def strided(x):
    wide = np.full((*(2 * n for n in x.shape),), np.nan, x.dtype)
    view = wide[tuple(slice(None, None, 2) for _ in x.shape)]
    view[...] = x
    return view


def reversed_(x):
    turn = tuple(slice(None, None, -1) for _ in x.shape)
    return x[turn].copy()[turn]


def read_only(x):
    x = x.copy()
    x.setflags(write=False)
    return x


LAYOUTS = {
    "fortran": np.asfortranarray,
    "strided": strided,
    "reversed": reversed_,
    "read only": read_only,
}


def some_calls(op):
    return islice(real_calls(op), 4)


def value_and_gradients(op, call, chosen, g, change=lambda x: x):
    """The value, and the gradients in the chosen operands, on leaves that are laid out in another way."""
    inputs = [change(x) if isinstance(x, np.ndarray) and x.ndim else x for x in call.inputs]
    leaves = [dg.Tensor(inputs[slot], requires_grad=True) for slot in chosen]
    y = function(op, Call(tuple(inputs), call.params), chosen)(*leaves)
    return y.detach().numpy(), [x.numpy() for x in dg.autograd.grad(y, leaves, g)]


@every_differentiable_op
def test_any_memory_layout_gives_the_same(op):
    rng = np.random.default_rng(0)
    tried = 0
    for call in some_calls(op):
        chosen = slots(op, call)
        if not any(isinstance(x, np.ndarray) and x.ndim for x in call.inputs) or not chosen:
            continue
        g = random_like(function(op, call, chosen)(*(call.inputs[slot] for slot in chosen)), rng)
        expected, gradients = value_and_gradients(op, call, chosen, g)
        for change in LAYOUTS.values():
            before = [np.array(x) for x in call.inputs]
            found, pulled = value_and_gradients(op, call, chosen, change(g) if np.ndim(g) else g, change)
            # BLAS and the order of sums may differ with the layout, in the last digits.
            scale = np.max(np.abs(expected), initial=1e-300)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13 * scale)
            for a, b in zip(pulled, gradients, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13 * np.max(np.abs(b), initial=1e-300))
            for x, was in zip(call.inputs, before, strict=True):
                np.testing.assert_array_equal(x, was)
        tried += 1
    assert tried or all(np.ndim(x) == 0 for call in real_calls(op) for x in call.inputs)


def halved(op, call):
    """The call in half precision, and what NumPy makes of it; None where it has no such loop."""
    inputs = [np.float16(x) if np.asarray(x).dtype == np.float64 else x for x in call.inputs]
    params = {**call.params, "dtype": np.dtype(np.float16)} if "dtype" in call.params else call.params
    half = Call(tuple(inputs), params)
    try:
        value = op.forward(*half.inputs, **half.params)
    except TypeError as unsupported:
        assert "float16" in str(unsupported)
        return None
    return half, value


@every_differentiable_op
def test_half_precision_stays_half_precision(op):
    rng = np.random.default_rng(1)
    for call in some_calls(op):
        chosen, found = slots(op, call), halved(op, call)
        if found is None:
            continue
        half, value = found
        exact = Call(
            tuple(x.astype(float) if isinstance(x, np.ndarray) and x.dtype == np.float16 else x for x in half.inputs),
            call.params,
        )
        if np.asarray(value).dtype != np.float16:  # SciPy has single precision at least
            assert np.asarray(value).dtype in (np.float32, np.float64)
        g = (
            random_like(value, rng).astype(np.asarray(value).dtype)
            if np.ndim(value)
            else np.asarray(value).dtype.type(1)
        )
        with np.errstate(all="ignore"):
            _, pulled = value_and_gradients(op, half, chosen, g)
            _, expected = value_and_gradients(op, exact, chosen, np.asarray(g, float))
        for slot, gradient, exactly in zip(chosen, pulled, expected, strict=True):
            assert gradient.dtype == np.asarray(half.inputs[slot]).dtype
            size = max(np.max(np.abs(exactly), initial=0), np.max(np.abs(g), initial=0), 1e-3)
            if size < 1e4:
                np.testing.assert_allclose(gradient.astype(float), exactly, rtol=0.1, atol=0.05 * size)


@pytest.mark.parametrize("op", [op for op in differentiable() if op.kind is Kind.POINTWISE], ids=lambda op: op.name)
def test_pointwise_ops_take_few_elements_and_none(op):
    call = next(real_calls(op))
    for shape in ((), (0,), (1,), (2, 0, 3), (1, 1)):
        few(op, call, slots(op, call), shape)


def few(op, call, chosen, shape):
    inputs = [np.broadcast_to(np.asarray(x).reshape(-1)[:1].reshape(()), shape).copy()[()] for x in call.inputs]
    leaves = [dg.Tensor(inputs[slot], requires_grad=True) for slot in chosen]
    y = function(op, Call(tuple(inputs), call.params), chosen)(*leaves)
    assert y.shape == shape
    assert isinstance(y.numpy() if not y.requires_grad else y.detach().numpy(), np.ndarray if shape else np.generic)
    for leaf, gradient in zip(leaves, dg.autograd.grad(y, leaves, np.ones(shape)), strict=True):
        assert gradient.shape == leaf.shape
        assert gradient.dtype == leaf.dtype
