"""Reading a program in balls: its values, and its differential at a point.

Every function takes the program, inputs by variable (arrays of floats or integers, taken exactly, or object
arrays of balls), the sizes of its dimensions, and the bits to compute with. What comes back encloses the
exact real result at exactly these inputs. ``Reading.events`` lists the guards that were on a boundary or
could not be decided: there, a differential may not exist, and the caller decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from dualgrad.program.record import Program, Variable
from verify.ball.events import Event, events
from verify.ball.layout import Layout, lay_out
from verify.ball.precision import working_precision
from verify.ball.run import ZERO, Balls, Run
from verify.ball.sweep import backward, flat_balls, forward

__all__ = [
    "BallArray",
    "Differential",
    "Event",
    "Inputs",
    "Reading",
    "Sizes",
    "evaluate",
    "gradient",
    "jacobian",
    "jvp",
    "laid_out",
    "magnitudes",
    "vjp",
]

BallArray = NDArray[Any]  # an object array of arb
Inputs = Mapping[Variable, NDArray[Any]]
Sizes = Mapping[str, int]


class Values(Mapping[Variable, BallArray]):
    """What every variable is, listed when it is asked for."""

    def __init__(self, layout: Layout, run: Run) -> None:
        self.layout, self.run = layout, run

    def __getitem__(self, variable: Variable) -> BallArray:
        return _array(self.run.values[self.layout.places[variable]], self.layout.shape(variable))

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.layout.places)

    def __len__(self) -> int:
        return len(self.layout.places)

    def undoubted(self) -> dict[Variable, Balls]:
        """The balls of every variable, in a row; of none where a guard was undecided or on its boundary."""
        return {} if self.run.marks else {v: self.run.values[node] for v, node in self.layout.places.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a program is at a point."""

    values: Values
    outputs: tuple[BallArray, ...]
    events: tuple[Event, ...]

    @property
    def decided(self) -> bool:
        """Whether every guard was decided, as the recording has it."""
        return all(event.kind == "boundary" for event in self.events)


@dataclass(frozen=True, slots=True)
class Differential:
    """Derivatives at a point, one array for each variable asked for (or each output), and what was met on the way."""

    arrays: tuple[BallArray, ...]
    reading: Reading


def evaluate(
    program: Program,
    inputs: Inputs,
    sizes: Sizes,
    precision: int = 128,
    literals: str = "exact",
    known: Reading | None = None,
) -> Reading:
    """The values of all variables and outputs.

    ``known`` is what was read at the same point, precision and literals: what both programs compute is taken from it.
    """
    layout = laid_out(program, sizes)
    floating = [v for v in program.inputs if v.dtype.kind == "f"]
    shared = known.values.undoubted() if known is not None else {}
    with working_precision(precision):
        run = forward(layout, inputs, floating, literals, known=shared)
        if run.marks and shared:  # what they rest on is read off the steps, all of them
            run = forward(layout, inputs, floating, literals)
        return _reading(layout, run)


def gradient(
    program: Program,
    wrt: Sequence[Variable],
    inputs: Inputs,
    sizes: Sizes,
    precision: int = 128,
    literals: str = "exact",
    along: Mapping[Variable, BallArray] | None = None,
    absolute: bool = False,
) -> Differential:
    """The gradient of the sum over all elements of all outputs.

    ``along`` chooses, at a boundary, the side to which this direction leaves: the gradient is then that of the
    smooth piece there. ``absolute`` adds magnitudes instead of terms: Σ |product of slopes| over all paths, the
    scale against which a gradient's rounding is to be judged.
    """
    layout = laid_out(program, sizes)
    with working_precision(precision):
        run = forward(layout, inputs, wrt, literals, along)
        seeds = [[arb(1)] * len(run.values[node]) for node in layout.outputs]
        changes = backward(layout, run, seeds, absolute)
        return Differential(_at(layout, wrt, changes), _reading(layout, run))


def magnitudes(found: Differential, wrt: Sequence[Variable], precision: int) -> tuple[BallArray, ...]:
    """What :func:`gradient` gives with ``absolute``, at the point where it gave ``found``."""
    layout, run = found.reading.values.layout, found.reading.values.run
    seeds = [[arb(1)] * len(run.values[node]) for node in layout.outputs]
    with working_precision(precision):
        return _at(layout, wrt, backward(layout, run, seeds, absolute=True))


