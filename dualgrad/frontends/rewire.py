"""Copies of functions whose names resolve to tracing ones.

NumPy's protocols reach most of what a function does; constructors (``np.zeros(n)``), builtins (``len``, ``float``)
and ``math`` are out of their reach. The copy runs the same bytecode with globals that translate on lookup; the
helpers it calls are copied the same way, and the user's function and modules are not touched.
"""

from __future__ import annotations

import builtins
import dis
import functools
import sys
import types
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from dualgrad.frontends.classes import copy_class, copyable, fill_instance
from dualgrad.frontends.sparse import Sparse, is_sparse
from dualgrad.frontends.state import State
from dualgrad.frontends.watch import COPY_MARK, watched_code

# Their functions speak the protocols themselves, or are ours: never copied.
OPAQUE_PACKAGES = frozenset({"numpy", "dualgrad", "verify", "math", "builtins", "flint", "sympy"})
# What they call is the user's program: an expression that was written as data, or a function with another argument.
INTERPRETERS = frozenset({"verify.declared.evaluate", "verify.question.symmetric"})
# Their values differ from call to call.
CHANGING_MODULES = frozenset(
    {"random", "numpy.random", "numpy.random.mtrand", "secrets", "time", "uuid", "datetime", "threading", "gc"}
)
STATEFUL = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})
FRAMES = frozenset("__globals__ __code__ __closure__ f_globals f_locals f_back f_code tb_frame gi_frame".split())
_ATOMS = frozenset({int, float, str, bytes, bool, complex, type(None), np.dtype, range, slice})


