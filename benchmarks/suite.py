"""python -m benchmarks.suite --cases 2000 --jobs 2 --json suite.json

How long a suite of small cases takes, half of them elementwise and half of them with matrices, each with a gradient
written by hand and no two alike. The suite is written to a folder and run as ``verify run`` runs one: collected and
checked in processes of its own, imports and start included. With ``--command`` it is the command itself that runs: its
start, the gate, the history and the HTML page are in the figures then, and what was found is read off its JSON file.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from verify.execute.suite import collected, entries

# Functions of u with their derivatives; all are defined and smooth at every u.
SMOOTH = {
    "np.sin({u})": "np.cos({u})",
    "np.cos({u})": "-np.sin({u})",
    "np.tanh({u})": "(1 - np.tanh({u})**2)",
    "np.exp({u})": "np.exp({u})",
    "np.exp(-{u})": "-np.exp(-{u})",
    "np.arctan({u})": "1 / (1 + ({u})**2)",
    "np.log1p(({u})**2)": "2 * ({u}) / (1 + ({u})**2)",
    "np.sqrt(1 + ({u})**2)": "({u}) / np.sqrt(1 + ({u})**2)",
    "np.logaddexp(0, {u})": "1 / (1 + np.exp(-({u})))",
    "1 / (1 + ({u})**2)": "-2 * ({u}) / (1 + ({u})**2)**2",
    "({u})**2": "2 * ({u})",
    "({u})**3": "3 * ({u})**2",
}
GENTLE = [f for f in SMOOTH if "np.exp" not in f and "**3" not in f]  # go into others without an overflow
MATRICES = {
    "affine": ("np.sum(A @ x) * {c}", "{c} * np.sum(A, axis=0)", "vector"),
    "quadratic": ("{c} * (x @ A.T @ A @ x)", "2 * {c} * A.T @ (A @ x)", "vector"),
    "least squares": ("np.sum((A @ x - {c})**2)", "2 * A.T @ (A @ x - {c})", "vector"),
    "ridge": ("np.sum((A @ x)**2) + {c} * np.sum(x**2)", "2 * A.T @ (A @ x) + 2 * {c} * x", "vector"),
    "logistic": ("np.sum(np.logaddexp(0, {c} * (A @ x)))", "{c} * A.T @ (1 / (1 + np.exp(-{c} * (A @ x))))", "vector"),
    "weighted": ("np.sum(A * W) * {c}", "{c} * W", "matrix"),
    "frobenius": ("np.sum((A - {c} * W)**2)", "2 * (A - {c} * W)", "matrix"),
    "product": ("{c} * np.sum((A @ W.T)**2)", "2 * {c} * A @ W.T @ W", "matrix"),
    "trace": ("np.trace(A @ W.T) + {c} * np.sum(A)", "W + {c}", "matrix"),
    "rows": ("np.sum(np.exp({c} * np.sum(A, axis=1)))", "{c} * np.exp({c} * np.sum(A, axis=1, keepdims=True)) + 0 * A",
             "matrix"),
    "centred": ("{c} * np.sum((A - np.mean(A, axis=0))**2)", "2 * {c} * (A - np.mean(A, axis=0))", "matrix"),
    "mixed": ("np.sum(np.tanh(A) * W) + {c} * np.sum(A**2)", "W * (1 - np.tanh(A)**2) + 2 * {c} * A", "matrix"),
}  # fmt: skip
HEAD = "import numpy as np\nimport verify\n\nrng = np.random.default_rng(0)\n"


def number_in(rng):
    """A decimal number that is what it says also in binary, and no whole one."""
    return str(rng.randrange(1, 40, 2) / 8)


def elementwise(number, rng, composed):
    """A case with a function of every element, or one that composes two of them."""
    c, d, u = number_in(rng), number_in(rng), "v"
    outer = rng.choice(list(SMOOTH))
    inner = rng.choice(GENTLE) if composed else f"{{u}} + {d}"
    f = outer.format(u=u)
    inside = inner.format(u=f"{c} * x")
    slope = SMOOTH[outer].format(u=u), SMOOTH.get(inner, "1").format(u=f"{c} * x")
    return (
        f"def slope_{number}(x):\n    v = {inside}\n    return {slope[0]} * ({slope[1]}) * {c}\n\n"
        f"@verify.case(rng.uniform(-2, 2, {rng.randrange(2, 6)}), grad=slope_{number})\n"
        f"def elementwise_{number}(x):\n    v = {inside}\n    return np.sum({f})\n"
    )


def matrices(number, rng, _):
    """A case with products and sums of matrices."""
    f, gradient, wrt = MATRICES[rng.choice(list(MATRICES))]
    c = number_in(rng)
    n, m = rng.randrange(2, 5), rng.randrange(2, 5)
    names, at = ("A, x", f"rng.normal(size=({n}, {m})), rng.normal(size={m})") if wrt == "vector" else (
        "A, W", f"rng.normal(size=({n}, {m})), rng.normal(size=({n}, {m}))")  # fmt: skip
    f, gradient = f.replace("{c}", c), gradient.replace("{c}", c)
    by = "x" if wrt == "vector" else "A"
    return (
        f"def slope_{number}({names}):\n    return {gradient}\n\n"
        f"@verify.case({at}, grad=slope_{number}, wrt={by!r})\n"
        f"def matrices_{number}({names}):\n    return {f}\n"
    )


def write(folder, count, composed, each=200):
    """Write the suite, some cases a file."""
    rng = random.Random(0)
    texts = [(elementwise if number % 2 else matrices)(number, rng, composed) for number in range(count)]
    for start in range(0, count, each):
        text = "\n\n".join([HEAD, *texts[start : start + each]])
        (folder / f"lesson_{start // each:03}.py").write_text(text, encoding="utf-8")


def measured(count, jobs, composed):
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), count, composed)
        started, before = time.perf_counter(), _processor_time()
        selected = collected([name], root=Path(name))
        collecting = time.perf_counter() - started
        found = list(entries(selected, jobs=jobs))
        wall = time.perf_counter() - started
    return {
        "cases": count,
        "jobs": jobs,
        "composed": composed,
        "seconds": round(wall, 2),
        "seconds collecting": round(collecting, 2),
        "processor seconds": round(_processor_time() - before, 2),
        "seconds a case, median": sorted(entry.seconds for entry in found)[count // 2],
        "verdicts": dict(Counter(entry.result.verdict.value for entry in found)),
        "outcomes": dict(Counter(entry.outcome for entry in found)),
        "not proved": sorted(f"{e.case}: {e.result.reason}" for e in found if e.result.verdict.value != "PROVED")[:20],
        "slowest": sorted(((round(e.seconds, 3), e.case) for e in found), reverse=True)[:10],
        "load": os.getloadavg(),
    }


def commanded(count, jobs, composed):
    """The figures of one run by the command, with its history and its page."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, count, composed)
        (folder / "pyproject.toml").write_text("[tool.verify]\n", encoding="utf-8")
        asked = [".", "--jobs", str(jobs), "--quiet", "--history", "--report", "page.html", "--json", "run.json"]
        started, before = time.perf_counter(), _processor_time()
        ended = subprocess.run([sys.executable, "-m", "verify", "run", *asked], cwd=folder, env=_environment())
        wall, used = time.perf_counter() - started, _processor_time() - before
        entries = json.loads((folder / "run.json").read_text(encoding="utf-8"))["entries"]
    return {
        "cases": count,
        "jobs": jobs,
        "composed": composed,
        "exit": ended.returncode,
        "seconds": round(wall, 2),
        "processor seconds": round(used, 2),
        "processor milliseconds a case": round(1e3 * used / count, 1),
        "verdicts": dict(Counter(entry["result"]["verdict"] for entry in entries)),
        "load": os.getloadavg(),
    }


def _environment():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH")]))}


def _processor_time():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--composed", action="store_true", help="elementwise cases compose two functions")
    parser.add_argument("--command", action="store_true", help="run the command, with its history and its page")
    parser.add_argument("--write", type=Path, help="write the suite into this folder, and run nothing")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.write:
        options.write.mkdir(parents=True, exist_ok=True)
        write(options.write, options.cases, options.composed)
        return
    measure = commanded if options.command else measured
    text = json.dumps(measure(options.cases, options.jobs, options.composed), indent=1)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
