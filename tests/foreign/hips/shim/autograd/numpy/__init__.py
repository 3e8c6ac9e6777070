"""NumPy itself, and the constructors that its protocols do not reach."""

import builtins

import numpy as _np
from numpy import *  # noqa: F403
from numpy import __version__, fft, linalg  # noqa: F401

import dualgrad
from dualgrad import Tensor

from . import random  # noqa: F401

row_stack = _np.vstack


def _joined(value):
    """Nested sequences with tensors inside as one tensor; anything else as it is."""
    if builtins.isinstance(value, (builtins.list, tuple)) and builtins.any(map(_holds_tensor, value)):
        return dualgrad.stack([_joined(entry) for entry in value])
    return value


def _holds_tensor(value):
    if builtins.isinstance(value, (builtins.list, tuple)):
        return builtins.any(map(_holds_tensor, value))
    return builtins.isinstance(value, Tensor)


def array(object, dtype=None, *, ndmin=0, **rest):
    joined = _joined(object)
    if not builtins.isinstance(joined, Tensor):
        return _np.array(joined, dtype, ndmin=ndmin, **rest)
    joined = joined if dtype is None else joined.astype(dtype)
    return joined[(None,) * (ndmin - joined.ndim)] if joined.ndim < ndmin else joined


def mean(a, *args, **kwargs):
    return _np.mean(_joined(a), *args, **kwargs)


def std(a, *args, **kwargs):
    return _np.std(_joined(a), *args, **kwargs)


def var(a, *args, **kwargs):
    return _np.var(_joined(a), *args, **kwargs)


def stack(arrays, axis=0):
    return _np.stack(builtins.list(map(_joined, arrays)), axis)


def append(arr, values, axis=None):
    return _np.append(array(arr), array(values), axis)


def where(*args, **kwargs):
    """NumPy's; of two Python objects, the one chosen, as HIPS has it."""
    given = (*args, *(kwargs[name] for name in ("condition", "x", "y") if name in kwargs))
    found = _np.where(*given)
    if not builtins.isinstance(found, _np.ndarray) or builtins.any(map(_holds_array, given)):
        return found
    return found.tolist()


def _holds_array(value):
    if builtins.isinstance(value, (builtins.list, tuple)):
        return builtins.any(map(_holds_array, value))
    return builtins.isinstance(value, (Tensor, _np.ndarray, _np.generic))


class _Joining:
    """``r_`` or ``c_``: pieces of an index, joined."""

    def __init__(self, numpys, join):
        self.numpys, self.join = numpys, join

    def __getitem__(self, pieces):
        given = pieces if builtins.isinstance(pieces, tuple) else (pieces,)
        if not builtins.any(map(_holds_tensor, given)):
            return self.numpys[pieces]
        return self.join([_np.atleast_1d(p if _holds_tensor(p) else self.numpys[p]) for p in given])


r_ = _Joining(_np.r_, _np.concatenate)
c_ = _Joining(_np.c_, _np.column_stack)


def make_diagonal(D, offset=0, axis1=0, axis2=1):
    """HIPS' inverse of diagonal, for the last axis."""
    return D[..., None] * _np.eye(D.shape[-1])
