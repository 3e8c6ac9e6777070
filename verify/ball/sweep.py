"""Sweeps over a layout: values forward, with tangents where a direction is given, and cotangents back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from dualgrad.program.record import Variable
from verify.ball.layout import Layout
from verify.ball.run import ZERO, Balls, Run
from verify.ball.steps import Given, Link, Step


def forward(
    layout: Layout,
    inputs: Mapping[Variable, NDArray[Any]],
    wrt: Iterable[Variable],
    literals: str,
    along: Mapping[Variable, NDArray[Any]] | None = None,
    known: Mapping[Variable, Balls] | None = None,
) -> Run:
    """Run all steps. ``wrt`` says what counts as active; ``along`` is a direction whose tangents are kept.

    What is ``known`` of the variables is not computed again, nor are the steps on the way to it.
    """
    given, known = {**layout.program.captured, **inputs}, known or {}
    if layout.parts is not None:
        given = {v: np.ravel(given[v])[layout.parts[v]] for v in layout.places if v in given}
    balls = {
        v: known[v] if v in known else flat_balls(v.name, given[v], layout.shape(v))
        for v in layout.places
        if v in given
    }
    done = layout.done(known)
    run = Run(balls, layout.sizes, layout.active(tuple(wrt)), literals)
    moving: dict[object, Balls] = {}
    if along is not None:
        run.tangents = [None] * len(layout.steps)
        moving = {v: flat_balls(f"the tangent of {v.name}", t, layout.shape(v)) for v, t in along.items()}
    for step in layout.steps:
        if step.node in done:
            result = done[step.node]
            run.values.append([] if result is None else known[result])
        else:
            run.values.append(step.value(run))
        if run.tangents is not None and run.active[step.node]:
            own = moving.get(step.key) if isinstance(step, Given) else None
            run.tangents[step.node] = _pushed(run, run.tangents, step) if own is None else own
    return run


def backward(layout: Layout, run: Run, seeds: Sequence[Balls], absolute: bool = False) -> list[Balls | None]:
    """Cotangents of all steps from those of the outputs; ``absolute`` adds magnitudes instead of terms."""
    changes: list[Balls | None] = [None] * len(layout.steps)
    for node, seed in zip(layout.outputs, seeds, strict=True):
        _collect(_total(run, changes, node), None, seed)
    for step in reversed(layout.steps):
        change = changes[step.node]
        if change is None or not run.active[step.node]:
            continue
        for link in run.links(step):
            if run.active[link.node]:
                _pull(run, link, change, changes, absolute)
    return changes


def flat_balls(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> Balls:
    """An array's elements as balls, floats and integers exactly; ValueError or TypeError for what does not fit."""
    array = np.asarray(array)
    if array.shape != shape:
        raise ValueError(f"verify.ball: {name} has shape {array.shape}, expected {shape}; pass sizes that fit it")
    if array.dtype.kind not in "fiubO" or array.dtype.itemsize > 8:
        raise TypeError(f"verify.ball: {name} has dtype {array.dtype}, expected real numbers of at most 64 bits")
    flat: Balls = array.ravel().tolist()
    return flat if array.dtype.kind == "O" else list(map(arb, flat))


def _pushed(run: Run, tangents: list[Balls | None], step: Step) -> Balls:
    total = [ZERO] * step.size
    for node, origin, target, factor in run.links(step):
        source = tangents[node]
        if source is not None:
            moved = source if origin is None else [source[place] for place in origin]
            _collect(total, target, _scaled(moved, factor))
    return total


def _pull(run: Run, link: Link, change: Balls, changes: list[Balls | None], absolute: bool) -> None:
    node, origin, target, factor = link
    if absolute and factor is not None:
        factor = list(map(abs, factor))
    moved = _scaled(change if target is None else [change[place] for place in target], factor)
    if origin is None and changes[node] is None:
        changes[node] = list(moved)
    else:
        _collect(_total(run, changes, node), origin, moved)


def _total(run: Run, changes: list[Balls | None], node: int) -> Balls:
    total = changes[node]
    if total is None:
        total = changes[node] = [ZERO] * len(run.values[node])
    return total


def _scaled(balls: Balls, factor: Balls | None) -> Balls:
    if factor is None:
        return balls
    return [ball if ball is ZERO else ball * f for ball, f in zip(balls, factor, strict=True)]


def _collect(total: Balls, places: list[int] | None, parts: Balls) -> None:
    if places is None:
        total[:] = [a if b is ZERO else b if a is ZERO else a + b for a, b in zip(total, parts, strict=True)]
        return
    for place, part in zip(places, parts, strict=True):
        if part is not ZERO:
            before = total[place]
            total[place] = part if before is ZERO else before + part
