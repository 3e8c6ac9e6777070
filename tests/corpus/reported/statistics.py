"""Gradients of log-densities and likelihoods."""

import numpy as np
import scipy.special as sc


class NegBinomialLarge:
    """negative binomial at n = 0: beyond 1e10 the derivatives are those of a Poisson."""

    source = "stan-dev/math#1578"

    def f(alpha, beta):
        return float(alpha * (np.log(beta) - np.log1p(beta)))

    def right(alpha, beta):
        return np.log(beta) - np.log1p(beta), alpha / (beta * (1 + beta))

    def wrong(alpha, beta):
        if alpha > 1e10:
            return -1 / beta, alpha / beta**2
        return np.log(beta) - np.log1p(beta), alpha / (beta * (1 + beta))

    wrt = (0, 1)
    shows = (1e10 + 1, 0.8)
    hides = (2.0, 0.8)


class LogitNormal:
    """logit-normal log-density: log x stands where logit x belongs."""

    source = "JuliaStats/Distributions.jl#1221"

    def f(x, mu, sigma):
        z = np.log(x / (1 - x))
        return float(np.sum(-((z - mu) ** 2) / (2 * sigma**2) - np.log(x * (1 - x)) - np.log(sigma)))

    def right(x, mu, sigma):
        z = np.log(x / (1 - x))
        return (-(z - mu) / sigma**2 - 1 + 2 * x) / (x * (1 - x))

    def wrong(x, mu, sigma):
        return (-(np.log(x) - mu) / sigma**2 - 1 + 2 * x) / (x * (1 - x))

    shows = ([0.3, 0.8], 0.0, 1.0)


class LogisticLocation:
    """logistic log-density: mu / sigma and y / sigma are exponentiated apart and overflow."""

    source = "stan-dev/math#3398"

    def f(mu, y, sigma):
        z = (y - mu) / sigma
        return float(np.sum(-z - 2 * np.logaddexp(0.0, -z) - np.log(sigma)))

    def right(mu, y, sigma):
        return np.tanh((y - mu) / (2 * sigma)) / sigma

    def wrong(mu, y, sigma):
        with np.errstate(all="ignore"):
            m, e = np.exp(mu / sigma), np.exp(y / sigma)
            return (1 - 2 * m / (m + e)) / sigma

    shows = ([710.0], [711.0], 1.0)
    hides = ([0.3, -0.4], [1.0, 0.2], 0.7)


class OrderedLogistic:
    """ordered logistic: the gradient of a cutpoint is overwritten by every observation."""

    source = "stan-dev/math#1248"

    def f(c, eta):
        return float(np.sum(np.log(1 / (1 + np.exp(-(c[0] - eta))))))

    def right(c, eta):
        return np.array([np.sum(1 / (1 + np.exp(c[0] - eta))), 0.0])

    def wrong(c, eta):
        g = np.zeros(2)
        for e in eta:
            g[0] = 1 / (1 + np.exp(c[0] - e))
        return g

    shows = ([0.3, 1.0], [0.1, 0.7])
    hides = ([0.3, 1.0], [0.1])


class LogScale:
    """a scale handled through its logarithm: the factor from the logarithm is missing."""

    source = "alan-turing-institute/stat-fem#35"

    def f(t, y, m):
        return float(-0.5 * np.sum((y - np.exp(t) * m) ** 2))

    def right(t, y, m):
        r = np.exp(t)
        return r * np.sum((y - r * m) * m)

    def wrong(t, y, m):
        r = np.exp(t)
        return np.sum((y - r * m) * m)

    shows = (0.4, [1.0, 2.0], [0.7, 1.6])
    hides = (0.0, [1.0, 2.0], [0.7, 1.6])


class NegBinTransparams:
    """negative binomial through log alpha: the chain factor was written with == and does nothing."""

    source = "statsmodels/statsmodels#7522"

    def f(p, x, y):
        mu, a = np.exp(p[0] * x), np.exp(p[1])
        return float(
            np.sum(sc.gammaln(y + 1 / a) - sc.gammaln(1 / a) + y * np.log(a * mu) - (y + 1 / a) * np.log1p(a * mu))
        )

    def right(p, x, y):
        mu, a = np.exp(p[0] * x), np.exp(p[1])
        db = np.sum((y - mu) / (1 + a * mu) * x)
        da = np.sum(
            (np.log1p(a * mu) - sc.digamma(y + 1 / a) + sc.digamma(1 / a)) / a**2 + (y - mu) / (a * (1 + a * mu))
        )
        return np.array([db, a * da])

    def wrong(p, x, y):
        mu, a = np.exp(p[0] * x), np.exp(p[1])
        db = np.sum((y - mu) / (1 + a * mu) * x)
        da = np.sum(
            (np.log1p(a * mu) - sc.digamma(y + 1 / a) + sc.digamma(1 / a)) / a**2 + (y - mu) / (a * (1 + a * mu))
        )
        return np.array([db, da])

    shows = ([0.3, -0.7], [0.2, 1.1, -0.5], [1.0, 3.0, 0.0])


class BinomialVariance:
    """binomial variance function: its derivative forgets the number of trials."""

    source = "statsmodels/statsmodels#9860"

    def f(mu, n):
        return float(np.sum(mu * (1 - mu / n)))

    def right(mu, n):
        return 1 - 2 * mu / n

    def wrong(mu, n):
        return 1 - 2 * mu

    shows = ([5.0, 2.0], [10.0, 6.0])
    hides = ([0.3, 0.8], [1.0, 1.0])
