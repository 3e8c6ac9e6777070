"""The language of meanings: what one entry of an op's result is, as an expression over indices.

``y[i, k] = Σ_j a[i, j] b[j, k]`` is ``Reduce("sum", j, Element(0, (i, j)) * Element(1, (j, k)))``. An op's
meaning is written once in this language; every reading (symbols, normal forms, balls, exact rationals)
interprets it in its own way, and no derivative is ever typed beside it: pointwise kernels are
differentiated by the reading, everything else by the product rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count

from dualgrad.program.size import Extent

_serial = count()


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """An index variable with its extent. Identity, not name, decides which one is meant."""

    name: str
    extent: Extent
    serial: int = field(default_factory=lambda: next(_serial))

    def __repr__(self) -> str:
        return f"{self.name}{self.serial}"


@dataclass(frozen=True, slots=True)
class Affine:
    """Σ coefficient · index + constant; coefficients and constant are extents."""

    terms: tuple[tuple[Index, Extent], ...]
    constant: Extent = 0

    def __add__(self, other: Affine | Extent | Index) -> Affine:
        other = affine(other)
        total: dict[Index, Extent] = dict(self.terms)
        for index, factor in other.terms:
            total[index] = total.get(index, 0) + factor
        return Affine(tuple((i, f) for i, f in total.items() if f != 0), self.constant + other.constant)

    def __mul__(self, factor: Extent) -> Affine:
        return Affine(tuple((i, f * factor) for i, f in self.terms if f * factor != 0), self.constant * factor)

    def __sub__(self, other: Affine | Extent | Index) -> Affine:
        return self + affine(other) * -1


def affine(value: Affine | Extent | Index) -> Affine:
    """An index, an extent or an affine form as an affine form."""
    if isinstance(value, Affine):
        return value
    return Affine(((value, 1),)) if isinstance(value, Index) else Affine((), value)


class Entry:
    """An expression for one entry. Build it with operators and the functions below."""

    __slots__ = ()

    def __add__(self, other: Scalar) -> Entry:
        return Plus((self, entry(other)))

    __radd__ = __add__

    def __mul__(self, other: Scalar) -> Entry:
        return Times((self, entry(other)))

    __rmul__ = __mul__

    def __neg__(self) -> Entry:
        return Times((Number(Fraction(-1)), self))

    def __sub__(self, other: Scalar) -> Entry:
        return self + -entry(other)

    def __rsub__(self, other: Scalar) -> Entry:
        return entry(other) + -self

    def __truediv__(self, other: Scalar) -> Entry:
        return self * Power(entry(other), Fraction(-1))

    def __rtruediv__(self, other: Scalar) -> Entry:
        return entry(other) / self

    def __pow__(self, exponent: int | Fraction) -> Entry:
        return Power(self, Fraction(exponent))


@dataclass(frozen=True, slots=True)
class Number(Entry):
    """An exact rational."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Count(Entry):
    """The value of an extent, as a number."""

    extent: Extent


@dataclass(frozen=True, slots=True)
class Element(Entry):
    """Input number ``slot`` of the op, at an affine position along each of its axes."""

    slot: int
    position: tuple[Affine, ...]


@dataclass(frozen=True, slots=True)
class Plus(Entry):
    """The sum of some entries."""

    args: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Times(Entry):
    """The product of some entries."""

    args: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Power(Entry):
    """base ** exponent, rational. Real: a fractional exponent needs base >= 0, a negative one base != 0."""

    base: Entry
    exponent: Fraction


@dataclass(frozen=True, slots=True)
class Kernel(Entry):
    """A named scalar function, from KERNELS."""

    name: str
    args: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Reduce(Entry):
    """``kind`` ("sum", "prod", "max" or "min") of the body over all values of the index."""

    kind: str
    index: Index
    body: Entry


@dataclass(frozen=True, slots=True)
class Holds(Entry):
    """1 where the index relation holds, else 0: ``form >= 0`` or ``form == 0``."""

    relation: str  # ">=" or "=="
    form: Affine


