"""Matrices with equal eigenvalues or singular values, where gradients through a decomposition divide 0 by 0."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verify.direct.ladder import answer
from verify.points.look import Point, finite_value, look
from verify.points.zeros import at_a_complex_zero
from verify.question.generic import admits
from verify.question.problem import Problem, Undecidable
from verify.verdict import Counterexample


def not_finite_at_equal_values(problem: Problem, deadline: float) -> tuple[str, Counterexample] | None:
    """A matrix with equal eigenvalues at which f has a derivative and the candidate returns no numbers.

    f is run as it is, since the reading of a decomposition says nothing there; a function that is not differentiable
    there, as the largest eigenvalue, refutes nobody.
    """
    for label, there in _equal_values(problem):
        try:
            got = there.gradient(there.arrays)
            silent = not finite_value(there, there.arrays) or all(np.isfinite(part).all() for part in got)
            silent = silent or at_a_complex_zero(there, look(there, Point(label, there.arrays), None))
            found = None if silent else answer(there, got, "", deadline)
        except Undecidable:
            continue
        if found is not None and found.counterexample is not None:
            return label, found.counterexample
    return None


def _equal_values(problem: Problem) -> Iterator[tuple[str, Problem]]:
    for position in problem.wrt:
        given = problem.arrays[position]
        if given.ndim < 2 or min(given.shape[-2:]) < 2:
            continue
        unit = np.eye(*given.shape[-2:])
        size = float(np.abs(given).max()) or 1.0
        first = unit * (np.arange(len(unit)) < 1)[:, None]
        for label, matrix in (("equal eigenvalues", unit), ("a matrix of rank one", first)):
            array = np.broadcast_to(size * matrix, given.shape).astype(given.dtype)
            if admits(problem.domain.get(position, "real"), array):
                yield label, problem.at({position: array})
