"""Tensors behave as PyTorch's do, and their messages read like PyTorch's."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

import dualgrad as dg


def leaf(*values):
    return dg.tensor(list(values), requires_grad=True)


# ---------------------------------------------------------------------------- the notebook


def test_the_notebook_gives_four_and_a_half():
    x = dg.Variable(dg.ones(2, 2), requires_grad=True)
    y = x + 2
    z = y * y * 3
    out = z.mean()
    assert y.grad_fn.name() == "AddBackward0"
    assert np.array_equal(z.data, np.full((2, 2), 27.0))
    out.backward()
    assert np.array_equal(x.grad, np.full((2, 2), 4.5))


def test_a_variable_is_a_tensor_and_they_mix():
    assert dg.Variable is dg.Tensor
    x = dg.Variable(dg.ones(2), requires_grad=True)
    (x * dg.tensor([2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [2.0, 3.0]


def test_a_second_backward_on_a_new_graph_adds():
    x = leaf(1.0, 2.0)
    for _ in range(2):
        (x * x).sum().backward()
    assert x.grad.tolist() == [4.0, 8.0]


def test_every_iteration_may_take_another_path():
    x = leaf(3.0)
    y = x
    while y.data.max() < 100:
        y = y * 2 if y.data.max() < 20 else y * y
    y.sum().backward()
    assert x.grad.tolist() == [2 * 24.0 * 8]


# ---------------------------------------------------------------------------- what a tensor is


def test_results_of_leaves_that_require_no_gradient_are_leaves():
    y = dg.ones(2) * 3
    assert y.is_leaf
    assert y.grad_fn is None
    assert not y.requires_grad


def test_next_functions_lead_to_the_operands():
    x = leaf(1.0)
    y = x * 2 + 1
    ((product, _), (number, _)) = y.grad_fn.next_functions
    assert product.name() == "MulBackward0"
    assert number is None
    assert product.next_functions[0][0].variable is x
    assert product.next_functions[0][0].name() == "AccumulateGrad"


def test_only_floating_tensors_can_require_gradients():
    with pytest.raises(RuntimeError, match="only Tensors of floating point and complex dtype can require"):
        dg.tensor([1, 2], requires_grad=True)


def test_requires_grad_is_a_flag_of_leaves():
    with pytest.raises(RuntimeError, match="you can only change requires_grad flags of leaf variables"):
        (leaf(1.0) * 2).requires_grad = False


def test_default_dtype_is_numpys():
    assert dg.tensor([1.0]).dtype == np.float64
    assert dg.tensor([1]).dtype == np.int64
    assert dg.ones(2, dtype=np.float32).dtype == np.float32


def test_dtypes_survive_backward():
    x = dg.ones(3, dtype=np.float32).requires_grad_()
    (x * np.ones(3)).sum().backward()
    assert x.grad.dtype == np.float32


def test_a_tensor_of_text_is_refused():
    with pytest.raises(TypeError, match="expected numbers"):
        dg.tensor(["a"])


def test_an_operand_of_another_kind_is_refused():
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \+: 'Tensor' and 'NoneType'"):
        leaf(1.0) + None
    with pytest.raises(TypeError, match=r"dualgrad.add: got an array of dtype <U1 as an operand"):
        leaf(1.0) + np.array(["a"])


def test_hash_is_identity_and_equality_is_by_value():
    x = leaf(1.0, 2.0)
    assert (x == dg.tensor([1.0, 3.0])).tolist() == [True, False]
    assert (x != dg.tensor([1.0, 3.0])).tolist() == [False, True]
    assert len({x, leaf(1.0, 2.0)}) == 2


# ---------------------------------------------------------------------------- values out of tensors


def test_numpy_asks_for_detach():
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad"):
        leaf(1.0).numpy()
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad"):
        np.asarray(leaf(1.0))
    assert np.array_equal(np.asarray(leaf(1.0).detach()), [1.0])


def test_a_number_is_not_taken_out_unseen():
    x = leaf(2.0)
    array = np.zeros(1)
    with pytest.raises(ValueError, match="setting an array element") as refused:
        array[0] = x[0]
    assert "float() of a tensor that requires grad loses the gradient" in str(refused.value.__cause__)
    with pytest.raises(RuntimeError, match=r"Use tensor.item\(\) for a plain number"):
        math.exp(x[0])
    assert x.sum().item() == 2.0
    assert f"{x.sum():.2f}" == "2.00"
    with dg.no_grad():
        assert float(x[0]) == 2.0


def test_truth_of_several_values_is_ambiguous():
    with pytest.raises(RuntimeError, match="ambiguous"):
        bool(leaf(1.0, 2.0) > 0)
    assert leaf(1.0)[0] > 0


def test_iteration_gives_rows_with_their_history():
    x = dg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    first, second = x
    (first * second).sum().backward()
    assert x.grad.tolist() == [[3.0, 4.0], [1.0, 2.0]]
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        iter(dg.tensor(1.0)).__next__()


# ---------------------------------------------------------------------------- writing in place


def test_a_leaf_is_not_written_while_recording():
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        x += 1
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad is being used in an in-place operation"):
        x[0] = 1.0


def test_a_step_of_gradient_descent_in_place():
    w = leaf(1.0, 2.0)
    before = w
    (w * w).sum().backward()
    with dg.no_grad():
        w -= 0.5 * w.grad
    assert w is before
    assert w.requires_grad
    assert w.tolist() == [0.0, 0.0]
    w.grad.zero_()
    assert w.grad.tolist() == [0.0, 0.0]


def test_what_was_recorded_keeps_the_values_it_was_given():
    w = leaf(3.0)
    y = (w * w).sum()
    with dg.no_grad():
        w *= 0.0
    y.backward()
    assert w.grad.tolist() == [6.0]


def test_assignment_into_a_result_is_recorded():
    x = leaf(1.0, 2.0, 3.0)
    y = dg.zeros(3)
    y[0] = x[1] * 5
    y[1:] = x[:2]
    (y * y).sum().backward()
    assert y.tolist() == [10.0, 1.0, 2.0]
    assert x.grad.tolist() == [2.0, 2 * 10.0 * 5 + 4.0, 0.0]


def test_shared_memory_is_not_written():
    y = leaf(1.0, 2.0) * 1
    view = y[:1]
    with pytest.raises(RuntimeError, match="shares memory with another"):
        y[0] = 5.0
    with pytest.raises(RuntimeError, match="shares memory with another"):
        view += 1
    del view
    y[0] = 5.0
    assert y.tolist() == [5.0, 2.0]


def test_an_array_that_was_given_is_not_written():
    array = np.zeros(2)
    x = dg.Tensor(array)
    x += 1
    assert array.tolist() == [0.0, 0.0]


# ---------------------------------------------------------------------------- modes


def test_no_grad_is_a_context_a_decorator_and_nests():
    x = leaf(1.0)

    @dg.no_grad
    def plain(x):
        return x * 2

    @dg.no_grad()
    def called(x):
        with dg.enable_grad():
            return x * 2

    assert not plain(x).requires_grad
    assert called(x).requires_grad
    with dg.no_grad(), dg.no_grad():
        pass
    assert dg.is_grad_enabled()


def test_set_grad_enabled_acts_at_once_and_restores():
    with dg.set_grad_enabled(False):
        assert not dg.is_grad_enabled()
    assert dg.is_grad_enabled()
    dg.set_grad_enabled(False)
    assert not dg.is_grad_enabled()
    dg.set_grad_enabled(True)

    @dg.set_grad_enabled(False)
    def f():
        return dg.is_grad_enabled()

    assert dg.is_grad_enabled()
    assert not f()
    assert not f()


def test_detach_cuts():
    x = leaf(2.0)
    (x * x.detach()).sum().backward()
    assert x.grad.tolist() == [2.0]


# ---------------------------------------------------------------------------- NumPy's protocols


def test_numpys_functions_are_recorded():
    x = dg.tensor([[0.5, 1.0], [1.5, 2.0]], requires_grad=True)
    y = np.sum(np.tanh(x), axis=0)
    assert y.grad_fn.name() == "SumBackward0"
    np.dot(y, np.ones(2)).backward()
    np.testing.assert_allclose(x.grad, 1 / np.cosh(x.detach()) ** 2)


def test_an_array_on_the_left_leaves_the_work_to_the_tensor():
    x = leaf(1.0, 2.0)
    for y in (np.ones(2) + x, np.float64(3) * x, np.ones((2, 2)) @ x):
        assert isinstance(y, dg.Tensor)
        assert y.requires_grad


def test_reductions_and_outer_of_ufuncs():
    x = leaf(1.0, 2.0)
    assert np.add.reduce(x).grad_fn.name() == "SumBackward0"
    assert np.multiply.outer(x, x).shape == (2, 2)


def test_what_is_not_an_op_is_refused_by_name():
    x = leaf(1.0, 2.0)
    with pytest.raises(TypeError, match=r"numpy.histogram is not an op of dualgrad"):
        np.histogram(x)
    with pytest.raises(TypeError, match=r"np.spacing is not an op of dualgrad"):
        np.spacing(x)
    with pytest.raises(TypeError, match=r"dualgrad.sum: .*where"):
        np.sum(x, where=[True, False])
    with pytest.raises(TypeError, match="out= would write into an array unseen"):
        np.add(np.ones(2), x, out=np.ones(2))


def test_writing_a_tensor_into_an_array_in_place_is_refused():
    y = np.ones(2)
    with pytest.raises(TypeError, match="out= would write into an array unseen"):
        y += leaf(1.0, 2.0)


def test_functions_without_a_derivative_run_on_the_values():
    x = leaf(1.0, 2.0)
    assert np.allclose(x, [1.0, 2.0])
    assert np.argmax(x) == 1
    assert np.nansum(x.detach()) == 3.0


# ---------------------------------------------------------------------------- printing


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (dg.ones(2, 2) * 3, "tensor([[3., 3.],\n        [3., 3.]])"),
        (leaf(1.0, 2.5), "tensor([1.0000, 2.5000], requires_grad=True)"),
        (leaf(-1.0, 10.0) * 1, "tensor([-1., 10.], grad_fn=<MulBackward0>)"),
        (leaf(4.5).mean(), "tensor(4.5000, grad_fn=<MeanBackward0>)"),
        (dg.tensor([1, 20]), "tensor([ 1, 20])"),
        (dg.tensor([True, False]), "tensor([ True, False])"),
        (dg.tensor([1e-8, 1.0]), "tensor([1.0000e-08, 1.0000e+00])"),
        (dg.tensor([1.0, float("nan"), float("inf")]), "tensor([1., nan, inf])"),
        (dg.zeros(0), "tensor([])"),
        (dg.zeros(0, 3), "tensor([], size=(0, 3))"),
        (dg.ones(2, dtype=np.float32), "tensor([1., 1.], dtype=float32)"),
    ],
)
def test_printing_is_pytorchs(tensor, text):
    assert repr(tensor) == text


def test_a_long_tensor_is_abridged():
    assert repr(dg.arange(2000)) == "tensor([   0,    1,    2, ..., 1997, 1998, 1999])"


def test_a_node_prints_its_name():
    assert repr((leaf(1.0) + 2).grad_fn).startswith("<AddBackward0 object at 0x")


# ---------------------------------------------------------------------------- the import


def test_importing_dualgrad_imports_no_heavy_library():
    code = "import sys, dualgrad; print([m for m in ('scipy', 'sympy', 'flint', 'mpmath') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_functions_are_methods_too():
    x = leaf(0.5)
    for y in (x.exp(), x.tanh(), x.sigmoid(), x.abs(), x.pow(2), x.mul(x), x.softmax(axis=0), x.clone()):
        assert y.requires_grad


def test_a_container_of_arrays_applies_operators_itself():
    class Labelled(np.lib.mixins.NDArrayOperatorsMixin):
        def __init__(self, data):
            self.data = data

        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            return Labelled(ufunc(*(getattr(part, "data", part) if part is self else part for part in inputs)))

    x = dg.tensor([1.0, 2.0], requires_grad=True)
    for product in (x * Labelled(np.array([3.0, 4.0])), Labelled(np.array([3.0, 4.0])) * x):
        assert isinstance(product, Labelled)
        np.testing.assert_array_equal(dg.autograd.grad(product.data.sum(), x)[0], [3.0, 4.0])
