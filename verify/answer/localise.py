"""Which step of the engine's gradient is wrong: the first on the way back whose own slopes are not those of its op.

Every operation that ran is asked alone, at the values it had there, with a cotangent of its own: what its rule sends
back is compared with its differential in balls. So a step is named only where its own rule is wrong, and what is
right but was handed wrong numbers is not. Nothing is decided by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

import dualgrad as dg
from dualgrad.op import bind
from dualgrad.program.record import Equation, Program, Variable
from verify.ball.read import vjp
from verify.points.agreement import digits
from verify.points.look import Point, fits, sizes_at
from verify.question.problem import Array, Problem
from verify.question.recording import Recording, float_operand, float_values, static, with_inputs

APART = 2.0**-40  # relative to the largest element: more than rounding leaves, less than a wrong rule
MOST = 200  # operations asked
LARGEST = 1024  # elements of the operands of one


def first_wrong(problem: Problem, recording: Recording, arrays: Mapping[int, Array]) -> tuple[Variable, str] | None:
    """The result of the first wrong operation on the way back, and what is wrong in words.

    None where the gradient is not the engine's own, where no operation is found wrong alone, or where too much ran.
    """
    program, point = recording.forward, Point("", arrays)
    if not problem.own or program is None or not fits(recording, point) or len(program.equations) > MOST:
        return None
    sizes = sizes_at(recording, point)
    values = _values(program, with_inputs(recording, arrays), sizes)
    for equation in reversed(program.equations):
        told = _wrong(equation, values, sizes)
        if told:
            return equation.output, told
    return None


def _values(program: Program, inputs: Mapping[Variable, Array], sizes: Mapping[str, int]) -> dict[Variable, Array]:
    return {variable: np.asarray(value) for variable, value in float_values(program, inputs, sizes).items()}


def _wrong(equation: Equation, values: Mapping[Variable, Array], sizes: Mapping[str, int]) -> str:
    """What is wrong with one operation alone; an empty text where nothing is, or nothing can be said."""
    moving = _moving(equation, values)
    taken = dict.fromkeys(operand for operand in equation.inputs if isinstance(operand, Variable))
    inputs = {operand: np.asarray(values[operand]) for operand in taken}
    if not moving or sum(array.size for array in inputs.values()) > LARGEST:
        return ""
    cotangent = np.asarray(np.random.default_rng(0).uniform(0.5, 1.5, values[equation.output].shape))
    alone = Program(equation.op.name, tuple(taken), (equation,), (equation.output,))
    try:
        true = vjp(alone, moving, inputs, sizes, (cotangent,))
        sent = _sent_back(equation, moving, values, sizes, cotangent)
    except Exception:  # an op that cannot be read, or not on its own: it is not known to be wrong
        return ""
    if true.reading.events:
        return ""
    for operand, expected, got in zip(moving, true.arrays, sent, strict=True):
        at = _furthest(expected.astype(float), got)
        if at is not None:
            place = f"operand {equation.inputs.index(operand)}" + (f" at {list(at)}" if at else "")
            return f"{equation.op.name} sends {float(got[at])!r} back to {place}, expected {digits(expected[at])}"
    return ""


def _moving(equation: Equation, values: Mapping[Variable, Array]) -> list[Variable]:
    found = [operand for operand in equation.inputs if isinstance(operand, Variable)]
    return [operand for operand in dict.fromkeys(found) if np.asarray(values[operand]).dtype.kind == "f"]


def _sent_back(
    equation: Equation,
    moving: Sequence[Variable],
    values: Mapping[Variable, Array],
    sizes: Mapping[str, int],
    cotangent: Array,
) -> list[Array]:
    """What the engine's rule returns for this cotangent."""
    tensors = {operand: dg.Tensor(np.array(values[operand]), requires_grad=True) for operand in moving}
    operands = [
        tensors[operand]
        if isinstance(operand, Variable) and operand in tensors
        else float_operand(operand, values, sizes)
        for operand in equation.inputs
    ]
    with np.errstate(all="ignore"):
        bind(equation.op, operands, static(equation, sizes)).backward(dg.Tensor(cotangent))
    return [
        np.zeros(np.shape(values[operand])) if tensor.grad is None else np.asarray(tensor.grad.data)
        for operand, tensor in tensors.items()
    ]


def _furthest(expected: Array, got: Array) -> tuple[int, ...] | None:
    """The index of the element that is furthest off; None where all are near."""
    if got.shape != expected.shape or not np.isfinite(expected).all():
        return None
    off = np.where(np.isfinite(got), np.abs(got - expected), np.inf)
    if not off.size or off.max() <= APART * np.abs(expected).max():
        return None
    return tuple(int(part) for part in np.unravel_index(int(np.argmax(off)), off.shape))
