"""State that goes on changing while a function is called with equal arguments: a count of its calls, a schedule.

What such a function returns next may be another value, and no number of calls shows that it is not. A cache does not
change by the second equal call, and a count that nothing but itself reads changes no value.
"""

from __future__ import annotations

import array
import ast
import functools
import inspect
import io
import itertools
import operator
import os
import random
import sys
import textwrap
import threading
import types
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MOST_VALUES = 10_000  # that are looked at
MOST_BYTES = 1 << 24  # of an array that are
OPAQUE = frozenset({"numpy", "scipy", "sympy", "flint", "dualgrad", "verify", *sys.stdlib_module_names}) - {"__main__"}
PLAIN = (int, float, complex, str, bytes, bool, type(None), np.generic, itertools.count)
RANDOM = "the global random state"


@dataclass(frozen=True)
class State:
    """What functions could remember: values by where they are, the names they go by, and the functions themselves."""

    values: dict[str, object] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    functions: dict[int, types.FunctionType] = field(default_factory=dict)
    methods: dict[int, types.FunctionType] = field(default_factory=dict)  # of the objects that were reached


def state_of(*functions: Callable[..., Any]) -> State:
    """All that functions can reach and could change: attributes, closures, defaults, objects, and globals they name.

    >>> def logging(log):
    ...     return lambda x: log.append(x)
    >>> sorted(state_of(logging([])).values)
    ['len(log)', 'the global random state']
    """
    found = State()
    twister = np.random.get_state(legacy=False)["state"]  # noqa: NPY002  (others may use it)
    _note(found, RANDOM, "", (random.getstate(), twister["key"].tobytes(), twister["pos"]))
    pending: list[tuple[str, str, Any]] = [("", "", function) for function in functions]
    seen: set[int] = set()
    kept = []  # what is looked at stays alive, so that no address is met twice
    while pending and len(seen) < MOST_VALUES:
        path, name, value = pending.pop()
        if isinstance(value, PLAIN):
            _note(found, path, name, repr(value))
        elif id(value) not in seen:
            seen.add(id(value))
            kept.append(value)
            pending += _inside(path, name, value, found)
    return found


def still_changing(before: State, after: State) -> str:
    """Where a value changed that the functions read, or ""."""
    for path in before.values | after.values:
        if before.values.get(path) != after.values.get(path):
            name = after.names.get(path) or before.names[path]
            if any(_reads(function, name) for function in _used(after)):
                return path
    return ""


def _used(state: State) -> list[types.FunctionType]:
    """The functions, and the methods that one of these names, or that Python calls by itself."""
    used = list(state.functions.values())
    rest = list(state.methods.values())
    for function in used:  # grows
        named = _named(function)
        used += [method for method in rest if method.__name__ in named or method.__name__.startswith("__")]
        rest = [method for method in rest if method not in used]
    return used


# ---------------------------------------------------------------------------- what a value holds

Found = Iterator[tuple[str, str, Any]]


def _note(found: State, path: str, name: str, value: object) -> None:
    found.values[path], found.names[path] = value, name


def _inside(path: str, name: str, value: Any, found: State) -> Found:
    if isinstance(value, types.FunctionType):
        yield from _held(value, found)
    elif isinstance(value, types.MethodType):
        yield from ((path or "self", name or "self", value.__self__), (path, name, value.__func__))
    elif isinstance(value, functools.partial):
        yield from ((path, name, part) for part in (value.func, value.args, value.keywords))
    elif isinstance(value, np.ndarray):
        if value.dtype.kind == "O":
            yield from ((f"{path}[{k}]", name, part) for k, part in enumerate(value.ravel().tolist()))
        elif value.nbytes <= MOST_BYTES:
            _note(found, path, name, (value.shape, zlib.crc32(value.tobytes())))
    elif isinstance(value, (bytearray, array.array)):
        _note(found, path, name, (len(value), zlib.crc32(value)))
    elif isinstance(value, io.StringIO | io.BytesIO):
        _note(found, path, name, value.tell())
    elif isinstance(value, (np.random.Generator, np.random.RandomState)):
        generator = value.bit_generator if isinstance(value, np.random.Generator) else value._bit_generator
        _note(found, path, name, repr(generator.state))
    elif isinstance(value, random.Random):
        _note(found, path, name, value.getstate())
    elif isinstance(value, types.GeneratorType):
        local = {} if value.gi_frame is None else value.gi_frame.f_locals
        _note(found, path, name, getattr(value.gi_frame, "f_lasti", None))
        yield from ((f"{path}.{key}", name, part) for key, part in local.items())
    elif isinstance(value, Iterator):
        _note(found, path, name, operator.length_hint(value, -1))
        if type(value).__module__ == "itertools":
            with suppress(TypeError):  # where Python has none
                yield from ((f"{path}[{k}]", name, part) for k, part in enumerate(value.__reduce__()[1:]))
    elif isinstance(value, Mapping) and type(value).__module__.partition(".")[0] in ("builtins", "collections", "os"):
        _note(found, f"len({path})", name, len(value))
        yield from ((f"{path}[{key!r}]", name, part) for key, part in list(value.items()))
    elif isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ == "deque":
        _note(found, f"len({path})", name, len(value))
        yield from ((f"{path}[{k}]", name, part) for k, part in enumerate(value))
    elif isinstance(value, (types.SimpleNamespace, threading.local)):
        yield from ((f"{path}.{key}", key, part) for key, part in vars(value).items())
    elif isinstance(value, type):
        if _package(value) not in OPAQUE:
            yield from ((f"{path}.{key}", key, part) for key, part in vars(value).items() if _is_plain(key, part))
    elif not isinstance(value, types.ModuleType) and _package(type(value)) not in OPAQUE:
        yield from _of_object(path, value, found)


