import os

import numpy as np

from .base import Engine


class TinyGrad(Engine):
    """tinygrad, CPU device (needs clang), without TinyJit: graph built, scheduled and run each step."""

    name, package = "tinygrad", "tinygrad"

    def setup(self, threads):
        os.environ["DEV"] = "CPU"
        os.environ["CPU_COUNT"] = str(threads)
        import sys

        sys.setrecursionlimit(20000)
        from tinygrad import Tensor, dtypes

        self.T, self.dt = Tensor, dtypes
        for n in "exp log sin cos tanh sqrt abs relu sigmoid reshape".split():
            setattr(self, n, getattr(Tensor, n))

    def const(self, a):
        return self.T(np.ascontiguousarray(a)).realize()

    labels = index = const

    def sum(self, x, axis=None, keepdims=False):
        return x.sum(axis, keepdims)

    def mean(self, x, axis=None, keepdims=False):
        return x.mean(axis, keepdims)

    def max(self, x, axis=None, keepdims=False):
        return x.max(axis, keepdims)

    def transpose(self, x, axes):
        return x.permute(axes)

    def concatenate(self, xs, axis=0):
        return xs[0].cat(*xs[1:], dim=axis)

    def logsumexp(self, x, axis):
        return x.logsumexp(axis)

    def cross_entropy(self, z, y):
        return z.sparse_categorical_crossentropy(y)

    def _leaf(self, a):
        return self.T(np.asarray(a)).realize()

    def value_and_grad(self, f, args):
        leaves = [self._leaf(a) for a in args]

        def step():
            y = f(*leaves)
            gs = y.gradient(*leaves)
            self.T.realize(y, *gs)
            return y, gs

        return step

    def hvp(self, f, x, v):
        x, v = self._leaf(x), self.const(v)

        def step():
            (g,) = f(x).gradient(x)
            (h,) = (g * v).sum().gradient(x)
            return 0.0, [h.realize()]

        return step

    def result(self, out):
        v = out[0]
        return float(v if isinstance(v, float) else v.item()), [g.numpy() for g in out[1]]
