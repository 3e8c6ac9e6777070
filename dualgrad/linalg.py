"""The functions of numpy.linalg, and some of scipy.linalg, by the names they have there."""

from __future__ import annotations

from dualgrad.array import public

__all__ = (
    "block_diag cho_factor cho_solve cholesky cofactor cond cosm cross det diagonal eig eigh eigvals eigvalsh expm inv "
    "logm lstsq matmul matrix_norm matrix_power matrix_rank matrix_transpose multi_dot norm outer pinv qr sinm slogdet "
    "solve solve_sylvester solve_triangular sqrtm svd svdvals tensordot tensorinv tensorsolve toeplitz trace "
    "vector_norm"
).split()
globals().update({name: public()[name] for name in __all__})
