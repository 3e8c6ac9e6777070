"""At a point on the boundary of a guard: is the function differentiable there after all, and if not, what is near?

Around such a point the function consists of smooth pieces. A direction into a piece decides every guard by the
sign with which its value leaves 0, and the gradient of that piece at the point is then an enclosure like any
other. Where that sign does not tell, or the piece has no gradient at the point itself, the gradient is taken a
step of 2 ** -200 into the piece. Pieces that agree are no kink (softplus written with max and abs, a shifted
logsumexp). Where they differ, the Clarke set is the convex hull of their gradients.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from dualgrad.program.record import Variable
from verify.ball.compare import accurate, decimal, disjoint
from verify.ball.events import Event
from verify.ball.precision import working_precision
from verify.ball.read import BallArray, Differential, Inputs, evaluate
from verify.points.numbers import Question
from verify.verdict import Kink

PRECISION = 256
FAR_PRECISION = 1024
STEP = arb((1, -200))
NOTHING = arb((1, -150))  # relative; what a step away changes at most
STEEP = arb((1, 20))  # how much a derivative grows over the next step to a point where it has no bound
NEAR = arb((1, -60))  # relative; pieces that were taken a step away and are this near agree
RANDOM = 8  # pairs of opposite random directions
FAVOURED = 32  # coordinates that get a pair of directions of their own
LARGE = 1024  # elements; above, one pair of directions has to do
SEARCHES = 24  # pieces looked for to bring the hull nearer to a value
LONGEST = 96  # and for as long a tie as this, one for each of its elements
SHOWN = 8  # kinks listed at one point
JUMPS = "the function jumps"
CLOSE = 1e-9  # relative; how near to the hull of the pieces counts as inside

Direction = dict[Variable, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Local:
    """What a function is around a point: ``differentiable`` is None where it could not be found out.

    ``derivative`` holds what all pieces agree on, NaN where they do not; None where nothing was found, or too few
    of the pieces to say so.
    """

    differentiable: bool | None
    derivative: tuple[BallArray, ...] | None
    kinks: tuple[Kink, ...] = ()
    reason: str = ""

    @property
    def jumps(self) -> bool:
        """Whether the function is not even continuous there."""
        return any(kink.left == JUMPS for kink in self.kinks)


@dataclass(frozen=True, slots=True)
class _Piece:
    arrays: tuple[BallArray, ...]
    outputs: tuple[BallArray, ...]
    exact: bool  # at the point itself, not a step away
    nearer: tuple[BallArray, ...] = ()  # where it is a step away: the same at a much smaller step


def look_around(asked: Question, seed: int = 0) -> Local:
    """The pieces around the question's inputs, and whether its gradient lies among them."""
    explorer = _Explorer(asked, np.random.default_rng(seed))
    here = asked.at(asked.inputs, PRECISION)
    if not here.reading.decided:
        return Local(None, None, reason="a guard cannot be decided at this input at any precision tried")
    if not all(ball.is_finite() for output in here.reading.outputs for ball in output.flat):
        return Local(None, None, reason="the function is not finite here")
    pieces, missing = explorer.around()
    if missing and pieces and all(not explorer.defined(direction) for direction in missing):
        return _at_an_edge(explorer, here, pieces)
    if missing or not pieces:
        return Local(None, None, reason="the function is not defined, or not smooth, on some side of this input")
    common, differing = _agreement(pieces)
    # Along other inputs than it is differentiated by, a function may jump: its derivative is all that is asked for.
    if asked.moving == asked.wrt and not all(_continuous(here, piece) for piece in pieces):
        kink = Kink(_where(here.reading.events), at_input=True, left=JUMPS, right=JUMPS)
        return Local(False, None, (kink,))
    if not differing.any():
        return Local(True, common)
    if not all(piece.exact for piece in pieces) and not explorer.bends():
        return Local(None, None, reason="the derivative is not the limit of those around it, if it exists")
    kinks = _kinks(asked, here.reading.events, pieces, differing, explorer.contains(pieces))
    return Local(False, common if differing.size <= FAVOURED else None, kinks)


