"""One engine in its own process: builds one task, then runs samples on request (JSON lines)."""

import contextlib
import ctypes
import gc
import json
import os
import sys
import time


def status(key):
    with open("/proc/self/status") as fh:
        for line in fh:
            if line.startswith(key):
                return int(line.split()[1]) / 1024  # MB
    return float("nan")


def trim():
    """Give freed memory back, so that resident size means live memory."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def reset_peak():
    try:
        with open("/proc/self/clear_refs", "w") as fh:
            fh.write("5")
    except OSError:
        pass


def main(engine_name, task_name, threads, seed):
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever libraries print goes to stderr

    def say(**kw):
        out.write(json.dumps(kw) + "\n")
        out.flush()

    import numpy as np

    from . import hand
    from .engines import load
    from .tasks import instance

    try:
        eng = load(engine_name)
        eng.setup(threads)
        task, args, consts = instance(task_name, seed)
        ref = eng.table[task_name](args, consts)() if engine_name == "numpy" else None
        if ref is None:
            ref = hand.HAND[task_name](args, consts)()
        rv, rg = float(ref[0]), [np.asarray(g, dtype=float).copy() for g in ref[1]]
        del ref
        step = eng.prepare(task, args, consts)
        trim()
        base = status("VmRSS")
        reset_peak()
        t0 = time.perf_counter()
        res = step()
        first = time.perf_counter() - t0
        first_peak = status("VmHWM") - base
        v, gs = eng.result(res)
        err = max(float(np.max(np.abs(g - r)) / max(np.max(np.abs(r)), 1e-300)) for g, r in zip(gs, rg, strict=True))
        if task.kind == "grad":
            err = max(err, abs(v - rv) / max(abs(rv), 1e-300))
        assert len(gs) == len(rg)
        del res, gs, rg
        trim()
        live = status("VmRSS")  # inputs, libraries and whatever the engine keeps between steps
        reset_peak()
        t0 = time.perf_counter()
        step()
        warm = time.perf_counter() - t0
        n = max(1, min(2000, int(0.03 / max(warm, 1e-9))))
        say(ok=True, first=first, err=err, base_mb=base, first_peak_mb=first_peak, warm=warm, inner=n)
    except Exception as e:  # reported, not raised: an engine may simply lack the operation
        say(ok=False, error=f"{type(e).__name__}: {str(e)[:200]}")
        return
    for line in sys.stdin:
        if line.strip() != "go":
            break
        c0, t0 = time.process_time(), time.perf_counter()
        for _ in range(n):
            step()
        t1, c1 = time.perf_counter(), time.process_time()
        say(t=(t1 - t0) / n, cpu=(c1 - c0) / n)
    say(peak_mb=status("VmHWM") - live)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
