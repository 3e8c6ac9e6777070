"""The baseline: a committed file of what is known of each case, which by itself only improves.

It holds every case with its verdict, one a line and sorted, so that a change of it reads well in a review. Cases that
are not decided are accepted by it, with the reason that was given when it was written; a refuted one never is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import NoneType
from typing import Any

from verify.run import UsageError
from verify.runs.changes import MORE_ULPS, RANK, ULPS
from verify.runs.suite import Entry, Run
from verify.verdict import Verdict

SCHEMA = 1
NAME = "verify-baseline.json"
_CERTAINTY = {verdict.value: rank for verdict, rank in RANK.items()}


@dataclass(frozen=True)
class Known:
    """What is on record of one case; ``reason`` says why it is accepted, where it does not pass."""

    verdict: str
    every: bool = False  # proved for arguments of every size, not for those run alone
    ok: bool = True
    ulps: float | None = None
    reason: str = ""

    @property
    def certainty(self) -> tuple[int, bool]:
        """What orders two records of a case."""
        rank = _CERTAINTY[self.verdict]
        return (rank if self.ok else min(rank, 0), self.every)

    def __str__(self) -> str:
        return f"{self.verdict} for every size" if self.every else self.verdict


@dataclass(frozen=True)
class Baseline:
    """All cases on record, by id."""

    cases: Mapping[str, Known] = field(default_factory=dict)

    def accepts(self, entry: Entry) -> str:
        """The reason for which an entry that does not pass is accepted, or an empty text."""
        known = self.cases.get(entry.case)
        if known is None or known.ok or entry.result.verdict.value != known.verdict:
            return ""
        return known.reason

    def lost(self, entry: Entry) -> str:
        """What certainty the entry has lost against its record, in words, or an empty text."""
        known, now = self.cases.get(entry.case), known_of(entry)
        return f"{now}, and was {known}" if known is not None and now.certainty < known.certainty else ""

    def less_accurate(self, entry: Entry) -> str:
        """How much accuracy the entry has lost against its record, in words, or an empty text."""
        known, now = self.cases.get(entry.case), entry.result.numbers.ulps
        if known is None or known.ulps is None or now is None or now <= max(ULPS * known.ulps, known.ulps + MORE_ULPS):
            return ""
        return f"{now:.3g} ulps, and was {known.ulps:.3g}"


def known_of(entry: Entry) -> Known:
    """What the entry shows, as the baseline would hold it."""
    result = entry.result
    ulps = result.numbers.ulps
    return Known(
        verdict=result.verdict.value,
        every=result.verdict is Verdict.PROVED and result.formula.sizes.startswith("every"),
        ok=result.ok,
        ulps=float(f"{ulps:.3g}") if ulps is not None and math.isfinite(ulps) else None,
    )


def improved(baseline: Baseline, run: Run) -> Baseline:
    """The baseline with what the run knows better, and with new cases that pass. Nothing in it becomes weaker."""
    cases = dict(baseline.cases)
    for entry in run.entries:
        now, known = known_of(entry), cases.get(entry.case)
        if now.ok and (_ours(entry.case) if known is None else now.certainty > known.certainty):
            cases[entry.case] = now
    return Baseline(cases)


def _ours(case: str) -> bool:
    """Whether a case is one of the project: a pair named on the command line is not, nor a file that lies elsewhere."""
    return not case.startswith((".verify/", "../", "/"))


def updated(baseline: Baseline, run: Run, reason: str, prune: bool) -> Baseline:
    """The baseline as the run found things, weaker or not; UsageError where that loosens and no reason is given.

    ``prune`` drops the cases that the run did not have.
    """
    found = {entry.case: known_of(entry) for entry in run.entries if entry.outcome != "not run" and _ours(entry.case)}
    weaker = [case for case, now in found.items() if _loosens(baseline.cases.get(case), now)]
    if weaker and not reason.strip():
        more = f" and {len(weaker) - 1} more" if len(weaker) > 1 else ""
        raise UsageError(
            f"the baseline would accept {found[weaker[0]]} of {weaker[0]}{more}. "
            'Say why, as in: verify baseline update --reason "not decidable yet". Or write only what is better: '
            "verify baseline update --only-improvements."
        )
    kept = {} if prune else dict(baseline.cases)
    for case, now in found.items():
        known = baseline.cases.get(case)
        said = reason.strip() if case in weaker else known.reason if known is not None and not now.ok else ""
        kept[case] = replace(now, reason=said if now.verdict != "REFUTED" else "")
    return Baseline(kept)


def _loosens(known: Known | None, now: Known) -> bool:
    if now.verdict == "REFUTED":  # recorded, and never accepted
        return known is not None and now.certainty < known.certainty
    return not now.ok if known is None else now.certainty < known.certainty or (not now.ok and not known.reason)


def load(path: Path) -> Baseline:
    """Read a baseline; UsageError says what is wrong with the file."""
    make = "Make one from the newest run: verify baseline update"
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"{path}: there is no such baseline. {make}.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: this baseline cannot be read: {error}. {make}.") from error
    if not isinstance(held, dict) or held.get("schema") != SCHEMA or not isinstance(held.get("cases"), dict):
        raise UsageError(f"{path}: this is no baseline of schema {SCHEMA}. {make}.")
    return Baseline({case: _known(case, record, path) for case, record in held["cases"].items()})


def _known(case: str, record: Any, path: Path) -> Known:
    try:
        known = Known(**record)
    except TypeError as error:
        raise UsageError(f"{path}: {case}: this is no record of a case: {error}") from error
    kinds: dict[str, Any] = {"verdict": str, "every": bool, "ok": bool, "ulps": (int, float, NoneType), "reason": str}
    wrong = next((name for name, kind in kinds.items() if not isinstance(getattr(known, name), kind)), None)
    if wrong is not None:
        raise UsageError(f"{path}: {case}: {wrong} is {getattr(known, wrong)!r:.60}, of another type than it has.")
    if known.verdict not in _CERTAINTY:
        raise UsageError(f"{path}: {case}: the verdict is {known.verdict!r}; expected one of {', '.join(_CERTAINTY)}.")
    if not known.ok and known.verdict != "REFUTED" and not str(known.reason).strip():
        raise UsageError(f'{path}: {case}: {known.verdict} is accepted without a reason. Add "reason": "…".')
    return known


def text(baseline: Baseline) -> str:
    """The file: sorted, one case a line.

    >>> print(text(Baseline({"a.py::f": Known("PROVED", every=True)})))
    {"schema": 1, "cases": {
    "a.py::f": {"verdict": "PROVED", "every": true}
    }}
    <BLANKLINE>
    """
    rows = [f"{json.dumps(case)}: {json.dumps(_record(known))}" for case, known in sorted(baseline.cases.items())]
    return f'{{"schema": {SCHEMA}, "cases": {{\n' + ",\n".join(rows) + "\n}}\n"


def _record(known: Known) -> dict[str, Any]:
    given = {"verdict": known.verdict, "every": known.every, "ok": known.ok, "ulps": known.ulps, "reason": known.reason}
    usual = {"every": False, "ok": True, "ulps": None, "reason": ""}
    return {name: value for name, value in given.items() if name == "verdict" or value != usual[name]}
