"""The numbers in a function's source: those that are what was written, and those that Python rounded once.

Python folds 1 + 2**-52 and 0.1 + 0.2 before anything is recorded. What they are without rounding is known from the
source; a number that was computed elsewhere, or typed to the last digit, may carry a rounding of its own.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from math import isfinite, nextafter, ulp
from typing import Any

from dualgrad.program.record import Equation, Literal, Operand, Program
from verify.ball.literals import Written
from verify.points.witness import node_of

TYPED = 14  # decimal digits; a number of more is the rounded result of something
NEAR = 4  # ulps; nobody rounds to a number that near to one of few digits
LARGEST = 1100  # exponents
MADE: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def written(*functions: Callable[..., Any]) -> dict[float, float]:
    """For every float that is known from the sources, how far it is at most from what was written."""
    known: dict[float, float] = {}
    rounded: set[float] = set()
    for function in functions:
        node = node_of(function)
        for part in ast.walk(node) if node is not None else ():
            value, exact = _value(part), _exact(part)
            if not isinstance(value, float) or not isfinite(value):
                continue
            if exact is None:
                rounded.add(value)
            else:
                off = float(abs(Fraction(value) - exact))
                known[value] = max(known.get(value, 0.0), nextafter(off, 1.0) if off else 0.0)
    return {value: off for value, off in known.items() if value not in rounded}


def is_odd(program: Program) -> bool:
    """Whether a program has a number that is nearly one of few digits, as 0.1 + 0.2 is, or 1 + 2**-52.

    Without one, what differs are the doubles that stand for decimals: 0.06 and 0.2 are off by less than an ulp, and
    what is computed from them by as much as that is amplified.
    """
    operands = [operand for equation in program.equations for operand in equation.inputs] + list(program.outputs)
    return any(
        isinstance(operand, Literal)
        and isinstance(operand.value, float)
        and 0 < abs(operand.value - _short(operand.value)) <= NEAR * ulp(operand.value)
        for operand in operands
    )


def as_written(program: Program, known: Mapping[float, float]) -> Program:
    """The program with what is known of its floats."""

    def told(operand: Operand) -> Operand:
        value = operand.value if isinstance(operand, Literal) else None
        return Literal(Written(value, known[value])) if isinstance(value, float) and value in known else operand

    def retold(equation: Equation) -> Equation:
        return replace(equation, inputs=tuple(map(told, equation.inputs)))

    return replace(program, equations=tuple(map(retold, program.equations)), outputs=tuple(map(told, program.outputs)))


def _value(node: ast.AST) -> int | float | None:
    """The number that an expression of numbers alone is, as Python computes it."""
    found: int | float | None = _computed(node, lambda number: number)
    return found


def _exact(node: ast.AST) -> Fraction | None:
    """The same without rounding, from the doubles that are written; None where one has too many digits."""
    found = _computed(node, lambda number: Fraction(number) if _is_typed(number) else None)
    return Fraction(found) if isinstance(found, (int, Fraction)) else None


def _is_typed(number: int | float) -> bool:
    """Whether a number is written out: with few digits, or as one of few digits that is off by some ulps."""
    return isinstance(number, int) or abs(number - _short(number)) <= NEAR * ulp(number)


def _short(number: float) -> float:
    return float(f"{number:.{TYPED - 1}e}")


def _computed(node: ast.AST, read: Callable[[int | float], Any]) -> Any:
    match node:
        case ast.Constant(int() | float() as value) if not isinstance(value, bool):
            return read(value)
        case ast.UnaryOp(ast.USub(), operand):
            inner = _computed(operand, read)
            return None if inner is None else -inner
        case ast.BinOp(left, made, right) if type(made) in MADE:
            pair = _computed(left, read), _computed(right, read)
            if None in pair or (isinstance(made, ast.Pow) and abs(pair[1]) > LARGEST):
                return None
            with suppress(ArithmeticError, ValueError):
                return MADE[type(made)](*pair)
    return None
