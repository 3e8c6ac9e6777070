"""Whether the library that judges is still the one that was loaded: a case that changes it gets no verdict from it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

OWN = ("dualgrad", "verify")
TOOLS = ("numpy", "numpy.linalg", "flint", "math", "json")  # their public names alone
_FIXED = (bool, int, float, str, bytes, frozenset, type(None))

Changed = Callable[[], tuple[str, ...]]


def remember() -> Changed:
    """Take note of every function, class and constant of the library; what is returned names those that changed.

    What comes in addition is no change: modules that are loaded later, ops that a case declares.

    >>> import verify.kinds
    >>> changed = remember()
    >>> before, verify.kinds.numbered = verify.kinds.numbered, str
    >>> changed()
    ('verify.kinds.numbered',)
    >>> verify.kinds.numbered = before
    >>> changed()
    ()
    """
    names, bodies = [], {}
    for module, space in list(_spaces()):
        for name, value in list(space.items()):
            if not isinstance(value, _FIXED) or name.isupper():
                names.append((space, name, value, module))
            if module.partition(".")[0] in OWN:
                for each in _functions(value):
                    bodies[each] = (each.__code__, each.__defaults__, f"{each.__module__}.{each.__qualname__}")

    def changed() -> tuple[str, ...]:
        found = [f"{module}.{name}" for space, name, value, module in names if space.get(name) is not value]
        found += [
            place
            for function, (code, defaults, place) in bodies.items()
            if function.__code__ is not code or function.__defaults__ is not defaults
        ]
        return tuple(dict.fromkeys(found))

    return changed


def _spaces() -> Iterator[tuple[str, Any]]:
    """The names of every module, and of every class that one defines."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in OWN and name not in TOOLS:
            continue
        space = getattr(module, "__dict__", {})  # what stands in sys.modules need not be a module
        yield name, space
        if name.partition(".")[0] in OWN:
            for value in list(space.values()):
                if isinstance(value, type) and value.__module__ == name:
                    yield f"{name}.{value.__qualname__}", value.__dict__


def _functions(value: Any) -> Iterator[FunctionType]:
    """The function that a name stands for, also behind a decorator of the standard library."""
    value = getattr(value, "__func__", None) or getattr(value, "fget", None) or getattr(value, "func", None) or value
    value = getattr(value, "__wrapped__", value)
    if isinstance(value, FunctionType):
        yield value
