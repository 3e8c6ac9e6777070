"""The table of meanings: what each op with static arguments means, for ``verify/checker.py``.

This is the checker's trusted base. It is written from NumPy's documentation, not from the ops' own declarations,
and needs the standard library alone. An array is a shape and a function from positions to the *form* of the entry
there; sizes and positions are integer polynomials. ``w`` is the checker's algebra of forms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from verify.trusted.arrays import KINDS, Array, spread, widest
from verify.trusted.indexing import Indexing
from verify.trusted.matrices import Matrices
from verify.trusted.pointwise import ARITHMETIC, COMPARISONS, FLOATING
from verify.trusted.special import OF_ELEMENTS, Special
from verify.trusted.terms import ONE, UNITY, ZERO, Form, Number, Poly, need, size

COMPOSED: dict[str, Callable[..., Array]] = {  # f.exp(a) applies an op
    "hypot": lambda f, a, b: f.sqrt(f.add(f.square(a), f.square(b))),
    "norm": lambda f, a, **over: f.sqrt(f.sum(f.square(a), **over)),
    "std": lambda f, a, **over: f.sqrt(f.var(a, **over)),
    "max": lambda f, a, axis, keepdims: f.folded("max", f.nonempty(a, axis), axis, keepdims),
    "prod": lambda f, a, axis, keepdims: f.folded("prod", a, axis, keepdims),
    "logsumexp": lambda f, a, axis, keepdims: f.log(f.sum(f.exp(f.nonempty(a, axis)), axis=axis, keepdims=keepdims)),
    "softmax": lambda f, a, axis: f.divide(f.exp(a), f.sum(f.exp(a), axis=axis, keepdims=True)),
    "log_softmax": lambda f, a, axis: f.subtract(a, f.log(f.sum(f.exp(a), axis=axis, keepdims=True))),
    "min": lambda f, a, **over: f.negative(f.max(f.negative(a), **over)),
    "tril": lambda f, a, k: f.triangle(a, k, -1),
    "triu": lambda f, a, k: f.triangle(a, k, 1),
    "sum": lambda f, a, axis, keepdims: f.folded("", a, axis, keepdims),
    "p_norm": lambda f, a, ord, **over: f.power_constant(
        f.sum(f.power_constant(f.absolute(a), ord), **over), Fraction(1) / ord
    ),
    "logcumsumexp": lambda f, a, axis: f.log(f.cumsum(f.exp(a), axis=axis)),
}


# ---------------------------------------------------------------------------- ops with static arguments


class Ops(Indexing, Matrices, Special):
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
        known = FLOATING | OF_ELEMENTS
        need(name in known and (kind == "f" or name not in ("reciprocal", "power")), f"no meaning of {name} is known")
        return self.pointwise(known[name], arrays, "f")

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

    def folded(self, fold: str, a: Array, axis: Sequence[int], keepdims: bool) -> Array:
        """Σ, max or Π over axes."""
        need(list(axis) == sorted(set(axis) & set(range(len(a.shape)))), "axes in order")
        shape = tuple(ONE if k in axis else e for k, e in enumerate(a.shape) if keepdims or k not in axis)

        def entry(at: Sequence[Poly]) -> Form:
            left, new = iter(at), {k: self.w.index(a.shape[k]) for k in axis}
            kept = [next(left) if keepdims or k not in new else ZERO for k in range(len(a.shape))]
            form = a.entry([new.get(k, place) for k, place in enumerate(kept)])
            if fold != "prod":
                return self.w.over(fold, form, [*new.values()]) if fold else self.w.total(form, new.values())  # type: ignore[no-any-return]
            for index in new.values():
                form = self.w.over(fold, form, [index])
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
        return self.divide(self.folded("", a, axis, keepdims), self.count(a, axis))

    def var(self, a: Array, axis: Sequence[int], keepdims: bool, ddof: int) -> Array:
        squares = self.square(self.subtract(a, self.mean(a, axis, True)))
        return self.divide(self.folded("", squares, axis, keepdims), self.count(a, axis, ddof))

    def cumsum(self, a: Array, axis: int) -> Array:
        need(0 <= axis < len(a.shape), "an axis")

        def entry(at: Sequence[Poly]) -> Form:
            j = self.w.index(a.shape[axis])
            upto = self.w.relation(">=", at[axis] - j)
            return self.w.total(self.w.mul(upto, a.entry([*at[:axis], j, *at[axis + 1 :]])), [j])  # type: ignore[no-any-return]

        return Array(a.shape, entry, "i" if a.kind == "b" else a.kind)

    def triangle(self, a: Array, k: int, sign: int) -> Array:
        return a._replace(entry=lambda at: self.w.mul(self.w.relation(">=", (at[-1] - at[-2] - k) * sign), a.entry(at)))

    def running(self, a: Array, axis: int, upto: Poly, at: Sequence[Poly], after: Poly | None = None) -> Form:
        """The product of the entries of a along an axis, up to this place, from behind another one on."""
        j = self.w.index(a.shape[axis])
        chosen = self.w.relation(">=", upto - j)
        chosen = chosen if after is None else self.w.mul(chosen, self.w.relation(">=", j - after - 1))
        entry = a.entry([*at[:axis], j, *at[axis + 1 :]])
        return self.w.over("prod", UNITY + self.w.mul(chosen, entry - UNITY), [j])  # type: ignore[no-any-return]

    def cumprod(self, a: Array, axis: int) -> Array:
        need(0 <= axis < len(a.shape), "an axis")
        return Array(a.shape, lambda at: self.running(a, axis, at[axis], at), "i" if a.kind == "b" else a.kind)

    def recurrence(self, b: Array, c: Array, axis: int) -> Array:
        """s[i] = b[i] + c[i] s[i - 1] = Σ_j≤i b[j] Π_j<k≤i c[k]"""
        need(b.shape == c.shape and 0 <= axis < len(b.shape) and "f" in (b.kind, c.kind), "a recurrence")

        def entry(at: Sequence[Poly]) -> Form:
            j = self.w.index(b.shape[axis])
            term = self.w.mul(b.entry([*at[:axis], j, *at[axis + 1 :]]), self.running(c, axis, at[axis], at, j))
            return self.w.total(self.w.mul(self.w.relation(">=", at[axis] - j), term), [j])  # type: ignore[no-any-return]

        return Array(b.shape, entry)

    def convolve(self, a: Array, v: Array) -> Array:
        need(len(a.shape) == len(v.shape) == 1 and widest(a, v) != "b", "a convolution of two vectors of numbers")
        self.nonempty(a, [0]), self.nonempty(v, [0])

        def entry(at: Sequence[Poly]) -> Form:
            along = lambda j: [at[0] - j[0] - j[1]]  # noqa: E731
            return self.sums([*a.shape, *v.shape], along, lambda j: self.w.mul(a.entry(j[:1]), v.entry(j[1:])))

        return Array((a.shape[0] + v.shape[0] - 1,), entry, widest(a, v))

    def cosines(self, a: Array, axis: int, **given: Any) -> Array:
        """y[k] = Σ_j x[j] cos(π (a k + b)(c j + d) / (2 size)), (a, b) outer and (c, d) inner; or sines"""
        count, n, sine = size(given.pop("count")), size(given.pop("size")), given.pop("sine")
        (outer, first), (inner, last) = (map(size, given.pop(name)) for name in ("outer", "inner"))
        need(not given and type(sine) is bool and 0 <= axis < len(a.shape), "cosines along an axis")
        need(self.w.nonnegative(n - 1), "cosines of parts of a turn")

        def entry(at: Sequence[Poly]) -> Form:
            j = self.w.index(a.shape[axis])
            turn = self.w.turn((at[axis] * outer + first) * (j * inner + last) - n * sine, n)
            return self.w.total(self.w.mul(turn, a.entry([*at[:axis], j, *at[axis + 1 :]])), [j])  # type: ignore[no-any-return]

        return Array((*a.shape[:axis], count, *a.shape[axis + 1 :]), entry)

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

    def einsum(self, *arrays: Array, subscripts: str) -> Array:
        given, arrow, result = subscripts.partition("->")
        terms, extents = given.split(","), dict[str, Poly]()
        for term, a in zip(terms, arrays, strict=True):
            for label, extent in zip(term, a.shape, strict=True):
                known = extents.get(label, ONE)
                need(ONE in (known, extent) or known == extent, "einsum of different sizes")
                extents[label] = extent if known == ONE else known
        need(arrow and len(set(result)) == len(result), "subscripts that do not name the result")
        need(widest(*arrays) != "b", "sums of products of bools")

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


_HELPERS = {"apply", "pointwise", "sums", "folded", "triangle", "running", "count", "block", "nonempty", "of_entries"}
_HELPERS |= {"part", "packed", "rest", "of_parameters"}
STRUCTURAL = {
    name: method
    for source in (Indexing, Matrices, Special, Ops)
    for name, method in vars(source).items()
    if name[0] != "_" and name not in _HELPERS and callable(method)
}


def knows(name: str) -> bool:
    """Whether the table has an op of this name."""
    return any(name in table for table in (STRUCTURAL, COMPOSED, COMPARISONS, ARITHMETIC, FLOATING, OF_ELEMENTS))
