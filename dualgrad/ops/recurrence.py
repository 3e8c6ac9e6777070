"""Running products and running log-sums, by recurrences that neither divide nor overflow."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.meanings import free
from dualgrad.op import Call, Complex, Kind, Op, Sizes, dtype_of, structural
from dualgrad.program.entry import Element, Entry, Index, Meaning, Reduce, affine, at_least, kernel, select, total
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, one_axis, rank


def _call(a: Any, axis: Any = None) -> Call:
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    return Call((a,), {"axis": one_axis(axis, rank(a))})


def _part(a: Any, axis: int, part: slice) -> Any:
    return a[(*(slice(None),) * axis, part)]


def _delayed(a: Any, axis: int, first: Any) -> Any:
    """The array one place later along an axis, starting with this number."""
    start = first * np.ones_like(_part(a, axis, slice(0, 1)))
    return np.concatenate([start, _part(a, axis, slice(0, -1))], axis=axis)


def _position(indices: tuple[Index, ...], axis: int, along: Index) -> Any:
    return tuple(affine(along if k == axis else index) for k, index in enumerate(indices))


def _product(indices: tuple[Index, ...], axis: int, slot: int, after: Index | None) -> Entry:
    """The product of the entries of an operand up to this one, from behind ``after`` on."""
    along = Index("s", indices[axis].extent)
    chosen = at_least(indices[axis], along)
    if after is not None:
        chosen = chosen * at_least(along, affine(after) + 1)
    return Reduce("prod", along, select(chosen, Element(slot, _position(indices, axis, along)), 1))


# ---------------------------------------------------------------------------- s[i] = b[i] + c[i] s[i - 1]


def _run(b: Any, c: Any, axis: int) -> Any:
    rows, factors = np.moveaxis(np.asarray(b), axis, 0), np.moveaxis(np.asarray(c), axis, 0)
    dtype = np.result_type(rows, factors)
    if rows.ndim == 1:  # Python's own floats are faster one at a time
        rows, factors = rows.tolist(), factors.tolist()
    result: list[Any] = []
    last: Any = 0.0
    for row, factor in zip(rows, factors, strict=True):
        last = row + factor * last if result else row
        result.append(last)
    return np.moveaxis(np.asarray(result, dtype).reshape(np.shape(rows)), 0, axis)


def _recurrence_meaning(sizes: Sizes, shape: Shape, factors: Shape, axis: int) -> Meaning:
    for mine, other in zip(shape, factors, strict=True):
        sizes.same(mine, other, "recurrence")
    indices = free(shape)
    start = Index("r", shape[axis])
    term = Element(0, _position(indices, axis, start)) * _product(indices, axis, 1, start)
    return Meaning(indices, total(start, at_least(indices[axis], start) * term))


def _adjoint(g: Any, c: Any, axis: int) -> Any:
    """t[i] = g[i] + c[i + 1] t[i + 1]."""
    return np.flip(recurrence(np.flip(g, axis), _delayed(np.flip(c, axis), axis, 0), axis), axis)


recurrence: Op = structural(
    "recurrence",
    Kind.COMPOSITE,
    call=lambda b, c, axis=0: Call((b, c), {"axis": one_axis(axis, rank(b))}),
    forward=_run,
    meaning=_recurrence_meaning,
    vjp=[
        lambda g, y, b, c, axis: _adjoint(g, c, axis),
        lambda g, y, b, c, axis: _adjoint(g, c, axis) * _delayed(y, axis, 0),
    ],
    jvp=[
        lambda t, y, b, c, axis: recurrence(t, c, axis),
        lambda t, y, b, c, axis: recurrence(t * _delayed(y, axis, 0), c, axis),
    ],
    complex=Complex.ANALYTIC,
    samples=drawn(lambda draw: [call(draw(4), draw(4)), call(draw(2, 3), draw(2, 3), axis=1), call(draw(1), draw(1))]),
    doc="s[i] = b[i] + c[i] s[i - 1] along an axis, starting with s[0] = b[0].",
)

# ---------------------------------------------------------------------------- cumprod


def _cumprod_meaning(sizes: Sizes, shape: Shape, axis: int) -> Meaning:
    indices = free(shape)
    return Meaning(indices, _product(indices, axis, 0, None))


cumprod = structural(
    "cumprod",
    Kind.COMPOSITE,
    call=_call,
    forward=np.cumprod,
    dtype=dtype_of(lambda a, **_: np.cumprod(a)),
    meaning=_cumprod_meaning,
    vjp=[lambda g, y, a, axis: _adjoint(g, a, axis) * _delayed(y, axis, 1)],
    jvp=[lambda t, y, a, axis: recurrence(t * _delayed(y, axis, 1), a, axis)],
    numpy=[np.cumprod],
    complex=Complex.ANALYTIC,
    method="cumprod",
    samples=drawn(lambda draw: [call(draw(2, 3)), call(draw(2, 3), axis=0), call(draw(3), axis=0)]),
)

# ---------------------------------------------------------------------------- logcumsumexp


def _logcumsumexp_meaning(sizes: Sizes, shape: Shape, axis: int) -> Meaning:
    indices = free(shape)
    along = Index("r", shape[axis])
    power = kernel("exp", Element(0, _position(indices, axis, along)))
    return Meaning(indices, kernel("log", total(along, at_least(indices[axis], along) * power)))


def _shares(a: Any, y: Any, axis: int) -> tuple[Any, Any]:
    """Which share of each sum its own term is, and which was there one place before; nothing where it is exp(-inf).

    By the difference of the two: that of a term and its sum, which is near to it, is rounded like the sum.
    """
    start, sums, before = (_part(y, axis, part) for part in (slice(0, 1), slice(1, None), slice(0, -1)))
    least = float(np.finfo(y.dtype).min)  # a number, where -inf would be none to a proof
    gone = np.less(sums, least)
    apart = np.where(gone, 0, _part(a, axis, slice(1, None)) - np.where(gone, 0, before))
    own, earlier = np.exp(np.minimum(apart, 0)), np.exp(np.minimum(-apart, 0))
    both = own + earlier
    first = np.where(np.less(start, least), 0, np.ones_like(start))
    shares = np.concatenate([first, np.where(gone, 0, own / both)], axis=axis)
    return shares, np.concatenate([np.zeros_like(start), np.where(gone, 0, earlier / both)], axis=axis)


def _log_sum_pull(g: Any, y: Any, a: Any, axis: int) -> Any:
    shares, carried = _shares(a, y, axis)
    return shares * _adjoint(g, carried, axis)


def _log_sum_push(t: Any, y: Any, a: Any, axis: int) -> Any:
    shares, carried = _shares(a, y, axis)
    return recurrence(t * shares, carried, axis)


logcumsumexp = structural(
    "logcumsumexp",
    Kind.COMPOSITE,
    call=_call,
    forward=lambda a, axis: np.logaddexp.accumulate(a, axis=axis),
    meaning=_logcumsumexp_meaning,
    vjp=[_log_sum_pull],
    jvp=[_log_sum_push],
    samples=drawn(lambda draw: [call(draw(2, 3)), call(draw(2, 3), axis=1), call(draw(3), axis=0)]),
    doc="log of the cumulative sum of exp(x) along an axis, without overflow.",
)
