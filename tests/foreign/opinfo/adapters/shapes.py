"""What moves entries about: shapes, joining and splitting, indexing."""

from __future__ import annotations

import numpy as np

import dualgrad as dg

from .common import lacking, rank, sizes


def _plain(index):
    return index.detach().numpy() if hasattr(index, "detach") else index


def _unsqueeze(x, dim):
    return dg.expand_dims(x, dim)


def _squeeze(x, dim=None):
    if dim is None:
        return dg.squeeze(x)
    chosen = [k % max(rank(x), 1) for k in (dim if isinstance(dim, (tuple, list)) else (dim,))]
    chosen = tuple(k for k in chosen if rank(x) and x.shape[k] == 1)
    return dg.squeeze(x, chosen) if chosen else x


def _expand(x, *shape):
    shape = sizes(shape)
    own = (1,) * (len(shape) - rank(x)) + tuple(x.shape)
    return dg.broadcast_to(x, tuple(n if m == -1 else m for m, n in zip(shape, own, strict=True)))


def _flatten(x, start_dim=0, end_dim=-1):
    if not rank(x):
        return dg.reshape(x, (1,))
    start, end = start_dim % rank(x), end_dim % rank(x)
    middle = int(np.prod(x.shape[start : end + 1], dtype=int))
    return dg.reshape(x, (*x.shape[:start], middle, *x.shape[end + 1 :]))


def _pieces(x, size, dim=0):
    if isinstance(size, int):
        return tuple(dg.split(x, range(size, x.shape[dim], size), axis=dim))
    return tuple(dg.split(x, np.cumsum(size)[:-1].tolist(), axis=dim))


