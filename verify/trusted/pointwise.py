"""What functions and pointwise ops mean, how each is differentiated, and where it is defined and smooth.

Part of the checker's trusted base, written from the documentation of NumPy and SciPy. ``w`` is the checker's algebra
of forms; ``w.function`` is a function that stays as it is, with its law of differentiation in ``LAWS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

from verify.trusted.terms import UNITY, Form

HALF = Fraction(1, 2)
PI = Decimal("3.14159265358979323846264338327950288419717")
LAWS: dict[str, Callable[[Any, Form], Form]] = {  # φ'(u)
    "base": lambda w, u: UNITY, "exp": lambda w, u: w.exp(u), "log": lambda w, u: w.power(u, -1),
    "sin": lambda w, u: w.function("cos", u), "cos": lambda w, u: w.function("sin", u) * -1,
    "sinh": lambda w, u: w.function("cosh", u), "cosh": lambda w, u: w.function("sinh", u),
    "arctan": lambda w, u: w.power(UNITY + w.mul(u, u), -1), "arctanh": lambda w, u: w.power(UNITY - w.mul(u, u), -1),
    "arcsin": lambda w, u: w.power(UNITY - w.mul(u, u), -HALF), "arccos": lambda w, u: LAWS["arcsin"](w, u) * -1,
    "arcsinh": lambda w, u: w.power(UNITY + w.mul(u, u), -HALF), "gammaln": lambda w, u: w.function("digamma", u),
    "arccosh": lambda w, u: w.mul(w.power(u - UNITY, -HALF), w.power(u + UNITY, -HALF)),
    "erf": lambda w, u: w.mul(w.power(w.atom("pi"), -HALF), w.exp(w.mul(u, u) * -1)) * 2,
}  # fmt: skip
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
    "logaddexp": lambda w, a, b: w.log(w.exp(a) + w.exp(b)), "softplus": lambda w, a: w.log(w.exp(a) + UNITY),
    "sigmoid": lambda w, a: w.power(w.exp(a * -1) + UNITY, -1),
    "log_sigmoid": lambda w, a: w.log(w.exp(a * -1) + UNITY) * -1,
    "tan": lambda w, a: w.mul(w.function("sin", a), w.power(w.function("cos", a), -1)),
    "tanh": lambda w, a: w.mul(w.function("sinh", a), w.power(w.function("cosh", a), -1)),
    "erfc": lambda w, a: UNITY - w.function("erf", a), "ceil": lambda w, a: w.function("floor", a * -1) * -1,
    "remainder": lambda w, a, b: a - w.mul(b, w.function("floor", w.mul(a, w.power(b, -1)))),
    "xlogy": lambda w, a, b: w.mul(a, w.log(b)), "xlog1py": lambda w, a, b: w.mul(a, w.log(b + UNITY)),
    "entr": lambda w, a: w.mul(a, w.log(a)) * -1, "logit": lambda w, a: w.log(a) - w.log(UNITY - a),
    "rel_entr": lambda w, a, b: w.mul(a, w.log(a) - w.log(b)),
    "kl_div": lambda w, a, b: w.mul(a, w.log(a) - w.log(b)) - a + b,
    "gaussian": lambda w, a: w.exp(w.mul(a, a) * -1), "log_ndtr": lambda w, a: w.log(FLOATING["ndtr"](w, a)),
    "normal_density": lambda w, a: w.mul(w.exp(w.mul(a, a) * -HALF), w.power(w.atom("pi") * 2, -HALF)),
    "ndtr": lambda w, a: (UNITY + w.function("erf", w.mul(a, w.power(UNITY * 2, -HALF)))) * HALF,
}  # fmt: skip
for _name in "sin cos sinh cosh arcsin arccos arctan arcsinh arccosh arctanh erf gammaln digamma floor".split():
    FLOATING[_name] = lambda w, a, name=_name: w.function(name, a)
STEPS = {
    *COMPARISONS,
    *"absolute sign relu where maximum minimum heaviside floor ceil remainder max min".split(),
}  # these have kinks
_POSITIVE, _INSIDE, _NONZERO = [(0, "> 0")], [(0, "in (-1, 1)")], [(0, "!= 0")]
CONDITIONS: dict[str, list[tuple[int, str]]] = {  # where an op is smooth: (operand, or -1 for the result; condition)
    "sqrt": _POSITIVE, "power": _POSITIVE, "log": _POSITIVE, "log2": _POSITIVE, "log10": _POSITIVE, "entr": _POSITIVE,
    "gammaln": _POSITIVE, "digamma": _POSITIVE, "log1p": [(0, "> -1")], "xlogy": [(1, "> 0")], "xlog1py": [(1, "> -1")],
    "rel_entr": [(0, "> 0"), (1, "> 0")], "kl_div": [(0, "> 0"), (1, "> 0")], "logit": [(0, "in (0, 1)")],
    "arcsin": _INSIDE, "arccos": _INSIDE, "arctanh": _INSIDE, "arccosh": [(0, "> 1")], "tan": [(0, "cos != 0")],
    "divide": [(1, "!= 0")], "remainder": [(1, "!= 0")], "reciprocal": _NONZERO, "prod": _NONZERO,
    "hypot": [(-1, "> 0")], "std": [(-1, "> 0")], "norm": [(-1, "> 0")],
}  # fmt: skip


def conditions(op: str, params: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Where an op is defined and smooth: an operand, -1 for the result, and what must hold of it."""
    if op != "power_constant":
        return CONDITIONS.get(op, [])
    q = params["exponent"]
    return [(0, "> 0")] if q % 1 else [(0, "!= 0")] if q < 0 else []


def named(w: Any, value: float) -> Form | None:
    """π^a 2^b for halves a and b, log 2, log 10 or the inverse of one, where the float is the nearest to it."""
    for a, b in product((Fraction(k, 2) for k in range(-2, 3)), repeat=2):
        if (a or b % 1) and value == float(PI ** Decimal(float(a)) * Decimal(2) ** Decimal(float(b))):
            return w.mul(w.power(w.atom("pi"), a), w.power(UNITY * 2, b))  # type: ignore[no-any-return]
    for k, q in product((2, 10), (1, -1)):
        if value == float(Decimal(k).ln() ** q):
            return w.power(w.log(UNITY * k), q)  # type: ignore[no-any-return]
    return None
