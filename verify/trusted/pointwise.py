"""What functions and pointwise ops mean, how each is differentiated, and where it is defined and smooth.

Part of the checker's trusted base, written from the documentation of NumPy and SciPy. ``w`` is the checker's algebra
of forms; ``w.function`` is a function that stays as it is, with its law of differentiation in ``LAWS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import product
from math import pi, sqrt
from typing import Any

from verify.trusted.terms import UNITY, Form

HALF = Fraction(1, 2)
PI = Decimal("3.14159265358979323846264338327950288419717")
COMPUTED = {sqrt(2 * pi): (HALF, HALF), sqrt(pi): (HALF, 0), 1 / sqrt(2): (0, -HALF)}  # the double beside π^a 2^b
LAWS: dict[str, Callable[[Any, Form], Form]] = {  # φ'(u)
    "base": lambda w, u: UNITY, "exp": lambda w, u: w.exp(u), "log": lambda w, u: w.power(u, -1),
    "sin": lambda w, u: w.function("cos", u), "cos": lambda w, u: w.function("sin", u) * -1,
    "sinh": lambda w, u: w.function("cosh", u), "cosh": lambda w, u: w.function("sinh", u),
    "arctan": lambda w, u: w.power(UNITY + w.mul(u, u), -1), "arctanh": lambda w, u: w.power(UNITY - w.mul(u, u), -1),
    "arcsin": lambda w, u: w.power(UNITY - w.mul(u, u), -HALF), "arccos": lambda w, u: LAWS["arcsin"](w, u) * -1,
    "arcsinh": lambda w, u: w.power(UNITY + w.mul(u, u), -HALF), "gammaln": lambda w, u: w.function("polygamma0", u),
    "arccosh": lambda w, u: w.mul(w.power(u - UNITY, -HALF), w.power(u + UNITY, -HALF)),
    "erf": lambda w, u: w.mul(w.power(w.atom("pi"), -HALF), w.exp(w.mul(u, u) * -1)) * 2,
    "erfinv": lambda w, u: w.mul(w.power(w.atom("pi"), HALF), w.exp(_squared(w, w.function("erfinv", u)))) * HALF,
    "cbrt": lambda w, u: w.power(w.function("cbrt", u), -2) * Fraction(1, 3),
    "gamma": lambda w, u: w.mul(w.function("gamma", u), w.function("polygamma0", u)),
}  # fmt: skip
LAWS |= {f"polygamma{n}": partial(lambda n, w, u: w.function(f"polygamma{n + 1}", u), n) for n in range(6)}
LAWS |= {  # integrals of elementary functions, and solutions of y'' = x y
    "airy_ai": lambda w, u: w.function("airy_ai_slope", u), "airy_bi": lambda w, u: w.function("airy_bi_slope", u),
    "airy_ai_slope": lambda w, u: w.mul(u, w.function("airy_ai", u)),
    "airy_bi_slope": lambda w, u: w.mul(u, w.function("airy_bi", u)),
    "expi": lambda w, u: w.mul(w.exp(u), w.power(u, -1)),
    "erfi": lambda w, u: w.mul(w.power(w.atom("pi"), -HALF), w.exp(w.mul(u, u))) * 2,
    "sine_integral": lambda w, u: w.mul(w.function("sin", u), w.power(u, -1)),
    "cosine_integral": lambda w, u: w.mul(w.function("cos", u), w.power(u, -1)),
    "hyperbolic_sine_integral": lambda w, u: w.mul(w.function("sinh", u), w.power(u, -1)),
    "hyperbolic_cosine_integral": lambda w, u: w.mul(w.function("cosh", u), w.power(u, -1)),
    "fresnel_sine": lambda w, u: w.function("sin", w.mul(w.atom("pi"), u, u) * HALF),
    "fresnel_cosine": lambda w, u: w.function("cos", w.mul(w.atom("pi"), u, u) * HALF),
    "dilogarithm": lambda w, u: w.mul(w.log(UNITY - u), w.power(u, -1)) * -1,
}  # fmt: skip
FLAT = {"positive", "zero", "floor", "rint"}  # constant between their jumps


def _squared(w: Any, u: Form) -> Form:
    return w.mul(u, u)  # type: ignore[no-any-return]


def _cases(w: Any, c: Form, a: Form, b: Form) -> Form:
    """a where c is 1, b where it is 0."""
    return b + w.mul(c, a - b)  # type: ignore[no-any-return]


def _size(w: Any, u: Form) -> Form:
    return w.relu(u) * 2 - u  # type: ignore[no-any-return]


def _turned(w: Any, u: Form) -> Form:
    return w.mul(w.atom("pi"), u)  # type: ignore[no-any-return]


COMPARISONS: dict[str, Callable[..., Form]] = {
    "greater": lambda w, a, b: w.positive(a - b), "greater_equal": lambda w, a, b: UNITY - w.positive(b - a),
    "less": lambda w, a, b: w.positive(b - a), "less_equal": lambda w, a, b: UNITY - w.positive(a - b),
    "equal": lambda w, a, b: w.zero(a - b), "not_equal": lambda w, a, b: UNITY - w.zero(a - b),
    "logical_not": lambda w, a: w.zero(a), "logical_or": lambda w, a, b: UNITY - w.mul(w.zero(a), w.zero(b)),
    "logical_and": lambda w, a, b: w.mul(UNITY - w.zero(a), UNITY - w.zero(b)),
}  # fmt: skip
ARITHMETIC: dict[str, Callable[..., Form]] = {  # of the operands' kind
    "add": lambda w, a, b: a + b, "subtract": lambda w, a, b: a - b, "multiply": lambda w, a, b: w.mul(a, b),
    "negative": lambda w, a: a * -1, "positive": lambda w, a: a, "copy": lambda w, a: a,
    "square": lambda w, a: w.mul(a, a), "zeros_like": lambda w, a: Form(), "ones_like": lambda w, a: UNITY,
    "relu": lambda w, a: w.relu(a), "absolute": lambda w, a: w.relu(a) * 2 - a,
    "maximum": lambda w, a, b: b + w.relu(a - b), "minimum": lambda w, a, b: a - w.relu(a - b),
    "fmax": lambda w, a, b: b + w.relu(a - b), "fmin": lambda w, a, b: a - w.relu(a - b),
    "sign": lambda w, a: w.positive(a) - w.positive(a * -1),
    "heaviside": lambda w, a, b: w.positive(a) + w.mul(w.zero(a), b),
}  # fmt: skip
FLOATING: dict[str, Callable[..., Form]] = {
    "divide": lambda w, a, b: w.mul(a, w.power(b, -1)), "reciprocal": lambda w, a: w.power(a, -1),
    "sqrt": lambda w, a: w.power(a, HALF), "power": lambda w, a, b: w.exp(w.mul(b, w.log(a))),
    "exp": lambda w, a: w.exp(a), "exp2": lambda w, a: w.exp(w.mul(a, w.log(UNITY * 2))),
    "expm1": lambda w, a: w.exp(a) - UNITY, "log": lambda w, a: w.log(a), "log1p": lambda w, a: w.log(a + UNITY),
    "log2": lambda w, a: w.mul(w.log(a), w.power(w.log(UNITY * 2), -1)),
    "log10": lambda w, a: w.mul(w.log(a), w.power(w.log(UNITY * 10), -1)),
    "logaddexp": lambda w, a, b: w.log(w.exp(a) + w.exp(b)),
    "logaddexp2": lambda w, a, b: FLOATING["log2"](w, FLOATING["exp2"](w, a) + FLOATING["exp2"](w, b)),
    "softplus": lambda w, a: w.log(w.exp(a) + UNITY),
    "sigmoid": lambda w, a: w.power(w.exp(a * -1) + UNITY, -1),
    "log_sigmoid": lambda w, a: w.log(w.exp(a * -1) + UNITY) * -1,
    "tan": lambda w, a: w.mul(w.function("sin", a), w.power(w.function("cos", a), -1)),
    "tanh": lambda w, a: w.mul(w.function("sinh", a), w.power(w.function("cosh", a), -1)),
    "tanh_slope": lambda w, a: w.power(w.function("cosh", a), -2),
    "erfc": lambda w, a: UNITY - w.function("erf", a), "ceil": lambda w, a: w.function("floor", a * -1) * -1,
    "remainder": lambda w, a, b: a - w.mul(b, w.function("floor", w.mul(a, w.power(b, -1)))),
    "xlogy": lambda w, a, b: w.mul(a, w.log(b)), "xlog1py": lambda w, a, b: w.mul(a, w.log(b + UNITY)),
    "entr": lambda w, a: w.mul(a, w.log(a)) * -1, "logit": lambda w, a: w.log(a) - w.log(UNITY - a),
    "rel_entr": lambda w, a, b: w.mul(a, w.log(a) - w.log(b)),
    "kl_div": lambda w, a, b: w.mul(a, w.log(a) - w.log(b)) - a + b,
    "gaussian": lambda w, a: w.exp(w.mul(a, a) * -1), "log_ndtr": lambda w, a: w.log(FLOATING["ndtr"](w, a)),
    "normal_density": lambda w, a: w.mul(w.exp(w.mul(a, a) * -HALF), w.power(w.atom("pi") * 2, -HALF)),
    "ndtr": lambda w, a: (UNITY + w.function("erf", w.mul(a, w.power(UNITY * 2, -HALF)))) * HALF,
    "log_ndtr_slope": lambda w, a: w.mul(FLOATING["normal_density"](w, a), w.power(FLOATING["ndtr"](w, a), -1)),
    "erfcx": lambda w, a: w.mul(w.exp(w.mul(a, a)), UNITY - w.function("erf", a)),
    "erfcx_slope": lambda w, a: w.mul(a, FLOATING["erfcx"](w, a)) * 2 - w.power(w.atom("pi"), -HALF) * 2,
    "erfinv_slope": lambda w, a: LAWS["erfinv"](w, a), "erfcinv": lambda w, a: w.function("erfinv", UNITY - a),
    "erfcinv_slope": lambda w, a: LAWS["erfinv"](w, UNITY - a) * -1,
    "ndtri": lambda w, a: w.mul(w.power(UNITY * 2, HALF), w.function("erfinv", a * 2 - UNITY)),
    "ndtri_slope": lambda w, a: w.mul(w.power(UNITY * 2, HALF), LAWS["erfinv"](w, a * 2 - UNITY)) * 2,
    "gelu": lambda w, a: w.mul(a, FLOATING["ndtr"](w, a)),
    "silu": lambda w, a: w.mul(a, FLOATING["sigmoid"](w, a)),
    "pseudo_huber": lambda w, d, r: w.mul(d, d, w.power(UNITY + _squared(w, w.mul(r, w.power(d, -1))), HALF) - UNITY),
    "huber": lambda w, d, r: _cases(
        w, w.positive(_size(w, r) - d), w.mul(d, _size(w, r) - d * HALF), w.mul(r, r) * HALF
    ),
    "sinc": lambda w, a: _cases(
        w, w.zero(a), UNITY, w.mul(w.function("sin", _turned(w, a)), w.power(_turned(w, a), -1))
    ),
    "sinc_slope": lambda w, a: _cases(
        w, w.zero(a), Form(), w.mul(w.function("cos", _turned(w, a)) - FLOATING["sinc"](w, a), w.power(a, -1))
    ),
    "arctan2": lambda w, a, b: w.function("arctan", w.mul(a, w.power(b, -1)))
    + w.mul(w.positive(b * -1), w.atom("pi"), UNITY - w.positive(a * -1) * 2),
    "copysign": lambda w, a, b: w.mul(_size(w, a), w.positive(b) * 2 - UNITY),
    "fmod": lambda w, a, b: a - w.mul(b, FLOATING["trunc"](w, w.mul(a, w.power(b, -1)))),
    "trunc": lambda w, a: _cases(w, w.positive(a), w.function("floor", a), w.function("floor", a * -1) * -1),
    "floor_divide": lambda w, a, b: w.function("floor", w.mul(a, w.power(b, -1))),
    "rgamma": lambda w, a: w.power(w.function("gamma", a), -1), "digamma": lambda w, a: w.function("polygamma0", a),
    "digamma_increment": lambda w, a, b: w.function("polygamma0", a + b) - w.function("polygamma0", a),
    "beta": lambda w, a, b: w.mul(
        w.function("gamma", a), w.function("gamma", b), w.power(w.function("gamma", a + b), -1)
    ),
    "betaln": lambda w, a, b: w.function("gammaln", a) + w.function("gammaln", b) - w.function("gammaln", a + b),
    "gamma_density": lambda w, a, b: w.exp(w.mul(a - UNITY, w.log(b)) - b - w.function("gammaln", a)),
}  # fmt: skip
FLOATING |= {
    "exp1": lambda w, a: w.function("expi", a * -1) * -1,
    "dawsn": lambda w, a: w.mul(w.power(w.atom("pi"), HALF), w.exp(w.mul(a, a) * -1), w.function("erfi", a)) * HALF,
    "dawsn_slope": lambda w, a: UNITY - w.mul(a, FLOATING["dawsn"](w, a)) * 2,
}
_PLAIN = "sin cos sinh cosh arcsin arccos arctan arcsinh arccosh arctanh erf erfinv gammaln gamma cbrt floor rint "
_PLAIN += "airy_ai airy_ai_slope airy_bi airy_bi_slope expi erfi sine_integral cosine_integral fresnel_sine "
_PLAIN += "fresnel_cosine hyperbolic_sine_integral hyperbolic_cosine_integral"
for _name in _PLAIN.split():
    FLOATING[_name] = lambda w, a, name=_name: w.function(name, a)
# These tell 0 apart, where what they are elsewhere has no value but tends to theirs.
APART = set("exprel exprel_slope log1p_ratio_slope boxcox boxcox1p inv_boxcox inv_boxcox1p sinc sinc_slope".split())
STEPS = {
    *COMPARISONS,
    *"absolute sign relu where maximum minimum fmax fmin heaviside floor ceil remainder max min".split(),
    *"rint trunc fmod copysign floor_divide huber p_norm sinc sinc_slope arctan2 signdet ive".split(),
    *APART,
}  # these have kinks, or are told apart by cases
_POSITIVE, _BOTH_POSITIVE, _NONZERO = [(0, "> 0")], [(0, "> 0"), (1, "> 0")], [(0, "!= 0")]
_INSIDE, _FRACTION, _BELOW_TWO = [(0, "in (-1, 1)")], [(0, "in (0, 1)")], [(0, "in (0, 2)")]
_DIVISOR, _RESULT, _NO_POLE = [(1, "!= 0")], [(-1, "> 0")], [(0, "not 0, -1, -2, …")]
_INVERTIBLE, _BELOW_ONE = [(0, "invertible")], [(0, "< 1")]
_OFF_THE_CUT = [(0, "of no eigenvalue <= 0")]
_ABOVE, _OF_ROOT = [(0, "> -1")], [(-1, "a root of 1 + p y > 0")]
_LEVEL, _LEVEL_OF_TWO = [(0, "> 0"), (1, "in (0, 1)")], [(0, "> 0"), (1, "> 0"), (2, "in (0, 1)")]
CONDITIONS: dict[str, list[tuple[int, str]]] = {  # where an op is smooth: (operand, or -1 for the result; condition)
    **dict.fromkeys("sqrt power log log2 log10 entr gammaln polygamma huber pseudo_huber".split(), _POSITIVE),
    **dict.fromkeys("exp1 expn cosine_integral hyperbolic_cosine_integral y0 y1 k0 k1".split(), _POSITIVE),
    **dict.fromkeys("yv kv kve kve_slope loggamma powm1".split(), _POSITIVE),
    **dict.fromkeys("boxcox ive_slope".split(), _POSITIVE), "ndtri_exp": [(0, "< 0")], "zeta": [(0, "> 1"), (1, "> 0")],
    **dict.fromkeys("boxcox1p log1p_ratio_slope".split(), _ABOVE), "poch": [(0, "> 0"), (-1, "!= 0")],
    **dict.fromkeys("inv_boxcox inv_boxcox1p".split(), _OF_ROOT), "binom": [(-1, "!= 0")],
    "spence": [(0, "> 0, and not 1")], **dict.fromkeys("hyp2f1 ellipk ellipe".split(), _BELOW_ONE),
    **dict.fromkeys("gammainc gammaincc".split(), _BOTH_POSITIVE),
    **dict.fromkeys("gammaincinv gammainccinv".split(), _LEVEL),
    **dict.fromkeys("betainc betaincc betaincinv beta_density".split(), _LEVEL_OF_TWO),
    **dict.fromkeys(("expi", "sine_integral", "hyperbolic_sine_integral"), _NONZERO),
    **dict.fromkeys("rel_entr kl_div betaln gamma_density".split(), _BOTH_POSITIVE),
    "beta": [(-1, "!= 0, and finite")], "digamma_increment": [(0, "not 0, -1, -2, …, nor with the other added")],
    **dict.fromkeys("arcsin arccos arctanh erfinv erfinv_slope".split(), _INSIDE),
    **dict.fromkeys("divide remainder fmod floor_divide arctan2 copysign".split(), _DIVISOR),
    **dict.fromkeys("reciprocal prod cumprod cbrt".split(), _NONZERO),
    **dict.fromkeys("hypot std norm p_norm".split(), _RESULT),
    **dict.fromkeys("logit ndtri ndtri_slope".split(), _FRACTION),
    **dict.fromkeys(("erfcinv", "erfcinv_slope"), _BELOW_TWO),
    **dict.fromkeys(("gamma", "rgamma", "digamma"), _NO_POLE),
    **dict.fromkeys("inv solve_matrix det cofactor logabsdet signdet".split(), _INVERTIBLE), "pinv": [(0, "full rank")],
    "solve_triangular_matrix": [(0, "a triangle of which is invertible")],
    "solve_sylvester": [(0, "no eigenvalue is minus one of the next operand's")],
    **dict.fromkeys(("logm", "sqrtm"), _OFF_THE_CUT),
    "cholesky": [(0, "positive definite")], "eigh_packed": [(0, "of distinct eigenvalues")],
    "svd_packed": [(0, "of distinct singular values > 0")], "qr_packed": [(0, "of full column rank")],
    "recurrence": [(1, "!= 0 from the second on")], "log1p": [(0, "> -1")], "xlogy": [(1, "> 0")],
    "xlog1py": [(1, "> -1")], "arccosh": [(0, "> 1")], "tan": [(0, "cos != 0")],
}  # fmt: skip


def conditions(op: str, params: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Where an op is defined and smooth: an operand, -1 for the result, and what must hold of it."""
    if op == "power_constant":
        q = params["exponent"]
        return _POSITIVE if q % 1 else _NONZERO if q < 0 else []
    return CONDITIONS.get(op, []) + (_NONZERO if op == "p_norm" and params["ord"] % 1 else [])


