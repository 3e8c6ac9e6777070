"""Ways in which people write functions: choices by values, objects that remember, tables, solvers, transforms."""

import math

import numpy as np
from scipy import fft as sfft
from scipy.spatial.distance import cdist


def searchsorted_value(x, knots, values):
    """Piecewise linear, the segment found from the values of x."""
    k = np.clip(np.searchsorted(knots, x) - 1, 0, len(knots) - 2)
    t = (x - knots[k]) / (knots[k + 1] - knots[k])
    return np.sum((1 - t) * values[k] + t * values[k + 1])


def searchsorted_value_grad(x, knots, values):
    k = np.clip(np.searchsorted(knots, x) - 1, 0, len(knots) - 2)
    return (values[k + 1] - values[k]) / (knots[k + 1] - knots[k])


def digitize_value(x, edges, slopes):
    return np.sum(slopes[np.digitize(x, edges)] * x)


def digitize_value_grad(x, edges, slopes):
    return slopes[np.digitize(x, edges)]


def trimmed_mean(x, k=1):
    s = np.sort(x)
    return s[k:-k].mean()


def trimmed_mean_grad(x, k=1):
    order = np.argsort(x)
    g = np.zeros(len(x))
    g[order[k:-k]] = 1.0 / (len(x) - 2 * k)
    return g


rng = np.random.default_rng(4)

x5 = rng.normal(size=5)


def lowest_pair(x):
    i = int(np.argmin(x))
    j = int(np.argmax(x))
    return (x[j] - x[i]) ** 2


def lowest_pair_grad(x):
    i, j = np.argmin(x), np.argmax(x)
    g = np.zeros_like(x)
    g[j] = 2 * (x[j] - x[i])
    g[i] = -2 * (x[j] - x[i])
    return g


def nearest_centroid(C, X):
    d = cdist(X, C, "sqeuclidean")
    return d.min(axis=1).sum()


def nearest_centroid_grad(C, X):
    lab = np.argmin(((X[:, None] - C[None]) ** 2).sum(-1), axis=1)
    G = np.zeros_like(C)
    for k in range(len(C)):
        G[k] = 2 * (C[k] - X[lab == k]).sum(axis=0)
    return G


def where_index(x):
    k = np.where(x > 0)[0]
    return np.prod(x[k])


def where_index_grad(x):
    k = np.where(x > 0)[0]
    g = np.zeros_like(x)
    g[k] = np.prod(x[k]) / x[k]
    return g


def soft_threshold(x, lam):
    y = x.copy()
    y[np.abs(x) <= lam] = 0.0
    y[x > lam] -= lam
    y[x < -lam] += lam
    return 0.5 * np.sum(y**2)


def soft_threshold_grad(x, lam):
    return np.sign(x) * np.maximum(np.abs(x) - lam, 0)


def vectorized_huber(x):
    h = np.vectorize(lambda t: 0.5 * t * t if abs(t) < 1 else abs(t) - 0.5)
    return h(x).sum()


def vectorized_huber_grad(x):
    return np.vectorize(lambda t: t if abs(t) < 1 else math.copysign(1.0, t))(x)


def sub_block(A, rows, cols):
    return np.sum(A[np.ix_(rows, cols)] ** 2)


def sub_block_grad(A, rows, cols):
    G = np.zeros_like(A)
    G[np.ix_(rows, cols)] = 2 * A[np.ix_(rows, cols)]
    return G


C3 = rng.normal(size=(3, 3))


class Cached:
    """Computes the residual once for value and gradient."""

    def __init__(self, A, b):
        self.A, self.b, self.last, self.r = A, b, None, None

    def _residual(self, x):
        if self.last is None or not np.array_equal(self.last, x):
            self.last = x.copy()
            self.r = self.A @ x - self.b
        return self.r

    def f(self, x):
        return 0.5 * np.sum(self._residual(x) ** 2)

    def g(self, x):
        return self.A.T @ self._residual(x)


cached = Cached(rng.normal(size=(4, 3)), rng.normal(size=4))


def group_means(x, groups):
    _labels, inv, n = np.unique(groups, return_inverse=True, return_counts=True)
    m = np.bincount(inv, weights=x) / n
    return np.sum((x - m[inv]) ** 2)


