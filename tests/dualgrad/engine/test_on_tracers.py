"""The engine on tracers: every rule is recorded for every size, and what was recorded is what runs."""

from __future__ import annotations

import numpy as np
import pytest

import dualgrad as dg
from dualgrad.frontends.trace import Trace, Untraceable
from dualgrad.meanings import Unread
from dualgrad.op import REGISTRY
from dualgrad.program.record import Literal, SizeOf
from dualgrad.program.size import Size, evaluate

BY_COSINES = {"dft", "real_dft", "inverse_real_dft"}  # recorded as sums, and run by fast transforms
OPS = [op for op in dict.fromkeys(REGISTRY.values()) if any(op.vjp or op.partials)]


def samples(op):
    for sample in op.samples(np.random.default_rng(5)):
        call = op.call(*sample.args, **sample.kwargs)
        if all(np.size(x) for x in call.inputs):
            yield sample


def numbers(value, sizes):
    """A static argument with every extent at its size."""
    if isinstance(value, tuple):
        return tuple(numbers(part, sizes) for part in value)
    return evaluate(value, sizes) if isinstance(value, Size) else value


def replay(program, given, sizes):
    """Run a recorded program on arrays."""
    at = {**dict(zip(program.inputs, given, strict=True)), **program.captured}

    def read(operand):
        if isinstance(operand, Literal):
            return operand.value
        return evaluate(operand.extent, sizes) if isinstance(operand, SizeOf) else at[operand]

    for equation in program.equations:
        params = {key: numbers(value, sizes) for key, value in equation.params.items()}
        at[equation.output] = equation.op.forward(*map(read, equation.inputs), **params)
    return [read(operand) for operand in program.outputs]


def gradient(sample, op, arrays):
    """The gradient of the sum of the op's result in each of these arrays, as the engine finds it."""
    refused = {slot for slot, rule in enumerate(op.partials or op.vjp) if type(rule) is Unread}
    leaves = [dg.Tensor(x, requires_grad=x.dtype.kind == "f" and k not in refused) for k, x in enumerate(arrays)]
    replaced = iter(leaves)

    def lift(value):
        if isinstance(value, list):
            return [lift(part) for part in value]
        return next(replaced) if isinstance(value, np.ndarray) else value

    total = op(*map(lift, sample.args), **sample.kwargs).sum()
    (total.real if total.dtype.kind == "c" else total).backward()
    return [leaf.grad.data for leaf in leaves if leaf.grad is not None]


def arrays_of(sample):
    flat = [part for value in sample.args for part in (value if isinstance(value, list) else [value])]
    return [value for value in flat if isinstance(value, np.ndarray)]


def recorded(op, sample, arrays, symbolic):
    """The gradient's recording, with a dimension for each axis longer than 1, or at fixed sizes."""
    trace = Trace()
    inputs = []
    for k, array in enumerate(arrays):
        shape = [f"x{k}_{axis}" if length > 1 else length for axis, length in enumerate(array.shape)]
        inputs.append(trace.input(f"x{k}", array, shape if symbolic else None))
    variables = [tracer.operand for tracer in inputs]
    found = gradient(sample, op, inputs)
    return trace, trace.program("gradient", variables, [tracer.operand for tracer in found]), found


def holds(op, sample, symbolic):
    """Replay the recording at the sizes run; False where a static argument of the sample fixes the sizes."""
    arrays = arrays_of(sample)
    try:
        trace, program, found = recorded(op, sample, arrays, symbolic)
    except TypeError:
        if not symbolic:
            raise
        return False
    replayed = replay(program, arrays, trace.extents.values)
    for tracer, array, again in zip(found, gradient(sample, op, arrays), replayed, strict=True):
        assert tuple(evaluate(extent, trace.extents.values) for extent in tracer.extents) == np.shape(array)
        if op.name in BY_COSINES:
            np.testing.assert_allclose(again, array, rtol=1e-13, atol=1e-13 * np.max(np.abs(array), initial=0.0))
        else:
            np.testing.assert_array_equal(again, array)
    return not trace.extents.leaks


def refused(op):
    """The first sample for which the op, or its derivative, has no meaning that a recording could carry."""
    for sample in samples(op):
        try:
            recorded(op, sample, arrays_of(sample), symbolic=False)
        except Untraceable as why:
            return sample if "language of meanings" in str(why) else None
    return None


REFUSED = {op: sample for op in OPS if (sample := refused(op)) is not None}


@pytest.mark.parametrize("op", [op for op in OPS if op not in REFUSED], ids=lambda op: op.name)
def test_the_backward_pass_is_recorded_and_replays_bit_for_bit(op):
    assert all(holds(op, sample, symbolic=False) for sample in samples(op))
    assert any(holds(op, sample, symbolic=True) for sample in samples(op))


@pytest.mark.parametrize("op", REFUSED, ids=lambda op: op.name)
def test_what_has_no_meaning_poisons_the_recording(op):
    sample, trace = REFUSED[op], Trace()
    arrays = arrays_of(sample)
    with pytest.raises(Untraceable):
        inputs = [trace.input(f"x{k}", array) for k, array in enumerate(arrays)]
        gradient(sample, op, inputs)
    assert trace.poison


def test_a_gradient_holds_for_every_size():
    x = np.linspace(-1.0, 1.0, 12).reshape(4, 3)
    trace = Trace()
    w = trace.input("w", x, ["m", "n"])
    leaf = dg.Tensor(w, requires_grad=True)
    ((leaf - leaf.mean(axis=0)) ** 2).mean().backward()
    assert leaf.grad.extents == w.extents
    assert not trace.extents.leaks
