"""Functions of each entry on its own."""

from __future__ import annotations

import numpy as np

import dualgrad as dg

from .common import lacking

_SAME = (
    "abs acos acosh angle asin asinh atan atanh ceil cos cosh deg2rad erf erfc erfinv exp exp2 expm1 floor i0 imag "
    "log log10 log1p log2 positive rad2deg real reciprocal sigmoid sign sin sinh sqrt square tan tanh trunc "
    "atan2 copysign digamma fmod float_power fmax fmin hypot logaddexp logaddexp2 maximum minimum remainder"
)
_SPECIAL = "entr erfcx i0e i1 i1e log_ndtr ndtr ndtri xlog1py"


def _div(x, other, *, rounding_mode=None):
    if rounding_mode == "trunc":
        return dg.trunc(dg.divide(x, other))
    return dg.divide(x, other) if rounding_mode is None else dg.floor_divide(x, other)


def _clamp(x, min=None, max=None):
    lacking(not (min is None and max is None), "no limit")
    return np.clip(x, min, max)


def _logit(x, eps=None):
    return dg.logit(x if eps is None else np.clip(x, eps, 1 - eps))


def _nan_to_num(x, nan=None, posinf=None, neginf=None):
    return dg.nan_to_num(x, 0.0 if nan is None else nan, posinf, neginf)


def _alpha(combine):
    return lambda x, other, *, alpha=1: combine(x, other if alpha == 1 else alpha * other)


TABLE = {
    **{name: getattr(dg, name) for name in _SAME.split() if hasattr(dg, name)},
    **{f"special.{name}": getattr(dg.special, name) for name in _SPECIAL.split()},
    "add": _alpha(lambda x, y: x + y),
    "sub": _alpha(lambda x, y: x - y),
    "rsub": lambda x, other, *, alpha=1: other - (x if alpha == 1 else alpha * x),
    "mul": lambda x, y: x * y,
    "div": _div,
    "true_divide": _div,
    "pow": lambda x, exponent: x**exponent,
    "float_power": lambda x, exponent: x**exponent,
    "__radd__": lambda x, y: y + x,
    "__rsub__": lambda x, y: y - x,
    "__rmul__": lambda x, y: y * x,
    "__rdiv__": lambda x, y: y / x,
    "__rpow__": lambda x, y: y**x,
    "__rmod__": lambda x, y: y % x,
    "neg": lambda x: -x,
    "conj": lambda x: np.conj(x),
    "conj_physical": lambda x: np.conj(x),
    "resolve_conj": lambda x: x,
    "resolve_neg": lambda x: x,
    "sgn": lambda x: np.sign(x),
    "sinc": dg.sinc,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "frac": lambda x: x - np.trunc(x),
    "lgamma": dg.special.gammaln,
    "mvlgamma": lambda x, p: dg.multigammaln(x, p),
    "polygamma": lambda x, n: dg.polygamma(n, x),
    "special.polygamma": lambda x, n: dg.polygamma(n, x),
    "xlogy": dg.special.xlogy,
    "clamp": _clamp,
    "clamp_min": lambda x, min: np.maximum(x, min),
    "clamp_max": lambda x, max: np.minimum(x, max),
    "round": lambda x, *, decimals=0: dg.round(x, decimals),
    "logit": _logit,
    "nan_to_num": _nan_to_num,
    "where": lambda x, condition, other: dg.where(condition, x, other),
    "masked_fill": lambda x, mask, value: dg.where(mask, value, x),
    "lerp": lambda x, end, weight: x + weight * (end - x),
    "addcmul": lambda x, a, b, *, value=1: x + value * a * b,
    "addcdiv": lambda x, a, b, *, value=1: x + value * a / b,
    "ldexp": lambda x, other: x * 2.0**other,
    "clone": lambda x, **_: x.copy(),
    "complex": lambda x, y: x + 1j * y,
    "polar": lambda r, angle: r * np.cos(angle) + 1j * r * np.sin(angle),
}
