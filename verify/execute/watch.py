"""Whether the library that judges is still the one that was loaded: a case that changes it gets no verdict from it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, compress
from operator import attrgetter, is_
from types import FunctionType
from typing import Any

OWN = ("dualgrad", "verify")
TOOLS = ("numpy", "numpy.linalg", "flint", "math", "json")  # their public names alone
_FIXED = (bool, int, float, str, bytes, frozenset, type(None))

_CODE, _DEFAULTS = attrgetter("__code__"), attrgetter("__defaults__")

Changed = Callable[[], tuple[str, ...]]


def remember() -> Changed:
    """Take note of every function, class and constant of the library; what is returned names those that changed.

    What comes in addition is no change: modules that are loaded later, ops that a case declares.

    >>> import verify.question.structure
    >>> changed = remember()
    >>> before, verify.question.structure.numbered = verify.question.structure.numbered, str
    >>> changed()
    ('verify.question.structure.numbered',)
    >>> verify.question.structure.numbered = before
    >>> changed()
    ()
    """
    spaces, bodies = [], dict[FunctionType, str]()
    for module, space in list(_spaces()):
        held = {name: value for name, value in space.items() if _counts(name, value)}
        spaces.append((module, space, [name in held for name in space], held))
        if module.partition(".")[0] in OWN:
            found = chain.from_iterable(map(_functions, held.values()))
            bodies.update((each, f"{each.__module__}.{each.__qualname__}") for each in found)
    functions = tuple(bodies)
    kept = [(part, tuple(map(part, functions))) for part in (_CODE, _DEFAULTS)]
    views, lengths = [space.values() for _, space, _, _ in spaces], [len(space) for _, space, _, _ in spaces]
    places = tuple(chain.from_iterable(places for _, _, places, _ in spaces))
    values = tuple(chain.from_iterable(held.values() for _, _, _, held in spaces))

    def in_place() -> bool:  # which it is nearly always, and quicker than to look up every name
        there = compress(chain.from_iterable(views), places)
        return list(map(len, views)) == lengths and all(map(is_, there, values))

    def changed() -> tuple[str, ...]:
        found = [
            f"{module}.{name}"
            for module, space, places, held in (() if in_place() else spaces)
            if not _in_place(space, places, held)
            for name, value in held.items()
            if space.get(name) is not value
        ]
        for part, before in kept:
            if not all(map(is_, map(part, functions), before)):
                pairs = zip(functions, map(part, functions), before, strict=True)
                found += [bodies[function] for function, now, then in pairs if now is not then]
        return tuple(dict.fromkeys(found))

    return changed


def _in_place(space: Mapping[str, Any], places: Sequence[bool], held: Mapping[str, Any]) -> bool:
    """Whether what is held stands where it stood, in order."""
    return len(space) >= len(places) and all(map(is_, compress(space.values(), places), held.values()))


def _counts(name: str, value: Any) -> bool:
    """Whether a name is one that code looks up: no counter, and none of Python's own books."""
    if name.startswith("__"):
        return callable(value)
    return name.isupper() or not isinstance(value, _FIXED)


def _spaces() -> Iterator[tuple[str, Any]]:
    """The names of every module, and of every class that one defines."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in OWN and name not in TOOLS:
            continue
        space = getattr(module, "__dict__", {})  # what stands in sys.modules need not be a module
        yield name, space
        if name.partition(".")[0] in OWN:
            for value in list(space.values()):
                if issubclass(type(value), type) and value.__module__ == name:  # isinstance would ask the value
                    yield f"{name}.{value.__qualname__}", value.__dict__


def _functions(value: Any) -> Iterator[FunctionType]:
    """The function that a name stands for, also behind a decorator of the standard library."""
    with suppress(RuntimeError):  # of what refuses to be asked anything
        value = (
            getattr(value, "__func__", None) or getattr(value, "fget", None) or getattr(value, "func", None) or value
        )
        value = getattr(value, "__wrapped__", value)
    if type(value) is FunctionType:
        yield value
