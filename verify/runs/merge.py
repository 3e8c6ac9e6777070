"""One run from the parts that several machines ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from verify.run import UsageError
from verify.runs.changes import RANK
from verify.runs.suite import Entry, Run

_OWN = ("shard", "report", "output-format", "jobs", "engine", "loosened")  # what parts of one run may differ in


def merged(parts: Sequence[Run], names: Sequence[str]) -> Run:
    """Return the run that these parts make up; UsageError where they are not of one run, or a shard is missing.

    A case in several parts keeps its weakest result.
    """
    first = parts[0]
    for part, name in zip(parts, names, strict=True):
        for key, value in _shared(first).items():
            if _shared(part).get(key) != value:
                raise UsageError(
                    f"{name}: its {key} is {_shared(part).get(key)!r}, and that of {names[0]} {value!r}: not one run."
                )
    _require_all([str(part.settings.get("shard", "")) for part in parts])
    entries: dict[str, Entry] = {}
    for part in parts:
        for entry in part.entries:
            known = entries.get(entry.case)
            entries[entry.case] = entry if known is None else min(known, entry, key=_certainty)
    loosened = [each for part in parts for each in part.settings.get("loosened", ())]
    return replace(
        first,
        entries=tuple(entries[case] for case in sorted(entries)),
        settings={
            **_shared_settings(first),
            "loosened": [each for n, each in enumerate(loosened) if each not in loosened[:n]],
        },
        started=min(part.started for part in parts),
        interrupted=any(part.interrupted for part in parts),
    )


def _shared(run: Run) -> dict[str, Any]:
    return {"commit": run.commit, "targets": run.title, **_shared_settings(run)}


def _shared_settings(run: Run) -> dict[str, Any]:
    return {key: value for key, value in run.settings.items() if key not in _OWN}


def _require_all(shards: Sequence[str]) -> None:
    numbered = [shard.split("/") for shard in shards if shard]
    if not numbered:
        return
    counts = {of for _, of in numbered}
    if len(counts) > 1:
        raise UsageError(f"these are shards of {' and of '.join(sorted(counts))}: {', '.join(shards)}.")
    missing = {str(number) for number in range(1, int(counts.pop()) + 1)} - {part for part, _ in numbered}
    if missing:
        raise UsageError(
            f"of {numbered[0][1]} shards, {', '.join(sorted(missing, key=int))} is missing: its cases are in no file."
        )


def _certainty(entry: Entry) -> tuple[bool, bool, int]:
    return entry.outcome != "not run", entry.result.ok, RANK[entry.result.verdict]
