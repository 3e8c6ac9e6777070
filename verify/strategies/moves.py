"""The steps that a generated program may take next, by family."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from verify.strategies.builder import SIZE, Builder
from verify.strategies.program import Dimension, Ref
from verify.strategies.values import LARGEST, POWERS, UNARY, Value, product

Move = Callable[[Builder], None]
CONSTANTS: tuple[int | float, ...] = (2, 3, 0.5, 0.1, 1.5, -1, -0.7, 0.3, 1, 2.25, 1e-3)


# ---------------------------------------------------------------------------- entry by entry


def pointwise(b: Builder) -> None:
    """A function of one number."""
    value = b.tame()
    assert value is not None
    allowed = [word for word, (fits, _) in UNARY.items() if word != "abs" and fits(value.low, value.high)]
    b.unary(b.pick(allowed), value)


def power(b: Builder) -> None:
    """A constant power."""
    value = b.tame(most=7)
    assert value is not None
    allowed = [(e, law) for e, (fits, law) in POWERS.items() if fits(value.low, value.high)]
    if allowed:
        exponent, law = b.pick(allowed)
        b.add("power_constant", [value.name], value.shape, *law(value.low, value.high), exponent=exponent)


def constant(b: Builder) -> None:
    """With a number."""
    value = b.tame()
    assert value is not None
    c, word = b.pick(CONSTANTS), b.pick(("multiply", "add", "subtract", "divide", "subtract from"))
    low, high = value.low, value.high
    if word == "divide" and abs(c) >= 0.1:
        ends = sorted((low / c, high / c))
    elif word == "multiply":
        ends = sorted((low * c, high * c))
    elif word == "subtract from":
        b.add("subtract", [c, value.name], value.shape, c - high, c - low)
        return
    else:
        word = "add" if word == "divide" else word
        ends = [low - c, high - c] if word == "subtract" else [low + c, high + c]
    b.add(word, [value.name, c], value.shape, *ends)


def binary(b: Builder) -> None:
    """Two values of one shape."""
    one = b.tame(most=8)
    assert one is not None
    _combined(b, one, b.other(one.shape), one.shape)


def _combined(b: Builder, one: Value, two: Value, shape: tuple[Dimension, ...]) -> None:
    word = b.pick(("add", "subtract", "divide", "multiply"))
    if word == "multiply" and one.most * two.most > 1e4:
        word = "add"
    if word == "divide" and two.low < 0.2:
        square = b.add("multiply", [two.name, two.name], two.shape, 0.0, two.most**2)
        two = b.add("add", [square.name, 1], two.shape, 1.0, two.most**2 + 1)
    if word == "add":
        ends = (one.low + two.low, one.high + two.high)
    elif word == "subtract":
        ends = (one.low - two.high, one.high - two.low)
    elif word == "multiply":
        ends = product(one, two)
    else:
        ends = (-one.most / two.low, one.most / two.low) if one.low < 0 else (one.low / two.high, one.high / two.low)
    b.add(word, [one.name, two.name], shape, *ends)


# ---------------------------------------------------------------------------- sizes and axes


def broadcast(b: Builder) -> None:
    """Two values of shapes that spread to a common one."""
    one = b.tame(most=8)
    assert one is not None
    found = [
        v for v in b.values if v.shape != one.shape and v.most <= LARGEST and spread(one.shape, v.shape) is not None
    ]
    if found:
        two = b.pick(found)
        shape = spread(one.shape, two.shape)
        assert shape is not None
        if len(shape) <= 3:
            _combined(b, *((one, two) if b.choose(2) else (two, one)), shape)
    elif len(one.shape) == 1:
        column = b.add(
            "getitem", [one.name], (*one.shape, 1), one.low, one.high, key={"key": [[None, None, None], None]}
        )
        vectors = [v for v in b.values if len(v.shape) == 1 and v.most <= LARGEST]
        two = b.pick(vectors)
        _combined(b, column, two, (*one.shape, *two.shape))


def spread(a: Sequence[Dimension], b: Sequence[Dimension]) -> tuple[Dimension, ...] | None:
    """The shape that two shapes broadcast to; None where they do not for every size."""
    rank = max(len(a), len(b))
    rows = zip([1] * (rank - len(a)) + list(a), [1] * (rank - len(b)) + list(b), strict=True)
    shape: list[Dimension] = []
    for one, two in rows:
        if one != two and 1 not in (one, two):
            return None
        shape.append(two if one == 1 else one)
    return tuple(shape)


def reduction(b: Builder) -> None:
    """Along an axis, or over all; mostly spread again."""
    value = b.tame(lambda v: bool(v.shape), most=20)
    if value is None:
        return
    axis = b.choose(len(value.shape))
    keep = b.choose(3) > 0
    shape = tuple(1 if keep and k == axis else n for k, n in enumerate(value.shape) if keep or k != axis)
    word = b.pick(("sum", "mean", "max", "min", "var", "sum", "mean", "prod"))
    low, high = value.low, value.high
    if word == "prod" and (value.most > 1.6 or value.low < -0.9):
        word = "sum"
    if word == "prod":
        low, high = -(1.7**SIZE) * (low < 0), 1.7**SIZE
    elif word == "sum":
        low, high = (low, SIZE * high) if low > 0 else (SIZE * low, SIZE * max(high, 0.0))
    elif word == "var":
        low, high = 0.0, value.most**2 * 4
    made = b.add(word, [value.name], shape, low, high, axis=axis, keepdims=keep)
    if keep:
        _combined(b, value, made, value.shape) if made.most < LARGEST else None


def softmax(b: Builder) -> None:
    """exp over its sum, or the logarithm of that sum."""
    value = b.tame(lambda v: bool(v.shape), most=3.5)
    if value is None:
        return
    e = b.unary("exp", value)
    axis = len(value.shape) - 1
    total = b.add("sum", [e.name], (*value.shape[:-1], 1), e.low, SIZE * e.high, axis=axis, keepdims=True)
    if b.choose(2):
        b.add("divide", [e.name, total.name], value.shape, 0.0, 1.0)
    else:
        log = b.unary("log", total) if total.low >= 0.1 else total
        b.add("subtract", [value.name, log.name], value.shape, value.low - log.high, value.high - log.low)


def normalise(b: Builder) -> None:
    """What is left of the mean, over the deviation or the length."""
    value = b.tame(lambda v: bool(v.shape), most=20)
    if value is None:
        return
    axis, kept = len(value.shape) - 1, (*value.shape[:-1], 1)
    mean = b.add("mean", [value.name], kept, value.low, value.high, axis=axis, keepdims=True)
    centred = b.add("subtract", [value.name, mean.name], value.shape, -2 * value.most, 2 * value.most)
    square = b.add("multiply", [centred.name, centred.name], value.shape, 0.0, 4 * value.most**2)
    word = b.pick(("mean", "sum"))
    spreadness = b.add(word, [square.name], kept, 0.0, SIZE * 4 * value.most**2, axis=axis, keepdims=True)
    shifted = b.add("add", [spreadness.name, b.pick((1, 0.1, 1e-5))], kept, 1e-5, spreadness.high + 1)
    root = b.add("sqrt", [shifted.name], kept, 3e-3, shifted.high)
    b.add("divide", [centred.name, root.name], value.shape, -float(SIZE), float(SIZE))


def running(b: Builder) -> None:
    """Sums up to each place."""
    value = b.tame(lambda v: bool(v.shape), most=10)
    if value is not None:
        most = SIZE * value.most
        b.add("cumsum", [value.name], value.shape, -most, most, axis=b.choose(len(value.shape)))


# ---------------------------------------------------------------------------- places


def slicing(b: Builder) -> None:
    """A block, reversed, shifted, differences, entries picked, rows joined."""
    value = b.tame(lambda v: bool(v.shape) and any(isinstance(n, str) and n.isidentifier() for n in v.shape))
    if value is None:
        return
    axes = [k for k, n in enumerate(value.shape) if isinstance(n, str) and n.isidentifier()]
    axis = b.pick(axes)
    n, low, high = value.shape[axis], value.low, value.high

    def cut(*bounds: Any) -> dict[str, Any]:
        return {"key": [*([[None, None, None]] * axis), list(bounds)]}

    def resized(size: Dimension) -> tuple[Dimension, ...]:
        return (*value.shape[:axis], size, *value.shape[axis + 1 :])

    how = b.pick(
        ("reverse", "roll", "differences", "picked", "block", "entry", "joined", "triangle", "transpose", "flat")
    )
    if how == "reverse":
        b.add("getitem", [value.name], value.shape, low, high, key=cut(None, None, -1))
    elif how == "roll":
        b.add("roll", [value.name], value.shape, low, high, shift=b.pick((1, -1, 2)), axis=axis)
    elif how == "differences":
        late = b.add("getitem", [value.name], resized(f"{n} - 1"), low, high, key=cut(1, None, None))
        early = b.add("getitem", [value.name], resized(f"{n} - 1"), low, high, key=cut(None, -1, None))
        _combined(b, late, early, late.shape)
    elif how == "picked":
        places = [b.choose(2) for _ in range(2 + b.choose(2))]
        listed = {"key": [*([[None, None, None]] * axis), {"list": places}]}
        b.add("getitem", [value.name], resized(len(places)), low, high, key=listed)
    elif how == "block":
        b.add(
            "getitem",
            [value.name],
            resized(f"{n} - 1"),
            low,
            high,
            key=cut(*b.pick(((1, None, None), (None, -1, None)))),
        )
    elif how == "entry":
        taken = (*value.shape[:axis], *value.shape[axis + 1 :])
        place = {"key": [*([[None, None, None]] * axis), b.pick((0, 1, -1))]}
        b.add("getitem", [value.name], taken, low, high, key=place)
    elif how == "joined":
        other = b.other(value.shape)
        ends = (min(low, other.low), max(high, other.high))
        b.add("concatenate", [value.name, other.name], resized(f"{n} + {n}"), *ends, axis=axis)
    elif how == "triangle" and len(value.shape) == 2:
        word = b.pick(("tril", "triu"))
        b.add(word, [value.name], value.shape, min(low, 0.0), max(high, 0.0), k=b.pick((0, 1, -1)))
    elif how == "transpose" and len(value.shape) == 2:
        b.add("transpose", [value.name], value.shape[::-1], low, high, axes=[1, 0])
    elif how == "flat" and len(value.shape) == 2 and all(isinstance(k, str) and k.isidentifier() for k in value.shape):
        b.add("reshape", [value.name], (f"{value.shape[0]}*{value.shape[1]}",), low, high, shape=-1)


# ---------------------------------------------------------------------------- matrices


def contraction(b: Builder) -> None:
    """A matrix product, or an einsum."""
    one = b.tame(lambda v: len(v.shape) in (1, 2), most=8)
    if one is None:
        return
    last = one.shape[-1]
    found = [v for v in b.values if v.most <= 8 and len(v.shape) in (1, 2) and last in v.shape]
    if not found:
        return
    two = b.pick(found)
    most = SIZE * one.most * two.most
    if two.shape[0] != last:
        two = b.add("transpose", [two.name], two.shape[::-1], two.low, two.high, axes=[1, 0])
    if b.choose(3) or len(two.shape) + len(one.shape) < 3:
        b.add("matmul", [one.name, two.name], (*one.shape[:-1], *two.shape[1:]), -most, most)
        return
    first, second = ("ij" if len(one.shape) == 2 else "j"), ("jk" if len(two.shape) == 2 else "j")
    letters = sorted(set(first + second))
    kept = [letter for letter in letters if b.choose(2)]
    sizes = {**dict(zip(first, one.shape, strict=True)), **dict(zip(second, two.shape, strict=True))}
    shape = tuple(sizes[letter] for letter in kept)
    subscripts = f"{first},{second}->{''.join(kept)}"
    b.add("einsum", [one.name, two.name], shape, -(SIZE**2) * most, SIZE**2 * most, subscripts=subscripts)


def outer(b: Builder) -> None:
    """The products of all pairs."""
    one = b.tame(lambda v: len(v.shape) == 1, most=8)
    if one is not None:
        two = b.pick([v for v in b.values if len(v.shape) == 1 and v.most <= LARGEST])
        b.add("outer", [one.name, two.name], (*one.shape, *two.shape), *product(one, two))


def linear_algebra(b: Builder) -> None:
    """Of a matrix that is an argument, which is far from singular."""
    if not b.squares:
        return
    square = next(v for v in b.values if v.name == b.pick(b.squares))
    n, name = square.shape[0], square.name
    if b.choose(3) == 0:
        half = b.add("divide", [name, b.pick((2, 3, 0.5))], square.shape, -1.8, 8.0)
        name = half.name
    if b.choose(4) == 0:
        name = b.add("transpose", [name], square.shape, -1.8, 8.0, axes=[1, 0]).name
    how = b.pick(("solve", "inv", "logabsdet", "det", "spd", "trace", "solve", "inv"))
    if how == "solve":
        sides = [v for v in b.values if v.shape and v.shape[0] == n and len(v.shape) <= 2 and v.most <= LARGEST]
        side = b.pick(sides)
        b.add("solve_matrix", [name, side.name], side.shape, -4 * side.most, 4 * side.most)
    elif how == "inv":
        b.add("inv", [name], square.shape, -4.0, 4.0)
    elif how == "logabsdet":
        b.add("logabsdet", [name], (), -8.0, 10.0)
    elif how == "det":
        b.add("det", [name], (), -10.0, 1e4)
    elif how == "trace":
        b.add("trace", [name], (), -30.0, 30.0)
    else:
        flipped = b.add("transpose", [name], square.shape, -1.8, 8.0, axes=[1, 0])
        spd = b.add("matmul", [name, flipped.name], square.shape, -20.0, 60.0)
        if b.choose(2):
            b.add("logabsdet", [spd.name], (), -16.0, 20.0)
        else:
            b.add("inv", [spd.name], square.shape, -16.0, 16.0)


# ---------------------------------------------------------------------------- branches


def branch(b: Builder) -> None:
    """One of two values by a comparison, a rectifier, an absolute value, a clip."""
    value = b.tame()
    assert value is not None
    low, high, shape = value.low, value.high, value.shape
    how = b.pick(("abs", "rectified", "clip", "where", "where", "larger", "masked", "nested"))
    if how == "abs":
        b.unary("abs", value)
    elif how == "rectified":
        b.add("maximum", [value.name, b.pick((0, 0.1, -0.5))], shape, max(low, -0.5), max(high, 0.1))
    elif how == "clip":
        b.add("clip", [value.name, -0.7, 0.9], shape, -0.7, 0.9)
    elif how == "masked":
        test = b.add(b.pick(("greater", "less")), [value.name, b.pick((0, 0.25, -0.5))], shape, 0.0, 1.0)
        b.values.pop()
        b.add("multiply", [value.name, test.name], shape, min(low, 0.0), max(high, 0.0))
    else:
        other = b.other(shape)
        ends = (min(low, other.low), max(high, other.high))
        if how == "larger":
            b.add(b.pick(("maximum", "minimum")), [value.name, other.name], shape, *ends)
            return
        word = b.pick(("greater", "less", "greater_equal"))
        guarded = b.other(shape)
        bounds: tuple[Ref, ...] = (0, 0.5, -0.3, other.name)
        test = b.add(word, [guarded.name, b.pick(bounds)], shape, 0.0, 1.0)
        b.values.pop()
        if how == "nested":
            squashed = b.unary(b.pick(("sin", "tanh", "cos")), value)
            b.add("where", [test.name, squashed.name, other.name], shape, min(-1.0, other.low), max(1.0, other.high))
        else:
            b.add("where", [test.name, value.name, other.name], shape, *ends)


_ENTRIES: list[tuple[Move, int]] = [(constant, 3), (pointwise, 5), (power, 2), (binary, 4)]
MOVES: dict[str, list[tuple[Move, int]]] = {
    "elementwise": _ENTRIES,
    "reductions": [*_ENTRIES, (reduction, 8), (softmax, 3), (normalise, 2), (running, 2)],
    "broadcasting": [*_ENTRIES, (broadcast, 12)],
    "indexing": [*_ENTRIES, (slicing, 12)],
    "contractions": [*_ENTRIES, (contraction, 10), (outer, 3)],
    "linear algebra": [*_ENTRIES, (linear_algebra, 12), (contraction, 3)],
    "branches": [*_ENTRIES, (branch, 12)],
    "mixed": [
        *_ENTRIES, (reduction, 2), (softmax, 1), (normalise, 1), (running, 1), (broadcast, 2), (slicing, 3),
        (contraction, 2), (outer, 1), (linear_algebra, 2), (branch, 3),
    ],
}  # fmt: skip
FAMILIES = tuple(MOVES)
