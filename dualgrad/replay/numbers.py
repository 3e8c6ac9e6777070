"""Programs of numbers alone, as Python arithmetic: a NumPy number costs ten times what a float does.

``math`` raises where NumPy returns infinities, and so does Python's division. The text is therefore kept in two
readings: with floats and ``math``, and, where that raises, the same text with NumPy's numbers and functions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from dualgrad.replay.spell import Names, spelled
from dualgrad.replay.steps import Number, Operand, Recording, Step, Value, values

RAISED = (ValueError, OverflowError, ZeroDivisionError)
LONGEST = 120  # characters of an expression that is still written into another one
_FORMS = {
    "add": "{} + {}",
    "subtract": "{} - {}",
    "multiply": "{} * {}",
    "divide": "{} / {}",
    "negative": "-{}",
    "square": "{0} * {0}",
    "reciprocal": "1.0 / {}",
}
_CALLS = ("sin", "cos", "tan", "exp", "log", "sqrt", "tanh", "sinh", "cosh", "arctan", "expm1", "log1p")


def all_numbers(recording: Recording) -> bool:
    """Whether every value of a recording is a float64 number."""
    made = (*recording.inputs, *(step.output for step in recording.steps), *recording.captured)
    return bool(recording.steps) and all(value.number and value.dtype == np.float64 for value in made)


@cache
def same_bits(name: str) -> bool:
    """Whether ``math`` has this function, and gives what NumPy gives here."""
    plain: Any = getattr(math, {"arctan": "atan"}.get(name, name), None)
    points = np.random.default_rng(0).standard_normal(4000) * np.repeat([0.3, 3.0, 30.0, 3e4], 1000)
    points = np.abs(points) if name in ("log", "sqrt", "log1p") else points[np.abs(points) < 700]
    return plain is not None and all(plain(x) == getattr(np, name)(x) for x in points.tolist())


class NumberWriter:
    """The text of a program of numbers in the making."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.names = Names()
        self.careful: dict[str, Any] = {}  # what the names of functions stand for in the second reading
        self.text: dict[Value, str] = {value: value.name for value in recording.inputs}
        self.uses = Counter(value for step in recording.steps for value in values(step.inputs))
        self.uses.update(dict.fromkeys(values(recording.outputs), 2))
        self.lines: list[str] = []

    def source(self) -> str:
        """The whole text."""
        for step in self.recording.steps:
            self._step(step)
        results = "".join(f"float64({self._operand(operand)}), " for operand in self.recording.outputs)
        self.names.namespace["float64"] = np.float64
        head = f"def run(workspace, {', '.join(value.name for value in self.recording.inputs)}):"
        body = "\n    ".join([head, *self.lines, f"return ({results})"])
        return f"def workspace():\n    return ()\n\n\n{body}\n"

    def _step(self, step: Step) -> None:
        text = self._expression(step)
        if self.uses[step.output] == 1 and len(text) <= LONGEST:
            self.text[step.output] = f"({text})"
        else:
            self.text[step.output] = step.output.name
            self.lines.append(f"{step.output.name} = {text}")

    def _expression(self, step: Step) -> str:
        name, args = step.op.name, [self._operand(operand) for operand in step.inputs]
        if name in _FORMS and (name != "square" or args[0].isidentifier()):
            return _FORMS[name].format(*args)
        if name in _CALLS:
            return f"{self._call(name)}({args[0]})"
        given = [f"float64({text})" for text in args]
        self.names.namespace["float64"] = np.float64
        return f"float({spelled(step, given, None, self.names)})"

    def _call(self, name: str) -> str:
        function: Callable[..., Any] = getattr(np, name)
        plain = getattr(math, {"arctan": "atan"}.get(name, name)) if same_bits(name) else _floats(function)
        self.names.namespace[name], self.careful[name] = plain, function
        return name

    def _operand(self, operand: Operand) -> str:
        if isinstance(operand, Value):
            return self.text[operand]
        value = operand.value if isinstance(operand.value, (int, bool)) else float(operand.value)
        return self._literal(Number(value))

    def _literal(self, number: Number) -> str:
        return self.names.literal(number.value)


def _floats(function: Callable[..., Any]) -> Callable[[float], float]:
    return lambda x: float(function(x))


class NumberProgram:
    """The two readings of the text."""

    def __init__(self, recording: Recording) -> None:
        writer = NumberWriter(recording)
        self.text = writer.source()
        code = compile(self.text, "<dualgrad.compile>", "exec")
        self._fast = _run_of(code, writer.names.namespace)
        self._careful = _run_of(code, {**writer.names.namespace, **writer.careful})

    def __call__(self, arrays: Any) -> Any:
        """The results as NumPy numbers."""
        try:
            return self._fast((), *map(float, arrays))
        except RAISED:
            with np.errstate(all="ignore"):
                return self._careful((), *arrays)


def _run_of(code: Any, namespace: Mapping[str, Any]) -> Callable[..., Any]:
    found = dict(namespace)
    exec(code, found)
    run: Callable[..., Any] = found["run"]
    return run
