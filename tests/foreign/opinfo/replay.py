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


def inner(a, b):
    """The sum of products, the real part of it for complex numbers."""
    return np.sum(np.real(np.conj(a) * b) if b.dtype.kind == "c" else a * b)


def paired(call, arrays):
    """The outputs of a call, each times its cotangent, as one function of what is differentiated."""

    def function(*leaves):
        outputs = enumerate(applied(call, arrays, leaves))
        return sum((inner(cotangent(y.shape, y.dtype, k), y) for k, y in outputs), 0.0)

    return function


def pushed(function, leaves, tangents):
    """By forward mode: the derivative of such a function along these tangents."""
    with quiet():
        return float(np.real(dg.jvp(function, leaves, tangents)[1]))


def gradient_along(function, tangents):
    """The gradient of a function times these tangents, as a function of the same arguments."""
    gradient = dg.grad(function, tuple(range(len(tangents))))
    return lambda *leaves: sum(map(inner, tangents, gradient(*leaves)))


def pulled(function, leaves):
    """By reverse mode: the gradients of such a function."""
    with quiet():
        return [np.asarray(g) for g in dg.grad(function, tuple(range(len(leaves))))(*leaves)]


def _array(value):
    return np.asarray(value.detach().numpy() if isinstance(value, dg.Tensor) else value)
