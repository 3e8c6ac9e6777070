"""Entries as SymPy expressions.

Every symbol is real and made by its class; nothing is parsed. The expression is for people who go on in SymPy:
dualgrad decides nothing with it.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy.concrete.expr_with_limits import ExprWithLimits

from dualgrad.mirror.constants import Constant, Unreadable
from dualgrad.mirror.kernels import FUNCTIONS
from dualgrad.mirror.naming import Context
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
    affine,
)
from dualgrad.program.size import Extent, Monomial, terms

_CONSTANTS = {"pi": sympy.pi, "inf": sympy.oo, "-inf": -sympy.oo, "nan": sympy.nan}
_REDUCTIONS: dict[str, type[ExprWithLimits]] = {"sum": sympy.Sum, "prod": sympy.Product}


def expression(node: Entry, context: Context) -> Any:
    """The entry in SymPy: ``Sum`` over 0 … n−1, indicator brackets as ``Piecewise``."""
    match node:
        case Number(value):
            return sympy.Rational(value.numerator, value.denominator)
        case Constant(name):
            return _CONSTANTS[name]
        case Count(extent):
            return _extent(extent)
        case Element(slot, position):
            if not position:
                return sympy.Symbol(context.names[slot], real=True)
            base = sympy.IndexedBase(sympy.Symbol(context.names[slot], real=True))
            return base[tuple(_form(form, context) for form in position)]
        case Plus(args):
            return sympy.Add(*(expression(arg, context) for arg in args))
        case Times(args):
            return sympy.Mul(*(expression(arg, context) for arg in args))
        case Power(base, exponent):
            return sympy.Pow(expression(base, context), sympy.Rational(exponent.numerator, exponent.denominator))
        case Kernel(name, args) if name in FUNCTIONS:
            return FUNCTIONS[name](*(expression(arg, context) for arg in args))
        case Reduce(kind, index, body):
            return _reduction(kind, index, body, context.with_indices([index]))
        case Holds() | Guard():
            return _indicator(node, context)
        case Turn(name, left, right, size):
            angle = sympy.pi * _form(left, context) * _form(right, context) / (2 * _extent(size))
            return sympy.sin(angle) if name == "sin" else sympy.cos(angle)
        case Select(condition, yes, no):
            taken = (expression(yes, context), _condition(condition, context))
            return sympy.Piecewise(taken, (expression(no, context), True))
        case MatrixEntry():
            return _of_matrix(node, context)
    raise Unreadable(f"dualgrad.mirror: {type(node).__name__} has no SymPy expression; print the formula instead")


def _reduction(kind: str, index: Index, body: Entry, context: Context) -> Any:
    if kind not in _REDUCTIONS:
        raise Unreadable(f"dualgrad.mirror: SymPy has no {kind} over an index; print the formula instead")
    return _REDUCTIONS[kind](expression(body, context), (_letter(index, context), 0, _extent(index.extent) - 1))


def _of_matrix(node: MatrixEntry, context: Context) -> Any:
    """``inv(X, i, j)`` and ``det(X)``, by name: SymPy writes out those of known size. Other matrices as a Lambda."""
    match node.body:
        case Element(slot, position) if position == (affine(node.row), affine(node.column)):
            matrix: Any = sympy.IndexedBase(sympy.Symbol(context.names[slot], real=True))
        case _:
            inner = context.with_indices([node.row, node.column])
            own = tuple(_letter(index, inner) for index in (node.row, node.column))
            matrix = sympy.Lambda(own, expression(node.body, inner))
    return sympy.Function(node.kind, real=True)(matrix, *(_form(form, context) for form in node.at))


def _indicator(node: Holds | Guard, context: Context) -> Any:
    if isinstance(node, Holds) and node.relation == "==" and node.form.constant == 0 and len(node.form.terms) == 2:
        (one, factor), (other, slope) = node.form.terms
        if factor == 1 and slope == -1:
            return sympy.KroneckerDelta(_letter(one, context), _letter(other, context))
    return sympy.Piecewise((1, _condition(node, context)), (0, True))


def _condition(node: Entry, context: Context) -> Any:
    match node:
        case Holds(relation, form):
            return (sympy.Ge if relation == ">=" else sympy.Eq)(_form(form, context), 0)
        case Guard(relation, value):
            return (sympy.Gt if relation == ">" else sympy.Eq)(expression(value, context), 0)
    return sympy.Ne(expression(node, context), 0)


def _letter(index: Index, context: Context) -> Any:
    return sympy.Symbol(context.letters[index], integer=True)


def _form(form: Affine, context: Context) -> Any:
    return sympy.Add(*(_letter(i, context) * _extent(f) for i, f in form.terms), _extent(form.constant))


def _extent(extent: Extent) -> Any:
    return sympy.Add(*(factor * _monomial(powers) for powers, factor in terms(extent)))


def _monomial(powers: Monomial) -> Any:
    return sympy.Mul(*(sympy.Symbol(name, integer=True, positive=True) ** power for name, power in powers))
