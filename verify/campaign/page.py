"""The page of figures, written from the figures alone and from the notes on what failed on the way."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verify.campaign.campaigns import CAMPAIGNS
from verify.campaign.figures import Figures

_HEAD = """# Trust: promises, attacked

Each line is a promise, and a campaign of random programs that tries to break it. `n` counts what is said beside it;
the bound is the largest rate of failures that is compatible with what was seen, at 95 % (3/n where nothing failed).
A figure is made by one command, which can be stopped and goes on where it was:

    python -m verify.campaign NAME --n N --seed 20261123 --resume reports/trust/NAME.json

This page is written by `python -m verify.campaign page` from the files beside it, and by nobody. A campaign below its
aim is below its aim: the figures are those that were reached.

"""


def page(folder: Path) -> str:
    """The page as Markdown."""
    found = [Figures.from_json(json.loads(p.read_text(encoding="utf-8"))) for p in sorted(folder.glob("*.json"))
             if p.stem in CAMPAIGNS]  # fmt: skip
    rows = "".join(map(_row, sorted(found, key=lambda f: list(CAMPAIGNS).index(f.name))))
    head = "| promise | campaign | n | aim | failures | 95 % bound | on | sources |\n|---|---|--:|--:|--:|--:|---|---|"
    parts = [_HEAD.rstrip(), f"{head}\n{rows}", _corrupted(folder.parent / "corruption.json")]
    faults = [f for f in found if f.name == "faults"]
    others = folder / "others.json"
    beside = json.loads(others.read_text(encoding="utf-8")) if others.exists() else {}
    parts += [_mistakes(faults[0], beside)] if faults else []
    parts += [_counts(f) for f in found if f.name not in ("faults", "metamorphic")]
    notes = [folder / name for name in ("base.md", "met.md")]
    parts += [note.read_text(encoding="utf-8") for note in notes if note.exists()]
    return "\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"


def _corrupted(path: Path) -> str:
    """What an earlier run of changed certificates came to, which kept every change that was accepted."""
    if not path.exists():
        return ""
    found = json.loads(path.read_text(encoding="utf-8"))
    return (
        f"Certificates were also changed in one run that kept every change that was accepted (corruption.json): "
        f"{found['refused']:,} changes refused, {found['accepted although untrue']} accepted although untrue, "
        f"{found['accepted and true still']} accepted and true still."
    )


def _row(f: Figures) -> str:
    c, made = CAMPAIGNS[f.name], f.made
    on = f"{made['when']}, Python {made['python']}, NumPy {made['numpy']}, {made['machine']}"
    cells = [c.promise, f"`{f.name}`: {c.unit}", f"{f.units:,}", f"{c.aim:,}", str(f.failed), f"{f.bound:.1e}", on]
    return f"| {' | '.join(cells)} | {', '.join(f'`{digest}`' for digest in made['sources'])} |\n"


def _mistakes(f: Figures, beside: Mapping[str, Any]) -> str:
    """Every class of mistake: what became of it, and what other checkers say of the same gradients."""
    table: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for key, count in f.counts.items():
        kind, _, said = key.rpartition(": ")
        if said in ("REFUTED", "UNDECIDED", "NONDIFFERENTIABLE", "accepted"):
            table[kind][said] += count
    head = ["mistake", "n", "REFUTED", "UNDECIDED", "accepted"]
    caught = beside.get("caught", {})
    head += [f"{name} lets pass" for name in caught]
    lines = ["## Which mistakes are found", "", f"| {' | '.join(head)} |", f"|---{'|--:' * (len(head) - 1)}|"]
    for kind in sorted(table, key=lambda kind: (kind.startswith("in "), kind)):
        row, n = table[kind], sum(table[kind].values())
        shares = [f"{100 * row[said] / n:.1f} %" for said in ("REFUTED", "UNDECIDED", "accepted")]
        more = [_passed(figures.get(kind)) for figures in caught.values()]
        lines.append(f"| {' | '.join([kind, str(n), *shares, *more])} |")
    if beside:
        lines += ["", beside["about"]]
    return "\n".join([*lines, ""])


def _passed(figures: Mapping[str, int] | None) -> str:
    if not figures or not figures["n"]:
        return ""
    return f"{100 * (1 - figures['caught'] / figures['n']):.1f} % of {figures['n']}"


def _counts(f: Figures) -> str:
    lines = [f"## {CAMPAIGNS[f.name].promise}", "", "| | |", "|---|--:|"]
    lines += [f"| {key} | {count:,} |" for key, count in f.counts.items()]
    return "\n".join([*lines, ""])
