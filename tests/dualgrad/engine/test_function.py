"""Operations with a backward of their own, checkpoints, and tensors that travel."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import dualgrad as dg


def leaf(*values):
    return dg.tensor(list(values), requires_grad=True)


class Scaled(dg.autograd.Function):
    """exp(x) times a number, with its result saved; its backward notes each call."""

    calls: list[tuple[bool, ...]]

    @staticmethod
    def forward(ctx, x, factor, other):
        y = dg.exp(x) * factor
        ctx.save_for_backward(y, other)
        ctx.factor = factor
        return y + other

    @staticmethod
    def backward(ctx, g):
        y, _ = ctx.saved_tensors
        Scaled.calls.append(ctx.needs_input_grad)
        return g * y, None, g


class Exp(dg.autograd.Function):
    """exp, from its own result."""

    @staticmethod
    def forward(ctx, x):
        y = dg.exp(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


def test_a_function_is_recorded_with_its_own_backward_run_once():
    Scaled.calls = []
    x, other = leaf(0.0, 1.0), leaf(5.0, 6.0)
    y = Scaled.apply(x, 3.0, other)
    assert y.grad_fn.name() == "ScaledBackward"
    y.sum().backward()
    np.testing.assert_allclose(x.grad, 3 * np.exp([0.0, 1.0]))
    assert other.grad.tolist() == [1.0, 1.0]
    assert Scaled.calls == [(True, False, True)]
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        y.sum().backward()


def test_a_function_is_differentiated_twice_through_what_it_saved():
    x = leaf(0.5)
    (g,) = dg.autograd.grad(Exp.apply(x * 2), x, create_graph=True)
    (h,) = dg.autograd.grad(g, x, create_graph=True)
    np.testing.assert_allclose(g.detach(), 2 * np.exp([1.0]))
    np.testing.assert_allclose(h.detach(), 4 * np.exp([1.0]))
    np.testing.assert_allclose(dg.autograd.grad(h, x)[0], 8 * np.exp([1.0]))


def test_a_function_without_gradients_to_give_is_not_recorded():
    assert not Exp.apply(dg.ones(2)).requires_grad
    with dg.no_grad():
        assert not Exp.apply(leaf(1.0)).requires_grad


class Wrong(dg.autograd.Function):
    """Whose backward returns what it is told to."""

    @staticmethod
    def forward(ctx, x, answer):
        ctx.answer = answer
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return ctx.answer


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        (None, RuntimeError, r"WrongBackward returned an incorrect number of gradients \(expected 2, got 1\)"),
        ((3.0, None), TypeError, r"Wrong.backward returned 3.0 \(a float\), expected tensors or None"),
    ],
    ids=["too few", "no tensor"],
)
def test_what_a_backward_returns_is_looked_at(answer, error, message):
    x = leaf(1.0)
    y = Wrong.apply(x, answer)
    with pytest.raises(error, match=message):
        y.sum().backward()
    assert x.grad is None


def test_what_a_function_has_not_is_told():
    class Half(dg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x / 2 if x.data[0] > 0 else None

    y = Half.apply(leaf(1.0))
    with pytest.raises(NotImplementedError, match="define backward"):
        y.sum().backward()
    with pytest.raises(TypeError, match=r"Half.forward returned None, expected tensors"):
        Half.apply(leaf(-1.0))
    with pytest.raises(NotImplementedError, match="only a forward and a backward are known"):
        dg.jvp(Exp.apply, (1.0,), (1.0,))


# ---------------------------------------------------------------------------- checkpoint


def test_a_checkpoint_has_the_gradients_of_the_function_and_keeps_nothing_of_it():
    w, x = leaf(2.0, 3.0), leaf(0.5, 1.0)
    h = x * 2  # used from outside, and depends on x
    runs = []

    def block(a):
        runs.append(a)
        return (dg.tanh(a * w) * h + x).sum()

    expected = dg.autograd.grad(block(x) * 3, (w, x), retain_graph=True)
    runs.clear()
    y = dg.checkpoint(block, x)
    assert y.grad_fn.name() == "CheckpointBackward0"
    assert "Tanh" not in str(y.grad_fn.next_functions)
    (y * 3).backward()
    assert len(runs) == 2
    np.testing.assert_allclose(w.grad, expected[0].detach(), rtol=1e-15)
    np.testing.assert_allclose(x.grad, expected[1].detach(), rtol=1e-15)


def test_a_checkpoint_is_differentiated_twice():
    x = leaf(0.5, 1.5)
    (g,) = dg.autograd.grad(dg.checkpoint(lambda a: (a**3).sum(), x * 2), x, create_graph=True)
    np.testing.assert_allclose(g.detach(), 24 * np.array([0.25, 2.25]))
    np.testing.assert_allclose(dg.autograd.grad(g.sum(), x)[0], 48 * np.array([0.5, 1.5]))


def test_checkpoints_nest_and_take_other_arguments():
    x = leaf(0.5)
    y = dg.checkpoint(lambda a, n: dg.checkpoint(lambda b: dg.exp(b) * n, a * 2), x, 3.0)
    y.backward()
    np.testing.assert_allclose(x.grad, 6 * np.exp([1.0]))


def test_a_function_that_does_not_repeat_itself_is_detected():
    x, state = leaf(1.0), [0.0]

    def drifting(a):
        state[0] += 1.0
        return (a * state[0]).sum()

    y = dg.checkpoint(drifting, x)
    with pytest.raises(RuntimeError, match="f gave another result when it was run again"):
        y.backward()
    assert x.grad is None


def test_a_checkpoint_of_nothing_to_differentiate_is_the_function():
    assert not dg.checkpoint(lambda a: a * 2, dg.ones(2)).requires_grad
    with dg.no_grad():
        assert dg.checkpoint(lambda a: a * 2, leaf(1.0)).tolist() == [2.0]
    with pytest.raises(TypeError, match=r"dualgrad.checkpoint: f returned None, expected one tensor"):
        dg.checkpoint(lambda a: None, leaf(1.0))


# ---------------------------------------------------------------------------- travelling


def test_a_pickled_leaf_comes_back_with_its_gradient():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    back = pickle.loads(pickle.dumps(x))
    assert (back.tolist(), back.requires_grad, back.grad.tolist()) == ([1.0, 2.0], True, [2.0, 4.0])
    back.grad = None
    (back * 3).sum().backward()
    assert (back.grad.tolist(), x.grad.tolist()) == ([3.0, 3.0], [2.0, 4.0])


def test_a_pickled_result_comes_back_as_a_leaf():
    back = pickle.loads(pickle.dumps(leaf(1.0) * 2))
    assert (back.tolist(), back.is_leaf, back.requires_grad) == ([2.0], True, True)


def test_a_deep_copy_is_of_leaves():
    x = leaf(1.0, 2.0)
    first, second = copy.deepcopy([x, x])
    assert first is second
    assert first.requires_grad
    first.data[0] = 9.0
    assert x.tolist() == [1.0, 2.0]
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(x * 2)
