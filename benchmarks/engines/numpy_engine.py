"""The hand-written reference columns, and a forward-only NumPy api (used by the verifiers)."""

import numpy as np

from .. import hand
from .base import Engine, Unsupported


class Hand(Engine):
    name, package, table = "numpy", "numpy", hand.HAND

    def prepare(self, task, args, consts):
        if task.name not in self.table:
            raise Unsupported("no such hand-written form")
        return self.table[task.name](args, consts)

    def result(self, out):
        return float(out[0]), [np.asarray(g) for g in out[1]]


class Alt(Hand):
    name, table = "numpy-alt", hand.ALT


class NumpyForward(Engine):
    """Plain NumPy forward functions."""

    name, package = "numpy-forward", "numpy"
    exp, log, sin, cos, tanh, sqrt, abs = (np.exp, np.log, np.sin, np.cos, np.tanh, np.sqrt, np.abs)

    def const(self, a):
        return a

    def relu(self, x):
        return np.maximum(x, 0)

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def sum(self, x, axis=None, keepdims=False):
        return np.sum(x, axis=axis, keepdims=keepdims)

    def mean(self, x, axis=None, keepdims=False):
        return np.mean(x, axis=axis, keepdims=keepdims)

    def max(self, x, axis=None, keepdims=False):
        return np.max(x, axis=axis, keepdims=keepdims)

    def reshape(self, x, shape):
        return np.reshape(x, shape)

    def transpose(self, x, axes):
        return np.transpose(x, axes)

    def concatenate(self, xs, axis=0):
        return np.concatenate(xs, axis)

    def logsumexp(self, x, axis):
        m = np.max(x, axis=axis, keepdims=True)
        return np.log(np.sum(np.exp(x - m), axis=axis)) + np.squeeze(m, axis)

    def cross_entropy(self, z, y):
        z = z - z.max(1, keepdims=True)
        return np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y])
