"""Hard points of a function and of the gradient under test, read off their recorded programs.

The sides of all guards are known at any point in balls. Inputs are taken through the numbers that the programs
mention, through scales and shifts, and wherever the guards take other sides, that region is a point; between
two neighbours of different sides a bisection finds the last floats on either side of the boundary. Zeros and
ties come on top. A region that no guard of either program separates cannot be found here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, nextafter

import numpy as np

from dualgrad.program.entry import Guard, Kernel, Reduce, Select, walk
from dualgrad.program.record import Equation, Literal, Program, Variable
from verify.ball.sides import equality_sides, sides
from verify.points.extremes import extremes, suspicious
from verify.points.look import Look, Point, sizes_at
from verify.points.sampling import presumed
from verify.question.generic import admits
from verify.question.problem import Array, Problem
from verify.question.recording import with_inputs

LEVELS = 12  # numbers of the programs that are tried as inputs
SCALES = tuple(2.0**k for k in (-30, -20, -10, -5, -2, 0, 2, 4, 6, 8, 10))
PRIMES = (5, 7, 11)  # of how many values, at most, every pair is tried
SEARCHES = 6  # boundaries that are bisected to their last floats
ZEROED = 3  # elements of an argument that are set to 0, one at a time
TINY = 1e-100
APART = 2.0**-20  # relative distance of numbers in one interval: a tie is another matter
CLOSE = 2.0**-30  # relative distance of the points beside a boundary

BETWEEN = "between the numbers of the program"
BESIDE = "beside a number of the program"
NEXT = "the float next to a number of the program"
AT = "at a number of the program"
OTHERS_ZERO = "a zero in an argument that is not differentiated by"
MENTIONED = frozenset({BETWEEN, BESIDE, NEXT, AT})

Arrays = dict[int, Array]


def hard_points(problem: Problem, seen: Look) -> Iterator[Point]:
    """Points of the domain, each once and the likeliest first. Those at which f is not finite are among them."""
    known: set[bytes] = {_fingerprint(problem.arrays)}
    for label, arrays in _candidates(problem, seen):
        mark = _fingerprint(arrays)
        if mark not in known and _allowed(problem, arrays, tiny=label in MENTIONED):
            known.add(mark)
            yield Point(label, arrays)


def _allowed(problem: Problem, arrays: Arrays, tiny: bool) -> bool:
    """In the domain, and no element so small that its square is no float: that tests underflow, not a gradient.

    ``tiny`` elements are allowed where a program mentions such numbers itself.
    """
    small = any(bool(((array != 0) & (np.abs(array) < TINY)).any()) for array in arrays.values())
    return (tiny or not small) and all(admits(problem.domain.get(p, "real"), array) for p, array in arrays.items())


def _candidates(problem: Problem, seen: Look) -> Iterator[tuple[str, Arrays]]:
    guarded = _Guarded.of(seen)
    yield from _zeros(problem)
    yield from _ties(problem)
    if guarded is not None:
        yield from _equalities(problem, guarded)
        yield from _levels(problem, guarded.levels())
        yield from _regions(problem, guarded)
        yield from _corners(problem, seen, guarded.levels())
    yield from extremes(problem, seen)


@dataclass(frozen=True)
class _Guarded:
    """The recorded programs that branch on values, and on which sides they are."""

    seen: Look
    programs: tuple[Program, ...]

    @staticmethod
    def of(seen: Look) -> _Guarded | None:
        recorded = [seen.recording.forward, seen.recording.gradient]
        programs = tuple(p for p in recorded if p is not None and any(map(_branches, p.equations)))
        return _Guarded(seen, programs) if programs else None

    def sides(self, arrays: Mapping[int, Array]) -> bytes:
        inputs = with_inputs(self.seen.recording, dict(arrays))
        sizes = sizes_at(self.seen.recording, Point("", arrays))
        return b"|".join(sides(program, inputs, sizes).tobytes() for program in self.programs)

    def equality_sides(self, arrays: Mapping[int, Array]) -> Array:
        inputs = with_inputs(self.seen.recording, dict(arrays))
        sizes = sizes_at(self.seen.recording, Point("", arrays))
        return np.concatenate([equality_sides(program, inputs, sizes) for program in self.programs])

    def levels(self) -> list[float]:
        """The numbers in the programs, those of the branching equations first."""
        found: dict[float, None] = {}
        for program in self.programs:
            written = _written_by(program)
            for equation in sorted(program.equations, key=lambda equation: not _branches(equation)):
                for operand in equation.inputs:
                    if isinstance(operand, Literal) and abs(operand.value) < 1e9:
                        found[float(operand.value)] = None
                found.update(dict.fromkeys(written.get(id(equation), ())))
        return list(found)[:LEVELS]


def _branches(equation: Equation) -> bool:
    return any(
        isinstance(node, (Guard, Select))
        or (isinstance(node, Reduce) and node.kind in ("max", "min"))
        or (isinstance(node, Kernel) and node.name == "floor")
        for node in walk(equation.meaning.body)
    )


def _written_by(program: Program) -> dict[int, list[float]]:
    """Captured numbers (arrays of few elements), by the equation that reads them."""
    return {
        id(equation): [
            float(number)
            for operand in equation.inputs
            if isinstance(operand, Variable) and operand in program.captured
            for number in np.ravel(program.captured[operand])[:4]
        ]
        for equation in program.equations
    }


# ---------------------------------------------------------------------------- values put into the inputs


def _free(problem: Problem) -> list[int]:
    """The arguments that may take any values: between two labels a gradient may mean nothing."""
    return [position for position in problem.arrays if presumed(problem, position) != "labels"]


def _levels(problem: Problem, levels: Sequence[float]) -> Iterator[tuple[str, Arrays]]:
    """Inputs filled with values beside and between the numbers that the programs mention, and at them."""
    ends = _ends(levels)
    beside = [x for end in ends for x in (_off(end, -CLOSE), _off(end, CLOSE))]
    next_to = [x for end in ends if end for x in (nextafter(end, -inf), nextafter(end, inf))]
    for label, values in (
        (BETWEEN, _between(ends)),
        (BESIDE, beside),
        (NEXT, next_to),
        (AT, ends),
    ):
        for position in _free(problem):
            yield from ((label, {**problem.arrays, position: filled}) for filled in _filled(problem, position, values))


def _ends(levels: Sequence[float]) -> list[float]:
    return sorted({0.0, *levels, *(-level for level in levels)})


def _between(ends: Sequence[float]) -> list[float]:
    """A number in each interval between the ends, and one beyond on either side."""
    return [*((a + b) / 2 for a, b in pairwise(ends)), ends[0] * 1.5 - 1.0, ends[-1] * 1.5 + 1.0]


def _corners(problem: Problem, seen: Look, levels: Sequence[float]) -> Iterator[tuple[str, Arrays]]:
    """Inputs whose elements lie in different intervals between the numbers of the programs, where one is suspicious.

    A condition on two of them holds where both do: the intervals are those of an orthogonal array, in which every two
    columns hold every pair (Bush, "Orthogonal arrays of index unity", 1952), and each element takes a column.
    """
    values = _between(_ends(levels))[::-1]
    prime = next((p for p in PRIMES if p >= len(values)), PRIMES[-1])
    sizes = [array.size for array in problem.arrays.values()]
    if sum(sizes) < 2:
        return
    free = _free(problem)
    places = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    for row, shift in np.ndindex(prime, prime):
        arrays = {}
        for place, (position, array) in zip(places, problem.arrays.items(), strict=True):
            column = place % (prime + 1)
            chosen = np.where(column < prime, (row * column + shift) % prime, row) % len(values)
            filled = (np.array(values)[chosen] * (1 + APART * place)).reshape(array.shape)
            moves = array.dtype.kind == "f" and position in free
            arrays[position] = np.asarray(filled, dtype=array.dtype) if moves else array
        if _allowed(problem, arrays, tiny=False) and suspicious(problem, seen, arrays):
            yield BETWEEN, arrays


def _filled(problem: Problem, position: int, values: Sequence[float]) -> Iterator[Array]:
    """The argument with as many of the values as it has elements, again and again until all were there."""
    array = problem.arrays[position]
    for start in range(0, len(values) if array.size else 0, max(array.size, 1)):
        part = values[start : start + array.size]
        filled = array.astype(array.dtype, copy=True).reshape(-1)
        filled[: len(part)] = part
        yield filled.reshape(array.shape)


def _off(end: float, relative: float) -> float:
    return end + relative * (abs(end) or 1.0)


# ---------------------------------------------------------------------------- regions found by the guards' sides


def _regions(problem: Problem, guarded: _Guarded) -> Iterator[tuple[str, Arrays]]:
    """Points in regions where the guards take sides they do not take here, and beside the boundaries between."""
    met = {guarded.sides(problem.arrays)}
    searched: set[frozenset[bytes]] = set()
    for path in _paths(problem):
        last: tuple[float, bytes] | None = None
        for step in path.steps:
            arrays = path.at(step)
            here = guarded.sides(arrays)
            if here not in met:
                met.add(here)
                yield "a region of a guard", arrays
            between = frozenset({here, last[1]} if last is not None else ())
            if last is not None and len(between) == 2 and between not in searched and len(searched) < SEARCHES:
                searched.add(between)
                yield from _boundary(path, guarded, last, step)
            last = step, here


@dataclass(frozen=True)
class _Path:
    """Inputs by one number: an argument times it, or with it added."""

    problem: Problem
    position: int
    kind: str
    steps: tuple[float, ...]

    def at(self, step: float) -> Arrays:
        array = self.problem.arrays[self.position]
        moved = array * step if self.kind == "scaled" else array + step
        return {**self.problem.arrays, self.position: np.asarray(moved, dtype=array.dtype)}


def _paths(problem: Problem) -> Iterator[_Path]:
    down = tuple(-scale for scale in reversed(SCALES))
    for position in _free(problem):
        yield _Path(problem, position, "scaled", (*down, 0.0, *SCALES))
        yield _Path(problem, position, "shifted", (*down[:6], 0.0, *SCALES[5:]))


def _boundary(path: _Path, guarded: _Guarded, last: tuple[float, bytes], step: float) -> Iterator[tuple[str, Arrays]]:
    """Bisect between two steps of different sides: the last floats on either side, and points a little off them."""
    start, side = last
    below, above = _rank(start), _rank(step)
    while abs(above - below) > 1:
        middle = (below + above) // 2
        if guarded.sides(path.at(_float(middle))) == side:
            below = middle
        else:
            above = middle
    low, high = _float(below), _float(above)
    for label, at in (("beside a boundary", _off(low, -CLOSE)), ("beside a boundary", _off(low, CLOSE))):
        yield label, path.at(at)
    yield "the last float before a boundary", path.at(low)
    yield "the first float at or behind a boundary", path.at(high)


def _equalities(problem: Problem, guarded: _Guarded) -> Iterator[tuple[str, Arrays]]:
    """Inputs at which a test for equality holds: where its sides change sign along a path, by bisection."""
    if not guarded.equality_sides(problem.arrays).size:
        return
    searched = 0
    for path in _paths(problem):
        before: tuple[float, Array] | None = None
        for step in path.steps:
            here = guarded.equality_sides(path.at(step))
            flips = np.flatnonzero(here * before[1] == -1) if before is not None else np.zeros(0, dtype=int)
            if before is not None and flips.size and searched < SEARCHES:
                searched += 1
                at = _meeting(path, guarded, before[0], step, flips.tolist()[0])
                if at is not None:
                    yield "where a test for equality holds", path.at(at)
            before = step, here


def _meeting(path: _Path, guarded: _Guarded, start: float, stop: float, test: int) -> float | None:
    """A step at which a test holds that is on different sides at two; None where it jumps over equality."""
    below, above = _rank(start), _rank(stop)
    side = guarded.equality_sides(path.at(start))[test]
    while abs(above - below) > 1:
        middle = (below + above) // 2
        here = guarded.equality_sides(path.at(_float(middle)))[test]
        if here == 0:
            return _float(middle)
        below, above = (middle, above) if here == side else (below, middle)
    return None


def _rank(value: float) -> int:
    """The place of a float among all floats, 0 for 0.0."""
    bits = int(np.float64(value).view(np.int64))
    return bits if bits >= 0 else -(bits & 0x7FFF_FFFF_FFFF_FFFF)


def _float(rank: int) -> float:
    return float(np.copysign(np.int64(abs(rank)).view(np.float64), rank))


# ---------------------------------------------------------------------------- zeros and ties


def _zeros(problem: Problem) -> Iterator[tuple[str, Arrays]]:
    """Zeros of each argument; those by which nothing is differentiated may have a structure that this breaks."""
    for position in _free(problem):
        array = problem.arrays[position]
        for place in range(min(array.size, ZEROED) if array.size > 1 else 0):
            one = array.copy()
            one.flat[place] = 0.0
            yield "one element is 0" if position in problem.wrt else OTHERS_ZERO, {**problem.arrays, position: one}
        if array.ndim > 1 and position in problem.wrt and len(array) > 1:
            row = array.copy()
            row[0] = 0.0
            yield "a row is 0", {**problem.arrays, position: row}
        yield (
            "all elements are 0" if position in problem.wrt else OTHERS_ZERO,
            {**problem.arrays, position: np.zeros_like(array)},
        )


def _ties(problem: Problem) -> Iterator[tuple[str, Arrays]]:
    """Two elements of an argument are equal, or two arguments are."""
    for position in problem.wrt:
        array = problem.arrays[position]
        if array.size > 1:
            tied = array.copy()
            tied.flat[np.argsort(array, axis=None)[-2]] = array.max()
            yield "two elements tie", {**problem.arrays, position: tied}
        for other, source in problem.arrays.items():
            if other != position and source.shape == array.shape and source.dtype == array.dtype:
                yield "two arguments are equal", {**problem.arrays, position: source.copy()}
                yield "two arguments are nearly equal", {**problem.arrays, position: _beside(source)}


def _beside(array: Array) -> Array:
    """Numbers that agree with these to a little more than half of their digits: squares of the two differ by none."""
    signs = np.where(np.arange(array.size) % 3 == 1, -1.0, 1.0).reshape(array.shape)
    half = float(np.finfo(array.dtype).eps) ** 0.5 / 8
    return np.asarray(array * (1 + half * signs), dtype=array.dtype)


def _fingerprint(arrays: Mapping[int, Array]) -> bytes:
    return b"|".join(array.tobytes() for array in arrays.values())