def group_means_grad(x, groups):
    _labels, inv, n = np.unique(groups, return_inverse=True, return_counts=True)
    m = np.bincount(inv, weights=x) / n
    return 2 * (x - m[inv])


def lstsq_loss(b, A, c):
    x = np.linalg.lstsq(A, b, rcond=None)[0]
    return c @ x


def lstsq_loss_grad(b, A, c):
    return A @ np.linalg.solve(A.T @ A, c)


def logdet(S):
    return np.linalg.slogdet(S)[1]


def logdet_grad(S):
    return np.linalg.inv(S).T


B3 = rng.normal(size=(3, 3))

S3 = B3 @ B3.T + 2 * np.eye(3)


def dct_loss(x, w):
    return np.sum(w * sfft.dct(x, norm="ortho") ** 2)


def dct_loss_grad(x, w):
    return 2 * sfft.idct(w * sfft.dct(x, norm="ortho"), norm="ortho")


def autocorr(x, lag_w):
    r = np.correlate(x, x, mode="full")[len(x) - 1 :]
    return lag_w @ r[: len(lag_w)]


def autocorr_grad(x, lag_w):
    g = np.zeros_like(x)
    n = len(x)
    for k, w in enumerate(lag_w):
        g[: n - k] += w * x[k:]
        g[k:] += w * x[: n - k]
    return g


def vjp_model(x, W):
    return np.tanh(W @ x)


def vjp_of_model(x, W, c):
    h = np.tanh(W @ x)
    return W.T @ (c * (1 - h**2))


def jvp_of_model(x, W, t):
    return (1 - np.tanh(W @ x) ** 2) * (W @ t)


def minimum_reduce(a, b, c):
    return np.minimum.reduce([a**2, b, np.sin(c)]).sum()


def minimum_reduce_grad(a, b, c):
    which = np.argmin([a**2, b, np.sin(c)], axis=0)
    return np.where(which == 0, 2 * a, 0), np.where(which == 1, 1.0, 0), np.where(which == 2, np.cos(c), 0)


