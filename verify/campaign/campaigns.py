"""The campaigns by name: the promise that each attacks, what it counts, and one trial of it."""

from __future__ import annotations

import itertools
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from verify.campaign import (
    agrees,
    closed,
    conjugates,
    deterministic,
    faults,
    forms,
    metamorphic,
    points,
    proved,
    right,
    rules,
)
from verify.campaign import run as certificates
from verify.campaign.figures import Figures, Outcome, resumed, write

SAVED = 15.0  # seconds between two savings
AHEAD = 8  # trials that a process is given before the first of them is counted


@dataclass(frozen=True)
class Campaign:
    """A promise, the unit that is counted, how many are aimed at, and a trial by seed and index."""

    promise: str
    unit: str
    aim: int
    trial: Callable[[int, int], Outcome]


CAMPAIGNS: dict[str, Campaign] = {
    "proved": Campaign("no false PROVED", "pairs of a program and a wrong gradient", 200_000, proved.trial),
    "certified": Campaign("no false CERTIFIED", "points at which a gradient is wrong", 1_000_000, points.trial),
    "faults": Campaign("mistakes are found, none accepted", "wrong gradients checked", 20_000, faults.trial),
    "conjugates": Campaign(
        "no dropped conjugate is accepted", "wrong gradients by complex vectors", 2_000, conjugates.trial
    ),
    "agrees": Campaign("no false AGREES", "wrong gradients of functions that are not recorded", 20_000, agrees.trial),
    "metamorphic": Campaign("no verdict flips", "pairs rewritten", 50_000, metamorphic.trial),
    "certificates": Campaign(
        "the checker refuses what is untrue", "changes of certificates' meaning", 10_000, certificates.trial
    ),
    "forms": Campaign("normal forms decide polynomial identities", "pairs of polynomials", 4_000, forms.trial),
    "closed": Campaign("no wrong closed form is proved", "wrong closed forms", 292, closed.trial),
    "rules": Campaign("no wrong rule of the engine is proved", "wrong rules", 500, rules.trial),
    "deterministic": Campaign(
        "the same verdicts whatever the hash seed, the threads and the order",
        "checks compared",
        1_000,
        deterministic.trial,
    ),
    "refuted": Campaign("no false REFUTED", "right gradients checked", 20_000, right.trial),
}


def run(
    name: str, units: int, seed: int, path: Path | None = None, seconds: float = float("inf"), jobs: int = 1
) -> Figures:
    """Go on with a campaign until so many units are counted, so much time is gone, or it is interrupted.

    With more ``jobs`` trials run in processes beside each other, and are counted in the order of their numbers, so that
    the figures are those of one process.
    """
    figures = Figures(name, seed) if path is None else resumed(path, name, seed)
    began = saved = time.monotonic()
    with _stopping() as stopped, _trials(name, seed, figures.next, jobs) as trials:
        while figures.units < units and time.monotonic() - began < seconds and not stopped():
            outcome, took = next(trials)
            if outcome is None:
                break
            for failure in outcome.failures:
                failure["index"] = figures.next
            figures.add(outcome, took)
            if path is not None and (time.monotonic() - saved > SAVED or outcome.failures):
                write(path, figures)
                saved = time.monotonic()
    if path is not None:
        write(path, figures)
    return figures


Tried = tuple[Outcome | None, float]


@contextmanager
def _trials(name: str, seed: int, first: int, jobs: int) -> Iterator[Iterator[Tried]]:
    """What the trials from a number on come to, in turn."""
    if jobs == 1:
        yield (_tried(name, seed, index) for index in itertools.count(first))
        return
    with ProcessPoolExecutor(jobs, initializer=_deaf) as pool:
        ahead = deque(pool.submit(_tried, name, seed, first + k) for k in range(AHEAD * jobs))

        def in_turn() -> Iterator[Tried]:
            for index in itertools.count(first + AHEAD * jobs):
                done = ahead.popleft()
                ahead.append(pool.submit(_tried, name, seed, index))
                yield done.result()

        try:
            yield in_turn()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _deaf() -> None:
    """A request to end is for the process that counts."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _tried(name: str, seed: int, index: int) -> Tried:
    """A trial, None where there are no more, and its seconds; one that raises is a failure: nothing checked may."""
    started = time.monotonic()
    return _outcome(CAMPAIGNS[name], seed, index), time.monotonic() - started


def _outcome(campaign: Campaign, seed: int, index: int) -> Outcome | None:
    try:
        with np.errstate(all="ignore"):
            return campaign.trial(seed, index)
    except StopIteration:
        return None
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        why = f"it raised {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        return Outcome(failures=[{"why": why}])


@contextmanager
def _stopping() -> Iterator[Callable[[], bool]]:
    """Whether an interrupt or a request to end has come: the trial that runs is finished first."""
    asked: list[int] = []
    before: dict[int, Any] = {}
    for number in (int(signal.SIGINT), int(signal.SIGTERM)):
        before[number] = signal.signal(number, lambda signum, _frame: asked.append(signum))
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
