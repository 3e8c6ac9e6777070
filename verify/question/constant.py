"""What a function holds constant: values that it detaches from its arguments, or computes without recording.

The engine's gradient of such a function is that with these held constant, as was asked for. It is not the derivative
of the function, and where the two differ nothing is said against either.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import dualgrad as dg
from dualgrad.engine.modes import no_grad, set_grad_enabled
from verify.question.problem import Problem, Undecidable


def held_constant(problem: Problem) -> str:
    """What the engine's own gradient of a function held constant, and where, in words; empty where that is nothing."""
    if not problem.own:
        return ""
    with _watched() as found, suppress(Undecidable):
        problem.gradient(problem.arrays)
    if not found:
        return ""
    what, name = " and ".join(dict.fromkeys(found)), problem.name
    return (
        f"{name} holds constant what it {what}: the engine's gradient treats it as such, and is not the derivative of "
        f"{name}. To check a gradient of that kind, make what is held constant an argument of its own, outside of wrt"
    )


@contextmanager
def _watched() -> Iterator[list[str]]:
    """Notes detached values, and blocks without recording, that code outside of the engine asks for."""
    found: list[str] = []
    detach = dg.Tensor.detach

    def watching(tensor: Any) -> Any:
        if tensor.requires_grad:
            _note(found, "detaches")
        return detach(tensor)

    entered = {kind: kind.__enter__ for kind in (no_grad, set_grad_enabled)}

    def entering(kind: Any) -> Any:
        def enter(mode: Any) -> Any:
            if not mode.enabled:
                _note(found, "computes without recording")
            return entered[kind](mode)

        return enter

    replaced = [(dg.Tensor, "detach", detach), *((kind, "__enter__", original) for kind, original in entered.items())]
    dg.Tensor.detach = watching  # type: ignore[assignment, method-assign]
    for kind in entered:
        kind.__enter__ = entering(kind)  # type: ignore[method-assign]
    try:
        yield found
    finally:
        for owner, name, original in replaced:
            setattr(owner, name, original)


def _note(found: list[str], what: str) -> None:
    frame = sys._getframe(2)
    while frame.f_back is not None and _is_of(frame.f_globals, "dualgrad", "contextlib"):
        frame = frame.f_back
    if not _is_of(frame.f_globals, "verify"):
        code = frame.f_code
        found.append(f"{what} at {code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno}")


def _is_of(names: Any, *packages: str) -> bool:
    return str(names.get("__name__", "")).partition(".")[0] in packages
