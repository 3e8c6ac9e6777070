"""What is known of a value while a program is generated: its shape and the range that it surely lies in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from verify.strategies.program import Dimension

Range = tuple[float, float]
LARGEST = 60.0  # beyond it a value is squashed before it is used


@dataclass(frozen=True)
class Value:
    """The name of an intermediate, its shape, and a range for its entries at arguments within theirs."""

    name: str
    shape: tuple[Dimension, ...]
    low: float
    high: float

    @property
    def most(self) -> float:
        """A bound of its entries' absolute value."""
        return max(abs(self.low), abs(self.high))


def _grown(f: Callable[[float], float]) -> Callable[[float, float], Range]:
    return lambda low, high: (f(low), f(high))


def _even(low: float, high: float, f: Callable[[float], float]) -> Range:
    most = f(max(abs(low), abs(high)))
    least = f(0.0) if low <= 0 <= high else f(min(abs(low), abs(high)))
    return min(least, most), max(least, most)


Law = tuple[Callable[[float, float], bool], Callable[[float, float], Range]]


def _always(low: float, high: float) -> bool:
    return True


# Where a function of one number may be used, and where its values lie then.
UNARY: dict[str, Law] = {
    "sin": (_always, lambda low, high: (-1.0, 1.0)),
    "cos": (_always, lambda low, high: (-1.0, 1.0)),
    "tanh": (_always, lambda low, high: (-1.0, 1.0)),
    "arctan": (_always, lambda low, high: (-1.6, 1.6)),
    "arcsinh": (_always, _grown(math.asinh)),
    "negative": (_always, lambda low, high: (-high, -low)),
    "abs": (_always, lambda low, high: _even(low, high, abs)),
    "exp": (lambda low, high: high <= 3.5, _grown(math.exp)),
    "expm1": (lambda low, high: high <= 3.5, _grown(math.expm1)),
    "exp2": (lambda low, high: high <= 5, _grown(lambda x: 2.0**x)),
    "sinh": (lambda low, high: low >= -3 and high <= 3, _grown(math.sinh)),
    "cosh": (lambda low, high: low >= -3 and high <= 3, lambda low, high: _even(low, high, math.cosh)),
    "square": (lambda low, high: max(-low, high) <= 7, lambda low, high: _even(low, high, lambda x: x * x)),
    "log": (lambda low, high: low >= 0.1, _grown(math.log)),
    "log2": (lambda low, high: low >= 0.1, _grown(math.log2)),
    "log1p": (lambda low, high: low >= -0.8, _grown(math.log1p)),
    "sqrt": (lambda low, high: low >= 0.05, _grown(math.sqrt)),
    "cbrt": (lambda low, high: low >= 0.05, _grown(math.cbrt)),
    "reciprocal": (lambda low, high: low >= 0.2, lambda low, high: (1 / high, 1 / low)),
    "arcsin": (lambda low, high: low >= -0.9 and high <= 0.9, _grown(math.asin)),
    "arctanh": (lambda low, high: low >= -0.9 and high <= 0.9, _grown(math.atanh)),
    "tan": (lambda low, high: low >= -1.2 and high <= 1.2, _grown(math.tan)),
}
SQUASHING = ("sin", "cos", "tanh", "arctan", "arcsinh")
POWERS: dict[float | int, Law] = {
    2: UNARY["square"],
    3: (lambda low, high: max(-low, high) <= 3.5, _grown(lambda x: x**3)),
    4: (lambda low, high: max(-low, high) <= 2.5, lambda low, high: _even(low, high, lambda x: x**4)),
    -1: UNARY["reciprocal"],
    -2: (lambda low, high: low >= 0.3, lambda low, high: (high**-2, low**-2)),
    0.5: UNARY["sqrt"],
    1.5: (lambda low, high: low >= 0.05, _grown(lambda x: x**1.5)),
    -0.5: (lambda low, high: low >= 0.1, lambda low, high: (high**-0.5, low**-0.5)),
    2.5: (lambda low, high: low >= 0.05 and high <= 6, _grown(lambda x: x**2.5)),
}


def product(a: Value, b: Value) -> Range:
    """The range of a product."""
    corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]
    return min(corners), max(corners)
