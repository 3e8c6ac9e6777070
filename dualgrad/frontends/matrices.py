"""SymPy's matrix expressions on arrays: a vector argument is a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Protocol

import numpy as np
import sympy
from sympy.matrices.expressions import MatrixExpr
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from dualgrad.op import REGISTRY

FUNCTIONS: dict[Any, Callable[..., Any]] = {
    sympy.exp: np.exp, sympy.log: np.log, sympy.Abs: np.abs, sympy.sign: np.sign,
    sympy.sin: np.sin, sympy.cos: np.cos, sympy.tan: np.tan,
    sympy.asin: np.arcsin, sympy.acos: np.arccos, sympy.atan: np.arctan, sympy.atan2: np.arctan2,
    sympy.sinh: np.sinh, sympy.cosh: np.cosh, sympy.tanh: np.tanh,
    sympy.asinh: np.arcsinh, sympy.acosh: np.arccosh, sympy.atanh: np.arctanh,
    sympy.erf: REGISTRY["erf"], sympy.erfc: REGISTRY["erfc"], sympy.erfinv: REGISTRY["erfinv"],
    sympy.loggamma: REGISTRY["gammaln"], sympy.digamma: REGISTRY["digamma"],
}  # fmt: skip


class Scalars(Protocol):
    """What reads the rest of an expression."""

    def read(self, node: Any) -> tuple[Any, tuple[Any, ...]]:
        """The value of a scalar expression, an axis for each index that it depends on."""

    def argument(self, base: Any, node: Any) -> Any:
        """The array that a base names."""

    def refused(self, node: Any, why: str) -> ValueError:
        """What to raise for a part of the expression."""


def over(array: Any, ratio: Any) -> Any:
    """The array times a rational number, by its numerator and denominator."""
    if not ratio.is_Rational:
        return np.multiply(array, float(ratio))
    array = array if ratio.p == 1 else np.multiply(array, int(ratio.p))
    return array if ratio.q == 1 else np.divide(array, int(ratio.q))


def matrix(node: Any, scalars: Scalars) -> Any:
    """The value of a matrix expression, with two axes."""
    if isinstance(node, sympy.MatrixSymbol):
        array = scalars.argument(node, node)
        return array[:, None] if array.ndim == 1 else array
    if isinstance(node, sympy.MatMul):
        parts = [part for part in node.args if isinstance(part, MatrixExpr)]
        product = reduce(np.matmul, [matrix(part, scalars) for part in parts])
        ratio, rest = sympy.Mul(*(part for part in node.args if not isinstance(part, MatrixExpr))).as_coeff_mul()
        for part in rest:
            product = np.multiply(product, scalars.read(part)[0])
        return over(product, ratio)
    if isinstance(node, sympy.MatPow) and node.exp.is_Integer:
        return np.linalg.matrix_power(matrix(node.base, scalars), int(node.exp))
    if isinstance(node, sympy.HadamardPower) and node.exp.is_Integer:
        return np.power(matrix(node.base, scalars), int(node.exp))
    if isinstance(node, ElementwiseApplyFunction) and node.function.expr.func in FUNCTIONS:
        return FUNCTIONS[node.function.expr.func](matrix(node.expr, scalars))
    for kind, function in _MATRICES.items():
        if isinstance(node, kind):
            parts = [matrix(part, scalars) for part in node.args if isinstance(part, MatrixExpr)]
            return reduce(function, parts) if function in (np.add, np.multiply) else function(*parts)
    raise scalars.refused(node, f"is a {type(node).__name__}, which is not read")


_MATRICES: dict[Any, Callable[..., Any]] = {
    sympy.MatAdd: np.add,
    sympy.HadamardProduct: np.multiply,
    sympy.Transpose: np.transpose,
    sympy.Inverse: np.linalg.inv,
    sympy.DiagMatrix: lambda column: np.diag(column[:, 0]),
}


def as_given(value: Any, node: Any, arguments: Mapping[str, Any]) -> Any:
    """The value without the axis of length 1 that columns have here, where a vector was given."""
    vectors = any(np.ndim(arguments[symbol.name]) == 1 for symbol in node.atoms(sympy.MatrixSymbol))
    if not vectors:
        return value
    rows, columns = node.shape
    value = value[:, 0] if columns == 1 else value
    return value[0] if rows == 1 else value