def _at_an_edge(explorer: _Explorer, here: Differential, pieces: Sequence[_Piece]) -> Local:
    """Where f ends: its derivative from inside, where that is one number; a kink where it grows beyond bounds."""
    if explorer.steep:
        kink = Kink(_where(here.reading.events) + ", the edge of where f is defined", True, "not defined", "infinite")
        return Local(False, None, (kink,))
    if not all(_continuous(here, piece) for piece in pieces):
        return Local(None, None, reason="the function jumps at the edge of where it is defined")
    common, differing = _agreement(list(map(_towards, pieces)))
    if differing.any():
        return Local(None, None, reason="the function is not defined on some side of this input")
    return Local(True, common)


# ---------------------------------------------------------------------------- pieces


class _Explorer:
    def __init__(self, question: Question, rng: np.random.Generator) -> None:
        self.question, self.rng = question, rng
        self.dropped = False  # what is 0 all around was taken for 0
        self.steep = False  # a derivative was met that grows beyond all bounds towards the point

    def around(self) -> tuple[list[_Piece], list[Direction]]:
        """The pieces along random and favoured directions, and the directions that have none."""
        size = sum(self.question.inputs[v].size for v in self.question.moving)
        directions = [self.random() for _ in range(RANDOM)] if size <= LARGE else [self.random()]
        directions += self.favoured() if size <= LARGE else []
        both = [direction for pair in directions for direction in (pair, _opposite(pair))]
        found = [self.piece(direction) for direction in both]
        missing = [direction for direction, piece in zip(both, found, strict=True) if piece is None]
        return [piece for piece in found if piece is not None], missing

    def defined(self, direction: Direction) -> bool:
        """Whether the function has a value a step into a direction."""
        outputs = self._stepped({v: _balls(array) for v, array in direction.items()}, STEP).reading.outputs
        return all(ball.is_finite() for output in outputs for ball in output.flat)

    def random(self) -> Direction:
        return {v: self._random(self.question.inputs[v].shape) for v in self.question.moving}

    def favoured(self) -> list[Direction]:
        """Random directions in which one coordinate dominates, so that it wins every tie it is in."""
        coordinates = [(v, i) for v in self.question.moving for i in np.ndindex(self.question.inputs[v].shape)]
        directions = []
        for variable, index in coordinates[:FAVOURED]:
            direction = self.random()
            direction[variable][index] *= 8
            directions.append(direction)
        return directions

    def piece(self, direction: Direction) -> _Piece | None:
        along = {variable: _balls(array) for variable, array in direction.items()}
        found = self.question.at(self.question.inputs, PRECISION, along=along)
        if found.reading.decided and _finite(found) and not any(event.flat for event in found.reading.events):
            return _Piece(found.arrays, found.reading.outputs, True)
        return self._far(along)

    def _far(self, along: dict[Variable, BallArray]) -> _Piece | None:
        found = self._stepped(along, STEP)
        if not _finite(found) and not self.dropped:
            self._drop_zeros(along)
            found = self._stepped(along, STEP)
        # A guard that is on its boundary even at this random place is there all around: max(x, |x|) for x > 0.
        if found.reading.decided and _finite(found):
            nearer = self._stepped(along, STEP * STEP)
            self.steep = self.steep or _grows(found.arrays, nearer.arrays)
            return _Piece(found.arrays, found.reading.outputs, False, nearer.arrays)
        return None

    def _stepped(self, along: dict[Variable, BallArray], step: arb) -> Differential:
        return self.question.at(self._moved(along, step), FAR_PRECISION)

    def _moved(self, along: dict[Variable, BallArray], step: arb) -> Inputs:
        with working_precision(FAR_PRECISION):
            moved = {v: _balls(self.question.inputs[v]) + step * along[v] for v in along}
        return {**self.question.inputs, **moved}

    def _drop_zeros(self, along: dict[Variable, BallArray]) -> None:
        """Take what is exactly 0 at two random places for 0: the variance of one number, of which a root is taken."""
        program, self.dropped = self.question.program, True
        zeros: set[Variable] = set()
        for place in (STEP, STEP * STEP):
            inputs = self._moved(along, place)
            values = evaluate(program, inputs, self.question.sizes, FAR_PRECISION).values
            found = {v for v, balls in values.items() if balls.size and all(ball.is_zero() for ball in balls.flat)}
            zeros = found if place is STEP else zeros & found
        own = {equation.output for equation in program.equations} & zeros
        captured = {v: np.zeros(values[v].shape) for v in own}
        equations = tuple(equation for equation in program.equations if equation.output not in own)
        whole = replace(program, equations=equations, captured={**program.captured, **captured})
        self.question = replace(self.question, program=whole)

    def bends(self) -> bool:
        """Whether some slope from the point outwards is not the opposite of that in the opposite direction."""
        asked = self.question
        with working_precision(FAR_PRECISION):
            here = self._total(asked.inputs)
            for _ in range(RANDOM):
                steps = {v: STEP * _balls(array) for v, array in self.random().items()}
                there, back = (
                    self._total({**asked.inputs, **{v: _balls(asked.inputs[v]) + sign * steps[v] for v in steps}})
                    for sign in (1, -1)
                )
                bend = (there + back - 2 * here) / STEP
                if abs(bend) > NEAR * ((abs(there - here) + abs(back - here)) / STEP + 1):
                    return True
        return False

    def _total(self, inputs: Inputs) -> arb:
        asked = self.question
        outputs = evaluate(asked.program, inputs, asked.sizes, FAR_PRECISION).outputs
        return sum((ball for output in outputs for ball in output.flat), arb(0))

    def contains(self, pieces: list[_Piece]) -> bool | None:
        """Whether the gradient under test lies in the convex hull of the pieces' gradients; None if not found out."""
        value = np.concatenate([np.ravel(got).astype(float) for got in self.question.got])
        if not np.isfinite(value).all():
            return False
        rows = list(map(_flat, pieces))
        for _ in range(max(SEARCHES, min(value.size, LONGEST))):  # a tie of n elements has n corners
            rest = value - _nearest(rows, value)
            if np.abs(rest).max() <= CLOSE * max(np.abs(rows).max(), np.abs(value).max()):
                return True
            if self.question.kind != "grad" or self.question.moving != self.question.wrt:
                return None
            found = [self.piece(self.towards(sign * rest)) for sign in (1.0, -1.0)]
            rows += [_flat(piece) for piece in found if piece is not None]
        return False if value.size <= FAVOURED else None

    def towards(self, rest: NDArray[Any]) -> Direction:
        """The direction ``rest``, with a little of everything else so that it leaves every boundary."""
        flat = rest / np.abs(rest).max()
        direction, start = {}, 0
        for variable in self.question.wrt:
            shape = self.question.inputs[variable].shape
            stop = start + int(np.prod(shape))
            direction[variable] = flat[start:stop].reshape(shape) + self._random(shape) * 2.0**-20
            start = stop
        return direction

    def _random(self, shape: tuple[int, ...]) -> NDArray[Any]:
        return np.asarray(self.rng.uniform(0.5, 1.5, shape) * self.rng.choice([-1.0, 1.0], shape))


