"""The table of meanings: what each op with static arguments means, for ``verify/checker.py``.

This is the checker's trusted base. It is written from NumPy's documentation, not from the ops' own declarations,
and needs the standard library alone. An array is a shape and a function from positions to the *form* of the entry
there; sizes and positions are integer polynomials. ``w`` is the checker's algebra of forms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from verify.trusted.pointwise import ARITHMETIC, COMPARISONS, FLOATING
from verify.trusted.terms import ONE, UNITY, ZERO, Form, Number, Poly, need, poly, size


class Array(NamedTuple):
    """A shape, the form of the entry at given positions, and "b", "i" or "f" for bools, integers and floats."""

    shape: tuple[Poly, ...]
    entry: Callable[[Sequence[Poly]], Form]
    kind: str = "f"


KINDS = {"float64": "f", "float32": "f", "int64": "i", "int32": "i", "bool": "b"}
COMPOSED: dict[str, Callable[..., Array]] = {  # f.exp(a) applies an op
    "hypot": lambda f, a, b: f.sqrt(f.add(f.square(a), f.square(b))),
    "norm": lambda f, a, **over: f.sqrt(f.sum(f.square(a), **over)),
    "std": lambda f, a, **over: f.sqrt(f.var(a, **over)),
    "max": lambda f, a, axis, keepdims: f.sum(f.nonempty(a, axis), axis=axis, keepdims=keepdims, fold="max"),
    "prod": lambda f, a, axis, keepdims: f.sum(a, axis=axis, keepdims=keepdims, fold="prod"),
    "logsumexp": lambda f, a, axis, keepdims: f.log(f.sum(f.exp(f.nonempty(a, axis)), axis=axis, keepdims=keepdims)),
    "softmax": lambda f, a, axis: f.divide(f.exp(a), f.sum(f.exp(a), axis=axis, keepdims=True)),
    "log_softmax": lambda f, a, axis: f.subtract(a, f.log(f.sum(f.exp(a), axis=axis, keepdims=True))),
    "min": lambda f, a, **over: f.negative(f.max(f.negative(a), **over)),
    "tril": lambda f, a, k: f.triu(a, k, sign=-1),
}


def widest(*arrays: Array) -> str:
    """The kind of what arrays make together."""
    return max((a.kind for a in arrays), key="bif".index)


def spread(a: Array, at: Sequence[Poly]) -> Form:
    """The entry of an array that is broadcast."""
    return a.entry([ZERO if e == ONE else i for e, i in zip(a.shape, at[len(at) - len(a.shape) :], strict=True)])


def spelled(positions: Any) -> tuple[list[tuple[tuple[int, ...], int]], tuple[Poly, ...]]:
    """Nested lists of positions as pairs of place and position, and their shape."""
    if type(positions) is int:
        need(positions >= 0, "a position")
        return [((), positions)], ()
    parts = [spelled(part) for part in positions]
    need(0 < len(parts) <= 64 and all(part[1] == parts[0][1] for part in parts), "positions")
    pairs = [((row, *place), k) for row, (found, _) in enumerate(parts) for place, k in found]
    return pairs, (poly(len(parts)), *parts[0][1])


# ---------------------------------------------------------------------------- ops with static arguments


class Ops:
    """The ops with their static arguments as methods; ``f.exp(a)`` applies those of the tables too."""

    def __init__(self, w: Any) -> None:
        self.w = w

    def __getattr__(self, name: str) -> Callable[..., Array]:
        return lambda *arrays, **params: self.apply(name, arrays, params)

    def apply(self, name: str, arrays: Sequence[Array], params: Mapping[str, Any]) -> Array:
        """The op of this name applied."""
        if name in STRUCTURAL or name in COMPOSED:
            made: Array = (
                STRUCTURAL[name](self, *arrays, **params)
                if name in STRUCTURAL
                else COMPOSED[name](self, *arrays, **params)
            )
            return made
        need(not params and arrays, f"arguments of {name}")
        kind = widest(*arrays)
        if kind == "b":
            name = {"add": "logical_or", "bitwise_or": "logical_or", "bitwise_and": "logical_and"}.get(name, name)
            name = "logical_not" if name == "invert" else name
        if name in COMPARISONS:
            return self.pointwise(COMPARISONS[name], arrays, "b")
        if name in ARITHMETIC:
            closed = kind != "b" or name in "multiply maximum minimum copy zeros_like ones_like".split()
            need(closed, f"{name} of bools")
            return self.pointwise(ARITHMETIC[name], arrays, kind)
        need(
            name in FLOATING and (kind == "f" or name not in ("reciprocal", "power")), f"no meaning of {name} is known"
        )
        return self.pointwise(FLOATING[name], arrays, "f")

    def pointwise(self, function: Callable[..., Form], arrays: Sequence[Array], kind: str) -> Array:
        shape = [ONE] * max(len(a.shape) for a in arrays)
        for a in arrays:
            for axis, extent in enumerate(a.shape, len(shape) - len(a.shape)):
                need(ONE in (extent, shape[axis]) or extent == shape[axis], "operands of different shapes")
                shape[axis] = shape[axis] if extent == ONE else extent
        return Array(tuple(shape), lambda at: function(self.w, *(spread(a, at) for a in arrays)), kind)

    def sums(
        self, extents: Iterable[Poly], equal: Callable[[list[Poly]], list[Poly]], form: Callable[[list[Poly]], Form]
    ) -> Form:
        """Σ of the form over new indices at which these polynomials are 0."""
        j = [self.w.index(extent) for extent in extents]
        holds = [self.w.relation("==", p) for p in equal(j)]
        return self.w.total(self.w.mul(*holds, form(j)), j)  # type: ignore[no-any-return]

    def where(self, c: Array, a: Array, b: Array) -> Array:
        true = c if c.kind == "b" else self.not_equal(c, Array((), lambda at: Form()))
        return self.pointwise(lambda w, c, a, b: b + w.mul(c, a - b), (true, a, b), widest(a, b))

    def power_constant(self, a: Array, exponent: Number) -> Array:
        need(a.kind == "f" or (a.kind == "i" and exponent >= 0 and not exponent % 1), "a power of integers")
        return self.pointwise(lambda w, a: w.power(a, exponent), [a], a.kind)

    def full_like(self, a: Array, fill_value: Number) -> Array:
        need(a.kind == "f" or (a.kind == "i" and not fill_value % 1), "a fill value that is rounded")
        return a._replace(entry=lambda at: UNITY * fill_value)

    def astype(self, a: Array, dtype: str) -> Array:
        need("bif".index(KINDS[dtype]) >= "bif".index(a.kind), "a cast that rounds")
        return a._replace(kind=KINDS[dtype])

    def sum(self, a: Array, axis: Sequence[int], keepdims: bool, fold: str = "") -> Array:
        need(list(axis) == sorted(set(axis) & set(range(len(a.shape)))), "axes in order")
        shape = tuple(ONE if k in axis else e for k, e in enumerate(a.shape) if keepdims or k not in axis)

        def entry(at: Sequence[Poly]) -> Form:
            left, new = iter(at), {k: self.w.index(a.shape[k]) for k in axis}
            kept = [next(left) if keepdims or k not in new else ZERO for k in range(len(a.shape))]
            form = a.entry([new.get(k, place) for k, place in enumerate(kept)])
            for index in new.values():
                form = self.w.over(fold, form, index) if fold else self.w.total(form, [index])
            return form

        return Array(shape, entry, "i" if a.kind == "b" and fold != "max" else a.kind)

    def nonempty(self, a: Array, axis: Iterable[int]) -> Array:
        need(self.w.nonnegative(math.prod((a.shape[k] for k in axis), start=ONE) - 1), "a maximum of no elements")
        return a

    def count(self, a: Array, axis: Iterable[int], less: int = 0) -> Array:
        number = math.prod((a.shape[k] for k in axis), start=ONE) - less
        need(self.w.nonnegative(number - 1), "a mean of no elements")
        return Array((), lambda at: self.w.number(number))

    def mean(self, a: Array, axis: Sequence[int], keepdims: bool) -> Array:
        return self.divide(self.sum(a, axis, keepdims), self.count(a, axis))

    def var(self, a: Array, axis: Sequence[int], keepdims: bool, ddof: int) -> Array:
        squares = self.square(self.subtract(a, self.mean(a, axis, True)))
        return self.divide(self.sum(squares, axis, keepdims), self.count(a, axis, ddof))

    def cumsum(self, a: Array, axis: int) -> Array:
        need(0 <= axis < len(a.shape), "an axis")

        def entry(at: Sequence[Poly]) -> Form:
            j = self.w.index(a.shape[axis])
            upto = self.w.relation(">=", at[axis] - j)
            return self.w.total(self.w.mul(upto, a.entry([*at[:axis], j, *at[axis + 1 :]])), [j])  # type: ignore[no-any-return]

        return Array(a.shape, entry, "i" if a.kind == "b" else a.kind)

    def triu(self, a: Array, k: int, sign: int = 1) -> Array:
        return a._replace(entry=lambda at: self.w.mul(self.w.relation(">=", (at[-1] - at[-2] - k) * sign), a.entry(at)))

    def reshape(self, a: Array, shape: Sequence[Any]) -> Array:
        new = tuple(map(size, shape))
        old, now = ([k for k, e in enumerate(s) if e != ONE] for s in (a.shape, new))
        need(math.prod(a.shape, start=ONE) == math.prod(new, start=ONE), "reshape to another number of elements")

        def flat(at: Sequence[Poly], shape: Sequence[Poly]) -> Poly:
            return sum((i * math.prod(shape[k + 1 :], start=ONE) for k, i in enumerate(at)), start=ZERO)

        def entry(at: Sequence[Poly]) -> Form:
            if [a.shape[k] for k in old] == [new[k] for k in now]:  # only axes of size 1 come or go
                return a.entry([at[now[old.index(k)]] if k in old else ZERO for k in range(len(a.shape))])
            if len(old) == 1:
                return a.entry([flat(at, new) if k in old else ZERO for k in range(len(a.shape))])
            return self.sums(a.shape, lambda j: [flat(at, new) - flat(j, a.shape)], a.entry)

        return Array(new, entry, a.kind)

    def transpose(self, a: Array, axes: list[int]) -> Array:
        need(sorted(axes) == list(range(len(a.shape))), "a permutation of the axes")
        return Array(
            tuple(a.shape[k] for k in axes), lambda at: a.entry([at[axes.index(k)] for k in sorted(axes)]), a.kind
        )

    def broadcast_to(self, a: Array, shape: Sequence[Any]) -> Array:
        new = tuple(map(size, shape))
        fits = all(e in (ONE, f) for e, f in zip(a.shape, new[len(new) - len(a.shape) :], strict=True))
        need(fits and len(a.shape) <= len(new), "broadcast_to another shape")
        return Array(new, lambda at: spread(a, at), a.kind)

    def diagonal(self, a: Array, offset: int, axis1: int, axis2: int) -> Array:
        shift = {axis1: max(-offset, 0), axis2: max(offset, 0)}
        kept, lengths = [k for k in range(len(a.shape)) if k not in shift], [a.shape[k] - s for k, s in shift.items()]
        shortest = [p for p in lengths if all(self.w.nonnegative(q - p) for q in lengths)]
        rank = range(len(a.shape))
        need(set(shift) <= set(rank) and len(shift) == 2 and shortest, "a diagonal of this length")

        def entry(at: Sequence[Poly]) -> Form:
            return a.entry([at[-1] + shift[k] if k in shift else at[kept.index(k)] for k in rank])

        return Array((*(a.shape[k] for k in kept), shortest[0]), entry, a.kind)

    def diag(self, a: Array, k: int, shape: Sequence[Any], axis1: int, axis2: int) -> Array:
        new, shift = tuple(map(size, shape)), {axis1: max(-k, 0), axis2: max(k, 0)}
        need(len(shift) == 2 and set(shift) <= set(range(len(new))), "two axes")
        fits = all(self.w.nonnegative(new[axis] - s - a.shape[-1]) for axis, s in shift.items())
        need(fits and tuple(e for axis, e in enumerate(new) if axis not in shift) == a.shape[:-1], "another shape")

        def entry(at: Sequence[Poly]) -> Form:
            rest = [place for axis, place in enumerate(at) if axis not in shift]
            here = lambda j: [at[axis] - j[0] - s for axis, s in shift.items()]  # noqa: E731
            return self.sums(a.shape[-1:], here, lambda j: a.entry([*rest, *j]))

        return Array(new, entry, a.kind)

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
            kept = UNITY - self.sums(shape, here, lambda j: UNITY)
            old: Form = self.w.mul(kept, a.entry(at))
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

    def einsum(self, *arrays: Array, subscripts: str) -> Array:
        given, arrow, result = subscripts.partition("->")
        terms, extents = given.split(","), dict[str, Poly]()
        for term, a in zip(terms, arrays, strict=True):
            for label, extent in zip(term, a.shape, strict=True):
                known = extents.get(label, ONE)
                need(ONE in (known, extent) or known == extent, "einsum of different sizes")
                extents[label] = extent if known == ONE else known
        need(arrow and len(set(result)) == len(result), "subscripts that do not name the result")

        def entry(at: Sequence[Poly]) -> Form:
            summed = {label: self.w.index(extents[label]) for label in extents if label not in result}
            place = summed | dict(zip(result, at, strict=True))
            parts = [spread(a, [place[label] for label in term]) for term, a in zip(terms, arrays, strict=True)]
            return self.w.total(self.w.mul(*parts), summed.values())  # type: ignore[no-any-return]

        return Array(tuple(extents[label] for label in result), entry, widest(*arrays))

    def matmul(self, a: Array, b: Array) -> Array:
        need(a.shape and b.shape and a.shape[-1] == b.shape[max(len(b.shape) - 2, 0)], "matmul of different sizes")
        left, right = ("ABCDEFGH"[10 - len(x.shape) :] for x in (a, b))
        row, column = "i" * (len(a.shape) > 1), "k" * (len(b.shape) > 1)
        subscripts = f"{left}{row}j,{right}j{column}->{max(left, right, key=len)}{row}{column}"
        return self.einsum(a, b, subscripts=subscripts)


_HELPERS = {"apply", "pointwise", "sums", "count", "block", "nonempty"}
STRUCTURAL = {name: method for name, method in vars(Ops).items() if name[0] != "_" and name not in _HELPERS}
