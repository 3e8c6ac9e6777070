"""Verification problems: scalar functions written against the same ``api`` as the engine tasks.

``SIZES`` orders each family by size; the driver stops a tool's family at its first time-out.
``fa_*`` problems have a *correct* gradient that a verifier may wrongly reject.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..tasks import elem_build


@dataclass
class Problem:
    name: str
    family: str
    make: Callable  # rng -> (args, consts)
    build: Callable  # (api, consts) -> f(*args)
    inject: bool = True


def seed_build(api, c):
    w = api.const(c["w"])
    return lambda x: api.sum(api.sin(x @ w) + x * x)


def seed_make(rng):
    return [np.array([[1.0, 2.0], [3.0, 4.0]])], {"w": np.array([[0.5, -1.0], [1.5, 2.0]])}


def elem(n):
    return Problem(f"elem_{n}", "elem", lambda r: ([r.uniform(0.5, 1.5, n)], {}), elem_build)


def matmul(n):
    def make(r):
        return [r.standard_normal((n, n)), r.standard_normal((n, n))], {"c": r.standard_normal((n, n))}

    def build(api, c):
        w = api.const(c["c"])
        return lambda a, b: api.sum((a @ b) * w)

    return Problem(f"matmul_{n}", "matmul", make, build)


def softmax_ce(b, k):
    def make(r):
        return [r.standard_normal((b, k))], {"y": r.integers(0, k, b)}

    def build(api, c):
        y = api.labels(c["y"])
        return lambda z: api.cross_entropy(z, y)

    return Problem(f"softmaxce_{b}x{k}", "softmaxce", make, build)


def mlp(i, h, o, batch):
    def make(r):
        args = [
            r.standard_normal((i, h)) / np.sqrt(i),
            0.1 * r.standard_normal(h),
            r.standard_normal((h, o)) / np.sqrt(h),
            0.1 * r.standard_normal(o),
        ]
        return args, {
            "x": r.standard_normal((batch, i)),
            "t": r.standard_normal((batch, o)),
            "y": r.integers(0, max(o, 2), batch),
        }

    def build(api, c):
        if o == 1:
            x, t = api.const(c["x"]), api.const(c["t"])

            def f(w1, b1, w2, b2):
                e = api.tanh(x @ w1 + b1) @ w2 + b2 - t
                return api.sum(e * e) * (1.0 / batch)

            return f
        x, y = api.const(c["x"]), api.labels(c["y"])
        return lambda w1, b1, w2, b2: api.cross_entropy(api.tanh(x @ w1 + b1) @ w2 + b2, y)

    return Problem(f"mlp_{i}-{h}-{o}", "mlp", make, build)


def layernorm(b, n):
    def make(r):
        return (
            [r.standard_normal((b, n)), r.uniform(0.5, 1.5, n), 0.1 * r.standard_normal(n)],
            {"w": r.standard_normal((b, n))},
        )

    def build(api, c):
        w = api.const(c["w"])

        def f(x, g, be):
            m = api.reshape(api.mean(x, 1), (b, 1))
            d = x - m
            v = api.reshape(api.mean(d * d, 1), (b, 1))
            return api.sum((d / api.sqrt(v + 1e-5) * g + be) * w)

        return f

    return Problem(f"layernorm_{b}x{n}", "layernorm", make, build)


def lse(n):
    return Problem(
        f"logsumexp_{n}",
        "logsumexp",
        lambda r: ([r.standard_normal(n)], {}),
        lambda api, c: lambda x: api.logsumexp(x, 0),
    )


# ------------------------------------------------------------ correct gradients that may be rejected
def f32(p, name):
    def make(r):
        args, c = p.make(r)

        def as32(v):
            return v.astype(np.float32) if getattr(v, "dtype", None) == np.float64 else v

        return [as32(a) for a in args], {k: as32(v) for k, v in c.items()}

    return Problem(name, "fa", make, p.build, False)


def kink_build(api, c):
    w = api.const(c["w"])
    return lambda x: api.sum(api.relu(x) * w + api.abs(x))


def kink(name, values):
    return Problem(
        name, "fa", lambda r: ([np.array(values)], {"w": np.arange(1.0, len(values) + 1)}), kink_build, False
    )


def simple(name, make, fn):
    return Problem(name, "fa", lambda r: ([make(r)], {}), lambda api, c: lambda x: fn(api, x), False)


PROBLEMS = {
    p.name: p
    for p in [
        Problem("seed_2x2", "seed", seed_make, seed_build),
        elem(10),
        elem(1000),
        elem(100_000),
        elem(1_000_000),
        matmul(4),
        matmul(16),
        matmul(64),
        matmul(256),
        softmax_ce(32, 10),
        softmax_ce(128, 1000),
        mlp(8, 16, 1, 16),
        mlp(64, 128, 10, 32),
        layernorm(32, 64),
        lse(64),
        lse(10_000),
        f32(elem(10), "fa_float32_elem"),
        f32(mlp(8, 16, 1, 16), "fa_float32_mlp"),
        kink("fa_kink_exact", [1.0, 0.0, -2.0, 0.5]),
        kink("fa_kink_near", [1.0, 1e-7, -2.0, 0.5]),
        simple("fa_offset_1e9", lambda r: r.standard_normal(5), lambda api, x: api.sum(api.sin(x)) + 1e9),
        simple("fa_small_scale", lambda r: 1e-6 * r.uniform(1, 2, 5), lambda api, x: api.sum(api.log(x))),
        simple("fa_large_scale", lambda r: 1e8 * r.uniform(1, 2, 5), lambda api, x: api.sum(api.sqrt(x))),
        simple("fa_stiff", lambda r: r.uniform(0.5, 1, 5), lambda api, x: api.sum(api.exp(30.0 * x))),
    ]
}
