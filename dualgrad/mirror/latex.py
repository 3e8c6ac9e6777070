"""Formulas in LaTeX, of the part of it that every renderer knows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dualgrad.mirror.naming import BAR, SUM
from dualgrad.mirror.numerals import decimal, is_ratio
from dualgrad.mirror.printing import Level, Piece, Printer
from dualgrad.program.entry import MATRIX_FUNCTIONS

_SIGNS = {"sum": r"\sum", "prod": r"\prod", "max": r"\max", "min": r"\min"}
_RELATIONS = {">": ">", ">=": r"\ge", "<": "<", "<=": r"\le", "==": "=", "!=": r"\ne"}
_FUNCTIONS = {
    **{name: rf"\{name}" for name in "log sin cos tan sinh cosh tanh arcsin arccos arctan max min det".split()},
    **{name: rf"\operatorname{{{name}}}" for name in "arcsinh arccosh arctanh erf erfc erfinv sign".split()},
    **{name: rf"\operatorname{{{name.replace('_', ' ')}}}" for name in MATRIX_FUNCTIONS if name not in ("inv", "det")},
    "arctan2": r"\operatorname{atan2}",
    "gammaln": r"\log \Gamma",
    "digamma": r"\psi",
    "trigamma": r"\psi'",
}
_CONSTANTS = {"pi": r"\pi", "inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{nan}"}
_GREEK = frozenset("alpha beta gamma delta epsilon theta kappa lambda mu nu rho sigma tau phi psi omega".split())


class Latex(Printer):
    """LaTeX, without delimiters."""

    minus = "-"
    maps = r"\mapsto"

    def number(self, value: Fraction) -> Piece:
        if not is_ratio(value):
            return self.decimal(decimal(value))
        if value.denominator == 1:
            return Piece(str(value), Level.ATOM)
        return Piece(rf"\frac{{{value.numerator}}}{{{value.denominator}}}", Level.PRODUCT)

    def decimal(self, digits: str) -> Piece:
        mantissa, _, exponent = digits.partition("e")
        if not exponent:
            return Piece(mantissa, Level.ATOM)
        scaled = f"10^{{{int(exponent)}}}"
        return Piece(scaled if mantissa == "1" else rf"{mantissa} \cdot {scaled}", Level.PRODUCT)

    def inverted(self, base: str) -> str:
        return f"{base}^{{-1}}"

    def subscripted(self, name: str, places: Sequence[str]) -> str:
        return self.indexed(self.word(name), places)

    def indexed(self, base: str, places: Sequence[str]) -> str:
        if not places:
            return base
        separator = " " if all(len(place) == 1 for place in places) else ", "
        return f"{base}_{{{separator.join(places)}}}"

    def raised(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def root(self, inner: Piece) -> Piece:
        return Piece(rf"\sqrt{{{inner.text}}}", Level.ATOM)

    def quotient(self, top: Piece, bottom: Piece) -> Piece:
        return Piece(rf"\frac{{{top.text}}}{{{bottom.text}}}", Level.PRODUCT)

    def applied(self, name: str, args: Sequence[Piece]) -> Piece:
        inner = ", ".join(arg.text for arg in args)
        if name == "exp":
            return Piece(f"e^{{{inner}}}", Level.SCRIPT)
        if name == "floor":
            return Piece(rf"\left\lfloor {inner} \right\rfloor", Level.ATOM)
        if name == "absolute":
            return Piece(rf"\left| {inner} \right|", Level.ATOM)
        word = name.replace("_", " ")
        return Piece(_FUNCTIONS.get(name, rf"\operatorname{{{word}}}") + self.parenthesised(inner), Level.ATOM)

    def softmax(self, place: str, inner: str, is_vector: bool) -> str:
        name, of = r"\operatorname{softmax}", self.parenthesised(inner)
        return f"{name}{of}_{{{place}}}" if is_vector else f"{name}_{{{place}}}{of}"

    def parenthesised(self, text: str) -> str:
        return rf"\left({text}\right)"

    def bracket(self, condition: str) -> Piece:
        return Piece(rf"\left[{condition}\right]", Level.ATOM)

    def big(self, kind: str, ranges: Sequence[tuple[str, str, str]]) -> str:
        if all(not apart and not extent for _, apart, extent in ranges):
            return f"{_SIGNS[kind]}_{{{', '.join(letter for letter, _, _ in ranges)}}}"
        return " ".join(f"{_SIGNS[kind]}_{{{_range(*part)}}}" for part in ranges)

    def cases(self, condition: str, yes: str, no: str) -> Piece:
        rows = rf"{yes} & \text{{if }} {condition} \\ {no} & \text{{else}}"
        return Piece(rf"\begin{{cases}} {rows} \end{{cases}}", Level.ATOM)

    def constant(self, name: str) -> str:
        return _CONSTANTS[name]

    def word(self, name: str) -> str:
        if name.endswith(BAR):
            return rf"\bar{{{self.word(name.removesuffix(BAR))}}}"
        if name.startswith(SUM):
            return rf"\sum {self.word(name.removeprefix(SUM))}"
        if len(name) == 1:
            return r"\delta" if name == "δ" else name
        if name in _GREEK:
            return rf"\{name}"
        return rf"\mathrm{{{name.replace('_', chr(92) + '_')}}}"

    def sign(self, relation: str) -> str:
        return _RELATIONS[relation]

    def is_tall(self) -> bool:
        return True


def _range(letter: str, apart: str, extent: str) -> str:
    parts = [rf"{letter} < {extent}"] if extent else []
    parts += [rf"{letter} \ne {apart}"] if apart else []
    return ", ".join(parts) or letter
