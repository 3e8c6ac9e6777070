"""Linear algebra and Fourier transforms on object arrays, by elimination and by their sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from flint import acb

from verify.direct.series import Series, Unread

Matrix = Any


def _size(value: Any) -> float:
    """How large a number is, roughly: to choose a pivot by."""
    return float(abs(value.terms[0]).mid()) if isinstance(value, Series) else abs(value)


def _eliminated(a: Matrix, right: Matrix) -> tuple[Matrix, Matrix, Any]:
    """A and its right-hand side in upper triangular form, and the determinant."""
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        raise Unread("linear algebra of stacked matrices")
    a, right, det = np.array(a, dtype=object), np.array(right, dtype=object), Series.of(1)
    for k in range(len(a)):
        pivot = k + int(np.argmax([_size(value) for value in a[k:, k]]))
        if pivot != k:
            a[[k, pivot]], right[[k, pivot]], det = a[[pivot, k]], right[[pivot, k]], -det
        det = det * a[k, k]
        for row in range(k + 1, len(a)):
            factor = a[row, k] / (Series.of(0) + a[k, k])
            a[row, k:] = a[row, k:] - factor * a[k, k:]
            right[row] = right[row] - factor * right[k]
    return a, right, det


def solve(a: Matrix, b: Matrix, **_: Any) -> Matrix:
    """x with a x = b."""
    upper, right, _det = _eliminated(np.asarray(a), np.asarray(b))
    for k in reversed(range(len(upper))):
        right[k] = (right[k] - sum((upper[k, j] * right[j] for j in range(k + 1, len(upper))), 0)) / upper[k, k]
    return right


def inv(a: Matrix) -> Matrix:
    """The inverse."""
    return solve(a, np.eye(len(a)))


def det(a: Matrix) -> Any:
    """The determinant: by minors where it is small, so that it may be zero."""
    if len(a) > 5:
        return _eliminated(np.asarray(a), np.zeros(len(a)))[2]
    return _minors(np.asarray(a)) if len(a) else 1.0


def _minors(a: Matrix) -> Any:
    if len(a) == 1:
        return a[0, 0]
    left = [np.delete(a[1:], j, 1) for j in range(len(a))]
    return sum(((-1) ** j * a[0, j] * _minors(minor) for j, minor in enumerate(left)), 0)


class Logarithm(NamedTuple):
    """What ``np.linalg.slogdet`` returns."""

    sign: float
    logabsdet: Any


def slogdet(a: Matrix) -> Logarithm:
    """The determinant's sign and the logarithm of its size."""
    found = _eliminated(np.asarray(a), np.zeros(len(a)))[2]
    return Logarithm(1.0 if found > 0 else -1.0, abs(found).log())


def cholesky(a: Matrix, **_: Any) -> Matrix:
    """The lower factor; reads the lower triangle."""
    lower = np.zeros(a.shape, dtype=object)
    for j in range(len(a)):
        for i in range(j, len(a)):
            left = Series.of(0) + a[i, j] - sum((lower[i, k] * lower[j, k] for k in range(j)), 0)
            lower[i, j] = left.sqrt() if i == j else left / lower[j, j]
    return lower


def norm(x: Matrix, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The Euclidean norm, along an axis where one is given."""
    matrix = np.ndim(x) == 2 and axis is None
    if ord not in (None, "fro", 2) or (matrix and ord == 2):
        raise Unread(f"np.linalg.norm with ord={ord!r}")
    return np.sqrt(np.sum(np.abs(x) ** 2, axis=axis, keepdims=keepdims))


def _transform(sign: int, scaled: bool) -> Callable[..., Any]:
    def transform(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
        if n is not None or norm is not None:
            raise Unread("a Fourier transform with n= or norm=")
        a = np.moveaxis(np.asarray(a, dtype=object), axis, -1)
        count = a.shape[-1]
        turns = [acb(2 * sign * k) / count for k in range(count)]
        roots = [Series.of(turn.exp_pi_i()) for turn in turns]
        matrix = np.array([[roots[j * k % count] for k in range(count)] for j in range(count)], dtype=object)
        found = a @ matrix / (count if scaled else 1)
        return np.moveaxis(found, -1, axis)

    return transform


def _rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    full = np.moveaxis(_transform(-1, False)(a, n, axis, norm), axis, -1)
    return np.moveaxis(full[..., : full.shape[-1] // 2 + 1], -1, axis)


MATRICES: dict[Any, Callable[..., Any]] = {
    np.linalg.solve: solve, np.linalg.inv: inv, np.linalg.det: det, np.linalg.slogdet: slogdet,
    np.linalg.cholesky: cholesky, np.linalg.norm: norm,
    np.fft.fft: _transform(-1, False), np.fft.ifft: _transform(1, True), np.fft.rfft: _rfft,
}  # fmt: skip
