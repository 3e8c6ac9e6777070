"""Operators of declared expressions. Apart from what walks them: a recording sees their results, not these lines."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from verify.declared.grammar import Refused
from verify.declared.limits import EXPONENT, WHOLE

_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def binary(op: ast.operator, left: Any, right: Any) -> Any:
    """Apply an operator. Whole numbers stay small, so that 9 ** 9 ** 9 is refused and not computed.

    >>> binary(ast.Mult(), 6, 7)
    42
    >>> binary(ast.Pow(), 9, 99)
    Traceback (most recent call last):
    verify.declared.grammar.Refused: 9 ** 99: a whole exponent of a whole number lies in 0 to 64; write 9.0
    """
    whole = type(left) is int and type(right) is int
    if whole and isinstance(op, ast.Pow) and not 0 <= right <= EXPONENT:
        raise Refused(f"{left} ** {right}: a whole exponent of a whole number lies in 0 to {EXPONENT}; write {left}.0")
    found = _BINARY[type(op)](left, right)
    if whole and abs(found) > WHOLE:
        raise Refused(f"a whole number became larger than 2**53: {left} and {right}; write them with a point")
    return found


def compare(op: ast.cmpop, left: Any, right: Any) -> Any:
    """Compare element by element.

    >>> compare(ast.Lt(), 1, 2)
    True
    """
    return _COMPARE[type(op)](left, right)
