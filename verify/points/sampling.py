"""Points of a problem's domain, and the question of numbers at one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

import numpy as np

from dualgrad.program.record import Literal, Operand
from verify.clock import now
from verify.points.assign import assignments, shapes
from verify.points.candidate import INEQUALITIES
from verify.points.look import Look, Point, finite_value, shaped, sizes_at
from verify.points.numbers import Question, judge
from verify.points.stretched import stretched
from verify.question.claim import free_dimensions
from verify.question.generic import admits, points
from verify.question.problem import Array, Problem, Undecidable
from verify.question.recording import Recording, record, with_inputs
from verify.verdict import Numbers

SWEEP = (2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 31)  # lengths tried for an axis whose size the candidate looks at
UNEVEN = ((10, 7), (7, 10), (3, 24), (24, 3))  # and for two of them


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
    if drawn is None:
        return None
    rng = np.random.default_rng(seed)
    return {p: _of_its_kind(problem, p, np.asarray(array), rng) for p, array in zip(arrays, drawn, strict=True)}


def near(problem: Problem, shapes: Mapping[int, tuple[int, ...]], seed: int) -> dict[int, Array] | None:
    """A point of these shapes made of the given numbers, moved by up to a tenth; None where the domain has it not.

    Where f is not finite at most inputs, it is here.
    """
    rng = np.random.default_rng(seed)
    found = {}
    for position, array in problem.arrays.items():
        moved = np.resize(array, shapes[position]) if array.size else np.ones(shapes[position])
        if position in problem.wrt or not (moved == np.floor(moved)).all():
            moved = moved * rng.uniform(0.9, 1.1, moved.shape)
        found[position] = np.asarray(moved, dtype=array.dtype)
    inside = all(admits(problem.domain.get(position, "real"), array) for position, array in found.items())
    return found if inside else None


def shrunk(problem: Problem, recording: Recording) -> Problem | None:
    """The problem at small sizes, where its functions have some and accept them; None where there are none."""
    if not free_dimensions(recording):
        return None
    for seed, sizes in enumerate(assignments(recording)):
        at = shapes(recording, sizes)
        for arrays in (_accepted(problem, sample(problem, at, seed)), _accepted(problem, near(problem, at, seed))):
            if arrays is None or not finite_value(problem, arrays):
                continue
            return problem.at(arrays)
    return None


def presumed(problem: Problem, position: int) -> str:
    """What the values of an argument suggest where nothing is declared: "labels", "positive", "negative" or nothing.

    No claim is narrowed by it. But a gradient that is right there and wrong elsewhere is not refuted: f may mean
    nothing where a scale is negative or a label is no label, and the user is asked to declare the domain.
    """
    given = problem.arrays[position]
    if position in (*problem.wrt, *problem.domain, *problem.drawn) or not given.size:
        return ""
    if np.isin(given, (-1.0, 0.0, 1.0)).all() and given.min() < given.max():
        return "labels"
    return "positive" if (given > 0).all() else "negative" if (given < 0).all() else ""


def strayed(problem: Problem, arrays: Mapping[int, Array], recording: Recording | None = None) -> tuple[str, ...]:
    """The arguments that are not of the kind at this point that they were given as.

    A candidate that was recorded comparing an argument with a number says itself what holds on either side.
    """
    compared = frozenset() if recording is None else _compared(recording)
    return tuple(
        problem.arguments[position].name
        for position, array in arrays.items()
        if (position not in compared and not _is_of_kind(presumed(problem, position), array, problem.arrays[position]))
        or (_is_mirrored(problem, position) and not admits("symmetric", array))
        or (_is_increasing(problem, position) and bool((np.diff(array) < 0).any()))
    )


def _is_mirrored(problem: Problem, position: int) -> bool:
    """Whether an argument of which nothing is known was given as a symmetric matrix, and hardly by accident."""
    given = problem.arrays[position]
    if position in (*problem.wrt, *problem.domain, *problem.drawn) or given.ndim < 2 or given.shape[-1] < 2:
        return False
    return admits("symmetric", given) and bool((given != given.flat[0]).any())


def _is_increasing(problem: Problem, position: int) -> bool:
    """Whether an argument of which nothing is known was given as increasing numbers: times, knots or edges of bins."""
    given = problem.arrays[position]
    unknown = position not in (*problem.wrt, *problem.domain, *problem.drawn)
    return unknown and given.ndim == 1 and given.size > 2 and bool((np.diff(given) > 0).all())


def _compared(recording: Recording) -> frozenset[int]:
    """The arguments that the candidate's program, and not f's, compares with numbers by an inequality."""
    if recording.forward is None or recording.gradient is None:
        return frozenset()
    of_f = {equation.output for equation in recording.forward.equations}
    own = [equation for equation in recording.gradient.equations if equation.output not in of_f]
    found = {
        operand
        for equation in own
        if equation.op.name in INEQUALITIES and _with_a_number(equation.inputs)
        for operand in equation.inputs
    }
    return frozenset(position for position, variable in recording.inputs.items() if variable in found)


def _with_a_number(operands: Sequence[Operand]) -> bool:
    return any(isinstance(operand, Literal) for operand in operands)


def _is_of_kind(kind: str, array: Array, given: Array) -> bool:
    match kind:
        case "labels":
            return bool(np.isin(array, given).all())
        case "positive":
            return bool((array >= 0).all())
        case "negative":
            return bool((array <= 0).all())
    return True


def _of_its_kind(problem: Problem, position: int, array: Array, rng: np.random.Generator) -> Array:
    array = _of_its_signs(problem, position, array, rng)
    return np.sort(array) if _is_increasing(problem, position) else array


def _of_its_signs(problem: Problem, position: int, array: Array, rng: np.random.Generator) -> Array:
    given = problem.arrays[position]
    match presumed(problem, position):
        case "labels":
            return _labels_like(given, array.shape, rng)
        case "positive" | "negative":
            return np.asarray(np.copysign(array, given.flat[0]))
    return array


def _labels_like(given: Array, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Rows of the given labels, each in another order: a one-hot row stays one."""
    if len(shape) < 2 or shape[-1] != given.shape[-1]:
        return np.asarray(rng.choice(given.ravel(), shape), dtype=given.dtype)
    rows = given.reshape(-1, given.shape[-1])
    chosen = rows[rng.integers(len(rows), size=int(np.prod(shape[:-1])))]
    return rng.permuted(chosen, axis=-1).reshape(shape)


