"""Composites with a fast, accurate forward of their own; what they mean is their definition."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from dualgrad.conjugate import inner, real, squared
from dualgrad.meanings import count, free, kept, over
from dualgrad.op import Call, Complex, Kind, Kink, Op, Sizes, composed, dtype_of, structural
from dualgrad.program.entry import Element, Entry, Meaning, Power, affine, kernel
from dualgrad.program.size import product
from dualgrad.samples import Draw, Sample, call, drawn
from dualgrad.shapes import Shape, all_axes, rank, spread

Axes = Sequence[int]


def _calls(draw: Draw) -> list[Sample]:
    return [
        call(draw(2, 3)),
        call(draw(2, 3), axis=0),
        call(draw(2, 3), axis=-1, keepdims=True),
        call(draw(2, 3, 2), axis=(0, 2)),
        call(draw(3)),
    ]


# ---------------------------------------------------------------------------- var, std


def _var_call(a: Any, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Call:
    return Call((a,), {"axis": all_axes(axis, rank(a)), "ddof": ddof, "keepdims": bool(keepdims)})


def _variance(shape: Shape, axis: Axes, ddof: int, at: Any) -> Entry:
    lengths = [shape[k] for k in axis]
    centre = over("sum", shape, axis, at) / count(lengths)
    return over("sum", shape, axis, at, lambda x: (x - centre) ** 2) / count([product(lengths) - ddof])


def _var_meaning(sizes: Sizes, shape: Shape, axis: Axes, ddof: int, keepdims: bool) -> Meaning:
    indices, at = kept(shape, axis, keepdims)
    return Meaning(indices, _variance(shape, axis, ddof, at))


def _std_meaning(sizes: Sizes, shape: Shape, axis: Axes, ddof: int, keepdims: bool) -> Meaning:
    indices, at = kept(shape, axis, keepdims)
    return Meaning(indices, Power(_variance(shape, axis, ddof, at), Fraction(1, 2)))


def _deviation(a: Any, axis: Axes, ddof: int) -> Any:
    length = math.prod(a.shape[k] for k in axis)
    return (a - np.mean(a, axis=tuple(axis), keepdims=True)) / (length - ddof)


def _var_pull(g: Any, y: Any, a: Any, axis: Axes, ddof: int, keepdims: bool) -> Any:
    return 2 * spread(g, a, axis, keepdims) * _deviation(a, axis, ddof)


def _var_push(t: Any, y: Any, a: Any, axis: Axes, ddof: int, keepdims: bool) -> Any:
    return 2 * np.sum(inner(t, _deviation(a, axis, ddof)), axis=tuple(axis), keepdims=keepdims)


def _over_std(g: Any, y: Any) -> Any:
    vanishes = np.equal(y, 0)
    return np.where(vanishes, 0, g / np.where(vanishes, 1, y))


def _std_pull(g: Any, y: Any, a: Any, axis: Axes, ddof: int, keepdims: bool) -> Any:
    return spread(_over_std(g, y), a, axis, keepdims) * _deviation(a, axis, ddof)


def _std_push(t: Any, y: Any, a: Any, axis: Axes, ddof: int, keepdims: bool) -> Any:
    return _over_std(np.sum(inner(t, _deviation(a, axis, ddof)), axis=tuple(axis), keepdims=keepdims), y)


var = structural(
    "var",
    Kind.COMPOSITE,
    call=_var_call,
    forward=np.var,
    dtype=dtype_of(lambda a, **_: np.var(a)),
    meaning=_var_meaning,
    vjp=[_var_pull],
    jvp=[_var_push],
    numpy=[np.var],
    complex=Complex.ADJOINT,
    method="var",
    domain="more than ddof elements",
    samples=drawn(lambda draw: [*_calls(draw), call(draw(4), ddof=1)]),
)

std = structural(
    "std",
    Kind.COMPOSITE,
    call=_var_call,
    forward=np.std,
    dtype=dtype_of(lambda a, **_: np.std(a)),
    meaning=_std_meaning,
    vjp=[_std_pull],
    jvp=[_std_push],
    numpy=[np.std],
    complex=Complex.ADJOINT,
    method="std",
    domain="more than ddof elements",
    kinks=(Kink("all elements equal", "0", "the middle of the cone, and PyTorch agrees"),),
    samples=drawn(lambda draw: [*_calls(draw), call(draw(4), ddof=1)]),
)


@composed(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, *, keepdims: bool = False) -> Any:
    """The mean, or the mean weighted by an array that broadcasts with ``a``."""
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    if rank(weights) != rank(a):
        raise TypeError("average: weights with fewer axes than the array are not an op; reshape them to broadcast")
    return np.sum(a * weights, axis=axis, keepdims=keepdims) / np.sum(weights, axis=axis, keepdims=keepdims)


# ---------------------------------------------------------------------------- norm


def _norm_call(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Call:
    axes = all_axes(axis, rank(x))
    if not (ord is None or (ord == 2 and len(axes) == 1) or (ord == "fro" and len(axes) == 2)):
        raise TypeError(f"norm: ord={ord!r} over {len(axes)} axes is not an op; only the root of the sum of squares is")
    return Call((x,), {"axis": axes, "keepdims": bool(keepdims)})


def _norm_meaning(sizes: Sizes, shape: Shape, axis: Axes, keepdims: bool) -> Meaning:
    indices, at = kept(shape, axis, keepdims)
    return Meaning(indices, Power(over("sum", shape, axis, at, lambda x: x**2), Fraction(1, 2)))


def _norm_forward(x: Any, axis: Axes, keepdims: bool) -> Any:
    if axis == tuple(range(np.ndim(x))):
        result = np.linalg.norm(x, axis=None, keepdims=keepdims)
    else:
        result = np.sqrt(np.sum(squared(x), axis=tuple(axis), keepdims=keepdims))
    least, most = _SQUARED.get(np.asarray(result).dtype.itemsize, (0.0, np.inf))
    if np.all((result > least) & (result < most)):
        return result
    top = np.max(np.abs(x), axis=tuple(axis), keepdims=True, initial=0)  # of those whose squares are no floats
    top = np.where((top > 0) & (top < np.inf), top, 1)
    whole = top * np.sqrt(np.sum(squared(x / top), axis=tuple(axis), keepdims=True))
    return (whole if keepdims else np.squeeze(whole, tuple(axis))).astype(np.asarray(result).dtype)[()]


_SQUARED = {2: (0.25, 128.0), 4: (2.0**-50, 2.0**60), 8: (2.0**-480, 2.0**500)}  # norms of entries with squares


def _unit(x: Any, y: Any, axis: Axes, keepdims: bool) -> Any:
    return x / spread(np.where(np.equal(y, 0), 1, y), x, axis, keepdims)


def _norm_pull(g: Any, y: Any, x: Any, axis: Axes, keepdims: bool) -> Any:
    """By x over its norm: one over the norm may overflow."""
    reached = np.where(np.equal(y, 0), 0, g)
    return spread(reached, x, axis, keepdims) * _unit(x, y, axis, keepdims)


norm = structural(
    "norm",
    Kind.COMPOSITE,
    call=_norm_call,
    forward=_norm_forward,
    dtype=dtype_of(lambda x, **_: np.sqrt(np.real(x))),
    complex=Complex.ADJOINT,
    meaning=_norm_meaning,
    vjp=[_norm_pull],
    jvp=[
        lambda t, y, x, axis, keepdims: (
            np.sum(inner(t, _unit(x, y, axis, keepdims)), axis=axis, keepdims=keepdims) * np.where(np.equal(y, 0), 0, 1)
        )
    ],
    kinks=(Kink("x = 0", "0", "the centre of the unit ball of subgradients, and PyTorch agrees"),),
    samples=drawn(_calls),
    doc="The Euclidean norm over axes, as numpy.linalg.norm.",
)

# ---------------------------------------------------------------------------- logsumexp, softmax


def _exps(shape: Shape, axis: Axes, at: Any) -> Entry:
    return over("sum", shape, axis, at, lambda x: kernel("exp", x))


def _logsumexp_call(a: Any, axis: Any = None, b: Any = None, *, keepdims: bool = False) -> Call:
    if b is not None:  # weights, as SciPy has them: positive ones, since a logarithm of the sum is asked for
        a = np.add(a, np.log(b))
    return Call((a,), {"axis": all_axes(axis, rank(a)), "keepdims": bool(keepdims)})


def _logsumexp_meaning(sizes: Sizes, shape: Shape, axis: Axes, keepdims: bool) -> Meaning:
    indices, at = kept(shape, axis, keepdims)
    return Meaning(indices, kernel("log", _exps(shape, axis, at)))


def _shift(a: Any, axis: Axes) -> Any:
    if not np.size(a):
        return np.sum(a, axis=tuple(axis), keepdims=True)  # the maximum of nothing is not defined, and not needed
    top = np.max(real(a), axis=tuple(axis), keepdims=True)
    return np.where(np.isfinite(top), top, 0)


def _logsumexp(a: Any, axis: Axes, keepdims: bool) -> Any:
    top = _shift(a, axis)
    result = np.log(np.sum(np.exp(a - top), axis=tuple(axis), keepdims=True)) + top
    return result if keepdims else np.squeeze(result, tuple(axis))[()]


logsumexp = structural(
    "logsumexp",
    Kind.COMPOSITE,
    call=_logsumexp_call,
    forward=_logsumexp,
    dtype=dtype_of(lambda a, **_: np.exp(a)),
    meaning=_logsumexp_meaning,
    vjp=[lambda g, y, a, axis, keepdims: spread(g, a, axis, keepdims) * softmax(a, axis=axis)],
    jvp=[lambda t, y, a, axis, keepdims: np.sum(t * softmax(a, axis=axis), axis=axis, keepdims=keepdims)],
    domain="at least one element",
    samples=drawn(_calls),
    complex=Complex.ANALYTIC,
)


def _softmax_call(x: Any, axis: Any = None) -> Call:
    return Call((x,), {"axis": all_axes(axis, rank(x))})


def _softmax_indices(shape: Shape) -> Any:
    indices = free(shape)
    return indices, dict(enumerate(indices)), Element(0, tuple(map(affine, indices)))


def _softmax_meaning(sizes: Sizes, shape: Shape, axis: Axes) -> Meaning:
    indices, at, x = _softmax_indices(shape)
    return Meaning(indices, kernel("exp", x) / _exps(shape, axis, at))


def _log_softmax_meaning(sizes: Sizes, shape: Shape, axis: Axes) -> Meaning:
    indices, at, x = _softmax_indices(shape)
    return Meaning(indices, x - kernel("log", _exps(shape, axis, at)))


def _softmax(x: Any, axis: Axes) -> Any:
    powers = np.exp(x - _shift(x, axis))
    return powers / np.sum(powers, axis=tuple(axis), keepdims=True)


def _softmax_rule(g: Any, y: Any, x: Any, axis: Axes) -> Any:
    return y * (g - np.sum(g * y, axis=tuple(axis), keepdims=True))


softmax: Op = structural(
    "softmax",
    Kind.COMPOSITE,
    call=_softmax_call,
    forward=_softmax,
    dtype=dtype_of(lambda x, **_: np.exp(x)),
    meaning=_softmax_meaning,
    vjp=[_softmax_rule],
    jvp=[_softmax_rule],
    complex=Complex.ANALYTIC,
    samples=drawn(lambda draw: [call(draw(2, 3)), call(draw(2, 3), axis=0), call(draw(3), axis=-1)]),
)

log_softmax = structural(
    "log_softmax",
    Kind.COMPOSITE,
    call=_softmax_call,
    forward=lambda x, axis: x - _logsumexp(x, axis, True),
    dtype=dtype_of(lambda x, **_: np.exp(x)),
    meaning=_log_softmax_meaning,
    vjp=[lambda g, y, x, axis: g - softmax(x, axis=axis) * np.sum(g, axis=axis, keepdims=True)],
    jvp=[lambda t, y, x, axis: t - np.sum(t * softmax(x, axis=axis), axis=axis, keepdims=True)],
    complex=Complex.ANALYTIC,
    samples=drawn(lambda draw: [call(draw(2, 3)), call(draw(2, 3), axis=0), call(draw(3), axis=-1)]),
)
