"""NumPy functions that are chains of ops: the traced arrays go through the ops one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dualgrad.frontends import choosing
from dualgrad.frontends.host import Host, is_array, is_traced, stacked, traced_or
from dualgrad.frontends.tracer import Tracer
from dualgrad.op import BY_NUMPY, Kind
from dualgrad.program.record import Operand, Variable

CUT = 1e-12  # singular values that are smaller, relatively, are taken for rounding
SEGMENTS = 64  # of np.interp, at most
_JOINING = (
    np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.einsum, np.block,
    np.linalg.multi_dot,
)  # fmt: skip


def compositions(host: Host) -> dict[Any, Any]:
    """Replacements of NumPy functions, by the original."""
    return {
        np.select: traced_or(np.select, _select),
        np.piecewise: traced_or(np.piecewise, _piecewise(host)),
        np.interp: traced_or(np.interp, _interp(host)),
        np.ediff1d: traced_or(np.ediff1d, _ediff1d),
        np.diff: traced_or(np.diff, _diff),
        np.bincount: traced_or(np.bincount, _bincount(host)),
        np.ndenumerate: traced_or(np.ndenumerate, _ndenumerate),
        np.ravel: traced_or(np.ravel, lambda a, order="C": stacked(a).reshape(-1, order=order)),
        np.reshape: traced_or(np.reshape, lambda a, shape, order="C", **_: stacked(a).reshape(shape, order=order)),
        np.result_type: traced_or(np.result_type, lambda *given: np.result_type(*map(_dtype_of, given))),
        np.random.default_rng: _seeded(host, np.random.default_rng),
        np.random.RandomState: _seeded(host, np.random.RandomState),
        np.ptp: traced_or(np.ptp, lambda a, axis=None: np.max(a, axis=axis) - np.min(a, axis=axis)),
        np.trapezoid: traced_or(np.trapezoid, _trapezoid),
        np.polynomial.polynomial.polyval: traced_or(np.polynomial.polynomial.polyval, _polyval(host)),
        np.linalg.lstsq: traced_or(np.linalg.lstsq, least_squares),
        np.compress: traced_or(np.compress, _compress(host)),
        np.extract: traced_or(np.extract, lambda condition, arr: np.reshape(arr, -1)[np.reshape(condition, -1)]),
        np.putmask: traced_or(np.putmask, _putmask),
        np.nanmedian: traced_or(np.nanmedian, choosing.median),
        np.copyto: traced_or(np.copyto, _copyto),
        np.fill_diagonal: traced_or(np.fill_diagonal, _fill_diagonal),
        np.broadcast_arrays: traced_or(np.broadcast_arrays, _broadcast_arrays(host)),
        np.fliplr: traced_or(np.fliplr, lambda m: np.flip(m, 1)),
        np.flipud: traced_or(np.flipud, lambda m: np.flip(m, 0)),
        np.size: lambda a, axis=None: _size(a, axis),
        np.isscalar: _isscalar(host),
        np.vectorize: vectorizing(host),
        np.take: traced_or(np.take, _take(host)),
        np.where: traced_or(np.where, _where),
        sliding_window_view: traced_or(sliding_window_view, _windows),
    }


@cache
def listings(count: int) -> dict[Any, Any]:
    """Functions of one array take lists as well, which the protocols do not look into; there are ``count`` of all."""
    plain = [f for f in BY_NUMPY if not isinstance(f, np.ufunc) and f not in _JOINING]
    return {function: _listing(function) for function in plain}


@cache
def _listing(function: Callable[..., Any]) -> Callable[..., Any]:
    def listed(*args: Any, **kwargs: Any) -> Any:
        return function(*(stacked(a) if isinstance(a, list) and is_traced(a) else a for a in args), **kwargs)

    return listed


def _select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    result = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        result = np.where(condition, choice, result)
    return result


def _piecewise(host: Host) -> Callable[..., Any]:
    def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
        conditions = list(condlist) if isinstance(condlist, (list, tuple)) else [condlist]
        if not isinstance(x, Tracer) or x.dtype.kind != "f":
            return host.refuse("np.piecewise of this argument cannot be recorded; use np.where")
        values = [f(x, *args, **kw) if callable(f) else f for f in funclist]
        if not all(_elementwise(host, x.operand, value) for value in values):
            host.refuse("np.piecewise with a function that is not elementwise cannot be recorded; use np.where")
        result: Any = values[len(conditions)] if len(values) > len(conditions) else 0.0
        for condition, value in zip(conditions, values, strict=False):  # the last that holds counts
            result = np.where(condition, value, result)
        return result

    return piecewise


def _elementwise(host: Host, source: Operand, value: Any) -> bool:
    """Whether a value depends on the source only through pointwise ops."""
    if not isinstance(value, Tracer):
        return not is_array(value)
    made = {equation.output: equation for equation in host.trace.equations}

    def pointwise(operand: Operand) -> bool:
        equation = made.get(operand) if isinstance(operand, Variable) else None
        if operand is source or (equation is None and not operand.shape):
            return True
        if equation is not None and equation.op.kind is Kind.POINTWISE:
            return all(map(pointwise, equation.inputs))
        return not operand.shape and not reaches(operand)

    def reaches(operand: Operand) -> bool:
        equation = made.get(operand) if isinstance(operand, Variable) else None
        return operand is source or (equation is not None and any(map(reaches, equation.inputs)))

    return pointwise(value.operand)


def _interp(host: Host) -> Callable[..., Any]:
    def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
        if is_traced(xp) and period is None:
            return _between_places(stacked(x), stacked(xp), stacked(fp), left, right)
        if period is not None or not 0 < np.size(xp) <= SEGMENTS:
            return host.refuse(
                f"np.interp is recorded for up to {SEGMENTS} known places xp, without period=; use np.where"
            )
        places, values = np.asarray(xp, float), fp if is_array(fp) else stacked(fp) if is_traced(fp) else np.asarray(fp)
        last = len(places) - 1
        result = np.where(np.greater(x, places[last]), values[last] if right is None else right, values[last])
        for k in reversed(range(last)):
            slope = (values[k + 1] - values[k]) / (places[k + 1] - places[k])
            result = np.where(np.less(x, places[k + 1]), slope * (x - places[k]) + values[k], result)
        return np.where(np.less(x, places[0]), values[0] if left is None else left, result)

    return interp


def _between_places(x: Any, xp: Any, fp: Any, left: Any, right: Any) -> Any:
    """Each number by itself, in the interval that its value chooses."""
    last = len(xp) - 1
    found = []
    for place, k in np.ndenumerate(choosing.searchsorted(xp, x, "right")):
        low, value = int(k) - 1, x[place] if place else x
        if low < 0 or low == last:
            end = (fp[0] if left is None else left) if low < 0 else fp[last] if right is None or k == last else right
            found.append(end + 0.0 * value)
            continue
        found.append(fp[low] + (value - xp[low]) * ((fp[low + 1] - fp[low]) / (xp[low + 1] - xp[low])))
    return np.reshape(np.stack(found), np.shape(x)) if np.ndim(x) else found[0]


def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    parts = [np.atleast_1d(part) for part in (to_begin, np.diff(np.reshape(ary, -1)), to_end) if part is not None]
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    a = stacked(a)
    if prepend is not None or append is not None:
        ends = [part if part is None or np.ndim(part) else _one_slice(a, part, axis) for part in (prepend, append)]
        a = np.concatenate([part for part in (ends[0], a, ends[1]) if part is not None], axis=axis)
    return BY_NUMPY[np.diff](a, n=n, axis=axis)


def _one_slice(a: Any, value: Any, axis: int) -> Any:
    """One number in the shape of a slice of length 1 along an axis."""
    return np.sum(a * 0.0, axis=axis, keepdims=True) + value


def _bincount(host: Host) -> Callable[..., Any]:
    def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
        if is_traced(x):
            return host.refuse("np.bincount of values has no fixed result to record; count with comparisons")
        found = host.filled(0.0, (max(int(np.max(x, initial=-1)) + 1, minlength),), float)
        np.add.at(found, np.asarray(x), weights)
        return found

    return bincount


def _ndenumerate(a: Any) -> Any:
    return ((place, a[place]) for place in np.ndindex(*map(int, a.shape)))


def _dtype_of(value: Any) -> Any:
    return value.dtype if is_array(value) else value


def _seeded(host: Host, make: Callable[..., Any]) -> Callable[..., Any]:
    def seeded(seed: Any = None) -> Any:
        if not isinstance(seed, int):
            return host.refuse("a generator of random numbers without a seed was made; a second call would differ")
        return make(seed)

    return seeded


def _trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    y = np.moveaxis(stacked(y), axis, -1) if axis != -1 else stacked(y)
    width = dx if x is None else np.diff(stacked(x))
    return np.sum(width * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


def _polyval(host: Host) -> Callable[..., Any]:
    def polyval(x: Any, c: Any, tensor: bool = True) -> Any:
        x, c = stacked(x), stacked(c)
        if np.ndim(c) != 1:
            return host.refuse("polyval with several polynomials cannot be recorded; evaluate them one by one")
        value = 0.0 * x
        for k in reversed(range(int(c.shape[0]))):
            value = value * x + c[k]
        return value

    return polyval


def least_squares(a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any, Any, Any]:
    """The least-squares solution by the normal equations, where the matrix has full rank, and what comes with it."""
    a, b = stacked(a), stacked(b)
    turned, (rows, columns) = np.transpose(a), map(int, a.shape)
    if rcond is not None and rcond > CUT:
        (b if is_array(b) else a).__refuse__(f"lstsq with rcond={rcond} cannot be recorded: it leaves out a part")
    if rows < columns:
        return turned @ np.linalg.solve(a @ turned, b), np.zeros(0), rows, None
    solution = np.linalg.solve(turned @ a, turned @ b)
    left = np.sum((a @ solution - b) ** 2, axis=0, keepdims=b.ndim == 1)
    return solution, left if rows > columns else np.zeros(0), columns, None


def _compress(host: Host) -> Callable[..., Any]:
    def compress(condition: Any, a: Any, axis: Any = None) -> Any:
        if axis not in (None, 0) or (axis is None and a.ndim != 1):
            return host.refuse("np.compress along this axis cannot be recorded; index with the mask")
        return a[np.flatnonzero(choosing.truth(condition))]

    return compress


def _putmask(a: Any, mask: Any, values: Any) -> None:
    a[...] = np.where(mask, values, a)


def _copyto(dst: Any, src: Any) -> None:
    dst[...] = src


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    if not is_array(a) or a.ndim != 2 or wrap:
        (a if is_array(a) else val).__refuse__("np.fill_diagonal cannot be recorded here; use A - np.diag(…)")
    ones = np.ones_like(a[:, 0])
    a[...] = np.tril(a, -1) + np.triu(a, 1) + np.diag(val * ones)


def _broadcast_arrays(host: Host) -> Callable[..., Any]:
    def broadcast_arrays(*args: Any) -> tuple[Any, ...]:
        total = sum(np.zeros_like(arg) for arg in args)
        return tuple(np.broadcast_to(arg, total.shape) for arg in args)

    return broadcast_arrays


def _size(value: Any, axis: Any) -> Any:
    if not is_array(value):
        return np.size(value, axis)
    return value.size if axis is None else value.shape[axis]


def _isscalar(host: Host) -> Callable[..., Any]:
    def isscalar(element: Any) -> Any:
        if isinstance(element, Tracer):
            return element.looks_like("np.isscalar", lambda kind: kind is not np.ndarray)
        return np.isscalar(0 if is_traced(element) else element)

    return isscalar


def _where(condition: Any, *values: Any) -> Any:
    return np.where(stacked(condition), *map(stacked, values)) if values else choosing.nonzero(condition)


def _windows(x: Any, window_shape: Any, axis: Any = None, **_: Any) -> Any:
    """``sliding_window_view``: for each axis the slices that start one after the other, stacked behind."""
    x = stacked(x)
    lengths = tuple(window_shape) if isinstance(window_shape, (tuple, list)) else (window_shape,)
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    for length, along in zip(lengths, axes, strict=True):
        before = (slice(None),) * (along % x.ndim)
        rest = x.shape[along] - length + 1
        x = np.stack([x[(*before, slice(start, rest + start))] for start in range(length)], axis=-1)
    return x


def _take(host: Host) -> Callable[..., Any]:
    def take(a: Any, indices: Any, axis: Any = None) -> Any:
        if not is_array(a) or axis not in (None, 0) or (axis is None and a.ndim != 1):
            return host.refuse("np.take along this axis cannot be recorded; index with brackets")
        return a[indices]

    return take


def vectorizing(host: Host) -> Callable[..., Any]:
    """``np.vectorize``: called with traced arrays, the function runs once for every element."""

    def vectorize(pyfunc: Any = None, otypes: Any = None, doc: Any = None, excluded: Any = None, **rest: Any) -> Any:
        if pyfunc is None:
            return lambda function: vectorize(function, otypes, doc, excluded, **rest)
        plain = np.vectorize(pyfunc, otypes, doc, excluded, **rest)

        def vectorized(*args: Any, **kwargs: Any) -> Any:
            if not is_traced((*args, *kwargs.values())):
                return plain(*args, **kwargs)
            if excluded or kwargs or rest:
                host.refuse("np.vectorize with excluded=, signature= or keywords cannot be recorded; write the loop")
            return _each(pyfunc, args)

        return vectorized

    return vectorize


def _each(function: Callable[..., Any], args: Sequence[Any]) -> Any:
    arrays = [stacked(arg) if not is_array(arg) else arg for arg in args]
    total = sum(np.zeros_like(array) for array in arrays)
    if not total.ndim:
        return function(*arrays)
    spread = [np.broadcast_to(array, total.shape) for array in arrays]
    shape = tuple(map(int, total.shape))
    values = [function(*(array[place] for array in spread)) for place in np.ndindex(*shape)]
    return np.reshape(stacked(values), shape)
