"""Products, linear algebra and Fourier transforms."""

from __future__ import annotations

import numpy as np

import dualgrad as dg

from .common import axes, lacking, rank
from .reductions import _vector_norm


def _added(product):
    return lambda x, a, b, *, beta=1, alpha=1: beta * x + alpha * product(a, b)


def _tensordot(a, b, dims=2):
    return dg.tensordot(a, b, dims if isinstance(dims, int) else tuple(map(list, dims)))


def _cross(a, b, dim=-1):
    return dg.cross(a, b, axis=dim)


def _old_cross(a, b, dim=None):
    return dg.cross(a, b, axis=next(k for k, n in enumerate(a.shape) if n == 3) if dim is None else dim)


def _symmetric(a):
    """As OpInfo hands matrices to ops that read one triangle only."""
    return a + np.conj(a.mT)


def _cholesky(a, upper=False):
    found = np.linalg.cholesky(_symmetric(a))
    return np.conj(found.mT) if upper else found


def _matrix_norm(a, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    lacking(dtype is None, "a dtype to reduce in")
    return dg.norm(a, ord, axis=tuple(dim), keepdims=keepdim)


def _norm(x, ord=None, dim=None, keepdim=False, *, dtype=None):
    lacking(dtype is None, "a dtype to reduce in")
    if ord is None:
        return _vector_norm(x, 2, dim, keepdim)
    matrix = isinstance(ord, str) or (rank(x) == 2 if dim is None else np.size(dim) == 2)
    if not matrix:
        return _vector_norm(x, ord, dim, keepdim)
    return dg.norm(x, ord, axis=tuple(dim) if dim is not None else None, keepdims=keepdim)


def _pinv(a, rcond=None, hermitian=False, *, atol=None, rtol=None):
    if getattr(rcond, "ndim", 0) > 1:  # OpInfo's way to hand over a matrix of less than full rank
        return dg.pinv(a @ rcond.mT)
    lacking(atol is None, "an absolute tolerance")
    return dg.pinv(_symmetric(a), rtol, True) if hermitian else dg.pinv(a, rcond if rtol is None else rtol)


def _qr(a, mode="reduced"):
    lacking(mode in ("reduced", "r"), "the complete factors")
    return tuple(dg.linalg.qr(a, mode)) if mode == "reduced" else (dg.linalg.qr(a, "r"),)


def _old_qr(a, some=True):
    return _qr(a, "reduced" if some else "complete")


def _svd(a, full_matrices=True):
    lacking(not full_matrices or a.shape[-1] == a.shape[-2], "vectors that complete a basis")
    u, s, vh = dg.linalg.svd(a, full_matrices=False)
    return np.abs(u), s, np.abs(vh)


def _old_svd(a, some=True, compute_uv=True):
    lacking(compute_uv, "no vectors")
    u, s, vh = _svd(a, not some)
    return u, s, vh.mT


def _eigh(a, UPLO="L"):
    w, v = dg.linalg.eigh(_symmetric(a), UPLO)
    return w, np.abs(v)


def _solve(a, b, *, left=True):
    if not left:
        return dg.solve(a.mT, b.mT).mT
    vector = rank(b) == 1 or (rank(b) == rank(a) - 1 and tuple(b.shape) == tuple(a.shape[:-1]))
    return dg.solve(a, b[..., None])[..., 0] if vector else dg.solve(a, b)


def _lstsq(a, b, rcond=None, *, driver=None):
    lacking(rank(a) == 2, "a stack of systems")
    return dg.linalg.lstsq(a, b)[0]


def _vander(x, N=None):
    lacking(rank(x) == 1, "a stack")
    return dg.vander(x, N, increasing=True)


def _eig(a):
    w, v = dg.linalg.eig(a)
    return w + 0j, np.abs(v)  # PyTorch's are complex throughout


def _solve_triangular(a, b, *, upper, left=True, unitriangular=False):
    if left:
        return dg.solve_triangular(a, b, lower=not upper, unit_diagonal=unitriangular)
    return dg.solve_triangular(a.mT, b.mT, lower=upper, unit_diagonal=unitriangular).mT


def _cholesky_solve(b, factor, upper=False):
    return dg.cho_solve((factor, not upper), b)


def _multi_dot(matrices):
    return dg.linalg.multi_dot(matrices)


def _fft(name):
    function = getattr(np.fft, name)
    return lambda x, n=None, dim=-1, norm=None: function(x, n, dim, norm)


def _fft2(name):
    function = getattr(np.fft, name)
    return lambda x, s=None, dim=(-2, -1), norm=None: function(
        x, s, (dim,) if isinstance(dim, int) else tuple(dim), norm
    )


def _fftn(name):
    function = getattr(np.fft, name)

    def transform(x, s=None, dim=None, norm=None):
        if dim is None and s is not None:
            dim = tuple(range(-len(np.atleast_1d(s)), 0))
        dim = (dim,) if isinstance(dim, int) else dim
        s = (s,) if isinstance(s, int) else s
        return function(x, s, tuple(dim) if dim is not None else None, norm)

    return transform


def _shift(name):
    function = getattr(np.fft, name)
    return lambda x, dim=None: function(x, axes(dim, x))


TABLE = {
    "matmul": dg.matmul,
    "__rmatmul__": lambda x, y: dg.matmul(y, x),
    "mm": dg.matmul,
    "bmm": dg.matmul,
    "mv": dg.matmul,
    "dot": dg.dot,
    "vdot": dg.vdot,
    "inner": dg.inner,
    "outer": dg.outer,
    "kron": dg.kron,
    "addmm": _added(dg.matmul),
    "addmv": _added(dg.matmul),
    "baddbmm": _added(dg.matmul),
    "addbmm": _added(lambda a, b: dg.sum(dg.matmul(a, b), axis=0)),
    "addr": _added(dg.outer),
    "tensordot": _tensordot,
    "einsum": lambda operands, equation: dg.einsum(equation, *operands),
    "linalg.cross": _cross,
    "cross": _old_cross,
    "linalg.vecdot": lambda a, b, *, dim=-1: np.vecdot(a, b, axis=dim),
    "linalg.multi_dot": _multi_dot,
    "linalg.matrix_power": lambda a, n: dg.linalg.matrix_power(a, n),
    "linalg.det": dg.linalg.det,
    "linalg.slogdet": lambda a: tuple(dg.linalg.slogdet(a)),
    "logdet": lambda a: np.log(dg.linalg.det(a)),
    "linalg.inv": dg.linalg.inv,
    "linalg.inv_ex": lambda a, *, check_errors=False: dg.linalg.inv(a),
    "linalg.solve": _solve,
    "linalg.solve_ex": lambda a, b, *, left=True, check_errors=False: _solve(a, b, left=left),
    "linalg.lstsq": _lstsq,
    "linalg.cholesky": lambda a, *, upper=False: _cholesky(a, upper),
    "linalg.cholesky_ex": lambda a, *, upper=False, check_errors=False: _cholesky(a, upper),
    "cholesky": _cholesky,
    "linalg.eigh": _eigh,
    "linalg.eigvalsh": lambda a, UPLO="L": dg.linalg.eigvalsh(_symmetric(a), UPLO),
    "linalg.svd": lambda a, full_matrices=True: _svd(a, full_matrices),
    "svd": _old_svd,
    "linalg.svdvals": lambda a: dg.linalg.svdvals(a),
    "linalg.qr": _qr,
    "qr": _old_qr,
    "linalg.pinv": _pinv,
    "pinverse": lambda a, rcond=None: _pinv(a),
    "linalg.cond": lambda a, p=None: dg.linalg.cond(a, p),
    "linalg.norm": _norm,
    "linalg.matrix_norm": _matrix_norm,
    "linalg.tensorinv": lambda a, ind=2: np.linalg.tensorinv(a, ind),
    "linalg.tensorsolve": lambda a, b, dims=None: np.linalg.tensorsolve(a, b, dims),
    "linalg.eig": _eig,
    "linalg.eigvals": lambda a: dg.linalg.eigvals(a) + 0j,
    "linalg.solve_triangular": _solve_triangular,
    "cholesky_solve": _cholesky_solve,
    "matrix_exp": lambda a: dg.expm(a),
    "block_diag": lambda *arrays: dg.block_diag(*arrays),
    "linalg.vander": _vander,
    **{f"fft.{name}": _fft(name) for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{f"fft.{name}": _fft2(name) for name in ("fft2", "ifft2", "rfft2", "irfft2")},
    **{f"fft.{name}": _fftn(name) for name in ("fftn", "ifftn", "rfftn", "irfftn")},
    **{f"fft.{name}": _shift(name) for name in ("fftshift", "ifftshift")},
}
