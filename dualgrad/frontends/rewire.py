"""Copies of functions whose names resolve to tracing ones.

NumPy's protocols reach most of what a function does; constructors (``np.zeros(n)``), builtins (``len``, ``float``)
and ``math`` are out of their reach. The copy runs the same bytecode with globals that translate on lookup; the
helpers it calls are copied the same way, and the user's function and modules are not touched.
"""

from __future__ import annotations

import builtins
import dis
import functools
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dualgrad.frontends.watch import caught_exceptions

# Their functions speak the protocols themselves, or are ours: never copied.
OPAQUE_PACKAGES = frozenset({"numpy", "dualgrad", "verify", "math", "builtins", "flint", "sympy"})
# Their values differ from call to call.
CHANGING_MODULES = frozenset({"random", "numpy.random", "numpy.random.mtrand", "secrets", "time", "uuid"})
STATEFUL = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL"})


@dataclass(eq=False)
class Rewiring:
    """One set of copies: ``table`` maps the id of an original to its replacement, ``refuse`` poisons the recording."""

    table: Mapping[int, tuple[Any, Any]]  # id -> (original, kept alive; replacement)
    refuse: Callable[[str], Any]
    copies: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    catching: set[types.CodeType] = field(default_factory=set)  # code of the copies that handles exceptions

    def watched(self, copy: Callable[..., Any], *args: Any) -> Any:
        """Call a copy; an exception that traced code catches poisons the recording."""
        with caught_exceptions(self.catching, self.refuse):
            return copy(*args)

    def translate(self, value: Any) -> Any:
        """The tracing counterpart of a value, or the value itself."""
        known = self.table.get(id(value)) or self.copies.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        copy = self._copy(value)
        if copy is not value:
            self.copies[id(value)] = (value, copy)
        return copy

    def _copy(self, value: Any) -> Any:
        if isinstance(value, types.ModuleType):
            return ModuleView(value, self)
        if _changes(value):
            return self._changing(value)
        if isinstance(value, types.FunctionType):
            return self._function(value) if _package(value) not in OPAQUE_PACKAGES else value
        if isinstance(value, types.MethodType):
            return types.MethodType(self.translate(value.__func__), value.__self__)
        if isinstance(value, functools.partial):
            keywords = {key: self.translate(entry) for key, entry in value.keywords.items()}
            return functools.partial(self.translate(value.func), *map(self.translate, value.args), **keywords)
        if isinstance(value, functools._lru_cache_wrapper):
            return self.translate(value.__wrapped__)
        call = getattr(type(value), "__call__", None)
        if isinstance(call, types.FunctionType) and _package(call) not in OPAQUE_PACKAGES:
            return types.MethodType(self.translate(call), value)
        return value

    def _changing(self, value: Any) -> Any:
        def refused(*_: Any, **__: Any) -> Any:
            return self.refuse(
                "a random number, a clock or another changing value was read; a second call would differ"
            )

        return refused if callable(value) and not isinstance(value, type) else refused()

    def _function(self, function: types.FunctionType) -> types.FunctionType:
        self.catching |= handlers(function.__code__)
        if changes_state(function):
            self.refuse(f"{function.__name__} assigns a global or an outer variable; a second call could differ")
        copy = types.FunctionType(
            function.__code__, Globals(function.__globals__, self), function.__name__, None, self._closure(function)
        )
        self.copies[id(function)] = (function, copy)
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
        replaced = {
            name: rewiring.translate(value) for name, value in vars(builtins).items() if id(value) in rewiring.table
        }
        super().__init__(__builtins__=vars(builtins) | replaced | {"__import__": _importer(rewiring)})
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

    def __getattr__(self, name: str) -> Any:
        return self._rewiring.translate(getattr(self._module, name))

    def __setattr__(self, name: str, value: Any) -> None:
        self._rewiring.refuse(f"{self._module.__name__}.{name} was assigned; a second call could differ")


def changes_state(function: types.FunctionType) -> bool:
    """Whether a function assigns globals or variables of an enclosing function."""
    return any(
        opname in STATEFUL or (opname == "STORE_DEREF" and name in function.__code__.co_freevars)
        for opname, name in _steps(function.__code__)
    )


def handlers(code: types.CodeType) -> set[types.CodeType]:
    """A code object and those nested in it, as far as they handle exceptions."""
    nested = [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    found = {code} if any(opname == "PUSH_EXC_INFO" for opname, _ in _steps(code)) else set()
    return found.union(*map(handlers, nested))


@functools.lru_cache(maxsize=1024)
def _steps(code: types.CodeType) -> tuple[tuple[str, Any], ...]:
    """The instructions of a code object. A function is copied for every recording, its code stays the same."""
    return tuple((step.opname, step.argval) for step in dis.get_instructions(code))


def _importer(rewiring: Rewiring) -> Callable[..., Any]:
    def tracing_import(*args: Any, **kwargs: Any) -> Any:
        return rewiring.translate(builtins.__import__(*args, **kwargs))

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
