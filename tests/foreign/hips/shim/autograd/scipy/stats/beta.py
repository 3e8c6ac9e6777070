"""The beta distribution."""

import numpy as np
from scipy.special import betainc, betaln, xlog1py, xlogy
from scipy.stats import beta

from autograd.scipy.stats.against import against


@against(beta.logpdf)
def logpdf(x, a, b):
    return xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b)


@against(beta.pdf)
def pdf(x, a, b):
    return np.exp(logpdf(x, a, b))


@against(beta.cdf)
def cdf(x, a, b):
    return betainc(a, b, x)
