"""Cases: functions that a module offers to ``verify run``."""

from __future__ import annotations

import inspect
import linecache
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import FrameType, FunctionType, ModuleType
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])
_REGISTER = "__verify_cases__"
_BRIEF = 24  # characters of an option in a label


@dataclass(frozen=True)
class Case:
    """A function with the arguments and options of the check that it asks for."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""
    file: str = ""
    line: int = 0
    last_line: int = 0
    label: str = ""  # what tells it from other cases of the same function

    @property
    def name(self) -> str:
        """The function's own name, or its repr where it has none."""
        return str(getattr(self.function, "__name__", repr(self.function)))

    @property
    def title(self) -> str:
        """The name, and what tells this case from the others of the function."""
        return f"{self.name} [{self.label}]" if self.label else self.name

    @property
    def text(self) -> str:
        """The lines that registered the case, as they stand in its file."""
        lines = (linecache.getline(self.file, number) for number in range(self.line, self.last_line + 1))
        return textwrap.dedent("".join(lines)).rstrip()


def case(*args: Any, **as_in_check: Any) -> Callable[[_F], _F]:
    """Register the decorated function as a case of the module in which this line stands.

    The arguments are those of :func:`verify.check` after the function. The function comes back unchanged, so several
    cases can be stacked on one function.

    >>> namespace = {"__name__": "lessons"}
    >>> exec("import verify\\n@verify.case(3.0, grad=lambda x: 2 * x)\\ndef square(x): return x * x", namespace)
    >>> [(found.name, found.arguments) for found in namespace["__verify_cases__"]]
    [('square', (3.0,))]
    """
    _require_arguments(args)
    frame = sys._getframe(1)
    module, file, lines = str(frame.f_globals.get("__name__", "")), frame.f_code.co_filename, _lines(frame)
    register = frame.f_globals.setdefault(_REGISTER, [])

    def add(function: _F) -> _F:
        if not callable(function):
            raise TypeError(f"verify.case decorates a function; got {type(function).__name__}. Write it above a def.")
        register.append(Case(function, args, as_in_check, module, file, *lines))
        return function

    return add


def cases_of(module: ModuleType) -> tuple[Case, ...]:
    """Return the cases that a module registered, as they stand in its source; several of one function are labelled."""
    # Decorators run from the last to the first.
    found: list[Case] = sorted(getattr(module, _REGISTER, ()), key=lambda case: case.line)
    names = [case.name for case in found]
    return tuple(replace(case, label=_label(case)) if names.count(case.name) > 1 else case for case in found)


def _label(case: Case) -> str:
    """The options of a case and its line.

    >>> _label(Case(abs, (1.0,), {"grad": lambda x: x, "wrt": "x"}, line=7))
    "grad=lambda, wrt='x' at line 7"
    """
    options = [f"{key}={_brief(value)}" for key, value in case.options.items() if value is not None]
    if not {"grad", "jac"} & set(case.options):
        options.insert(0, "own gradient")
    return f"{', '.join(options)} at line {case.line}"


def _brief(value: Any) -> str:
    name = getattr(value, "__name__", None)
    text = str(name).strip("<>") if name is not None else repr(value)
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"


def _lines(frame: FrameType) -> tuple[int, int]:
    """The first and last line of the call that a frame is in."""
    positions = inspect.getframeinfo(frame, context=0).positions
    last = positions.end_lineno if positions is not None else None
    return frame.f_lineno, max(last or 0, frame.f_lineno)


def _require_arguments(args: tuple[Any, ...]) -> None:
    if not args:
        raise TypeError(
            "verify.case needs the arguments at which to check the function, and got none. "
            "Write @verify.case(x, grad=g): first the arguments, then the options of verify.check."
        )
    if len(args) == 1 and isinstance(args[0], FunctionType):
        raise TypeError(
            f"verify.case got the function {args[0].__name__!r} where its arguments are expected: "
            "the parentheses are missing. Write @verify.case(x, grad=g) above the function."
        )
