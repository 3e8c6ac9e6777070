"""Discrete Fourier transforms, under numpy.fft's names and signatures.

Three ops carry them all. The matrix of the transform is symmetric, so the complex one is its own transpose. The
transforms from and to half a spectrum are linear over the real numbers only; each is the other's adjoint, but for
the entries that stand for two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualgrad.conjugate import conj
from dualgrad.meanings import Unread
from dualgrad.op import REGISTRY, Call, Complex, Kind, Op, composed, structural
from dualgrad.samples import Draw, call, drawn
from dualgrad.shapes import at_least, extents, one_axis, plain_extent, rank

_UNREAD = Unread("a Fourier transform is complex, and complex numbers are not in the language of meanings")
_SWAPPED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}  # of the adjoint


def _dtype_of(transform: Callable[..., Any]) -> Callable[..., Any]:
    return lambda given, **_: transform(np.ones(2, given)).dtype


def _norm(norm: Any) -> str:
    if norm not in _SWAPPED:
        raise ValueError(f"fft: got norm={norm!r}, expected 'backward', 'ortho' or 'forward'")
    return norm or "backward"


# ---------------------------------------------------------------------------- the ops


def _dft_forward(a: Any, axes: Sequence[int], inverse: bool, norm: Any) -> Any:
    return (np.fft.ifftn if inverse else np.fft.fftn)(a, axes=axes, norm=norm)


_dft: Op = structural(
    "dft",
    Kind.MULTILINEAR,
    call=lambda a, axes, inverse=False, norm=None: Call(
        (a,), {"axes": tuple(one_axis(k, rank(a)) for k in axes), "inverse": inverse, "norm": _norm(norm)}
    ),
    forward=_dft_forward,
    dtype=_dtype_of(np.fft.fft),
    meaning=_UNREAD,
    vjp=[lambda g, y, a, axes, inverse, norm: _dft(g, axes, inverse, norm)],
    samples=drawn(
        lambda draw: [
            call(draw(4), (0,)),
            call(draw(3), (0,), inverse=True),
            call(draw(2, 3), (0, 1), norm="ortho"),
            call(draw(2, 3, 2), (-1, 0), True, "forward"),
            call(draw(1, 2), (0,)),
        ]
    ),
    doc="The discrete Fourier transform over some axes.",
)


def _spectrum(draw: Draw, *shape: int) -> Any:
    return draw(*shape) + 1j * draw(*shape)


def _weighted(half: Any, n: int, axis: int, weight: float) -> Any:
    """Half a spectrum, with this weight on the entries that stand for their mirror image too."""
    weights = np.full(n // 2 + 1, weight, np.finfo(half.dtype).dtype)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    return half * np.reshape(weights, (-1, *(1,) * (rank(half) - 1 - axis)))


_rdft: Op = structural(
    "real_dft",
    Kind.MULTILINEAR,
    call=lambda a, axis=-1, norm=None: Call((a,), {"axis": one_axis(axis, rank(a)), "norm": _norm(norm)}),
    forward=lambda a, axis, norm: np.fft.rfft(a, axis=axis, norm=norm),
    dtype=_dtype_of(np.fft.rfft),
    meaning=_UNREAD,
    vjp=[
        lambda g, y, a, axis, norm: _irdft(
            _weighted(g, extents(a)[axis], axis, 0.5), extents(a)[axis], axis, _SWAPPED[norm]
        )
    ],
    complex=Complex.ADJOINT,
    samples=drawn(
        lambda draw: [call(draw(4)), call(draw(5), norm="ortho"), call(draw(3, 2), 0, "forward"), call(draw(1))]
    ),
    doc="The half of the Fourier transform of real numbers that determines the other.",
)

_irdft: Op = structural(
    "inverse_real_dft",
    Kind.MULTILINEAR,
    call=lambda a, n, axis=-1, norm=None: Call(
        (a,), {"n": int(n), "axis": one_axis(axis, rank(a)), "norm": _norm(norm)}
    ),
    forward=lambda a, n, axis, norm: np.fft.irfft(a, n, axis=axis, norm=norm),
    dtype=_dtype_of(np.fft.irfft),
    meaning=_UNREAD,
    vjp=[lambda g, y, a, n, axis, norm: _weighted(_rdft(g, axis, _SWAPPED[norm]), n, axis, 2.0)],
    complex=Complex.ADJOINT,
    samples=drawn(
        lambda draw: [
            call(_spectrum(draw, 3), 4),
            call(_spectrum(draw, 3), 5, norm="ortho"),
            call(_spectrum(draw, 2, 2), 3, 0, "forward"),
            call(draw(1), 1),
        ]
    ),
    doc="The real numbers whose Fourier transform has this half.",
)

# ---------------------------------------------------------------------------- sizes and axes


def _resized(a: Any, n: Any, axis: int) -> Any:
    """The array cropped, or with zeros behind, to this length along an axis; None and -1 leave it."""
    shape = extents(a)
    length = shape[axis] if n is None else plain_extent(n)
    if length in (-1, shape[axis]):
        return a
    if isinstance(length, int) and length < 1:
        raise ValueError(f"fft: got a length of {n}, expected at least 1")
    if not at_least(a, length, shape[axis]):
        return REGISTRY["getitem"](a, (slice(None),) * axis + (slice(0, length),))
    part = (slice(None),) * axis + (slice(0, shape[axis]),)
    return REGISTRY["put"](a, part, (*shape[:axis], length, *shape[axis + 1 :]))


def _chosen(a: Any, s: Any, axes: Any) -> tuple[list[int], list[Any]]:
    """The axes to transform, and the length of each that is asked for."""
    if axes is None:
        axes = range(rank(a)) if s is None else range(-len(s), 0)
    lengths = [None] * len(axes) if s is None else list(s)
    if len(lengths) != len(axes):
        raise ValueError(f"fft: got {len(lengths)} lengths in s for {len(axes)} axes")
    return [one_axis(axis, rank(a)) for axis in axes], lengths


def _over(a: Any, s: Any, axes: Any, inverse: bool, norm: Any) -> Any:
    places, lengths = _chosen(a, s, axes)
    for axis, n in zip(places, lengths, strict=True):
        a = _resized(a, n, axis)
    return _dft(a, places, inverse, norm) if places else a


def _irfft(a: Any, n: Any, axis: int, norm: Any) -> Any:
    length = 2 * (extents(a)[axis] - 1) if n is None or n == -1 else n
    return _irdft(_resized(a, length // 2 + 1, axis), length, axis, norm)


# ---------------------------------------------------------------------------- numpy.fft


@composed(np.fft.fft)
def fft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The discrete Fourier transform along an axis, cropped or padded to length n first.

    >>> fft(np.array([1.0, 2.0]))
    array([ 3.+0.j, -1.+0.j])
    """
    return _over(a, None if n is None else [n], [axis], False, norm)


