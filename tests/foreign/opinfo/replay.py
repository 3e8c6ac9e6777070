"""A recorded call, run and differentiated by dualgrad."""

from __future__ import annotations

import warnings
from contextlib import contextmanager

import numpy as np

import dualgrad as dg

from .adapters.table import TABLE, Lacking
from .records import cotangent, decoded


def differentiated(call, arrays):
    """The arrays that PyTorch gave a gradient for, in order."""
    leaves = []
    for tree in (call["args"], *call["kwargs"].values()):
        decoded(tree, arrays.__getitem__, lambda number: leaves.append(arrays[number]))
    return leaves


def applied(call, arrays, leaves):
    """The results of a call that are not integers, with these in place of what is differentiated."""
    given = iter(leaves)
    args = decoded(call["args"], arrays.__getitem__, lambda number: next(given))
    kwargs = {
        key: decoded(value, arrays.__getitem__, lambda number: next(given)) for key, value in call["kwargs"].items()
    }
    found = TABLE[call["op"]](*args, **kwargs)
    return [y for y in (found if isinstance(found, (tuple, list)) else (found,)) if y.dtype.kind in "fc"]


@contextmanager
def quiet():
    """Nothing said about infinities, and means of nothing; what is not declared for complex numbers is lacking."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            yield
    except TypeError as error:
        if "for real operands only" in str(error) or "not supported for the input types" in str(error):
            raise Lacking("complex numbers") from error
        raise


def run(call, arrays):
    """Outputs and gradients, as lists of arrays; None for a gradient where the result does not depend on the leaf."""
    with quiet():
        leaves = [dg.tensor(array, requires_grad=True) for array in differentiated(call, arrays)]
        ys = applied(call, arrays, leaves)
        active = [(k, y) for k, y in enumerate(ys) if isinstance(y, dg.Tensor) and y.requires_grad]
        if not active:
            return list(map(_array, ys)), [None] * len(leaves)
        seeds = [cotangent(y.shape, y.dtype, k) for k, y in active]
        gradients = dg.autograd.grad([y for _, y in active], leaves, seeds, allow_unused=True)
        return list(map(_array, ys)), [None if g is None else _array(g) for g in gradients]


def pushed(call, arrays, tangents):
    """By forward mode: the derivative along these tangents of the outputs, each times its cotangent."""

    def paired(*leaves):
        total = 0.0
        for k, y in enumerate(applied(call, arrays, leaves)):
            g = cotangent(y.shape, y.dtype, k)
            total = total + np.sum(np.real(np.conj(g) * y) if y.dtype.kind == "c" else g * y)
        return total

    with quiet():
        return float(np.real(dg.jvp(paired, differentiated(call, arrays), tangents)[1]))


def _array(value):
    return np.asarray(value.detach().numpy() if isinstance(value, dg.Tensor) else value)
