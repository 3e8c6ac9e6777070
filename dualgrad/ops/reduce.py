"""Sums, means, products and extrema over axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from dualgrad.meanings import count, kept, over
from dualgrad.op import Call, Complex, Kind, Kink, Op, Sizes, dtype_of, structural
from dualgrad.program.entry import Meaning
from dualgrad.samples import Draw, Sample, call, drawn
from dualgrad.shapes import Shape, all_axes, behind, extents, rank, spread, without
from dualgrad.sums import total

Axes = Sequence[int]


def _call(a: Any, axis: Any = None, *, keepdims: bool = False) -> Call:
    return Call((a,), {"axis": all_axes(axis, rank(a)), "keepdims": bool(keepdims)})


def _typed_call(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: bool = False) -> Call:
    """The signature of sum, mean and prod, which take the dtype to reduce in."""
    if dtype is not None and np.dtype(dtype) != getattr(a, "dtype", None):
        a = np.astype(a, dtype) if hasattr(a, "dtype") else np.asarray(a, dtype)
    return _call(a, axis, keepdims=keepdims)


def _meaning(kind: str, sizes: Sizes, shape: Shape, axis: Axes, keepdims: bool) -> Meaning:
    indices, at = kept(shape, axis, keepdims)
    return Meaning(indices, over(kind, shape, axis, at))


def _stacked(forward: Any) -> Any:
    return lambda which, a, axis, keepdims: forward(a, axis=behind(axis), keepdims=keepdims)


def _calls(draw: Draw) -> list[Sample]:
    return [
        call(draw(2, 3)),
        call(draw(2, 3), axis=0),
        call(draw(2, 3), axis=-1, keepdims=True),
        call(draw(2, 3, 2), axis=(0, 2)),
        call(draw(3)),
        call(draw(1, 2), axis=0),
        call(draw()),
    ]


# ---------------------------------------------------------------------------- sum, mean

sum = structural(
    "sum",
    Kind.MULTILINEAR,
    call=_typed_call,
    forward=total,
    stacked=_stacked(np.sum),
    dtype=dtype_of(lambda a, **_: np.sum(a)),
    meaning=partial(_meaning, "sum"),
    vjp=[lambda g, y, a, axis, keepdims: spread(g, a, axis, keepdims)],
    numpy=[np.sum],
    method="sum",
    samples=drawn(lambda draw: [*_calls(draw), call(draw(0)), call(draw(2, 0), axis=0), call(draw(2, 0), axis=1)]),
)


def _length(a: Any, axis: Axes) -> Any:
    """How many elements are reduced: a number, or the dimension it is."""
    shape = getattr(a, "shape", ())
    return math.prod(shape[k] for k in axis)


def _mean_meaning(sizes: Sizes, shape: Shape, axis: Axes, keepdims: bool) -> Meaning:
    indices, at = kept(shape, axis, keepdims)
    return Meaning(indices, over("sum", shape, axis, at) / count(shape[k] for k in axis))


def _mean_pull(g: Any, y: Any, a: Any, axis: Axes, keepdims: bool) -> Any:
    return spread(g / _length(a, axis), a, axis, keepdims)


mean = structural(
    "mean",
    Kind.MULTILINEAR,
    call=_typed_call,
    forward=np.mean,
    stacked=_stacked(np.mean),
    dtype=dtype_of(lambda a, **_: np.mean(a)),
    meaning=_mean_meaning,
    vjp=[_mean_pull],
    numpy=[np.mean],
    method="mean",
    domain="at least one element",
    samples=drawn(_calls),
)

# ---------------------------------------------------------------------------- max, min


def _winners(y: Any, a: Any, axis: Axes, keepdims: bool, like: Any) -> tuple[Any, Any]:
    """Which elements are the extreme ones, and how many of them tie, in the dtype of ``like``."""
    wins = np.equal(a, spread(y, a, axis, keepdims))
    return wins, np.sum(wins, axis=tuple(axis), keepdims=True).astype(like.dtype)


def _extreme_pull(g: Any, y: Any, a: Any, axis: Axes, keepdims: bool) -> Any:
    wins, ties = _winners(y, a, axis, keepdims, g)
    return np.where(wins, spread(g, a, axis, keepdims) / ties, 0)


def _extreme_push(t: Any, y: Any, a: Any, axis: Axes, keepdims: bool) -> Any:
    wins, ties = _winners(y, a, axis, keepdims, t)
    return np.sum(np.where(wins, t / ties, 0), axis=tuple(axis), keepdims=keepdims)


def _extreme(name: str, forward: Any, *numpy: Any) -> Op:
    return structural(
        name,
        Kind.SELECTION,
        call=_call,
        forward=forward,
        stacked=_stacked(forward),
        meaning=partial(_meaning, name),
        vjp=[_extreme_pull],
        jvp=[_extreme_push],
        numpy=numpy,
        method=name,
        kinks=(Kink("ties", "an equal share each", "the weights sum to 1, so any direction along the tie is exact"),),
        domain="at least one element",
        samples=drawn(_calls),
    )


max = _extreme("max", np.max, np.max, np.amax)
min = _extreme("min", np.min, np.min, np.amin)

# ---------------------------------------------------------------------------- prod


def _others(a: Any, axis: Axes) -> Any:
    """For every element the product of the others, without dividing: exact at zeros, also in higher derivatives.

    This takes memory quadratic in the number of elements reduced.
    """
    shape = extents(a)
    if 0 in shape:
        return a
    held = [k for k in range(len(shape)) if k not in axis]
    order = [*held, *axis]
    rows = np.reshape(np.transpose(a, order), (*without(shape, axis), -1))
    itself = np.diag(np.ones_like(rows[(0,) * len(held)]))
    products = np.prod(np.where(itself, 1, rows[..., None, :]), axis=-1)
    back = [order.index(k) for k in range(len(shape))]
    return np.transpose(np.reshape(products, tuple(shape[k] for k in order)), back)


def _prod_pull(g: Any, y: Any, a: Any, axis: Axes, keepdims: bool) -> Any:
    return spread(g, a, axis, keepdims) * _others(a, axis)


prod = structural(
    "prod",
    Kind.COMPOSITE,
    call=_typed_call,
    forward=np.prod,
    stacked=_stacked(np.prod),
    dtype=dtype_of(lambda a, **_: np.prod(a)),
    meaning=partial(_meaning, "prod"),
    vjp=[_prod_pull],
    jvp=[lambda t, y, a, axis, keepdims: np.sum(t * _others(a, axis), axis=axis, keepdims=keepdims)],
    numpy=[np.prod],
    complex=Complex.ANALYTIC,
    method="prod",
    samples=drawn(_calls),
)
