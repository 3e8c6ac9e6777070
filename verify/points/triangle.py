"""Functions that read one triangle of a matrix, and gradients that are meant for both.

``eigh`` and ``cholesky`` read the lower triangle, so the derivative by an entry above the diagonal is 0 and the one
below counts twice. A gradient that spreads it over both, as textbooks do, moves the function in the same way wherever
the matrix stays symmetric. That is a convention and no error, and nobody is accused for it.
"""

from __future__ import annotations

import numpy as np

from verify.points.look import Look
from verify.question.problem import Array, Problem, Undecidable

READS_ONE = frozenset({"cholesky", "eigh_packed"})
CLOSE = 1e-9  # relative; the two are floats
REASON = (
    "f reads one triangle of a matrix, and the gradient returned is spread over both: along symmetric changes they "
    "agree, entry by entry they do not. Where it is meant so, say so: domain={'A': 'symmetric'}, or 'spd'"
)


def is_a_convention(problem: Problem, seen: Look) -> bool:
    """Whether a difference that was seen is only in how a gradient is spread over the two triangles."""
    forward = seen.recording.forward
    if forward is None or problem.kind != "grad" or not any(e.op.name in READS_ONE for e in forward.equations):
        return False
    try:
        got = problem.gradient(seen.point.arrays)
    except Undecidable:
        return False
    truth = [np.vectorize(float, otypes=[float])(part) if part.size else part for part in seen.truth]
    pairs = list(zip(got, truth, strict=True))
    small = all(_close(part, true) for part, true in pairs)  # then it is an error, and none of spreading
    return not small and all(_agree(part, true) for part, true in pairs) and all(map(_is_spread, got))


def _is_spread(got: Array) -> bool:
    """Whether a gradient is symmetric, or has one triangle: nobody means another, though it moves f in the same way."""
    if got.ndim < 2 or got.shape[-1] != got.shape[-2]:
        return True
    mirrored = np.swapaxes(got, -1, -2)
    return _close(got, mirrored) or _close(np.tril(got), got) or _close(np.triu(got), got)


def _agree(got: Array, truth: Array) -> bool:
    if got.shape == truth.shape and got.ndim >= 2 and got.shape[-1] == got.shape[-2]:
        got, truth = got + np.swapaxes(got, -1, -2), truth + np.swapaxes(truth, -1, -2)
    return _close(got, truth)


def _close(got: Array, truth: Array) -> bool:
    if got.shape != truth.shape or not np.isfinite(got).all():
        return False
    return bool(np.abs(got - truth).max(initial=0.0) <= CLOSE * max(1.0, float(np.abs(truth).max(initial=0.0))))
