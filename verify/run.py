"""Loading targets and running their cases."""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import os
import sys
import time
import traceback
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from verify.case import Case, cases_of
from verify.verdict import Formula, Numbers, Result, Verdict

Check = Callable[..., Result]
DECLARED = (".toml", ".json")  # what verify.declared reads
_SUFFIXES = (".py", *DECLARED)
_LISTED = 10


class UsageError(Exception):
    """What was asked for cannot be run; the message says what to do."""


class NothingCollected(UsageError):
    """The targets can be loaded, and no case was found in them."""


@dataclass(frozen=True)
class Target:
    """A target's text, split: a module by path or dotted name, and the one function wanted, if any.

    >>> Target.parse("examples/notebook.py:notebook")
    Target(text='examples/notebook.py:notebook', module='examples/notebook.py', name='notebook')
    >>> Target.parse("package.module")
    Target(text='package.module', module='package.module', name='')
    """

    text: str
    module: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Target:
        """Split at the last colon, unless what follows it belongs to a path (``C:\\notes.py``)."""
        module, colon, name = text.rpartition(":")
        return cls(text, module, name) if colon and name.isidentifier() else cls(text, text, "")


def collect(target: str) -> tuple[Case, ...]:
    """Return the target's cases; raise :class:`UsageError` where there is no such target, or none in it."""
    wanted = Target.parse(target)
    found = _declared(wanted) if Path(wanted.module).suffix in DECLARED else cases_of(_load(wanted))
    if not found:
        raise NothingCollected(
            f"{target}: no case was found. Put @verify.case(x, grad=g) above a function, "
            "with the arguments at which to check it."
        )
    chosen = tuple(case for case in found if wanted.name in ("", case.name))
    if not chosen:
        names = list(dict.fromkeys(case.name for case in found))
        listed = ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
        raise UsageError(
            f"{target}: no case is named {wanted.name!r}.{_meant(wanted.name, names)} The module's cases: {listed}."
        )
    return chosen


def load(target: str) -> ModuleType:
    """Return the module of this name, or of this file; :class:`UsageError` where importing it fails."""
    return _load(Target(target, target, ""))


def _declared(target: Target) -> tuple[Case, ...]:
    """The cases of a file that is data and no code."""
    from verify.declared.cases import declared_cases
    from verify.declared.grammar import Refused

    require_file(target)
    try:
        return declared_cases(Path(target.module))
    except Refused as error:
        raise UsageError(str(error)) from error


def function(text: str) -> Callable[..., Any]:
    """Return the function that ``model.py:loss`` or ``package.model:loss`` names, or raise :class:`UsageError`."""
    wanted = Target.parse(text)
    if not wanted.name:
        raise UsageError(f"{text}: this names no function. Write FILE.py:NAME or MODULE:NAME.")
    module = _load(wanted)
    found: Callable[..., Any] | None = getattr(module, wanted.name, None)
    if found is None or not callable(found):
        meant = _meant(wanted.name, [name for name in vars(module) if callable(vars(module)[name])])
        raise UsageError(f"{text}: {wanted.module} has no function {wanted.name!r}.{meant}")
    return found


