"""Index grids at concrete sizes: at which index values an entry is needed, and how one grid reads another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray

from dualgrad.program.entry import Affine, Holds, Index, Turn
from dualgrad.program.size import evaluate

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

LARGEST = 2**24  # points of one grid


class TooLarge(Exception):
    """An entry is needed at more index values than can be gone through."""


@dataclass(frozen=True, eq=False, slots=True)
class Grid:
    """Index variables with their extents, and which points of the box are needed (None: all), in row-major order."""

    indices: tuple[Index, ...]
    extents: tuple[int, ...]
    points: Ints | None = None
    known: dict[Index, Ints] = field(default_factory=dict)  # see coordinates

    @property
    def size(self) -> int:
        """How many points are needed."""
        return prod(self.extents) if self.points is None else len(self.points)

    def key(self) -> tuple[tuple[int, ...], bytes | None]:
        """Equal for grids that are the same."""
        return tuple(index.serial for index in self.indices), None if self.points is None else self.points.tobytes()

    def is_read_whole(self, position: tuple[Affine, ...], shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape is read here element by element: each axis at the index of that place."""
        if self.points is not None or shape != self.extents:
            return False
        return all(
            form.constant == 0 and len(form.terms) == 1 and form.terms[0][0] is index and form.terms[0][1] == 1
            for form, index in zip(position, self.indices, strict=True)
        )

    def coordinates(self) -> Mapping[Index, Ints]:
        """The value of every index variable at every point."""
        if self.size > LARGEST:
            raise TooLarge(f"a step has {self.size} terms, more than are read in balls")
        if len(self.known) < len(self.indices):
            flat = np.arange(prod(self.extents), dtype=np.int64) if self.points is None else self.points
            for index, extent in zip(reversed(self.indices), reversed(self.extents), strict=True):
                before = flat // max(extent, 1)  # which NumPy divides by a number faster than divmod
                self.known[index], flat = flat - before * extent, before
        return self.known

    def form(self, form: Affine, sizes: Mapping[str, int]) -> Ints:
        """The value of an affine form at every point."""
        where = self.coordinates()
        total = np.full(self.size, evaluate(form.constant, sizes), dtype=np.int64)
        for index, factor in form.terms:
            total += evaluate(factor, sizes) * where[index]
        return total

    def holds(self, relation: Holds, sizes: Mapping[str, int]) -> Mask:
        """Where an index relation holds."""
        value = self.form(relation.form, sizes)
        result: Mask = value == 0 if relation.relation == "==" else value >= 0
        return result

    def turns(self, node: Turn, sizes: Mapping[str, int]) -> list[tuple[int, int]]:
        """At every point the angle, in units of π, as a numerator and a denominator."""
        size = 2 * evaluate(node.size, sizes)
        tops = self.form(node.left, sizes) * self.form(node.right, sizes)
        return [(top % (2 * size), size) for top in tops.tolist()]

    def extended(self, index: Index, extent: int) -> Grid:
        """The grid with one more index variable, the fastest."""
        points = None
        if self.points is not None:
            points = (self.points[:, None] * extent + np.arange(extent, dtype=np.int64)).ravel()
        return Grid((*self.indices, index), (*self.extents, extent), points)

    def where(self, mask: Mask) -> Grid:
        """Only the points at which the mask is true."""
        if mask.all():
            return self
        points = np.flatnonzero(mask) if self.points is None else self.points[mask]
        return Grid(self.indices, self.extents, points)

    def over(self, kept: frozenset[Index]) -> Grid:
        """The grid's shadow on some of its index variables."""
        if kept.issuperset(self.indices):
            return self
        axes = [axis for axis, index in enumerate(self.indices) if index in kept]
        shadow = Grid(tuple(self.indices[a] for a in axes), tuple(self.extents[a] for a in axes))
        if self.points is None and self.size:
            return shadow
        met = np.zeros(shadow.size, dtype=np.bool_)
        met[shadow.flat(self)] = True
        return shadow.where(met)

    def flat(self, other: Grid) -> Ints:
        """For every point of another grid over at least these indices: its row-major position in this grid's box."""
        where = other.coordinates()
        total = np.zeros(other.size, dtype=np.int64)
        for index, extent in zip(self.indices, self.extents, strict=True):
            total = total * extent + where[index]
        return total

    def reads(self, inner: Grid) -> list[int] | None:
        """For every point: its place in ``inner``, a grid over fewer indices. None where the two are the same."""
        if inner is self or (inner.indices == self.indices and inner.points is None and self.points is None):
            return None
        flat = inner.flat(self)
        places: list[int] = (flat if inner.points is None else np.searchsorted(inner.points, flat)).tolist()
        return places