@dataclass(frozen=True, slots=True)
class Guard(Entry):
    """1 where the value is > 0 (relation ">") or == 0 (relation "=="), else 0. Its derivative is 0 off the boundary."""

    relation: str
    value: Entry


@dataclass(frozen=True, slots=True)
class Select(Entry):
    """``yes`` where the 0-or-1 condition is 1, else ``no``. The branch not taken is not evaluated."""

    condition: Entry
    yes: Entry
    no: Entry


@dataclass(frozen=True, slots=True)
class Turn(Entry):
    """The "cos" or "sin" of π left · right / (2 size): entries of the matrices of Fourier and cosine transforms."""

    name: str
    left: Affine
    right: Affine
    size: Extent


@dataclass(frozen=True, slots=True)
class MatrixEntry(Entry):
    """One entry of a function of the matrix whose entry at (row, column) is the body.

    ``kind`` is one of MATRIX_FUNCTIONS; ``at`` is the position in the result, outside of row and column. Indices of
    the body that are neither are free: a stack of matrices is one node.
    """

    kind: str
    row: Index
    column: Index
    body: Entry
    at: tuple[Affine, ...]


Scalar = Entry | int | Fraction

# How many axes the result has. Of square matrices M: "inv" of invertible ones, "det" of all; "cholesky" the lower
# triangle L with L Lᵀ = M; "eigenvalue" in ascending order and "eigenvector" (as columns) of symmetric ones; "expm",
# "sinm" and "cosm" of all, as power series; "logm" and "sqrtm" the principal ones, of those with no eigenvalue <= 0.
# Of all matrices: "singular_value" in descending order, "left_vector" (as columns) and "right_vector" (as rows), as
# many as the shorter side is long; "q" and "r" with Q R = M, of no fewer rows than columns. Signs of vectors, and of
# the rows of r, are those that LAPACK returns, "upper_eigenvector" where it reads the upper triangle: nothing that is
# claimed may depend on them. "undetermined" has no value.
MATRIX_FUNCTIONS = {
    "inv": 2, "det": 0, "cholesky": 2, "eigenvalue": 1, "eigenvector": 2,
    "singular_value": 1, "left_vector": 2, "right_vector": 2, "q": 2, "r": 2,
    "upper_eigenvector": 2,
    "expm": 2, "logm": 2, "sqrtm": 2, "sinm": 2, "cosm": 2,
    "undetermined": 2,
}  # fmt: skip

# Kernels: real functions on their natural domain. Every reading brings its own; see the list's use in
# verify/form (derivative table), verify/ball (Arb) and dualgrad/mirror (SymPy).
KERNELS = frozenset(
    "exp log sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh "
    "erf erfc erfinv gammaln digamma trigamma power arctan2 floor "
    "bessel_j bessel_y bessel_i bessel_k airy_ai airy_ai_slope airy_bi airy_bi_slope hurwitz_zeta exponential_integral "
    "erfi sine_integral cosine_integral hyperbolic_sine_integral hyperbolic_cosine_integral fresnel_sine "
    "fresnel_cosine reciprocal_gamma dilogarithm owens_t hypergeometric_0f1 hypergeometric_1f1 hypergeometric_2f1 "
    "gamma_distribution gamma_quantile beta_distribution beta_quantile".split()
)


def entry(value: Scalar) -> Entry:
    """A number as an entry; entries pass."""
    return value if isinstance(value, Entry) else Number(Fraction(value))


def kernel(name: str, *args: Scalar) -> Entry:
    """The named kernel applied; KeyError for a name that is not in KERNELS."""
    if name not in KERNELS:
        raise KeyError(f"entry.kernel: no kernel named {name!r}; known: {', '.join(sorted(KERNELS))}")
    return Kernel(name, tuple(entry(arg) for arg in args))


def positive(value: Scalar) -> Entry:
    """1 where value > 0, else 0."""
    return Guard(">", entry(value))


