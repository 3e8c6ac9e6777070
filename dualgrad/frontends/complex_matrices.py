"""Fourier transforms and matrices of complex numbers in a recording, in real numbers.

A transform is sums of cosines and sines of what it is given. A complex matrix [A + iB] is [[A, -B], [B, A]] to stacked
real and imaginary parts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dualgrad.conjugate import is_complex
from dualgrad.frontends.complex_parts import exactly, is_zero, negative, nothing, paired, parts, summed, times, traced
from dualgrad.frontends.pairs import Pair
from dualgrad.op import REGISTRY
from dualgrad.program.size import Extent, Size, dimensions
from dualgrad.shapes import extents, rank


def _scaled(parts_: Sequence[Any], n: Extent, norm: str, inverse: bool, trace: Any) -> Pair:
    """Parts of a transform over an axis of n, divided by n or by its root, as the norm has it."""
    count = trace.size_number(n) if isinstance(n, Size) else n
    if norm == "ortho":
        count = np.sqrt(count) if isinstance(n, Size) else exactly(traced(*parts_), "sqrt", n)
    elif (norm == "backward") != inverse:
        return paired(*parts_)
    return paired(*(part if is_zero(part) else part / count for part in parts_))


def _waves(part: Any, axis: int, n: Extent, sine: bool, count: Extent | None = None) -> Any:
    """Σ_j part[j] cos(2π j k / n), or the sine."""
    if is_zero(part):
        return 0.0
    return REGISTRY["cosines"](part, count, size=n, axis=axis, sine=sine)


def _once(z: Any, axis: int, inverse: bool, norm: str, count: Extent | None = None) -> Pair:
    (a, b), n = parts(z), extents(z)[axis]
    sign = -1.0 if inverse else 1.0
    re = summed(_waves(a, axis, n, False, count), times(sign, _waves(b, axis, n, True, count)))
    im = summed(_waves(b, axis, n, False, count), times(-sign, _waves(a, axis, n, True, count)))
    return _scaled((re, im), n, norm, inverse, traced(a, b)._trace)


def _dft(z: Any, axes: Sequence[int], inverse: bool, norm: str) -> Any:
    for axis in axes:
        z = _once(z, axis, inverse, norm)
    return z


def _real_dft(x: Any, axis: int, norm: str) -> Any:
    if is_complex(x):
        return x.__refuse__("np.fft.rfft of complex numbers is not defined; use np.fft.fft")
    return _once(x, axis, False, norm, _bins(x, axis))


def _bins(x: Any, axis: int) -> int:
    """How many frequencies determine the others: half of the length, which is a number then."""
    n, sizes = extents(x)[axis], x.sizes
    if isinstance(n, Size):
        sizes.leak(dimensions(n), f"np.fft.rfft takes half of {n}")
    return int(sizes.concrete(n)) // 2 + 1


def _inverse_real_dft(z: Any, n: int, axis: int, norm: str) -> Any:
    """Twice those frequencies that stand for their mirror images too; the imaginary parts of the others are unread."""
    half, before = n // 2, (slice(None),) * axis
    last = half + 1 if n % 2 else half
    cuts = [(slice(0, 1), 1.0), (slice(1, last), 2.0), (slice(last, half + 1), 1.0)]

    def weighted(part: Any) -> Any:
        if is_zero(part):
            return 0.0
        chosen = [times(part[(*before, cut)], weight) for cut, weight in cuts if cut.stop > cut.start]
        return chosen[0] if len(chosen) == 1 else np.concatenate(chosen, axis)

    re, im = map(weighted, parts(z))
    found = summed(_waves(re, axis, n, False, n), negative(_waves(im, axis, n, True, n)))
    return _scaled((found, 0.0), n, norm, True, traced(re, im)._trace).re


# ---------------------------------------------------------------------------- matrices


_FEW = (1, 2, 3)  # rows of a matrix whose determinant is written out


class _Unread:
    """What cannot be recorded and need not be, as long as nobody looks at it."""

    def __init__(self, refuse: Callable[[str], Any], what: str) -> None:
        self.__dict__ |= {"refuse": refuse, "what": what}

    def __getattr__(self, name: str) -> Any:
        return self.refuse(f"{self.what} cannot be recorded; write it with real and imaginary parts")


def _phase(a: Any) -> Any:
    """The determinant over its absolute value, of few rows."""
    if extents(a)[-1] not in _FEW:
        return _Unread(a.__refuse__, "the phase of a complex determinant")
    found = _determinant(a)
    return found / np.abs(found)


def _embedded(a: Any) -> Any:
    """The real matrix of twice the size that does to stacked parts what a complex one does: [[A, -B], [B, A]]."""
    re, im = (part if rank(part) else nothing(parts(a)[0]) for part in parts(a))
    rows = (np.concatenate([re, -im], axis=-1), np.concatenate([im, re], axis=-1))
    return np.concatenate(rows, axis=-2)


def _solve(a: Any, b: Any) -> Pair:
    right = [part if rank(part) else nothing(parts(b)[0]) for part in parts(b)]
    rows = extents(a)[-1]
    found = REGISTRY["solve_matrix"](_embedded(a), np.concatenate(right, axis=-2))
    return paired(found[..., :rows, :], found[..., rows:, :])


def _inverse(a: Any) -> Pair:
    rows = extents(a)[-1]
    found = REGISTRY["inv"](_embedded(a))
    return paired(found[..., :rows, :rows], found[..., rows:, :rows])


def _determinant(a: Any) -> Any:
    """By the rule of Leibniz, of at most three rows."""
    rows = extents(a)[-1]
    if rows not in _FEW:
        return a.__refuse__(f"the determinant of a complex matrix of {rows} rows cannot be recorded; use slogdet")
    if rows == 1:
        return a[..., 0, 0]
    if rows == 2:
        return a[..., 0, 0] * a[..., 1, 1] - a[..., 0, 1] * a[..., 1, 0]
    columns = ((0, 1, 2), (1, 2, 0), (2, 0, 1))
    return sum(a[..., 0, i] * (a[..., 1, j] * a[..., 2, k] - a[..., 1, k] * a[..., 2, j]) for i, j, k in columns)


TRANSFORMS: dict[str, Callable[..., Any]] = {
    "dft": _dft,
    "real_dft": _real_dft,
    "inverse_real_dft": _inverse_real_dft,
}
MATRICES: dict[str, Callable[..., Any]] = {
    "solve_matrix": _solve,
    "inv": _inverse,
    "det": _determinant,
    "phase_of_det": _phase,
    "logabsdet": lambda a: REGISTRY["logabsdet"](_embedded(a)) / 2,
}
