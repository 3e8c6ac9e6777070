# %% [markdown]
# # A custom op
#
# An op is one declaration: how it is computed, its partial derivatives as you would write them in NumPy, and what it
# *means*. Its public function, its place in NumPy's protocols, formulas and checks follow.

# %%
from fractions import Fraction

import numpy as np

import dualgrad as dg
import verify
from dualgrad.op import pointwise
from dualgrad.samples import over

pointwise(
    "smooth_abs",
    lambda x: np.sqrt(1 + x * x) - 1,
    partials=[lambda y, x: x / np.sqrt(1 + x * x)],
    meaning=lambda x: (1 + x * x) ** Fraction(1, 2) - 1,
    samples=over((-3.0, 3.0)),
)

x = dg.tensor([0.0, 0.75, -2.4], requires_grad=True)
out = dg.smooth_abs(x).sum()
out.backward()
print(x.grad)
assert np.allclose(x.grad, [0.0, 0.6, -12 / 13])

# %% [markdown]
# The formula was derived from the meaning; nobody typed its derivative.

# %%
print(out.mirror.derivative(x))

# %% [markdown]
# So a wrong partial cannot be mirrored. Here is one with a factor too many:

# %%
pointwise(
    "smooth_abs_with_a_bug",
    lambda x: np.sqrt(1 + x * x) - 1,
    partials=[lambda y, x: 2 * x / np.sqrt(1 + x * x)],
    meaning=lambda x: (1 + x * x) ** Fraction(1, 2) - 1,
)

at = np.array([0.0, 0.75, -2.4])
right = verify.check(lambda x: dg.smooth_abs(x).sum(), at)
wrong = verify.check(lambda x: dg.smooth_abs_with_a_bug(x).sum(), at)
print(right)
print(wrong)
assert right.verdict is verify.Verdict.PROVED
assert wrong.verdict is verify.Verdict.REFUTED

# %% [markdown]
# `verify audit FILE` asks the same of every op that a file declares.
