"""The log marginal likelihood of a Gaussian process and its gradient in the hyperparameters.

C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine Learning", equations 5.8 and 5.9.
Run it with ``verify run examples/gaussian_process.py``.
"""

import numpy as np

import verify

INPUTS = np.array([-1.0, -0.3, 0.4, 1.1])
TARGETS = np.array([0.2, -0.5, 0.7, 0.1])


def moderate(theta):
    """Where no exponential of the parameters overflows."""
    return np.all(np.abs(theta) < 20)


def covariance(theta, x):
    """A squared exponential with length exp(θ₀) and scale exp(θ₁), and noise exp(θ₂)."""
    squared = (x[:, None] - x[None, :]) ** 2
    kernel = np.exp(2 * theta[1]) * np.exp(-squared / (2 * np.exp(2 * theta[0])))
    return squared, kernel, kernel + np.exp(2 * theta[2]) * np.eye(x.size)


def gradient(theta, x, y):
    squared, kernel, k = covariance(theta, x)
    inverse = np.linalg.inv(k)
    alpha = inverse @ y
    inner = np.outer(alpha, alpha) - inverse
    by_length = kernel * squared / np.exp(2 * theta[0])
    by_noise = 2 * np.exp(2 * theta[2]) * np.eye(x.size)
    return np.array([0.5 * np.sum(inner * part) for part in (by_length, 2 * kernel, by_noise)])


@verify.case(np.array([-0.2, 0.1, -0.7]), INPUTS, TARGETS, grad=gradient, wrt="theta", domain={"theta": moderate})
def log_marginal_likelihood(theta, x, y):
    k = covariance(theta, x)[2]
    return -0.5 * y @ np.linalg.solve(k, y) - 0.5 * np.linalg.slogdet(k)[1] - 0.5 * x.size * np.log(2 * np.pi)


@verify.case(np.array([-0.2, 0.1, -0.7]), INPUTS, TARGETS, wrt="theta", domain={"theta": moderate})
def by_cholesky(theta, x, y):
    """The same through a Cholesky factor; the gradient checked is the engine's own."""
    factor = np.linalg.cholesky(covariance(theta, x)[2])
    white = np.linalg.solve(factor, y)
    return -0.5 * white @ white - np.sum(np.log(np.diagonal(factor))) - 0.5 * x.size * np.log(2 * np.pi)
