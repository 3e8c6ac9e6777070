# %% [markdown]
# # The classic introduction to autograd
#
# Step by step, with the gradient proved at the end. Run it with `verify run examples/notebook.py`.

# %%
import dualgrad as dg
import verify

# %% [markdown]
# A Variable wraps a Tensor and lets gradients accumulate. It is a thin alias: the two are one class and mix freely.

# %%
a = dg.Variable(dg.ones(2, 2), requires_grad=True)
b = dg.Variable(dg.ones(2, 2), requires_grad=True)
print(a + b)
print(dg.add(a, b))  # the same

# %% [markdown]
# Operations on a Variable are recorded as they run.

# %%
x = dg.Variable(dg.ones(2, 2), requires_grad=True)
y = x + 2
print(y)  # tensor([[3., 3.], [3., 3.]], grad_fn=<AddBackward0>)

# %% [markdown]
# y was made by an operation, so it has a grad_fn; x was made by hand, so it has none.

# %%
print(y.grad_fn.name(), x.grad_fn)

z = y * y * 3
out = z.mean()
print(z, out)  # 27 in every place, and so 27 on average

# %% [markdown]
# Backward adds ∂out/∂x to x.grad: 3/2 (x + 2), which is 4.5 at x = 1.

# %%
out.backward()
print(x.grad)

# %% [markdown]
# The mirror shows the same run as a formula, and derives it.

# %%
print(out.mirror)  # 1/4 Σᵢ 3 (xᵢ + 2)²
print(out.mirror.derivative(x))  # ∂o/∂xᵢ = 3/2 (xᵢ + 2)

# %% [markdown]
# By hand: o = 1/4 Σᵢ 3 (xᵢ + 2)², so ∂o/∂xᵢ = 3/2 (xᵢ + 2) for four elements, and 6/n (xᵢ + 2) for n of them.


# %%
@verify.case(dg.ones(2, 2))
@verify.case(dg.ones(2, 2), grad=lambda x: 6 / x.size * (x + 2))
@verify.case(dg.ones(2, 2), grad=lambda x: 3 / 2 * (x + 2))
def notebook(x):
    """The function of the steps above. Without a gradient to check, it is the engine's own that is checked."""
    return (3 * (x + 2) ** 2).mean()
