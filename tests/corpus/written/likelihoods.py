"""Likelihoods and their scores."""

import numpy as np
from scipy.special import digamma, expit, gammaln, ndtr


def gamma_nll(p, x):
    k, theta = np.exp(p)
    return -np.sum((k - 1) * np.log(x) - x / theta - k * np.log(theta) - gammaln(k))


def gamma_nll_grad(p, x):
    k, theta = np.exp(p)
    n = len(x)
    dk = np.sum(np.log(x)) - n * np.log(theta) - n * digamma(k)
    dt = np.sum(x) / theta**2 - n * k / theta
    return -np.array([dk * k, dt * theta])


rng = np.random.default_rng(0)

X = np.column_stack([np.ones(12), rng.normal(size=(12, 2))])


def weibull_censored(p, t, d):
    logk, loglam = p
    k, lam = np.exp(logk), np.exp(loglam)
    z = (t / lam) ** k
    return -np.sum(d * (np.log(k) - np.log(lam) + (k - 1) * np.log(t / lam)) - z)


def weibull_censored_grad(p, t, d):
    k, lam = np.exp(p)
    u = np.log(t / lam)
    z = np.exp(k * u)
    gk = np.sum(d * (1 / k + u) - z * u)
    gl = np.sum(-d * k + k * z)
    return -np.array([gk * k, gl])


def zip_nll(params, y):
    """Zero-inflated Poisson."""
    pi, lam = expit(params[0]), np.exp(params[1])
    zero = y == 0
    ll = np.where(zero, np.log(pi + (1 - pi) * np.exp(-lam)), np.log1p(-pi) - lam + y * np.log(lam) - gammaln(y + 1))
    return -ll.sum()


def zip_grad(params, y):
    pi, lam = expit(params[0]), np.exp(params[1])
    zero = y == 0
    p0 = pi + (1 - pi) * np.exp(-lam)
    dpi = np.where(zero, (1 - np.exp(-lam)) / p0, -1 / (1 - pi))
    dlam = np.where(zero, -(1 - pi) * np.exp(-lam) / p0, y / lam - 1)
    return -np.array([dpi.sum() * pi * (1 - pi), dlam.sum() * lam])


class StudentT:
    def __init__(self, y, df):
        self.y = y
        self.df = df
        self.nobs = len(y)

    def loglike(self, params):
        mu, logs = params
        z = (self.y - mu) / np.exp(logs)
        nu = self.df
        const = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi)
        return np.sum(const - logs - (nu + 1) / 2 * np.log1p(z**2 / nu))

    def score(self, params):
        mu, logs = params
        s = np.exp(logs)
        z = (self.y - mu) / s
        w = (self.df + 1) / (self.df + z**2)
        return np.array([np.sum(w * z) / s, np.sum(w * z**2) - self.nobs])


T = StudentT(rng.standard_t(4, 10), 4.0)


def ordinal_probit(params, X, y, k=3):
    """Cut points are increments of logs: c1, c1 + exp(d2)."""
    b, raw = params[: X.shape[1]], params[X.shape[1] :]
    cuts = np.concatenate([[-np.inf], np.cumsum(np.concatenate([raw[:1], np.exp(raw[1:])])), [np.inf]])
    eta = X @ b
    p = ndtr(cuts[y + 1] - eta) - ndtr(cuts[y] - eta)
    return -np.sum(np.log(p))


def ordinal_probit_grad(params, X, y, k=3):
    q = X.shape[1]
    b, raw = params[:q], params[q:]
    inc = np.concatenate([raw[:1], np.exp(raw[1:])])
    cuts = np.concatenate([[-np.inf], np.cumsum(inc), [np.inf]])
    eta = X @ b
    up, lo = cuts[y + 1] - eta, cuts[y] - eta

    def pdf(z):
        return np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)

    p = ndtr(up) - ndtr(lo)
    g = np.zeros_like(params)
    g[:q] = X.T @ ((pdf(up) - pdf(lo)) / p)
    dc = np.zeros(k + 1)
    np.add.at(dc, y + 1, pdf(up) / p)
    np.add.at(dc, y, -pdf(lo) / p)
    dc = dc[1:-1]
    g[q:] = -np.cumsum(dc[::-1])[::-1] * np.concatenate([[1.0], np.exp(raw[1:])])
    return g


CASES = {
    "gamma mle": {
        "f": gamma_nll,
        "grad": gamma_nll_grad,
        "args": (np.array([0.4, -0.2]), rng.gamma(2.0, 1.0, 9)),
        "wrong": {"no chain": ("dk * k, dt * theta", "dk, dt"), "power": ("/ theta**2 -", "/ theta -")},
        "wrt": 0,
    },
    "weibull censored": {
        "f": weibull_censored,
        "grad": weibull_censored_grad,
        "args": (np.array([0.2, 0.5]), rng.weibull(1.5, 10) + 0.1, (rng.random(10) < 0.7).astype(float)),
        "wrong": {"censor": ("np.sum(-d * k + k * z)", "np.sum(-k + k * z)"), "no chain": ("gk * k, gl", "gk, gl")},
        "wrt": 0,
    },
    "zero inflated": {
        "f": zip_nll,
        "grad": zip_grad,
        "args": (np.array([-0.3, 0.6]), np.array([0, 0, 1, 3, 0, 2, 5.0])),
        "wrong": {"branch": ("y / lam - 1)", "y / lam)"), "chain of pi": ("dpi.sum() * pi * (1 - pi)", "dpi.sum()")},
        "wrt": 0,
    },
    "student t class": {
        "f": T.loglike,
        "grad": T.score,
        "args": (np.array([0.1, 0.2]),),
        "wrong": {
            "lost scale": ("np.sum(w * z) / s", "np.sum(w * z)"),
            "nobs": ("np.sum(w * z**2) - self.nobs", "np.sum(w * z**2) - 1"),
        },
    },
    "ordinal probit": {
        "f": ordinal_probit,
        "grad": ordinal_probit_grad,
        "args": (np.array([0.4, -0.3, -0.5, 0.1]), X[:, 1:], np.arange(12) % 3),
        "wrong": {
            "no reverse cumsum": ("np.cumsum(dc[::-1])[::-1]", "dc"),
            "no chain": (" * np.concatenate([[1.0], np.exp(raw[1:])])", ""),
        },
        "wrt": 0,
    },
}
