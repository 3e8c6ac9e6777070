"""Is what a certificate says true? Decided without the checker: by running its programs and the engine's gradient.

A certificate says: at every point of the domain that it lists, off the kinks that it lists, G is the derivative of F.
This is tried at random points, at sizes that it claims. It may miss a claim that is false, and then a check that
accepts it is counted as right; so literals are changed by much more here than in the certificate that is checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import dualgrad
from dualgrad.op import REGISTRY, bind
from verify.trusted.pointwise import STEPS, conditions

Json = dict[str, Any]
TOLERANCE = 1e-7
POINTS = 4


def untrue(certificate: Json) -> str:
    """What is wrong with the claim; "" where nothing is seen to be wrong."""
    try:
        return _unlisted(certificate) or _ill_formed(certificate) or _refuted(certificate)
    except Exception as error:  # programs that cannot run say nothing that is true
        return f"it does not run: {type(error).__name__}: {error}"


def _equations(certificate: Json) -> list[Json]:
    return [*certificate["F"]["equations"], *certificate["G"]["equations"]]


def _ill_formed(certificate: Json) -> str:
    names = [item["name"] for item in [*certificate["inputs"], *certificate["captured"], *_equations(certificate)]]
    if len(set(names)) < len(names):
        return "a name is defined twice"
    floats = {item["name"] for item in certificate["inputs"] if item["dtype"] in ("float64", "float32")}
    wrt = certificate["claim"]["wrt"]
    if not wrt or not set(wrt) <= floats or len(wrt) != len(certificate["G"]["outputs"]):
        return "the gradient is not one in inputs of floats"
    kind, outputs = certificate["claim"]["kind"], certificate["F"]["outputs"]
    shapes = {equation["name"]: equation["shape"] for equation in certificate["F"]["equations"]}
    number = kind == "jac" and len(outputs) == 1 and shapes.get(outputs[0]) == []  # its Jacobian is its gradient
    if kind != "grad" and not number:
        return "a claim of another kind"
    if any(item["least"] < 1 for item in certificate["dimensions"]):
        return "sizes that programs need not be defined for"
    return ""


def _unlisted(certificate: Json) -> str:
    """A condition or a kink that the format wants listed, and is not; or a number that is not the one it has to be."""
    listed = {(c["at"], c["operand"], c["is"]) for c in certificate["conditions"]}
    for equation in _equations(certificate):
        params = {key: _number(value) for key, value in equation["params"].items()}
        for wanted in conditions(equation["op"], params):
            if (equation["name"], *wanted) not in listed:
                return f"the condition {wanted} of {equation['name']} is not listed"
        if equation["op"] in STEPS and equation["name"] not in certificate["kinks"]:
            return f"the kinks of {equation['name']} are not listed"
    if certificate["trusted"] != len({equation["op"] for equation in _equations(certificate)}) + 1:
        return "another number of trusted steps"
    known = {"exact": True, "decimal": certificate["assumptions"], "named": certificate["assumptions"]}
    return "" if known.get(certificate["reading"]) else "a reading of literals that is not assumed"


def _number(value: Any) -> Any:
    return _operand({}, value, {}, {}) if isinstance(value, dict) and "size" not in value else value


def _refuted(certificate: Json) -> str:
    seen = 0
    for first in (2, 3):
        sizes = {item["name"]: item["least"] + first + k for k, item in enumerate(certificate["dimensions"])}
        if any(_size(certificate, c["size"], sizes) < c["least"] for c in certificate["size_conditions"]):
            sizes = {name: 9 - size for name, size in sizes.items()}  # the other way round
        if any(_size(certificate, c["size"], sizes) < c["least"] for c in certificate["size_conditions"]):
            continue
        for at in _points(certificate, sizes):
            wrong = _wrong_at(certificate, at, sizes)
            if wrong:
                return wrong
            seen += wrong is not None
    return "" if seen else "it holds at no point that was tried"


def _points(certificate: Json, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng(5)
    captured = {item["name"]: _values(item) for item in certificate["captured"]}
    for number in range(POINTS):
        at = dict(captured)
        for item in certificate["inputs"]:
            shape = tuple(_size(certificate, extent, sizes) for extent in item["shape"])
            values = rng.uniform(-1.7, 1.9, shape) if number % 2 else rng.uniform(0.2, 2.0, shape)
            facts = set(item["facts"])
            if facts & {"symmetric", "spd"}:
                values = values @ values.T + np.eye(len(values)) if "spd" in facts else values + values.T
            at[item["name"]] = abs(values) + 0.1 if facts & {"positive", "nonnegative"} else values
        yield at


def _values(item: Json) -> Any:
    numbers = [float.fromhex(text) for text in item["values"]]
    array = np.array(numbers or np.arange(np.prod(item["shape"])) / 7, dtype=item["dtype"])
    return array.reshape(item["shape"])


def _wrong_at(certificate: Json, at: Mapping[str, Any], sizes: Mapping[str, int]) -> str | None:
    """What is wrong at a point; None where the point is not in the domain."""
    wrt = certificate["claim"]["wrt"]
    tensors = {name: dualgrad.tensor(at[name], requires_grad=True) for name in wrt}
    with np.errstate(all="ignore"):
        values = _run(certificate, {**at, **tensors}, sizes, "F")
        outputs = [values[name] for name in certificate["F"]["outputs"]]
        plain = _run(certificate, at, sizes, "FG")
        if not _inside(certificate, plain, sizes):
            return None
        total = sum((np.sum(output) for output in outputs), start=dualgrad.tensor(0.0))
        total.backward()
    for name, output in zip(wrt, certificate["G"]["outputs"], strict=True):
        given, grad = _operand(certificate, output, plain, sizes), tensors[name].grad
        true = np.zeros_like(at[name]) if grad is None else np.asarray(grad)
        if np.shape(given) != true.shape:
            return f"the gradient in {name} has another shape"
        if not np.all(np.isfinite(true)) or not np.allclose(given, true, rtol=TOLERANCE, atol=TOLERANCE):
            return f"the gradient in {name} is another one"
    return ""


_TESTS = {
    "> 0": lambda v: v > 0, "!= 0": lambda v: v != 0, "> -1": lambda v: v > -1, "> 1": lambda v: v > 1,
    "in (-1, 1)": lambda v: abs(v) < 1, "in (0, 1)": lambda v: (v > 0) & (v < 1),
    "in (0, 2)": lambda v: (v > 0) & (v < 2), "cos != 0": lambda v: np.cos(v) != 0,
    "invertible": lambda v: abs(np.linalg.det(v)) > 1e-6,
}  # fmt: skip


def _inside(certificate: Json, values: Mapping[str, Any], sizes: Mapping[str, int]) -> bool:
    """Whether a point is in the listed domain, as far as can be told."""
    lines = {equation["name"]: equation for equation in _equations(certificate)}
    for c in certificate["conditions"]:
        equation, test = lines.get(c["at"]), _TESTS.get(c["is"])
        if equation is None or test is None or not -1 <= c["operand"] < len(equation["operands"]):
            continue
        operand = equation["name"] if c["operand"] == -1 else equation["operands"][c["operand"]]
        if not np.all(test(np.asarray(_operand(certificate, operand, values, sizes), dtype=float))):
            return False
    return True


# ---------------------------------------------------------------------------- running


def _run(certificate: Json, at: Mapping[str, Any], sizes: Mapping[str, int], programs: str) -> dict[str, Any]:
    values = dict(at)
    for program in programs:
        for equation in certificate[program]["equations"]:
            operands = [_operand(certificate, operand, values, sizes) for operand in equation["operands"]]
            params = {key: _param(certificate, value, sizes) for key, value in equation["params"].items()}
            made = bind(REGISTRY[equation["op"]], operands, params)
            shape = tuple(_size(certificate, extent, sizes) for extent in equation["shape"])
            if tuple(np.shape(made)) != shape:
                raise ValueError(f"{equation['name']} has the shape {np.shape(made)}, not {shape}")
            values[equation["name"]] = made
    return values


def _operand(certificate: Json, operand: Any, values: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    if isinstance(operand, str):
        return values[operand]
    ((kind, value),) = operand.items()
    if kind == "size":
        return _size(certificate, value, sizes)
    return int(value) if kind == "int" else float.fromhex(value) if kind == "float" else value


def _param(certificate: Json, value: Any, sizes: Mapping[str, int]) -> Any:
    if isinstance(value, dict):
        return _operand(certificate, value, {}, sizes)
    return tuple(_param(certificate, part, sizes) for part in value) if isinstance(value, list) else value


def _size(certificate: Json, value: Any, sizes: Mapping[str, int]) -> int:
    if isinstance(value, int):
        return value
    known = {**certificate["merges"], **sizes}
    numbers = {name: _size(certificate, known[name], sizes) for _, names in value for name in names}
    return sum(factor * int(np.prod([numbers[name] for name in names])) for factor, names in value)
