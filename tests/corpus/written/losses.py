"""Losses and layers with their backward passes."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def mlp_dataclass(net, X, y):
    h = np.tanh(X @ net.W1 + net.b1)
    return np.mean((h @ net.W2 - y) ** 2)


@dataclass
class Net:
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray


def mlp_dataclass_grad(net, X, y):
    h = np.tanh(X @ net.W1 + net.b1)
    r = 2 * (h @ net.W2 - y) / len(y)
    dh = np.outer(r, net.W2) * (1 - h**2)
    return Net(X.T @ dh, dh.sum(axis=0), h.T @ r)


rng = np.random.default_rng(1)


def triplet(a, p, n, margin=1.0):
    dp = np.sum((a - p) ** 2, axis=1)
    dn = np.sum((a - n) ** 2, axis=1)
    return np.maximum(dp - dn + margin, 0.0).sum()


def triplet_grad(a, p, n, margin=1.0):
    dp = np.sum((a - p) ** 2, axis=1)
    dn = np.sum((a - n) ** 2, axis=1)
    on = (dp - dn + margin > 0)[:, None]
    return on * 2 * (n - p), on * -2 * (a - p), on * 2 * (a - n)


def embedding(E, ids, w):
    return np.sum(np.tanh(E[ids]) * w)


def embedding_grad(E, ids, w):
    dE = np.zeros_like(E)
    np.add.at(dE, ids, w * (1 - np.tanh(E[ids]) ** 2))
    return dE


def argmax_pool(x, w):
    xr = x.reshape(-1, 2)
    i = np.argmax(xr, axis=1)
    return w @ xr[np.arange(len(xr)), i]


def argmax_pool_grad(x, w):
    xr = x.reshape(-1, 2)
    g = np.zeros_like(xr)
    g[np.arange(len(xr)), xr.argmax(axis=1)] = w
    return g.ravel()


def max_pool(x, w):
    n, c = x.shape
    return np.sum(w * x.reshape(n, c // 2, 2).max(axis=2))


def max_pool_grad(x, w):
    n, c = x.shape
    xr = x.reshape(n, c // 2, 2)
    mask = xr == xr.max(axis=2, keepdims=True)
    return (mask * w[:, :, None]).reshape(n, c)


def masked_mse(pred, target, mask):
    return np.mean((pred[mask] - target[mask]) ** 2)


def masked_mse_grad(pred, target, mask):
    g = np.zeros_like(pred)
    g[mask] = 2 * (pred[mask] - target[mask]) / mask.sum()
    return g


def l1_pos(x, lam):
    return lam * np.sum(x[x > 0]) + 0.5 * np.sum(x[x < 0] ** 2)


def l1_pos_grad(x, lam):
    g = np.empty_like(x)
    g[x > 0] = lam
    g[x <= 0] = x[x <= 0]
    return g


def topk_loss(x, k=2):
    return np.sum(np.sort(x)[::-1][:k] ** 2)


def topk_loss_grad(x, k=2):
    idx = np.argsort(x)[-k:]
    g = np.zeros_like(x)
    g[idx] = 2 * x[idx]
    return g


def conv2d(img, K):
    H, W = img.shape
    kh, kw = K.shape
    out = np.empty((H - kh + 1, W - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (img[i : i + kh, j : j + kw] * K).sum()
    return np.mean(out**2)


def conv2d_grad(img, K):
    kh, kw = K.shape
    win = sliding_window_view(img, (kh, kw))
    out = np.einsum("ijkl,kl->ij", win, K)
    return 2 * np.einsum("ijkl,ij->kl", win, out) / out.size


def ctc_like(logp, target):
    """Alignment recursion: stay or advance."""
    T, S = logp.shape[0], len(target)
    a = np.full((T, S), -np.inf)
    a[0, 0] = logp[0, target[0]]
    for t in range(1, T):
        for s in range(S):
            prev = a[t - 1, s]
            if s > 0:
                prev = np.logaddexp(prev, a[t - 1, s - 1])
            a[t, s] = prev + logp[t, target[s]]
    return -a[T - 1, S - 1]


def ctc_like_grad(logp, target):
    T, S = logp.shape[0], len(target)
    a = np.full((T, S), -np.inf)
    b = np.full((T, S), -np.inf)
    a[0, 0] = logp[0, target[0]]
    for t in range(1, T):
        for s in range(S):
            prev = a[t - 1, s]
            if s > 0:
                prev = np.logaddexp(prev, a[t - 1, s - 1])
            a[t, s] = prev + logp[t, target[s]]
    b[T - 1, S - 1] = 0.0
    for t in range(T - 2, -1, -1):
        for s in range(S):
            nxt = b[t + 1, s] + logp[t + 1, target[s]]
            if s + 1 < S:
                nxt = np.logaddexp(nxt, b[t + 1, s + 1] + logp[t + 1, target[s + 1]])
            b[t, s] = nxt
    g = np.zeros_like(logp)
    for t in range(T):
        for s in range(S):
            g[t, target[s]] -= np.exp(a[t, s] + b[t, s] - a[T - 1, S - 1])
    return g


CASES = {
    "mlp dataclass": {
        "f": mlp_dataclass,
        "grad": mlp_dataclass_grad,
        "args": (
            Net(rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=3)),
            rng.normal(size=(4, 2)),
            rng.normal(size=4),
        ),
        "wrong": {"bias mean": ("dh.sum(axis=0)", "dh.mean(axis=0)"), "lost two": ("r = 2 * (h", "r = (h")},
        "wrt": 0,
    },
    "triplet": {
        "f": triplet,
        "grad": triplet_grad,
        "args": tuple(rng.normal(size=(3, 4, 2))),
        "wrong": {
            "swapped": ("on * 2 * (n - p)", "on * 2 * (p - n)"),
            "margin": ("(dp - dn + margin > 0)", "(dp - dn > 0)"),
        },
    },
    "embedding": {
        "f": embedding,
        "grad": embedding_grad,
        "args": (rng.normal(size=(4, 3)), np.array([0, 2, 2, 1]), rng.normal(size=(4, 3))),
        "wrong": {
            "lost repeats": (
                "np.add.at(dE, ids, w * (1 - np.tanh(E[ids]) ** 2))",
                "dE[ids] += w * (1 - np.tanh(E[ids]) ** 2)",
            ),
            "no tanh": ("np.tanh(E[ids]) ** 2", "np.tanh(E[ids])"),
        },
        "wrt": 0,
    },
    "argmax pool": {
        "f": argmax_pool,
        "grad": argmax_pool_grad,
        "args": (rng.normal(size=6), rng.normal(size=3)),
        "wrong": {"argmin": ("argmax(axis=1)", "argmin(axis=1)"), "ones": ("] = w", "] = 1.0")},
        "wrt": 0,
    },
    "max pool": {
        "f": max_pool,
        "grad": max_pool_grad,
        "args": (rng.normal(size=(3, 6)), rng.normal(size=(3, 3))),
        "wrong": {"min": ("== xr.max", "== xr.min"), "no weight": ("mask * w[:, :, None]", "mask * 1.0")},
        "wrt": 0,
    },
    "masked mse": {
        "f": masked_mse,
        "grad": masked_mse_grad,
        "args": (rng.normal(size=(3, 3)), rng.normal(size=(3, 3)), rng.random((3, 3)) < 0.6),
        "wrong": {
            "size": ("mask.sum()", "mask.size"),
            "unmasked": ("g[mask] = 2 * (pred[mask] - target[mask])", "g[...] = 2 * (pred - target)"),
        },
        "wrt": 0,
    },
    "mask of values": {
        "f": l1_pos,
        "grad": l1_pos_grad,
        "args": (np.array([0.5, -1.2, 2.0, -0.3]), 0.4),
        "wrong": {"one": ("g[x > 0] = lam", "g[x > 0] = 1.0"), "square": ("= x[x <= 0]", "= 2 * x[x <= 0]")},
        "wrt": 0,
    },
    "topk sort": {
        "f": topk_loss,
        "grad": topk_loss_grad,
        "args": (rng.normal(size=5),),
        "wrong": {"smallest": ("np.argsort(x)[-k:]", "np.argsort(x)[:k]"), "one short": ("[-k:]", "[-k + 1:]")},
    },
    "conv2d": {
        "f": conv2d,
        "grad": conv2d_grad,
        "args": (rng.normal(size=(4, 5)), rng.normal(size=(2, 3))),
        "wrong": {"size": ("/ out.size", "/ img.size"), "no two": ("return 2 * np", "return np")},
        "wrt": 1,
    },
    "ctc like": {
        "f": ctc_like,
        "grad": ctc_like_grad,
        "args": (np.log(rng.dirichlet(np.ones(3), 4)), [0, 2, 0]),
        "wrong": {
            "assign": ("g[t, target[s]] -=", "g[t, target[s]] = -"),
            "off by one": (
                "b[t + 1, s + 1] + logp[t + 1, target[s + 1]])",
                "b[t + 1, s + 1] + logp[t, target[s + 1]])",
            ),
        },
        "wrt": 0,
    },
}
