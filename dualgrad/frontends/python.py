"""Python's own functions on tracers: builtins, ``math``, and what a recording has to refuse."""

from __future__ import annotations

import builtins
import copy
import functools
import gc
import inspect
import math
import os
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np

from dualgrad.frontends import choosing
from dualgrad.frontends.complex_numbers import number as complex_number
from dualgrad.frontends.complex_numbers import of_cmath
from dualgrad.frontends.dims import Dim
from dualgrad.frontends.host import Host, is_array, is_traced, numbers, traced_or
from dualgrad.frontends.tracer import Tracer
from dualgrad.op import REGISTRY

MATH = {
    "exp": np.exp, "expm1": np.expm1, "log1p": np.log1p, "log2": np.log2, "log10": np.log10,
    "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "atan2": np.arctan2, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "fabs": np.abs,
    "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh, "pow": np.power, "degrees": np.degrees,
    "radians": np.radians, "exp2": np.exp2, "cbrt": np.cbrt,
}  # fmt: skip
# They show how the code is run, change what others see, or give another value at every call.
UNFOLLOWED_BUILTINS: tuple[Any, ...] = (
    builtins.globals, builtins.exec, builtins.eval, builtins.compile, builtins.open, builtins.input,
)  # fmt: skip
UNFOLLOWED: tuple[Any, ...] = (
    sys._getframe, sys.gettrace, sys.settrace, sys.getprofile, sys.setprofile, sys.getrefcount, sys._current_frames,
    inspect.currentframe, inspect.stack, traceback.extract_stack, traceback.format_stack, gc.get_objects,
    gc.get_referrers, sys.getsizeof,
    os.urandom, os.getpid, os.times, np.save, np.savetxt, np.savez, np.load, np.loadtxt,
    np.seterr, np.may_share_memory, np.shares_memory,
)  # fmt: skip


def python_functions(host: Host) -> dict[Any, Any]:
    """Replacements of builtins, and of what is refused, by the original."""
    return {**_builtins(host), **_looking(host), **_refused(host)}


def _builtins(host: Host) -> dict[Any, Any]:
    return {
        builtins.len: _len,
        builtins.float: number_type(float),
        builtins.int: number_type(int),
        builtins.complex: number_type(complex),
        builtins.sum: _sum,
        builtins.max: _extremum(host, builtins.max, "max"),
        builtins.min: _extremum(host, builtins.min, "min"),
        builtins.print: _print(host),
        copy.copy: copy.copy,  # not copied itself: it asks for the class, which it is told
        copy.deepcopy: copy.deepcopy,
        np.float64: number_type(np.float64),
    }


def _len(value: Any) -> Any:
    return value.shape[0] if is_array(value) and value.ndim else len(value)


@functools.cache
def number_type(original: type) -> type:
    """A stand-in for ``float``, ``int``, … : keeps what is traced traced, and is that type elsewhere."""

    class Meta(type):
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            value: Any = args[0] if args else None
            if original is complex and is_traced((*args, *kwargs.values())):
                return complex_number(*args, **kwargs)
            if isinstance(value, Dim):
                return value if original is int else value.number()
            if is_array(value) and original is int:
                return choosing.number(value)
            if is_array(value):
                return _single(value) if original is float else value.astype(np.float64)
            return original(*args, **kwargs)

        def __instancecheck__(cls, instance: Any) -> bool:
            return bool(_isinstance(instance, original))

        def __subclasscheck__(cls, kind: type) -> bool:
            return issubclass(original_type(kind), original)

        def __getattr__(cls, name: str) -> Any:
            return getattr(original, name)

        def __eq__(cls, other: object) -> bool:
            return other is cls or other is original

        __hash__ = type.__hash__

    return Meta(original.__name__, (), {"dtype": np.dtype(original), "__original__": original})


def original_type(kind: Any) -> Any:
    """The type that a stand-in stands for."""
    return kind.__dict__.get("__original__", kind) if isinstance(kind, type) else kind


def _single(value: Any) -> Any:
    if value.ndim:
        raise TypeError("only 0-dimensional arrays can be converted to Python scalars")
    return value if value.dtype.kind == "f" else value.astype(np.float64)


