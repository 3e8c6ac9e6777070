"""What rules say of complex operands. For real ones each of these is the plain operation, and costs nothing."""

from __future__ import annotations

from typing import Any

import numpy as np


def is_complex(x: Any) -> bool:
    """Whether an array, tensor or number is complex, by its dtype.

    >>> is_complex(np.ones(2)), is_complex(1j)
    (False, True)
    """
    dtype = getattr(x, "dtype", None)
    return isinstance(x, complex) if dtype is None else dtype.kind == "c"


def conj(x: Any) -> Any:
    """The complex conjugate."""
    return np.conjugate(x) if is_complex(x) else x


def real(x: Any) -> Any:
    """The real part."""
    return np.real(x) if is_complex(x) else x


def adjoint(a: Any) -> Any:
    """The conjugate transpose of matrices.

    >>> adjoint(np.array([[1.0, 2j]]))
    array([[1.-0.j],
           [0.-2.j]])
    """
    return conj(np.swapaxes(a, -1, -2))


def inner(t: Any, p: Any) -> Any:
    """The change of a real function along ``t`` where its gradient is ``p``, entry by entry.

    >>> inner(2j, 3 + 4j)
    np.float64(8.0)
    """
    return np.real(np.conjugate(p) * t) if is_complex(p) or is_complex(t) else t * p


def squared(x: Any) -> Any:
    """The square of the absolute value."""
    return np.square(np.real(x)) + np.square(np.imag(x)) if is_complex(x) else np.square(x)
