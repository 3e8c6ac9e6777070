"""How tensors print: like PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_DIGITS = 4
_PLAIN = tuple(map(np.dtype, (np.float64, np.complex128, np.int64, np.bool_)))  # printed without a dtype


def text(data: Any, requires_grad: bool, grad_fn: Any) -> str:
    """``tensor([1., 2.], requires_grad=True)``."""
    if not isinstance(data, (np.ndarray, np.generic)):
        return f"tensor({data!r})"
    array = np.asarray(data)
    parts = [_numbers(array)]
    if array.size == 0 and array.ndim != 1:
        parts.append(f"size={array.shape}")
    if array.dtype not in _PLAIN:
        parts.append(f"dtype={array.dtype}")
    if grad_fn is not None:
        parts.append(f"grad_fn=<{grad_fn.name()}>")
    elif requires_grad:
        parts.append("requires_grad=True")
    return f"tensor({', '.join(parts)})"


def _numbers(array: np.ndarray[Any, Any]) -> str:
    if array.size == 0:
        return "[]"
    shown = _complexes(array) if array.dtype.kind == "c" else _floats(array) if array.dtype.kind == "f" else str
    visible = _visible(array).ravel()
    width = max((len(shown(value)) for value in visible[np.isfinite(visible)]), default=0)
    return np.array2string(
        array,
        separator=", ",
        prefix="tensor(",
        max_line_width=80,
        threshold=1000,
        edgeitems=3,
        formatter={"all": lambda value: shown(value).rjust(width if array.ndim else 0)},
    )


def _visible(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The entries that are printed of a long array: the first and last few along each axis."""
    if array.size > 1000:
        for axis, length in enumerate(array.shape):
            if length > 6:
                array = np.take(array, [0, 1, 2, -3, -2, -1], axis)
    return array


def _complexes(array: np.ndarray[Any, Any]) -> Callable[[Any], str]:
    visible = _visible(array).ravel()
    shown = _floats(np.concatenate([visible.real, visible.imag]))
    return lambda value: f"{shown(value.real)}{'-' if np.signbit(value.imag) else '+'}{shown(abs(value.imag))}j"


def _floats(array: np.ndarray[Any, Any]) -> Callable[[Any], str]:
    visible = np.abs(_visible(array)).ravel()
    finite = visible[np.isfinite(visible) & (visible > 0)]
    if np.all(finite == np.floor(finite)) and finite.max(initial=0) < 1e8:
        return lambda value: f"{value:.0f}." if np.isfinite(value) else str(value)
    if finite.max() / finite.min() > 1000 or finite.max() >= 1e8 or finite.min() < 1e-4:
        return lambda value: f"{value:.{_DIGITS}e}"
    return lambda value: f"{value:.{_DIGITS}f}"
