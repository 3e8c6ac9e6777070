"""Values of entries at given arrays: exact where everything is rational, floats where a kernel is not.

A factor that is 0 by a guard ends a product before the others are looked at, and the branch of a selection
that is not taken is not evaluated, so a formula may mention what is undefined elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from dualgrad.mirror.algebra import power
from dualgrad.mirror.constants import Constant, Unreadable
from dualgrad.mirror.equality import size_of
from dualgrad.program.entry import (
    Affine,
    Count,
    Element,
    Entry,
    Guard,
    Holds,
    Index,
    Kernel,
    MatrixEntry,
    Number,
    Plus,
    Power,
    Reduce,
    Select,
    Times,
    Turn,
)
from dualgrad.program.size import Extent, evaluate

Value = Fraction | float
Arrays = Callable[[int, tuple[int, ...]], Value]

_CONSTANTS = {"pi": math.pi, "inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_STEPS = 100_000  # nodes looked at before an evaluation is given up
_TOO_LONG = "dualgrad.mirror: the formula has too many terms to be evaluated at these sizes; use the engine"


class TooLong(Unreadable):
    """An evaluation that would take longer than a reader waits."""


class Evaluation:
    """Arrays by the number of their variable, and the sizes of dimensions."""

    def __init__(self, arrays: Mapping[int, Any], sizes: Mapping[str, int]) -> None:
        self.arrays = {number: np.asarray(array, dtype=object) for number, array in arrays.items()}
        self.sizes = sizes
        self.steps = 0

    def table(self, indices: Sequence[Index], body: Entry) -> np.ndarray[Any, Any]:
        """The values of an entry for all values of its free indices, as an array of numbers."""
        shape = tuple(self.extent(index.extent) for index in indices)
        if math.prod(shape) * size_of(body) > _STEPS:
            raise TooLong(_TOO_LONG)
        result = np.empty(shape, dtype=object)
        for position in product(*map(range, shape)):
            result[position] = self.value(body, dict(zip(indices, position, strict=True)))
        return result

    def extent(self, extent: Extent) -> int:
        """The number an extent is."""
        return evaluate(extent, self.sizes)

    def position(self, form: Affine, at: Mapping[Index, int]) -> int:
        """The number an index form is."""
        return sum(at[index] * self.extent(f) for index, f in form.terms) + self.extent(form.constant)

    def value(self, node: Entry, at: Mapping[Index, int]) -> Value:
        """The value of an entry at values of its indices."""
        self.steps += 1
        if self.steps > _STEPS:
            raise TooLong(_TOO_LONG)
        match node:
            case Number(value):
                return value
            case Count(extent):
                return Fraction(self.extent(extent))
            case Constant(name):
                return _CONSTANTS[name]
            case Element(slot, position):
                return exact(self.arrays[slot][tuple(self.position(form, at) for form in position)])
            case Plus(args):
                return sum((self.value(arg, at) for arg in args), start=Fraction(0))
            case Times(args):
                return self._product(args, at)
            case Power(base, exponent):
                return _raised(self.value(base, at), exponent)
            case Kernel(name, args):
                return _KERNELS[name](*(self.value(arg, at) for arg in args))
            case Holds(relation, form):
                number = self.position(form, at)
                return Fraction(number >= 0 if relation == ">=" else number == 0)
            case Turn(name, left, right, size):
                steps, quarter = self.position(left, at) * self.position(right, at), self.extent(size)
                return _turned(steps - quarter if name == "sin" else steps, quarter)
            case Guard(relation, value):
                number_at = self.value(value, at)
                return Fraction(number_at > 0 if relation == ">" else number_at == 0)
            case Select(condition, yes, no):
                return self.value(yes if self.value(condition, at) else no, at)
            case Reduce(kind, index, body):
                values = [self.value(body, {**at, index: k}) for k in range(self.extent(index.extent))]
                return _REDUCTIONS[kind](values)
            case MatrixEntry(kind, row, column, body, position):
                lines = [
                    [float(self.value(body, {**at, row: r, column: c})) for c in range(self.extent(column.extent))]
                    for r in range(self.extent(row.extent))
                ]
                if kind == "undetermined":
                    return math.nan
                return float(_OF_MATRICES[kind](lines)[tuple(self.position(form, at) for form in position)])
        raise Unreadable(f"dualgrad.mirror: {type(node).__name__} has no value; use an entry of program/entry.py")

    def _product(self, args: Sequence[Entry], at: Mapping[Index, int]) -> Value:
        total: Value = Fraction(1)
        for arg in sorted(args, key=lambda arg: not isinstance(arg, Holds | Guard | Select)):
            total = total * self.value(arg, at)
            if total == 0 and isinstance(total, Fraction):
                return total
        return total


def _turned(steps: int, size: int) -> Value:
    """cos(π steps / (2 size)), exact at quarters of a turn."""
    quarters, rest = divmod(steps % (4 * size), size)
    return Fraction((1, 0, -1, 0)[quarters]) if rest == 0 else math.cos(math.pi * steps / (2 * size))


def exact(value: Any) -> Value:
    """A number as the rational it is; floats that are no numbers pass."""
    if isinstance(value, Fraction):
        return value
    number = float(value)
    return Fraction(number) if math.isfinite(number) else number


def _raised(base: Value, exponent: Fraction) -> Value:
    if isinstance(base, Fraction):
        exact = power(Number(base), exponent) if base or exponent >= 0 else None
        if isinstance(exact, Number):
            return exact.value
    if base == 0:
        return 0.0 if exponent > 0 else math.inf
    return float(base) ** (int(exponent) if exponent.denominator == 1 else float(exponent))


def _scipy(name: str) -> Callable[..., float]:
    def run(*args: Value) -> float:
        from scipy import special

        return float(getattr(special, name)(*map(float, args)))

    return run


def _math(name: str) -> Callable[..., float]:
    function = getattr(np, name)

    def run(*args: Value) -> float:
        with np.errstate(all="ignore"):
            return float(function(*map(float, args)))

    return run


def _whole(name: str) -> Callable[[list[list[float]]], Any]:
    def run(lines: list[list[float]]) -> Any:
        from scipy import linalg

        found = getattr(linalg, name)(np.array(lines))
        return np.full(found.shape, math.nan) if np.iscomplexobj(found) else found

    return run


_PARTS = {  # SciPy gives these together
    "airy_ai": ("airy", 0),
    "airy_ai_slope": ("airy", 1),
    "airy_bi": ("airy", 2),
    "airy_bi_slope": ("airy", 3),
    "sine_integral": ("sici", 0),
    "cosine_integral": ("sici", 1),
    "hyperbolic_sine_integral": ("shichi", 0),
    "hyperbolic_cosine_integral": ("shichi", 1),
    "fresnel_sine": ("fresnel", 0),
    "fresnel_cosine": ("fresnel", 1),
}


def _part(name: str, place: int) -> Callable[..., Value]:
    def run(x: Value) -> Value:
        from scipy import special

        with np.errstate(all="ignore"):
            return float(getattr(special, name)(float(x))[place])

    return run


_KERNELS: dict[str, Callable[..., Value]] = {
    **{name: _math(name) for name in "exp log sin cos tan sinh cosh tanh arcsin arccos arctan".split()},
    **{name: _math(name) for name in "arcsinh arccosh arctanh arctan2 power".split()},
    **{name: _scipy(name) for name in "erf erfc erfinv gammaln digamma".split()},
    "trigamma": lambda x: _scipy("polygamma")(1, x),
    "floor": lambda x: Fraction(math.floor(x)),
    "bessel_j": _scipy("jv"),
    "bessel_y": _scipy("yv"),
    "bessel_i": _scipy("iv"),
    "bessel_k": _scipy("kv"),
    "hurwitz_zeta": _scipy("zeta"),
    "exponential_integral": _scipy("expi"),
    "erfi": _scipy("erfi"),
    "reciprocal_gamma": _scipy("rgamma"),
    "dilogarithm": lambda x: _scipy("spence")(1 - float(x)),
    "owens_t": _scipy("owens_t"),
    **{f"hypergeometric_{name}": _scipy(f"hyp{name}") for name in ("0f1", "1f1", "2f1")},
    "gamma_distribution": _scipy("gammainc"),
    "gamma_quantile": _scipy("gammaincinv"),
    "beta_distribution": _scipy("betainc"),
    "beta_quantile": _scipy("betaincinv"),
    **{name: _part(function, place) for name, (function, place) in _PARTS.items()},
}
_OF_MATRICES: dict[str, Callable[[list[list[float]]], Any]] = {
    "inv": np.linalg.inv,
    "det": lambda lines: np.asarray(np.linalg.det(lines)),
    "cholesky": np.linalg.cholesky,
    "eigenvalue": lambda lines: np.linalg.eigh(lines)[0],
    "eigenvector": lambda lines: np.linalg.eigh(lines)[1],
    "upper_eigenvector": lambda lines: np.linalg.eigh(lines, "U")[1],
    "left_vector": lambda lines: np.linalg.svd(lines, full_matrices=False)[0],
    "singular_value": lambda lines: np.linalg.svd(lines, full_matrices=False)[1],
    "right_vector": lambda lines: np.linalg.svd(lines, full_matrices=False)[2],
    "q": lambda lines: np.linalg.qr(lines)[0],
    "r": lambda lines: np.linalg.qr(lines)[1],
    **{name: _whole(name) for name in ("expm", "logm", "sqrtm", "sinm", "cosm")},
}
_REDUCTIONS: dict[str, Callable[[list[Value]], Value]] = {
    "sum": lambda values: sum(values, start=Fraction(0)),
    "prod": lambda values: math.prod(values, start=Fraction(1)),
    "max": max,
    "min": min,
}
