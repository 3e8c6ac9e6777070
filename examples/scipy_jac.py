# %% [markdown]
# # A `jac` for SciPy
#
# SciPy's optimisers take the gradient as `jac`, the Hessian as `hess`, and more arguments as `args`. `verify.check`
# takes the same.

# %%
import numpy as np
from scipy.optimize import minimize

import verify


# %%
def fun(x, a, b):
    """A chain of springs with a quartic term."""
    d = np.diff(x)
    return 0.5 * a * np.sum(d**2) + 0.25 * b * np.sum(d**4) + 0.5 * np.sum(x**2)


def jac(x, a, b):
    d = np.diff(x)
    force = a * d + b * d**3
    out = x.copy()
    out[:-1] -= force
    out[1:] += force
    return out


def hess(x, a, b):
    d = np.diff(x)
    k = a + 3 * b * d**2
    out = np.eye(len(x))
    for i in range(len(d)):
        out[i, i] += k[i]
        out[i + 1, i + 1] += k[i]
        out[i, i + 1] -= k[i]
        out[i + 1, i] -= k[i]
    return out


x0, args = np.array([1.0, -0.5, 0.25, 2.0]), (1.5, 0.3)

# %%
found = verify.check(fun, x0, jac=jac, hess=hess, args=args)
for part in found.parts:
    print(part)
assert found.ok

# %% [markdown]
# Now the optimiser can be trusted with them:

# %%
solution = minimize(fun, x0, jac=jac, hess=hess, args=args, method="trust-exact")
print(solution.x, solution.nit)
assert np.allclose(solution.x, 0, atol=1e-4)
