"""JSON Schemas of the settings and of a run, made from the dataclasses that hold them.

``python -m verify.runs.schema`` writes them into ``verify/schemas/``, where they are committed; a test compares.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from verify.runs.settings import STRICT, Override, Settings, public
from verify.runs.suite import OUTCOMES, SCHEMA, Entry, Run
from verify.verdict import Formula, Result

FOLDER = Path(__file__).parents[1] / "schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}
# What a record has beside the fields of its class, and which of those it leaves out.
_SHOWN: Mapping[str, Any] = {
    "expression": {"type": "string"},
    "latex": {"type": "array", "items": {"type": "string"}},
    "matrix": {"type": "array", "items": {"type": "string"}},
    "expression_is_proved": {"type": "boolean"},
}
_MORE: Mapping[type, Mapping[str, Any]] = {Formula: _SHOWN, Result: {"ok": {"type": "boolean"}}}
_LEFT_OUT = frozenset({"explain", "written"})

Json = dict[str, Any]


def settings_schema() -> Json:
    """The schema of the table ``[tool.verify]``."""
    found = _object(Settings, lambda kind: _object(Override, _of, _setting), _setting)
    found["properties"]["override"]["items"]["required"] = ["match", "ignore", "reason"]
    loosening = [
        *({"properties": {name: {"minItems": 1}}, "required": [name]} for name in ("ignore", "select")),
        {"properties": {"exit-zero": {"const": True}}, "required": ["exit-zero"]},
        {
            "required": ["fail-on"],
            "not": {"properties": {"fail-on": {"allOf": [{"contains": {"const": x}} for x in STRICT]}}},
        },
    ]
    found["if"] = {"anyOf": loosening}
    found["then"] = {"required": ["reason"], "properties": {"reason": {"minLength": 1}}}
    return {
        "$schema": _DIALECT,
        "title": "[tool.verify]",
        "description": "Settings of verify in pyproject.toml.",
        **found,
    }


def run_schema() -> Any:
    """The schema of a run: of its document, and as ``$defs`` of the lines of JSON Lines, the head and the entries."""
    known: dict[str, Json] = {}

    def reference(kind: Any) -> Json:
        if kind.__name__ not in known:
            known[kind.__name__] = {}
            known[kind.__name__] = _object(kind, reference, _record)
        return {"$ref": f"#/$defs/{kind.__name__}"}

    entry = reference(Entry)
    known["Entry"]["properties"]["outcome"] = {"enum": list(OUTCOMES)}
    head = _object(Run, reference, _record)
    del head["properties"]["entries"]
    head["properties"]["schema"] = {"const": SCHEMA}
    document = {**head, "properties": {**head["properties"], "entries": {"type": "array", "items": entry}}}
    document["required"] = ["schema", "entries"]
    head = {**head, "properties": {**head["properties"], "cases": {"type": "integer", "minimum": 0}}}
    head["required"] = ["schema", "cases"]
    defined = {"Head": head, **dict(sorted(known.items()))}
    return _with_texts({"$schema": _DIALECT, "title": "a run of verify", **document, "$defs": defined})


def _with_texts(schema: Any) -> Any:
    """The schema with infinity and NaN allowed as numbers: JSON has none, so records hold them as texts."""
    if isinstance(schema, list):
        return [_with_texts(part) for part in schema]
    if schema == {"type": "number"}:
        return {"anyOf": [schema, {"enum": ["inf", "-inf", "nan"]}]}
    return {name: _with_texts(part) for name, part in schema.items()} if isinstance(schema, dict) else schema


def schemas() -> dict[str, str]:
    """The text of each file, by its name."""
    made = {"settings.schema.json": settings_schema(), "run.schema.json": run_schema()}
    return {name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for name, schema in made.items()}


# ---------------------------------------------------------------------------- one class

Refer = Callable[[Any], Json]
About = Callable[[Field[Any], Json], tuple[str, Json]]


def _object(kind: Any, refer: Refer, about: About) -> Json:
    hints = get_type_hints(kind)
    kept = [each for each in fields(kind) if each.name not in _LEFT_OUT]
    named = [about(each, _of(hints[each.name], refer)) for each in kept]
    needed = [each.name for each in kept if each.default is MISSING and each.default_factory is MISSING]
    found = {"type": "object", "properties": {**dict(named), **_MORE.get(kind, {})}, "additionalProperties": False}
    return {**found, "required": needed} if needed else found


def _record(each: Field[Any], schema: Json) -> tuple[str, Json]:
    return each.name, schema


def _setting(each: Field[Any], schema: Json) -> tuple[str, Json]:
    about, choices = each.metadata, list(each.metadata["choices"])
    if choices and "items" in schema:
        schema = {**schema, "items": {"enum": choices}}
    elif choices:
        schema = {"enum": choices}
    if about["least"] is not None:
        parts = [
            {**part, "minimum": about["least"]} if part.get("type") in ("integer", "number") else part
            for part in schema.get("anyOf", [schema])
        ]
        schema = {"anyOf": parts} if len(parts) > 1 else parts[0]
    default = list(each.default) if isinstance(each.default, tuple) else each.default
    return public(each.name), {
        "description": about["help"],
        **schema,
        **({"default": default} if default not in ("", []) else {}),
    }


def _of(hint: Any, refer: Refer | None = None) -> Json:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        return {"type": "array", "items": _of(inner[0], refer)}
    if origin in (Union, UnionType):
        return {"anyOf": [_of(part, refer) for part in inner]}
    if origin is Literal:
        return {"enum": list(inner)}
    if hint is NoneType:
        return {"type": "null"}
    if is_dataclass(hint) and refer is not None:
        return refer(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [each.value for each in hint]}
    return {"type": _PLAIN[hint]} if hint in _PLAIN else _mapping(inner, refer)


def _mapping(inner: tuple[Any, ...], refer: Refer | None) -> Json:
    values = inner[1] if len(inner) == 2 and inner[1] is not Any else None
    return {"type": "object", **({} if values is None else {"additionalProperties": _of(values, refer)})}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in schemas().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
