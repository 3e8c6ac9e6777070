"""Special functions on numbers with slopes: Taylor coefficients of any analytic function that Arb encloses.

Along a line h(t) = φ(x(t), y(t), …) is analytic in t around 0 wherever φ is around the point. With M a bound of |h| on
the disc |t| ≤ R, a mean over N points of a circle of radius r gives a coefficient up to M R⁻ᵏ (r/R)ᴺ / (1 - (r/R)ᴺ)
(Cauchy; the aliases of aₖ are aₖ₊ₙ, aₖ₊₂ₙ, …). No derivative of a special function is written down anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import acb, arb

from verify.direct.series import TERMS, Series, Unread, as_series

DISC = 30  # -log2 of the radius R
CIRCLE = 90  # -log2 of the radius r
POINTS = 4


def analytic(phi: Callable[..., Any], *given: Any, cut: tuple[int, ...] = (), one: tuple[int, ...] = ()) -> Series:
    """φ of numbers with slopes, for a φ that is analytic where Arb gives finite balls.

    The arguments whose places are in ``cut`` have to stay in the right half-plane: φ has a cut, or poles, on the left.
    Those in ``one`` have to stay below 1, where φ has a cut.

    >>> from verify.ball.precision import working_precision
    >>> with working_precision(600):
    ...     x = analytic(lambda z: z.gamma(), Series.of(3, 1))
    >>> round(float(x.terms[1].real), 6)  # Γ'(3) = 2 ψ(3)
    1.845569
    """
    series = [as_series(value) for value in given]
    if any(part is None for part in series):
        raise Unread("a special function of something that is no number")
    parts = [part for part in series if part is not None]
    disc = acb(arb(0, arb(2) ** -DISC), arb(0, arb(2) ** -DISC))
    wide = [_at(part, disc) for part in parts]
    if any(not wide[place].real > 0 for place in cut) or any(not wide[place].real < 1 for place in one):
        raise Unread("a special function on or beside a cut of its domain")
    real = not any(part.complex for part in parts)
    if all(slope == 0 for part in parts for slope in part.terms[1:]):
        found = _value(phi, [part.terms[0] for part in parts])
        return Series.of(found.real if real else found)
    bound = abs(_value(phi, wide)).upper()
    radius = arb(2) ** -CIRCLE
    roots = [acb(2 * arb(k) / POINTS).exp_pi_i() for k in range(POINTS)]
    values = [_value(phi, [_at(part, radius * root) for part in parts]) for root in roots]
    share = (arb(2) ** (DISC - CIRCLE)) ** POINTS
    terms = []
    for k in range(TERMS):
        mean = sum((value * root ** (-k) for value, root in zip(values, roots, strict=True)), acb(0)) / POINTS
        tail = bound * arb(2) ** (DISC * k) * share / (1 - share)
        terms.append(mean / radius**k + acb(arb(0, tail), arb(0, tail)))
    if real and not all(term.imag.contains(0) for term in terms):
        raise Unread("a special function that is not real here")
    return Series.of(*(term.real if real else term for term in terms))


def _at(part: Series, t: acb) -> acb:
    a, b, c = part.terms
    return a + (b + c * t) * t


def _value(phi: Callable[..., Any], arguments: list[acb]) -> acb:
    try:
        found = acb(phi(*arguments))
    except (ValueError, ZeroDivisionError) as error:
        raise Unread("a special function that is not finite here") from error
    if not found.is_finite():
        raise Unread("a special function that is not finite here")
    return found


def _of(phi: Callable[..., Any], *cut: int, one: tuple[int, ...] = ()) -> Callable[..., Series]:
    def kernel(*given: Any) -> Series:
        return analytic(phi, *given, cut=cut, one=one)

    return kernel


def _bessel(phi: Callable[..., Any]) -> Callable[..., Series]:
    """A function of an order and an argument: entire in the argument for whole orders, else on the right only."""

    def kernel(order: Any, x: Any) -> Series:
        number = as_series(order)
        whole = number is not None and number.terms[0].real.is_integer() and not any(number.terms[1:])
        return analytic(phi, order, x, cut=() if whole and phi in _ENTIRE else (1,))

    return kernel


def _logistic(x: Series) -> Any:
    return 1 / (1 + (-x).exp())


def _entropy(x: Series) -> Any:
    return -x * x.log()


_JV: Callable[..., Any] = lambda v, x: x.bessel_j(v)  # noqa: E731
_IV: Callable[..., Any] = lambda v, x: x.bessel_i(v)  # noqa: E731
_ENTIRE = (_JV, _IV)

# One number for each argument, under the names of scipy.special.
KERNELS: dict[str, Callable[..., Any]] = {
    "gamma": _of(lambda z: z.gamma()),
    "rgamma": _of(lambda z: z.rgamma()),
    "gammaln": _of(lambda z: z.lgamma(), 0),
    "loggamma": _of(lambda z: z.lgamma(), 0),
    "psi": _of(lambda z: z.digamma()),
    "digamma": _of(lambda z: z.digamma()),
    "polygamma": _of(lambda n, z: z.polygamma(n), 1),
    "beta": _of(lambda a, b: a.gamma() * b.gamma() * (a + b).rgamma()),
    "betaln": _of(lambda a, b: a.lgamma() + b.lgamma() - (a + b).lgamma(), 0, 1),
    "binom": _of(lambda n, k: (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()),
    "gammainc": _of(lambda a, x: x.gamma_lower(a, regularized=1), 0, 1),
    "gammaincc": _of(lambda a, x: x.gamma_upper(a, regularized=1), 0, 1),
    "betainc": _of(lambda a, b, x: x.beta_lower(a, b, regularized=True), 0, 1, 2, one=(2,)),
    "erf": _of(lambda z: z.erf()),
    "erfc": _of(lambda z: z.erfc()),
    "erfi": _of(lambda z: z.erfi()),
    "erfcx": _of(lambda z: (z * z).exp() * z.erfc()),
    "ndtr": _of(lambda z: (-z / acb(2).sqrt()).erfc() / 2),
    "log_ndtr": _of(lambda z: ((-z / acb(2).sqrt()).erfc() / 2).log()),
    "dawsn": _of(lambda z: (-z * z).exp() * z.erfi() * acb.pi().sqrt() / 2),
    "jv": _bessel(_JV), "jn": _bessel(_JV), "iv": _bessel(_IV),
    "yv": _of(lambda v, x: x.bessel_y(v), 1), "yn": _of(lambda v, x: x.bessel_y(v), 1),
    "kv": _of(lambda v, x: x.bessel_k(v), 1), "kn": _of(lambda v, x: x.bessel_k(v), 1),
    "ive": _of(lambda v, x: x.bessel_i(v, scaled=True), 1), "kve": _of(lambda v, x: x.bessel_k(v, scaled=True), 1),
    "j0": _of(lambda x: x.bessel_j(0)), "j1": _of(lambda x: x.bessel_j(1)),
    "i0": _of(lambda x: x.bessel_i(0)), "i1": _of(lambda x: x.bessel_i(1)),
    "y0": _of(lambda x: x.bessel_y(0), 0), "y1": _of(lambda x: x.bessel_y(1), 0),
    "k0": _of(lambda x: x.bessel_k(0), 0), "k1": _of(lambda x: x.bessel_k(1), 0),
    "i0e": _of(lambda x: x.bessel_i(0) * (-x).exp(), 0), "i1e": _of(lambda x: x.bessel_i(1) * (-x).exp(), 0),
    "k0e": _of(lambda x: x.bessel_k(0) * x.exp(), 0), "k1e": _of(lambda x: x.bessel_k(1) * x.exp(), 0),
    "hyp2f1": _of(lambda a, b, c, z: z.hypgeom_2f1(a, b, c), one=(3,)),
    "hyp1f1": _of(lambda a, b, z: z.hypgeom_1f1(a, b)),
    "hyp0f1": _of(lambda v, z: z.hypgeom_0f1(v)),
    "hyperu": _of(lambda a, b, x: x.hypgeom_u(a, b), 2),
    "expi": _of(lambda z: z.ei(), 0),
    "exp1": _of(lambda z: z.expint(1), 0),
    "expn": _of(lambda n, z: z.expint(n), 1),
    "zeta": _of(lambda s, q=1: s.zeta(q)),
    "ellipk": _of(lambda m: m.elliptic_k(), one=(0,)),
    "ellipe": _of(lambda m: m.elliptic_e(), one=(0,)),
    "ellipkinc": _of(lambda phi, m: acb.elliptic_f(phi, m), one=(1,)),
    "ellipeinc": _of(lambda phi, m: acb.elliptic_e_inc(phi, m), one=(1,)),
    "lambertw": _of(lambda z: z.lambertw(), 0),
    "spence": _of(lambda z: (1 - z).polylog(2), 0),
    "expit": _logistic,
    "logit": lambda p: (p / (1 - p)).log(),
    "log_expit": lambda x: _logistic(x).log(),
    "entr": _entropy,
    "xlogy": lambda x, y: x * as_series(y).log(),  # type: ignore[union-attr]
    "xlog1py": lambda x, y: x * as_series(y).log1p(),  # type: ignore[union-attr]
    "rel_entr": lambda x, y: x * (x / y).log(),
    "kl_div": lambda x, y: x * (x / y).log() - x + y,
    "expm1": lambda x: x.expm1(), "log1p": lambda x: x.log1p(), "cbrt": lambda x: x.cbrt(),
    "exp2": lambda x: x.exp2(), "sinc": lambda x: (x * acb.pi()).sin() / (x * acb.pi()),
    "huber": lambda d, r: r * r / 2 if abs(r) <= d else d * (abs(r) - d / 2),
    "boxcox": lambda x, p: ((p * as_series(x).log()).exp() - 1) / p,  # type: ignore[union-attr]
}  # fmt: skip
# Several at once.
TUPLES: dict[str, tuple[Callable[..., Any], ...]] = {
    "airy": tuple(_of(lambda z, k=k: z.airy()[k]) for k in range(4)),
    "fresnel": (_of(lambda z: z.fresnel_s()), _of(lambda z: z.fresnel_c())),
    "sici": (_of(lambda z: z.si()), _of(lambda z: z.ci(), 0)),
    "shichi": (_of(lambda z: z.shi()), _of(lambda z: z.chi(), 0)),
}
