"""The same verdicts, byte for byte, under five hash seeds, two numbers of threads, and in another order."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys

import verify
from verify.campaign.case import subject
from verify.campaign.figures import Outcome
from verify.strategies.program import Program
from verify.strategies.recorded import Untold

BATCH = 2  # programs of a trial, each with its gradient and a wrong one
BUDGET = 120.0  # seconds a check: time must not decide here
WAYS = tuple((hashing, 1 + hashing % 2) for hashing in range(5))


def trial(seed: int, index: int) -> Outcome:
    """A few checks, each made in five processes; a unit is a check that is compared with the first process's."""
    outcome = Outcome()
    runs = []
    for hashing, threads in WAYS:
        done = subprocess.run(
            [sys.executable, "-m", "verify.campaign.deterministic", str(seed), str(index), str(hashing)],
            env={**os.environ, "PYTHONHASHSEED": str(hashing), **{name: str(threads) for name in THREADS}},
            capture_output=True,
            text=True,
            check=True,
        )
        runs.append(json.loads(done.stdout))
    for other, way in zip(runs[1:], WAYS[1:], strict=True):
        for key, said in sorted(runs[0].items()):
            outcome.units += 1
            outcome.counts["alike" if said == other[key] else "another"] += 1
            if said != other[key]:
                differing = {
                    name: [said.get(name), other[key].get(name)] for name in said if said[name] != other[key][name]
                }
                outcome.failures.append({"check": key, "hash seed and threads": list(way), "differs": differing})
    return outcome


THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def checks(seed: int, index: int, order: int) -> dict[str, dict[str, object]]:
    """What the checks of a trial say, made in an order of their own, without the time that they took."""
    tasks: list[tuple[str, Program, Program, tuple[object, ...]]] = []
    for k in range(BATCH):
        try:
            given = subject(seed, index * BATCH + k)
        except Untold:
            continue
        tasks.append((f"{k} right", given.program, given.gradient, given.args))
        tasks += [(f"{k} changed", given.program, mutant.program, given.args) for mutant in given.mutants(1)]
    random.Random(order).shuffle(tasks)
    found: dict[str, dict[str, object]] = {}
    for name, f, g, args in tasks:
        # The names of the functions' files count up: what is said of lines is compared without them.
        result = verify.check(f.function("f"), *args, grad=g.function("g"), budget=BUDGET)
        said = result.to_json()
        found[name] = {
            key: _without_files(json.dumps(said[key], sort_keys=True))
            for key in ("verdict", "formula", "numbers", "kinks", "counterexample", "reason", "notes", "hygiene")
        }
    return found


def _without_files(text: str) -> str:
    parts = text.split("<program ")
    return "<program ".join([parts[0], *(part.split(">", 1)[-1] for part in parts[1:])])


def main() -> int:
    """Print what the checks of a trial say."""
    seed, index, order = map(int, sys.argv[1:])
    print(json.dumps(checks(seed, index, order)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
