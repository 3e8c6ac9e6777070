"""Constructors of arrays, which NumPy's protocols do not reach: shapes may be dimensions, entries tracers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.frontends.dims import Dim
from dualgrad.frontends.host import Host, is_array, is_traced, stacked, traced_or, typed
from dualgrad.op import REGISTRY
from dualgrad.program.size import Extent
from dualgrad.shapes import plain_extents


def constructors(host: Host) -> dict[Any, Any]:
    """Replacements of NumPy's constructors, by the original."""
    arange, eye = _arange(host), _eye(host)
    return {
        **_filling(host),
        **_converting(host),
        np.eye: eye,
        np.identity: lambda n, dtype=float: eye(n, dtype=dtype),
        np.arange: arange,
        np.linspace: traced_or(np.linspace, _linspace(host, arange)),
        np.tri: lambda N, M=None, k=0, dtype=float: np.tril(host.filled(1, (N, N if M is None else M), dtype), k),
        np.meshgrid: traced_or(np.meshgrid, _meshgrid),
        np.r_: _Joiner(np.r_, host, lambda parts: np.concatenate([np.atleast_1d(part) for part in parts])),
        np.c_: _Joiner(np.c_, host, np.column_stack),
    }


def _filling(host: Host) -> dict[Any, Any]:
    def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> Any:
        found = dtype or np.result_type(getattr(fill_value, "dtype", fill_value))
        return host.filled(fill_value.number() if isinstance(fill_value, Dim) else fill_value, shape, found)

    def full_like(a: Any, fill_value: Any, dtype: Any = None, **_: Any) -> Any:
        return full(a.shape, fill_value, dtype or a.dtype)

    return {
        np.zeros: lambda shape, dtype=float, order="C": host.filled(0, shape, dtype or float),
        np.ones: lambda shape, dtype=None, order="C": host.filled(1, shape, dtype or float),
        np.empty: lambda shape, dtype=float, order="C": host.filled(0, shape, dtype or float),
        np.full: full,
        np.zeros_like: traced_or(np.zeros_like, lambda a, dtype=None, **_: full_like(a, 0, dtype)),
        np.empty_like: traced_or(np.empty_like, lambda a, dtype=None, **_: full_like(a, 0, dtype)),
        np.ones_like: traced_or(np.ones_like, lambda a, dtype=None, **_: full_like(a, 1, dtype)),
        np.full_like: traced_or(np.full_like, full_like),
    }


def _eye(host: Host) -> Callable[..., Any]:
    def eye(N: Any, M: Any = None, k: int = 0, dtype: Any = float, order: str = "C") -> Any:
        if not is_traced((N, M)):
            return host.filled(0, (N, N if M is None else M), dtype) + np.eye(N, M, k, dtype)
        rows, columns = plain_extents((N, N if M is None else M))
        return REGISTRY["diag"](host.filled(1.0, (_diagonal(host, rows, columns, k),), dtype), k, shape=(rows, columns))

    return eye


def _diagonal(host: Host, rows: Extent, columns: Extent, k: int) -> Any:
    """How long the k-th diagonal of a matrix is: a condition of the recording, where sizes decide it."""
    extents = host.trace.extents
    down, right = rows - max(-k, 0), columns - max(k, 0)
    shorter, longer = (down, right) if extents.concrete(down) <= extents.concrete(right) else (right, down)
    extents.at_least(shorter, 0, "np.eye")
    extents.at_least(longer - shorter, 0, "np.eye")
    return host.trace.dim(shorter)


def _arange(host: Host) -> Callable[..., Any]:
    def arange(*args: Any, dtype: Any = None) -> Any:
        start, stop, step = (0, *args, 1) if len(args) == 1 else (*args, 1)[:3]
        if not is_traced(args) or any(map(is_array, args)):
            return np.arange(*args, dtype=dtype)
        count = stop - start if step == 1 else start - stop
        if not isinstance(count, Dim):
            return np.arange(*args, dtype=dtype)
        if step not in (1, -1):
            return host.refuse(f"np.arange of symbolic size with the step {step} cannot be recorded; use np.arange(n)")
        host.trace.extents.at_least(count.extent, 0, "np.arange")
        first = start.number() if isinstance(start, Dim) else start
        ones = REGISTRY["cumsum"](host.filled(1, (count,), int))
        return typed(ones + (first - 1) if step == 1 else (first + 1) - ones, dtype)

    return arange


