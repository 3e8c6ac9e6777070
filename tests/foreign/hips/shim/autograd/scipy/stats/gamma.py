"""The gamma distribution."""

import numpy as np
from scipy.special import gammainc, gammaln, xlogy
from scipy.stats import gamma

from autograd.scipy.stats.against import against


@against(gamma.logpdf)
def logpdf(x, a):
    return xlogy(a - 1, x) - x - gammaln(a)


@against(gamma.pdf)
def pdf(x, a):
    return np.exp(logpdf(x, a))


@against(gamma.cdf)
def cdf(x, a):
    return gammainc(a, x)
