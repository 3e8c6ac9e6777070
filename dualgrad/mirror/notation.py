"""Matrix notation, where it fits: Σⱼ (Aᵢⱼ + Aⱼᵢ) xⱼ as (A + Aᵀ) x.

A product of factors with at most two indices each is a graph: indices are its nodes, matrices its edges. Where that is
a chain it is a product of matrices; a cycle is a trace. ⊙ is the product element by element, 1 the vector of ones,
and functions apply element by element. Whatever is no chain has no matrix notation here, and the indices stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import NamedTuple

from dualgrad.mirror.algebra import MINUS, renamed, split, times
from dualgrad.mirror.equality import free
from dualgrad.mirror.naming import Context
from dualgrad.mirror.patterns import is_below, is_count, reciprocal
from dualgrad.mirror.printing import Level, Piece
from dualgrad.mirror.sigmoid import with_sigmoid
from dualgrad.mirror.softmax import Softmax, with_softmax
from dualgrad.mirror.text import Text
from dualgrad.program.entry import (
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
    Times,
    affine,
    children,
)

Axes = tuple[Index, ...]


class _NoNotation(Exception):
    """There is none for this."""


class Shown(NamedTuple):
    """A text, and whether it is a sum (0), a product (1) or one thing (2)."""

    text: str
    level: int


def in_matrices(body: Entry, axes: Sequence[Index], context: Context) -> str | None:
    """The entry at these indices, none, one or two of them, as a text without indices; None where there is none."""
    try:
        return _tensor(body, tuple(axes), context).text if len(axes) <= 2 else None
    except _NoNotation:
        return None


def _tensor(node: Entry, axes: Axes, context: Context) -> Shown:
    if axes and _free(node).isdisjoint(axes):
        axes = ()
    if len(axes) == 2 and sum(axis in _free(node) for axis in axes) == 1:
        return _spread(node, axes, context)
    match node:
        case Number(value) if value >= 0:
            return Shown(Text().number(value).text, 2 if value.denominator == 1 else 1)
        case Count(extent):
            shown = Text().extent(extent)
            return Shown(shown.text, 2 if len(shown.text) == 1 else 1)
        case Element(slot, position):
            return _array(context.names[slot], position, axes)
        case MatrixEntry("inv"):
            return _inverse(node, axes, context)
        case MatrixEntry("det"):
            return Shown(f"det({_matrix(node, context).text})", 2)
        case Plus(args):
            return _sum(args, axes, context)
        case Kernel(name, (arg,)):
            return Shown(Text().applied(name, [Piece(_tensor(arg, axes, context).text, Level.SUM)]).text, 2)
        case Guard(">", value):
            return Shown(f"[{_tensor(value, axes, context).text} > 0]", 2)
        case Holds("==", form) if len(axes) == 2 and form in (_apart(axes), _apart(axes[::-1])):
            return Shown("I", 2)
        case Power(base, exponent) if exponent > 0 and len(axes) < 2:
            return _power(_tensor(base, axes, context), exponent)
        case Softmax():
            return _softmax(node, axes, context)
    if isinstance(node, Reduce) and node.kind != "sum":
        raise _NoNotation
    return _product(node, axes, context)


def _spread(node: Entry, axes: Axes, context: Context) -> Shown:
    """What depends on one of two indices, along the other one too."""
    (own,) = (axis for axis in axes if axis in _free(node))
    shown = _closed_text(_tensor(node, (own,), context))
    return Shown(f"{shown} 1ᵀ" if own is axes[0] else f"1 {_transposed(shown)}", 1)


def _array(name: str, position: Sequence[object], axes: Axes) -> Shown:
    places = tuple(position)
    own = tuple(affine(axis) for axis in axes)
    if places == own:
        return Shown(name, 2)
    if places == own[::-1]:
        return Shown(f"{name}ᵀ", 2)
    if len(own) == 1 and places == own * 2:
        return Shown(f"diag({name})", 2)
    raise _NoNotation


def _inverse(node: MatrixEntry, axes: Axes, context: Context) -> Shown:
    places, own = node.at, tuple(affine(axis) for axis in axes)
    if len(axes) != 2 or places not in (own, own[::-1]):
        raise _NoNotation
    return Shown(f"{_closed_text(_matrix(node, context))}⁻{'¹' if places == own else 'ᵀ'}", 2)


def _matrix(node: MatrixEntry, context: Context) -> Shown:
    return _tensor(node.body, (node.row, node.column), context.with_indices([node.row, node.column]))


def _apart(axes: Axes) -> object:
    return affine(axes[0]) - axes[1]


def _sum(args: Sequence[Entry], axes: Axes, context: Context) -> Shown:
    text = ""
    for arg in sorted(args, key=lambda arg: split(arg)[0] < 0 and split(args[0])[0] < 0):
        negative = split(arg)[0] < 0
        shown = _tensor(times(MINUS, arg) if negative else arg, axes, context)
        inner = shown.text if shown.level else f"({shown.text})"
        text += (f" {Text.minus} " if negative else " + " if text else "") + inner
    return Shown(text.removeprefix(" ") if text.startswith(f" {Text.minus}") else text, 0)


def _power(base: Shown, exponent: Fraction) -> Shown:
    inner = base.text if base.level == 2 else f"({base.text})"
    if exponent == Fraction(1, 2):
        return Shown(f"√{inner}", 2)
    return Shown(Text().raised(inner, str(exponent) if exponent.denominator == 1 else f"({exponent})"), 2)


def _softmax(node: Softmax, axes: Axes, context: Context) -> Shown:
    if axes == (node.index,):
        return Shown(f"softmax({_tensor(node.body, axes, context).text})", 2)
    if len(axes) == 2 and node.index in axes:
        rows = axes if node.index == axes[1] else axes[::-1]
        turned = "" if rows == axes else "ᵀ"
        return Shown(f"softmax({_tensor(node.body, rows, context).text}){turned}", 2)
    raise _NoNotation


def _free(node: Entry) -> frozenset[Index]:
    match node:
        case Softmax(index, body):
            return _free(body) | {index}
        case Reduce(_, index, body):
            return _free(body) - {index}
        case Element() | Holds() | MatrixEntry():
            return free(node)
    return frozenset[Index]().union(*map(_free, children(node)))


# ---------------------------------------------------------------------------- products


@dataclass
class _Graph:
    """The factors of a product by the indices they have."""

    context: Context
    scalars: list[Shown] = field(default_factory=list)
    vectors: dict[Index, list[Shown]] = field(default_factory=dict)
    edges: list[tuple[Index, Index, Entry]] = field(default_factory=list)

    def take(self, factor: Entry, around: frozenset[Index]) -> None:
        """File a factor."""
        own = tuple(sorted(_free(factor) & around, key=lambda index: index.serial))
        if not own:
            self.scalars.append(_tensor(factor, (), self.context))
        elif len(own) == 1:
            self.vectors.setdefault(own[0], []).append(_tensor(factor, own, self.context))
        elif len(own) == 2:
            self.edges.append((*own, factor))
        else:
            raise _NoNotation

    def next_from(self, index: Index) -> tuple[Index, str] | None:
        """The one edge at an index, taken out, from here to its other end; matrices side by side are multiplied."""
        ends = {b if a is index else a for a, b, _ in self.edges if index in (a, b)}
        if len(ends) > 1:
            raise _NoNotation
        if not ends:
            return None
        (end,) = ends
        both = [edge for edge in self.edges if {edge[0], edge[1]} == {index, end}]
        self.edges = [edge for edge in self.edges if edge not in both]
        text = _joined(" ⊙ ", [_tensor(factor, (index, end), self.context) for _, _, factor in both])
        return end, f"({text})" if len(both) > 1 else text

    def neighbours(self, index: Index) -> int:
        """With how many indices an index shares a factor."""
        return len({b if a is index else a for a, b, _ in self.edges if index in (a, b)})

    def vector(self, index: Index) -> str:
        """The vector at an index, taken out; "" where there is none."""
        return _joined(" ⊙ ", self.vectors.pop(index, []))


def _product(node: Entry, axes: Axes, context: Context) -> Shown:
    try:
        return _as_product(node, axes, context, opened=True)
    except _NoNotation:  # sums inside that are no part of a chain, but may be vectors and numbers
        return _as_product(node, axes, context, opened=False)


def _as_product(node: Entry, axes: Axes, context: Context, opened: bool) -> Shown:
    coefficient, counts, above, below, bound = _parts(node, opened)
    context = context.with_indices(bound)
    if coefficient < 0:
        shown = _as_product(times(MINUS, node), axes, context, opened)
        return Shown(Text.minus + shown.text, 0)
    if not bound and not below and not counts and coefficient == 1 and len(above) == 1:
        if above[0] is node:
            raise _NoNotation
        return _tensor(above[0], axes, context)
    graph = _Graph(context)
    around = frozenset((*axes, *bound))
    if any(_free(divisor) & around for divisor in below):
        raise _NoNotation
    for factor in above:
        for part in _squares(factor, frozenset(bound)):
            graph.take(part, around)
    front = Text().show(times(Number(coefficient), *counts), context) if coefficient != 1 or counts else ""
    opened_part, numbers = _open(graph, axes), _closed(graph, bound)
    if graph.scalars or opened_part or len(numbers) > 1:
        numbers = [f"({number})" for number in numbers]
    parts = [*map(_closed_text, graph.scalars), *numbers, *opened_part]
    if graph.edges or graph.vectors:
        raise _NoNotation
    divisors = [_closed_text(_tensor(divisor, (), context)) for divisor in below]
    whole = [*([front] if front else []), *parts] or ["1"]
    return _over(whole, divisors)


def _parts(node: Entry, opened: bool) -> tuple[Fraction, list[Entry], list[Entry], list[Entry], list[Index]]:
    """A product as number, sizes, factors above and below the bar, and the indices summed over.

    ``opened``: with the factors of sums among the factors as factors of the whole, Σⱼ aⱼ Σₖ bₖ as ΣⱼΣₖ aⱼ bₖ.
    """
    bound: list[Index] = []
    coefficient, rest = Fraction(1), [node]
    counts: list[Entry] = []
    while len(rest) == 1 and isinstance(rest[0], Reduce | Times) and getattr(rest[0], "kind", "sum") == "sum":
        if isinstance(rest[0], Reduce):
            bound.append(rest[0].index)
            rest = [rest[0].body]
        else:
            number, factors = split(rest[0])
            coefficient *= number
            counts += [factor for factor in factors if is_count(factor)]
            rest = [factor for factor in factors if not is_count(factor)]
    if opened:
        inner = [part for factor in rest for part in _without_sums(factor, bound)]
        coefficient *= prod(part.value for part in inner if isinstance(part, Number))
        counts += [part for part in inner if is_count(part) and not isinstance(part, Number)]
        rest = [part for part in inner if not is_count(part)]
    above = [factor for factor in rest if not is_below(factor)]
    below = [reciprocal(factor) for factor in rest if is_below(factor)]
    return coefficient, counts, *with_sigmoid(*with_softmax(above, below)), bound


def _without_sums(factor: Entry, bound: list[Index]) -> Iterator[Entry]:
    """The factors under the sums that a factor is, whose indices are added to the bound ones."""
    if not (isinstance(factor, Reduce) and factor.kind == "sum"):
        yield factor
        return
    index = Index(factor.index.name, factor.index.extent)
    bound.append(index)
    body = renamed(factor.body, {factor.index: affine(index)})
    for part in body.args if isinstance(body, Times) else (body,):
        yield from _without_sums(part, bound)


def _squares(factor: Entry, bound: frozenset[Index]) -> list[Entry]:
    """A square under a sum as two factors: Σᵢ xᵢ² is xᵀ x."""
    if isinstance(factor, Power) and factor.exponent == 2 and _free(factor) & bound:
        return [factor.base, factor.base]
    return [factor]


def _over(parts: Sequence[str], divisors: Sequence[str]) -> Shown:
    text = " ".join(f"({part})" if _is_loose(part) and len(parts) > 1 else part for part in parts)
    if divisors:
        under = divisors[0] if len(divisors) == 1 else f"({' '.join(divisors)})"
        return Shown(f"{text}/{under}", 1)
    return Shown(text, 1 if " " in text else 2)


def _is_loose(text: str) -> bool:
    """Whether ⊙ stands outside all brackets, which binds less than a product."""
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "⊙" and depth == 0:
            return True
    return False


def _open(graph: _Graph, axes: Axes) -> list[str]:
    """The part of the product that has the open indices."""
    if len(axes) == 1:
        return [_column(graph, axes[0])]
    if len(axes) == 2:
        text, end = _chain(graph, axes[0], axes[1])
        if end is axes[1]:
            return [text]
        return [f"{text} {_transposed(_column(graph, axes[1]))}"]
    return []


def _column(graph: _Graph, start: Index) -> str:
    """The vector that a chain from this index is."""
    here, onward = graph.vector(start), _onward(graph, start)
    if not here and not onward:
        raise _NoNotation
    return f"{here} ⊙ ({onward})" if here and onward else here or onward


def _onward(graph: _Graph, index: Index) -> str:
    step = graph.next_from(index)
    if step is None:
        return ""
    end, matrix = step
    here, rest = graph.vector(end), _onward(graph, end)
    if here and rest:
        return f"{matrix} diag({here}) {rest}"
    return f"{matrix} {f'({here})' if _is_loose(here) else here or rest or '1'}"


def _chain(graph: _Graph, start: Index, goal: Index) -> tuple[str, Index]:
    """A chain of matrices from one open index to the other; a column where it does not arrive."""
    here = graph.vector(start)
    parts = [f"diag({here})"] if here else []
    index = start
    while index is not goal:
        step = graph.next_from(index)
        if step is None:
            if index is not start or not here:
                raise _NoNotation
            return here, start
        index, matrix = step
        parts.append(matrix)
        between = graph.vector(index)
        parts += [f"diag({between})"] if between else []
    kept = [part for part in parts if part != "I"] or ["I"]
    return " ".join(kept) if len(kept) > 1 else _unwrapped(kept[0]), goal


def _unwrapped(text: str) -> str:
    """⊙ on its own needs no brackets around it."""
    whole = text.startswith("(") and text.endswith(")") and _is_loose(text[1:-1])
    return text[1:-1] if whole else text


def _closed(graph: _Graph, bound: Iterable[Index]) -> list[str]:
    """The parts of the product that have no open index, each from one of its ends: numbers."""
    found = []
    for index in sorted(bound, key=graph.neighbours):
        vectors, onward = graph.vectors.pop(index, []), _onward(graph, index)
        if onward:
            found.append(f"{_transposed(_joined(' ⊙ ', vectors)) if vectors else '1ᵀ'} {onward}")
        elif vectors:
            *first, last = vectors
            found.append(f"{_transposed(_joined(' ⊙ ', first)) if first else '1ᵀ'} {_closed_text(last)}")
    return found


def _transposed(text: str) -> str:
    closed = text.startswith("(") and text.endswith(")") and text.find(")") == len(text) - 1
    return f"{text}ᵀ" if " " not in text or closed else f"({text})ᵀ"


def _joined(sign: str, parts: Sequence[Shown]) -> str:
    if len(parts) == 1:
        return parts[0].text if parts[0].level == 2 else f"({parts[0].text})"
    return sign.join(_closed_text(part) for part in parts)


def _closed_text(shown: Shown) -> str:
    return shown.text if shown.level == 2 else f"({shown.text})"
