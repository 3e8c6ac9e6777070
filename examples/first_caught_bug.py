# %% [markdown]
# # Your first caught bug
#
# Five minutes. You have a function and a gradient that you wrote by hand. You want to know that they fit together:
# not at one point, to some tolerance, but for every input and every size.

# %%
import numpy as np

import verify

# %% [markdown]
# Here is a loss that many people have written: logistic regression with a penalty on the weights, for labels that
# are 0 or 1.


# %%
def loss(w, X, y):
    z = X @ w
    return np.mean(np.logaddexp(0, z) - y * z) + 0.5 * 0.1 * np.sum(w**2)


def gradient(w, X, y):
    p = 1 / (1 + np.exp(-(X @ w)))
    return X.T @ (p - y) / len(w) + 0.1 * w


rng = np.random.default_rng(0)
w, X, y = rng.normal(size=3), rng.normal(size=(3, 3)), np.array([0.0, 1.0, 1.0])

# %% [markdown]
# The gradient has a bug. On these data no test by finite differences can see it: they agree.

# %%
h = 1e-6
difference = [(loss(w + h * e, X, y) - loss(w - h * e, X, y)) / (2 * h) for e in np.eye(3)]
print(np.abs(difference - gradient(w, X, y)).max())
assert np.allclose(difference, gradient(w, X, y))

# %% [markdown]
# Ask for more: that it be right for arguments of every size. `y` may be any numbers here, so nothing has to be said
# of it.

# %%
found = verify.check(loss, w, X, y, grad=gradient, wrt="w", sizes="every")
print(found)
assert found.verdict is verify.Verdict.REFUTED

# %% [markdown]
# The mean is over the rows of `X`, and the gradient divides by the number of weights. With three rows and three
# weights these are one number. The result names a size at which they are not, the element, its true value, and a
# script that shows it.
#
# Divide by `len(y)`, and ask again:


# %%
def repaired(w, X, y):
    p = 1 / (1 + np.exp(-(X @ w)))
    return X.T @ (p - y) / len(y) + 0.1 * w


found = verify.check(loss, w, X, y, grad=repaired, wrt="w", sizes="every")
print(found)
assert found.verdict is verify.Verdict.PROVED

# %% [markdown]
# PROVED: for every number of rows and of weights, at every point. The proof is an object,
# `found.formula.certificate`, which a small checker that shares no code with the rest has replayed; `verify
# certificate FILE` does it again.
#
# In a test, one line keeps it so: `verify.assert_gradient(loss, w, X, y, grad=repaired, wrt="w")`.
