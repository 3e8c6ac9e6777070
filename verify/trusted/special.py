"""Special functions: what ops of them mean, and the identities by which they are differentiated.

Part of the checker's trusted base, from NIST's Digital Library of Mathematical Functions (DLMF) and SciPy's
documentation. A function of several arguments is a factor that holds one form for each; ``LAWS_OF_SEVERAL`` has its
partial derivatives, None where none is known. ``w`` is the checker's algebra of forms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from verify.trusted.arrays import Array
from verify.trusted.pointwise import ARITHMETIC, FLOATING, HALF
from verify.trusted.terms import UNIT, UNITY, Atom, Form, Number, need

Law = Callable[..., Form]


def _inverse(w: Any, form: Form) -> Form:
    return w.power(form, -1)  # type: ignore[no-any-return]


def _gamma_density(w: Any, a: Form, x: Form) -> Form:
    """x^(a - 1) exp(-x) / Γ(a)"""
    return w.exp(w.mul(a - UNITY, w.log(x)) - x - w.function("gammaln", a))  # type: ignore[no-any-return]


def _beta_density(w: Any, a: Form, b: Form, x: Form) -> Form:
    """x^(a - 1) (1 - x)^(b - 1) / B(a, b)"""
    whole = w.function("gammaln", a + b) - w.function("gammaln", a) - w.function("gammaln", b)
    return w.exp(w.mul(a - UNITY, w.log(x)) + w.mul(b - UNITY, w.log(UNITY - x)) + whole)  # type: ignore[no-any-return]


def _hypergeometric(kind: str, w: Any, *forms: Form) -> Form:
    """The product of the parameters above, over those below, of the function with all of them one more."""
    *parameters, x = forms
    above, below = parameters[:-1], parameters[-1]
    raised = w.several(kind, *(one + UNITY for one in parameters), x)
    return w.mul(*above, _inverse(w, below), raised)  # type: ignore[no-any-return]


def _owens_in_h(w: Any, h: Form, a: Form) -> Form:
    """-φ(h) erf(a h / √2) / 2, under the integral"""
    turn = w.function("erf", w.mul(a, h, w.power(UNITY * 2, -HALF)))
    return w.mul(FLOATING["normal_density"](w, h), turn) * -HALF  # type: ignore[no-any-return]


def _owens_in_a(w: Any, h: Form, a: Form) -> Form:
    """exp(-h² (1 + a²) / 2) / (2 π (1 + a²)), the integrand"""
    wide = UNITY + w.mul(a, a)
    return w.mul(w.exp(w.mul(h, h, wide) * -HALF), _inverse(w, w.mul(w.atom("pi"), wide) * 2))  # type: ignore[no-any-return]


# C'_v = (C_(v-1) - C_(v+1)) / 2 for J and Y, with other signs for I and K (DLMF 10.6.1, 10.29.1).
_SIGNS = {"bessel_j": (1, -1), "bessel_y": (1, -1), "bessel_i": (1, 1), "bessel_k": (-1, -1)}
MOST_ORDERS = 16


def _bessel(kind: str, w: Any, v: Number, z: Form) -> Form:
    """Of a constant order. J_-n = (-1)^n J_n, Y_-n = (-1)^n Y_n, I_-n = I_n, K_-v = K_v (DLMF 10.4.1, 10.27); and where
    z != 0, as for Y and K or almost everywhere, large orders by two of small ones (DLMF 10.6.1, 10.29.1)."""
    need(-MOST_ORDERS <= v <= MOST_ORDERS, "the order of a Bessel function")
    if v < 0 and (v % 1 == 0 or kind == "bessel_k"):
        return _bessel(kind, w, -v, z) * (-1 if kind in ("bessel_j", "bessel_y") and v % 2 else 1)
    if v >= 1 + (v % 1 == 0) and (kind in ("bessel_y", "bessel_k") or _rarely_zero(w, z)):
        last, before = _bessel(kind, w, v - 1, z), _bessel(kind, w, v - 2, z)
        upper = w.mul(last, _inverse(w, z)) * (2 * (v - 1) * (-1 if kind == "bessel_i" else 1))
        return upper + before * (1 if kind in ("bessel_k", "bessel_i") else -1)  # type: ignore[no-any-return]
    return w.several(kind, UNITY * v, z)  # type: ignore[no-any-return]


def _rarely_zero(w: Any, z: Form) -> bool:
    """Whether z is 0 on a null set only."""
    return all(any(a.kind == "zero" and w.null(a) for a, _ in term[1]) for term in w.zero(z))


def _bessel_slope(kind: str, w: Any, v: Number, z: Form) -> Form:
    below, above = _SIGNS[kind]
    return (_bessel(kind, w, v - 1, z) * below + _bessel(kind, w, v + 1, z) * above) * HALF


def _of_order(kind: str) -> Law:
    def law(w: Any, v: Form, z: Form) -> Form:
        need(set(v) <= {UNIT}, "an order that is not constant")
        return _bessel_slope(kind, w, v.get(UNIT, 0), z)

    return law


LAWS_OF_SEVERAL: dict[str, Sequence[Law | None]] = {
    "0f1": (None, lambda w, *u: _hypergeometric("0f1", w, *u)),  # DLMF 16.3.1
    "1f1": (None, None, lambda w, *u: _hypergeometric("1f1", w, *u)),  # DLMF 13.3.15
    "2f1": (None, None, None, lambda w, *u: _hypergeometric("2f1", w, *u)),  # DLMF 15.5.1
    "gamma_p": (None, _gamma_density),  # DLMF 8.2.1, 8.2.4
    "beta_i": (None, None, _beta_density),  # DLMF 8.17.1, 8.17.2
    # The inverses in the last argument: one over the density there.
    "gamma_p_inverse": (None, lambda w, a, y: _inverse(w, _gamma_density(w, a, w.several("gamma_p_inverse", a, y)))),
    "beta_i_inverse": (
        None,
        None,
        lambda w, a, b, y: _inverse(w, _beta_density(w, a, b, w.several("beta_i_inverse", a, b, y))),
    ),
    **{kind: (None, _of_order(kind)) for kind in _SIGNS},
    "hurwitz_zeta": (None, lambda w, s, q: w.mul(s, w.several("hurwitz_zeta", s + UNITY, q)) * -1),  # DLMF 25.11.17
    "owens_t": (_owens_in_h, _owens_in_a),  # ∫ exp(-h² (1 + t²) / 2) / (1 + t²) dt from 0 to a, over 2 π
}


class Several:
    """Functions of several forms, in an algebra of forms."""

    atom: Callable[..., Form]
    mul: Callable[..., Form]

    def several(self, kind: str, *forms: Form) -> Form:
        """The function of these forms: a factor that holds one for each of its arguments."""
        slots = ((Atom("slot", str(k), (), tuple(sorted(form.items()))), 1) for k, form in enumerate(forms))
        return self.atom(kind, "", (), ((((), tuple(slots)), 1),))

    def slots(self, atom: Atom) -> list[Form]:
        """The arguments of a function of several."""
        return [Form(dict(slot.body)) for slot, _ in atom.body[0][0][1]]

    def slope_of_several(self, atom: Atom, derivative: Callable[[Form], Form]) -> Form:
        """The sum over the arguments of the partial derivative times that of the argument."""
        forms, total = self.slots(atom), Form()
        for law, form in zip(LAWS_OF_SEVERAL[atom.kind], forms, strict=True):
            inner = derivative(form)
            if inner:
                need(law is not None, f"no derivative of {atom.kind} in this argument is known")
                total = total + self.mul(law(self, *forms), inner)  # type: ignore[misc]
        return total


# ---------------------------------------------------------------------------- what ops mean


def _cases(w: Any, u: Form, at_zero: Form, elsewhere: Form) -> Form:
    return elsewhere + w.mul(w.zero(u), at_zero - elsewhere)  # type: ignore[no-any-return]


def _gamma(w: Any, u: Form) -> Form:
    return w.function("gamma", u)  # type: ignore[no-any-return]


def _less_one(w: Any, x: Form, power: Form) -> Form:
    """(x^p - 1) / p, which is log x for p = 0"""
    raised = w.exp(w.mul(power, w.log(x)))
    return _cases(w, power, w.log(x), w.mul(raised - UNITY, _inverse(w, power)))


def _root(w: Any, y: Form, power: Form) -> Form:
    """(1 + p y)^(1 / p), which is exp(y) for p = 0"""
    elsewhere = w.exp(w.mul(_inverse(w, power), w.log(UNITY + w.mul(power, y))))
    return _cases(w, power, w.exp(y), elsewhere)


def _over_square(w: Any, u: Form, v: Form, at_zero: Fraction) -> Form:
    """v / u², and a number for u = 0"""
    return _cases(w, u, UNITY * at_zero, w.mul(v, w.power(u, -2)))


OF_ELEMENTS: dict[str, Callable[..., Form]] = {
    "exp10": lambda w, a: w.exp(w.mul(a, w.log(UNITY * 10))),
    "cosm1": lambda w, a: w.function("cos", a) - UNITY,
    "powm1": lambda w, a, b: w.exp(w.mul(b, w.log(a))) - UNITY,
    "loggamma": lambda w, a: w.function("gammaln", a),
    "exprel": lambda w, a: _cases(w, a, UNITY, w.mul(w.exp(a) - UNITY, _inverse(w, a))),
    "exprel_slope": lambda w, a: _over_square(w, a, w.mul(w.exp(a), a - UNITY) + UNITY, HALF),
    "log1p_ratio_slope": lambda w, a: _over_square(
        w, a, w.mul(a, _inverse(w, UNITY + a)) - w.log(UNITY + a), -HALF
    ),
    "boxcox": _less_one, "boxcox1p": lambda w, x, power: _less_one(w, UNITY + x, power),
    "inv_boxcox": _root, "inv_boxcox1p": lambda w, y, power: _root(w, y, power) - UNITY,
    "poch": lambda w, z, m: w.mul(_gamma(w, z + m), _inverse(w, _gamma(w, z))),
    "binom": lambda w, n, k: w.mul(
        _gamma(w, n + UNITY), _inverse(w, _gamma(w, k + UNITY)), _inverse(w, _gamma(w, n - k + UNITY))
    ),
    **{f"{kind[-1]}{n}": lambda w, a, kind=kind, n=n: _bessel(kind, w, n, a) for kind in _SIGNS for n in (0, 1)},
    "beta_density": _beta_density,
    "gammainc": lambda w, a, x: w.several("gamma_p", a, x),
    "gammaincc": lambda w, a, x: UNITY - w.several("gamma_p", a, x),
    "betainc": lambda w, a, b, x: w.several("beta_i", a, b, x),
    "betaincc": lambda w, a, b, x: UNITY - w.several("beta_i", a, b, x),
    "gammaincinv": lambda w, a, y: w.several("gamma_p_inverse", a, y),
    "gammainccinv": lambda w, a, y: w.several("gamma_p_inverse", a, UNITY - y),
    "betaincinv": lambda w, a, b, y: w.several("beta_i_inverse", a, b, y),
    "owens_t": lambda w, h, a: w.several("owens_t", h, a),
    "zeta": lambda w, s, q: w.several("hurwitz_zeta", s, q),
    "spence": lambda w, z: w.function("dilogarithm", UNITY - z),
    "ndtri_exp": lambda w, y: FLOATING["ndtri"](w, w.exp(y)),
    "ellipk": lambda w, m: w.mul(w.atom("pi"), w.several("2f1", UNITY * HALF, UNITY * HALF, UNITY, m)) * HALF,
    "ellipe": lambda w, m: w.mul(w.atom("pi"), w.several("2f1", UNITY * -HALF, UNITY * HALF, UNITY, m)) * HALF,
}  # fmt: skip


class Special:
    """Functions with static parameters, as methods of the table of ops."""

    w: Any
    pointwise: Callable[..., Array]

    def of_parameters(self, kind: str, a: Array, *parameters: Any) -> Array:
        return self.pointwise(lambda w, a: w.several(kind, *(UNITY * p for p in parameters), a), [a], "f")

    def hyp0f1(self, a: Array, v: Any) -> Array:
        return self.of_parameters("0f1", a, v)

    def hyp1f1(self, x: Array, a: Any, b: Any) -> Array:
        return self.of_parameters("1f1", x, a, b)

    def hyp2f1(self, z: Array, a: Any, b: Any, c: Any) -> Array:
        return self.of_parameters("2f1", z, *sorted((a, b)), c)

    def jv(self, a: Array, v: Any) -> Array:
        return self.pointwise(lambda w, a: _bessel("bessel_j", w, v, a), [a], "f")

    def yv(self, a: Array, v: Any) -> Array:
        return self.pointwise(lambda w, a: _bessel("bessel_y", w, v, a), [a], "f")

    def iv(self, a: Array, v: Any) -> Array:
        return self.pointwise(lambda w, a: _bessel("bessel_i", w, v, a), [a], "f")

    def kv(self, a: Array, v: Any) -> Array:
        return self.pointwise(lambda w, a: _bessel("bessel_k", w, v, a), [a], "f")

    def kve(self, a: Array, v: Any) -> Array:
        return self.pointwise(lambda w, a: w.mul(w.exp(a), _bessel("bessel_k", w, v, a)), [a], "f")

    def kve_slope(self, a: Array, v: Any) -> Array:
        """exp(z) (K_v(z) + K_v'(z))"""

        def entry(w: Any, a: Form) -> Form:
            slope = _bessel_slope("bessel_k", w, v, a)
            return w.mul(w.exp(a), _bessel("bessel_k", w, v, a) + slope)  # type: ignore[no-any-return]

        return self.pointwise(entry, [a], "f")

    def ive(self, a: Array, v: Any) -> Array:
        """exp(-|z|) I_v(z)"""

        def entry(w: Any, a: Form) -> Form:
            size = ARITHMETIC["absolute"](w, a)
            return w.mul(w.exp(size * -1), _bessel("bessel_i", w, v, a))  # type: ignore[no-any-return]

        return self.pointwise(entry, [a], "f")

    def ive_slope(self, a: Array, v: Any) -> Array:
        """exp(-z) (I_v'(z) - I_v(z)), for z > 0"""

        def entry(w: Any, a: Form) -> Form:
            slope = _bessel_slope("bessel_i", w, v, a)
            return w.mul(w.exp(a * -1), slope - _bessel("bessel_i", w, v, a))  # type: ignore[no-any-return]

        return self.pointwise(entry, [a], "f")

    def polygamma(self, a: Array, n: int) -> Array:
        need(type(n) is int and 0 <= n < 6, "the order of polygamma")
        return self.pointwise(lambda w, a: w.function(f"polygamma{n}", a), [a], "f")

    def expn(self, a: Array, n: int) -> Array:
        """E_n, from E_0 = exp(-x) / x and E_1 = -Ei(-x): n E_(n+1) = exp(-x) - x E_n (DLMF 8.19.12)."""
        need(type(n) is int and 0 <= n <= MOST_ORDERS, "the order of an exponential integral")

        def entry(w: Any, x: Form) -> Form:
            fall = w.exp(x * -1)
            found: Form = w.function("expi", x * -1) * -1 if n else w.mul(fall, _inverse(w, x))
            for k in range(1, n):
                found = (fall - w.mul(x, found)) * Fraction(1, k)
            return found

        return self.pointwise(entry, [a], "f")
