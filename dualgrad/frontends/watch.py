"""Noticing what traced code does out of the copies' sight: exceptions it catches, and functions that ran uncopied.

C code may refuse a tracer without telling it (``np.frombuffer(x)``), and a ``try`` around it would send the recording
down another path than the user's arrays take. Whatever is caught in traced code therefore poisons the recording.
A function that was reached past the copies (through a container of another kind, a metaclass, C code) runs with its
own globals, where ``isinstance`` tells a tracer from an array: it poisons the recording, too.
"""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

ORDINARY = (StopIteration, GeneratorExit)  # how loops end
COPY_MARK = "__rewired__"  # a key of the globals of every copy: the code objects that have an ``except``
# Code of these packages does the same with a tracer as with an array, or tells the tracer.
TRUSTED = frozenset({"numpy", "dualgrad", "verify", "flint", "sympy"}) | sys.stdlib_module_names


def is_copy(frame: types.FrameType) -> bool:
    """Whether a frame runs a copy that traced code uses."""
    return COPY_MARK in frame.f_globals


@contextmanager
def watched_code(codes: Collection[types.CodeType], report: Callable[[str], Any]) -> Iterator[None]:
    """Report every exception that passes through a frame of these code objects, and every uncopied function.

    The caller reports only where the block itself ends without an exception: then it was caught inside.
    ``codes`` may grow while the block runs.
    """
    before = sys.gettrace()
    caught: list[str] = []
    uncopied: list[str] = []
    passed = {call.__code__ for call in gc.callbacks if isinstance(call, types.FunctionType)}  # not called by the code

    def local(frame: types.FrameType, event: str, argument: Any) -> Any:
        if event == "exception" and not issubclass(argument[0], ORDINARY):
            caught.append(f"{argument[0].__name__} at {_place(frame)}")
        return local

    def entering(frame: types.FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if code in passed:
            return None
        if is_copy(frame):
            return local if code in codes else None
        if _package(frame) in TRUSTED:
            passed.add(code)
        elif not _called_by_an_op(frame):
            uncopied.append(f"{code.co_name} at {_place(frame)}")
        return None

    sys.settrace(entering)
    try:
        yield
    finally:
        sys.settrace(before)
    if uncopied:
        report(f"the function {uncopied[0]} was reached in a way that cannot be followed; call it by its name")
    if caught:
        report(f"an exception was caught while being recorded ({caught[0]}); the arrays themselves may not raise it")


def _called_by_an_op(frame: types.FrameType) -> bool:
    """Whether a function runs for dualgrad (the rules and meanings of a user's op), not for traced code."""
    caller = frame.f_back
    while caller is not None and not is_copy(caller):
        if _package(caller) == "dualgrad":
            return True
        caller = caller.f_back
    return False


def _package(frame: types.FrameType) -> str:
    name = str(frame.f_globals.get("__name__", ""))
    return "collections" if name.startswith("namedtuple_") else name.partition(".")[0]


def _place(frame: types.FrameType) -> str:
    return f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"
