"""What ``dualgrad.compile`` promises: the eager results, in memory of their own, at every call."""

import threading
from collections import namedtuple

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.replay.compiled import PROGRAMS
from dualgrad.replay.recorder import Uncompilable
from dualgrad.replay.steps import LARGE

RNG = np.random.default_rng(0)
BIG = LARGE // 8 + 5  # entries of a float64 array that a loop over blocks goes through


def scalar(x):
    return (dg.sin(x) * dg.exp(-x * x)).sum()


def close(a, b):
    return np.allclose(a, b, rtol=1e-13, atol=0)


# ---------------------------------------------------------------------------- results


def test_plain_functions_gradients_and_both():
    x = RNG.standard_normal(7)
    assert dg.compile(scalar)(x) == scalar(x)
    assert np.array_equal(dg.compile(dg.grad(scalar))(x), dg.grad(scalar)(x))
    value, gradient = dg.compile(dg.value_and_grad(scalar))(x)
    assert type(value) is np.float64
    assert np.array_equal(gradient, dg.grad(scalar)(x))


def test_numpy_functions_need_no_change():
    x = RNG.standard_normal((3, 4))
    f = dg.compile(lambda x: np.tanh(x @ x.T).sum(axis=0))
    assert np.array_equal(f(x), np.tanh(x @ x.T).sum(axis=0))


@pytest.mark.parametrize("transform", [dg.hessian, dg.jacobian])
def test_higher_derivatives(transform):
    x = RNG.standard_normal(4)
    f = scalar if transform is dg.hessian else (lambda x: dg.tanh(x) * x)
    assert close(dg.compile(transform(f))(x), transform(f)(x))


def test_all_directions_are_taken_at_once():
    w = RNG.standard_normal((7, 7))
    shapes = {
        "vector": ((7,), lambda x: np.log(1 + np.exp(w @ x)).sum() + ((x[1:] - x[:-1] ** 2) ** 2).sum()),
        "matrix": ((3, 7), lambda x: np.tanh(np.einsum("ij,kj->ik", x, w)).sum() + (x[:, [0, 0, 2]] ** 3).sum()),
        "diagonal": ((4, 4), lambda x: (np.diag(np.diagonal(x)) @ x).sum() ** 2 + np.cumsum(x, 1).prod()),
    }
    for shape, f in shapes.values():
        x = RNG.standard_normal(shape)
        for transform in (dg.hessian, lambda f: dg.jacobian(dg.grad(f))):
            compiled = dg.compile(transform(f))
            assert close(compiled(x), transform(f)(x))
            again = RNG.standard_normal(shape)
            assert close(compiled(again), transform(f)(again))
    compiled = dg.compile(dg.hessian(shapes["vector"][1]))
    compiled(np.ones(7))
    assert compiled.source.count("\n") < 80  # a pass for each of the directions would take hundreds of lines


def test_other_entries_are_computed_anew():
    f = dg.compile(dg.grad(scalar))
    for _ in range(3):
        x = RNG.standard_normal(5)
        assert np.array_equal(f(x), dg.grad(scalar)(x))


def test_other_shapes_dtypes_and_layouts_are_recorded_anew():
    f, eager = dg.compile(lambda x: np.reshape(x, -1) * 2), lambda x: np.reshape(x, -1) * 2
    arrays = [RNG.standard_normal(shape) for shape in ((3,), (2, 3), (), (0,), (2, 0))]
    arrays += [arrays[1].T, arrays[1].astype(np.float32), np.arange(6.0)[::2]]
    for x in [*arrays, *arrays]:
        got = f(x)
        assert np.array_equal(got, eager(x))
        assert got.dtype == x.dtype
        assert not np.shares_memory(got, x)


def test_float32_stays_float32_next_to_python_numbers():
    f = dg.compile(lambda x, k: x * k + 1)
    x = np.ones(3, np.float32)
    assert f(x, 0.5).dtype == np.float32
    assert np.array_equal(f(x, 0.25), x * np.float32(0.25) + 1)


def test_numbers_as_arguments():
    f = dg.compile(dg.value_and_grad(lambda x, y: x * dg.sin(y) / x, argnums=(0, 1)))
    for x, y in ((1.5, 0.5), (-2.0, 7.0)):
        assert f(x, y) == dg.value_and_grad(lambda x, y: x * dg.sin(y) / x, argnums=(0, 1))(x, y)


def test_trees_of_arguments_and_results():
    Pair = namedtuple("Pair", "a b")

    def f(tree, *, k):
        return {"sum": tree["w"] + tree["rest"][0], "pair": Pair(tree["rest"][1] * k, [tree["w"] - 1, 3.0])}

    x, y = RNG.standard_normal(3), RNG.standard_normal(2)
    compiled = dg.compile(f)
    for _ in range(2):
        got = compiled({"w": x, "rest": (np.float64(2.0), y)}, k=2)
        assert np.array_equal(got["sum"], x + 2.0)
        assert isinstance(got["pair"], Pair)
        assert np.array_equal(got["pair"].a, y * 2)
        assert np.array_equal(got["pair"].b[0], x - 1)
        assert got["pair"].b[1] == 3.0


