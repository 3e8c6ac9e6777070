"""SciPy's ufuncs, which dualgrad's tensors answer to; dualgrad's own for what is no ufunc there."""

from scipy.special import *  # noqa: F403

from dualgrad.special import logsumexp, multigammaln, polygamma  # noqa: F401
