"""Settings of the command: ``[tool.verify]`` of the nearest pyproject.toml, then VERIFY_* variables, then flags.

Later sources win, name by name. What would let more pass than the default, a loosening, needs a ``reason`` in the
source that asks for it, and is listed with that reason in every report.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from verify.run import UsageError
from verify.runs.reading import Wrong, meant, read_text, read_value

GATE = {
    "refuted": "a gradient that is wrong",
    "nondifferentiable": "an input on a kink, where the value returned is not known to lie in the Clarke set",
    "undecided": "a case of which nothing is known, unless the baseline accepts it",
    "lost": "less certainty than the baseline has on record",
    "removed": "a case of the baseline that the run did not collect",
    "accuracy": "more than four times the ulps that the baseline has on record, and four more",
    "agrees": "a pass that rests on floating point evidence alone",
    "digits": "a pass with more digits lost than the condition of the problem explains",
    "hygiene": "a pass of a function that modifies its inputs, or returns what is not its own",
}
STRICT = ("refuted", "nondifferentiable", "undecided", "lost")


def _option(default: Any, told: str, choices: tuple[str, ...] = (), least: float | None = None) -> Any:
    return field(default=default, metadata={"help": told, "choices": choices, "least": least})


@dataclass(frozen=True)
class Override:
    """Results of some cases that the gate lets pass, and why."""

    match: str = _option("", "Which cases: a pattern over their ids, with * and ?.")
    ignore: tuple[str, ...] = _option((), "Rule codes, or their beginnings, that do not fail these cases: V501, V5.")
    reason: str = _option("", "Why. The report prints it.")


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, by one name in the file, the environment (VERIFY_FAIL_ON) and on the command line."""

    targets: tuple[str, ...] = _option((), "What is run where nothing is named: files, folders, modules, MODULE:NAME.")
    select: tuple[str, ...] = _option(
        (), "Rule codes, or their beginnings, that alone can fail the gate. Needs a reason."
    )
    ignore: tuple[str, ...] = _option((), "Rule codes, or their beginnings, that do not fail the gate. Needs a reason.")
    fail_on: tuple[str, ...] = _option(
        STRICT, "What fails the gate. Leaving out one of the default needs a reason.", tuple(GATE)
    )
    exit_zero: bool = _option(False, "Exit with 0 also where the gate fails. Needs a reason.")
    reason: str = _option("", "Why something is loosened. The report prints it.")
    baseline: str = _option("", "The file of what is known of each case, made by: verify baseline update.")
    seed: int = _option(0, "The seed of every random choice.", least=0)
    jobs: int | Literal["auto"] = _option("auto", "How many cases run at once; auto: one a processor.", least=1)
    timeout: float = _option(60.0, "Seconds after which a case is stopped.", least=0.1)
    memory: int = _option(2048, "Megabytes that a case may use; 0 for no limit.", least=0)
    isolation: str = _option("worker", "A process for many cases, or a new one for each.", ("worker", "case"))
    engine: str = _option("local", "Where cases run: local, dask:ADDRESS, ray:ADDRESS or MODULE:FACTORY.")
    report: str = _option("", "The HTML page that a run writes.")
    output_format: tuple[str, ...] = _option(
        (), "More that a run writes: FORMAT=PATH, or FORMAT alone for the terminal."
    )
    override: tuple[Override, ...] = _option((), "Results of some cases that the gate lets pass, each with a reason.")


@dataclass(frozen=True)
class Loosened:
    """One way in which more passes than by default, and why."""

    setting: str
    what: str
    reason: str
    match: str = "*"


