"""This machine's physical limits: bandwidth, flop rate, per-element and per-call costs.

OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 taskset -c 0 python -m benchmarks.limits out.json
"""

import json
import math
import sys
import time
from functools import partial

import numpy as np

RNG = np.random.default_rng(0)


def sample(fn, repeats=15):
    ts = []
    for _ in range(repeats):
        t = time.perf_counter()
        fn()
        ts.append(time.perf_counter() - t)
    ts.sort()
    return ts[0], ts[len(ts) // 2]


def per_call(fn, n=20_000, rounds=7):
    """(best, median) nanoseconds of one call, the empty call subtracted."""

    def once(f):
        t = time.perf_counter()
        for _ in range(n):
            f()
        return (time.perf_counter() - t) / n * 1e9

    base = min(once(lambda: None) for _ in range(rounds))
    v = sorted(once(fn) - base for _ in range(rounds))
    return v[0], v[len(v) // 2]


def bandwidth(out):
    n = 20_000_000
    a, b, c = np.ones(n), np.ones(n), np.ones(n)
    for name, fn, nbytes in [
        ("copy (16 B/element)", lambda: np.copyto(a, b), 16),
        ("a = b + c (24 B/element)", lambda: np.add(b, c, out=a), 24),
        ("sum (8 B/element)", lambda: b.sum(), 8),
    ]:
        t = sample(fn)
        out[f"GB/s DRAM {name}"] = [nbytes * n / s / 1e9 for s in t]
    d, e, f = (np.ones(10_000) for _ in range(3))
    t = sample(lambda: [np.add(d, e, out=f) for _ in range(500)])
    out["GB/s cache a = b + c (3 x 80 kB)"] = [24 * 10_000 * 500 / s / 1e9 for s in t]
    t = sample(lambda: np.empty(1_000_000).fill(0))
    out["ms first touch of a fresh 8 MB array"] = [s * 1e3 for s in t]


def ufuncs(out):
    x = RNG.random(1_000_000) + 0.5
    y = np.empty_like(x)
    for name in "add multiply divide sqrt exp log sin cos tanh".split():
        fn = getattr(np, name)
        args = (x, x) if fn.nin == 2 else (x,)
        out[f"ns/element numpy {name}"] = [s * 1e3 for s in sample(partial(fn, *args, out=y))]
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)
    tx, ty = torch.tensor(x), torch.tensor(y)
    for name in "exp log sin cos tanh".split():
        fn = getattr(torch, name)
        out[f"ns/element torch {name}"] = [s * 1e3 for s in sample(partial(fn, tx, out=ty))]


def gemm(out):
    for n, dt in ((1024, np.float64), (1024, np.float32), (256, np.float64), (64, np.float64)):
        a, b = RNG.random((n, n)).astype(dt), RNG.random((n, n)).astype(dt)
        c = np.empty_like(a)
        reps = max(1, int(5e7 / n**3))
        t = sample(lambda a=a, b=b, c=c, reps=reps: [np.matmul(a, b, out=c) for _ in range(reps)])
        out[f"GFLOP/s gemm {np.dtype(dt).name} n={n}"] = [2 * n**3 * reps / s / 1e9 for s in t]


class Node:
    __slots__ = ("backward", "parents", "value")

    def __init__(self, value, parents, backward):
        self.value, self.parents, self.backward = value, parents, backward


def calls(out):
    a, s, p = RNG.random((8, 8)), np.float64(0.5), 0.5
    buf = np.empty((8, 8))
    for name, fn in [
        ("8x8 tanh", lambda: np.tanh(a)),
        ("8x8 matmul", lambda: a @ a),
        ("8x8 add", lambda: a + a),
        ("8x8 add into buffer", lambda: np.add(a, a, out=buf)),
        ("np.sin of a float64 scalar", lambda: np.sin(s)),
        ("float64 scalar multiply", lambda: s * s),
        ("math.sin", lambda: math.sin(p)),
        ("Python float multiply", lambda: p * p),
        ("minimal tape node (slots + tuple)", lambda: Node(s, (s, s), None)),
    ]:
        out[f"ns/call {name}"] = per_call(fn)
    try:
        import torch
    except ImportError:
        return
    t0, t1 = torch.tensor(0.5), torch.tensor(0.5, requires_grad=True)
    out["ns/call torch 0-d multiply"] = per_call(lambda: t0 * t0)
    out["ns/call torch 0-d multiply, recorded"] = per_call(lambda: t1 * t1)


def main():
    out = {}
    for part in (bandwidth, ufuncs, gemm, calls):
        part(out)
    for k, (best, med) in out.items():
        print(f"{k:50s} best {best:10.3f}  median {med:10.3f}")
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w") as fh:
            json.dump({k: {"best": b, "median": m} for k, (b, m) in out.items()}, fh, indent=1)


if __name__ == "__main__":
    main()
