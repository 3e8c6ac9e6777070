"""Tracers record what NumPy does, dimensions stay symbolic, and every escape is seen."""

import numpy as np
import pytest

from dualgrad.frontends.dims import Dim
from dualgrad.frontends.trace import Trace
from dualgrad.frontends.tracer import Tracer

OUTSIDE = np.zeros(4)


def in_place_views(x):
    out = np.zeros(len(x))
    out[1:] += x[:-1]
    window = out[2:]
    window *= 2
    out[0] = x[-1]
    return out


def view_sees_later_writes(x):
    y = x * 1.0
    window = y[:2]
    y[0] = 7.0
    return window * 3


def chained_transposes(x):
    return (x.T @ x)[::-1].T


def scalar_accumulator(x):
    total = x[0]
    total += x[1]
    return x * total


def helpers(x):
    def inner(t):
        return [np.exp(t), t.sum() * np.ones(t.shape[0])]

    return sum(inner(x)) + np.array([x[0], x[1], 2.0])[0]


@pytest.mark.parametrize("function", [in_place_views, view_sees_later_writes, scalar_accumulator, helpers])
def test_recording_computes_what_the_function_does(traced, replay, function):
    x = np.array([0.3, -1.2, 2.5, 0.7, 1.1])
    trace, program = traced(function, x)
    assert program is not None, trace.poison
    np.testing.assert_array_equal(replay(trace, program, x), function(x.copy()))


def test_matrices_too(traced, replay):
    x = np.arange(6.0).reshape(3, 2)
    trace, program = traced(chained_transposes, x)
    np.testing.assert_array_equal(replay(trace, program, x), chained_transposes(x))


def test_shapes_stay_symbolic(traced):
    trace, program = traced(lambda x: x.sum() / x.size + 2 * len(x) - 1 + np.sqrt(x.shape[0]), np.ones(4))
    assert program is not None
    assert trace.extents.leaks == []
    assert "SizeOf" in str(program)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * (1 if x.shape[0] % 2 else 2),
        lambda x: x * (1 if x.shape[0] == 4 else 2),
        lambda x: x * [1.0, 2.0, 3.0, 4.0, 5.0][x.size],
        lambda x: sum(x[i] for i in range(len(x))),
        lambda x: sum(row for row in x),
        lambda x: x * {4: 1.0}[x.shape[0]],
        lambda x: x * float(str(len(x))),
    ],
    ids=["parity", "equality", "int", "range", "iteration", "hash", "text"],
)
def test_a_dimension_that_becomes_a_number_is_a_leak(traced, function):
    trace, _ = traced(function, np.ones(4))
    assert trace.extents.leaks or trace.poison


def swallows(x):
    try:
        return 2 * x if float(x[0]) > 0 else x
    except Exception:
        return 2 * x


def swallows_asarray(x):
    try:
        return np.frombuffer(x)
    except Exception:
        return 2 * x


@pytest.mark.parametrize(
    "function",
    [
        swallows,
        swallows_asarray,
        lambda x: x if x[0] > 0 else 2 * x,
        lambda x: x * round(x[0]),
        lambda x: x * (1.0 in x),
        lambda x: np.add(x, 1, out=OUTSIDE),
        lambda x: np.sort(x) if x.tolist() else x,
    ],
    ids=["try-float", "try-frombuffer", "branch", "round", "contains", "out", "tolist"],
)
def test_a_value_that_is_read_poisons_the_recording(traced, function):
    trace, _ = traced(function, np.ones(4))
    assert trace.poison


def test_writing_through_a_reshaped_view_is_refused(traced):
    def function(x):
        y = x * 1.0
        y.reshape(-1)[0] = 5.0
        return y

    trace, program = traced(function, np.ones((2, 2)))
    assert program is None
    assert trace.poison


def test_a_global_that_is_assigned_is_refused(traced):
    def function(x):
        global _calls
        _calls = 1
        return x

    trace, _ = traced(function, np.ones(2))
    assert trace.poison


def test_only_ops_merge_dimensions_and_say_so(traced):
    trace, _ = traced(lambda a, b: a @ b, np.ones((3, 3)), np.ones((3, 3)))
    assert len(trace.extents.hypotheses) == 1
    trace, _ = traced(lambda a, b: a.sum() + b.sum(), np.ones((3, 3)), np.ones((3, 3)))
    assert trace.extents.hypotheses == []


def test_equal_operations_are_one_equation(traced):
    _, program = traced(lambda x: np.exp(x) / np.exp(x).sum() * np.exp(x), np.ones(3))
    assert [equation.op.name for equation in program.equations].count("exp") == 1


def test_a_concrete_trace_follows_branches_and_records_them(traced):
    _, program = traced(lambda x: x * 2 if x[0] > 0 else x * 3, np.array([1.0, 2.0]), symbolic=False)
    assert program is not None
    assert [condition.outcome for condition in program.conditions] == [True]


def test_types_look_as_they_do_natively(traced):
    seen = []

    def function(x):
        seen.append((isinstance(x, np.ndarray), type(x) is np.ndarray, isinstance(x.sum(), float), isinstance(x, list)))
        return x

    traced(function, np.ones(3))
    function(np.ones(3))
    assert seen[0] == seen[1]


def test_a_tracer_of_another_recording_is_refused(traced):
    kept = []

    def function(x):
        kept.append(x)
        return x + kept[0]

    traced(function, np.ones(3))
    trace, _ = traced(function, np.ones(3))
    assert trace.poison


def test_what_a_tracer_is():
    trace = Trace()
    x = trace.input("x", np.ones((3, 1)), ("n", 1))
    assert isinstance(x, Tracer) and isinstance(x.shape[0], Dim) and x.shape[1] == 1 and x.ndim == 2
