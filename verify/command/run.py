"""``verify run``: check every case of the targets, and judge what was found."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from verify.command.collecting import selected
from verify.command.finish import finish, prepared
from verify.command.options import Judging, Running, settings_of
from verify.command.running import run_cases
from verify.command.say import counted
from verify.command.telling import Loudness, teller
from verify.execute.suite import Selected
from verify.report.terminal import console
from verify.run import Target, UsageError
from verify.runs.pairs import pair_file, pair_id, pair_place
from verify.runs.settings import Resolved
from verify.runs.suite import Run

FOREVER = 86400.0 * 365


def run(
    *targets: str,
    keyword: Annotated[str, Parameter(name=["-k", "--keyword"])] = "",
    grad: str = "",
    point: Annotated[list[str] | None, Parameter(negative="")] = None,
    shard: str = "",
    untrusted: Annotated[bool, Parameter(negative="")] = False,
    budget: float = FOREVER,
    json_file: Annotated[Path | None, Parameter(name="--json")] = None,
    certificates: Path | None = None,
    history: bool = True,
    quiet: Annotated[bool, Parameter(name=["-q", "--quiet"], negative="")] = False,
    verbose: Annotated[bool, Parameter(name=["-v", "--verbose"], negative="")] = False,
    judging: Judging | None = None,
    running: Running | None = None,
) -> int:
    """Check every case of the targets, and exit with 0 when the gate passes.

    Parameters
    ----------
    targets
        Files, folders, modules, one function of a file or module, or cases by their ids: notebook.py,
        package.module:function, 'notebook.py::loss[grad=g]'.
    keyword
        Only cases whose id fits: parts of ids joined by and, or, not, as in 'loss and not slow'.
    grad
        With one FILE.py:NAME or MODULE:NAME as the target: the function that computes its gradient, written so too.
    point
        Where the pair is checked, once for each argument: 'x=[1.5, 2.0]', or in order without the names.
    shard
        I/N: the I-th part of N of all cases. The parts are put together again by "verify merge".
    untrusted
        Run only files of declared cases, which are data and no code of anybody.
    budget
        Seconds for the whole run; cases that it leaves out are not run, which fails the gate. Default: no limit.
    json_file
        Write everything that was found to this file; short for --output-format json=FILE.
    certificates
        Write the certificate of every proof into this folder, for "verify certificate"; it is made where missing.
    history
        Put the run on record in .verify/history.sqlite, for "verify report", "verify history" and "verify baseline".
    quiet
        Print only what is not ok, a line for each.
    verbose
        Print a paragraph for every case.
    """
    resolved = settings_of(judging, running, targets=targets)
    ending = prepared(resolved, json_file, certificates, history)
    if not budget >= 0:
        raise UsageError(f"--budget {budget}: expected a number of seconds, not less than 0.")
    named = resolved.settings.targets
    if grad:
        chosen = _pair(named, grad, point or [], resolved, keyword, shard, untrusted)
    elif point:
        raise UsageError("--point belongs to a pair: name the gradient too, as in: --grad model.py:gradient.")
    else:
        chosen = selected(named, resolved, keyword, shard, untrusted)
    out = console(error=ending.to_terminal)
    started = datetime.now(UTC).isoformat(timespec="milliseconds")
    loudness = Loudness.QUIET if quiet else Loudness.VERBOSE if verbose else Loudness.USUAL
    loudness = Loudness.SILENT if ending.to_terminal else loudness
    entries, interrupted = run_cases(chosen, resolved.settings, budget, teller(chosen, loudness, out), out)
    found = Run(
        entries,
        title=", ".join(_titled(each, resolved.root) for each in named) + (f" -k {keyword}" if keyword else ""),
        settings={
            **resolved.record(),
            **({"shard": shard} if shard else {}),
            **({"keyword": keyword} if keyword else {}),
        },
        started=started,
        interrupted=interrupted,
    )
    _say_interrupted(found, out)
    return finish(_located(found, resolved.root), resolved, ending, out)


def _pair(
    targets: tuple[str, ...],
    grad: str,
    point: list[str],
    resolved: Resolved,
    keyword: str,
    shard: str,
    untrusted: bool,
) -> tuple[Selected, ...]:
    """The pair as a case that is named, and stands, where its function does."""
    if len(targets) != 1:
        raise UsageError(
            f"--grad {grad}: expected one target, the function that it is the gradient of, and got {len(targets)}."
        )
    paired = selected((pair_file(targets[0], grad, point, resolved.root),), resolved, keyword, shard, untrusted)
    file, _, number = pair_place(targets[0]).rpartition(":")
    if file:
        file = Path(os.path.relpath(file, resolved.root)).as_posix()
        paired = tuple(replace(each, file=file, line=int(number)) for each in paired)
    return tuple(replace(each, id=pair_id(targets[0], grad, point)) for each in paired)


def _titled(target: str, root: Path) -> str:
    """The target as it is named from the project's folder, so that runs of the same have the same title."""
    wanted = Target.parse(target)
    if "::" in target or not Path(wanted.module).exists():
        return target
    there = Path(os.path.relpath(wanted.module, root)).as_posix()
    return f"{there}:{wanted.name}" if wanted.name else there


def _located(run: Run, root: Path) -> Run:
    """The run with where and on what it ran."""
    from verify.command.commit import commit_of
    from verify.report.record import environment

    return replace(run, environment=environment(), commit=commit_of(root))


def _say_interrupted(run: Run, out: Console) -> None:
    if run.interrupted:
        done = sum(entry.outcome != "not run" for entry in run.entries)
        out.print(f"interrupted: {counted(done, 'case')} of {len(run.entries)} had been run")
