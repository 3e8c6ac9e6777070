"""Formulas in one line of Unicode: 1/4 Σᵢ 3 (xᵢ + 2)²."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dualgrad.mirror.naming import Context
from dualgrad.mirror.numerals import decimal, is_ratio
from dualgrad.mirror.printing import Level, Piece, Printer
from dualgrad.program.entry import MatrixEntry

_SUBSCRIPTS = dict(zip("0123456789+−aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_SUPERSCRIPTS = dict(zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))
_SIGNS = {"sum": "Σ", "prod": "Π", "max": "max", "min": "min"}
_RELATIONS = {">": ">", ">=": "≥", "<": "<", "<=": "≤", "==": "=", "!=": "≠"}
_FUNCTIONS = {"gammaln": "log Γ", "digamma": "ψ", "trigamma": "ψ′"}
_CONSTANTS = {"pi": "π", "inf": "∞", "-inf": "−∞", "nan": "nan"}
_FENCES = {"floor": "⌊⌋", "absolute": "||"}


class Text(Printer):
    """Plain Unicode."""

    def number(self, value: Fraction) -> Piece:
        if not is_ratio(value):
            return self.decimal(decimal(value))
        return Piece(str(value), Level.ATOM if value.denominator == 1 else Level.PRODUCT)

    def decimal(self, digits: str) -> Piece:
        return Piece(digits, Level.ATOM)

    def inverted(self, base: str) -> str:
        return f"{base}⁻¹"

    def matrix(self, node: MatrixEntry, context: Context) -> Piece:
        """In matrix notation, where there is one."""
        from dualgrad.mirror.notation import in_matrices  # which prints with this class

        inner = context.with_indices([node.row, node.column])
        text = in_matrices(node.body, (node.row, node.column), inner)
        if text is None:
            return super().matrix(node, context)
        return Piece(text, Level.ATOM if text.isalnum() else Level.SUM)

    def subscripted(self, name: str, places: Sequence[str]) -> str:
        return self.indexed(name, places)

    def indexed(self, name: str, places: Sequence[str]) -> str:
        short = all(character in _SUBSCRIPTS for place in places for character in place)
        if short and (len(places) == 1 or all(len(place) == 1 for place in places)):
            return name + _mapped("".join(places), _SUBSCRIPTS)
        return f"{name}[{', '.join(places)}]" if places else name

    def raised(self, base: str, exponent: str) -> str:
        if all(character in _SUPERSCRIPTS for character in exponent):
            return base + _mapped(exponent, _SUPERSCRIPTS)
        return f"{base}^{exponent}" if exponent.isalnum() or exponent.startswith("(") else f"{base}^({exponent})"

    def root(self, inner: Piece) -> Piece:
        return Piece("√" + (inner.text if inner.level == Level.ATOM else self.parenthesised(inner.text)), Level.SCRIPT)

    def quotient(self, top: Piece, bottom: Piece) -> Piece:
        plain = top.level >= Level.SCRIPT or (top.level == Level.PRODUCT and not _divides(top.text))
        over = top.text if plain else self.parenthesised(top.text)
        is_sum = bottom.level == Level.BIG and bottom.text.startswith(tuple(_SIGNS.values()))
        under = bottom.text if bottom.level >= Level.SCRIPT or is_sum else self.parenthesised(bottom.text)
        return Piece(f"{over}/{under}", Level.PRODUCT)

    def applied(self, name: str, args: Sequence[Piece]) -> Piece:
        inner = ", ".join(arg.text for arg in args)
        if name in _FENCES:
            return Piece(_FENCES[name][0] + inner + _FENCES[name][1], Level.ATOM)
        return Piece(f"{_FUNCTIONS.get(name, name)}({inner})", Level.ATOM)

    def softmax(self, place: str, inner: str, is_vector: bool) -> str:
        return (
            self.subscripted(f"softmax({inner})", [place])
            if is_vector
            else f"{self.subscripted('softmax', [place])}({inner})"
        )

    def parenthesised(self, text: str) -> str:
        return f"({text})"

    def bracket(self, condition: str) -> Piece:
        return Piece(f"[{condition}]", Level.ATOM)

    def big(self, kind: str, ranges: Sequence[tuple[str, str, str]]) -> str:
        if all(letter in _SUBSCRIPTS and not apart and not extent for letter, apart, extent in ranges):
            return _SIGNS[kind] + _mapped("".join(letter for letter, _, _ in ranges), _SUBSCRIPTS)
        return f"{_SIGNS[kind]}[{', '.join(_range(*part) for part in ranges)}]"

    def cases(self, condition: str, yes: str, no: str) -> Piece:
        return Piece(f"{{{yes} if {condition}, else {no}}}", Level.ATOM)

    def constant(self, name: str) -> str:
        return _CONSTANTS[name]

    def word(self, name: str) -> str:
        return name

    def sign(self, relation: str) -> str:
        return _RELATIONS[relation]

    def is_tall(self) -> bool:
        return False


def _divides(text: str) -> bool:
    """Whether a quotient stands outside all brackets."""
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "/" and depth == 0:
            return True
    return False


def _mapped(text: str, table: dict[str, str]) -> str:
    return "".join(table[character] for character in text)


def _range(letter: str, apart: str, extent: str) -> str:
    bound = f" < {extent}" if extent else ""
    return f"{letter}{bound}{f' ≠ {apart}' if apart else ''}"
