"""When two entries say the same, and what an entry depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualgrad.program.entry import (
    Affine,
    Count,
    Element,
    Entry,
    Guard,
    Holds,
    Index,
    Kernel,
    MatrixEntry,
    Number,
    Plus,
    Power,
    Reduce,
    Select,
    Times,
    Turn,
    children,
    walk,
)

Key = tuple[Any, ...]


def key(node: Entry, level: Mapping[Index, Any] | None = None) -> Key:
    """Equal for entries that differ only in the names of bound indices and the order of terms and factors."""
    level = level or {}
    match node:
        case Number(value):
            return ("number", value)
        case Count(extent):
            return ("count", extent)
        case Element(slot, position):
            return ("element", slot, *(_form_key(form, level) for form in position))
        case Holds(relation, form):
            return ("holds", relation, _form_key(form, level))
        case Turn(name, left, right, size):
            return ("turn", name, *sorted((_form_key(form, level) for form in (left, right)), key=hash), size)
        case Plus(args) | Times(args):
            return (type(node).__name__, *sorted((key(arg, level) for arg in args), key=hash))
        case Power(base, exponent):
            return ("power", key(base, level), exponent)
        case Kernel(name, args):
            return ("kernel", name, *(key(arg, level) for arg in args))
        case Guard(relation, value):
            return ("guard", relation, key(value, level))
        case Select(condition, yes, no):
            return ("select", key(condition, level), key(yes, level), key(no, level))
        case Reduce(kind, index, body):
            return ("reduce", kind, index.extent, key(body, {**level, index: len(level)}))
        case MatrixEntry(kind, row, column, body, at):
            places = tuple(_form_key(form, level) for form in at)
            inner = key(body, {**level, row: len(level), column: len(level) + 1})
            found = ("matrix", kind, row.extent, column.extent, inner, places)
            if kind not in ("inv", "det"):
                return found
            turned = key(body, {**level, row: len(level) + 1, column: len(level)})
            return min(found, ("matrix", kind, row.extent, column.extent, turned, places[::-1]), key=hash)
    return ("other", node)


def _form_key(form: Affine, level: Mapping[Index, Any]) -> Key:
    parts = frozenset((level.get(index, index), factor) for index, factor in form.terms)
    return (parts, form.constant)


def free(node: Entry) -> frozenset[Index]:
    """The indices an entry depends on."""
    match node:
        case Element(_, position):
            return frozenset(index for form in position for index, _ in form.terms)
        case Holds(_, form):
            return frozenset(index for index, _ in form.terms)
        case Turn(_, left, right):
            return frozenset(index for form in (left, right) for index, _ in form.terms)
        case Reduce(_, index, body):
            return free(body) - {index}
        case MatrixEntry(_, row, column, body, at):
            return (free(body) - {row, column}).union(index for form in at for index, _ in form.terms)
    return frozenset[Index]().union(*map(free, children(node)))


def size_of(node: Entry) -> int:
    """How many nodes an entry has."""
    return sum(1 for _ in walk(node))
