"""Earlier runs, as much of them as a trend shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from verify.runs.suite import Run


@dataclass(frozen=True)
class Past:
    """An earlier run in numbers: how many cases had which verdict, by its name, and their time together."""

    commit: str
    started: str
    counts: Mapping[str, int]
    seconds: float


def past_of(run: Run) -> Past:
    """Return a run in numbers."""
    counts = Counter(entry.result.verdict.value for entry in run.entries)
    return Past(run.commit, run.started, dict(sorted(counts.items())), sum(entry.seconds for entry in run.entries))
