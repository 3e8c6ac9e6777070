"""Real and imaginary parts, conjugates, angles and signs of complex numbers; of real ones they are what one expects.

They are linear over the real numbers only, so their rules are adjoint: the engine does not conjugate for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.conjugate import is_complex
from dualgrad.meanings import Unread
from dualgrad.op import REGISTRY, Call, Complex, Kind, Op, composed, dtype_of, pointwise, structural
from dualgrad.samples import Draw, Sample, call, drawn

_UNREAD = Unread("complex numbers are not in the language of meanings; compute with real and imaginary parts")


def _samples(draw: Draw) -> list[Sample]:
    return [call(np.asarray(draw(*shape) + 1j * draw(*shape))) for shape in ((), (2, 3), (1,), (0,))]


def _part(name: str, forward: Callable[[Any], Any], gradient: Any) -> Op:
    """A real function of a complex number whose gradient is constant."""
    return pointwise(
        name,
        forward,
        [gradient],
        _UNREAD,
        dtype=dtype_of(forward),
        complex=Complex.ADJOINT,
        samples=drawn(_samples),
        doc=f"The {name.replace('_', ' ')} of complex numbers.",
    )


_real_part = _part("real_part", lambda z: np.array(np.real(z))[()], 1)
_imaginary_part = _part("imaginary_part", lambda z: np.array(np.imag(z))[()], lambda y, z: 1j)

_conjugate: Op = structural(
    "complex_conjugate",
    Kind.MULTILINEAR,
    call=lambda z, /: Call((z,), {}),
    forward=np.conjugate,
    meaning=_UNREAD,
    vjp=[lambda g, y, z: np.conjugate(g)],
    jvp=[lambda t, y, z: np.conjugate(t)],
    complex=Complex.ADJOINT,
    samples=drawn(_samples),
    doc="The conjugate of complex numbers.",
)


@composed(np.real)
def real(val: Any) -> Any:
    """The real part; what is real as it is.

    >>> real(np.array([1 + 2j]))
    array([1.])
    """
    return _real_part(val) if is_complex(val) else val


@composed(np.imag)
def imag(val: Any) -> Any:
    """The imaginary part; zeros for what is real."""
    return _imaginary_part(val) if is_complex(val) else np.zeros_like(val)


@composed(np.conjugate, method="conj")
def conj(x: Any, /) -> Any:
    """The complex conjugate.

    >>> conj(1 + 2j)
    np.complex128(1-2j)
    """
    return _conjugate(x) if is_complex(x) else REGISTRY["positive"](x)


@composed(method="conjugate")
def conjugate(x: Any, /) -> Any:
    """The complex conjugate."""
    return conj(x)


@composed(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    """The angle of a complex number in radians, or degrees.

    >>> angle(np.array([1j]), deg=True)
    array([90.])
    """
    found = np.arctan2(imag(z), real(z))
    return found * (180 / math.pi) if deg else found


@composed(np.sign)
def sign(x: Any, /) -> Any:
    """-1, 0 or 1; of a complex number the one of length 1 in its direction.

    >>> sign(np.array([-2.0, 0.0])), sign(np.array([3 + 4j]))
    (array([-1.,  0.]), array([0.6+0.8j]))
    """
    if not is_complex(x):
        return REGISTRY["sign"](x)
    length = np.absolute(x)
    vanishes = np.less_equal(length, 0)  # by order, and not an equality, which a proof cannot tell from one at chance
    return np.where(vanishes, 0, x / np.where(vanishes, 1, length))


@composed(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    """The real part, where no imaginary part is larger than ``tol`` times the machine's epsilon."""
    if not is_complex(a):
        return a
    limit = tol * np.finfo(a.dtype).eps if tol > 1 else tol
    return real(a) if np.all(np.abs(imag(a)) < limit) else a


@composed(np.iscomplexobj)
def iscomplexobj(x: Any) -> bool:
    """Whether the dtype is complex."""
    return is_complex(x)
