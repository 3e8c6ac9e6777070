"""Certificates: a proved claim as JSON, self-contained, for a checker that shares nothing with the prover.

The writer copies the two recorded programs and states the claim: the sizes, the domain, the side conditions,
the kinks. Which ops have a side condition it looks up in the checker's table; it does not know what an op means or
how it is differentiated. ``verify/checker.py`` recomputes all of it.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from dualgrad._version import __version__
from dualgrad.frontends.dims import Extents
from dualgrad.op import Kind
from dualgrad.positions import Positions
from dualgrad.program import entry as e
from dualgrad.program.record import Equation, Literal, Operand, Program, SizeOf, Variable
from dualgrad.program.size import Extent, Size, dimensions, terms
from verify import checker
from verify.trusted import pointwise as table
from verify.trusted import written
from verify.trusted.arrays import MOST_POSITIONS
from verify.trusted.meanings import knows
from verify.trusted.schema import parse
from verify.trusted.terms import Refused

Json = dict[str, Any]
MOST_SPELLED = 64


def certify(
    forward: Program,
    gradient: Program,
    wrt: Sequence[str],
    kind: str,
    extents: Extents,
    *,
    facts: Mapping[str, Iterable[str]] | None = None,
    reading: str = "exact",
    assumptions: Sequence[str] = (),
    witnesses: Sequence[Mapping[str, np.ndarray[Any, Any]]] = (),
    sources: Mapping[str, str] | None = None,
    least: int = 1,
    spelled: bool = False,
    hints: Mapping[str, Any] | None = None,
) -> Json:
    """The certificate of "the outputs of ``gradient`` are the derivatives of ``forward`` in the inputs ``wrt``".

    ``extents`` is that of the trace on which both were recorded. ``facts`` says what is known of each input, in
    the words of ``verify.question.domain``; ``witnesses`` are points of the domain; ``sources`` are texts to hash;
    ``spelled`` gives the values of small captured arrays, for what does not hold for all values; ``hints`` are what the
    checker needs besides: under "chain" the adjoint of every variable, for the chain rule step by step.
    ValueError where a program followed a branch.
    """
    if forward.conditions or gradient.conditions:
        raise ValueError(
            "certificate: a program that followed a branch holds on that branch only; record it without values"
        )
    first = list(forward.equations)
    known = {id(equation) for equation in first}
    second = [equation for equation in gradient.equations if id(equation) not in known]
    both = first + second
    facts = facts or {}
    writer = _Writer(extents)
    return {
        "format": checker.FORMAT,
        "claim": {"wrt": list(wrt), "kind": kind, "text": _claimed(forward.name, gradient.name, wrt, kind)},
        "dimensions": [{"name": name, "least": least} for name in writer.dimensions(forward.inputs)],
        "merges": {name: writer.size(extent) for name, extent in extents.merged.items()},
        "size_conditions": [{"size": writer.size(size), "least": k, "why": "an op"} for size, k in extents.conditions],
        "leaks": [f"{leak.how} at {leak.line}" for leak in extents.leaks],
        "inputs": [writer.array(v) | {"facts": sorted(facts.get(v.name, ()))} for v in forward.inputs],
        "captured": [
            writer.array(v) | {"sha256": digest(a), "values": _values(a) if spelled else []}
            for v, a in {**forward.captured, **gradient.captured}.items()
        ],
        "meanings": {equation.output.name: tree for equation in both if (tree := written_out(equation)) is not None},
        "F": writer.program(forward, first),
        "G": writer.program(gradient, second),
        "reading": reading,
        "assumptions": list(assumptions),
        "conditions": [condition for equation in both for condition in conditions(equation)],
        "kinks": [equation.output.name for equation in both if _has_kinks(equation)],
        "witnesses": [{name: _point(array) for name, array in point.items()} for point in witnesses],
        "versions": {"dualgrad": __version__, "numpy": np.__version__, "python": platform.python_version()}
        | {f"sha256 of {name}": _hash(text) for name, text in (sources or {}).items()},
        "hints": dict(hints or {}),
        "trusted": len({equation.op.name for equation in both}) + 1,
    }


def unspeakable(programs: Iterable[Program]) -> str:
    """Why no checker accepts a certificate of these programs, as far as that is plain before one is written."""
    for equation in (equation for program in programs for equation in program.equations):
        for value in equation.params.values():
            if isinstance(value, Positions) and max(value.array.shape, default=0) > MOST_POSITIONS:
                return f"{equation.op.name} at {_short(equation.line)} takes more positions than a certificate names"
    return ""


def check_file(path: str | Path) -> tuple[bool, str]:
    """Re-check a certificate file: whether it is accepted, and one sentence that says so or why not."""
    try:
        certificate = parse(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, Refused) as error:
        return False, f"rejected: {path} is not a certificate: {error}"
    report = checker.check(certificate)
    if not report.accepted:
        return False, f"rejected: {report.reason}"
    return True, f"accepted: {_said(certificate)} ({report.trusted} trusted steps)"


def _said(data: Json) -> str:
    """What an accepted certificate says, from what the checker read: its own text may say anything."""
    claim, merges = data["claim"], data["merges"]
    limits = [
        *(f"{name} = {_size_text(size)}" for name, size in merges.items()),
        *(f"{item['name']} >= {item['least']}" for item in data["dimensions"] if item["name"] not in merges),
        *(f"{_size_text(item['size'])} >= {item['least']}" for item in data["size_conditions"]),
        *(f"{item['name']} {', '.join(item['facts'])}" for item in data["inputs"] if item["facts"]),
        *(f"{item['is']} at {item['at']}" for item in data["conditions"]),
        *([f"literals read as {data['reading']}"] if data["reading"] != "exact" else []),
        *([f"almost everywhere, with kinks at {', '.join(data['kinks'])}"] if data["kinks"] else []),
    ]
    said = _claimed(data["F"]["name"], data["G"]["name"], claim["wrt"], claim["kind"])
    return f"{said}{', for ' if limits else ''}{'; '.join(limits)}"


def _size_text(size: Any) -> str:
    """An extent in words: a number, or factors with the dimensions that they multiply."""
    if isinstance(size, int):
        return str(size)
    parts = [names if factor == 1 and names else (factor, *names) for factor, names in size]
    return " + ".join("·".join(map(str, part)) for part in parts)


def dumps(certificate: Json) -> str:
    """The text of a certificate file."""
    return json.dumps(certificate, indent=1, ensure_ascii=False) + "\n"


# ---------------------------------------------------------------------------- side conditions


def conditions(equation: Equation) -> list[Json]:
    """Where the op is defined and smooth, said of its operands; operand -1 is the result."""
    if written_out(equation) is not None:
        operand, what = written.DEFINED
        return [{"at": equation.output.name, "operand": operand, "is": what}]
    params = {key: Fraction(value) if isinstance(value, float) else value for key, value in equation.params.items()}
    found = table.conditions(equation.op.name, params)
    return [{"at": equation.output.name, "operand": operand, "is": what} for operand, what in found]


def _has_kinks(equation: Equation) -> bool:
    tree = written_out(equation)
    return equation.op.name in table.STEPS if tree is None else written.has_guards(tree)


def written_out(equation: Equation) -> list[Any] | None:
    """The meaning of an op that the checker's table has not, entry by entry; None for any other, and what it can not
    say."""
    if knows(equation.op.name) or equation.op.kind is not Kind.POINTWISE:
        return None
    try:
        return _tree(equation.meaning.body)
    except KeyError:
        return None


def _tree(node: e.Entry) -> list[Any]:
    match node:
        case e.Element(slot, _):
            return ["slot", slot]
        case e.Number(value):
            exact = value.denominator > 1 and Fraction(float(value)) == value
            return ["number", literal(float(value)) if exact else str(value)]
        case e.Plus(args):
            return ["plus", *map(_tree, args)]
        case e.Times(args):
            return ["times", *map(_tree, args)]
        case e.Power(base, exponent):
            return ["power", _tree(base), str(exponent)]
        case e.Kernel(name, args):
            return ["function", {name: name for name in written.FUNCTIONS}[name], *map(_tree, args)]
        case e.Guard(relation, inner):
            return ["guard", relation, _tree(inner)]
        case e.Select(condition, yes, no):
            return ["select", *map(_tree, (condition, yes, no))]
    raise KeyError(type(node).__name__)


# ---------------------------------------------------------------------------- writing


class _Writer:
    def __init__(self, extents: Extents) -> None:
        self.extents = extents

    def size(self, extent: Extent) -> int | list[Any]:
        if isinstance(extent, int):
            return extent
        return [[factor, [name for name, power in names for _ in range(power)]] for names, factor in terms(extent)]

    def dimensions(self, inputs: Iterable[Variable]) -> list[str]:
        found: dict[str, None] = {}
        for variable in inputs:
            for extent in variable.shape:
                found.update(dict.fromkeys(sorted(dimensions(self.extents.resolve(extent)))))
        return list(found)

    def array(self, variable: Variable) -> Json:
        return {"name": variable.name, "shape": [self.size(e) for e in variable.shape], "dtype": str(variable.dtype)}

    def program(self, program: Program, equations: Sequence[Equation]) -> Json:
        return {
            "name": program.name,
            "equations": [self.equation(equation) for equation in equations],
            "outputs": [self.operand(output) for output in program.outputs],
        }

    def equation(self, equation: Equation) -> Json:
        return {
            "name": equation.output.name,
            "op": equation.op.name,
            "operands": [self.operand(operand) for operand in equation.inputs],
            "params": {name: self.param(value) for name, value in equation.params.items()},
            "shape": [self.size(extent) for extent in equation.output.shape],
            "line": _short(equation.line),
        }

    def operand(self, operand: Operand) -> str | Json:
        match operand:
            case Variable():
                return operand.name
            case Literal(value):
                return literal(value)
            case SizeOf(extent):
                return {"size": self.size(extent)}

    def param(self, value: Any) -> Any:
        """A static argument as JSON: sizes and numbers are marked, so that nothing is guessed."""
        if isinstance(value, np.generic):
            value = value.item()
        match value:
            case None | bool() | str():
                return value
            case int():
                return value
            case float():
                return literal(value)
            case Size():
                return {"size": self.size(value)}
            case tuple() | list():
                return [self.param(part) for part in value]
            case np.dtype():
                return str(value)
            case Positions():
                return value.array.tolist()
        return {"unspelled": type(value).__name__}  # the checker refuses what it cannot read


def literal(value: int | float | bool) -> Json:
    """A number as it was written, exactly."""
    if isinstance(value, bool):
        return {"bool": value}
    return {"int": str(value)} if isinstance(value, int) else {"float": value.hex()}


def digest(array: np.ndarray[Any, Any]) -> str:
    """The SHA-256 of an array's elements in row-major order."""
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def _values(array: np.ndarray[Any, Any]) -> list[str]:
    """The elements in row-major order; none of large arrays."""
    return [float(value).hex() for value in array.ravel()] if array.size <= MOST_SPELLED else []


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _point(array: np.ndarray[Any, Any]) -> Json:
    return {"shape": list(np.shape(array)), "values": list(map(float.hex, np.ravel(array).astype(float).tolist()))}


def _short(line: str) -> str:
    return line.rpartition("/")[2]


def _claimed(forward: str, gradient: str, wrt: Sequence[str], kind: str) -> str:
    what = "the sum of the outputs" if kind == "grad" else "the output"
    return f"{gradient} is the derivative of {what} of {forward} in {', '.join(wrt)}"
