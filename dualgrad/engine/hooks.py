"""What a user hangs on a place of the graph: hooks on its gradient, and the wish to keep it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

from dualgrad.shapes import extents

_keys = count()


class Watch:
    """The hooks of a node or leaf, in the order of registration, and the tensor that keeps the gradient."""

    __slots__ = ("hooks", "retained")

    def __init__(self) -> None:
        self.hooks: dict[int, Callable[[Any], Any]] = {}
        self.retained: weakref.ref[Any] | None = None

    def __call__(self, cotangent: Any, wrap: Callable[[Any], Any]) -> Any:
        """The cotangent after every hook had its say; a plain array comes back plain."""
        for hook in list(self.hooks.values()):
            given = wrap(cotangent)
            changed = hook(given)
            if changed is None:
                continue
            if not isinstance(changed, type(given)):
                raise TypeError(
                    f"expected Variable, but hook returned '{type(changed).__name__}'; return a tensor or None"
                )
            if extents(changed) != extents(cotangent):
                raise RuntimeError(
                    f"hook {getattr(hook, '__name__', hook)!r} has changed the size of value: "
                    f"from {extents(cotangent)} to {extents(changed)}"
                )
            cotangent = changed if isinstance(cotangent, type(given)) else changed.data
        return cotangent


def replaced(
    hooks: dict[object, Callable[..., Any]], pulled: list[Any], cotangent: Any, wrap: Callable[[Any], Any]
) -> list[Any]:
    """The cotangents of the operands of a node after its hooks had their say, which see that of its result too."""
    for hook in list(hooks.values()):
        changed = hook(tuple([None if x is None else wrap(x) for x in pulled]), (wrap(cotangent),))
        if changed is None:
            continue
        if not isinstance(changed, tuple) or len(changed) != len(pulled):
            raise RuntimeError(
                f"hook {getattr(hook, '__name__', hook)!r} has returned {changed!r}, expected None or a tuple of "
                f"{len(pulled)} gradients"
            )
        pulled = [
            new if new is None or old is None or hasattr(old, "_data") else new.data
            for new, old in zip(changed, pulled, strict=True)
        ]
    return pulled


class RemovableHandle:
    """What ``register_hook`` returns; ``remove()`` takes the hook off again."""

    def __init__(self, hooks: dict[Any, Callable[[Any], Any]], hook: Callable[[Any], Any]) -> None:
        self._hooks, self._key = hooks, next(_keys)
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook off; a second time does nothing."""
        self._hooks.pop(self._key, None)
