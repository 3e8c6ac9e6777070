"""SciPy's own Rosenbrock function with its gradient, its Hessian and its Hessian product, unchanged.

Run it with ``verify run examples/scipy_rosen.py``.
"""

import numpy as np
from scipy.optimize import rosen, rosen_der, rosen_hess, rosen_hess_prod

import verify

START = np.array([1.3, 0.7, 0.8, 1.9, 1.2])

verify.case(START, grad=rosen_der)(rosen)
verify.case(START, hess=rosen_hess)(rosen)
verify.case(START, hvp=rosen_hess_prod)(rosen)
