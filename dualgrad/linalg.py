"""The functions of numpy.linalg, by the names they have there: the same ones as in dualgrad itself."""

from __future__ import annotations

from dualgrad.array import public

__all__ = (
    "cholesky cofactor cond cross det diagonal eigh eigvalsh inv lstsq matmul matrix_power matrix_transpose multi_dot "
    "norm outer pinv qr slogdet solve svd svdvals tensordot trace"
).split()
globals().update({name: public()[name] for name in __all__})
