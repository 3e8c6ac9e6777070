"""scipy.sparse as traced code sees it: matrices that know their dense form, which products with traced arrays use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.frontends.arrays import is_traced

LARGEST = 65_536  # elements of a matrix that is spread out
_KEPT = ("nnz", "dtype", "format", "indices", "indptr", "data", "row", "col", "offsets", "getnnz", "nonzero")
_FORMATS = "tocsr tocsc tocoo tolil todia tobsr todok asformat copy asfptype sorted_indices conj conjugate".split()
_MAKING = (
    "diags", "eye", "identity", "kron", "kronsum", "spdiags", "block_diag", "bmat", "vstack", "hstack", "tril", "triu",
    "diags_array", "eye_array", "block_array",
)  # fmt: skip
_KINDS = tuple(f"{form}_{kind}" for form in ("csr", "csc", "coo", "dia", "lil") for kind in ("matrix", "array"))


def is_sparse(value: Any) -> bool:
    """Whether a value is a matrix of scipy.sparse that is small enough to be spread out."""
    if not type(value).__module__.startswith("scipy.sparse") or not hasattr(value, "toarray"):
        return False
    return isinstance(value.shape, tuple) and len(value.shape) == 2 and value.shape[0] * value.shape[1] <= LARGEST


class Sparse:
    """A sparse matrix or array. ``given`` is the one it stands for, or one of its kind where the entries are traced."""

    __array_ufunc__ = None  # operators with an array on the left are for it to apply

    def __init__(self, given: Any, dense: Any = None) -> None:
        entries = given.toarray() if dense is None else dense
        vars(self).update(_given=given, _dense=entries)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return type(self._given)

    def __getattr__(self, name: str) -> Any:
        if name in _FORMATS:
            return lambda *_, **__: self
        if name in _KEPT and not is_traced(self._dense):
            found = getattr(self._given, name)
            return _fixed(found) if isinstance(found, np.ndarray) else found
        raise AttributeError(f"the attribute .{name} of a sparse matrix cannot be recorded; use products with arrays")

    def __setattr__(self, name: str, value: Any) -> None:
        raise TypeError(f"{name} of a sparse matrix was assigned, which cannot be recorded; make a new matrix")

    def _in_place(self, other: Any) -> Any:
        raise TypeError("a sparse matrix was changed in place, which cannot be recorded; make a new matrix")

    __iadd__ = __isub__ = __imul__ = __itruediv__ = _in_place

    @property
    def shape(self) -> Any:
        """The shape."""
        return self._dense.shape

    @property
    def ndim(self) -> int:
        """Two."""
        return 2

    @property
    def T(self) -> Sparse:
        """The transpose."""
        return Sparse(self._given, self._dense.T)

    def transpose(self, *_: Any, **__: Any) -> Sparse:
        """The transpose."""
        return self.T

    def toarray(self, *_: Any, **__: Any) -> Any:
        """The entries as an array."""
        return self._dense.copy()

    todense = toarray

    def diagonal(self, k: int = 0) -> Any:
        """The entries on a diagonal."""
        return np.diagonal(self._dense, k).copy()

    def sum(self, axis: Any = None, **_: Any) -> Any:
        """The sum of the entries; of a matrix, along an axis, again a matrix."""
        found = np.sum(self._dense, axis=axis)
        return np.expand_dims(found, axis) if axis is not None and self._is_matrix else found

    def trace(self, offset: int = 0) -> Any:
        """The sum along a diagonal."""
        return np.trace(self._dense, offset)

    def multiply(self, other: Any) -> Sparse:
        """The elementwise product."""
        return self._like(self._dense * dense(other))

    def power(self, n: Any, *_: Any) -> Sparse:
        """The elementwise power."""
        return self._like(self._dense**n)

    def dot(self, other: Any) -> Any:
        """The product with an array or another sparse matrix."""
        if np.ndim(dense(other)) == 0:
            return self._like(self._dense * other)
        return self._product(self._dense @ dense(other), other)

    __matmul__ = dot

    def __rmatmul__(self, other: Any) -> Any:
        return self._product(dense(other) @ self._dense, other)

    def __mul__(self, other: Any) -> Any:
        return self.dot(other) if self._is_matrix else self.multiply(other)

    def __rmul__(self, other: Any) -> Any:
        if np.ndim(dense(other)) == 0 or not self._is_matrix:
            return self.multiply(other)
        return self.__rmatmul__(other)

    def __add__(self, other: Any) -> Any:
        return self._product(self._dense + dense(other), other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._product(self._dense - dense(other), other)

    def __rsub__(self, other: Any) -> Any:
        return self._product(dense(other) - self._dense, other)

    def __truediv__(self, other: Any) -> Sparse:
        return self._like(self._dense / other)

    def __neg__(self) -> Sparse:
        return self._like(-self._dense)

    def __getitem__(self, key: Any) -> Any:
        key = (key,) if self._is_matrix and isinstance(key, int) else key
        found = self._dense[[key[0]]] if isinstance(key, tuple) and len(key) == 1 else self._dense[key]
        return self._like(found) if found.ndim == 2 else found

    @property
    def _is_matrix(self) -> bool:
        return type(self._given).__name__.endswith("matrix")

    def _like(self, entries: Any) -> Sparse:
        return Sparse(self._given, entries)

    def _product(self, entries: Any, other: Any) -> Any:
        return self._like(entries) if type(other) is Sparse else entries


def _fixed(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy that cannot be written to: what is written would not reach the matrix."""
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def dense(value: Any) -> Any:
    """The entries of a sparse matrix as an array; anything else as it is."""
    return value._dense if type(value) is Sparse else value