def _linspace(host: Host, arange: Callable[..., Any]) -> Callable[..., Any]:
    def linspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, dtype: Any = None) -> Any:
        steps = num - 1 if endpoint else num
        if isinstance(steps, Dim):
            host.trace.extents.at_least(steps.extent, 1, "np.linspace")
        elif steps < 1:
            return host.refuse("np.linspace of fewer than two numbers cannot be recorded; use np.array")
        if any(is_array(end) and end.ndim for end in (start, stop)):
            return host.refuse("np.linspace between arrays cannot be recorded; use start + np.arange(n) * step")
        return typed(arange(num) * ((stop - start) / steps) + start, dtype)

    return linspace


def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> list[Any]:
    axes = [np.reshape(x, -1) if is_array(x) else np.ravel(x) for x in xi]
    order = list(range(len(axes)))
    if indexing == "xy" and len(axes) > 1:
        order[:2] = [1, 0]
    lengths = [axes[place].shape[0] for place in order]
    opened = [
        np.reshape(x, [-1 if place == order[at] else 1 for at in range(len(axes))]) for place, x in enumerate(axes)
    ]
    return opened if sparse else [np.copy(np.broadcast_to(x, tuple(lengths))) for x in opened]


class _Joiner:
    """``np.r_`` and ``np.c_``: arrays and numbers in brackets; slices and strings only where nothing is traced."""

    def __init__(self, original: Any, host: Host, join: Callable[..., Any]) -> None:
        self._original, self._host, self._join = original, host, join

    def __getitem__(self, key: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        if not is_traced(parts):
            return self._original[key]
        if any(isinstance(part, (slice, str)) for part in parts):
            self._host.refuse("np.r_ and np.c_ with slices or strings cannot be recorded; use np.concatenate")
        return self._join([stacked(part) for part in parts])


def _converting(host: Host) -> dict[Any, Any]:
    def array(value: Any, dtype: Any = None, copy: Any = True, order: str = "K", ndmin: int = 0, **rest: Any) -> Any:
        if not is_traced(value):
            return np.array(value, dtype=dtype, copy=copy, ndmin=ndmin, **rest)
        result = typed(stacked(value), dtype)
        if copy and result is value:
            result = result.copy()
        for _ in range(ndmin - result.ndim):
            result = result[None]
        return result

    def asarray(value: Any, dtype: Any = None, *_: Any, **__: Any) -> Any:
        if not is_traced(value):
            return np.asarray(value, dtype=dtype)
        return typed(value if is_array(value) else stacked(value), dtype)

    def contiguous(value: Any, dtype: Any = None, **_: Any) -> Any:
        return np.atleast_1d(host.own(asarray(value, dtype)))

    def fromiter(iter: Any, dtype: Any, count: int = -1) -> Any:
        values = list(iter)
        return array(values, dtype) if is_traced(values) else np.fromiter(values, dtype, count)

    return {
        np.array: array,
        np.asarray: asarray,
        np.asanyarray: asarray,
        np.asarray_chkfinite: asarray,
        np.ascontiguousarray: contiguous,
        np.asfortranarray: contiguous,
        np.fromiter: fromiter,
        np.atleast_1d: traced_or(np.atleast_1d, _at_least_1d),
    }


def _at_least_1d(*arrays: Any) -> Any:
    found = tuple(_one_axis(stacked(a) if not is_array(a) else a) for a in arrays)
    return found[0] if len(found) == 1 else found


def _one_axis(value: Any) -> Any:
    return np.atleast_1d(value) if not is_array(value) else value if value.ndim else value[None]