CASES = {
    "searchsorted of values": {
        "f": searchsorted_value,
        "grad": searchsorted_value_grad,
        "args": (np.array([0.3, 1.7, 2.2]), np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0, 5.0])),
        "wrong": {
            "off by one": ("np.searchsorted(knots, x) - 1", "np.searchsorted(knots, x) - 2"),
            "swapped": ("(values[k + 1] - values[k])", "(values[k] - values[k + 1])"),
        },
        "wrt": 0,
    },
    "digitize of values": {
        "f": digitize_value,
        "grad": digitize_value_grad,
        "args": (np.array([0.3, 1.7, -0.2]), np.array([0.0, 1.0]), np.array([1.0, 2.0, 4.0])),
        "wrong": {
            "off": ("np.digitize(x, edges)]", "np.digitize(x, edges) - 1]"),
            "ones": ("return slopes[np.digitize(x, edges)]", "return np.ones_like(x)"),
        },
        "wrt": 0,
    },
    "trimmed mean": {
        "f": trimmed_mean,
        "grad": trimmed_mean_grad,
        "args": (x5,),
        "wrong": {"all": ("order[k:-k]", "order"), "n": ("(len(x) - 2 * k)", "len(x)")},
        "wrt": 0,
    },
    "argmin argmax": {
        "f": lowest_pair,
        "grad": lowest_pair_grad,
        "args": (x5,),
        "wrong": {"sign": ("g[i] = -2", "g[i] = 2"), "two": ("g[j] = 2 *", "g[j] =")},
    },
    "kmeans": {
        "f": nearest_centroid,
        "grad": nearest_centroid_grad,
        "args": (rng.normal(size=(2, 2)), rng.normal(size=(5, 2))),
        "wrong": {
            "mean": (".sum(axis=0)\n", ".mean(axis=0)\n"),
            "sign": ("(C[k] - X[lab == k])", "(X[lab == k] - C[k])"),
        },
        "wrt": 0,
    },
    "where one argument": {
        "f": where_index,
        "grad": where_index_grad,
        "args": (np.array([0.5, -1.0, 2.0]),),
        "wrong": {"prod": ("np.prod(x[k]) / x[k]", "np.prod(x[k])"), "sum": ("np.prod(x[k]) / x[k]", "1 / x[k]")},
    },
    "masked assignment": {
        "f": soft_threshold,
        "grad": soft_threshold_grad,
        "args": (np.array([0.5, -1.3, 0.1]), 0.3),
        "wrong": {
            "sign": ("np.sign(x) *", ""),
            "hard": ("np.maximum(np.abs(x) - lam, 0)", "np.abs(x) * (np.abs(x) > lam)"),
        },
        "wrt": 0,
        "domain": {1: "positive"},
    },
    "np vectorize": {
        "f": vectorized_huber,
        "grad": vectorized_huber_grad,
        "args": (np.array([0.3, -2.0, 1.5]),),
        "wrong": {"sign": ("math.copysign(1.0, t)", "1.0"), "threshold": ("abs(t) < 1", "abs(t) < 0.2")},
    },
    "np ix": {
        "f": sub_block,
        "grad": sub_block_grad,
        "args": (C3, [0, 2], [1, 2]),
        "wrong": {
            "swapped": ("G[np.ix_(rows, cols)] =", "G[np.ix_(cols, rows)] ="),
            "all": ("return G", "return 2 * A"),
        },
        "wrt": 0,
    },
    "caching object": {
        "f": cached.f,
        "grad": cached.g,
        "args": (rng.normal(size=3),),
        "wrong": {
            "transpose": ("self.A.T @ self._residual(x)", "self.A[:3].T @ self._residual(x)[:3]"),
            "two": ("return self.A.T", "return 2 * self.A.T"),
        },
    },
    "unique groups": {
        "f": group_means,
        "grad": group_means_grad,
        "args": (rng.normal(size=5), np.array([3, 1, 3, 1, 7])),
        "wrong": {"mean": ("(x - m[inv])", "x"), "lost two": ("2 * (x", "(x")},
        "wrt": 0,
    },
    "lstsq": {
        "f": lstsq_loss,
        "grad": lstsq_loss_grad,
        "args": (rng.normal(size=4), rng.normal(size=(4, 2)), np.array([1.0, -2.0])),
        "wrong": {"no inverse": ("A @ np.linalg.solve(A.T @ A, c)", "A @ c"), "twice": ("return A", "return 2 * A")},
        "wrt": 0,
    },
    "slogdet": {
        "f": logdet,
        "grad": logdet_grad,
        "args": (S3 + 0.3 * C3,),
        "wrong": {"no transpose": (".T", ""), "half": ("return np", "return 0.5 * np")},
    },
    "scipy dct": {
        "f": dct_loss,
        "grad": dct_loss_grad,
        "args": (x5, rng.random(5)),
        "wrong": {"dct twice": ("sfft.idct(w", "sfft.dct(w"), "two": ("return 2 *", "return")},
        "wrt": 0,
    },
    "autocorrelation": {
        "f": autocorr,
        "grad": autocorr_grad,
        "args": (x5, np.array([0.5, -1.0, 0.3])),
        "wrong": {"one side": ("g[k:] += w * x[: n - k]", "pass"), "lag": ("x[k:]\n", "x[: n - k]\n")},
        "wrt": 0,
    },
    "vjp": {
        "f": vjp_model,
        "vjp": vjp_of_model,
        "args": (rng.normal(size=3), rng.normal(size=(2, 3))),
        "wrong": {"order": ("W.T @ (c * (1 - h**2))", "(W.T @ c) * (1 - np.tanh(x)**2)"), "square": ("h**2", "h")},
        "wrt": 0,
    },
    "jvp": {
        "f": vjp_model,
        "jvp": jvp_of_model,
        "args": (rng.normal(size=3), rng.normal(size=(2, 3))),
        "wrong": {"slope": ("(1 - np.tanh(W @ x) ** 2) * (W @ t)", "W @ t"), "sign": ("(W @ t)", "-(W @ t)")},
        "wrt": 0,
    },
    "minimum reduce": {
        "f": minimum_reduce,
        "grad": minimum_reduce_grad,
        "args": (np.array([0.5, 2.0]), np.array([0.4, 0.3]), np.array([1.0, 2.0])),
        "wrong": {"swap": ("which == 1, 1.0", "which == 2, 1.0"), "chain": ("np.cos(c)", "1.0")},
    },
}
