"""Meanings as forms: one clause for each node of the language of entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from dualgrad.program import entry as e
from dualgrad.program.entry import Affine, Entry, Index
from dualgrad.program.size import Extent
from verify.form import construct, functions, matrices
from verify.form import linear as lin
from verify.form.algebra import add, multiply, size_form, subtract, sum_over
from verify.form.decompose import required
from verify.form.linear import Linear
from verify.form.literals import read
from verify.form.power import power
from verify.form.setting import NoForm
from verify.form.settle import truth
from verify.form.term import FUNCTIONS, ONE, Form, constant_value
from verify.form.turns import turn

At = Mapping[Index, Linear]


@dataclass(frozen=True, slots=True)
class Requirement:
    """What must hold for an expression to have a value: ``form`` is "> 0", ">= 0", "!= 0", … where ``path`` is 1."""

    form: Form
    relation: str
    path: Form
    line: str = ""


# What the argument of a kernel must satisfy; each bound as (what is taken of u, relation).
_NEEDS: dict[str, tuple[tuple[Callable[[Form], Form], str], ...]] = {
    "log": ((lambda u: u, "> 0"),),
    "power": ((lambda u: u, "> 0"),),
    "arcsin": ((lambda u: subtract(ONE, power(u, 2)), ">= 0"),),
    "arccos": ((lambda u: subtract(ONE, power(u, 2)), ">= 0"),),
    "arctanh": ((lambda u: subtract(ONE, power(u, 2)), "> 0"),),
    "arccosh": ((lambda u: subtract(u, ONE), ">= 0"),),
    "tan": ((lambda u: construct.kernel("cos", u), "!= 0"),),
    "erfinv": ((lambda u: subtract(ONE, power(u, 2)), "> 0"),),
    "gammaln": ((lambda u: u, "> 0"),),
    "digamma": ((lambda u: construct.kernel("reciprocal_gamma", u), "!= 0"),),
    "trigamma": ((lambda u: u, "> 0"),),
    "exponential_integral": ((lambda u: u, "!= 0"),),
    "cosine_integral": ((lambda u: u, "> 0"),),
    "hyperbolic_cosine_integral": ((lambda u: u, "> 0"),),
    "dilogarithm": ((lambda u: subtract(ONE, u), ">= 0"),),
}
_OF_POSITIVE = frozenset({"bessel_y", "bessel_k", "hurwitz_zeta"})  # in the second argument
_OF_POSITIVE_ARGUMENTS = frozenset({"gamma_distribution"})
_OF_LEVEL = frozenset({"gamma_quantile", "beta_quantile", "beta_distribution"})  # the last argument is in (0, 1)


class Interpreter:
    """Evaluates entries to forms. What an expression requires is given to ``require`` before it is simplified."""

    def __init__(
        self,
        element: Callable[[int, tuple[Linear, ...]], Form],
        resolve: Callable[[Extent], Extent],
        reading: str,
        require: Callable[[Form, str, Form], None],
    ) -> None:
        self.element = element
        self.resolve = resolve
        self.reading = reading
        self.require = require

    def value(self, node: Entry, at: At, path: Form = ONE) -> Form:
        """The form of an entry with its indices at these positions, where ``path`` is 1."""
        match node:
            case e.Number(value):
                return read(value, self.reading)
            case e.Count(extent):
                return size_form(self.resolve(extent))
            case e.Element(slot, position):
                return self.element(slot, tuple(self.position(form, at) for form in position))
            case e.Plus(args):
                return add(*(self.value(arg, at, path) for arg in args))
            case e.Times(args):
                return multiply(*(self.value(arg, at, path) for arg in args))
            case e.Power(base, exponent):
                return self._power(self.value(base, at, path), exponent, path)
            case e.Kernel(name, args):
                return self._kernel(name, [self.value(arg, at, path) for arg in args], path)
            case e.Reduce(kind, index, body):
                return self._reduce(kind, index, body, at, path)
            case e.Holds(relation, form):
                kind = "delta" if relation == "==" else "atleast"
                return truth(kind, self.position(form, at))
            case e.Turn(name, left, right, size):
                return turn(name, self.position(left, at), self.position(right, at), self.resolve(size))
            case e.Guard(relation, inner):
                asked = self.value(inner, at, path)
                return construct.positive(asked) if relation == ">" else construct.vanishes(asked)
            case e.Select(condition, yes, no):
                return self._select(condition, yes, no, at, path)
            case e.MatrixEntry(kind, row, column, body, places):
                matrix = self._matrix(row, column, body, at, path)
                return self._of_matrix(kind, matrix, tuple(self.position(place, at) for place in places), path)
        raise TypeError(f"verify.form: no clause for {type(node).__name__}; the language of entries has grown")

    def position(self, form: Affine, at: At) -> Linear:
        """An affine position with merged dimensions replaced."""
        if form.constant != 0 or len(form.terms) != 1 or form.terms[0][1] != 1:
            parts = tuple((index, self.resolve(factor)) for index, factor in form.terms)
            form = Affine(parts, self.resolve(form.constant))
        return lin.of_affine(form, at)

    def _power(self, base: Form, exponent: Fraction, path: Form) -> Form:
        value = constant_value(read(exponent, self.reading)) if exponent.denominator != 1 else exponent
        value = exponent if value is None else value
        if value.denominator != 1:
            self.require(base, "> 0" if value < 0 else ">= 0", path)
        elif value < 0:
            self.require(base, "!= 0", path)
        return power(base, value)

    def _kernel(self, name: str, args: list[Form], path: Form) -> Form:
        if name == "power":
            value = constant_value(args[1])
            if value is not None:
                return self._power(args[0], Fraction(value), path)
        for taken, relation in _NEEDS.get(name, ()):
            self.require(taken(args[0]), relation, path)
        if name in ("bessel_j", "bessel_i"):
            value = constant_value(args[0])
            if value is None or value.denominator != 1:
                self.require(args[1], "> 0", path)
        if name in _OF_POSITIVE:
            self.require(args[1], "> 0", path)
        if name in _OF_POSITIVE_ARGUMENTS | _OF_LEVEL:
            for arg in args:
                self.require(arg, "> 0", path)
        if name in _OF_LEVEL or name == "hypergeometric_2f1":
            self.require(subtract(ONE, args[-1]), "> 0", path)
        if name.startswith("hypergeometric"):
            self.require(construct.kernel("reciprocal_gamma", args[-2]), "!= 0", path)
        if name == "hurwitz_zeta":
            self.require(subtract(args[0], ONE), "> 0", path)
        if name == "arctan2":
            self.require(add(*(power(arg, 2) for arg in args)), "!= 0", path)
        return construct.kernel(name, *args)

    def _reduce(self, kind: str, index: Index, body: Entry, at: At, path: Form) -> Form:
        new = Index(index.name, self.resolve(index.extent))
        inner = self.value(body, {**at, index: lin.of_index(new)}, path)
        return sum_over(inner, new) if kind == "sum" else construct.extreme(kind, new, inner)

    def _matrix(self, row: Index, column: Index, body: Entry, at: At, path: Form) -> matrices.Matrix:
        r, c = Index(row.name, self.resolve(row.extent)), Index(column.name, self.resolve(column.extent))
        form = self.value(body, {**at, row: lin.of_index(r), column: lin.of_index(c)}, path)
        return matrices.Matrix(r, c, form)

    def _of_matrix(self, kind: str, matrix: matrices.Matrix, at: tuple[Linear, ...], path: Form) -> Form:
        if kind in FUNCTIONS:
            for form, relation in functions.required(kind, matrix):
                self.require(form, relation, path)
            return functions.function(kind, matrix, *at)
        if kind not in ("inv", "det"):
            for form, relation in required(kind, matrix):
                self.require(form, relation, path)
            return matrices.decomposition(kind, matrix, *at)
        if matrix.row.extent != matrix.column.extent:
            raise NoForm(f"a matrix of {matrix.row.extent} rows and {matrix.column.extent} columns is not square")
        if kind == "det":
            return matrices.determinant(matrix)
        self.require(matrices.determinant(matrix), "!= 0", path)
        return matrices.inverse(matrix, *at)

    def _select(self, condition: Entry, yes: Entry, no: Entry, at: At, path: Form) -> Form:
        chosen = self.value(condition, at, path)
        known = constant_value(chosen)
        if known is not None:
            return self.value(yes if known == 1 else no, at, path)
        other = subtract(ONE, chosen)
        return add(
            multiply(chosen, self.value(yes, at, multiply(path, chosen))),
            multiply(other, self.value(no, at, multiply(path, other))),
        )
