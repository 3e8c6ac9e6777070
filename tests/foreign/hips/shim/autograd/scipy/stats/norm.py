"""The normal distribution."""

import numpy as np
from scipy.special import log_ndtr, ndtr
from scipy.stats import norm

from autograd.scipy.stats.against import against


@against(norm.logpdf)
def logpdf(x, loc=0.0, scale=1.0):
    return -(((x - loc) / scale) ** 2) / 2 - np.log(scale) - np.log(2 * np.pi) / 2


@against(norm.pdf)
def pdf(x, loc=0.0, scale=1.0):
    return np.exp(-(((x - loc) / scale) ** 2) / 2) / (scale * np.sqrt(2 * np.pi))


@against(norm.cdf)
def cdf(x, loc=0.0, scale=1.0):
    return ndtr((x - loc) / scale)


@against(norm.sf)
def sf(x, loc=0.0, scale=1.0):
    return ndtr((loc - x) / scale)


@against(norm.logcdf)
def logcdf(x, loc=0.0, scale=1.0):
    return log_ndtr((x - loc) / scale)


@against(norm.logsf)
def logsf(x, loc=0.0, scale=1.0):
    return log_ndtr((loc - x) / scale)
