"""Indexing with arrays, masks and orders: NumPy's values, gradients that land where the entries came from."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.positions import Positions

RNG = np.random.default_rng(3)
A = RNG.standard_normal((3, 4))
KEYS = [
    [0, 2, 0],
    np.array([[0, 2], [1, -1]]),
    ([0, 1], [1, 3]),
    (slice(None), [1, 1, 0]),
    ([2, 0], slice(1, 3)),
    (slice(0, 2), None, np.array([3])),
    A > 0,
    (np.array([True, False, True]), 1),
    (np.array([True, False, True]), slice(None, None, -1)),
    np.ix_([0, 2], [3, 1]),
    (..., [0, -1]),
    [],
]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_reading_with_arrays_is_numpys(key):
    x = dg.tensor(A, requires_grad=True)
    y = x[key]
    assert np.array_equal(y.detach(), A[key])
    g = RNG.standard_normal(y.shape)
    y.backward(g)
    expected = np.zeros_like(A)
    np.add.at(expected, key, g)
    np.testing.assert_allclose(x.grad.data, expected, rtol=1e-15)


@pytest.mark.parametrize("key", KEYS[:-1], ids=range(len(KEYS) - 1))
def test_writing_with_arrays_is_numpys(key):
    x, v = dg.tensor(A, requires_grad=True), dg.tensor(RNG.standard_normal(A[key].shape), requires_grad=True)
    y = x * 1.0
    y[key] = v
    expected = A.copy()
    expected[key] = v.detach().numpy()
    assert np.array_equal(y.detach(), expected)
    g = RNG.standard_normal(A.shape)
    y.backward(g)
    kept, number = np.ones_like(A), np.full(A.shape, -1)
    kept[key], number[key] = 0, np.arange(v.size).reshape(v.shape)
    assert np.array_equal(x.grad.data, g * kept)
    landed = np.zeros(v.size)
    landed[number[number >= 0]] = g[number >= 0]
    assert np.array_equal(v.grad.data, landed.reshape(v.shape))


def test_a_mask_of_tensors_reads_and_writes():
    x = dg.tensor([1.0, -2.0, 3.0], requires_grad=True)
    x[x > 0].sum().backward()
    assert x.grad.tolist() == [1, 0, 1]
    y = x * 2
    y[y < 0] = 0.0
    assert y.tolist() == [2, 0, 6]


def test_the_indices_may_change_afterwards():
    x, indices = dg.tensor([1.0, 2.0], requires_grad=True), np.array([0, 0])
    y = dg.take(x, indices)
    indices[:] = 1
    y.sum().backward()
    assert x.grad.tolist() == [2, 0]


def test_positions_are_equal_by_content():
    assert Positions([1, -1], 3) == Positions([1, 2], 3) != Positions([2, 1], 3)
    assert hash(Positions([1, -1], 3)) == hash(Positions([1, 2], 3))
    long = [repr(Positions(np.roll(np.arange(20), k), 20)) for k in (0, 1)]
    assert long[0] != long[1]


def test_take_clips_and_wraps():
    x = dg.tensor([1.0, 2.0, 3.0])
    assert dg.take(x, [5, -4], mode="clip").tolist() == [3, 1]
    assert dg.take(x, [5, -4], mode="wrap").tolist() == [3, 3]


def test_sums_land_where_scatter_add_says():
    a, src = dg.tensor(np.zeros((2, 3)), requires_grad=True), dg.tensor(A[:2, :3], requires_grad=True)
    places = np.array([[0, 0, 2], [1, 1, 1]])
    y = dg.scatter_add(a, 1, places, src)
    np.testing.assert_allclose(y.detach(), [[A[0, 0] + A[0, 1], 0, A[0, 2]], [0, A[1, :3].sum(), 0]])
    y[0, 0].backward()
    assert src.grad.tolist() == [[1, 1, 0], [0, 0, 0]]
    assert a.grad.tolist() == [[1, 0, 0], [0, 0, 0]]


def test_slices_land_where_index_add_says():
    source = dg.tensor(A[:, :2], requires_grad=True)
    y = dg.index_add(np.zeros((3, 3)), 1, [2, 2], source)
    np.testing.assert_allclose(y.detach()[:, 2], A[:, 0] + A[:, 1])
    y[1].sum().backward()
    assert source.grad.tolist() == [[0, 0], [1, 1], [0, 0]]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("name", "ufunc"), [("cummax", np.maximum), ("cummin", np.minimum)])
def test_running_extremes(name, ufunc, axis):
    x = dg.tensor(A, requires_grad=True)
    y = getattr(dg, name)(x, axis)
    assert np.array_equal(y.detach(), ufunc.accumulate(A, axis=axis))
    assert np.array_equal(ufunc.accumulate(x, axis=axis).detach(), y.detach())
    y.sum().backward()
    assert x.grad.data.sum() == A.size
    np.testing.assert_allclose((x.grad.data * A).sum(), y.detach().data.sum())


def test_ties_of_running_extremes_go_to_the_last():
    x = dg.tensor([1.0, 1.0, 0.0], requires_grad=True)
    dg.cummax(x).sum().backward()
    assert x.grad.tolist() == [1, 2, 0]


@pytest.mark.parametrize("largest", [True, False])
def test_topk(largest):
    x = dg.tensor(A, requires_grad=True)
    found, places = dg.topk(x, 2, 1, largest)
    order = np.sort(A, 1)[:, ::-1] if largest else np.sort(A, 1)
    assert np.array_equal(found.detach(), order[:, :2])
    assert np.array_equal(np.take_along_axis(A, places, 1), found.detach())
    found.sum().backward()
    assert x.grad.data.sum() == 6


@pytest.mark.parametrize(
    ("split", "args"),
    [(dg.array_split, (3, 1)), (dg.split, (2, 1)), (dg.vsplit, ([1],)), (dg.hsplit, ([1, 3],)), (dg.array_split, (2,))],
    ids=range(5),
)
def test_parts_joined_are_the_whole(split, args):
    x = dg.tensor(A, requires_grad=True)
    parts, expected = split(x, *args), getattr(np, split.__name__)(A, *args)
    assert len(parts) == len(expected) > 1
    assert all(np.array_equal(part.detach(), other) for part, other in zip(parts, expected, strict=True))
    parts[1].sum().backward()
    assert x.grad.data.sum() == expected[1].size


def test_parts_in_depth():
    x = dg.tensor(RNG.standard_normal((2, 1, 4)), requires_grad=True)
    first, second = dg.dsplit(x, 2)
    assert first.shape == second.shape == (2, 1, 2)


def test_gradient_of_a_plane():
    x = dg.tensor(A, requires_grad=True)
    for found, expected in zip(dg.gradient(x), np.gradient(A), strict=True):
        np.testing.assert_allclose(found.detach(), expected)


@pytest.mark.parametrize("zeros", [[], [0], [3], [1, 2], [0, 1, 2, 3, 4]])
def test_cumprod_is_exact_with_any_number_of_zeros(zeros):
    a = np.array([2.0, -3.0, 0.5, 4.0, 1.5])
    a[zeros] = 0
    g = np.array([1.0, 2.0, -1.0, 0.5, 3.0])
    _, pull = dg.vjp(dg.cumprod, a)
    expected = [sum(g[k] * np.prod(np.delete(a[: k + 1], i)) for k in range(i, 5)) for i in range(5)]
    assert pull(g)[0].tolist() == expected


def test_logcumsumexp_neither_overflows_nor_loses_what_is_impossible():
    a = np.array([-np.inf, 700.0, 800.0, -900.0])
    with np.errstate(all="raise", under="ignore"):
        y, pull = dg.vjp(dg.logcumsumexp, a)
        (found,) = pull(np.array([1.0, 1.0, 0.0, 0.0]))
    assert np.array_equal(y, np.logaddexp.accumulate(a))
    assert found.tolist() == [0, 1, 0, 0]


def test_nan_to_num_lets_no_gradient_through():
    x = dg.tensor([1.0, np.nan, np.inf, -np.inf], requires_grad=True)
    y = dg.nan_to_num(x, posinf=5.0)
    assert np.array_equal(y.detach(), np.nan_to_num(x.detach().numpy(), posinf=5.0))
    y.sum().backward()
    assert x.grad.tolist() == [1, 0, 0, 0]


def test_outside_of_its_points_interp_is_constant():
    assert dg.grad(dg.interp)(9.0, np.array([1.0, 2.0]), np.array([0.0, 1.0])) == 0
    assert dg.grad(dg.interp)(1.5, np.array([1.0, 2.0]), np.array([0.0, 1.0])) == 1


def test_slices_one_by_one():
    x = dg.tensor(A, requires_grad=True)
    parts = dg.unstack(x, axis=1)
    assert [part.tolist() for part in parts] == A.T.tolist()
    parts[2].sum().backward()
    assert x.grad.tolist() == [[0, 0, 1, 0]] * 3


def test_arrays_of_one_shape():
    x, y = dg.tensor(A[:, :1], requires_grad=True), dg.tensor(A[0])
    first, second = dg.broadcast_arrays(x, y)
    assert first.shape == second.shape == (3, 4)
    first.sum().backward()
    assert x.grad.tolist() == [[4]] * 3


# ---------------------------------------------------------------------------- adding whole slices


@pytest.mark.parametrize(("shape", "axis"), [((6, 40), 0), ((40, 6), 1), ((3, 6, 20), 1), ((6,), 0)])
def test_slices_are_added_in_the_order_of_their_positions(shape, axis):
    rng = np.random.default_rng(0)
    places = rng.integers(-6, 6, (5, 4))
    x = dg.tensor(rng.standard_normal(shape), requires_grad=True)
    y = np.take(x, places, axis)
    g = rng.standard_normal(y.shape)
    (twice,) = dg.autograd.grad((y * g).sum() + (y * g).sum(), x)
    expected = np.zeros(shape)
    np.add.at(expected, (*(slice(None),) * axis, places), g)
    np.testing.assert_allclose(twice.numpy(), 2 * expected, rtol=1e-13)
    (once,) = dg.autograd.grad(np.take(x, places, axis), x, g)
    assert np.array_equal(once.numpy(), expected)
