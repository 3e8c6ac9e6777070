"""The smallest input that still refutes, by Hypothesis: short arrays of round numbers.

Candidates for it are compared in floats, the gradient under test beside the engine's gradient of the recorded function.
That decides nothing: what comes out is looked at in balls like any other point, and dropped where it does not refute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, assume, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.extra import numpy as arrays_of

from verify.points.assign import shapes
from verify.points.extremes import engine_gradient_at
from verify.points.look import Look, Point, finite_value, look
from verify.question.claim import free_dimensions
from verify.question.generic import admits
from verify.question.problem import Array, Problem, Undecidable
from verify.question.recording import Recording

APART = 1e-6  # relative difference of floats that counts while shrinking
EXAMPLES = 60
LONGEST = 4  # of an axis that may be shorter than it was given
ELEMENTS = 64  # of all arguments; larger ones are left as they are


def smallest(problem: Problem, recording: Recording, known: Mapping[int, Array]) -> Look | None:
    """A look at the smallest input found at which the gradient is wrong; None where none was found.

    ``known`` is an input at which it is: its numbers, rounded, are tried beside small ones.
    """
    if recording.forward is None or problem.kind != "grad" or problem.own:
        return None
    if sum(array.size for array in problem.arrays.values()) > ELEMENTS:
        return None
    quiet = settings(
        max_examples=EXAMPLES, database=None, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    try:
        found = find(
            _inputs(problem, recording, _numbers(known)),
            lambda arrays: _refutes(problem, recording, arrays),
            settings=quiet,
        )
    except HypothesisException:
        return None
    seen = look(problem, Point("the smallest input found", found), None)
    return seen if seen.status == "different" and seen.difference is not None else None


@st.composite
def _inputs(draw: st.DrawFn, problem: Problem, recording: Recording, numbers: list[float]) -> dict[int, Array]:
    sizes = {name: draw(st.integers(1, LONGEST)) for name in free_dimensions(recording)}
    at = shapes(recording, sizes)
    assume(all(length >= 1 for shape in at.values() for length in shape))  # one length may be the difference of others
    return {
        position: draw(_array(array, at.get(position) or array.shape, position in problem.wrt, numbers))
        for position, array in problem.arrays.items()
    }


def _numbers(known: Mapping[int, Array]) -> list[float]:
    """Small round numbers, simplest first, and roundings of some numbers of the input."""
    values = [float(value) for array in known.values() for value in np.ravel(array)[:LONGEST] if np.isfinite(value)]
    rounded = [round(value, digits) for digits in (0, 1) for value in values]
    return list(dict.fromkeys([0.0, 1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 0.25, -0.5, *rounded, *values]))


def _array(given: Array, shape: tuple[Any, ...], moves: bool, numbers: list[float]) -> st.SearchStrategy[Array]:
    """Round numbers; of the kind that was given, where nothing is differentiated by them."""
    if not moves and (given == np.floor(given)).all():
        return st.just(np.resize(given, shape).astype(given.dtype))
    allowed = numbers if moves or not (given > 0).all() else [number for number in numbers if number > 0]
    allowed = [number for number in allowed if float(given.dtype.type(number)) == number] or [1.0]
    kept = st.sampled_from(allowed)
    return arrays_of.arrays(given.dtype, shape, elements=kept)


def _refutes(problem: Problem, recording: Recording, arrays: Mapping[int, Array]) -> bool:
    if not all(admits(problem.domain.get(position, "real"), array) for position, array in arrays.items()):
        return False
    if not finite_value(problem, arrays):
        return False
    try:
        got = problem.gradient(arrays)
        expected = engine_gradient_at(problem, recording, arrays)
    except (Undecidable, ValueError, IndexError):
        return False
    return any(_wrong(part, other) for part, other in zip(got, expected, strict=True))


def _wrong(got: Array, expected: Array) -> bool:
    if got.shape != expected.shape or not np.isfinite(expected).all():
        return False
    return bool((np.abs(got - expected) > APART * np.maximum(1.0, np.abs(expected))).any())
