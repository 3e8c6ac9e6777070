"""``verify one``: check one case in this process, where a debugger can follow, and tell everything about it."""

from __future__ import annotations

import os
import random
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from verify.command.naming import fitting, nearest, several
from verify.command.options import settings_of
from verify.command.say import say
from verify.execute.suite import seed_of
from verify.report.codes import CODES, code
from verify.report.paragraph import paragraph
from verify.run import Target, UsageError, collect, run_one
from verify.runs.gate import FAILED, PASSED
from verify.runs.pairs import at, pair_file, pair_id, pair_place
from verify.runs.settings import Resolved
from verify.runs.suite import Entry

if TYPE_CHECKING:
    from verify.case import Case
    from verify.verdict import Result


def one(
    case: str,
    /,
    *,
    point: Annotated[list[str] | None, Parameter(negative="")] = None,
    grad: str = "",
    seed: int | None = None,
) -> int:
    """Check one case in this process, where breakpoints work, and print everything about it.

    Exits with 0 when the result is ok, and with 1 when it is not. There is no limit of time or memory here but the
    case's own budget.

    Parameters
    ----------
    case
        The id of a case, as reports print it: 'examples/notebook.py::notebook', where the function's name is enough
        if it has one case; or FILE.py:NAME or MODULE:NAME.
    point
        Other arguments than the case has: 'x=[1.5, 2.0]', once for each, or all in order without the names.
    grad
        The function that computes the gradient, where the function is no case: FILE.py:NAME or MODULE:NAME.
    seed
        The seed of every random choice.
    """
    resolved = settings_of()
    number = resolved.settings.seed if seed is None else seed
    if grad:
        target = pair_file(case, grad, point or [], resolved.root)
        found, name = _only(target, collect(target)), pair_id(case, grad, point or [])
    else:
        found, name = _named(case, resolved)
        found = _moved(found, point or [])
    result = _checked(found, name, number)
    entry = Entry(name, replace(result, source=pair_place(case) or result.source) if grad else result)
    say(paragraph(entry.result))
    if entry.result.ok:
        return PASSED
    say(f"  {code(entry):<12}{CODES[code(entry)].title}; more: verify explain {code(entry)}")
    return FAILED


def _named(text: str, resolved: Resolved) -> tuple[Case, str]:
    place, marks, key = text.partition("::")
    if not marks:
        found = _only(text, collect(text))
        return found, f"{_place(Target.parse(text).module, resolved)}::{found.key}"
    there = resolved.root / place
    target = os.path.relpath(there) if there.is_file() else place
    cases = {case.key: case for case in collect(target)}
    meant = fitting(key, list(cases), parts=False)
    if not meant:
        raise UsageError(
            f"{text}: {place} has no such case.{nearest(key, list(cases))} Its cases: {several(cases)}. "
            f"All are listed by: verify list {shlex.quote(target)}"
        )
    found = _only(text, [cases[each] for each in meant])
    return found, f"{_place(target, resolved)}::{found.key}"


def _place(module: str, resolved: Resolved) -> str:
    return Path(os.path.relpath(module, resolved.root)).as_posix() if Path(module).is_file() else module


def _only(text: str, cases: Sequence[Case]) -> Case:
    if len(cases) > 1:
        place = text.partition("::")[0] if "::" in text else Target.parse(text).module
        raise UsageError(
            f"{text}: these are {len(cases)} cases. Name one: {several(f'{place}::{each.key}' for each in cases)}."
        )
    return cases[0]


def _moved(case: Case, point: list[str]) -> Case:
    return replace(case, arguments=at(case.function, point)) if point else case


def _checked(case: Case, name: str, seed: int) -> Result:
    import numpy as np

    from verify.check import check

    own = seed_of(seed, name)
    random.seed(own)
    np.random.seed(own % 2**32)  # noqa: NPY002  # functions under test draw from it
    return run_one(case, check)
