"""A recorded call, run and pulled back by dualgrad."""

from __future__ import annotations

import warnings

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


def run(call, arrays):
    """Outputs and gradients, as lists of arrays; None for a gradient where the result does not depend on the leaf."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # means of nothing
            return _run(call, arrays)
    except TypeError as error:
        if "for real operands only" in str(error) or "not supported for the input types" in str(error):
            raise Lacking("complex numbers") from error
        raise


def _run(call, arrays):
    leaves = []

    def leaf(number):
        leaves.append(dg.tensor(arrays[number], requires_grad=True))
        return leaves[-1]

    args = decoded(call["args"], arrays.__getitem__, leaf)
    kwargs = {key: decoded(value, arrays.__getitem__, leaf) for key, value in call["kwargs"].items()}
    found = TABLE[call["op"]](*args, **kwargs)
    ys = [y for y in (found if isinstance(found, (tuple, list)) else (found,)) if y.dtype.kind in "fc"]
    active = [(k, y) for k, y in enumerate(ys) if isinstance(y, dg.Tensor) and y.requires_grad]
    seeds = [cotangent(y.shape, y.dtype, k) for k, y in active]
    gradients = (
        dg.autograd.grad([y for _, y in active], leaves, seeds, allow_unused=True) if active else [None] * len(leaves)
    )
    return list(map(_array, ys)), [None if g is None else _array(g) for g in gradients]


def _array(value):
    return np.asarray(value.detach().numpy() if isinstance(value, dg.Tensor) else value)
