"""What some functions are, to 60 digits: by it a difference from PyTorch is judged."""

from __future__ import annotations

import mpmath as mp
import numpy as np

mp.mp.dps = 60
_ROOT_2 = mp.sqrt(2)


def _ndtr(x):
    return mp.erfc(-x / _ROOT_2) / 2


def _limited(x, eps=None):
    return x if eps is None else min(max(x, mp.mpf(eps)), 1 - mp.mpf(eps))


FUNCTIONS = {
    "digamma": mp.digamma,
    "expm1": mp.expm1,
    "logit": lambda x, eps=None: mp.log(_limited(x, eps) / (1 - _limited(x, eps))),
    "nn.functional.gelu": lambda x: x * _ndtr(x),
    "polygamma": lambda x, n: mp.polygamma(n, x),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "sinc": lambda x: mp.sinc(mp.pi * x),
    "special.erfcx": lambda x: mp.exp(x * x) * mp.erfc(x),
    "special.i0e": lambda x: mp.exp(-abs(x)) * mp.besseli(0, x),
    "special.i1e": lambda x: mp.exp(-abs(x)) * mp.besseli(1, x),
    "special.log_ndtr": lambda x: mp.log(_ndtr(x)),
    "special.ndtr": _ndtr,
    "special.polygamma": lambda x, n: mp.polygamma(n, x),
    "tan": mp.tan,
    "tanh": mp.tanh,
}


def _number(x):
    return mp.mpc(complex(x)) if np.iscomplexobj(x) else mp.mpf(float(x))


def value(op, x, rest):
    """The function at one entry."""
    return FUNCTIONS[op](_number(x), *rest)


def pulled(op, x, g, rest):
    """The cotangent of one entry: as PyTorch has it, by the conjugate of the derivative."""
    slope = mp.diff(lambda z: FUNCTIONS[op](z, *rest), _number(x))
    return _number(g) * (mp.conj(slope) if np.iscomplexobj(x) else slope)


def magnified(op, x, g, rest):
    """What a rounding of x does to the cotangent of one entry, in units of it."""
    return abs(_number(g) * _number(x) * mp.diff(lambda z: FUNCTIONS[op](z, *rest), _number(x), 2))


def logsumexp(x, g, axis):
    """The cotangent of a whole array for the logarithm of the sum of exponentials along axes that are kept."""
    powers = np.vectorize(lambda entry: mp.exp(_number(entry)), otypes=[object])(x)
    shares = powers / np.sum(powers, axis=tuple(axis), keepdims=True) if x.ndim else powers / powers
    return np.vectorize(lambda h, share: _number(h) * mp.conj(share), otypes=[object])(g, shares)


def logcumsumexp(x, g, axis):
    """The cotangent of a whole array for the logarithms of running sums of exponentials."""
    xs, gs = np.moveaxis(x, axis, 0), np.moveaxis(g, axis, 0)
    found = np.empty(xs.shape, object)
    for place in np.ndindex(xs.shape[1:]):
        line, weights = ([_number(v) for v in a[(slice(None), *place)]] for a in (xs, gs))
        totals = [mp.log(mp.fsum(map(mp.exp, line[: k + 1]))) for k in range(len(line))]
        for i, entry in enumerate(line):
            terms = (w * mp.exp(entry - total) for w, total in zip(weights[i:], totals[i:], strict=True))
            found[(i, *place)] = mp.fsum(terms)
    return np.moveaxis(found, 0, axis)
