"""Results as plain JSON values and back, so that another process or an earlier run can hand one over."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from verify.question.kinds import WORDS
from verify.verdict import Curve, Expression, Formula, Result


def from_json(record: Mapping[str, Any]) -> Result:
    """Return the result that :meth:`Result.to_json` wrote; ``ValueError`` names the field that does not fit.

    What is made on request (a derivation not yet asked for, SymPy objects) was made or dropped when it was written.

    >>> from verify.verdict import Numbers, Verdict
    >>> result = Result(Verdict.PROVED, Formula(Verdict.PROVED, sizes="every n >= 1"), Numbers("ok"))
    >>> from_json(result.to_json()) == result
    True
    """
    found: Result = _read(Result, record, "result")
    return found


def _read(kind: Any, value: Any, where: str) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        return _record(kind, value, where)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(inner[0], entry, f"{where}[{number}]") for number, entry in enumerate(value))
    if origin in (Union, types.UnionType):
        return _either(inner, value, where)
    return _leaf(origin or kind, value, where)


def _either(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    (kind,) = (kind for kind in kinds if kind is not type(None) and get_origin(kind) is not Callable)
    return _read(kind, value, where)


def _leaf(kind: Any, value: Any, where: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
    if kind is float and type(value) in (int, str):  # JSON has no infinity and no NaN: they are written as text
        return _float(value, where)
    if not isinstance(value, kind):
        raise ValueError(f"{where}: expected {kind.__name__}, got {type(value).__name__}")
    return value


def _float(value: int | str, where: str) -> float:
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{where}: {error}") from error


def _record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: expected an object, got {type(value).__name__}")
    kinds = _kinds(kind)
    given = {name: _read(kinds[name], value[name], f"{where}.{name}") for name in kinds if name in value}
    if kind is Formula:
        given["written"] = _written(value)
    if kind is Result and given.get("kind", "grad") not in WORDS:
        raise ValueError(f"{where}.kind: {given['kind']!r:.60} is no kind of derivative")
    if kind is Result and not math.isfinite(given.get("seconds", 0.0)):
        raise ValueError(f"{where}.seconds: {given['seconds']}")
    if kind is Curve and any(len(line.x) != len(line.y) for line in given.get("series", ())):
        raise ValueError(f"{where}.series: expected as many numbers in y as in x")
    try:
        return kind(**given)
    except TypeError as error:
        raise ValueError(f"{where}: {error}") from error


def _written(value: Mapping[str, Any]) -> tuple[Expression, ...]:
    """The displayed formulas: written as lines of text and a list of LaTeX."""
    latex, matrix = value.get("latex", []), value.get("matrix")
    matrix = [""] * len(latex) if matrix is None and isinstance(latex, list) else matrix
    if not (isinstance(latex, list) and isinstance(matrix, list) and len(matrix) == len(latex)):
        raise ValueError("formula: expected latex and matrix as lists of one length")
    texts = str(value.get("expression", "")).split("\n")
    proved = value.get("expression_is_proved") is True
    if len(texts) != len(latex):  # an expression that itself spans lines
        texts = ["\n".join(texts), *[""] * (len(latex) - 1)] if latex else []
    return tuple(
        Expression(text, str(each), proved, matrix=str(notation))
        for text, each, notation in zip(texts, latex, matrix, strict=True)
    )


@cache
def _kinds(kind: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind) if each.name not in ("explain", "written")}
