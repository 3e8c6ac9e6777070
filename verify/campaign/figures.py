"""The figures of a campaign: added up, kept in a file so that a campaign can be stopped and resumed, and told."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import platform
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import dualgrad
import verify

Json = dict[str, Any]
LISTED = 40  # failures that are written in full


@dataclass
class Outcome:
    """What one trial adds: so many units, counts by what they were, and every failure with what repeats it."""

    units: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Json] = field(default_factory=list)


@dataclass
class Figures:
    """What a campaign has come to: ``next`` is the index of the trial that follows."""

    name: str
    seed: int
    next: int = 0
    units: int = 0
    failed: int = 0
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    failures: list[Json] = field(default_factory=list)
    made: Json = field(default_factory=dict)

    def add(self, outcome: Outcome, seconds: float) -> None:
        """Take in a trial."""
        self.next += 1
        self.units += outcome.units
        self.failed += len(outcome.failures)
        self.seconds += seconds
        self.counts = dict(sorted((Counter(self.counts) + outcome.counts).items()))
        self.failures = [*self.failures, *outcome.failures][:LISTED]

    @property
    def bound(self) -> float:
        """The 95 % bound on the rate of failures: 3/n where there was none, and else about (k + 2 √k + 3)/n."""
        return float((self.failed + 2 * self.failed**0.5 + 3) / max(self.units, 1))

    def to_json(self) -> Json:
        """The figures as they are written."""
        own = {key: getattr(self, key) for key in ("name", "seed", "next", "units", "failed", "seconds")}
        own["seconds"] = round(self.seconds, 1)
        return {**own, "bound": float(f"{self.bound:.2g}"), "made": self.made, "counts": self.counts,
                "failures": self.failures}  # fmt: skip

    @staticmethod
    def from_json(given: Mapping[str, Any]) -> Figures:
        """The figures that :meth:`to_json` wrote."""
        return Figures(**{key: value for key, value in given.items() if key != "bound"})


def resumed(path: Path, name: str, seed: int) -> Figures:
    """The figures in a file, to be added to; new ones where there is none. ValueError where they are of another run."""
    if not path.exists():
        return Figures(name, seed)
    found = Figures.from_json(json.loads(path.read_text(encoding="utf-8")))
    if (found.name, found.seed) != (name, seed):
        raise ValueError(
            f"{path} holds the figures of {found.name} with the seed {found.seed}, not of {name} with {seed}: "
            f"name another file, or ask for that campaign"
        )
    return found


def write(path: Path, figures: Figures) -> None:
    """Replace the file at once, so that a campaign which is stopped leaves the figures before or after a trial."""
    figures.made = _made(figures.made.get("sources", []))
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".part")
    scratch.write_text(json.dumps(figures.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(scratch, path)


def _made(before: list[str]) -> Json:
    """When and on what; every state of the sources that trials were made with, the last one last."""
    now = datetime.datetime.now(datetime.UTC)
    return {
        "when": now.strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": f"{platform.system()} {platform.machine()}",
        "sources": [*(digest for digest in before if digest != _digest()), _digest()],
    }


@cache
def _digest() -> str:
    """A short digest of the sources that the figures are about."""
    roots = [Path(package.__file__ or "").parent for package in (dualgrad, verify)]
    hashed = hashlib.sha256()
    for path in sorted(path for root in roots for path in root.rglob("*.py")):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()[:12]
