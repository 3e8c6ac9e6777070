"""Products and functions of complex arrays of a recording, by their real and imaginary parts.

On NumPy's principal branches. The sign of zero is zero: on a branch cut, the value is that of a part +0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from dualgrad.conjugate import is_complex
from dualgrad.frontends.complex_parts import (
    as_length,
    exactly,
    is_zero,
    like,
    negative,
    nothing,
    paired,
    parts,
    summed,
    times,
    traced,
)
from dualgrad.frontends.pairs import Pair
from dualgrad.op import REGISTRY, Op, bind
from dualgrad.shapes import extents, rank

MOST_FACTORS = 64  # of a product along an axis, and of an integer power


def multiplied(op: Op, pairs: Sequence[tuple[Any, Any]], params: Mapping[str, Any]) -> Pair:
    """The product over all choices of a part of each factor: i to the number of imaginary ones."""
    sums: list[list[Any]] = [[], []]
    for sides in product((0, 1), repeat=len(pairs)):
        chosen = [pair[side] for pair, side in zip(pairs, sides, strict=True)]
        if any(map(is_zero, chosen)):
            continue
        made = times(*chosen) if op.name == "multiply" else bind(op, chosen, params)
        sums[sum(sides) % 2].append(-made if sum(sides) % 4 > 1 else made)
    re, im = (summed(*terms) for terms in sums)
    if not hasattr(re, "_trace") and not hasattr(im, "_trace"):  # nothing is left, or it is plain
        arrays = [part for pair in pairs for part in pair if hasattr(part, "_trace")]
        real = bind(op, [_shown(pair, arrays[0]) for pair in pairs], params)
        return paired(nothing(real) if is_zero(re) else re + nothing(real), im)
    return paired(re, im)


def _shown(pair: tuple[Any, Any], array: Any) -> Any:
    """A real operand of the shape of a pair."""
    return next((part for part in pair if rank(part) or hasattr(part, "_trace")), pair[0])


def _multiply(a: Any, b: Any) -> Pair:
    return multiplied(REGISTRY["multiply"], [parts(a), parts(b)], {})


def _divide(a: Any, b: Any) -> Pair:
    """a conj(b) / |b|²."""
    (x, y), (u, v) = parts(a), parts(b)
    if is_zero(v):
        return paired(0.0 if is_zero(x) else x / u, 0.0 if is_zero(y) else y / u)
    squared = _squared_length(b)
    above = (summed(times(x, u), times(y, v)), summed(times(y, u), negative(times(x, v))))
    return paired(*(0.0 if is_zero(part) else part / squared for part in above))


def _whole_power(z: Any, exponent: int) -> Any:
    if abs(exponent) > MOST_FACTORS:
        return _power(z, exponent)
    if exponent < 0:
        return _divide(1.0, _whole_power(z, -exponent))
    result: Any = None
    while exponent:
        if exponent & 1:
            result = z if result is None else _multiply(result, z)
        exponent >>= 1
        if exponent:
            z = _multiply(z, z)
    if result is None:
        re, _ = parts(z)
        return paired(REGISTRY["ones_like"](re), 0.0)
    return result


def _power_constant(z: Any, exponent: Any) -> Any:
    if not isinstance(exponent, complex) and exponent == int(exponent):
        return _whole_power(z, int(exponent))
    return _sqrt(z) if exponent == 0.5 else _power(z, exponent)


def _power(a: Any, b: Any) -> Any:
    """exp(b log a): the principal value."""
    known = not hasattr(a, "_trace") and not isinstance(a, Pair)
    if known and not rank(a) and is_zero(parts(a)[1]) and parts(a)[0] > 0:
        return _exp(_multiply(b, exactly(traced(*parts(b)), "log", float(a.real))))
    base = paired(*(like(part, traced(*parts(b))) for part in parts(a))) if known else a
    return _exp(_multiply(b, _logarithm(base)))


def _along(z: Pair, axis: Sequence[int], keepdims: bool) -> Any:
    """The product of all entries along axes of known length."""
    result: Any = z
    for k in sorted(axis, reverse=True):
        length = extents(result)[k]
        if not isinstance(length, int) or not 0 < length <= MOST_FACTORS:
            return z.__refuse__(f"a product of complex numbers along an axis of {length} cannot be recorded")
        lines = [result[(slice(None),) * k + (place,)] for place in range(length)]
        result = lines[0]
        for line in lines[1:]:
            result = _multiply(result, line)
    if keepdims:
        shape = tuple(1 if k in axis else extent for k, extent in enumerate(extents(z)))
        result = np.reshape(result, shape)
    return result


# ---------------------------------------------------------------------------- functions


def _exp(z: Any) -> Pair:
    a, b = parts(z)
    length = 1.0 if is_zero(a) else np.exp(a)
    return paired(times(length, _cos(b)), times(length, _sin(b)))


def _cos(part: Any) -> Any:
    return 1.0 if is_zero(part) else np.cos(part)


def _sin(part: Any) -> Any:
    return 0.0 if is_zero(part) else np.sin(part)


def _cosh(part: Any) -> Any:
    return 1.0 if is_zero(part) else np.cosh(part)


def _sinh(part: Any) -> Any:
    return 0.0 if is_zero(part) else np.sinh(part)


def _squared_length(z: Any) -> Any:
    a, b = parts(z)
    return as_length(summed(times(a, a), times(b, b)))


def _angle(z: Any) -> Any:
    a, b = parts(z)
    return np.arctan2(b + 0.0 * a if rank(b) < rank(a) else b, a)


def _logarithm(z: Any, base: float | None = None) -> Pair:
    found = paired(np.log(_squared_length(z)) / 2, _angle(z))
    return found if base is None else _divide(found, exactly(found.re, "log", base))


def _sqrt(z: Any) -> Pair:
    """On the principal branch: a real part >= 0, and the sign of the imaginary part kept, + where it is 0."""
    a, b = parts(z)
    if is_zero(b):
        above = a >= 0
        root = np.sqrt(np.where(above, a, -a))
        return paired(np.where(above, root, 0.0), np.where(above, 0.0, root))
    real = np.sqrt((np.sqrt(_squared_length(z)) + a) / 2)
    return paired(real, b / (2 * real))


def _absolute(z: Any) -> Any:
    a, b = parts(z)
    if is_zero(b):
        return np.abs(a)
    return as_length(np.abs(b) if is_zero(a) else np.hypot(a, b))


def _sine(z: Any) -> Pair:
    a, b = parts(z)
    return paired(times(_sin(a), _cosh(b)), times(_cos(a), _sinh(b)))


def _cosine(z: Any) -> Pair:
    a, b = parts(z)
    return paired(times(_cos(a), _cosh(b)), negative(times(_sin(a), _sinh(b))))


def _hyperbolic_sine(z: Any) -> Pair:
    a, b = parts(z)
    return paired(times(_sinh(a), _cos(b)), times(_cosh(a), _sin(b)))


def _hyperbolic_cosine(z: Any) -> Pair:
    a, b = parts(z)
    return paired(times(_cosh(a), _cos(b)), times(_sinh(a), _sin(b)))


def _faddeeva(x: Any) -> Any:
    """exp(-x²) (1 + i erfi x), of real numbers."""
    if is_complex(x):
        return x.__refuse__("wofz of complex numbers cannot be recorded; of real numbers it can")
    bell = np.exp(-x * x)
    return paired(bell, bell * REGISTRY["erfi"](x))


def _where(condition: Any, x: Any, y: Any) -> Pair:
    if is_complex(condition):
        condition = np.not_equal(condition, 0)
    (a, b), (c, d) = parts(x), parts(y)
    return paired(np.where(condition, a, c), 0.0 if is_zero(b) and is_zero(d) else np.where(condition, b, d))


def _equal(x: Any, y: Any) -> Any:
    (a, b), (c, d) = parts(x), parts(y)
    return np.logical_and(np.equal(a, c), np.equal(b, d))


def _astype(x: Any, dtype: Any) -> Any:
    a, b = parts(x)
    if np.dtype(dtype).kind != "c":
        return a if a.dtype == dtype else a.astype(dtype)
    narrow = np.dtype(dtype).type(0).real.dtype
    return paired(
        *(part if not hasattr(part, "_trace") or part.dtype == narrow else part.astype(narrow) for part in (a, b))
    )


def _full_like(x: Any, fill_value: Any) -> Pair:
    re, im = parts(fill_value)
    zero = nothing(parts(x)[0])
    return paired(zero + re if re else zero, zero + im if im else zero)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "multiply": _multiply,
    "divide": _divide,
    "reciprocal": lambda z: _divide(1.0, z),
    "square": lambda z: _multiply(z, z),
    "power_constant": _power_constant,
    "power": _power,
    "prod": _along,
    "exp": _exp,
    "expm1": lambda z: _exp(z) - 1.0,
    "exp2": lambda z: _exp(_multiply(z, exactly(traced(*parts(z)), "log", 2.0))),
    "log": _logarithm,
    "log1p": lambda z: _logarithm(z + 1.0),
    "log2": lambda z: _logarithm(z, 2.0),
    "log10": lambda z: _logarithm(z, 10.0),
    "sqrt": _sqrt,
    "absolute": _absolute,
    "real_part": lambda z: z.re,
    "imaginary_part": lambda z: z.im,
    "complex_conjugate": lambda z: paired(z.re, negative(z.im)),
    "sin": _sine,
    "cos": _cosine,
    "tan": lambda z: _divide(_sine(z), _cosine(z)),
    "sinh": _hyperbolic_sine,
    "cosh": _hyperbolic_cosine,
    "tanh": lambda z: _divide(_hyperbolic_sine(z), _hyperbolic_cosine(z)),
    "where": _where,
    "wofz": _faddeeva,
    "equal": _equal,
    "not_equal": lambda x, y: np.logical_not(_equal(x, y)),
    "astype": _astype,
    "ones_like": lambda z: _full_like(z, 1.0),
    "full_like": _full_like,
    "norm": lambda z, **over: np.sqrt(REGISTRY["sum"](_squared_length(z), **over)),
    "var": lambda z, **over: REGISTRY["var"](z.re, **over) + REGISTRY["var"](z.im, **over),
    "std": lambda z, **over: np.sqrt(REGISTRY["var"](z.re, **over) + REGISTRY["var"](z.im, **over)),
}