def _plain(value: Any) -> Any:
    """A matrix of SciPy's own again, where nothing in it is traced."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value))
    return type(value._given)(value._dense) if type(value) is Sparse else value


def _holds_traced(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_holds_traced, value))
    return is_traced(dense(value))


def sparse_functions(refuse: Callable[[str], Any]) -> dict[Any, Any]:
    """Replacements of what makes sparse matrices, and solves with them, by the original."""
    module, solvers = sys.modules.get("scipy.sparse"), sys.modules.get("scipy.sparse.linalg")
    if module is None:
        return {}
    names = [name for name in _MAKING if hasattr(module, name)]
    found = {getattr(module, name): _making(getattr(module, name), refuse) for name in names}
    found |= {getattr(module, name): _kind(getattr(module, name)) for name in _KINDS if hasattr(module, name)}
    if solvers is not None:
        found[solvers.spsolve] = lambda A, b, *_, **__: np.linalg.solve(dense(A), dense(b))
        found[solvers.factorized] = lambda A: lambda b: np.linalg.solve(dense(A), b)
        found[solvers.splu] = _Factors
    return found


class _Factors:
    """``splu(A)``: solves with it."""

    def __init__(self, A: Any, *_: Any, **__: Any) -> None:
        self._dense = dense(A)

    def solve(self, rhs: Any, trans: str = "N") -> Any:
        """The solution for a right-hand side."""
        return np.linalg.solve(self._dense if trans == "N" else self._dense.T, rhs)


def _making(function: Callable[..., Any], refuse: Callable[[str], Any]) -> Callable[..., Any]:
    def made(*args: Any, **kwargs: Any) -> Any:
        if not any(map(_holds_traced, (*args, *kwargs.values()))):
            return Sparse(function(*map(_plain, args), **kwargs))
        kind = sys.modules["scipy.sparse"].csr_array if "array" in function.__name__ else _matrix()
        match function.__name__:
            case "diags" | "diags_array" if len(args) <= 2 and not {"shape"} & kwargs.keys():
                return Sparse(kind((1, 1)), _diagonals(args[0], args[1] if len(args) > 1 else kwargs.get("offsets", 0)))
            case "kron":
                return Sparse(kind((1, 1)), np.kron(dense(args[0]), dense(args[1])))
            case "vstack" | "hstack":
                return Sparse(kind((1, 1)), getattr(np, function.__name__)([dense(part) for part in args[0]]))
        return refuse(f"scipy.sparse.{function.__name__} of traced entries cannot be recorded; use arrays")

    made.__name__ = function.__name__
    return made


def _matrix() -> Any:
    return sys.modules["scipy.sparse"].csr_matrix


def _diagonals(diagonals: Any, offsets: Any) -> Any:
    if np.ndim(offsets) == 0 and not isinstance(diagonals, (list, tuple)):
        return np.diag(diagonals, int(offsets))
    places = [offsets] if np.ndim(offsets) == 0 else list(offsets)
    return sum(np.diag(entries, int(place)) for entries, place in zip(diagonals, places, strict=True))


def _kind(original: type) -> Any:
    """A class of scipy.sparse: made of traced entries and their places, or of anything plain."""

    class Meta(type):
        def __call__(cls, first: Any, *args: Any, **kwargs: Any) -> Any:
            if type(first) is Sparse:
                return first
            if not _holds_traced(first):
                return Sparse(original(first, *args, **kwargs))
            if not isinstance(first, tuple):
                return Sparse(original((1, 1)), first)
            return Sparse(original((1, 1)), _placed(first[0], first[1], args[0] if args else kwargs.get("shape")))

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, original)

    return Meta(original.__name__, (), {"__original__": original})


def _placed(entries: Any, places: Any, shape: Any) -> Any:
    """Entries added up at their places."""
    rows, columns = (np.asarray(part) for part in places)
    size = shape or (int(rows.max()) + 1, int(columns.max()) + 1)
    made = [entries[k] * _unit(size, (int(i), int(j))) for k, (i, j) in enumerate(zip(rows, columns, strict=True))]
    return sum(made)


def _unit(shape: Any, place: tuple[int, int]) -> Any:
    found = np.zeros(shape)
    found[place] = 1.0
    return found
