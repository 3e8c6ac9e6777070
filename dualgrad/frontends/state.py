"""State that outlives a call: containers, arrays and objects that a function reaches and might change.

A function that changes what it finds outside itself (a list it appends to, a counter in an array, an attribute) may
do something else when it is called again. What a recording reaches is remembered, and looked at again afterwards.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(eq=False)
class State:
    """What was reached, with a picture of it as it was."""

    seen: dict[int, tuple[Any, Any]] = field(default_factory=dict)  # id -> (the object, kept alive; its picture)

    def remember(self, value: Any) -> None:
        """Take a picture of a value that can change; others are passed over."""
        if id(value) not in self.seen:
            picture = _picture(value)
            if picture is not None:
                self.seen[id(value)] = (value, picture)

    def check(self, refuse: Callable[[str], Any]) -> None:
        """Refuse where something has changed since its picture was taken."""
        for value, before in self.seen.values():
            if not _same(_picture(value), before):
                refuse(f"{_kind(value)} that outlives the call was changed; a second call could differ: return it")


def attributes(value: Any) -> dict[str, Any]:
    """The attributes that an object holds itself, in its ``__dict__`` and its slots."""
    held = dict(getattr(value, "__dict__", {}))
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name not in ("__dict__", "__weakref__") and hasattr(value, name):
                held[name] = getattr(value, name)
    return held


def _picture(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            return tuple(value.flat)
        return (value.dtype.str, value.shape, value.tobytes())
    if isinstance(value, (bytearray, memoryview, array)):
        return bytes(value)
    if isinstance(value, ContextVar):
        return (value.get(None),)
    if isinstance(value, (list, deque)):
        return tuple(value)
    if isinstance(value, (set, frozenset)):
        return tuple(sorted(value, key=id))
    held = dict(value) if isinstance(value, dict) else {}
    held.update((("attribute", name), entry) for name, entry in _held(value).items())
    return held or ({} if isinstance(value, dict) or hasattr(value, "__dict__") else None)


def _held(value: Any) -> Mapping[Any, Any]:
    if isinstance(value, type):
        return {name: entry for name, entry in vars(value).items() if not name.startswith(("__", "_abc_"))}
    return attributes(value)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_identical(entry, b[key]) for key, entry in a.items())
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(_identical, a, b))
    return bool(a == b)


def _identical(a: Any, b: Any) -> bool:
    """The very same object, or an equal string, number or tuple of numbers that was computed anew."""
    return a is b or (type(a) is type(b) and isinstance(a, (str, bytes, int, float, tuple)) and a == b)


def _kind(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return "an array"
    return f"a {type(value).__name__}" if not isinstance(value, type) else f"the class {value.__name__}"
