"""Functions that are only run, and read one triangle of a matrix: gradients that are meant for both triangles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from verify.direct.differences import Line, slope
from verify.question.problem import Array, Problem, Undecidable
from verify.question.structure import complexes_in

DIRECTIONS = 3  # in which matrices stay symmetric, or Hermitian
CLOSE = 1e-6  # relative; slopes along them and what the candidate says


def is_a_convention(problem: Problem, arrays: Mapping[int, Array], got: Sequence[Array]) -> bool:
    """Whether a gradient is spread over both triangles of matrices of which f reads one, and is right along changes
    that leave them symmetric."""
    matrices = {p: part for p, part in zip(problem.wrt, got, strict=True) if _is_square(part)}
    top = max((float(np.max(np.abs(part), initial=0.0)) for part in got), default=0.0)
    if problem.asked != "grad" or not matrices or not all(_is_spread(problem, p, a, top) for p, a in matrices.items()):
        return False
    rng = np.random.default_rng(3)
    try:
        if not any(_is_blind(problem, arrays, matrices, side, rng) for side in (1, -1)):
            return False
        return all(_agrees(problem, arrays, got, matrices, rng) for _ in range(DIRECTIONS))
    except Undecidable:
        return False


def _is_square(array: Array) -> bool:
    return array.ndim >= 2 and array.shape[-1] == array.shape[-2] > 1


def _mirrored(problem: Problem, position: int, array: Array) -> Array:
    """The transpose; the negative one of imaginary parts."""
    sign = -1.0 if position in {part.im for part in complexes_in(problem.structure)} else 1.0
    return sign * np.swapaxes(array, -1, -2)


def _is_spread(problem: Problem, position: int, got: Array, top: float) -> bool:
    return bool((np.abs(got - _mirrored(problem, position, got)) <= CLOSE * top).all())


def _is_blind(
    problem: Problem,
    arrays: Mapping[int, Array],
    matrices: Mapping[int, Array],
    side: int,
    rng: np.random.Generator,
) -> bool:
    """Whether f does not change with what is strictly above (1), or below (-1), the diagonals."""
    half = np.triu if side > 0 else np.tril
    moved = {p: np.asarray(arrays[p] + half(rng.normal(size=arrays[p].shape), side)) for p in matrices}
    pairs = zip(problem.value(arrays), problem.value({**arrays, **moved}), strict=True)
    return all(np.array_equal(value, other) for value, other in pairs)


def _agrees(
    problem: Problem,
    arrays: Mapping[int, Array],
    got: Sequence[Array],
    matrices: Mapping[int, Array],
    rng: np.random.Generator,
) -> bool:
    moves = {p: np.asarray(rng.normal(size=arrays[p].shape)) for p in problem.wrt}
    moves |= {p: moves[p] + _mirrored(problem, p, moves[p]) for p in matrices}
    claimed = sum(float(np.sum(part * moves[p])) for p, part in zip(problem.wrt, got, strict=True))

    def along(step: complex) -> complex:
        there = {p: a + step.real * moves[p] if p in moves else a for p, a in arrays.items()}
        return complex(sum(float(np.sum(value)) for value in problem.value(there)))

    found = slope(Line(along, claimed))
    return abs(found.value - claimed) <= CLOSE * max(abs(claimed), abs(found.value)) + 10 * found.error