def named(w: Any, value: float) -> Form | None:
    """π^a 2^b for halves a and b, π² and a third of it, log 2, log 10 or the inverse of one, or a fraction of a small
    denominator, where the float is the nearest to it, or what floats make of it."""
    if value in COMPUTED:
        a, b = COMPUTED[value]
        return w.mul(w.power(w.atom("pi"), a), w.power(UNITY * 2, b))  # type: ignore[no-any-return]
    for third in (1, 3):
        if value == float(PI**2 / third):
            return w.mul(w.atom("pi"), w.atom("pi")) * Fraction(1, third)  # type: ignore[no-any-return]
    near = Fraction(value).limit_denominator(64)
    if float(near) == value:
        return UNITY * near
    for a, b in product((Fraction(k, 2) for k in range(-2, 3)), (Fraction(k, 2) for k in range(-10, 11))):
        if (a or b % 1) and value == float(PI ** Decimal(float(a)) * Decimal(2) ** Decimal(float(b))):
            return w.mul(w.power(w.atom("pi"), a), w.power(UNITY * 2, b))  # type: ignore[no-any-return]
    for k, q in product((2, 10), (1, -1)):
        if value == float(Decimal(k).ln() ** q):
            return w.power(w.log(UNITY * k), q)  # type: ignore[no-any-return]
    return None
