"""The section "dualgrad among the verifiers" of benchmarks/README.md, made from a result file.

``python -m benchmarks --verify dualgrad --publish`` writes both; with ``--problems`` the rest stays as it was measured.
"""

import json
import os

from ..performance import ROOT
from ..report import lines
from .problems import PROBLEMS

RESULTS = os.path.join(ROOT, "benchmarks", "results", "verify.json")
PEERS = os.path.join(ROOT, "benchmarks", "results", "verify_peers.json")
README = os.path.join(ROOT, "benchmarks", "README.md")
TITLE = "## dualgrad among the verifiers\n"
FLOORS = ("1e-06", "1e-08")
LARGE = 100_000  # elements

HEAD = """
Made by `python -m benchmarks --verify dualgrad --publish` from `benchmarks/results/verify.json`; a test holds the two
together. `verify.check` at its defaults, in CPU seconds, in a process of its own for each problem: `cold` is the first
check there, beside what is imported before it, `warm` the median of up to five more. VG is one value and gradient by
the engine. Injected: one element, drawn, is wrong by a relative 1e-1, 1e-6 or 1e-8, up to five elements a level; an
error is *caught* where the result is not ok, and *refuted* where it is REFUTED. The peers' floors are the smallest that
any had, from runs of the same suite on another day; they were not measured again beside these.
"""


def measured():
    """The results there are, of which ``--problems`` are measured again."""
    if not os.path.exists(RESULTS):
        return {}
    with open(RESULTS, encoding="utf-8") as file:
        return json.load(file)["verify"]


def publish(data):
    """Write the section."""
    with open(README, encoding="utf-8") as file:
        before = file.read().partition(TITLE)[0]
    with open(README, "w", encoding="utf-8") as file:
        file.write(before + section(data))


def section(data):
    """The text of the section."""
    rows = data["verify"]["dualgrad"]
    with open(PEERS, encoding="utf-8") as file:
        peers = json.load(file)
    load = ", ".join(f"{x:.1f}" for x in data["machine"]["load_at_start"])
    names = ("python", "numpy", "dualgrad")
    versions = ", ".join(f"{name} {data['versions'][name]}" for name in names if name in data["versions"])
    out = [
        TITLE + HEAD,
        f"Last measured {data['when']}: {versions}; {data['machine']['cpus']} cores, load at the start {load}.",
    ]
    out += ["", *lines(_HEADS, [_row(name, rows[name], peers) for name, p in PROBLEMS.items() if p.inject])]
    out += ["", "Right gradients that alarm others:", ""]
    fair = [name for name, problem in PROBLEMS.items() if not problem.inject]
    out += lines(
        ["problem", "cold s", "warm s", "verdict", "refused by"],
        [
            [name, *_times(rows[name]), rows[name]["verdict"], ", ".join(peers["refused_by"].get(name, [])) or "–"]
            for name in fair
        ],
    )
    refused = [name for name in fair if not rows[name]["passed"]]
    out += ["", f"Refused of these: {', '.join(refused) or 'none'}.", "", *_summary(rows)]
    return "\n".join(out) + "\n"


_HEADS = ["problem", "elements", "cold s", "warm s", "VG ms", "verdict"]
_HEADS += ["1e-6 caught (refuted)", "1e-8 caught (refuted)", "smallest caught", "best peer's floor"]


def _row(name, row, peers):
    caught = []
    for level in FLOORS:
        hits, count = row["rates"].get(level, (0, 0))
        caught.append(f"{hits} of {count} ({row['refuted'].get(level, 0)})")
    floor = f"{row['floor']:g}" if row["floor"] else "none"
    head = [name, str(row["size"]), *_times(row), f"{row['vg'] * 1e3:.2g}", row["verdict"]]
    return [*head, *caught, floor, peers["floors"].get(name, "–")]


def _times(row):
    return [f"{row['cold']:.2f}", f"{row['warm']:.2f}"]


def _summary(rows):
    """What was asked, beside what was found."""
    slow = {name: row["cold"] for name, row in rows.items() if row["cold"] >= 1}
    caught = sum(hits for row in rows.values() for hits, _ in row.get("rates", {}).values())
    named = sum(sum(row.get("named", {}).values()) for row in rows.values())
    larger = {name: row for name, row in rows.items() if row["size"] >= LARGE}
    in_steps = {name: row["warm"] / row["vg"] for name, row in larger.items()}
    out = [
        f"Under 1 s in a fresh process: {len(rows) - len(slow)} of {len(rows)}"
        + (f"; not {', '.join(f'{name} ({cold:.2f} s)' for name, cold in slow.items())}." if slow else "."),
        f"The wrong element was named for {named} of the {caught} errors caught.",
        f"From {LARGE} elements on, the gradient under test is called at full size "
        f"{max(row['calls'] for row in larger.values())} times at most, and a warm check takes, in value-and-gradient "
        f"evaluations, {', '.join(f'{taken:.1f} ({name})' for name, taken in in_steps.items())}.",
    ]
    one, ten = rows["elem_100000"], rows["elem_1000000"]
    more = (ten["warm"] - one["warm"]) / (ten["vg"] - one["vg"])
    out.append(
        f"From 10⁵ to 10⁶ elements of `elem` a check costs {more:.1f} value-and-gradient evaluations more for each "
        f"evaluation's worth of data; the proof at small shapes is in both."
    )
    return out