def zero(value: Scalar) -> Entry:
    """1 where value == 0, else 0."""
    return Guard("==", entry(value))


def select(condition: Scalar, yes: Scalar, no: Scalar) -> Entry:
    """``yes`` where the 0-or-1 condition is 1, else ``no``."""
    return Select(entry(condition), entry(yes), entry(no))


def equal(a: Affine | Index | Extent, b: Affine | Index | Extent) -> Entry:
    """1 where two index forms are equal, else 0: a Kronecker delta when both are indices."""
    return Holds("==", affine(a) - b)


def at_least(a: Affine | Index | Extent, b: Affine | Index | Extent) -> Entry:
    """1 where a >= b, else 0."""
    return Holds(">=", affine(a) - b)


def total(index: Index, body: Entry) -> Entry:
    """Σ over all values of the index."""
    return Reduce("sum", index, body)


def inverse(matrix: Callable[[Index, Index], Entry], size: Extent, row: Index, column: Index) -> Entry:
    """An entry of the inverse of a square matrix, given as a function from a row and a column to its entry."""
    r, c = Index("r", size), Index("c", size)
    return MatrixEntry("inv", r, c, matrix(r, c), (affine(row), affine(column)))


def determinant(matrix: Callable[[Index, Index], Entry], size: Extent) -> Entry:
    """The determinant of a square matrix, given as a function from a row and a column to its entry."""
    r, c = Index("r", size), Index("c", size)
    return MatrixEntry("det", r, c, matrix(r, c), ())


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a result is: its free indices (their extents are its shape) and the entry at them."""

    indices: tuple[Index, ...]
    body: Entry

    @property
    def shape(self) -> tuple[Extent, ...]:
        """The extents of the result's axes."""
        return tuple(index.extent for index in self.indices)


def children(node: Entry) -> tuple[Entry, ...]:
    """The entries directly below a node."""
    match node:
        case Plus(args) | Times(args) | Kernel(_, args):
            return args
        case Power(base, _) | Guard(_, base):
            return (base,)
        case Reduce(_, _, body) | MatrixEntry(_, _, _, body, _):
            return (body,)
        case Select(condition, yes, no):
            return (condition, yes, no)
        case _:
            return ()


def free_indices(node: Entry, below: frozenset[Index]) -> frozenset[Index]:
    """The indices that an entry depends on, where its children depend on those ``below``.

    >>> i = Index("i", 3)
    >>> sorted(index.name for index in free_indices(total(i, Element(0, (affine(i),))), frozenset({i})))
    []
    """
    match node:
        case Element(_, position):
            return below | {index for form in position for index, _ in form.terms}
        case Holds(_, form):
            return below | {index for index, _ in form.terms}
        case Turn(_, left, right):
            return below | {index for form in (left, right) for index, _ in form.terms}
        case Reduce(_, index, _):
            return below - {index}
        case MatrixEntry(_, row, column, _, at):
            return below - {row, column} | {index for form in at for index, _ in form.terms}
    return below


def walk(node: Entry) -> Iterator[Entry]:
    """A node and everything below it, parents first."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(children(node))


def rebuild(node: Entry, change: Callable[[Entry], Entry]) -> Entry:
    """The node with ``change`` applied to each of its children."""
    match node:
        case Plus(args):
            return Plus(tuple(map(change, args)))
        case Times(args):
            return Times(tuple(map(change, args)))
        case Kernel(name, args):
            return Kernel(name, tuple(map(change, args)))
        case Power(base, exponent):
            return Power(change(base), exponent)
        case Guard(relation, value):
            return Guard(relation, change(value))
        case Reduce(kind, index, body):
            return Reduce(kind, index, change(body))
        case Select(condition, yes, no):
            return Select(change(condition), change(yes), change(no))
        case MatrixEntry(kind, row, column, body, at):
            return MatrixEntry(kind, row, column, change(body), at)
        case _:
            return node
