"""The Poisson distribution."""

import numpy as np
from scipy.special import gammaincc, gammaln, xlogy
from scipy.stats import poisson

from autograd.scipy.stats.against import against


@against(poisson.logpmf)
def logpmf(k, mu):
    return xlogy(k, mu) - mu - gammaln(k + 1)


@against(poisson.pmf)
def pmf(k, mu):
    return np.exp(logpmf(k, mu))


@against(poisson.cdf)
def cdf(k, mu):
    return gammaincc(np.floor(k) + 1, mu)