def _opposite(direction: Direction) -> Direction:
    return {variable: -array for variable, array in direction.items()}


def _grows(there: Sequence[BallArray], nearer: Sequence[BallArray]) -> bool:
    """Whether an element of the derivative is much larger much nearer to a point."""
    return any(
        bool(abs(b) > STEEP * (abs(a) + 1))
        for one, other in zip(there, nearer, strict=True)
        for a, b in zip(one.flat, other.flat, strict=True)
    )


def _towards(piece: _Piece) -> _Piece:
    """The piece with 0 for what vanishes towards the point, as x ** 0.5 does."""
    if piece.exact:
        return piece
    arrays = tuple(array.copy() for array in piece.arrays)
    for one, other in zip(arrays, piece.nearer, strict=True):
        for index in np.ndindex(one.shape):
            if STEEP * abs(other.item(index)) < abs(one.item(index)):
                one[index] = arb(0)
    return replace(piece, arrays=arrays)


def _finite(found: Differential) -> bool:
    return all(accurate(ball, 40) for array in found.arrays for ball in array.flat)


def _balls(array: NDArray[Any]) -> BallArray:
    result = np.empty(np.shape(array), dtype=object)
    for index, value in np.ndenumerate(np.asarray(array)):
        result[index] = arb(float(value))
    return result


def _flat(piece: _Piece) -> NDArray[Any]:
    return np.concatenate([array.ravel().astype(float) for array in piece.arrays])


