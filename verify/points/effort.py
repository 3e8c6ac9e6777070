"""What a reading in balls of f takes at some sizes, and whether that is too much."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from verify.ball.excerpt import work
from verify.points.look import Point, sizes_at
from verify.question.problem import Problem
from verify.question.recording import Recording, record

ELEMENTS = 20_000  # of all arguments
WORK = 100_000  # numbers that a reading computes, at most


def is_large(problem: Problem, recording: Recording) -> bool:
    """Whether the arguments are too large for a reading in balls."""
    if recording.forward is None:  # with dimensions; with numbers in their place it may be recorded
        recording = record(problem, problem.arrays, {place: array.shape for place, array in problem.arrays.items()})
    return not readable(recording, {place: array.shape for place, array in problem.arrays.items()})


def readable(recording: Recording, shapes: Mapping[int, tuple[int, ...]]) -> bool:
    """Whether f can be read in balls at arguments of these shapes."""
    empty = {place: np.broadcast_to(0.0, shape) for place, shape in shapes.items()}
    if sum(array.size for array in empty.values()) > ELEMENTS:
        return False
    return recording.forward is None or work(recording.forward, sizes_at(recording, Point("", empty))) <= WORK
