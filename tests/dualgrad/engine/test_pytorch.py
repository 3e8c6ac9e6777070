"""What a user of PyTorch writes next: results of PyTorch 2.13.0 for the same lines, noted down."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg


def leaf(*values):
    return dg.tensor(list(values), requires_grad=True)


# ---------------------------------------------------------------------------- autograd.grad, backward


def test_the_gradient_of_a_result_with_several_entries_is_kept_zeros_too():
    x = leaf(1.0, 2.0)
    y = x * 2
    assert not y.retains_grad
    y.retain_grad()
    assert (y.retains_grad, x.retains_grad) == (True, False)
    (y * dg.tensor([0.0, 3.0])).sum().backward()
    assert y.grad.tolist() == [0.0, 3.0]
    zero = leaf(1.0).sum()
    zero.retain_grad()
    (zero * 0).backward()
    assert zero.grad.tolist() == 0.0


def test_an_unused_input_is_named_or_none_or_zeros():
    a, b = leaf(1.0), leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="The differentiated Tensor at index 1 appears to not have been used"):
        dg.autograd.grad(a.sum(), [a, b])
    assert dg.autograd.grad(a.sum(), [a, b], allow_unused=True)[1] is None
    assert dg.autograd.grad(a.sum(), [a, b], materialize_grads=True)[1].tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="Expected allow_unused to be True or not passed"):
        dg.autograd.grad(a.sum(), [a, b], allow_unused=False, materialize_grads=True)


def test_batched_grad_outputs_give_an_axis_in_front():
    x = leaf(1.0, 2.0)
    (rows,) = dg.autograd.grad(x * x, x, grad_outputs=dg.eye(2), is_grads_batched=True)
    assert rows.tolist() == [[2.0, 0.0], [0.0, 4.0]]
    with pytest.raises(RuntimeError, match="needs grad_outputs"):
        dg.autograd.grad(x * x, x, is_grads_batched=True)


def test_backward_with_inputs_adds_to_these_alone():
    a, b = leaf(1.0), leaf(2.0)
    y = a * b
    z = y * y
    z.sum().backward(inputs=[a, y])
    assert (a.grad.tolist(), b.grad, y.grad.tolist()) == ([8.0], None, [4.0])
    with pytest.raises(RuntimeError, match="cannot be empty"):
        (a * b).sum().backward(inputs=[])


def test_a_hook_runs_after_the_gradient_was_added():
    x, seen = leaf(1.0), []
    removable = x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist()))
    (x * 2).sum().backward()
    (x * 3).sum().backward()
    removable.remove()
    (x * 3).sum().backward()
    assert seen == [[2.0], [5.0]]
    with pytest.raises(RuntimeError, match="cannot be registered on non-leaf tensors"):
        (x * 2).register_post_accumulate_grad_hook(print)


def test_writing_under_no_grad_leaves_the_graph_as_it_is():
    x = leaf(1.0, 2.0)
    y = x * 3
    with dg.no_grad():
        y.mul_(10)
    assert y.requires_grad
    assert y.tolist() == [30.0, 60.0]
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


# ---------------------------------------------------------------------------- Function


class Split(dg.autograd.Function):
    """Two results, of which the second is no function of the first kind."""

    @staticmethod
    def forward(ctx, x):
        positive = x > 0
        ctx.mark_non_differentiable(positive)
        return x * 2, positive

    @staticmethod
    def backward(ctx, g, nothing):
        assert nothing.tolist() == [0.0, 0.0]
        return g * 2


def test_a_result_that_is_marked_has_no_gradient():
    x = leaf(1.0, -2.0)
    doubled, positive = Split.apply(x)
    assert (doubled.requires_grad, positive.requires_grad) == (True, False)
    assert positive.tolist() == [True, False]
    doubled.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


class Both(dg.autograd.Function):
    """Sine and cosine, with gradients from what was saved."""

    materialize = True
    seen = ()

    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(Both.materialize)
        s, c = np.sin(x), np.cos(x)
        ctx.save_for_backward(s, c)
        return s, c

    @staticmethod
    def backward(ctx, gs, gc):
        Both.seen = (gs is None, gc is None)
        s, c = ctx.saved_tensors
        parts = [g * d for g, d in ((gs, c), (gc, -s)) if g is not None]
        return sum(parts[1:], parts[0])


def test_several_results_each_have_their_gradient_to_any_order():
    x = leaf(0.3, 1.1)
    s, c = Both.apply(x)
    assert s.grad_fn.name() == c.grad_fn.name() == "BothBackward"
    (g,) = dg.autograd.grad((s * s * c).sum(), x, create_graph=True)
    (h,) = dg.autograd.grad(g.sum(), x)
    a = x.numpy() if not x.requires_grad else x.detach().numpy()
    np.testing.assert_allclose(g.detach().numpy(), 2 * np.sin(a) * np.cos(a) ** 2 - np.sin(a) ** 3, rtol=1e-14)
    np.testing.assert_allclose(h.numpy(), 2 * np.cos(a) ** 3 - 7 * np.sin(a) ** 2 * np.cos(a), rtol=1e-13)


@pytest.mark.parametrize("materialize", [True, False])
def test_a_result_that_nothing_depends_on_has_zeros_or_none(monkeypatch, materialize):
    monkeypatch.setattr(Both, "materialize", materialize)
    x = leaf(0.0)
    Both.apply(x)[0].sum().backward()
    assert Both.seen == (False, not materialize)
    assert x.grad.tolist() == [1.0]


def test_an_exception_between_two_results_leaves_nothing_behind():
    x = leaf(0.3)
    s, c = Both.apply(x)
    removable = s.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (s + 5 * c).sum().backward(retain_graph=True)
    removable.remove()
    s.sum().backward()
    assert x.grad.tolist() == [np.cos(0.3)]


class AddOne(dg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.add_(1)

    @staticmethod
    def backward(ctx, g):
        return g * 2


def test_an_operand_that_was_written_to_becomes_the_result():
    x = leaf(1.0, 2.0)
    y = x * 3
    z = AddOne.apply(y)
    assert z is y
    assert y.tolist() == [4.0, 7.0]
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        AddOne.apply(leaf(1.0))


class Scaled(dg.autograd.Function):
    @staticmethod
    def forward(x, by):
        return x * by

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.by = inputs[1]

    @staticmethod
    def backward(ctx, g):
        return g * ctx.by, None


def test_the_context_may_be_set_up_apart():
    x = leaf(1.0, 2.0)
    Scaled.apply(x, 3.0).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


# ---------------------------------------------------------------------------- derivatives of functions


def test_functional_nests_its_results_as_the_inputs_and_outputs_are():
    f, (x, y) = dg.autograd.functional, (dg.tensor([1.0, 2.0]), dg.tensor([3.0, 4.0]))
    assert f.jacobian(lambda x: x**2, x).tolist() == [[2.0, 0.0], [0.0, 4.0]]
    (xx, xy), (sx, sy) = f.jacobian(lambda x, y: (x * y, x.sum()), (x, y))
    assert (xx.tolist(), xy.tolist()) == ([[3.0, 0.0], [0.0, 4.0]], [[1.0, 0.0], [0.0, 2.0]])
    assert (sx.tolist(), sy.tolist()) == ([1.0, 1.0], [0.0, 0.0])
    hessian = f.hessian(lambda x, y: (x * x * y).sum(), (x, y))
    assert [[block.tolist() for block in row] for row in hessian] == [
        [[[6.0, 0.0], [0.0, 8.0]], [[2.0, 0.0], [0.0, 4.0]]],
        [[[2.0, 0.0], [0.0, 4.0]], [[0.0, 0.0], [0.0, 0.0]]],
    ]
    out, (gx, gy) = f.vjp(lambda x, y: x * y, (x, y), dg.ones(2))
    assert (out.tolist(), gx.tolist(), gy.tolist()) == ([3.0, 8.0], [3.0, 4.0], [1.0, 2.0])
    assert f.jvp(lambda x, y: x * y, (x, y), (dg.ones(2), dg.zeros(2)))[1].tolist() == [3.0, 4.0]
    value, (hx, hy) = f.hvp(lambda x, y: (x * x * y).sum(), (x, y), (dg.ones(2), dg.zeros(2)))
    assert (value.tolist(), hx.tolist(), hy.tolist()) == (19.0, [6.0, 8.0], [2.0, 4.0])
    with pytest.raises(RuntimeError, match="can only be None if the input is a Tensor with a single element"):
        f.jvp(lambda x: x, x)
    with pytest.raises(RuntimeError, match="should contain a single element"):
        f.hessian(lambda x: x, x)


def test_functional_gives_a_graph_where_asked():
    x = leaf(2.0)
    plain = dg.autograd.functional.jacobian(lambda x: x**3, x)
    recorded = dg.autograd.functional.jacobian(lambda x: x**3, x, create_graph=True)
    assert (plain.requires_grad, recorded.requires_grad) == (False, True)
    recorded.sum().backward()
    assert x.grad.tolist() == [12.0]


def test_tangents_go_along():
    fw = dg.autograd.forward_ad
    with fw.dual_level():
        x = fw.make_dual(dg.tensor([1.0, 2.0]), dg.tensor([1.0, 0.0]))
        out = fw.unpack_dual(x * x)
        assert (out.primal.tolist(), out.tangent.tolist()) == ([1.0, 4.0], [2.0, 0.0])
        assert fw.unpack_dual(dg.ones(2)).tangent is None
        with pytest.raises(RuntimeError, match="same shape as its primal"):
            fw.make_dual(dg.ones(2), dg.ones(3))
        with pytest.raises(RuntimeError, match="Nested forward mode"), fw.dual_level():
            pass
    with pytest.raises(RuntimeError, match="outside of a dual_level"):
        fw.unpack_dual(dg.ones(2))


def test_a_tangent_can_be_differentiated_again():
    fw, x = dg.autograd.forward_ad, leaf(2.0)
    with fw.dual_level():
        tangent = fw.unpack_dual(fw.make_dual(x, dg.ones(1)) ** 3).tangent
    tangent.sum().backward()
    assert x.grad.tolist() == [12.0]


def test_func_has_the_other_names():
    x = np.array([1.0, 2.0])
    assert dg.func.jacrev(lambda x: x**3)(x).tolist() == dg.func.jacfwd(lambda x: x**3)(x).tolist()
    assert [part.tolist() for part in dg.func.grad_and_value(lambda x: (x * x).sum())(x)] == [[2.0, 4.0], 5.0]
    with dg.inference_mode():
        assert not (leaf(1.0) * 2).requires_grad


def test_a_hook_on_a_node_sees_what_comes_in_and_what_goes_out():
    x, seen = leaf(1.0, 2.0), []
    y = x * 2
    removable = y.grad_fn.register_hook(lambda inputs, outputs: seen.append((inputs, outputs)))
    doubling = y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 10, inputs[1]))
    y.sum().backward(retain_graph=True)
    ((inputs, outputs),) = seen
    assert (inputs[0].tolist(), inputs[1], outputs[0].tolist()) == ([2.0, 2.0], None, [1.0, 1.0])
    assert x.grad.tolist() == [20.0, 20.0]
    removable.remove()
    (g,) = dg.autograd.grad((y * y).sum(), x, create_graph=True)
    assert g.tolist() == [80.0, 160.0]
    assert dg.autograd.grad(g.sum(), x)[0].tolist() == [800.0, 800.0]  # it runs again
    doubling.remove()
    z = x * 2
    z.grad_fn.register_hook(lambda inputs, outputs: inputs[0])
    with pytest.raises(RuntimeError, match="expected None or a tuple of 2 gradients"):
        z.sum().backward()
