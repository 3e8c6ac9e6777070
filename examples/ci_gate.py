# %% [markdown]
# # A gate in CI
#
# Put `verify.case` above a function, with the arguments at which to check it. That changes nothing about the
# function.

# %%
import numpy as np

import verify


# %%
def huber_gradient(r, delta):
    return np.clip(r, -delta, delta)


@verify.case(np.array([0.3, -4.0, 1.5]), 1.0, grad=huber_gradient, wrt="r", domain={"delta": "positive"})
def huber(r, delta):
    """Huber's loss: quadratic near zero, linear far away."""
    a = np.abs(r)
    return np.sum(np.where(a <= delta, 0.5 * r**2, delta * (a - 0.5 * delta)))


# %% [markdown]
# On the command line, and so in any CI:
#
# ```sh
# verify run examples/ci_gate.py
# ```
#
# It exits with 0 when every case passes. `verify init --ci github` writes a workflow that runs it on every push and
# shows what fails at the lines of the pull request. Here the same run from Python:

# %%
found = verify.check(huber, np.array([0.3, -4.0, 1.5]), 1.0, grad=huber_gradient, wrt="r", domain={"delta": "positive"})
print(found)
assert found.ok
