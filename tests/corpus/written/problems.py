"""Test problems of optimisation, with gradients, Jacobians, Hessians and products with them."""

import functools
import operator

import numpy as np

x4 = np.array([1.2, -0.7, 0.4, 1.9])


def powell(x):
    x1, x2, x3, x4 = x
    return (x1 + 10 * x2) ** 2 + 5 * (x3 - x4) ** 2 + (x2 - 2 * x3) ** 4 + 10 * (x1 - x4) ** 4


def powell_grad(x):
    a, b, c, d = x[0] + 10 * x[1], x[2] - x[3], x[1] - 2 * x[2], x[0] - x[3]
    return np.array([2 * a + 40 * d**3, 20 * a + 4 * c**3, 10 * b - 8 * c**3, -10 * b - 40 * d**3])


def beale(v):
    x, y = v
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def beale_grad(v):
    x, y = v
    gx = gy = 0.0
    for k, c in enumerate((1.5, 2.25, 2.625), start=1):
        r = c - x + x * y**k
        gx += 2 * r * (y**k - 1)
        gy += 2 * r * x * k * y ** (k - 1)
    return np.array([gx, gy])


def wood(x):
    return (
        100 * (x[1] - x[0] ** 2) ** 2
        + (1 - x[0]) ** 2
        + 90 * (x[3] - x[2] ** 2) ** 2
        + (1 - x[2]) ** 2
        + 10.1 * ((x[1] - 1) ** 2 + (x[3] - 1) ** 2)
        + 19.8 * (x[1] - 1) * (x[3] - 1)
    )


def wood_grad(x):
    g = np.zeros(4)
    g[0] = -400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0])
    g[1] = 200 * (x[1] - x[0] ** 2) + 20.2 * (x[1] - 1) + 19.8 * (x[3] - 1)
    g[2] = -360 * x[2] * (x[3] - x[2] ** 2) - 2 * (1 - x[2])
    g[3] = 180 * (x[3] - x[2] ** 2) + 20.2 * (x[3] - 1) + 19.8 * (x[1] - 1)
    return g


def styblinski(x):
    return 0.5 * functools.reduce(operator.add, (t**4 - 16 * t**2 + 5 * t for t in x))


def styblinski_grad(x):
    return np.polyval([2.0, 0.0, -16.0, 2.5], x)


def osborne(x, t):
    return x[0] + x[1] * np.exp(-t * x[3]) + x[2] * np.exp(-t * x[4])


def osborne_jac(x, t):
    e4, e5 = np.exp(-t * x[3]), np.exp(-t * x[4])
    return np.column_stack([np.ones_like(t), e4, e5, -t * x[1] * e4, -t * x[2] * e5])


def broyden_tridiagonal(x):
    xp = np.concatenate(([0.0], x, [0.0]))
    return (3 - 2 * x) * x - xp[:-2] - 2 * xp[2:] + 1


def broyden_jac(x):
    n = x.size
    return np.diag(3 - 4 * x) - np.diag(np.ones(n - 1), -1) - 2 * np.diag(np.ones(n - 1), 1)


def penalty(x, a=1e-5):
    return a * ((x - 1) ** 2).sum() + ((x * x).sum() - 0.25) ** 2


def penalty_hess(x, a=1e-5):
    s = (x * x).sum() - 0.25
    return (2 * a + 4 * s) * np.eye(x.size) + 8 * np.outer(x, x)


def himmelblau(p):
    return (p[0] ** 2 + p[1] - 11) ** 2 + (p[0] + p[1] ** 2 - 7) ** 2


def himmelblau_hvp(p, v):
    x, y = p
    h = [[12 * x**2 + 4 * y - 42, 4 * (x + y)], [4 * (x + y), 12 * y**2 + 4 * x - 26]]
    return np.array([h[0][0] * v[0] + h[0][1] * v[1], h[1][0] * v[0] + h[1][1] * v[1]])


def log_barrier(x, A, b, c, t):
    s = b - A @ x
    assert (s > 0).all(), "outside of the polyhedron"
    return t * c @ x - np.log(s).sum()


def log_barrier_grad(x, A, b, c, t):
    s = b - A @ x
    return t * c + A.T @ (1 / s)


