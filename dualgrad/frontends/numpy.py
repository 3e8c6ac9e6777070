"""The tracing counterparts of what NumPy's protocols do not reach: constructors, builtins, ``math``."""

from __future__ import annotations

import builtins
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from dualgrad.array import public
from dualgrad.frontends.dims import Dim
from dualgrad.frontends.rewire import Rewiring
from dualgrad.frontends.trace import Trace
from dualgrad.frontends.tracer import Tracer
from dualgrad.op import REGISTRY

Table = dict[int, tuple[Any, Any]]

MATH = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "log2": np.log2, "log10": np.log10,
    "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "atan2": np.arctan2, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "fabs": np.abs,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "pow": np.power,
}  # fmt: skip


def rewiring(trace: Trace) -> Rewiring:
    """The copies that one trace uses."""
    table: Table = {}
    for original, replacement in _replacements(trace).items():
        table[id(original)] = (original, replacement)
    return Rewiring(table, trace.refuse)


def _replacements(trace: Trace) -> dict[Any, Any]:
    return {**_builtins(trace), **_math(), **_constructors(trace), **_queries(), **_scipy()}


# ---------------------------------------------------------------------------- builtins and math


def _builtins(trace: Trace) -> dict[Any, Any]:
    return {
        builtins.len: lambda value: value.shape[0] if isinstance(value, Tracer) and value.ndim else len(value),
        builtins.isinstance: _isinstance,
        builtins.type: _type,
        builtins.float: _number_type(float, np.float64),
        builtins.int: _number_type(int, np.int64),
        builtins.sum: _sum,
        builtins.max: _extremum(builtins.max, "maximum"),
        builtins.min: _extremum(builtins.min, "minimum"),
    }


def _number_type(original: type, dtype: Any) -> type:
    """A stand-in for ``float`` or ``int``: keeps traced numbers traced, and is that type everywhere else."""

    class Meta(type):
        def __call__(cls, *args: Any) -> Any:
            value = args[0] if args else None
            if isinstance(value, Dim):
                return value if original is int else value.number()
            if isinstance(value, Tracer) and original is float:
                return _as_float(value)
            return original(*args)

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, original) or (
                original is float and isinstance(instance, Tracer) and not instance.ndim
            )

        def __getattr__(cls, name: str) -> Any:
            return getattr(original, name)

        def __eq__(cls, other: object) -> bool:
            return other is cls or other is original

        __hash__ = type.__hash__

    return Meta(original.__name__, (), {"dtype": np.dtype(dtype)})


def _as_float(value: Tracer) -> Any:
    while value.ndim:
        if any(extent != 1 for extent in value.extents):
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        value = value[0]
    return value


def _isinstance(value: Any, kinds: Any) -> bool:
    if isinstance(value, Tracer):
        candidates = kinds if isinstance(kinds, tuple) else (kinds,)
        stand_in = np.float64 if value.ndim == 0 else np.ndarray
        return any(
            isinstance(kind, type) and (issubclass(stand_in, kind) or (kind == float and not value.ndim))
            for kind in candidates
        )
    if isinstance(value, Dim):
        return isinstance(0, kinds)
    return isinstance(value, kinds)


class _TypeMeta(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, type)


class _type(metaclass=_TypeMeta):
    """``type`` as a traced function sees it: a tracer is an ndarray, or a float where it has no axes."""

    def __new__(cls, *args: Any) -> Any:
        if len(args) == 1 and isinstance(args[0], Tracer):
            return np.ndarray if args[0].ndim else np.float64
        return int if len(args) == 1 and isinstance(args[0], Dim) else type(*args)


def _sum(values: Any, /, start: Any = 0) -> Any:
    if isinstance(values, Tracer) and values.ndim:
        return REGISTRY["sum"](values, axis=0) + start
    return builtins.sum(values, start)


