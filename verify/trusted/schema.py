"""What a certificate looks like, key by key: strict JSON, and exactly these keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from verify.trusted.terms import Refused, need

MAX_BYTES = 4_000_000

OPEN = {"real", "positive", "nonnegative", "nonzero", "unit", "invertible"}  # facts that leave an open set
THIN = {"binary", "sign", "simplex", "onehot", "symmetric", "spd", "predicate"}  # facts that hold on a null set


def _symmetric(shape: list[int], numbers: list[float]) -> bool:
    n = shape[0]
    return shape == [n, n] and all(numbers[i * n + j] == numbers[j * n + i] for i in range(n) for j in range(i))


HOLDS: dict[str, Callable[[list[int], list[float]], bool]] = {  # what a fact says of values, as far as it is looked at
    **dict.fromkeys(("real", "invertible", "predicate"), lambda shape, numbers: True),
    **dict.fromkeys(("positive", "simplex"), lambda shape, numbers: min(numbers, default=1) > 0),
    "nonnegative": lambda shape, numbers: min(numbers, default=0) >= 0,
    "nonzero": lambda shape, numbers: all(numbers),
    "unit": lambda shape, numbers: all(0 < x < 1 for x in numbers),
    **dict.fromkeys(("binary", "onehot"), lambda shape, numbers: set(numbers) <= {0, 1}),
    "sign": lambda shape, numbers: set(numbers) <= {1, -1},
    **dict.fromkeys(("symmetric", "spd"), _symmetric),
}
NAMED = {"name": str, "shape": [object], "dtype": str}
EQUATION = {"name": str, "op": str, "operands": [object], "params": {str: object}, "shape": [object], "line": str}
PROGRAM = {"name": str, "equations": [EQUATION], "outputs": [object]}
SCHEMA = {
    "format": str,
    "claim": {"wrt": [str], "kind": str, "text": str},
    "dimensions": [{"name": str, "least": int}],
    "merges": {str: object},
    "size_conditions": [{"size": object, "least": int, "why": str}],
    "leaks": [str],
    "inputs": [NAMED | {"facts": [str]}],
    "captured": [NAMED | {"sha256": str, "values": [str]}],
    "meanings": {str: object},
    "F": PROGRAM,
    "G": PROGRAM,
    "reading": str,
    "assumptions": [str],
    "conditions": [{"at": str, "operand": int, "is": str}],
    "kinks": [str],
    "witnesses": [{str: {"shape": [int], "values": [str]}}],
    "versions": {str: str},
    "hints": {str: object},
    "trusted": int,
}
CHAIN = {"adjoints": {str: [object]}, "ties": {str: str}}


def shaped(value: Any, schema: Any, where: str) -> None:
    """Refuse a value that is not exactly of this shape."""
    if isinstance(schema, list):
        if type(value) is not list:
            raise Refused(f"{where}: expected a list")
        for item in value:
            shaped(item, schema[0], where)
    elif isinstance(schema, dict):
        if type(value) is not dict or not (str in schema or value.keys() == schema.keys()):
            raise Refused(f"{where}: expected the keys {', '.join(map(str, schema))}")
        for key, item in value.items():
            shaped(item, schema.get(str) or schema[key], f"{where}.{key}")
    elif schema is not object and type(value) is not schema:
        raise Refused(f"{where}: expected {schema.__name__}")


def parse(text: str) -> Any:
    """Strict JSON: no floats, no NaN, no repeated keys, no oversize."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        need(len(dict(pairs)) == len(pairs), "a key is repeated")
        return dict(pairs)

    def refuse(number: str) -> Any:
        raise Refused(f"{number} is not a whole number")

    need(len(text) <= MAX_BYTES, "too large")
    return json.loads(text, object_pairs_hook=unique, parse_constant=refuse, parse_float=refuse)
