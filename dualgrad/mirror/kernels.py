"""Scalar kernels in SymPy, and their derivatives by SymPy.

This is the mirror's own table: the engine's rules, the normal form's table and the checker's are not read.
Nothing that comes from outside becomes a SymPy object by way of a string.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from dualgrad.mirror.algebra import ZERO, plus, power, times
from dualgrad.mirror.constants import PI, Unreadable
from dualgrad.program.entry import Entry, Kernel, Number


class OwensT(sympy.Function):  # type: ignore[misc]
    """∫ exp(-h² (1 + t²) / 2) / (1 + t²) dt from 0 to a, over 2 π."""

    def fdiff(self, argindex: int = 1) -> Any:
        """Under the integral, or the integrand."""
        h, a = self.args
        if argindex == 2:
            return sympy.exp(-(h**2) * (1 + a**2) / 2) / (2 * sympy.pi * (1 + a**2))
        return -sympy.exp(-(h**2) / 2) * sympy.erf(a * h / sympy.sqrt(2)) / (2 * sympy.sqrt(2 * sympy.pi))


class GammaQuantile(sympy.Function):  # type: ignore[misc]
    """The inverse of P(a, x) in x."""

    def fdiff(self, argindex: int = 2) -> Any:
        """One over the density there."""
        if argindex != 2:
            raise sympy.function.ArgumentIndexError(self, argindex)
        a = self.args[0]
        return sympy.gamma(a) * self ** (1 - a) * sympy.exp(self)


class BetaQuantile(sympy.Function):  # type: ignore[misc]
    """The inverse of I_x(a, b) in x."""

    def fdiff(self, argindex: int = 3) -> Any:
        """One over the density there."""
        if argindex != 3:
            raise sympy.function.ArgumentIndexError(self, argindex)
        a, b, _ = self.args
        return sympy.beta(a, b) * self ** (1 - a) * (1 - self) ** (1 - b)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": sympy.exp,
    "log": sympy.log,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "arcsin": sympy.asin,
    "arccos": sympy.acos,
    "arctan": sympy.atan,
    "arcsinh": sympy.asinh,
    "arccosh": sympy.acosh,
    "arctanh": sympy.atanh,
    "erf": sympy.erf,
    "erfc": sympy.erfc,
    "erfinv": sympy.erfinv,
    "gammaln": sympy.loggamma,
    "digamma": lambda x: sympy.polygamma(0, x),
    "trigamma": lambda x: sympy.polygamma(1, x),
    "arctan2": sympy.atan2,
    "power": sympy.Pow,
    "floor": sympy.floor,
    "bessel_j": sympy.besselj,
    "bessel_y": sympy.bessely,
    "bessel_i": sympy.besseli,
    "bessel_k": sympy.besselk,
    "airy_ai": sympy.airyai,
    "airy_ai_slope": sympy.airyaiprime,
    "airy_bi": sympy.airybi,
    "airy_bi_slope": sympy.airybiprime,
    "hurwitz_zeta": sympy.zeta,
    "exponential_integral": sympy.Ei,
    "erfi": sympy.erfi,
    "sine_integral": sympy.Si,
    "cosine_integral": sympy.Ci,
    "hyperbolic_sine_integral": sympy.Shi,
    "hyperbolic_cosine_integral": sympy.Chi,
    "fresnel_sine": sympy.fresnels,
    "fresnel_cosine": sympy.fresnelc,
    "reciprocal_gamma": lambda x: 1 / sympy.gamma(x),
    "dilogarithm": lambda x: sympy.polylog(2, x),
    "owens_t": OwensT,
    "hypergeometric_0f1": lambda b, x: sympy.hyper((), (b,), x),
    "hypergeometric_1f1": lambda a, b, x: sympy.hyper((a,), (b,), x),
    "hypergeometric_2f1": lambda a, b, c, x: sympy.hyper((a, b), (c,), x),
    "gamma_distribution": lambda a, x: sympy.lowergamma(a, x) / sympy.gamma(a),
    "gamma_quantile": GammaQuantile,
    "beta_distribution": lambda a, b, x: sympy.betainc_regularized(a, b, 0, x),
    "beta_quantile": BetaQuantile,
}
FLAT = frozenset({"floor"})  # constant wherever they are continuous, which SymPy leaves unsaid
NAMES = {sympy_class: name for name, sympy_class in FUNCTIONS.items() if isinstance(sympy_class, type)}
REFUSED = (sympy.Derivative, sympy.DiracDelta, sympy.Subs, sympy.Piecewise, sympy.I, sympy.nan, sympy.zoo, sympy.oo)


def partial(name: str, slot: int, args: Sequence[Entry]) -> Entry:
    """The kernel's derivative in one argument, at these arguments."""
    if name in FLAT:
        return ZERO
    return _entry(*_derivative(name, slot, len(args)), args)


@cache
def _derivative(name: str, slot: int, arity: int) -> tuple[Any, tuple[Any, ...]]:
    if name not in FUNCTIONS:
        raise Unreadable(f"dualgrad.mirror: the kernel {name!r} has no SymPy function; add it to mirror/kernels.py")
    dummies = tuple(sympy.Dummy(f"u{place}", real=True) for place in range(arity))
    try:
        slope = sympy.diff(FUNCTIONS[name](*dummies), dummies[slot])
    except sympy.function.ArgumentIndexError:
        slope = sympy.nan
    if slope.has(sympy.polylog):
        slope = sympy.expand_func(slope)
    if slope.has(*REFUSED):
        raise Unreadable(f"dualgrad.mirror: SymPy does not differentiate {name} in argument {slot}; got {slope}")
    return slope, dummies


def _entry(node: Any, dummies: tuple[Any, ...], args: Sequence[Entry]) -> Entry:
    """A SymPy expression in the dummies as an entry at the arguments; refuses what it does not know."""
    inner = [] if isinstance(node, sympy.hyper) else [_entry(arg, dummies, args) for arg in node.args]
    match node:
        case sympy.Dummy():
            return args[dummies.index(node)]
        case sympy.Rational():
            return Number(Fraction(int(node.p), int(node.q)))
        case sympy.Add():
            return plus(*inner)
        case sympy.Mul():
            return times(*inner)
        case sympy.Pow(exp=sympy.Rational(p=p, q=q)):
            return power(inner[0], Fraction(int(p), int(q)))
        case sympy.Pow():
            return Kernel("power", tuple(inner))
        case sympy.polygamma() if node.args[0] in (0, 1):
            return Kernel(("digamma", "trigamma")[int(node.args[0])], (inner[1],))
        case sympy.gamma():
            return power(Kernel("reciprocal_gamma", tuple(inner)), Fraction(-1))
        case sympy.beta():
            whole = Kernel("reciprocal_gamma", (plus(*inner),))
            return times(whole, *(power(Kernel("reciprocal_gamma", (one,)), Fraction(-1)) for one in inner))
        case sympy.hyper():
            above, below = (list(group) for group in node.args[:2])
            arguments = [_entry(arg, dummies, args) for arg in (*above, *below, node.args[2])]
            return Kernel(f"hypergeometric_{len(above)}f{len(below)}", tuple(arguments))
    if node is sympy.pi:
        return PI
    if type(node) in NAMES:
        return Kernel(NAMES[type(node)], tuple(inner))
    raise Unreadable(f"dualgrad.mirror: SymPy answered with {type(node).__name__}, which has no entry")
