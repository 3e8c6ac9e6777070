"""Shapes of entries that have a notation of their own, and where factors stand in a product."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dualgrad.mirror.algebra import MINUS, ONE, ZERO, guard, plus, times
from dualgrad.mirror.constants import Constant
from dualgrad.mirror.equality import key
from dualgrad.mirror.naming import size_order
from dualgrad.mirror.numerals import is_ratio
from dualgrad.mirror.softmax import Softmax
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
    affine,
    walk,
)
from dualgrad.program.record import Shape
from dualgrad.program.size import Extent, dimensions, terms


def is_positive(extent: Extent) -> bool:
    """Whether an extent is written without a minus sign: by its leading term."""
    parts = terms(extent)
    return not parts or max(parts, key=lambda part: (sum(p for _, p in part[0]), part[0]))[1] > 0


def fraction_of(value: Fraction) -> tuple[list[Entry], list[Entry]]:
    """The numerator and the denominator of a number, each empty where it is 1."""
    if not is_ratio(value):
        return [Number(value)], []
    top, bottom = Fraction(value.numerator), Fraction(value.denominator)
    return [Number(top)] if top != 1 else [], [Number(bottom)] if bottom != 1 else []


def with_sizes(coefficient: Fraction, factors: list[Entry]) -> tuple[Fraction, list[Entry]]:
    """c log(det²) as 2 c log |det|, as people write it."""
    kept = []
    for factor in factors:
        match factor:
            case Kernel("log", (Power(MatrixEntry("det") as det, exponent),)) if exponent % 2 == 0:
                coefficient *= exponent
                factor = Kernel("log", (Select(Guard(">", det), det, times(MINUS, det)),))
        kept.append(factor)
    return coefficient, kept


def is_below(factor: Entry) -> bool:
    """Whether a factor belongs under the bar of a fraction."""
    return isinstance(factor, Power) and factor.exponent < 0


def reciprocal(factor: Entry) -> Entry:
    """What stands under the bar."""
    assert isinstance(factor, Power)
    return factor.base if factor.exponent == -1 else Power(factor.base, -factor.exponent)


def is_count(factor: Entry) -> bool:
    """Whether a factor is a number or a size, which go in front."""
    base = factor.base if isinstance(factor, Power) else factor
    return isinstance(base, Count | Number | Constant)


def count_order(factor: Entry) -> tuple[int, str]:
    """Numbers first, then sizes in their usual order."""
    base = factor.base if isinstance(factor, Power) else factor
    return size_order(min(dimensions(base.extent))) if isinstance(base, Count) else (-1, "")


def rank(factor: Entry) -> int:
    """Where a factor stands in a product: elements first, sums last."""
    base = factor.base if isinstance(factor, Power) else factor
    order = (Element, Kernel | Softmax, Plus, Select, Holds, Guard, Reduce)
    return next((rank for rank, kind in enumerate(order) if isinstance(base, kind)), 0)


def delta(node: Holds) -> tuple[Index, Index] | None:
    """The i and j of δᵢⱼ."""
    if node.relation != "==" or node.form.constant != 0 or len(node.form.terms) != 2:
        return None
    (one, factor), (other, slope) = node.form.terms
    return (one, other) if (factor, slope) in ((1, -1), (-1, 1)) else None


def excluded(index: Index, body: Entry) -> tuple[Affine | None, Entry]:
    """The index form that a product leaves out, as in Π over j ≠ i."""
    match body:
        case Select(Holds("==", form), yes, no) if yes == ONE:
            slope = dict(form.terms).get(index, 0)
            if slope in (1, -1):
                return (form - affine(index) * slope) * (slope * -1), no
    return None, body


def spans(index: Index, body: Entry, shapes: Sequence[Shape]) -> bool:
    """Whether the index runs over a whole axis of something in the body, so that its range need not be said."""
    return any(
        form == affine(index) and shapes[node.slot][axis] == index.extent
        for node in walk(body)
        if isinstance(node, Element)
        for axis, form in enumerate(node.position)
    )


def named_selection(node: Select) -> tuple[str, tuple[Entry, ...]] | None:
    """The |u|, max(u, v) or min(u, v) that a selection is."""
    if not (isinstance(node.condition, Guard) and node.condition.relation == ">"):
        return None
    tested, yes, no = key(node.condition), node.yes, node.no
    if key(no) == key(times(MINUS, yes)) and tested == key(guard(">", yes)):
        return "absolute", (yes,)
    if tested == key(guard(">", plus(yes, times(MINUS, no)))):
        return "max", (yes, no)
    if tested == key(guard(">", plus(no, times(MINUS, yes)))):
        return "min", (yes, no)
    return None


def sign_of(node: Plus) -> Entry | None:
    """The u of [u > 0] − [u < 0] or [u > 0] − [u <= 0]: its sign."""
    if len(node.args) != 2:
        return None
    first, second = node.args
    opposite = times(MINUS, second)
    if not (isinstance(first, Guard) and first.relation == ">"):
        return None
    below = {key(guard(">", times(MINUS, first.value))), key(Select(first, ZERO, ONE))}
    return first.value if key(opposite) in below else None
