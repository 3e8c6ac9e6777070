"""Cost, detection floor and false alarms of each verifier, one process per (tool, problem)."""

import contextlib
import json
import os
import resource
import subprocess
import sys
import time

TRIALS = 5  # random elements tried at each level


def child(tool_name, problem_name, limit):
    import warnings

    import numpy as np

    warnings.simplefilter("ignore")
    from ..worker import reset_peak, status, trim
    from .problems import PROBLEMS
    from .tools import TOOLS

    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**kw):
        out.write(json.dumps(kw) + "\n")
        out.flush()

    problem, tool = PROBLEMS[problem_name], TOOLS[tool_name]()
    np.random.seed(0)  # noqa: NPY002  (the tools draw from it)
    try:
        tool.prepare(problem)
        say(size=tool.size)
        if tool.evals_per_input:
            best = float("inf")
            for _ in range(6):
                t0 = time.process_time()
                tool.evaluate()
                best = min(best, time.process_time() - t0)
            guess = best * tool.evals_per_input * tool.size
            if guess > 2 * limit:
                say(error=f">{limit:.0f} s (est. {guess:.2g} s)", estimate=guess)
                return
        trim()
        base = status("VmRSS")
        reset_peak()
        clock = time.process_time  # CPU seconds: a busy shared machine does not inflate them
        t0, w0 = clock(), time.perf_counter()
        passed = tool.check()
        cold, cold_wall = clock() - t0, time.perf_counter() - w0
        warm, budget = [], min(10.0, limit / 8)
        while len(warm) < 5 and (sum(warm) + cold < budget):
            t0 = clock()
            tool.check()
            warm.append(clock() - t0)
        w = sorted(warm)[len(warm) // 2] if warm else cold
        say(cold=cold, cold_wall=cold_wall, warm=w, passed=bool(passed), peak_mb=status("VmHWM") - base)
        if hasattr(tool, "details"):
            say(**tool.details())
        if hasattr(tool, "residual"):
            say(residual=tool.residual())
        if passed and tool.stochastic:  # how often a correct gradient is rejected
            n = max(1, min(40, int(5 / w)))
            say(alarm_rate=sum(not tool.check() for _ in range(n)) / n, alarm_trials=n)
        if not (problem.inject and passed):
            return
        rng = np.random.default_rng(1)
        start, rates, refuted, named = clock(), {}, {}, {}
        for level in tool.levels:
            t0 = clock()
            hits = n = 0
            for i in rng.integers(0, tool.size, TRIALS):
                missed = tool.check((int(i), level))
                hits += not missed
                n += 1
                if hasattr(tool, "named") and not missed:
                    refuted[str(level)] = refuted.get(str(level), 0) + tool.refuted()
                    named[str(level)] = named.get(str(level), 0) + tool.named((int(i), level))
                if clock() - t0 > limit / 60:
                    break
            rates[str(level)] = [hits, n]
            say(rates=rates, refuted=refuted, named=named)
            if clock() - start > limit / 5:
                break
    except Exception as e:
        say(error=f"{type(e).__name__}: {str(e)[:160]}")


def one(tool, problem, limit, core=None):
    pkg = __name__.split(".")[0]
    env = dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

    def pin():
        resource.setrlimit(resource.RLIMIT_AS, (12 << 30, 12 << 30))
        if core is not None:
            os.sched_setaffinity(0, {core})

    t0 = time.perf_counter()
    res = {}
    p = subprocess.Popen(
        [sys.executable, "-m", f"{pkg}.verify.run", tool, problem, str(limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=env,
        preexec_fn=pin,
    )
    timed_out = False
    try:
        text, _ = p.communicate(timeout=limit + 10)
    except subprocess.TimeoutExpired:
        p.kill()
        text, _ = p.communicate()
        timed_out = True
    for line in text.splitlines():
        with contextlib.suppress(json.JSONDecodeError):
            res.update(json.loads(line))
    if "cold" not in res and "error" not in res:
        res["error"] = f">{limit:.0f} s" if timed_out else f"died ({p.returncode})"
    if "cold" in res and res["cold"] > limit:
        res["error"] = f">{limit:.0f} s"
        del res["cold"]
    if "rates" in res:  # floor: the smallest level detected at least half the time, going down
        floor = None
        for level in sorted(map(float, res["rates"]), reverse=True):
            hits, n = res["rates"].get(str(level), (0, 1))
            if hits * 2 < n:
                break
            floor = level
        res["floor"] = floor
    res["wall"] = time.perf_counter() - t0
    return res


def run(tools, problems, limit, out, save, core=None):
    from .problems import PROBLEMS
    from .tools import TOOLS

    tools = [t for t in TOOLS if t != "dualgrad"] if tools == "all" else tools.split(",")
    prefixes = None if problems == "all" else problems.split(",")
    for tool in tools:
        rows, stopped = out.setdefault(tool, {}), set()
        for name, prob in PROBLEMS.items():
            if prefixes and not any(name.startswith(p) for p in prefixes):
                continue
            if prob.family in stopped and prob.family != "fa":
                rows[name] = {"error": f">{limit:.0f} s (smaller one timed out)"}
            else:
                rows[name] = one(tool, name, limit, core)
                if rows[name].get("error", "").startswith(">"):
                    stopped.add(prob.family)
            r = rows[name]
            print(
                f"  {tool:15s} {name:18s} "
                + (
                    r["error"]
                    if "cold" not in r
                    else f"cold {r['cold']:.4f} warm {r['warm']:.4f} s  pass {r['passed']}  floor {r.get('floor')}  "
                    f"peak {r['peak_mb']:.0f} MB" + (f"  alarms {r['alarm_rate']:.2f}" if "alarm_rate" in r else "")
                ),
                flush=True,
            )
            save()


if __name__ == "__main__":
    child(sys.argv[1], sys.argv[2], float(sys.argv[3]))