def run(
    cases: Sequence[Case], check: Check, budget: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[Result]:
    """Check the cases in order, each as it is asked for; those that the budget leaves out are UNDECIDED."""
    end = clock() + budget
    for case in cases:
        if clock() < end:
            yield run_one(case, check)
        else:
            yield _undecided(case, f"not run: the budget of {budget:g} s for the whole run was used up")


def run_one(case: Case, check: Check, explain: bool = True) -> Result:
    """Check one case: whatever it does becomes a result, but for misuse of the check, which is a :class:`UsageError`.

    Without ``explain`` a result that is ok comes as it was decided, with no formula or derivation to read.
    """
    try:
        result = check(case.function, *case.arguments, **case.options)
        result = result.explained() if explain or not result.ok else _bare(result)
    except (TypeError, ValueError) as error:  # a check raises for its own misuse only
        raise UsageError(f"{_place(case)}: the case {case.name!r} cannot be checked: {error}") from error
    except (Exception, SystemExit) as error:
        return _undecided(case, f"the check itself failed with {_told(error)}; please report it")
    return replace(result, name=case.title, source=_place(case), asked=case.text)


def _bare(result: Result) -> Result:
    parts = tuple(_bare(part) for part in result.parts)
    return replace(result, formula=replace(result.formula, written=()), explain=None, parts=parts)


def _undecided(case: Case, reason: str) -> Result:
    formula = Formula(Verdict.UNDECIDED, reason=reason)
    return Result(
        Verdict.UNDECIDED,
        formula,
        Numbers("unknown"),
        reason=reason,
        name=case.title,
        source=_place(case),
        asked=case.text,
        kind=case.kind,
    )


def _place(case: Case) -> str:
    return f"{_relative(Path(case.file))}:{case.line}"


def _relative(path: Path) -> str:
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


def _load(target: Target) -> ModuleType:
    path = Path(target.module)
    if path.is_dir():
        raise UsageError(f"{target.text}: this is a folder. Name a file in it, as {path.as_posix()}/NAME.py.")
    if path.is_file():
        return _load_file(target, path.resolve())
    require_file(target)
    return _load_named(target)


def require_file(target: Target) -> None:
    """Raise :class:`UsageError` where a target is written as a path, and nothing is there."""
    path = Path(target.module)
    if not path.exists() and (path.suffix in _SUFFIXES or "/" in target.module or os.sep in target.module):
        raise UsageError(
            f"{target.text}: there is no such file.{_meant(path.name, _beside(path))} "
            f"Paths start from {Path.cwd().as_posix()}."
        )


def _beside(path: Path) -> list[str]:
    """The names of files that could be targets in the folder of a path."""
    try:
        return sorted(each.name for each in path.parent.iterdir() if each.suffix in _SUFFIXES)
    except OSError:
        return []


def _meant(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _load_file(target: Target, path: Path) -> ModuleType:
    # The name is made up so that a file called numbers.py does not stand in for the library's module.
    name = f"verify_target_{path.stem}_{zlib.crc32(os.fsencode(path)):08x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{target.text}: this is not a Python file. A target's name ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # inspect.getsource looks a function's module up here
    linecache.checkcache(str(path))  # of an earlier version of the file
    with _importing(target, path.parent):
        spec.loader.exec_module(module)
    return module


def _load_named(target: Target) -> ModuleType:
    with _importing(target, Path.cwd()):
        return importlib.import_module(target.module)


@contextmanager
def _importing(target: Target, folder: Path) -> Iterator[None]:
    """Import as Python would run a script: its folder first on the path, and any failure told as usage."""
    sys.path.insert(0, str(folder))
    try:
        yield
    except UsageError:  # of a target that loads others, in words that fit already
        raise
    except (Exception, SystemExit) as error:
        raise UsageError(_import_failed(target, error)) from error
    finally:
        sys.path.remove(str(folder))


def _import_failed(target: Target, error: BaseException) -> str:
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and f"{target.module}.".startswith(f"{missing}."):
        return f"{target.text}: there is no module named {missing!r}. Give a .py file, a module, or MODULE:FUNCTION."
    return f"{target.text}: importing it failed with {_told(error)}{_where(error)}"


def _told(error: BaseException) -> str:
    message = str(error)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _where(error: BaseException) -> str:
    """Return the deepest line of the target's own files, past the import machinery."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _machinery(frame.filename)]
    return f" (at {_relative(Path(frames[-1].filename))}:{frames[-1].lineno})" if frames else ""


def _machinery(filename: str) -> bool:
    return filename.startswith("<") or filename == __file__ or Path(filename).parent.name == "importlib"