def test_integers_are_part_of_the_recording():
    f = dg.compile(lambda x, n: sum((x * k for k in range(n)), np.zeros(3)))
    x = RNG.standard_normal(3)
    assert np.array_equal(f(x, 2), x * 0 + x * 1)
    assert np.array_equal(f(x, 3), x * 0 + x * 1 + x * 2)


def test_tensors_give_tensors():
    x = dg.tensor([1.0, 2.0])
    got = dg.compile(lambda x: x * x)(x)
    assert isinstance(got, dg.Tensor)
    assert np.array_equal(got.numpy(), [1.0, 4.0])


def test_captured_arrays_are_read_at_each_call():
    weights = np.array([1.0, 2.0])
    f = dg.compile(lambda x: (x * weights).sum())
    assert f(np.ones(2)) == 3.0
    weights[0] = 10.0
    assert f(np.ones(2)) == 12.0


def test_a_compiled_function_within_another_is_part_of_it():
    inner = dg.compile(lambda x: x * x)
    x = RNG.standard_normal(3)
    assert np.array_equal(dg.compile(lambda x: inner(x) + 1)(x), x * x + 1)


def test_infinities_and_nan_are_results():
    f = dg.compile(lambda x: dg.log(x) / x)
    x = np.array([0.0, -1.0, 2.0, np.inf])
    with np.errstate(all="ignore"):
        expected = np.log(x) / x
        assert np.array_equal(f(x), expected, equal_nan=True)
    with np.errstate(all="raise"):
        assert np.array_equal(f(x), expected, equal_nan=True)


@pytest.mark.parametrize("x", [0.0, -1.0, np.inf, 1e308, 800.0, np.nan])
def test_numbers_that_math_refuses(x):
    def f(x):
        return dg.sin(x) + dg.exp(x) / x + dg.sqrt(x) + dg.log(x) * x * x + 1 / (x - x)

    compiled = dg.compile(dg.value_and_grad(f))
    with np.errstate(all="ignore"):
        compiled(2.0)
        assert np.array_equal(compiled(x), dg.value_and_grad(f)(x), equal_nan=True)


# ---------------------------------------------------------------------------- memory


def views(x, y):
    u = x * y
    return u, u, u.T, x, x[0], np.broadcast_to(y, (2, *y.shape)), u[:, 1:], np.reshape(u, -1), dg.ones_like(x)


def test_results_share_no_memory():
    x, y = RNG.standard_normal((3, 4)), RNG.standard_normal((3, 4))
    f = dg.compile(views)
    first, expected = f(x, y), [part.copy() for part in views(x, y)]
    second = f(x + 1, y)
    for k, part in enumerate(first):
        assert np.array_equal(part, expected[k])
        for other in (x, y, *second, *first[:k], *first[k + 1 :]):
            assert not np.shares_memory(part, other)
    for part in first:
        part[...] = 7.0
    for part, wanted in zip(f(x, y), expected, strict=True):
        assert np.array_equal(part, wanted)


def test_arguments_are_not_written_to():
    x, y = RNG.standard_normal(BIG), RNG.standard_normal(BIG)
    before = x.copy(), y.copy()
    dg.compile(dg.grad(lambda x, y: ((x * y - x) ** 2 * x).sum(), (0, 1)))(x, y)
    assert np.array_equal(x, before[0])
    assert np.array_equal(y, before[1])


def test_the_same_array_twice():
    x = RNG.standard_normal(5)
    assert np.array_equal(dg.compile(lambda x, y: x * y + x)(x, x), x * x + x)


