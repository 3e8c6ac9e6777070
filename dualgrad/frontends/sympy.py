"""SymPy expressions as functions of arrays, so that a formula can be the candidate of a check.

Three ways to write a formula are read: with indices (``x[i]``, ``Sum``, ``KroneckerDelta``), with matrix symbols
(``A.T * A * x``), and with plain symbols, each of which is then the whole array of an argument. Nothing is simplified
or evaluated by SymPy; rational numbers stay numerator and denominator, so that none is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import sympy
from sympy.matrices.expressions import MatrixExpr
from sympy.matrices.expressions.matexpr import MatrixElement

from dualgrad.frontends.dims import Dim
from dualgrad.frontends.matrices import FUNCTIONS, as_given, matrix, over
from dualgrad.shapes import plain_extents

_COMPARED: dict[Any, Callable[..., Any]] = {
    sympy.Gt: np.greater, sympy.Ge: np.greater_equal, sympy.Lt: np.less, sympy.Le: np.less_equal,
    sympy.Eq: np.equal, sympy.Ne: np.not_equal,
}  # fmt: skip
_CONSTANTS = {sympy.pi: np.pi, sympy.E: np.e, sympy.EulerGamma: np.euler_gamma}

_CHAINED = (np.add, np.multiply, np.maximum, np.minimum)  # of any number of arguments, from the left

Axes = tuple[Any, ...]  # the index symbol of each axis


def is_sympy(value: Any) -> bool:
    """Whether this is a SymPy expression, or a tuple or list of them.

    >>> is_sympy(sympy.Symbol("x")), is_sympy([sympy.pi]), is_sympy(3)
    (True, True, False)
    """
    each = value if isinstance(value, (tuple, list)) and value else [value]
    return all(isinstance(part, sympy.Basic) for part in each)


def as_function(expression: Any, names: Sequence[str]) -> Callable[..., Any]:
    """The function of the arguments with these names that an expression is; of a tuple, a tuple of results.

    The axes of the result are the free indices in alphabetical order, or in that of ``sympy.Lambda((j, i), …)``. The
    size ``n`` in ``Sum(x[j], (j, 0, n - 1))`` is the length of the axis that ``j`` runs over; sizes that occur in no
    sum are said by ``IndexedBase("x", shape=(n,))``. ValueError, when called, for what cannot be read.

    >>> x, i, j, n = sympy.IndexedBase("x"), *sympy.symbols("i j n")
    >>> as_function(2 * x[i] * sympy.Sum(x[j], (j, 0, n - 1)) / n, ["x"])(np.array([1.0, 3.0]))
    array([ 4., 12.])
    """

    def evaluate(*arguments: Any) -> Any:
        known = dict(zip(names, arguments, strict=False))
        if isinstance(expression, (tuple, list)):
            return tuple(_Formula(each, known).value() for each in expression)
        return _Formula(expression, known).value()

    evaluate.__name__ = evaluate.__qualname__ = str(expression)
    return evaluate


def _agree(length: Any, other: Any) -> bool:
    """Whether two lengths are one; of dimensions of a recording, a hypothesis of that recording."""
    for one in (length, other):
        if isinstance(one, Dim):
            try:
                first, second = plain_extents((length, other))
                one.trace.extents.same(first, second, "a sum in the formula")
            except ValueError:
                return False
            return True
    return bool(length == other)


class _Formula:
    def __init__(self, expression: Any, arguments: Mapping[str, Any]) -> None:
        self.order: Axes | None = None
        if isinstance(expression, sympy.Lambda):
            self.order, expression = tuple(expression.signature), expression.expr
        self.expression = sympy.sympify(expression, strict=True)
        self.arguments = arguments
        self.lengths: dict[Any, Any] = {}  # of the range of an index
        self.sizes: dict[Any, Any] = {}
        self._measure()

    def value(self) -> Any:
        """The result, with its axes in order."""
        if isinstance(self.expression, MatrixExpr):
            return as_given(matrix(self.expression, self), self.expression, self.arguments)
        array, axes = self.read(self.expression)
        if self.order is None:
            return self._to(array, axes, tuple(sorted(axes, key=str)))
        full = self._to(array, axes, self.order)
        return np.broadcast_to(full, tuple(self._length(index) for index in self.order))

    # ------------------------------------------------------------------------ sizes

    def _measure(self) -> None:
        """The ranges of indices and the values of sizes, from where indices are used."""
        for node in sympy.preorder_traversal(self.expression):
            if isinstance(node, sympy.Indexed | MatrixElement):
                array = self.argument(node.args[0], node)
                indices = node.indices if isinstance(node, sympy.Indexed) else node.args[1:]
                if len(indices) != array.ndim and not isinstance(node, MatrixElement):
                    raise self.refused(node, f"has {len(indices)} indices, and the argument has {array.ndim} axes")
                for index, length in zip(indices, array.shape, strict=False):
                    self._range(node, index, length)
                self._sized(node.args[0], array)
            elif isinstance(node, sympy.MatrixSymbol):
                self._sized(node, self.argument(node, node))
        for node in self.expression.atoms(sympy.Sum, sympy.Product):
            for index, low, high in node.limits:
                if low != 0:
                    raise self.refused(node, f"starts at {low}; indices start at 0")
                if index not in self.lengths:
                    raise self.refused(node, f"has the index {index} at no argument, so its range is not known")
                size = sympy.expand(high + 1)
                if isinstance(size, sympy.Symbol):
                    self.sizes.setdefault(size, self.lengths[index])

    def _sized(self, base: Any, array: Any) -> None:
        for size, length in zip(base.shape or (), array.shape, strict=False):
            if isinstance(size, sympy.Symbol):
                self.sizes.setdefault(size, length)

    def _range(self, node: Any, index: Any, length: Any) -> None:
        if isinstance(index, sympy.Integer):
            return
        if not isinstance(index, sympy.Symbol | sympy.Idx):
            raise self.refused(node, f"is read at {index}; indices are symbols or numbers")
        self.lengths.setdefault(index, length)

    def _length(self, index: Any) -> Any:
        if index not in self.lengths:
            raise self.refused(index, "is an index of no argument, so its range is not known")
        return self.lengths[index]

    # ------------------------------------------------------------------------ with indices

    def read(self, node: Any) -> tuple[Any, Axes]:
        """The value of a scalar expression, an axis for each index that it depends on."""
        if isinstance(node, MatrixElement) and not isinstance(node.parent, sympy.MatrixSymbol):
            return matrix(node.parent, self)[int(node.i), int(node.j)], ()
        if isinstance(node, sympy.Indexed | MatrixElement):
            return self._element(node)
        if isinstance(node, sympy.Symbol):
            return self._symbol(node), ()
        if node.is_Rational:
            return over(np.ones(()) if node.q > 1 else 1, node), ()
        if node in _CONSTANTS or node.is_Float:
            return _CONSTANTS.get(node) or float(node), ()
        if isinstance(node, sympy.Add):
            return self._combined(np.add, map(self.read, sorted(node.args, key=lambda part: part.is_Number)))
        if isinstance(node, sympy.Mul):
            ratio, rest = node.as_coeff_mul()
            array, axes = self._combined(np.multiply, map(self.read, rest))
            return over(array, ratio), axes
        if isinstance(node, sympy.Pow):
            return self._power(*node.args)
        if isinstance(node, sympy.exp):
            array, axes = self.read(node.args[0])
            return np.exp(array), axes
        if isinstance(node, sympy.Sum | sympy.Product):
            return self._reduced(node)
        if isinstance(node, sympy.KroneckerDelta):
            return self._delta(*node.args)
        if isinstance(node, sympy.Max | sympy.Min):
            return self._combined(np.maximum if isinstance(node, sympy.Max) else np.minimum, map(self.read, node.args))
        if isinstance(node, sympy.Piecewise):
            return self._piecewise(node)
        if isinstance(node, sympy.Heaviside):
            return self._combined(np.heaviside, map(self.read, node.args))
        if isinstance(node, sympy.Trace):
            return np.trace(matrix(node.arg, self)), ()
        if isinstance(node, sympy.Determinant):
            return np.linalg.det(matrix(node.arg, self)), ()
        if node.func in _COMPARED or node.func in FUNCTIONS:
            return self._combined((_COMPARED | FUNCTIONS)[node.func], map(self.read, node.args))
        raise self.refused(node, f"is a {type(node).__name__}, which is not read")

    def _element(self, node: Any) -> tuple[Any, Axes]:
        array = self.argument(node.args[0], node)
        indices = tuple(node.indices if isinstance(node, sympy.Indexed) else node.args[1 : 1 + array.ndim])
        array = array[tuple(int(index) if index.is_Integer else slice(None) for index in indices)]
        axes = [index for index in indices if not index.is_Integer]
        for index in sorted(set(axes), key=str):
            while axes.count(index) > 1:
                first = axes.index(index)
                second = axes.index(index, first + 1)
                array = np.diagonal(array, 0, first, second)
                axes = [axis for k, axis in enumerate(axes) if k not in (first, second)] + [index]
        return array, tuple(axes)

    def _symbol(self, node: Any) -> Any:
        if node.name in self.arguments:
            array = self.arguments[node.name]
            if np.ndim(array) and self.lengths:
                raise self.refused(node, "is an array; give it its indices, as the other arrays have")
            return array
        if node in self.sizes:
            return self.sizes[node]
        if len(self.arguments) == 1:
            shape = np.shape(next(iter(self.arguments.values())))
            if len(shape) == 1:
                return shape[0]
        raise self.refused(
            node,
            f"is neither an argument ({', '.join(self.arguments)}) nor a size of one; say which by "
            f"IndexedBase(name, shape=...)",
        )

    def _combined(self, function: Callable[..., Any], parts: Iterable[tuple[Any, Axes]]) -> tuple[Any, Axes]:
        """The function of values that are aligned by their indices."""
        found = list(parts)
        axes = tuple(dict.fromkeys(index for _, own in found for index in own))
        aligned = [self._to(array, own, axes) for array, own in found]
        return (reduce(function, aligned) if function in _CHAINED else function(*aligned)), axes

    def _to(self, array: Any, own: Axes, axes: Axes) -> Any:
        """The array with these axes, of length 1 where it has none."""
        if not own:
            return array
        order = [index for index in axes if index in own]
        turned = np.transpose(array, [own.index(index) for index in order]) if order != list(own) else array
        return (
            turned[tuple(slice(None) if index in own else None for index in axes)] if len(axes) > len(own) else turned
        )

    def _power(self, base: Any, exponent: Any) -> tuple[Any, Axes]:
        if exponent.is_Integer and exponent < 0:
            array, axes = self.read(base) if exponent == -1 else self._power(base, -exponent)
            return np.divide(1, array), axes
        if exponent == sympy.Rational(1, 2) or exponent == sympy.Rational(-1, 2):
            array, axes = self.read(base)
            return (np.sqrt(array) if exponent > 0 else np.divide(1, np.sqrt(array))), axes
        if exponent.is_Number:
            array, axes = self.read(base)
            return np.power(array, int(exponent) if exponent.is_Integer else float(exponent)), axes
        return self._combined(np.power, [self.read(base), self.read(exponent)])

    def _reduced(self, node: Any) -> tuple[Any, Axes]:
        array, axes = self.read(node.function)
        for index, _, high in node.limits:
            self._require_whole(node, index, high)
            if index in axes:
                place = axes.index(index)
                array = (np.sum if isinstance(node, sympy.Sum) else np.prod)(array, axis=place)
                axes = axes[:place] + axes[place + 1 :]
            else:
                length = self._length(index)
                array = np.multiply(array, length) if isinstance(node, sympy.Sum) else np.power(array, length)
        return array, axes

    def _require_whole(self, node: Any, index: Any, high: Any) -> None:
        size, length = sympy.expand(high + 1), self._length(index)
        known = self.sizes.get(size) if isinstance(size, sympy.Symbol) else int(size) if size.is_Integer else None
        if known is None or not _agree(known, length):
            raise self.refused(node, f"does not run over the whole axis, from 0 to {length} - 1")

    def _delta(self, one: Any, other: Any) -> tuple[Any, Axes]:
        if one.is_Integer or other.is_Integer:
            raise self.refused(sympy.KroneckerDelta(one, other), "compares with a number; indices are symbols here")
        self.lengths.setdefault(one, self.lengths.get(other))
        return np.diag(np.ones_like(self._along(one))), (one, other)

    def _along(self, index: Any) -> Any:
        """Some array with this index as its one axis."""
        for node in self.expression.atoms(sympy.Indexed):
            if index in node.indices and all(k.is_Integer or k == index for k in node.indices):
                return self._element(node)[0]
        for node in self.expression.atoms(sympy.Indexed):
            if index in node.indices:
                array, axes = self._element(node)
                others = tuple(k for k, axis in enumerate(axes) if axis != index)
                return np.sum(array, axis=others)
        raise self.refused(index, "is an index of no argument, so its range is not known")

    def _piecewise(self, node: Any) -> tuple[Any, Axes]:
        *cases, (last, always) = node.args
        if always != sympy.true:
            raise self.refused(node, "has no last case for everything else: end it with (value, True)")
        value = self.read(last)
        for result, condition in reversed(cases):
            value = self._combined(np.where, [self.read(condition), self.read(result), value])
        return value

    # ------------------------------------------------------------------------ arguments

    def argument(self, base: Any, node: Any) -> Any:
        """The array that a base names."""
        name = str(base.label) if isinstance(base, sympy.IndexedBase) else str(base)
        if name not in self.arguments:
            raise self.refused(node, f"names {name}, which is none of the arguments {', '.join(self.arguments)}")
        array = self.arguments[name]
        return array if hasattr(array, "ndim") else np.asarray(array)

    def refused(self, node: Any, why: str) -> ValueError:
        """What to raise for a part of the expression."""
        return ValueError(f"the SymPy expression {self.expression}: {node} {why}")
