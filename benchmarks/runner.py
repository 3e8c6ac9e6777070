"""Paired, interleaved timing: one worker process per engine, sampled round-robin."""

import json
import os
import select
import statistics as st
import subprocess
import sys
import time

from .tasks import TASKS

HERE = os.path.dirname(os.path.abspath(__file__))
REF = "numpy"


def environment(threads, cores):
    env = dict(os.environ)
    for k in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
        env[k] = str(threads)
    # Fresh pages would cost as much as the arithmetic, and by chance. Integers: glibc reads 1e9 as 1.
    env |= {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "4294967296"}
    env["MALLOC_TOP_PAD_"] = "536870912"
    env["PYTHONPATH"] = os.path.dirname(HERE) + os.pathsep + env.get("PYTHONPATH", "")
    return env


class Worker:
    def __init__(self, engine, task, threads, cores, seed=0):
        self.engine = engine
        self.p = subprocess.Popen(
            [sys.executable, "-m", f"{os.path.basename(HERE)}.worker", engine, task, str(threads), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(threads, cores),
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )

    def read(self, timeout):
        ready, _, _ = select.select([self.p.stdout], [], [], timeout)
        if not ready:
            self.kill()
            return {"ok": False, "error": f"no answer in {timeout:.0f} s"}
        line = self.p.stdout.readline()
        return json.loads(line) if line else {"ok": False, "error": f"died (exit {self.p.wait()})"}

    def send(self, word):
        try:
            self.p.stdin.write(word + "\n")
            self.p.stdin.flush()
        except BrokenPipeError:
            pass

    def kill(self):
        self.p.kill()
        self.p.wait()


def quartiles(xs):
    xs = sorted(xs)
    if len(xs) < 2:
        return xs[0], xs[0]
    q = st.quantiles(xs, n=4, method="inclusive")
    return q[0], q[2]


def run_task(task, engines, threads, cores, repeats, limit, budget):
    """{engine: {...}} for one task. ``budget`` caps the sampling time of the whole round-robin."""
    out, live = {}, {}
    for e in engines:
        w = Worker(e, task, threads, cores)
        info = w.read(limit)
        if not info.get("ok"):
            out[e] = {"error": info.get("error", "?")}
            w.kill()
            continue
        info.pop("ok")
        out[e], live[e] = info, w
    samples, walls = {e: [] for e in live}, {e: [] for e in live}
    start, rounds = time.perf_counter(), 0
    slow = {e for e in live if out[e]["warm"] > 3.0}
    for r in range(repeats):
        for e, w in list(live.items()):
            if e in slow and r >= 2:  # very slow engines: two paired samples only
                continue
            w.send("go")
            ans = w.read(limit)
            if "t" not in ans:
                out[e] = {"error": ans.get("error", "?")}
                del live[e], samples[e]
                continue
            # one thread: the process's CPU time, which a busy shared machine does not inflate
            samples[e].append(ans["cpu"] if threads == 1 else ans["t"])
            walls[e].append(ans["t"])
        rounds += 1
        if rounds >= 3 and time.perf_counter() - start > budget:
            break
    for e, w in live.items():
        w.send("stop")
        out[e].update(w.read(limit))
        w.kill()
        ts = samples[e]
        out[e].update(
            median_s=st.median(ts),
            min_s=min(ts),
            samples=len(ts),
            times=ts,
            wall_median_s=st.median(walls[e]),
            wall_min_s=min(walls[e]),
        )
        q1, q3 = quartiles(ts)
        out[e]["iqr_rel"] = (q3 - q1) / out[e]["median_s"]
        if samples.get(REF):
            pairs = [t / r for t, r in zip(ts, samples[REF], strict=False)]  # a slow engine has the first rounds only
            out[e]["ratio"] = st.median(pairs)
            out[e]["ratio_of_min"] = min(ts) / min(samples[REF])
            out[e]["ratio_q"] = quartiles(pairs)
        if TASKS[task].ops:
            out[e]["ns_per_op"] = out[e]["median_s"] / TASKS[task].ops * 1e9
        if out[e]["err"] > TASKS[task].tol:
            out[e]["disagrees"] = True
        print(
            f"  {task:15s} t{threads} {e:10s} {out[e]['median_s'] * 1e3:10.3f} ms  ratio "
            f"{out[e].get('ratio', float('nan')):8.2f}  first {out[e]['first']:.2f} s  "
            f"peak {out[e].get('peak_mb', float('nan')):7.1f} MB  err {out[e]['err']:.1e}"
        )
    for e in engines:
        if "error" in out[e]:
            print(f"  {task:15s} t{threads} {e:10s} {out[e]['error']}")
    return out