def vjp(
    program: Program,
    wrt: Sequence[Variable],
    inputs: Inputs,
    sizes: Sizes,
    cotangents: Sequence[NDArray[Any]],
    precision: int = 128,
    literals: str = "exact",
) -> Differential:
    """The gradient of Σ cotangent · output over all elements of all outputs."""
    layout = laid_out(program, sizes)
    with working_precision(precision):
        run = forward(layout, inputs, wrt, literals)
        shapes = [layout.shape(output) for output in program.outputs]
        seeds = [flat_balls("a cotangent", g, shape) for g, shape in zip(cotangents, shapes, strict=True)]
        return Differential(_at(layout, wrt, backward(layout, run, seeds)), _reading(layout, run))


def jvp(
    program: Program,
    tangents: Mapping[Variable, NDArray[Any]],
    inputs: Inputs,
    sizes: Sizes,
    precision: int = 128,
    literals: str = "exact",
) -> Differential:
    """The directional derivative of every output; at a boundary the one-sided one, along the direction."""
    layout = laid_out(program, sizes)
    with working_precision(precision):
        run = forward(layout, inputs, list(tangents), literals, tangents)
        assert run.tangents is not None
        found = [run.tangents[node] or [ZERO] * len(run.values[node]) for node in layout.outputs]
        shapes = [layout.shape(output) for output in program.outputs]
        return Differential(tuple(map(_array, found, shapes)), _reading(layout, run))


def jacobian(
    program: Program,
    wrt: Sequence[Variable],
    inputs: Inputs,
    sizes: Sizes,
    precision: int = 128,
    literals: str = "exact",
    along: Mapping[Variable, BallArray] | None = None,
    absolute: bool = False,
) -> Differential:
    """The Jacobian of the first output: one array of shape output.shape + wrt.shape for each variable.

    ``along`` and ``absolute`` are as in :func:`gradient`.
    """
    layout = laid_out(program, sizes)
    with working_precision(precision):
        run = forward(layout, inputs, wrt, literals, along)
        size = len(run.values[layout.outputs[0]])
        shape = layout.shape(program.outputs[0])
        rows = [_at(layout, wrt, backward(layout, run, [_unit(size, row)], absolute)) for row in range(size)]
        arrays = []
        for slot, variable in enumerate(wrt):
            flat = [ball for row in rows for ball in row[slot].ravel().tolist()]
            arrays.append(_array(flat, shape + layout.shape(variable)))
        return Differential(tuple(arrays), _reading(layout, run))


# ---------------------------------------------------------------------------- helpers

_KEPT = 32
_layouts: dict[tuple[int, tuple[tuple[str, int], ...]], Layout] = {}


def laid_out(program: Program, sizes: Sizes) -> Layout:
    """The layout of a program at these sizes; the last few are kept."""
    key = (id(program), tuple(sorted(sizes.items())))
    found = _layouts.get(key)
    if found is None or found.program is not program:
        found = lay_out(program, dict(sizes))
        while len(_layouts) >= _KEPT:
            del _layouts[next(iter(_layouts))]
        _layouts[key] = found
    return found


def _array(balls: Balls, shape: tuple[int, ...]) -> BallArray:
    array = np.empty(len(balls), dtype=object)
    array[:] = balls
    return array.reshape(shape)


def _at(layout: Layout, wrt: Sequence[Variable], changes: list[Balls | None]) -> tuple[BallArray, ...]:
    found = []
    for variable in wrt:
        shape = layout.shape(variable)
        found.append(_array(changes[layout.places[variable]] or [ZERO] * prod(shape), shape))
    return tuple(found)


def _unit(size: int, row: int) -> Balls:
    seed = [ZERO] * size
    seed[row] = arb(1)
    return seed


def _reading(layout: Layout, run: Run) -> Reading:
    outputs = tuple(
        _array(run.values[node], layout.shape(operand))
        for node, operand in zip(layout.outputs, layout.program.outputs, strict=True)
    )
    return Reading(Values(layout, run), outputs, events(layout, run))
