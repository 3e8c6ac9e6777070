"""The Dirichlet distribution."""

import numpy as np
from scipy.special import gammaln, xlogy
from scipy.stats import dirichlet

from autograd.scipy.stats.against import against

rvs = dirichlet.rvs


@against(dirichlet.logpdf)
def logpdf(x, alpha):
    return gammaln(np.sum(alpha)) - np.sum(gammaln(alpha)) + np.sum(xlogy(alpha - 1, x))


@against(dirichlet.pdf)
def pdf(x, alpha):
    return np.exp(logpdf(x, alpha))
