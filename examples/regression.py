"""Logistic and Poisson regression: negative log-likelihoods with their scores and Hessians.

Run it with ``verify run examples/regression.py``.
"""

import numpy as np
from scipy.special import expit, gammaln

import verify

rng = np.random.default_rng(1)
DESIGN = rng.normal(size=(7, 3))
OUTCOMES = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
COUNTS = np.array([0.0, 2.0, 1.0, 4.0, 0.0, 3.0, 1.0])
START = np.array([0.3, -0.2, 0.5])


def logistic_score(beta, X, y):
    return X.T @ (expit(X @ beta) - y)


def logistic_hessian(beta, X, y):
    p = expit(X @ beta)
    return X.T @ (X * (p * (1 - p))[:, None])


@verify.case(START, DESIGN, OUTCOMES, grad=logistic_score, hess=logistic_hessian, wrt="beta")
def logistic(beta, X, y):
    z = X @ beta
    return np.sum(np.logaddexp(0, z) - y * z)


def poisson_score(beta, X, y):
    return X.T @ (np.exp(X @ beta) - y)


def poisson_hessian(beta, X, y):
    return (X * np.exp(X @ beta)[:, None]).T @ X


@verify.case(START, DESIGN, COUNTS, grad=poisson_score, hess=poisson_hessian, wrt="beta")
def poisson(beta, X, y):
    z = X @ beta
    return np.sum(np.exp(z) - y * z + gammaln(y + 1))


def ridge_gradient(beta, X, y, penalty):
    return 2 * X.T @ (X @ beta - y) + 2 * penalty * beta


def ridge_hessian(beta, X, y, penalty):
    return 2 * X.T @ X + 2 * penalty * np.eye(beta.size)


@verify.case(START, DESIGN, COUNTS, 0.25, grad=ridge_gradient, hess=ridge_hessian, wrt="beta")
def ridge(beta, X, y, penalty):
    return np.sum((y - X @ beta) ** 2) + penalty * beta @ beta
