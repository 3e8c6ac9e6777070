import torch
import torch.nn.functional as F

from .base import Engine


class Torch(Engine):
    name, package = "torch", "torch"
    exp, log, sin, cos, tanh, sqrt, abs = (
        torch.exp,
        torch.log,
        torch.sin,
        torch.cos,
        torch.tanh,
        torch.sqrt,
        torch.abs,
    )
    relu, sigmoid = torch.relu, torch.sigmoid
    cholesky, diag = torch.linalg.cholesky, torch.diagonal
    reshape, transpose = torch.reshape, torch.permute
    cross_entropy = staticmethod(F.cross_entropy)

    def setup(self, threads):
        torch.set_num_threads(threads)

    def const(self, a):
        return torch.as_tensor(a)

    labels = index = const

    def sum(self, x, axis=None, keepdims=False):
        return torch.sum(x) if axis is None else torch.sum(x, axis, keepdims)

    def mean(self, x, axis=None, keepdims=False):
        return torch.mean(x) if axis is None else torch.mean(x, axis, keepdims)

    def max(self, x, axis=None, keepdims=False):
        return torch.amax(x, axis, keepdims)

    def concatenate(self, xs, axis=0):
        return torch.cat(xs, axis)

    def logsumexp(self, x, axis):
        return torch.logsumexp(x, axis)

    def solve(self, a, b):
        return torch.linalg.solve(a, b)

    def _leaf(self, a):
        return torch.tensor(a, requires_grad=True)

    def value_and_grad(self, f, args):
        leaves = [self._leaf(a) for a in args]

        def step():
            y = f(*leaves)
            return y, torch.autograd.grad(y, leaves)

        return step

    def hvp(self, f, x, v):
        x, v = self._leaf(x), torch.tensor(v)

        def step():
            (g,) = torch.autograd.grad(f(x), x, create_graph=True)
            return 0.0, torch.autograd.grad(g, x, v)

        return step

    def hessian(self, f, x):
        x, h = torch.tensor(x), torch.func.hessian(f)
        return lambda: (0.0, [h(x)])

    def jacobian(self, f, x):
        x, j = torch.tensor(x), torch.func.jacrev(f)
        return lambda: (0.0, [j(x)])

    def result(self, out):
        return float(out[0]), [g.detach().numpy() for g in out[1]]
