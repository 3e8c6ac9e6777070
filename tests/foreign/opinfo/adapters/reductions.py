"""Sums, extremes, statistics, running totals, and what sorts."""

from __future__ import annotations

from functools import partial

import numpy as np

import dualgrad as dg

from .common import axes, lacking, rank


def _plain(function):
    def reduce(x, dim=None, keepdim=False, *, dtype=None):
        x = x if dtype is None else x.astype(dtype)
        return function(x, axis=axes(dim, x), keepdims=keepdim)

    return reduce


def _spread(function):
    def reduce(x, dim=None, unbiased=None, keepdim=False, *, correction=None):
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        ddof = 1 if correction is None else correction
        ddof = 0 if unbiased is False else ddof
        return function(x, axis=axes(dim, x), ddof=ddof, keepdims=keepdim)

    return reduce


def _extreme(function, pick):
    """PyTorch's max and min: of all, along an axis with positions, or of two arrays."""

    def reduce(x, dim=None, keepdim=False, other=None):
        other = dim if dim is not None and not isinstance(dim, int) else other
        if other is not None:
            return pick(x, other)
        return function(x, axis=axes(dim, x), keepdims=keepdim)

    return reduce


def _amin(function):
    return lambda x, dim=(), keepdim=False: function(x, axis=axes(dim, x), keepdims=keepdim)


def _aminmax(x, *, dim=None, keepdim=False):
    axis = axes(dim, x)
    return dg.min(x, axis=axis, keepdims=keepdim), dg.max(x, axis=axis, keepdims=keepdim)


def _running(function):
    def run(x, dim, *, dtype=None):
        x = x if dtype is None else x.astype(dtype)
        return function(x, axis=dim) if rank(x) else function(x[None], axis=0)[0]

    return run


def _diff(x, n=1, dim=-1, prepend=None, append=None):
    if n == 0:
        return x
    parts = [part for part in (prepend, x, append) if part is not None]
    return dg.diff(dg.concatenate(parts, dim) if len(parts) > 1 else x, n, dim)


def _trapezoid(y, x=None, *, dx=None, dim=-1):
    if x is None:
        return dg.trapezoid(y, dx=1.0 if dx is None else dx, axis=dim)
    lacking(rank(x) == 1 or tuple(x.shape) == tuple(y.shape), "positions that broadcast")
    return dg.trapezoid(y, x, axis=dim)


def _quantile(function, x, q, dim=None, keepdim=False, *, interpolation="linear"):
    lacking(not (hasattr(q, "requires_grad") and q.requires_grad), "a gradient in q")
    q = q.detach().numpy() if hasattr(q, "detach") else q
    return function(x, q, axis=axes(dim, x), method=interpolation, keepdims=keepdim)


def _sort(x, dim=-1, descending=False, *, stable=None):
    if not rank(x):
        return x
    found = dg.sort(x, axis=dim)
    return dg.flip(found, dim) if descending else found


def _topk(x, k, dim=-1, largest=True, sorted=True):
    lacking(sorted, "no order")
    return dg.topk(x, k, dim, largest).values if rank(x) else x


def _kthvalue(x, k, dim=-1, keepdim=False):
    if not rank(x):
        return x
    found = dg.take(dg.sort(x, axis=dim), [k - 1], axis=dim)
    return found if keepdim else dg.squeeze(found, dim)


