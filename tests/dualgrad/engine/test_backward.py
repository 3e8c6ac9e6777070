"""Backward: accumulation, freeing, errors, higher order, depth."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.engine.spaces import unbroadcast
from dualgrad.op import Call, Kind, Op


def leaf(*values):
    return dg.tensor(list(values), requires_grad=True)


def test_a_non_scalar_needs_a_gradient():
    with pytest.raises(RuntimeError, match=r"^grad can be implicitly created only for scalar outputs$"):
        (leaf(1.0, 2.0) * 2).backward()


def test_a_gradient_is_a_vector_jacobian_product():
    x = leaf(1.0, 2.0)
    (x * x).backward(dg.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 40.0]
    with pytest.raises(
        RuntimeError, match=r"Mismatch in shape: grad_output\[0\] has a shape of \(3,\) and output\[0\]"
    ):
        (x * x).backward(np.ones(3))


def test_what_requires_no_gradient_has_no_backward():
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad and does not have a grad_fn"):
        dg.ones(1).backward()


def test_a_freed_graph_says_how_to_keep_it():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
        y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_a_retained_graph_runs_again():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4.0, 8.0]


def test_operations_that_keep_no_values_may_run_again():
    x = leaf(1.0, 2.0)
    shared = x + 1
    shared.sum().backward()
    (shared * 2).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def failing(at):
    """The identity, whose VJP raises the first time that it runs at this place of the graph; not in the registry."""
    raised = []

    def partial(y, x, place):
        if place == at and not raised:
            raised.append(place)
            raise ZeroDivisionError(f"at {place}")
        return 1.0

    return Op(
        "fragile",
        Kind.POINTWISE,
        lambda x, place: Call((x,), {"place": place}),
        lambda x, place: x * 1.0,
        lambda sizes, shape, place: None,
        partials=(partial,),
    )


@pytest.mark.parametrize("at", range(6))
@pytest.mark.parametrize("retain", [True, False])
def test_an_exception_at_any_vjp_leaves_every_gradient_as_it_was(at, retain):
    x, y, fragile = leaf(1.0, 2.0), leaf(3.0, 4.0), failing(at)
    (x * 3).sum().backward()
    first = fragile(x, 0) * fragile(y, 1)
    total = fragile(fragile(first, 2) + fragile(fragile(x, 3), 4), 5).sum()
    with pytest.raises(ZeroDivisionError, match=f"at {at}"):
        total.backward(retain_graph=retain)
    assert x.grad.tolist() == [3.0, 3.0]
    assert y.grad is None
    total.backward()  # what failed has freed nothing: the next pass is right
    assert x.grad.tolist() == [3.0 + 3.0 + 1.0, 3.0 + 4.0 + 1.0]
    assert y.grad.tolist() == [1.0, 2.0]


def test_a_tensor_used_several_times_gathers_all_of_it():
    x = leaf(3.0)
    (x * x * x + x).sum().backward()
    assert x.grad.tolist() == [28.0]


def test_gradients_do_not_share_memory_that_is_written():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x + y).sum().backward()
    first = x.grad
    (x * 5).sum().backward()
    assert first.tolist() == [1.0, 1.0]
    assert y.grad.tolist() == [1.0, 1.0]


def test_broadcasting_is_undone():
    row, column, number = dg.ones(1, 3).requires_grad_(), dg.ones(2, 1).requires_grad_(), leaf(2.0)
    (row * column * number).sum().backward()
    assert row.grad.tolist() == [[4.0, 4.0, 4.0]]
    assert column.grad.tolist() == [[6.0], [6.0]]
    assert number.grad.tolist() == [6.0]


def test_long_rows_that_are_summed_whole():
    x = dg.tensor(np.ones((5, 200)), requires_grad=True)
    x[[1, 2, 2]].sum().backward()
    assert x.grad.data[:, 0].tolist() == [0.0, 1.0, 2.0, 0.0, 0.0]
    assert x.grad.data.sum() == 600.0


def test_what_a_node_saved_is_let_go_as_it_is_read():
    x = dg.tensor(np.full(1 << 14, 0.5), requires_grad=True)
    y = dg.exp(x) * x
    product, exponential = y.grad_fn, y.grad_fn.edges[0]
    seen = []
    x.register_hook(lambda g: seen.append((product.saved[0].strides, exponential.value.strides)))
    y.sum().backward(retain_graph=True)
    assert seen.pop() == ((8,), (8,))
    (again,) = dg.autograd.grad(dg.exp(x) * x, x, grad_outputs=dg.ones(1 << 14))
    assert np.array_equal(again.data, x.grad.data)
    y.sum().backward()
    assert np.array_equal(x.grad.data, 2 * again.data)
    with pytest.raises(RuntimeError, match="a second time"):
        y.sum().backward()


def test_unbroadcast_spreads_what_is_smaller():
    assert unbroadcast(np.ones((1, 1)), (2, 3)).shape == (2, 3)
    assert unbroadcast(np.float64(1), (2,)).shape == (2,)


def test_a_chain_of_a_hundred_thousand_operations():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    y.sum().backward()
    assert x.grad.tolist() == [1.0]


def test_a_graph_with_exponentially_many_paths():
    x = leaf(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.sum().backward()
    assert x.grad.tolist() == [2.0**60]


# ---------------------------------------------------------------------------- higher order


def test_create_graph_gives_gradients_that_can_be_differentiated():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    first = x.grad
    assert first.requires_grad
    x.grad = None
    first.sum().backward()
    assert x.grad.tolist() == [12.0]


def test_the_gradient_penalty():
    x = leaf(1.0, 2.0)
    (g,) = dg.autograd.grad((x**3).sum(), x, create_graph=True)
    (g * g).sum().backward()
    np.testing.assert_allclose(x.grad, 36 * x.detach() ** 3)


# ---------------------------------------------------------------------------- autograd.grad


def test_grad_leaves_the_grad_of_leaves_alone():
    x = leaf(3.0)
    (g,) = dg.autograd.grad((x * x).sum(), x)
    assert g.tolist() == [6.0]
    assert x.grad is None


def test_grad_of_an_intermediate_result():
    x = leaf(3.0)
    y = x * 2
    z = (y * y).sum()
    gx, gy = dg.autograd.grad(z, (x, y))
    assert gx.tolist() == [24.0]
    assert gy.tolist() == [12.0]


def test_an_unused_input_is_named_unless_allowed():
    x, y = leaf(1.0), leaf(1.0)
    with pytest.raises(RuntimeError, match="appears to not have been used in the graph"):
        dg.autograd.grad((x * x).sum(), (x, y))
    assert dg.autograd.grad((x * x).sum(), (x, y), allow_unused=True)[1] is None


def test_grad_frees_only_what_it_used():
    w, x = leaf(2.0), leaf(3.0)
    shared = w * w
    dg.autograd.grad((shared * x).sum(), x)
    shared.sum().backward()
    assert w.grad.tolist() == [4.0]


# ---------------------------------------------------------------------------- kinks


KINKS = {
    "relu": (dg.relu, 0.0, 0.0),
    "absolute": (dg.absolute, 0.0, 0.0),
    "power 0": (lambda x: x**0, 0.0, 0.0),
    "power 1": (lambda x: x**1, 0.0, 1.0),
    "power 2": (lambda x: x**2, 0.0, 0.0),
    "a negative base": (lambda x: x**3.0, -2.0, 12.0),
    "maximum with itself": (lambda x: dg.maximum(x, x), 1.5, 1.0),
    "maximum with what equals it": (lambda x: dg.maximum(x, dg.absolute(x)), 1.5, 1.0),
    "max of equals": (lambda x: dg.max(dg.stack([x, x, x])), 1.5, 1.0),
    "where selects an infinite cotangent away": (lambda x: dg.sqrt(dg.where(x > 0, x, 0.0)), -1.0, 0.0),
    "relu selects an infinite cotangent away": (lambda x: dg.sqrt(dg.relu(x)), -1.0, 0.0),
    "std of equals": (lambda x: dg.std(dg.stack([x, x])), 1.0, 0.0),
    "prod with a zero": (lambda x: dg.prod(dg.stack([x, x * 0 + 2.0])), 0.0, 2.0),
}


@pytest.mark.parametrize("name", KINKS)
def test_conventions_on_kinks(name):
    f, at, expected = KINKS[name]
    with np.errstate(divide="ignore", invalid="ignore"):
        assert dg.grad(f)(at) == expected


# ---------------------------------------------------------------------------- never wrong, never stuck


@pytest.mark.parametrize("times", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_tensor_that_very_many_operations_use(times):
    x = leaf(1.0)
    total = x * 0.0
    for _ in range(times):
        total = total + x * 2.0
    total.sum().backward()
    assert x.grad.tolist() == [2.0 * times]


@pytest.mark.slow
def test_a_chain_of_a_million_operations():
    x = leaf(1.0)
    y = x
    for _ in range(1_000_000):
        y = y * 1.0
    y.sum().backward()
    assert x.grad.tolist() == [1.0]


def network(seed):
    """A loss with its gradients, as bytes: matrix products, broadcasting, and nodes that several paths meet in."""
    rng = np.random.default_rng(seed)
    w = dg.tensor(rng.standard_normal((8, 8)), requires_grad=True)
    b = dg.tensor(rng.standard_normal(8), requires_grad=True)
    h = dg.tensor(rng.standard_normal((4, 8)))
    for _ in range(10):
        h = dg.tanh(h @ w + b) + h * b
    loss = (h * h).mean()
    loss.backward()
    return loss.data.tobytes() + w.grad.data.tobytes() + b.grad.data.tobytes()


def test_eight_threads_give_bit_for_bit_what_one_does():
    alone = [network(seed) for seed in range(8)] * 4
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(network, list(range(8)) * 4))
    assert together == alone


def test_eight_threads_may_differentiate_one_graph():
    x = leaf(*np.linspace(0.1, 2.0, 50))
    y = (dg.tanh(x) * dg.exp(x)).sum()
    (alone,) = dg.autograd.grad(y, x, retain_graph=True)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: dg.autograd.grad(y, x, retain_graph=True)[0], range(64)))
    assert all(np.array_equal(g, alone) for g in found)


def test_a_mode_set_in_one_thread_is_not_that_of_another():
    with dg.no_grad(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(dg.is_grad_enabled).result()
    assert dg.is_grad_enabled()


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "expm1", "arctan", "exp", "sqrt", "log1p"])
def test_the_backward_pass_bears_that_floating_point_errors_raise(name):
    function = getattr(dg, name)
    x = leaf(0.0, 1e-300, 700.0)
    y = (function(x) * 1e-300).sum()
    expected = dg.autograd.grad(y, x, retain_graph=True)[0].data
    with np.errstate(all="raise"):
        y.backward()
    assert np.array_equal(x.grad, expected)


def test_the_users_way_with_floating_point_errors_is_left_as_it_is():
    x = leaf(2.0)
    with np.errstate(all="raise"):
        before = np.geterr()
        (x * x).sum().backward()
        assert np.geterr() == before
        with pytest.raises(FloatingPointError):
            dg.exp(x * 1000.0)


def test_joining_many_parts_takes_time_linear_in_their_number():
    parts = [dg.tensor(float(k), requires_grad=True) for k in range(30_000)]
    (dg.stack(parts) * np.arange(30_000.0)).sum().backward()
    assert [part.grad.item() for part in parts] == list(range(30_000))