@composed(np.fft.ifft)
def ifft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of fft."""
    return _over(a, None if n is None else [n], [axis], True, norm)


@composed(np.fft.fft2)
def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """The discrete Fourier transform over two axes."""
    return _over(a, s, axes, False, norm)


@composed(np.fft.ifft2)
def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """The inverse of fft2."""
    return _over(a, s, axes, True, norm)


@composed(np.fft.fftn)
def fftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The discrete Fourier transform over some axes, or all."""
    return _over(a, s, axes, False, norm)


@composed(np.fft.ifftn)
def ifftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The inverse of fftn."""
    return _over(a, s, axes, True, norm)


@composed(np.fft.rfft)
def rfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The first half of the Fourier transform of real numbers, which determines the other.

    >>> rfft(np.array([1.0, 2.0, 3.0])).shape
    (2,)
    """
    axis = one_axis(axis, rank(a))
    return _rdft(_resized(a, n, axis), axis, norm)


@composed(np.fft.irfft)
def irfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of rfft; n is the length of the result, an even one by default."""
    return _irfft(a, n, one_axis(axis, rank(a)), norm)


@composed(np.fft.rfftn)
def rfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The Fourier transform of real numbers over some axes, or all; half of it along the last."""
    places, lengths = _chosen(a, s, axes)
    for axis, n in zip(places, lengths, strict=True):
        a = _resized(a, n, axis)
    half = _rdft(a, places[-1], norm)
    return _dft(half, places[:-1], False, norm) if places[:-1] else half


@composed(np.fft.irfftn)
def irfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None) -> Any:
    """The inverse of rfftn."""
    places, lengths = _chosen(a, s, axes)
    for axis, n in zip(places[:-1], lengths[:-1], strict=True):
        a = _resized(a, n, axis)
    whole = _dft(a, places[:-1], True, norm) if places[:-1] else a
    return _irfft(whole, lengths[-1], places[-1], norm)


@composed(np.fft.rfft2)
def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """The Fourier transform of real numbers over two axes."""
    return rfftn(a, s, axes, norm)


@composed(np.fft.irfft2)
def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None) -> Any:
    """The inverse of rfft2."""
    return irfftn(a, s, axes, norm)


@composed(np.fft.hfft)
def hfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The Fourier transform of what is symmetric about 0 but for conjugation, of which half is given: it is real."""
    return irfft(conj(a), n, axis, _SWAPPED[_norm(norm)])


@composed(np.fft.ihfft)
def ihfft(a: Any, n: int | None = None, axis: int = -1, norm: str | None = None) -> Any:
    """The inverse of hfft."""
    return conj(rfft(a, n, axis, _SWAPPED[_norm(norm)]))


def _shifted(x: Any, axes: Any, shift: Callable[[Any], Any]) -> Any:
    chosen = range(rank(x)) if axes is None else axes if isinstance(axes, (tuple, list)) else (axes,)
    return np.roll(x, tuple(shift(extents(x)[axis]) for axis in chosen), tuple(chosen)) if rank(x) else x


@composed(np.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    """The frequency 0 in the middle.

    >>> fftshift(np.array([0.0, 1.0, -1.0]))
    array([-1.,  0.,  1.])
    """
    return _shifted(x, axes, lambda n: n // 2)


@composed(np.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    """The inverse of fftshift."""
    return _shifted(x, axes, lambda n: -(n // 2))
