"""The campaigns by name: the promise that each attacks, what it counts, and one trial of it."""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from verify.campaign import agrees, closed, deterministic, faults, forms, metamorphic, points, proved, right, rules
from verify.campaign import run as certificates
from verify.campaign.figures import Figures, Outcome, resumed, write

SAVED = 15.0  # seconds between two savings


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


def run(name: str, units: int, seed: int, path: Path | None = None, seconds: float = float("inf")) -> Figures:
    """Go on with a campaign until so many units are counted, so much time is gone, or it is interrupted."""
    campaign = CAMPAIGNS[name]
    figures = Figures(name, seed) if path is None else resumed(path, name, seed)
    began = saved = time.monotonic()
    with _stopping() as stopped:
        while figures.units < units and time.monotonic() - began < seconds and not stopped():
            started = time.monotonic()
            outcome = _tried(campaign, seed, figures.next)
            if outcome is None:
                break
            for failure in outcome.failures:
                failure["index"] = figures.next
            figures.add(outcome, time.monotonic() - started)
            if path is not None and (time.monotonic() - saved > SAVED or outcome.failures):
                write(path, figures)
                saved = time.monotonic()
    if path is not None:
        write(path, figures)
    return figures


def _tried(campaign: Campaign, seed: int, index: int) -> Outcome | None:
    """A trial, None where there are no more; one that raises is a failure: nothing that is checked may do that."""
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
