"""Generated programs evaluated with 60 digits and more: arrays of mpmath numbers, and slopes by differences.

This shares no code with the verifier: no meaning of an op, no derivative rule, no ball, no recording. A slope is the
central difference of the program itself with a step of 1e-40, evaluated with 110 digits.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import mpmath
import numpy as np
from mpmath import mp, mpf

from verify.strategies.program import Input, Program, Ref, Step

Array = np.ndarray[Any, Any]
DIGITS = 110
STEP = "1e-40"


class Outside(Exception):
    """The point is outside of the domain: a value is not a real number there."""


def exactly(args: Sequence[Any]) -> list[Array]:
    """Arguments as arrays of mpmath numbers, each exactly the double that it is."""
    return [_lifted(np.asarray(arg, dtype=float)) for arg in args]


def values(program: Program, args: Sequence[Array]) -> list[Array]:
    """What a program returns, with all digits; Outside where something that it takes is not a finite real number.

    A quotient by zero in an entry that is left out is nobody's: it stays no number until something is made of it.
    """
    args = [np.asarray(arg, dtype=object) for arg in args]
    with mp.workdps(DIGITS):
        sizes = _sizes(program.inputs, args)
        at: dict[str, Any] = {given.name: arg for given, arg in zip(program.inputs, args, strict=True)}
        for step in program.steps:
            try:
                made = _run(step, [_value(ref, at, sizes) for ref in step.refs], sizes)
            except (ZeroDivisionError, OverflowError) as error:
                raise Outside(str(error)) from error
            at[step.name] = _real(np.asarray(made))
        return [_finite(np.asarray(_value(ref, at, sizes))) for ref in program.outputs]


def slope(program: Program, args: Sequence[Array], along: Sequence[Array]) -> Any:
    """The derivative of the sum of all that a program returns, along a direction in its arguments."""
    with mp.workdps(DIGITS):
        h = mpf(STEP)
        up, down = (
            sum((np.sum(v) for v in values(program, [a + s * h * d for a, d in zip(args, along, strict=True)])), mpf(0))
            for s in (1, -1)
        )
        return (up - down) / (2 * h)


def partial(program: Program, args: Sequence[Array], position: int, index: tuple[int, ...]) -> Any:
    """The derivative of the sum of all that a program returns, by one entry of one argument."""
    along = [np.full(arg.shape, mpf(0), dtype=object) for arg in args]
    along[position][index] = mpf(1)
    return slope(program, args, along)


# ---------------------------------------------------------------------------- words


def _lifted(array: Array) -> Array:
    made = np.empty(array.shape, dtype=object)
    for place in np.ndindex(array.shape):
        made[place] = mpf(float(array[place]))
    return made


def _real(array: Array) -> Array:
    """The array, where all of it is real and not infinite; truth values stay as they are."""
    if array.dtype == bool:
        return array
    if array.dtype != object:
        return _lifted(array.astype(float))
    for entry in array.flat:
        if isinstance(entry, mpmath.mpc) or (isinstance(entry, mpf) and mp.isinf(entry)):
            raise Outside(f"{entry}")
    return array


def _finite(array: Array) -> Array:
    """The array, where all of it is numbers."""
    if array.dtype == object and any(isinstance(entry, mpf) and mp.isnan(entry) for entry in array.flat):
        raise Outside("a quotient by zero")
    return array


def _sizes(inputs: Sequence[Input], args: Sequence[Array]) -> dict[str, int]:
    named = [pair for given, arg in zip(inputs, args, strict=True) for pair in zip(given.shape, arg.shape, strict=True)]
    return {dimension: size for dimension, size in named if isinstance(dimension, str)}


def _value(ref: Ref, at: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    if isinstance(ref, str):
        return at[ref]
    number = mpf(polynomial(ref["size"], sizes)) if isinstance(ref, dict) else mpf(ref)
    made = np.empty((), dtype=object)
    made[()] = number
    return made


def polynomial(text: str, sizes: Mapping[str, int]) -> int:
    """The value of a polynomial in dimensions, as ``2*n**2 - m + 1``."""
    total = 0
    for term in text.replace(" - ", " + -").split(" + "):
        sign, factors = (-1, term[1:]) if term.startswith("-") else (1, term)
        for factor in factors.replace("**", "^").split("*"):
            base, _, power = factor.partition("^")
            sign *= (int(base) if base.isdigit() else sizes[base]) ** int(power or 1)
        total += sign
    return total


def _int(value: Any, sizes: Mapping[str, int]) -> Any:
    if isinstance(value, dict):
        return polynomial(value["size"], sizes)
    return tuple(_int(part, sizes) for part in value) if isinstance(value, (list, tuple)) else value


def _key(key: Sequence[Any], sizes: Mapping[str, int]) -> tuple[Any, ...]:
    parts: list[Any] = []
    for part in key:
        if isinstance(part, dict) and "list" in part:
            parts.append(part["list"])
        elif isinstance(part, (list, tuple)):
            parts.append(slice(*(_int(p, sizes) for p in part)))
        else:
            parts.append(_int(part, sizes))
    return tuple(parts)


def _numbers(array: Any) -> Array:
    """Truth values as numbers."""
    array = np.asarray(array)
    return _lifted(array.astype(float)) if array.dtype == bool else array


def _run(step: Step, given: Sequence[Array], sizes: Mapping[str, int]) -> Any:
    params = {
        key: _key(value["key"], sizes) if isinstance(value, dict) and "key" in value else _int(value, sizes)
        for key, value in step.params.items()
    }
    if step.word in _DECIDED:
        for part in given:
            _finite(part)
    if step.word in _TESTS:
        return np.asarray(_TESTS[step.word](*map(_numbers, given))).astype(bool)
    if step.word == "where":
        test, one, two = np.broadcast_arrays(given[0], _numbers(given[1]), _numbers(given[2]))
        return np.where(test.astype(bool), one, two)
    operands = [g if step.word.startswith("logical") else _numbers(g) for g in given]
    if step.word in _ENTRYWISE:
        return _ENTRYWISE[step.word](*operands)
    return _WORDS[step.word](*operands, **params)


def _each(f: Callable[..., Any], arity: int = 1) -> Callable[..., Any]:
    made: Callable[..., Any] = np.frompyfunc(f, arity, 1)
    return made


def _cbrt(x: Any) -> Any:
    return mp.cbrt(x) if x >= 0 else -mp.cbrt(-x)


def _divide(a: Any, b: Any) -> Any:
    return a / b if b != 0 else mpf("nan")


def _power(a: Any, b: Any) -> Any:
    return mp.power(a, b) if a != 0 or b >= 0 else mpf("nan")


def _log(x: Any) -> Any:
    if x <= 0:
        raise Outside("the logarithm of a number that is not positive")
    return mp.log(x)


def _single(x: Any) -> Any:
    return mpf(float(np.float32(float(x))))


_TESTS: dict[str, Callable[..., Any]] = {
    "greater": np.greater, "less": np.less, "greater_equal": np.greater_equal, "less_equal": np.less_equal,
    "equal": np.equal, "not_equal": np.not_equal, "logical_and": np.logical_and, "logical_or": np.logical_or,
    "logical_not": np.logical_not,
}  # fmt: skip
# What would take no number for one.
_DECIDED = {*_TESTS, "maximum", "minimum", "clip", "max", "min", "floor", "ceil", "sign", "abs", "cbrt", "log", "log1p",
            "log2", "log10", "to_float32", "inv", "det", "logabsdet", "signdet", "cofactor", "solve_matrix",
            "cholesky"}  # fmt: skip
_NAMED = {
    "sin": "sin", "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "exp": "exp",
    "expm1": "expm1", "sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "sign": "sign",
}  # fmt: skip
_ENTRYWISE: dict[str, Callable[..., Any]] = {
    **{word: _each(getattr(mp, name)) for word, name in _NAMED.items()},
    "exp2": _each(lambda x: mpf(2) ** x),
    "log": _each(_log),
    "log1p": _each(lambda x: _log(1 + x)),
    "log2": _each(lambda x: _log(x) / mp.log(2)),
    "log10": _each(lambda x: _log(x) / mp.log(10)),
    "cbrt": _each(_cbrt),
    "square": _each(lambda x: x * x),
    "tanh_slope": _each(lambda x: mp.sech(x) ** 2),
    "reciprocal": _each(lambda x: _divide(mpf(1), x)),
    "abs": _each(abs),
    "negative": _each(lambda x: -x),
    "add": _each(lambda a, b: a + b, 2),
    "subtract": _each(lambda a, b: a - b, 2),
    "multiply": _each(lambda a, b: a * b, 2),
    "divide": _each(_divide, 2),
    "power": _each(_power, 2),
    "maximum": _each(max, 2),
    "minimum": _each(min, 2),
    "hypot": _each(mp.hypot, 2),
    "arctan2": _each(mp.atan2, 2),
    "logaddexp": _each(lambda a, b: mp.log(mp.exp(a) + mp.exp(b)), 2),
    "clip": _each(lambda x, low, high: min(max(x, low), high), 3),
    "copy": _each(lambda x: x),
    "to_float": _each(lambda x: x),
    "to_float32": _each(_single),
    "zeros_like": _each(lambda x: mpf(0)),
    "ones_like": _each(lambda x: mpf(1)),
}


def _mean(a: Array, axis: Any, keepdims: bool) -> Any:
    total = np.asarray(np.sum(a, axis=axis, keepdims=keepdims), dtype=object)
    return total / mpf(a.size) * mpf(total.size)


def _var(a: Array, axis: Any, keepdims: bool) -> Any:
    return _mean((a - _mean(a, axis, True)) ** 2, axis, keepdims)


def _put(a: Array, key: Any, shape: Any) -> Array:
    made = _lifted(np.zeros(shape))
    made[key] = a
    return made


def _add_at(a: Array, key: Any, shape: Any) -> Array:
    made = _lifted(np.zeros(shape))
    np.add.at(made, key, a)
    return made


def _setitem(a: Array, value: Array, key: Any) -> Array:
    made = np.array(a, dtype=object)
    made[key] = value[()] if value.ndim == 0 else value
    return made


def _reduced(a: Array) -> tuple[Array, list[int], Any]:
    """Rows after elimination with pivots, the order of rows, and the determinant."""
    rows, n, det = np.array(a, dtype=object), len(a), mpf(1)
    order = list(range(n))
    for k in range(n):
        p = max(range(k, n), key=lambda i: abs(rows[i, k]))
        if rows[p, k] == 0:
            raise Outside("a singular matrix")
        if p != k:
            rows[[k, p]] = rows[[p, k]]
            order[k], order[p] = order[p], order[k]
            det = -det
        det *= rows[k, k]
        for i in range(k + 1, n):
            rows[i, k] /= rows[k, k]
            for j in range(k + 1, n):
                rows[i, j] -= rows[i, k] * rows[k, j]
    return rows, order, det


def _solve(a: Array, b: Array) -> Array:
    rows, order, _ = _reduced(a)
    n, x = len(a), np.array(b, dtype=object)[order]
    for i, j in itertools.combinations(range(n), 2):
        x[j] = x[j] - rows[j, i] * x[i]
    for i in reversed(range(n)):
        for j in range(i + 1, n):
            x[i] = x[i] - rows[i, j] * x[j]
        x[i] = x[i] / rows[i, i]
    return x


def _inverse(a: Array) -> Array:
    return _solve(a, _lifted(np.eye(len(a))))


def _det(a: Array) -> Any:
    return _reduced(a)[2]


def _cholesky(a: Array) -> Array:
    n = len(a)
    low = _lifted(np.zeros((n, n)))
    for j in range(n):
        for i in range(j, n):
            rest = a[i, j] - sum((low[i, k] * low[j, k] for k in range(j)), mpf(0))
            if i == j and rest <= 0:
                raise Outside("a matrix that is not positive definite")
            low[i, j] = mp.sqrt(rest) if i == j else rest / low[j, j]
    return low


_WORDS: dict[str, Callable[..., Any]] = {
    "power_constant": lambda a, exponent: _each(lambda x: _power(x, mpf(exponent) if exponent % 1 else int(exponent)))(
        a
    ),
    "sum": np.sum,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "mean": _mean,
    "var": _var,
    "std": lambda a, **params: _each(mp.sqrt)(_var(a, **params)),
    "cumsum": np.cumsum,
    "cumprod": np.cumprod,
    "reshape": lambda a, shape: np.reshape(a, shape),
    "broadcast_to": lambda a, shape: np.broadcast_to(a, shape),
    "transpose": lambda a, axes: np.transpose(a, axes),
    "flip": lambda a, axis: np.flip(a, axis),
    "full_like": lambda a, fill_value: np.full(a.shape, mpf(fill_value), dtype=object),
    "getitem": lambda a, key: a[key],
    "put": _put,
    "add_at": _add_at,
    "setitem": _setitem,
    "concatenate": lambda *parts, axis: np.concatenate(parts, axis),
    "roll": lambda a, shift, axis: np.roll(a, shift, axis),
    "tril": lambda a, k: np.where(np.tril(np.ones(a.shape, dtype=bool), k), a, mpf(0)),
    "triu": lambda a, k: np.where(np.triu(np.ones(a.shape, dtype=bool), k), a, mpf(0)),
    "diagonal": lambda a: np.array([a[i, i] for i in range(min(a.shape))], dtype=object),
    "diag": lambda a: _lifted(np.eye(len(a))) * a,
    "eye": lambda size: _lifted(np.eye(size)),
    "trace": lambda a: sum((a[i, i] for i in range(min(a.shape))), mpf(0)),
    "outer": lambda a, b: a.reshape(-1, 1) * b.reshape(-1),
    "matmul": np.dot,
    "einsum": lambda *parts, subscripts: np.einsum(subscripts, *parts),
    "inv": _inverse,
    "det": _det,
    "logabsdet": lambda a: mp.log(abs(_det(a))),
    "signdet": lambda a: mp.sign(_det(a)),
    "cofactor": lambda a: _det(a) * _inverse(a).T,
    "solve_matrix": _solve,
    "cholesky": _cholesky,
}