@dataclass(eq=False)
class Rewiring:
    """One set of copies: ``table`` maps the id of an original to its replacement, ``refuse`` poisons the recording."""

    table: Mapping[int, tuple[Any, Any]]  # id -> (original, kept alive; replacement)
    refuse: Callable[[str], Any]
    replaced_builtins: Collection[str] = ()  # their names
    vectorized: Callable[..., Any] = np.vectorize
    for_every_call: bool = True  # else for the one call that is recorded, at its point
    copies: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    catching: set[types.CodeType] = field(default_factory=set)  # code of the copies that handles exceptions
    excepting: set[types.CodeType] = field(default_factory=set)  # those that may go on after one
    state: State = field(default_factory=State)

    @functools.cached_property
    def builtin_names(self) -> dict[str, Any]:
        """The built-in names as copies see them."""
        replaced = {name: self._builtin(name) for name in self.replaced_builtins}
        return vars(builtins) | replaced | {"__import__": _importer(self)}

    def _builtin(self, name: str) -> Any:
        """The replacement of a built-in function; a refusal where it is not Python's own, as a notebook's input is."""
        value = getattr(builtins, name)
        original, replacement = self.table.get(id(value), (None, None))
        if original is value:
            return replacement
        return lambda *_, **__: self.refuse(f"{name} was called, which is another function here than Python's own")

    def watched(self, copy: Callable[..., Any], *args: Any) -> Any:
        """Call a copy with what may be copies of the arguments.

        An exception that traced code catches poisons the recording, and so does a change of what outlives the call,
        where the recording stands for every call.
        """
        with watched_code(self.catching, self.refuse):
            result = copy(*map(self.translate, args))
        if self.for_every_call:
            self.state.check(self.refuse)
        return result

    def translate(self, value: Any) -> Any:
        """The tracing counterpart of a value, or the value itself."""
        if type(value) in _ATOMS or isinstance(value, np.generic):
            return value
        known = self.copies.get(id(value)) or self.table.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        copy = self._copy(value)
        self.copies[id(value)] = (value, copy)
        return copy

    def _copy(self, value: Any) -> Any:
        if str(type(value).__module__).partition(".")[0] == "dualgrad":
            return value
        if isinstance(value, types.ModuleType):
            return ModuleView(value, self)
        if value is sys.modules:
            return self.refuse("sys.modules tells that it is recorded; import what is needed instead")
        if is_sparse(value):
            return Sparse(value)
        if _changes(value):
            return self._changing(value)
        if isinstance(value, (types.FunctionType, types.MethodType, functools.partial, functools._lru_cache_wrapper)):
            return self._callable(value)
        if isinstance(value, np.vectorize):
            return self.vectorized(self.translate(value.pyfunc), value.otypes, excluded=value.excluded)
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, Iterator):
            return self.refuse("an iterator that was made outside was used; a second call would go on from there")
        return self._object(value)

    def _callable(self, value: Any) -> Any:
        if isinstance(value, types.FunctionType):
            opaque = _package(value) in OPAQUE_PACKAGES and value.__module__ not in INTERPRETERS
            known = opaque or isinstance(value.__globals__, Globals)
            return value if known else self._function(value)
        if isinstance(value, types.MethodType):
            return types.MethodType(self.translate(value.__func__), self.translate(value.__self__))
        if isinstance(value, functools.partial):
            keywords = {key: self.translate(entry) for key, entry in value.keywords.items()}
            return functools.partial(self.translate(value.func), *map(self.translate, value.args), **keywords)
        return self.translate(value.__wrapped__)

    def _class(self, value: type) -> type:
        def known(copy: type) -> None:
            self.copies[id(value)] = (value, copy)

        if not copyable(value, OPAQUE_PACKAGES):
            return value
        copy = copy_class(value, self.translate, known)
        self.state.remember(copy)
        return copy

    def _object(self, value: Any) -> Any:
        """A container or an instance; where nothing in it needs a copy, itself. Changes to either are noticed."""
        copy = self._container(value) if type(value) in _CONTAINERS else self._instance(value)
        self.state.remember(value)
        if copy is not value:
            self.state.remember(copy)
        return copy

    def _container(self, value: Any) -> Any:
        self.copies[id(value)] = (value, value)  # while one that holds itself is gone through
        if isinstance(value, dict):
            entries = {key: self.translate(entry) for key, entry in value.items()}
            return entries if any(entry is not value[key] for key, entry in entries.items()) else value
        parts = [self.translate(entry) for entry in value]
        return type(value)(parts) if any(a is not b for a, b in zip(parts, value, strict=True)) else value

    def _instance(self, value: Any) -> Any:
        kind = self.translate(type(value))
        if kind is not type(value):
            copy = object.__new__(kind)
            self.copies[id(value)] = (value, copy)
            fill_instance(copy, value, self.translate)
            return copy
        owner = getattr(value, "__self__", None)
        if owner is not None and not isinstance(owner, types.ModuleType):  # a method of a list, a dict, …
            self.translate(owner)
        if type(value).__module__ not in ("builtins", "numpy"):
            self._container(vars(value)) if hasattr(value, "__dict__") else None
        return value

    def _changing(self, value: Any) -> Any:
        def refused(*_: Any, **__: Any) -> Any:
            return self.refuse(
                "a random number, a clock or another changing value was read; a second call would differ"
            )

        return refused if callable(value) and not isinstance(value, type) else refused()

    def _function(self, function: types.FunctionType) -> types.FunctionType:
        known = _known_of(function.__code__)
        self.catching |= known.handling
        self.excepting |= known.excepting
        if known.changes_state:
            self.refuse(f"{function.__name__} assigns a global or an outer variable; a second call could differ")
        if known.looks_at_frames:
            self.refuse(f"{function.__name__} looks at frames, code or globals, which tell that it is recorded")
        copy = types.FunctionType(
            function.__code__, Globals(function.__globals__, self), function.__name__, None, self._closure(function)
        )
        self.copies[id(function)] = (function, copy)
        copy.__dict__.update(function.__dict__)
        self.state.remember(copy)
        copy.__defaults__ = function.__defaults__ and tuple(map(self.translate, function.__defaults__))
        keywords = function.__kwdefaults__
        copy.__kwdefaults__ = keywords and {key: self.translate(value) for key, value in keywords.items()}
        return copy

    def _closure(self, function: types.FunctionType) -> tuple[types.CellType, ...] | None:
        if function.__closure__ is None:
            return None
        return tuple(self._cell(cell, function) for cell in function.__closure__)

    def _cell(self, cell: types.CellType, function: types.FunctionType) -> types.CellType:
        try:
            content = cell.cell_contents
        except ValueError:  # not filled yet
            return cell
        return types.CellType(content if content is function else self.translate(content))


