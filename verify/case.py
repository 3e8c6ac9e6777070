"""Cases: functions that a module offers to ``verify run``."""

from __future__ import annotations

import linecache
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])
_REGISTER = "__verify_cases__"
_BRIEF = 24  # characters of an option in a label
_CANDIDATES = frozenset({"grad", "jac", "hess", "hvp", "vjp", "jvp", "value_and_grad"})
_ends: dict[int, tuple[CodeType, list[int | None]]] = {}  # the last line of every instruction of a code, by its id
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


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
    key: str = ""  # its name among the cases of its module, the same wherever its lines stand

    @property
    def name(self) -> str:
        """The function's own name, or its repr where it has none."""
        return str(getattr(self.function, "__name__", repr(self.function)))

    @property
    def title(self) -> str:
        """The name, and what tells this case from the others of the function."""
        return f"{self.name} [{self.label}]" if self.label else self.name

    @property
    def kind(self) -> str:
        """What is checked, by the keyword of the check; "grad" where nothing else is asked for."""
        asked = (keyword for keyword in ("jac", "hess", "hvp", "vjp", "jvp") if self.options.get(keyword) is not None)
        return next(asked, "grad")

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
    """Return the cases that a module registered, as they stand in its source, each with a key of its own.

    A key is the function's name, the options that are not the default, and a number from the second of a kind on.

    >>> module = ModuleType("lessons")
    >>> exec("import verify\\n@verify.case(3.0, grad=abs)\\n@verify.case(2.0)\\n@verify.case(1.0)\\n"
    ...      "def f(x): return x", vars(module))
    >>> [(found.key, found.title) for found in cases_of(module)]
    [('f[grad=abs]', 'f [grad=abs]'), ('f', 'f [own gradient]'), ('f#2', 'f [own gradient #2]')]
    """
    # Decorators run from the last to the first.
    return keyed(sorted(getattr(module, _REGISTER, ()), key=lambda case: case.line))


def keyed(found: Sequence[Case]) -> tuple[Case, ...]:
    """Return the cases of one file, each with a key of its own, and a label where several share a name."""
    names, seen, done = Counter(case.name for case in found), Counter[str](), []
    for case in found:
        options = _options(case)
        key = f"{case.name}[{options}]" if options else case.name
        seen[key] += 1
        again = f"#{seen[key]}" if seen[key] > 1 else ""
        label = _label(case, options, again) if names[case.name] > 1 else ""
        done.append(replace(case, label=label, key=key + again))
    return tuple(done)


def _label(case: Case, options: str, again: str) -> str:
    own = "" if _CANDIDATES & set(case.options) else "own gradient"
    return " ".join(part for part in (", ".join(part for part in (own, options) if part), again) if part)


def _options(case: Case) -> str:
    """The options of a case, in a few words that do not change from run to run.

    >>> _options(Case(abs, (1.0,), {"grad": lambda x: x, "wrt": "x", "domain": {"x": abs}, "jac": None}))
    "grad=lambda, wrt='x', domain={'x': abs}"
    """
    return ", ".join(f"{key}={_brief(value)}" for key, value in case.options.items() if value is not None)


def _brief(value: Any) -> str:
    text = _told(value)
    return text if len(text) <= _BRIEF else f"{text[: _BRIEF - 1]}…"


def _told(value: Any) -> str:
    name = getattr(value, "__name__", None)
    if name is not None:
        return str(name).strip("<>")
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {_told(entry)}' for key, entry in value.items())}}}"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(_told, value))})"
    if (
        getattr(type(value), "__repr__", None) is object.__repr__
    ):  # which names the module, and a file's module is named by where it lies
        return type(value).__name__
    return " ".join(_ADDRESS.sub("", repr(value)).split())


def _lines(frame: FrameType) -> tuple[int, int]:
    """The first and last line of the call that a frame is in."""
    code = frame.f_code
    if id(code) not in _ends:  # gone through once for all cases in a file
        _ends.clear()
        _ends[id(code)] = code, [end for _, end, _, _ in code.co_positions()]
    return frame.f_lineno, max(_ends[id(code)][1][frame.f_lasti // 2] or 0, frame.f_lineno)


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
