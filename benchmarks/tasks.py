"""Engine tasks, each written once against the small ``api`` object of ``engines/base.py``.

A task is ``Task(name, kind, make, build)``:
* ``make(rng)``  -> ``(args, consts)``: the arrays that are differentiated, and fixed data;
* ``build(api, consts)`` -> ``f(*args)``: the function, a scalar unless kind is "jacobian".
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Task:
    name: str
    kind: str  # grad | hvp | hessian | jacobian
    make: Callable
    build: Callable
    note: str = ""
    ops: int = 0  # dependent operations, for the ns/op column
    threads2: bool = False  # worth repeating with two threads
    tol: float = 1e-8  # agreement asked of every engine with the hand-written gradient
    extra: dict = field(default_factory=dict)


# 1 ------------------------------------------------------------------ scalar chain
def scalar_make(rng):
    return [np.float64(0.5), np.float64(0.7), np.float64(0.1)], {"n": 2500}


def scalar_build(api, c):
    n, sin = c["n"], api.sin

    def f(x, a, b):
        y = x
        for _ in range(n):
            y = sin(y * a + b) + x
        return y

    return f


# 2 ------------------------------------------------------------------ small tensors
def small_make(rng):
    w = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    return [rng.standard_normal((8, 8)), w, 0.1 * rng.standard_normal((8, 8)), rng.uniform(0.8, 1.2, (8, 8))], {
        "n": 500
    }


def small_build(api, c):
    n, tanh = c["n"], api.tanh

    def f(x, w, b, s):
        for _ in range(n):
            x = (tanh(x @ w) + b) * s
        return api.sum(x)

    return f


# 3 ------------------------------------------------------------------ MLP step
def mlp_make(rng, dtype=np.float64):
    sizes = [784, 512, 256, 10]
    args = []
    for i, o in itertools.pairwise(sizes):
        args += [
            (rng.standard_normal((i, o)) * np.sqrt(2 / i)).astype(dtype),
            (0.01 * rng.standard_normal(o)).astype(dtype),
        ]
    return args, {"x": rng.standard_normal((128, 784)).astype(dtype), "y": rng.integers(0, 10, 128)}


def mlp_build(api, c):
    x, y = api.const(c["x"]), api.labels(c["y"])

    def f(w1, b1, w2, b2, w3, b3):
        h = api.relu(x @ w1 + b1)
        h = api.relu(h @ w2 + b2)
        return api.cross_entropy(h @ w3 + b3, y)

    return f


# 4 ------------------------------------------------------------------ elementwise chain
def elem_make(rng, n=1_000_000):
    return [rng.uniform(0.5, 1.5, n)], {}


def elem_build(api, c):
    sin, cos, exp, log, tanh, sqrt = api.sin, api.cos, api.exp, api.log, api.tanh, api.sqrt

    def f(x):
        t1 = sin(x)
        t2 = exp(t1)
        t3 = t2 * x
        t4 = tanh(t3)
        t5 = t4 + x
        t6 = log(t5)
        t7 = t6 * t6
        t8 = t7 + t1
        t9 = sqrt(t8)
        t10 = cos(t9)
        t11 = t10 / x
        t12 = t11 - t4
        t13 = sin(t12)
        t14 = exp(t13)
        t15 = t14 * t9
        t16 = t15 + 1.0
        t17 = log(t16)
        t18 = tanh(t17)
        t19 = t18 * t2
        t20 = t19 / t5
        return api.sum(t20)

    return f


# 5 ------------------------------------------------------------------ Rosenbrock
def rosen_make(rng, n=1_000_000):
    return [rng.uniform(-1.5, 1.5, n)], {}


def rosen_build(api, c):
    def f(x):
        u, v = x[:-1], x[1:]
        a = v - u * u
        b = 1.0 - u
        return api.sum(100.0 * (a * a) + b * b)

    return f


# 6 ------------------------------------------------------------------ GMM (ADBench objective)
def gmm_make(rng, d=20, k=25, n=1000):
    idx = np.full((d, d), d * (d - 1) // 2)
    idx[np.tril_indices(d, -1)] = np.arange(d * (d - 1) // 2)
    args = [
        rng.standard_normal(k),
        rng.standard_normal((k, d)),
        0.3 * rng.standard_normal((k, d)),
        0.3 * rng.standard_normal((k, d * (d - 1) // 2)),
    ]
    return args, {"x": rng.standard_normal((n, d)), "idx": idx.ravel(), "n": n, "d": d, "k": k, "gamma": 1.0, "m": 0.0}


def gmm_build(api, c):
    n, d, k = c["n"], c["d"], c["k"]
    x = api.const(c["x"].reshape(1, n, d))
    pad = api.const(np.zeros((k, 1)))
    idx = api.index(c["idx"])
    cst = -n * d * 0.5 * np.log(2 * np.pi)
    half_g2, m = 0.5 * c["gamma"] ** 2, c["m"]

    def f(alphas, means, q, low):
        ltri = api.reshape(api.concatenate([low, pad], 1)[:, idx], (k, d, d))
        eq = api.exp(q)
        diff = x - api.reshape(means, (k, 1, d))
        lx = diff * api.reshape(eq, (k, 1, d)) + diff @ api.transpose(ltri, (0, 2, 1))
        inner = api.reshape(alphas + api.sum(q, 1), (k, 1)) - 0.5 * api.sum(lx * lx, 2)
        ll = api.sum(api.logsumexp(inner, 0)) - n * api.logsumexp(alphas, 0)
        prior = half_g2 * (api.sum(eq * eq) + api.sum(low * low)) - m * api.sum(q)
        return ll + prior + cst

    return f


# 7 ------------------------------------------------------------------ LSTM from scratch
def lstm_make(rng, t=64, b=16, d=64, h=64):
    args = [rng.standard_normal((d, 4 * h)) / 8, rng.standard_normal((h, 4 * h)) / 8, 0.1 * rng.standard_normal(4 * h)]
    return args, {"x": rng.standard_normal((t, b, d)), "y": rng.standard_normal((t, b, h)), "t": t, "b": b, "h": h}


def lstm_build(api, c):
    T, B, H = c["t"], c["b"], c["h"]
    xs = [api.const(c["x"][t]) for t in range(T)]
    ys = [api.const(c["y"][t]) for t in range(T)]
    zero = api.const(np.zeros((B, H)))
    scale = 1.0 / (B * H)

    def f(wx, wh, bias):
        h = cell = zero
        loss = 0.0
        for t in range(T):
            z = xs[t] @ wx + h @ wh + bias
            i = api.sigmoid(z[:, :H])
            fg = api.sigmoid(z[:, H : 2 * H])
            o = api.sigmoid(z[:, 2 * H : 3 * H])
            g = api.tanh(z[:, 3 * H :])
            cell = fg * cell + i * g
            h = o * api.tanh(cell)
            e = h - ys[t]
            loss = loss + scale * api.sum(e * e)
        return loss

    return f


# 8 ------------------------------------------------------------------ broadcast / reduce / index mix
def mix_make(rng, n=500, m=300):
    args = [rng.standard_normal((n, m)), rng.standard_normal(m), rng.standard_normal((n, 1))]
    c = {"n": n, "m": m, "idx": rng.integers(0, n, 400), "i": rng.integers(0, n, 1000), "j": rng.integers(0, m, 1000)}
    c["w"] = rng.standard_normal(190 * 250 + 1000 + 400)
    return args, c


def mix_build(api, c):
    idx, ii, jj = api.index(c["idx"]), api.index(c["i"]), api.index(c["j"])
    w = api.const(c["w"])

    def f(a, b, cc):
        z = a * b + cc
        mu = api.mean(z, 0, keepdims=True)
        zc = z - mu
        v = api.mean(zc * zc, 0, keepdims=True)
        zn = zc / api.sqrt(v + 1e-5)
        rows = zn[idx]
        pick = zn[ii, jj]
        sl = api.reshape(api.transpose(zn[::2, 10:200], (1, 0)), (-1,))
        mx = api.max(rows, 1)
        cat = api.concatenate([sl, pick, mx], 0)
        return api.sum(cat * cat * w) + api.sum(api.tanh(rows) * b)

    return f


# 9 ------------------------------------------------------------------ linear algebra
def linalg_make(rng, n=200):
    return [rng.standard_normal((n, n)), rng.standard_normal(n)], {"n": n}


def linalg_build(api, c):
    n = c["n"]
    eye = api.const(np.eye(n))

    def f(a, b):
        s = a @ api.transpose(a, (1, 0)) * (1.0 / n) + eye
        x = api.solve(s, b)
        ch = api.cholesky(s)
        return api.sum(b * x) + 2.0 * api.sum(api.log(api.diag(ch)))

    return f


# 10 ----------------------------------------------------------------- Hessians
def hess_make(rng, n=50):
    return [rng.uniform(-1, 1, n)], {"m": rng.standard_normal((80, n)) / 3, "v": rng.standard_normal(n)}


def hess_build(api, c):
    m = api.const(c["m"])

    def f(x):
        u, v = x[:-1], x[1:]
        a = v - u * u
        b = 1.0 - u
        return api.sum(api.log(1.0 + api.exp(m @ x))) + api.sum(100.0 * (a * a) + b * b)

    return f


# 11 ----------------------------------------------------------------- Jacobian
def jac_make(rng, n=100):
    return [rng.standard_normal(n)], {"w": rng.standard_normal((n, n)) / 10, "n": n}


def jac_build(api, c):
    w = api.const(c["w"])

    def f(x):
        return api.tanh(w @ x) * x + api.sin(x)

    return f


TASKS = {
    t.name: t
    for t in [
        Task("scalar_chain", "grad", scalar_make, scalar_build, "10,000 dependent scalar ops", ops=10_000),
        Task("small_tensors", "grad", small_make, small_build, "2,000 ops on 8x8", ops=2_000),
        Task("mlp_f64", "grad", mlp_make, mlp_build, "784-512-256-10, batch 128, float64", threads2=True),
        Task("mlp_f32", "grad", lambda r: mlp_make(r, np.float32), mlp_build, "same, float32", threads2=True, tol=1e-3),
        Task("elementwise20", "grad", elem_make, elem_build, "20 ufuncs on 10^6 float64", threads2=True),
        Task("rosenbrock", "grad", rosen_make, rosen_build, "N=10^6", threads2=True),
        Task("gmm", "grad", gmm_make, gmm_build, "ADBench GMM d=20 k=25 n=1000", threads2=True),
        Task("lstm", "grad", lstm_make, lstm_build, "T=64 H=64 D=64 batch 16"),
        Task("mix", "grad", mix_make, mix_build, "broadcast+reduce+advanced indexing, 500x300"),
        Task("linalg", "grad", linalg_make, linalg_build, "solve + cholesky logdet, 200x200", threads2=True, tol=1e-7),
        Task("hvp50", "hvp", hess_make, hess_build, "Hessian-vector product, n=50"),
        Task("hessian50", "hessian", hess_make, hess_build, "full Hessian, n=50"),
        Task("jacobian100", "jacobian", jac_make, jac_build, "Jacobian 100x100"),
    ]
}


def instance(name, seed=0):
    task = TASKS[name]
    args, consts = task.make(np.random.default_rng(seed))
    return task, args, consts
