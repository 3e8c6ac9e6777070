"""Writing a result into an operand that nobody will look at again, as NumPy does with intermediate results of its own.

In ``a * b + c`` the product is such an operand: the interpreter holds it until the sum is there, and then drops it.
That this is so is told by three things at once: by the caller's code, in which the operand is what another operator
of the same expression gave; by the reference counts, of the tensor and of its array; and by the op, no rule of which
may read the operand. A tensor whose array was taken has a stand-in in its place: whoever had it after all is told so,
never misled.
"""

from __future__ import annotations

import dis
import sys
from functools import lru_cache
from sys import getrefcount
from types import CodeType
from typing import Any

import numpy as np

from dualgrad.engine.buffers import LARGE, alone, fits

_TAKEN = (
    "the array of this tensor was taken for the result of an operation: it looked like an intermediate result that "
    "nobody holds. Give it a name before it is used, or copy() it"
)


class _Gone:
    """In the place of an array that was taken: whatever it is asked for, it says so."""

    __slots__ = ()

    def _told(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError(_TAKEN)

    __class__ = property(_told)  # isinstance asks for it
    __getattr__ = __array__ = __array_ufunc__ = __array_function__ = _told
    __len__ = __bool__ = __float__ = __repr__ = _told


_GONE = (_Gone(),)  # in a tuple, for who goes through a module asks what everything in it is
_INTERMEDIATE = 4  # counts of one: the interpreter's stack, the applier, taken, getrefcount


def gone() -> Any:
    """What stands in the place of an array that was taken."""
    return _GONE[0]


def taken(x1: Any, x2: Any, data1: Any, data2: Any, unread: tuple[int, ...]) -> int:
    """Which operand's array an applier of two tensors, or a tensor and a number, may write into: 1, 2, or 0 for none.

    ``unread`` are the operands that no rule will read. To be called by an applier that is an operator.
    """
    if not _counted:
        return 0
    caller, holders = sys._getframe(2), _INTERMEDIATE
    if caller.f_code is _REFLECTED:
        caller, holders = sys._getframe(3), _INTERMEDIATE + 1
    first = 1 in unread and type(data1) is np.ndarray and _is_spare(data1) and getrefcount(x1) == holders
    second = 2 in unread and type(data2) is np.ndarray and _is_spare(data2) and getrefcount(x2) == holders
    if not (first or second):
        return 0
    left, right = intermediate(caller.f_code, caller.f_lasti)
    if first and left and alone(data1, 3) and x1._family is None and fits(data2, data1):
        return 1
    if second and right and alone(data2, 3) and x2._family is None and fits(data1, data2):
        return 2
    return 0


def reflected(apply: Any) -> Any:
    """An applier as an operator of its second operand."""
    return lambda tensor, other: apply(other, tensor)


_REFLECTED = reflected(None).__code__


def _is_spare(data: Any) -> bool:
    return bool(data.nbytes >= LARGE and data.dtype.kind == "f")


@lru_cache(maxsize=1 << 12)
def intermediate(code: CodeType, at: int) -> tuple[bool, bool]:
    """Whether the left and the right operand of an operator in some code are what other operators there gave.

    Read backwards: the right operand is pushed by the shortest run of instructions that leaves one value more.
    """
    instructions = list(dis.get_instructions(code))
    here = next((k for k, instruction in enumerate(instructions) if instruction.offset == at), 0)
    if not _is_operator(instructions[here]):
        return False, False
    start, pushed = here, 0
    while pushed != 1:
        if instructions[start].is_jump_target or start == 0:
            return False, False
        start -= 1
        pushed += dis.stack_effect(instructions[start].opcode, instructions[start].arg, jump=False)
        if instructions[start].opcode in _JUMPS or pushed > 1 or instructions[start].opname.startswith(_MOVES):
            return False, False
    left = start > 0 and not instructions[start].is_jump_target and _is_operator(instructions[start - 1])
    return left, _is_operator(instructions[here - 1])


def _is_operator(instruction: dis.Instruction) -> bool:
    return instruction.opname == "BINARY_OP" and not instruction.argrepr.endswith("=")


_JUMPS = frozenset((*dis.hasjrel, *dis.hasjabs))
_MOVES = "COPY", "SWAP", "STORE"  # after which a value may have a name, or another place


class _Probe:
    """What is told of an operand, told of operands that are known to be intermediate, or to have a name."""

    def __init__(self, seen: list[tuple[int, bool, bool]]) -> None:
        self.seen = seen

    def __add__(self, other: Any) -> _Probe:
        self.seen.append(_looked_at(self))
        return _Probe(self.seen)

    def __radd__(self, other: Any) -> _Probe:
        return self + 0


def _looked_at(probe: _Probe) -> tuple[int, bool, bool]:
    caller = sys._getframe(2)
    return getrefcount(probe), *intermediate(caller.f_code, caller.f_lasti)


def _counts_hold() -> bool:
    """Whether this interpreter counts and compiles as is taken for granted here."""
    seen: list[tuple[int, bool, bool]] = []
    two = (_Probe(seen) + 0) + 0
    _ = (two + 0) + (two + 1)
    made, passing, named, other, both = seen
    counts = made[0] == passing[0] == both[0] == _INTERMEDIATE < named[0] == other[0]
    return counts and [one[1:] for one in seen] == [(False, False), (True, False), *[(False, False)] * 2, (True, True)]


_counted = _counts_hold()