def _extremum(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    def extremum(*args: Any, **kwargs: Any) -> Any:
        values = args if len(args) > 1 else tuple(args[0])
        if kwargs or not any(isinstance(value, Tracer) for value in values):
            return original(*args, **kwargs)
        result = values[0]
        for value in values[1:]:
            result = REGISTRY[name](result, value)
        return result

    return extremum


def _math() -> dict[Any, Any]:
    return {getattr(math, name): _traced_or(getattr(math, name), function) for name, function in MATH.items()}


def _traced_or(plain: Callable[..., Any], traced: Callable[..., Any]) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        return (traced if any(isinstance(arg, (Tracer, Dim)) for arg in args) else plain)(*args, **kwargs)

    return function


# ---------------------------------------------------------------------------- constructors


def _constructors(trace: Trace) -> dict[Any, Any]:
    def filled(value: Any, shape: Any, dtype: Any = float) -> Any:
        value = value if isinstance(value, Tracer) else np.dtype(dtype or float).type(value)
        op = REGISTRY["broadcast_to"]
        call = op.call(value, shape)
        result = trace.record(op, call.inputs, call.params)
        return trace_copy(result)

    def trace_copy(result: Tracer) -> Tracer:
        return result.rebound(result.operand)

    def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> Any:
        return filled(fill_value, shape, dtype or np.result_type(getattr(fill_value, "dtype", fill_value)))

    def eye(N: Any, M: Any = None, k: int = 0, dtype: Any = float, order: str = "C") -> Any:
        if k or (M is not None and M is not N):
            return np.eye(N, M, k, dtype)
        return REGISTRY["diag"](filled(1.0, (N,), dtype))

    def arange(*args: Any, dtype: Any = None) -> Any:
        if len(args) == 1 and isinstance(args[0], Dim):
            return REGISTRY["cumsum"](filled(1, args, int)) - 1
        return np.arange(*args, dtype=dtype)

    def array(value: Any, dtype: Any = None, copy: bool = True, order: str = "K", ndmin: int = 0, **rest: Any) -> Any:
        if not _traced(value):
            return np.array(value, dtype=dtype, ndmin=ndmin, **rest)
        result = _stacked(value)
        for _ in range(ndmin - result.ndim):
            result = result[None]
        return _typed(result, dtype)

    def asarray(value: Any, dtype: Any = None, *_: Any, **__: Any) -> Any:
        if not _traced(value):
            return np.asarray(value, dtype=dtype)
        return _typed(value if isinstance(value, Tracer) else _stacked(value), dtype)

    return {
        np.zeros: lambda shape, dtype=float, order="C": filled(0, shape, dtype),
        np.ones: lambda shape, dtype=float, order="C": filled(1, shape, dtype),
        np.empty: lambda shape, dtype=float, order="C": filled(0, shape, dtype),
        np.full: full,
        np.eye: eye,
        np.identity: lambda n, dtype=float: eye(n, dtype=dtype),
        np.arange: arange,
        np.array: array,
        np.asarray: asarray,
        np.asanyarray: asarray,
        np.ascontiguousarray: asarray,
        np.asarray_chkfinite: asarray,
        np.atleast_1d: _traced_or(np.atleast_1d, lambda value: value if value.ndim else value[None]),
        np.float64: _number_type_like(np.float64),
    }


def _number_type_like(kind: type) -> Any:
    class Meta(type):
        def __call__(cls, value: Any = 0.0) -> Any:
            return value if isinstance(value, Tracer) else value.number() if isinstance(value, Dim) else kind(value)

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, kind) or (isinstance(instance, Tracer) and not instance.ndim)

        def __getattr__(cls, name: str) -> Any:
            return getattr(kind, name)

    return Meta(kind.__name__, (), {"dtype": np.dtype(kind)})


def _traced(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_traced, value))
    return isinstance(value, (Tracer, Dim))


def _stacked(value: Any) -> Any:
    if isinstance(value, Dim):
        return value.number()
    if isinstance(value, (list, tuple)):
        return np.stack([_stacked(part) for part in value])
    return value if not isinstance(value, Tracer) else value.rebound(value.operand)


def _typed(value: Any, dtype: Any) -> Any:
    return value if dtype is None or np.dtype(dtype) == value.dtype else value.astype(dtype)


# ---------------------------------------------------------------------------- questions about shapes, SciPy's helpers


def _queries() -> dict[Any, Any]:
    return {
        np.shape: lambda a: a.shape if isinstance(a, Tracer) else np.shape(a),
        np.ndim: lambda a: a.ndim if isinstance(a, Tracer) else np.ndim(a),
        np.size: lambda a, axis=None: _size(a, axis),
        np.isscalar: lambda a: (
            False if isinstance(a, Tracer) and a.ndim else np.isscalar(0.0 if isinstance(a, (Tracer, Dim)) else a)
        ),
        np.iscomplexobj: lambda a: False if isinstance(a, Tracer) else np.iscomplexobj(a),
    }


def _size(value: Any, axis: Any) -> Any:
    if not isinstance(value, Tracer):
        return np.size(value, axis)
    return value.size if axis is None else value.shape[axis]


def _scipy() -> dict[Any, Any]:
    """SciPy's own array-API plumbing, where SciPy is loaded: its functions then run on tracers as they stand."""
    library = sys.modules.get("scipy._lib._array_api")
    if library is None:
        return {}
    found: dict[Any, Any] = {}
    if hasattr(library, "array_namespace"):
        found[library.array_namespace] = lambda *arrays, **_: (
            _NUMPY if any(map(_traced, arrays)) else library.array_namespace(*arrays)
        )
    if hasattr(library, "xp_promote"):
        found[library.xp_promote] = _xp_promote(library.xp_promote)
    return found | _special()


def _special() -> dict[Any, Any]:
    """Functions of scipy.special that are written in Python, as the ops that they are."""
    special = sys.modules.get("scipy.special")
    functions = public()
    return {
        getattr(special, name): _traced_or(getattr(special, name), functions[name])
        for name in ("logsumexp", "softmax", "log_softmax", "xlogy")
        if special is not None and name in functions
    }


def _xp_promote(original: Callable[..., Any]) -> Callable[..., Any]:
    def promote(*args: Any, **kwargs: Any) -> Any:
        if not any(map(_traced, args)):
            return original(*args, **kwargs)
        return args[0] if len(args) == 1 else args

    return promote


_NUMPY = np
