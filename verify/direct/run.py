"""Running a function on object arrays of numbers with slopes: copies of it whose NumPy, SciPy and math follow them."""

from __future__ import annotations

import builtins
import math
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache, reduce
from typing import Any

import numpy as np

from dualgrad.frontends.rewire import Rewiring
from verify.direct.eigen import eig, eigvals
from verify.direct.kernels import KERNELS, TUPLES
from verify.direct.matrices import MATRICES
from verify.direct.series import Series, Unread


class Objects(np.ndarray[Any, Any]):
    """An array of numbers with slopes, which keeps them where NumPy would turn them into floats."""

    @property  # type: ignore[misc]
    def real(self) -> Any:
        """The real parts."""
        return elementwise(lambda value: value.real)(self)

    @property  # type: ignore[misc]
    def imag(self) -> Any:
        """The imaginary parts."""
        return elementwise(lambda value: getattr(value, "imag", 0.0))(self)

    def _memory(self, *_: Any, **__: Any) -> Any:
        raise Unread("the memory of an array was read")

    tobytes = tofile = dump = dumps = byteswap = _memory
    data = ctypes = strides = flags = property(_memory)

    def astype(self, dtype: Any, *args: Any, **kwargs: Any) -> Any:
        """A copy in a floating dtype, which these numbers are."""
        if np.dtype(dtype).kind not in "fcO":
            raise Unread(f"numbers were turned into {np.dtype(dtype)}")
        return self.copy()


def objects(values: Any, shape: Any = None) -> Any:
    """Numbers with slopes, and plain ones, as an array of objects."""
    made = np.array(values, dtype=object) if shape is None else np.empty(shape, dtype=object)
    if shape is not None:
        made[...] = values
    return made.view(Objects)


def elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers as one of arrays of them."""
    lifted = np.frompyfunc(function, function.__code__.co_argcount, 1) if hasattr(function, "__code__") else None

    def over(*args: Any) -> Any:
        apply = lifted if lifted is not None and lifted.nin == len(args) else np.frompyfunc(function, len(args), 1)
        found = apply(*args)
        return found.view(Objects) if isinstance(found, np.ndarray) else found

    return over


def carries(value: Any) -> bool:
    """Whether there are numbers with slopes in a value."""
    if isinstance(value, np.ndarray):
        return bool(value.dtype == object)
    if isinstance(value, (list, tuple)):
        return any(map(carries, value))
    return isinstance(value, Series)


def run_on_series(f: Callable[..., Any], args: Sequence[Any]) -> Any:
    """What f returns for these arguments; whatever goes wrong on the way is :class:`Unread`."""
    refusals: list[str] = []

    def refuse(reason: str) -> Any:
        refusals.append(reason)
        raise Unread(reason)

    table = _table()
    names = [name for name, value in vars(builtins).items() if id(value) in table]
    wires = Rewiring(table, refuse, names, _vectorize)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = wires.watched(wires.translate(f), *args)
    except Exception as error:
        raise Unread(refusals[0] if refusals else f"{type(error).__name__}: {error}") from error
    if refusals:
        raise Unread(refusals[0])
    return result


def _or(plain: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    def chosen(*args: Any, **kwargs: Any) -> Any:
        return (other if carries(args) or carries(tuple(kwargs.values())) else plain)(*args, **kwargs)

    return chosen


def _table() -> dict[int, tuple[Any, Any]]:
    replaced = {**_making(), **_pointwise(), **_python(), **_special()}
    matrices = {**MATRICES, np.linalg.eig: eig, np.linalg.eigvals: eigvals}
    replaced.update({original: _or(original, _kept(function)) for original, function in matrices.items()})
    return {id(original): (original, replacement) for original, replacement in replaced.items()}


def _kept(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose results keep their numbers with slopes."""

    def kept(value: Any) -> Any:
        if isinstance(value, tuple):
            return type(value)(*map(kept, value))
        return value.view(Objects) if carries(value) and isinstance(value, np.ndarray) else value

    return lambda *args, **kwargs: kept(function(*args, **kwargs))


def _making() -> dict[Any, Any]:
    def filled(value: Any) -> Callable[..., Any]:
        return lambda shape, dtype=float, order="C": (
            np.full(shape, value, dtype) if np.dtype(dtype).kind in "iub" else objects(value, shape)
        )

    def array(values: Any, dtype: Any = None, copy: Any = True, ndmin: int = 0, **_: Any) -> Any:
        if not carries(values):
            return np.array(values, dtype=dtype, ndmin=ndmin)
        _must_float(dtype)
        made = np.array(values, dtype=object, ndmin=ndmin)
        return made.view(Objects)

    def asarray(values: Any, dtype: Any = None, *_: Any, **__: Any) -> Any:
        if not carries(values):
            return np.asarray(values, dtype=dtype)
        _must_float(dtype)
        return np.asarray(values, dtype=object).view(Objects)

    def like(value: Any) -> Callable[..., Any]:
        return lambda a, dtype=None, **_: objects(value, np.shape(a))

    def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C") -> Any:
        return (
            objects(fill_value, shape)
            if dtype is None or np.dtype(dtype).kind in "fcO"
            else np.full(shape, fill_value, dtype)
        )

    return {
        np.zeros: filled(0.0), np.empty: filled(0.0), np.ones: filled(1.0), np.full: full,
        np.zeros_like: like(0.0), np.empty_like: like(0.0), np.ones_like: like(1.0),
        np.full_like: lambda a, fill_value, dtype=None, **_: objects(fill_value, np.shape(a)),
        np.array: array, np.asarray: asarray, np.asanyarray: asarray, np.ascontiguousarray: asarray,
        np.asarray_chkfinite: asarray,
        np.atleast_1d: lambda *arrays: _one_or_more([np.atleast_1d(asarray(a)) for a in arrays]),
        np.eye: lambda *args, **kwargs: objects(np.eye(*args, **kwargs)),
        np.identity: lambda n, dtype=float: objects(np.identity(n)),
    }  # fmt: skip


