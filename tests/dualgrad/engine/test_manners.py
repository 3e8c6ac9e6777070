"""PyTorch's spellings, hooks, and what one hangs on a tensor."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg


def leaf(*values):
    return dg.tensor(list(values), requires_grad=True)


def matrix():
    return dg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)


SPELLINGS = {
    "view": (lambda x: x.view(3, 2), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
    "view with -1": (lambda x: x.view(-1), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    "t": (lambda x: x.t(), [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]),
    "permute": (lambda x: x.permute(1, 0), [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]),
    "unsqueeze": (lambda x: x.unsqueeze(1)[:, 0], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    "expand": (lambda x: x[:1].expand(2, -1), [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]),
    "contiguous": (lambda x: x.contiguous(), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    "relu": (lambda x: (x - 5).relu(), [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "sum over dim": (lambda x: x.sum(dim=0), [5.0, 7.0, 9.0]),
    "mean over dim": (lambda x: x.mean(dim=1, keepdim=True), [[2.0], [5.0]]),
    "max over dim": (lambda x: x.max(dim=1), [3.0, 6.0]),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_pytorchs_spellings_are_differentiated(name):
    spelled, expected = SPELLINGS[name]
    y = spelled(matrix())
    assert y.tolist() == expected
    assert y.requires_grad


def test_norm_is_a_method():
    x = leaf(3.0, 4.0)
    x.norm().backward()
    assert x.norm().item() == 5.0
    np.testing.assert_allclose(x.grad, [0.6, 0.8], rtol=1e-15)


def test_t_is_for_matrices():
    assert leaf(1.0, 2.0).t().shape == (2,)
    with pytest.raises(RuntimeError, match="expects a tensor with <= 2 dimensions, but self is 3D"):
        dg.ones(1, 2, 3).t()


def test_dtypes_have_their_names():
    x = leaf(1.0, 0.0)
    assert x.to(np.float64) is x
    assert x.float().dtype == np.float32
    assert x.to(dg.ones(1, dtype=np.float32)).dtype == np.float32
    assert x.float().double().half().dtype == np.float16
    assert x.long().tolist() == [1, 0]
    assert x.bool().tolist() == [True, False]
    x.float().sum().backward()
    assert x.grad.dtype == np.float64
    with pytest.raises(TypeError, match=r"to\(\) got 'cuda', expected a dtype of NumPy.*there are no devices"):
        x.to("cuda")


def test_counts_and_questions():
    x = matrix()
    assert (x.dim(), x.numel(), x.is_leaf, (x * 2).is_leaf) == (2, 6, True, False)
    assert (x > 5).any()
    assert not (x > 5).all()
    assert (x > 5).any(dim=0).tolist() == [False, False, True]
    assert (x > 3).all(axis=1, keepdims=True).tolist() == [[False], [True]]
    assert (x.argmax().item(), x.argmin(dim=1).tolist()) == (5, [0, 0])


# ---------------------------------------------------------------------------- gradients of results, hooks


def test_the_gradient_of_a_result_is_kept_where_asked_for():
    x = leaf(2.0)
    y, other = x * 3, x * 5
    y.retain_grad()
    for times in (1, 2):
        (y * y + other).sum().backward(retain_graph=True)
        assert y.grad.tolist() == [12.0 * times]
        assert x.grad.tolist() == [41.0 * times]
    assert other.grad is None
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=False"):
        dg.ones(1).retain_grad()


def test_a_hook_sees_the_whole_gradient_once_and_may_replace_it():
    x, seen = leaf(2.0), []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.tolist()))
    removable = y.register_hook(lambda g: g * 10)
    y.retain_grad()
    (y + y * y).sum().backward(retain_graph=True)
    assert seen == [[13.0]]
    assert y.grad.tolist() == [130.0]
    assert x.grad.tolist() == [390.0]
    removable.remove()
    removable.remove()
    assert dg.autograd.grad((y + y * y).sum(), x)[0].tolist() == [39.0]


def test_a_hook_on_a_leaf_runs_before_its_gradient_is_added():
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: g.clip(-1.0, 1.0))
    (x * dg.tensor([5.0, 0.5])).sum().backward()
    assert x.grad.tolist() == [1.0, 0.5]


def test_a_hook_in_a_gradient_that_is_differentiated():
    x = leaf(2.0)
    y = x * x
    y.register_hook(lambda g: g * x.sum())
    (g,) = dg.autograd.grad(y.sum(), x, create_graph=True)
    assert g.tolist() == [8.0]
    assert dg.autograd.grad(g.sum(), x)[0].tolist() == [8.0]


def test_a_hook_that_raises_leaves_every_gradient_as_it_was():
    x, y = leaf(1.0), leaf(2.0)

    def refuse(g):
        raise ZeroDivisionError

    y.register_hook(refuse)
    with pytest.raises(ZeroDivisionError):
        (x * y).sum().backward()
    assert x.grad is None
    assert y.grad is None


@pytest.mark.parametrize(
    ("hook", "error", "message"),
    [
        (lambda g: 3, TypeError, "expected Variable, but hook returned 'int'"),
        (lambda g: g.sum(), RuntimeError, r"has changed the size of value: from \(2,\) to \(\)"),
    ],
    ids=["a number", "another shape"],
)
def test_what_a_hook_returns_is_looked_at(hook, error, message):
    x = leaf(1.0, 2.0)
    x.register_hook(hook)
    with pytest.raises(error, match=message):
        (x * 2).sum().backward()
    assert x.grad is None


def test_a_hook_needs_a_gradient():
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't require gradient"):
        dg.ones(1).register_hook(print)


# ---------------------------------------------------------------------------- anomalies


def test_nan_is_traced_to_the_line_that_ran():
    x = leaf(0.0)
    with dg.autograd.detect_anomaly():
        y = dg.sqrt(x) * 0.0
    with pytest.raises(RuntimeError, match=r"Function 'SqrtBackward0' returned nan values in its 0th output") as found:
        y.sum().backward()
    assert __file__ in str(found.value)
    assert "y = dg.sqrt(x) * 0.0" in str(found.value)
    assert x.grad is None


def test_without_it_nan_is_a_value():
    x = leaf(0.0)
    (dg.sqrt(x) * 0.0).sum().backward()
    assert np.isnan(x.grad.item())
