"""Whether ops that the checker's table does not know compute what they are declared to mean.

What is shown of a program is shown of the meanings of its ops. Those of the table are held against NumPy by tests; an
op of the user's own is held against its own forward wherever a program with it is looked at, at the floats there, and
once over a range of ordinary numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dualgrad.op import Kind, Op
from dualgrad.program.record import Equation, Literal, Operand, Program, Variable
from dualgrad.program.size import Size
from verify.ball.read import BallArray, evaluate
from verify.trusted.meanings import knows

Array = np.ndarray[Any, Any]
RELATIVE, OF_THE_LARGEST = 1e-6, 1e-9  # what rounding may change, at most
LARGEST = 1e300  # beyond, a forward may overflow
_SIDE = [
    0.05,
    0.1,
    0.25,
    0.4,
    0.5,
    0.75,
    0.9,
    1,
    1.1,
    1.5,
    2,
    2.5,
    3,
    4,
    5,
    6.5,
    8,
    10,
    15,
    20,
    30,
    50,
    75,
    100,
    300,
    1e3,
]
RANGE = np.array([0.0, *_SIDE, *(-x for x in reversed(_SIDE))])

_held: set[Op] = set()  # ops that compute what they mean over that range


def misdeclared(program: Program, inputs: Mapping[Variable, Array], sizes: Mapping[str, int]) -> str:
    """The first op of a program that computes something else than it means, in words; empty where none is seen."""
    own = [equation for equation in program.equations if not knows(equation.op.name)]
    values = evaluate(program, inputs, sizes).values if own else {}
    for equation in own:
        operands = [_floats(operand, values) for operand in equation.inputs]
        plain = not any(isinstance(value, Size) for value in equation.params.values())
        if not plain or any(operand is None for operand in operands):
            continue
        if _differs(equation, operands, sizes) or _differs_over_the_range(equation, operands, sizes):
            return (
                f"{equation.op.name} computes something else than it is declared to mean, {equation.line}: compare its "
                "forward with its meaning"
            )
    return ""


def _floats(operand: Operand, values: Mapping[Variable, BallArray]) -> Any:
    """An operand as the floats nearest to its balls; None where it has no value, or is a size."""
    if isinstance(operand, Literal):
        return operand.value
    if not isinstance(operand, Variable) or operand not in values:
        return None
    found = np.array([float(ball.mid()) for ball in values[operand].ravel()]).reshape(values[operand].shape)
    return found.astype(operand.dtype) if np.isfinite(found).all() else None


def _differs_over_the_range(equation: Equation, operands: list[Any], sizes: Mapping[str, int]) -> bool:
    if equation.op.kind is not Kind.POINTWISE or equation.op in _held:
        return False
    if any(_differs(equation, tried, sizes, finite=True) for tried in _over_the_range(operands)):
        return True
    _held.add(equation.op)
    return False


def _over_the_range(operands: list[Any]) -> Iterator[list[Any]]:
    """Every number of the range in the place of every array's elements, each array at another place of it."""
    least = min((np.size(operand) for operand in operands if np.ndim(operand)), default=1)
    for start in range(0, len(RANGE), max(1, least)):
        yield [
            np.resize(np.roll(RANGE, -start * (k + 1) - 5 * k), np.shape(operand)).astype(np.asarray(operand).dtype)
            for k, operand in enumerate(operands)
        ]


def _differs(equation: Equation, operands: list[Any], sizes: Mapping[str, int], finite: bool = False) -> bool:
    """Whether the op computes something else than it means; ``finite``: leaving out where it computes no number."""
    given = {x: value for x, value in zip(equation.inputs, operands, strict=True) if isinstance(x, Variable)}
    (meant,) = evaluate(Program("op", tuple(given), (equation,), (equation.output,)), given, sizes).outputs
    with np.errstate(all="ignore"):
        computed = np.asarray(equation.op.forward(*operands, **equation.params), dtype=float)
    expected = np.array([float(ball.mid()) if ball.is_finite() else np.nan for ball in meant.ravel()])
    known = np.abs(expected) < LARGEST
    if finite:
        known &= np.isfinite(np.resize(computed.ravel(), expected.shape))
    if computed.size != expected.size or not known.any():
        return computed.size != expected.size
    inexact = equation.output.dtype.kind in "fc"
    room = max(RELATIVE, 64 * float(np.finfo(equation.output.dtype).eps) if inexact else 0.0) * np.abs(expected)
    room = room + OF_THE_LARGEST * np.abs(expected[known]).max()
    room = room + np.array([float(ball.rad()) if ball.is_finite() else 0.0 for ball in meant.ravel()])
    return not bool((np.abs(computed.ravel() - expected) <= room)[known].all())