rng = np.random.default_rng(3)

LB = (np.array([0.1, 0.2]), rng.normal(size=(4, 2)), np.full(4, 3.0), np.array([1.0, 2.0]), 2.0)


def chained_rosen(x):
    return 100 * np.sum((x[1:] - x[:-1] ** 2) ** 2) + np.sum((1 - x[:-1]) ** 2)


def value_and_grad_rosen(x):
    t = x[1:] - x[:-1] ** 2
    f = 100 * t @ t + (1 - x[:-1]) @ (1 - x[:-1])
    g = np.zeros_like(x)
    g[1:] = 200 * t
    g[:-1] += -400 * t * x[:-1] - 2 * (1 - x[:-1])
    return f, g


CASES = {
    "powell": {
        "f": powell,
        "grad": powell_grad,
        "args": (x4,),
        "wrong": {"eight": ("10 * b - 8 * c**3", "10 * b - 4 * c**3"), "sign": ("-10 * b - 40", "-10 * b + 40")},
    },
    "beale": {
        "f": beale,
        "grad": beale_grad,
        "args": (np.array([1.1, 0.4]),),
        "wrong": {"k": ("x * k * y", "x * y"), "start": ("(1.5, 2.25, 2.625), start=1", "(1.5, 2.25, 2.25), start=1")},
    },
    "wood": {
        "f": wood,
        "grad": wood_grad,
        "args": (x4,),
        "wrong": {"number": ("-360", "-400"), "cross": ("19.8 * (x[1] - 1)", "19.8 * (x[0] - 1)")},
    },
    "styblinski reduce": {
        "f": styblinski,
        "grad": styblinski_grad,
        "args": (x4,),
        "wrong": {
            "coefficient": ("[2.0, 0.0, -16.0, 2.5]", "[2.0, 0.0, -16.0, 5.0]"),
            "order": ("[2.0, 0.0, -16.0, 2.5]", "[2.5, -16.0, 0.0, 2.0]"),
        },
    },
    "osborne jac": {
        "f": osborne,
        "jac": osborne_jac,
        "args": (np.array([0.5, 1.5, -1.0, 0.1, 0.2]), np.arange(4.0)),
        "wrong": {
            "swapped": ("-t * x[1] * e4, -t * x[2] * e5", "-t * x[2] * e4, -t * x[1] * e5"),
            "sign": ("np.ones_like(t), e4, e5", "np.ones_like(t), -e4, e5"),
        },
        "wrt": 0,
    },
    "broyden jac": {
        "f": broyden_tridiagonal,
        "jac": broyden_jac,
        "args": (x4,),
        "wrong": {
            "swapped bands": (
                "np.diag(np.ones(n - 1), -1) - 2 * np.diag(np.ones(n - 1), 1)",
                "np.diag(np.ones(n - 1), 1) - 2 * np.diag(np.ones(n - 1), -1)",
            ),
            "four": ("3 - 4 * x", "3 - 2 * x"),
        },
    },
    "penalty hess": {
        "f": penalty,
        "hess": penalty_hess,
        "args": (x4,),
        "wrong": {"outer": ("8 * np.outer(x, x)", "4 * np.outer(x, x)"), "a lost": ("(2 * a + 4 * s)", "4 * s")},
        "wrt": 0,
    },
    "himmelblau hvp": {
        "f": himmelblau,
        "hvp": himmelblau_hvp,
        "args": (np.array([1.5, -0.4]),),
        "wrong": {"26": ("- 26]", "- 42]"), "transposed": ("h[0][1] * v[1], h", "h[0][1] * v[0], h")},
    },
    "log barrier assert": {
        "f": log_barrier,
        "grad": log_barrier_grad,
        "args": LB,
        "wrong": {"sign": ("+ A.T @ (1 / s)", "- A.T @ (1 / s)"), "transpose": ("t * c + A.T", "c + A.T")},
        "wrt": 0,
    },
    "rosen value and grad": {
        "f": chained_rosen,
        "value_and_grad": value_and_grad_rosen,
        "args": (x4,),
        "wrong": {"value": ("f = 100 * t @ t", "f = 10 * t @ t"), "overwrite": ("g[:-1] += -400", "g[:-1] = -400")},
    },
}
