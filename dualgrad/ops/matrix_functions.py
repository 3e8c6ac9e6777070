"""Powers, products and functions of whole matrices, and linear equations in matrices.

The derivative of a function of matrices is that function of a block matrix: f([[a, t], [0, a]]) = [[f(a), f'(a) t],
[0, f(a)]]. So each has derivatives of any order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

import dualgrad.matrix_meanings as means
from dualgrad.conjugate import is_complex
from dualgrad.matrices import FLOATING, square, squares, turned
from dualgrad.matrices import matrix_call as _matrix_call
from dualgrad.op import Call, Complex, Kind, Op, composed, structural
from dualgrad.samples import call, drawn
from dualgrad.shapes import extents, rank


@composed(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    """The n-fold matrix product of square matrices with themselves; of the inverse for n < 0.

    >>> matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 3)
    array([[1., 3.],
           [0., 1.]])
    """
    if n == 0:
        return np.zeros_like(a) + np.eye(extents(a)[-1], dtype=a.dtype)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    result = None
    while n:
        if n % 2:
            result = a if result is None else np.matmul(result, a)
        n //= 2
        a = np.matmul(a, a) if n else a
    return result


@composed(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any]) -> Any:
    """The matrix product of several arrays, from the left."""
    result = arrays[0]
    for array in arrays[1:]:
        result = np.dot(result, array)
    return result


@composed(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of the linear map that takes the last axes to the first ``ind`` ones."""
    shape = extents(a)
    size = np.prod(shape[ind:], dtype=int)
    return np.reshape(np.linalg.inv(np.reshape(a, (size, -1))), (*shape[ind:], *shape[:ind]))


@composed(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """The x with ``tensordot(a, x, x.ndim) = b``."""
    if axes is not None:
        a = np.moveaxis(a, axes, range(rank(a) - len(axes), rank(a)))
    shape = extents(a)[rank(b) :]
    size = np.prod(shape, dtype=int)
    return np.reshape(np.linalg.solve(np.reshape(a, (size, size)), np.ravel(b)), shape)


# ---------------------------------------------------------------------------- functions of matrices


def _along(f: Op, a: Any, t: Any) -> Any:
    """The derivative of a function of matrices, at a, along t."""
    n = extents(a)[-1]
    above = np.concatenate([a, t], axis=-1)
    below = np.concatenate([np.zeros_like(a), a], axis=-1)
    return f(np.concatenate([above, below], axis=-2))[..., :n, n:]


def _one_by_one(name: str) -> Callable[[Any], Any]:
    """A function of scipy.linalg, for stacks too, run in double precision, and real where it can be."""

    def forward(a: Any) -> Any:
        from scipy import linalg

        a = np.asarray(a)
        wide = a.astype(np.complex128 if is_complex(a) else np.float64)
        rows = [getattr(linalg, name)(matrix) for matrix in wide.reshape(-1, *a.shape[-2:])]
        found = np.reshape(np.asarray(rows), a.shape)
        kind = np.result_type(a.dtype, np.float32, *([np.complex64] if is_complex(found) else []))
        return found.astype(kind)

    return forward


def _matrix_function(name: str, domain: str = "", ulps: float = 16) -> Op:
    op: Op = structural(
        name,
        Kind.COMPOSITE,
        call=_matrix_call,
        forward=_one_by_one(name),
        dtype=FLOATING,
        meaning=partial(means.functions, name),
        vjp=[lambda g, y, a: _along(op, turned(a), g)],
        jvp=[lambda t, y, a: _along(op, a, t)],
        complex=Complex.ANALYTIC,
        domain=domain,
        samples=drawn(squares),
        ulps=ulps,
        doc=f"The function of square matrices that scipy.linalg.{name} computes.",
    )
    return op


expm = _matrix_function("expm", ulps=1024)  # SciPy squares again and again: its error is one of the norm, not by entry
logm = _matrix_function("logm", "no eigenvalue that is zero or negative")
sqrtm = _matrix_function("sqrtm", "no eigenvalue that is zero or negative")
sinm, cosm = _matrix_function("sinm"), _matrix_function("cosm")

# ---------------------------------------------------------------------------- equations in matrices


def _sylvester(a: Any, b: Any, q: Any) -> Any:
    from scipy import linalg

    return linalg.solve_sylvester(a, b, q)


solve_sylvester: Op = structural(
    "solve_sylvester",
    Kind.COMPOSITE,
    call=lambda a, b, q, /: Call((a, b, q), {}),
    forward=_sylvester,
    dtype=FLOATING,
    meaning=means.sylvester_solutions,
    vjp=[
        lambda g, y, a, b, q: -solve_sylvester(turned(a), turned(b), g) @ turned(y),
        lambda g, y, a, b, q: -turned(y) @ solve_sylvester(turned(a), turned(b), g),
        lambda g, y, a, b, q: solve_sylvester(turned(a), turned(b), g),
    ],
    jvp=[
        lambda t, y, a, b, q: -solve_sylvester(a, b, t @ y),
        lambda t, y, a, b, q: -solve_sylvester(a, b, y @ t),
        lambda t, y, a, b, q: solve_sylvester(a, b, t),
    ],
    complex=Complex.ANALYTIC,
    domain="no eigenvalue of a is minus one of b",
    samples=drawn(lambda draw: [call(square(draw, 3, 3), square(draw, 2, 2), draw(3, 2))]),
    doc="The x with a @ x + x @ b = q.",
)
