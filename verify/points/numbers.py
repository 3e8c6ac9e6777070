"""Are the numbers right? The distance of a gradient from the true one, judged against what rounding explains.

The distance is counted in ulps of the gradient's dtype, an element at a time, at exactly the inputs given.
What rounding explains is one ulp times the condition number κ of the problem at that element:

    κ = max(|g|, how much g moves under relative changes of all floating data, Σ |terms| of g) / |g|

The middle term moves every floating input and captured array by a few eps in random directions, exactly;
numbers that are whole, in arrays that are not differentiated, are taken for labels and stay. (Above LARGE
elements this is done only where something is not ok without it.) The last is the
sum of the magnitudes of all paths through the program's differential: where the true value is 0 because terms
cancel, it is the scale on which rounding is measured. No tolerance is chosen anywhere, and a true value that is
small because the function is flat keeps its own scale: off by 100 % is wrong.

    ok     within OK ulps x κ
    wrong  not finite where the truth is, or more than half of the digits lost beyond what κ explains, or no digit right
           where κ leaves some
    lost   between
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from math import inf, isfinite
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from dualgrad.program.record import Program, Variable
from verify.ball.compare import accurate, decimal, spacing, ulps, upper_float
from verify.ball.precision import working_precision
from verify.ball.read import BallArray, Differential, Inputs, Sizes, gradient, jacobian, magnitudes
from verify.ball.refine import START, refine
from verify.verdict import Numbers

OK = 64.0  # ulps x κ
LEFT = 64.0  # what conditioning has to leave of a value, in its own roundings, before no digit of it may be right
STEP = 4.0  # eps, the size of the changes that measure κ
DIRECTIONS = 2  # that many changes
LARGE = 2048  # elements; above, the changes are left out as long as everything is ok without them
MORE = 6  # and that many more before anything is called not ok
BITS = 80  # relative bits of the true values
NOTHING = 1e-6  # ulps; below that, the float is the true value rounded

_ORDER = ("ok", "unknown", "lost", "wrong")


def wrong_beyond(dtype: np.dtype[Any]) -> float:
    """The ulps x κ beyond which more than half of the dtype's digits are lost.

    >>> wrong_beyond(np.dtype(np.float64)) == 2.0**26.5
    True
    """
    return float(max(OK, 2.0 ** ((np.finfo(dtype).nmant + 1) / 2)))


@dataclass(frozen=True, slots=True)
class Question:
    """The gradient under test at a point: ``got`` holds one array for each variable in ``wrt``.

    ``kind`` is "grad" (of the sum over all outputs) or "jac" (of the first output, ``out.shape + wrt.shape``).
    ``along`` are the inputs that are moved to leave a kink, where these are not those in ``wrt``.
    """

    program: Program
    wrt: tuple[Variable, ...]
    inputs: Inputs
    sizes: Sizes
    got: tuple[NDArray[Any], ...]
    names: tuple[str, ...]
    kind: str = "grad"
    along: tuple[Variable, ...] = ()

    @property
    def moving(self) -> tuple[Variable, ...]:
        """The inputs that are moved to leave a kink, those in ``wrt`` among them."""
        return self.along or self.wrt

    def at(self, inputs: Inputs, precision: int, **rest: Any) -> Differential:
        """The program's differential at other inputs."""
        read = gradient if self.kind == "grad" else jacobian
        others = tuple(variable for variable in self.moving if variable not in self.wrt and "along" in rest)
        found = read(self.program, (*self.wrt, *others), inputs, self.sizes, precision, **rest)
        return replace(found, arrays=found.arrays[: len(self.wrt)]) if others else found

    @property
    def dtype(self) -> np.dtype[Any]:
        """The coarsest dtype among the gradients."""
        kinds = [array.dtype for array in self.got if array.dtype.kind == "f"]
        return max(kinds, key=lambda dtype: float(np.finfo(dtype).eps), default=np.dtype(float))


def true_derivative(question: Question, read: Differential | None = None) -> Differential:
    """The derivative to BITS relative bits, where that can be had; ``read`` is what START bits give, where known."""

    def at(precision: int) -> Differential:
        known = read if precision == START else None
        return known or question.at(question.inputs, precision)

    return refine(at, BITS)


