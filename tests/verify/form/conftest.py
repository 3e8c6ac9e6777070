"""What the tests of forms share: programs recorded with symbolic sizes, and decided."""

from __future__ import annotations

import numpy as np
import pytest

from verify.form.facts import Facts
from verify.form.prove import prove_gradient
from verify.form.setting import Budget
from verify.question.problem import Argument, Problem
from verify.question.recording import record_symbolic

SIZES = {"n": 3, "m": 5, "k": 2}


def _decided(f, g, shapes, wrt=0, kind="grad", domains=None):
    arguments = []
    for name, shape in shapes.items():
        array = np.ones([SIZES.get(axis) or int(axis) for axis in shape.split()])
        if array.ndim == 2 and array.shape[0] == array.shape[1]:
            array += np.eye(len(array))  # functions that invert it run
        arguments.append(Argument(name, array, array))
    problem = Problem(f, g, kind, tuple(arguments), (wrt,), {}, "f", own=g is None)
    recording = record_symbolic(problem, problem.arrays)
    assert recording.forward is not None, recording.refused
    assert recording.gradient is not None, recording.gradient_refused
    names = {variable.name: variable for variable in recording.inputs.values()}
    return prove_gradient(
        recording.forward,
        [recording.inputs[wrt]],
        recording.gradient,
        facts=Facts({names[name]: word for name, word in (domains or {}).items()}, recording.trace.extents.resolve),
        kind=kind,
        budget=Budget(seconds=10),
    )


@pytest.fixture
def decide():
    """``decide(f, g, shapes, wrt=0, kind="grad", domains=None)``: the answer for f and g (None: the engine's own)."""
    return _decided
