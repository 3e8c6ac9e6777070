"""Densities and distribution functions as compositions of dualgrad's ops; on plain arrays, held against SciPy's."""

from autograd.scipy.stats import beta, chi2, dirichlet, gamma, multivariate_normal, norm, poisson, t  # noqa: F401
