"""Results that take the place of operands: of intermediate ones only, whatever the code around them is."""

from __future__ import annotations

import dis
import functools
import itertools
import operator

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.engine import keeping, reuse


def large(seed=0, requires_grad=True):
    return dg.tensor(np.random.default_rng(seed).standard_normal((100, 100)), requires_grad=requires_grad)


def test_an_intermediate_result_is_taken():
    x, y = large(), large(1)
    assert reuse._counted
    total = x * 3 + y
    assert np.array_equal(total.data, x.data * 3 + y.data)
    assert total.grad_fn.saved[0].strides == (0, 0)
    assert "_data" not in dir(total) or total._data.base is None


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda a, b: a + b, (False, False)),
        (lambda a, b: a * b + a, (True, False)),
        (lambda a, b: a - b * a, (False, True)),
        (lambda a, b: (a @ b) / (a * b), (True, True)),
        (lambda a, b: (a * b)[0] + a, (False, False)),
        (lambda a, b: a.f(a * b, b + a) + (a * b), (False, True)),
        (lambda a, b: (c := a * b) + c, (False, False)),
        (lambda a, b: (a * b) + (c := b) * c, (False, False)),
        (lambda a, b: [a * b][0] + b, (False, False)),
        (lambda a, b: -(a * b) + b, (False, False)),
        (lambda a, b: a * b + {a: b, **b}[a, b:a], (True, False)),
    ],
)
def test_what_code_says_of_its_last_sum(function, expected):
    sums = [one.offset for one in dis.get_instructions(function.__code__) if one.argrepr in ("+", "/", "-")]
    assert reuse.intermediate(function.__code__, sums[-1]) == expected
    assert reuse.intermediate(function.__code__, 0) == (False, False)


def test_what_has_a_name_stays():
    x, y = large(), large(1)
    product = x * 3
    first, second = product + y, product + y
    twice = (lambda p: (p + y) - (p + y))(x * 3)
    assert np.array_equal(first.data, second.data)
    assert not twice.data.any()


def test_what_a_container_holds_stays():
    x = large()
    held = np.empty(2, object)
    held[0], held[1] = x * 2, x * 3
    _ = held + 1 + held
    _ = (held + held) + 1
    assert np.array_equal(held[1].data, x.data * 3)
    tensors = [x * k for k in range(4)]
    for _ in range(2):
        sums = [sum(tensors), functools.reduce(operator.add, tensors), list(itertools.accumulate(tensors))[-1]]
        sums += [sum(t + 1 for t in tensors) - 4, sum(map(operator.neg, tensors)) * -1]
        for found in sums:
            assert np.allclose(found.data, x.data * 6)
    assert all(np.array_equal(t.data, x.data * k) for k, t in enumerate(tensors))


def test_what_a_rule_reads_stays():
    x, y = large(), large(1)

    def f():
        return ((x * 2) * (y * 3) + dg.exp(x) * (x - y) / (x * x + 1)).sum()

    fast, recorded = dg.autograd.grad(f(), [x, y]), dg.autograd.grad(f(), [x, y], create_graph=True)
    assert all(np.array_equal(a.data, b.data) for a, b in zip(fast, recorded, strict=True))


def test_an_array_that_was_handed_out_stays():
    x = large()
    product = x * 3
    array = product.data
    before = array.copy()
    address = id(array)
    del array
    _ = product + 1
    assert id(product._data) == address
    assert np.array_equal(product.data, before)


def test_without_recording_too():
    x, y = large(requires_grad=False), large(1)
    assert np.array_equal((x * 2 - x * 3 + 4.0 * (x * x)).data, x.data * 2 - x.data * 3 + 4.0 * (x.data * x.data))
    with dg.no_grad():
        assert np.array_equal((y * 2 + x * y).data, y.data * 2 + x.data * y.data)


def test_other_dtypes_and_shapes_are_not_written_into():
    x = dg.tensor(np.ones((200, 200), np.float32), requires_grad=True)
    assert (x * 2 + np.float64(1)).dtype == np.float64
    assert (x * 2 + dg.tensor(np.ones((200, 200)))).dtype == np.float64
    assert (x * 2 + dg.tensor(np.ones((2, 200, 200), np.float32))).shape == (2, 200, 200)
    counts = dg.tensor(np.arange(40_000))
    assert (counts * 2 / 3).dtype == np.float64


def test_who_had_it_after_all_is_told():
    x = large()
    x._data = reuse.gone()
    with pytest.raises(RuntimeError, match="was taken for the result of an operation"):
        x + 1
    with pytest.raises(RuntimeError, match="was taken"):
        _ = x.shape
    for looked in (np.sin, repr, len, bool, dg.sum, dg.sigmoid, np.linalg.inv, lambda x: x.data, lambda x: x[0]):
        with pytest.raises(RuntimeError, match="was taken"):
            looked(x)


def test_where_references_are_not_counted_nothing_is_taken(monkeypatch):
    monkeypatch.setattr(reuse, "_counted", False)
    x = large()
    assert reuse.taken(x, x, x._data, x._data, (1, 2)) == 0
    assert keeping.NOTABLE < reuse.LARGE
