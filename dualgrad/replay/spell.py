"""How a step is written: one line of plain NumPy, with the result in memory that is there already where it can be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dualgrad.op import REGISTRY, Kind
from dualgrad.ops.index import native
from dualgrad.replay.steps import Applied, Inner, Operand, Step, Value

_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_KEYWORD_ONLY = (np.maximum, np.minimum)  # whose third position is no place for a result


class Names:
    """The names of a source text, and what they stand for when it runs."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {"empty": np.empty, "array": np.array}
        self._of: dict[int, str] = {}

    def of(self, thing: Any, hint: str) -> str:
        """The name of a function or a constant, the same each time."""
        known = self._of.get(id(thing))
        if known is None:
            known = hint if hint not in self.namespace else f"{hint}_{len(self.namespace)}"
            self._of[id(thing)] = known
            self.namespace[known] = thing
        return known

    def ufunc(self, name: str, method: str = "") -> str:
        """One of NumPy's elementwise functions, or its reduction."""
        made = getattr(np, name)
        return self.of(made, name) if not method else self._bound(made, name, method)

    def _bound(self, made: np.ufunc, name: str, method: str) -> str:
        known = f"{name}_{method}"
        self.namespace[known] = getattr(made, method)  # a new object each time it is asked for
        return known

    def function(self, op: Applied) -> str:
        """The forward of an op."""
        if isinstance(op.forward, np.ufunc):
            return self.of(op.forward, op.forward.__name__)
        return self.of(op.forward, op.name if op.name.isidentifier() else "forward")

    def literal(self, value: Any) -> str:
        """A number or another static argument: written out where its text is the whole of it."""
        if type(value) in (int, bool) or (type(value) is float and math.isfinite(value)):
            return repr(value) if value >= 0 else f"({value!r})"
        if isinstance(value, tuple) and all(type(part) is int for part in value):
            return repr(value)
        if isinstance(value, np.dtype) and value.isbuiltin == 1:
            return self.of(value, value.name)
        if isinstance(value, np.generic):
            return self._number(value)
        return self.of(value, "static")

    def _number(self, value: Any) -> str:
        name = f"n{''.join(c if c.isalnum() else '_' for c in str(value))}_{value.dtype.char}"
        if repr(self.namespace.get(name, value)) != repr(value):
            return self.of(value, "number")
        self.namespace[name] = value
        return name


Writes = Callable[[Step, Sequence[str], "str | None", Names], str]


def spelled(step: Step, args: Sequence[str], out: str | None, names: Names) -> str:
    """The right-hand side, or with ``out`` the call that writes there. Ask :func:`takes_out` first."""
    form = _form(step)
    if form is not None:
        return form(step, args, out, names)
    if out is None and isinstance(step.op, Inner) and step.op.writes and step.output.shape:
        return f"{names.function(step.op)}({', '.join(args)}, None)"
    if step.output.number and all(map(_numpy_number, step.inputs)) and step.op.name in _INFIX:
        return f"{args[0]} {_INFIX[step.op.name]} {args[1]}"
    function = names.function(step.op)
    if out is not None:
        return f"{function}({', '.join(args)}, {'out=' if step.op.forward in _KEYWORD_ONLY else ''}{out})"
    if not step.params:
        return f"{function}({', '.join(args)})"
    return f"{function}({', '.join(args)}, {_keywords(step.params, names)})"


def takes_out(step: Step) -> bool:
    """Whether the result can be written to memory that is there already."""
    if step.output.number:
        return False
    form = _form(step)
    if form is not None:
        return step.op.name not in VIEWS
    return (isinstance(step.op.forward, np.ufunc) or _writes(step)) and not step.params


def elementwise(step: Step) -> bool:
    """Whether the result may be written over an operand."""
    forward = step.op.forward
    plain = isinstance(forward, np.ufunc) and forward.signature is None
    return takes_out(step) and _form(step) is None and (plain or (_writes(step) and step.op.kind is Kind.POINTWISE))


