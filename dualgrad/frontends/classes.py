"""Copies of a user's classes, and of instances made before the recording, whose methods are copies."""

from __future__ import annotations

import functools
import sys
import types
from abc import ABCMeta
from collections.abc import Callable
from typing import Any

from dualgrad.frontends.state import attributes

Translate = Callable[[Any], Any]
_OWN = ("__dict__", "__weakref__")  # made anew for every class
_BASES = (object, Exception)


def copyable(kind: Any, opaque: frozenset[str]) -> bool:
    """Whether a class is plain Python, written by a user."""
    package = (kind.__module__ or "").partition(".")[0]
    return (
        type(kind) in (type, ABCMeta)
        and package not in opaque
        and package not in sys.stdlib_module_names
        and all(base in _BASES or base.__module__ in ("abc", "typing") or _heap(base) for base in kind.__mro__)
    )


def _heap(kind: type) -> bool:
    package = kind.__module__.partition(".")[0]
    return package not in sys.stdlib_module_names and not issubclass(kind, (BaseException, tuple, dict, list, str))


def copy_class(kind: type, translate: Translate, known: Callable[[type], None]) -> type:
    """A class with copies of the methods. ``known`` is told of it before they are made: they refer to it."""
    slots = {name for name, entry in vars(kind).items() if isinstance(entry, types.MemberDescriptorType)}
    inside = {name: entry for name, entry in vars(kind).items() if name not in _OWN and name not in slots}
    copy = type(kind)(kind.__name__, tuple(map(translate, kind.__bases__)), inside)
    known(copy)
    for name, entry in inside.items():
        translated = _member(entry, translate)
        if translated is not entry:
            setattr(copy, name, translated)
    return copy


def _member(entry: Any, translate: Translate) -> Any:
    match entry:
        case staticmethod() | classmethod():
            return type(entry)(translate(entry.__func__))
        case property():
            get, put, remove = (part and translate(part) for part in (entry.fget, entry.fset, entry.fdel))
            return property(get, put, remove, entry.__doc__)
        case functools.cached_property():
            return _cached(entry, translate)
        case types.FunctionType() | list() | dict() | tuple() | set():
            return translate(entry)
    return entry


def _cached(entry: functools.cached_property[Any], translate: Translate) -> Any:
    copy = functools.cached_property(translate(entry.func))
    copy.attrname = entry.attrname
    return copy


def fill_instance(copy: Any, original: Any, translate: Translate) -> None:
    """Give a fresh instance what the original one holds."""
    for name, entry in attributes(original).items():
        object.__setattr__(copy, name, translate(entry))
