"""The chi-squared distribution: a gamma distribution of half its argument."""

import numpy as np
from scipy.stats import chi2

from autograd.scipy.stats import gamma
from autograd.scipy.stats.against import against


@against(chi2.logpdf)
def logpdf(x, df):
    return gamma.logpdf(x / 2, df / 2) - np.log(2)


@against(chi2.pdf)
def pdf(x, df):
    return gamma.pdf(x / 2, df / 2) / 2


@against(chi2.cdf)
def cdf(x, df):
    return gamma.cdf(x / 2, df / 2)
