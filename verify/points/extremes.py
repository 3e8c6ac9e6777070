"""Inputs far from the given ones: large numbers, in the place of each argument.

There are many and most show nothing, so each is first run in floats: the candidate, and the engine's gradient of the
recorded function beside it. Only where the candidate is not finite, or the two are visibly apart, is the point worth a
look in balls. That comparison decides nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

import numpy as np
from flint import arb

import dualgrad as dg
from dualgrad.op import bind
from dualgrad.program.record import Program, Variable
from verify.points.agreement import HALF
from verify.points.look import Look, Point, finite_value, sizes_at, true_derivative
from verify.question.problem import Array, Problem, Undecidable
from verify.question.recording import Recording, float_operand, run_floats, static, with_inputs

EXTREME = "an extreme input"
MAGNITUDES = (40.0, 200.0, 1000.0, 1e6, 1e20)  # beyond the digits of a double, its exp, its roundings
DATA = 1e6  # the largest for what is not differentiated by: beyond, sums of data lose every digit of what is
ENDLESS = frozenset({"hyp1f1"})  # SciPy's code loops for ever at 1e20, and nothing interrupts it
VISIBLE = 1e-3  # relative difference of floats that is looked at
BITS = 256  # in which the function is read there
NEGLIGIBLE = 2.0**-26  # of the gradient at the given arguments; an extreme input does not refute by less

Arrays = dict[int, Array]


def extremes(problem: Problem, seen: Look) -> Iterator[tuple[str, Arrays]]:
    """Extreme inputs at which the candidate is suspicious, as (label, arrays)."""
    for label, arrays in _large(problem, DATA if _endless(seen.recording) else inf):
        if suspicious(problem, seen, arrays):
            yield label, arrays


def negligible(got: str, expected: str, scale: float, vanishes: bool) -> bool:
    """Whether a wrong number is off by nothing beside the gradient elsewhere: 0 for 1e-18, far out.

    No number at all is off by nothing only where f ``vanishes`` in floats and its true derivative does.
    """
    value, true = float(got), float(expected)
    if not np.isfinite(value):
        return vanishes and true == 0.0 and expected != "0"
    return abs(value - true) <= NEGLIGIBLE * scale


# ---------------------------------------------------------------------------- the inputs


def _endless(recording: Recording) -> bool:
    """Whether a program calls what never returns for some large numbers."""
    programs = [program for program in (recording.forward, recording.gradient) if program is not None]
    return any(equation.op.name in ENDLESS for program in programs for equation in program.equations)


def _large(problem: Problem, most: float) -> Iterator[tuple[str, Arrays]]:
    """Every argument at each magnitude, of both signs where it is differentiated."""
    for position, array in problem.arrays.items():
        largest = float(np.abs(array).max(initial=0.0))
        if array.dtype.kind != "f" or not largest or (position not in problem.wrt and _is_whole(array)):
            continue
        for magnitude in MAGNITUDES:
            if magnitude > most or (magnitude > DATA and position not in problem.wrt):
                continue
            for sign in (1.0, -1.0) if position in problem.wrt else (1.0,):
                with np.errstate(over="ignore"):  # in half precision
                    scaled = np.asarray(array * (sign * magnitude / largest), dtype=array.dtype)
                yield EXTREME, {**problem.arrays, position: scaled}


def _is_whole(array: Array) -> bool:
    """Whether the numbers may be labels or counts."""
    return bool((array == np.floor(array)).all())


# ---------------------------------------------------------------------------- whether they are worth a look


def suspicious(problem: Problem, seen: Look, arrays: Arrays) -> bool:
    """Whether the candidate, run in floats, is not finite, or visibly not the engine's gradient of f."""
    if not finite_value(problem, arrays):
        return False
    try:
        got = problem.gradient(arrays)
    except Undecidable:
        return False
    if not all(np.isfinite(part).all() for part in got):
        return True
    if problem.own or problem.kind != "grad" or seen.recording.forward is None:
        return False
    expected = engine_gradient_at(problem, seen.recording, arrays)
    return any(_apart(part, other) for part, other in zip(got, expected, strict=True))


