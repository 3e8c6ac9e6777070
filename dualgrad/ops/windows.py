"""Convolutions and pooling, in PyTorch's layouts: arrays x[n, c, i] and x[n, c, i, j], weights[o, c, k]."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from dualgrad.op import REGISTRY, composed
from dualgrad.positions import sizes
from dualgrad.shapes import extents, rank

Pair = tuple[int, int]


def _each(value: Any, depth: int) -> tuple[int, ...]:
    return (value,) * depth if isinstance(value, int) else tuple(value)


def _padded(x: Any, sides: Sequence[Pair], fill: float) -> Any:
    if not any(map(any, sides)):
        return x
    return np.pad(x, ((0, 0), (0, 0), *sides), constant_values=fill)


def _spans(lengths: Sequence[int], dilation: Sequence[int]) -> list[int]:
    return [(n - 1) * d + 1 for n, d in zip(lengths, dilation, strict=True)]


def _windows(
    x: Any, lengths: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """Every offset in a window, and the key of the entries that lie there in each window."""
    spans = _spans(lengths, dilation)
    counts = [(size - span) // s + 1 for size, span, s in zip(extents(x)[2:], spans, stride, strict=True)]
    if min(counts) < 1:
        raise ValueError(f"a window of {spans} does not fit into an array of {extents(x)[2:]}; pad it")
    for offset in itertools.product(*map(range, lengths)):
        along = zip(offset, dilation, stride, counts, strict=True)
        yield offset, tuple(slice(k * d, k * d + (count - 1) * s + 1, s) for k, d, s, count in along)


# ---------------------------------------------------------------------------- convolution


def _linear(x: Any, w: Any, groups: int) -> Any:
    """Channels combined: x[n, c, …] and w[o, c] to [n, o, …], in groups of channels."""
    if groups == 1:
        return np.moveaxis(np.tensordot(w, x, ((1,), (1,))), 0, 1)
    xs, ws = np.split(x, groups, axis=1), np.split(w, groups, axis=0)
    return np.concatenate([_linear(a, b, 1) for a, b in zip(xs, ws, strict=True)], axis=1)


def _sides(padding: Any, spans: Sequence[int], stride: Sequence[int]) -> list[Pair]:
    """What to add before and after each axis: numbers, or PyTorch's words for nothing and for as much as is lost."""
    if not isinstance(padding, str):
        return [(p, p) for p in _each(padding, len(spans))]
    if padding == "same" and any(s != 1 for s in stride):
        raise ValueError("conv: padding='same' keeps the size with a stride of 1 only; give numbers")
    if padding not in ("same", "valid"):
        raise ValueError(f"conv: got padding={padding!r}, expected numbers, 'same' or 'valid'")
    lost = [span - 1 if padding == "same" else 0 for span in spans]
    return [(n // 2, n - n // 2) for n in lost]


def _conv(x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int, depth: int) -> Any:
    if rank(x) != depth + 2 or rank(weight) != depth + 2:
        raise ValueError(f"conv{depth}d: got {rank(x)} and {rank(weight)} axes, expected {depth + 2} of each")
    channels, wanted = extents(x)[1], extents(weight)[1]
    if channels != wanted * groups:
        raise ValueError(f"conv{depth}d: got {channels} channels, expected {wanted} in each of {groups} groups")
    steps, gaps, lengths = _each(stride, depth), _each(dilation, depth), sizes(weight)[2:]
    padded = _padded(x, _sides(padding, _spans(lengths, gaps), steps), 0.0)
    total = None
    for offset, key in _windows(padded, lengths, steps, gaps):
        part = _linear(padded[(slice(None), slice(None), *key)], weight[(slice(None), slice(None), *offset)], groups)
        total = part if total is None else total + part
    return total if bias is None else total + np.reshape(bias, (-1, *(1,) * depth))


@composed()
def conv1d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Sums of products of weight[o, c, k] with the windows of x[n, c, i].

    >>> conv1d(np.arange(4.0).reshape(1, 1, 4), np.ones((1, 1, 2)))
    array([[[1., 3., 5.]]])
    """
    return _conv(x, weight, bias, stride, padding, dilation, groups, 1)


@composed()
def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Any:
    """Sums of products of weight[o, c, k, l] with the windows of x[n, c, i, j]."""
    return _conv(x, weight, bias, stride, padding, dilation, groups, 2)


def _regrouped(w: Any, groups: int) -> Any:
    """w[c, o] with the results of one group as w[o, c] with the channels of one group."""
    if groups == 1:
        return np.swapaxes(w, 0, 1)
    return np.concatenate([np.swapaxes(part, 0, 1) for part in np.split(w, groups, axis=0)], axis=0)


def _conv_transpose(
    x: Any, weight: Any, bias: Any, stride: Any, padding: Any, more: Any, groups: int, dilation: Any, depth: int
) -> Any:
    """Every entry of x spreads the weights over a window: the transpose of a convolution."""
    steps, gaps, lengths = _each(stride, depth), _each(dilation, depth), sizes(weight)[2:]
    cut, counts, spans = _each(padding, depth), sizes(x)[2:], _spans(lengths, gaps)
    along = list(zip(counts, steps, spans, _each(more, depth), strict=True))
    whole = [(count - 1) * s + span + extra for count, s, span, extra in along]
    total = None
    for offset in itertools.product(*map(range, lengths)):
        spread = _linear(x, _regrouped(weight[(slice(None), slice(None), *offset)], groups), groups)
        starts = [k * d for k, d in zip(offset, gaps, strict=True)]
        key = tuple(slice(k, k + (m - 1) * s + 1, s) for k, m, s in zip(starts, counts, steps, strict=True))
        part = REGISTRY["put"](spread, (slice(None), slice(None), *key), (*extents(spread)[:2], *whole))
        total = part if total is None else total + part
    if any(cut):
        inside = tuple(slice(p, size - p) for p, size in zip(cut, whole, strict=True))
        total = total[(slice(None), slice(None), *inside)]  # type: ignore[index]
    return total if bias is None else total + np.reshape(bias, (-1, *(1,) * depth))


@composed()
def conv_transpose1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The transpose of conv1d: weight[c, o, k] spread by the entries of x[n, c, i]."""
    return _conv_transpose(x, weight, bias, stride, padding, output_padding, groups, dilation, 1)


@composed()
def conv_transpose2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The transpose of conv2d: weight[c, o, k, l] spread by the entries of x[n, c, i, j]."""
    return _conv_transpose(x, weight, bias, stride, padding, output_padding, groups, dilation, 2)


# ---------------------------------------------------------------------------- pooling


def _beyond(size: int, span: int, stride: int, padding: int) -> int:
    """How far the last window reaches beyond the padding where a window in part counts, if it starts before that."""
    count = math.ceil((size + 2 * padding - span) / stride) + 1
    count -= (count - 1) * stride >= size + padding
    return max((count - 1) * stride + span - size - 2 * padding, 0)


def _stacked(padded: Any, lengths: Sequence[int], steps: Sequence[int], gaps: Sequence[int]) -> Any:
    """All windows, their entries along a new first axis."""
    keys = [key for _, key in _windows(padded, lengths, steps, gaps)]
    return np.stack([padded[(slice(None), slice(None), *key)] for key in keys])


def _max_pool(x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, depth: int) -> Any:
    lengths, gaps, around = _each(kernel_size, depth), _each(dilation, depth), _each(padding, depth)
    steps = lengths if stride is None else _each(stride, depth)
    more = map(_beyond, sizes(x)[2:], _spans(lengths, gaps), steps, around) if ceil_mode else (0,) * depth
    padded = _padded(x, [(p, p + extra) for p, extra in zip(around, more, strict=True)], -np.inf)
    return np.max(_stacked(padded, lengths, steps, gaps), axis=0)


@composed()
def max_pool1d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The largest entry of each window of x[n, c, i]."""
    return _max_pool(x, kernel_size, stride, padding, dilation, ceil_mode, 1)


@composed()
def max_pool2d(
    x: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False
) -> Any:
    """The largest entry of each window of x[n, c, i, j]."""
    return _max_pool(x, kernel_size, stride, padding, dilation, ceil_mode, 2)


def _avg_pool(
    x: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool, padding_counts: bool, divisor: Any, depth: int
) -> Any:
    lengths, around, once = _each(kernel_size, depth), _each(padding, depth), (1,) * depth
    steps = lengths if stride is None else _each(stride, depth)
    more = tuple(map(_beyond, sizes(x)[2:], lengths, steps, around)) if ceil_mode else (0,) * depth
    sides = [(p, p + extra) for p, extra in zip(around, more, strict=True)]
    found = _stacked(_padded(x, sides, 0.0), lengths, steps, once)
    if divisor is None and not any(more) and (padding_counts or not any(around)):
        return np.mean(found, axis=0)
    if divisor is None:
        counted = np.pad(np.ones(sizes(x)[2:]), [(p, p) for p in around], constant_values=float(padding_counts))
        marks = np.pad(counted, [(0, extra) for extra in more])[None, None]
        divisor = np.sum(_stacked(marks, lengths, steps, once), axis=0).astype(x.dtype)
    return np.sum(found, axis=0) / divisor


@composed()
def avg_pool1d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window of x[n, c, i], padding counted unless ``count_include_pad`` is false."""
    return _avg_pool(x, kernel_size, stride, padding, ceil_mode, count_include_pad, None, 1)


@composed()
def avg_pool2d(
    x: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window of x[n, c, i, j], padding counted; or its sum over another divisor."""
    return _avg_pool(x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, 2)
