"""Numbers of balls with their first two derivatives along a line: what a function is run on, element by element.

The arithmetic and the elementary functions are Arb's on power series x(t) = x₀ + x₁ t + x₂ t² + O(t³). NumPy calls the
methods of the elements of an object array by the names of its ufuncs, so that ``np.exp(x)`` is ``x[i].exp()``.
Whatever is not decided by the enclosures, or reads a value, raises :class:`Unread`: nothing is ever dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, cast

import numpy as np
from flint import acb, acb_series, arb

TERMS = 3  # the value, the first derivative, half the second


class Unread(Exception):
    """The function does something with a value that a number with slopes cannot follow."""


class Series:
    """A number x(t), real or complex, as three balls."""

    __slots__ = ("at",)
    __hash__ = None  # type: ignore[assignment]

    shape, ndim, size = (), 0, 1
    dtype = np.dtype(object)  # np.std makes the dtype's type of a number, which for this one is the number

    def __init__(self, at: acb_series) -> None:
        self.at = at

    @staticmethod
    def of(*terms: Any) -> Series:
        """The series with these coefficients.

        >>> (Series.of(2, 1) ** 2).terms[1]
        4.00000000000000
        """
        return Series(acb_series(list(terms), TERMS))

    @property
    def terms(self) -> tuple[acb, ...]:
        """All three coefficients."""
        found = self.at.coeffs()
        return (*found, *([acb(0)] * (TERMS - len(found))))

    @property
    def complex(self) -> bool:
        """Whether an imaginary part may be other than zero."""
        return any(not (part.imag.is_exact() and part.imag == 0) for part in self.terms)

    # ------------------------------------------------------------------------ arithmetic

    def __add__(self, other: Any) -> Series:
        return _binary(self, other, lambda a, b: a + b)

    def __radd__(self, other: Any) -> Series:
        return _binary(self, other, lambda a, b: b + a)

    def __sub__(self, other: Any) -> Series:
        return _binary(self, other, lambda a, b: a - b)

    def __rsub__(self, other: Any) -> Series:
        return _binary(self, other, lambda a, b: b - a)

    def __mul__(self, other: Any) -> Series:
        return _binary(self, other, lambda a, b: a * b)

    def __rmul__(self, other: Any) -> Series:
        return _binary(self, other, lambda a, b: b * a)

    def __truediv__(self, other: Any) -> Series:
        return _binary(self, other, lambda a, b: a / b)

    def __rtruediv__(self, other: Any) -> Series:
        return _binary(self, other, lambda a, b: b / a)

    def __neg__(self) -> Series:
        return Series(-self.at)

    def __pos__(self) -> Series:
        return self

    def __abs__(self) -> Series:
        if self.complex:
            return (self.real * self.real + self.imag * self.imag).sqrt()
        return self if self._above(0) else -self

    def __pow__(self, other: Any) -> Series:
        power = as_series(other)
        if power is None:
            return NotImplemented
        whole = _whole(power)
        if whole is not None and abs(whole) <= 64:
            return _guarded(lambda: Series(self.at**whole if whole >= 0 else acb_series([1], TERMS) / self.at**-whole))
        half = _whole(power * 2)
        if half is not None and abs(half) <= 64:
            return self.sqrt() ** half
        if not self.complex and not self._above(0):
            raise Unread("a power of a number that is not positive")
        return (power * self.log()).exp()

    def __rpow__(self, other: Any) -> Series:
        base = as_series(other)
        return NotImplemented if base is None else base**self

    def __floordiv__(self, other: Any) -> int:
        quotient: Series = self / other
        return quotient.floor()

    def __mod__(self, other: Any) -> Series:
        rest: Series = self - other * (self // other)
        return rest

    def __rmod__(self, other: Any) -> Series:
        base = as_series(other)
        return NotImplemented if base is None else base % self

    # ------------------------------------------------------------------------ comparisons: decided, or refused

    def _above(self, other: Any) -> bool:
        """Whether this is certainly above the other; Unread where that is not decided."""
        there = as_series(other)
        if there is None:
            raise Unread(f"a comparison with {type(other).__name__}")
        gap = self - there
        if gap.complex:
            raise Unread("a comparison of complex numbers")
        first = gap.terms[0].real
        if first > 0 or first < 0:
            return bool(first > 0)
        raise Unread("a branch lies on its boundary here, or is not decided")

    def _same(self, other: Any) -> bool:
        """Whether two numbers are one all along the line."""
        there = as_series(other)
        return there is not None and all(part.is_exact() and part == 0 for part in (self - there).terms)

    def __lt__(self, other: Any) -> bool:
        return not self._same(other) and not self._above(other)

    def __le__(self, other: Any) -> bool:
        return self._same(other) or not self._above(other)

    def __gt__(self, other: Any) -> bool:
        return not self._same(other) and self._above(other)

    def __ge__(self, other: Any) -> bool:
        return self._same(other) or self._above(other)

    def __eq__(self, other: object) -> Any:
        there = as_series(other)
        if there is None:
            return False
        if self._same(there):
            return True
        if not (self - there).terms[0].contains(0):
            return False
        raise Unread("two numbers are compared that are equal here, but not beside")

    def __ne__(self, other: object) -> Any:
        return not self == other

    def __bool__(self) -> bool:
        return bool(self != 0)

    def _reads(self, *_: Any, **__: Any) -> Any:
        raise Unread("a number was turned into a float, so that its slope would be lost")

    __float__ = __int__ = __index__ = __complex__ = _reads

    # ------------------------------------------------------------------------ as NumPy's numbers and arrays

    @property
    def real(self) -> Series:
        """The real part."""
        return Series.of(*(part.real for part in self.terms))

    @property
    def imag(self) -> Series:
        """The imaginary part."""
        return Series.of(*(part.imag for part in self.terms))

    def conjugate(self) -> Series:
        """The complex conjugate."""
        return Series.of(*(part.conjugate() for part in self.terms))

    conj = conjugate

    def _itself(self, *_: Any, **__: Any) -> Series:
        return self

    item = sum = mean = copy = squeeze = _itself

    def astype(self, dtype: Any, **_: Any) -> Any:
        """The number in a floating dtype."""
        return self if np.dtype(dtype).kind in "fcO" else self._reads()

    @property
    def T(self) -> Series:
        """The transpose of a number."""
        return self

    # ------------------------------------------------------------------------ elementary functions

    def sqrt(self) -> Series:
        """The square root of a positive or complex number."""
        if not self.complex and not self._above(0):
            raise Unread("a square root of a number that is not positive")
        return _finite(self.at.sqrt())

    def log(self) -> Series:
        """The logarithm of a positive or complex number."""
        if not self.complex and not self._above(0):
            raise Unread("a logarithm of a number that is not positive")
        return _finite(self.at.log())

    def exp(self) -> Series:
        """The exponential."""
        return _finite(self.at.exp())

    def sin(self) -> Series:
        """The sine."""
        return _finite(self.at.sin())

    def cos(self) -> Series:
        """The cosine."""
        return _finite(self.at.cos())

    def tan(self) -> Series:
        """The tangent."""
        return _finite(self.at.tan())

    def arctan(self) -> Series:
        """The inverse tangent."""
        return _finite(self.at.atan())

    def expm1(self) -> Series:
        """eˣ - 1."""
        return self.exp() - 1

    def log1p(self) -> Series:
        """log(1 + x)."""
        return (self + 1).log()

    def exp2(self) -> Series:
        """2ˣ."""
        return (self * acb(2).log()).exp()

    def log2(self) -> Series:
        """The logarithm to base 2."""
        return self.log() / acb(2).log()

    def log10(self) -> Series:
        """The logarithm to base 10."""
        return self.log() / acb(10).log()

    def cbrt(self) -> Series:
        """The cube root."""
        third = (abs(self).log() / 3).exp()
        return third if self._above(0) else -third

    def sinh(self) -> Series:
        """The hyperbolic sine."""
        return (self.exp() - (-self).exp()) / 2

    def cosh(self) -> Series:
        """The hyperbolic cosine."""
        return (self.exp() + (-self).exp()) / 2

    def tanh(self) -> Series:
        """The hyperbolic tangent."""
        grown = (-2 * abs(self)).exp()
        size = (1 - grown) / (1 + grown)
        return size if self._above(0) else -size

    def arcsin(self) -> Series:
        """The inverse sine."""
        return (self / (1 - self * self).sqrt()).arctan()

    def arccos(self) -> Series:
        """The inverse cosine."""
        return acb.pi() / 2 - self.arcsin()

    def arcsinh(self) -> Series:
        """The inverse hyperbolic sine."""
        return (self + (self * self + 1).sqrt()).log()

    def arccosh(self) -> Series:
        """The inverse hyperbolic cosine."""
        return (self + (self * self - 1).sqrt()).log()

    def arctanh(self) -> Series:
        """The inverse hyperbolic tangent."""
        return ((1 + self) / (1 - self)).log() / 2

    def arctan2(self, other: Any) -> Series:
        """The angle of the point (other, self)."""
        x = as_series(other)
        if x is None:
            raise Unread("arctan2 of something that is no number")
        if x.terms[0].real > 0:
            return (self / x).arctan()
        turn = acb.pi() if self._above(0) else -acb.pi()
        return turn / 2 - (x / self).arctan()

    def hypot(self, other: Any) -> Series:
        """The length of (self, other)."""
        length: Series = (self * self + other * other).sqrt()
        return length

    def degrees(self) -> Series:
        """The angle in degrees."""
        return self * (180 / acb.pi())

    def radians(self) -> Series:
        """The angle in radians."""
        return self * (acb.pi() / 180)

    fabs = __abs__

    def floor(self) -> int:
        """The integer below: constant where the number is not one."""
        return self._between(lambda value: value.floor())

    def ceil(self) -> int:
        """The integer above."""
        return self.floor() + 1

    def trunc(self) -> int:
        """The integer towards zero."""
        return self.floor() if self._above(0) else self.ceil()

    def rint(self) -> int:
        """The nearest integer."""
        return (self + 0.5).floor()

    __floor__, __ceil__, __trunc__ = floor, ceil, trunc

    def __round__(self, digits: int | None = None) -> Any:
        return self.rint() if digits is None else Fraction((self * 10**digits).rint(), 10**digits)

    def _between(self, below: Callable[[arb], arb]) -> int:
        value = self.terms[0].real
        found = below(value).unique_fmpz()
        if self.complex or found is None or not (value - found > 0 and found + 1 - value > 0):
            raise Unread("a number is rounded at an integer, where that jumps")
        return int(found)


def as_series(value: Any) -> Series | None:
    """A number as a series; None for what is none."""
    if isinstance(value, (Series, acb, arb)):
        return value if isinstance(value, Series) else Series.of(value)
    if isinstance(value, Fraction):
        return Series.of(acb(value.numerator) / value.denominator)
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return Series.of(int(value))
    if isinstance(value, (float, np.floating)) and np.isfinite(value):
        return Series.of(float(value))
    if isinstance(value, (complex, np.complexfloating)) and np.isfinite(value):
        return Series.of(acb(float(value.real), float(value.imag)))
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return as_series(value[()])
    return None


def _binary(one: Series, other: Any, combine: Callable[[Any, Any], Any]) -> Series:
    if isinstance(other, (float, np.floating)) and not np.isfinite(other):
        raise Unread(f"the number {other} was used")
    there = as_series(other)
    if there is None:
        return cast(Series, NotImplemented)
    return _guarded(lambda: Series(combine(one.at, there.at)))


def _guarded(compute: Callable[[], Series]) -> Series:
    try:
        return _finite(compute().at)
    except (ValueError, ZeroDivisionError) as error:
        raise Unread("a division by a number that may be zero") from error


def _finite(at: acb_series) -> Series:
    found = Series(at)
    if not all(part.is_finite() for part in found.terms):
        raise Unread("a value or a slope is not finite here")
    return found


def _whole(power: Series) -> int | None:
    """The integer that a constant is, if it is one."""
    value, *rest = power.terms
    if any(part != 0 for part in rest) or not value.is_exact() or value.imag != 0 or not value.real.is_integer():
        return None
    return int(value.real.mid().unique_fmpz() or 0)
