"""Student's t distribution."""

import numpy as np
from scipy.special import betainc, gammaln
from scipy.stats import t

from autograd.scipy.stats.against import against


@against(t.logpdf)
def logpdf(x, df, loc=0.0, scale=1.0):
    z = (x - loc) / scale
    constant = gammaln((df + 1) / 2) - gammaln(df / 2) - np.log(df * np.pi) / 2
    return constant - (df + 1) / 2 * np.log1p(z**2 / df) - np.log(scale)


@against(t.pdf)
def pdf(x, df, loc=0.0, scale=1.0):
    return np.exp(logpdf(x, df, loc, scale))


@against(t.cdf)
def cdf(x, df, loc=0.0, scale=1.0):
    z = (x - loc) / scale
    tail = betainc(df / 2, 0.5, df / (df + z**2)) / 2
    return np.where(z > 0, 1 - tail, tail)


@against(t.logcdf)
def logcdf(x, df, loc=0.0, scale=1.0):
    return np.log(cdf(x, df, loc, scale))