def random_points(problem: Problem, seeds: Iterable[int]) -> Iterator[Point]:
    """Generic points of the domain at the arguments' own shapes."""
    shapes = {position: array.shape for position, array in problem.arrays.items()}
    for seed in seeds:
        arrays = sample(problem, shapes, seed)
        if arrays is not None:
            yield Point("a random point", arrays)


def other_sizes(problem: Problem, recording: Recording, deadline: float = inf) -> Iterator[Point]:
    """Points at other sizes, where the candidate claims to handle them; some of them, where time runs out.

    A candidate that looks at a size (``n % 2``) is tried at many. Axes that were only seen at size 1, where sums and
    means are the same, are tried longer, in all arguments or where these do not fit one at a time, unless f picks
    their only element by its place. Where either looks at a size, so are lists of data, by one. Otherwise a claim for
    the sizes run is the user's to make, and so it is where f itself is made of other steps, as the median of an even
    number of elements is.
    """
    axes = sorted(recording.looked_at)
    if recording.forward is None and problem.kind == "grad":  # it may look at any size
        axes = [(place, axis) for place, array in problem.arrays.items() for axis in range(array.ndim)]
    swept = [dict.fromkeys(axes, length) for length in SWEEP if axes]
    uneven = [{axis: pair[place % 2] for place, axis in enumerate(axes)} for pair in UNEVEN if len(axes) > 1]
    longer = [dict.fromkeys(axes, length) for axes in _single(problem, recording) for length in SWEEP[:2]]
    looks = bool(axes or recording.leaks)
    here = _ops_of_f(problem, problem.arrays) if looks else frozenset()
    for change in (*swept[:5], *uneven, *swept[5:], *longer):
        if now() > deadline:
            return
        shapes = _changed(problem, change)
        arrays = _accepted(problem, sample(problem, shapes, seed=len(shapes)))
        if arrays is not None and (change in longer or _ops_of_f(problem, arrays) == here):
            own = [str(shape) for position, shape in shapes.items() if position not in problem.drawn]
            yield Point(f"a random point of shape {', '.join(own)}", arrays)
    for label, other in longer_by_one(problem) if looks else ():
        if _ops_of_f(other, other.arrays) == here:
            yield Point(f"a random point with {label}", other.arrays)


def _ops_of_f(problem: Problem, arrays: Mapping[int, Array]) -> frozenset[str]:
    """The names of the ops that f takes at some arguments; none where it cannot be recorded there."""
    forward = record(problem, arrays, None).forward
    return frozenset() if forward is None else frozenset(equation.op.name for equation in forward.equations)


