"""Energies, forces and discretised equations."""

import numpy as np
from scipy import sparse

rng = np.random.default_rng(2)


def arm(theta, lengths, target):
    """Planar robot arm: squared distance of the tip."""
    phi = np.cumsum(theta)
    tip = np.array([np.sum(lengths * np.cos(phi)), np.sum(lengths * np.sin(phi))])
    return np.sum((tip - target) ** 2)


def arm_grad(theta, lengths, target):
    phi = np.cumsum(theta)
    x, y = lengths * np.cos(phi), lengths * np.sin(phi)
    ex, ey = x.sum() - target[0], y.sum() - target[1]
    rx = np.cumsum(x[::-1])[::-1]
    ry = np.cumsum(y[::-1])[::-1]
    return 2 * (ex * -ry + ey * rx)


def elastic_sparse(u, L, f):
    return 0.5 * u @ (L @ u) - f @ u


def elastic_sparse_grad(u, L, f):
    return L @ u - f


Lap = sparse.diags([-1.0, 2.0, -1.0], [-1, 0, 1], shape=(6, 6), format="csr")


class Tomography:
    def __init__(self, A, b, mu):
        self.A, self.b, self.mu = A, b, mu

    def objective(self, x):
        r = self.A.dot(x) - self.b
        return 0.5 * r.dot(r) + 0.5 * self.mu * np.sum(np.diff(x) ** 2)

    def gradient(self, x):
        r = self.A.dot(x) - self.b
        d = np.diff(x)
        reg = np.zeros_like(x)
        reg[1:] += d
        reg[:-1] -= d
        return self.A.T.dot(r) + self.mu * reg


tomo = Tomography(sparse.random(5, 6, 0.4, format="csr", random_state=0), rng.normal(size=5), 0.3)


def graph_tv(x, E, eps):
    d = E @ x
    return np.sum(np.sqrt(d**2 + eps))


def graph_tv_grad(x, E, eps):
    d = E @ x
    return E.T @ (d / np.sqrt(d**2 + eps))


inc = sparse.csr_matrix(
    (np.array([1.0, -1, 1, -1, 1, -1]), (np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 2, 3, 0]))), shape=(3, 4)
)


def ising_mf(m, J, h, beta):
    s = 0.5 * (1 + m)
    entropy = -np.sum(s * np.log(s) + (1 - s) * np.log(1 - s))
    return -0.5 * m @ J @ m - h @ m - entropy / beta


def ising_mf_grad(m, J, h, beta):
    return -0.5 * (J + J.T) @ m - h + np.arctanh(m) / beta


CASES = {
    "robot arm": {
        "f": arm,
        "grad": arm_grad,
        "args": (np.array([0.3, -0.5, 0.8]), np.array([1.0, 0.7, 0.4]), np.array([0.5, 1.0])),
        "wrong": {
            "no reverse": ("rx = np.cumsum(x[::-1])[::-1]", "rx = np.cumsum(x)"),
            "sign": ("ex * -ry", "ex * ry"),
        },
        "wrt": 0,
    },
    "sparse argument": {
        "f": elastic_sparse,
        "grad": elastic_sparse_grad,
        "args": (rng.normal(size=6), Lap, rng.normal(size=6)),
        "wrong": {"load": ("L @ u - f", "L @ u + f"), "half": ("return L @ u", "return 0.5 * L @ u")},
        "wrt": 0,
    },
    "sparse in object": {
        "f": tomo.objective,
        "grad": tomo.gradient,
        "args": (rng.normal(size=6),),
        "wrong": {"mu": ("self.mu * reg", "reg"), "sign": ("reg[:-1] -= d", "reg[:-1] += d")},
    },
    "sparse incidence tv": {
        "f": graph_tv,
        "grad": graph_tv_grad,
        "args": (rng.normal(size=4), inc, 1e-2),
        "wrong": {
            "no root": ("d / np.sqrt(d**2 + eps)", "d / (d**2 + eps)"),
            "squared eps": ("np.sqrt(d**2 + eps)", "np.sqrt(d**2 + eps**2)"),
        },
        "wrt": 0,
    },
    "mean field": {
        "f": ising_mf,
        "grad": ising_mf_grad,
        "args": (np.array([0.2, -0.5, 0.7]), rng.normal(size=(3, 3)), rng.normal(size=3), 1.7),
        "wrong": {"symmetric": ("0.5 * (J + J.T) @ m", "J @ m"), "beta": ("np.arctanh(m) / beta", "np.arctanh(m)")},
        "wrt": 0,
    },
}