class Globals(dict[str, Any]):
    """A function's globals, translated on lookup. LOAD_GLOBAL honours ``__getitem__`` of a dict subclass."""

    def __init__(self, original: dict[str, Any], rewiring: Rewiring) -> None:
        super().__init__({"__builtins__": dict(rewiring.builtin_names), COPY_MARK: rewiring.excepting})
        self.original = original
        self.rewiring = rewiring

    def __getitem__(self, name: str) -> Any:
        if name in self.original:
            return self.rewiring.translate(self.original[name])
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """As for any mapping; NumPy and warnings look here for ``__name__``."""
        return self.original.get(name, default)


class ModuleView:
    """A module whose attributes are translated on access."""

    def __init__(self, module: types.ModuleType, rewiring: Rewiring) -> None:
        object.__setattr__(self, "_module", module)
        object.__setattr__(self, "_rewiring", rewiring)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return types.ModuleType

    def __getattr__(self, name: str) -> Any:
        return self._rewiring.translate(getattr(self._module, name))

    def __setattr__(self, name: str, value: Any) -> None:
        self._rewiring.refuse(f"{self._module.__name__}.{name} was assigned; a second call could differ")


@dataclass(frozen=True)
class _Known:
    """What is known of a function by its code."""

    handling: frozenset[types.CodeType]
    excepting: frozenset[types.CodeType]
    changes_state: bool
    looks_at_frames: bool


@functools.lru_cache(maxsize=1024)
def _known_of(code: types.CodeType) -> _Known:
    """A function is copied for every recording, its code stays the same."""
    found = frozenset(handlers(code))
    return _Known(found, frozenset(filter(excepts, found)), changes_state(code), looks_at_frames(code))


def changes_state(code: types.CodeType) -> bool:
    """Whether a function, or one nested in it, assigns globals or variables of an enclosing function."""
    return any(
        opname in STATEFUL or (opname in ("STORE_DEREF", "DELETE_DEREF") and name in code.co_freevars)
        for inner in nested(code)
        for opname, name in _steps(inner)
    )


def looks_at_frames(code: types.CodeType) -> bool:
    """Whether code asks an object for its frame, code or globals."""
    return any(
        opname.startswith("LOAD_") and name in FRAMES for inner in nested(code) for opname, name in _steps(inner)
    )


def handlers(code: types.CodeType) -> set[types.CodeType]:
    """A code object and those nested in it, as far as they handle exceptions."""
    return {inner for inner in nested(code) if any(opname == "PUSH_EXC_INFO" for opname, _ in _steps(inner))}


def excepts(code: types.CodeType) -> bool:
    """Whether a code object has an ``except``: ``with`` and ``finally`` pass exceptions on."""
    names = [opname for opname, _ in _steps(code)]
    bare = any(a == "PUSH_EXC_INFO" and b == "POP_TOP" for a, b in pairwise(names))
    return bare or "CHECK_EXC_MATCH" in names


def nested(code: types.CodeType) -> Iterator[types.CodeType]:
    """A code object and those of the functions, classes and comprehensions written in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from nested(constant)


@functools.lru_cache(maxsize=1024)
def _steps(code: types.CodeType) -> tuple[tuple[str, Any], ...]:
    """The instructions of a code object."""
    return tuple((step.opname, step.argval) for step in dis.get_instructions(code))


_CONTAINERS = (list, tuple, dict, set, frozenset, deque)


def _importer(rewiring: Rewiring) -> Callable[..., Any]:
    def tracing_import(name: str, names: Any = None, *args: Any, **kwargs: Any) -> Any:
        names = names.original if isinstance(names, Globals) else names
        return rewiring.translate(builtins.__import__(name, names, *args, **kwargs))

    return tracing_import


def _changes(value: Any) -> bool:
    """Whether a value is a generator of random numbers, or a function of a module of changing values."""
    owner = getattr(value, "__self__", None)
    home = (
        type(value).__module__ if not callable(value) else getattr(value, "__module__", None) or type(owner).__module__
    )
    return (home or "") in CHANGING_MODULES or type(owner).__module__ in CHANGING_MODULES or _is_generator(value)


def _is_generator(value: Any) -> bool:
    return type(value).__module__.startswith("numpy.random") or type(value).__module__ == "random"


def _package(function: Any) -> str:
    return (getattr(function, "__module__", None) or "").partition(".")[0]