def longer_by_one(problem: Problem) -> Iterator[tuple[str, Problem]]:
    """The problem with one list of data longer by one, where f and the candidate take it: an odd length for an even.

    What is differentiated by may be parameters that f picks by their places, and is left as it is.
    """
    for position, array in problem.arrays.items():
        if array.ndim == 1 and len(array) != 1 and position not in problem.moving:  # one number may be stretched
            shapes = _changed(problem, {(position, 0): len(array) + 1})
            arrays = _accepted(problem, sample(problem, shapes, seed=0))
            if arrays is not None:
                yield f"{problem.arguments[position].name} of length {len(array) + 1}", problem.at(arrays)


def _single(problem: Problem, recording: Recording) -> Iterator[list[tuple[int, int]]]:
    """The axes of size 1 of all arguments, or of each.

    Left out are those along which f reads the element by its place, and those that it stretches over longer ones.
    """
    if recording.forward is None:
        return
    read = {
        (equation.inputs[0], axis)
        for equation in recording.forward.equations
        if equation.op.name == "getitem"
        for axis, step in enumerate(step for step in equation.params["key"] if step is not None)
        if len(step) == 1
    }
    read |= stretched(recording.forward)
    each = [
        [(p, axis) for axis, n in enumerate(array.shape) if n == 1 and (recording.inputs[p], axis) not in read]
        for p, array in problem.arrays.items()
    ]
    each = [axes for axes in each if axes]
    both = [axis for axes in each for axis in axes]
    if len(each) > 1 and _accepted(problem, sample(problem, _changed(problem, dict.fromkeys(both, 2)), 0)) is not None:
        each = [both]  # arguments of one size: where only one were longer, the others would be broadcast
    yield from each


def _changed(problem: Problem, change: Mapping[tuple[int, int], int]) -> dict[int, tuple[int, ...]]:
    """The arguments' shapes with other sizes of some axes."""
    return {
        position: tuple(change.get((position, axis), size) for axis, size in enumerate(array.shape))
        for position, array in problem.arrays.items()
    }


def _accepted(problem: Problem, arrays: Mapping[int, Array] | None) -> dict[int, Array] | None:
    """The point, with directions that fit, where f and the candidate accept arrays of these shapes."""
    if arrays is None:
        return None
    try:
        problem.value(arrays)
        arrays = problem.fitted(arrays)
        got = problem.gradient(arrays)
    except Undecidable:
        return None
    return arrays if all(map(_of_the_shape, got, _expected(problem, arrays))) else None


def _expected(problem: Problem, arrays: Mapping[int, Array]) -> Iterator[tuple[int, ...]]:
    """The shapes of the derivative at these arrays."""
    before: tuple[int, ...] = ()
    if problem.kind == "jac":
        before = problem.value(arrays)[0].shape if problem.derived is None else arrays[problem.derived.by[0]].shape
    for position in problem.wrt:
        yield (*before, *arrays[position].shape)


def _of_the_shape(part: Array, shape: tuple[int, ...]) -> bool:
    return part.shape in (shape, (*shape, 1))


def question(problem: Problem, seen: Look, got: Sequence[Array]) -> Question:
    """The gradient as it was returned at a point, beside the recording that says what is true there."""
    assert seen.recording.forward is not None
    return Question(
        program=seen.recording.forward,
        wrt=tuple(seen.recording.inputs[position] for position in problem.wrt),
        inputs=with_inputs(seen.recording, seen.point.arrays),
        sizes=sizes_at(seen.recording, seen.point),
        got=tuple(
            shaped(_to_precision(part, problem.arrays[position]), true.shape)
            for part, true, position in zip(got, seen.truth, problem.wrt, strict=True)
        ),
        names=tuple(problem.arguments[position].name for position in problem.wrt),
        kind=problem.kind,
        along=tuple(seen.recording.inputs[position] for position in problem.moving),
    )


def _to_precision(part: Array, argument: Array) -> Array:
    """A gradient in the argument's precision where that is coarser: float32 in a float64 array is still float32."""
    if np.result_type(part, argument) == argument.dtype:
        return part
    with np.errstate(all="ignore"):
        rounded = np.asarray(part, dtype=argument.dtype)
    return rounded if np.isfinite(rounded).all() else part


def judged(problem: Problem, seen: Look, got: Sequence[Array], conditioned: bool = True) -> Numbers:
    """Whether the numbers are right at a point that was looked at, with the condition of the problem there."""
    if not seen.truth or seen.status in ("kink", "outside", "unknown"):
        return Numbers("unknown", points=1, reason=seen.reason or "the point lies on a kink")
    truth = seen.truth if seen.around else None
    return judge(question(problem, seen, got), truth, conditioned=conditioned, read=seen.read)
