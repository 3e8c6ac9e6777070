"""Whether a recording is the user's function at a point: what it computes there is what the function returns.

A recording that is another function says nothing of the user's, and neither proves nor refutes there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flint import arb

from dualgrad.program.record import Program, Variable
from verify.ball.grid import TooLarge
from verify.ball.kernels import NoSlope
from verify.ball.read import evaluate
from verify.question.problem import Array, Problem, Undecidable
from verify.question.recording import Recording, run_floats, with_inputs

NATIVE = 1e-9  # relative: the same ops in the same order, run natively and from the recording
COARSE = {2: 1e-2, 4: 1e-4}  # the same, by the bytes of an element
LOST = 1024.0  # how much more than the recording's own rounding may lie between the two
BITS = 128
DIFFERS = "a function returns something else when it is not being recorded"


def differs(problem: Problem, recording: Recording, arrays: Mapping[int, Array], sizes: Mapping[str, int]) -> bool:
    """Whether f, run as it is, returns other numbers than its recording does, beyond what rounding explains."""
    program = recording.function or recording.forward
    if program is None:
        return False
    with np.errstate(all="ignore"):
        try:
            return _unlike(program, problem.value(arrays), with_inputs(recording, arrays), sizes)
        except (Undecidable, ArithmeticError, np.linalg.LinAlgError):
            return False


def candidate_differs(
    problem: Problem, recording: Recording, arrays: Mapping[int, Array], sizes: Mapping[str, int]
) -> bool:
    """The same of the candidate."""
    if recording.gradient is None:
        return False
    with np.errstate(all="ignore"):
        try:
            return _unlike(recording.gradient, problem.gradient(arrays), with_inputs(recording, arrays), sizes)
        except (Undecidable, ArithmeticError, np.linalg.LinAlgError):
            return False


def allowed(array: Array) -> float:
    """How far apart equal programs may be that are run twice."""
    return COARSE.get(array.dtype.itemsize, NATIVE) * float(np.max(np.abs(array), initial=0.0))


def _unlike(
    program: Program, native: Sequence[Array], inputs: Mapping[Variable, Any], sizes: Mapping[str, int]
) -> bool:
    recorded = run_floats(program, inputs, sizes)
    pairs = [(a, b) for a, b in zip(native, recorded, strict=False) if a.shape == b.shape]
    if not any(_apart(a, b, 0.0) for a, b in pairs):
        return False
    try:
        exact = evaluate(program, inputs, sizes, BITS).outputs
    except (TooLarge, NoSlope):
        return False
    return any(
        _apart(a, b, _lost(b, c)) for a, b, c in zip(native, recorded, exact, strict=False) if a.shape == b.shape
    )


def _apart(native: Array, recorded: Array, lost: Any) -> bool:
    both = np.isfinite(native) & np.isfinite(recorded)
    finite = np.where(both, native, 0.0)
    apart = np.abs(finite - np.where(both, recorded, 0.0)) > allowed(np.asarray(finite, dtype=native.dtype)) + lost
    return bool(apart.any())


def _lost(recorded: Array, exact: Array) -> Array:
    """What rounding takes of a recording's numbers; no end of it where that is not known."""
    pairs = zip(recorded.ravel().tolist(), exact.ravel().tolist(), strict=True)
    found = [_far(abs(arb(float(value)) - ball)) for value, ball in pairs]
    return np.asarray(found).reshape(recorded.shape)


def _far(apart: arb) -> float:
    return LOST * float(apart.upper()) if apart.is_finite() else float("inf")