def _writes(step: Step) -> bool:
    return isinstance(step.op, Inner) and step.op.writes


def _form(step: Step) -> Writes | None:
    return FORMS.get(step.op.name) if step.op is REGISTRY.get(step.op.name) else None


def _numpy_number(operand: Operand) -> bool:
    return operand.number if isinstance(operand, Value) else isinstance(operand.value, (int, float, np.generic))


def _keywords(params: Mapping[str, Any], names: Names) -> str:
    return ", ".join(f"{key}={names.literal(value)}" for key, value in params.items())


# ---------------------------------------------------------------------------- forms


def _reduction(function: str) -> Writes:
    def write(step: Step, args: Sequence[str], out: str | None, names: Names) -> str:
        (operand,), axis = step.inputs, tuple(step.params["axis"])
        reduce = names.ufunc(function, "reduce")
        kept = step.params["keepdims"]
        axes = "None" if axis == tuple(range(len(operand.shape))) else repr(axis if len(axis) != 1 else axis[0])
        if out is None and not kept:
            return f"{reduce}({args[0]}, {axes})"
        return f"{reduce}({args[0]}, {axes}, None, {out}, {kept})"

    return write


def _transpose(step: Step, args: Sequence[str], out: str | None, names: Names) -> str:
    axes = tuple(step.params["axes"])
    return f"{args[0]}.T" if axes == tuple(reversed(range(len(axes)))) else f"{args[0]}.transpose({axes})"


def _reshape(step: Step, args: Sequence[str], out: str | None, names: Names) -> str:
    return f"{args[0]}.reshape({tuple(step.output.shape)})"


def key_text(key: tuple[Any, ...]) -> str:
    """A basic index as it is written in brackets."""

    def part(entry: Any) -> str:
        if not isinstance(entry, slice):
            return repr(entry)
        start, stop, step = ("" if x is None else str(x) for x in (entry.start, entry.stop, entry.step))
        return f"{start}:{stop}" if step == "1" else f"{start}:{stop}:{step}"

    parts = [part(entry) for entry in key]
    return ", ".join(parts) if len(parts) != 1 else parts[0]


def _getitem(step: Step, args: Sequence[str], out: str | None, names: Names) -> str:
    key = native(step.params["key"])
    return f"{args[0]}[{key_text(key)}]" if key else f"{args[0]}[()]"


def _matmul(step: Step, args: Sequence[str], out: str | None, names: Names) -> str:
    matmul = names.of(np.matmul, "matmul")
    return f"{matmul}({args[0]}, {args[1]}{f', {out}' if out else ''})"


def _take(step: Step, args: Sequence[str], out: str | None, names: Names) -> str:
    places, axis = names.of(step.params["positions"].array, "places"), step.params["axis"]
    # The positions are within range: clipping only spares NumPy a buffer for the result.
    return f"{args[0]}.take({places}, {axis}{f', {out}' if out else ', None'}, 'clip')"


def _concatenate(step: Step, args: Sequence[str], out: str | None, names: Names) -> str:
    join = names.of(np.concatenate, "concatenate")
    return f"{join}(({', '.join(args)},), {step.params['axis']}{f', {out}' if out else ''})"


def _relu(step: Step, args: Sequence[str], out: str | None, names: Names) -> str:
    maximum = names.of(np.maximum, "maximum")
    return f"{maximum}({args[0]}, 0{f', out={out}' if out else ''})"


VIEWS = frozenset({"transpose", "reshape", "getitem"})
FORMS: dict[str, Writes] = {
    "sum": _reduction("add"),
    "max": _reduction("maximum"),
    "min": _reduction("minimum"),
    "transpose": _transpose,
    "reshape": _reshape,
    "getitem": _getitem,
    "matmul": _matmul,
    "take": _take,
    "concatenate": _concatenate,
    "relu": _relu,
}
