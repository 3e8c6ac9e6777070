"""Questions about values that have one answer on real numbers, or that are composed of comparisons: isfinite, any, all.

A recording is about real numbers, of which none is NaN or infinite: ``np.isfinite`` is true everywhere. Where f is not
finite, nothing is claimed of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.frontends.advanced import all_of, any_of, truths
from dualgrad.frontends.arrays import stacked
from dualgrad.frontends.host import Host, is_array, traced_or
from dualgrad.frontends.tracer import Tracer
from dualgrad.program.record import Variable
from dualgrad.shapes import plain_extents


def questions(host: Host) -> dict[Any, Any]:
    """Replacements of NumPy's questions, by the original."""
    finite: dict[Any, bool] = {
        np.isfinite: True,
        np.isnan: False,
        np.isinf: False,
        np.isneginf: False,
        np.isposinf: False,
    }
    plain = {math.isfinite: True, math.isnan: False, math.isinf: False}
    return {
        **{function: traced_or(function, _everywhere(answer)) for function, answer in finite.items()},
        **{function: traced_or(function, lambda _, answer=answer: answer) for function, answer in plain.items()},
        **{function: traced_or(function, _listed(other)) for function, other in _WITHOUT_NAN.items()},
        np.nan_to_num: traced_or(np.nan_to_num, lambda x, *_, **__: x * 1.0),
        np.any: traced_or(np.any, any_of),
        np.all: traced_or(np.all, all_of),
        np.count_nonzero: traced_or(np.count_nonzero, _count),
        np.isclose: traced_or(np.isclose, _isclose),
        np.allclose: traced_or(np.allclose, _allclose),
        np.array_equal: traced_or(np.array_equal, _array_equal(host)),
    }


_WITHOUT_NAN: dict[Any, Callable[..., Any]] = {
    np.nansum: np.sum, np.nanmean: np.mean, np.nanmax: np.max, np.nanmin: np.min, np.nanprod: np.prod,
    np.nanstd: np.std, np.nanvar: np.var,
}  # fmt: skip


def _listed(function: Callable[..., Any]) -> Callable[..., Any]:
    def reduced(a: Any, *args: Any, **kwargs: Any) -> Any:
        return function(stacked(a), *args, **kwargs)

    return reduced


def _everywhere(answer: bool) -> Callable[..., Any]:
    """The answer in the array's shape where that is known, and as one truth value where it is not."""

    def asked(x: Any, **_: Any) -> Any:
        extents = plain_extents(x.shape) if is_array(x) else ()
        sizes = [extent for extent in extents if isinstance(extent, int)]
        return np.full(sizes, answer)[()] if len(sizes) == len(extents) else np.bool_(answer)

    return asked


def _count(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.sum(truths(a), axis=axis, keepdims=keepdims)


def _allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    return all_of(_isclose(a, b, rtol, atol))


def _isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    return np.abs(a - b) <= atol + rtol * np.abs(b)


def _origin(host: Host, array: Tracer) -> Any:
    """What an array is a copy of."""
    made = {equation.output: equation for equation in host.trace.equations if equation.op.name == "copy"}
    operand = array.operand
    while isinstance(operand, Variable) and operand in made:
        operand = made[operand].inputs[0]
    return operand


def _array_equal(host: Host) -> Callable[..., Any]:
    def asked(a: Any, b: Any, equal_nan: bool = False) -> Any:
        if np.ndim(a) != np.ndim(b) or any(m != n for m, n in zip(np.shape(a), np.shape(b), strict=True)):
            return False
        if isinstance(a, Tracer) and isinstance(b, Tracer) and _origin(host, a) is _origin(host, b):
            return True
        return all_of(np.equal(a, b))

    return asked
