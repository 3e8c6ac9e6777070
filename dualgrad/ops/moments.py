"""Sums and moments that leave NaN out, and covariances."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.conjugate import adjoint, real, squared
from dualgrad.op import composed
from dualgrad.positions import values
from dualgrad.shapes import extents, rank


def _present(a: Any) -> Any:
    return ~np.isnan(values(a))


@composed(np.nansum)
def nansum(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The sum of what is a number; no gradient flows to what is not.

    >>> float(nansum(np.array([1.0, np.nan])))
    1.0
    """
    return np.sum(np.where(_present(a), a, 0), axis=axis, keepdims=keepdims)


@composed(np.nanprod)
def nanprod(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The product of what is a number."""
    return np.prod(np.where(_present(a), a, 1), axis=axis, keepdims=keepdims)


@composed(np.nancumsum)
def nancumsum(a: Any, axis: int | None = None) -> Any:
    """The running sums of what is a number.

    >>> nancumsum(np.array([1.0, np.nan, 2.0]))
    array([1., 1., 3.])
    """
    return np.cumsum(np.where(_present(a), a, 0), axis=axis)


@composed(np.nancumprod)
def nancumprod(a: Any, axis: int | None = None) -> Any:
    """The running products of what is a number."""
    return np.cumprod(np.where(_present(a), a, 1), axis=axis)


def _counted(a: Any, axis: Any, keepdims: bool) -> Any:
    return np.sum(_present(a), axis=axis, keepdims=keepdims).astype(a.dtype)


@composed(np.nanmean)
def nanmean(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The mean of what is a number."""
    return nansum(a, axis, keepdims=keepdims) / _counted(a, axis, keepdims)


@composed(np.nanvar)
def nanvar(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    """The variance of what is a number."""
    apart = np.where(_present(a), a, 0) - nanmean(a, axis, keepdims=True)
    squares = np.where(_present(a), squared(apart), 0)
    return np.sum(squares, axis=axis, keepdims=keepdims) / (real(_counted(a, axis, keepdims)) - ddof)


@composed(np.nanstd)
def nanstd(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Any:
    """The standard deviation of what is a number."""
    return np.sqrt(nanvar(a, axis, ddof=ddof, keepdims=keepdims))


@composed(np.nanmax)
def nanmax(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The largest of what is a number."""
    return np.max(np.where(_present(a), a, -np.inf), axis=axis, keepdims=keepdims)


@composed(np.nanmin)
def nanmin(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    """The smallest of what is a number."""
    return np.min(np.where(_present(a), a, np.inf), axis=axis, keepdims=keepdims)


# ---------------------------------------------------------------------------- covariances


def _variables(m: Any, y: Any, rowvar: bool) -> Any:
    """One row a variable."""
    rows = np.atleast_2d(m)
    rows = rows if rowvar or rank(m) < 2 else np.transpose(rows)
    return rows if y is None else np.concatenate([rows, _variables(y, None, rowvar)], axis=0)


@composed(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Any:
    """The covariances of the rows, each a variable and each column an observation.

    ``y`` has more variables; ``fweights`` says how often each observation was made, ``aweights`` how much it counts.

    >>> float(cov(np.array([1.0, 2.0, 3.0])))
    1.0
    """
    rows = _variables(m, y, rowvar)
    less = int(not bias) if ddof is None else ddof
    given = [weights for weights in (fweights, aweights) if weights is not None]
    if not given:
        apart = rows - np.mean(rows, axis=1, keepdims=True)
        found = np.matmul(apart, adjoint(apart)) / (rows.shape[1] - less)
    else:
        weights = given[0] if len(given) == 1 else given[0] * given[1]
        whole = np.sum(weights)
        apart = rows - np.sum(rows * weights, axis=1, keepdims=True) / whole
        lost = less if aweights is None else less * np.sum(weights * aweights) / whole
        found = np.matmul(apart * weights, adjoint(apart)) / (whole - lost)
    return found[0, 0] if extents(rows)[0] == 1 else found


@composed(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    """The correlations of the rows, and of those of ``y``."""
    c = cov(x, y, rowvar)
    if not rank(c):
        return c / c
    root = np.sqrt(real(np.diagonal(c)))
    return c / root[:, None] / root[None, :]
