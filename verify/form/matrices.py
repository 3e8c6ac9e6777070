"""Inverses and determinants of matrices, each built in its simplest shape.

A matrix is a form over a row and a column, of one extent n. On the invertible matrices:

inv(e f(r) g(c) N) = inv(N) / (e g(i) f(j))      det(e f(r) g(c) N) = e^n Π f Π g det(N), e^n for e > 0 or a known n
inv(A B) = inv(B) inv(A)                         det(A B) = det(A) det(B)              for square A and B
inv(inv(N)) = N                                  det(inv(N)) = 1 / det(N)
inv(d(r) δ(r - c)) = δ(i - j) / d(i)             det(d(r) δ(r - c)) = Π d

A transposed matrix needs no rule: an atom's text is that of whichever of the two comes first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent
from verify.form import linear as lin
from verify.form.algebra import fresh, multiply, scale, size_form, substitute, sum_over
from verify.form.linear import Linear
from verify.form.power import content, expand, exponential, leading_sign, logarithm, power
from verify.form.setting import NoForm, Undefined
from verify.form.settle import truth
from verify.form.signs import is_positive
from verify.form.term import ONE, ZERO, Atom, Factors, Form, Term, form_text, number, power_of


@dataclass(frozen=True, slots=True)
class Matrix:
    """The square matrix with this form at row and column, which are new: free nowhere else."""

    row: Index
    column: Index
    form: Form

    @property
    def extent(self) -> Extent:
        """The number of rows."""
        return self.row.extent

    def at(self, row: Linear, column: Linear) -> Form:
        """An entry."""
        return substitute(self.form, {self.row: row, self.column: column})

    @property
    def binders(self) -> tuple[Index, ...]:
        """Row and column."""
        return self.row, self.column


def with_form(atom: Atom, form: Form) -> Matrix:
    """The matrix of an inverse or a determinant with another form at its row and column."""
    row, column = atom.binders
    return Matrix(row, column, form)


def of_atom(atom: Atom) -> Matrix:
    """The matrix of an inverse or a determinant, at a new row and column."""
    row, column = map(fresh, atom.binders)
    new = map(lin.of_index, (row, column))
    return Matrix(row, column, substitute(atom.forms[0], dict(zip(atom.binders, new, strict=True))))


def inverse(matrix: Matrix, i: Linear, j: Linear) -> Form:
    """The entry at (i, j) of the inverse."""
    form = expand(matrix.form)
    if not form.terms:
        raise Undefined("the inverse of a matrix that is zero everywhere")
    parts = _parts(matrix, form)
    columns = substitute(parts.columns, {matrix.column: i})
    rows = substitute(parts.rows, {matrix.row: j})
    return multiply(power(multiply(*parts.scalars, columns, rows), -1), _inverse(parts.rest, i, j))


def determinant(matrix: Matrix) -> Form:
    """The determinant."""
    form = expand(matrix.form)
    if not form.terms:
        return ZERO
    parts = _parts(matrix, form)
    outer = [to_the_size(scalar, matrix.extent) for scalar in parts.scalars]
    inner = multiply(*(scalar for scalar, out in zip(parts.scalars, outer, strict=True) if out is None))
    products = [_over(matrix.row, parts.rows), _over(matrix.column, parts.columns)]
    return multiply(*(out for out in outer if out is not None), *products, _determinant(inner, parts.rest))


def decomposition(kind: str, matrix: Matrix, *at: Linear) -> Form:
    """An entry of a part of a decomposition."""
    form = expand(matrix.form)
    if matrix.row.extent == matrix.column.extent == 1:
        if kind == "cholesky":
            return power(form, Fraction(1, 2))
        if kind == "eigenvalue":
            return form
    return _atom(kind, Matrix(matrix.row, matrix.column, form), *at)


def shorter(matrix: Matrix) -> Extent:
    """The number of rows or of columns, whichever is known not to be the larger one."""
    rows, columns = matrix.row.extent, matrix.column.extent
    if lin.nonnegative(columns - rows):
        return rows
    if not lin.nonnegative(rows - columns):
        raise NoForm(f"a matrix of {rows} rows and {columns} columns may be longer either way")
    return columns


# ---------------------------------------------------------------------------- factors outside


@dataclass(frozen=True, slots=True)
class _Parts:
    """matrix = Π scalars · rows(r) · columns(c) · rest(r, c)"""

    scalars: list[Form]
    rows: Form
    columns: Form
    rest: Matrix


def _parts(matrix: Matrix, form: Form) -> _Parts:
    factor, shared, rest = content(form)
    sign = leading_sign(rest)
    scalars, rows, columns, both = [number(factor), number(sign)], [ONE], [ONE], [scale(rest, sign)]
    for atom, p in shared:
        in_row, in_column = matrix.row in atom.free, matrix.column in atom.free
        group = both if in_row and in_column else rows if in_row else columns if in_column else scalars
        group.append(power_of(atom, p))
    inner = Matrix(matrix.row, matrix.column, expand(multiply(*both)))
    return _Parts(scalars, multiply(*rows), multiply(*columns), inner)


def to_the_size(scalar: Form, extent: Extent) -> Form | None:
    """e^n, where e is positive or n is a number."""
    if isinstance(extent, int) or scalar.key == ONE.key:
        return power(scalar, extent if isinstance(extent, int) else 1)
    return exponential(multiply(size_form(extent), logarithm(scalar))) if is_positive(scalar) else None


def _over(index: Index, form: Form) -> Form:
    """The product of a form over an index."""
    from verify.form.construct import extreme

    return form if form.key == ONE.key else extreme("prod", index, form)


# ---------------------------------------------------------------------------- what is left


def _atom(kind: str, matrix: Matrix, *at: Linear) -> Form:
    return power_of(Atom(kind, "", at, (matrix.form,), None, matrix.binders))


def _inverse(matrix: Matrix, i: Linear, j: Linear) -> Form:
    if matrix.extent == 1:
        return power(matrix.form, -1)
    diagonal = _diagonal(matrix)
    if diagonal is not None:
        entry = substitute(diagonal, {matrix.row: i})
        return multiply(truth("delta", lin.minus(i, j)), power(entry, -1))
    undone = _undone(matrix)
    if undone is not None:
        return undone.at(i, j)
    pair = _product(matrix)
    if pair is not None:
        first, second = pair
        middle = fresh(first.column)
        here = lin.of_index(middle)
        return sum_over(multiply(inverse(second, i, here), inverse(first, here, j)), middle)
    matrix, places = either_way(matrix, (i, j), (j, i))
    return _atom("inv", matrix, *places)


Place = tuple[Linear, ...]


def either_way(matrix: Matrix, at: Place, turned: Place, always: bool = False) -> tuple[Matrix, Place]:
    """The matrix or its transpose, whichever comes first in writing; with the positions in a function of it.

    Where a delta ties the row to the column, or always: which of both such a delta replaces depends on their order, so
    that the transpose is made anew.
    """
    both = frozenset(matrix.binders)
    held = [atom for term, _ in matrix.form.terms.values() for atom, _ in term.factors.values()]
    if not always and not any(atom.kind == "delta" and both <= atom.free for atom in held):
        return matrix, at
    ways = []
    for other, places in ((False, at), (True, turned)):
        row, column = Index("r", matrix.extent), Index("c", matrix.extent)
        new = map(lin.of_index, (column, row) if other else (row, column))
        form = substitute(matrix.form, dict(zip(matrix.binders, new, strict=True)))
        ways.append((form_text(form, {row: "b.0", column: "b.1"}), Matrix(row, column, form), places))
    _, chosen, places = min(ways, key=lambda way: way[0])
    return chosen, places


def _determinant(scalar: Form, matrix: Matrix) -> Form:
    """Of a multiple of a matrix without factors."""
    if matrix.extent == 1:
        return multiply(scalar, matrix.form)
    diagonal = _diagonal(matrix)
    if diagonal is not None:
        return _over(matrix.row, multiply(scalar, diagonal))
    pair = _product(matrix)
    if pair is not None:
        first, second = pair
        scaled = Matrix(first.row, first.column, multiply(scalar, first.form))
        return multiply(determinant(scaled), determinant(second))
    undone = _undone(matrix)
    if undone is not None and scalar.key == ONE.key:
        return power(determinant(undone), -1)
    scaled = Matrix(matrix.row, matrix.column, multiply(scalar, matrix.form))
    return _atom("det", either_way(scaled, (), ())[0])


def _single(form: Form) -> Term | None:
    """The term of a form that is one, with the coefficient 1."""
    if len(form.terms) != 1:
        return None
    ((term, factor),) = form.terms.values()
    return term if factor == 1 else None


def _diagonal(matrix: Matrix) -> Form | None:
    """d(r) for the matrix δ(r - c) d(r)."""
    term = _single(matrix.form)
    if term is None:
        return None
    difference = lin.minus(lin.of_index(matrix.row), lin.of_index(matrix.column))
    for key, (atom, _) in term.factors.items():
        if atom.kind == "delta" and atom.linears[0] in (difference, lin.times(difference, -1)):
            rest = Term(frozenset(), {other: known for other, known in term.factors.items() if other != key})
            entry = sum_over(Form({rest.key: (rest, 1)}), *term.bound)
            return substitute(entry, {matrix.column: lin.of_index(matrix.row)})
    return None


def _undone(matrix: Matrix) -> Matrix | None:
    """N for the matrix inv(N), or inv(N) transposed."""
    term = _single(matrix.form)
    if term is None or term.bound or len(term.factors) != 1:
        return None
    ((atom, p),) = term.factors.values()
    if atom.kind != "inv" or p != 1 or not atom.forms[0].free.isdisjoint(matrix.binders):
        return None
    inner = of_atom(atom)
    places = tuple(map(lin.single, atom.linears))
    if places == matrix.binders:
        return inner
    return Matrix(inner.column, inner.row, inner.form) if places == matrix.binders[::-1] else None


def _product(matrix: Matrix) -> tuple[Matrix, Matrix] | None:
    """A and B for the matrix Σ_k A(r, k) B(k, c) with k over as many values as r and c."""
    term = _single(matrix.form)
    if term is None:
        return None
    for middle, right in _cuts(matrix, term):
        if middle.extent == matrix.extent:
            rest = {key: known for key, known in term.factors.items() if key not in right}
            taken = {key: known for key, known in term.factors.items() if key in right}
            first = Matrix(matrix.row, middle, _part(rest, term.bound - {middle}))
            return first, Matrix(middle, matrix.column, _part(taken, term.bound - {middle}))
    return None


def narrowest(atom: Atom) -> tuple[Extent, ...]:
    """The numbers of values of the indices that a product of matrices is summed over, for the matrix of an atom."""
    matrix = of_atom(atom)
    term = _single(matrix.form)
    return () if term is None else tuple(middle.extent for middle, _ in _cuts(matrix, term))


def _cuts(matrix: Matrix, term: Term) -> Iterator[tuple[Index, frozenset[str]]]:
    """The bound indices that alone connect row and column, and the factors on the column's side."""
    for middle in sorted(term.bound, key=lambda index: index.serial):
        left = _reached(matrix.row, term, middle)
        right = _reached(matrix.column, term, middle)
        if left and right and left.isdisjoint(right):
            yield middle, right


def _reached(start: Index, term: Term, without: Index) -> frozenset[str]:
    """The factors that hang together with an index through bound indices other than one."""
    indices, found = {start}, set[str]()
    while True:
        more = {k for k, (atom, _) in term.factors.items() if k not in found and not atom.free.isdisjoint(indices)}
        if not more:
            return frozenset(found)
        found |= more
        for key in more:
            indices |= (term.factors[key][0].free & term.bound) - {without}


def _part(factors: Factors, bound: frozenset[Index]) -> Form:
    own = bound.intersection(*[frozenset().union(*(atom.free for atom, _ in factors.values()))])
    term = Term(frozenset(), factors)
    return sum_over(Form({term.key: (term, 1)}), *own)
