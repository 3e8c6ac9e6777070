"""dualgrad through its public surface, as a user of PyTorch would write it."""

import numpy as np

import dualgrad as dg

from .base import Engine


class DualGrad(Engine):
    name, package = "dualgrad", "dualgrad"

    def setup(self, threads):
        for name in "exp log sin cos tanh sqrt abs relu sigmoid sum mean max reshape transpose".split():
            setattr(self, name, getattr(dg, name))
        self.concatenate, self.logsumexp, self.cross_entropy = dg.concatenate, dg.logsumexp, dg.cross_entropy
        self.solve, self.cholesky, self.diag = dg.linalg.solve, dg.linalg.cholesky, dg.diagonal

    def const(self, a):
        return dg.tensor(a)

    def value_and_grad(self, f, args):
        leaves = [dg.tensor(a, requires_grad=True) for a in args]

        def step():
            y = f(*leaves)
            return y, dg.autograd.grad(y, leaves)

        return step

    def hvp(self, f, x, v):
        product = dg.hvp(f)
        return lambda: (0.0, [product(x, v)])

    def hessian(self, f, x):
        matrix = dg.hessian(f)
        return lambda: (0.0, [matrix(x)])

    def jacobian(self, f, x):
        matrix = dg.jacobian(f)
        return lambda: (0.0, [matrix(x)])

    def result(self, out):
        value, gradients = out
        return float(getattr(value, "data", value)), [np.asarray(getattr(g, "data", g)) for g in gradients]