def judge(
    question: Question,
    truth: Sequence[BallArray] | None = None,
    seed: int = 0,
    conditioned: bool = True,
    read: Differential | None = None,
) -> Numbers:
    """The worst element of the gradient under test. ``truth`` overrides the derivative that is read in balls.

    ``read`` is what that reading gives at START bits, where it was done before.
    Without ``conditioned`` the condition is measured only where the status depends on it, which takes most of the time,
    and what is ok is not described.

    Elements whose true value cannot be had count as unknown, and so does a point on the boundary of a guard,
    unless the caller found out what the derivative is there and passes it.
    """
    found = true_derivative(question, read) if truth is None else None
    truth = found.arrays if truth is None and found is not None else truth
    assert truth is not None
    refused = _refused(question, truth)
    if refused is not None:
        return refused
    if found is not None and found.reading.events:
        return Numbers("unknown", points=1, reason=_event_reason(found))
    if not conditioned and _all_ok(question, truth):
        return Numbers("ok", points=1)
    scales = _Scales(question, truth, np.random.default_rng(seed), found)
    first = DIRECTIONS if sum(array.size for array in truth) <= LARGE else 0
    if conditioned:
        scales.widen(first)
    worst = _worst(question, truth, scales)
    if worst.status in ("lost", "wrong"):
        scales.widen(MORE if conditioned else first + MORE)
        worst = _worst(question, truth, scales)
    return worst


# ---------------------------------------------------------------------------- the rule


def _worst(question: Question, truth: Sequence[BallArray], scales: _Scales) -> Numbers:
    worst: tuple[int, float, int, int] | None = None
    for slot, got in enumerate(map(_floating, question.got)):
        order, distance = _ranks(got, truth[slot], partial(scales.at, slot))
        if order.size:
            place = int(np.argmax(np.where(order == order.max(), distance, -1.0)))
            found = (int(order[place]), float(distance[place]), -slot, place)
            worst = found if worst is None else max(worst, found)
    if worst is None:
        return Numbers("unknown", points=1, reason="there is no element to compare")
    status, slot, place = _ORDER[worst[0]], -worst[2], worst[3]
    index = tuple(map(int, np.unravel_index(place, truth[slot].shape)))
    scale, count = scales.at(slot, place), sum(array.size for array in truth)
    return _described(question, truth[slot].item(place), scale, slot, index, status, count)


def _all_ok(question: Question, truth: Sequence[BallArray]) -> bool:
    """Whether every element is ok whatever the conditioning, and there is one."""
    orders = [_ranks(got, true, true.item)[0] for got, true in zip(map(_floating, question.got), truth, strict=True)]
    return any(order.size for order in orders) and not any(order.any() for order in orders)


def _ranks(got: NDArray[Any], truth: BallArray, scale: Callable[[int], arb]) -> tuple[NDArray[Any], NDArray[Any]]:
    """How bad every element is, in a row: its place in _ORDER, and its distance in ulps of its scale."""
    distance = _float_distances(got, truth)
    order = np.zeros(distance.size, dtype=int)
    for place in np.flatnonzero(distance > OK / 2).tolist():
        value, true = float(got.flat[place]), truth.item(place)
        order[place], distance[place] = _rank(value, true, abs(scale(place)), got.dtype)
    return order, distance


