"""What bounds an eager step: its arithmetic without an engine, and what the engine adds a node, in time and memory.

python -m benchmarks.bounds rosenbrock,gmm        (as a table; "all" without a list)

``plain`` is the forward function on arrays, so that nothing is recorded; ``rules`` the rules of the pass back, each
called on its own with what the pass gives it. Together they are what this arithmetic costs however it is recorded.
Times are CPU time, the best of many interleaved rounds; memory is what NumPy allocated at most, by tracemalloc.
"""

import json
import os
import subprocess
import sys
import time
import tracemalloc

from .runner import environment
from .tasks import TASKS, instance

ROUNDS = 25


def best_of(calls, rounds=ROUNDS):
    """The least CPU time of each, in seconds, all taken in turn."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.process_time()
            call()
            best[name] = min(best[name], time.process_time() - start)
    return best


def allocated(call):
    """The most that a call has allocated at a time, in MB."""
    call()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = call()
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    del kept
    return peak / 2**20


def rules_alone(out, repeats=5):
    """The time of all rules of a pass back, each the best of some calls."""
    from dualgrad.engine.graph import walk
    from dualgrad.engine.pulling import pull
    from dualgrad.engine.spaces import full, project

    nodes, _ = walk([out._edge])
    adjoints, total = {out._edge: out._data.dtype.type(1)}, 0.0
    nothing = best_of({"": lambda: None}, 1000)[""]  # what taking the time takes
    for node in nodes:
        g = full(adjoints.pop(node), node.value)
        for slot, edge in enumerate(node.edges):
            if edge is None:
                continue
            given = node.op, slot, g, node.value, node.saved, node.params
            found = pull(*given)
            if found is None:
                continue
            total += best_of({"": lambda given=given: pull(*given)}, repeats)[""] - nothing
            found = project(found, node.saved[slot])
            adjoints[edge] = adjoints[edge] + found if edge in adjoints else found
    return total, len(nodes)


def profile(name):
    """The figures of one task."""
    import numpy as np

    from .engines import load
    from .hand import HAND

    task, args, consts = instance(name)
    eager, plain = load("dualgrad"), load("dualgrad-compiled")
    eager.setup(1)
    plain.setup(1)  # its constants are arrays
    hand, step = HAND[name](args, consts), eager.prepare(task, args, consts)
    forward = task.build(plain, consts)
    found = {"hand": hand, "step": step, "plain": lambda: forward(*args)}
    figures = {"task": name, **{key: seconds * 1e3 for key, seconds in best_of(found).items()}}
    if task.kind == "grad":
        import dualgrad as dg

        leaves = [dg.tensor(array, requires_grad=True) for array in args]
        record = task.build(eager, consts)
        with np.errstate(all="ignore"):
            times = [rules_alone(record(*leaves)) for _ in range(2)]
        figures["rules"], figures["nodes"] = min(seconds for seconds, _ in times) * 1e3, times[0][1]
    figures["hand_mb"], figures["step_mb"] = allocated(hand), allocated(step)
    return figures


def measure(tasks, core=0):
    """The figures of several tasks, each in a process of its own."""
    found = {}
    for name in tasks:
        said = subprocess.run(
            [sys.executable, "-m", "benchmarks.bounds", "--one", name],
            env=environment(1, {core}),
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
            capture_output=True,
            text=True,
            check=True,
        )
        found[name] = json.loads(said.stdout.splitlines()[-1])
    return found


def table(found):
    """The rows of the table: what the arithmetic alone is to the hand-written form, and what a node adds."""
    rows = []
    for name, one in found.items():
        if "rules" not in one:
            continue
        alone = one["plain"] + one["rules"]
        rows.append(
            [
                name,
                f"{one['hand']:.2f}",
                f"{one['plain']:.2f}",
                f"{one['rules']:.2f}",
                f"{alone / one['hand']:.2f}",
                f"{one['step']:.2f}",
                str(one["nodes"]),
                f"{max(one['step'] - alone, 0) / one['nodes'] * 1e3:.2f}",
            ]
        )
    return rows


HEAD = [
    "task",
    "by hand, ms",
    "forward alone",
    "rules alone",
    "both, as a ratio",
    "eager step",
    "nodes",
    "µs a node more",
]


def main():
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(profile(sys.argv[2])))
        return
    tasks = list(TASKS) if sys.argv[1:] in ([], ["all"]) else sys.argv[1].split(",")
    for row in [HEAD, ["---"] * len(HEAD), *table(measure(tasks))]:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