def _is_plain(name: str, part: Any) -> bool:
    """Whether what a class holds is a value of its own, and no method or other part of how classes are made."""
    made = isinstance(part, (types.FunctionType, property, classmethod, staticmethod, types.GetSetDescriptorType))
    return not made and not (name.startswith("__") and name.endswith("__"))


def _held(function: types.FunctionType, found: State) -> Found:
    """What a function holds; what it names among its module's variables only where it is a user's."""
    for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if cell != types.CellType():  # an empty one is not filled yet
            yield variable, variable, cell.cell_contents
    if _package(function) in OPAQUE:
        return
    if id(function) not in found.methods:
        found.functions[id(function)] = function
    yield from ((f"{function.__name__}.{key}", key, part) for key, part in vars(function).items())
    yield from ((f"a default of {function.__name__}", "", part) for part in function.__defaults__ or ())
    yield from ((key, key, part) for key, part in (function.__kwdefaults__ or {}).items())
    named = _named(function)
    if "environ" in named:
        yield "os.environ", "environ", os.environ
    for name in named & function.__globals__.keys():
        value = function.__globals__[name]
        if isinstance(value, types.ModuleType):
            if value.__name__.partition(".")[0] not in OPAQUE:
                inner = named & vars(value).keys()
                yield from ((f"{name}.{key}", key, vars(value)[key]) for key in inner)
        else:
            yield name, name, value


def _of_object(path: str, value: Any, found: State) -> Found:
    for key, part in getattr(value, "__dict__", {}).items():
        yield f"{path}.{key}", key, part
    for kind in type(value).__mro__[:-1]:
        if _package(kind) not in OPAQUE:
            for part in vars(kind).values():
                method = getattr(part, "fget", None) or getattr(part, "__func__", part)
                if isinstance(method, types.FunctionType):
                    found.methods[id(method)] = method
                    yield path, "", method
        slots = vars(kind).get("__slots__", ())
        for key in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, key):
                yield f"{path}.{key}", key, getattr(value, key)


def _package(value: Any) -> str:
    return str(getattr(value, "__module__", "")).partition(".")[0]


def _named(function: types.FunctionType) -> set[str]:
    return set(itertools.chain(*(code.co_names for code in _codes(function.__code__))))


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _codes(part)


# ---------------------------------------------------------------------------- what reads it


def _reads(function: types.FunctionType, name: str) -> bool:
    """Whether a function may do more with what goes by a name than to count it, extend it, set it or print it."""
    if name and not any(name in _mentioned(code) for code in _codes(function.__code__)):
        return False
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return True
    written = {id(node) for statement in ast.walk(tree) for node in _written(statement)}
    return not name or any(_is(node, name) and id(node) not in written for node in ast.walk(tree))


def _mentioned(code: types.CodeType) -> tuple[object, ...]:
    return (*code.co_names, *code.co_freevars, *code.co_cellvars, *code.co_varnames, *code.co_consts)


def _is(node: ast.AST, name: str) -> bool:
    return name in (getattr(node, "id", None), getattr(node, "attr", None), getattr(node, "value", None))


def _written(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement that name what it writes to, or prints, and leads to no other value."""
    targets: list[Any] = []
    match node:
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            targets = [target]
        case ast.Assign(targets=targets, value=ast.BinOp(left=left)):
            if [ast.unparse(target) for target in targets] == [ast.unparse(left)]:  # n = n + 1
                targets = [*targets, left]
        case ast.Assign(targets=targets):
            pass
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner, attr="append"))):
            targets = [owner]
        case ast.Expr(value=ast.Call(func=ast.Name(id="print"), args=printed)):
            yield from (inner for each in printed for inner in ast.walk(each))
    for target in targets:
        each = target
        while isinstance(each, (ast.Attribute, ast.Subscript, ast.Name)):
            yield each
            each = getattr(each, "value", None)
