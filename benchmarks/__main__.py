"""python -m benchmarks --engines numpy,torch,autograd,dualgrad --tasks all --json out.json
python -m benchmarks --verify all --json verify.json          (the verifiers; see verify/run.py)
python -m benchmarks --verify dualgrad --publish              (its section of README.md anew)
python -m benchmarks --report out.json                        (print saved results again)
python -m benchmarks --measure     (all tasks, dualgrad and the peers installed; makes docs/performance.md anew)"""

import argparse
import contextlib
import importlib.util
import json
import os
import platform
import time
from importlib import metadata

from . import bounds, performance, report
from .engines import ENGINES
from .runner import run_task
from .tasks import TASKS
from .verify import table as verify_table


def versions():
    names = ("numpy scipy torch jax jaxlib autograd mygrad tinygrad sympy symengine numdifftools dualgrad").split()
    out = {"python": platform.python_version()}
    for n in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            out[n] = metadata.version(n)
    return out


def installed(engine):
    return importlib.util.find_spec(ENGINES[engine][2]) is not None


def save(path, data):
    if path:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        tmp = path + ".tmp"
        with open(tmp, "w") as fh:
            json.dump(data, fh, indent=1)
        os.replace(tmp, path)


def main():
    p = argparse.ArgumentParser(
        prog="benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    p.add_argument("--engines", default="numpy,numpy-alt,torch,jax-jit,jax-eager,autograd,mygrad,tinygrad")
    p.add_argument("--tasks", default="all")
    p.add_argument("--threads", default="1", help="comma list; with 2, only the tasks where it matters")
    p.add_argument("--core", type=int, default=0, help="core for the one-thread runs")
    p.add_argument("--repeats", type=int, default=9)
    p.add_argument("--budget", type=float, default=25, help="sampling seconds per task")
    p.add_argument("--limit", type=float, default=120, help="seconds before a worker is given up")
    p.add_argument("--verify", help="run the verifiers instead: 'all' or a comma list of tools")
    p.add_argument("--publish", action="store_true", help="with --verify dualgrad: its section of README.md anew")
    p.add_argument("--problems", default="all", help="with --verify: problem name prefixes")
    p.add_argument("--json")
    p.add_argument("--report")
    p.add_argument("--measure", action="store_true", help="results/engines.json and docs/performance.md, made anew")
    a = p.parse_args()
    if a.measure:
        a.engines, a.json = ",".join(filter(installed, performance.ENGINES.split(","))), performance.RESULTS
        a.budget = min(a.budget, 10)
    if a.publish:
        a.verify, a.json = "dualgrad", verify_table.RESULTS
    if a.report:
        with open(a.report) as fh:
            print(report.markdown(json.load(fh)))
        return
    data = {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": versions(),
        "machine": {"cpus": os.cpu_count(), "load_at_start": os.getloadavg()},
    }
    if a.verify:
        from .verify import run as vrun

        data["verify"] = verify_table.measured() if a.publish else {}
        vrun.run(a.verify, a.problems, a.limit, data["verify"], lambda: save(a.json, data), a.core)
    else:
        engines = list(ENGINES) if a.engines == "all" else a.engines.split(",")
        tasks = list(TASKS) if a.tasks == "all" else a.tasks.split(",")
        data["engine"] = {}
        for threads in map(int, a.threads.split(",")):
            cores = {a.core} if threads == 1 else set(range(os.cpu_count()))
            for t in tasks:
                if threads > 1 and not TASKS[t].threads2:
                    continue
                data["engine"].setdefault(str(threads), {})[t] = run_task(
                    t, engines, threads, cores, a.repeats, a.limit, a.budget
                )
                save(a.json, data)
    if a.measure:
        data["bounds"] = bounds.measure(tasks, a.core)
        performance.publish(data)
    save(a.json, data)
    if a.publish:
        verify_table.publish(data)
    print(report.markdown(data))


main()
