"""How a formula is laid out, whatever it is printed in: order of factors, fractions, brackets, index names.

``Text`` and ``Latex`` say what each piece looks like; this module says which pieces there are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from dualgrad.mirror.algebra import MINUS, ONE, ZERO, plus, split, times
from dualgrad.mirror.constants import Constant
from dualgrad.mirror.naming import Context, size_order
from dualgrad.mirror.patterns import (
    count_order,
    delta,
    excluded,
    fraction_of,
    is_below,
    is_count,
    is_positive,
    named_selection,
    rank,
    reciprocal,
    sign_of,
    spans,
    with_sizes,
)
from dualgrad.mirror.sigmoid import with_sigmoid
from dualgrad.mirror.softmax import Softmax, with_softmax
from dualgrad.mirror.turning import angle, bracketed
from dualgrad.program.entry import (
    Affine,
    Count,
    Element,
    Entry,
    Guard,
    Holds,
    Kernel,
    MatrixEntry,
    Number,
    Plus,
    Power,
    Reduce,
    Select,
    Turn,
    affine,
)
from dualgrad.program.size import Extent, terms

HALF = Fraction(1, 2)


class Level:
    """How tightly a piece holds together: what needs brackets inside what."""

    SUM, BIG, PRODUCT, SCRIPT, ATOM = range(5)


class Piece(NamedTuple):
    """A printed entry, and how tightly it holds together."""

    text: str
    level: int


class Printer(ABC):
    """Prints entries. Subclasses say what the pieces look like."""

    # ------------------------------------------------------------------------ what pieces look like

    @abstractmethod
    def number(self, value: Fraction) -> Piece:
        """A number that is not negative."""

    @abstractmethod
    def decimal(self, digits: str) -> Piece:
        """A decimal, as in 0.25 or 1e-9."""

    @abstractmethod
    def subscripted(self, name: str, places: Sequence[str]) -> str:
        """A name with subscripts, each a letter, a number, or an index form."""

    @abstractmethod
    def indexed(self, base: str, places: Sequence[str]) -> str:
        """A text with subscripts."""

    @abstractmethod
    def inverted(self, base: str) -> str:
        """The inverse of a matrix."""

    @abstractmethod
    def raised(self, base: str, exponent: str) -> str:
        """A power."""

    @abstractmethod
    def root(self, inner: Piece) -> Piece:
        """A square root."""

    @abstractmethod
    def quotient(self, top: Piece, bottom: Piece) -> Piece:
        """A fraction."""

    @abstractmethod
    def applied(self, name: str, args: Sequence[Piece]) -> Piece:
        """A kernel applied."""

    @abstractmethod
    def softmax(self, place: str, inner: str, is_vector: bool) -> str:
        """An element of the softmax of a vector, or of what depends on the index at this place."""

    @abstractmethod
    def parenthesised(self, text: str) -> str:
        """Round brackets."""

    @abstractmethod
    def bracket(self, condition: str) -> Piece:
        """1 where the condition holds, else 0."""

    @abstractmethod
    def big(self, kind: str, ranges: Sequence[tuple[str, str, str]]) -> str:
        """A sum, product or extremum sign over indices, each (letter, excluded letter, extent unless it is evident)."""

    @abstractmethod
    def cases(self, condition: str, yes: str, no: str) -> Piece:
        """``yes`` where the condition holds, else ``no``."""

    @abstractmethod
    def constant(self, name: str) -> str:
        """A named number."""

    @abstractmethod
    def word(self, name: str) -> str:
        """A dimension or another plain name."""

    @abstractmethod
    def sign(self, relation: str) -> str:
        """One of > >= < <= == !=."""

    @abstractmethod
    def is_tall(self) -> bool:
        """Whether a fraction is a bar with things above and below, which needs no brackets."""

    # ------------------------------------------------------------------------ layout

    def show(self, node: Entry, context: Context, least: int = Level.SUM) -> str:
        """An entry as text, in brackets where it holds together less than asked."""
        piece = self.piece(node, context)
        return piece.text if piece.level >= least else self.parenthesised(piece.text)

    def piece(self, node: Entry, context: Context) -> Piece:
        """An entry, printed."""
        match node:
            case Number(value) if value >= 0:
                return self.number(value)
            case Constant(name):
                return Piece(self.constant(name), Level.ATOM)
            case Count(extent):
                return self.extent(extent)
            case Element(slot, position):
                places = [self.form(form, context) for form in position]
                return Piece(self.subscripted(context.names[slot], places), Level.ATOM)
            case Plus():
                return self._sum(node, context)
            case Power(base, exponent) if exponent > 0:
                return self._power(base, exponent, context)
            case Softmax():
                return self._softmax(node, context)
            case Kernel("power", (base, exponent)):
                text = self.raised(self.show(base, context, Level.ATOM), self.show(exponent, context, Level.ATOM))
                return Piece(text, Level.SCRIPT)
            case Kernel(name, args):
                return self.applied(name, [self.piece(arg, context) for arg in args])
            case Reduce():
                return self._reduction(node, context)
            case MatrixEntry():
                return self._of_matrix(node, context)
            case Holds() | Guard():
                return self._indicator(node, context)
            case Turn():
                top, bottom = angle(node)
                text = " ".join([self.constant("pi"), *(bracketed(self.form(form, context), form) for form in top)])
                over, under = (Piece(part, Level.PRODUCT) for part in (text, self.form(bottom, context)))
                return self.applied(node.name, [self.quotient(over, under)])
            case Select():
                return self._selection(node, context)
        return self._product(node, context)

    def _sum(self, node: Plus, context: Context) -> Piece:
        signed = sign_of(node)
        if signed is not None:
            return self.applied("sign", [self.piece(signed, context)])
        negative_first = split(node.args[0])[0] < 0
        text = ""
        for term in sorted(node.args, key=lambda term: negative_first and split(term)[0] < 0):
            negative = split(term)[0] < 0
            shown = self.show(times(MINUS, term) if negative else term, context, Level.BIG)
            text += (f" {self.minus} " if negative else " + ") if text else (self.minus if negative else "")
            text += shown
        return Piece(text, Level.SUM)

    minus = "−"
    maps = "↦"

    def _power(self, base: Entry, exponent: Fraction, context: Context) -> Piece:
        if exponent == HALF:
            return self.root(self.piece(base, context))
        shown = self.number(exponent)
        return Piece(self.raised(self.show(base, context, Level.ATOM), shown.text), Level.SCRIPT)

    def _product(self, node: Entry, context: Context) -> Piece:
        coefficient, factors = with_sizes(*split(node))
        if coefficient < 0:
            return Piece(self.minus + self.show(times(MINUS, node), context, Level.BIG), Level.SUM)
        top = [factor for factor in factors if not is_below(factor)]
        bottom = [reciprocal(factor) for factor in factors if is_below(factor)]
        top, bottom = with_sigmoid(*with_softmax(top, bottom))
        front = [sorted(filter(is_count, part), key=count_order) for part in (top, bottom)]
        top = self._ordered([factor for factor in top if not is_count(factor)], context)
        bottom = self._ordered([factor for factor in bottom if not is_count(factor)], context)
        whole, part = fraction_of(coefficient)
        if bottom and (not top or self.is_tall()):
            return self._fraction([*whole, *front[0], *top], [*part, *front[1], *bottom], context)
        prefix = self._fraction([*whole, *front[0]], [*part, *front[1]], context)
        if not top:
            return prefix
        body = self._fraction(top, bottom, context)
        if prefix.text == "1":
            return body
        body = self._closed(body) if body.level == Level.SUM else body
        return Piece(f"{prefix.text} {body.text}", min(body.level, Level.PRODUCT))

    def _ordered(self, factors: Sequence[Entry], context: Context) -> list[Entry]:
        """Elements first and sums last; elements of one array by their indices."""
        slots = [factor.slot for factor in factors if isinstance(factor, Element)]

        def order(factor: Entry) -> tuple[int, int, list[str]]:
            if isinstance(factor, Element):
                return 0, slots.index(factor.slot), [self.form(form, context) for form in factor.position]
            return rank(factor), len(slots), []

        return sorted(factors, key=order)

    def _fraction(self, top: Sequence[Entry], bottom: Sequence[Entry], context: Context) -> Piece:
        over = self._factors(top, context, open_end=not bottom or self.is_tall())
        if not bottom:
            return over
        return self.quotient(over, self._factors(bottom, context, open_end=True))

    def _factors(self, factors: Sequence[Entry], context: Context, open_end: bool) -> Piece:
        if not factors:
            return Piece("1", Level.ATOM)
        *front, last = (self.piece(factor, context) for factor in factors)
        if not front and open_end:
            return last
        closed = last if last.level >= (Level.BIG if open_end else Level.SCRIPT) else self._closed(last)
        shown = [piece if piece.level >= Level.SCRIPT else self._closed(piece) for piece in front]
        text = " ".join(piece.text for piece in (*shown, closed))
        return Piece(text, min(closed.level, Level.PRODUCT) if front else closed.level)

    def _closed(self, piece: Piece) -> Piece:
        return Piece(self.parenthesised(piece.text), Level.ATOM)

    def _softmax(self, node: Softmax, context: Context) -> Piece:
        place, vector = self.form(affine(node.index), context), node.vector()
        inner = self.show(node.body, context) if vector is None else self.subscripted(context.names[vector], [])
        return Piece(self.softmax(place, inner, vector is not None), Level.ATOM)

    def _reduction(self, node: Reduce, context: Context) -> Piece:
        kind, ranges = node.kind, []
        body: Entry = node
        while isinstance(body, Reduce) and body.kind == kind:
            context = context.with_indices([body.index])
            index, inner = body.index, body.body
            apart, inner = excluded(index, inner)
            letter = context.letters[index]
            bound = "" if spans(index, inner, context.shapes) else self.extent(index.extent).text
            ranges.append((letter, self.form(apart, context) if apart else "", bound))
            body = inner
        return Piece(f"{self.big(kind, ranges)} {self.show(body, context, Level.BIG)}", Level.BIG)

    def _of_matrix(self, node: MatrixEntry, context: Context) -> Piece:
        places = [self.form(form, context) for form in node.at]
        matrix = self.matrix(node, context)
        if node.kind == "inv":
            base = matrix.text if matrix.level == Level.ATOM else self.parenthesised(matrix.text)
            return Piece(self.indexed(self.parenthesised(self.inverted(base)), places), Level.ATOM)
        return Piece(self.indexed(self.applied(node.kind, [matrix]).text, places), Level.ATOM)

    def matrix(self, node: MatrixEntry, context: Context) -> Piece:
        """The matrix that a function is of: its name, or its entry at a row and a column."""
        inner = context.with_indices([node.row, node.column])
        row, column = (self.form(affine(index), inner) for index in (node.row, node.column))
        match node.body:
            case Element(slot, position) if position == (affine(node.row), affine(node.column)):
                return Piece(self.word(context.names[slot]), Level.ATOM)
        return Piece(f"{row} {column} {self.maps} {self.show(node.body, inner)}", Level.SUM)

    # ------------------------------------------------------------------------ conditions

    def _indicator(self, node: Holds | Guard, context: Context) -> Piece:
        if isinstance(node, Holds):
            pair = delta(node)
            if pair is not None:
                places = [self.form(affine(index), context) for index in pair]
                return Piece(self.subscripted("δ", places), Level.ATOM)
        return self.bracket(self.condition(node, context))

    def condition(self, node: Entry, context: Context, negated: bool = False) -> str:
        """What a 0-or-1 entry says, without brackets."""
        match node:
            case Holds(relation, form):
                return self._index_condition(relation, form, context, negated)
            case Guard(relation, value):
                return self._value_condition(relation, value, context, negated)
            case Select(inner, yes, no) if (yes, no) == (ZERO, ONE):
                return self.condition(inner, context, not negated)
        return f"{self.show(node, context)} {self.sign('==' if negated else '!=')} 0"

    def _index_condition(self, relation: str, form: Affine, context: Context, negated: bool) -> str:
        left = Affine(tuple((i, f) for i, f in form.terms if is_positive(f)))
        right = (form - left) * -1
        if not left.terms and form.terms:
            left, right = Affine(right.terms), Affine(()) + form.constant
            relation = {">=": "<="}.get(relation, relation)
        sign = self.sign(_NEGATED[relation] if negated else relation)
        return f"{self.form(left, context)} {sign} {self.form(right, context)}"

    def _value_condition(self, relation: str, value: Entry, context: Context, negated: bool) -> str:
        parts = value.args if isinstance(value, Plus) else (value,)
        stays = [part for part in parts if split(part)[0] > 0 and not isinstance(part, Number)]
        moved = [times(MINUS, part) for part in parts if part not in stays]
        left, right = plus(*stays), plus(*moved)
        if left == ZERO:
            left = plus(*(part for part in moved if not isinstance(part, Number)))
            right = plus(*(part for part in parts if isinstance(part, Number)))
            relation = {">": "<"}.get(relation, relation)
        sign = self.sign(_NEGATED[relation] if negated else relation)
        return f"{self.show(left, context)} {sign} {self.show(right, context)}"

    def _selection(self, node: Select, context: Context) -> Piece:
        known = named_selection(node)
        if known is not None:
            name, args = known
            return self.applied(name, [self.piece(arg, context) for arg in args])
        condition, yes, no = node.condition, node.yes, node.no
        if (yes, no) == (ZERO, ONE):
            return self.bracket(self.condition(condition, context, negated=True))
        negated = (isinstance(condition, Guard | Holds) and condition.relation == "==") or yes == ZERO
        if negated:
            yes, no = no, yes
        text = self.condition(condition, context, negated)
        if no == ZERO:
            return Piece(f"{self.show(yes, context, Level.SCRIPT)} {self.bracket(text).text}", Level.PRODUCT)
        return self.cases(text, self.show(yes, context), self.show(no, context))

    # ------------------------------------------------------------------------ sizes and index forms

    def extent(self, extent: Extent) -> Piece:
        """An extent as a number."""
        parts = sorted(terms(extent), key=lambda part: (-sum(p for _, p in part[0]), part[0]))
        if not parts:
            return self.number(Fraction(0))
        shown = [self._monomial(dict(monomial), abs(factor)) for monomial, factor in parts]
        if len(parts) == 1 and parts[0][1] > 0:
            return shown[0]
        signs = [self.minus if factor < 0 else "+" for _, factor in parts]
        text = (self.minus if parts[0][1] < 0 else "") + shown[0].text
        text += "".join(f" {sign} {piece.text}" for sign, piece in zip(signs[1:], shown[1:], strict=True))
        return Piece(text, Level.SUM)

    def _monomial(self, powers: Mapping[str, int], factor: int) -> Piece:
        shown = [self.number(Fraction(factor)).text] if factor != 1 or not powers else []
        for name, exponent in sorted(powers.items(), key=lambda power: size_order(power[0])):
            word = self.word(name)
            shown.append(word if exponent == 1 else self.raised(word, self.number(Fraction(exponent)).text))
        plain = all(exponent == 1 for exponent in powers.values())
        return Piece(" ".join(shown), Level.PRODUCT if len(shown) > 1 else Level.ATOM if plain else Level.SCRIPT)

    def form(self, form: Affine, context: Context) -> str:
        """An index form, tight: i+1, n−1−i."""
        parts: list[tuple[bool, str]] = []
        for index, factor in form.terms:
            size = self.extent(factor if is_positive(factor) else factor * -1)
            size = self._closed(size) if size.level == Level.SUM else size
            times_size = "" if size.text == "1" else size.text
            parts.append((is_positive(factor), times_size + context.letters[index]))
        for monomial, number in terms(form.constant):
            parts.append((number > 0, self._monomial(dict(monomial), abs(number)).text))
        parts.sort(key=lambda part: not part[0])
        text = "".join(("+" if positive else self.minus) + shown for positive, shown in parts)
        return text.removeprefix("+").replace(" ", "") or "0"


_NEGATED = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "==": "!="}
