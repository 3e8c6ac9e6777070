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
NEVER_COPIED = frozenset({"numpy", "dualgrad", "flint", "sympy"})
TRUSTED = NEVER_COPIED | {"verify"} | sys.stdlib_module_names


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
    watch = _Watch(codes)
    sys.settrace(watch.entering)
    try:
        yield
    finally:
        sys.settrace(before)
    if watch.uncopied:
        name = watch.uncopied[0]
        report(f"the function {name} was reached in a way that cannot be followed; call it by its name")
    if watch.caught:
        report(
            f"an exception was caught while being recorded ({watch.caught[0]}); the arrays themselves may not raise it"
        )


def unwatched(work: Callable[..., Any], *args: Any) -> Any:
    """Call what runs for dualgrad itself, from which no traced code is called: no function in it is looked at."""
    watching = sys.gettrace()
    if getattr(watching, "__func__", None) is not _Watch.entering:
        return work(*args)
    sys.settrace(None)
    try:
        return work(*args)
    finally:
        sys.settrace(watching)


_never_copied: dict[int, types.CodeType] = {}  # code that was met, by its id: its hash would be that of all it holds


class _Watch:
    """What is seen of the frames that are entered."""

    def __init__(self, codes: Collection[types.CodeType]) -> None:
        self.codes = codes
        self.caught: list[str] = []
        self.uncopied: list[str] = []
        callbacks = [call.__code__ for call in gc.callbacks if isinstance(call, types.FunctionType)]
        self.passed = {id(code): code for code in callbacks}  # not called by the code

    def entering(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        """Trace copies that handle exceptions, and note what is no copy and should be one."""
        code = frame.f_code
        if COPY_MARK in frame.f_globals:
            return self.local if code in self.codes else None
        if id(code) in _never_copied or id(code) in self.passed:
            return None
        package = _package(frame)
        if package in NEVER_COPIED:
            _never_copied[id(code)] = code
        elif package in TRUSTED:
            self.passed[id(code)] = code
        elif not _called_by_an_op(frame):
            self.uncopied.append(f"{code.co_name} at {_place(frame)}")
        return None

    def local(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        """Note an exception, unless it is how a loop ends."""
        if event == "exception" and not issubclass(argument[0], ORDINARY):
            self.caught.append(f"{argument[0].__name__} at {_place(frame)}")
        return self.local


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