@dataclass(frozen=True)
class Resolved:
    """Settings from all sources, what they loosen, and the folder that their paths start from."""

    settings: Settings
    loosened: tuple[Loosened, ...]
    root: Path
    file: Path | None

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why each setting that loosens does so, by the name of its field."""
        return {each.setting: each.reason for each in self.loosened}

    def record(self) -> dict[str, Any]:
        """Everything as plain JSON values, as a run stores it."""
        plain = {
            public(name): value for name, value in asdict(self.settings).items() if name not in ("override", "reason")
        }
        listed = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
        return {**listed, "loosened": [told(each) for each in self.loosened]}


@dataclass(frozen=True)
class _Source:
    """Settings from one place: its name for messages, and the values it gives by field name."""

    name: str
    given: Mapping[str, Any]


def told(each: Loosened) -> dict[str, str]:
    """One loosening as a run stores it, for reports to print."""
    return {"what": each.what, "match": each.match, "reason": each.reason}


def public(name: str) -> str:
    """The name of a field as users write it.

    >>> public("fail_on")
    'fail-on'
    """
    return name.replace("_", "-")


def resolved(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None, start: Path | None = None) -> Resolved:
    """Return the settings for flags that were given; UsageError names what is wrong with a setting, and where.

    >>> resolved({"seed": 7}, {"VERIFY_SEED": "8", "VERIFY_JOBS": "2"}, Path("/nowhere")).settings.seed
    7
    """
    file = _nearest(start or Path.cwd())
    sources = [
        *([_of_file(file)] if file is not None else []),
        _of_environment(os.environ if environ is None else environ),
        _Source("the command line", _of_flags(flags)),
    ]
    given = {name: value for source in sources for name, value in source.given.items()}
    return Resolved(
        settings=Settings(**given),
        loosened=tuple(_all_loosened(sources)),
        root=(file.parent if file is not None else start or Path.cwd()),
        file=file,
    )


def _nearest(start: Path) -> Path | None:
    return next((file for folder in (start, *start.parents) if (file := folder / "pyproject.toml").is_file()), None)


def _of_file(file: Path) -> _Source:
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: this cannot be read as TOML: {error}") from error
    where = f"{file}, [tool.verify]"
    table = tool.get("verify", {}) if isinstance(tool, dict) else {}  # what another tool asks for is no slip of ours
    if not isinstance(table, dict):
        raise UsageError(f"{file}: tool.verify is {table!r}; expected a table [tool.verify].")
    named = {name: (public(name), value) for name, value in ((key.replace("-", "_"), table[key]) for key in table)}
    given = {name: _read(Settings, name, shown, value, where) for name, (shown, value) in named.items()}
    return _Source(where, {name: _from_root(name, value, file.parent) for name, value in given.items()})


def _of_environment(environ: Mapping[str, str]) -> _Source:
    names = {f"VERIFY_{each.name.upper()}": each.name for each in fields(Settings) if each.name != "override"}
    given = {}
    for variable in sorted(environ):
        # Other tools have variables of this kind too: only what is nearly one of ours is taken for a slip.
        nearly = get_close_matches(variable, names, 1, 0.88) if variable.startswith("VERIFY_") else []
        if variable in names:
            given[names[variable]] = _explained(read_text, Settings, names[variable], environ[variable], variable)
        elif nearly:
            raise UsageError(f"{variable}: there is no such setting. Did you mean {nearly[0]}?")
    return _Source("the environment", given)


def _of_flags(flags: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in flags.items() if value is not None}
    return {name: _of_flag(name, value) for name, value in given.items()}


def _of_flag(name: str, value: Any) -> Any:
    read = read_text if isinstance(value, str) else read_value
    return _explained(read, Settings, name, list(value) if isinstance(value, tuple) else value, f"--{public(name)}")


def _read(kind: type[Any], name: str, shown: str, value: Any, where: str) -> Any:
    known = [each.name for each in fields(kind)]
    if name not in known:
        names = [public(each) for each in known]
        near = meant(public(name), names) or f" There are: {', '.join(names)}."
        raise UsageError(f"{where}: there is no setting {shown!r}.{near}")
    if name == "override":
        return tuple(_overrides(value, where))
    return _explained(read_value, kind, name, value, f"{where}: {shown}")


def _overrides(value: Any, where: str) -> Iterator[Override]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise UsageError(f"{where}: override is {value!r}; expected tables [[tool.verify.override]].")
    for number, table in enumerate(value, 1):
        place = f"{where}: override {number}"
        given = {key.replace("-", "_"): _read(Override, key.replace("-", "_"), key, table[key], place) for key in table}
        missing = [name for name in ("match", "ignore", "reason") if not given.get(name)]
        if missing:
            raise UsageError(f"{place} has no {missing[0]!r}. It needs all of match, ignore and reason.")
        yield Override(**given)


def _explained(read: Any, kind: type[Any], name: str, value: Any, where: str) -> Any:
    try:
        return read(kind, name, value)
    except Wrong as error:
        raise UsageError(f"{where}: {error}") from error


def _from_root(name: str, value: Any, root: Path) -> Any:
    """Paths in a file start from that file's folder, wherever the command is called."""
    if name == "targets":
        return tuple(_moved(target, root) for target in value)
    if name in ("baseline", "report") and value:
        return _moved(value, root, always=True)
    return value


def _moved(path: str, root: Path, always: bool = False) -> str:
    there = root / path.rpartition(":")[0] if path.rpartition(":")[2].isidentifier() and ":" in path else root / path
    if root == Path.cwd() or not (always or there.exists()):
        return path
    return Path(os.path.relpath(root / path)).as_posix()


# ---------------------------------------------------------------------------- loosening


def _all_loosened(sources: list[_Source]) -> Iterator[Loosened]:
    """What the deciding source of each setting loosens; UsageError where that source gives no reason."""
    for name in ("fail_on", "select", "ignore", "exit_zero"):
        deciding = next((source for source in reversed(sources) if name in source.given), None)
        what = _loosening(name, deciding.given[name]) if deciding is not None else ""
        if deciding is not None and what:
            reason = str(deciding.given.get("reason", "")).strip()
            if not reason:
                raise UsageError(_unreasoned(deciding.name, what))
            yield Loosened(name, what, reason)
    for source in sources:
        for each in source.given.get("override", ()):
            yield Loosened("override", f"ignore {', '.join(each.ignore)}", each.reason, each.match)


def _loosening(name: str, value: Any) -> str:
    if name == "fail_on":
        left_out = [each for each in STRICT if each not in value]
        return f"fail-on leaves out {', '.join(left_out)}" if left_out else ""
    if not value:
        return ""
    return "exit-zero" if name == "exit_zero" else f"{name} {', '.join(value)}"


def _unreasoned(source: str, what: str) -> str:
    how = {"the command line": '--reason "…"', "the environment": "VERIFY_REASON"}.get(source, 'reason = "…"')
    return f"{source}: {what}: this lets more pass than the default, so it needs a reason, which reports print: {how}."
