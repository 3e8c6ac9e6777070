"""What indexing, gathering and joining mean: part of the checker's trusted base, written from NumPy's documentation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from verify.trusted.arrays import Array, spelled, spread, widest
from verify.trusted.terms import ONE, UNITY, ZERO, Form, Poly, need, poly, size


class Indexing:
    """The ops of ``meanings.Ops`` that move entries to other places."""

    w: Any
    sums: Callable[..., Form]

    def block(
        self, shape: Sequence[Poly], key: Sequence[Any]
    ) -> tuple[list[Poly], Callable[[Sequence[Poly]], list[Poly]]]:
        """A basic index: the shape it gives, and the places in the whole that its entries have, shown to be inside."""
        steps = [[] if step is None else [size(part) for part in step] for step in key]
        need(sum(map(bool, steps)) == len(shape) and all(s is None or len(s) in (1, 3) for s in key), "a key")
        for (first, *more), extent in zip(filter(None, steps), shape, strict=True):
            ends = [first, first + (more[0] - 1) * more[1] if more else first]
            low, high = ends[::-1] if more and self.w.nonnegative(ZERO - more[1]) else ends
            need(not more or (self.w.nonnegative(more[0]) and len(more[1]) == 1 and not more[1][0][0]), "a slice")
            inside = self.w.nonnegative(low) and self.w.nonnegative(extent - 1 - high)
            need(inside or (more and not more[0]), "an index that may be out of range")

        def places(at: Sequence[Poly]) -> list[Poly]:
            along = iter(at)
            pairs = [(step, next(along) if len(step) != 1 else ZERO) for step in steps]
            return [step[0] + (i * step[2] if len(step) == 3 else 0) for step, i in pairs if step]

        return [step[1] if step else ONE for step in steps if len(step) != 1], places

    def getitem(self, a: Array, key: Sequence[Any]) -> Array:
        shape, places = self.block(a.shape, key)
        return Array(tuple(shape), lambda at: a.entry(places(at)), a.kind)

    def setitem(self, a: Array, value: Array, key: Sequence[Any]) -> Array:
        shape, places = self.block(a.shape, key)
        need("bif".index(value.kind) <= "bif".index(a.kind), "an assignment that rounds")
        fits = all(e in (ONE, f) for e, f in zip(value.shape[::-1], shape[::-1], strict=False))
        need(fits and len(value.shape) <= len(shape), "an assignment of another shape")

        def entry(at: Sequence[Poly]) -> Form:
            here = lambda j: [i - p for i, p in zip(at, places(j), strict=True)]  # noqa: E731
            old: Form = a.entry(at)
            if old:
                old = self.w.mul(UNITY - self.sums(shape, here, lambda j: UNITY), old)
            return old + self.sums(shape, here, lambda j: spread(value, j))

        return Array(a.shape, entry, a.kind)

    def put(self, a: Array, key: Sequence[Any], shape: Sequence[Any]) -> Array:
        return self.setitem(Array(tuple(map(size, shape)), lambda at: Form(), a.kind), a, key)

    def take(self, a: Array, positions: Any, axis: int) -> Array:
        found, extents = spelled(positions)
        need(0 <= axis < len(a.shape), "an axis")
        need(all(self.w.nonnegative(a.shape[axis] - 1 - k) for _, k in found), "a position that may be out of range")

        def part(at: Sequence[Poly], place: Sequence[int], k: int) -> Form:
            here = [self.w.relation("==", i - j) for i, j in zip(at[axis:], place, strict=False)]
            return self.w.mul(*here, a.entry([*at[:axis], poly(k), *at[axis + len(place) :]]))  # type: ignore[no-any-return]

        shape = (*a.shape[:axis], *extents, *a.shape[axis + 1 :])
        return Array(shape, lambda at: sum((part(at, *pair) for pair in found), start=Form()), a.kind)

    def put_at(self, a: Array, positions: Any, axis: int, length: Any) -> Array:
        found, extents = spelled(positions)
        need(
            a.shape[axis : axis + len(extents)] == extents and all(k < size(length)[0][1] for _, k in found),
            "positions",
        )

        def part(at: Sequence[Poly], place: Sequence[int], k: int) -> Form:
            entry = a.entry([*at[:axis], *map(poly, place), *at[axis + 1 :]])
            return self.w.mul(self.w.relation("==", at[axis] - k), entry)  # type: ignore[no-any-return]

        shape = (*a.shape[:axis], size(length), *a.shape[axis + len(extents) :])
        return Array(shape, lambda at: sum((part(at, *pair) for pair in found), start=Form()), a.kind)

    def set_at(self, a: Array, value: Array, positions: Any) -> Array:
        found, extents = spelled(positions)
        places = [k for _, k in found]
        need(len(a.shape) == len(extents) == 1 and value.shape == extents, "entries of a vector")
        need(len(set(places)) == len(places), "a position that is set twice")
        need(all(self.w.nonnegative(a.shape[0] - 1 - k) for k in places), "a position that may be out of range")
        need("bif".index(value.kind) <= "bif".index(a.kind), "an assignment that rounds")

        def entry(at: Sequence[Poly]) -> Form:
            here = [self.w.relation("==", at[0] - k) for k in places]
            old = self.w.mul(UNITY - sum(here, start=Form()), a.entry(at))
            new = (
                self.w.mul(h, value.entry(list(map(poly, place)))) for h, (place, _) in zip(here, found, strict=True)
            )
            return sum(new, start=old)  # type: ignore[no-any-return]

        return Array(a.shape, entry, a.kind)

    def concatenate(self, *arrays: Array, axis: int) -> Array:
        need(all(0 <= axis < len(a.shape) for a in arrays), "an axis")
        need(len({(*a.shape[:axis], *a.shape[axis + 1 :]) for a in arrays}) == 1, "concatenate of different shapes")
        ends = [sum((a.shape[axis] for a in arrays[:k]), start=ZERO) for k in range(len(arrays) + 1)]

        def part(a: Array, start: Poly, at: Sequence[Poly]) -> Form:
            whole = lambda j: a.entry([*at[:axis], *j, *at[axis + 1 :]])  # noqa: E731
            return self.sums([a.shape[axis]], lambda j: [at[axis] - j[0] - start], whole)

        shape = (*arrays[0].shape[:axis], ends[-1], *arrays[0].shape[axis + 1 :])
        parts = lambda at: sum((part(a, k, at) for a, k in zip(arrays, ends, strict=False)), start=Form())  # noqa: E731
        return Array(shape, parts, widest(*arrays))
