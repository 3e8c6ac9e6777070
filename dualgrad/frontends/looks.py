"""What a tracer looks like to the code that it is recorded from: the class, the attributes, the text.

Natively the code sees an ndarray, or a float64 where there are no axes. Where it can see the difference, it could
do something else than with the user's arrays.
"""

from __future__ import annotations

import dis
import functools
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

from dualgrad.frontends.watch import is_copy

_CHOOSING = ("STORE_", "COMPARE_", "CONTAINS_", "RETURN_", "YIELD_")


def seen_by_traced_code() -> bool:
    """Whether the caller's caller is a copy: code that is being recorded."""
    return is_copy(sys._getframe(2))


def printed_only() -> bool:
    """Whether the text that the caller's caller asks for is only printed, as in ``print(f"{x}")`` on one line."""
    frame = sys._getframe(2)
    return _prints(frame.f_code, frame.f_lineno)


@functools.lru_cache(maxsize=1024)
def _prints(code: types.CodeType, line: int) -> bool:
    steps = [step for step in dis.get_instructions(code) if step.positions and step.positions.lineno == line]
    printing = any(step.opname == "LOAD_GLOBAL" and step.argval == "print" for step in steps)
    raising = any(step.opname == "RAISE_VARARGS" for step in steps)
    return raising or (printing and not any(step.opname.startswith(_CHOOSING) for step in steps))


def agreed(kinds: Iterable[type], question: Callable[[type], Any], refuse: Callable[[str], Any], asked: str) -> Any:
    """The answer that all classes give which a traced number may natively be of; refused where they differ."""
    answers = [question(kind) for kind in kinds]
    if any(answer != answers[0] for answer in answers):
        refuse(f"{asked} of a number tells a float from a NumPy number, which a recording does not; leave it out")
    return answers[0]
