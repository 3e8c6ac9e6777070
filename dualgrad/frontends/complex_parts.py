"""The parts of complex arrays of a recording: taken apart, put together, and what is 0 in them left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.frontends.pairs import Pair
from dualgrad.op import REGISTRY
from dualgrad.shapes import extents, rank


def parts(value: Any) -> tuple[Any, Any]:
    """The real and the imaginary part of an operand; a plain 0 for what has none."""
    if isinstance(value, Pair):
        return value.re, value.im
    if isinstance(value, (complex, np.complexfloating)):
        return float(value.real), float(value.imag)
    if isinstance(value, np.ndarray) and value.dtype.kind == "c":
        return np.array(value.real), np.array(value.imag)
    return value, 0.0


def is_zero(part: Any) -> bool:
    """Whether a part is known to be 0 everywhere: a plain 0, or made of one."""
    if hasattr(part, "_trace"):
        return part.operand in part._trace.zeros
    return isinstance(part, (int, float, np.ndarray, np.generic)) and not np.any(part)


def paired(re: Any, im: Any) -> Pair:
    """Parts as arrays of their own and of one shape; at least one of them is a tracer."""
    one = re if hasattr(re, "_trace") else im
    re, im = (like(part, one) for part in (re, im))
    if extents(re) != extents(im):
        shape = extents(re + im)
        re, im = (np.broadcast_to(part, shape) for part in (re, im))
    return Pair(re.rebound(re.operand), im.rebound(im.operand))


def like(part: Any, one: Any) -> Any:
    """A part as a tracer: a number in the shape of the other part; plain beside what is plain."""
    if hasattr(part, "_trace"):
        return part
    if not hasattr(one, "_trace"):
        return np.broadcast_to(part, np.shape(one))
    if rank(part):
        return part + nothing(one)
    zero = nothing(one)
    return zero if part == 0 else zero + part


def nothing(one: Any) -> Any:
    """Zeros in the shape of an array, known to be zeros."""
    zero = REGISTRY["zeros_like"](one if one.dtype.kind == "f" else one.astype(float))
    zero._trace.zeros.add(zero.operand)
    return zero


def summed(*terms: Any) -> Any:
    """The sum of those that are not known to be 0."""
    kept = [term for term in terms if not is_zero(term)]
    total = kept[0] if kept else 0.0
    for term in kept[1:]:
        total = total + term
    return total


def times(a: Any, b: Any) -> Any:
    """The product; a plain 0 where a factor is known to be 0."""
    if is_zero(a) or is_zero(b):
        return 0.0
    for one, other in ((a, b), (b, a)):
        if isinstance(one, float) and one in (1.0, -1.0):
            return other if one == 1.0 else -other
    return a * b


def as_length(part: Any) -> Any:
    """What is |z| or |z|² of a complex number, marked as such: it is 0 at one point of the plane only."""
    if hasattr(part, "_trace"):
        part._trace.lengths.add(part.operand)
    return part


def negative(part: Any) -> Any:
    """The negative, of what is not known to be 0."""
    return part if is_zero(part) else -part


def exactly(array: Any, name: str, number: float) -> Any:
    """A function of a number, recorded: it is no float that was rounded."""
    return array._trace.record(REGISTRY[name], (number,), {})


def traced(*values: Any) -> Any:
    """The first of some values that is traced."""
    return next(value for value in values if hasattr(value, "_trace"))
