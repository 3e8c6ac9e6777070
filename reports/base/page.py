"""The part of the page of trust that is about what a verdict rests on: ``python reports/base page``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import covered
import mutation
import sabotage

Json = dict[str, Any]


_MADE = (
    "The figures are of 2026-11-23, CPython 3.11.7 on Linux, on two cores that were shared with much else. Mutants are "
    "two samples (seeds 20261123 and 20261124), each tried for a few seconds against the tests that reach it; what "
    "lived in the first was tried again with the tests that were written for it, and a mutant of a function that has "
    "changed since is left out. Of the second, the checker's were tried against the tests of its rules alone, for lack "
    "of time, so that some of those that live would be killed by certificates. Lines and branches are those that the "
    "tests of these modules reach, all but the "
    "slowest; what runs only while a function is recorded is not seen, as the recording watches the interpreter in "
    "the same way. Fuzzing (atheris 3) is told in processor time."
)


def page(folder: Path) -> str:
    """The page as Markdown, from the files beside it."""
    parts = [
        "## What a verdict rests on",
        "The modules are those of the checker, the kernel tower, the normal form, the lemmas, and the verdicts. The "
        "commands are `python reports/base coverage|mutation|sabotage|fuzz`; `… page` writes this part.",
        _MADE,
    ]
    for title, name, told in (
        ("Lines and branches", "coverage", covered.summary),
        ("Small changes of the code (mutation testing)", "mutation", mutants_told),
        ("Sabotage, one a rule", "broken", sabotage.summary),
        ("Fuzzing of readers and writers, guided by coverage", "fuzz", fuzzed),
    ):
        file = folder / f"{name}.json"
        if file.exists():
            parts += [f"### {title}", told(json.loads(file.read_text(encoding="utf-8")))]
    return "\n\n".join(parts) + "\n"


def mutants_told(known: Json) -> str:
    """A table of modules, and the survivors with why they live."""
    reasons = json.loads(mutation.SURVIVORS.read_text(encoding="utf-8"))
    rows = ["| module | tried | killed | equivalent | live | killed, of those that are not equivalent |",
            "|---|--:|--:|--:|--:|--:|"]  # fmt: skip
    total: Counter[str] = Counter()
    for path, of in known.items():
        found = mutation.counts(path, of, reasons)
        total += found
        rows.append(_row(path, found))
    rows.append(_row("all", total))
    rows += ["", "Survivors (a mutant that no test reaches counts as one):", ""]
    for path, name, tried in mutation.living(known):
        why = mutation.reason(path, name, tried["line"], reasons) or f"**{tried['said']}**, not examined"
        rows.append(
            f"- `{path}` {name.partition('+')[0]}: {_code(name.partition(': ')[2])} in {_code(tried['line'])}: {why}"
        )
    return "\n".join(rows)


def _row(name: str, found: Counter[str]) -> str:
    n, live = found.total(), found["survived"] + found["not reached"]
    share = 100 * found["killed"] / max(n - found["equivalent"], 1)
    return f"| {name} | {n} | {found['killed']} | {found['equivalent']} | {live} | {share:.1f} % |"


def _code(text: str) -> str:
    return f"`{text.replace('`', '´').replace('|', '¦')[:90]}`"


def fuzzed(known: Json) -> str:
    """A table of targets."""
    rows = [
        "| target | inputs | accepted | refused | processor time | places that raised |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, of in known.items():
        counts = of["counts"]
        cells = [sum(counts.values()), counts.get("accepted", 0), counts.get("refused", 0), f"{of['seconds']:.0f} s"]
        rows.append(f"| {name} | {' | '.join(map(str, cells))} | {len(of['found'])} |")
    met = [f"- {name}: {place}" for name, of in known.items() for place in of["found"]]
    rows += (
        ["", "Every place that raised is mended, and is a test in `tests/verify/test_fuzzed.py`:", "", *met]
        if met
        else []
    )
    return "\n".join(rows)
