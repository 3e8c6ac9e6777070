"""Declared cases: a TOML or JSON file that says what to check, and is never run as code."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.case import Case, keyed
from verify.declared.evaluate import function
from verify.declared.grammar import Refused, require_name
from verify.declared.limits import CASES, ELEMENTS, FILE_BYTES, RANK, TEXT

_GRADIENTS = ("grad", "jac", "hess")
_KEYS = frozenset({"name", "function", "arguments", "wrt", "domain", "sizes", *_GRADIENTS})
_DTYPES = frozenset("float16 float32 float64 complex64 complex128 int64 bool".split())
_DOMAINS = frozenset(
    "real positive nonnegative nonzero unit binary sign simplex onehot symmetric spd invertible".split()
)


def declared_cases(path: Path) -> tuple[Case, ...]:
    """Return the cases of a declaration file; :class:`Refused` names the case and what is wrong with it.

    A file holds a list ``case``; each has ``function``, an expression over its ``arguments``, and for the gradient
    under test one or more of ``grad``, ``jac`` and ``hess``; without any it is dualgrad's own. An argument is a
    number, nested lists, or a table ``{values = ..., dtype = "float32"}``. ``wrt``, ``domain`` and ``sizes`` are
    those of :func:`verify.check`.
    """
    text, record = _read(path)
    found = record.get("case")
    if not isinstance(found, list) or not found:
        raise Refused(f"{path}: expected a list of cases, [[case]] in TOML or {{'case': [...]}} in JSON")
    if len(found) > CASES:
        raise Refused(f"{path}: {len(found)} cases are more than {CASES}; split the file")
    starts = _starts(text, len(found))
    return keyed([_numbered(path, n, each, starts[n - 1 : n + 1]) for n, each in enumerate(found, 1)])


def _starts(text: str, count: int) -> list[int]:
    """The first line of every case and of what follows the last; all on line 1 where that cannot be told."""
    lines = text.splitlines()
    found = [number for number, line in enumerate(lines, 1) if line.replace(" ", "").startswith("[[case]]")]
    return [*found, len(lines) + 1] if len(found) == count else [1, 2] * count


def _read(path: Path) -> tuple[str, Mapping[str, Any]]:
    with path.open("rb") as stream:
        data = stream.read(FILE_BYTES + 1)
    if len(data) > FILE_BYTES:
        raise Refused(f"{path}: the file is larger than {FILE_BYTES} bytes; split it")
    try:
        text = data.decode("utf-8")
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path}: this is not {path.suffix[1:].upper()}: {str(error) or type(error).__name__}") from error
    if not isinstance(found, dict):
        raise Refused(f"{path}: expected an object, got {type(found).__name__}")
    return text, found


def _numbered(path: Path, number: int, record: Any, lines: Sequence[int]) -> Case:
    try:
        return replace(_case(path, number, record), line=lines[0], last_line=lines[1] - 1)
    except Refused as error:
        raise Refused(f"{path}: case {number}: {error}") from error


def _case(path: Path, number: int, record: Any) -> Case:
    given = _table(record, "the case")
    unknown = sorted(set(given) - _KEYS)
    if unknown:
        raise Refused(f"unknown key {unknown[0]!r}. Known are {', '.join(sorted(_KEYS))}")
    name = require_name(_text(given, "name", f"case_{number}"), "the name")
    arguments = {require_name(key, "the argument"): _array(key, value) for key, value in _arguments(given).items()}
    if sum(np.size(value) for value in arguments.values()) > ELEMENTS:
        raise Refused(f"the arguments have more than {ELEMENTS} elements together")
    names = tuple(arguments)
    options: dict[str, Any] = {kind: function(kind, names, _text(given, kind)) for kind in _GRADIENTS if kind in given}
    options |= _scope(given, names)
    f = function(name, names, _text(given, "function"))
    return Case(f, tuple(arguments.values()), options, module=path.stem, file=str(path))


def _scope(given: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "wrt" in given:
        wanted = given["wrt"] if isinstance(given["wrt"], list) else [given["wrt"]]
        if not wanted or not all(each in names for each in wanted):
            raise Refused(f"wrt: expected one or more of the arguments {', '.join(names)}, got {given['wrt']!r}")
        found["wrt"] = given["wrt"] if isinstance(given["wrt"], str) else tuple(wanted)
    if "domain" in given:
        domain = _table(given["domain"], "domain")
        for name, kind in domain.items():
            if name not in names or not (isinstance(kind, str) and kind in _DOMAINS):
                raise Refused(
                    f"domain: {name} = {kind!r}; expected an argument and one of {', '.join(sorted(_DOMAINS))}"
                )
        found["domain"] = dict(domain)
    if "sizes" in given:
        if given["sizes"] != "every":
            raise Refused(f"sizes: expected 'every', got {given['sizes']!r}")
        found["sizes"] = "every"
    return found


def _arguments(given: Mapping[str, Any]) -> Mapping[str, Any]:
    arguments = _table(given.get("arguments"), "arguments")
    if not arguments:
        raise Refused("arguments: expected one or more, as  arguments = { x = [1.0, 2.0] }")
    return arguments


def _array(name: str, value: Any) -> NDArray[Any]:
    dtype = None
    if isinstance(value, Mapping):
        dtype = value.get("dtype")
        if set(value) != {"values", "dtype"} or not (isinstance(dtype, str) and dtype in _DTYPES):
            raise Refused(f"the argument {name}: expected values and a dtype out of {', '.join(sorted(_DTYPES))}")
        value = value["values"]
    _require_numbers(name, value)
    try:
        found = np.array(value, dtype=dtype)
        return found if dtype is not None or found.dtype.kind == "b" else found.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise Refused(f"the argument {name}: {error}") from error


def _require_numbers(name: str, value: Any) -> None:
    level, rank, count = [value], 0, 0
    while level:
        lists = [each for each in level if isinstance(each, list)]
        wrong = next((each for each in level if not isinstance(each, (list, int, float))), None)
        if wrong is not None:
            raise Refused(f"the argument {name}: {wrong!r:.40} is not a number")
        rank, count = rank + bool(lists), count + len(level)
        if rank > RANK or count > ELEMENTS:
            raise Refused(f"the argument {name}: more than {RANK} axes or {ELEMENTS} elements")
        level = [each for inner in lists for each in inner]


def _table(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Refused(f"{what}: expected a table, got {type(value).__name__}")
    return value


def _text(given: Mapping[str, Any], key: str, default: str | None = None) -> str:
    found = given.get(key, default)
    if not isinstance(found, str) or len(found) > TEXT:
        raise Refused(f"{key}: expected text of at most {TEXT} characters, got {type(found).__name__}")
    return found
