"""``verify doctor``: whether everything is there that a run rests on, and what stands in its way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from verify.command.options import settings_of
from verify.command.say import counted, say
from verify.run import UsageError
from verify.runs import history
from verify.runs.gate import FAILED, PASSED

_ENGINES = {"dask": "distributed", "ray": "ray"}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    said: str
    ok: bool = True


def doctor() -> int:
    """Look at all that a run rests on, prove one gradient, and exit with 1 where something is broken."""
    found: list[Finding] = []
    for look in (_versions, _name, _settings, _history, _font, _engines, _proof):
        for finding in _looked(look):
            found.append(finding)
            say(f"{'ok    ' if finding.ok else 'BROKEN'}  {finding.what:14} {finding.said}")
    broken = [finding for finding in found if not finding.ok]
    say(
        f"{counted(len(broken), 'thing')} broken: {', '.join(each.what for each in broken)}"
        if broken
        else "all is well"
    )
    return FAILED if broken else PASSED


def _looked(look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except Exception as error:  # what is broken here may raise anything
        yield Finding(look.__name__.strip("_"), f"{type(error).__name__}: {error}", ok=False)


def _versions() -> Iterator[Finding]:
    from verify.report.record import environment

    for name, text in environment().items():
        yield Finding(name, text, ok=text != "not installed")


def _name() -> Iterator[Finding]:
    import verify

    others = sorted(set(packages_distributions().get("verify", [])) - {"dualgrad"})
    here = Path(verify.__file__ or "").parent
    if others:
        yield Finding(
            "package verify", f"also a part of {', '.join(others)}, which overwrites it: uninstall that", ok=False
        )
    else:
        yield Finding("package verify", str(here))
    command = shutil.which("verify")
    yield Finding("command verify", command or "not on PATH; python -P -m verify does the same")


def _settings() -> Iterator[Finding]:
    try:
        resolved = settings_of()
    except UsageError as error:
        yield Finding("settings", str(error), ok=False)
        return
    yield Finding("settings", str(resolved.file) if resolved.file is not None else "the defaults: no pyproject.toml")


def _history() -> Iterator[Finding]:
    try:
        place = settings_of().root / history.PLACE
    except UsageError:  # which is told already
        return
    if not place.is_file():
        able = os.access(place.parent if place.parent.is_dir() else place.parent.parent, os.W_OK)
        yield Finding("history", f"{place}: {'none yet' if able else 'cannot be written here'}", ok=able)
        return
    with history.opened(place) as connection:
        yield Finding("history", f"{place}: {counted(len(history.summaries(connection)), 'run')}")


def _font() -> Iterator[Finding]:
    import verify.report

    font = Path(verify.report.__file__).parent / "font" / "math.woff2"
    yield Finding("font of reports", str(font), ok=font.is_file())


def _engines() -> Iterator[Finding]:
    for engine, module in _ENGINES.items():
        yield Finding(
            f"engine {engine}", "installed" if find_spec(module) else f"not installed; to have it: pip install {module}"
        )


def _proof() -> Iterator[Finding]:
    import numpy as np
    from sympy.external.gmpy import GROUND_TYPES

    from verify.check import check
    from verify.verdict import Verdict

    yield Finding("SymPy computes", f"with {GROUND_TYPES}")
    result = check(lambda x: (x * x).sum(), np.array([1.0, 2.0]), grad=lambda x: 2 * x)
    yield Finding("a proof", f"{result.verdict} {result.formula.sizes}", ok=result.verdict is Verdict.PROVED)
