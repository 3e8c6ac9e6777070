"""Every op of the registry, its value and its gradient, compiled on its own samples: bit for bit the eager results."""

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.op import REGISTRY


def same(got, expected):
    if isinstance(expected, tuple):
        return len(got) == len(expected) and all(map(same, got, expected))
    assert type(got) is type(expected)
    return got.dtype == expected.dtype and np.array_equal(got, expected, equal_nan=True)


def function_of(op, sample, places):
    def function(*arrays):
        args = list(sample.args)
        for place, array in zip(places, arrays, strict=True):
            args[place] = array
        return op(*args, **sample.kwargs)

    return function


def gradient_of(function, count):
    return dg.value_and_grad(lambda *arrays: dg.sum(function(*arrays)), range(count))


@pytest.mark.parametrize("name", [name for name, op in REGISTRY.items() if op.name == name and op.samples])
def test_every_op_gives_the_eager_bits(name):
    op, compared = REGISTRY[name], 0
    for sample in op.samples(np.random.default_rng(0)):
        places = [k for k, arg in enumerate(sample.args) if isinstance(arg, np.ndarray) and arg.dtype.kind == "f"]
        arrays = [sample.args[k] for k in places]
        function = function_of(op, sample, places)
        wanted = [function, gradient_of(function, len(places))] if places else []
        for eager in wanted:
            try:
                expected = eager(*arrays)
            except (TypeError, ValueError, RuntimeError, np.linalg.LinAlgError):
                continue  # an op without a derivative, or one that gives no numbers
            compiled = dg.compile(eager)
            assert same(compiled(*arrays), expected), sample
            assert same(compiled(*arrays), expected), "the second call"
            compared += 1
    if not compared:
        pytest.skip("takes no arrays of floats by position")
