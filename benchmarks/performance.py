"""The page docs/performance.md, made from a result file: ``python -m benchmarks --measure`` writes both."""

import os

from .report import fmt_t
from .targets import TARGETS
from .tasks import TASKS

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RESULTS = os.path.join(ROOT, "benchmarks", "results", "engines.json")
PAGE = os.path.join(ROOT, "docs", "performance.md")
ENGINES = "numpy,dualgrad,dualgrad-compiled,torch,jax-jit,autograd,mygrad"
PEERS = ("torch", "jax-jit", "autograd", "mygrad")

HEAD = """# Performance

Made by `python -m benchmarks --measure` from `benchmarks/results/engines.json`; a test holds the two together.
Value and full derivative of each task, one thread, as a ratio to hand-written NumPy: the median of the ratios of
paired runs, CPU time, malloc's pages kept for every engine alike (see benchmarks/README.md). Ratios carry over to
another machine, within limits; times do not.
"""


def _ratio(row, engine):
    found = row.get(engine, {})
    if "error" in found:
        return "crash" if "died" in found["error"] else "> limit" if "no answer" in found["error"] else "n/a"
    if not found:
        return "–"
    return f"{found['ratio']:.3g}" + (" **wrong**" if found.get("disagrees") else "")


def _mark(row, engine, asked):
    """The ratio, and whether it is what was asked."""
    text = _ratio(row, engine)
    if asked is None or "ratio" not in row.get(engine, {}):
        return text
    return f"{text} (≤ {asked:g}: {'yes' if row[engine]['ratio'] <= asked else 'no'})"


def _table(head, rows):
    return ["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *("| " + " | ".join(row) + " |" for row in rows)]


def page(data):
    """The text of the page."""
    rows = data["engine"]["1"]
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    load = ", ".join(f"{x:.1f}" for x in data["machine"]["load_at_start"])
    out = [HEAD, f"Measured {data['when']}: {versions}; {data['machine']['cpus']} cores, load at the start {load}.", ""]
    head = ["task", "what", "NumPy by hand", "dualgrad (asked)", "compiled (asked)", *PEERS]
    out += _table(
        head,
        [
            [
                task,
                TASKS[task].note,
                fmt_t(row["numpy"]["median_s"]),
                _mark(row, "dualgrad", TARGETS[task].eager),
                _mark(row, "dualgrad-compiled", TARGETS[task].compiled),
                *(_ratio(row, peer) for peer in PEERS),
            ]
            for task, row in rows.items()
        ],
    )
    out += [
        "",
        "## What bounds the rest",
        "",
        "Where eager dualgrad takes more than was asked, this is what it takes.",
        "",
    ]
    out += [
        f"* **{task}** {row['dualgrad']['ratio']:.3g}, asked {TARGETS[task].eager:g}: {TARGETS[task].bound}."
        for task, row in rows.items()
        if row["dualgrad"].get("ratio", 0) > TARGETS[task].eager
    ]
    out += ["", "## Peak memory of a step, in MB above what lives between steps", ""]
    names = ["numpy", "dualgrad", "dualgrad-compiled", *PEERS]
    out += _table(["task", *names], [[task, *(_peak(row, name) for name in names)] for task, row in rows.items()])
    out += [
        "",
        "Asked: at most that of hand-written NumPy and 20 % more; on Rosenbrock twice. Where it is more, results that",
    ]
    out += ["the program has names for stay alive until it returns, and the hand-written form overwrote them:", ""]
    out += [
        f"* {task}: {_peak(row, 'dualgrad')} against {_peak(row, 'numpy')}"
        for task, row in rows.items()
        if row["dualgrad"].get("peak_mb", 0) > TARGETS[task].memory * max(row["numpy"]["peak_mb"], 1)
    ]
    return "\n".join(out) + "\n"


def _peak(row, engine):
    found = row.get(engine, {})
    return f"{found['peak_mb']:.1f}" if "peak_mb" in found else "–"


def publish(data):
    """Write the page."""
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page(data))
