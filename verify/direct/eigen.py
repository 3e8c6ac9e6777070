"""Eigenvalues and eigenvectors of general matrices of numbers with slopes, where all eigenvalues are told apart.

An eigenvalue λ(t) is the root of det(A(t) - λ) that begins at the enclosed one: two of Newton's steps give its first
and second derivative. The vector is a column of the projector on it, the product of (A - μ) / (λ - μ) over the others;
of length 1, and turned so that its largest element is real, as LAPACK has it.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from flint import acb, acb_mat, arb

from verify.direct.matrices import det
from verify.direct.series import Series, Unread, as_series

MOST_ROWS = 8


class Pairs(NamedTuple):
    """What ``np.linalg.eig`` returns."""

    eigenvalues: Any
    eigenvectors: Any


def eigvals(a: Any) -> Any:
    """The eigenvalues, in NumPy's order; real ones where all are."""
    return eig(a).eigenvalues


def eig(a: Any) -> Pairs:
    """The eigenvalues, and the eigenvectors as columns."""
    matrix = _series(a)
    n = len(matrix)
    starts = _enclosed(matrix)
    given = np.array([[complex(value.terms[0].mid()) for value in row] for row in matrix])
    straight = not any(value.complex for row in matrix for value in row)
    found, models = np.linalg.eig(given.real if straight else given)
    order = [min(range(n), key=lambda k: abs(complex(starts[k].mid()) - value)) for value in found]
    if len({*order}) < n:
        raise Unread("eigenvalues that NumPy tells apart in another way")
    starts = [starts[k] for k in order]
    if straight and all(_is_real(k, starts) for k in range(n)):
        starts = [acb(start.real) for start in starts]
    values = [_followed(matrix, k, starts) for k in range(n)]
    vectors = [_vector(matrix, k, values, models[:, k]) for k in range(n)]
    return Pairs(np.array(values, dtype=object), np.array(vectors, dtype=object).T)


def _series(a: Any) -> Any:
    a = np.asarray(a, dtype=object)
    if a.ndim != 2 or a.shape[0] != a.shape[1] or not 0 < len(a) <= MOST_ROWS:
        raise Unread("eigenvalues of stacked, large or empty matrices")
    made = np.array([[as_series(value) for value in row] for row in a.tolist()], dtype=object)
    if any(value is None for value in made.ravel()):
        raise Unread("eigenvalues of a matrix of something that is no number")
    return made


def _enclosed(matrix: Any) -> list[acb]:
    try:
        return list(acb_mat([[value.terms[0] for value in row] for row in matrix]).eig())
    except ValueError as error:
        raise Unread("eigenvalues that are not told apart") from error


def _is_real(k: int, starts: list[acb]) -> bool:
    """Whether one of a real matrix is real: where its conjugate is no other one."""
    reach = abs(starts[k].imag).upper()
    around = acb(starts[k].real, arb(0, reach))
    return bool(starts[k].imag.contains(0)) and not any(
        around.overlaps(other) for place, other in enumerate(starts) if place != k
    )


def _followed(matrix: Any, k: int, starts: list[acb]) -> Series:
    """The eigenvalue that begins at the k-th one."""
    others = [other - starts[k] for place, other in enumerate(starts) if place != k]
    falls = -reduce(lambda a, b: a * b, others, acb(1))  # the derivative of det(A - λ) by λ
    value, one = Series.of(starts[k]), np.eye(len(matrix), dtype=int)
    for _ in range(2):
        _, *left = (Series.of(0) + det(matrix - value * one)).terms  # which is 0 at first
        value = value - Series.of(0, *left) / falls
    return value


def _vector(matrix: Any, k: int, values: list[Series], model: Any) -> list[Series]:
    one = np.eye(len(matrix), dtype=int)
    projector = one + Series.of(0)
    for place, other in enumerate(values):
        if place != k:
            projector = projector @ ((matrix - other * one) / (values[k] - other))
    largest = int(np.argmax(np.abs(model)))
    sizes = [float(abs(projector[largest, column].terms[0]).mid()) for column in range(len(matrix))]
    column = projector[:, int(np.argmax(sizes))]
    length = sum((part.real * part.real + part.imag * part.imag for part in column), Series.of(0)).sqrt()
    top = column[largest]
    turn = top.conjugate() / abs(top)
    return [part * turn / length * (1 if model[largest].real >= 0 else -1) for part in column]