def _one_or_more(found: list[Any]) -> Any:
    return found[0] if len(found) == 1 else found


def _must_float(dtype: Any) -> None:
    if dtype is not None and (np.dtype(dtype).kind not in "fcO" or np.dtype(dtype).itemsize < 8):
        raise Unread(f"numbers were turned into {np.dtype(dtype)}, which rounds them")


def _pointwise() -> dict[Any, Any]:
    names = "floor ceil trunc rint sinh cosh tanh arcsin arccos arctan arcsinh arccosh arctanh cbrt expm1 log1p".split()
    made = {getattr(np, name): _or(getattr(np, name), _method(name)) for name in names}

    def always(value: bool) -> Callable[..., Any]:
        return lambda x, **_: np.full(np.shape(x), value)[()]

    return made | {
        np.isfinite: _or(np.isfinite, always(True)),
        np.isnan: _or(np.isnan, always(False)),
        np.isinf: _or(np.isinf, always(False)),
        np.nan_to_num: _or(np.nan_to_num, lambda x, **_: x),
        np.logaddexp: _or(np.logaddexp, elementwise(_logaddexp)),
        np.heaviside: _or(np.heaviside, elementwise(lambda x, at: float(x > 0))),
        np.angle: _or(np.angle, elementwise(lambda z: z.imag.arctan2(z.real))),
        np.real: _or(np.real, lambda z: z.real),
        np.imag: _or(np.imag, lambda z: z.imag),
    }


def _method(name: str) -> Callable[..., Any]:
    def call(value: Any) -> Any:
        return getattr(value, name)() if isinstance(value, Series) else getattr(np, name)(value)

    return elementwise(call)


def _logaddexp(a: Any, b: Any) -> Any:
    larger, smaller = (a, b) if a >= b else (b, a)
    return larger + np.exp(smaller - larger + Series.of(0)).log1p()


@cache
def number(original: type) -> type:
    """A stand-in for ``float``, ``int`` or ``np.float64`` that keeps slopes; as a dtype it is what it stands for."""

    class Meta(type):
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            value: Any = args[0] if args else None
            value = value.item() if isinstance(value, np.ndarray) and carries(value) else value
            if not isinstance(value, Series):
                return original(*args, **kwargs)
            return value.trunc() if original is int else value

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, original) or (original is not int and isinstance(instance, Series))

        def __getattr__(cls, name: str) -> Any:
            return getattr(original, name)

    return Meta(original.__name__, (), {"dtype": np.dtype(original)})


def _python() -> dict[Any, Any]:
    names = {
        "exp": "exp", "expm1": "expm1", "log1p": "log1p", "log2": "log2", "log10": "log10", "sqrt": "sqrt",
        "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
        "sinh": "sinh", "cosh": "cosh", "tanh": "tanh", "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh",
        "fabs": "fabs", "degrees": "degrees", "radians": "radians", "exp2": "exp2", "cbrt": "cbrt",
        "floor": "floor", "ceil": "ceil", "trunc": "trunc",
    }  # fmt: skip
    functions = {getattr(math, name): _or(getattr(math, name), _method(method)) for name, method in names.items()}
    special = {"erf": "erf", "erfc": "erfc", "gamma": "gamma", "lgamma": "gammaln"}
    functions |= {getattr(math, name): _or(getattr(math, name), KERNELS[kernel]) for name, kernel in special.items()}
    return functions | {
        builtins.float: number(float),
        builtins.int: number(int),
        np.float64: number(np.float64),
        math.log: _or(math.log, lambda x, base=None: np.log(x) if base is None else np.log(x) / math.log(base)),
        math.pow: _or(math.pow, lambda x, y: x**y),
        math.atan2: _or(math.atan2, lambda y, x: (Series.of(0) + y).arctan2(x)),
        math.hypot: _or(math.hypot, lambda *values: sum((v * v for v in values), Series.of(0)).sqrt()),
        math.fsum: _or(math.fsum, sum),
        math.prod: _or(math.prod, lambda values, start=1: reduce(lambda a, b: a * b, values, start)),
        math.isfinite: _or(math.isfinite, lambda _: True),
        math.isnan: _or(math.isnan, lambda _: False),
        math.isinf: _or(math.isinf, lambda _: False),
    }


def _special() -> dict[Any, Any]:
    special = sys.modules.get("scipy.special")
    if special is None:
        return {}
    found = {}
    for name, kernel in KERNELS.items():
        original = getattr(special, name, None)
        if original is not None:
            found[original] = _or(original, elementwise(kernel))
    for name, kernels in TUPLES.items():
        original = getattr(special, name)
        found[original] = _or(original, lambda *args, kernels=kernels: tuple(elementwise(k)(*args) for k in kernels))
    return found | {
        special.logsumexp: _or(special.logsumexp, _logsumexp),
        special.softmax: _or(special.softmax, lambda x, axis=None: np.exp(x - _logsumexp(x, axis, keepdims=True))),
        special.log_softmax: _or(special.log_softmax, lambda x, axis=None: x - _logsumexp(x, axis, keepdims=True)),
    }


def _logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    weighted = np.exp(a) if b is None else b * np.exp(a)
    return np.log(np.sum(weighted, axis=axis, keepdims=keepdims))


def _vectorize(pyfunc: Any, otypes: Any = None, **options: Any) -> Any:
    return np.vectorize(pyfunc, otypes=[object], **options)
