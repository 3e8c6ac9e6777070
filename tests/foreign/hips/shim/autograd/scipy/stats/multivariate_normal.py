"""The multivariate normal distribution."""

import numpy as np
from scipy.stats import multivariate_normal

from autograd.scipy.stats.against import against


@against(multivariate_normal.logpdf)
def logpdf(x, mean, cov, allow_singular=False):
    apart = x - mean
    if allow_singular:  # a density on the range of the covariance, which the tests hold constant
        found = np.linalg.eigvalsh(cov)
        rank = np.sum(found > 1e-10)
        inverse, logdet = np.linalg.pinv(cov), np.sum(np.log(found[found > 1e-10]))
        return -(np.sum(apart @ inverse * apart, -1) + logdet + rank * np.log(2 * np.pi)) / 2
    solved = np.linalg.solve(cov, apart.T).T
    return -(np.sum(apart * solved, -1) + np.linalg.slogdet(cov)[1] + apart.shape[-1] * np.log(2 * np.pi)) / 2


@against(multivariate_normal.pdf)
def pdf(x, mean, cov, allow_singular=False):
    return np.exp(logpdf(x, mean, cov, allow_singular))


@against(multivariate_normal.entropy)
def entropy(mean, cov):
    return (np.linalg.slogdet(cov)[1] + mean.shape[-1] * np.log(2 * np.pi * np.e)) / 2