def _rank(value: float, truth: arb, scale: arb, dtype: np.dtype[Any]) -> tuple[int, float]:
    if not accurate(truth, BITS // 2):
        return _ORDER.index("unknown"), 0.0
    near = ulps(value, truth, dtype)
    if near <= OK or not isfinite(value):
        return _ORDER.index("ok" if near <= OK else "wrong"), near
    if not scale.is_finite():
        return _ORDER.index("unknown"), near
    distance = upper_float(abs(arb(value) - truth) / spacing(scale, dtype))
    wrong = distance > wrong_beyond(dtype) or without_a_digit(value, truth, scale, dtype)
    return _ORDER.index("ok" if distance <= OK else "wrong" if wrong else "lost"), distance


def without_a_digit(value: float, truth: arb, scale: arb, dtype: np.dtype[Any]) -> bool:
    """Whether a value is off by half of itself where conditioning leaves digits: 0 for -0.9 in single precision.

    >>> without_a_digit(0.0, arb(-0.9), arb(6e4), np.dtype(np.float32))
    True
    """
    eps = arb(float(np.finfo(dtype).eps))
    return bool(abs(arb(value) - truth) > abs(truth) / 2 and scale * eps < abs(truth) / LEFT)


def _float_distances(got: NDArray[Any], truth: BallArray) -> NDArray[Any]:
    """The distances in ulps up to one ulp, computed in doubles; inf where doubles are not up to it."""
    info, balls = np.finfo(got.dtype), truth.ravel().tolist()
    value, near = got.ravel().astype(float), np.fromiter(map(float, balls), float, len(balls))
    known = np.fromiter((accurate(ball, BITS // 2) for ball in balls), bool, len(balls))
    nothing = np.fromiter((ball.is_zero() for ball in balls), bool, len(balls)) & (value == 0)
    with np.errstate(all="ignore"):
        size = np.abs(near)
        held = (float(info.smallest_normal) * 4 < size) & (size < float(info.max) / 4) & np.isfinite(value)
        distance = np.abs(value - near) / (np.spacing(size) * 2.0 ** (52 - int(info.nmant))) + 1
    return np.where(nothing, 0.0, np.where(known & held, distance, inf))


def _described(
    question: Question,
    truth: arb,
    scale: arb,
    slot: int,
    index: tuple[int, ...],
    status: str,
    count: int,
) -> Numbers:
    got = _floating(question.got[slot])
    name = question.names[slot]
    value = float(got[index])
    known = accurate(truth, BITS // 2)
    vanishes = bool(truth.contains(0))
    distance = ulps(value, truth, got.dtype) if known else None
    if known and vanishes and isfinite(value) and scale.is_finite():
        distance = upper_float(abs(arb(value) - truth) / spacing(scale, got.dtype))
    kappa = upper_float(scale / abs(truth)) if known and not vanishes else None
    return Numbers(
        status,
        ulps=0.0 if distance is not None and distance < NOTHING else distance,
        condition=kappa,
        index=f"{name}[{', '.join(map(str, index))}]" if index else name,
        got=repr(value),
        expected=decimal(truth),
        elements=count,
        points=1,
        reason=_why_unknown(known) if status == "unknown" else "",
    )


def _why_unknown(known: bool) -> str:
    if known:
        return "the conditioning could not be measured: the derivative is not finite next to this input"
    return "the true value is not finite here, or was not enclosed narrowly enough"


def _refused(question: Question, truth: Sequence[BallArray]) -> Numbers | None:
    for name, got, true in zip(question.names, question.got, truth, strict=True):
        if got.shape != true.shape:
            return Numbers("wrong", points=1, reason=f"{name}: got shape {got.shape}, expected {true.shape}")
        if got.dtype.kind not in "fiub" or got.dtype.itemsize > 8:
            return Numbers("unknown", points=1, reason=f"{name}: dtype {got.dtype} is not judged; expected real floats")
    return None


def _floating(array: NDArray[Any]) -> NDArray[Any]:
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _event_reason(found: Differential) -> str:
    event = found.reading.events[0]
    where = f" at {event.equation!r}" if event.equation is not None else ""
    what = {"boundary": "lies on the boundary of a guard", "undecided": "leaves a guard undecided"}
    return f"the input {what.get(event.kind, 'takes another branch than the recording')}{where}"


# ---------------------------------------------------------------------------- the scale


class _Scales:
    """For every element max(|g|, its change under relative changes of the data, the magnitudes of its terms)."""

    def __init__(
        self,
        question: Question,
        truth: Sequence[BallArray],
        rng: np.random.Generator,
        found: Differential | None,
    ) -> None:
        self.question, self.truth, self.rng = question, truth, rng
        if found is not None and question.kind == "grad":
            terms = magnitudes(found, question.wrt, 2 * BITS)
        else:
            terms = question.at(question.inputs, 2 * BITS, absolute=True).arrays
        self.others: list[Sequence[BallArray]] = [terms]

    def widen(self, directions: int) -> None:
        """Take the change along some more random directions into account."""
        step = STEP * float(np.finfo(self.question.dtype).eps)
        for _ in range(directions):
            moved = _moved(self.question, step, self.rng)
            there = refine(partial(self.question.at, moved), BITS, limit=4 * BITS + 192)
            if there.reading.events:  # still on a guard (0 stays 0): its gradient there is no neighbour's
                continue
            with working_precision(2 * BITS):
                self.others.append(list(map(partial(_rate, step=step), self.truth, there.arrays)))

    def at(self, slot: int, place: int) -> arb:
        """The scale of one element, by its place in its array."""
        scale: arb = reduce(_greater, (arrays[slot].item(place) for arrays in (self.truth, *self.others)))
        return scale


def _rate(here: BallArray, new: BallArray, step: float) -> BallArray:
    return np.asarray((new - here) / arb(step), dtype=object)


def _greater(a: arb, b: arb) -> arb:
    a, b = abs(a), abs(b)
    if not (a.is_finite() and b.is_finite()):
        return arb(inf)
    return a.mid() if a > b else b.mid()


def _moved(question: Question, step: float, rng: np.random.Generator) -> dict[Variable, NDArray[Any]]:
    given: Mapping[Variable, NDArray[Any]] = {**question.program.captured, **question.inputs}
    with working_precision(256):
        return {
            variable: _nudged(array, step, rng, variable not in question.moving) if array.dtype.kind == "f" else array
            for variable, array in given.items()
        }


def _nudged(array: NDArray[Any], step: float, rng: np.random.Generator, keep_whole: bool) -> NDArray[Any]:
    moved = np.empty(array.shape, dtype=object)
    sizes = step * rng.choice([-1.0, 1.0], array.shape) * rng.uniform(0.5, 1.0, array.shape)
    for index, value in np.ndenumerate(array):
        exact = arb(float(value))
        stays = keep_whole and float(value).is_integer()
        moved[index] = exact if stays else exact * (1 + arb(float(sizes[index])))
    return moved
