"""Whether ops that the checker's table does not know compute what they are declared to mean.

What is shown of a program is shown of the meanings of its ops. Those of the table are held against NumPy by tests; an
op of the user's own is held against its own forward wherever a program with it is looked at, at the floats there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dualgrad.program.record import Equation, Literal, Operand, Program, Variable
from dualgrad.program.size import Size
from verify.ball.read import BallArray, evaluate
from verify.trusted.meanings import knows

Array = np.ndarray[Any, Any]
RELATIVE, OF_THE_LARGEST = 1e-6, 1e-9  # what rounding may change, at most
LARGEST = 1e300  # beyond, a forward may overflow


def misdeclared(program: Program, inputs: Mapping[Variable, Array], sizes: Mapping[str, int]) -> str:
    """The first op of a program that computes something else than it means, in words; empty where none is seen."""
    own = [equation for equation in program.equations if not knows(equation.op.name)]
    values = evaluate(program, inputs, sizes).values if own else {}
    for equation in own:
        operands = [_floats(operand, values) for operand in equation.inputs]
        plain = not any(isinstance(value, Size) for value in equation.params.values())
        if plain and all(operand is not None for operand in operands) and _differs(equation, operands, sizes):
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


def _differs(equation: Equation, operands: list[Any], sizes: Mapping[str, int]) -> bool:
    given = {x: value for x, value in zip(equation.inputs, operands, strict=True) if isinstance(x, Variable)}
    (meant,) = evaluate(Program("op", tuple(given), (equation,), (equation.output,)), given, sizes).outputs
    with np.errstate(all="ignore"):
        computed = np.asarray(equation.op.forward(*operands, **equation.params), dtype=float)
    expected = np.array([float(ball.mid()) if ball.is_finite() else np.nan for ball in meant.ravel()])
    known = np.abs(expected) < LARGEST
    if computed.size != expected.size or not known.any():
        return computed.size != expected.size
    inexact = equation.output.dtype.kind in "fc"
    room = max(RELATIVE, 64 * float(np.finfo(equation.output.dtype).eps) if inexact else 0.0) * np.abs(expected)
    room = room + OF_THE_LARGEST * np.abs(expected[known]).max()
    return not bool((np.abs(computed.ravel() - expected) <= room)[known].all())
