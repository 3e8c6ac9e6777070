"""``verify baseline``: what is known of each case, committed beside the code."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from verify.command.finish import baseline_place
from verify.command.options import settings_of
from verify.command.outputs import require_writable
from verify.command.refer import run_of
from verify.command.say import counted, say
from verify.report.text import line
from verify.run import UsageError
from verify.runs.baseline import NAME, Baseline, improved, load, text, updated
from verify.runs.gate import judge

app = App(
    name="baseline",
    help="Show, write and check the baseline: what is known of each case, and which are accepted undecided.",
    help_format="plaintext",
)


@app.command
def show(*, baseline: str | None = None) -> int:
    """Show the baseline, a line for each case.

    Parameters
    ----------
    baseline
        The file; the one of the settings, or verify-baseline.json, where none is named.
    """
    held = load(_place(baseline))
    for case, known in sorted(held.cases.items()):
        accepted = f"  accepted: {line(known.reason)}" if known.reason else ""
        say(f"{known!s:27} {line(case)}{accepted}")
    say(counted(len(held.cases), "case"))
    return 0


@app.command
def update(
    run: str = "last",
    /,
    *,
    baseline: str | None = None,
    only_improvements: Annotated[bool, Parameter(negative="")] = False,
    prune: Annotated[bool, Parameter(negative="")] = False,
    reason: str = "",
) -> int:
    """Write the baseline from a run that is on record. What it then accepts needs a reason.

    Parameters
    ----------
    run
        A number of "verify history list", last (the default), green, or a file of JSON Lines.
    baseline
        The file; the one of the settings, or verify-baseline.json, where none is named.
    only_improvements
        Only write what is better known than before.
    prune
        Drop the cases that the run does not have.
    reason
        Why cases are accepted that are not decided, or are known less well than before.
    """
    place = _place(baseline)
    found = run_of(run, settings_of().root)
    if only_improvements and (prune or reason):
        raise UsageError("--only-improvements accepts nothing and drops nothing: leave out --reason and --prune.")
    before = load(place) if place.exists() else Baseline()
    after = improved(before, found) if only_improvements else updated(before, found, reason, prune)
    require_writable(place)
    place.write_text(text(after), encoding="utf-8")
    accepted = sum(not known.ok and bool(known.reason) for known in after.cases.values())
    say(f"{place}: {counted(len(after.cases), 'case')}, {accepted} accepted undecided. Commit this file.")
    refuted = [case for case, known in after.cases.items() if known.verdict == "REFUTED"]
    if refuted:
        say(f"{counted(len(refuted), 'case')} refuted, which no baseline accepts: {', '.join(refuted[:5])}")
    return 0


@app.command
def check(run: str = "last", /, *, baseline: str | None = None) -> int:
    """Hold a run that is on record against the gate with the baseline, and exit as "verify run" would.

    Parameters
    ----------
    run
        A number of "verify history list", last (the default), green, or a file of JSON Lines.
    baseline
        The file; the one of the settings, or verify-baseline.json, where none is named.
    """
    resolved = settings_of()
    judgement = judge(run_of(run, resolved.root), resolved.settings, resolved.reasons, load(_place(baseline)))
    for each in judgement.failures:
        say(f"{each.kind:17} {line(each.case)}: {line(each.text)}")
    say(f"gate: {'failed' if judgement.code else 'passed'}, {counted(len(judgement.accepted), 'case')} let pass")
    return judgement.code


def _place(named: str | None) -> Path:
    resolved = settings_of()
    if named is not None:
        resolved = replace(resolved, settings=replace(resolved.settings, baseline=named))
    return baseline_place(resolved) or Path(os.path.relpath(resolved.root / NAME))
