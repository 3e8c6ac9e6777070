"""The engine's own gradient of a program, recorded, as a program that can be changed and written as NumPy text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from dualgrad.positions import Positions
from dualgrad.program.record import Equation, Literal, Operand, SizeOf
from dualgrad.program.record import Program as Recorded
from dualgrad.program.size import Size
from verify.question.ask import pose
from verify.question.problem import Undecidable
from verify.question.recording import record_symbolic
from verify.strategies.program import Input, Program, Ref, Step
from verify.strategies.words import WORDS


class Untold(Exception):
    """The gradient cannot be written with the words of programs; the message says why."""


def gradient_of(program: Program, args: Sequence[Any], wrt: int | tuple[int, ...] | None = None) -> Program:
    """The engine's gradient of a program, recorded with symbolic sizes where the program allows; else Untold."""
    try:
        problem = pose(program.function("f"), args, "grad", None, wrt, None)
        recording = record_symbolic(problem, problem.arrays)
    except Undecidable as error:
        raise Untold(f"the engine refuses: {error}") from error
    if recording.gradient is None:
        raise Untold(recording.refused or recording.gradient_refused)
    inputs = tuple(
        Input(given.name, tuple(recording.labels[position]), given.low, given.high, given.square)
        for position, given in enumerate(program.inputs)
    )
    return told(recording.gradient, inputs)


def told(recorded: Recorded, inputs: tuple[Input, ...]) -> Program:
    """A recorded program in the words of programs; Untold where one is missing."""
    if recorded.captured or recorded.conditions:
        raise Untold("it holds captured arrays, or branches on values")
    steps = tuple(_step(equation) for equation in recorded.equations)
    return Program(inputs, steps, tuple(_ref(output) for output in recorded.outputs)).trimmed()


def _ref(operand: Operand) -> Ref:
    if isinstance(operand, Literal):
        return operand.value
    return _extent(operand.extent) if isinstance(operand, SizeOf) else operand.name


def _extent(extent: Any) -> int | dict[str, Any]:
    return {"size": str(extent)} if isinstance(extent, Size) else int(extent)


def _step(equation: Equation) -> Step:
    word, params = equation.op.name, dict(equation.params)
    word, made = _special(word, params, equation) or (word, None)
    if word not in WORDS:
        raise Untold(f"there is no word for {word}")
    if made is None:
        made = {key: _param(value) for key, value in params.items()}
        for key in made:
            if f"{{{key}" not in WORDS[word]:
                raise Untold(f"{word} with {key}")
    return Step(equation.output.name, word, tuple(_ref(ref) for ref in equation.inputs), made)


def _special(word: str, params: Mapping[str, Any], equation: Equation) -> tuple[str, Mapping[str, Any]] | None:
    """Words whose static arguments are written in another way."""
    if word in ("getitem", "setitem"):
        return word, {"key": {"key": _key(params["key"])}}
    if word == "put":
        return word, {"key": {"key": _key(params["key"])}, "shape": _param(params["shape"])}
    if word in ("take", "put_at"):
        positions = params["positions"]
        assert isinstance(positions, Positions)
        at = {"key": [*([[None, None, None]] * params["axis"]), {"list": positions.array.tolist()}]}
        if word == "take":
            return "getitem", {"key": at}
        return "add_at", {"key": at, "shape": _param(equation.output.shape)}
    if word == "astype":
        if np.dtype(params["dtype"]) != np.float64:
            raise Untold(f"astype {params['dtype']}")
        return "to_float", {}
    if word == "absolute":
        return "abs", {}
    if word == "diag" and (params["k"], len(equation.inputs[0].shape)) == (0, 1):
        return "diag", {}
    if word == "diagonal" and (params["offset"], params["axis1"], params["axis2"]) == (0, 0, 1):
        return "diagonal", {}
    if word in ("var", "std"):
        if params.get("correction", params.get("ddof", 0)) != 0:
            raise Untold("a variance of another number of degrees of freedom")
        return word, {key: _param(params[key]) for key in ("axis", "keepdims")}
    return None


def _key(key: Iterable[Any]) -> list[Any]:
    parts: list[Any] = []
    for step in key:
        if step is None:
            parts.append(None)
        elif len(step) == 1:
            parts.append(_extent(step[0]))
        else:
            start, length, stride = step
            stop = start + length * stride
            backward = isinstance(stride, int) and stride < 0 and isinstance(stop, int) and stop < 0
            parts.append([_extent(start), None if backward else _extent(stop), None if stride == 1 else stride])
    return parts


def _param(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_param(part) for part in value]
    if isinstance(value, Size):
        return _extent(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    raise Untold(f"a static argument {type(value).__name__}")
