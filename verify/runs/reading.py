"""One setting read from TOML, from text or from a flag, by the type and the limits of its field."""

from __future__ import annotations

import types
from collections.abc import Iterable
from dataclasses import Field, fields
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


class Wrong(ValueError):
    """A value that does not fit its setting; the message says what was got and what is expected."""


def read_value(kind: Any, name: str, value: Any) -> Any:
    """Return a typed value as the field ``name`` of the dataclass ``kind`` holds it, or raise :class:`Wrong`."""
    hint, about = _hints(kind)[name], _field(kind, name)
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise Wrong(f"got {value!r}; expected a list of texts, as [{_example(about)}].")
        return tuple(_chosen(each, about) for each in value)
    for one in _choices(hint):
        if value == one:
            return one
    plain = _plain(hint)
    if plain is float and type(value) is int:
        value = float(value)
    if type(value) is not plain:
        raise Wrong(f"got {value!r}; expected {_words(hint)}.")
    least = about.metadata.get("least")
    if least is not None and not (value >= least and value != float("inf")):
        raise Wrong(f"got {value!r}; expected {_words(hint)}, at least {least:g}.")
    return _chosen(value, about)


def read_text(kind: Any, name: str, text: str) -> Any:
    """Return the value that a text stands for: lists with commas, truth as 1 or 0."""
    hint = _hints(kind)[name]
    if get_origin(hint) is tuple:
        return read_value(kind, name, [part.strip() for part in text.split(",") if part.strip()])
    plain = _plain(hint)
    if text in _choices(hint) or plain is str:
        return read_value(kind, name, text)
    if plain is bool:
        truths = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
        if text.lower() not in truths:
            raise Wrong(f"got {text!r}; expected 1 or 0.")
        return truths[text.lower()]
    try:
        number = plain(text)
    except ValueError as error:
        raise Wrong(f"got {text!r}; expected {_words(hint)}.") from error
    return read_value(kind, name, number)


def meant(name: str, known: Iterable[str]) -> str:
    """A question after the nearest known name, where one is near.

    >>> meant("seeed", ["seed", "jobs"]), meant("x", ["seed"])
    (" Did you mean 'seed'?", '')
    """
    nearest = get_close_matches(name, list(known), 1, 0.5)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""


def _chosen(value: Any, about: Field[Any]) -> Any:
    choices = about.metadata.get("choices", ())
    if choices and value not in choices:
        raise Wrong(f"got {value!r}; expected one of {', '.join(choices)}.{meant(str(value), choices)}")
    return value


def _example(about: Field[Any]) -> str:
    return ", ".join(f'"{each}"' for each in about.metadata.get("choices", ())[:2] or ("…",))


def _plain(hint: Any) -> Any:
    if _is_union(hint):
        return next(part for part in get_args(hint) if get_origin(part) is not Literal)
    return hint


def _choices(hint: Any) -> tuple[Any, ...]:
    parts = get_args(hint) if _is_union(hint) else ()
    return tuple(choice for part in parts if get_origin(part) is Literal for choice in get_args(part))


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, types.UnionType)


def _words(hint: Any) -> str:
    words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    return " or ".join([words[_plain(hint)], *(f'"{choice}"' for choice in _choices(hint))])


def _field(kind: Any, name: str) -> Field[Any]:
    return next(each for each in fields(kind) if each.name == name)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
