"""Points of a problem's domain, and the question of numbers at one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from verify.look import Look, Point, sizes_at
from verify.numbers import Question, judge
from verify.points import points
from verify.problem import Array, Problem, Undecidable
from verify.recording import Recording, with_inputs
from verify.verdict import Numbers

SWEEP = (2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 31)  # lengths tried for an axis whose size the candidate looks at


def sample(problem: Problem, shapes: Mapping[int, tuple[int, ...]], seed: int) -> dict[int, Array] | None:
    """A generic point of the domain with these shapes, in the arguments' dtypes; None where there is none."""
    arrays = problem.arrays
    drawn = next(
        points(
            [shapes[position] for position in arrays],
            [problem.domain.get(position, "real") for position in arrays],
            seed,
            [array.dtype for array in arrays.values()],
        ),
        None,
    )
    return None if drawn is None else dict(zip(arrays, map(np.asarray, drawn), strict=True))


def random_points(problem: Problem, seeds: Iterable[int]) -> Iterator[Point]:
    """Generic points of the domain at the arguments' own shapes."""
    shapes = {position: array.shape for position, array in problem.arrays.items()}
    for seed in seeds:
        arrays = sample(problem, shapes, seed)
        if arrays is not None:
            yield Point("a random point", arrays)


def other_sizes(problem: Problem, recording: Recording) -> Iterator[Point]:
    """Points at other sizes, where the candidate claims to handle them.

    A candidate that looks at a size (``n % 2``) is tried at many. One that was only seen at size 1, where sums
    and means are the same, is tried at longer ones. Otherwise a claim for the sizes run is the user's to make.
    """
    alone = len(problem.arrays) == 1
    for length in SWEEP:
        shapes = {
            position: tuple(
                length if (position, axis) in recording.looked_at or (size == 1 and alone) else size
                for axis, size in enumerate(array.shape)
            )
            for position, array in problem.arrays.items()
        }
        if any(shapes[position] != array.shape for position, array in problem.arrays.items()):
            arrays = sample(problem, shapes, seed=length)
            if arrays is not None and _fits(problem, arrays):
                yield Point(f"a random point of shape {', '.join(str(shape) for shape in shapes.values())}", arrays)


def _fits(problem: Problem, arrays: Mapping[int, Array]) -> bool:
    """Whether f and the candidate accept these shapes."""
    try:
        problem.value(arrays)
        got = problem.gradient(arrays)
    except Undecidable:
        return False
    return all(part.shape == arrays[p].shape for p, part in zip(problem.wrt, got, strict=True)) or problem.kind != "grad"


def question(problem: Problem, seen: Look, got: Sequence[Array]) -> Question:
    """The gradient as it was returned at a point, beside the recording that says what is true there."""
    assert seen.recording.forward is not None
    return Question(
        program=seen.recording.forward,
        wrt=tuple(seen.recording.inputs[position] for position in problem.wrt),
        inputs=with_inputs(seen.recording, seen.point.arrays),
        sizes=sizes_at(seen.recording, seen.point),
        got=tuple(_shaped(part, true.shape) for part, true in zip(got, seen.truth, strict=True)),
        names=tuple(problem.arguments[position].name for position in problem.wrt),
        kind=problem.kind,
    )


def judged(problem: Problem, seen: Look, got: Sequence[Array]) -> Numbers:
    """Whether the numbers are right at a point that was looked at."""
    if not seen.truth or seen.status in ("kink", "outside", "unknown"):
        return Numbers("unknown", points=1, reason=seen.reason or "the point lies on a kink")
    return judge(question(problem, seen, got))


def _shaped(part: Array, shape: tuple[int, ...]) -> Array:
    """A Jacobian with respect to a number may keep a last axis of 1."""
    return part.reshape(shape) if part.shape == (*shape, 1) else part
