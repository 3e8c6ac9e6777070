"""Running the selected cases: a line for each as soon as those before it are told, and progress on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from verify.execute.suite import Selected, entries
from verify.runs.settings import Settings
from verify.runs.suite import INTERRUPTED, Entry
from verify.verdict import Formula, Numbers, Result, Verdict

Tell = Callable[[Entry], None]
_FEW = 2  # cases; progress over fewer is noise


def run_cases(
    chosen: Sequence[Selected], settings: Settings, budget: float, tell: Tell, out: Console
) -> tuple[tuple[Entry, ...], bool]:
    """Return an entry for every chosen case, sorted by id, and whether the run was interrupted."""
    done: dict[str, Entry] = {}
    ids = [each.id for each in chosen]
    told = iter(ids)
    waiting = next(told, None)
    interrupted = False
    with _progress(out, len(chosen)) as advance:
        try:
            for entry in _within(chosen, settings, budget):
                done[entry.case] = entry
                interrupted = interrupted or entry.result.reason == INTERRUPTED
                advance()
                while waiting in done:
                    tell(done[waiting])
                    waiting = next(told, None)
        except KeyboardInterrupt:
            interrupted = True
    left_out = INTERRUPTED if interrupted else f"not run: the budget of {budget:g} s for the whole run was used up"
    for each in chosen:
        if each.id not in done:
            done[each.id] = _not_run(each, left_out)
    while waiting is not None:
        tell(done[waiting])
        waiting = next(told, None)
    return tuple(done[each] for each in sorted(ids)), interrupted


def _within(chosen: Sequence[Selected], settings: Settings, budget: float) -> Iterator[Entry]:
    """The entries that come within the budget; what is left then is stopped.

    Where each stands is told from the project's folder, whatever folder the command is called in.
    """
    end = time.monotonic() + budget
    places = {each.id: f"{each.file}:{each.line}" for each in chosen}
    if budget <= 0:
        return
    running = entries(
        chosen,
        jobs=0 if settings.jobs == "auto" else settings.jobs,
        timeout=min(settings.timeout, budget),
        memory=settings.memory,
        seed=settings.seed,
        engine=settings.engine,
        isolation=settings.isolation,
    )
    with closing(running):
        for entry in running:
            yield replace(entry, result=replace(entry.result, source=places[entry.case]))
            if time.monotonic() > end:
                return


def _not_run(case: Selected, reason: str) -> Entry:
    formula, numbers = Formula(Verdict.UNDECIDED, reason=reason), Numbers("unknown", reason=reason)
    source = f"{case.file}:{case.line}"
    result = Result(Verdict.UNDECIDED, formula, numbers, reason=reason, name=case.title, source=source)
    return Entry(case.id, result, "not run")


@contextmanager
def _progress(out: Console, count: int) -> Iterator[Callable[[], None]]:
    """Advance a bar below what is printed, where somebody sees it."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal or count < _FEW) as bar:
        task = bar.add_task("", total=count)
        yield lambda: bar.advance(task)
