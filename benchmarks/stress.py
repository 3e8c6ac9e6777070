"""python -m benchmarks.stress --cases 3000 --kills 300
python -m benchmarks.stress --cases 3000 --engine dask        (a cluster of two workers here, one killed in the run)

Ordinary cases with hostile ones between them, while the processes that run them are killed at random: every case has
the outcome that is its own, and nothing hangs or is left behind. Exits with 1 where that does not hold. With --record
FILE the figures are kept in a JSON file, by engine.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager, nullcontext, suppress
from datetime import date
from pathlib import Path

from verify.execute.limits import family, others
from verify.execute.suite import collected, entries
from verify.report.record import environment

KEEPERS = 0.05  # of the kills are of a keeper, which takes seconds to start
PROVED_EACH = 20  # every so many cases is one that takes its time
HOSTILE_EACH, FIRST = 60, 7  # every so many is one that is hostile
TIMEOUT = 5.0  # seconds a case
LONGEST = 1800.0  # seconds
HEAD = """import ctypes, json, os, sys, time
import numpy as np
import verify

X = np.array([1.0, 2.0])
FAKE = {"outcome": "done", "result": {"verdict": "PROVED"}}
FORKED = []


class Odd:
    def __reduce__(self):
        raise RuntimeError("no")
"""
# What each does, the outcome that it must have, and what is said of it.
HOSTILE = {
    "spins in Python": ("while True: pass", "timeout", "UNDECIDED", "time ran out"),
    "spins in C": ("return len(str(7**7**12))", "timeout", "UNDECIDED", "time ran out"),
    "takes 10 GB": ("return np.sum(np.ones(10 * 2**30 // 8)) + np.sum(x)", "memory", "UNDECIDED", "memory ran out"),
    "segfault": ("return ctypes.string_at(0)", "crashed", "UNDECIDED", "signal 11 (SIGSEGV)"),
    "os._exit(0)": ("os._exit(0)", "exited", "UNDECIDED", "ended its process, with exit code 0"),
    "fake output": (
        "os.write(1, json.dumps(FAKE).encode()); return 3 * np.sum(x**2)",
        "done",
        "REFUTED",
        "",
    ),
    "recursion": ("return case_{number}(x)", "done", "UNDECIDED", "RecursionError"),
    "unpicklable result": ("return Odd()", "done", "UNDECIDED", "returned Odd"),
    "fork": ("FORKED or FORKED.append(os.fork() or time.sleep(1000)); return np.sum(x**2)", "done", "PROVED", ""),
}


def write(folder, count, each=250):
    """Write the cases: most say who they are and raise, which is the cheapest that a check can do."""
    for start in range(0, count, each):
        parts = [HEAD]
        for number in range(start, min(start + each, count)):
            body = "return np.sum(x**2)" if number % PROVED_EACH == 0 else f"raise ValueError({number})"
            body = HOSTILE[kind][0].replace("{number}", str(number)) if (kind := hostile(number)) else body
            parts.append(f"@verify.case(X, grad=lambda x: 2 * x)\ndef case_{number}(x):\n    {body}\n")
        (folder / f"lesson_{start // each:03}.py").write_text("\n".join(parts), encoding="utf-8")


def hostile(number):
    """What the case of this number tries, by its name in the table; "" where it is ordinary."""
    return list(HOSTILE)[number // HOSTILE_EACH % len(HOSTILE)] if number % HOSTILE_EACH == FIRST else ""


def number_of(entry):
    """The number of a case."""
    return int(entry.case.partition("case_")[2].partition("[")[0])


def expected(entry):
    """Whether the entry tells what its case does, or that it was killed."""
    number = number_of(entry)
    if kind := hostile(number):
        _, outcome, verdict, told = HOSTILE[kind]
        if (entry.outcome, entry.result.verdict.value) == (outcome, verdict) and told in entry.result.reason:
            return True
    if entry.outcome == "crashed":
        return "killed" in entry.result.reason or "lost" in entry.result.reason
    if number % PROVED_EACH == 0:
        return entry.outcome == "done" and entry.result.verdict.value == "PROVED"
    return entry.outcome == "done" and entry.result.reason == f"case_{number} raised ValueError: {number}"


class Killer(threading.Thread):
    """Kills a process below this one now and then, so many in all."""

    def __init__(self, kills, seconds):
        super().__init__(daemon=True)
        self.kills, self.seconds, self.killed = kills, seconds, 0
        self.ended = threading.Event()

    def run(self):
        """Kill until it is enough, or the run has ended."""
        rng = random.Random(1)
        while self.killed < self.kills and not self.ended.wait(rng.uniform(0, 2 * self.seconds)):
            keepers = others()
            workers = [pid for keeper in keepers for pid in family(keeper)[1:]]
            chosen = keepers if rng.random() < KEEPERS else workers
            if chosen:
                with suppress(ProcessLookupError):
                    os.kill(rng.choice(chosen), signal.SIGKILL)
                    self.killed += 1


@contextmanager
def cluster(after):
    """The engine of a Dask cluster of two workers here, one of which is killed when the run has begun."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as running:
        worker = next(iter(running.workers.values()))
        timer = threading.Timer(after, lambda: os.kill(worker.pid, signal.SIGKILL))
        timer.start()
        yield f"dask:{running.scheduler_address}"
        timer.cancel()


def is_ours(pid):
    """Whether a process is one that a run of cases started: the cluster's own bookkeeper lives as long as this one."""
    try:
        return b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def stressed(count, kills, seconds, engine, jobs):
    """The figures of one run."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), count)
        selected = collected([name], root=Path(name))
        killer = Killer(0 if engine == "dask" else kills, seconds)
        started = time.perf_counter()
        with cluster(8.0) if engine == "dask" else nullcontext(engine) as chosen:
            killer.start()
            found = list(entries(selected, jobs=jobs, engine=chosen, timeout=TIMEOUT, memory=1024))
            killer.ended.set()
        return {
            "cases": len(selected),
            "engine": engine,
            "killed": 1 if engine == "dask" else killer.killed,
            "seconds": round(time.perf_counter() - started, 1),
            "outcomes": dict(Counter(entry.outcome for entry in found)),
            "hostile": {
                kind: dict(Counter(f"{e.outcome}: {e.result.verdict}" for e in found if hostile(number_of(e)) == kind))
                for kind in HOSTILE
            },
            "not told": len({case.id for case in selected} - {entry.case for entry in found}),
            "told twice": len(found) - len({entry.case for entry in found}),
            "told wrongly": [f"{e.case}: {e.outcome}: {e.result.reason}" for e in found if not expected(e)][:20],
            "left behind": sum(map(is_ours, family(os.getpid())[1:])),
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=0.3, help="between two kills, on average")
    parser.add_argument("--engine", default="local", help='"dask", or whatever verify takes as an engine')
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--record", type=Path, help="the JSON file that keeps the figures, by engine")
    options = parser.parse_args()
    watchdog = threading.Timer(LONGEST, lambda: (print("it hangs", file=sys.stderr), os._exit(1)))
    watchdog.daemon = True
    watchdog.start()
    figures = stressed(options.cases, options.kills, options.seconds, options.engine, options.jobs)
    print(json.dumps(figures, indent=1))
    if options.record:
        kept = json.loads(options.record.read_text(encoding="utf-8")) if options.record.exists() else {}
        kept[options.engine.partition(":")[0]] = figures | {"on": str(date.today()), **environment()}
        options.record.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    failed = ("not told", "told twice", "told wrongly", "left behind")
    sys.exit(any(figures[name] for name in failed))


if __name__ == "__main__":
    main()
