"""Functions of whole matrices in the normal form: exp, log, sqrt, sin and cos of square matrices, as power series.

For f(M) = Σ_k a_k M^k the change of an entry is a sum over the entries of the change of M,

    df(M)[i, j] = Σ_rc S(M)[i, r, c, j] dM(r, c)          S(M)[i, r, c, j] = Σ_k a_k Σ_(p+q=k-1) M^p[i, r] M^q[c, j]

so that S(M)[i, r, c, j] = S(M)[c, j, i, r] and S(Mᵀ)[i, r, c, j] = S(M)[r, i, j, c]; and f(Mᵀ)[i, j] = f(M)[j, i]. An
atom's text is that of the way that comes first. By the same series, with A and T of one size,

    f([[A, T], [0, A]]) = [[f(A), D], [0, f(A)]]          D[i, j] = Σ_rc S(A)[i, r, c, j] T(r, c)

and Σ_i S(M)[i, r, c, i] = f'(M)[c, r]. All of this holds for every f that is analytic on a neighbourhood of the
eigenvalues of M. Logarithms and square roots are so where the eigenvalues are off the half-line of the numbers <= 0:
where their least distance from it is > 0.
"""

from __future__ import annotations

from fractions import Fraction

from dualgrad.program.entry import Index
from dualgrad.program.size import Extent, dimension, terms
from verify.form import linear as lin
from verify.form.algebra import multiply, scale, sum_over
from verify.form.linear import Linear
from verify.form.matrices import Matrix, either_way, inverse, of_atom
from verify.form.power import expand
from verify.form.setting import NoForm
from verify.form.term import DISTANCE, FUNCTIONS, SLOPES, ZERO, Atom, Factors, Form, Term, power_of

_OF_ENTIRE = frozenset({"expm", "sinm", "cosm"})


def required(kind: str, matrix: Matrix) -> list[tuple[Form, str]]:
    """What a function of a matrix needs to be analytic there."""
    return [] if kind in _OF_ENTIRE else [(function(DISTANCE, matrix), "> 0")]


def function(kind: str, matrix: Matrix, *at: Linear) -> Form:
    """An entry of a function of a square matrix, or of its slopes, or the least distance of its eigenvalues."""
    if matrix.row.extent != matrix.column.extent:
        raise NoForm(f"a matrix of {matrix.row.extent} rows and {matrix.column.extent} columns is not square")
    matrix = Matrix(matrix.row, matrix.column, expand(matrix.form))
    if kind in SLOPES and matrix.extent == 1:
        return _derivative(kind, matrix, *at[:2])
    whole = None if kind in SLOPES else _of_blocks(kind, matrix, *at)
    if whole is not None:
        return whole
    matrix, places = either_way(matrix, at, turned(kind, at), always=not at)
    return power_of(Atom(kind, "", places, (matrix.form,), None, matrix.binders))


def turned(kind: str, at: tuple[Linear, ...]) -> tuple[Linear, ...]:
    """The positions in the same function of the transposed matrix."""
    return (at[1], at[0], at[3], at[2]) if kind in SLOPES else at[::-1]


def slope_of(atom: Atom, matrix: Matrix) -> Form:
    """The factor of dM(r, c) in the change of an entry, at the matrix's row and column."""
    (i, j), (row, column) = atom.linears, map(lin.of_index, matrix.binders)
    return function(FUNCTIONS[atom.kind], matrix, i, row, column, j)


def traced(bound: frozenset[Index], factors: Factors) -> Form | None:
    """Σ over ``bound`` of the product, one slope summed over two of its positions that are one; None without one."""
    for key, (atom, p) in sorted(factors.items()):
        for one, two in ((0, 3), (1, 2)) if atom.kind in SLOPES and p == 1 else ():
            index = lin.single(atom.linears[one])
            left = [atom.linears[place] for place in range(4) if place not in (one, two)]
            if index is None or index not in bound or atom.linears[two] != atom.linears[one]:
                continue
            elsewhere = [inner for place in left for inner, _ in place[1]]
            elsewhere += [i for other, (held, _) in factors.items() if other != key for i in held.free]
            if index in atom.forms[0].free or index in elsewhere or index.extent != atom.binders[0].extent:
                continue
            matrix = of_atom(atom)
            made = _derivative(atom.kind, matrix, *(left[::-1] if one == 0 else left))
            rest = Term(frozenset(), {other: known for other, known in factors.items() if other != key})
            return sum_over(multiply(Form({rest.key: (rest, 1)}), made), *(bound - {index}))
    return None


def _derivative(kind: str, matrix: Matrix, i: Linear, j: Linear) -> Form:
    """An entry of f'(M), of a slope's kind."""
    match kind:
        case "expm_slope":
            return function("expm", matrix, i, j)
        case "sinm_slope":
            return function("cosm", matrix, i, j)
        case "cosm_slope":
            return scale(function("sinm", matrix, i, j), -1)
        case "logm_slope":
            return inverse(matrix, i, j)
    row, column = Index("r", matrix.extent), Index("c", matrix.extent)
    root = Matrix(row, column, function("sqrtm", matrix, lin.of_index(row), lin.of_index(column)))
    return scale(inverse(root, i, j), Fraction(1, 2))


# ---------------------------------------------------------------------------- [[A, T], [0, A]]


def _of_blocks(kind: str, matrix: Matrix, *at: Linear) -> Form | None:
    """The entry for a matrix of four blocks, the same one twice and zeros below; None for others."""
    half = _half(matrix.extent)
    if half is None:
        return None
    row, column = Index("r", half), Index("c", half)

    def block(below: bool, beside: bool) -> Form:
        down, right = (lin.plus(lin.of_index(index), (half, ())) for index in (row, column))
        return expand(
            matrix.at(down if below else lin.of_index(row), right if beside else lin.of_index(column)),
        )

    if block(below=True, beside=False).terms:
        if block(below=False, beside=True).terms:
            return None
        other = Matrix(matrix.column, matrix.row, matrix.form)
        return _of_blocks(kind, other, *turned(kind, at))
    inner = Matrix(row, column, block(below=False, beside=False))
    if inner.form.key != block(below=True, beside=True).key:
        return None
    sides = [_side(place, half) for place in at]
    if None in sides:
        return None
    here = [lin.minus(place, (half, ())) if side else place for place, side in zip(at, sides, strict=True)]
    if not sides or sides[0] == sides[1]:
        return function(kind, inner, *here)
    if sides[0]:
        return ZERO
    (i, j), (r, c) = here, map(lin.of_index, inner.binders)
    slope = function(FUNCTIONS[kind], inner, i, r, c, j)
    return sum_over(multiply(slope, block(below=False, beside=True)), *(index for index in (row, column) if half != 1))


def _half(extent: Extent) -> Extent | None:
    """Half of an even extent."""
    if isinstance(extent, int):
        return extent // 2 if extent and extent % 2 == 0 else None
    half: Extent = 0
    for monomial, factor in terms(extent):
        if factor % 2:
            return None
        part: Extent = factor // 2
        for name, power in monomial:
            for _ in range(power):
                part = part * dimension(name)
        half = half + part
    return half


def _side(place: Linear, half: Extent) -> bool | None:
    """Whether a position is certainly in the second half, or (False) in the first."""
    beyond = lin.minus(place, (half, ()))
    return True if lin.never_negative(beyond) else False if lin.always_negative(beyond) else None
