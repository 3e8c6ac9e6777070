"""Recording a function in a test, and running what was recorded."""

import numpy as np
import pytest

from dualgrad.frontends.numpy import rewiring
from dualgrad.frontends.trace import Trace
from verify.question.recording import run_floats


def _traced(function, *arrays, symbolic=True):
    trace = Trace(concrete=not symbolic)
    names = iter("nmklpqrst")
    tracers = [
        trace.input(f"x{place}", np.asarray(a, float), tuple(next(names) for _ in np.shape(a)) if symbolic else None)
        for place, a in enumerate(arrays)
    ]
    inputs = [tracer.operand for tracer in tracers]
    try:
        wires = rewiring(trace)
        result = wires.watched(wires.translate(function), *tracers)
        program = trace.program("f", inputs, [trace.operand(result)])
    except Exception:
        assert trace.poison
        program = None
    return trace, program


def _replay(trace, program, *arrays):
    return run_floats(program, dict(zip(program.inputs, arrays, strict=True)), trace.extents.values)[0]


def _recorded(function, *arrays):
    trace, program = _traced(function, *arrays)
    assert program is not None, trace.poison
    assert not trace.poison, trace.poison
    got, native = _replay(trace, program, *arrays), np.asarray(function(*(np.array(a) for a in arrays)))
    assert got.shape == native.shape
    np.testing.assert_allclose(got, native, rtol=1e-12, atol=1e-14)
    return trace


@pytest.fixture
def traced():
    """A function recorded on arrays: the trace, and the program or None where the recording was refused."""
    return _traced


@pytest.fixture
def replay():
    """What a recorded program computes."""
    return _replay


@pytest.fixture
def recorded():
    """A function recorded on arrays, where that computes what the function does natively: the trace."""
    return _recorded
