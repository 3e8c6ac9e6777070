"""What an array is to the checker: a shape, and the form of the entry at given positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from verify.trusted.terms import ONE, ZERO, Form, Poly, need, poly


class Array(NamedTuple):
    """A shape, the form of the entry at given positions, and "b", "i" or "f" for bools, integers and floats."""

    shape: tuple[Poly, ...]
    entry: Callable[[Sequence[Poly]], Form]
    kind: str = "f"


KINDS = {
    **dict.fromkeys(("float16", "float32", "float64", "longdouble", "float96", "float128"), "f"),
    **dict.fromkeys(("int8", "int16", "int32", "int64"), "i"),
    "bool": "b",
}  # integers are taken to be so small that nothing wraps; those without a sign, where 0 - 1 does, are not read


def widest(*arrays: Array) -> str:
    """The kind of what arrays make together."""
    return max((a.kind for a in arrays), key="bif".index)


def spread(a: Array, at: Sequence[Poly]) -> Form:
    """The entry of an array that is broadcast."""
    return a.entry([ZERO if e == ONE else i for e, i in zip(a.shape, at[len(at) - len(a.shape) :], strict=True)])


def spelled(positions: Any) -> tuple[list[tuple[tuple[int, ...], int]], tuple[Poly, ...]]:
    """Nested lists of positions as pairs of place and position, and their shape."""
    if type(positions) is int:
        need(positions >= 0, "a position")
        return [((), positions)], ()
    parts = [spelled(part) for part in positions]
    need(0 < len(parts) <= 64 and all(part[1] == parts[0][1] for part in parts), "positions")
    pairs = [((row, *place), k) for row, (found, _) in enumerate(parts) for place, k in found]
    return pairs, (poly(len(parts)), *parts[0][1])