def test_threads_get_what_one_gets():
    f = dg.compile(dg.grad(lambda x: (dg.tanh(x * x) * x).sum()))
    arrays = [RNG.standard_normal(BIG) for _ in range(6)]
    expected = [f(x) for x in arrays]
    found = [None] * len(arrays)

    def run(k):
        for _ in range(3):
            found[k] = f(arrays[k])

    threads = [threading.Thread(target=run, args=(k,)) for k in range(len(arrays))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(map(np.array_equal, found, expected))


def test_threads_that_come_first_at_once():
    f, x = dg.compile(lambda x: x * x + x), RNG.standard_normal(100)
    found = []
    threads = [threading.Thread(target=lambda: found.append(f(x))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(np.array_equal(each, x * x + x) for each in found)


def test_few_recordings_are_kept():
    f = dg.compile(lambda x: x + 1)
    for n in range(PROGRAMS + 5):
        assert np.array_equal(f(np.zeros(n)), np.ones(n))
    assert len(f._entries) == PROGRAMS


# ---------------------------------------------------------------------------- refusals


def branches(x):
    return x if x[0] > 0 else -x


def reads(x):
    return x * float(x[0])


def converts(x):
    return np.asarray(x) * 2


def writes(x):
    x[0] = 1.0
    return x


def adds_in_place(x):
    x += 1.0
    return x


def into(x):
    return np.add(x, 1.0, out=x)


def catches(x):
    try:
        return x if x[0] > 0 else -x
    except TypeError:
        return x


def text(x):
    return f"{x}"


REFUSED = {
    branches: "reads entries",
    reads: "reads entries",
    converts: "reads entries",
    writes: "in place",
    adds_in_place: "in place",
    into: "out=",
    catches: "reads entries",
    text: "returned",
}


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_what_cannot_be_replayed_is_refused(f):
    with pytest.raises(Uncompilable, match=REFUSED[f]):
        dg.compile(f)(np.array([1.0, 2.0]))


def test_the_line_is_named():
    with pytest.raises(Uncompilable, match=rf"test_compiled.py:{branches.__code__.co_firstlineno + 1}"):
        dg.compile(branches)(np.array([1.0, 2.0]))


def test_random_numbers_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(Uncompilable, match=r"when it is called again.*test_compiled.py"):
        dg.compile(lambda x: x * rng.standard_normal(2))(np.array([1.0, 2.0]))


def test_a_counter_is_refused():
    calls = []

    def f(x):
        calls.append(1)
        return x * len(calls)

    with pytest.raises(Uncompilable, match="when it is called again"):
        dg.compile(f)(np.array([1.0, 2.0]))


def test_a_tensor_that_requires_a_gradient_is_told_what_to_do():
    with pytest.raises(Uncompilable, match=r"dualgrad\.compile\(dualgrad\.grad\(f\)\)"):
        dg.compile(scalar)(dg.tensor([1.0], requires_grad=True))


def test_an_argument_that_is_no_number_is_named():
    with pytest.raises(Uncompilable, match="a set of 1"):
        dg.compile(lambda x, s: x)(np.ones(2), {1})


def test_what_is_no_function_is_refused():
    with pytest.raises(TypeError, match="expected a function"):
        dg.compile(3)


def test_an_error_of_the_function_is_the_user_s():
    with pytest.raises(ValueError, match="mine"):
        dg.compile(lambda x: (_ for _ in ()).throw(ValueError("mine")))(np.ones(2))


# ---------------------------------------------------------------------------- blocks


def test_a_loop_over_blocks_is_within_the_digits_stated():
    def f(x):
        t = dg.tanh(x) * x
        return (t * t + x).sum()

    x = RNG.standard_normal(BIG)
    compiled = dg.compile(dg.value_and_grad(f))
    value, gradient = compiled(x)
    assert "at a time" in compiled.source
    expected, wanted = dg.value_and_grad(f)(x)
    assert close(value, expected)
    assert np.array_equal(gradient, wanted)


def test_neighbours_in_blocks():
    def f(x):
        u, v = x[:-1], x[1:]
        return (100 * (v - u * u) ** 2 + (1 - u) ** 2).sum()

    x = RNG.standard_normal(BIG)
    value, gradient = dg.compile(dg.value_and_grad(f))(x)
    expected, wanted = dg.value_and_grad(f)(x)
    assert close(value, expected)
    assert np.array_equal(gradient, wanted)


def test_rows_columns_and_sums_in_blocks():
    def f(a, b, c):
        z = a * b + c
        z = z - z.mean(0, keepdims=True)
        z = z / dg.sqrt((z * z).mean(0, keepdims=True) + 1e-5)
        return (z.max(1) * z.sum(1)).sum() + (dg.exp(-z) * b).sum()

    args = RNG.standard_normal((300, 200)), RNG.standard_normal(200), RNG.standard_normal((300, 1))
    compiled = dg.compile(dg.value_and_grad(f, (0, 1, 2)))
    value, gradients = compiled(*args)
    assert "at a time" in compiled.source
    expected, wanted = dg.value_and_grad(f, (0, 1, 2))(*args)
    assert close(value, expected)
    for got, each in zip(gradients, wanted, strict=True):
        assert np.allclose(got, each, rtol=0, atol=1e-13 * np.abs(each).max())


def test_terms_that_cancel_are_not_lost():
    x = RNG.standard_normal(BIG) * 1e8
    f = lambda x: ((x * x + 1.0) - x * x).sum()  # noqa: E731
    assert dg.compile(f)(x) == f(x)


def test_the_source_can_be_read():
    f = dg.compile(dg.grad(scalar))
    assert f.source == ""
    f(np.ones(3))
    assert "def run(workspace, v1):" in f.source
    assert "test_compiled.py" in f.source
