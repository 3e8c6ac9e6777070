"""The functions of scipy.fft as traced code sees them: NumPy's where they are the same, cosine and sine transforms."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dualgrad.frontends.arrays import stacked
from dualgrad.frontends.complex_parts import exactly
from dualgrad.frontends.host import traced_or
from dualgrad.op import REGISTRY
from dualgrad.program.size import Extent, Size
from dualgrad.shapes import extents, plain_extent, rank

_AS_NUMPY = "fft ifft fft2 ifft2 fftn ifftn rfft irfft rfft2 irfft2 rfftn irfftn hfft ihfft fftshift ifftshift".split()
_SWAPPED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}  # of the inverse


class _Waves(NamedTuple):
    """y[k] = 2 Σ_j x[j] cos(π (a k + b)(c j + d) / (2 size)), or sines, for (a, b) outer and (c, d) inner.

    ``size`` is ``times`` · n + ``more``. ``halved`` are the ends of x that count half. ``root`` are the ends of x that
    an orthogonal transform takes times √2, and ``over`` those of y that it takes over √2.
    """

    sine: bool
    outer: tuple[int, int]
    inner: tuple[int, int]
    times: int = 1
    more: int = 0
    halved: tuple[int, ...] = ()
    root: tuple[int, ...] = ()
    over: tuple[int, ...] = ()


_COSINES = {
    1: _Waves(False, (2, 0), (1, 0), 1, -1, (0, -1), (0, -1), (0, -1)),
    2: _Waves(False, (1, 0), (2, 1), over=(0,)),
    3: _Waves(False, (2, 1), (1, 0), halved=(0,), root=(0,)),
    4: _Waves(False, (2, 1), (2, 1), 2),
}
_SINES = {
    1: _Waves(True, (2, 2), (1, 1), 1, 1),
    2: _Waves(True, (1, 1), (2, 1), over=(-1,)),
    3: _Waves(True, (2, 1), (1, 1), halved=(-1,), root=(-1,)),
    4: _Waves(True, (2, 1), (2, 1), 2),
}
_INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}


def transforms() -> dict[Any, Any]:
    """Replacements of scipy.fft's functions, by the original, where SciPy's are loaded."""
    library = sys.modules.get("scipy.fft")
    if library is None:
        return {}
    found: dict[str, Callable[..., Any]] = {name: _plain(getattr(np.fft, name)) for name in _AS_NUMPY}
    for letter, table in (("c", _COSINES), ("s", _SINES)):
        for inverse in (False, True):
            name = f"{'i' * inverse}d{letter}t"
            found |= {name: _along_one(table, inverse), f"{name}n": _along_all(table, inverse)}
    return {getattr(library, name): traced_or(getattr(library, name), function) for name, function in found.items()}


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    def transform(x: Any, *args: Any, **options: Any) -> Any:
        for option in ("overwrite_x", "workers", "plan"):
            options.pop(option, None)
        return function(stacked(x), *args, **options)

    return transform


def _along_one(table: dict[int, _Waves], inverse: bool) -> Callable[..., Any]:
    def transform(
        x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None,
        overwrite_x: bool = False, workers: Any = None, orthogonalize: Any = None,
    ) -> Any:  # fmt: skip
        x = stacked(x)
        kind, scale = (_INVERSE[type], _SWAPPED[norm]) if inverse else (type, norm)
        return _transformed(_resized(x, n, axis % rank(x)), table[kind], axis % rank(x), scale, orthogonalize)

    return transform


def _along_all(table: dict[int, _Waves], inverse: bool) -> Callable[..., Any]:
    one = _along_one(table, inverse)

    def transform(x: Any, type: int = 2, s: Any = None, axes: Any = None, norm: Any = None, **options: Any) -> Any:
        x = stacked(x)
        axes = range(rank(x)) if axes is None and s is None else range(-len(s), 0) if axes is None else axes
        lengths = [None] * rank(x) if s is None else list(s)
        for axis, length in zip(axes, lengths, strict=False):
            x = one(x, type, length, axis, norm, **options)
        return x

    return transform


def _resized(x: Any, n: Any, axis: int) -> Any:
    """The array cropped, or with zeros behind, to this length along an axis."""
    shape = extents(x)
    length = shape[axis] if n is None else plain_extent(n)
    if length == shape[axis]:
        return x
    if not isinstance(length, int) or not isinstance(shape[axis], int):
        return x.__refuse__(f"a transform of length {length} of {shape[axis]} numbers cannot be recorded; pad it first")
    part = (slice(None),) * axis + (slice(0, min(length, shape[axis])),)
    return x[part] if length < shape[axis] else REGISTRY["put"](x, part, (*shape[:axis], length, *shape[axis + 1 :]))


def _transformed(x: Any, waves: _Waves, axis: int, norm: Any, orthogonalize: Any) -> Any:
    n = extents(x)[axis]
    size, orthogonal = n * waves.times + waves.more, norm == "ortho" if orthogonalize is None else orthogonalize
    root = exactly(x, "sqrt", 2)
    if orthogonal:
        for end in waves.root:
            x = x + _only(x * (root - 1), axis, end)
    y = 2 * _waves(x, waves, axis, size)
    for end in waves.halved:
        y = y - _waves(_only(x, axis, end), waves, axis, size)
    if orthogonal:
        for end in waves.over:
            y = y - _only(y * (1 - 1 / root), axis, end)
    double = n * 2 + 2 * waves.more
    if norm == "forward":
        return y / _number(x, double)
    return y / _root(x, double) if norm == "ortho" else y


def _waves(x: Any, waves: _Waves, axis: int, size: Extent) -> Any:
    return REGISTRY["cosines"](x, size=size, axis=axis, outer=waves.outer, inner=waves.inner, sine=waves.sine)


def _only(x: Any, axis: int, end: int) -> Any:
    """The array with zeros but at the first or the last place of an axis."""
    n = extents(x)[axis]
    place = x._trace.dim(n - 1) if end else 0
    part = (slice(None),) * axis + (slice(place, place + 1),)
    return REGISTRY["put"](x[part], part, extents(x))


def _number(x: Any, extent: Extent) -> Any:
    return x._trace.size_number(extent) if isinstance(extent, Size) else extent


def _root(x: Any, extent: Extent) -> Any:
    return np.sqrt(_number(x, extent)) if isinstance(extent, Size) else exactly(x, "sqrt", extent)