def _median(x, dim=None, keepdim=False):
    """The lower one of the two in the middle."""
    if dim is None:
        x, dim = dg.ravel(x), 0
    return _kthvalue(x, (x.shape[dim] + 1) // 2, dim, keepdim) if rank(x) else x


def _norm(x, p="fro", dim=None, keepdim=False, dtype=None):
    lacking(dtype is None, "a dtype to reduce in")
    if p in ("fro", 2, None):
        return dg.norm(dg.ravel(x), None) if dim is None and not keepdim else _vector_norm(x, 2, dim, keepdim)
    if p == "nuc":
        return dg.norm(x, "nuc", axis=axes(dim, x), keepdims=keepdim)
    return _vector_norm(x, p, dim, keepdim)


def _vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    lacking(dtype is None or np.dtype(dtype) == x.dtype, "a dtype to reduce in")
    chosen = axes(dim, x)
    chosen = tuple(range(rank(x))) if chosen is None else (chosen,) if isinstance(chosen, int) else chosen
    chosen = tuple(k % max(rank(x), 1) for k in chosen)
    flat = dg.moveaxis(x, chosen, tuple(range(-len(chosen), 0))) if rank(x) else x
    kept = flat.shape[: rank(x) - len(chosen)]
    found = dg.norm(dg.reshape(flat, (*kept, int(np.prod(flat.shape[len(kept) :], dtype=int)))), ord, axis=-1)
    return dg.expand_dims(found, tuple(sorted(chosen))) if keepdim and rank(x) else found


def _gradient(x, *, spacing=None, dim=None, edge_order=1):
    dim = tuple(range(rank(x))) if dim is None else dim
    given = [] if spacing is None else spacing if isinstance(spacing, (tuple, list)) else [spacing]
    found = dg.gradient(x, *given, axis=dim if isinstance(dim, int) else tuple(dim), edge_order=edge_order)
    return tuple(found) if isinstance(found, (list, tuple)) else (found,)


def _cov(x, *, correction=1, fweights=None, aweights=None):
    lacking(rank(x) in (1, 2), "no axes")
    return dg.cov(x, ddof=correction, fweights=fweights, aweights=aweights)


TABLE = {
    **{name: _plain(getattr(dg, name)) for name in ("sum", "mean", "nansum", "nanmean")},
    "prod": lambda x, dim=None, keepdim=False, *, dtype=None: _plain(dg.prod)(x, dim, keepdim, dtype=dtype),
    "var": _spread(dg.var),
    "std": _spread(dg.std),
    "var_mean": lambda x, dim=None, *a, keepdim=False, **k: (
        _spread(dg.var)(x, dim, *a, keepdim=keepdim, **k),
        dg.mean(x, axis=None if isinstance(dim, bool) else axes(dim, x), keepdims=keepdim),
    ),
    "std_mean": lambda x, dim=None, *a, keepdim=False, **k: (
        _spread(dg.std)(x, dim, *a, keepdim=keepdim, **k),
        dg.mean(x, axis=None if isinstance(dim, bool) else axes(dim, x), keepdims=keepdim),
    ),
    "amax": _amin(dg.max),
    "amin": _amin(dg.min),
    "aminmax": _aminmax,
    "max": _extreme(dg.max, dg.maximum),
    "min": _extreme(dg.min, dg.minimum),
    "logsumexp": lambda x, dim, keepdim=False: dg.logsumexp(x, axis=axes(dim, x), keepdims=keepdim),
    "cumsum": _running(dg.cumsum),
    "cumprod": _running(dg.cumprod),
    "cummax": _running(lambda x, axis: dg.cummax(x, axis)),
    "cummin": _running(lambda x, axis: dg.cummin(x, axis)),
    "logcumsumexp": _running(dg.logcumsumexp),
    "diff": _diff,
    "trapezoid": _trapezoid,
    "trapz": _trapezoid,
    "gradient": _gradient,
    "quantile": partial(_quantile, dg.quantile),
    "nanquantile": partial(_quantile, dg.nanquantile),
    "sort": _sort,
    "msort": lambda x: dg.sort(x, axis=0),
    "topk": _topk,
    "kthvalue": _kthvalue,
    "median": _median,
    "norm": _norm,
    "linalg.vector_norm": _vector_norm,
    "dist": lambda x, other, p=2: _vector_norm(x - other, p),
    "cov": _cov,
    "corrcoef": lambda x: dg.corrcoef(x),
}
