"""Inverses, determinants and decompositions of matrices of balls.

An inverse is certified to exist, or its entries are NaN. How it changes follows from M Y = I; a determinant is
linear in every entry, and what multiplies the entry is the determinant of what its row and column leave. How a
decomposition changes follows from the equations that define it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flint import arb, arb_mat

from verify.ball.decompose import Decomposition, decomposed, slopes
from verify.ball.kernels import NAN
from verify.ball.run import Balls, Run
from verify.ball.steps import Link, Step

MOST_ENTRIES = 150  # of a matrix whose decomposition is differentiated


@dataclass(frozen=True, slots=True, eq=False)
class OfMatrices(Step):
    """A function of square matrices, which are listed one after the other, row by row."""

    rows: int

    def _matrices(self, run: Run) -> Iterator[tuple[int, Balls]]:
        """Every matrix, and where its entries begin in what is read."""
        entries, size = run.read(self.args[0]), self.rows * self.rows
        for start in range(0, len(entries), size):
            yield start, entries[start : start + size]

    def _link(self, origin: list[int], target: list[int], factor: Balls | None) -> Link:
        node, take = self.args[0]
        return Link(node, origin if take is None else [take[place] for place in origin], target, factor)

    def _triples(self, run: Run) -> Iterator[tuple[int, int, int, int]]:
        """(start, i, j, k): a matrix and three indices."""
        n = self.rows
        for start in range(0, len(run.read(self.args[0])), max(n * n, 1)):
            for place in range(n**3):
                i, rest = divmod(place, n * n)
                yield start, i, *divmod(rest, n)


@dataclass(frozen=True, slots=True, eq=False)
class Inverse(OfMatrices):
    """Y with M Y = I. Its change is that of -Y₀ M Y₀ at Y₀ = Y: this step is -Y₀ M, of the value Y, then comes Y₀."""

    def _value(self, run: Run) -> Balls:
        return [entry for _, matrix in self._matrices(run) for entry in _inverse(self.rows, matrix)]

    def _links(self, run: Run) -> Iterator[Link]:
        n, inverse = self.rows, run.values[self.node]
        places = list(self._triples(run))
        factor = [-inverse[start + i * n + r] for start, i, r, _ in places]
        yield self._link([s + r * n + c for s, _, r, c in places], [s + i * n + c for s, i, _, c in places], factor)

    def _reads(self, run: Run) -> Iterator[Link]:
        n, places = self.rows, list(self._triples(run))
        yield self._link([s + r * n + c for s, _, r, c in places], [s + i * n + c for s, i, _, c in places], None)


@dataclass(frozen=True, slots=True, eq=False)
class TimesInverse(OfMatrices):
    """The second factor of an inverse's change."""

    def _value(self, run: Run) -> Balls:
        return run.read(self.args[0])

    def _links(self, run: Run) -> Iterator[Link]:
        n, inverse = self.rows, run.values[self.node]
        for link in self._reads(run):
            factor = [inverse[start + c * n + j] for start, _, c, j in self._triples(run)]
            yield Link(link.node, link.origin, link.target, factor)

    def _reads(self, run: Run) -> Iterator[Link]:
        n, places = self.rows, list(self._triples(run))
        yield self._link([s + i * n + c for s, i, c, _ in places], [s + i * n + j for s, i, _, j in places], None)


@dataclass(frozen=True, slots=True, eq=False)
class Determinant(OfMatrices):
    """The determinants."""

    def _value(self, run: Run) -> Balls:
        return [_determinant(self.rows, matrix) for _, matrix in self._matrices(run)]

    def _links(self, run: Run) -> Iterator[Link]:
        factor = [one for _, matrix in self._matrices(run) for one in _cofactors(self.rows, matrix)]
        for link in self._reads(run):
            yield Link(link.node, link.origin, link.target, factor)

    def _reads(self, run: Run) -> Iterator[Link]:
        count, size = len(run.read(self.args[0])), self.rows * self.rows
        yield self._link(list(range(count)), [place // size for place in range(count)], None)


def _inverse(n: int, entries: Balls) -> Balls:
    if not all(entry.is_finite() for entry in entries):
        return [NAN] * (n * n)
    try:
        found: Balls = arb_mat(n, n, entries).inv().entries()
    except ZeroDivisionError:  # it may be singular
        return [NAN] * (n * n)
    return found


def _determinant(n: int, entries: Balls) -> arb:
    return arb_mat(n, n, entries).det()


def _cofactors(n: int, entries: Balls) -> Balls:
    found: Balls = []
    for place in range(n * n):
        i, j = divmod(place, n)
        left = [entry for k, entry in enumerate(entries) if k // n != i and k % n != j]
        found.append(_determinant(n - 1, left) * (-1) ** (i + j))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Parts(Step):
    """All parts of a decomposition, block after block, for each of the matrices listed row by row."""

    family: str
    shape: tuple[int, int]

    def _found(self, run: Run) -> Iterator[tuple[Balls, Decomposition | None]]:
        entries, count = run.read(self.args[0]), self.shape[0] * self.shape[1]
        for start in range(0, len(entries), max(count, 1)):
            matrix = entries[start : start + count]
            yield matrix, decomposed(self.family, *self.shape, matrix)

    def _length(self, run: Run) -> int:
        count = len(run.read(self.args[0])) // max(self.shape[0] * self.shape[1], 1)
        return self.size // max(count, 1)

    def _value(self, run: Run) -> Balls:
        values: Balls = []
        for _, found in self._found(run):
            values += [NAN] * self._length(run) if found is None else [y for block in found.blocks for y in block]
        return values

    def _links(self, run: Run) -> Iterator[Link]:
        factor: Balls = []
        for matrix, found in self._found(run):
            made = None if found is None or len(matrix) > MOST_ENTRIES else slopes(found, *self.shape, matrix)
            if made is None:
                factor += [NAN] * (self._length(run) * len(matrix))
            else:
                factor += [slope for block in made for row in block for slope in row]
        for link in self._reads(run):
            yield Link(link.node, link.origin, link.target, factor)

    def _reads(self, run: Run) -> Iterator[Link]:
        node, take = self.args[0]
        count, length = self.shape[0] * self.shape[1], self._length(run)
        matrices = range(len(run.read(self.args[0])) // max(count, 1))
        pairs = [(k * count + x, k * length + y) for k in matrices for y in range(length) for x in range(count)]
        origin = [x if take is None else take[x] for x, _ in pairs]
        yield Link(node, origin, [y for _, y in pairs], None)


SQUARE: dict[str, type[OfMatrices]] = {"inv": Inverse, "det": Determinant}
