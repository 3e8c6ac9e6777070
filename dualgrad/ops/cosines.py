"""Sums of cosines along an axis: what discrete Fourier, cosine and sine transforms are made of, in real numbers.

One op carries them all:

    y[k] = Σ_j x[j] cos(π (a k + b)(c j + d) / (2 size)), or the same with sines
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dualgrad.meanings import free
from dualgrad.op import Call, Kind, Op, Sizes, structural
from dualgrad.program.entry import Element, Index, Meaning, Turn, affine, total
from dualgrad.program.size import Extent
from dualgrad.samples import call, drawn
from dualgrad.shapes import Shape, extents, one_axis, plain_extent, rank

Steps = tuple[int, int]  # (a, b) for a k + b


def _call(
    x: Any,
    count: Any = None,
    *,
    size: Any,
    axis: int = -1,
    outer: Steps = (4, 0),
    inner: Steps = (1, 0),
    sine: bool = False,
) -> Call:
    axis = one_axis(axis, rank(x))
    static = {
        "axis": axis,
        "count": extents(x)[axis] if count is None else plain_extent(count),
        "outer": tuple(outer),
        "inner": tuple(inner),
        "sine": bool(sine),
        "size": plain_extent(size),
    }
    return Call((x,), static)


def _forward(x: Any, axis: int, count: int, outer: Steps, inner: Steps, sine: bool, size: int) -> Any:
    x = np.asarray(x)
    rows, columns = outer[0] * np.arange(count) + outer[1], inner[0] * np.arange(x.shape[axis]) + inner[1]
    turned = np.tensordot(_cosine(np.multiply.outer(rows, columns) - sine * size, size), x, (1, axis))
    return np.moveaxis(turned, 0, axis).astype(np.result_type(x, np.float16), copy=False)


def _cosine(steps: Any, size: int) -> Any:
    """cos(π steps / (2 size)), exact where it is 0, 1 or -1."""
    steps = np.abs((steps + 2 * size) % (4 * size) - 2 * size)
    low = np.minimum(steps, 2 * size - steps)  # an angle of at most a quarter of a turn
    found = np.where(2 * low > size, np.sin(np.pi * (size - low) / (2 * size)), np.cos(np.pi * low / (2 * size)))
    return np.where(steps > size, -found, found)


def _meaning(
    sizes: Sizes, shape: Shape, axis: int, count: Extent, outer: Steps, inner: Steps, sine: bool, size: Extent
) -> Meaning:
    sizes.at_least(size, 1, "cosines")
    indices, j = free((*shape[:axis], count, *shape[axis + 1 :])), Index("j", shape[axis])
    left, right = affine(indices[axis]) * outer[0] + outer[1], affine(j) * inner[0] + inner[1]
    turn = Turn("sin" if sine else "cos", left, right, size)
    place = tuple(affine(j) if k == axis else affine(index) for k, index in enumerate(indices))
    return Meaning(indices, total(j, turn * Element(0, place)))


cosines: Op = structural(
    "cosines",
    Kind.MULTILINEAR,
    call=_call,
    forward=_forward,
    dtype=lambda given, **_: np.result_type(given, np.float16),
    meaning=_meaning,
    vjp=[
        lambda g, y, x, axis, count, outer, inner, sine, size: cosines(
            g, extents(x)[axis], size=size, axis=axis, outer=inner, inner=outer, sine=sine
        )
    ],
    samples=drawn(
        lambda draw: [
            call(draw(4), size=4),
            call(draw(3), 2, size=5, sine=True),
            call(draw(2, 3), size=3, axis=0, outer=(1, 0), inner=(2, 1)),
            call(draw(2, 3), 4, size=6, outer=(2, 1), inner=(2, 1), sine=True),
            call(draw(1), size=1),
            call(draw(2, 0), 2, size=2),
        ]
    ),
    doc="Sums of cosines along an axis: cos(π (a k + b)(c j + d) / (2 size)), (a, b) outer, (c, d) inner; or of sines.",
)
