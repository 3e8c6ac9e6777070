"""Running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.meanings import free
from dualgrad.op import Call, Kind, Sizes, dtype_of, structural
from dualgrad.program.entry import Element, Index, Meaning, affine, at_least, total
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, one_axis, rank


def _call(a: Any, axis: Any = None) -> Call:
    if axis is None:
        a, axis = np.reshape(a, -1), 0
    return Call((a,), {"axis": one_axis(axis, rank(a))})


def _meaning(sizes: Sizes, shape: Shape, axis: int) -> Meaning:
    indices = free(shape)
    before = Index("r", shape[axis])
    position = tuple(affine(before if k == axis else index) for k, index in enumerate(indices))
    return Meaning(indices, total(before, at_least(indices[axis], before) * Element(0, position)))


def _pull(g: Any, y: Any, a: Any, axis: int) -> Any:
    return np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)


cumsum = structural(
    "cumsum",
    Kind.MULTILINEAR,
    call=_call,
    forward=np.cumsum,
    dtype=dtype_of(lambda a, **_: np.cumsum(a)),
    meaning=_meaning,
    vjp=[_pull],
    numpy=[np.cumsum],
    method="cumsum",
    samples=drawn(lambda draw: [call(draw(2, 3)), call(draw(2, 3), axis=0), call(draw(1, 4), axis=1), call(draw(0))]),
)
