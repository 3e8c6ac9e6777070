"""Noticing exceptions that a traced function catches.

C code may refuse a tracer without telling it (``np.frombuffer(x)``), and a ``try`` around it would send the recording
down another path than the user's arrays take. Whatever is caught in traced code therefore poisons the recording.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

ORDINARY = (StopIteration, GeneratorExit)  # how loops end


@contextmanager
def caught_exceptions(codes: Collection[types.CodeType], report: Callable[[str], None]) -> Iterator[None]:
    """Report every exception that passes through a frame of these code objects, while the block runs.

    The caller reports only where the block itself ends without an exception: then it was caught inside.
    ``codes`` may grow while the block runs.
    """
    before = sys.gettrace()
    seen: list[str] = []

    def local(frame: types.FrameType, event: str, argument: Any) -> Any:
        if event == "exception" and not issubclass(argument[0], ORDINARY):
            seen.append(f"{argument[0].__name__} at {frame.f_code.co_filename}:{frame.f_lineno}")
        return local

    def entering(frame: types.FrameType, event: str, argument: Any) -> Any:
        return local if frame.f_code in codes else None

    sys.settrace(entering)
    try:
        yield
    finally:
        sys.settrace(before)
    if seen:
        report(f"an exception was caught while being recorded ({seen[0]}); the arrays themselves may not raise it")
