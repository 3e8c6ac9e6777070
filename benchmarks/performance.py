"""The page docs/performance.md, made from a result file: ``python -m benchmarks --measure`` writes both."""

import os

from .bounds import HEAD as BOUNDS
from .bounds import table
from .report import fmt_t, lines
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


def page(data):
    """The text of the page."""
    rows = data["engine"]["1"]
    versions = ", ".join(f"{name} {version}" for name, version in data["versions"].items())
    load = ", ".join(f"{x:.1f}" for x in data["machine"]["load_at_start"])
    out = [HEAD, f"Measured {data['when']}: {versions}; {data['machine']['cpus']} cores, load at the start {load}.", ""]
    out += [data["remark"], ""] if "remark" in data else []
    head = ["task", "what", "NumPy by hand", "dualgrad (asked)", "compiled (asked)", *PEERS]
    out += lines(
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
        "What the arithmetic of an eager step takes without an engine (`python -m benchmarks.bounds`): the forward",
        "function on plain arrays, and the rules of the pass back called one by one, each into memory of its own and",
        "on what is in the cache then. The step has the engine's own work beside, and operands that have left the",
        "cache; but it writes into what nobody reads again, so of few large arrays it may take less.",
        "",
    ]
    out += lines(BOUNDS, table(data["bounds"]))
    out += ["", "Where eager dualgrad takes more than was asked:", ""]
    out += [
        f"* **{task}** {row['dualgrad']['ratio']:.3g}, asked {TARGETS[task].eager:g}. {_bound(data['bounds'][task])}: "
        f"{TARGETS[task].bound}."
        for task, row in rows.items()
        if row["dualgrad"].get("ratio", 0) > TARGETS[task].eager
    ]
    out += ["", "## Peak memory of a step, in MB above what lives between steps", ""]
    names = ["numpy", "dualgrad", "dualgrad-compiled", *PEERS]
    out += lines(
        ["task", *names, "NumPy allocates: by hand", "NumPy allocates: dualgrad"],
        [
            [task, *(_peak(row, name) for name in names), *(f"{data['bounds'][task][key]:.1f}" for key in _ALLOCATED)]
            for task, row in rows.items()
        ],
    )
    out += [
        "",
        "The kernel's high-water mark, which has the holes of the heap in it; and, in the last two columns, what NumPy",
        "allocated at most at a time. Asked: at most that of hand-written NumPy and 20 % more; on Rosenbrock twice.",
        "More than that (and than 1 MB) is:",
        "",
    ]
    out += [
        f"* {task}: {_peak(row, 'dualgrad')} against {_peak(row, 'numpy')}; allocated "
        f"{data['bounds'][task]['step_mb']:.1f} against {data['bounds'][task]['hand_mb']:.1f}"
        + (f". {TARGETS[task].holds}" if TARGETS[task].holds else "")
        for task, row in rows.items()
        if row["dualgrad"].get("peak_mb", 0) > TARGETS[task].memory * max(row["numpy"]["peak_mb"], 1)
    ]
    return "\n".join(out) + "\n"


_ALLOCATED = ("hand_mb", "step_mb")


def _bound(one):
    """What was measured of what bounds a task."""
    if "rules" not in one:
        ratios = f"{one['plain'] / one['hand']:.2g} times and the step {one['step'] / one['hand']:.2g} times"
        return f"The function alone takes {ratios} the {one['hand'] * 1e3:.0f} µs of the whole by hand"
    alone = one["plain"] + one["rules"]
    more = max(one["step"] - alone, 0)
    return (
        f"Its arithmetic alone takes {alone / one['hand']:.2f} times the hand-written form, the engine and the cache "
        f"{more / one['hand']:.2f} more ({more / one['nodes'] * 1e3:.1f} µs for each of {one['nodes']} nodes)"
    )


def _peak(row, engine):
    found = row.get(engine, {})
    return f"{found['peak_mb']:.1f}" if "peak_mb" in found else "–"


def publish(data):
    """Write the page."""
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page(data))