def _apart(got: Array, expected: Array) -> bool:
    if got.shape != expected.shape:
        return False
    size = np.maximum(np.abs(got), np.abs(expected))
    return bool((np.abs(got - expected) > VISIBLE * size).any())


def loses_digits(problem: Problem, seen: Look) -> bool:
    """Whether the function in question, run in floats, loses more than half of its digits at the point of a look."""
    recording = seen.recording
    assert recording.forward is not None
    inputs, sizes = with_inputs(recording, seen.point.arrays), sizes_at(recording, seen.point)
    exact = true_derivative(problem, seen.point, recording, BITS).reading.outputs
    pairs = zip(run_floats(recording.forward, inputs, sizes), exact, strict=True)
    return any(
        not abs(arb(float(value)) - true) <= HALF * abs(true)
        for values, balls in pairs
        for value, true in zip(values.flat, balls.flat, strict=True)
    )


def engine_gradient_at(problem: Problem, recording: Recording, arrays: Mapping[int, Array]) -> list[Array]:
    """The engine's gradient of the recorded function at a point, in floats."""
    assert recording.forward is not None
    wrt = [recording.inputs[position] for position in problem.wrt]
    inputs, sizes = with_inputs(recording, dict(arrays)), sizes_at(recording, Point("", arrays))
    return engine_floats(recording.forward, wrt, inputs, sizes)


def engine_floats(
    program: Program, wrt: list[Variable], inputs: Mapping[Variable, Array], sizes: Mapping[str, int]
) -> list[Array]:
    """The engine's gradient of a recorded program, in floats."""
    leaves = _leaves(wrt, inputs)
    total = _total(program, {**inputs, **leaves}, sizes, {})
    nothing = [None] * len(wrt)
    with np.errstate(all="ignore"):
        found = dg.autograd.grad(total, [*leaves.values()], allow_unused=True) if _moves(total) else nothing
    return [  # copies: while an array that the engine handed out is alive, it looks for changes of it
        np.zeros(inputs[variable].shape) if part is None else part.numpy().copy()
        for variable, part in zip(wrt, found, strict=True)
    ]


def engine_adjoints(
    program: Program, wrt: list[Variable], inputs: Mapping[Variable, Array], sizes: Mapping[str, int]
) -> dict[Variable, Array]:
    """The engine's adjoint of every variable of a recorded program that its outputs depend on by these, in floats."""
    tensors = _leaves(wrt, inputs)
    total = _total(program, {**inputs, **tensors}, sizes, tensors)
    with np.errstate(all="ignore"):
        if _moves(total):
            total.backward()
    return {variable: tensor.grad.numpy() for variable, tensor in tensors.items() if tensor.grad is not None}


def _leaves(wrt: list[Variable], inputs: Mapping[Variable, Array]) -> dict[Variable, dg.Tensor]:
    return {variable: dg.tensor(np.asarray(inputs[variable], float), requires_grad=True) for variable in wrt}


def _moves(total: Any) -> bool:
    return isinstance(total, dg.Tensor) and total.requires_grad


def _total(
    program: Program, given: Mapping[Variable, Any], sizes: Mapping[str, int], kept: dict[Variable, dg.Tensor]
) -> Any:
    """The sum of all outputs, by the engine.

    Where ``kept`` holds the leaves, every tensor on the way is added to it and keeps its gradient. Where it is empty,
    each is let go after its last use.
    """
    values: dict[Any, Any] = {**given, **program.captured}
    last = {operand: number for number, equation in enumerate(program.equations) for operand in equation.inputs}
    with np.errstate(all="ignore"):
        for number, equation in enumerate(program.equations):
            result = bind(
                equation.op,
                [float_operand(operand, values, sizes) for operand in equation.inputs],
                static(equation, sizes),
            )
            values[equation.output] = result
            if kept and _moves(result):
                result.retain_grad()
                kept[equation.output] = result
            for operand in equation.inputs:
                if not kept and last[operand] == number and operand not in program.outputs:
                    values.pop(operand, None)
        return sum(np.sum(float_operand(output, values, sizes)) for output in program.outputs)
