"""What the pytest plugin does once a test asks for a gradient: checking, judging against a baseline, reporting."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from verify.case import Case
from verify.check import check
from verify.report.brief import brief
from verify.report.codes import code
from verify.report.formats import of_path, write
from verify.report.overview import message, not_ok, sentence
from verify.report.record import environment
from verify.report.text import line
from verify.run import run_one
from verify.runs.baseline import Baseline, load
from verify.runs.suite import Entry, Run, entry_from_json, entry_to_json
from verify.verdict import Result


@dataclass
class Recorder:
    """The checks of one test: what each found, and whether the test fails by it.

    ``whole`` keeps what only a report shows also of the results that are ok.
    """

    test: str
    options: Mapping[str, Any] = field(default_factory=dict)
    baseline: Baseline = field(default_factory=Baseline)
    whole: bool = False
    again: str = ""
    entries: list[Entry] = field(default_factory=list)
    sent: int = 0

    def gradient(self, f: Callable[..., Any], *at: Any, **as_in_check: Any) -> tuple[Result, str]:
        """Check as :func:`verify.check` does, with the test's own options first; the text says why the test fails."""
        name = self.test if not self.entries else f"{self.test}#{len(self.entries) + 1}"
        return self._kept(name, check(f, *at, **{**self.options, **as_in_check}))

    def case(self, case: Case) -> tuple[Result, str]:
        """Check a registered case, in the same way."""
        return self._kept(self.test, run_one(case, check))

    def _kept(self, name: str, found: Result) -> tuple[Result, str]:
        whole = self.whole or not found.ok
        result = found.explained() if whole else replace(found, explain=None, formula=_bare(found))
        entry = Entry(name, result, seconds=found.seconds)
        self.entries.append(entry)
        return found, self._complaint(entry)

    def _complaint(self, entry: Entry) -> str:
        if entry.result.ok:
            lost = self.baseline.lost(entry)
            return f"certainty was lost against the baseline: {lost}\n{brief(entry, self.again)}" if lost else ""
        return "" if self.baseline.accepts(entry) else brief(entry, self.again)

    @property
    def properties(self) -> list[tuple[str, str]]:
        """What JUnit files keep of the checks: verdict, rule code and sizes of each."""
        found = []
        for number, entry in enumerate(self.entries, 1):
            ending = f".{number}" if number > 1 else ""
            told = {
                "verdict": str(entry.result.verdict),
                "code": code(entry),
                "sizes": line(entry.result.formula.sizes),
            }
            found += [(f"verify.{name}{ending}", value) for name, value in told.items() if value]
        return found

    def unsent(self) -> list[str]:
        """The entries that were not asked for before, as text, which travels between the processes of a run."""
        found = [json.dumps(entry_to_json(entry)) for entry in self.entries[self.sent :]]
        self.sent = len(self.entries)
        return found


def _bare(found: Result) -> Any:
    return replace(found.formula, written=(), certificate=None)


def seeded(seed: int, test: str) -> None:
    """Seed what functions under test draw from, for each test apart, in whatever order they run."""
    own = int.from_bytes(hashlib.blake2b(f"{seed} {test}".encode("utf-8", "surrogatepass"), digest_size=8).digest())
    random.seed(own)
    np.random.seed(own % 2**32)  # noqa: NPY002  # functions under test draw from it


def baseline_of(path: Path | None) -> Baseline:
    """Read a baseline, or an empty one where no path is given; :class:`verify.run.UsageError` where it is none."""
    return load(path) if path is not None else Baseline()


def run_of(records: Sequence[str], title: str) -> Run:
    """Return the run that the records of all tests are."""
    entries = sorted((entry_from_json(json.loads(record)) for record in records), key=lambda entry: entry.case)
    return Run(tuple(entries), title, environment=environment())


def written(run: Run, paths: Sequence[Path]) -> None:
    """Write the run to files, each in the format that its name suggests."""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write(run, of_path(path.name)), encoding="utf-8")


def worst(run: Run, most: int) -> list[str]:
    """Return the sentence on the run, and a line for each of its worst cases."""
    bad = not_ok(run)
    rows = [f"{entry.result.verdict} {code(entry)} {line(entry.case)}: {message(entry)}" for entry in bad[:most]]
    return [*rows, *([f"and {len(bad) - most:,} more"] if len(bad) > most else []), sentence(run)]