def _sum(values: Any, /, start: Any = 0) -> Any:
    if is_array(values) and values.ndim:
        return REGISTRY["sum"](values, axis=0) + start
    return builtins.sum(values, start)


def _extremum(host: Host, original: Callable[..., Any], name: str) -> Callable[..., Any]:
    def extremum(*args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and is_array(args[0]) and args[0].ndim == 1 and not kwargs:
            return REGISTRY[name](args[0])
        values = list(args if len(args) > 1 else args[0])
        if not any(map(is_array, values)):
            return original(values, **kwargs)
        if kwargs or any(is_array(value) and value.ndim for value in values):
            host.refuse(f"{name}() of arrays, or with key= or default=, reads values; use np.{name}imum")
        result = values[0]
        for value in numbers(values[1:]):
            result = REGISTRY[f"{name}imum"](result, value)
        return result

    return extremum


def _print(host: Host) -> Callable[..., None]:
    def silent(*args: Any, file: Any = None, **_: Any) -> None:
        if file is not None and is_traced(args):
            host.refuse("print(file=…) of an array shows its values; print it to the screen")

    return silent


# ---------------------------------------------------------------------------- what a tracer looks like


def _looking(host: Host) -> dict[Any, Any]:
    def look(value: Any, *name: Any) -> Any:
        return host.refuse("id(), dir() or vars() of an array tells that it is recorded; leave it out")

    def has(value: Any, name: str) -> Any:
        if isinstance(value, Tracer):
            return value.looks_like(f"hasattr(…, {name!r})", lambda kind: hasattr(kind, name))
        return hasattr(0 if isinstance(value, Dim) else value, name)

    def get(value: Any, name: str, *default: Any) -> Any:
        if is_traced(value) and not isinstance(value, (list, tuple)) and not has(value, name):
            if default:
                return default[0]
            raise AttributeError(f"an array has no attribute {name!r}")
        return getattr(value, name, *default)

    return {
        builtins.isinstance: _isinstance,
        builtins.type: _type,
        builtins.hasattr: has,
        builtins.getattr: get,
        builtins.id: traced_or(builtins.id, look),
        builtins.dir: traced_or(builtins.dir, look),
        builtins.vars: traced_or(builtins.vars, look),
    }


def _isinstance(value: Any, kinds: Any) -> Any:
    wanted = tuple(map(original_type, _flat(kinds)))
    if isinstance(value, Tracer):
        return value.looks_like("isinstance()", lambda kind: issubclass(kind, wanted))
    if isinstance(value, Dim):
        return isinstance(0, wanted)
    if is_array(value) and isinstance(value, wanted) != issubclass(np.ndarray, wanted):
        value.data.__refuse__("isinstance() tells a tensor from an array; leave it out") if is_array(value.data) else 0
    return isinstance(value, wanted)


def _flat(kinds: Any) -> Iterable[Any]:
    if isinstance(kinds, types.UnionType):
        kinds = kinds.__args__
    if not isinstance(kinds, tuple):
        return (kinds,)
    return tuple(inner for kind in kinds for inner in _flat(kind))


class _TypeMeta(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, type)

    def __getattr__(cls, name: str) -> Any:
        return getattr(type, name)


class _type(metaclass=_TypeMeta):
    """``type`` as a traced function sees it: a tracer is an ndarray."""

    __original__ = type

    stand_ins: ClassVar[dict[Any, Any]] = {}

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if len(args) != 1:
            return type(*args, **kwargs)
        value = args[0]
        if isinstance(value, Tracer):
            return value.looks_like("type()", lambda kind: kind)
        found = value.__class__ if type(value).__module__.startswith("dualgrad.frontends") else type(value)
        return cls.stand_ins.get(int if isinstance(value, Dim) else found, found)


_type.stand_ins = {kind: number_type(kind) for kind in (float, int, complex, np.float64)}

# ---------------------------------------------------------------------------- math


def mathematics(host: Host) -> dict[Any, Any]:
    """Replacements of the functions of ``math``, by the original."""
    functions = {name: function for name, function in MATH.items() if hasattr(math, name)}
    replaced = {
        getattr(math, name): traced_or(getattr(math, name), _careful(host, name, function))
        for name, function in functions.items()
    }
    replaced[math.log] = traced_or(math.log, _careful(host, "log", _log))
    replaced[math.hypot] = traced_or(math.hypot, _hypot)
    replaced[math.dist] = traced_or(math.dist, lambda p, q: _hypot(*(a - b for a, b in zip(p, q, strict=True))))
    replaced[math.fsum] = _fsum
    replaced[math.prod] = traced_or(math.prod, _prod)
    special = {"erf": "erf", "erfc": "erfc", "lgamma": "gammaln"}
    for name, op in special.items():
        replaced[getattr(math, name)] = traced_or(getattr(math, name), REGISTRY[op])
    for name in ("copysign", "fmod", "gamma"):
        replaced[getattr(math, name)] = traced_or(getattr(math, name), REGISTRY[name])
    for name in ("floor", "ceil", "trunc"):
        replaced[getattr(math, name)] = traced_or(getattr(math, name), _rounded(REGISTRY[name]))
    for name in ("isclose",):
        replaced[getattr(math, name)] = traced_or(getattr(math, name), _unread(host, name))
    return replaced | of_cmath(host)


def _careful(host: Host, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def careful(*args: Any) -> Any:
        host.may_raise(f"math.{name}")
        return function(*map(_scalar, args))

    return careful


def _scalar(value: Any) -> Any:
    return value.number() if isinstance(value, Dim) else _single(value) if is_array(value) else value


def _log(x: Any, base: Any = None) -> Any:
    return np.log(x) if base is None else np.log(x) / np.log(base)


def _hypot(*values: Any) -> Any:
    return np.sqrt(builtins.sum(value * value for value in numbers(values)))


def _fsum(values: Iterable[Any]) -> Any:
    values = list(values)
    return _sum(values, 0.0) if is_traced(values) else math.fsum(values)


def _prod(values: Any, *, start: Any = 1) -> Any:
    for value in values:
        start = start * value
    return start


def _rounded(op: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: choosing.number(op(_scalar(x)))


def _unread(host: Host, name: str) -> Callable[..., Any]:
    def refused(*_: Any, **__: Any) -> Any:
        return host.refuse(f"math.{name} is not an op of dualgrad; write it with NumPy functions that are")

    return refused


# ---------------------------------------------------------------------------- refused


def unfollowed(host: Host) -> dict[Any, Any]:
    """Refusals of functions that no recording can follow, by the original."""
    return {function: _unfollowed(host, function) for function in UNFOLLOWED}


def _refused(host: Host) -> dict[Any, Any]:
    return {
        **{function: _unfollowed(host, function) for function in UNFOLLOWED_BUILTINS},
        np.errstate: _errstate(host),
        warnings.simplefilter: _filter(host, warnings.simplefilter),
        warnings.filterwarnings: _filter(host, warnings.filterwarnings),
        warnings.catch_warnings: _catching(host),
    }


def _unfollowed(host: Host, function: Any) -> Callable[..., Any]:
    def refused(*_: Any, **__: Any) -> Any:
        name = getattr(function, "__name__", str(function))
        return host.refuse(f"{name}() was called; what it does cannot be recorded: do it outside the function")

    return refused


def _errstate(host: Host) -> Callable[..., Any]:
    def errstate(*args: Any, **kwargs: Any) -> Any:
        if {"raise", "call", "log"} & {value for value in kwargs.values() if isinstance(value, str)}:
            host.refuse("np.errstate(…='raise') makes values choose what the code does; use 'ignore' or 'warn'")
        return np.errstate(*args, **kwargs)

    return errstate


def _catching(host: Host) -> Callable[..., Any]:
    def catching(*args: Any, **kwargs: Any) -> Any:
        if kwargs.get("record") or kwargs.get("action") == "error":
            host.refuse("warnings were collected or made errors: values then choose what the code does; ignore them")
        return warnings.catch_warnings(*args, **kwargs)

    return catching


def _filter(host: Host, original: Callable[..., Any]) -> Callable[..., Any]:
    def filtered(action: str, *args: Any, **kwargs: Any) -> Any:
        if action == "error":
            host.refuse("warnings were made errors: values then choose what the code does; ignore them")
        return original(action, *args, **kwargs)

    return filtered
