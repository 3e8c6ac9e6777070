"""What an array is to the checker: a shape, and the form of the entry at given positions; and what literals mean."""

from __future__ import annotations

import hashlib
import math
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

from verify.trusted.pointwise import named
from verify.trusted.terms import ONE, UNITY, ZERO, Form, Poly, need, poly


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


MOST_POSITIONS = 64  # along one axis


def spelled(positions: Any) -> tuple[list[tuple[tuple[int, ...], int]], tuple[Poly, ...]]:
    """Nested lists of positions as pairs of place and position, and their shape."""
    if type(positions) is int:
        need(positions >= 0, "a position")
        return [((), positions)], ()
    parts = [spelled(part) for part in positions]
    need(0 < len(parts) <= MOST_POSITIONS and all(part[1] == parts[0][1] for part in parts), "positions")
    pairs = [((row, *place), k) for row, (found, _) in enumerate(parts) for place, k in found]
    return pairs, (poly(len(parts)), *parts[0][1])


def literal(w: Any, value: Any, reading: str) -> tuple[Form, str]:
    """A number as it was written, under a reading of literals, and its kind."""
    ((kind, text),) = value.items()
    if kind == "bool" and type(text) is bool:
        return UNITY * int(text), "b"
    need(type(text) is str and len(text) <= 400, "a literal")
    if kind == "int" and re.fullmatch(r"-?\d+", text):
        return UNITY * int(text), "i"
    need(kind == "float" and re.fullmatch(r"-?0x[01]\.[0-9a-f]+p[+-]\d+", text), "a float literal in hexadecimal")
    number = float.fromhex(text)
    constant = named(w, abs(number)) if reading == "named" else None
    if constant is not None:
        return constant * (1 if number > 0 else -1), "f"
    return UNITY * Fraction(number if reading == "exact" else repr(number)), "f"


CODES: dict[str, tuple[str, type]] = {
    "float64": ("d", float),
    "float32": ("f", float),
    "int64": ("q", int),
    "bool": ("?", bool),
}


def valued(w: Any, item: Mapping[str, Any]) -> Callable[[Sequence[Poly]], Form]:
    """The entries of an array whose values are given, with the hash that they must have."""
    code, kind = CODES[item["dtype"]]
    numbers = [float.fromhex(text) for text in item["values"]]
    need(math.prod(item["shape"]) == len(numbers), f"the values of {item['name']}")
    places = list(product(*(range(size) for size in item["shape"])))
    digest = hashlib.sha256(struct.pack(f"<{len(numbers)}{code}", *map(kind, numbers))).hexdigest()
    need(len(places) == len(numbers) and digest == item["sha256"], f"the values of {item['name']}")

    def entry(at: Sequence[Poly]) -> Form:
        here = ([w.relation("==", i - k) for i, k in zip(at, place, strict=True)] for place in places)
        return sum((w.mul(*h) * Fraction(x) for h, x in zip(here, numbers, strict=True)), start=Form())

    return entry
