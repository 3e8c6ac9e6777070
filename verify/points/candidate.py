"""What a candidate's program does that says how far its formula can be read off it."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.program.record import Program, Variable
from verify.question.recording import Recording

INEQUALITIES = frozenset({"less", "less_equal", "greater", "greater_equal"})


def rounding(program: Program) -> str:
    """Where a program casts or writes floats to a dtype with fewer digits; "" where it does not."""
    for equation in program.equations:
        given = [operand.dtype for operand in equation.inputs if isinstance(operand, Variable)]
        finest = max((_digits(dtype) for dtype in given if dtype.kind == "f"), default=0.0)
        if _digits(equation.output.dtype) < finest:
            return f"it rounds to {equation.output.dtype} {equation.line}".strip()
    return ""


def _digits(dtype: np.dtype[Any]) -> float:
    """The bits of a float's mantissa; no end of them for other dtypes."""
    return float(np.finfo(dtype).nmant) if dtype.kind == "f" else float("inf")


def iterates(program: Program | None) -> bool:
    """Whether a condition was tested again and again, with both outcomes: the derivative is that of the loop so far."""
    found = [] if program is None else [(condition.line, condition.outcome) for condition in program.conditions]
    return any((line, not outcome) in found for line, outcome in found)


def captures_of_its_own(recording: Recording) -> bool:
    """Whether the candidate uses an array that f does not: computed from f's, perhaps, as an inverse once for all."""
    assert recording.forward is not None and recording.gradient is not None
    return bool(recording.gradient.captured.keys() - recording.forward.captured.keys())


def branches_of_its_own(recording: Recording) -> bool:
    """Whether the candidate tests numbers that f does not, as one that takes a series where terms cancel.

    At a hard point such a one is judged by its numbers: it is wrong where more than half of the digits are lost.
    """
    assert recording.forward is not None and recording.gradient is not None
    known = {condition.line for condition in recording.forward.conditions}
    of_f = {equation.output for equation in recording.forward.equations}
    own = {equation.op.name for equation in recording.gradient.equations if equation.output not in of_f}
    return bool(own & INEQUALITIES) or any(c.line not in known for c in recording.gradient.conditions)