def _nearest(rows: Sequence[NDArray[Any]], value: NDArray[Any]) -> NDArray[Any]:
    """The point of the rows' convex hull that is nearest to the value, very nearly."""
    from scipy.optimize import nnls  # loaded only where there is a kink

    matrix = np.array(rows).T
    heavy = 1e3 * max(1.0, float(np.abs(matrix).max()))  # the weight on: coefficients sum to 1
    weights, _ = nnls(np.vstack([matrix, np.full(len(rows), heavy)]), np.append(value, heavy))
    return np.asarray(matrix @ (weights / weights.sum()))


# ---------------------------------------------------------------------------- comparing


def _agreement(pieces: Sequence[_Piece]) -> tuple[tuple[BallArray, ...], NDArray[np.bool_]]:
    """What all pieces agree on, with NaN where they do not, and a flat mask of where they do not."""
    first = next((piece for piece in pieces if piece.exact), pieces[0])
    common: list[BallArray] = []
    differing: list[bool] = []
    for slot, array in enumerate(first.arrays):
        top = max((abs(ball) for ball in array.flat), key=float, default=arb(0)) + 1
        agreed = array.copy()
        for index in np.ndindex(array.shape):
            here = array.item(index)
            differ = any(_differ(here, p.arrays[slot].item(index), first.exact and p.exact, top) for p in pieces)
            if differ:
                agreed[index] = arb("nan")
            elif not first.exact:
                there = [(p.arrays[slot].item(index), p.nearer[slot].item(index)) for p in pieces]
                agreed[index] = _enclosing(there, top)
            differing.append(differ)
        common.append(agreed)
    return tuple(common), np.array(differing, dtype=np.bool_)


def _enclosing(found: Sequence[tuple[arb, arb]], top: arb) -> arb:
    """What encloses the pieces' values, a step away from the point, and much nearer.

    It is 0 only where no piece is further from 0 than that step, and all that there is vanishes towards the point.
    """
    if all(abs(ball) <= NOTHING * top and (ball.is_zero() or STEEP * abs(near) < abs(ball)) for ball, near in found):
        return arb(0)
    with working_precision(FAR_PRECISION):  # a union is rounded to it
        return functools.reduce(arb.union, (ball for pair in found for ball in pair))


def _differ(a: arb, b: arb, exact: bool, top: arb) -> bool:
    if exact:
        return disjoint(a, b)
    return not abs(a - b) <= NEAR * top


def _continuous(here: Differential, piece: _Piece) -> bool:
    pairs = [
        (a, b)
        for one, other in zip(here.reading.outputs, piece.outputs, strict=True)
        for a, b in zip(one.flat, other.flat, strict=True)
    ]
    return not any(_differ(a, b, piece.exact, abs(a) + 1) for a, b in pairs)


# ---------------------------------------------------------------------------- telling


def _kinks(
    question: Question,
    events: Sequence[Event],
    pieces: Sequence[_Piece],
    differing: NDArray[np.bool_],
    inside: bool | None,
) -> tuple[Kink, ...]:
    kinks: list[Kink] = []
    position = 0
    for slot, got in enumerate(question.got):
        for index in np.ndindex(got.shape):
            if differing[position] and len(kinks) < SHOWN:
                values = sorted((piece.arrays[slot].item(index) for piece in pieces), key=float)
                kinks.append(
                    Kink(
                        where=f"{_place(question, slot, index)} ({_where(events)})",
                        at_input=True,
                        left=decimal(values[0]),
                        right=decimal(values[-1]),
                        got=repr(float(got[index])),
                        inside=inside,
                        convention=_convention(events),
                    )
                )
            position += 1
    return tuple(kinks)


def _place(question: Question, slot: int, index: tuple[int, ...]) -> str:
    """The element, as "x[0] = 0"; of a Jacobian the element of the argument."""
    array = question.inputs[question.wrt[slot]]
    index = index[len(index) - array.ndim :]
    name = question.names[slot] + (f"[{', '.join(map(str, index))}]" if index else "")
    if question.moving != question.wrt:  # an element of the output, whose number here is that of a direction
        return name
    return f"{name} = {float(array[index]):.6g}"


def _where(events: Sequence[Event]) -> str:
    names = dict.fromkeys(event.equation.op.name for event in events if event.equation is not None)
    return ", ".join(names) or "a singular point"


def _convention(events: Sequence[Event]) -> str:
    kinks = dict.fromkeys(kink for event in events if event.equation is not None for kink in event.equation.op.kinks)
    return "; ".join(f"{kink.where}: {kink.takes}, as {kink.because}" for kink in kinks)