def _chunk(x, chunks, dim=0):
    return _pieces(x, max(-(-x.shape[dim] // chunks), 1), dim)


def _tensor_split(x, given, dim=0):
    given = _plain(given)
    given = int(given) if np.ndim(given) == 0 else [int(k) for k in given]
    return tuple(dg.array_split(x, given, axis=dim))


def _repeat(x, *repeats):
    repeats = sizes(repeats)
    return dg.tile(x, repeats) if repeats else x


def _repeat_interleave(x, repeats, dim=None, *, output_size=None):
    repeats = _plain(repeats)
    if dim is None:
        x, dim = dg.ravel(x), 0
    return dg.repeat(dg.reshape(x, (1,)) if not rank(x) else x, repeats, axis=dim)


def _diag_embed(x, offset=0, dim1=-2, dim2=-1):
    n = x.shape[-1] + abs(offset)
    place = np.arange(x.shape[-1])
    found = dg.index_put(
        dg.zeros((*x.shape[:-1], n, n), dtype=x.dtype),
        (..., place + max(-offset, 0), place + max(offset, 0)),
        x,
    )
    return dg.moveaxis(found, (-2, -1), (dim1, dim2))


def _select(x, dim, index):
    return x[(slice(None),) * (dim % rank(x)) + (index,)]


def _narrow(x, dim, start, length):
    start = int(np.reshape(_plain(start), ()))
    start = start + x.shape[dim] if start < 0 else start
    return x[(slice(None),) * (dim % rank(x)) + (slice(start, start + length),)]


def _slice(x, dim=0, start=None, end=None, step=1):
    return x[(slice(None),) * (dim % rank(x)) + (slice(start, end, step),)]


def _lines(x, other):
    """Both with an axis at least: PyTorch reads a number as a line of one."""
    return (dg.reshape(x, (1,)), np.reshape(other, (1,))) if not rank(x) else (x, other)


def _gather(x, dim, index, *, sparse_grad=False):
    lacking(np.all(np.asarray(index.shape) <= np.asarray(x.shape)), "an index longer than the array")
    if not rank(x):
        return dg.reshape(x, index.shape)
    if not rank(index):
        return x[int(_plain(index))]
    lacking(rank(index) == rank(x), "an empty index of another rank")
    key = list(np.indices(index.shape))
    key[dim] = _plain(index)
    return x[tuple(key)]


def _take(x, index):
    return dg.take(dg.ravel(x), _plain(index), axis=0)


def _index_select(x, dim, index):
    if not rank(x):
        return x
    return dg.take(x, np.reshape(_plain(index), -1), axis=dim)


def _take_along_dim(x, indices, dim=None):
    indices = _plain(indices)
    if dim is None:
        return dg.take(dg.ravel(x), indices.ravel(), axis=0)
    return dg.take_along_axis(x, indices, axis=dim)


def _masked_select(x, mask):
    mask = _plain(mask)
    shape = np.broadcast_shapes(x.shape, mask.shape)
    found = dg.broadcast_to(x, shape)[np.broadcast_to(mask, shape)]
    return dg.reshape(found, (-1,))


def _scatter_add(x, dim, index, src):
    index = _plain(index)
    lacking(rank(x) > 0, "no axes")
    lacking(tuple(index.shape) == tuple(src.shape), "an index smaller than the source")
    lacking(
        all(m == n for k, (m, n) in enumerate(zip(x.shape, index.shape, strict=True)) if k != dim % rank(x)), "a part"
    )
    return dg.scatter_add(x, dim, index, src)


def _index_add(x, dim, index, source, *, alpha=1):
    lacking(rank(x) > 0, "no axes")
    return dg.index_add(x, dim, np.reshape(_plain(index), -1), source if alpha == 1 else alpha * source)


def _index_put(x, indices, values, accumulate=False):
    if accumulate:
        places = np.arange(int(np.prod(x.shape))).reshape(x.shape)[tuple(map(_plain, indices))]
        added = dg.index_add(dg.ravel(x), 0, places.ravel(), dg.ravel(dg.broadcast_to(values, places.shape)))
        return dg.reshape(added, x.shape)
    return dg.index_put(x, tuple(_plain(index) for index in indices), values)


def _pad(x, pad, mode="constant", value=None):
    """With entries added; or, by a negative number of them, taken away."""
    modes = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    width = [(pad[2 * k], pad[2 * k + 1]) for k in range(len(pad) // 2)][::-1]
    width = [(0, 0)] * (rank(x) - len(width)) + width
    more = [(max(before, 0), max(after, 0)) for before, after in width]
    rest = {"constant_values": 0 if value is None else value} if mode == "constant" else {}
    if mode == "circular":  # copies of what is left; in the other modes what was added is taken away as well
        return dg.pad(_cropped(x, width), more, modes[mode])
    return _cropped(dg.pad(x, more, modes[mode], **rest), width)


def _cropped(x, width):
    kept = [slice(max(-before, 0), n - max(-after, 0)) for (before, after), n in zip(width, x.shape, strict=True)]
    return x[tuple(kept)]


def _dims(dims, x):
    return tuple(range(rank(x))) if dims is None else tuple(dims) if isinstance(dims, (tuple, list)) else dims


def _each(function):
    """Of one array, or of each of several."""
    return lambda *xs: (
        tuple(map(function, sizes(xs))) if len(xs) > 1 or isinstance(xs[0], (tuple, list)) else function(xs[0])
    )


TABLE = {
    "reshape": lambda x, shape: dg.reshape(x, tuple(shape)),
    "view": lambda x, *shape: dg.reshape(x, sizes(shape)),
    "view_copy": lambda x, *shape: dg.reshape(x, sizes(shape)),
    "reshape_as": lambda x, other: dg.reshape(x, other.shape),
    "view_as": lambda x, other: dg.reshape(x, other.shape),
    "permute": lambda x, *dims: dg.transpose(x, sizes(dims)),
    "permute_copy": lambda x, *dims: dg.transpose(x, sizes(dims)),
    "transpose": lambda x, a, b: dg.swapaxes(x, a, b) if rank(x) else x,
    "transpose_copy": lambda x, a, b: dg.swapaxes(x, a, b) if rank(x) else x,
    "T": lambda x: x.T,
    "H": lambda x: np.conj(x.T),
    "mT": lambda x: x.mT,
    "mH": lambda x: np.conj(x.mT),
    "t": lambda x: x.T,
    "t_copy": lambda x: x.T,
    "movedim": lambda x, a, b: dg.moveaxis(x, a, b),
    "squeeze": _squeeze,
    "squeeze_copy": _squeeze,
    "unsqueeze": _unsqueeze,
    "unsqueeze_copy": _unsqueeze,
    "ravel": lambda x: dg.ravel(x),
    "flatten": _flatten,
    "expand": _expand,
    "expand_copy": _expand,
    "expand_as": lambda x, other: dg.broadcast_to(x, other.shape),
    "broadcast_to": lambda x, shape: _expand(x, shape),
    "broadcast_tensors": lambda *xs: tuple(dg.broadcast_arrays(*xs)),
    "contiguous": lambda x: x.contiguous(),
    **{name: _each(getattr(dg, name)) for name in ("atleast_1d", "atleast_2d", "atleast_3d")},
    "cat": lambda xs, dim=0: dg.concatenate([x for x in xs if tuple(x.shape) != (0,)] or xs, axis=dim),
    "stack": lambda xs, dim=0: dg.stack(xs, axis=dim),
    "hstack": lambda xs: dg.hstack(xs),
    "vstack": lambda xs: dg.vstack(xs),
    "dstack": lambda xs: dg.dstack(xs),
    "column_stack": lambda xs: dg.column_stack(xs),
    "split": _pieces,
    "split_with_sizes": _pieces,
    "split_with_sizes_copy": _pieces,
    "unsafe_split": _pieces,
    "chunk": _chunk,
    "unsafe_chunk": _chunk,
    "tensor_split": _tensor_split,
    "hsplit": lambda x, given: tuple(dg.hsplit(x, given)),
    "vsplit": lambda x, given: tuple(dg.vsplit(x, given)),
    "dsplit": lambda x, given: tuple(dg.dsplit(x, given)),
    "unbind": lambda x, dim=0: tuple(dg.unstack(x, axis=dim)),
    "unbind_copy": lambda x, dim=0: tuple(dg.unstack(x, axis=dim)),
    "tile": lambda x, *reps: _repeat(x, *reps),
    "repeat": _repeat,
    "repeat_interleave": _repeat_interleave,
    "flip": lambda x, dims: dg.flip(x, tuple(dims)) if len(dims) else x,
    "fliplr": dg.fliplr,
    "flipud": dg.flipud,
    "roll": lambda x, shifts, dims=None: dg.roll(x, shifts, axis=dims if dims != () else None),
    "rot90": lambda x, k=1, dims=(0, 1): dg.rot90(x, k, tuple(dims)),
    "tril": lambda x, diagonal=0: dg.tril(x, diagonal),
    "triu": lambda x, diagonal=0: dg.triu(x, diagonal),
    "diag": lambda x, diagonal=0: dg.diag(x, diagonal) if rank(x) == 1 else dg.diagonal(x, diagonal),
    "diagonal": lambda x, offset=0, dim1=0, dim2=1: dg.diagonal(x, offset, dim1, dim2),
    "diagonal_copy": lambda x, offset=0, dim1=0, dim2=1: dg.diagonal(x, offset, dim1, dim2),
    "linalg.diagonal": lambda x, *, offset=0, dim1=-2, dim2=-1: dg.diagonal(x, offset, dim1, dim2),
    "diag_embed": _diag_embed,
    "diagflat": lambda x, offset=0: dg.diag(dg.ravel(x), offset),
    "trace": lambda x: dg.trace(x),
    "select": _select,
    "narrow": _narrow,
    "narrow_copy": _narrow,
    "slice": _slice,
    "__getitem__": lambda x, key: x[tuple(map(_plain, key)) if isinstance(key, tuple) else _plain(key)],
    "index_select": _index_select,
    "take": _take,
    "take_along_dim": _take_along_dim,
    "gather": _gather,
    "masked_select": _masked_select,
    "scatter_add": _scatter_add,
    "index_add": _index_add,
    "index_put": _index_put,
    "constant_pad_nd": lambda x, pad, value=0: _pad(x, pad, "constant", value),
    "nn.functional.pad": _pad,
    "unflatten": lambda x, dim, shape: dg.reshape(
        x, (*x.shape[: dim % rank(x)], *shape, *x.shape[dim % rank(x) + 1 :])
    ),
    "meshgrid": lambda *xs, indexing="ij": _meshgrid(xs, indexing),
    "sum_to_size": lambda x, *shape: _sum_to(x, sizes(shape)),
    "zero_": lambda x: x * 0,
}


def _meshgrid(xs, indexing):
    xs = [dg.reshape(x, (-1,)) for x in (xs[0] if len(xs) == 1 and isinstance(xs[0], (tuple, list)) else xs)]
    places = [dg.reshape(x, (1,) * k + (-1,) + (1,) * (len(xs) - k - 1)) for k, x in enumerate(xs)]
    found = dg.broadcast_arrays(*places)
    return tuple(dg.swapaxes(x, 0, 1) if indexing == "xy" and len(xs) > 1 else x for x in found)


def _sum_to(x, shape):
    added = rank(x) - len(shape)
    x = dg.sum(x, axis=tuple(range(added))) if added else x
    stretched = tuple(k for k, n in enumerate(shape) if n == 1 != x.shape[k])
    return dg.sum(x, axis=stretched, keepdims=True) if stretched else x
