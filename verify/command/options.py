"""The flags of settings, the same for every command that runs or judges cases."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter

from verify.run import UsageError
from verify.runs.reading import meant
from verify.runs.settings import GATE, Resolved, Settings, resolved


def _default(value: Any) -> str:
    if isinstance(value, (tuple, str, bool)) and not value:
        return ""
    return f" Default: {', '.join(value) if isinstance(value, tuple) else value}."


_HELP = {each.name: f"{each.metadata['help']}{_default(each.default)}" for each in fields(Settings)}
_GATE = Group("What fails the gate", sort_key=2)
_WHERE = Group("Where and how cases run", sort_key=3)
_WRITTEN = Group("What is written", sort_key=1)
_LIST = "With commas, or the flag again for each."

# cyclopts reads the annotations below.
_Texts = list[str] | None


@Parameter(name="*")
@dataclass(frozen=True)
class Judging:
    """The flags that decide what fails."""

    fail_on: Annotated[
        _Texts, Parameter(help=f"{_HELP['fail_on']} There are: {', '.join(GATE)}. {_LIST}", group=_GATE, negative="")
    ] = None
    select: Annotated[_Texts, Parameter(help=_HELP["select"], group=_GATE, negative="")] = None
    ignore: Annotated[_Texts, Parameter(help=_HELP["ignore"], group=_GATE, negative="")] = None
    exit_zero: Annotated[bool | None, Parameter(help=_HELP["exit_zero"], group=_GATE, negative="")] = None
    reason: Annotated[str | None, Parameter(help=_HELP["reason"], group=_GATE)] = None
    baseline: Annotated[str | None, Parameter(help=_HELP["baseline"], group=_GATE)] = None
    report: Annotated[str | None, Parameter(help=_HELP["report"], group=_WRITTEN)] = None
    output_format: Annotated[
        _Texts, Parameter(help=f"{_HELP['output_format']} {_LIST}", group=_WRITTEN, negative="")
    ] = None


@Parameter(name="*")
@dataclass(frozen=True)
class Running:
    """The flags that decide how cases run."""

    seed: Annotated[int | None, Parameter(help=_HELP["seed"], group=_WHERE)] = None
    jobs: Annotated[str | None, Parameter(name=["--jobs", "-j"], help=_HELP["jobs"], group=_WHERE)] = None
    timeout: Annotated[float | None, Parameter(help=_HELP["timeout"], group=_WHERE)] = None
    memory: Annotated[int | None, Parameter(help=_HELP["memory"], group=_WHERE)] = None
    isolation: Annotated[Literal["worker", "case"] | None, Parameter(help=_HELP["isolation"], group=_WHERE)] = None
    engine: Annotated[str | None, Parameter(help=_HELP["engine"], group=_WHERE)] = None


def settings_of(*flags: Judging | Running | None, targets: tuple[str, ...] = ()) -> Resolved:
    """The settings from all sources, with these flags on top."""
    given: dict[str, Any] = {"targets": targets or None}
    for each in flags:
        given |= {one.name: getattr(each, one.name) for one in fields(each)} if each is not None else {}
    found = resolved({name: _split(value) for name, value in given.items()})
    for name in ("select", "ignore"):
        for text in getattr(found.settings, name):
            codes(text, f"{name}: ")
    for override in found.settings.override:
        for text in override.ignore:
            codes(text, f"the override for {override.match!r}: ignore: ")
    return found


def codes(text: str, where: str) -> tuple[str, ...]:
    """Return the rule codes that a code or the beginning of some stands for; UsageError where it is none."""
    from verify.report.codes import CODES

    beginning = text.upper()
    found = tuple(each for each in CODES if each.startswith(beginning)) if beginning else ()
    if not found:
        raise UsageError(
            f"{where}{text}: no rule code is this, or begins so.{meant(beginning, CODES)} "
            f"Those there are: {', '.join(CODES)}."
        )
    return found


def _split(value: Any) -> Any:
    """Lists may be written with commas."""
    if not isinstance(value, list):
        return value
    return tuple(part.strip() for text in value for part in text.split(",") if part.strip())
